//! Draws the next days by the hour.

use ecotrack_common::Kwh;
use ecotrack_common::forecast::{Band, ForecastReport};
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::series::{DayHours, Hour, forecast_of};
use super::view::wrapped;
use super::view_days::{above_chart, chart_titles, one_day, weekday};
use super::words::{between, energy};
use super::{cursor, hour_cursor, hours};
use crate::app::{App, Context};
use crate::widgets::bar;
use crate::widgets::chart::{Chart, outlook};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// From this width on the hours stand beside the days.
const HOURS_BESIDE: u16 = 110;
/// Cells of the days by the hour: name, shape, kWh, band, peak.
const SHAPES: [usize; 5] = [14, 26, 7, 14, 14];

/// Draws the days by the hour, and the hours of one of them.
pub(super) fn view(
    app: &App,
    report: &ForecastReport,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let days = hours(app);
    let at = cursor(app, days.iter().map(|day| day.date), cx);
    let Some(day) = days.iter().find(|day| Some(day.date) == at) else {
        let titles = Titles::new(cx.locale.text("forecast-hours-title"));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        let id = match &report.detail {
            Some(_) => "forecast-hours-none",
            None => "forecast-detail-none",
        };
        let text = cx.locale.text(id);
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
        return;
    };
    let [shapes_area, table_area, chart_area] = hours_parts(days.len(), day.hours.len(), area);
    shapes(report, &days, day.date, frame, shapes_area, cx);
    if table_area.height >= 3 {
        hour_table(app, day, frame, table_area, cx);
    }
    if chart_area.height >= 3 {
        hour_chart(app, day, frame, chart_area, cx);
    }
}

/// Where the shapes of the days stand, the hours of one as a table, and as a chart.
fn hours_parts(days: usize, hours: usize, area: Rect) -> [Rect; 3] {
    let rows = (days as u16 + 3).min(area.height);
    if area.width < HOURS_BESIDE {
        let (shapes, chart) = above_chart(area, rows, area.height / 2);
        return [shapes, Rect { height: 0, ..area }, chart];
    }
    let left = (SHAPES.iter().sum::<usize>() as u16 + 4).min(area.width);
    let shapes = Rect {
        width: left,
        height: rows,
        ..area
    };
    let table = Rect {
        y: area.y + rows,
        width: left,
        height: (area.height - rows).min(hours.div_ceil(3) as u16 + 2),
        ..area
    };
    let chart = Rect {
        x: area.x + left,
        width: area.width - left,
        ..area
    };
    [shapes, table, chart]
}

