//! How a goal of one device stands: by a meter of its own, or by what is said of the device. Pure.
//!
//! What a device costs is its energy at the price of one kWh more: the bill it has a part in knows no devices.

use ecotrack_common::Kwh;
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::device::NewDevice;
use ecotrack_common::device_forecast::on_day;
use ecotrack_common::forecast::Band;
use ecotrack_common::goal::{Goal, GoalMeasure, GoalPace, GoalProgress};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::pace::{Limit, look};
use crate::forecasts::ending::{Ending, Predicted};
use crate::forecasts::store::kwh;

/// Days whose mean is what a device usually uses.
const LEVEL_DAYS: usize = 28;
/// Of those so many have to be known.
const LEVEL_NEEDED: usize = 21;
/// Past days from which the sums after them are held against the mean before them.
const NEEDED_ORIGINS: usize = 14;
/// Longest way ahead.
const AHEAD: usize = 62;
/// Shares of past errors that the bounds of a band stand at.
const SHARES: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

/// What a kWh of the device counts in the unit of a goal.
#[derive(Debug, Clone, Copy)]
pub struct Worth {
    /// Price of one more kWh.
    pub price: Option<Decimal>,
    /// Kilograms of CO2e.
    pub co2e: Option<Decimal>,
}

impl Worth {
    /// In the unit of a measure; `None` where it is not known or nothing.
    pub fn of(self, measure: GoalMeasure) -> Option<Decimal> {
        let worth = match measure {
            GoalMeasure::Kwh => Some(Decimal::ONE),
            GoalMeasure::Money => self.price,
            GoalMeasure::Co2e => self.co2e,
        };
        worth.filter(|worth| *worth > Decimal::ZERO)
    }
}

/// How a goal stands by the days of the device's own meter, which are those up to `through`; `None` while none is
/// known.
pub fn metered(
    goal: &Goal,
    days: &[DayUse],
    span: Cycle,
    today: Date,
    through: Date,
    worth: Decimal,
) -> Option<GoalProgress> {
    let inside = days.iter().filter(|day| span.contains(day.date));
    let known: Vec<Kwh> = inside.filter_map(|day| day.kwh).collect();
    if known.is_empty() {
        return None;
    }
    let used = known.into_iter().sum::<Kwh>().0 * worth;
    let ahead = AheadOfDevice::new(days, through);
    let ending = ahead.and_then(|ahead| {
        let predicted = Predicted {
            origin: through,
            days: &ahead.days,
            totals: &ahead.totals,
        };
        Ending::new(days, span, predicted)
    });
    let limit = goal.goal.limit;
    let in_energy = Limit::Energy(Some(Kwh(limit / worth)));
    let looked = ending.as_ref();
    let looked = looked.and_then(|ending| look(ending, today, &in_energy).ok());
    let passed = used > limit;
    let passed_by_then = || {
        let mut sum = Decimal::ZERO;
        let mut inside = days.iter().filter(|day| span.contains(day.date));
        let day = inside.find(|day| {
            sum += day.kwh.unwrap_or_default().0 * worth;
            sum > limit
        });
        day.map(|day| day.date)
    };
    Some(GoalProgress {
        measure: goal.goal.measure,
        limit,
        used: used.round_dp(6),
        likely_at_end: ending.map(|ending| (ending.kwh.likely.0 * worth).round_dp(6)),
        probability_of_passing: if passed {
            Some(Decimal::ONE)
        } else {
            looked.map(|looked| looked.probability)
        },
        likely_passed_on: if passed {
            passed_by_then()
        } else {
            looked.and_then(|looked| looked.passed_on)
        },
        example: goal.example,
        pace: looked.filter(|_| !passed).map(|looked| looked.pace),
    })
}

