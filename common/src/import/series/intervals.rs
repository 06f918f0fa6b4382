//! Rows in order of time into intervals. Pure.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::{Interval, Kind, StampIs};
use crate::import::finding::Findings;
use crate::import::unit::Base;

/// A row of one part of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) start: i64,
    /// [`Row::OPEN`] where the file does not say it.
    pub(super) end: i64,
    pub(super) nano: i64,
    pub(super) line: u64,
    pub(super) estimated: bool,
    /// The stamp is a day.
    pub(super) whole_day: bool,
}

impl Row {
    pub(super) const OPEN: i64 = i64::MIN;
}

/// Rows in order of time, those of which go out now, and the rest as company.
pub(super) struct Window<'r> {
    rows: &'r [Row],
    from: usize,
    to: usize,
}

impl<'r> Window<'r> {
    /// `frontier`: where the rows that go out end (begin, where the newest came first); `gone`: where
    /// they ended last time.
    pub(super) fn new(
        rows: &'r [Row],
        frontier: Option<i64>,
        falling: bool,
        gone: Option<i64>,
    ) -> Self {
        let before = |limit: i64| rows.partition_point(|row| row.start < limit);
        let (from, to) = if falling {
            (frontier.map_or(0, before), gone.map_or(rows.len(), before))
        } else {
            (gone.map_or(0, before), frontier.map_or(rows.len(), before))
        };
        Self {
            rows,
            from: from.min(to),
            to,
        }
    }
}

/// What the rows of a channel tell, and by which clock.
pub(super) struct Told<'z> {
    pub(super) kind: Kind,
    pub(super) stamp_is: StampIs,
    pub(super) is_power: bool,
    pub(super) zone: &'z TimeZone,
}

