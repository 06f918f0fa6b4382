//! Draws the steps as bars, under the figures of the one at the cursor.

use ecotrack_common::consumption::{Consumption, Resolution, Slot};
use jiff::civil::Time;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::prelude::ToPrimitive;

use super::commands::current;
use super::level::Level;
use super::view::nothing;
use super::{answer, remote, words as said};
use crate::app::{App, Context};
use crate::remote::Remote;
use crate::widgets::bars::{Bar, Bars};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Rows above the bars.
const LINES: u16 = 3;

/// Draws the chart.
pub(super) fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(answer) = answer(app) else {
        let titles = Titles::new(cx.locale.text("consumption-page-chart"));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        nothing(remote(app).and_then(Remote::fault), frame, inside, cx);
        return;
    };
    let room = chart_room(area);
    let bars = bars(app, answer, room, cx);
    let together = bars.together(room, &cx.locale);
    let title = title(app, answer, cx);
    let total = said::figures(&answer.total, &answer.currency, &cx.locale);
    let mut titles = Titles::new(title).right(total);
    if answer.slots.iter().any(|slot| slot.kwh.is_some()) {
        titles = titles.bottom(legend(answer, together, cx));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    panel::lines(frame, inside, lines(app, answer, inside, cx));
    if let Some(text) = said::nothing(answer, &cx.locale) {
        let below = Rect {
            y: room.y,
            height: room.height,
            ..inside
        };
        let lines = super::view::wrapped(&text, below, cx.theme.dim);
        panel::lines(frame, below, lines);
        return;
    }
    bars.view(frame, room, &cx.theme, &cx.locale);
}

/// The room of the bars in the area of the chart.
fn chart_room(area: Rect) -> Rect {
    let above = (LINES + 1).min(area.height);
    Rect {
        x: area.x + 1.min(area.width),
        y: area.y + above,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(above + 1),
    }
}

/// The bar that is drawn at a column of the screen.
pub(super) fn bar_at(app: &App, area: Rect, column: u16, cx: &Context) -> Option<usize> {
    let room = chart_room(area);
    let bars = bars(app, answer(app)?, room, cx);
    bars.bar_at(room, column, &cx.locale)
}

/// `Nov 2026, by day`
fn title(app: &App, answer: &Consumption, cx: &Context) -> String {
    let (first, last) = (answer.total.first, answer.total.last);
    let span = match app.consumption.level {
        Level::Years => format!("{}–{}", first.year(), last.year()),
        Level::Year => first.year().to_string(),
        Level::Month => cx.locale.month(first),
        Level::Weeks | Level::Week => said::span(first, last, &cx.locale),
        Level::Day | Level::Quarters => {
            format!("{} {}", cx.locale.weekday(first), cx.locale.date(first))
        }
    };
    let by = cx.locale.text(&format!("consumption-by-{}", answer.by));
    format!("{span}, {by}")
}

/// What the signs mean, as far as they are there.
fn legend(answer: &Consumption, together: usize, cx: &Context) -> String {
    let mut said = Vec::new();
    let (bar, hatched, mark) = if cx.theme.braille() {
        ('█', '▒', '━')
    } else {
        ('#', ':', '=')
    };
    if answer.slots.iter().any(Slot::is_estimated) {
        said.push(format!(
            "{bar} {}",
            cx.locale.text("consumption-legend-measured")
        ));
        let text = cx.locale.text("consumption-legend-estimated");
        said.push(format!("{hatched} {text}"));
    }
    if answer.slots.iter().any(Slot::is_gap) {
        said.push(format!("┊ {}", cx.locale.text("consumption-legend-gap")));
    }
    if let Some(compared) = &answer.compared {
        let text = said::against(compared.against, &cx.locale);
        said.push(format!("{mark} {text}"));
    }
    if together > 1 {
        said.push(t!(cx, "consumption-legend-together", count = together));
    }
    said.join("  ")
}

