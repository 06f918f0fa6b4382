//! The tariff model: what a tariff may say. It travels as JSON and is stored as such.
//!
//! The shape follows the survey of tariffs of several countries that the project made before it was
//! written: charges per kWh, per day, per month, per contracted kW, in percent and by band; windows
//! by the minute, tiers, price series; taxes on top and inside; minimum, export, rounding; all in
//! dated versions.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

words!(
    /// What kind of customer the home is to its utility; Brazil prices low-income homes apart.
    Class {
        /// An ordinary home.
        Residential = "residential",
        /// Tarifa Social: low income, the first kWh free.
        Social = "social",
        /// Desconto Social: modest income, the first kWh without the CDE quotas.
        Discount = "discount",
    }
);

words!(
    /// How sure a figure is.
    Confidence {
        /// Published by the authority, or in the law.
        Official = "official",
        /// One or more other publications.
        Secondary = "secondary",
        /// Judgement, not verified: shown as such and kept editable.
        Estimate = "estimate",
    }
);

words!(
    /// Figures of a bill that a home may know better than the tariff does.
    Parameter {
        /// State tax, a fraction.
        Icms = "icms",
        /// Federal tax, a fraction.
        Pis = "pis",
        /// Federal tax, a fraction.
        Cofins = "cofins",
        /// Street-lighting contribution, money per bill.
        Cosip = "cosip",
        /// The tariff flag.
        Flag = "flag",
    }
);

words!(
    /// How energy is shared out where a price changes inside the cycle.
    Split {
        /// In proportion to calendar days: the utility reads a register at both ends.
        ByDays = "by_days",
        /// By what each day used: the utility has an interval meter.
        ByUse = "by_use",
    }
);

words!(
    /// The direction of energy that a charge prices.
    Direction {
        /// Taken from the grid.
        Import = "import",
        /// Given to the grid; the charge has no line where the home gives nothing.
        Export = "export",
    }
);

words!(
    /// How tiers apply.
    TierMode {
        /// Each part of the kWh has the price of its tier.
        Marginal = "marginal",
        /// The total picks one price for all kWh.
        WholeBill = "whole_bill",
        /// The total picks a table, in which tiers are marginal.
        TableByTotal = "table_by_total",
    }
);

words!(
    /// The period over which tier bounds count.
    TierPeriod {
        /// The bill's cycle.
        Billing = "billing",
        /// Each calendar month that the cycle touches.
        Month = "month",
        /// Each day, so the use of each day has to be known.
        Day = "day",
    }
);

words!(
    /// How the rate of a tax depends on the kWh.
    BandMode {
        /// The total picks one rate for the whole bill.
        WholeBill = "whole_bill",
        /// Each part of the kWh has the rate of its band.
        Marginal = "marginal",
    }
);

words!(
    /// Where a tax stands.
    TaxMethod {
        /// Added to its base.
        OnTop = "on_top",
        /// A share of the price that holds it (Brazil: "por dentro").
        Inside = "inside",
    }
);

words!(
    /// How a window treats public holidays.
    HolidayRule {
        /// Like any other day.
        AsListed = "as_listed",
        /// Like a Sunday.
        AsSunday = "as_sunday",
        /// The window does not apply on them.
        Exclude = "exclude",
    }
);

words!(
    /// What a bill rounds.
    RoundAt {
        /// The total, and nothing before it.
        Total = "total",
        /// The net and each tax of every line; the total is their sum.
        Lines = "lines",
    }
);

words!(
    /// Which way half a cent goes.
    RoundingMode {
        /// Away from zero.
        HalfUp = "half_up",
        /// To the even neighbour.
        HalfEven = "half_even",
        /// Always towards zero.
        Down = "down",
    }
);

/// A tariff: what a utility charges, in dated versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// Slug, such as `br-cemig-d-conventional`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// ISO 4217 code of all its money.
    pub currency: String,
    /// IANA time zone of its windows and days.
    pub time_zone: String,
    /// How energy is shared out where a price changes inside a cycle.
    #[serde(default = "by_days")]
    pub split: Split,
    /// Months that a billing cycle stands for; per-month charges count so many times.
    #[serde(default = "one_month")]
    pub cycle_months: u8,
    /// Holiday calendar of its windows, by its name in the tables.
    #[serde(default)]
    pub holidays: Option<String>,
    /// IANA zone of the windows' clock where it is not the tariff's, such as `Etc/UTC` for meters
    /// that know no summer time.
    #[serde(default)]
    pub window_time_zone: Option<String>,
    /// Where they overlap, the one that begins last is in force.
    pub versions: Vec<Version>,
}

impl Tariff {
    /// ISO 3166 two-letter country of a shipped tariff: what its slug begins with.
    pub fn country(&self) -> String {
        let first = self.id.split('-').next().unwrap_or_default();
        first.to_ascii_uppercase()
    }
}

