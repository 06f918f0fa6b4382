//! Where the parts of the forecast's screen stand, at any size.

use ecotrack_common::forecast::{ForecastReport, ForecastState, TrainingState};
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::series::forecast_of;
use super::{Page, record, view_days, view_hours, words as said};
use crate::app::{App, Context};
use crate::draw;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// From this size on several parts are seen at once.
const LARGE: (u16, u16) = (154, 34);
/// Cells of the months beside the days.
const MONTHS: u16 = 62;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.forecast;
    let Some(report) = state.report.value() else {
        let text = match state.report.fault() {
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("forecast-loading"),
        };
        let inside = panel::panel(frame, area, &cx.theme, &Titles::default());
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
        return;
    };
    bar(
        app,
        frame,
        Rect {
            height: 1.min(area.height),
            ..area
        },
        cx,
    );
    let mut status_area = rows_below(area, 1);
    let lines = status(app, usize::from(area.width.saturating_sub(2)), cx);
    status_area.height = status_area.height.min(lines.len() as u16);
    panel::lines(frame, status_area, lines);
    for (page, place) in places(app, area, cx) {
        if place.is_empty() {
            continue;
        }
        match page {
            Page::Days if forecast_of(report).is_none() => none(app, report, frame, place, cx),
            Page::Days => view_days::view(app, report, frame, place, cx),
            Page::Hours => view_hours::view(app, report, frame, place, cx),
            Page::Months => view_days::months(app, report, frame, place, cx),
            Page::Accuracy | Page::Model | Page::Past => {
                record::view(app, page, frame, place, cx);
            }
        }
    }
}

