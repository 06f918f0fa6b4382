//! What a file holds: by channel, totals, months, gaps. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::Interval;
use crate::import::bills::FileBill;
use crate::import::finding::Findings;
use crate::import::unit::Base;

/// Spans without data that are told one by one; the rest is counted.
const MOST_SPANS: usize = 100_000;

/// First intervals kept, to be shown as they were understood.
const FIRST_SHOWN: usize = 12;

/// A calendar month of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Year.
    pub year: i16,
    /// From 1.
    pub month: i8,
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// One channel of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelSummary {
    /// `kWh`, `m3`, `therm`.
    pub unit: &'static str,
    /// How many intervals.
    pub intervals: u64,
    /// How many of them are estimated.
    pub estimated: u64,
    /// Start of the first.
    pub first: i64,
    /// End of the last.
    pub until: i64,
    /// Billionths of the unit.
    pub total_nano: i128,
    /// Of each local month, by the start of intervals.
    pub months: BTreeMap<Month, i128>,
    /// Seconds of intervals by how long they are.
    pub lengths: BTreeMap<i64, u64>,
    /// Spans between the first and the last without an interval, in order.
    pub gaps: Vec<(i64, i64)>,
    /// Of a history of bills: the day and amount of the one before which there is none.
    pub first_bill: Option<(Date, i128)>,
    /// The first intervals of the file.
    pub shown: Vec<Interval>,
    covered: BTreeMap<i64, i64>,
    base: Base,
}

impl ChannelSummary {
    /// The total in its unit.
    pub fn total(&self) -> Decimal {
        decimal(self.total_nano)
    }
}

/// Billionths as a decimal.
pub(crate) fn decimal(nano: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(nano, 9)
        .unwrap_or(Decimal::MAX)
        .normalize()
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Summary {
    zone: TimeZone,
    /// By channel; one that is told in two units stands twice.
    pub channels: BTreeMap<String, ChannelSummary>,
    /// Bills, in the order of the file.
    pub bills: Vec<FileBill>,
    month: Option<(Range<i64>, Month)>,
}

impl Summary {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            channels: BTreeMap::new(),
            bills: Vec::new(),
            month: None,
        }
    }

    /// Of a file that holds nothing.
    pub(crate) fn empty() -> Self {
        Self::new(TimeZone::UTC)
    }

    /// The name under which a channel stands: gas in kWh beside gas in m³ are two.
    pub fn name(&self, channel: &str, base: Base) -> String {
        let taken = |name: &str| {
            self.channels
                .get(name)
                .is_some_and(|there| there.unit != base.symbol())
        };
        if taken(channel) {
            format!("{channel}_{}", base.symbol().to_lowercase())
        } else {
            channel.to_owned()
        }
    }

    /// Whether a channel stands under any name.
    pub(crate) fn has(&self, channel: &str, base: Base) -> bool {
        let is = |name: &str| {
            let there = self.channels.get(name);
            there.is_some_and(|there| there.unit == base.symbol())
        };
        is(channel) || is(&format!("{channel}_{}", base.symbol().to_lowercase()))
    }

    pub(super) fn add(&mut self, channel: &str, base: Base, intervals: &[Interval]) {
        let name = self.name(channel, base);
        let mut there = self
            .channels
            .remove(&name)
            .unwrap_or_else(|| ChannelSummary::new(base));
        let mut span: Option<(i64, i64)> = None;
        // Most follow each other and are as long: they are counted together.
        for run in intervals.chunk_by(follows) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            there.first = there.first.min(first.start);
            there.until = there.until.max(last.end);
            there.count(first.end - first.start, run.len());
            let mut rest = run;
            while let Some(first) = rest.first() {
                let (bounds, month) = self.month(first.start);
                let of_month = rest.partition_point(|interval| bounds.contains(&interval.start));
                let (of_month, others) = rest.split_at(of_month.max(1));
                let nano = of_month.iter().map(|interval| i128::from(interval.nano));
                there.sum(month, nano.sum());
                let estimated = of_month.iter().filter(|interval| interval.estimated);
                there.estimated += estimated.count() as u64;
                rest = others;
            }
            span = match span {
                Some((start, end)) if end == first.start => Some((start, last.end)),
                Some((start, end)) => {
                    there.cover(start, end);
                    Some((first.start, last.end))
                }
                None => Some((first.start, last.end)),
            };
        }
        let missing = FIRST_SHOWN - there.shown.len().min(FIRST_SHOWN);
        there.shown.extend(intervals.iter().take(missing));
        if let Some((start, end)) = span {
            there.cover(start, end);
        }
        self.channels.insert(name, there);
    }

    pub(super) fn add_bill(&mut self, channel: &str, base: Base, day: Date, nano: i64) {
        let name = self.name(channel, base);
        let there = self
            .channels
            .entry(name)
            .or_insert_with(|| ChannelSummary::new(base));
        there.first_bill = Some((day, i128::from(nano)));
    }

    /// The month of the zone in which an instant is, and from when to when it is.
    fn month(&mut self, at: i64) -> (Range<i64>, Month) {
        if let Some((bounds, month)) = &self.month
            && bounds.contains(&at)
        {
            return (bounds.clone(), *month);
        }
        let local = |at: i64| Timestamp::from_second(at).map(|at| self.zone.to_datetime(at).date());
        let date = local(at).unwrap_or_default();
        let month = Month {
            year: date.year(),
            month: date.month(),
        };
        let bound = |date: Date| {
            let midnight = self.zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0));
            midnight.compatible().ok().map(Timestamp::as_second)
        };
        let next = date.last_of_month().tomorrow().ok().and_then(bound);
        let bounds = bound(date.first_of_month())
            .zip(next)
            .map_or(at..at + 1, |(from, to)| from..to);
        self.month = Some((bounds.clone(), month));
        (bounds, month)
    }

    /// Ends the file: tells the gaps.
    pub(super) fn close(&mut self, findings: &mut Findings) {
        for (name, channel) in &mut self.channels {
            let covered = std::mem::take(&mut channel.covered);
            let mut last: Option<i64> = None;
            for (start, end) in covered {
                if let Some(last) = last {
                    let text = |at: i64| {
                        Timestamp::from_second(at)
                            .map_or_else(|_| at.to_string(), |at| at.to_string())
                    };
                    findings.add(
                        0,
                        "gap",
                        &[
                            ("channel", name),
                            ("from", &text(last)),
                            ("until", &text(start)),
                        ],
                    );
                    channel.gaps.push((last, start));
                }
                last = Some(end);
            }
        }
    }
}

