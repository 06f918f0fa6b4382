//! EcoTrack's own rows, as they are sent to the server: bytes pushed in as they come, rows out, without
//! an allocation for any of them. Whatever a file looked like, the client writes it so.
//!
//! Three headers are known. `timestamp,kwh` is what people hand in: the start of each step in ISO 8601
//! with an offset, its length the spacing of the rows. The second is [`HEADER`]: any meters together,
//! each row the energy from `start` to `end`, or what a counter showed at `start`. The third is that of
//! an export ([`named`]), which says what its meters are, for homes that do not have them. Before the second
//! header stand the bills that a file tells of.

use jiff::Timestamp;

use super::bills::{FileBill, MOST_BILLS};
use super::quoted_line::QuotedLine;
use super::{Finding, shown};
use crate::quantity::{MWH_PER_KWH, parse_decimal};
use crate::reading::MAX_KWH;
use crate::{Kwh, MeterId};

pub mod named;
#[cfg(test)]
mod tests;
mod write;
mod wrong;

use named::NamedMeter;
pub use write::{Rounding, write_bill, write_row};
use wrong::Wrong;

/// What a bill's line begins with.
const BILL: &str = "# bill ";

/// The header of rows of several meters.
pub const HEADER: &str = "meter_id,start,end,kwh,register_kwh,estimated";
const STEPS_HEADER: &str = "timestamp,kwh";

/// Most rows of one import: a thousand years of quarter-hours.
pub const MAX_STREAMED_ROWS: u64 = 50_000_000;

/// Longest line: a row with the longest note. What has no lines must not fill the memory.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// Most meters that a file may say something of.
const MAX_METERS: usize = 1000;

/// What a file is made of, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFormat {
    /// `timestamp,kwh`: steps of one meter, which the file does not name.
    Steps,
    /// [`HEADER`].
    Rows,
    /// [`named::HEADER`].
    Named,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnLine<'a> {
    /// In what time zone the home is that the file comes from.
    Zone(String),
    /// What a meter is. All of them come before the first row, and are counted from 0.
    Meter(Box<NamedMeter>),
    /// A bill. All of them come before the header.
    Bill(Box<FileBill>),
    /// A row.
    Row(OwnRow<'a>),
}

/// Which meter a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnMeter {
    /// The file does not say.
    Unnamed,
    /// By its key.
    Key(MeterId),
    /// By its place among the meters that the file told of.
    Told(usize),
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRow<'a> {
    /// The meter.
    pub meter: OwnMeter,
    /// Second of the start, or of the register.
    pub start: i64,
    /// What it says.
    pub said: Said,
    /// An estimate, not a measurement.
    pub estimated: bool,
    /// The counter began anew here.
    pub restarted: bool,
    /// A word on it, as the file has it ([`named::unescaped`]).
    pub note: Option<&'a str>,
    /// Its line, from 1.
    pub line: u64,
}

/// What a row says, in milliwatt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Energy of a step, whose length the other rows tell.
    Step {
        /// Energy.
        mwh: i64,
    },
    /// Energy until the second `end`.
    Energy {
        /// Second of the end, itself not included; after the start.
        end: i64,
        /// Energy.
        mwh: i64,
    },
    /// What the counter showed.
    Register {
        /// Where it stood.
        mwh: i64,
    },
}

/// Reads rows out of chunks of bytes that begin and end anywhere.
#[derive(Debug, Default)]
pub struct OwnRows {
    /// The beginning of a line whose end is still to come.
    carry: Vec<u8>,
    line: u64,
    rows: u64,
    format: Option<OwnFormat>,
    /// The meter and the date of the row before: most rows repeat them.
    meter: Option<([u8; 36], MeterId)>,
    date: Option<([u8; 10], i64)>,
    /// Names of the meters that the file told of, and the one of the row before.
    told: Vec<String>,
    last_told: usize,
    /// The file began with what an export begins with.
    is_export: bool,
    bills: usize,
    quoted: QuotedLine,
}

impl OwnRows {
    /// What the header said, once it was read.
    pub fn format(&self) -> Option<OwnFormat> {
        self.format
    }