/// Each day with its shape, its energy and its hour of most.
fn shapes(
    report: &ForecastReport,
    days: &[DayHours],
    at: Date,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let titles = Titles::new(cx.locale.text("forecast-hours-title"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let cells = |texts: [&str; 5]| {
        let mut text = words::left(texts[0], SHAPES[0]);
        text.push_str(&words::left(texts[1], SHAPES[1]));
        for (text_of, cells) in texts[2..].iter().zip(&SHAPES[2..]) {
            text.push_str(&words::right(text_of, *cells));
        }
        text
    };
    let heads = [
        "forecast-hours-sum",
        "forecast-column-band80",
        "forecast-hours-peak",
    ]
    .map(|id| cx.locale.text(id));
    let scale = "00    06    12    18";
    let head = cells(["", scale, &heads[0], &heads[1], &heads[2]]);
    let mut lines = vec![Line::styled(head, cx.theme.dim)];
    let whole = forecast_of(report).map_or(&[][..], |it| &it.days);
    for day in days {
        let values: Vec<Option<f64>> = day
            .hours
            .iter()
            .map(|hour| Some(hour.kwh.likely.to_f64()))
            .collect();
        let shape = bar::spark(&values, cx.theme.braille());
        // The day's own band; that of its hours does not add up.
        let own = whole.iter().find(|it| it.date == day.date);
        let (kwh, band) = match own {
            Some(own) => (
                energy(own.kwh.likely, &own.kwh, &cx.locale),
                between(own.kwh.lo80, own.kwh.hi80, &own.kwh, &cx.locale),
            ),
            None => (cx.locale.kwh_value(day.sum()), "–".to_owned()),
        };
        let peak = day.peak().map_or_else(String::new, |hour| {
            let kwh = cx.locale.number(hour.kwh.likely.0, 2);
            format!("{} {kwh}", hour.clock)
        });
        let open = day.date == at;
        let mark = if open { "▸" } else { " " };
        let name = format!("{mark}{}", weekday(day.date, cx));
        let style = if open {
            cx.theme.selected
        } else {
            Style::new()
        };
        lines.push(Line::styled(
            cells([&name, &shape, &kwh, &band, &peak]),
            style,
        ));
    }
    panel::lines(frame, inside, lines);
}

/// `19:00`, `01:00 again`
fn clock_of(hour: &Hour, cx: &Context) -> String {
    if hour.again {
        let time = hour.clock.clone();
        t!(cx, "forecast-hour-again", time = time)
    } else {
        hour.clock.clone()
    }
}

/// The hours of a day with their bands, three abreast.
fn hour_table(app: &App, day: &DayHours, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(weekday(day.date, cx)).right(cx.locale.text("forecast-column-band80"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let rows = day.hours.len().div_ceil(3);
    let cells = usize::from(inside.width.saturating_sub(2)) / 3;
    let (now, at) = (day.at(cx.now), hour_cursor(app, day, cx));
    let mut lines = vec![Line::default(); rows];
    for (slot, hour) in day.hours.iter().enumerate() {
        let kwh = |kwh: Kwh| cx.locale.number(kwh.0, 2);
        let mark = if now == Some(slot) { "◂" } else { " " };
        let text = format!(
            "{} {}  {}–{}{mark}",
            words::left(&clock_of(hour, cx), 5),
            kwh(hour.kwh.likely),
            kwh(hour.kwh.lo80),
            kwh(hour.kwh.hi80)
        );
        let style = if slot == at {
            cx.theme.selected
        } else {
            Style::new()
        };
        let span = Span::styled(words::cut(&text, cells), style);
        let blank = cells.saturating_sub(span.width());
        let line = &mut lines[slot % rows];
        line.push_span(span);
        line.push_span(Span::raw(" ".repeat(blank)));
    }
    panel::lines(frame, inside, lines);
}

/// The hours of a day as a chart, under the figures of the one at the cursor.
fn hour_chart(app: &App, day: &DayHours, frame: &mut Frame, area: Rect, cx: &Context) {
    let name = weekday(day.date, cx);
    let mut titles = Titles::new(t!(cx, "forecast-hours-of", day = name));
    let count = day.whole;
    titles = match count {
        24 => titles.right(chart_titles(cx).right),
        ..24 => titles.right(t!(cx, "forecast-hours-short", hours = count)),
        _ => titles.right(t!(cx, "forecast-hours-long", hours = count)),
    };
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let at = hour_cursor(app, day, cx);
    let now = day.at(cx.now);
    if let Some(hour) = day.hours.get(at) {
        let kwh = |kwh: Kwh| cx.locale.number(kwh.0, 2);
        let mut said = vec![
            format!("▸{}  {} kWh", clock_of(hour, cx), kwh(hour.kwh.likely)),
            format!("80 %: {}–{}", kwh(hour.kwh.lo80), kwh(hour.kwh.hi80)),
            format!("95 %: {}–{}", kwh(hour.kwh.lo95), kwh(hour.kwh.hi95)),
        ];
        if let Some(Ok(total)) = app.co2e_of(one_day(day.date), hour.kwh.likely) {
            said.push(format!("{} kg CO₂e", cx.locale.number(total.kg.0, 3)));
        }
        if now == Some(at) {
            said.push(format!("◂ {}", cx.locale.text("forecast-hour-now")));
        }
        let line = Line::styled(said.join("  "), cx.theme.strong);
        panel::lines(frame, inside, vec![line]);
    }
    let chart = hours_chart(day, at, now, cx);
    let room = Rect {
        y: inside.y + 1.min(inside.height),
        height: inside.height.saturating_sub(1),
        ..inside
    };
    chart.view(frame, room, &cx.theme, &cx.locale);
}

fn hours_chart(day: &DayHours, at: usize, now: Option<usize>, cx: &Context) -> Chart {
    let ahead: Vec<Option<Band<f64>>> = day
        .hours
        .iter()
        .map(|hour| Some(hour.kwh.map(Kwh::to_f64)))
        .collect();
    let mut ticks = Vec::new();
    if let Some(hour) = day.hours.get(at) {
        ticks.push((at, format!("‹{}›", hour.clock)));
    }
    if let Some(now) = now.filter(|now| *now != at) {
        ticks.push((now, cx.locale.text("forecast-hour-now")));
    }
    for every in [6, 3, 1] {
        for (slot, hour) in day.hours.iter().enumerate() {
            let of_day = hour.clock.get(..2).and_then(|text| text.parse::<u8>().ok());
            if of_day.is_some_and(|of_day| of_day % every == 0) {
                ticks.push((slot, hour.clock.clone()));
            }
        }
    }
    Chart {
        slots: day.hours.len(),
        curves: outlook(vec![None; day.hours.len()], &ahead, true),
        gaps: Vec::new(),
        ticks,
        cursor: Some(at),
    }
}

/// The day of the list of shapes at a place of the screen.
pub(super) fn day_at(app: &App, area: Rect, column: u16, row: u16) -> Option<Date> {
    let days = hours(app);
    let [shapes, ..] = hours_parts(days.len(), 24, area);
    if !shapes.contains((column, row).into()) {
        return None;
    }
    // Under the frame and the titles of the columns.
    let at = usize::from(row.checked_sub(shapes.y + 2)?);
    days.get(at).map(|day| day.date)
}
