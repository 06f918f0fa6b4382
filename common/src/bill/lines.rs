//! A computed bill.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::usage::EnergyCredit;
use crate::cycle::Cycle;
use crate::{Kwh, Money};

words!(
    /// The unit of a line's quantity.
    Unit {
        /// Kilowatt-hours.
        Kwh = "kwh",
        /// Days.
        Day = "day",
        /// Months.
        Month = "month",
        /// Contracted kilowatts times days.
        KwDay = "kw_day",
        /// Money: the price is a fraction of it.
        Money = "money",
        /// Once per bill.
        Bill = "bill",
    }
);

words!(
    /// Why a line is as it is.
    LineRule {
        /// The quantity is the minimum of the connection and not what was used.
        Minimum = "minimum",
        /// A part of the cycle, by days.
        SplitByDays = "split_by_days",
        /// A part of the cycle, by what its days used.
        SplitByUse = "split_by_use",
        /// A tier of several.
        Tier = "tier",
        /// What was used inside a window of time.
        Window = "window",
        /// Each slot at its own price; the unit price is their mean.
        Series = "series",
        /// Less the kWh that credits paid for.
        Credits = "credits",
        /// Paid for what was given to the grid.
        Export = "export",
        /// The home's own figure instead of the tariff's.
        HomeFigure = "home_figure",
    }
);

words!(
    /// What a bill had to assume.
    AssumptionKind {
        /// The tariff's last version, past its end.
        TariffCarriedForward = "tariff_carried_forward",
        /// The last published value of a table, such as the flag, past its end.
        ValueCarriedForward = "value_carried_forward",
        /// A usual tax rate, since the home did not give its own.
        DefaultRate = "default_rate",
        /// A charge that only the home knows and that it did not give: it is not in the total.
        MissingCharge = "missing_charge",
        /// Days without a known use, or with gaps: their energy is not in the total.
        MissingDays = "missing_days",
        /// Energy was given to the grid, and the tariff does not say what it is worth.
        ExportNotPriced = "export_not_priced",
        /// The contracted power of a usual home, since the home did not give its own.
        DefaultPower = "default_power",
        /// Credits of earlier cycles are only those that the home's meters know of.
        EarlierCredits = "earlier_credits",
    }
);

impl AssumptionKind {
    /// The code that its texts go by; days without a known use have texts of their own.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::TariffCarriedForward => Some("tariff_assumed"),
            Self::ValueCarriedForward => Some("flag_assumed"),
            Self::DefaultRate => Some("tax_defaults"),
            Self::MissingCharge => Some("charge_missing"),
            Self::DefaultPower => Some("power_default"),
            Self::ExportNotPriced => Some("export_not_priced"),
            Self::EarlierCredits => Some("earlier_credits"),
            Self::MissingDays => None,
        }
    }
}

/// Something that a bill had to assume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assumption {
    /// What kind.
    pub kind: AssumptionKind,
    /// Of what: the code of a charge or tax, or the tariff's id.
    pub subject: String,
    /// From this day of the cycle.
    pub first: Date,
    /// To this day of the cycle.
    pub last: Date,
}

/// The part of a tax in a line, or its sum over a bill; one entry per rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxPart {
    /// Code of the tax.
    pub code: String,
    /// Its rate, a fraction.
    pub rate: Decimal,
    /// What the rate is applied to.
    pub base: Money,
    /// The tax.
    pub amount: Money,
}

/// A line of a bill. `quantity * unit_price = net` and `net + taxes = amount`, to eight places; where
/// a utility rounds each line, to its places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillLine {
    /// Code of the charge.
    pub code: String,
    /// Words of the tariff, or the code where it has none.
    pub label: String,
    /// First day that it covers.
    pub first: Date,
    /// Last day that it covers.
    pub last: Date,
    /// How much.
    pub quantity: Decimal,
    /// Of what.
    pub unit: Unit,
    /// Before taxes, per unit.
    pub unit_price: Decimal,
    /// Before taxes.
    pub net: Money,
    /// Taxes on it, inside and on top.
    pub taxes: Vec<TaxPart>,
    /// With taxes.
    pub amount: Money,
    /// Added after all taxes, and so in neither the bill's net nor its gross.
    pub outside_taxes: bool,
    /// The tier, counted from 1, where there are several.
    pub tier: Option<u32>,
    /// The name of the window, where the price goes by time and has names.
    #[serde(default)]
    pub window: Option<String>,
    /// The word of a dated price, such as the flag's colour.
    pub note: Option<String>,
    /// Why it is as it is.
    pub rules: Vec<LineRule>,
    /// Priced with a tariff or value carried forward past its last known date.
    pub assumed: bool,
}

/// What became of the energy that was given to the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillExport {
    /// What was given on the covered days.
    pub kwh: Kwh,
    /// kWh of the bill that this, and credits of earlier cycles, paid for.
    pub compensated_kwh: Kwh,
    /// Credits that ran out before they were used.
    pub expired_kwh: Kwh,
    /// Credits that are left, the earliest to expire first.
    pub credits: Vec<EnergyCredit>,
    /// Credit in money that is left.
    pub money_credit: Money,
}

/// A computed bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bill {
    /// Id of the tariff.
    pub tariff: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Its days.
    pub cycle: Cycle,
    /// Days of the cycle.
    pub days: i32,
    /// Days whose use is known; energy is of these alone.
    pub covered_days: i32,
    /// What was used on the covered days.
    pub kwh: Kwh,
    /// What is billed: no less than the minimum.
    pub billed_kwh: Kwh,
    /// In the order of the tariff's charges.
    pub lines: Vec<BillLine>,
    /// The lines as they would be without credits in kWh; empty where none paid for anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_credits: Vec<BillLine>,
    /// Sum of the lines before taxes, without those outside.
    pub net: Money,
    /// Sum of the taxes by code and rate.
    pub taxes: Vec<TaxPart>,
    /// `net` with taxes.
    pub gross: Money,
    /// Sum of the lines outside of taxes, such as COSIP.
    pub outside: Money,
    /// What is to pay: gross and outside, rounded as the utility rounds.
    pub total: Money,
    /// What the home gave to the grid, where it gives any.
    #[serde(default)]
    pub export: Option<BillExport>,
    /// What had to be assumed; empty where every figure is known.
    pub assumptions: Vec<Assumption>,
}

impl Bill {
    /// The sum of one tax over all its rates.
    pub fn tax(&self, code: &str) -> Money {
        self.taxes
            .iter()
            .filter(|tax| tax.code == code)
            .map(|tax| tax.amount)
            .sum()
    }

    /// The lines of one charge.
    pub fn lines_of(&self, code: &str) -> impl Iterator<Item = &BillLine> {
        self.lines.iter().filter(move |line| line.code == code)
    }

    /// The sum of one charge's lines, before taxes.
    pub fn net_of(&self, code: &str) -> Money {
        self.lines_of(code).map(|line| line.net).sum()
    }

    /// The sum of one charge's lines, with taxes.
    pub fn amount_of(&self, code: &str) -> Money {
        self.lines_of(code).map(|line| line.amount).sum()
    }
}
