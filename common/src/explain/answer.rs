//! What travels: the answers of the routes that explain bills.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::bill::{Assumption, Class, TaxPart, Unit};
use crate::billing::BillingRecord;
use crate::profile::Connection;
use crate::{Kwh, Money};

/// The answer of `GET …/bills/{billing_record_id}/explanation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillExplanation {
    /// The bill, as charged.
    pub bill: BillingRecord,
    /// ISO 4217 code.
    pub currency: String,
    /// What it was recomputed with, or why it could not be.
    pub priced_by: PricedBy,
    /// Its lines beside the recomputed ones. Where lines were typed and a tariff prices them, their
    /// differences add up to `difference` exactly.
    pub lines: Vec<ExplainedLine>,
    /// What was charged.
    pub charged: Money,
    /// What it comes to by the tariff, or by the effective rate.
    pub recomputed: Option<Money>,
    /// `charged - recomputed`.
    pub difference: Option<Money>,
    /// The taxes in the recomputed bill, whether the paper prints them apart or not.
    pub taxes: Vec<TaxPart>,
    /// What the recomputed bill had to assume.
    pub assumptions: Vec<Assumption>,
    /// Figures with which the recomputed bill meets the charged one, each after those before it.
    pub reasons: Vec<Reason>,
    /// Other figures that would, each alone; those that leave least stand first.
    pub alternatives: Vec<Reason>,
    /// What the reasons leave of the difference; all of it, where there is none.
    pub unexplained: Option<Money>,
    /// Where the kWh came from.
    pub energy: EnergyReconciliation,
}

/// What a bill was recomputed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PricedBy {
    /// The tariff of the home on the last day of the bill.
    Tariff {
        /// Its name.
        name: String,
        /// Whether it was made up for the demo.
        example: bool,
        /// Whether the billed kWh were laid over the hours as the home's meter saw them, since the
        /// tariff's prices go by the hour and the paper does not.
        by_meter: bool,
    },
    /// What the home's own bills fit, since no tariff prices it.
    EffectiveRate {
        /// It.
        rate: EffectiveRate,
        /// Why no tariff does.
        because: NoTariff,
    },
    /// Nothing prices it.
    Nothing {
        /// Why no tariff does.
        because: NoTariff,
        /// Why no effective rate does.
        rate: RateRefusal,
    },
}

/// Why no tariff prices a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoTariff {
    /// `no_tariff` where the home has none; `missing_<figure>` where a figure is; else the code of what
    /// is wrong.
    pub code: String,
    /// The name of what is missing, or of what is wrong.
    pub what: Option<String>,
}

words!(
    /// What a line of an explanation is.
    LineKind {
        /// A charge of the tariff, or several that the paper prints as one.
        Charge = "charge",
        /// A tax, or several that the paper prints as one.
        Tax = "tax",
        /// What rounding the total leaves over the rounded lines.
        Rounding = "rounding",
        /// Only the paper has it.
        Unmatched = "unmatched",
        /// What the lines of the paper leave of its total.
        Remainder = "remainder",
    }
);

/// A line as charged, beside the recomputed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplainedLine {
    /// What it is.
    pub kind: LineKind,
    /// Codes of the recomputed charges or taxes in it.
    pub codes: Vec<String>,
    /// Words of the tariff, where it has some other than the code.
    pub label: Option<String>,
    /// Words of the paper; empty where it has no such line.
    pub charged_as: Vec<String>,
    /// The name of the hours, where the price goes by time.
    pub window: Option<String>,
    /// The word of a dated price, such as the flag's colour.
    pub note: Option<String>,
    /// How much of the unit, where it is one charge of one price.
    pub quantity: Option<Decimal>,
    /// Of what.
    pub unit: Option<Unit>,
    /// Per unit, with the taxes that the line holds.
    pub unit_price: Option<Decimal>,
    /// Rates of the taxes in it, as fractions, in the order of `codes`.
    pub rates: Vec<Decimal>,
    /// What was charged; `None` where the paper has no such line.
    pub charged: Option<Money>,
    /// What was recomputed, rounded as the total is; `None` where only the paper has it.
    pub recomputed: Option<Money>,
    /// `charged - recomputed`, an absent one as nothing; `None` where no lines were typed, or no tariff
    /// prices them.
    pub difference: Option<Money>,
    /// Priced with something carried forward past its last known date.
    pub assumed: bool,
}

