//! Rows in order of time into intervals. Pure.

use std::borrow::Cow;
use std::ops::Range;

use jiff::tz::TimeZone;

use super::{Interval, Kind, StampIs};
use crate::import::finding::Findings;
use crate::import::number::NANO;
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

    /// Whether nothing but the rows around it tells how long its interval is.
    fn is_open(&self) -> bool {
        self.end == Self::OPEN && !self.whole_day
    }
}

/// What an inverter itself draws by night, at most: 30 W. Those of homes are sold with 1 to 10 W.
const MOST_DRAWN_NANO_KW: i64 = 30_000_000;

/// Whether what is below zero is no more than an inverter draws.
fn is_drawn(interval: &Interval) -> bool {
    let hours = |nano: i64| nano.saturating_mul(interval.end - interval.start) / 3_600;
    interval.nano >= -hours(MOST_DRAWN_NANO_KW)
}

/// Rows in order of time, those of which go out now, and the rest as company.
pub(super) struct Window<'r> {
    rows: Cow<'r, [Row]>,
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
            rows: Cow::Borrowed(rows),
            from: from.min(to),
            to,
        }
    }

    /// The same of which each instant is there once: the same again is dropped; of two that differ neither
    /// is known.
    pub(super) fn without_twins(self, findings: &mut Findings) -> Self {
        let Self { rows, from, to } = self;
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
        Self {
            rows: Cow::Owned(kept),
            from: kept_from,
            to: kept_to,
        }
    }
}

fn same_time(first: &Row, row: &Row) -> bool {
    row.start == first.start
        && (row.end == first.end || row.end == Row::OPEN || first.end == Row::OPEN)
}

