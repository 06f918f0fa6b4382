//! The export of a home's readings: everything that its meters said, in a file that another home can
//! take in, whether it has those meters or not.
//!
//! ```text
//! # ecotrack readings 1 America/Sao_Paulo
//! # meter {"name":"Casa","channel":"grid_import","reading_kind":"register","register_digits":5}
//! # meter {"name":"Quarter-hours","channel":"grid_import","reading_kind":"step","same_as":"Casa"}
//! meter,start,end,kwh,register_kwh,estimated,restarted,note
//! Casa,2026-01-01T09:30:00Z,,,10250.000000,,,new year
//! Quarter-hours,2026-01-01T03:00:00Z,2026-01-01T03:15:00Z,0.125000,,,,
//! ```
//!
//! The first line names the format, its version and the home's time zone, by whose midnights `from` and
//! `to` of an export are cut. Then comes a line for each meter, by its name, and rows by that name in order
//! of time: the energy from `start` to `end`, or what a counter showed at `start`. What is missing has no
//! row. The device that a meter belongs to is not in it: homes that have the meter keep that.
//!
//! In `note` a line break is `\n` and a backslash `\\`. What a spreadsheet would take for a formula has a
//! `'` before it, in names too, which is taken away again.
//!
//! As JSON the same stands in one object: `format`, `version`, `time_zone`, `meters`, `rows`.

use std::borrow::Cow;
use std::io::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::write::write_said;
use super::{OwnRow, Said};
use crate::meter::{Channel, NewMeter, ReadingKind};
use crate::{Kwh, MeterId};

/// The header of the rows.
pub const HEADER: &str = "meter,start,end,kwh,register_kwh,estimated,restarted,note";
/// What the first line begins with, up to the version.
pub const FIRST: &str = "# ecotrack readings ";
/// The version of the format.
pub const VERSION: u32 = 1;

/// Lines before the header begin with it.
pub(super) const MARK: &[u8] = b"# ";
const METER: &str = "# meter ";
const MAX_NOTE_CHARS: usize = 500;

/// A meter without keys, as a home can make it that never saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedMeter {
    /// What its people call it; no other meter of the home has this name.
    pub name: String,
    /// What flows through it.
    pub channel: Channel,
    /// How its facts are known.
    pub reading_kind: ReadingKind,
    /// Digits before the decimal mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_digits: Option<i16>,
    /// The name of another meter that knows the same flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Whether no alerts are wanted of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alerts_off: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl NamedMeter {
    /// The meter as it is made, where the one that it names has this key.
    pub fn to_new(&self, same_as: Option<MeterId>) -> NewMeter {
        NewMeter {
            name: self.name.trim().to_owned(),
            channel: self.channel,
            reading_kind: self.reading_kind,
            register_digits: self.register_digits,
            profile_device_id: None,
            same_as,
            alerts_off: self.alerts_off,
        }
    }
}

/// Whether a file begins as an export does.
pub fn is_export(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.starts_with(FIRST.as_bytes())
}

/// Writes the lines before the rows.
///
/// # Errors
/// Those of `out`.
pub fn write_head(
    out: &mut impl Write,
    time_zone: &str,
    meters: &[NamedMeter],
) -> std::io::Result<()> {
    writeln!(out, "{FIRST}{VERSION} {time_zone}")?;
    for meter in meters {
        writeln!(out, "{METER}{}", serde_json::to_string(meter)?)?;
    }
    writeln!(out, "{HEADER}")
}

/// Writes a row of the meter of this name. The row's note is the word itself, not yet escaped.
///
/// # Errors
/// Those of `out`, and `InvalidInput` for a row without an end that tells of energy.
pub fn write_row(out: &mut impl Write, meter: &str, row: &OwnRow<'_>) -> std::io::Result<()> {
    let start = Timestamp::from_second(row.start).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    write!(out, "{},{start},", cell(&marked(meter)))?;
    write_said(out, row)?;
    let restarted = if row.restarted { "true" } else { "" };
    let note = row.note.map(escaped);
    let note = note.as_deref().map(marked).unwrap_or_default();
    writeln!(out, ",{restarted},{}", cell(&note))
}

