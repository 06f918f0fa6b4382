//! Tables that tariffs point at: values by date, and holidays.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::BillError;

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
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    /// Values by date, by the table's name.
    pub dated: BTreeMap<String, DatedTable>,
    /// Holiday calendars, by name. For windows, which are not evaluated yet.
    pub holidays: BTreeMap<String, HolidayCalendar>,
}

/// Values by date, which may carry a word such as the flag's colour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatedTable {
    /// What is in force. Where rows overlap, the one that begins last wins.
    pub in_force: Vec<DatedValue>,
    /// What each word costs, whether in force or not.
    pub by_label: Vec<DatedValue>,
}

/// A value over some days, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// Public holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HolidayCalendar {
    /// Month and day, every year.
    pub fixed: Vec<(i8, i8)>,
    /// Days after Easter Sunday (before it where negative).
    pub easter_offsets: Vec<i16>,
    /// Single dates.
    pub dates: Vec<Date>,
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
            what: format!("table {table}"),
            on: Some(day),
        };
        let rows = self.dated.get(table).ok_or_else(missing)?;
        let found = match label {
            Some(label) => rows.of_label(label, day),
            None => rows.on(day),
        };
        found.ok_or_else(missing)
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