    /// Reads what these bytes complete. Each row goes to `take`, or what is wrong with it.
    ///
    /// # Errors
    /// A finding after which nothing of the file can be read: `header`, `line_too_long`,
    /// `too_many_rows`.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        take: &mut impl FnMut(Result<OwnLine<'_>, Finding>),
    ) -> Result<(), Finding> {
        if !self.carry.is_empty() {
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                return self.keep(bytes);
            };
            self.keep(&bytes[..end])?;
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.carry);
            self.line(&line, take)?;
            self.carry = line;
            self.carry.clear();
        }
        // The standard library searches bytes a word at a time.
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        for line in &mut lines {
            match line.split_last() {
                Some((b'\n', line)) => self.line(line, take)?,
                _ => self.keep(line)?,
            }
        }
        Ok(())
    }

    /// Reads the last line, which may have no end.
    ///
    /// # Errors
    /// As [`push`](Self::push); an empty file has no header.
    pub fn finish(
        &mut self,
        take: &mut impl FnMut(Result<OwnLine<'_>, Finding>),
    ) -> Result<(), Finding> {
        let line = std::mem::take(&mut self.carry);
        if !line.is_empty() {
            self.line(&line, take)?;
        }
        match self.format {
            Some(_) => Ok(()),
            None => Err(Finding::new(1, "header", &[("found", "")])),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Finding> {
        if self.carry.len() + bytes.len() > MAX_LINE_BYTES {
            return Err(Finding::new(
                self.line + 1,
                "line_too_long",
                &[("max", &MAX_LINE_BYTES.to_string())],
            ));
        }
        self.carry.extend_from_slice(bytes);
        Ok(())
    }

    fn line(
        &mut self,
        line: &[u8],
        take: &mut impl FnMut(Result<OwnLine<'_>, Finding>),
    ) -> Result<(), Finding> {
        self.line += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(format) = self.format else {
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            if line.starts_with(named::MARK) {
                take(Ok(self.told(line)?));
            } else {
                self.format = Some(self.header(line)?);
            }
            return Ok(());
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        self.rows += 1;
        if self.rows > MAX_STREAMED_ROWS {
            return Err(Finding::new(
                0,
                "too_many_rows",
                &[("max", &MAX_STREAMED_ROWS.to_string())],
            ));
        }
        let number = self.line;
        let named = |wrong: Wrong<'_>| wrong.finding(number, format);
        if line.contains(&b'"') {
            match self.unquoted(line) {
                None => take(Err(named(Wrong::Columns(0)))),
                Some(plain) => take(
                    self.row(format, &plain, 0x1f)
                        .map(OwnLine::Row)
                        .map_err(named),
                ),
            }
        } else {
            take(
                self.row(format, line, b',')
                    .map(OwnLine::Row)
                    .map_err(named),
            );
        }
        Ok(())
    }

    /// A line before the header of an export.
    fn told(&mut self, line: &[u8]) -> Result<OwnLine<'static>, Finding> {
        let wrong = |code: &str| {
            let found = shown(&String::from_utf8_lossy(line));
            Finding::new(self.line, code, &[("found", &found)])
        };
        let text = std::str::from_utf8(line).map_err(|_| wrong("encoding"))?;
        if let Some(bill) = text.strip_prefix(BILL) {
            self.bills += 1;
            if self.bills > MOST_BILLS {
                let max = MOST_BILLS.to_string();
                return Err(Finding::new(self.line, "too_many_bills", &[("max", &max)]));
            }
            let bill = serde_json::from_str(bill).map_err(|_| wrong("bill_line"))?;
            return Ok(OwnLine::Bill(bill));
        }
        if !self.is_export {
            let zone = named::zone(text).map_err(wrong)?.to_owned();
            self.is_export = true;
            return Ok(OwnLine::Zone(zone));
        }
        let meter = named::meter(text).ok_or_else(|| wrong("meter_line"))?;
        if self.told.contains(&meter.name) || self.told.len() >= MAX_METERS {
            return Err(wrong("meter_line"));
        }
        self.told.push(meter.name.clone());
        Ok(OwnLine::Meter(Box::new(meter)))
    }

    /// The fields of a line with quotes, between marks that no text holds; `None` where there are none.
    fn unquoted(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        let cells: Vec<&[u8]> = self.quoted.cells(line).collect();
        (!cells.is_empty()).then(|| cells.join(&0x1f))
    }

    fn header(&mut self, line: &[u8]) -> Result<OwnFormat, Finding> {
        let plain = self.unquoted(line).unwrap_or_default();
        let text = String::from_utf8_lossy(&plain);
        let names: Vec<&str> = text.split('\u{1f}').map(str::trim).collect();
        match names.join(",").as_str() {
            STEPS_HEADER => Ok(OwnFormat::Steps),
            HEADER => Ok(OwnFormat::Rows),
            named::HEADER if self.is_export => Ok(OwnFormat::Named),
            _ => {
                let found = shown(&String::from_utf8_lossy(line));
                Err(Finding::new(self.line, "header", &[("found", &found)]))
            }
        }
    }

    fn row<'a>(
        &mut self,
        format: OwnFormat,
        line: &'a [u8],
        mark: u8,
    ) -> Result<OwnRow<'a>, Wrong<'a>> {
        let mut fields = line.split(|byte| *byte == mark);
        let mut count = 0;
        let mut untrimmed = || {
            count += 1;
            fields.next().ok_or(Wrong::Columns(count - 1))
        };
        let mut field = || untrimmed().map(<[u8]>::trim_ascii);
        let row = match format {
            OwnFormat::Steps => {
                let (start, kwh) = (field()?, field()?);
                OwnRow {
                    meter: OwnMeter::Unnamed,
                    start: self.instant(start)?,
                    said: Said::Step {
                        mwh: energy(kwh, i64::from(i32::MAX))?,
                    },
                    estimated: false,
                    restarted: false,
                    note: None,
                    line: self.line,
                }
            }
            OwnFormat::Rows | OwnFormat::Named => {
                let (meter, start, end) = (field()?, field()?, field()?);
                let (kwh, register, estimated) = (field()?, field()?, field()?);
                let (restarted, note) = match format {
                    OwnFormat::Named => (flag(field()?)?, note(untrimmed()?)?),
                    _ => (false, None),
                };
                let start_at = self.instant(start)?;
                let max = MAX_KWH * MWH_PER_KWH;
                let said = match (end, kwh, register) {
                    (b"", b"", register) => Said::Register {
                        mwh: energy(register, max)?,
                    },
                    (end, kwh, b"") => {
                        let until = self.instant(end)?;
                        if until <= start_at {
                            return Err(Wrong::Cell("ends_before_it_starts", end));
                        }
                        Said::Energy {
                            end: until,
                            mwh: energy(kwh, max)?,
                        }
                    }
                    (_, _, register) => return Err(Wrong::Cell("energy_or_register", register)),
                };
                OwnRow {
                    meter: match format {
                        OwnFormat::Named => OwnMeter::Told(self.told_meter(meter)?),
                        _ => OwnMeter::Key(self.meter(meter)?),
                    },
                    start: start_at,
                    said,
                    estimated: flag(estimated)?,
                    restarted,
                    note,
                    line: self.line,
                }
            }
        };
        match fields.count() {
            0 => Ok(row),
            more => Err(Wrong::Columns(count + more)),
        }
    }

    fn meter<'a>(&mut self, text: &'a [u8]) -> Result<MeterId, Wrong<'a>> {
        if let Some((known, id)) = &self.meter
            && known == text
        {
            return Ok(*id);
        }
        let id = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok());
        let id = id.ok_or(Wrong::Cell("unknown_meter", text))?;
        self.meter = text.try_into().ok().map(|text| (text, id));
        Ok(id)
    }

    /// The place of a meter that the file told of.
    fn told_meter<'a>(&mut self, text: &'a [u8]) -> Result<usize, Wrong<'a>> {
        let name = std::str::from_utf8(text).map_err(|_| Wrong::Cell("encoding", text))?;
        let name = named::unmarked(name);
        if self
            .told
            .get(self.last_told)
            .is_none_or(|known| known != name)
        {
            let at = self.told.iter().position(|known| known == name);
            self.last_told = at.ok_or(Wrong::Cell("meter_not_told", text))?;
        }
        Ok(self.last_told)
    }

    /// The second of an instant. The usual forms are read here, all others by jiff.
    fn instant<'a>(&mut self, text: &'a [u8]) -> Result<i64, Wrong<'a>> {
        if let Some(second) = self.usual_instant(text) {
            return Ok(second);
        }
        let words = std::str::from_utf8(text).map_err(|_| Wrong::Cell("encoding", text))?;
        if let Ok(at) = words.parse::<Timestamp>() {
            return Ok(at.as_second());
        }
        // A civil time parses, but says nothing of where on Earth it is meant.
        let civil = words.parse::<jiff::civil::DateTime>().is_ok();
        Err(Wrong::Cell(
            if civil { "no_offset" } else { "timestamp" },
            text,
        ))
    }

    /// `2026-01-31T23:45Z`, with seconds or without, `Z` or an offset of hours and minutes.
    fn usual_instant(&mut self, text: &[u8]) -> Option<i64> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let day = match &self.date {
            Some((known, day)) if known == date => *day,
            _ => {
                let civil: jiff::civil::Date = std::str::from_utf8(date).ok()?.parse().ok()?;
                let day = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
                self.date = Some((*date, day.as_second()));
                day.as_second()
            }
        };
        let (clock, rest) = rest.split_first_chunk::<6>()?;
        let [b'T' | b' ', h1, h2, b':', m1, m2] = clock else {
            return None;
        };
        let (hour, minute) = (two(*h1, *h2)?, two(*m1, *m2)?);
        let (second, rest) = match rest {
            [b':', s1, s2, rest @ ..] => (two(*s1, *s2)?, rest),
            rest => (0, rest),
        };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let offset = match rest {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        Some(day + hour * 3600 + minute * 60 + second - offset)
    }
}