/// A figure with which the recomputed bill meets the charged one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// Which.
    #[serde(flatten)]
    pub cause: Cause,
    /// The recomputed total without it.
    pub before: Money,
    /// The recomputed total with it.
    pub after: Money,
    /// What it leaves of the difference: `charged - after`.
    pub remains: Money,
    /// Whether the figure was solved from the difference itself; it then proves nothing.
    pub fitted: bool,
}

words!(
    /// How the Brazilian taxes stand inside the price.
    TaxGroups {
        /// ICMS is not in the base of PIS and COFINS: since about 2021/22.
        Chained = "chained",
        /// One group of three: before.
        Single = "single",
    }
);

words!(
    /// Where another figure of kWh comes from.
    EnergySource {
        /// The home's own meter.
        Metered = "metered",
        /// The home's own meter; the utility had estimated.
        MeteredNotEstimated = "metered_not_estimated",
        /// Two neighbouring digits of the bill's kWh the other way round.
        DigitsSwapped = "digits_swapped",
    }
);

/// A figure that may have been another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// A flag on more or fewer days than it was in force.
    FlagDays {
        /// The flag.
        flag: String,
        /// Days for which the charge fits.
        charged_days: i32,
        /// Days of the cycle on which it was in force.
        in_force_days: i32,
        /// Days of the cycle.
        days: i32,
        /// Its first day in force in the cycle, where it was.
        in_force_from: Option<Date>,
        /// Whether the flags of some of these days are not known, and the last known was carried forward.
        assumed: bool,
    },
    /// The older or the newer way in which the taxes stand.
    TaxMethod {
        /// As recomputed.
        used: TaxGroups,
        /// For which the charge fits.
        charged: TaxGroups,
    },
    /// Another rate of one tax.
    TaxRate {
        /// Code of the tax.
        code: String,
        /// As recomputed, a fraction; `None` where the use met several.
        used: Option<Decimal>,
        /// For which the charge fits.
        charged: Decimal,
        /// Whether the recomputed rate was only a usual one.
        assumed: bool,
    },
    /// Other rates of PIS and COFINS together, in the proportion of those recomputed.
    FederalRates {
        /// Their sum as recomputed, a fraction.
        used: Decimal,
        /// Their sum for which the charge fits.
        charged: Decimal,
        /// Whether the recomputed rates were only usual ones.
        assumed: bool,
    },
    /// Another street-lighting contribution, or one that the home did not give.
    Cosip {
        /// As recomputed; `None` where the home did not give it.
        used: Option<Money>,
        /// As charged.
        charged: Money,
    },
    /// Another class of customer.
    OtherClass {
        /// As recomputed.
        used: Class,
        /// For which the charge fits.
        charged: Class,
    },
    /// The minimum of another connection.
    OtherConnection {
        /// As recomputed.
        used: Option<Connection>,
        /// For which the charge fits.
        charged: Connection,
        /// kWh billed then.
        billed_kwh: Kwh,
    },
    /// Each line rounded, and not only the total.
    LineRounding,
    /// Other kWh than the bill says.
    Energy {
        /// As the bill says.
        used: Kwh,
        /// For which the charge fits.
        charged: Kwh,
        /// Where that figure comes from.
        source: EnergySource,
    },
    /// The prices of another version of the tariff for the whole cycle.
    OtherVersion {
        /// First day of the version in force at the end of the cycle.
        used_from: Date,
        /// First day of the version for which the charge fits.
        charged_from: Date,
    },
    /// Other prices, where those used are past their last known date.
    PriceLevel {
        /// By so many percent dearer; negative for cheaper.
        percent: Decimal,
    },
    /// Charges of each day for more or fewer days than the bill has.
    OtherDays {
        /// Days of the bill.
        used: i32,
        /// For which the charge fits.
        charged: i32,
    },
}