/// The step under the cursor, the other beside it, and all of them held against the others.
fn lines(app: &App, answer: &Consumption, inside: Rect, cx: &Context) -> Vec<Line<'static>> {
    let room = usize::from(inside.width.saturating_sub(2));
    let mut lines = Vec::new();
    let mut covered = String::new();
    if let Some((at, slot)) = current(app, answer) {
        let name = said::name(slot, answer.by, &cx.locale);
        let figures = said::figures(slot, &answer.currency, &cx.locale);
        let text = format!("▸{name}  {figures}");
        lines.push(Line::styled(words::cut(&text, room), cx.theme.strong));
        covered = said::coverage(slot, &cx.locale);
        if let Some(compared) = &answer.compared {
            let name = said::against(compared.against, &cx.locale);
            let beside = answer.beside(at);
            let when = beside.map(|beside| said::name(beside, answer.by, &cx.locale));
            let when = when.unwrap_or_default();
            let figures = beside.map_or_else(
                || "–".to_owned(),
                |beside| format!("{} kWh", said::energy(beside, &cx.locale)),
            );
            let apart = if covered.is_empty() { "" } else { "  " };
            covered = format!("{covered}{apart}{name}, {when}: {figures}");
        }
    } else {
        lines.push(Line::default());
    }
    lines.push(Line::styled(words::cut(&covered, room), cx.theme.dim));
    let below = match &answer.compared {
        Some(compared) => said::like(compared, &cx.locale),
        None => said::unpriced(answer, &cx.locale).unwrap_or_else(|| whole(&answer.total, cx)),
    };
    lines.push(Line::styled(words::cut(&below, room), cx.theme.dim));
    lines
}

/// What is known of the span in all.
fn whole(total: &Slot, cx: &Context) -> String {
    let covered = said::coverage(total, &cx.locale);
    if covered.is_empty() {
        return String::new();
    }
    t!(cx, "consumption-whole", covered = covered)
}

fn bars(app: &App, answer: &Consumption, room: Rect, cx: &Context) -> Bars {
    let float = |slot: &Slot| slot.kwh.map(|kwh| kwh.to_f64().max(0.0));
    let bar = |(at, slot): (usize, &Slot)| Bar {
        value: float(slot),
        estimated: slot
            .estimated_share
            .and_then(|share| share.to_f64())
            .unwrap_or(0.0),
        partly: slot.is_partly(),
        gap: slot.is_gap(),
        against: answer.beside(at).and_then(float),
    };
    let cursor = super::cursor(app, answer);
    Bars {
        bars: answer.slots.iter().enumerate().map(bar).collect(),
        ticks: ticks(app.consumption.level, answer, cursor, room, cx),
        cursor,
    }
}

fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Words under the bars: the cursor's first, then those at round places, then the others where there
/// is room for all.
fn ticks(
    level: Level,
    answer: &Consumption,
    cursor: Option<usize>,
    room: Rect,
    cx: &Context,
) -> Vec<(usize, String)> {
    let label = |slot: &Slot| match (level, slot.time) {
        (Level::Years, _) => slot.first.year().to_string(),
        (Level::Year, _) => said::month_name(slot.first, &cx.locale),
        (Level::Weeks, _) => cx.locale.date_short(slot.first),
        (Level::Week, Some(time)) if time.hour() == 0 => {
            format!("{} {}", cx.locale.weekday(slot.first), slot.first.day())
        }
        (_, Some(time)) => clock(time),
        (_, None) => slot.first.day().to_string(),
    };
    let mut ticks = Vec::new();
    if let Some((at, slot)) = cursor.and_then(|at| Some((at, answer.slots.get(at)?))) {
        ticks.push((at, format!("‹{}›", label(slot))));
    }
    let is_round = |at: usize, slot: &Slot| {
        let begins = at == 0 || answer.slots[at - 1].first.month() != slot.first.month();
        match (answer.by, slot.time) {
            (Resolution::Week, _) => begins,
            (Resolution::Day, _) => matches!(slot.first.day(), 1 | 5 | 10 | 15 | 20 | 25 | 30),
            (_, Some(time)) => time.minute() == 0 && time.hour() % 6 == 0,
            _ => true,
        }
    };
    let midnights = level == Level::Week;
    for (at, slot) in answer.slots.iter().enumerate() {
        let midnight = slot
            .time
            .is_none_or(|time| time.hour() == 0 && time.minute() == 0);
        if is_round(at, slot) && (midnight || !midnights) {
            let text = match level {
                Level::Weeks => said::month_name(slot.last, &cx.locale),
                _ => label(slot),
            };
            ticks.push((at, text));
        }
    }
    let roomy = level != Level::Month || answer.slots.len() * 4 <= usize::from(room.width);
    if !midnights && level != Level::Weeks && roomy {
        let others = answer.slots.iter().enumerate();
        let whole = others.filter(|(_, slot)| slot.time.is_none_or(|time| time.minute() == 0));
        ticks.extend(whole.map(|(at, slot)| (at, label(slot))));
    }
    ticks
}
