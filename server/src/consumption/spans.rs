//! Days of meters put together into the days of one flow, and those into steps of a span. A gap stays
//! a gap: a part is known only where every meter of the flow knows it, and a sum says how many minutes
//! it is of. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{LikeWithLike, Slot};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::MEASURED_PERCENT;
use ecotrack_common::emission::HomeFactors;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::home::{KnownGroup, MeterDay, of_groups, sign};

/// A meter's day, with its steps where they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// The day.
    pub day: MeterDay,
    /// Minutes of a step, where there are steps.
    pub step_minutes: Option<u16>,
    /// Milliwatt-hours of each step; `None` is a gap. Empty where they were not read.
    pub mwh: Vec<Option<i32>>,
    /// Which steps are estimated; empty where none is.
    pub estimated: Vec<bool>,
}

/// A part of a day, or a day, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// Milliwatt-hours; `None` is a gap.
    pub mwh: Option<i64>,
    /// Of which so many are estimated.
    pub estimated_mwh: i64,
    /// Minutes that are known.
    pub covered: i64,
    /// Minutes that there are.
    pub minutes: i64,
    /// Minutes from its beginning to the end of the last that is known.
    pub reached: i64,
}

/// A day of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSpanDay {
    /// When it begins.
    pub start: Timestamp,
    /// The day as a whole.
    pub whole: Part,
    /// Its parts in order, where parts were asked for: of a day of 23 hours 23, whether any of them is
    /// known or not.
    pub parts: Vec<Part>,
    /// Whether meters tell its parts at all.
    pub has_steps: bool,
}

/// Which meters' days make the flow.
pub struct Meters<'a> {
    /// Groups that have to be known from their first day on; none where the rows speak for themselves.
    pub known: &'a [KnownGroup],
    /// Whether energy that is given or stored counts as less, as in what a home uses.
    pub signed: bool,
}

/// Every day of `span`, in parts of `minutes` where that is given.
pub fn days(
    rows: &[SpanRow],
    meters: &Meters<'_>,
    span: Cycle,
    minutes: Option<u16>,
    zone: &TimeZone,
) -> BTreeMap<Date, FlowSpanDay> {
    let mut by_date: BTreeMap<Date, Vec<&SpanRow>> = BTreeMap::new();
    for row in rows {
        by_date.entry(row.day.date).or_default().push(row);
    }
    span.iter()
        .filter_map(|date| {
            let (start, length) = length_of(date, zone)?;
            let rows = by_date.get(&date).map(Vec::as_slice).unwrap_or_default();
            let chosen = chosen(rows, meters.known, date);
            let parts = minutes.map_or_else(Vec::new, |minutes| {
                let count = length / i64::from(minutes.max(1));
                let of = |at| together(&chosen, meters.signed, |row| row.part(at, minutes));
                (0..usize::try_from(count).unwrap_or(0))
                    .map(|at| Part {
                        minutes: minutes.into(),
                        ..of(at)
                    })
                    .collect()
            });
            let whole = together(&chosen, meters.signed, SpanRow::whole);
            let day = FlowSpanDay {
                start,
                whole: Part {
                    minutes: length,
                    ..whole
                },
                parts,
                has_steps: !chosen.is_empty() && chosen.iter().all(|row| row.day.steps),
            };
            Some((date, day))
        })
        .collect()
}

/// When a day begins, and its minutes.
fn length_of(date: Date, zone: &TimeZone) -> Option<(Timestamp, i64)> {
    let start = date.to_zoned(zone.clone()).ok()?.timestamp();
    let end = date.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    let seconds = end.timestamp().as_second() - start.as_second();
    Some((start, seconds / 60))
}

/// Of each group the row that knows most of the day; nothing where a group is missing.
fn chosen<'a>(rows: &[&'a SpanRow], known: &[KnownGroup], date: Date) -> Vec<&'a SpanRow> {
    let days: Vec<&MeterDay> = rows.iter().map(|row| &row.day).collect();
    let best = of_groups(&days);
    let is_best = |row: &&&SpanRow| {
        best.iter()
            .any(|day| std::ptr::eq(*day, &raw const row.day))
    };
    let chosen: Vec<&SpanRow> = rows.iter().filter(is_best).copied().collect();
    let mut expected = known.iter().filter(|group| group.first_day <= date);
    let is_there = |group: &KnownGroup| chosen.iter().any(|row| row.day.group == group.group);
    if expected.all(is_there) {
        chosen
    } else {
        Vec::new()
    }
}

