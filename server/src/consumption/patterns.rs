//! What a home usually does: by weekday and hour, by hour of weekdays and weekends, and what never
//! stops. Only hours that are known whole count. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{HeatCell, ProfileHour, Standby};
use ecotrack_common::standby;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::spans::{FlowSpanDay, Part};

/// Minutes of an hour, which a known one has all of.
const HOUR: i64 = 60;
/// Fewer hours than these have no tenths.
const ENOUGH_FOR_TENTHS: usize = 5;

/// An hour that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownHour {
    /// Its day.
    pub date: Date,
    /// What the clock shows at its beginning.
    pub hour: i8,
    /// Its energy.
    pub mwh: i64,
}

/// The hours of days that are known whole, by the clock: on a day on which it goes back one is there
/// twice, on one on which it goes forward one is not there.
pub fn hours(days: &BTreeMap<Date, FlowSpanDay>, zone: &TimeZone) -> Vec<KnownHour> {
    let mut hours = Vec::new();
    for (date, day) in days {
        for (at, part) in (0_i64..).zip(&day.parts) {
            let start = day.start.checked_add(SignedDuration::from_hours(at));
            let (Ok(start), Some(mwh)) = (start, part.mwh) else {
                continue;
            };
            if part.covered >= HOUR {
                hours.push(KnownHour {
                    date: *date,
                    hour: clock(start, zone),
                    mwh,
                });
            }
        }
    }
    hours
}

fn clock(at: Timestamp, zone: &TimeZone) -> i8 {
    zone.to_datetime(at).hour()
}

/// The mean of each hour of the week, Monday first; nothing of no hours.
pub fn heat(hours: &[KnownHour]) -> Vec<HeatCell> {
    if hours.is_empty() {
        return Vec::new();
    }
    let mut sums: BTreeMap<(i8, i8), (i64, i32)> = BTreeMap::new();
    for hour in hours {
        let weekday = hour.date.weekday().to_monday_one_offset();
        let sum = sums.entry((weekday, hour.hour)).or_default();
        *sum = (sum.0 + hour.mwh, sum.1 + 1);
    }
    let cell = |weekday, hour| {
        let (mwh, days) = sums.get(&(weekday, hour)).copied().unwrap_or_default();
        HeatCell {
            weekday,
            hour,
            kwh: mean(mwh, days),
            days,
        }
    };
    (1..=7)
        .flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)))
        .map(|(weekday, hour)| cell(weekday, hour))
        .collect()
}

/// The hours of weekdays, then those of weekends; nothing of no hours.
pub fn profile(hours: &[KnownHour]) -> Vec<ProfileHour> {
    if hours.is_empty() {
        return Vec::new();
    }
    let mut known: BTreeMap<(bool, i8), Vec<i64>> = BTreeMap::new();
    for hour in hours {
        let weekend = hour.date.weekday().to_monday_one_offset() > 5;
        known
            .entry((weekend, hour.hour))
            .or_default()
            .push(hour.mwh);
    }
    let mut rows = Vec::with_capacity(48);
    for weekend in [false, true] {
        for hour in 0..24 {
            let mut values = known.remove(&(weekend, hour)).unwrap_or_default();
            values.sort_unstable();
            let days = i32::try_from(values.len()).unwrap_or(i32::MAX);
            let tenths = values.len() >= ENOUGH_FOR_TENTHS;
            let at = |tenth| tenths.then(|| quantile(&values, tenth)).flatten();
            rows.push(ProfileHour {
                weekend,
                hour,
                mean: mean(values.iter().sum(), days),
                p10: at(1),
                p90: at(9),
                days,
            });
        }
    }
    rows
}

fn mean(mwh: i64, count: i32) -> Option<Kwh> {
    mwh.checked_div(count.into()).map(Kwh::from_mwh)
}

/// The value that `tenth` tenths of sorted ones lie below, between two of them in proportion.
fn quantile(sorted: &[i64], tenth: i64) -> Option<Kwh> {
    let last = i64::try_from(sorted.len()).ok()?.checked_sub(1)?;
    let place = last * tenth;
    let below = usize::try_from(place / 10).ok()?;
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    Some(Kwh::from_mwh(low + (high - low) * (place % 10) / 10))
}

/// What never stops in these days.
pub fn standby_of(days: &BTreeMap<Date, FlowSpanDay>) -> Standby {
    if !days.values().any(|day| day.has_steps) {
        return Standby::NoHours;
    }
    let mut floors: Vec<Decimal> = Vec::new();
    let (mut used, mut known_hours) = (0_i64, 0_i64);
    for day in days.values() {
        let known = |part: &Part| part.mwh.filter(|_| part.covered >= HOUR);
        let hours: Vec<Option<i64>> = day.parts.iter().map(known).collect();
        let Some(floor) = standby::floor_of_day(&hours) else {
            continue;
        };
        floors.push(floor);
        used += hours.iter().flatten().sum::<i64>();
        known_hours += i64::try_from(hours.iter().flatten().count()).unwrap_or(0);
    }
    let days = i32::try_from(floors.len()).unwrap_or(i32::MAX);
    let need = i32::try_from(standby::DAYS_NEEDED).unwrap_or(i32::MAX);
    let Some(watts) = standby::middle(&floors).filter(|_| days >= need) else {
        return Standby::FewDays { have: days, need };
    };
    // Watts for hours, over milliwatt-hours.
    let share = (watts * Decimal::from(known_hours) * Decimal::ONE_THOUSAND)
        .checked_div(Decimal::from(used));
    Standby::Known {
        kwh_an_hour: Kwh((watts / Decimal::ONE_THOUSAND).round_dp(6)),
        share: share
            .unwrap_or_default()
            .clamp(Decimal::ZERO, Decimal::ONE)
            .round_dp(4),
        days,
    }
}
