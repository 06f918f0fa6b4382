//! Rows shorter than any step, or of a length that is none, summed up to steps. Pure.
//!
//! They come in order of time. A step of which a part is missing stays a gap.

use std::collections::BTreeMap;

use ecotrack_common::import::{Finding, STEP_MINUTES};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::found::Found;
use super::store::Waiting;
use crate::readings::derive::{Content, Day, local_date, local_day};

/// The shortest step that there is, for a meter of which none is known.
const SHORTEST: i16 = STEP_MINUTES[0];

/// Rows in order of time, each of which is let through when nothing before or after it tells of the
/// same time. Of two that do, neither is taken; one that repeats another is dropped.
#[derive(Debug, Default)]
pub struct Apart {
    held: Option<Waiting>,
    /// Until here time is told by energy.
    told_until: i64,
    /// Until here time is told by a row in doubt, the last of which began there.
    doubted_until: i64,
    doubted_at: Option<i64>,
    /// Rows that repeated another.
    pub alike: i64,
    /// Rows that were not taken, those among them.
    pub out_rows: i64,
    /// Their energy in milliwatt-hours.
    pub out_mwh: i64,
}

impl Apart {
    /// Takes the next row, or the end of them; gives the one before, if it stands alone.
    pub fn next(&mut self, row: Option<Waiting>, found: &mut Found) -> Option<Waiting> {
        let Some(row) = row else {
            return self.held.take();
        };
        if let Some(held) = self.held {
            if (held.starts, held.ends, held.mwh) == (row.starts, row.ends, row.mwh) {
                self.alike += 1;
                self.leave_out(row);
                return None;
            }
            // A counter may be read while some energy is told of: that is no energy told twice.
            let twice = row.ends.is_some() && row.starts < held.ends.unwrap_or(held.starts);
            if twice || row.starts == held.starts {
                self.held = None;
                self.doubt(held, found);
            }
        }
        let until = self.told_until.max(self.doubted_until);
        let twice = row.ends.is_some() && row.starts < until;
        if twice || Some(row.starts) == self.doubted_at {
            self.doubt(row, found);
            return None;
        }
        self.told_until = self.told_until.max(row.ends.unwrap_or(row.starts));
        self.held.replace(row)
    }

    fn doubt(&mut self, row: Waiting, found: &mut Found) {
        self.doubted_at = Some(row.starts);
        self.doubted_until = self.doubted_until.max(row.ends.unwrap_or(row.starts));
        self.leave_out(row);
        let at = second(row.starts).to_string();
        found.doubt(&Finding::new(row.line, "overlaps", &[("at", &at)]));
    }

    /// Counts a row that is not taken.
    pub fn leave_out(&mut self, row: Waiting) {
        self.out_rows += 1;
        self.out_mwh += row.ends.map_or(0, |_| row.mwh);
    }
}

/// Sums of one meter, of the days that more rows may still come for.
pub struct Sums<'a> {
    zone: &'a TimeZone,
    step_minutes: i16,
    days: BTreeMap<Date, SumDay>,
    /// Steps that are known in part.
    incomplete: i64,
}

struct SumDay {
    starts_at: Timestamp,
    minutes: i16,
    /// Energy, seconds that it covers, and whether some of it is an estimate.
    slots: Vec<(i64, i64, bool)>,
}

impl<'a> Sums<'a> {
    /// Sums for a meter that is known in such steps, if it is known, of rows of such lengths: the
    /// shortest and the longest, in seconds.
    pub fn new(zone: &'a TimeZone, step_minutes: Option<i16>, lengths: (i64, i64)) -> Self {
        Self {
            zone,
            step_minutes: step_of(step_minutes.unwrap_or(SHORTEST), lengths),
            days: BTreeMap::new(),
            incomplete: 0,
        }
    }

    /// The step that rows are summed up to.
    pub fn step_minutes(&self) -> i16 {
        self.step_minutes
    }