/// What the rows together know of a part: the sum of all, unknown where one is.
fn together(rows: &[&SpanRow], signed: bool, part: impl Fn(&SpanRow) -> Part) -> Part {
    let mut sum: Option<Part> = None;
    for row in rows {
        let mut one = part(row);
        if signed && sign(row.day.channel) == Some(-1) {
            one.mwh = one.mwh.map(|mwh| -mwh);
        }
        sum = Some(match sum {
            None => one,
            Some(before) => Part {
                mwh: before.mwh.zip(one.mwh).map(|(one, two)| one + two),
                estimated_mwh: before.estimated_mwh + one.estimated_mwh,
                covered: before.covered.min(one.covered),
                minutes: before.minutes,
                reached: before.reached.min(one.reached),
            },
        });
    }
    let sum = sum.unwrap_or_default();
    if sum.mwh.is_none() {
        return Part {
            estimated_mwh: 0,
            covered: 0,
            reached: 0,
            ..sum
        };
    }
    sum
}

impl SpanRow {
    fn whole(&self) -> Part {
        let mwh = self.day.kwh.and_then(Kwh::to_mwh);
        let estimated_mwh = if self.estimated.is_empty() {
            // Without steps all of it is spread.
            mwh.filter(|_| self.day.estimated).unwrap_or(0)
        } else {
            let steps = self.mwh.iter().zip(&self.estimated);
            let estimated = steps.filter(|(_, estimated)| **estimated);
            estimated.filter_map(|(mwh, _)| mwh.map(i64::from)).sum()
        };
        let covered = self.day.covered_minutes.into();
        Part {
            mwh,
            estimated_mwh,
            covered,
            minutes: self.day.day_minutes.into(),
            reached: self.reached().unwrap_or(covered),
        }
    }

    /// Minutes to the end of its last known step; `None` where its steps were not read.
    fn reached(&self) -> Option<i64> {
        let last = self.mwh.iter().rposition(Option::is_some)?;
        Some(i64::try_from(last + 1).ok()? * i64::from(self.step_minutes?))
    }

    /// The part at a place of the day: the sum of its steps that are known. Nothing where steps are
    /// longer, or lie across.
    fn part(&self, at: usize, minutes: u16) -> Part {
        let Some(step) = self.step_minutes.filter(|step| *step > 0) else {
            return Part::default();
        };
        if !minutes.is_multiple_of(step) {
            return Part::default();
        }
        let each = usize::from(minutes / step);
        let mut part = Part::default();
        for place in at * each..(at + 1) * each {
            let Some(mwh) = self.mwh.get(place).copied().flatten() else {
                continue;
            };
            part.mwh = Some(part.mwh.unwrap_or(0) + i64::from(mwh));
            part.covered += i64::from(step);
            part.reached = i64::try_from(place + 1 - at * each).unwrap_or(0) * i64::from(step);
            if self.estimated.get(place).copied().unwrap_or(false) {
                part.estimated_mwh += i64::from(mwh);
            }
        }
        part
    }
}

/// The parts of each day of `span` as steps.
pub fn part_slots(
    days: &BTreeMap<Date, FlowSpanDay>,
    span: Cycle,
    minutes: u16,
    today: Date,
    zone: &TimeZone,
) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (date, day) in days.range(span.first..=span.last) {
        for (at, part) in (0_i64..).zip(&day.parts) {
            let after = (at * i64::from(minutes)).minutes();
            let Ok(start) = day.start.checked_add(after) else {
                continue;
            };
            let span = Cycle {
                first: *date,
                last: *date,
            };
            slots.push(Slot {
                start: Some(start),
                time: Some(zone.to_datetime(start).time()),
                ..slot(
                    span,
                    [(*date, part.of(day, at * i64::from(minutes)))],
                    today,
                )
            });
        }
    }
    slots
}

