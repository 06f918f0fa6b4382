//! Readings: what was read off a meter, newest first, with quick entry, correction, removal, undo.

pub mod entry;
pub(crate) mod entry_view;
mod view;

use crossterm::event::KeyCode;
use ecotrack_common::dashboard::MeterNow;
use ecotrack_common::export::ExportFormat;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::reading::{Measured, Reading, ReadingPage};
use ecotrack_common::{MeterId, path};

pub use view::view;

use ratatui::layout::Rect;

use crate::app::{App, Context, Screen};
use crate::forms::{self, Subject};
use crate::import;
use crate::kept::{Method, Write};
use crate::keys::{Command, key, named};
use crate::message::{Answer, Call, Effect, Ticket};
use crate::outbox;
use crate::remote::Remote;
use crate::table;
use crate::widgets::text_line::TextLine;

/// What the readings screen knows.
#[derive(Debug)]
pub struct State {
    /// Which meter of the home, in the dashboard's order.
    pub at: usize,
    /// Its readings, as far as they were asked for.
    pub rows: Remote<Rows>,
    /// Which row is under the cursor, of all that are known.
    pub selected: usize,
    /// What the rows shown must hold; empty shows all.
    pub filter: TextLine,
    /// Whether keys write the filter.
    pub filtering: bool,
    /// The answer with older readings that is awaited.
    pub more: Option<Ticket>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            at: 0,
            rows: Remote::Idle,
            selected: 0,
            filter: TextLine::new(""),
            filtering: false,
            more: None,
        }
    }
}

