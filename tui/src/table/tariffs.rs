//! Which tariff the home has from which day on, and what it knows better.

use super::bills::ordinal;
use super::{Cell, Column, Row, words_column};
use crate::app::{App, Context};
use crate::forms::{home_of, today};

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-from", Some(12)),
    words_column("column-to", Some(12)),
    words_column("column-tariff", Some(25)),
    words_column("column-own-figures", None),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let tariffs = app.lists.profile_tariffs.value()?;
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let today = today(app, cx);
    let rows = tariffs.iter().map(|row| {
        let day = |day| Cell::at(cx.locale.date(day), i64::from(ordinal(day)));
        let mut name = row.name.clone();
        if row.tariff.document.is_some() {
            name = format!("{} · {name}", cx.locale.text("tariff-own-short"));
        }
        let figures = cx.locale.parameters(&row.tariff.parameters, currency);
        let mut remarks: Vec<String> = Some(figures)
            .filter(|said| !said.is_empty())
            .into_iter()
            .collect();
        if row.unreadable.is_some() {
            remarks.insert(
                0,
                format!("▲ {}", cx.locale.text("tariff-unreadable-short")),
            );
        }
        if row.example {
            remarks.push(cx.locale.text("text-example"));
        }
        Row {
            key: row.profile_tariff_id.0,
            cells: vec![
                Cell::at(
                    cx.locale.tariff_from(row.tariff.valid_from),
                    i64::from(ordinal(row.tariff.valid_from)),
                ),
                row.valid_to.map_or_else(|| Cell::text("–"), day),
                Cell::text(name),
                Cell::text(remarks.join(" · ")),
            ],
            dim: row.valid_to.is_some_and(|last| last < today),
        }
    });
    Some(rows.collect())
}
