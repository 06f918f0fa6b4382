//! What it was like outside, a day a row.

use jiff::civil::Date;
use uuid::Uuid;

use super::bills::ordinal;
use super::{Cell, Column, Row, number_column, words_column};
use crate::app::{App, Context};

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-day", Some(16)),
    number_column("column-temperature", 14),
    words_column("column-source", None),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let page = app.lists.weather.value()?;
    let rows = page.days.iter().map(|row| Row {
        key: key(row.local_date),
        cells: vec![
            Cell::at(
                cx.locale.date(row.local_date),
                i64::from(ordinal(row.local_date)),
            ),
            Cell::number(cx.locale.temperature(row.mean_temp_c), row.mean_temp_c),
            Cell::text(cx.locale.text(&format!("weather-{}", row.source))),
        ],
        dim: false,
    });
    Some(rows.collect())
}

/// Rows have keys; a day's is its own.
fn key(day: Date) -> Uuid {
    Uuid::from_u128(u128::from(ordinal(day).unsigned_abs()))
}

/// The day of a row.
pub(super) fn day(app: &App, row: Uuid) -> Option<Date> {
    let days = &app.lists.weather.value()?.days;
    let day = days.iter().find(|day| key(day.local_date) == row)?;
    Some(day.local_date)
}
