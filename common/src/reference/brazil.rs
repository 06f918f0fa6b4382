//! Rows about Brazil: distributors, flags, usual taxes; and the tables that tariffs make of them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::bill::brazil::{Posts, rate_table};
use crate::bill::{BandMode, Class, Confidence, DatedRate, DatedTable, DatedValue, Flag, Rate};

/// The tariff flag that was in force over some days (a month, but for April 2022).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FlagMonth {
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
    /// Colour.
    pub flag: Flag,
    /// R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub brl_per_kwh: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What a flag costs over a period, whether in force or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FlagRate {
    /// First day.
    pub valid_from: Date,
    /// Last day; open where absent.
    pub valid_to: Option<Date>,
    /// Colour.
    pub flag: Flag,
    /// R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub brl_per_kwh: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A distributor's conventional residential prices over a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributorPrice {
    /// Key of the distributor.
    pub distributor_slug: String,
    /// Its name, as ANEEL writes it.
    pub distributor: String,
    /// State of most of its customers.
    pub uf: String,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Option<Date>,
    /// ANEEL's act.
    pub act: Option<String>,
    /// Energy, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub te_brl_per_kwh: Decimal,
    /// Wires, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub tusd_brl_per_kwh: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What a low-income class pays above so many kWh of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPrice {
    /// Key of the distributor.
    pub distributor_slug: String,
    /// First day of the distributor's version that it belongs to.
    pub valid_from: Date,
    /// The class.
    pub class: Class,
    /// The part begins above so many kWh of a month.
    #[serde(with = "rust_decimal::serde::str")]
    pub above_kwh: Decimal,
    /// Energy, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub te_brl_per_kwh: Decimal,
    /// Wires, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub tusd_brl_per_kwh: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

words!(
    /// How the rows of a tax make its rate.
    TaxShape {
        /// One rate.
        Flat = "flat",
        /// The total picks one rate for the whole bill.
        WholeBill = "whole_bill",
        /// Each part of the kWh has the rate of its band.
        Marginal = "marginal",
    }
);

/// A usual tax rate above so many kWh, from a day on; a home may know better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UsualTaxRate {
    /// Country, or country and state: `BR`, `BR-MG`.
    pub region: String,
    /// `ICMS`, `PIS` or `COFINS`.
    pub tax: String,
    /// First day.
    pub valid_from: Date,
    /// How its rows make the rate.
    pub shape: TaxShape,
    /// The band begins above so many kWh.
    #[serde(with = "rust_decimal::serde::str")]
    pub above_kwh: Decimal,
    /// A fraction.
    #[serde(with = "rust_decimal::serde::str")]
    pub rate: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// When the posts of a distributor's tarifa branca are, on working days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrancaPosts {
    /// Key of the distributor.
    pub distributor_slug: String,
    /// First minute of the peak.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub peak_start: u16,
    /// The minute after its last.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub peak_end: u16,
    /// First minute of the intermediate post before the peak.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub inter1_start: u16,
    /// The minute after its last.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub inter1_end: u16,
    /// First minute of the intermediate post after the peak.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub inter2_start: u16,
    /// The minute after its last.
    #[serde(deserialize_with = "time_of_day::deserialize")]
    pub inter2_end: u16,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl BrancaPosts {
    /// The same for the bill engine.
    pub fn posts(&self) -> Posts {
        Posts {
            peak: (self.peak_start, self.peak_end),
            intermediate: [
                (self.inter1_start, self.inter1_end),
                (self.inter2_start, self.inter2_end),
            ],
        }
    }
}

/// Minutes since midnight as `HH:MM`, to `24:00`.
mod time_of_day {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            let minute = hours.checked_mul(60)?.checked_add(minutes)?;
            (minutes < 60 && minute <= 1_440).then_some(minute)
        };
        read().ok_or_else(|| D::Error::custom(format!("{text} is not a time of day")))
    }
}

/// The tables of usual tax rates, from their rows wherever they were kept. Rows of one tax, region and
/// day are the bands of one rate. A rate that no authority published is a default, and bills say so.
pub fn rate_tables(rows: &[UsualTaxRate]) -> BTreeMap<String, Vec<DatedRate>> {
    let mut by_day: BTreeMap<(String, Date), Vec<&UsualTaxRate>> = BTreeMap::new();
    for row in rows {
        let key = (rate_table(&row.tax, &row.region), row.valid_from);
        by_day.entry(key).or_default().push(row);
    }
    let mut tables: BTreeMap<String, Vec<DatedRate>> = BTreeMap::new();
    for ((table, first), mut bands) in by_day {
        bands.sort_by_key(|row| row.above_kwh);
        let rate = |mode| Rate::BandedByKwh {
            mode,
            bounds_kwh: bands.iter().skip(1).map(|row| row.above_kwh).collect(),
            rates: bands.iter().map(|row| row.rate).collect(),
        };
        let rate = match bands[0].shape {
            TaxShape::Flat => Rate::Const(bands[0].rate),
            TaxShape::WholeBill => rate(BandMode::WholeBill),
            TaxShape::Marginal => rate(BandMode::Marginal),
        };
        let default = bands
            .iter()
            .any(|row| row.confidence != Confidence::Official);
        tables.entry(table).or_default().push(DatedRate {
            first,
            rate,
            default,
        });
    }
    tables
}

/// The table of the flag from its rows, wherever they were kept.
pub fn flag_table(months: &[FlagMonth], rates: &[FlagRate]) -> DatedTable {
    let value = |first, last, flag: Flag, value| DatedValue {
        first,
        last,
        label: Some(flag.as_str().to_owned()),
        value,
    };
    let in_force = months.iter().map(|row| {
        value(
            row.valid_from,
            Some(row.valid_to),
            row.flag,
            row.brl_per_kwh,
        )
    });
    let by_label = rates
        .iter()
        .map(|row| value(row.valid_from, row.valid_to, row.flag, row.brl_per_kwh));
    DatedTable {
        in_force: in_force.collect(),
        by_label: by_label.collect(),
    }
}