/// What a tariff says over some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force; past it, the version is carried forward, labelled assumed.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Classes that it prices; another class is an error and not a guess.
    #[serde(default = "residential_only")]
    pub classes: Vec<Class>,
    /// In the order of the bill.
    pub charges: Vec<Charge>,
    /// In the order in which they are computed.
    #[serde(default)]
    pub taxes: Vec<Tax>,
    /// The least that is billed.
    #[serde(default)]
    pub minimum: Option<Minimum>,
    /// What is paid for energy given to the grid.
    #[serde(default)]
    pub export: Option<Export>,
    /// How its money is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// Where its figures come from.
    #[serde(default)]
    pub source: Option<String>,
    /// How sure they are.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

/// One charge of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// Code, such as `TE`; unique within the version and class.
    pub code: String,
    /// Words, where the code has none in the program.
    #[serde(default)]
    pub label: Option<String>,
    /// What the price is multiplied with.
    pub basis: Basis,
    /// The price per unit of the basis, before taxes. Absent where `tiers` price it, or where only
    /// the home knows it (`parameter`).
    #[serde(default)]
    pub price: Option<Price>,
    /// Prices by time; the last that matches wins, `price` elsewhere. Energy then goes by when it
    /// was used, whatever the tariff's `split`.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// What the time outside of all windows is called.
    #[serde(default)]
    pub rest: Option<String>,
    /// Prices by quantity.
    #[serde(default)]
    pub tiers: Option<Tiers>,
    /// The home's own figure, which wins over the tariff's.
    #[serde(default)]
    pub parameter: Option<Parameter>,
    /// The direction that it prices.
    #[serde(default = "import")]
    pub applies_to: Direction,
    /// Classes that pay it; empty for all.
    #[serde(default)]
    pub classes: Vec<Class>,
    /// Whether it is a surcharge, which a minimum may leave out.
    #[serde(default)]
    pub surcharge: bool,
    /// Whether it is added after all taxes and is no part of the energy's price (COSIP, fines).
    #[serde(default)]
    pub outside_taxes: bool,
    /// Whether energy credits reduce its kWh.
    #[serde(default)]
    pub offsettable: bool,
    /// The share that credits reduce, by date; all of it before the first.
    #[serde(default)]
    pub offset_schedule: Vec<OffsetShare>,
}

/// What a price is multiplied with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Basis {
    /// Billed kWh.
    PerKwh,
    /// Days of the cycle.
    PerDay,
    /// Months that the cycle stands for, however many days it has.
    PerMonth,
    /// Contracted kW of a period, times days.
    PerKwDay {
        /// Name of the period, as in the home's contracted power.
        period: String,
        /// Power of a usual home, for one that did not give its own: the bill says so.
        #[serde(default)]
        default_kw: Option<Decimal>,
    },
    /// A fraction of the net of charges that stand earlier in the version.
    PercentOf {
        /// Their codes.
        codes: Vec<String>,
    },
    /// Once per bill; with whole-bill tiers, by band of kWh.
    FixedByBand,
}

/// A price, before taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Price {
    /// The same all the time.
    Const(Decimal),
    /// From a table of dated values, such as Brazil's flag.
    Dated {
        /// Name of the table.
        table: String,
        /// Multiplies the table's value.
        #[serde(default = "one")]
        factor: Decimal,
    },
    /// From a series by time slot, such as the hours of a power exchange.
    Series {
        /// Name of the series.
        series: String,
    },
    /// The utility has a price that is not known here: a bill with energy under it cannot be
    /// computed, and says so.
    Missing,
}

/// Prices by quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// How they apply.
    pub mode: TierMode,
    /// Over which period they count.
    #[serde(default = "billing")]
    pub period: TierPeriod,
    /// The number of days that the bounds are for: they are then scaled to the cycle's days. The
    /// bounds stand as they are without it.
    #[serde(default)]
    pub scale_by_days: Option<Decimal>,
    /// Upper bounds in kWh, each part of its tier, ascending; above the last there is no bound. In
    /// `table_by_total` they pick the table.
    #[serde(default)]
    pub bounds_kwh: Vec<Decimal>,
    /// One more than bounds; empty in `table_by_total`.
    #[serde(default)]
    pub prices: Vec<Price>,
    /// One more than bounds in `table_by_total`; else empty.
    #[serde(default)]
    pub tables: Vec<TierTable>,
}

/// One table of `table_by_total`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TierTable {
    /// Upper bounds in kWh, ascending.
    #[serde(default)]
    pub bounds_kwh: Vec<Decimal>,
    /// One more than bounds.
    pub prices: Vec<Price>,
}

