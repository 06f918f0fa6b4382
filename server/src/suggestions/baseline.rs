//! The forecast as it was when a measure was accepted, and what was used since beside it. Pure.

use ecotrack_common::cycle::days_between;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::suggestion::{Effect, Since, SumWidth, effect};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::forecasts::store::Stored;

/// The forecast's own bands of sums held what ten published homes used in 28 days 85 times of 100; so much
/// wider they hold it 95 times, and 94 of homes that the factor was not learnt on (`docs/suggestions.md`).
const WIDENED: f64 = 1.9;

/// A forecast that is kept to hold days after a change against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The last day that it knew of.
    pub origin: Date,
    /// kWh of each day after it.
    pub kwh: Vec<Decimal>,
    /// Half the width of the 80 % band of the sum of the first 1, 2, … days.
    pub half80: Vec<Decimal>,
    /// The same at 95 %.
    pub half95: Vec<Decimal>,
}

impl From<&Stored> for Baseline {
    fn from(stored: &Stored) -> Self {
        let half = |lo: Decimal, hi: Decimal| ((hi - lo) / Decimal::TWO).round_dp(6).normalize();
        let totals = || stored.totals.iter();
        Self {
            origin: stored.origin,
            kwh: stored
                .days
                .iter()
                .map(|day| day.likely.0.normalize())
                .collect(),
            half80: totals().map(|sum| half(sum.lo80.0, sum.hi80.0)).collect(),
            half95: totals().map(|sum| half(sum.lo95.0, sum.hi95.0)).collect(),
        }
    }
}

impl Baseline {
    /// What was used on the days after `accepted_on`, up to `through`, beside what was forecast for them.
    pub fn effect(
        &self,
        accepted_on: Date,
        through: Date,
        days: &[DayUse],
        promised: Option<f64>,
    ) -> Effect {
        let last = i32::try_from(self.kwh.len()).unwrap_or(i32::MAX);
        let last = self.origin.saturating_add(last.days());
        let pair = |day: &DayUse| {
            let ahead = usize::try_from(days_between(self.origin, day.date)).ok()?;
            let expected = self.kwh.get(ahead.checked_sub(1)?)?.to_f64()?;
            Some((day.kwh?.0.to_f64()?, expected))
        };
        let counted = days.iter().filter(|day| {
            accepted_on < day.date && day.date <= through.min(last) && day.is_measured()
        });
        let pairs: Vec<(f64, f64)> = counted.filter_map(pair).collect();
        let since = Since {
            days: &pairs,
            promised,
            reach: ecotrack_common::suggestion::reach(accepted_on, last),
        };
        let mut found = effect(&since, |days| self.width(days));
        found.forecast_made_on = Some(self.origin);
        found
    }

    /// The band of a sum over so many days, widened; beyond the last it grows with the days.
    fn width(&self, days: i32) -> SumWidth {
        let of = |halves: &[Decimal]| {
            let at = usize::try_from(days).unwrap_or(1).max(1);
            let known = halves.get(at - 1).or(halves.last());
            let known = known.and_then(Decimal::to_f64).unwrap_or(f64::INFINITY);
            WIDENED * known * (at as f64 / halves.len().max(1) as f64).max(1.0)
        };
        SumWidth {
            half80: of(&self.half80),
            half95: of(&self.half95),
        }
    }
}
