//! Files of temperatures, as people get them from weather services: a mean a day, the day's lowest
//! and highest, or a value an hour.
//!
//! The separator (`;`, `,` or tab), the decimal mark, the header's language and the form of the date
//! are found out; lines before the header are passed over. A day's mean is taken as it stands; where
//! it is missing it is half of lowest and highest; hours are averaged where a day has enough of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use rust_decimal::{Decimal, RoundingStrategy};

mod header;
#[cfg(test)]
mod tests;

use header::{Columns, find_header};

use super::{Finding, MAX_FINDINGS};
use crate::quantity::parse_decimal;
use crate::weather::MEAN_TEMP_C;

/// Most rows taken from one file: over sixty years of hours.
const MAX_TEMPERATURE_ROWS: usize = 600_000;
/// A mean of fewer hours would be one of the night, or of the afternoon.
const ENOUGH_HOURS: usize = 20;
/// How services write that nothing was measured.
const NO_VALUE: &[&str] = &["", "-", "--", "na", "n/a", "nan", "null"];
/// The same as a number.
const MARK: Decimal = Decimal::from_parts(9999, 0, 0, true, 0);

/// What a file knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temperatures {
    /// Mean of each day, °C with at most two places, each day once, in order.
    pub days: Vec<(Date, Decimal)>,
    /// Rows of the file.
    pub rows: usize,
    /// What is worth knowing: days left out, and why.
    pub findings: Vec<Finding>,
}

