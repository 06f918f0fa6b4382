//! Prices that change from slot to slot.

use rust_decimal::Decimal;

use super::tables::PriceSeries;
use super::usage::{Clock, StepUse};
use super::{BillError, MissingFigure};
use crate::cycle::Cycle;

/// kWh and cost of each day of `cycle` under a series. Use that is longer than a slot is spread over
/// its slots; a step without energy needs no price.
///
/// # Errors
/// [`BillError::Missing`] with the first day on which a price is not known; never a cost of zero.
pub(super) fn cost_by_day(
    steps: Option<&StepUse>,
    name: &str,
    series: &PriceSeries,
    cycle: Cycle,
) -> Result<Vec<(Decimal, Decimal)>, BillError> {
    let Some(steps) = steps else {
        return Err(BillError::Missing {
            what: MissingFigure::UseByTime,
            on: Some(cycle.first),
        });
    };
    let clock = Clock::new(&steps.time_zone, cycle)?;
    let mut by_day = Vec::new();
    for day in cycle.iter() {
        let Some(of_day) = steps.days.get(&day) else {
            by_day.push((Decimal::ZERO, Decimal::ZERO));
            continue;
        };
        let step = i64::from(of_day.step_minutes);
        // The longest span that lies inside of one step and of one slot.
        let begin = clock.day_start_minute(day);
        let slot = i64::from(series.step_minutes);
        let offset = (begin - series.start.as_second().div_euclid(60)).rem_euclid(slot.max(1));
        let span = gcd(gcd(step, slot), offset).max(1);
        let spans = step / span;
        let (mut mwh, mut cost) = (0_u64, Decimal::ZERO);
        for (at, used) in (0_i64..).zip(&of_day.mwh) {
            let Some(used) = used.filter(|used| *used > 0) else {
                continue;
            };
            let mut prices = Decimal::ZERO;
            for part in 0..spans {
                let price = series.at(begin + at * step + part * span);
                prices += price.ok_or_else(|| BillError::Missing {
                    what: MissingFigure::Series(name.to_owned()),
                    on: Some(day),
                })?;
            }
            mwh += u64::from(used);
            cost = prices
                .checked_mul(Decimal::from(used))
                .and_then(|of_step| of_step.checked_div(Decimal::from(spans)))
                .and_then(|of_step| cost.checked_add(of_step))
                .ok_or(BillError::Overflow)?;
        }
        // From milliwatt-hours.
        let kwh = Decimal::from_i128_with_scale(i128::from(mwh), 6);
        by_day.push((kwh, cost * Decimal::new(1, 6)));
    }
    Ok(by_day)
}

fn gcd(one: i64, other: i64) -> i64 {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}
