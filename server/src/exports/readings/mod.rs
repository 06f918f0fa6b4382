//! Readings and steps of a home's meters, in the form in which they come back.

use ecotrack_common::export::ExportFormat;
use ecotrack_common::import::own_rows::named::{self, NamedMeter};
use ecotrack_common::import::own_rows::{OwnMeter, OwnRow, Said};
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::{EnergyProfileId, MeterId};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

pub mod store;

use super::out::Out;
use crate::readings::derive::local_day;
use crate::{meters, profiles};
use store::{DayOfSteps, Reading};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The home.
    pub profile: EnergyProfileId,
    /// First and last local day on which a row may start.
    pub days: (Date, Date),
    /// One meter only.
    pub meter: Option<MeterId>,
    /// The form.
    pub format: ExportFormat,
}

/// Writes them, some hundred days at a time.
pub async fn write(conn: &mut PgConnection, wanted: Wanted, mut out: Out) -> anyhow::Result<Out> {
    let zone = profiles::store::zone(conn, wanted.profile).await?;
    let mut meters = meters::store::list(conn, wanted.profile).await?;
    meters.retain(|meter| wanted.meter.is_none_or(|only| only == meter.meter_id));
    meters.sort_by(|a, b| a.name.cmp(&b.name));
    let name = zone.iana_name().unwrap_or("UTC");
    let told: Vec<NamedMeter> = meters.iter().map(|meter| tell(meter, &meters)).collect();
    let mut rows = Rows {
        format: wanted.format,
        any: false,
    };
    match wanted.format {
        ExportFormat::Csv => named::write_head(&mut out.buffer, name, &told)?,
        ExportFormat::Json => named::write_json_head(&mut out.buffer, name, &told)?,
    }
    for meter in &meters {
        match meter.reading_kind {
            ReadingKind::Step => steps(conn, wanted, meter, &mut rows, &mut out).await?,
            ReadingKind::Register => {
                readings(conn, wanted, &zone, meter, &mut rows, &mut out).await?;
            }
        }
    }
    if wanted.format == ExportFormat::Json {
        out.buffer.extend(b"\n]}\n");
    }
    Ok(out)
}

fn tell(meter: &Meter, all: &[Meter]) -> NamedMeter {
    let named = |id: MeterId| all.iter().find(|other| other.meter_id == id);
    NamedMeter {
        name: meter.name.clone(),
        channel: meter.channel,
        reading_kind: meter.reading_kind,
        register_digits: meter.register_digits,
        same_as: meter
            .same_as
            .and_then(named)
            .map(|other| other.name.clone()),
        alerts_off: meter.alerts_off,
    }
}

async fn readings(
    conn: &mut PgConnection,
    wanted: Wanted,
    zone: &TimeZone,
    meter: &Meter,
    rows: &mut Rows,
    out: &mut Out,
) -> anyhow::Result<()> {
    let (first, last) = wanted.days;
    let (from, _) = local_day(first, zone);
    let (until, _) = local_day(last.saturating_add(1.day()), zone);
    let mut after = None;
    loop {
        let page =
            store::list_readings(conn, wanted.profile, meter.meter_id, from, until, after).await?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        after = Some(end.read_at);
        for reading in &page {
            rows.push(&meter.name, &reading_row(reading), &mut out.buffer)?;
        }
        out.go_on().await?;
    }
}

fn reading_row(reading: &Reading) -> OwnRow<'_> {
    let mwh = reading.kwh.to_mwh().unwrap_or_default();
    OwnRow {
        meter: OwnMeter::Unnamed,
        start: reading.read_at.as_second(),
        said: match reading.ends_at {
            Some(ends_at) => Said::Energy {
                end: ends_at.as_second(),
                mwh,
            },
            None => Said::Register { mwh },
        },
        estimated: reading.estimated,
        restarted: reading.restarted,
        note: reading.note.as_deref(),
        line: 0,
    }
}

async fn steps(
    conn: &mut PgConnection,
    wanted: Wanted,
    meter: &Meter,
    rows: &mut Rows,
    out: &mut Out,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page =
            store::list_steps(conn, wanted.profile, meter.meter_id, wanted.days, after).await?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        after = Some(end.date);
        for day in &page {
            for row in rows_of(day) {
                rows.push(&meter.name, &row, &mut out.buffer)?;
            }
            out.go_on().await?;
        }
    }
}

fn rows_of(day: &DayOfSteps) -> impl Iterator<Item = OwnRow<'static>> + '_ {
    let seconds = i64::from(day.step_minutes) * 60;
    let starts = (0_i64..).map(move |at| day.starts_at.as_second() + at * seconds);
    let estimated = |at: usize| day.estimated.as_ref().is_some_and(|flags| flags[at]);
    let steps = day.mwh.iter().enumerate().zip(starts);
    steps.filter_map(move |((at, mwh), start)| {
        Some(OwnRow {
            meter: OwnMeter::Unnamed,
            start,
            said: Said::Energy {
                end: start + seconds,
                mwh: i64::from((*mwh)?),
            },
            estimated: estimated(at),
            restarted: false,
            note: None,
            line: 0,
        })
    })
}

struct Rows {
    format: ExportFormat,
    /// Whether there was a row before.
    any: bool,
}

impl Rows {
    fn push(&mut self, meter: &str, row: &OwnRow<'_>, out: &mut Vec<u8>) -> std::io::Result<()> {
        match self.format {
            ExportFormat::Csv => named::write_row(out, meter, row),
            ExportFormat::Json => {
                out.extend(if std::mem::replace(&mut self.any, true) {
                    ",\n".as_bytes()
                } else {
                    b"\n"
                });
                named::write_json_row(out, meter, row)
            }
        }
    }
}