/// The beginning of the same as JSON, up to the first row.
///
/// # Errors
/// Those of `out`.
pub fn write_json_head(
    out: &mut impl Write,
    time_zone: &str,
    meters: &[NamedMeter],
) -> std::io::Result<()> {
    let (zone, meters) = (
        serde_json::to_string(time_zone)?,
        serde_json::to_string(meters)?,
    );
    write!(
        out,
        "{{\"format\":\"ecotrack readings\",\"version\":{VERSION},\"time_zone\":{zone},\"meters\":{meters},\"rows\":["
    )
}

/// A row as JSON, without what stands between rows.
///
/// # Errors
/// As [`write_row`].
pub fn write_json_row(out: &mut impl Write, meter: &str, row: &OwnRow<'_>) -> std::io::Result<()> {
    let instant = |second| {
        Timestamp::from_second(second)
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidInput))
    };
    let kwh = |mwh| Some(Kwh::from_mwh(mwh));
    let (end, energy, register) = match row.said {
        Said::Energy { end, mwh } => (Some(instant(end)?), kwh(mwh), None),
        Said::Register { mwh } => (None, None, kwh(mwh)),
        Said::Step { .. } => return Err(std::io::ErrorKind::InvalidInput.into()),
    };
    let row = JsonRow {
        meter,
        start: instant(row.start)?,
        end,
        kwh: energy,
        register_kwh: register,
        estimated: row.estimated,
        restarted: row.restarted,
        note: row.note,
    };
    Ok(serde_json::to_writer(out, &row)?)
}

#[derive(Serialize)]
struct JsonRow<'a> {
    meter: &'a str,
    start: Timestamp,
    end: Option<Timestamp>,
    kwh: Option<Kwh>,
    register_kwh: Option<Kwh>,
    estimated: bool,
    restarted: bool,
    note: Option<&'a str>,
}

/// The time zone of a first line, or the code of what is wrong with that.
pub(super) fn zone(line: &str) -> Result<&str, &'static str> {
    let rest = line.strip_prefix(FIRST).ok_or("header")?;
    match rest.trim().split_once(' ') {
        Some((version, zone)) if version.parse() == Ok(VERSION) => Ok(zone.trim()),
        _ => Err("export_version"),
    }
}

/// The meter of a line that tells of one.
pub(super) fn meter(line: &str) -> Option<NamedMeter> {
    let mut meter: NamedMeter = serde_json::from_str(line.strip_prefix(METER)?).ok()?;
    meter.name = meter.name.trim().to_owned();
    meter.same_as = meter.same_as.map(|name| name.trim().to_owned());
    meter.to_new(None).check().ok()?;
    Some(meter)
}

/// Whether a cell can be a note.
pub(super) fn is_note(cell: &str) -> bool {
    let text = unescaped(cell);
    let whole = text.as_deref().is_some_and(|text| {
        text.chars().count() <= MAX_NOTE_CHARS && !text.chars().any(|c| c.is_control() && c != '\n')
    });
    whole && !cell.chars().any(char::is_control)
}

/// The word that a cell stands for; `None` where a backslash means nothing.
pub fn unescaped(cell: &str) -> Option<Cow<'_, str>> {
    let cell = unmarked(cell);
    if !cell.contains('\\') {
        return Some(Cow::Borrowed(cell));
    }
    let mut text = String::with_capacity(cell.len());
    let mut chars = cell.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        });
    }
    Some(Cow::Owned(text))
}

fn escaped(note: &str) -> String {
    note.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Text that no spreadsheet takes for a formula; [`unmarked`] gives it back whatever it was.
fn marked(text: &str) -> Cow<'_, str> {
    if is_risky(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Takes the mark away.
pub(super) fn unmarked(text: &str) -> &str {
    text.strip_prefix('\'')
        .filter(|rest| is_risky(rest))
        .unwrap_or(text)
}

fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '@', '+', '-'])
}

fn cell(text: &str) -> Cow<'_, str> {
    let plain = !text.contains([',', '"', ';']) && text.trim() == text;
    if plain {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    }
}