impl Told<'_> {
    /// The intervals of the rows that go out, into `intervals`, of which nothing is in it.
    pub(super) fn intervals(
        &self,
        window: &Window<'_>,
        scale: &mut Scale,
        findings: &mut Findings,
        intervals: &mut Vec<Interval>,
    ) {
        let (rows, from, to) = without_twins(window, findings);
        intervals.reserve(to - from);
        match self.kind {
            Kind::Register => differences(&rows, from, to, findings, intervals),
            Kind::Usage | Kind::Power => self.lengths(&rows, from, to, scale, findings, intervals),
        }
    }

    fn lengths(
        &self,
        rows: &[Row],
        from: usize,
        to: usize,
        scale: &mut Scale,
        findings: &mut Findings,
        intervals: &mut Vec<Interval>,
    ) {
        let open = rows
            .iter()
            .any(|row| row.end == Row::OPEN && !row.whole_day);
        let mut distances = std::mem::take(&mut scale.room);
        distances.clear();
        if open {
            distances.extend(self.distances(rows));
            scale.look(&distances);
        }
        for at in from..to {
            let row = &rows[at];
            let Some((start, end)) = self.span(rows, at, &distances, scale.step) else {
                findings.add(row.line, "span", &[]);
                continue;
            };
            let nano = if self.is_power {
                let energy = i128::from(row.nano) * i128::from(end - start);
                let half = if energy < 0 { -1_800 } else { 1_800 };
                i64::try_from((energy + half) / 3_600).unwrap_or(i64::MAX)
            } else {
                row.nano
            };
            let interval = Interval {
                start,
                end,
                nano,
                estimated: row.estimated,
                line: row.line,
            };
            if nano < 0 {
                findings.add(row.line, "below_zero", &[("found", &shown(nano))]);
                continue;
            }
            if row.end != Row::OPEN && is_total(rows, at, &interval) {
                findings.add(row.line, "total_row", &[("found", &shown(nano))]);
                continue;
            }
            if let Some(last) = intervals.last()
                && interval.start < last.end
            {
                findings.add(row.line, "overlap", &[("line", &last.line.to_string())]);
                continue;
            }
            intervals.push(interval);
        }
        scale.room = distances;
    }

    fn span(
        &self,
        rows: &[Row],
        at: usize,
        distances: &[i64],
        step: Option<i64>,
    ) -> Option<(i64, i64)> {
        let row = &rows[at];
        if row.end != Row::OPEN {
            return Some((row.start, row.end));
        }
        if row.whole_day {
            return Some((row.start, self.days_later(row.start, 1)?));
        }
        let step = step?;
        let length = match self.stamp_is {
            StampIs::Start => length(distances, at, step),
            StampIs::End => length(distances, at.saturating_sub(1), step),
        };
        // Days are as long as the clock makes them.
        let whole_days = (length >= 86_400 && length % 86_400 == 0).then_some(length / 86_400);
        match (self.stamp_is, whole_days) {
            (StampIs::Start, Some(days)) if self.is_midnight(row.start) => {
                Some((row.start, self.days_later(row.start, days)?))
            }
            (StampIs::End, Some(days)) if self.is_midnight(row.start) => {
                Some((self.days_later(row.start, -days)?, row.start))
            }
            (StampIs::Start, _) => Some((row.start, row.start + length)),
            (StampIs::End, _) => Some((row.start - length, row.start)),
        }
    }

    /// Seconds from each row to the next, from midnight to midnight as if no day were longer than another.
    fn distances<'r>(&'r self, rows: &'r [Row]) -> impl Iterator<Item = i64> + 'r {
        rows.windows(2).map(|pair| {
            let distance = pair[1].start - pair[0].start;
            let clock_changed = || {
                let near = distance % 86_400;
                near != 0 && (near <= 7_200 || near >= 79_200)
            };
            if distance > 75_600
                && clock_changed()
                && self.is_midnight(pair[0].start)
                && self.is_midnight(pair[1].start)
            {
                (distance + 43_200) / 86_400 * 86_400
            } else {
                distance
            }
        })
    }

    fn is_midnight(&self, at: i64) -> bool {
        jiff::Timestamp::from_second(at).is_ok_and(|at| {
            let shown = self.zone.to_datetime(at);
            shown.time() == jiff::civil::Time::midnight()
        })
    }

    fn days_later(&self, at: i64, days: i64) -> Option<i64> {
        let at = jiff::Timestamp::from_second(at).ok()?;
        let day = self.zone.to_datetime(at).date();
        let later = day
            .checked_add(jiff::Span::new().try_days(days).ok()?)
            .ok()?;
        let midnight = self.zone.to_ambiguous_timestamp(later.at(0, 0, 0, 0));
        midnight.compatible().ok().map(jiff::Timestamp::as_second)
    }
}

/// Differences of a register that did not fall.
fn differences(
    rows: &[Row],
    from: usize,
    to: usize,
    findings: &mut Findings,
    intervals: &mut Vec<Interval>,
) {
    // The difference after the last row belongs to the rows that come next, if any do.
    let to = to.min(rows.len().saturating_sub(1));
    for at in from..to {
        let (row, next) = (&rows[at], &rows[at + 1]);
        let nano = next.nano.saturating_sub(row.nano);
        if nano < 0 {
            let (was, is) = (shown(row.nano), shown(next.nano));
            findings.add(next.line, "register_fell", &[("was", &was), ("is", &is)]);
            continue;
        }
        intervals.push(Interval {
            start: row.start,
            end: next.start,
            nano,
            estimated: row.estimated || next.estimated,
            line: next.line,
        });
    }
}

/// Distances alike, one after the other, by which a longer step is told from a row that is missing.
const ALIKE: usize = 8;