/// A price by time of day, in half-open minutes of the local day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// What it is called, such as `peak`. Windows of one name and price make one line.
    #[serde(default)]
    pub name: Option<String>,
    /// Months 1 to 12; empty for all.
    #[serde(default)]
    pub months: Vec<u8>,
    /// ISO weekdays, Monday 1 to Sunday 7; empty for all.
    #[serde(default)]
    pub weekdays: Vec<u8>,
    /// What holidays are.
    pub holidays: HolidayRule,
    /// First minute of the day, 0 to 1439.
    pub start_min: u16,
    /// The minute after its last, 1 to 1440; a window that passes midnight is two windows.
    pub end_min: u16,
    /// The price inside.
    pub price: Price,
}

/// A tax, and what it is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// Code, such as `ICMS`; unique within the version.
    pub code: String,
    /// Its rate.
    pub rate: Rate,
    /// Where it stands.
    pub method: TaxMethod,
    /// Inside taxes of one group share a base; groups are nested in the order of their first tax,
    /// the outermost first. Brazil since about 2022: ICMS in one, PIS and COFINS in the next;
    /// before, all three in one.
    #[serde(default)]
    pub group: u8,
    /// Codes of the charges it is on and, for a tax on top, of earlier taxes on top.
    pub base: Vec<String>,
    /// The home's own rate, which wins over this one.
    #[serde(default)]
    pub parameter: Option<Parameter>,
    /// Whether the rate is only a usual one: the bill then says that it was assumed.
    #[serde(default)]
    pub default: bool,
}

/// The rate of a tax, a fraction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rate {
    /// The same all the time.
    Const(Decimal),
    /// By the billed kWh.
    BandedByKwh {
        /// How the bands apply.
        mode: BandMode,
        /// Upper bounds, each part of its band, ascending.
        bounds_kwh: Vec<Decimal>,
        /// One more than bounds.
        rates: Vec<Decimal>,
    },
    /// From a table of dated rates or values: the one of the cycle's last day, when the bill is made.
    Dated {
        /// Name of the table.
        table: String,
    },
}

/// The least that is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// kWh by connection: fewer are billed as so many.
    #[serde(default)]
    pub kwh: Option<MinimumKwh>,
    /// Money before taxes of one bill: what the charges fall short of it is a line of its own,
    /// `MINIMUM`, which taxes may name in their base.
    #[serde(default)]
    pub money: Option<Decimal>,
    /// Whether surcharges are on the kWh of the minimum too, or only on what was used; and whether
    /// they count towards a minimum in money.
    #[serde(default = "yes")]
    pub include_surcharges: bool,
    /// Classes that pay no minimum while they use no more kWh than this.
    #[serde(default)]
    pub waived_up_to_kwh: BTreeMap<Class, Decimal>,
}

/// Least kWh by the phases of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MinimumKwh {
    /// One phase.
    pub single: Decimal,
    /// Two phases.
    pub two: Decimal,
    /// Three phases.
    pub three: Decimal,
}

/// What is paid for energy given to the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Export {
    /// kWh are credited against kWh (Brazil's distributed generation): against those of the same
    /// window first, then against the others in proportion; what is left over is kept.
    NetKwh {
        /// Months that a credit lives.
        expiry_months: u16,
    },
    /// kWh are credited in money, by slot, down to a bill of nothing; the rest is kept.
    NetBilling {
        /// Price of a kWh given.
        price: Price,
    },
    /// Every kWh given is bought, even where the bill turns into a payment.
    FeedIn {
        /// Price of a kWh given.
        price: Price,
    },
    /// All production is bought, all use is sold.
    BuyAllSellAll {
        /// Price of a kWh produced.
        price: Price,
    },
}

/// The share of a charge that energy credits reduce, from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OffsetShare {
    /// First day.
    pub from: Date,
    /// Fraction, 0 to 1.
    pub share: Decimal,
}

/// How the money of a bill is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Decimal places.
    pub places: u8,
    /// Which way.
    pub mode: RoundingMode,
    /// What.
    #[serde(default = "at_total")]
    pub at: RoundAt,
}

impl Default for Rounding {
    /// The total to cents, half up.
    fn default() -> Self {
        Self {
            places: 2,
            mode: RoundingMode::HalfUp,
            at: RoundAt::Total,
        }
    }
}

const fn at_total() -> RoundAt {
    RoundAt::Total
}

const fn by_days() -> Split {
    Split::ByDays
}

const fn one_month() -> u8 {
    1
}

fn residential_only() -> Vec<Class> {
    vec![Class::Residential]
}

const fn import() -> Direction {
    Direction::Import
}

const fn one() -> Decimal {
    Decimal::ONE
}

const fn billing() -> TierPeriod {
    TierPeriod::Billing
}

const fn yes() -> bool {
    true
}