/// How a goal stands by what is said of the device. No probability: nothing was measured.
pub fn estimated(
    goal: &Goal,
    device: &NewDevice,
    southern: bool,
    span: Cycle,
    today: Date,
    worth: Decimal,
) -> GoalProgress {
    let limit = goal.goal.limit;
    let (mut used, mut whole, mut passed_on) = (Decimal::ZERO, Decimal::ZERO, None);
    let mut left = Decimal::ZERO;
    for date in span.iter() {
        let day = on_day(device, date, southern).0 * worth;
        whole += day;
        if date < today {
            used += day;
        } else {
            left += day;
        }
        if whole > limit && passed_on.is_none() {
            passed_on = Some(date);
        }
    }
    let days_left = (days_between(today, span.last) + 1).max(0);
    let days = Decimal::from(days_left.max(1));
    let (mean, change) = (left / worth / days, (limit - whole) / worth / days);
    let keeps = (days_left > 0 && change >= -mean).then_some(change);
    let rounded = |kwh: Decimal| Kwh(kwh.round_dp(3).normalize());
    GoalProgress {
        measure: goal.goal.measure,
        limit,
        used: used.round_dp(6).normalize(),
        likely_at_end: Some(whole.round_dp(6).normalize()),
        probability_of_passing: (used > limit).then_some(Decimal::ONE),
        likely_passed_on: passed_on,
        example: goal.example,
        pace: (used <= limit).then(|| GoalPace {
            days_left,
            passed_from: None,
            passed_to: None,
            change_kwh_per_day: keeps.map(rounded),
            kwh_per_day: keeps.map(|change| rounded(mean + change)),
        }),
    }
}

/// The days ahead of a device: the mean of the last four weeks, with the spread that sums of its own past days had
/// around the mean of the four weeks before them.
struct AheadOfDevice {
    days: Vec<Band<Kwh>>,
    totals: Vec<Band<Kwh>>,
}

impl AheadOfDevice {
    fn new(days: &[DayUse], through: Date) -> Option<Self> {
        let first = days.iter().find(|day| day.is_measured())?.date;
        let span = Cycle {
            first,
            last: through,
        };
        let mut known: Vec<Option<f64>> = span.iter().map(|_| None).collect();
        for day in days.iter().filter(|day| day.is_measured()) {
            let at = usize::try_from(days_between(first, day.date)).ok();
            if let Some(slot) = at.and_then(|at| known.get_mut(at)) {
                *slot = day.kwh.map(Kwh::to_f64);
            }
        }
        let level = level(&known)?;
        let mut totals = Vec::with_capacity(AHEAD);
        for ahead in 1..=AHEAD {
            // Beyond what the past is long enough for, sums spread as days that know nothing of each other.
            let Some(band) = band(&known, level, ahead) else {
                break;
            };
            totals.push(band);
        }
        let day = *totals.first()?;
        while let (Some(last), true) = (totals.last().copied(), totals.len() < AHEAD) {
            totals.push(longer(last, level, totals.len()));
        }
        Some(Self {
            days: vec![day; AHEAD],
            totals,
        })
    }
}

/// The mean of the last four weeks of `known`.
fn level(known: &[Option<f64>]) -> Option<f64> {
    let lately = &known[known.len().saturating_sub(LEVEL_DAYS)..];
    let lately: Vec<f64> = lately.iter().flatten().copied().collect();
    (lately.len() >= LEVEL_NEEDED).then(|| lately.iter().sum::<f64>() / lately.len() as f64)
}

