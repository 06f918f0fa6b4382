//! Keys for meters, and what comes with them.

use ecotrack_common::MeterId;
use ecotrack_common::live::{LiveSource, SourceKind};

use super::household::instant;
use super::{Cell, Column, Row, words_column};
use crate::app::{App, Context};

pub(super) const KEYS: &[Column] = &[
    words_column("column-name", None),
    words_column("column-meter", Some(20)),
    words_column("column-last-used", Some(18)),
    words_column("column-until", Some(18)),
];

pub(super) const SOURCES: &[Column] = &[
    words_column("column-live-source", None),
    words_column("column-newest", Some(13)),
    words_column("column-when", Some(13)).from(100),
    words_column("column-meter", Some(16)),
    words_column("column-remarks", Some(20)),
];

pub(super) const TOPICS: &[Column] = &[
    words_column("column-broker", Some(16)),
    words_column("column-topic", None),
    words_column("column-meter", Some(16)),
    words_column("column-broker-state", Some(18)),
    words_column("column-since", Some(13)).from(100),
];

fn meter(app: &App, id: Option<MeterId>) -> String {
    let meters = app.lists.meters.value().map_or(&[][..], Vec::as_slice);
    let found = meters.iter().find(|meter| Some(meter.meter_id) == id);
    found.map_or_else(String::new, |meter| meter.name.clone())
}

pub(super) fn keys(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let keys = app.lists.keys.value()?;
    let at =
        |at: Option<jiff::Timestamp>| at.map_or_else(|| Cell::text("–"), |at| instant(app, at, cx));
    let rows = keys.iter().map(|row| Row {
        key: row.api_key_id.0,
        cells: vec![
            Cell::text(row.name.clone()),
            Cell::text(meter(app, row.meter_id)),
            if row.moved {
                Cell::text(format!("▲ {}", cx.locale.text("key-moved")))
            } else {
                at(row.last_used_at)
            },
            match (row.last_day(&app.zone()), row.expires_at) {
                (Some(day), Some(at)) => Cell::at(cx.locale.date(day), at.as_second()),
                (_, end) => at(end),
            },
        ],
        dim: row.expires_at.is_some_and(|at| at <= cx.now),
    });
    Some(rows.collect())
}

pub(super) fn sources(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let sources = app.lists.sources.value()?;
    let rows = sources.iter().map(|row| Row {
        key: row.live_source_id.0,
        cells: vec![
            Cell::text(format!("{} · {}", row.origin, row.name)),
            match (cx.locale.live_value(row), row.seen_value) {
                (Some(text), Some(value)) => Cell::number(text, value),
                _ => Cell::none(),
            },
            row.seen_at
                .map_or_else(Cell::none, |at| instant(app, at, cx)),
            Cell::text(whose(app, row, cx)),
            Cell::text(remark(row, cx)),
        ],
        dim: row.r#use.ignored,
    });
    Some(rows.collect())
}

pub(super) fn topics(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let topics = app.lists.topics.value()?;
    let brokers = app.lists.brokers.value();
    let rows = topics.iter().map(|row| {
        let known = brokers.map(|all| all.iter().find(|one| one.name == row.topic.broker));
        let state =
            known.map(|broker| Cell::text(cx.locale.broker_state_short(broker, &row.topic.topic)));
        let since = known.flatten().map(|broker| instant(app, broker.since, cx));
        Row {
            key: row.live_topic_id.0,
            cells: vec![
                Cell::text(row.topic.broker.clone()),
                Cell::text(row.topic.topic.clone()),
                Cell::text(meter(app, row.topic.meter_id)),
                state.unwrap_or_else(Cell::none),
                since.unwrap_or_else(Cell::none),
            ],
            dim: false,
        }
    });
    Some(rows.collect())
}

/// The meter that it is of, or that somebody has to say so.
fn whose(app: &App, row: &LiveSource, cx: &Context) -> String {
    if row.r#use.ignored {
        cx.locale.text("source-ignored")
    } else if row.r#use.meter_id.is_some() {
        let meter = meter(app, row.r#use.meter_id);
        if row.r#use.summed {
            format!("+ {meter}")
        } else {
            meter
        }
    } else if row.kind == SourceKind::Volume {
        "–".to_owned()
    } else {
        format!("▲ {}", cx.locale.text("source-whose"))
    }
}

/// What was odd last.
fn remark(row: &LiveSource, cx: &Context) -> String {
    let newest = row.findings.first();
    newest.map_or_else(String::new, |it| cx.locale.live_finding_short(it))
}