/// Readings of a meter, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Of which.
    pub meter: MeterId,
    /// They.
    pub readings: Vec<Reading>,
    /// Where the next page starts.
    pub next_before: Option<jiff::Timestamp>,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('n')],
        name: "key-reading",
        when: |app| app.may_edit() && !entry::register_meters(app).is_empty(),
        run: |app, cx| entry::open(app, cx),
        // `r` says the same on every screen.
        footer: false,
    },
    Command {
        keys: &[key('e'), named(KeyCode::Enter)],
        name: "key-correct",
        when: |app| app.may_edit() && selected_register(app).is_some(),
        run: correct,
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-remove",
        when: |app| app.may_edit() && app.readings.selected_row().is_some(),
        run: remove,
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-many-readings",
        when: |app| app.may_edit() && !entry::register_meters(app).is_empty(),
        run: many,
        footer: true,
    },
    Command {
        keys: &[key('i')],
        name: "key-import",
        when: App::may_edit,
        run: |app, _| import::open(app),
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-meter",
        when: |app| app.board().is_some_and(|board| board.meters.len() > 1),
        run: |app, _| other_meter(app),
        footer: true,
    },
    Command {
        keys: &[key('/')],
        name: "key-filter",
        when: has_rows,
        run: |app, _| {
            app.readings.filtering = true;
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-all-rows",
        when: |app| !app.readings.filter.text().is_empty(),
        run: |app, _| {
            app.readings.filter = TextLine::new("");
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[key('x')],
        name: "key-export",
        when: |app| app.home.is_some(),
        run: export,
        footer: false,
    },
    Command {
        keys: &[key('X')],
        name: "key-export-json",
        when: |app| app.home.is_some(),
        run: |app, cx| download(app, ExportFormat::Json, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: has_rows,
        run: |app, cx| scroll(app, -1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: has_rows,
        run: |app, cx| scroll(app, 1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: has_rows,
        run: |app, cx| scroll(app, -PAGE, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-page",
        when: has_rows,
        run: |app, cx| scroll(app, PAGE, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-newest",
        when: has_rows,
        run: |app, cx| scroll(app, i32::MIN, cx),
        footer: false,
    },
];

const PAGE: i32 = 15;

impl State {
    /// The meter on the screen.
    pub fn meter<'a>(&self, app: &'a App) -> Option<&'a MeterNow> {
        let meters = &app.board()?.meters;
        meters.get(self.at).or(meters.first())
    }

    /// The readings of `meter`, if they are the ones that are known.
    pub fn rows_of(&self, meter: MeterId) -> Option<&Rows> {
        self.rows.value().filter(|rows| rows.meter == meter)
    }

    /// Puts the row that the server just wrote in the place of the one it was, so that the next key
    /// meets its new version and not the one before it.
    pub fn written(&mut self, row: &Reading) {
        if let Some(rows) = self.rows.value_mut()
            && let Some(known) = rows
                .readings
                .iter_mut()
                .find(|known| known.meter_id == row.meter_id && known.read_at == row.read_at)
        {
            *known = row.clone();
        }
    }

    /// The reading under the cursor.
    pub fn selected_row(&self) -> Option<&Reading> {
        self.rows.value()?.readings.get(self.selected)
    }
}

fn has_rows(app: &App) -> bool {
    app.readings
        .rows
        .value()
        .is_some_and(|rows| !rows.readings.is_empty())
}

fn selected_register(app: &App) -> Option<&Reading> {
    app.readings
        .selected_row()
        .filter(|row| matches!(row.measured, Measured::Register { .. }))
}

/// Opens the screen, on a meter that people read if there is one.
pub fn open(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Readings;
    if app.readings.rows == Remote::Idle
        && let Some(at) = app.board().and_then(|board| {
            board
                .meters
                .iter()
                .position(|now| now.meter.reading_kind == ReadingKind::Register)
        })
    {
        app.readings.at = at;
    }
    load(app)
}

/// Asks for the newest readings of the meter on the screen.
pub fn load(app: &mut App) -> Vec<Effect> {
    let Some((home, now)) = app.home.zip(app.readings.meter(app)) else {
        return Vec::new();
    };
    if now.meter.reading_kind != ReadingKind::Register {
        return Vec::new();
    }
    let meter = now.meter.meter_id;
    if app
        .readings
        .rows
        .value()
        .is_some_and(|rows| rows.meter != meter)
    {
        app.readings.rows = Remote::Idle;
    }
    let ticket = app.ticket();
    app.readings.more = None;
    app.readings.rows.ask(ticket);
    vec![Effect::Call(ticket, Call::Readings(home, meter, None))]
}

/// Takes a page of readings.
pub fn answered(app: &mut App, ticket: Ticket, answer: Answer<ReadingPage>) -> Vec<Effect> {
    let Some(meter) = app.readings.meter(app).map(|now| now.meter.meter_id) else {
        return Vec::new();
    };
    let state = &mut app.readings;
    if state.more == Some(ticket) {
        state.more = None;
        if let (Ok(page), Some(rows)) = (answer, state.rows.value_mut()) {
            rows.readings.extend(page.readings);
            rows.next_before = page.next_before;
        }
        return Vec::new();
    }
    let under_cursor = state.selected_row().map(|row| row.read_at);
    let answer = answer.map(|page| Rows {
        meter,
        readings: page.readings,
        next_before: page.next_before,
    });
    if state.rows.answer(ticket, answer)
        && let Some(rows) = state.rows.value()
    {
        // The cursor stays on its row when others come and go.
        let place = under_cursor
            .and_then(|at| rows.readings.iter().position(|row| row.read_at == at))
            .unwrap_or(state.selected);
        state.selected = place.min(rows.readings.len().saturating_sub(1));
    }
    Vec::new()
}

/// What can be done while the filter is written; every other key writes it.
pub const FILTER_COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter), named(KeyCode::Down)],
        name: "key-filter-done",
        when: |_| true,
        run: |app, cx| {
            app.readings.filtering = false;
            // Onto a row that is shown.
            scroll(app, 0, cx)
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-all-rows",
        when: |_| true,
        run: |app, _| {
            app.readings.filtering = false;
            app.readings.filter = TextLine::new("");
            Vec::new()
        },
        footer: true,
    },
];

/// The places of the rows that are shown.
pub(crate) fn shown(app: &App, rows: &Rows, cx: &Context) -> Vec<usize> {
    let wanted = app.readings.filter.text().trim().to_lowercase();
    let zone = app.zone();
    (0..rows.readings.len())
        .filter(|at| {
            let text = || {
                let cells = view::cells(app, rows, *at, &zone, cx).join(" ");
                cells.to_lowercase()
            };
            wanted.is_empty() || {
                let text = text();
                wanted.split_whitespace().all(|word| text.contains(word))
            }
        })
        .collect()
}

/// Moves the cursor among the rows that are shown; at the end of what is known, older readings are
/// asked for.
pub fn scroll(app: &mut App, by: i32, cx: &Context) -> Vec<Effect> {
    let Some(rows) = app.readings.rows.value() else {
        return Vec::new();
    };
    let shown = shown(app, rows, cx);
    let (meter, next) = (rows.meter, rows.next_before);
    let before = shown.partition_point(|at| *at < app.readings.selected);
    let at = i64::try_from(before).unwrap_or(0) + i64::from(by);
    let last = shown.len().saturating_sub(1);
    let at = usize::try_from(at.max(0)).unwrap_or(0).min(last);
    if let Some(selected) = shown.get(at) {
        app.readings.selected = *selected;
    }
    match (app.home, next) {
        (Some(home), Some(before)) if at + 5 >= last && app.readings.more.is_none() && by > 0 => {
            let ticket = app.ticket();
            app.readings.more = Some(ticket);
            vec![Effect::Call(
                ticket,
                Call::Readings(home, meter, Some(before)),
            )]
        }
        _ => Vec::new(),
    }
}

/// Everything that the home's meters said, from the server; with a filter only what is shown.
fn export(app: &mut App, cx: &Context) -> Vec<Effect> {
    if app.readings.filter.text().trim().is_empty() {
        return download(app, ExportFormat::Csv, cx);
    }
    let Some(rows) = app.readings.rows.value() else {
        return Vec::new();
    };
    let zone = app.zone();
    let titles = view::TITLES.map(|id| cx.locale.text(id)).to_vec();
    let lines = shown(app, rows, cx)
        .into_iter()
        .map(|at| view::cells(app, rows, at, &zone, cx).to_vec());
    let csv = table::csv(std::iter::once(titles).chain(lines));
    let day = forms::today(app, cx);
    vec![Effect::Export(format!("ecotrack-readings-{day}.csv"), csv)]
}

fn download(app: &mut App, format: ExportFormat, cx: &Context) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    let address = path::fill(path::READINGS_EXPORT, &[("energy_profile_id", &home)]);
    table::download(app, &address, "readings", format, cx)
}

