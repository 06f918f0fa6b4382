//! Limits.

use super::bills::ordinal;
use super::{Cell, Column, Row, number_column, words_column};
use crate::app::{App, Context};
use crate::forms::{home_of, today};

pub(super) const COLUMNS: &[Column] = &[
    number_column("column-limit", 16),
    words_column("column-period", Some(12)),
    words_column("column-from", Some(13)),
    words_column("column-to", Some(13)),
    words_column("column-for", None),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let goals = app.lists.goals.value()?;
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let devices = app.lists.devices.value().map_or(&[][..], Vec::as_slice);
    let today = today(app, cx);
    Some(
        goals
            .iter()
            .map(|row| {
                let goal = &row.goal;
                let limit = cx
                    .locale
                    .measured(goal.limit, goal.measure.as_str(), currency);
                let of = match goal.profile_device_id {
                    None => cx.locale.text("whole-home"),
                    Some(id) => devices
                        .iter()
                        .find(|device| device.profile_device_id == id)
                        .map(|device| device.device.name.clone())
                        .unwrap_or_default(),
                };
                let of = if row.example {
                    format!("{of} · {}", cx.locale.text("text-example"))
                } else {
                    of
                };
                Row {
                    key: row.consumption_goal_id.0,
                    cells: vec![
                        Cell::number(limit, goal.limit),
                        Cell::text(cx.locale.text(&format!("period-{}", goal.period))),
                        Cell::at(
                            cx.locale.date(goal.valid_from),
                            i64::from(ordinal(goal.valid_from)),
                        ),
                        match goal.valid_to {
                            Some(day) => Cell::at(cx.locale.date(day), i64::from(ordinal(day))),
                            None => Cell::text("–"),
                        },
                        Cell::text(of),
                    ],
                    dim: goal.valid_to.is_some_and(|last| last < today),
                }
            })
            .collect(),
    )
}