    /// Adds a row of energy of at most an hour; gives the days that no later row can tell of.
    pub fn add(&mut self, row: Waiting) -> Vec<Day> {
        let Some(ends) = row.ends else {
            return Vec::new();
        };
        let step = self.step_minutes;
        let (length, mut at, mut given) = (ends - row.starts, row.starts, 0);
        let date = local_date(second(row.starts), self.zone);
        while at < ends {
            let date = local_date(second(at), self.zone);
            let zone = self.zone;
            let day = self.days.entry(date).or_insert_with(|| {
                let (starts_at, minutes) = local_day(date, zone);
                let count = usize::try_from(minutes / step).unwrap_or(0);
                let slots = vec![(0, 0, false); count];
                SumDay {
                    starts_at,
                    minutes,
                    slots,
                }
            });
            let from = day.starts_at.as_second();
            let seconds = i64::from(step) * 60;
            let slot = (at - from).div_euclid(seconds);
            let end = (from + (slot + 1) * seconds).min(from + i64::from(day.minutes) * 60);
            let end = end.max(at + 1).min(ends);
            let until = i128::from(row.mwh) * i128::from(end - row.starts) / i128::from(length);
            let until = i64::try_from(until).unwrap_or(row.mwh);
            let slot = usize::try_from(slot)
                .ok()
                .and_then(|slot| day.slots.get_mut(slot));
            if let Some((mwh, covered, estimated)) = slot {
                *mwh += until - given;
                *covered += end - at;
                // What of it flowed before the edge of the step is not known.
                *estimated |= row.estimated || end - at < length;
            }
            (at, given) = (end, until);
        }
        self.before(date)
    }

    /// The days that are left, and how many steps stay known in part.
    pub fn finish(mut self) -> (Vec<Day>, i64) {
        let days = self.before(Date::MAX);
        (days, self.incomplete)
    }

    fn before(&mut self, date: Date) -> Vec<Day> {
        let is_done = |(first, _): (&Date, _)| *first < date;
        if !self.days.first_key_value().is_some_and(is_done) {
            return Vec::new();
        }
        let later = self.days.split_off(&date);
        let done = std::mem::replace(&mut self.days, later);
        let days = done.into_iter();
        days.filter_map(|(date, day)| self.day(date, &day))
            .collect()
    }

    fn day(&mut self, date: Date, day: &SumDay) -> Option<Day> {
        let step_minutes = self.step_minutes;
        let whole = i64::from(step_minutes) * 60;
        let mut mwh = Vec::with_capacity(day.slots.len());
        for (sum, covered, _) in &day.slots {
            let known = if *covered == whole {
                i32::try_from(*sum).ok()
            } else {
                None
            };
            self.incomplete += i64::from(known.is_none() && *covered > 0);
            mwh.push(known);
        }
        let flags = day.slots.iter().zip(&mwh);
        let estimated: Vec<bool> = flags
            .map(|((_, _, guess), mwh)| *guess && mwh.is_some())
            .collect();
        let known = mwh.iter().any(Option::is_some) && day.minutes % step_minutes == 0;
        known.then_some(Day {
            date,
            starts_at: day.starts_at,
            minutes: day.minutes,
            content: Content::Steps {
                step_minutes,
                mwh,
                estimated: estimated.contains(&true).then_some(estimated),
            },
        })
    }
}

