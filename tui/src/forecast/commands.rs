//! What can be done on the forecast's screen, and where a click lands.

use crossterm::event::KeyCode;
use jiff::ToSpan;
use jiff::civil::Date;
use ratatui::layout::Rect;

use super::series::forecast_of;
use super::{Page, cursor, days, hour_cursor, hours, may_train, record, train, view};
use crate::app::{App, Context};
use crate::forms;
use crate::keys::{Command, always, key, named};
use crate::message::Effect;
use crate::table;
use crate::widgets::scroll::Step;

/// Days in a step of the keys that turn a page.
const WEEK: i64 = 7;

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-forecast-page",
        when: always,
        run: |app, _| turn(app, 1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-forecast-page",
        when: always,
        run: |app, _| turn(app, Page::ALL.len() - 1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-forecast-day",
        when: has_days,
        run: |app, cx| move_day(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-forecast-day",
        when: has_days,
        run: |app, cx| move_day(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-other-hour",
        when: has_hours,
        run: |app, cx| move_hour(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-other-hour",
        when: has_hours,
        run: |app, cx| move_hour(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::PageUp), named(KeyCode::Up), key('k')],
        name: "key-other-week",
        when: has_days,
        run: |app, cx| move_day(app, -WEEK, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown), named(KeyCode::Down), key('j')],
        name: "key-other-week",
        when: has_days,
        run: |app, cx| move_day(app, WEEK, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home)],
        name: "key-forecast-now",
        when: |app| has_days(app) && (app.forecast.day.is_some() || app.forecast.hour.is_some()),
        run: |app, _| {
            app.forecast.day = None;
            app.forecast.hour = None;
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::Lines(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::Lines(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::Page(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown), key(' ')],
        name: "key-page",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::Page(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-top",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::First, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::End), key('G')],
        name: "key-bottom",
        when: has_lines,
        run: |app, cx| scroll_lines(app, Step::Last, cx),
        footer: false,
    },
    Command {
        keys: &[key('a')],
        name: "key-forecast-models",
        when: |app| {
            let report = app.forecast.report.value().and_then(forecast_of);
            app.forecast.page == Page::Accuracy && report.is_some_and(|it| !it.accuracy.is_empty())
        },
        run: |app, _| {
            app.forecast.all_models = !app.forecast.all_models;
            app.forecast.scrolled = 0;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[key('f')],
        name: "key-forecast-horizon",
        when: has_past,
        run: |app, _| next_horizon(app),
        footer: true,
    },
    Command {
        keys: &[key('x')],
        name: "key-export",
        when: has_past,
        run: export,
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-forecast-train",
        when: may_train,
        run: train,
        footer: true,
    },
];

fn has_days(app: &App) -> bool {
    match app.forecast.page {
        Page::Days => app.forecast.report.value().and_then(forecast_of).is_some(),
        Page::Hours => has_hours(app),
        Page::Months | Page::Accuracy | Page::Model | Page::Past => false,
    }
}

fn has_hours(app: &App) -> bool {
    let detail = app
        .forecast
        .report
        .value()
        .and_then(|it| it.detail.as_ref());
    app.forecast.page == Page::Hours && detail.is_some_and(|detail| !detail.hours.is_empty())
}

fn has_lines(app: &App) -> bool {
    !app.forecast.page.looks_ahead()
}

fn has_past(app: &App) -> bool {
    let past = app.forecast.report.value().map(|it| &it.comparisons);
    app.forecast.page == Page::Past && past.is_some_and(|past| !past.is_empty())
}

fn turn(app: &mut App, by: usize) -> Vec<Effect> {
    let at = Page::ALL.iter().position(|page| *page == app.forecast.page);
    let next = (at.unwrap_or_default() + by) % Page::ALL.len();
    show(app, Page::ALL[next]);
    Vec::new()
}

fn show(app: &mut App, page: Page) {
    app.forecast.page = page;
    app.forecast.scrolled = 0;
}

/// The days that the cursor can be on, in the part that has the keys.
fn reachable(app: &App) -> Vec<Date> {
    if app.forecast.page == Page::Hours {
        hours(app).iter().map(|day| day.date).collect()
    } else {
        days(app).iter().map(|day| day.date).collect()
    }
}

fn move_day(app: &mut App, by: i64, cx: &Context) -> Vec<Effect> {
    let days = reachable(app);
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let Some(at) = cursor(app, days.iter().copied(), cx) else {
        return Vec::new();
    };
    let moved = at.saturating_add(by.days()).clamp(*first, *last);
    app.forecast.day = Some(moved);
    Vec::new()
}

fn move_hour(app: &mut App, by: isize, cx: &Context) -> Vec<Effect> {
    let days = hours(app);
    let at = cursor(app, days.iter().map(|day| day.date), cx);
    if let Some(day) = days.iter().find(|day| Some(day.date) == at) {
        let last = day.hours.len().saturating_sub(1);
        let moved = hour_cursor(app, day, cx).saturating_add_signed(by);
        app.forecast.hour = Some(moved.min(last));
    }
    Vec::new()
}

fn scroll_lines(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if let Some(place) = view::place_of(app, app.forecast.page, cx) {
        let extent = record::extent(app, place, cx);
        app.forecast.scrolled = extent.moved(app.forecast.scrolled, step);
    }
    Vec::new()
}

/// The wheel turned: lines move, or the day under the cursor.
pub fn scroll(app: &mut App, rows: i32, cx: &Context) -> Vec<Effect> {
    if has_lines(app) {
        scroll_lines(app, Step::Lines(rows), cx)
    } else if has_days(app) {
        move_day(app, rows.signum().into(), cx)
    } else {
        Vec::new()
    }
}

/// A click on the name of a part, on a part, on a day.
pub fn click(app: &mut App, body: Rect, column: u16, row: u16, cx: &Context) -> Vec<Effect> {
    let Some((page, day)) = view::hit(app, body, column, row, cx) else {
        return Vec::new();
    };
    if page != app.forecast.page {
        show(app, page);
    }
    app.forecast.day = day.or(app.forecast.day);
    Vec::new()
}

/// All horizons, then each that there is.
fn next_horizon(app: &mut App) -> Vec<Effect> {
    let past = app.forecast.report.value().map(|it| &it.comparisons);
    let mut known: Vec<i16> = past.into_iter().flatten().map(|it| it.horizon).collect();
    known.sort_unstable();
    known.dedup();
    let now = app.forecast.horizon;
    app.forecast.horizon = known
        .into_iter()
        .find(|horizon| now.is_none_or(|now| *horizon > now));
    app.forecast.scrolled = 0;
    Vec::new()
}

/// The predictions that are shown, a line each.
fn export(app: &mut App, cx: &Context) -> Vec<Effect> {
    let titles = [
        "forecast-column-day",
        "forecast-column-ahead",
        "forecast-column-model",
        "forecast-column-predicted",
        "forecast-column-actual",
        "forecast-column-error",
        "forecast-column-error-percent",
        "forecast-column-inside",
    ];
    let mut lines = vec![titles.map(|id| cx.locale.text(id)).to_vec()];
    for of in record::shown(app) {
        let percent = of.percentage_error;
        lines.push(vec![
            of.date.to_string(),
            of.horizon.to_string(),
            of.model.clone(),
            cx.locale.number_typed(of.predicted_kwh.0),
            cx.locale.number_typed(of.actual_kwh.0),
            cx.locale.number_typed(of.error_kwh.0),
            percent.map_or_else(String::new, |percent| cx.locale.number_typed(percent)),
            super::words::inside(of, &cx.locale),
        ]);
    }
    let day = forms::today(app, cx);
    let csv = table::csv(lines.into_iter());
    vec![Effect::Export(format!("ecotrack-forecast-{day}.csv"), csv)]
}
