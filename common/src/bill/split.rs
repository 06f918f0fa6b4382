//! Cutting a cycle where the tariff's version changes, and sharing its energy among the parts.

use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::tariff::{Split, Tariff, Version};
use super::usage::DayUse;
use super::{BillError, MissingFigure};

/// The days of a cycle with their known use.
#[derive(Debug)]
pub(super) struct Days {
    list: Vec<DayUse>,
    split: Split,
}

/// Days of the cycle under one version of the tariff.
#[derive(Debug)]
pub(super) struct Segment<'t> {
    pub(super) version: &'t Version,
    /// The version is carried forward past its end.
    pub(super) assumed: bool,
    pub(super) range: Range<usize>,
}

impl Days {
    pub(super) fn new(days: Vec<DayUse>, split: Split) -> Result<Self, BillError> {
        let mut kwh_by_day = Decimal::ZERO;
        for kwh in days.iter().filter_map(|day| day.kwh) {
            kwh_by_day = kwh_by_day.checked_add(kwh).ok_or(BillError::Overflow)?;
        }
        // A total alone says nothing of single days, and where nothing was used there is nothing
        // to share by: both go by days.
        let split = if kwh_by_day.is_zero() {
            Split::ByDays
        } else {
            split
        };
        Ok(Self { list: days, split })
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// How many days are known, all of each.
    pub(super) fn covered(&self) -> usize {
        self.list.iter().filter(|day| day.complete).count()
    }

    pub(super) fn split(&self) -> Split {
        self.split
    }

    pub(super) fn day(&self, at: usize) -> Date {
        self.list[at].day
    }

    /// First and last day of a range that is not empty.
    pub(super) fn ends(&self, range: &Range<usize>) -> (Date, Date) {
        (self.day(range.start), self.day(range.end - 1))
    }

    /// First and last day of which the use is not known, or not all of it.
    pub(super) fn gaps(&self) -> Option<(Date, Date)> {
        let mut gaps = self
            .list
            .iter()
            .filter(|day| !day.complete)
            .map(|day| day.day);
        let first = gaps.next()?;
        Some((first, gaps.next_back().unwrap_or(first)))
    }

    /// The part of `quantity`, which is of `whole`, that falls on `range` inside of it; `None` where
    /// no use of the range is known.
    pub(super) fn share(
        &self,
        quantity: Decimal,
        whole: &Range<usize>,
        range: &Range<usize>,
    ) -> Result<Option<Decimal>, BillError> {
        let covered = self.known(range).count();
        if covered == 0 {
            return Ok(None);
        }
        // Exact where it can be: a whole stays a whole, and a day's own kWh stay its own.
        let covered_whole = self.known(whole).count();
        if covered == covered_whole {
            return Ok(Some(quantity));
        }
        let by_days = (Decimal::from(covered), Decimal::from(covered_whole));
        let (part, whole) = match self.split {
            Split::ByDays => by_days,
            Split::ByUse => {
                let whole: Decimal = self.known(whole).sum();
                if whole.is_zero() {
                    by_days
                } else {
                    (self.known(range).sum(), whole)
                }
            }
        };
        if quantity == whole {
            return Ok(Some(part));
        }
        let share = quantity
            .checked_mul(part)
            .and_then(|product| product.checked_div(whole));
        share.map(Some).ok_or(BillError::Overflow)
    }

    fn known(&self, range: &Range<usize>) -> impl Iterator<Item = Decimal> + '_ {
        self.list[range.clone()].iter().filter_map(|day| day.kwh)
    }

    /// Cuts `range` into runs of days for which `key` is the same.
    pub(super) fn runs<K: PartialEq>(
        &self,
        range: &Range<usize>,
        mut key: impl FnMut(Date) -> Result<K, BillError>,
    ) -> Result<Vec<(Range<usize>, K)>, BillError> {
        let mut runs: Vec<(Range<usize>, K)> = Vec::new();
        for at in range.clone() {
            let key = key(self.day(at))?;
            match runs.last_mut() {
                Some((run, last)) if *last == key => run.end = at + 1,
                _ => runs.push((at..at + 1, key)),
            }
        }
        Ok(runs)
    }
}

/// Cuts the cycle where the version changes, or where it begins to be assumed.
pub(super) fn segments<'t>(tariff: &'t Tariff, days: &Days) -> Result<Vec<Segment<'t>>, BillError> {
    let runs = days.runs(&(0..days.len()), |day| version_on(tariff, day))?;
    let segment = |(range, (index, assumed)): (Range<usize>, (usize, bool))| Segment {
        version: &tariff.versions[index],
        assumed,
        range,
    };
    Ok(runs.into_iter().map(segment).collect())
}

/// The version in force on `day`, else the last one before it, carried forward (`true`).
pub(super) fn version_on(tariff: &Tariff, day: Date) -> Result<(usize, bool), BillError> {
    let begun = tariff
        .versions
        .iter()
        .enumerate()
        .filter(|(_, version)| version.valid_from <= day);
    let in_force = begun
        .clone()
        .filter(|(_, version)| version.valid_to.is_none_or(|last| day <= last));
    if let Some((index, _)) = in_force.max_by_key(|(_, version)| version.valid_from) {
        return Ok((index, false));
    }
    let last = begun.max_by_key(|(_, version)| version.valid_from);
    last.map(|(index, _)| (index, true))
        .ok_or_else(|| BillError::Missing {
            what: MissingFigure::Tariff(tariff.id.clone()),
            on: Some(day),
        })
}
