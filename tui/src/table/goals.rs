//! Limits with how they stand, and what became of the one under the cursor before.

use ecotrack_common::goal::{Goal, GoalProgress, GoalStanding, PastSpan};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::bills::ordinal;
use super::{Cell, Column, Row, Table, cursor, number_column, rows as shown, words_column};
use crate::app::{App, Context};
use crate::forms::{home_of, today};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

pub(super) const COLUMNS: &[Column] = &[
    number_column("column-limit", 10),
    number_column("column-goal-used", 9),
    number_column("column-goal-likely", 9),
    number_column("column-goal-chance", 6),
    words_column("column-goal-around", Some(8)),
    number_column("column-goal-change", 12),
    number_column("column-goal-kept", 6).from(100),
    words_column("column-period", Some(12)).from(110),
    words_column("column-from", Some(13)).from(110),
    words_column("column-to", Some(13)).from(110),
    words_column("column-for", None),
];

/// Rows of what is said of the goal under the cursor, frame included.
pub(super) const DETAIL_ROWS: u16 = 8;

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let goals = app.lists.goals.value()?;
    let today = today(app, cx);
    Some(
        goals
            .iter()
            .map(|row| self::row(app, row, today, cx))
            .collect(),
    )
}

fn row(app: &App, row: &Goal, today: jiff::civil::Date, cx: &Context) -> Row {
    let goal = &row.goal;
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let measured = |value: Decimal| {
        Cell::number(
            cx.locale.measured(value, goal.measure.as_str(), currency),
            value,
        )
    };
    let none = || Cell::text("–");
    let standing = standing(app, row);
    let progress = standing.and_then(|standing| standing.progress.as_ref());
    let pace = progress.and_then(|progress| progress.pace);
    let kept = standing
        .map(|standing| held(&standing.past))
        .unwrap_or_default();
    let day = |day| Cell::at(cx.locale.date(day), i64::from(ordinal(day)));
    Row {
        key: row.consumption_goal_id.0,
        cells: vec![
            measured(goal.limit),
            progress.map_or_else(none, |progress| measured(progress.used)),
            progress
                .and_then(|progress| progress.likely_at_end)
                .map_or_else(none, measured),
            progress
                .and_then(|progress| progress.probability_of_passing)
                .map_or_else(none, |chance| {
                    Cell::number(cx.locale.chance(chance), chance)
                }),
            progress
                .and_then(|progress| progress.likely_passed_on)
                .map_or_else(none, |day| {
                    Cell::at(cx.locale.date_short(day), i64::from(ordinal(day)))
                }),
            pace.and_then(|pace| pace.change_kwh_per_day)
                .map_or_else(none, |change| {
                    Cell::number(cx.locale.kwh_per_day_signed(change), change.0)
                }),
            match kept {
                (_, 0) => none(),
                (kept, of) => Cell::number(
                    format!("{kept}/{of}"),
                    Decimal::from(kept) / Decimal::from(of),
                ),
            },
            Cell::text(cx.locale.text(&format!("period-{}", goal.period))),
            day(goal.valid_from),
            goal.valid_to.map_or_else(none, day),
            Cell::text(whom(app, row, cx)),
        ],
        dim: goal.valid_to.is_some_and(|last| last < today),
    }
}

/// The whole home, or the name of the device.
fn whom(app: &App, row: &Goal, cx: &Context) -> String {
    let devices = app.lists.devices.value().map_or(&[][..], Vec::as_slice);
    let of = match row.goal.profile_device_id {
        None => cx.locale.text("whole-home"),
        Some(id) => devices
            .iter()
            .find(|device| device.profile_device_id == id)
            .map(|device| device.device.name.clone())
            .unwrap_or_default(),
    };
    if row.example {
        format!("{of} · {}", cx.locale.text("text-example"))
    } else {
        of
    }
}

/// How often it was kept of how often that is known, while it held.
fn held(past: &[PastSpan]) -> (usize, usize) {
    let known = past.iter().filter(|span| span.held);
    let known: Vec<bool> = known.filter_map(|span| span.passed).collect();
    (known.iter().filter(|passed| !**passed).count(), known.len())
}

fn standing<'a>(app: &'a App, goal: &Goal) -> Option<&'a GoalStanding> {
    let all = app.lists.goal_standings.value()?;
    all.iter()
        .find(|standing| standing.consumption_goal_id == goal.consumption_goal_id)
}

