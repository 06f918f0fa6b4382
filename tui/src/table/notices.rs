//! Where whoever is signed in is told elsewhere than on the screens.

use ecotrack_common::notice::NoticeChannel;

use super::{Cell, Column, Row, Table, selected, words_column};
use crate::app::{App, Context};
use crate::message::{Call, Effect};

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-channel-kind", Some(10)),
    words_column("column-whom", Some(26)),
    words_column("column-told-of", Some(22)),
    words_column("column-went", None),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let channels = app.lists.notices.value()?;
    let rows = channels.iter().map(|row| Row {
        key: row.notice_channel_id.0,
        cells: vec![
            Cell::text(cx.locale.text(&format!("channel-kind-{}", row.kind))),
            Cell::text(row.whom.clone()),
            Cell::text(told_of(row, cx)),
            Cell::text(went(app, row, cx)),
        ],
        dim: !(row.r#use.alerts || row.r#use.reports),
    });
    Some(rows.collect())
}

/// What goes through it.
fn told_of(row: &NoticeChannel, cx: &Context) -> String {
    let alerts = row.r#use.alerts.then(|| {
        let severity = cx
            .locale
            .text(&format!("severity-from-{}", row.r#use.min_severity));
        format!("{} {severity}", cx.locale.text("channel-alerts"))
    });
    let reports = row.r#use.reports.then(|| cx.locale.text("channel-reports"));
    let told: Vec<String> = alerts.into_iter().chain(reports).collect();
    if told.is_empty() {
        "–".to_owned()
    } else {
        told.join(", ")
    }
}

/// When something last went, or why it did not.
fn went(app: &App, row: &NoticeChannel, cx: &Context) -> String {
    match (&row.failure, row.sent_at) {
        (Some(code), _) => cx.locale.notice_failure(code),
        (None, Some(at)) => cx.locale.date_time_short(at, &app.zone()),
        (None, None) => "–".to_owned(),
    }
}

/// Sends a test through the channel under the cursor.
pub(super) fn test(app: &mut App, cx: &Context) -> Vec<Effect> {
    match (selected(app, cx), app.home) {
        (Some((Table::Notices, key)), Some(home)) => {
            let ticket = app.ticket();
            app.pending.test = Some(ticket);
            vec![Effect::Call(ticket, Call::TestChannel(home, key.into()))]
        }
        _ => Vec::new(),
    }
}