/// Reads a whole file, or says what is wrong with it, line by line; then nothing of it is taken.
/// Times without an offset are the home's, in `zone`; no day may be after `today` there.
///
/// # Errors
/// At most [`MAX_FINDINGS`] findings: `temperature_header`, `temperature_unit`, `temperature_columns`,
/// `temperature_date`, `temperature_time`, `number`, `temperature_range`, `temperature_lowest`,
/// `temperature_twice`, `temperature_ahead`, `temperature_none`, `too_many_rows`.
pub fn parse_temperatures(
    bytes: &[u8],
    zone: &TimeZone,
    today: Date,
) -> Result<Temperatures, Vec<Finding>> {
    let text = decoded(bytes);
    let header = find_header(&text).map_err(|finding| vec![finding])?;
    let (columns, rest) = (&header.columns, &text[header.ends_at..]);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(header.delimiter)
        .from_reader(rest.as_bytes());
    let mut taken = Taken {
        zone,
        today,
        by_day: BTreeMap::new(),
        by_hour: BTreeMap::new(),
    };
    let (mut rows, mut findings) = (0, Vec::new());
    for record in reader.records() {
        // Of a text in memory, with any number of cells, every record can be read.
        let Ok(record) = record else { continue };
        let line = header.line + record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        rows += 1;
        if rows > MAX_TEMPERATURE_ROWS {
            let max = MAX_TEMPERATURE_ROWS.to_string();
            findings.push(Finding::new(0, "too_many_rows", &[("max", &max)]));
            break;
        }
        if let Err(finding) = taken.take(columns, &record, line) {
            findings.push(finding);
            if findings.len() >= MAX_FINDINGS {
                break;
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let (days, findings) = taken.means();
    if days.is_empty() && findings.is_empty() {
        return Err(vec![Finding::new(0, "temperature_none", &[])]);
    }
    Ok(Temperatures {
        days,
        rows,
        findings,
    })
}

/// Numbers, dates and the known column names are the same in UTF-8 and in Latin-1, which older
/// services still write.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A moment of the file: which local day, and what tells it from others.
struct Moment {
    date: Date,
    second: i64,
    /// The second time round when clocks go back; told apart only where the file does not.
    again: bool,
    has_time: bool,
}

struct Hourly {
    line: u64,
    date: Date,
    value: Option<Decimal>,
}

/// What was read so far.
struct Taken<'a> {
    zone: &'a TimeZone,
    today: Date,
    by_day: BTreeMap<Date, (u64, Option<Decimal>)>,
    by_hour: BTreeMap<(i64, bool), Hourly>,
}

impl Taken<'_> {
    fn take(
        &mut self,
        columns: &Columns,
        record: &csv::StringRecord,
        line: u64,
    ) -> Result<(), Finding> {
        let cell = |index: usize| record.get(index);
        let missing = || {
            let (found, header) = (record.len().to_string(), columns.count.to_string());
            let params = [("found", found.as_str()), ("header", &header)];
            Finding::new(line, "temperature_columns", &params)
        };
        // A decimal comma between commas would else lose what is after it.
        if record
            .iter()
            .skip(columns.count)
            .any(|more| !more.is_empty())
        {
            return Err(missing());
        }
        let date = cell(columns.date).ok_or_else(missing)?;
        let hour = columns.hour.map(|hour| cell(hour).ok_or_else(missing));
        let moment = self.moment(date, hour.transpose()?, columns.hour_is_utc, line)?;
        if moment.date > self.today {
            let found = moment.date.to_string();
            return Err(Finding::new(
                line,
                "temperature_ahead",
                &[("found", &found)],
            ));
        }
        let number = |index: Option<usize>| match index {
            None => Ok(None),
            Some(index) => temperature(cell(index).ok_or_else(missing)?, line),
        };
        let of_days = columns.mean.is_some() || columns.lowest_highest.is_some();
        if of_days || !moment.has_time {
            if moment.has_time && moment.second.rem_euclid(86_400) != 0 {
                return Err(Finding::new(
                    line,
                    "temperature_time",
                    &[("found", &shown(date))],
                ));
            }
            let mean = if of_days { columns.mean } else { columns.value };
            let mean = match number(mean)? {
                Some(mean) => Some(mean),
                None => match columns.lowest_highest {
                    Some((low, high)) => halfway(number(Some(low))?, number(Some(high))?, line)?,
                    None => None,
                },
            };
            if let Some((first, _)) = self.by_day.get(&moment.date) {
                return Err(twice(line, *first));
            }
            self.by_day.insert(moment.date, (line, mean));
            return Ok(());
        }
        let value = number(columns.value)?;
        let mut key = (moment.second, false);
        if let Some(first) = self.by_hour.get(&key) {
            key.1 = true;
            if !moment.again || self.by_hour.contains_key(&key) {
                return Err(twice(line, first.line));
            }
        }
        let date = moment.date;
        self.by_hour.insert(key, Hourly { line, date, value });
        Ok(())
    }

    fn moment(
        &self,
        date: &str,
        hour: Option<&str>,
        hour_is_utc: bool,
        line: u64,
    ) -> Result<Moment, Finding> {
        let wrong =
            |found: &str| Finding::new(line, "temperature_date", &[("found", &shown(found))]);
        if let Ok(at) = date.parse::<Timestamp>() {
            return Ok(self.at(at));
        }
        let (day, time) = match date.split_once(['T', ' ']) {
            Some((day, time)) => (day, Some(time)),
            None => (date, hour),
        };
        let day = read_day(day)
            .filter(|day| (1900..=2199).contains(&day.year()))
            .ok_or_else(|| wrong(date))?;
        let Some(time) = time.map(str::trim).filter(|time| !time.is_empty()) else {
            return Ok(Moment {
                date: day,
                second: 0,
                again: false,
                has_time: false,
            });
        };
        let lower = time.to_lowercase();
        let bare = lower.trim_end_matches("utc").trim_end_matches('z').trim();
        let is_utc = hour_is_utc || bare.len() < lower.len();
        let read = read_time(bare).ok_or_else(|| wrong(time))?;
        let civil = day.to_datetime(read);
        if is_utc {
            let at = TimeZone::UTC.to_timestamp(civil).map_err(|_| wrong(date))?;
            return Ok(self.at(at));
        }
        Ok(Moment {
            date: day,
            second: seconds(civil),
            again: matches!(
                self.zone.to_ambiguous_timestamp(civil).offset(),
                AmbiguousOffset::Fold { .. }
            ),
            has_time: true,
        })
    }

    fn at(&self, at: Timestamp) -> Moment {
        Moment {
            date: self.zone.to_datetime(at).date(),
            second: at.as_second(),
            again: false,
            has_time: true,
        }
    }

    /// The days' means, and which days were left out.
    fn means(self) -> (Vec<(Date, Decimal)>, Vec<Finding>) {
        let known = self.by_day.into_iter();
        let mut days: BTreeMap<Date, Decimal> = known
            .filter_map(|(date, (_, mean))| Some((date, rounded(mean?))))
            .collect();
        // Several values within an hour count as one, so that no part of a day weighs more.
        let mut hours: BTreeMap<Date, BTreeMap<(i64, bool), Vec<Decimal>>> = BTreeMap::new();
        for ((second, again), hourly) in self.by_hour {
            let of_day = hours.entry(hourly.date).or_default();
            if let Some(value) = hourly.value {
                let hour = of_day.entry((second.div_euclid(3600), again)).or_default();
                hour.push(value);
            }
        }
        let mut left_out = BTreeSet::new();
        for (date, hours) in hours {
            if hours.len() >= ENOUGH_HOURS {
                let each: Vec<Decimal> = hours.values().map(|values| mean(values)).collect();
                days.entry(date).or_insert_with(|| rounded(mean(&each)));
            } else {
                left_out.insert(date);
            }
        }
        let findings = match (left_out.first(), left_out.last()) {
            (Some(first), Some(last)) => {
                let params = [
                    ("count", left_out.len().to_string()),
                    ("first", first.to_string()),
                    ("last", last.to_string()),
                    ("hours", ENOUGH_HOURS.to_string()),
                ];
                let params = params.each_ref().map(|(name, text)| (*name, text.as_str()));
                vec![Finding::new(0, "temperature_few_hours", &params)]
            }
            _ => Vec::new(),
        };
        (days.into_iter().collect(), findings)
    }
}

fn twice(line: u64, first: u64) -> Finding {
    Finding::new(line, "temperature_twice", &[("first", &first.to_string())])
}

/// `2026-01-31`, `2026/01/31`, `20260131`, `31/01/2026`, `31-01-2026`, `31.01.2026`.
fn read_day(text: &str) -> Option<Date> {
    let text = text.trim();
    let number = |part: &str| part.parse::<i16>().ok();
    let small = |part: &str| part.parse::<i8>().ok();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(number(&text[..4])?, small(&text[4..6])?, small(&text[6..])?).ok();
    }
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [one, two, three] = parts[..] else {
        return None;
    };
    let (year, month, day) = match (one.len(), three.len()) {
        (4, 1..=2) => (one, two, three),
        (1..=2, 4) => (three, two, one),
        _ => return None,
    };
    Date::new(number(year)?, small(month)?, small(day)?).ok()
}