/// The days of `span` as one step.
pub fn day_slot(days: &BTreeMap<Date, FlowSpanDay>, span: Cycle, today: Date) -> Slot {
    let parts = days
        .range(span.first..=span.last)
        .map(|(date, day)| (*date, day.whole));
    slot(span, parts, today)
}

fn slot(span: Cycle, parts: impl IntoIterator<Item = (Date, Part)>, today: Date) -> Slot {
    let mut sum = Part::default();
    for (date, part) in parts {
        if let Some(mwh) = part.mwh {
            sum.mwh = Some(sum.mwh.unwrap_or(0) + mwh);
            sum.estimated_mwh += part.estimated_mwh;
            sum.covered += part.covered;
        }
        // Today is as long as to the last that is known of it: what is not known before is a gap, what is to come is
        // none.
        sum.minutes += match date.cmp(&today) {
            std::cmp::Ordering::Less => part.minutes,
            std::cmp::Ordering::Equal => part.reached.max(part.covered),
            std::cmp::Ordering::Greater => 0,
        };
    }
    Slot {
        first: span.first,
        last: span.last,
        start: None,
        time: None,
        kwh: sum.mwh.map(Kwh::from_mwh),
        covered_minutes: sum.covered.min(sum.minutes),
        minutes: sum.minutes,
        estimated_share: sum.mwh.and_then(|mwh| share(sum.estimated_mwh, mwh)),
        cost: None,
        co2e: None,
    }
}

fn share(part: i64, whole: i64) -> Option<Decimal> {
    let share = Decimal::from(part).checked_div(Decimal::from(whole))?;
    Some(share.clamp(Decimal::ZERO, Decimal::ONE).round_dp(4))
}

impl Part {
    /// The same, which begins so many minutes into `day`: it is passed as far as anything is known of the day.
    fn of(self, day: &FlowSpanDay, begins: i64) -> Self {
        Self {
            reached: (day.whole.reached - begins).clamp(0, self.minutes),
            ..self
        }
    }
}

impl FlowSpanDay {
    /// Whether enough of it is known to be held against another day.
    pub fn is_measured(&self) -> bool {
        let whole = self.whole;
        whole.mwh.is_some() && whole.covered * 100 >= whole.minutes * i64::from(MEASURED_PERCENT)
    }
}

/// Days that are measured on both sides, the first beside the first; `None` where there is no pair.
pub fn like_with_like(
    days: &BTreeMap<Date, FlowSpanDay>,
    others: &BTreeMap<Date, FlowSpanDay>,
) -> Option<LikeWithLike> {
    let (mut count, mut mwh, mut other_mwh) = (0, 0, 0);
    for (day, other) in days.values().zip(others.values()) {
        if let (Some(one), Some(two)) = (day.whole.mwh, other.whole.mwh)
            && day.is_measured()
            && other.is_measured()
        {
            count += 1;
            mwh += one;
            other_mwh += two;
        }
    }
    (count > 0).then(|| LikeWithLike {
        days: count,
        kwh: Kwh::from_mwh(mwh),
        compared_kwh: Kwh::from_mwh(other_mwh),
    })
}

/// What the energy of a step emitted, each year's by its own factor.
pub fn emitted(
    days: &BTreeMap<Date, FlowSpanDay>,
    slot: &Slot,
    factors: &HomeFactors,
) -> Option<ecotrack_common::KgCo2e> {
    let kwh = slot.kwh?;
    if slot.first.year() == slot.last.year() {
        return factors.in_year(slot.first.year(), kwh).ok().map(|it| it.kg);
    }
    let mut kg = Decimal::ZERO;
    for year in slot.first.year()..=slot.last.year() {
        let of_year = days
            .range(slot.first..=slot.last)
            .filter(|(date, _)| date.year() == year)
            .filter_map(|(_, day)| day.whole.mwh);
        let mut any = false;
        let mut mwh = 0;
        for one in of_year {
            any = true;
            mwh += one;
        }
        if any {
            kg += factors.in_year(year, Kwh::from_mwh(mwh)).ok()?.kg.0;
        }
    }
    Some(ecotrack_common::KgCo2e(kg))
}
