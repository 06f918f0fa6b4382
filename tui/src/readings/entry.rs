//! The one line on which a reading is typed, over the footer of any screen.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use ecotrack_common::dashboard::MeterNow;
use ecotrack_common::locale::parse_date_time;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::quantity::{NumberError, parse_decimal};
use ecotrack_common::reading::{ChangedReading, Measured, NewReading, Reading};
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldError, FieldErrors, Kwh, MeterId, path};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, Context};
use crate::forms::{self, Subject};
use crate::kept::{Draft, Method, Write};
use crate::keys::{Command, always, named};
use crate::message::{Effect, Fault};
use crate::outbox;
use crate::widgets::text_line::TextLine;

/// What the line is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// A new reading.
    Add,
    /// Another word on this one.
    Correct(Box<Reading>),
}

/// What the line says about what was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Remark {
    /// A field is wrong.
    Wrong(FieldError),
    /// The register is lower than the one before: is that meant?
    Lower {
        /// The one before, if it is known here.
        previous: Option<Reading>,
    },
    /// There is a reading at this instant.
    Exists(Box<Reading>),
    /// Somebody changed it: this is how it stands now.
    Changed(Box<Reading>),
    /// It was not taken.
    Fault(Fault),
}

/// The line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is for.
    pub purpose: Purpose,
    /// Which meter.
    pub meter: MeterId,
    /// What was typed for the register.
    pub value: TextLine,
    /// What was typed for the instant; empty is now.
    pub date: TextLine,
    /// Whether the instant has the keys.
    pub on_date: bool,
    /// The key of the write that is on its way.
    pub sending: Option<Uuid>,
    /// What the line says.
    pub remark: Option<Remark>,
    version: i64,
    /// What was confirmed once stays so while nothing else is typed.
    meant: bool,
    /// The key of a write of which nobody knows whether it was done; the same again has the same.
    retry: Option<Uuid>,
    start: [String; 2],
}

/// What can be done on the line; every other key writes.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-save",
        when: |app| {
            app.entry
                .as_ref()
                .is_some_and(|entry| entry.sending.is_none())
        },
        run: save,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Tab), named(KeyCode::BackTab)],
        name: "key-date",
        when: always,
        run: |app, _| {
            if let Some(entry) = &mut app.entry {
                entry.on_date = !entry.on_date;
            }
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up)],
        name: "key-meter",
        when: several_meters,
        run: |app, _| other_meter(app, false),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down)],
        name: "key-meter",
        when: several_meters,
        run: |app, _| other_meter(app, true),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-close",
        when: always,
        run: |app, _| {
            app.entry = None;
            forms::drop_draft(app)
        },
        footer: true,
    },
];

/// The meters of this home whose registers people read.
pub fn register_meters(app: &App) -> Vec<&MeterNow> {
    app.board()
        .map(|board| {
            board
                .meters
                .iter()
                .filter(|now| now.meter.reading_kind == ReadingKind::Register)
                .collect()
        })
        .unwrap_or_default()
}

/// Opens the line for a new reading.
pub fn open(app: &mut App, cx: &Context) -> Vec<Effect> {
    let shown = app.readings.meter(app).map(|now| now.meter.meter_id);
    let meters = register_meters(app);
    let chosen = meters
        .iter()
        .find(|now| Some(now.meter.meter_id) == shown)
        .or(meters.first());
    if let Some(now) = chosen {
        let meter = now.meter.meter_id;
        app.draft = None;
        app.entry = Some(Entry::new(Purpose::Add, meter, "", "", 0));
        // A line that was left by accident goes on where it was.
        if let Some(draft) = app.draft_of(Subject::Reading(meter)).cloned() {
            app.draft = Some(draft.draft_id);
            resume(app, &draft, cx);
        }
    }
    Vec::new()
}

/// Opens the line to correct a reading.
pub fn correct(app: &mut App, reading: &Reading, cx: &Context) -> Vec<Effect> {
    let Measured::Register { register_kwh } = reading.measured else {
        return Vec::new();
    };
    let value = cx.locale.register(register_kwh);
    let date = cx.locale.date_time_typed(reading.read_at, &app.zone());
    app.draft = None;
    app.entry = Some(Entry::new(
        Purpose::Correct(Box::new(reading.clone())),
        reading.meter_id,
        &value,
        &date,
        reading.version,
    ));
    Vec::new()
}

impl Entry {
    fn new(purpose: Purpose, meter: MeterId, value: &str, date: &str, version: i64) -> Self {
        Self {
            purpose,
            meter,
            value: TextLine::new(value),
            date: TextLine::new(date),
            on_date: false,
            sending: None,
            remark: None,
            version,
            meant: false,
            retry: None,
            start: [value.to_owned(), date.to_owned()],
        }
    }

    /// Gives a key to the field that has them.
    pub fn input(&mut self, key: KeyEvent) {
        if self.sending.is_some() {
            return;
        }
        let field = if self.on_date {
            &mut self.date
        } else {
            &mut self.value
        };
        let before = field.text().to_owned();
        field.input(key);
        if field.text() != before {
            self.remark = None;
            self.meant = false;
            self.retry = None;
        }
    }

