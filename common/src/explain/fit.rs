//! The effective rate: what a home's own bills fit, where no tariff is set.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::answer::{EffectiveRate, RateRefusal};
use super::squares::{fit, root};
use crate::billing::NewBillingRecord;
use crate::{Kwh, Money};

/// Fewer bills fit anything.
pub const NEEDED_BILLS: usize = 3;
/// Older bills were made at other prices.
const NEWEST: usize = 24;
/// Places that prices keep.
const PLACES: u32 = 6;

/// What of a bill the rate is fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatedBill {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Energy billed.
    pub kwh: Kwh,
    /// What was charged.
    pub total: Money,
}

impl From<&NewBillingRecord> for RatedBill {
    fn from(bill: &NewBillingRecord) -> Self {
        Self {
            first: bill.first_day,
            last: bill.last_day,
            kwh: bill.kwh,
            total: bill.total,
        }
    }
}

impl RatedBill {
    fn days(&self) -> Decimal {
        let (first, last) = (self.first, self.last);
        Decimal::from(crate::cycle::Cycle { first, last }.days())
    }
}

/// `amount = fixed_per_day * days + per_kwh * kWh`, by least squares over the newest 24 bills,
/// neither below zero. Bills that all use the same a day cannot tell the two apart and are refused,
/// as are those that cost less the more is used.
///
/// # Errors
/// Why there is no rate.
pub fn effective_rate(bills: &[RatedBill]) -> Result<EffectiveRate, RateRefusal> {
    let mut bills: Vec<&RatedBill> = bills.iter().collect();
    bills.sort_by_key(|bill| std::cmp::Reverse(bill.first));
    bills.truncate(NEWEST);
    let ends = bills
        .iter()
        .map(|bill| bill.first)
        .min()
        .zip(bills.iter().map(|bill| bill.last).max());
    let Some((first, last)) = ends.filter(|_| bills.len() >= NEEDED_BILLS) else {
        return Err(RateRefusal::TooFewBills);
    };
    let rows: Vec<([Decimal; 2], Decimal)> = bills
        .iter()
        .map(|bill| ([bill.days(), bill.kwh.0], bill.total.0))
        .collect();
    let (free, _) = fit(&rows, [true, true]).ok_or(RateRefusal::SameUseADay)?;
    if free[1] <= Decimal::ZERO {
        return Err(RateRefusal::FallsWithUse);
    }
    let ([fixed, per_kwh], squares) = fit(&rows, [false, false]).ok_or(RateRefusal::SameUseADay)?;
    let count = i32::try_from(bills.len()).expect("no more than NEWEST");
    let money = |amount: Decimal| Money(amount.round_dp(PLACES).normalize());
    Ok(EffectiveRate {
        fixed_per_day: money(fixed),
        per_kwh: money(per_kwh),
        fixed_held_at_zero: free[0] < Decimal::ZERO,
        rmse: money(root(squares / Decimal::from(count))),
        bills: count,
        first,
        last,
    })
}

impl EffectiveRate {
    /// What so many kWh cost over so many days, to the cent.
    pub fn amount(&self, days: i32, kwh: Kwh) -> Money {
        let exact = self.fixed_per_day.0 * Decimal::from(days) + self.per_kwh.0 * kwh.0;
        let half_up = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        Money(exact.round_dp_with_strategy(2, half_up))
    }
}
