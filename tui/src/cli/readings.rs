//! `readings add` and `readings list`.

use clap::Args;
use ecotrack_common::locale::{Locale, fl, parse_date_time};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::reading::{Measured, NewReading, Reading, ReadingPage};
use ecotrack_common::{FieldErrors, Kwh};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::account::wrong_fields;
use super::context::{Context, now, pick_meter};
use super::table::{Side, Table};
use super::{Failure, Result, output};
use crate::client::new_key;

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
}

pub(super) async fn add(context: &Context, add: Add) -> Result<()> {
    let locale = &context.locale;
    let refuse = |field: &str, code: &str, params: &[(&str, &str)]| {
        let mut errors = FieldErrors::default();
        errors.add_with(field, code, params);
        Failure::Usage(wrong_fields(context, errors))
    };
    let register =
        parse_decimal(&add.value).map_err(|_| refuse("register_kwh", "not_a_number", &[]))?;
    let home = context.at_home().await?;
    let zone = home.zone();
    let now = now();
    let read_at = match &add.at {
        None => now,
        Some(text) => parse_at(text, &zone, now).ok_or_else(|| {
            let example = locale.date_time_typed(now, &zone);
            refuse("read_at", "not_a_date", &[("example", &example)])
        })?,
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
    new.check(now)
        .map_err(|errors| Failure::Usage(wrong_fields(context, errors)))?;
    let meters = home.client.meters(home.id()).await?;
    let meter = pick_meter(meters, add.meter.as_deref(), ReadingKind::Register, locale)?;
    let written = home
        .client
        .create_reading(home.id(), meter.meter_id, &new, new_key())
        .await?;
    if context.json {
        return output::print_json(&written);
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
    output::print_line(&sentence)
}

pub(super) async fn list(context: &Context, list: List) -> Result<()> {
    let home = context.at_home().await?;
    let meters = home.client.meters(home.id()).await?;
    let meter = pick_meter(
        meters,
        list.meter.as_deref(),
        ReadingKind::Register,
        &context.locale,
    )?;
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
    if context.json {
        return output::print_json(&page);
    }
    if page.readings.is_empty() && meter.reading_kind == ReadingKind::Step {
        return output::print_line(&context.locale.text("cli-steps-not-listed"));
    }
    if page.readings.is_empty() {
        return output::print_line(&context.locale.text("cli-no-readings"));
    }
    output::print(&rows(&page.readings, &context.locale, &home.zone()).render(0, usize::MAX))
}

fn rows(readings: &[Reading], locale: &Locale, zone: &TimeZone) -> Table {
    let words = locale.loader();
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Right, Side::Left]);
    table.row([
        fl!(words, "cli-column-read-at"),
        fl!(words, "cli-column-reading"),
        fl!(words, "cli-column-since"),
        fl!(words, "cli-column-remarks"),
    ]);
    for reading in readings {
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
            locale.date_time(reading.read_at, zone),
            measured(reading, locale, zone),
            reading
                .since_previous_kwh
                .map_or_else(String::new, |kwh| locale.kwh(kwh)),
            remarks.join(" · "),
        ]);
    }
    table
}

/// What a reading says: `12,345.6 kWh`, or `3.2 kWh (until 10 Nov 2026 14:05)`.
pub(crate) fn measured(reading: &Reading, locale: &Locale, zone: &TimeZone) -> String {
    match reading.measured {
        Measured::Register { register_kwh } => format!("{} kWh", locale.register(register_kwh)),
        Measured::Period {
            energy_kwh,
            ends_at,
        } => {
            let kwh = format!("{} kWh", locale.register(energy_kwh));
            fl!(
                locale.loader(),
                "cli-period",
                kwh = kwh,
                until = locale.date_time(ends_at, zone)
            )
        }
    }
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
