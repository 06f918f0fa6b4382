//! Draws the readings.

use ecotrack_common::emission::{Co2eTotal, EmissionError};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::reading::{Measured, Reading, ReadingSource};
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::Rows;
use crate::app::{App, Context};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(now) = app.readings.meter(app) else {
        let inside = panel::panel(
            frame,
            area,
            &cx.theme,
            &Titles::new(cx.locale.text("readings-title")),
        );
        let id = if app.board().is_some() {
            "readings-no-meter"
        } else {
            "dashboard-loading"
        };
        sentence(frame, inside, &cx.locale.text(id), cx);
        return;
    };
    let name = now.meter.name.clone();
    let channel = cx.locale.channel(now.meter.channel);
    let title = t!(cx, "readings-of", meter = name, channel = channel);
    let rows = app.readings.rows_of(now.meter.meter_id);
    let count = rows.map_or_else(String::new, |rows| {
        let n = rows.readings.len();
        if rows.next_before.is_some() {
            format!("{n}+")
        } else {
            n.to_string()
        }
    });
    let factor = rows.map_or_else(String::new, |rows| factor(app, rows, cx));
    let titles = Titles::new(title).right(count).bottom(factor);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    if now.meter.reading_kind == ReadingKind::Step {
        let last = now
            .last_day
            .map_or_else(|| "–".to_owned(), |day| cx.locale.date(day));
        sentence(frame, inside, &t!(cx, "readings-step", last = last), cx);
        return;
    }
    match rows {
        None => match app.readings.rows.fault() {
            Some(fault) => sentence(frame, inside, &cx.fault(fault), cx),
            None => sentence(frame, inside, &cx.locale.text("readings-loading"), cx),
        },
        Some(rows) if rows.readings.is_empty() => {
            sentence(frame, inside, &cx.locale.text("readings-none"), cx);
        }
        Some(rows) => table(app, rows, frame, inside, cx),
    }
}

