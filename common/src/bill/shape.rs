//! Use of the same shape: scaled to other kWh, or moved to other days.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::usage::{Clock, DaySteps, StepUse, Usage};
use crate::Kwh;
use crate::cycle::Cycle;

impl Usage {
    /// What is known of it in `cycle`.
    pub fn known_kwh(&self, cycle: Cycle) -> Kwh {
        match self {
            Self::Total(kwh) => *kwh,
            Self::Daily(days) => {
                let known = days.range(cycle.first..=cycle.last);
                known.filter_map(|(_, kwh)| *kwh).sum()
            }
            Self::Steps(steps) => {
                let known = steps.days.range(cycle.first..=cycle.last);
                let steps = known.flat_map(|(_, day)| day.mwh.iter().flatten());
                Kwh::from_mwh(steps.map(|mwh| i64::from(*mwh)).sum())
            }
        }
    }

    /// The same shape with `kwh` in all, to the milliwatt-hour; what is not known stays so. `None` for
    /// some kWh in the shape of nothing, and for more than a step holds.
    pub fn scaled_to(&self, kwh: Kwh) -> Option<Self> {
        let wanted = Decimal::from(kwh.to_mwh()?);
        match self {
            Self::Total(_) => Some(Self::Total(kwh)),
            Self::Daily(days) => {
                let milli = Decimal::from(1_000_000);
                let whole = days.values().flatten().map(|kwh| kwh.0 * milli).sum();
                let mut shares = Shares::new(wanted, whole)?;
                let scaled = days.iter().map(|(date, kwh)| {
                    let share = |kwh: &Kwh| Some(Kwh(shares.next(kwh.0 * milli)? / milli));
                    let share = kwh.as_ref().map(share);
                    Some((*date, share.map_or(Some(None), |share| share.map(Some))?))
                });
                Some(Self::Daily(scaled.collect::<Option<_>>()?))
            }
            Self::Steps(steps) => {
                let mut scaled = steps.clone();
                let known = |steps: &StepUse| {
                    let known = steps.days.values().flat_map(|day| day.mwh.iter().flatten());
                    known.map(|mwh| u64::from(*mwh)).sum::<u64>()
                };
                let mut shares = Shares::new(wanted, Decimal::from(known(steps)))?;
                let days = scaled.days.values_mut();
                for mwh in days.flat_map(|day| day.mwh.iter_mut().flatten()) {
                    *mwh = shares.next(Decimal::from(*mwh))?.to_u32()?;
                }
                Some(Self::Steps(scaled))
            }
        }
    }

    /// The use of `from` as if it were that of `to`: days that both have are themselves, the others are
    /// like days of `from` of the same weekday. `None` where the zone of its steps is unknown.
    pub fn moved(&self, from: Cycle, to: Cycle) -> Option<Self> {
        match self {
            Self::Total(kwh) => {
                let days = Decimal::from(from.days());
                let daily = kwh.0.checked_mul(Decimal::from(to.days()))?;
                Some(Self::Total(Kwh(daily.checked_div(days)?.round_dp(6))))
            }
            Self::Daily(days) => {
                let of = |(to, from): (Date, Date)| (to, days.get(&from).copied().flatten());
                Some(Self::Daily(pairs(from, to).map(of).collect()))
            }
            Self::Steps(steps) => {
                let clock = Clock::new(&steps.time_zone, to).ok()?;
                let of = |(to, from): (Date, Date)| {
                    let minutes = clock.day_minutes(to);
                    Some((to, steps.days.get(&from)?.of_minutes(minutes)))
                };
                Some(Self::Steps(StepUse {
                    time_zone: steps.time_zone.clone(),
                    days: pairs(from, to).filter_map(of).collect(),
                }))
            }
        }
    }
}

impl StepUse {
    /// A day like `day` on each of `cycle`; `None` where the zone is unknown.
    pub fn of_days_like(day: &DaySteps, cycle: Cycle, time_zone: &str) -> Option<Self> {
        let clock = Clock::new(time_zone, cycle).ok()?;
        let of = |date| (date, day.of_minutes(clock.day_minutes(date)));
        Some(Self {
            time_zone: time_zone.to_owned(),
            days: cycle.iter().map(of).collect(),
        })
    }
}

impl DaySteps {
    /// The same in a day of so many minutes: one of 23 hours leaves out the end, one of 25 begins
    /// again.
    fn of_minutes(&self, minutes: i64) -> Self {
        let steps = minutes / i64::from(self.step_minutes.max(1));
        let steps = usize::try_from(steps).unwrap_or_default();
        Self {
            step_minutes: self.step_minutes,
            mwh: self.mwh.iter().copied().cycle().take(steps).collect(),
        }
    }
}

/// Each day of `to` with the day of `from` that it is like: itself, else of the same weekday one
/// after the other.
fn pairs(from: Cycle, to: Cycle) -> impl Iterator<Item = (Date, Date)> {
    let all: Vec<Date> = from.iter().collect();
    let mut turns: BTreeMap<i8, usize> = BTreeMap::new();
    to.iter().filter_map(move |day| {
        let turn = turns.entry(day.weekday().to_monday_one_offset());
        let turn = turn.and_modify(|turn| *turn += 1).or_default();
        if from.contains(day) {
            return Some((day, day));
        }
        let like: Vec<&Date> = all
            .iter()
            .filter(|other| other.weekday() == day.weekday())
            .collect();
        let of_any = all.get(*turn % all.len().max(1));
        let like = like.get(*turn % like.len().max(1)).copied().or(of_any);
        like.map(|like| (day, *like))
    })
}