/// The step that rows between a shortest and a longest length in seconds are summed up to: one of the
/// meter's length at least that holds them, and is their multiple where all have one length.
fn step_of(shortest_step: i16, (shortest, longest): (i64, i64)) -> i16 {
    let holding = || {
        let steps = STEP_MINUTES.into_iter();
        steps.filter(|step| *step >= shortest_step && i64::from(*step) * 60 >= longest)
    };
    let is_multiple = |step: &i16| longest > 0 && i64::from(*step) * 60 % longest == 0;
    let multiple = holding().find(|step| shortest == longest && is_multiple(step));
    multiple.or_else(|| holding().next()).unwrap_or(60)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(minute: i64, length_s: i64, mwh: i64) -> Waiting {
        let starts = "2026-10-24T00:00:00Z"
            .parse::<Timestamp>()
            .unwrap()
            .as_second()
            + minute * 60;
        Waiting {
            starts,
            ends: Some(starts + length_s),
            mwh,
            estimated: false,
            restarted: false,
            line: u64::try_from(minute).unwrap(),
        }
    }

    fn sums_of<'a>(zone: &'a TimeZone, step: Option<i16>, rows: &[Waiting]) -> Sums<'a> {
        let lengths = || rows.iter().map(|row| row.ends.unwrap() - row.starts);
        let lengths = (lengths().min().unwrap(), lengths().max().unwrap());
        let mut sums = Sums::new(zone, step, lengths);
        for row in rows {
            assert!(sums.add(*row).is_empty());
        }
        sums
    }

    fn summed(step: Option<i16>, rows: &[Waiting]) -> (i16, Vec<Option<i32>>, i64) {
        let zone = TimeZone::UTC;
        let sums = sums_of(&zone, step, rows);
        let step = sums.step_minutes();
        let (days, incomplete) = sums.finish();
        let Content::Steps { mwh, .. } = days[0].content.clone() else {
            panic!("no steps")
        };
        (step, mwh.into_iter().take(4).collect(), incomplete)
    }

    #[test]
    fn minutes_are_summed_to_whole_steps_and_a_part_of_one_stays_a_gap() {
        let rows: Vec<Waiting> = (0..12).map(|minute| row(minute, 60, 10 + minute)).collect();
        assert_eq!(
            summed(None, &rows),
            (5, vec![Some(60), Some(85), None, None], 1)
        );
        let rows: Vec<Waiting> = (0..32).map(|minute| row(minute, 60, 10)).collect();
        assert_eq!(
            summed(Some(15), &rows),
            (15, vec![Some(150), Some(150), None, None], 1)
        );
    }

    #[test]
    fn a_length_that_is_no_step_goes_into_one_that_is_its_multiple() {
        let rows = [row(0, 1200, 10), row(20, 1200, 20), row(40, 1200, 30)];
        assert_eq!(
            summed(None, &rows),
            (60, vec![Some(60), None, None, None], 0)
        );
    }

    #[test]
    fn a_row_over_an_edge_is_cut_in_proportion_to_time_and_is_an_estimate() {
        let mut rows: Vec<Waiting> = (0..4).map(|minute| row(minute, 60, 10)).collect();
        rows.extend([row(4, 120, 20), row(6, 240, 5)]);
        let zone = TimeZone::UTC;
        let (days, _) = sums_of(&zone, None, &rows).finish();
        let Content::Steps { mwh, estimated, .. } = &days[0].content else {
            panic!("no steps")
        };
        assert_eq!(mwh[..3], [Some(50), Some(15), None]);
        assert_eq!(estimated.as_ref().unwrap()[..3], [true, true, false]);
    }

    #[test]
    fn rows_that_tell_of_the_same_time_are_in_doubt_and_repeated_ones_are_dropped() {
        let rows = [
            row(0, 60, 1),
            row(0, 60, 1),
            row(1, 120, 1),
            row(2, 60, 1),
            row(2, 90, 2),
            row(4, 60, 7),
        ];
        let (mut apart, mut found) = (Apart::default(), Found::default());
        let mut let_through: Vec<Waiting> = Vec::new();
        for row in rows {
            let_through.extend(apart.next(Some(row), &mut found));
        }
        let_through.extend(apart.next(None, &mut found));
        let minutes: Vec<u64> = let_through.iter().map(|row| row.line).collect();
        assert_eq!((minutes, apart.alike), (vec![0, 4], 1));
        let lines: Vec<u64> = found
            .into_list()
            .iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(lines, [1, 2, 2]);
    }
}