/// What is said of the goal under the cursor.
pub(super) fn detail(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let rows = shown(app, Table::Goals, cx).unwrap_or_default();
    let at = cursor(app.tables.of(Table::Goals), &rows);
    let goals = app.lists.goals.value().map_or(&[][..], Vec::as_slice);
    let chosen = rows.get(at).and_then(|row| {
        goals
            .iter()
            .find(|goal| goal.consumption_goal_id.0 == row.key)
    });
    let Some(goal) = chosen else {
        panel::panel(frame, area, &cx.theme, &Titles::default());
        return;
    };
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let limit = cx
        .locale
        .measured(goal.goal.limit, goal.goal.measure.as_str(), currency);
    let Some(standing) = standing(app, goal) else {
        let inside = panel::panel(frame, area, &cx.theme, &Titles::new(limit));
        let waits = match app.lists.goal_standings.fault() {
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("table-loading"),
        };
        let lines = wrapped(&waits, inside, cx.theme.dim);
        panel::lines(frame, inside, lines);
        return;
    };
    let (first, last) = (
        cx.locale.date_short(standing.span.first),
        cx.locale.date_short(standing.span.last),
    );
    let span = t!(cx, "goal-span", first = first, last = last);
    let title = format!("{limit} · {} · {span}", whom(app, goal, cx));
    let titles = Titles::new(title).bottom(cx.locale.goal_source(standing));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let mut lines = Vec::new();
    if let Some(progress) = &standing.progress {
        let sentence = cx.locale.goal_pace(progress, currency);
        lines.extend(wrapped(&sentence, inside, cx.theme.strong));
        if let Some(more) = more(progress, cx) {
            lines.extend(wrapped(&more, inside, Style::new()));
        }
    }
    for sentence in cx.locale.goal_missing(standing) {
        lines.extend(wrapped(&sentence, inside, Style::new()));
    }
    // The legend under it has a line.
    let rows = usize::from(inside.height).saturating_sub(lines.len() + 1);
    lines.extend(past(standing, goal, currency, (inside, rows), cx));
    panel::lines(frame, inside, lines);
}

/// Between which days it would be passed, and what a day may use.
fn more(progress: &GoalProgress, cx: &Context) -> Option<String> {
    let pace = progress.pace.as_ref()?;
    let days = pace.passed_from.zip(pace.passed_to);
    let days = days.filter(|(from, to)| from != to).map(|(from, to)| {
        let (from, to) = (cx.locale.date_short(from), cx.locale.date_short(to));
        t!(cx, "goal-between", from = from, to = to)
    });
    let may = pace.kwh_per_day.map(|kwh| {
        let kwh = cx.locale.kwh_per_day(kwh);
        t!(cx, "goal-day-may-use", kwh = kwh)
    });
    let said: Vec<String> = days.into_iter().chain(may).collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

/// The spans before, as many as fit in so many rows: what was used, and whether that was kept.
fn past(
    standing: &GoalStanding,
    goal: &Goal,
    currency: &str,
    (inside, rows): (Rect, usize),
    cx: &Context,
) -> Vec<Line<'static>> {
    let room = usize::from(inside.width.saturating_sub(2));
    let title = cx.locale.text("goal-past-title");
    let indent = words::width(&title) + 1;
    let mut line = vec![Span::styled(format!("{title} "), cx.theme.dim)];
    let mut lines = Vec::new();
    let mut width = indent;
    for span in &standing.past {
        let used = span.used.map_or_else(
            || "–".to_owned(),
            |used| {
                cx.locale
                    .measured(used, goal.goal.measure.as_str(), currency)
            },
        );
        let (mark, style) = match span.passed {
            Some(true) => ("▲", cx.theme.warning),
            Some(false) => ("●", cx.theme.accent),
            None => ("?", cx.theme.dim),
        };
        let text = format!("{} {used}", cx.locale.date_short(span.span.first));
        let text = if span.held { text } else { format!("({text})") };
        let needed = words::width(&text) + 4;
        if width + needed > room {
            if lines.len() + 1 >= rows {
                break;
            }
            let next = vec![Span::raw(" ".repeat(indent))];
            lines.push(Line::from(std::mem::replace(&mut line, next)));
            width = indent;
        }
        width += needed;
        line.push(Span::styled(format!("{mark} "), style));
        line.push(Span::raw(format!("{text}  ")));
    }
    if standing.past.is_empty() {
        return Vec::new();
    }
    let legend = cx.locale.text("goal-past-legend");
    let kept = cx.locale.goal_past(&standing.past);
    let below: Vec<String> = kept.into_iter().chain([legend]).collect();
    lines.push(Line::from(line));
    let below = words::cut(&below.join(" · "), room);
    lines.push(Line::styled(below, cx.theme.dim));
    lines
}

fn wrapped(text: &str, inside: Rect, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, usize::from(inside.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}
