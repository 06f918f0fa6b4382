//! The line protocol of `InfluxDB`, `measurement,tag=value field=value timestamp`: one line for whoever takes it live,
//! and files of it. Home Assistant writes the unit as the measurement.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::payload::{Measured, Nature};
use super::readings::{Readings, Way};
use crate::import::number::{self, Cell, DecimalMark, Number};
use crate::import::series::Series;
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

#[cfg(test)]
mod tests;

/// One point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'l> {
    /// What is measured.
    pub measurement: Cow<'l, str>,
    /// What tells its series from others.
    pub tags: Vec<(Cow<'l, str>, Cow<'l, str>)>,
    /// Its values.
    pub fields: Vec<(Cow<'l, str>, Value<'l>)>,
    /// In the unit that the sender says beside it; none for now.
    pub timestamp: Option<i64>,
}

/// A value of a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'l> {
    /// `1.5`, `3i`, `3u`
    Number(Number),
    /// `"text"`
    Text(Cow<'l, str>),
    /// `t`, `false`
    Bool(bool),
}

/// Why a line is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at column {column}")]
pub struct LineError {
    /// Where, in bytes from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: Wrong,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing before the first comma or blank.
    #[error("missing measurement")]
    Measurement,
    /// A tag without a key or a value.
    #[error("invalid tag")]
    Tag,
    /// No field, or one without a key or a value.
    #[error("invalid field")]
    Field,
    /// A value that is neither a finite number, a text in quotes nor a truth value.
    #[error("invalid field value")]
    Value,
    /// A text that does not end.
    #[error("unclosed text")]
    Text,
    /// What follows the fields is no whole number.
    #[error("invalid timestamp")]
    Timestamp,
}

/// What a timestamp counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// Billionths of a second, where nothing else is said.
    #[default]
    Nanoseconds,
    /// Millionths.
    Microseconds,
    /// Thousandths.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes; in the first version of the interface.
    Minutes,
    /// Hours; in the first version of the interface.
    Hours,
}

impl Precision {
    /// As the parameter `precision` of either version of the interface has it.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" | "n" | "ns" => Self::Nanoseconds,
            "u" | "us" | "µ" | "µs" => Self::Microseconds,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            "m" => Self::Minutes,
            "h" => Self::Hours,
            _ => return None,
        })
    }

    /// Whole seconds since 1970 of a timestamp; none where that is beyond counting.
    pub fn seconds(self, timestamp: i64) -> Option<i64> {
        match self {
            Self::Nanoseconds => Some(timestamp.div_euclid(1_000_000_000)),
            Self::Microseconds => Some(timestamp.div_euclid(1_000_000)),
            Self::Milliseconds => Some(timestamp.div_euclid(1_000)),
            Self::Seconds => Some(timestamp),
            Self::Minutes => timestamp.checked_mul(60),
            Self::Hours => timestamp.checked_mul(3_600),
        }
    }
}

/// Reads one line.
pub fn parse_line(text: &str) -> Result<Line<'_>, LineError> {
    let mut at = Cursor { text, at: 0 };
    at.blanks();
    let measurement = at.until(b", ", Escapes::Measurement);
    if measurement.is_empty() {
        return Err(at.wrong(Wrong::Measurement));
    }
    let mut tags = Vec::new();
    while at.next_is(b',') {
        let key = at.until(b"=, ", Escapes::Key);
        if key.is_empty() || !at.next_is(b'=') {
            return Err(at.wrong(Wrong::Tag));
        }
        let value = at.until(b", ", Escapes::Key);
        if value.is_empty() {
            return Err(at.wrong(Wrong::Tag));
        }
        tags.push((key, value));
    }
    at.blanks();
    let mut fields = Vec::new();
    loop {
        let key = at.until(b"=, ", Escapes::Key);
        if key.is_empty() || !at.next_is(b'=') {
            return Err(at.wrong(Wrong::Field));
        }
        fields.push((key, at.value()?));
        if !at.next_is(b',') {
            break;
        }
    }
    if !at.rest().is_empty() && !at.rest().starts_with(' ') {
        return Err(at.wrong(Wrong::Value));
    }
    at.blanks();
    let rest = at.rest().trim_end();
    let timestamp = if rest.is_empty() {
        None
    } else {
        Some(rest.parse().map_err(|_| at.wrong(Wrong::Timestamp))?)
    };
    Ok(Line {
        measurement,
        tags,
        fields,
        timestamp,
    })
}

