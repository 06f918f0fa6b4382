//! Tables that tariffs point at: values and tax rates by date, prices by time slot, holidays.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::tariff::Rate;
use super::{BillError, MissingFigure};
use crate::holiday::HolidayCalendar;

words!(
    /// Brazil's tariff flag (bandeira tarifária): a surcharge per kWh that the regulator sets each
    /// month by the state of the reservoirs.
    Flag {
        /// Verde: no surcharge.
        Green = "green",
        /// Amarela.
        Yellow = "yellow",
        /// Vermelha, patamar 1.
        Red1 = "red1",
        /// Vermelha, patamar 2.
        Red2 = "red2",
        /// Escassez hídrica, September 2021 to April 2022.
        Scarcity = "scarcity",
    }
);

/// All tables that a tariff may point at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    /// Values by date, by the table's name.
    pub dated: BTreeMap<String, DatedTable>,
    /// Tax rates by date, by the table's name.
    pub rates: BTreeMap<String, Vec<DatedRate>>,
    /// Prices by time slot, by the series' name.
    pub series: BTreeMap<String, PriceSeries>,
    /// Holiday calendars, by name.
    pub holidays: BTreeMap<String, HolidayCalendar>,
}

/// Values by date, which may carry a word such as the flag's colour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DatedTable {
    /// What is in force. Where rows overlap, the one that begins last wins.
    pub in_force: Vec<DatedValue>,
    /// What each word costs, whether in force or not.
    pub by_label: Vec<DatedValue>,
}

/// A value over some days, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DatedValue {
    /// First day.
    pub first: Date,
    /// Last day; open where absent.
    #[serde(default)]
    pub last: Option<Date>,
    /// The word of the value, such as `yellow`.
    #[serde(default)]
    pub label: Option<String>,
    /// The value.
    pub value: Decimal,
}

/// A tax rate from a day on, until the next one of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DatedRate {
    /// First day.
    pub first: Date,
    /// The rate; of a kind that names no table.
    pub rate: Rate,
    /// Whether it is only a usual one: the bill then says that it was assumed.
    #[serde(default)]
    pub default: bool,
}

/// Prices per kWh by time slot, before taxes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceSeries {
    /// When the first slot begins.
    pub start: Timestamp,
    /// Minutes of a slot; a divisor of 60.
    pub step_minutes: u16,
    /// One for each slot; `None` where it is not known.
    pub prices: Vec<Option<Decimal>>,
}

/// A value found for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) value: Decimal,
    pub(super) label: Option<String>,
    /// Carried forward from the last that is known.
    pub(super) assumed: bool,
}

impl Tables {
    /// The value of `table` on `day`; with `label`, what that word costs on the day. Past the last
    /// row, the last one is carried forward and says so: its word at that day's price where the
    /// price is known, else its value. Before the first row, or in a hole, it is missing.
    pub(super) fn value(
        &self,
        table: &str,
        day: Date,
        label: Option<&str>,
    ) -> Result<Found, BillError> {
        let missing = || BillError::Missing {
            what: MissingFigure::Table(table.to_owned()),
            on: Some(day),
        };
        let rows = self.dated.get(table).ok_or_else(missing)?;
        let found = match label {
            Some(label) => rows.of_label(label, day),
            None => rows.on(day),
        };
        found.ok_or_else(missing)
    }

    /// The tax rate of `table` on `day`, if it is a table of rates.
    pub(super) fn rate(&self, table: &str, day: Date) -> Option<&DatedRate> {
        let begun = self.rates.get(table)?.iter().filter(|row| row.first <= day);
        begun.max_by_key(|row| row.first)
    }
}

impl PriceSeries {
    /// The price of the slot that holds `minute`, counted from the Unix epoch.
    pub(super) fn at(&self, minute: i64) -> Option<Decimal> {
        let since = minute - self.start.as_second().div_euclid(60);
        let slot = since.div_euclid(i64::from(self.step_minutes.max(1)));
        *self.prices.get(usize::try_from(slot).ok()?)?
    }
}

impl DatedTable {
    fn on(&self, day: Date) -> Option<Found> {
        let (row, assumed) = latest(self.in_force.iter(), day)?;
        let price = match (&row.label, assumed) {
            (Some(label), true) => self
                .of_label(label, day)
                .map_or(row.value, |found| found.value),
            _ => row.value,
        };
        Some(Found {
            value: price,
            label: row.label.clone(),
            assumed,
        })
    }

    fn of_label(&self, label: &str, day: Date) -> Option<Found> {
        let rows = self
            .by_label
            .iter()
            .filter(|row| row.label.as_deref() == Some(label));
        let (row, assumed) = latest(rows, day)?;
        Some(Found {
            value: row.value,
            label: row.label.clone(),
            assumed,
        })
    }
}

/// The row in force on `day`, else the last one where all end before the day (`true`: carried).
fn latest<'a>(
    rows: impl Iterator<Item = &'a DatedValue> + Clone,
    day: Date,
) -> Option<(&'a DatedValue, bool)> {
    let covers = |row: &&DatedValue| row.first <= day && row.last.is_none_or(|last| day <= last);
    if let Some(row) = rows.clone().filter(covers).max_by_key(|row| row.first) {
        return Some((row, false));
    }
    if rows.clone().any(|row| row.first > day) {
        return None;
    }
    rows.max_by_key(|row| row.first).map(|row| (row, true))
}