fn flag(text: &[u8]) -> Result<bool, Wrong<'_>> {
    match text {
        b"" | b"false" => Ok(false),
        b"true" => Ok(true),
        other => Err(Wrong::Cell("true_or_false", other)),
    }
}

/// A word on a row, as it stands there.
fn note(text: &[u8]) -> Result<Option<&str>, Wrong<'_>> {
    let note = std::str::from_utf8(text).map_err(|_| Wrong::Cell("encoding", text))?;
    if note.trim().is_empty() {
        return Ok(None);
    }
    if named::is_note(note) {
        Ok(Some(note))
    } else {
        Err(Wrong::Cell("note", text))
    }
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Milliwatt-hours of a number of kWh.
fn energy(text: &[u8], max_mwh: i64) -> Result<i64, Wrong<'_>> {
    let mwh = if let Some(mwh) = usual_energy(text) {
        mwh
    } else {
        let words = std::str::from_utf8(text).map_err(|_| Wrong::Cell("encoding", text))?;
        let kwh = parse_decimal(words).map_err(|_| Wrong::Cell("number", text))?;
        if kwh.is_sign_negative() && !kwh.is_zero() {
            return Err(Wrong::Cell("negative", text));
        }
        Kwh(kwh).to_mwh().unwrap_or(i64::MAX)
    };
    if mwh > max_mwh {
        return Err(Wrong::TooLarge(text, max_mwh));
    }
    Ok(mwh)
}

/// Digits with a point and up to six places; what has more, another mark or a sign is read elsewhere.
fn usual_energy(text: &[u8]) -> Option<i64> {
    if text.len() > 16 {
        return None;
    }
    let mut mwh: i64 = 0;
    let mut places = None;
    for byte in text {
        match (byte, &mut places) {
            (b'.', None) => places = Some(0),
            (b'0'..=b'9', places) => {
                mwh = mwh * 10 + i64::from(byte - b'0');
                if let Some(places) = places {
                    *places += 1;
                }
            }
            _ => return None,
        }
    }
    let scale = match places {
        None if text.is_empty() => return None,
        None => 6,
        Some(0) => return None,
        Some(places) => 6_u32.checked_sub(places)?,
    };
    mwh.checked_mul(10_i64.pow(scale))
}
