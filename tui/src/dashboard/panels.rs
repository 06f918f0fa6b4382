//! The panels of the dashboard but the chart: each draws one answer.

use ecotrack_common::Kwh;
use ecotrack_common::alert::Severity;
use ecotrack_common::dashboard::{Comparison, CycleUse, Dashboard, DayUse};
use ecotrack_common::profile::Role;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::State;
use crate::app::Context;
use crate::widgets::bar::{self, float};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Energy, cost and emissions so far, each with its last cycles and what it compares to.
pub(super) fn cycle(board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let (first, last) = (
        cx.locale.date_short(board.cycle.first),
        cx.locale.date_short(board.cycle.last),
    );
    let day =
        (ecotrack_common::cycle::days_between(board.cycle.first, board.today) + 1).to_string();
    let days = board.cycle.days().to_string();
    let title = t!(
        cx,
        "cycle-title",
        first = first,
        last = last,
        day = day,
        days = days
    );
    let titles = Titles::new(title).bottom(pace(board, area, cx));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let so_far = &board.so_far;
    let estimated = board
        .days
        .iter()
        .any(|day| day.estimated && board.cycle.contains(day.date));
    let tilde = if estimated { "~" } else { "" };
    let kwh = so_far.kwh.map_or_else(
        || "– kWh".to_owned(),
        |kwh| format!("{tilde}{}", cx.locale.kwh(kwh)),
    );
    let cost = so_far.cost.map_or_else(
        || "–".to_owned(),
        |cost| format!("{tilde}{}", cx.locale.money(cost, &board.home.currency)),
    );
    let co2e = so_far.co2e.as_ref().map_or_else(
        || "– kg CO₂e".to_owned(),
        |co2e| format!("{tilde}{}", cx.locale.co2e(co2e.kg)),
    );
    let column = [&kwh, &cost, &co2e]
        .iter()
        .map(|text| words::width(text))
        .max()
        .unwrap_or(0);
    let spark = |pick: fn(&CycleUse) -> Option<f64>| {
        let from = board.recent_cycles.len().saturating_sub(8);
        let values: Vec<Option<f64>> = board.recent_cycles[from..].iter().map(pick).collect();
        bar::spark(&values, cx.theme.braille())
    };
    let room = usize::from(inside.width).saturating_sub(column + 11);
    let coverage = {
        let measured = so_far.measured_days.to_string();
        let elapsed = so_far.elapsed_days.to_string();
        t!(cx, "coverage", measured = measured, elapsed = elapsed)
    };
    let mut beside = Vec::new();
    if let Some(comparison) = &board.against_previous {
        beside.push(compared(comparison, true, room, cx));
    }
    if let Some(goal) = goal(board, room, cx) {
        beside.push(goal);
    }
    let year_before = board
        .against_year_before
        .as_ref()
        .map(|comparison| compared(comparison, false, room, cx));
    let roomy = inside.height >= 4;
    if beside.len() < 2
        && let Some(line) = year_before.clone()
    {
        beside.push(line);
    } else if roomy && let Some(line) = year_before {
        beside.push(line);
    }
    beside.insert(2.min(beside.len()), coverage);
    if roomy && let Some(co2e) = &so_far.co2e {
        let factor = cx.locale.number(co2e.factor, 4);
        let region = co2e.region.clone();
        let year = co2e.year.to_string();
        let basis = cx.locale.text(&format!("basis-{}", co2e.basis));
        beside.push(t!(
            cx,
            "co2e-factor",
            factor = factor,
            region = region,
            year = year,
            basis = basis
        ));
    }
    let rows = [
        (kwh, spark(|cycle| cycle.kwh.map(Kwh::to_f64))),
        (cost, spark(|cycle| cycle.cost.map(|cost| float(cost.0)))),
        (
            co2e,
            spark(|cycle| cycle.co2e.as_ref().map(|co2e| float(co2e.kg.0))),
        ),
    ];
    let mut lines: Vec<Line<'_>> = rows
        .into_iter()
        .enumerate()
        .map(|(at, (value, spark))| {
            Line::from(vec![
                Span::styled(words::right(&value, column), cx.theme.strong),
                Span::raw(" "),
                Span::styled(words::left(&spark, 8), cx.theme.accent),
                Span::raw(" "),
                Span::raw(
                    beside
                        .get(at)
                        .map_or_else(String::new, |text| words::cut(text, room)),
                ),
            ])
        })
        .collect();
    for text in beside.iter().skip(3) {
        let indent = " ".repeat(column + 10);
        lines.push(Line::raw(format!("{indent}{}", words::cut(text, room))));
    }
    panel::lines(frame, inside, lines);
}