    /// Gives pasted text to the field that has the keys.
    pub fn paste(&mut self, text: &str) {
        if self.sending.is_none() {
            let field = if self.on_date {
                &mut self.date
            } else {
                &mut self.value
            };
            field.paste(text);
            self.remark = None;
            self.meant = false;
            self.retry = None;
            self.retry = None;
        }
    }

    fn confirmed(&self) -> bool {
        self.meant || matches!(self.remark, Some(Remark::Lower { .. }))
    }

    fn subject(&self) -> Subject {
        match &self.purpose {
            Purpose::Add => Subject::Reading(self.meter),
            Purpose::Correct(reading) => Subject::Correction(self.meter, reading.read_at),
        }
    }

    fn base(&self) -> Option<Value> {
        match &self.purpose {
            Purpose::Add => None,
            Purpose::Correct(reading) => serde_json::to_value(reading).ok(),
        }
    }

    fn values(&self) -> BTreeMap<String, String> {
        let value = |name: &str, field: &TextLine| (name.to_owned(), field.text().to_owned());
        BTreeMap::from([value("value", &self.value), value("date", &self.date)])
    }

    /// What was typed, to be kept; nothing while nothing was.
    pub(crate) fn draft(&self) -> Option<(Subject, Option<Value>, BTreeMap<String, String>)> {
        let typed =
            [self.value.text(), self.date.text()] != self.start.each_ref().map(String::as_str);
        typed.then(|| (self.subject(), self.base(), self.values()))
    }
}

/// The address of a reading.
pub(crate) fn address(home: EnergyProfileId, meter: MeterId, read_at: Timestamp) -> String {
    // RFC 3339 in UTC has one character that an address may give a meaning of its own.
    let read_at = read_at.to_string().replace(':', "%3A");
    path::fill(
        path::READING,
        &[
            ("energy_profile_id", &home),
            ("meter_id", &meter),
            ("read_at", &read_at),
        ],
    )
}

/// Goes on with what was typed and not sent.
pub(crate) fn resume(app: &mut App, draft: &Draft, cx: &Context) {
    reopen(app, draft.subject, draft.base.as_ref(), &draft.values, cx);
}

/// Opens the line with what was typed into it before.
pub(crate) fn reopen(
    app: &mut App,
    subject: Subject,
    row: Option<&Value>,
    values: &BTreeMap<String, String>,
    cx: &Context,
) {
    match subject {
        Subject::Reading(meter) => {
            app.entry = Some(Entry::new(Purpose::Add, meter, "", "", 0));
        }
        Subject::Correction(..) => {
            let reading = row.and_then(|row| serde_json::from_value::<Reading>(row.clone()).ok());
            if let Some(reading) = reading {
                correct(app, &reading, cx);
            }
        }
        _ => return,
    }
    if let Some(entry) = &mut app.entry {
        for (name, field) in [("value", &mut entry.value), ("date", &mut entry.date)] {
            if let Some(text) = values.get(name) {
                *field = TextLine::new(text);
            }
        }
    }
}

fn several_meters(app: &App) -> bool {
    register_meters(app).len() > 1
        && app
            .entry
            .as_ref()
            .is_some_and(|entry| entry.purpose == Purpose::Add && entry.sending.is_none())
}

fn other_meter(app: &mut App, forward: bool) -> Vec<Effect> {
    let meters: Vec<MeterId> = register_meters(app)
        .iter()
        .map(|now| now.meter.meter_id)
        .collect();
    if let Some(entry) = &mut app.entry
        && !meters.is_empty()
    {
        let at = meters.iter().position(|id| *id == entry.meter).unwrap_or(0);
        let by = if forward { 1 } else { meters.len() - 1 };
        entry.meter = meters[(at + by) % meters.len()];
        entry.remark = None;
    }
    Vec::new()
}

/// The newest reading before the one that is typed, as far as it is known here.
pub(super) fn before(app: &App, entry: &Entry, at: Timestamp) -> Option<Reading> {
    let own = match &entry.purpose {
        Purpose::Add => None,
        Purpose::Correct(reading) => Some(reading.read_at),
    };
    let newest = register_meters(app)
        .into_iter()
        .find(|now| now.meter.meter_id == entry.meter)
        .and_then(|now| now.last_reading.as_ref());
    let listed = app
        .readings
        .rows_of(entry.meter)
        .into_iter()
        .flat_map(|rows| rows.readings.iter());
    newest
        .into_iter()
        .chain(listed)
        .filter(|reading| reading.read_at < at && Some(reading.read_at) != own)
        .filter(|reading| matches!(reading.measured, Measured::Register { .. }))
        .max_by_key(|reading| reading.read_at)
        .cloned()
}

pub(super) fn register_of(reading: &Reading) -> Option<Kwh> {
    match reading.measured {
        Measured::Register { register_kwh } => Some(register_kwh),
        Measured::Period { .. } => None,
    }
}

