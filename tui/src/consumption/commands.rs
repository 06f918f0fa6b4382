//! What can be done on the screen of consumption and on its table, and where a click lands.

use crossterm::event::KeyCode;
use ecotrack_common::consumption::{Against, Consumption, Flow};
use jiff::civil::Date;
use ratatui::layout::Rect;

use super::{
    Level, Page, answer, at, cell, cursor, export, flows, load, look, patterns_remote, today, view,
};
use crate::app::{App, Context, Screen};
use crate::keys::{Command, always, key, named};
use crate::message::Effect;
use crate::table::{self, Table};

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-consumption-page",
        when: always,
        run: |app, _| turn_page(app, true),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-consumption-page",
        when: always,
        run: |app, _| turn_page(app, false),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-consumption-move",
        when: |app| app.consumption.page == Page::Chart,
        run: |app, cx| sideways(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-consumption-move",
        when: |app| app.consumption.page == Page::Chart,
        run: |app, cx| sideways(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-other-hour",
        when: is_by_hour,
        run: |app, cx| sideways(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-other-hour",
        when: is_by_hour,
        run: |app, cx| sideways(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-consumption-span",
        when: |app| matches!(app.consumption.page, Page::Standby | Page::Weather),
        run: |app, cx| sideways(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-consumption-span",
        when: |app| matches!(app.consumption.page, Page::Standby | Page::Weather),
        run: |app, cx| sideways(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-consumption-weekday",
        when: |app| app.consumption.page == Page::Heat,
        run: |app, cx| weekday(app, 6, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-consumption-weekday",
        when: |app| app.consumption.page == Page::Heat,
        run: |app, cx| weekday(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter), key('+')],
        name: "key-consumption-nearer",
        when: |app| app.consumption.level.nearer().is_some(),
        run: |app, _| {
            let state = &mut app.consumption;
            if let Some(nearer) = state.level.nearer() {
                state.zoomed += 1;
                zoom(app, nearer);
            }
            look(app)
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-consumption-back",
        when: |app| app.consumption.zoomed > 0 && app.consumption.level.wider().is_some(),
        run: |app, _| wider(app),
        footer: false,
    },
    Command {
        keys: &[key('-')],
        name: "key-consumption-wider",
        when: |app| app.consumption.level.wider().is_some(),
        run: |app, _| wider(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-consumption-span",
        when: always,
        run: |app, _| turn_span(app, -1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-consumption-span",
        when: always,
        run: |app, _| turn_span(app, 1),
        footer: false,
    },
    Command {
        keys: &[key('t'), named(KeyCode::Home)],
        name: "key-consumption-today",
        when: always,
        run: |app, _| {
            app.consumption.at = today(app);
            app.consumption.part = 0;
            look(app)
        },
        footer: true,
    },
    Command {
        keys: &[key('v')],
        name: "key-consumption-compare",
        when: always,
        run: |app, _| compare(app),
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-consumption-flow",
        when: |app| flows(app).len() > 1,
        run: |app, _| next_flow(app),
        footer: true,
    },
    Command {
        keys: &[key('x')],
        name: "key-export",
        when: has_something,
        run: export::csv,
        footer: true,
    },
    Command {
        keys: &[key('X')],
        name: "key-export-json",
        when: has_something,
        run: export::json,
        footer: false,
    },
];

/// On the table of steps, before what every table has.
pub const TABLE_COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-consumption-page",
        when: always,
        run: |app, _| to_page(app, Page::Heat),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-consumption-chart",
        when: always,
        run: |app, _| to_page(app, Page::Chart),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-consumption-back",
        // A filter is taken away first, as in every table.
        when: |app| {
            let filter = &app.tables.of(Table::Consumption).filter;
            filter.text().is_empty()
        },
        run: |app, _| to_page(app, Page::Chart),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-consumption-show",
        when: always,
        run: |app, cx| {
            if let Some((_, key)) = table::selected(app, cx)
                && let Some((day, part)) = table::consumption_step(app, key)
            {
                (app.consumption.at, app.consumption.part) = (Some(day), part);
            }
            to_page(app, Page::Chart)
        },
        footer: true,
    },
    Command {
        keys: &[key('v')],
        name: "key-consumption-compare",
        when: always,
        run: |app, _| compare(app),
        footer: true,
    },
    Command {
        keys: &[key('X')],
        name: "key-export-json",
        when: has_something,
        run: export::json,
        footer: true,
    },
];

fn has_something(app: &App) -> bool {
    match app.consumption.page {
        Page::Chart => answer(app).is_some(),
        _ => patterns_remote(app).is_some_and(|it| it.value().is_some()),
    }
}

/// No other days, those before, last year's.
fn compare(app: &mut App) -> Vec<Effect> {
    app.consumption.compare = match app.consumption.compare {
        None => Some(Against::Previous),
        Some(Against::Previous) => Some(Against::LastYear),
        Some(Against::LastYear) => None,
    };
    look(app)
}

fn turn_page(app: &mut App, forward: bool) -> Vec<Effect> {
    let pages = Page::ALL.len();
    let now = app.consumption.page;
    let place = Page::ALL.iter().position(|page| *page == now).unwrap_or(0);
    match (now, forward) {
        (Page::Chart, true) | (Page::Heat, false) => {
            app.consumption.page = Page::Chart;
            open_table(app)
        }
        _ => {
            let next = (place + if forward { 1 } else { pages - 1 }) % pages;
            to_page(app, Page::ALL[next])
        }
    }
}

/// Opens the table at the step that the cursor of the chart is on.
fn open_table(app: &mut App) -> Vec<Effect> {
    let step = answer(app).and_then(|answer| cursor(app, answer));
    if let Some(step) = step {
        app.tables.of_mut(Table::Consumption).selected = Some(table::consumption_key(step));
    }
    table::open(app, Table::Consumption)
}

fn to_page(app: &mut App, page: Page) -> Vec<Effect> {
    app.screen = Screen::Consumption;
    app.consumption.page = page;
    look(app)
}

/// Goes nearer or wider, the cursor staying on its day.
fn zoom(app: &mut App, level: Level) {
    let day = at(app);
    let state = &mut app.consumption;
    state.at = day;
    if level.by() != state.level.by() {
        state.part = 0;
    }
    state.level = level;
}

fn wider(app: &mut App) -> Vec<Effect> {
    let state = &mut app.consumption;
    if let Some(wider) = state.level.wider() {
        state.zoomed = state.zoomed.saturating_sub(1);
        zoom(app, wider);
    }
    look(app)
}

/// Whether the cursor is on an hour of the week.
fn is_by_hour(app: &App) -> bool {
    matches!(app.consumption.page, Page::Heat | Page::Profile)
}

fn sideways(app: &mut App, by: i64, cx: &Context) -> Vec<Effect> {
    match app.consumption.page {
        Page::Heat | Page::Profile => {
            let (weekday, hour) = cell(app, cx);
            let hour = (hour + if by < 0 { 23 } else { 1 }) % 24;
            app.consumption.cell = Some((weekday, hour));
            Vec::new()
        }
        Page::Chart => move_step(app, by),
        Page::Standby | Page::Weather => turn_span(app, by),
    }
}

fn weekday(app: &mut App, by: usize, cx: &Context) -> Vec<Effect> {
    let (weekday, hour) = cell(app, cx);
    app.consumption.cell = Some(((weekday + by) % 7, hour));
    Vec::new()
}

/// The newest day that the cursor goes to: a part of what is to come is seen, but nothing is there.
fn newest(app: &App) -> Option<Date> {
    let today = today(app)?;
    Some(
        app.consumption
            .known()
            .map_or(today, |known| known.last.max(today)),
    )
}

fn move_step(app: &mut App, by: i64) -> Vec<Effect> {
    let (Some(day), Some(newest)) = (at(app), newest(app)) else {
        return Vec::new();
    };
    let level = app.consumption.level;
    if let Some(minutes) = level.by().minutes() {
        let parts = parts_of(answer(app), day, minutes);
        let state = &mut app.consumption;
        let part = state.part.min(parts.saturating_sub(1));
        if by > 0 && part + 1 < parts {
            state.part = part + 1;
            return Vec::new();
        }
        if by < 0 && part > 0 {
            state.part = part - 1;
            return Vec::new();
        }
        let moved = level.step(day, by);
        if moved > newest {
            return Vec::new();
        }
        state.at = Some(moved);
        // Of the day before the last part, however many it has.
        state.part = if by > 0 { 0 } else { usize::MAX };
        return look(app);
    }
    let moved = level.step(day, by);
    if moved <= newest {
        app.consumption.at = Some(moved);
    }
    look(app)
}

/// How many parts a day has; where it is not known yet, as most days.
fn parts_of(answer: Option<&Consumption>, day: Date, minutes: u16) -> usize {
    let usual = usize::from(1_440 / minutes.max(1));
    let known = answer.map_or(0, |answer| {
        answer.slots.iter().filter(|slot| slot.first == day).count()
    });
    if known == 0 { usual } else { known }
}

fn turn_span(app: &mut App, by: i64) -> Vec<Effect> {
    if let (Some(day), Some(newest)) = (at(app), newest(app)) {
        app.consumption.at = Some(app.consumption.level.turn(day, by).min(newest));
    }
    look(app)
}

fn next_flow(app: &mut App) -> Vec<Effect> {
    let flows = flows(app);
    let now = flows.iter().position(|flow| *flow == app.consumption.of);
    let next = now.map_or(0, |now| (now + 1) % flows.len());
    app.consumption.of = flows.get(next).copied().unwrap_or(Flow::Home);
    load(app)
}

/// The wheel turned: the step under the cursor moves.
pub fn scroll(app: &mut App, rows: i32, cx: &Context) -> Vec<Effect> {
    sideways(app, rows.signum().into(), cx)
}

/// A click on the name of a part, on a part, on a bar.
pub fn click(app: &mut App, body: Rect, column: u16, row: u16, cx: &Context) -> Vec<Effect> {
    let Some(hit) = view::hit(app, body, column, row, cx) else {
        return Vec::new();
    };
    match hit {
        view::Hit::Table => open_table(app),
        view::Hit::Page(page, bar) => {
            let step = bar.and_then(|bar| {
                let answer = answer(app)?;
                let slot = answer.slots.get(bar)?;
                let before = &answer.slots[..bar];
                let part = before.iter().filter(|one| one.first == slot.first).count();
                Some((slot.first, part))
            });
            if let Some((day, part)) = step {
                (app.consumption.at, app.consumption.part) = (Some(day), part);
            }
            to_page(app, page)
        }
    }
}

/// The step under the cursor with its place.
pub(super) fn current<'a>(
    app: &App,
    answer: &'a Consumption,
) -> Option<(usize, &'a ecotrack_common::consumption::Slot)> {
    let at = cursor(app, answer)?;
    answer.slots.get(at).map(|slot| (at, slot))
}