fn rows_below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// Text in lines for the inside of a panel.
pub(super) fn wrapped(text: &str, inside: Rect, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, usize::from(inside.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// The room inside a frame.
pub(super) fn inside_of(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// The parts that are seen, and where.
fn places(app: &App, area: Rect, cx: &Context) -> Vec<(Page, Rect)> {
    let room = usize::from(area.width.saturating_sub(2));
    let taken = 1 + status(app, room, cx).len() as u16;
    let rest = rows_below(area, taken);
    let page = app.forecast.page;
    if area.width < LARGE.0 || area.height < LARGE.1 {
        let none = page.looks_ahead() && report_is_empty(app);
        return vec![(if none { Page::Days } else { page }, rest)];
    }
    if page.looks_ahead() {
        if report_is_empty(app) {
            return vec![(Page::Days, rest)];
        }
        let top = Rect {
            height: rest.height * 11 / 20,
            ..rest
        };
        let bottom = rows_below(rest, top.height);
        let (days, months) = split(top, rest.width - MONTHS);
        return vec![
            (Page::Days, days),
            (Page::Months, months),
            (Page::Hours, bottom),
        ];
    }
    let (left, past) = split(rest, rest.width * 11 / 20);
    let accuracy = Rect {
        height: left.height / 2,
        ..left
    };
    let model = rows_below(left, accuracy.height);
    vec![
        (Page::Accuracy, accuracy),
        (Page::Model, model),
        (Page::Past, past),
    ]
}

fn split(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    (
        Rect {
            width: left,
            ..area
        },
        Rect {
            x: area.x + left,
            width: area.width - left,
            ..area
        },
    )
}

fn report_is_empty(app: &App) -> bool {
    app.forecast.report.value().and_then(forecast_of).is_none()
}

/// The names of the parts, and when the model was trained.
fn bar(app: &App, frame: &mut Frame, row: Rect, cx: &Context) {
    let mut spans = vec![Span::raw(" ")];
    for (page, name, _) in names(cx) {
        let open = page == app.forecast.page;
        let (mark, style) = if open {
            ("▸", cx.theme.strong)
        } else {
            (" ", cx.theme.dim)
        };
        spans.push(Span::styled(mark, cx.theme.accent));
        spans.push(Span::styled(name, style));
        spans.push(Span::raw(" "));
    }
    let left = Line::from(spans);
    let room = usize::from(row.width).saturating_sub(left.width());
    frame.render_widget(left, row);
    let done = app
        .forecast
        .training()
        .filter(|it| it.state == TrainingState::Succeeded && !app.forecast.is_training());
    let at = done.and_then(|it| it.finished_at);
    let made = app.forecast.report.value().and_then(forecast_of);
    if let Some(at) = at.or(made.map(|it| it.made_at)) {
        let at = cx.locale.date_time_short(at, &app.zone());
        let text = format!("{} ", t!(cx, "forecast-training-done-short", at = at));
        if words::width(&text) <= room {
            let line = Line::styled(text, cx.theme.dim);
            frame.render_widget(line.right_aligned(), row);
        }
    }
}

/// Each part with its name and the column at which that begins.
fn names(cx: &Context) -> Vec<(Page, String, usize)> {
    let mut at = 1;
    let mut names = Vec::new();
    for page in Page::ALL {
        let name = cx.locale.text(page.name());
        let wide = words::width(&name) + 2;
        names.push((page, name, at));
        at += wide;
    }
    names
}

/// How a training stands, where there is more to say than when it was done.
fn status(app: &App, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let state = &app.forecast;
    let zone = app.zone();
    let (text, style) = if state.is_asking() {
        (cx.locale.text("forecast-training-asking"), cx.theme.accent)
    } else {
        match (state.training(), state.asked_at()) {
            (Some(training), asked) => match training.state {
                TrainingState::Waiting | TrainingState::Running => {
                    (said::training(training, &zone, &cx.locale), cx.theme.accent)
                }
                _ if asked.is_some() => {
                    return line_of(&asked_text(app, cx), cx.theme.accent, room);
                }
                TrainingState::Failed => {
                    let text = said::training(training, &zone, &cx.locale);
                    (format!("▲ {text}"), cx.theme.warning)
                }
                TrainingState::TooLittle | TrainingState::Succeeded => return Vec::new(),
            },
            (None, Some(_)) => (asked_text(app, cx), cx.theme.accent),
            (None, None) => return Vec::new(),
        }
    };
    line_of(&text, style, room)
}

fn asked_text(app: &App, cx: &Context) -> String {
    let at = app.forecast.asked_at().unwrap_or(cx.now);
    let at = cx.locale.date_time_short(at, &app.zone());
    let at = at.rsplit(' ').next().unwrap_or_default().to_owned();
    t!(cx, "forecast-training-asked", at = at)
}

fn line_of(text: &str, style: Style, room: usize) -> Vec<Line<'static>> {
    let mark = if text.starts_with('▲') { "" } else { "● " };
    vec![Line::styled(
        words::cut(&format!("{mark}{text}"), room),
        style,
    )]
}

/// Why there is no forecast, and what to do.
fn none(app: &App, report: &ForecastReport, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(cx.locale.text("forecast-none-title"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let mut lines = Vec::new();
    let mut say = |text: String, style: Style| {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(wrapped(&text, inside, style));
    };
    let plain = Style::new();
    match &report.state {
        ForecastState::TooLittle {
            have_days,
            need_days,
        } => {
            let (have, need) = (*have_days, *need_days);
            let text = t!(cx, "forecast-none-too-little", have = have, need = need);
            say(text, cx.theme.strong);
            say(cx.locale.text("forecast-none-do-readings"), plain);
            say(cx.locale.text("forecast-none-do-bills"), plain);
        }
        ForecastState::NotTrained => {
            say(cx.locale.text("forecast-none-not-trained"), cx.theme.strong);
            let what = if app.may_edit() {
                "forecast-none-do-train"
            } else {
                "forecast-none-do-wait"
            };
            say(cx.locale.text(what), plain);
        }
        ForecastState::Ready { .. } => {}
    }
    if let Some(training) = &report.training {
        for text in said::training_whole(training, &app.zone(), &cx.locale) {
            say(text, cx.theme.dim);
        }
    }
    panel::lines(frame, inside, lines);
}

/// Where a part is on the terminal as it is.
pub(super) fn place_of(app: &App, page: Page, cx: &Context) -> Option<Rect> {
    let places = places(app, draw::body_of(cx), cx);
    let found = places.into_iter().find(|(shown, _)| *shown == page);
    found.map(|(_, place)| place)
}

/// The part that is drawn, or named, at a place of the screen, and the day of it.
pub(super) fn hit(
    app: &App,
    body: Rect,
    column: u16,
    row: u16,
    cx: &Context,
) -> Option<(Page, Option<Date>)> {
    if row == body.y {
        let at = usize::from(column.checked_sub(body.x)?);
        return names(cx)
            .into_iter()
            .find(|(_, name, from)| (*from..from + words::width(name) + 1).contains(&at))
            .map(|(page, ..)| (page, None));
    }
    let (page, place) = places(app, body, cx)
        .into_iter()
        .find(|(_, place)| place.contains((column, row).into()))?;
    let day = match page {
        Page::Days => view_days::day_at(app, place, column, row, cx),
        Page::Hours => view_hours::day_at(app, place, column, row),
        Page::Months | Page::Accuracy | Page::Model | Page::Past => None,
    };
    Some((page, day))
}
