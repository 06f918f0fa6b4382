//! The kWh of a bill over the hours, as the home's meter saw them. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::bill::{DaySteps, StepUse, Usage};
use ecotrack_common::cycle::Cycle;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::store::StepDay;

/// Steps of a day of which at most this part may be gaps.
const GAPS_AT_MOST: usize = 10;

/// Lays `billed` over the cycle in the proportions in which `days` were measured; gaps of up to a
/// tenth of a day are taken as its mean. `None` where a day is not known well enough, where two
/// connections share the bill, or where nothing was measured.
pub(super) fn lay_over(
    billed: Kwh,
    cycle: Cycle,
    days: &[StepDay],
    time_zone: &str,
) -> Option<Usage> {
    let group = days.first()?.group;
    if days.iter().any(|day| day.group != group) {
        return None;
    }
    let mut by_day: BTreeMap<Date, &StepDay> = BTreeMap::new();
    for day in days {
        // The one that knows most stands first.
        by_day.entry(day.date).or_insert(day);
    }
    let mut filled: Vec<(Date, u16, Vec<Decimal>)> = Vec::new();
    for date in cycle.iter() {
        let day = by_day.get(&date)?;
        let known: Vec<i32> = day.mwh.iter().flatten().copied().collect();
        let gaps = day.mwh.len() - known.len();
        if known.is_empty() || gaps * GAPS_AT_MOST > day.mwh.len() {
            return None;
        }
        let sum: i64 = known.iter().map(|mwh| i64::from(*mwh)).sum();
        let mean = Decimal::from(sum) / Decimal::from(known.len());
        let steps = day.mwh.iter().map(|mwh| mwh.map_or(mean, Decimal::from));
        filled.push((date, u16::try_from(day.step_minutes).ok()?, steps.collect()));
    }
    let measured: Decimal = filled.iter().flat_map(|(_, _, steps)| steps).sum();
    let wanted = Decimal::from(billed.to_mwh()?);
    if measured <= Decimal::ZERO {
        return None;
    }
    // Whole milliwatt-hours that add up: what one step is rounded by goes to the next.
    let (mut exact, mut given) = (Decimal::ZERO, Decimal::ZERO);
    let mut days = BTreeMap::new();
    for (date, step_minutes, steps) in filled {
        let mut mwh = Vec::with_capacity(steps.len());
        for step in steps {
            exact += step.checked_mul(wanted)?.checked_div(measured)?;
            let whole = (exact - given).round().max(Decimal::ZERO);
            given += whole;
            mwh.push(Some(whole.to_u32()?));
        }
        days.insert(date, DaySteps { step_minutes, mwh });
    }
    let time_zone = time_zone.to_owned();
    Some(Usage::Steps(StepUse { time_zone, days }))
}

#[cfg(test)]
mod tests {
    use ecotrack_common::MeterId;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn day(day: i8, mwh: Vec<Option<i32>>) -> StepDay {
        StepDay {
            group: MeterId(Uuid::from_u128(1)),
            date: date(2026, 6, day),
            step_minutes: 60,
            mwh,
        }
    }

    fn cycle() -> Cycle {
        Cycle {
            first: date(2026, 6, 1),
            last: date(2026, 6, 2),
        }
    }

    #[test]
    fn the_bill_is_laid_over_the_hours_to_the_milliwatt_hour() {
        let mut second = vec![Some(300_000); 24];
        second[5] = None;
        let days = [day(1, vec![Some(100_000); 24]), day(2, second)];
        let billed = Kwh(Decimal::new(10_123_457, 6));
        let Some(Usage::Steps(laid)) = lay_over(billed, cycle(), &days, "UTC") else {
            panic!("both days are known");
        };
        let sum = |day: &DaySteps| {
            day.mwh
                .iter()
                .flatten()
                .map(|mwh| i64::from(*mwh))
                .sum::<i64>()
        };
        let sums: Vec<i64> = laid.days.values().map(sum).collect();
        assert_eq!(sums.iter().sum::<i64>(), 10_123_457);
        assert!((sums[1] - 3 * sums[0]).abs() < 10, "{sums:?}");
    }

    #[test]
    fn days_that_are_not_known_lay_nothing() {
        let half = day(2, [vec![Some(1_000); 12], vec![None; 12]].concat());
        let whole = day(1, vec![Some(1_000); 24]);
        let billed = Kwh(Decimal::from(5));
        assert_eq!(
            lay_over(billed, cycle(), &[whole.clone(), half], "UTC"),
            None
        );
        assert_eq!(
            lay_over(billed, cycle(), std::slice::from_ref(&whole), "UTC"),
            None
        );
        let nothing = [day(1, vec![Some(0); 24]), day(2, vec![Some(0); 24])];
        assert_eq!(lay_over(billed, cycle(), &nothing, "UTC"), None);
        let mut other = day(2, vec![Some(1_000); 24]);
        other.group = MeterId(Uuid::from_u128(2));
        assert_eq!(lay_over(billed, cycle(), &[whole, other], "UTC"), None);
    }
}
