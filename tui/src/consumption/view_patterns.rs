//! Draws what the home usually does: weekday by hour, the hours of a day, what never stops, what it owes
//! to the weather.

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{Patterns, ProfileHour, Standby};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::view::{nothing, wrapped};
use super::{cell, patterns_remote, words as said};
use crate::app::{App, Context};
use crate::remote::Remote;
use crate::widgets::bar;
use crate::widgets::chart::Chart;
use crate::widgets::panel::{self, Titles};
use crate::widgets::plot::{Curve, Ink};
use crate::widgets::words;

/// Cells of a gauge.
const GAUGE: usize = 30;
/// A Monday, for the names of weekdays.
const MONDAY: Date = date(2024, 1, 1);

/// The panel with the patterns, once there are any.
fn panel_with<'a>(
    app: &'a App,
    id: &str,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) -> Option<(&'a Patterns, Rect)> {
    let known = patterns_remote(app).and_then(Remote::value);
    let mut titles = Titles::new(cx.locale.text(id));
    if let Some(patterns) = known {
        titles = titles.right(said::span(patterns.first, patterns.last, &cx.locale));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    if known.is_none() {
        let fault = patterns_remote(app).and_then(Remote::fault);
        nothing(fault, frame, inside, cx);
    }
    known.map(|known| (known, inside))
}

/// Weekday by hour.
pub(super) fn heat(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let title = "consumption-page-heat";
    let Some((patterns, inside)) = panel_with(app, title, frame, area, cx) else {
        return;
    };
    if patterns.heat.is_empty() {
        let text = cx.locale.text("consumption-no-hours");
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
        return;
    }
    let (weekday, hour) = cell(app, cx);
    let mut lines = Vec::new();
    if let Some(cell) = patterns.heat.get(weekday * 24 + hour) {
        let name = weekday_name(weekday, cx);
        let kwh = cell
            .kwh
            .map_or_else(|| "–".to_owned(), |kwh| said::amount(kwh.0, &cx.locale));
        let text = t!(
            cx,
            "consumption-heat-cell",
            weekday = name,
            hour = format!("{hour:02}:00"),
            kwh = kwh,
            days = cell.days
        );
        lines.push(Line::styled(format!("▸{text}"), cx.theme.strong));
        lines.push(Line::default());
    }
    let each = if usize::from(inside.width) >= 24 * 3 + 20 {
        3
    } else {
        2
    };
    let mut head = words::left("", 6);
    for hour in (0..24).step_by(3) {
        head.push_str(&words::left(&format!("{hour:02}"), 3 * each));
    }
    lines.push(Line::styled(head, cx.theme.dim));
    // One ladder for the whole week.
    let values: Vec<Option<f64>> = patterns
        .heat
        .iter()
        .map(|cell| cell.kwh.map(|kwh| kwh.to_f64().max(0.0)))
        .collect();
    let signs: Vec<char> = bar::spark(&values, cx.theme.braille()).chars().collect();
    for (row, signs) in signs.chunks(24).enumerate() {
        let mark = if row == weekday { "▸" } else { " " };
        let name = words::left(&format!("{mark}{}", weekday_name(row, cx)), 6);
        let mut spans = vec![Span::styled(name, cx.theme.dim)];
        for (column, sign) in signs.iter().enumerate() {
            let style = if (row, column) == (weekday, hour) {
                cx.theme.selected
            } else if *sign == '·' {
                cx.theme.dim
            } else {
                cx.theme.accent
            };
            spans.push(Span::styled(sign.to_string().repeat(each - 1), style));
            spans.push(Span::raw(" "));
        }
        let day = &patterns.heat[row * 24..row * 24 + 24];
        let known: Option<Kwh> = day.iter().map(|cell| cell.kwh).sum();
        if let Some(known) = known {
            let text = format!("{} kWh", said::amount(known.0, &cx.locale));
            spans.push(Span::styled(words::right(&text, 12), Style::new()));
        }
        lines.push(Line::from(spans));
    }
    lines.push(Line::default());
    let text = t!(cx, "consumption-heat-means", days = patterns.days);
    lines.extend(wrapped(&text, inside, cx.theme.dim));
    panel::lines(frame, inside, lines);
}

fn weekday_name(monday_zero: usize, cx: &Context) -> String {
    let days = i64::try_from(monday_zero).unwrap_or(0);
    cx.locale.weekday(MONDAY.saturating_add(days.days()))
}

/// The hours of weekdays and weekends.
pub(super) fn profile(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let title = "consumption-page-profile";
    let Some((patterns, inside)) = panel_with(app, title, frame, area, cx) else {
        return;
    };
    if patterns.profile.is_empty() {
        let text = cx.locale.text("consumption-no-hours");
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
        return;
    }
    let (weekdays, weekends) = patterns.profile.split_at(24.min(patterns.profile.len()));
    let (_, hour) = cell(app, cx);
    let mut lines = Vec::new();
    for (id, hours) in [
        ("consumption-weekdays", weekdays),
        ("consumption-weekend", weekends),
    ] {
        if let Some(of) = hours.get(hour) {
            let text = profile_line(id, of, cx);
            let cut = words::cut(&text, usize::from(inside.width.saturating_sub(2)));
            lines.push(Line::styled(cut, cx.theme.strong));
        }
    }
    let signs = if cx.theme.braille() {
        "consumption-profile-signs"
    } else {
        "consumption-profile-signs-ascii"
    };
    let signs = wrapped(&cx.locale.text(signs), inside, cx.theme.dim);
    lines.extend(signs);
    let above = (lines.len() as u16).min(inside.height);
    panel::lines(frame, inside, lines);
    let room = Rect {
        y: inside.y + above,
        height: inside.height - above,
        ..inside
    };
    let curve = |ink, hours: &[ProfileHour], of: fn(&ProfileHour) -> Option<Kwh>| Curve {
        ink,
        values: hours
            .iter()
            .map(|hour| of(hour).map(|kwh| kwh.to_f64().max(0.0)))
            .collect(),
    };
    let mut ticks = vec![(hour, format!("‹{hour:02}:00›"))];
    for every in [6, 3, 1] {
        ticks.extend((0..24).step_by(every).map(|at| (at, format!("{at:02}:00"))));
    }
    let chart = Chart {
        slots: 24,
        curves: vec![
            curve(Ink::Edge, weekdays, |hour| hour.p90),
            curve(Ink::Edge, weekdays, |hour| hour.p10),
            curve(Ink::Likely, weekends, |hour| hour.mean),
            curve(Ink::Measured, weekdays, |hour| hour.mean),
        ],
        gaps: Vec::new(),
        ticks,
        cursor: Some(hour),
    };
    chart.view(frame, room, &cx.theme, &cx.locale);
}

/// `▸Mon–Fri 19:00  0.98 kWh, 0.61–1.44 on 8 of 10 days, 64 days`
fn profile_line(id: &str, of: &ProfileHour, cx: &Context) -> String {
    let number = |kwh: Kwh| said::amount(kwh.0, &cx.locale);
    let name = cx.locale.text(id);
    let mean = of.mean.map_or_else(|| "–".to_owned(), number);
    let mut text = format!("▸{name} {:02}:00  {mean} kWh", of.hour);
    if let (Some(p10), Some(p90)) = (of.p10, of.p90) {
        let band = t!(
            cx,
            "consumption-profile-band",
            low = number(p10),
            high = number(p90)
        );
        text.push_str("  ");
        text.push_str(&band);
    }
    let days = t!(cx, "consumption-profile-days", days = of.days);
    format!("{text}  {days}")
}

/// What never stops.
pub(super) fn standby(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let title = "consumption-page-standby";
    let Some((patterns, inside)) = panel_with(app, title, frame, area, cx) else {
        return;
    };
    let price = app.board().and_then(|board| {
        let price = board.next_kwh.price?;
        Some((price, board.home.currency.as_str()))
    });
    let mut said = said::standby(&patterns.standby, price, &cx.locale).into_iter();
    let mut lines = Vec::new();
    if let Some(first) = said.next() {
        lines.extend(wrapped(&first, inside, cx.theme.strong));
    }
    if let Standby::Known { share, .. } = patterns.standby {
        let percent = cx.locale.percent(share * Decimal::ONE_HUNDRED);
        let gauge = bar::gauge(share.to_f64().unwrap_or(0.0), GAUGE);
        lines.push(Line::styled(format!("{gauge} {percent}"), cx.theme.accent));
    }
    for sentence in said {
        lines.extend(wrapped(&sentence, inside, cx.theme.dim));
    }
    panel::lines(frame, inside, lines);
}

/// What it owes to the weather.
pub(super) fn weather(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let title = "consumption-page-weather";
    let Some((patterns, inside)) = panel_with(app, title, frame, area, cx) else {
        return;
    };
    let mut style = cx.theme.strong;
    let mut lines = Vec::new();
    for sentence in said::weather(&patterns.weather, &cx.locale) {
        lines.extend(wrapped(&sentence, inside, style));
        style = cx.theme.dim;
    }
    panel::lines(frame, inside, lines);
}