/// What the rows of a channel tell, and by which clock.
pub(super) struct Told<'z> {
    pub(super) kind: Kind,
    pub(super) stamp_is: StampIs,
    pub(super) is_power: bool,
    /// What the sun makes.
    pub(super) is_made: bool,
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
        let rows = &window.rows[..];
        let (from, to) = (window.from, window.to);
        intervals.reserve(to - from);
        match self.kind {
            Kind::Register => differences(rows, from, to, findings, intervals),
            Kind::Usage | Kind::Power => {
                if scale.step.is_none() && rows.iter().any(Row::is_open) {
                    scale.look((1..rows.len()).map(|at| self.distance(rows, at - 1)));
                }
                self.lengths(window, scale.step, findings, intervals);
            }
        }
    }

    fn lengths(
        &self,
        window: &Window<'_>,
        step: Option<i64>,
        findings: &mut Findings,
        intervals: &mut Vec<Interval>,
    ) {
        let rows = &window.rows[..];
        // Of the interval before.
        let (mut until, mut of_line) = (i64::MIN, 0);
        let mut at = window.from;
        while at < window.to {
            let regular = self.regular(rows, at..window.to, until, step, intervals);
            if regular > 0 {
                at += regular;
                (until, of_line) = intervals
                    .last()
                    .map_or((until, of_line), |last| (last.end, last.line));
                continue;
            }
            let row = &rows[at];
            at += 1;
            let Some((start, end)) = self.span(rows, at - 1, step) else {
                findings.add(row.line, "span", &[]);
                continue;
            };
            let nano = if self.is_power {
                energy(row.nano, end - start)
            } else {
                row.nano
            };
            let mut interval = Interval {
                start,
                end,
                nano,
                estimated: row.estimated,
                line: row.line,
            };
            if nano < 0 && self.is_made && is_drawn(&interval) {
                findings.add(row.line, "made_nothing", &[("found", &shown(nano))]);
                interval.nano = 0;
            } else if nano < 0 {
                findings.add(row.line, "below_zero", &[("found", &shown(nano))]);
                continue;
            }
            if row.end != Row::OPEN && is_total(rows, at - 1, &interval) {
                findings.add(row.line, "total_row", &[("found", &shown(nano))]);
                continue;
            }
            if start < until {
                findings.add(row.line, "overlap", &[("line", &of_line.to_string())]);
                continue;
            }
            (until, of_line) = (end, row.line);
            intervals.push(interval);
        }
    }

    /// Takes the rows from the first on of which each interval is as long as a step or shorter: of most files
    /// almost all, and quicker together. How many they were.
    fn regular(
        &self,
        rows: &[Row],
        at: Range<usize>,
        until: i64,
        step: Option<i64>,
        intervals: &mut Vec<Interval>,
    ) -> usize {
        // Longer ones may be days, which the clock makes longer and shorter.
        let Some(step) = step.map(|step| step.min(NEAR_A_DAY)) else {
            return 0;
        };
        // Each row with the one at the other side of its interval.
        let pairs = match self.stamp_is {
            StampIs::Start => rows.get(at.start..(at.end + 1).min(rows.len())),
            StampIs::End => at
                .start
                .checked_sub(1)
                .and_then(|from| rows.get(from..at.end)),
        };
        let pairs = pairs.unwrap_or_default();
        let row_of = |pair: &'_ [Row]| match self.stamp_is {
            StampIs::Start => pair[0],
            StampIs::End => pair[1],
        };
        let is_regular = |pair: &&[Row]| {
            let row = row_of(pair);
            let length = pair[1].start - pair[0].start;
            row.is_open() && row.nano >= 0 && 0 < length && length <= step
        };
        if pairs.first().is_none_or(|first| first.start < until) {
            return 0;
        }
        let count = pairs.windows(2).take_while(is_regular).count();
        intervals.extend(pairs.windows(2).take(count).map(|pair| {
            let row = row_of(pair);
            let (start, end) = (pair[0].start, pair[1].start);
            Interval {
                start,
                end,
                nano: if self.is_power {
                    energy(row.nano, end - start)
                } else {
                    row.nano
                },
                estimated: row.estimated,
                line: row.line,
            }
        }));
        count
    }

    #[inline]
    fn span(&self, rows: &[Row], at: usize, step: Option<i64>) -> Option<(i64, i64)> {
        let row = &rows[at];
        if row.end != Row::OPEN {
            return Some((row.start, row.end));
        }
        if row.whole_day {
            return Some((row.start, self.days_later(row.start, 1)?));
        }
        let step = step?;
        let length = match self.stamp_is {
            StampIs::Start => self.length(rows, at, step),
            StampIs::End => self.length(rows, at.saturating_sub(1), step),
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

    /// Seconds from a row to the next, from midnight to midnight as if no day were longer than another.
    #[inline]
    fn distance(&self, rows: &[Row], at: usize) -> i64 {
        let (start, next) = (rows[at].start, rows[at + 1].start);
        let distance = next - start;
        let clock_changed = || {
            let near = distance % 86_400;
            near != 0 && (near <= 7_200 || near >= 79_200)
        };
        if distance > NEAR_A_DAY
            && clock_changed()
            && self.is_midnight(start)
            && self.is_midnight(next)
        {
            (distance + 43_200) / 86_400 * 86_400
        } else {
            distance
        }
    }

    /// The length of the interval at the side of a distance: that distance where it is the step or less, or
    /// where many are alike; else the step, and what is beyond it is a gap.
    #[inline]
    fn length(&self, rows: &[Row], at: usize, step: i64) -> i64 {
        // At the edge of a file nothing follows: as long as the one beside it.
        let Some(last) = rows.len().checked_sub(2) else {
            return step;
        };
        let at = at.min(last);
        let distance = self.distance(rows, at);
        if distance <= step {
            distance
        } else {
            self.longer(rows, at, distance, step)
        }
    }

    #[inline(never)]
    fn longer(&self, rows: &[Row], at: usize, distance: i64, step: i64) -> i64 {
        let before = || (0..at).rev().map(|at| self.distance(rows, at)).take(ALIKE);
        let after = || {
            let after = (at + 1..rows.len() - 1).map(|at| self.distance(rows, at));
            after.take(ALIKE)
        };
        let alike = |near: &i64| *near == distance;
        // It is one of them itself.
        let count = before().take_while(alike).count() + 1 + after().take_while(alike).count();
        if count >= ALIKE {
            return distance;
        }
        // A gap among longer steps: as long as those around it.
        let regime = after().chain(before()).filter(|near| *near > step).fold(
            (0, 0_usize),
            |(length, count), near| {
                if near == length {
                    (length, count + 1)
                } else if count <= 1 {
                    (near, 1)
                } else {
                    (length, count - 1)
                }
            },
        );
        if regime.1 >= ALIKE - 2 && regime.0 <= distance {
            regime.0
        } else {
            step
        }
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

/// Energy in billionths of a kWh of a power in billionths of a kW, to the nearest.
#[inline]
fn energy(nano: i64, seconds: i64) -> i64 {
    const HOUR: i64 = 3_600;
    let half = if nano < 0 { -HOUR / 2 } else { HOUR / 2 };
    let of_hours = nano.checked_mul(seconds);
    if let Some(sum) = of_hours.and_then(|of_hours| of_hours.checked_add(half)) {
        return sum / HOUR;
    }
    let sum = i128::from(nano) * i128::from(seconds) + i128::from(half);
    i64::try_from(sum / i128::from(HOUR)).unwrap_or(i64::MAX)
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

/// Seconds beyond which a distance may be one of days, of which some have an hour less.
const NEAR_A_DAY: i64 = 75_600;
/// Distances alike, one after the other, by which a longer step is told from a row that is missing.
const ALIKE: usize = 8;

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
    /// Intervals by the power of two of their mean power in watts.
    powers: Vec<u64>,
}

/// Above this mean power a value is held against what is usual in its file: 100 kW is more than the
/// largest connection of a home.
const LARGE_KW: i64 = 100;
/// The same in billionths of a kWh a second, cut.
const LARGE_NANO: i64 = LARGE_KW * NANO / 3_600;
/// A file of which a quarter is below this is no large site's.
const HOME_KW: i64 = 10;
/// No connection that this program is for.
const IMPOSSIBLE_KW: i64 = 20_000;

impl Scale {
    /// Learns the step: the commonest distance.
    fn look(&mut self, distances: impl Iterator<Item = i64>) {
        let mut sorted: Vec<i64> = distances.filter(|distance| *distance > 0).collect();
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
        let large =
            |interval: &Interval| interval.nano > LARGE_NANO * (interval.end - interval.start);
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