/// kWh billed, metered and estimated, over the same days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnergyReconciliation {
    /// As the bill says.
    pub billed: Kwh,
    /// Whether the utility estimated it.
    pub billed_estimated: bool,
    /// Days of the bill.
    pub days: i32,
    /// Days that are at least 90 % known; the figures below are of these.
    pub measured_days: i32,
    /// Of those, days that are spread from longer readings or estimated.
    pub spread_days: i32,
    /// What the home's meters say was taken on the measured days; `None` without one.
    pub metered: Option<Kwh>,
    /// What the home used on them, where it is another figure, since the home produces or stores.
    #[serde(default)]
    pub used: Option<Kwh>,
    /// `billed - metered`, only where every day is measured: a part is not held against a whole.
    pub billed_over_metered: Option<Kwh>,
    /// What the metered kWh would have cost, only where every day is measured and a tariff prices them.
    pub metered_cost: Option<Money>,
    /// What the devices are estimated to use on the measured days; on all days where none is. `None`
    /// where the home has no devices.
    pub devices: Option<Kwh>,
    /// Days that `devices` and `unexplained` are of.
    pub devices_days: i32,
    /// What no device explains of the kWh used, or metered where that is the same; of the billed kWh where
    /// no day is measured.
    pub unexplained: Option<Kwh>,
}

/// What the home's bills fit: `amount = fixed_per_day * days + per_kwh * kWh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectiveRate {
    /// Of each day.
    pub fixed_per_day: Money,
    /// Of each kWh.
    pub per_kwh: Money,
    /// Whether the fit would have had a fixed part below zero, which no bill has: it is zero then.
    pub fixed_held_at_zero: bool,
    /// Root of the mean squared residual.
    pub rmse: Money,
    /// How many bills it was fitted to.
    pub bills: i32,
    /// First day of the earliest.
    pub first: Date,
    /// Last day of the latest.
    pub last: Date,
}

words!(
    /// Why bills fit no rate.
    RateRefusal {
        /// Fewer than three.
        TooFewBills = "too_few_bills",
        /// All use the same a day, so that days and kWh cannot be told apart.
        SameUseADay = "same_use_a_day",
        /// They cost less the more is used.
        FallsWithUse = "falls_with_use",
    }
);

/// The answer of `GET …/effective-rate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EffectiveRateAnswer {
    /// There is one.
    Ready {
        /// It.
        rate: EffectiveRate,
    },
    /// The bills fit none.
    Refused {
        /// Why.
        reason: RateRefusal,
        /// Bills that there are.
        bills: i32,
        /// Bills that are needed.
        needed: i32,
    },
}

/// The answer of `GET …/bills/{billing_record_id}/change`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillChange {
    /// The bill that it is compared with.
    pub from: BillingRecord,
    /// The bill.
    pub to: BillingRecord,
    /// ISO 4217 code.
    pub currency: String,
    /// What both were priced with.
    pub basis: ChangeBasis,
    /// `to.total - from.total`.
    pub money: Money,
    /// `to.kwh - from.kwh`.
    pub kwh: Kwh,
    /// Its parts, which add up to `money` and `kwh` exactly.
    pub parts: Vec<ChangePart>,
    /// What could not be told apart, and why; it is part of `other`, and credits of `charged`.
    pub missing: Vec<MissingFactor>,
}

words!(
    /// What two bills were priced with.
    ChangeBasis {
        /// The tariffs in force then.
        Tariff = "tariff",
        /// What the home's bills fit.
        EffectiveRate = "effective_rate",
        /// What a kWh cost on each bill.
        AveragePrice = "average_price",
    }
);

words!(
    /// Why a bill is another than the one before.
    ChangeFactor {
        /// Prices, flags and taxes.
        Price = "price",
        /// Days of the cycle.
        Days = "days",
        /// Use a day that follows the temperature.
        Weather = "weather",
        /// Use a day of devices that are metered apart, or whose hours differ by season.
        Devices = "devices",
        /// All other use a day, and when it was used.
        Other = "other",
        /// What was given to the grid, and credits of earlier cycles.
        Given = "given",
        /// What the papers charge beside what was recomputed.
        Charged = "charged",
    }
);

/// A part of the difference of two bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePart {
    /// Of what.
    pub factor: ChangeFactor,
    /// So much more; negative for less.
    pub money: Money,
    /// So many kWh more.
    pub kwh: Kwh,
}

words!(
    /// Why a factor could not be told apart.
    MissingFactor {
        /// No temperatures are known for the days of both bills.
        NoTemperatures = "no_temperatures",
        /// Too few days have both a temperature and a known use.
        TooFewWeatherDays = "too_few_weather_days",
        /// Credits of earlier cycles are only those that the home's meters know of.
        EarlierCredits = "earlier_credits",
    }
);