/// `14:00`, `14:00:00`, `1400`, `14`.
fn read_time(text: &str) -> Option<Time> {
    let small = |part: &str| part.parse::<i8>().ok();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute, second) = match (digits, text.len()) {
        (true, 1..=2) => (small(text)?, 0, 0),
        (true, 4) => (small(&text[..2])?, small(&text[2..])?, 0),
        (true, _) => return None,
        (false, _) => {
            let mut parts = text.split(':');
            let (hour, minute) = (small(parts.next()?)?, small(parts.next()?)?);
            let second = parts.next().and_then(|second| second.split('.').next());
            let second = second.map_or(Some(0), small)?;
            (hour, minute, second)
        }
    };
    Time::new(hour, minute, second, 0).ok()
}

/// Seconds of a civil time, to tell it from others; no instant.
fn seconds(civil: DateTime) -> i64 {
    TimeZone::UTC
        .to_timestamp(civil)
        .map_or(0, Timestamp::as_second)
}

/// A temperature, or none where nothing was measured.
fn temperature(cell: &str, line: u64) -> Result<Option<Decimal>, Finding> {
    let text = cell
        .trim_end_matches(['C', 'c'])
        .trim_end_matches(['°', 'º']);
    let text = text.trim();
    if NO_VALUE.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    let value = parse_decimal(text)
        .map_err(|_| Finding::new(line, "number", &[("found", &shown(cell))]))?;
    if value == MARK {
        return Ok(None);
    }
    let (lowest, highest) = MEAN_TEMP_C;
    if value < lowest.into() || value > highest.into() {
        let (lowest, highest) = (lowest.to_string(), highest.to_string());
        let params = [("found", shown(cell)), ("min", lowest), ("max", highest)];
        let params = params.each_ref().map(|(name, text)| (*name, text.as_str()));
        return Err(Finding::new(line, "temperature_range", &params));
    }
    Ok(Some(value))
}

fn halfway(
    lowest: Option<Decimal>,
    highest: Option<Decimal>,
    line: u64,
) -> Result<Option<Decimal>, Finding> {
    let Some((lowest, highest)) = lowest.zip(highest) else {
        return Ok(None);
    };
    if lowest > highest {
        return Err(Finding::new(line, "temperature_lowest", &[]));
    }
    Ok(Some((lowest + highest) / Decimal::TWO))
}

fn mean(values: &[Decimal]) -> Decimal {
    values.iter().sum::<Decimal>() / Decimal::from(values.len().max(1))
}

fn rounded(value: Decimal) -> Decimal {
    value
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}
