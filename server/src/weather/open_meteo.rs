//! What an Open-Meteo compatible source is asked, and what its answers say.
//!
//! `GET {address}/v1/archive?latitude=…&longitude=…&start_date=…&end_date=…&daily=temperature_2m_mean&timezone=…`
//! answers `{"daily": {"time": […], "temperature_2m_mean": […]}, "daily_units": {…}}`; the forecast
//! at `/v1/forecast` takes and answers the same for the last days, which the archive gets later.

use std::collections::{BTreeMap, BTreeSet};

use ecotrack_common::weather::MEAN_TEMP_C;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

/// Path of the archive, below its address.
pub const ARCHIVE: &str = "/v1/archive";
/// Path of the forecast, below its address.
pub const FORECAST: &str = "/v1/forecast";
/// The archive is complete up to so many days ago.
const ARCHIVE_DELAY_DAYS: i32 = 6;
/// What the archive does not know after so many days it never will.
const SETTLED_DAYS: i32 = 30;
/// As many days as one question may be about: with the query and the names, some 60 kB of answer.
const SPAN_DAYS: usize = 1500;

/// Days in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

/// Which days to ask whom for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// For the archive, the newest first.
    pub archive: Vec<Span>,
    /// For the forecast.
    pub recent: Vec<Span>,
}

/// The days from `from` to yesterday that are not known. `settled` holds what a file or the archive
/// said of a day, or that the archive knows nothing; `recent` what is known until the archive is.
pub fn questions(
    from: Date,
    today: Date,
    settled: &BTreeSet<Date>,
    recent: &BTreeSet<Date>,
) -> Questions {
    let archived = today.saturating_sub(ARCHIVE_DELAY_DAYS.days());
    let yesterday = today.saturating_sub(1.day());
    let old = days(from, archived).filter(|day| !settled.contains(day));
    let new = days(from.max(archived.saturating_add(1.day())), yesterday)
        .filter(|day| !settled.contains(day) && !recent.contains(day));
    Questions {
        archive: spans(old),
        recent: spans(new),
    }
}

/// Whether the archive's not knowing a day is its last word.
pub fn is_settled(day: Date, today: Date) -> bool {
    day < today.saturating_sub(SETTLED_DAYS.days())
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last)
}

fn spans(days: impl Iterator<Item = Date>) -> Vec<Span> {
    let mut spans: Vec<(Span, usize)> = Vec::new();
    for day in days {
        match spans.last_mut() {
            Some((span, length))
                if span.last.saturating_add(1.day()) == day && *length < SPAN_DAYS =>
            {
                span.last = day;
                *length += 1;
            }
            _ => spans.push((
                Span {
                    first: day,
                    last: day,
                },
                1,
            )),
        }
    }
    spans.into_iter().rev().map(|(span, _)| span).collect()
}

/// Why an answer is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// No JSON of this shape.
    #[error("it is not what an Open-Meteo source answers: {0}")]
    Shape(String),
    /// An error where a success was told.
    #[error("it says: {0}")]
    Error(String),
    /// Not degrees Celsius.
    #[error("its temperatures are in `{0}` and not in °C")]
    Unit(String),
    /// As many days as temperatures are needed.
    #[error("it has {days} days and {temperatures} temperatures")]
    Lengths {
        /// Days.
        days: usize,
        /// Temperatures.
        temperatures: usize,
    },
    /// A day twice, or one that was not asked for.
    #[error("it speaks of {0}, which was not asked for, or twice")]
    Day(Date),
    /// No temperature of a day.
    #[error("{mean} °C on {day} cannot be")]
    Temperature {
        /// When.
        day: Date,
        /// What.
        mean: String,
    },
}

/// The mean of each day that was answered, `None` where the source does not know it. Days that are
/// missing from the answer are missing here.
pub fn read(body: &[u8], asked: Span) -> Result<BTreeMap<Date, Option<Decimal>>, NotBelieved> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        error: bool,
        reason: Option<String>,
        daily: Option<Daily>,
        daily_units: Option<Units>,
    }
    #[derive(Deserialize)]
    struct Daily {
        time: Vec<Date>,
        temperature_2m_mean: Vec<Option<serde_json::Number>>,
    }
    #[derive(Deserialize)]
    struct Units {
        temperature_2m_mean: String,
    }
    let shape = |what: &str| NotBelieved::Shape(what.to_owned());
    let answer: Answer = serde_json::from_slice(body).map_err(|error| shape(&error.to_string()))?;
    if answer.error {
        let reason = answer.reason.unwrap_or_default();
        return Err(NotBelieved::Error(reason.chars().take(200).collect()));
    }
    let daily = answer.daily.ok_or_else(|| shape("`daily` is missing"))?;
    let units = answer.daily_units;
    let unit = units.ok_or_else(|| shape("`daily_units` is missing"))?;
    if unit.temperature_2m_mean != "°C" {
        let unit = unit.temperature_2m_mean.chars().take(20).collect();
        return Err(NotBelieved::Unit(unit));
    }
    if daily.time.len() != daily.temperature_2m_mean.len() {
        return Err(NotBelieved::Lengths {
            days: daily.time.len(),
            temperatures: daily.temperature_2m_mean.len(),
        });
    }
    let mut means = BTreeMap::new();
    for (day, mean) in daily.time.into_iter().zip(daily.temperature_2m_mean) {
        let mean = mean.map(|mean| believed(day, &mean)).transpose()?;
        let asked_for = (asked.first..=asked.last).contains(&day);
        if !asked_for || means.insert(day, mean).is_some() {
            return Err(NotBelieved::Day(day));
        }
    }
    Ok(means)
}