/// The band of the sum of the next `ahead` days.
fn band(known: &[Option<f64>], now: f64, ahead: usize) -> Option<Band<Kwh>> {
    let last = known.len().checked_sub(ahead)?;
    let mut errors: Vec<f64> = (LEVEL_NEEDED..=last)
        .filter_map(|origin| {
            let level = level(&known[..origin])?;
            let after: Option<Vec<f64>> = known[origin..origin + ahead].iter().copied().collect();
            Some(after?.iter().sum::<f64>() - level * ahead as f64)
        })
        .collect();
    if errors.len() < NEEDED_ORIGINS {
        return None;
    }
    errors.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (errors.len() - 1) as f64;
        let (below, above) = (errors[place as usize], errors[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    let middle = now * ahead as f64;
    let [lo95, lo80, likely, hi80, hi95] = SHARES.map(|share| {
        // The middle of past errors is what the device happened to do, and no bias to go on.
        Kwh(kwh((middle + at(share) - at(0.5)).max(0.0)))
    });
    Some(Band {
        likely,
        lo80,
        hi80,
        lo95,
        hi95,
    })
}

/// The band of a day more than `band`, which is of `days`.
fn longer(band: Band<Kwh>, level: f64, days: usize) -> Band<Kwh> {
    let wider = ((days + 1) as f64 / days as f64).sqrt();
    let middle = band.likely.to_f64();
    band.map(|bound| {
        Kwh(kwh(
            (middle + level + (bound.to_f64() - middle) * wider).max(0.0)
        ))
    })
}

#[cfg(test)]
mod tests {
    use ecotrack_common::ConsumptionGoalId;
    use ecotrack_common::goal::{GoalPeriod, NewGoal};
    use ecotrack_common::reference::DeviceCategory;
    use jiff::ToSpan;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    const TODAY: Date = date(2026, 11, 16);

    fn november() -> Cycle {
        Cycle::containing(TODAY, 1)
    }

    fn goal(measure: GoalMeasure, limit: i64) -> Goal {
        Goal {
            consumption_goal_id: ConsumptionGoalId(Uuid::nil()),
            goal: NewGoal {
                measure,
                period: GoalPeriod::Month,
                limit: limit.into(),
                valid_from: date(2026, 1, 1),
                valid_to: None,
                profile_device_id: None,
            },
            example: false,
            version: 1,
        }
    }

    /// A kWh on each day up to yesterday, and a tenth more or less by turns.
    fn days(count: i64) -> Vec<DayUse> {
        (1..=count)
            .rev()
            .map(|back| DayUse {
                date: TODAY.saturating_sub(back.days()),
                kwh: Some(Kwh(Decimal::new(if back % 2 == 0 { 11 } else { 9 }, 1))),
                covered_percent: 100,
                estimated: false,
            })
            .collect()
    }

    fn of(limit: i64, count: i64) -> GoalProgress {
        let through = TODAY.saturating_sub(1.day());
        let goal = goal(GoalMeasure::Kwh, limit);
        metered(
            &goal,
            &days(count),
            november(),
            TODAY,
            through,
            Decimal::ONE,
        )
        .unwrap()
    }

    #[test]
    fn a_meter_of_its_own_tells_how_likely_a_device_passes_its_limit() {
        let near = |value: Option<Decimal>, wanted: i64| {
            let value = value.unwrap();
            assert!(
                (value - Decimal::from(wanted)).abs() < Decimal::ONE,
                "{value}"
            );
        };
        let tight = of(25, 90);
        near(tight.likely_at_end, 30);
        assert!(tight.probability_of_passing.unwrap() > Decimal::new(9, 1));
        assert_eq!(tight.likely_passed_on, Some(date(2026, 11, 26)));
        let pace = tight.pace.unwrap();
        assert_eq!(pace.days_left, 15);
        let change = pace.change_kwh_per_day.unwrap().0;
        assert!(
            (change + Decimal::new(33, 2)).abs() < Decimal::new(3, 2),
            "{change}"
        );
        let loose = of(40, 90);
        assert!(loose.probability_of_passing.unwrap() < Decimal::new(1, 1));
        assert_eq!(loose.likely_passed_on, None);
        let passed = of(10, 90);
        assert_eq!(passed.probability_of_passing, Some(Decimal::ONE));
        assert_eq!(passed.likely_passed_on, Some(date(2026, 11, 11)));
    }

    #[test]
    fn too_few_days_of_a_meter_give_no_probability() {
        let young = of(25, 20);
        assert_eq!(young.probability_of_passing, None);
        assert!(young.used > Decimal::from(14));
    }

    #[test]
    fn an_estimate_says_what_keeps_a_limit_and_no_probability() {
        let device = NewDevice {
            catalog_slug: None,
            kind: None,
            name: "Heater".to_owned(),
            category: DeviceCategory::Other,
            alerts_off: false,
            quantity: 1,
            power_w: Decimal::from(1000),
            standby_w: Decimal::ZERO,
            hours_per_day: Decimal::from(2),
            days_per_month: Decimal::from(30),
            duty_cycle: Decimal::ONE,
            estimate: false,
            patterns: Vec::new(),
        };
        let at = |limit, worth: i64| {
            let goal = goal(GoalMeasure::Money, limit);
            estimated(&goal, &device, true, november(), TODAY, worth.into())
        };
        let progress = at(45, 1);
        assert_eq!(progress.used, Decimal::from(30));
        assert_eq!(progress.likely_at_end, Some(Decimal::from(60)));
        assert_eq!(progress.probability_of_passing, None);
        assert_eq!(
            progress.pace.unwrap().change_kwh_per_day,
            Some(Kwh((-1).into()))
        );
        // At two a kWh all is twice as much, and the change in kWh half of it.
        let dearer = at(90, 2);
        assert_eq!(dearer.used, Decimal::from(60));
        assert_eq!(dearer.pace, progress.pace);
        let lost = at(31, 1).pace.unwrap();
        assert_eq!(lost.kwh_per_day, Some(Kwh(Decimal::new(67, 3))));
        assert_eq!(at(29, 1).pace, None, "that is passed");
    }
}