/// The length of the interval at the side of `distances[at]`: that distance where it is the step or less,
/// or where many are alike; else the step, and what is beyond it is a gap.
fn length(distances: &[i64], at: usize, step: i64) -> i64 {
    // At the edge of a file nothing follows: as long as the one beside it.
    let at = at.min(distances.len().saturating_sub(1));
    let Some(&distance) = distances.get(at) else {
        return step;
    };
    if distance <= step {
        return distance;
    }
    let alike = |to: &i64| *to == distance;
    let before = distances[..at]
        .iter()
        .rev()
        .take_while(|to| alike(to))
        .take(ALIKE)
        .count();
    let after = distances[at..]
        .iter()
        .take_while(|to| alike(to))
        .take(ALIKE)
        .count();
    if before + after >= ALIKE {
        return distance;
    }
    // A gap among longer steps: as long as those around it.
    let around = distances[at + 1..]
        .iter()
        .take(ALIKE)
        .chain(distances[..at].iter().rev().take(ALIKE));
    let regime =
        around
            .copied()
            .filter(|near| *near > step)
            .fold((0, 0_usize), |(length, count), near| {
                if near == length {
                    (length, count + 1)
                } else if count <= 1 {
                    (near, 1)
                } else {
                    (length, count - 1)
                }
            });
    if regime.1 >= ALIKE - 2 && regime.0 <= distance {
        regime.0
    } else {
        step
    }
}

/// A row that spans many others says their sum again.
fn is_total(rows: &[Row], at: usize, interval: &Interval) -> bool {
    let inside = |row: &&Row| {
        row.start >= interval.start
            && row.start < interval.end
            && row.end != Row::OPEN
            && row.end <= interval.end
    };
    let others = rows[at + 1..].iter().take(3).filter(inside).count();
    let before = rows[..at].iter().rev().take(3).filter(inside).count();
    others + before >= 3
}

/// Rows of which each instant is there once: the same again is dropped; of two that differ neither is
/// known. With them, which go out.
fn without_twins<'r>(
    window: &Window<'r>,
    findings: &mut Findings,
) -> (Cow<'r, [Row]>, usize, usize) {
    let Window { rows, from, to } = *window;
    if !rows.windows(2).any(|pair| same_time(&pair[0], &pair[1])) {
        return (Cow::Borrowed(rows), from, to);
    }
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    let (mut kept_from, mut kept_to) = (0, 0);
    let mut at = 0;
    for twins in rows.chunk_by(same_time) {
        let first = &twins[0];
        let alike = twins.iter().all(|row| row.nano == first.nano);
        // Rows of one instant are on one side of a frontier.
        if at >= from && at < to {
            let code = if alike {
                "duplicate_dropped"
            } else {
                "conflict"
            };
            for twin in &twins[1..] {
                findings.add(twin.line, code, &[("line", &first.line.to_string())]);
            }
        }
        if alike {
            kept.push(*first);
            kept_from += usize::from(at < from);
            kept_to += usize::from(at < to);
        }
        at += twins.len();
    }
    (Cow::Owned(kept), kept_from, kept_to)
}

fn same_time(first: &Row, row: &Row) -> bool {
    row.start == first.start
        && (row.end == first.end || row.end == Row::OPEN || first.end == Row::OPEN)
}

/// How parts become one, where not all of them are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    /// Of those that are told: each row is of one of them.
    OfAny,
    /// Of those that are told, which is said.
    Told,
    /// Of all of them, or there is none.
    OfAll,
}

/// Sums the parts of a channel. Where all parts are told in each row, one that is not there is told; and
/// of registers a sum without one of them is none: its next difference is of a longer time.
pub(super) fn merge(
    mut parts: Vec<Vec<Interval>>,
    sum_of: Sum,
    findings: &mut Findings,
) -> Vec<Interval> {
    if parts.len() == 1 {
        return parts.pop().unwrap_or_default();
    }
    let count = parts.len();
    let mut all: Vec<Interval> = parts.into_iter().flatten().collect();
    all.sort_by_key(|interval| (interval.start, interval.end, interval.line));
    let mut merged: Vec<Interval> = Vec::with_capacity(all.len() / count.max(1));
    for alike in all.chunk_by(|a, b| a.start == b.start && a.end == b.end) {
        let mut sum = alike[0];
        for other in &alike[1..] {
            sum.nano = sum.nano.saturating_add(other.nano);
            sum.estimated |= other.estimated;
        }
        if alike.len() < count {
            match sum_of {
                Sum::OfAll => {
                    findings.add(sum.line, "part_missing", &[]);
                    continue;
                }
                Sum::Told => findings.add(sum.line, "part_blank", &[]),
                Sum::OfAny => {}
            }
        }
        merged.push(sum);
    }
    merged
}