fn believed(day: Date, mean: &serde_json::Number) -> Result<Decimal, NotBelieved> {
    let text = mean.to_string();
    let (lowest, highest) = MEAN_TEMP_C;
    let read = Decimal::from_str_exact(&text)
        .ok()
        .map(|mean| mean.round_dp(2))
        .filter(|mean| (lowest.into()..=highest.into()).contains(mean));
    read.ok_or(NotBelieved::Temperature { day, mean: text })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn span(first: Date, last: Date) -> Span {
        Span { first, last }
    }

    fn set(days: &[Date]) -> BTreeSet<Date> {
        days.iter().copied().collect()
    }

    #[test]
    fn only_days_that_are_not_known_are_asked_for() {
        let known = set(&[date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 19)]);
        let asked = questions(
            date(2026, 11, 10),
            TODAY,
            &known,
            &set(&[date(2026, 11, 17), date(2026, 11, 22)]),
        );
        let archive = [
            span(date(2026, 11, 14), date(2026, 11, 17)),
            span(date(2026, 11, 10), date(2026, 11, 11)),
        ];
        assert_eq!(
            asked.archive, archive,
            "what is recent gives way to the archive"
        );
        let recent = [
            span(date(2026, 11, 20), date(2026, 11, 21)),
            span(date(2026, 11, 18), date(2026, 11, 18)),
        ];
        assert_eq!(asked.recent, recent);
        let all: BTreeSet<Date> = days(date(2026, 11, 1), TODAY).collect();
        let none = questions(date(2026, 11, 1), TODAY, &all, &BTreeSet::new());
        assert_eq!((none.archive, none.recent), (vec![], vec![]));
        let ahead = questions(date(2026, 12, 1), TODAY, &BTreeSet::new(), &BTreeSet::new());
        assert_eq!((ahead.archive, ahead.recent), (vec![], vec![]));
    }

    #[test]
    fn an_answer_is_read_with_its_gaps() {
        let body = br#"{"latitude": -19.9, "daily_units": {"time": "iso8601", "temperature_2m_mean": "\u00b0C"},
            "daily": {"time": ["2026-01-01", "2026-01-02", "2026-01-03"], "temperature_2m_mean": [21.4, null, -0.126]}}"#;
        let read = read(body, span(date(2026, 1, 1), date(2026, 1, 5))).unwrap();
        let expected = [
            (date(2026, 1, 1), Some(Decimal::new(214, 1))),
            (date(2026, 1, 2), None),
            (date(2026, 1, 3), Some(Decimal::new(-13, 2))),
        ];
        assert_eq!(read, BTreeMap::from(expected));
    }

    #[test]
    fn an_answer_that_cannot_be_is_not_believed() {
        let asked = span(date(2026, 1, 1), date(2026, 1, 2));
        let answer = |unit: &str, days: &str, means: &str| {
            format!(
                r#"{{"daily_units": {{"temperature_2m_mean": "{unit}"}}, "daily": {{"time": [{days}], "temperature_2m_mean": [{means}]}}}}"#
            )
        };
        let one = r#""2026-01-01""#;
        for (body, expected) in [
            (answer("°F", one, "70"), "`°F`"),
            (answer("°C", one, "21, 22"), "1 days and 2 temperatures"),
            (answer("°C", r#""2026-02-01""#, "21"), "2026-02-01"),
            (
                answer("°C", r#""2026-01-01", "2026-01-01""#, "21, 22"),
                "2026-01-01",
            ),
            (answer("°C", one, "99"), "99 °C on 2026-01-01"),
            (
                answer("°C", r#""soon""#, "21"),
                "not what an Open-Meteo source answers",
            ),
            (
                answer("°C", one, r#""warm""#),
                "not what an Open-Meteo source answers",
            ),
            (
                r#"{"error": true, "reason": "Out of range"}"#.to_owned(),
                "Out of range",
            ),
            (
                r#"{"daily": {"time": [], "temperature_2m_mean": []}}"#.to_owned(),
                "daily_units",
            ),
            ("<html>".to_owned(), "not what an Open-Meteo source answers"),
        ] {
            let error = read(body.as_bytes(), asked).unwrap_err().to_string();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