/// Whether an interval begins where one ends that is as long.
fn follows(one: &Interval, next: &Interval) -> bool {
    next.start == one.end && next.end - next.start == one.end - one.start
}

impl ChannelSummary {
    fn new(base: Base) -> Self {
        Self {
            unit: base.symbol(),
            intervals: 0,
            estimated: 0,
            first: i64::MAX,
            until: i64::MIN,
            total_nano: 0,
            months: BTreeMap::new(),
            lengths: BTreeMap::new(),
            gaps: Vec::new(),
            first_bill: None,
            shown: Vec::new(),
            covered: BTreeMap::new(),
            base,
        }
    }

    fn count(&mut self, length: i64, intervals: usize) {
        let intervals = intervals as u64;
        self.intervals += intervals;
        *self.lengths.entry(length).or_default() += intervals;
    }

    fn sum(&mut self, month: Month, nano: i128) {
        self.total_nano += nano;
        *self.months.entry(month).or_default() += nano;
    }

    fn cover(&mut self, mut start: i64, mut end: i64) {
        if self.covered.len() >= MOST_SPANS {
            return;
        }
        if let Some((&before, &until)) = self.covered.range(..=start).next_back()
            && until >= start
        {
            self.covered.remove(&before);
            (start, end) = (before, end.max(until));
        }
        while let Some((&next, &until)) = self.covered.range(start..).next() {
            if next > end {
                break;
            }
            self.covered.remove(&next);
            end = end.max(until);
        }
        self.covered.insert(start, end);
    }

    /// What its amounts are counted in.
    pub fn base(&self) -> Base {
        self.base
    }
}