fn sentence(frame: &mut Frame, area: Rect, text: &str, cx: &Context) {
    let lines = words::wrap(text, usize::from(area.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
    panel::lines(frame, area, lines);
}

/// Widths of date, register, difference, use a day and CO2e; source and who take the rest.
const COLUMNS: [usize; 5] = [18, 12, 11, 9, 9];

/// Fluent ids of the titles.
pub(super) const TITLES: [&str; 6] = [
    "column-when",
    "column-register",
    "column-difference",
    "column-per-day",
    "column-co2e",
    "column-source",
];

/// Cells in their widths.
fn laid_out(cells: &[String; 6]) -> String {
    let [when, register, difference, per_day, co2e, source] = cells;
    [
        words::left(when, COLUMNS[0]),
        words::right(register, COLUMNS[1]),
        words::right(difference, COLUMNS[2]),
        words::right(per_day, COLUMNS[3]),
        words::right(co2e, COLUMNS[4]),
        format!("  {source}"),
    ]
    .concat()
}

fn table(app: &App, rows: &Rows, frame: &mut Frame, area: Rect, cx: &Context) {
    let zone = app.zone();
    let head = laid_out(&TITLES.map(|id| cx.locale.text(id)));
    let mut lines = vec![Line::styled(format!(" {head}"), cx.theme.dim)];
    let filter = filter_rows(app);
    let room = usize::from(area.height.saturating_sub(1 + filter)).max(1);
    let shown = super::shown(app, rows, cx);
    let first = first_row(app, &shown, room);
    for at in shown.iter().copied().skip(first).take(room) {
        let text = laid_out(&cells(app, rows, at, &zone, cx));
        let selected = at == app.readings.selected;
        let mark = if selected { "▸" } else { " " };
        let wide = usize::from(area.width.saturating_sub(2));
        let text = words::left(&text, wide.saturating_sub(1));
        lines.push(if selected {
            Line::from(vec![
                Span::styled(mark, cx.theme.accent),
                Span::styled(text, cx.theme.selected),
            ])
        } else {
            Line::raw(format!("{mark}{text}"))
        });
    }
    panel::lines(frame, area, lines);
    if filter > 0 && area.height > 1 {
        let row = Rect {
            x: area.x + 1.min(area.width),
            y: area.bottom() - 1,
            width: area.width.saturating_sub(1),
            height: 1,
        };
        let state = &app.readings;
        panel::filter(frame, row, &state.filter, state.filtering, &cx.theme);
    }
}

fn filter_rows(app: &App) -> u16 {
    u16::from(app.readings.filtering || !app.readings.filter.text().is_empty())
}

fn first_row(app: &App, shown: &[usize], room: usize) -> usize {
    shown
        .partition_point(|at| *at < app.readings.selected)
        .saturating_sub(room / 2)
        .min(shown.len().saturating_sub(room))
}

/// The row at a place of the screen.
pub(super) fn row_at(app: &App, area: Rect, y: u16, cx: &Context) -> Option<usize> {
    let rows = app.readings.rows.value()?;
    // Frame and titles.
    let (top, bottom) = (
        area.y + 2,
        area.bottom().saturating_sub(1 + filter_rows(app)),
    );
    if y < top || y >= bottom {
        return None;
    }
    let shown = super::shown(app, rows, cx);
    let first = first_row(app, &shown, usize::from(bottom - top).max(1));
    shown.get(first + usize::from(y - top)).copied()
}

/// What stands in the columns of a row.
pub(super) fn cells(
    app: &App,
    rows: &Rows,
    at: usize,
    zone: &TimeZone,
    cx: &Context,
) -> [String; 6] {
    let Some(row) = rows.readings.get(at) else {
        return Default::default();
    };
    let older = rows.readings.get(at + 1);
    let co2e = match emitted(app, rows, at, zone) {
        Some(Ok(total)) => cx.locale.number(total.kg.0, 1),
        Some(Err(_)) => "–".to_owned(),
        None => String::new(),
    };
    let [when, register, difference, per_day, source] = cells_of(row, older, zone, cx);
    [when, register, difference, per_day, co2e, source]
}

/// What the energy of a row emitted; `None` where it tells of none, or of none from the grid.
fn emitted(
    app: &App,
    rows: &Rows,
    at: usize,
    zone: &TimeZone,
) -> Option<Result<Co2eTotal, EmissionError>> {
    let meters = &app.board()?.meters;
    let meter = meters.iter().find(|now| now.meter.meter_id == rows.meter)?;
    let row = rows.readings.get(at)?;
    let (kwh, days) = row.energy(rows.readings.get(at + 1), zone)?;
    meter
        .meter
        .channel
        .is_of_grid()
        .then(|| app.co2e_of(days, kwh))?
}

/// What the CO2e of the rows is computed by, or why there is none.
fn factor(app: &App, rows: &Rows, cx: &Context) -> String {
    let zone = app.zone();
    let emitted = (0..rows.readings.len()).filter_map(|at| emitted(app, rows, at, &zone));
    let (known, unknown): (Vec<_>, Vec<_>) = emitted.partition(Result::is_ok);
    let known: Vec<_> = known.into_iter().flatten().collect();
    let factors = cx.locale.co2e_factors(&known);
    let mut reasons = unknown.into_iter().filter_map(Result::err);
    factors
        .or_else(|| reasons.next().map(|why| cx.locale.no_co2e(&why)))
        .unwrap_or_default()
}

fn cells_of(row: &Reading, older: Option<&Reading>, zone: &TimeZone, cx: &Context) -> [String; 5] {
    let estimated = if row.estimated { "~" } else { "" };
    let (register, energy) = match row.measured {
        Measured::Register { register_kwh } => (
            format!("{estimated}{}", cx.locale.register(register_kwh)),
            row.since_previous_kwh,
        ),
        Measured::Period { energy_kwh, .. } => ("–".to_owned(), Some(energy_kwh)),
    };
    let difference = energy.map_or_else(String::new, |kwh| {
        cx.locale.signed(kwh.0, kwh.0.normalize().scale().min(2))
    });
    let per_day = energy
        .zip(older)
        .and_then(|(kwh, older)| {
            let seconds = row.read_at.as_second() - older.read_at.as_second();
            // Under half a day, a daily figure says nothing.
            (seconds >= 43_200 && row.since_previous_kwh.is_some()).then(|| {
                cx.locale
                    .number(kwh.0 * Decimal::from(86_400) / Decimal::from(seconds), 1)
            })
        })
        .unwrap_or_default();
    let source = match row.source {
        ReadingSource::Manual => row
            .entered_by
            .clone()
            .unwrap_or_else(|| cx.locale.text("source-manual")),
        other => cx.locale.text(&format!("source-{other}")),
    };
    let mut rest = source;
    if row.estimated {
        rest = format!("{rest} · {}", cx.locale.text("estimated"));
    }
    if row.register_restarted {
        rest = format!("{rest} · {}", cx.locale.text("register-restarted"));
    }
    if let Some(note) = &row.note {
        rest = format!("{rest} · {note}");
    }
    [
        cx.locale.date_time(row.read_at, zone),
        register,
        difference,
        per_day,
        rest,
    ]
}
