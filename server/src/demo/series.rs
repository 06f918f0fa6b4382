//! The demo's real readings and how they are moved into the present. Pure.

use std::io::Read;

use anyhow::Context;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};
use jiff::{Timestamp, tz::TimeZone};

/// Hours of a house near Paris; see `data/demo/README.md`.
const FILE: &[u8] = include_bytes!("../../data/demo/fr_sceaux_hourly.csv.gz");
/// The day of the file's last hour.
pub const LAST_DAY: Date = date(2010, 11, 25);
/// What still lies ahead when the home is made: a year's demo sessions find new days.
const WEEKS_AHEAD: i32 = 26;

/// One hour of the file: when it started on the wall clock there, and its milliwatt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Wall clock.
    pub starts: DateTime,
    /// Milliwatt-hours.
    pub mwh: i64,
}

/// All hours of the file in order; a gap has none.
pub fn hours() -> anyhow::Result<Vec<Hour>> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(FILE)
        .read_to_string(&mut text)
        .context("the demo's readings are damaged")?;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    rows.records()
        // An hour without a value is a gap.
        .filter(|row| {
            row.as_ref()
                .map_or(true, |row| row.get(1).is_some_and(|kwh| !kwh.is_empty()))
        })
        .map(|row| {
            let row = row?;
            let (at, kwh) = (
                row.get(0).unwrap_or_default(),
                row.get(1).unwrap_or_default(),
            );
            let starts = at.get(..19).context("a row without a time")?.parse()?;
            let kwh: rust_decimal::Decimal = kwh.parse()?;
            let mwh = ecotrack_common::Kwh(kwh)
                .to_mwh()
                .context("an hour past all bounds")?;
            Ok(Hour { starts, mwh })
        })
        .collect()
}

/// By how many whole weeks the readings are moved, so that the seasons fall where they were and
/// half a year still lies ahead of `today`.
pub fn weeks_to_move(today: Date) -> i32 {
    // A year is 52.1775 weeks; the nearest whole number of weeks to so many years keeps the season.
    (1_i32..1000)
        .map(|years| (years * 521_775 + 5_000) / 10_000)
        .find(|weeks| moved_end(*weeks) >= today.saturating_add(WEEKS_AHEAD.weeks()))
        .unwrap_or(0)
}

/// The day on which the moved readings end.
pub fn moved_end(weeks: i32) -> Date {
    LAST_DAY.saturating_add(weeks.weeks())
}

/// The instant at which an hour starts in the demo's zone.
pub fn moved(hour: &Hour, weeks: i32, zone: &TimeZone) -> Option<Timestamp> {
    let starts = hour.starts.saturating_add(weeks.weeks());
    zone.to_ambiguous_timestamp(starts).compatible().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_four_years_of_hours() {
        let hours = hours().unwrap();
        assert!(hours.len() > 33_000, "{}", hours.len());
        assert!(hours.windows(2).all(|pair| pair[0].starts < pair[1].starts));
        assert_eq!(hours.last().unwrap().starts.date(), LAST_DAY);
    }

    #[test]
    fn the_move_keeps_weekday_and_season_and_leaves_half_a_year_ahead() {
        for day in [date(2026, 11, 23), date(2027, 2, 28), date(2031, 7, 1)] {
            let weeks = weeks_to_move(day);
            let end = moved_end(weeks);
            assert_eq!(end.weekday(), LAST_DAY.weekday());
            assert!(end >= day.saturating_add(WEEKS_AHEAD.weeks()));
            assert!(end <= day.saturating_add(80.weeks()));
            assert!(
                (end.day_of_year() - LAST_DAY.day_of_year()).abs() <= 5,
                "{end}"
            );
        }
    }
}