struct Cursor<'l> {
    text: &'l str,
    at: usize,
}

/// What a backslash may stand before.
#[derive(Clone, Copy)]
enum Escapes {
    Measurement,
    Key,
}

impl<'l> Cursor<'l> {
    fn rest(&self) -> &'l str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    fn next_is(&mut self, byte: u8) -> bool {
        let is = self.rest().as_bytes().first() == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn wrong(&self, what: Wrong) -> LineError {
        LineError {
            column: self.at + 1,
            what,
        }
    }

    /// Up to one of the bytes `ends`, all of which are ASCII, or the end of the line.
    fn until(&mut self, ends: &[u8], escapes: Escapes) -> Cow<'l, str> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut length = 0;
        let mut has_escapes = false;
        while let Some(byte) = bytes.get(length) {
            if *byte == b'\\' && length + 1 < bytes.len() && bytes[length + 1].is_ascii() {
                has_escapes = true;
                length += 2;
            } else if ends.contains(byte) {
                break;
            } else {
                length += 1;
            }
        }
        self.at += length;
        let text = &rest[..length];
        if !has_escapes {
            return Cow::Borrowed(text);
        }
        let special = |c: char| match escapes {
            Escapes::Measurement => matches!(c, ',' | ' '),
            Escapes::Key => matches!(c, ',' | ' ' | '='),
        };
        Cow::Owned(unescaped(text, special))
    }

    fn value(&mut self) -> Result<Value<'l>, LineError> {
        if self.next_is(b'"') {
            return self.quoted();
        }
        let begin = self.at;
        let text = self.until(b", ", Escapes::Measurement);
        let value = match text.as_ref() {
            "t" | "T" | "true" | "True" | "TRUE" => Value::Bool(true),
            "f" | "F" | "false" | "False" | "FALSE" => Value::Bool(false),
            text => {
                let digits = text.strip_suffix(['i', 'u']).unwrap_or(text);
                let plain = !digits.is_empty()
                    && digits
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
                let number = plain.then(|| number::read(digits, DecimalMark::Point));
                let Some(Cell::Value(number)) = number else {
                    self.at = begin;
                    return Err(self.wrong(Wrong::Value));
                };
                Value::Number(number)
            }
        };
        Ok(value)
    }

    fn quoted(&mut self) -> Result<Value<'l>, LineError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut length = 0;
        let mut escaped = false;
        loop {
            match bytes.get(length) {
                None => return Err(self.wrong(Wrong::Text)),
                Some(b'"') => break,
                Some(b'\\') if bytes.get(length + 1).is_some_and(u8::is_ascii) => {
                    escaped = true;
                    length += 2;
                }
                Some(_) => length += 1,
            }
        }
        self.at += length + 1;
        let text = &rest[..length];
        Ok(Value::Text(if escaped {
            Cow::Owned(unescaped(text, |c| matches!(c, '"' | '\\')))
        } else {
            Cow::Borrowed(text)
        }))
    }
}

/// A backslash before anything else stands for itself.
fn unescaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(next)) if special(*next) => {}
            _ => plain.push(c),
        }
        if c == '\\'
            && let Some(next) = rest.next_if(|next| special(*next))
        {
            plain.push(next);
        }
    }
    plain
}