fn other_meter(app: &mut App) -> Vec<Effect> {
    let count = app.board().map_or(1, |board| board.meters.len().max(1));
    app.readings = State {
        at: (app.readings.at + 1) % count,
        ..State::default()
    };
    load(app)
}

fn correct(app: &mut App, cx: &Context) -> Vec<Effect> {
    match selected_register(app).cloned() {
        Some(row) => entry::correct(app, &row, cx),
        None => Vec::new(),
    }
}

fn remove(app: &mut App, cx: &Context) -> Vec<Effect> {
    let (Some(home), Some(row)) = (app.home, app.readings.selected_row().cloned()) else {
        return Vec::new();
    };
    let write = Write {
        key: cx.fresh_key,
        method: Method::Delete,
        path: format!(
            "{}?version={}",
            entry::address(home, row.meter_id, row.read_at),
            row.version
        ),
        body: None,
    };
    outbox::submit(
        app,
        Subject::Removal,
        None,
        std::collections::BTreeMap::new(),
        write,
        cx,
    )
}

/// Opens the sheet for many readings of the meter on the screen.
pub fn many(app: &mut App, cx: &Context) -> Vec<Effect> {
    let shown = app.readings.meter(app).map(|now| now.meter.clone());
    let meters = entry::register_meters(app);
    let meter = shown
        .filter(|meter| meter.reading_kind == ReadingKind::Register)
        .or_else(|| meters.first().map(|now| now.meter.clone()))
        .map(|meter| meter.meter_id);
    match meter {
        Some(meter) => {
            // What stands before is what differences are counted from.
            let mut effects = if app.readings.rows_of(meter).is_none() {
                load(app)
            } else {
                Vec::new()
            };
            effects.extend(forms::open(app, Subject::Readings(meter), None, cx));
            effects
        }
        None => Vec::new(),
    }
}

/// A click on a row.
pub(crate) fn click(app: &mut App, area: Rect, y: u16, cx: &Context) {
    if let Some(at) = view::row_at(app, area, y, cx) {
        app.readings.selected = at;
    }
}