/// Whole milliwatt-hours in proportion to parts of a whole, which add up: what one share is rounded by
/// goes to the next.
struct Shares {
    wanted: Decimal,
    whole: Decimal,
    exact: Decimal,
    given: Decimal,
}

impl Shares {
    /// `None` where there is nothing to share by.
    fn new(wanted: Decimal, whole: Decimal) -> Option<Self> {
        (whole > Decimal::ZERO || wanted.is_zero()).then_some(Self {
            wanted,
            whole: if whole.is_zero() { Decimal::ONE } else { whole },
            exact: Decimal::ZERO,
            given: Decimal::ZERO,
        })
    }

    fn next(&mut self, part: Decimal) -> Option<Decimal> {
        let share = part.checked_mul(self.wanted)?.checked_div(self.whole)?;
        self.exact = self.exact.checked_add(share)?;
        let whole = (self.exact - self.given).round().max(Decimal::ZERO);
        self.given += whole;
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn cycle(first: Date, last: Date) -> Cycle {
        Cycle { first, last }
    }

    fn steps(cycle: Cycle, of: impl Fn(Date, usize) -> Option<u32>) -> Usage {
        let day = |date| {
            let mwh = (0..24).map(|hour| of(date, hour)).collect();
            (
                date,
                DaySteps {
                    step_minutes: 60,
                    mwh,
                },
            )
        };
        Usage::Steps(StepUse {
            time_zone: "Europe/Madrid".into(),
            days: cycle.iter().map(day).collect(),
        })
    }

    #[test]
    fn a_cycle_moved_onto_itself_is_itself_and_elsewhere_weekdays_stay_weekdays() {
        let june = cycle(date(2026, 6, 1), date(2026, 6, 30));
        let weekend = |day: Date| day.weekday().to_monday_zero_offset() >= 5;
        let use_of = |day: Date, hour| {
            let more = if weekend(day) { 500 } else { 0 };
            Some(u32::try_from(hour).unwrap() + more)
        };
        let usage = steps(june, use_of);
        assert_eq!(usage.moved(june, june), Some(usage.clone()));
        // With a day of 25 hours, and one more day than June.
        let october = cycle(date(2026, 10, 1), date(2026, 10, 31));
        let Some(Usage::Steps(moved)) = usage.moved(june, october) else {
            panic!("the zone is known");
        };
        assert_eq!(moved.days.len(), 31);
        assert_eq!(moved.days[&date(2026, 10, 25)].mwh.len(), 25);
        for (day, of_day) in &moved.days {
            assert_eq!(of_day.mwh[0] == Some(500), weekend(*day), "{day}");
        }
        // What overlaps is itself: the day that was a gap stays one.
        let with_gap = steps(june, |day, _| (day.day() != 30).then_some(7));
        let longer = cycle(june.first, date(2026, 7, 2));
        let Some(Usage::Steps(moved)) = with_gap.moved(june, longer) else {
            panic!("the zone is known");
        };
        assert_eq!(moved.days[&date(2026, 6, 30)].mwh, [None; 24]);
        assert_eq!(moved.days[&date(2026, 7, 2)].mwh, [Some(7); 24]);
        let total = Usage::Total(Kwh(Decimal::from(300)));
        let days = cycle(june.first, date(2026, 7, 1));
        assert_eq!(total.moved(june, days), Some(Usage::Total(Kwh(310.into()))));
        // A span that knows no such weekday.
        let two = cycle(june.first, date(2026, 6, 2));
        let Some(Usage::Daily(moved)) = Usage::Daily(BTreeMap::from([
            (two.first, Some(Kwh(1.into()))),
            (two.last, Some(Kwh(2.into()))),
        ]))
        .moved(two, cycle(date(2026, 6, 1), date(2026, 6, 7))) else {
            panic!("days have no zone");
        };
        assert!(moved.values().all(Option::is_some), "{moved:?}");
    }

    #[test]
    fn nothing_has_no_shape() {
        let june = cycle(date(2026, 6, 1), date(2026, 6, 2));
        let nothing = steps(june, |_, _| Some(0));
        assert_eq!(nothing.scaled_to(Kwh(Decimal::ONE)), None);
        assert_eq!(nothing.scaled_to(Kwh(Decimal::ZERO)), Some(nothing.clone()));
        let unknown = Usage::Daily(june.iter().map(|day| (day, None)).collect());
        assert_eq!(unknown.scaled_to(Kwh(Decimal::ONE)), None);
    }

    proptest! {
        #[test]
        fn what_is_scaled_adds_up_to_the_milliwatt_hour_and_keeps_its_gaps(
            mwh in proptest::collection::vec(proptest::option::of(0_u32..9_000_000), 48),
            wanted in 0_i64..900_000_000,
        ) {
            let days = cycle(date(2026, 6, 1), date(2026, 6, 2));
            let of = |day: Date, hour: usize| mwh[usize::from(day.day() == 2) * 24 + hour];
            let usage = steps(days, of);
            let known: u64 = mwh.iter().flatten().map(|mwh| u64::from(*mwh)).sum();
            let kwh = Kwh::from_mwh(wanted);
            let scaled = usage.scaled_to(kwh);
            if known == 0 {
                prop_assert_eq!(scaled.is_some(), wanted == 0);
                return Ok(());
            }
            let scaled = scaled.unwrap();
            prop_assert_eq!(scaled.known_kwh(days), kwh);
            let Usage::Steps(scaled) = scaled else { unreachable!() };
            let gaps = scaled.days.values().flat_map(|day| &day.mwh).map(Option::is_none);
            prop_assert!(gaps.eq(mwh.iter().map(Option::is_none)));
            let same = usage.known_kwh(days);
            prop_assert_eq!(usage.scaled_to(same), Some(usage));
        }
    }
}