/// How much flows usually, and how long steps are, learnt as the file goes by.
#[derive(Debug, Default)]
pub(super) struct Scale {
    step: Option<i64>,
    /// Room for the distances of rows.
    room: Vec<i64>,
    /// Intervals by the power of two of their mean power in watts.
    powers: Vec<u64>,
}

/// Above this mean power a value is held against what is usual in its file: 100 kW is more than the
/// largest connection of a home.
const LARGE_KW: i64 = 100;
/// A file of which a quarter is below this is no large site's.
const HOME_KW: i64 = 10;
/// No connection that this program is for.
const IMPOSSIBLE_KW: i64 = 20_000;

impl Scale {
    /// Learns the step: the commonest distance.
    fn look(&mut self, distances: &[i64]) {
        if self.step.is_some() || distances.is_empty() {
            return;
        }
        let mut sorted: Vec<i64> = distances.iter().copied().filter(|d| *d > 0).collect();
        sorted.sort_unstable();
        let mut best = (0, 0);
        let mut at = 0;
        while at < sorted.len() {
            let run = sorted[at..]
                .iter()
                .take_while(|d| **d == sorted[at])
                .count();
            if run > best.1 {
                best = (sorted[at], run);
            }
            at += run;
        }
        self.step = (best.1 > 0).then_some(best.0);
    }

    /// Leaves out what no home uses, unless the file is of that kind as a whole.
    pub(super) fn leave_out_implausible(
        &mut self,
        intervals: &mut Vec<Interval>,
        base: Base,
        findings: &mut Findings,
    ) {
        if !matches!(base, Base::Energy | Base::Power) {
            return;
        }
        // To the watt is enough here, and much quicker than exact.
        let watts = |interval: &Interval| {
            interval.nano / 1_000_000 * 3_600 / (interval.end - interval.start).max(1)
        };
        if self.powers.is_empty() {
            self.powers = vec![0; 40];
        }
        // Some are enough to tell of which size a site is, and dividing is slow.
        for interval in intervals
            .iter()
            .step_by(if intervals.len() > 1_000 { 16 } else { 1 })
        {
            let watts = watts(interval).max(0);
            self.powers[((64 - watts.leading_zeros()) as usize).min(39)] += 1;
        }
        let large = |interval: &Interval| {
            interval.nano / 1_000_000 * 3_600 > LARGE_KW * 1_000 * (interval.end - interval.start)
        };
        if !intervals.iter().any(large) {
            return;
        }
        let counted: u64 = self.powers.iter().sum();
        let mut sum = 0;
        let quarter = self.powers.iter().position(|count| {
            sum += count;
            sum * 4 > counted
        });
        let home = quarter.is_none_or(|bin| 1_i64 << bin.min(40) <= HOME_KW * 1_000);
        intervals.retain(|interval| {
            let power = watts(interval) / 1_000;
            let over = power > IMPOSSIBLE_KW || (home && power > LARGE_KW);
            if over {
                findings.add(
                    interval.line,
                    "implausible",
                    &[("found", &shown(interval.nano)), ("kw", &power.to_string())],
                );
            }
            !over
        });
    }
}

/// Billionths as a decimal.
pub(super) fn shown(nano: i64) -> String {
    rust_decimal::Decimal::from_i128_with_scale(i128::from(nano), 9)
        .normalize()
        .to_string()
}
