//! The household: people, meters, times away, who changed what, codes, sign-ins, removed homes, and
//! what waits for the server.

use jiff::Timestamp;

use super::bills::ordinal;
use super::{Cell, Column, Row, words_column};
use crate::app::{App, Context};
use crate::forms::{Subject, home_of};
use crate::kept::Waiting;
use crate::suggestion;

pub(super) const MEMBERS: &[Column] = &[
    words_column("column-name", Some(24)),
    words_column("column-role", Some(12)),
    words_column("column-since", Some(14)),
    words_column("column-email", None),
];

pub(super) const METERS: &[Column] = &[
    words_column("column-name", None),
    words_column("column-channel", Some(16)),
    words_column("column-kind", Some(12)),
    words_column("column-same-as", Some(20)),
];

pub(super) const AWAY: &[Column] = &[
    words_column("column-first-day", Some(14)),
    words_column("column-last-day", Some(14)),
    words_column("column-note", None),
];

pub(super) const HISTORY: &[Column] = &[
    words_column("column-when", Some(13)),
    words_column("column-who", Some(12)),
    words_column("column-what", None),
];

pub(super) const INVITATIONS: &[Column] = &[
    words_column("column-role", Some(12)),
    words_column("column-until", Some(18)),
    words_column("column-who", None),
];

pub(super) const SESSIONS: &[Column] = &[
    words_column("column-client", None),
    words_column("column-since", Some(18)),
    words_column("column-last-used", Some(18)),
    words_column("column-remarks", Some(14)),
];

pub(super) const REMOVED: &[Column] = &[
    words_column("column-name", None),
    words_column("column-removed-at", Some(18)),
    words_column("column-gone-at", Some(18)),
];

pub(super) const OUTBOX: &[Column] = &[
    words_column("column-when", Some(13)),
    words_column("column-what", Some(28)),
    words_column("column-state", None),
];

pub(super) fn instant(app: &App, at: Timestamp, cx: &Context) -> Cell {
    Cell::at(cx.locale.date_time_short(at, &app.zone()), at.as_second())
}

pub(super) fn members(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let members = app.lists.members.value()?;
    let rows = members.iter().map(|row| Row {
        key: row.account_id.0,
        cells: vec![
            Cell::text(row.display_name.clone()),
            Cell::text(cx.locale.text(&format!("role-{}", row.role))),
            instant(app, row.joined_at, cx),
            Cell::text(row.email.clone().unwrap_or_default()),
        ],
        dim: false,
    });
    Some(rows.collect())
}

pub(super) fn meters(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let meters = app.lists.meters.value()?;
    let rows = meters.iter().map(|row| {
        let same = row
            .same_as
            .and_then(|id| meters.iter().find(|other| other.meter_id == id))
            .map(|other| other.name.clone());
        let kind = format!("reading-kind-{}", row.reading_kind);
        Row {
            key: row.meter_id.0,
            cells: vec![
                Cell::text(row.name.clone()),
                Cell::text(cx.locale.channel(row.channel)),
                Cell::text(cx.locale.text(&kind)),
                Cell::text(same.unwrap_or_default()),
            ],
            dim: false,
        }
    });
    Some(rows.collect())
}

pub(super) fn away(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let periods = app.lists.away.value()?;
    let day = |day| Cell::at(cx.locale.date(day), i64::from(ordinal(day)));
    let rows = periods.iter().map(|row| Row {
        key: row.away_period_id.0,
        cells: vec![
            day(row.period.first_day),
            day(row.period.last_day),
            Cell::text(row.period.note.clone().unwrap_or_default()),
        ],
        dim: false,
    });
    Some(rows.collect())
}

pub(super) fn history(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let page = app.lists.operations.value()?;
    let zone = app.zone();
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let rows = page.operations.iter().map(|row| {
        let mut what = cx.locale.operation(row, &zone, currency);
        if row.undone {
            what = format!("{what} · {}", cx.locale.text("taken-back"));
        }
        Row {
            key: row.operation_id.0,
            cells: vec![
                instant(app, row.at, cx),
                Cell::text(row.by.clone().unwrap_or_else(|| "–".to_owned())),
                Cell::text(what),
            ],
            dim: row.undone || row.undoes.is_some(),
        }
    });
    Some(rows.collect())
}

pub(super) fn invitations(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let invitations = app.lists.invitations.value()?;
    let rows = invitations.iter().map(|row| Row {
        key: row.invitation_id.0,
        cells: vec![
            Cell::text(cx.locale.text(&format!("role-{}", row.role))),
            instant(app, row.expires_at, cx),
            Cell::text(row.created_by.clone().unwrap_or_default()),
        ],
        dim: false,
    });
    Some(rows.collect())
}

pub(super) fn sessions(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let sessions = app.lists.sessions.value()?;
    let rows = sessions.iter().map(|row| Row {
        key: row.session_id.0,
        cells: vec![
            Cell::text(row.client.clone().unwrap_or_else(|| "–".to_owned())),
            instant(app, row.created_at, cx),
            instant(app, row.last_used_at, cx),
            Cell::text(if row.current {
                cx.locale.text("this-one")
            } else {
                String::new()
            }),
        ],
        dim: false,
    });
    Some(rows.collect())
}

pub(super) fn removed(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let homes = app.lists.removed.value()?;
    let rows = homes.iter().map(|row| Row {
        key: row.energy_profile_id.0,
        cells: vec![
            Cell::text(row.name.clone()),
            instant(app, row.removed_at, cx),
            instant(app, row.gone_at, cx),
        ],
        dim: false,
    });
    Some(rows.collect())
}

/// What tells one entry from another: of a measure what became of it and which, else the first that was typed.
fn told_apart(waiting: &Waiting, app: &App, cx: &Context) -> String {
    if let Subject::Suggestion(id) = waiting.subject
        && let Some(it) = suggestion::of_id(app, id)
        && let Some(state) = waiting.values.get("state")
    {
        let title = suggestion::words::title(&it.suggestion, &cx.locale);
        let state = cx.locale.text(&format!("suggestion-state-{state}"));
        return format!("{state}: {title}");
    }
    let typed = waiting.values.values().map(String::as_str);
    let typed: Vec<&str> = typed
        .filter(|text| !text.trim().is_empty())
        .take(2)
        .collect();
    typed.join(" ")
}

pub(super) fn outbox(app: &App, cx: &Context) -> Vec<Row> {
    app.outbox
        .mine(app)
        .map(|waiting| {
            let state = match &waiting.refused {
                None => cx.locale.text("outbox-waits"),
                Some(problem) => match problem.errors.0.first() {
                    Some(error) => format!("▲ {}", cx.locale.field_error(error)),
                    None => format!("▲ {}", cx.locale.problem(problem)),
                },
            };
            let what = format!(
                "{} {}",
                cx.locale.text(waiting.subject.name()),
                told_apart(waiting, app, cx)
            );
            Row {
                key: waiting.write.key,
                cells: vec![
                    instant(app, waiting.at, cx),
                    Cell::text(what.replace(['\n', '\t'], " ")),
                    Cell::text(state),
                ],
                dim: false,
            }
        })
        .collect()
}
