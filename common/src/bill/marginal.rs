//! What one more kWh costs, and what a saving saves.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::BillError;
use super::evaluate::{evaluate, rounded};
use super::tables::Tables;
use super::tariff::Tariff;
use super::usage::{Exchange, Parameters, Usage, lay_out};
use crate::cycle::Cycle;
use crate::{Kwh, Money};

/// What the bill would cost more (or, with a negative `change`, less) with so many kWh more taken in
/// the cycle, taxes included, not rounded to cents. Bands, tiers, credits and the minimum are those of
/// each bill, so a change that crosses one counts it.
///
/// # Errors
/// Those of [`price`](super::price); [`BillError::NegativeKwh`] where less would remain than nothing.
pub fn cost_of_change<'a>(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    exchange: impl Into<Exchange<'a>>,
    cycle: Cycle,
    change: Kwh,
) -> Result<Money, BillError> {
    let exchange = exchange.into();
    let before = evaluate(tariff, parameters, tables, exchange, cycle)?.exact_total;
    let import = &changed(exchange.import, cycle, change)?;
    let exchange = Exchange { import, ..exchange };
    let after = evaluate(tariff, parameters, tables, exchange, cycle)?.exact_total;
    Ok(Money(rounded(
        after.checked_sub(before).ok_or(BillError::Overflow)?,
    )))
}

/// The price of the next kWh taken at this point of the cycle, taxes included: zero below the minimum,
/// and with the jump where it would cross into a whole-bill band.
///
/// # Errors
/// Those of [`price`](super::price).
pub fn marginal_price<'a>(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    exchange: impl Into<Exchange<'a>>,
    cycle: Cycle,
) -> Result<Money, BillError> {
    let one = Kwh(Decimal::ONE);
    cost_of_change(tariff, parameters, tables, exchange, cycle, one)
}

/// The use with `change` more: on the last known day, or in its last known step. Less is taken off
/// all days, or steps, in proportion, since a saving is not one day's.
fn changed(usage: &Usage, cycle: Cycle, change: Kwh) -> Result<Usage, BillError> {
    let (total, _) = lay_out(usage, cycle)?;
    let after = total.checked_add(change.0).ok_or(BillError::Overflow)?;
    if after < Decimal::ZERO {
        return Err(BillError::NegativeKwh { day: None });
    }
    let scaled = |kwh: Decimal| {
        let share = kwh
            .checked_mul(after)
            .and_then(|product| product.checked_div(total));
        share.ok_or(BillError::Overflow)
    };
    let more = change.0 >= Decimal::ZERO;
    match usage {
        Usage::Total(_) => Ok(Usage::Total(Kwh(after))),
        Usage::Daily(by_day) => {
            let mut by_day = by_day.clone();
            let mut known = by_day
                .range_mut(cycle.first..=cycle.last)
                .filter_map(|(_, kwh)| kwh.as_mut());
            if more {
                let last = known.next_back().expect("lay_out found a known day");
                last.0 = last.0.checked_add(change.0).ok_or(BillError::Overflow)?;
            } else {
                for kwh in known {
                    kwh.0 = scaled(kwh.0)?;
                }
            }
            Ok(Usage::Daily(by_day))
        }
        Usage::Steps(steps) => {
            let mut steps = steps.clone();
            let mut known = steps
                .days
                .range_mut(cycle.first..=cycle.last)
                .flat_map(|(_, day)| day.mwh.iter_mut().flatten());
            if more {
                let last = known.next_back().expect("lay_out found a known step");
                let milliwatt_hours = (change.0 * Decimal::from(1_000_000)).round().to_u32();
                *last = milliwatt_hours
                    .and_then(|more| last.checked_add(more))
                    .ok_or(BillError::Overflow)?;
            } else {
                for mwh in known {
                    *mwh = scaled(Decimal::from(*mwh))?
                        .round()
                        .to_u32()
                        .ok_or(BillError::Overflow)?;
                }
            }
            Ok(Usage::Steps(steps))
        }
    }
}
