//! Alerts, those that hold and those that did, with what each stands on and what to do; and the rules that raise them.

use ecotrack_common::AlertId;
use ecotrack_common::alert::{Alert, AlertRule, AlertState, HomeAlertRule, Severity};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use uuid::Uuid;

use super::{Cell, Column, Row, Table, number_column, selected, words_column};
use crate::app::{App, Context};
use crate::forms::{home_of, today};
use crate::message::{Call, Effect};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

pub(super) const ALERTS: &[Column] = &[
    words_column("column-alert", None),
    words_column("column-since", Some(14)),
    words_column("column-state", Some(10)),
    words_column("column-seen-by", Some(16)).from(110),
];

pub(super) const RULES: &[Column] = &[
    words_column("column-rule", Some(29)),
    words_column("column-state", Some(8)),
    words_column("column-severity", Some(18)).from(110),
    number_column("column-quiet", 9),
    words_column("column-thresholds", None),
];

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Urgent | Severity::Warning => "▲",
        Severity::Info => "●",
    }
}

fn currency(app: &App) -> &str {
    home_of(app).map_or("", |home| home.currency.as_str())
}

fn state_of(alert: &Alert, app: &App, cx: &Context) -> AlertState {
    alert.state(today(app, cx))
}

pub(super) fn alerts(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let alerts = app.lists.alerts.value()?;
    let zone = app.zone();
    let rows = alerts.iter().map(|alert| {
        let (title, _) = cx.locale.alert(alert, currency(app));
        let state = state_of(alert, app, cx);
        let since = cx.locale.date_time_short(alert.raised_at, &zone);
        Row {
            key: alert.alert_id.0,
            cells: vec![
                Cell::text(format!("{} {title}", sign(alert.severity))),
                Cell::at(since, alert.raised_at.as_second()),
                Cell::text(cx.locale.text(&format!("alert-state-{state}"))),
                Cell::text(alert.acknowledged_by.clone().unwrap_or_default()),
            ],
            dim: state != AlertState::Open,
        }
    });
    Some(rows.collect())
}

/// Rules have words for keys; tables know rows by a number.
pub(super) fn key_of(rule: AlertRule) -> Uuid {
    let at = AlertRule::ALL.iter().position(|one| *one == rule);
    Uuid::from_u128(at.map_or(0, |at| at as u128 + 1))
}

pub(super) fn rule_of(key: Uuid) -> Option<AlertRule> {
    let mut rules = AlertRule::ALL.iter().copied();
    rules.find(|rule| key_of(*rule) == key)
}

pub(super) fn rules(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let rules = app.lists.alert_rules.value()?;
    let rows = rules.iter().map(|row| {
        let settings = &row.settings;
        let on = if settings.enabled {
            "text-on"
        } else {
            "text-off"
        };
        let quiet = i64::from(settings.cool_down_days);
        let severity = cx.locale.text(&format!("severity-{}", settings.severity));
        Row {
            key: key_of(row.rule),
            cells: vec![
                Cell::text(format!(
                    "{} {}",
                    sign(settings.severity),
                    cx.locale.alert_rule(row.rule)
                )),
                Cell::text(cx.locale.text(on)),
                Cell::text(severity),
                Cell::number(t!(cx, "days-count", days = quiet.to_string()), quiet),
                Cell::text(figures_of(row, cx).join(" · ")),
            ],
            dim: !settings.enabled,
        }
    });
    Some(rows.collect())
}

/// The figures that a rule goes by, with their names.
fn figures_of(row: &HomeAlertRule, cx: &Context) -> Vec<String> {
    let figures = row.rule.thresholds().iter().map(|threshold| {
        let value = row.settings.threshold(row.rule, threshold.name);
        format!("{} {value}", cx.locale.threshold(row.rule, threshold.name))
    });
    figures.collect()
}

/// Says that the alert under the cursor was seen.
pub fn acknowledge(app: &mut App, cx: &Context) -> Vec<Effect> {
    match (selected(app, cx), app.home) {
        (Some((Table::Alerts, key)), Some(home)) => {
            let ticket = app.ticket();
            app.acknowledging(ticket);
            let call = Call::Acknowledge(home, AlertId(key), cx.fresh_key);
            vec![Effect::Call(ticket, call)]
        }
        _ => Vec::new(),
    }
}