/// Reads both fields, or says which is wrong.
fn read(app: &App, entry: &Entry, cx: &Context) -> Result<NewReading, FieldError> {
    let wrong = |field: &str, code: &str, params: &[(&str, &str)]| {
        let mut errors = FieldErrors::default();
        errors.add_with(field, code, params);
        errors.0.remove(0)
    };
    let register = parse_decimal(entry.value.text()).map_err(|error| {
        let code = match error {
            NumberError::Empty => "required",
            NumberError::NotANumber | NumberError::TooLong => "not_a_number",
        };
        wrong("register_kwh", code, &[])
    })?;
    let zone = app.zone();
    let read_at = if entry.date.text().trim().is_empty() {
        // To the second: nobody reads a meter more finely.
        Timestamp::from_second(cx.now.as_second()).unwrap_or(cx.now)
    } else {
        match &entry.purpose {
            // Untouched, it keeps seconds that the typed form does not show.
            Purpose::Correct(reading)
                if cx.locale.date_time_typed(reading.read_at, &zone) == entry.date.text() =>
            {
                reading.read_at
            }
            _ => parse_date_time(entry.date.text(), &zone, cx.now).ok_or_else(|| {
                let example = cx.locale.date_time_typed(cx.now, &zone);
                wrong("read_at", "not_a_date", &[("example", &example)])
            })?,
        }
    };
    let (estimated, note, restarted) = match &entry.purpose {
        Purpose::Add => (false, None, false),
        Purpose::Correct(reading) => (
            reading.estimated,
            reading.note.clone(),
            reading.register_restarted,
        ),
    };
    let reading = NewReading {
        read_at,
        measured: Measured::Register {
            register_kwh: Kwh(register),
        },
        estimated,
        note,
        register_restarted: restarted || entry.confirmed(),
    };
    match reading.check(cx.now) {
        Ok(()) => Ok(reading),
        Err(mut errors) => Err(errors.0.remove(0)),
    }
}

fn save(app: &mut App, cx: &Context) -> Vec<Effect> {
    let (Some(home), Some(entry)) = (app.home, app.entry.clone()) else {
        return Vec::new();
    };
    let reading = match read(app, &entry, cx) {
        Ok(reading) => reading,
        Err(error) => {
            if let Some(entry) = &mut app.entry {
                entry.on_date = matches!(error.field.as_str(), "read_at");
                entry.remark = Some(Remark::Wrong(error));
            }
            return Vec::new();
        }
    };
    if let Measured::Register { register_kwh } = reading.measured
        && !reading.register_restarted
        && let Some(previous) = before(app, &entry, reading.read_at)
        && register_of(&previous).is_some_and(|then| register_kwh < then)
    {
        if let Some(entry) = &mut app.entry {
            entry.remark = Some(Remark::Lower {
                previous: Some(previous),
            });
        }
        return Vec::new();
    }
    let (method, path, body) = match &entry.purpose {
        Purpose::Add => (
            Method::Post,
            path::fill(
                path::READINGS,
                &[("energy_profile_id", &home), ("meter_id", &entry.meter)],
            ),
            serde_json::to_value(reading),
        ),
        Purpose::Correct(original) => (
            Method::Put,
            address(home, entry.meter, original.read_at),
            serde_json::to_value(ChangedReading {
                version: entry.version,
                reading,
            }),
        ),
    };
    let write = Write {
        key: entry.retry.unwrap_or(cx.fresh_key),
        method,
        path,
        body: body.ok(),
    };
    if let Some(line) = &mut app.entry {
        line.sending = Some(write.key);
        line.meant = entry.confirmed();
        line.remark = None;
    }
    outbox::submit(
        app,
        entry.subject(),
        entry.base(),
        entry.values(),
        write,
        cx,
    )
}

/// Takes the refusal of what was sent; everything typed stays.
pub fn refused(app: &mut App, fault: Fault) {
    let Some(entry) = &mut app.entry else {
        return;
    };
    let key = entry.sending.take();
    let unknown = match &fault {
        Fault::Unreadable => true,
        Fault::Problem(problem) => problem.code == ErrorCode::Internal,
        Fault::Away => false,
    };
    entry.retry = key.filter(|_| unknown);
    let current: Option<Reading> = fault
        .problem()
        .and_then(|problem| problem.current.clone())
        .and_then(|row| serde_json::from_value(row).ok());
    let remark = match fault.problem() {
        Some(problem) => match (problem.code, current) {
            (ErrorCode::DuplicateReading, Some(row)) => Remark::Exists(Box::new(row)),
            (ErrorCode::StaleVersion, Some(row)) => {
                // Having seen how it stands, the next Enter means it.
                entry.version = row.version;
                Remark::Changed(Box::new(row))
            }
            (ErrorCode::Invalid, _) if !problem.errors.is_empty() => {
                let error = problem.errors.0[0].clone();
                if error.code == "register_lower" {
                    Remark::Lower { previous: None }
                } else {
                    entry.on_date = error.field == "read_at";
                    Remark::Wrong(error)
                }
            }
            _ => Remark::Fault(fault),
        },
        None => Remark::Fault(fault),
    };
    entry.remark = Some(remark);
}