/// Like with like; with little room the number of days is left to larger screens.
fn compared(comparison: &Comparison, previous: bool, room: usize, cx: &Context) -> String {
    let percent = comparison.percent.map_or_else(
        || "–".to_owned(),
        |percent| cx.locale.percent_signed(percent),
    );
    let days = comparison.days.to_string();
    let (short, long) = if previous {
        (
            t!(cx, "against-previous-short", percent = percent.as_str()),
            t!(
                cx,
                "against-previous",
                percent = percent.as_str(),
                days = days
            ),
        )
    } else {
        (
            t!(cx, "against-year-before-short", percent = percent.as_str()),
            t!(
                cx,
                "against-year-before",
                percent = percent.as_str(),
                days = days
            ),
        )
    };
    if words::width(&long) <= room {
        long
    } else {
        short
    }
}

/// How likely the goal is passed and what keeps it, for the frame: whole where it fits.
fn pace(board: &Dashboard, area: Rect, cx: &Context) -> String {
    let Some(goal) = &board.goal else {
        return String::new();
    };
    let room = usize::from(area.width.saturating_sub(6));
    let whole = cx.locale.goal_pace(goal, &board.home.currency);
    if words::width(&whole) <= room {
        return whole;
    }
    cx.locale.goal_pace_short(goal).unwrap_or_default()
}

fn goal(board: &Dashboard, room: usize, cx: &Context) -> Option<String> {
    let goal = board.goal.as_ref()?;
    let limit = cx
        .locale
        .measured(goal.limit, goal.measure.as_str(), &board.home.currency);
    let share = if goal.limit.is_zero() {
        Decimal::ZERO
    } else {
        goal.used / goal.limit
    };
    let label = t!(cx, "goal", limit = limit);
    let percent = cx.locale.percent(share * Decimal::ONE_HUNDRED);
    let cells = room
        .saturating_sub(words::width(&label) + words::width(&percent) + 2)
        .min(24);
    Some(format!(
        "{label} {} {percent}",
        bar::gauge(float(share), cells)
    ))
}

/// What a member should know.
pub(super) fn alerts(
    state: &State,
    board: &Dashboard,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let count = board.alerts.len();
    let mut title = cx.locale.text("alerts-title");
    if count > 0 {
        title = format!("{title} {count}");
    }
    let mut titles = Titles::new(title);
    if count > 0 && board.home.role >= Role::Editor {
        titles = titles.bottom(cx.locale.text("alerts-acknowledge"));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(3));
    if count == 0 {
        let lines = words::wrap(&cx.locale.text("alerts-none"), room)
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim))
            .collect();
        panel::lines(frame, inside, lines);
        return;
    }
    let mut lines = Vec::new();
    for (at, alert) in board.alerts.iter().enumerate().skip(state.alert) {
        let (sign, style) = match alert.severity {
            Severity::Urgent => ("▲", cx.theme.urgent),
            Severity::Warning => ("▲", cx.theme.warning),
            Severity::Info => ("●", cx.theme.accent),
        };
        let (title, body) = cx.locale.alert(alert, &board.home.currency);
        let chosen = count > 1 && at == state.alert;
        for (row, line) in words::wrap(&title, room.saturating_sub(1))
            .into_iter()
            .enumerate()
        {
            lines.push(Line::from(vec![
                Span::styled(
                    if row == 0 {
                        format!("{sign} ")
                    } else {
                        "  ".to_owned()
                    },
                    style,
                ),
                Span::styled(
                    line,
                    if chosen {
                        cx.theme.selected
                    } else {
                        cx.theme.strong
                    },
                ),
            ]));
        }
        for line in words::wrap(&body, room.saturating_sub(1)) {
            lines.push(Line::raw(format!("  {line}")));
        }
    }
    panel::lines(frame, inside, lines);
}