impl Line<'_> {
    /// What of the point is energy, power or a volume, by the units that it names: as its measurement, in a
    /// tag or field, or at the end of a field's name.
    pub fn measured(&self) -> Vec<Measured> {
        let of_point = Unit::parse(&self.measurement).or_else(|| self.said_unit());
        let mut numbers = self
            .fields
            .iter()
            .filter(|(_, value)| matches!(value, Value::Number(_)));
        let only = numbers.next().is_some() && numbers.next().is_none();
        self.fields
            .iter()
            .filter_map(|(key, value)| {
                let Value::Number(number) = value else {
                    return None;
                };
                let is_value = key == "value" || (only && of_point.is_some());
                let unit = of_point.filter(|_| is_value).or_else(|| unit_at_end(key))?;
                Some(self.counted(key, unit, *number))
            })
            .collect()
    }

    /// The value of a field that is in a unit.
    pub(super) fn counted(&self, field: &str, unit: Unit, value: Number) -> Measured {
        Measured {
            name: self.name(field),
            nature: if unit.base == Base::Power {
                Nature::Power
            } else {
                Nature::Register
            },
            unit,
            value,
            at: None,
            of_the_grid: false,
        }
    }

    pub(super) fn said_unit(&self) -> Option<Unit> {
        let tag = self.tags.iter().find(|(key, _)| is_unit_key(key));
        let field = self.fields.iter().find_map(|(key, value)| match value {
            Value::Text(text) if is_unit_key(key) => Some(text),
            _ => None,
        });
        Unit::parse(tag.map(|(_, value)| value).or(field)?)
    }

    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        let (_, value) = self.tags.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// The entity that Home Assistant names; else what tells the series from others.
    pub(super) fn name(&self, field: &str) -> String {
        if let Some(entity) = self.tag("entity_id")
            && field == "value"
        {
            return entity.to_owned();
        }
        let measurement = Some(self.measurement.as_ref())
            .filter(|measurement| Unit::parse(measurement).is_none());
        let tags = self
            .tags
            .iter()
            .filter(|(key, _)| !is_unit_key(key) && key != "host" && key != "domain")
            .map(|(_, value)| value.as_ref());
        let parts: Vec<&str> = measurement
            .into_iter()
            .chain(tags)
            .chain(Some(field).filter(|field| *field != "value"))
            .collect();
        if parts.is_empty() {
            self.measurement.clone().into_owned()
        } else {
            parts.join(" ")
        }
    }
}

fn is_unit_key(key: &str) -> bool {
    matches!(
        key,
        "unit" | "units" | "unit_of_measurement" | "unit_of_measurement_str"
    )
}

/// `kWh`, `import_kwh`, `power.W`
pub(super) fn unit_at_end(key: &str) -> Option<Unit> {
    let end = key.rsplit(['_', '.', ' ', '-']).next()?;
    // Single letters other than this one are too often something else.
    let telling = end.len() > 1 || end.eq_ignore_ascii_case("w");
    telling.then(|| Unit::parse(end)).flatten()
}

/// Whether the first lines are all of this kind.
pub fn recognise(head: &str) -> bool {
    let mut lines = head
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim_end)
        .filter(|line| !is_comment(line));
    let some: Vec<&str> = lines.by_ref().take(10).collect();
    // What was looked at may end within its last line.
    let whole = if lines.next().is_none() && some.len() > 1 && !head.ends_with('\n') {
        &some[..some.len() - 1]
    } else {
        &some[..]
    };
    !whole.is_empty() && whole.iter().all(|line| parse_line(line).is_ok())
}

/// Also statements that an export begins with.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line.starts_with("CREATE DATABASE")
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut readings = Readings::default();
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if !is_comment(&line.text) {
            match parse_line(&line.text) {
                Ok(point) => take(&point, line.number, &mut readings, series),
                Err(error) => {
                    let column = error.column.to_string();
                    let from = line.text.get(error.column - 1..).unwrap_or_default();
                    let params = [("column", column.as_str()), ("found", &shown(from))];
                    series.findings.add(line.number, "line_protocol", &params);
                }
            }
        }
    }
    readings.finish(series);
    Ok(())
}

fn take(point: &Line<'_>, line: u64, readings: &mut Readings, series: &mut Series<'_>) {
    let measured = point.measured();
    if measured.is_empty() {
        let name = format!("{} {}", point.measurement, point.name("value"));
        readings.note(&name, line, series);
        return;
    }
    // What a file's stamps count, their size tells.
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: true,
    };
    let text = point.timestamp.map(|at| at.to_string()).unwrap_or_default();
    let Some(at @ Stamp::Instant(_)) = stamp::read(&text, style) else {
        let found = shown(&text);
        series.findings.add(line, "timestamp", &[("found", &found)]);
        return;
    };
    for measured in measured {
        readings.take(Way::of(&measured.name), &measured, at, line, series);
    }
}
