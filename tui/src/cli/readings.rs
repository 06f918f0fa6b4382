//! `readings`: adding, listing, correcting, removing; `import` and many at once have files of their
//! own.

use clap::{Args, Subcommand};
use ecotrack_common::locale::{Locale, fl, parse_date_time};
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::reading::{ChangedReading, Measured, NewReading, Reading, ReadingPage};
use ecotrack_common::{FieldErrors, Kwh};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::context::{AtHome, Context, now, pick_meter};
use super::lists::{self, Form};
use super::rows::which;
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::text;
use super::writes::{Did, say};
use super::{Failure, Result, co2e, export, history, import, many};
use crate::client::new_key;

#[derive(Debug, Subcommand)]
pub(super) enum Readings {
    /// Store what the counter shows
    Add(Add),
    /// Store several readings from a file of `read_at,register_kwh`: all of them, or none
    AddMany(many::ReadingsFile),
    /// List readings, newest first
    List(List),
    /// Correct a reading
    Edit(Edit),
    /// Remove a reading
    Remove(Remove),
    /// Take back your newest change of readings, or the one named
    Undo {
        /// The operation, by its key or the end of it, as `ecotrack history` shows it
        operation: Option<String>,
    },
    /// Import a file of `timestamp,kwh`, or what `readings export` wrote: all of it, or nothing
    Import(import::Import),
    /// Write what all meters said into a file, which another home can import
    Export(export::Readings),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What the counter shows, in kWh, with a decimal comma or point
    #[arg(value_name = "KWH")]
    value: String,
    /// When it was read, in the home's time unless it says an offset; now when left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Meter, by name; the only one when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    /// It is an estimate, not a measurement
    #[arg(long)]
    estimated: bool,
    /// A word on it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// It may be lower than the one before: the meter was replaced or rolled over
    #[arg(long)]
    restarted: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Meter, by name; the only one when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub(super) struct Edit {
    /// What the counter showed, in kWh; as it was when left out
    #[arg(value_name = "KWH")]
    value: Option<String>,
    /// When it was read, as the list has it
    #[arg(long, value_name = "TIME")]
    at: String,
    /// When it really was read
    #[arg(long, value_name = "TIME")]
    new_at: Option<String>,
    /// Meter, by name; the only one when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    /// Whether it is an estimate
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    estimated: Option<bool>,
    /// A word on it; empty takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Whether the counter began anew here
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    restarted: Option<bool>,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// When it was read, as the list has it
    #[arg(long, value_name = "TIME")]
    at: String,
    /// Meter, by name; the only one when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
}

/// What `readings add-many` takes back in stands first.
pub(super) const COLUMNS: &[&str] = &[
    "read_at",
    "register_kwh",
    "estimated",
    "note",
    "register_restarted",
    "energy_kwh",
    "ends_at",
    "since_previous_kwh",
    "source",
    "entered_by",
    "co2e_kg",
    "co2e_factor",
    "co2e_region",
    "co2e_year",
    "co2e_basis",
    "co2e_source",
    "co2e_missing",
    "meter_id",
    "version",
];

pub(super) async fn run(context: &Context, command: Readings) -> Result<()> {
    match command {
        Readings::Add(add) => self::add(context, add).await,
        Readings::AddMany(file) => many::readings(context, file).await,
        Readings::List(list) => self::list(context, list).await,
        Readings::Edit(edit) => self::edit(context, edit).await,
        Readings::Remove(remove) => self::remove(context, remove).await,
        Readings::Undo { operation } => {
            history::undo(context, operation, history::OF_READINGS).await
        }
        Readings::Import(file) => import::import(context, file).await,
        Readings::Export(wanted) => export::readings(context, wanted).await,
    }
}

async fn add(context: &Context, add: Add) -> Result<()> {
    let locale = &context.locale;
    let register = register(&add.value)?;
    let home = context.at_home().await?;
    let (zone, now) = (home.zone(), now());
    let read_at = match &add.at {
        None => now,
        Some(text) => instant(text, &zone, now, locale)?,
    };
    let new = NewReading {
        read_at,
        measured: Measured::Register {
            register_kwh: Kwh(register),
        },
        estimated: add.estimated,
        note: add.note,
        register_restarted: add.restarted,
    };
    new.check(now)?;
    let meter = meter(context, &home, add.meter.as_deref()).await?;
    let written = home
        .client
        .create_reading(home.id(), meter.meter_id, &new, new_key())
        .await?;
    if context.json {
        return context.streams.print_json(&written);
    }
    let kwh = format!("{} kWh", locale.register(Kwh(register)));
    let at = locale.date_time(read_at, &zone);
    let mut sentence = fl!(
        locale.loader(),
        "cli-reading-added",
        kwh = kwh,
        at = at,
        meter = meter.name.as_str()
    );
    if let Some(since) = written
        .reading
        .and_then(|reading| reading.since_previous_kwh)
    {
        sentence.push(' ');
        sentence += &fl!(
            locale.loader(),
            "cli-since-previous",
            kwh = locale.kwh(since)
        );
    }
    context.streams.print_line(&sentence)
}

async fn list(context: &Context, list: List) -> Result<()> {
    let home = context.at_home().await?;
    let meter = meter(context, &home, list.meter.as_deref()).await?;
    let mut page = ReadingPage::default();
    let mut before = None;
    while page.readings.len() < list.limit {
        let next = home
            .client
            .readings(home.id(), meter.meter_id, before)
            .await?;
        page.readings.extend(next.readings);
        page.next_before = next.next_before;
        before = next.next_before;
        if before.is_none() {
            break;
        }
    }
    if page.readings.len() > list.limit {
        page.readings.truncate(list.limit);
        page.next_before = page.readings.last().map(|reading| reading.read_at);
    }
    let factors = co2e::factors(&home).await?;
    let zone = home.zone();
    let emitted: Vec<Option<co2e::Emitted>> = page
        .readings
        .iter()
        .enumerate()
        .filter(|_| meter.channel.is_of_grid())
        .map(|(at, reading)| {
            let before = page.readings.get(at + 1);
            let (kwh, days) = reading.energy(before, &zone)?;
            Some(factors.in_cycle(days, kwh))
        })
        .collect();
    let emitted_at = |at: usize| emitted.get(at).and_then(Option::as_ref);
    let rows_out = page.readings.iter().enumerate();
    let rows_out = rows_out.map(|(at, reading)| co2e::row(reading, emitted_at(at)));
    let rows_out = rows_out.collect::<Result<Vec<_>>>()?;
    if context.json {
        // Readings stay as the wire has them; what they emitted stands beside, in their order.
        let mut page = serde_json::to_value(&page).map_err(std::io::Error::from)?;
        let emitted = emitted.iter().map(|emitted| {
            let mut fields = serde_json::Map::new();
            co2e::put(&mut fields, emitted.as_ref());
            serde_json::Value::Object(fields)
        });
        page["co2e"] = emitted.collect();
        return context.streams.print_json(&page);
    }
    let printed = lists::List {
        rows: &rows_out,
        columns: COLUMNS,
        empty: match meter.reading_kind {
            ReadingKind::Step => "cli-steps-not-listed",
            ReadingKind::Register => "cli-no-readings",
        },
    };
    let shown = context.shown();
    printed.print_text(context, &list.form, |_| {
        rows(&page.readings, &emitted_at, shown)
    })?;
    if list.form.csv {
        return Ok(());
    }
    co2e::say_factor(context, emitted.iter().flatten())
}

async fn edit(context: &Context, edit: Edit) -> Result<()> {
    let locale = &context.locale;
    let value = edit.value.as_deref().map(register).transpose()?;
    let home = context.at_home().await?;
    let (zone, now) = (home.zone(), now());
    let moved = edit.new_at.as_deref();
    let moved = moved.map(|text| instant(text, &zone, now, locale));
    let moved = moved.transpose().map_err(of_new_at)?;
    let meter = meter(context, &home, edit.meter.as_deref()).await?;
    let before = find(context, &home, &meter, &edit.at).await?;
    let reading = NewReading {
        read_at: moved.unwrap_or(before.read_at),
        measured: match (before.measured, value) {
            (measured, None) => measured,
            (Measured::Register { .. }, Some(kwh)) => Measured::Register {
                register_kwh: Kwh(kwh),
            },
            (Measured::Period { ends_at, .. }, Some(kwh)) => Measured::Period {
                energy_kwh: Kwh(kwh),
                ends_at,
            },
        },
        estimated: edit.estimated.unwrap_or(before.estimated),
        note: text(edit.note.as_deref(), before.note.clone()),
        register_restarted: edit.restarted.unwrap_or(before.register_restarted),
    };
    if reading == as_new(&before) {
        return Err(Failure::Usage(locale.text("cli-nothing-to-change")));
    }
    reading.check(now).map_err(of_new_at)?;
    let changed = ChangedReading {
        version: before.version,
        reading,
    };
    let (id, meter) = (home.id(), meter.meter_id);
    let written = home
        .client
        .change_reading(id, meter, before.read_at, &changed, new_key())
        .await?;
    let stands = written.reading.as_ref().unwrap_or(&before);
    let what = context.shown().reading(stands);
    say(context, Did::Changed, &what, &written)
}

async fn remove(context: &Context, remove: Remove) -> Result<()> {
    let home = context.at_home().await?;
    let meter = meter(context, &home, remove.meter.as_deref()).await?;
    let reading = find(context, &home, &meter, &remove.at).await?;
    let (id, meter) = (home.id(), meter.meter_id);
    let written = home
        .client
        .remove_reading(id, meter, reading.read_at, reading.version, new_key())
        .await?;
    let what = context.shown().reading(&reading);
    say(context, Did::Removed, &what, &written)
}

/// In a correction it is the other flag that says when.
fn of_new_at(mut errors: FieldErrors) -> FieldErrors {
    for error in &mut errors.0 {
        if error.field == "read_at" {
            "new_at".clone_into(&mut error.field);
        }
    }
    errors
}

/// The meter whose readings are meant.
pub(super) async fn meter(context: &Context, home: &AtHome, named: Option<&str>) -> Result<Meter> {
    let meters = home.client.meters(home.id()).await?;
    pick_meter(meters, named, ReadingKind::Register, &context.locale)
}

fn register(text: &str) -> Result<Decimal, FieldErrors> {
    parse_decimal(text).map_err(|_| FieldErrors::one("register_kwh", "not_a_number"))
}

/// An instant as it was typed.
fn instant(
    text: &str,
    zone: &TimeZone,
    now: Timestamp,
    locale: &Locale,
) -> Result<Timestamp, FieldErrors> {
    parse_at(text, zone, now).ok_or_else(|| {
        let mut errors = FieldErrors::default();
        let example = locale.date_time_typed(now, zone);
        errors.add_with("read_at", "not_a_date", &[("example", &example)]);
        errors
    })
}

/// The reading at this instant, or the only one within its minute: lists tell no seconds.
async fn find(context: &Context, home: &AtHome, meter: &Meter, typed: &str) -> Result<Reading> {
    let zone = home.zone();
    let at = instant(typed, &zone, now(), &context.locale)?;
    let end = at.checked_add(1.minute()).unwrap_or(Timestamp::MAX);
    let page = home
        .client
        .readings(home.id(), meter.meter_id, Some(end))
        .await?;
    let within = page.readings.into_iter();
    let mut within: Vec<Reading> = within.filter(|reading| reading.read_at >= at).collect();
    if let Some(exactly) = within.iter().position(|reading| reading.read_at == at) {
        return Ok(within.swap_remove(exactly));
    }
    match (within.pop(), within.as_slice()) {
        (Some(reading), []) => Ok(reading),
        (Some(last), others) => {
            let exact = |reading: &Reading| zone.to_datetime(reading.read_at).to_string();
            let names = others.iter().chain([&last]).map(exact).collect();
            Err(which(typed, names, &context.locale))
        }
        (None, _) => {
            let at = context.shown().instant(at);
            let words = context.locale.loader();
            let meter = meter.name.as_str();
            Err(Failure::Said(fl!(
                words,
                "cli-no-such-reading",
                at = at,
                meter = meter
            )))
        }
    }
}

/// A stored reading as it would be entered.
fn as_new(reading: &Reading) -> NewReading {
    NewReading {
        read_at: reading.read_at,
        measured: reading.measured,
        estimated: reading.estimated,
        note: reading.note.clone(),
        register_restarted: reading.register_restarted,
    }
}

fn rows<'a>(
    readings: &[Reading],
    emitted: &impl Fn(usize) -> Option<&'a co2e::Emitted>,
    shown: Shown,
) -> Table {
    let locale = shown.locale();
    let words = locale.loader();
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ]);
    table.row([
        fl!(words, "cli-column-read-at"),
        fl!(words, "cli-column-reading"),
        fl!(words, "cli-column-since"),
        fl!(words, "column-co2e"),
        fl!(words, "cli-column-remarks"),
    ]);
    for (at, reading) in readings.iter().enumerate() {
        let mut remarks = Vec::new();
        if reading.estimated {
            remarks.push(fl!(words, "text-estimate"));
        }
        if reading.register_restarted {
            remarks.push(fl!(words, "cli-restarted"));
        }
        remarks.push(locale.text(&format!("cli-source-{}", reading.source)));
        remarks.extend(reading.entered_by.clone());
        remarks.extend(reading.note.clone());
        table.row([
            shown.instant(reading.read_at),
            shown.measured(reading.measured),
            reading
                .since_previous_kwh
                .map_or_else(String::new, |kwh| locale.kwh(kwh)),
            co2e::kg(emitted(at), locale),
            remarks.join(" · "),
        ]);
    }
    table
}

/// Reads a time as programs and people write it: with an offset, else in `zone`; a time alone is
/// of today, a date alone its start.
pub(super) fn parse_at(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local = text.parse::<DateTime>().ok().or_else(|| {
        let time = text.parse::<Time>().ok()?;
        Some(zone.to_datetime(now).date().to_datetime(time))
    });
    match local {
        Some(local) => zone.to_zoned(local).ok().map(|at| at.timestamp()),
        None => parse_date_time(text, zone, now),
    }
}