/// Where the energy goes.
pub(super) fn devices(board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(cx.locale.text("devices-title"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let total = board.so_far.kwh;
    let share_of_total = |kwh: Kwh| {
        total
            .filter(|total| total.0 > Decimal::ZERO)
            .map(|total| kwh.0 * Decimal::ONE_HUNDRED / total.0)
    };
    let mut rows: Vec<(String, Kwh, Option<Decimal>, bool)> = board
        .devices
        .iter()
        .map(|device| {
            (
                device.name.clone(),
                device.kwh,
                device.percent.or_else(|| share_of_total(device.kwh)),
                device.estimate,
            )
        })
        .collect();
    let height = usize::from(inside.height);
    let untracked = board.untracked_kwh;
    let kept = height.saturating_sub(usize::from(untracked.is_some()));
    let dropped = rows.len() > kept;
    rows.truncate(kept.saturating_sub(usize::from(dropped)));
    let more = board.devices.len() - rows.len();
    if rows.is_empty() && untracked.is_none() {
        let lines = words::wrap(
            &cx.locale.text(if board.so_far.measured_days == 0 {
                "devices-no-days"
            } else {
                "devices-none"
            }),
            usize::from(inside.width.saturating_sub(2)),
        )
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
        panel::lines(frame, inside, lines);
        return;
    }
    let untracked_name = cx.locale.text("untracked");
    let names = rows
        .iter()
        .map(|(name, ..)| words::width(name))
        .chain([words::width(&untracked_name)])
        .max()
        .unwrap_or(0)
        .min(usize::from(inside.width) * 2 / 5)
        .max(9);
    let wide = inside.width >= 40;
    let bars = usize::from(inside.width).saturating_sub(names + 9 + if wide { 11 } else { 0 });
    let top = rows
        .iter()
        .map(|(_, kwh, ..)| kwh.to_f64())
        .chain(untracked.map(Kwh::to_f64))
        .fold(0.0, f64::max);
    let line = |name: &str, kwh: Kwh, percent: Option<Decimal>, estimate: bool| {
        let share = if top > 0.0 { kwh.to_f64() / top } else { 0.0 };
        let tilde = if estimate { "~" } else { "" };
        let mut figures = percent.map_or_else(
            || words::right(&cx.locale.kwh_value(kwh), 6),
            |percent| words::right(&format!("{tilde}{}", cx.locale.percent(percent)), 6),
        );
        if wide {
            figures = format!("{}{figures}", words::right(&cx.locale.kwh(kwh), 11));
        }
        Line::from(vec![
            Span::raw(words::left(name, names)),
            Span::raw(" "),
            Span::styled(words::left(&bar::bar(share, bars), bars), cx.theme.accent),
            Span::raw(figures),
        ])
    };
    let mut lines: Vec<Line<'_>> = rows
        .iter()
        .map(|(name, kwh, percent, estimate)| line(name, *kwh, *percent, *estimate))
        .collect();
    if more > 0 {
        let n = more.to_string();
        lines.push(Line::styled(t!(cx, "devices-more", n = n), cx.theme.dim));
    }
    if let Some(kwh) = untracked {
        if kwh.0 < Decimal::ZERO {
            let text = cx.locale.text("untracked-negative");
            lines.push(Line::styled(
                words::cut(&text, usize::from(inside.width.saturating_sub(2))),
                cx.theme.dim,
            ));
        } else {
            lines.push(line(&untracked_name, kwh, share_of_total(kwh), false));
        }
    }
    panel::lines(frame, inside, lines);
}

/// The last days one by one, newest first.
pub(super) fn days(board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(cx.locale.text("days-title"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let top = board
        .days
        .iter()
        .filter_map(|day| day.kwh)
        .map(Kwh::to_f64)
        .fold(0.0, f64::max);
    let kg = |day: &DayUse| {
        let emitted = board.factors.in_year(day.date.year(), day.kwh?).ok()?;
        Some(format!("{} kg", cx.locale.number(emitted.kg.0, 1)))
    };
    let bars = usize::from(inside.width).saturating_sub(38);
    let lines = board
        .days
        .iter()
        .rev()
        .map(|day| {
            let date = format!(
                "{} {}",
                cx.locale.weekday(day.date),
                cx.locale.date_short(day.date)
            );
            let tilde = if day.estimated { "~" } else { "" };
            // Today has not passed yet: that is no gap.
            let missing = if day.date == board.today {
                "today"
            } else {
                "chart-gap"
            };
            let kwh = day.kwh.map_or_else(
                || cx.locale.text(missing),
                |kwh| format!("{tilde}{}", cx.locale.kwh(kwh)),
            );
            let share = day
                .kwh
                .map_or(0.0, |kwh| if top > 0.0 { kwh.to_f64() / top } else { 0.0 });
            let partly = if day.kwh.is_some() && day.covered_percent < 90 {
                let percent = cx.locale.percent(Decimal::from(day.covered_percent));
                format!(" ({percent})")
            } else {
                String::new()
            };
            Line::from(vec![
                Span::styled(words::left(&date, 13), cx.theme.dim),
                Span::raw(words::right(&kwh, 10)),
                Span::styled(words::right(&kg(day).unwrap_or_default(), 8), cx.theme.dim),
                Span::raw(" "),
                Span::styled(bar::bar(share, bars), cx.theme.accent),
                Span::styled(partly, cx.theme.dim),
            ])
        })
        .collect();
    panel::lines(frame, inside, lines);
}