/// The alert under the cursor, if nobody has seen it yet and it holds.
pub(super) fn open_one<'a>(app: &'a App, cx: &Context) -> Option<&'a Alert> {
    let (Table::Alerts, key) = selected(app, cx)? else {
        return None;
    };
    let mut alerts = app.lists.alerts.value()?.iter();
    let is_open = |alert: &&Alert| {
        let state = state_of(alert, app, cx);
        alert.alert_id.0 == key && matches!(state, AlertState::Open | AlertState::Snoozed)
    };
    alerts.find(is_open)
}

/// Rows that the alert under the cursor is told in, frame included.
const TOLD_ROWS: u16 = 10;

/// Rows that the rule under the cursor is told in, frame included.
const RULE_ROWS: u16 = 5;

/// The place of the table, and under it that of the alert or rule under the cursor.
pub(super) fn split(table: Table, area: Rect) -> (Rect, Option<Rect>) {
    let rows = match table {
        Table::Alerts => TOLD_ROWS,
        Table::AlertRules => RULE_ROWS,
        _ => return (area, None),
    };
    if area.height < 2 * TOLD_ROWS {
        return (area, None);
    }
    let parts = Layout::vertical([Constraint::Min(0), Constraint::Length(rows)]);
    let [list, told] = parts.areas(area);
    (list, Some(told))
}

/// Draws what the rule under the cursor finds and by which figures, or what the alert stands on and what to
/// do about it.
pub(super) fn view_told(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some((table, key)) = selected(app, cx) else {
        return;
    };
    if table == Table::AlertRules {
        return view_rule(app, key, frame, area, cx);
    }
    let alerts = app.lists.alerts.value().map_or(&[][..], Vec::as_slice);
    let Some(alert) = alerts.iter().find(|alert| alert.alert_id.0 == key) else {
        return;
    };
    let (title, body) = cx.locale.alert(alert, currency(app));
    let titles = Titles::new(cx.locale.alert_rule(alert.rule));
    let severity = cx.locale.text(&format!("severity-{}", alert.severity));
    let inside = panel::panel(frame, area, &cx.theme, &titles.right(severity));
    let room = usize::from(inside.width.saturating_sub(2));
    let style = match alert.severity {
        Severity::Urgent => cx.theme.urgent,
        Severity::Warning => cx.theme.warning,
        Severity::Info => cx.theme.accent,
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} ", sign(alert.severity)), style),
        Span::styled(words::cut(&title, room.saturating_sub(2)), cx.theme.strong),
    ])];
    lines.extend(words::wrap(&body, room).into_iter().map(Line::raw));
    let advice = cx.locale.alert_advice(alert, currency(app));
    let advice = words::wrap(&format!("→ {advice}"), room);
    lines.extend(advice.into_iter().map(Line::raw));
    lines.extend(
        became(alert, app, cx).map(|text| Line::styled(words::cut(&text, room), cx.theme.dim)),
    );
    panel::lines(frame, inside, lines);
}

fn view_rule(app: &App, key: Uuid, frame: &mut Frame, area: Rect, cx: &Context) {
    let rules = app.lists.alert_rules.value().map_or(&[][..], Vec::as_slice);
    let Some(row) = rules.iter().find(|row| key_of(row.rule) == key) else {
        return;
    };
    let severity = cx
        .locale
        .text(&format!("severity-{}", row.settings.severity));
    let titles = Titles::new(cx.locale.alert_rule(row.rule)).right(severity);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let says = words::wrap(&cx.locale.alert_rule_says(row.rule), room);
    let figures = words::wrap(&figures_of(row, cx).join(" · "), room);
    let figures = figures.into_iter();
    let lines = says.into_iter().map(Line::raw);
    let lines = lines.chain(figures.map(|text| Line::styled(text, cx.theme.dim)));
    panel::lines(frame, inside, lines.collect());
}

/// Who saw it or put it off, and whether it is over.
fn became(alert: &Alert, app: &App, cx: &Context) -> impl Iterator<Item = String> {
    let zone = app.zone();
    let at = |instant| cx.locale.date_time_short(instant, &zone);
    let who = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
    let seen = alert.acknowledged_at.map(|instant| {
        t!(
            cx,
            "alert-seen",
            who = who(&alert.acknowledged_by),
            at = at(instant)
        )
    });
    let off = alert
        .snoozed_until
        .filter(|_| state_of(alert, app, cx) == AlertState::Snoozed);
    let off = off.map(|until| {
        let until = cx.locale.date(until);
        t!(
            cx,
            "alert-put-off",
            who = who(&alert.snoozed_by),
            until = until
        )
    });
    let over = alert
        .resolved_at
        .map(|instant| t!(cx, "alert-over", at = at(instant)));
    [seen, off, over].into_iter().flatten()
}
