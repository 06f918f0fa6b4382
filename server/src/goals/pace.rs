//! The pace of a limit, by the ways in which its span may end: how likely it is passed, when, and what keeps it. Pure.
//!
//! The ways are those of [`Ending::ways`]: they agree with the forecast of each day, and with the sum as sums were found
//! to come out. Where the energy of the span decides, the probability is that of the sum itself, which is what ever
//! more ways tend to.

use ecotrack_common::Kwh;
use ecotrack_common::bill::BillError;
use ecotrack_common::goal::GoalPace;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::forecasts::ending::Ending;
use crate::forecasts::path_price::PathPrice;
use crate::forecasts::store::kwh;

/// Paths that are looked at; as many as a bill is priced on.
const PATHS: usize = 41;
/// Below this probability no day is named on which a limit would be passed.
const WORTH_A_DAY: f64 = 0.1;
/// No probability is nearer to none or to all than this.
const LEAST: f64 = 0.001;
/// How often an interval is halved; a change is then known to a thousandth of a kWh.
const HALVINGS: usize = 18;
/// How often a bound is doubled before it is believed that there is none.
const DOUBLINGS: usize = 7;

/// What decides whether a limit is passed.
pub enum Limit<'a> {
    /// More energy in the whole span than this; `None` where no amount of it would.
    Energy(Option<Kwh>),
    /// A bill above this, by the days of the span.
    Bill(Decimal, &'a PathPrice<'a>),
}

/// What the ways of ending say of a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looked {
    /// Probability of passing it, 0 to 1.
    pub probability: Decimal,
    /// The middle of the days on which it would be passed.
    pub passed_on: Option<Date>,
    /// What it takes to keep it.
    pub pace: GoalPace,
}

/// Looks at a limit from `today`, the first day that can still be changed.
///
/// # Errors
/// Why a path has no price.
pub fn look(ending: &Ending, today: Date, limit: &Limit<'_>) -> Result<Looked, BillError> {
    let left = Left::new(ending, today);
    let paths = ending.ways(PATHS);
    let (probability, mut passed, change) = match limit {
        Limit::Energy(None) => (0.0, Vec::new(), None),
        Limit::Energy(Some(limit)) => {
            let limit_kwh = limit.to_f64();
            let probability = if left.known > limit_kwh {
                1.0
            } else if left.likely.is_empty() {
                0.0
            } else {
                // What is to come is never certain.
                ending.chance_above(*limit).clamp(LEAST, 1.0 - LEAST)
            };
            let limit = limit_kwh;
            let passed = paths
                .iter()
                .filter_map(|path| day_above(ending, path, limit));
            (probability, passed.collect(), left.change_to(limit))
        }
        Limit::Bill(limit, price) => {
            let total = |ahead: &[f64]| Ok(price.bill(ahead)?.total.0);
            let mut bills: Vec<(Decimal, &Vec<f64>)> = Vec::with_capacity(paths.len());
            for path in &paths {
                bills.push((total(path)?, path));
            }
            bills.sort_by_key(|(bill, _)| *bill);
            let nothing = vec![0.0; left.likely.len()];
            let probability = if total(&nothing)? > *limit {
                1.0
            } else {
                share_above(bills.iter().map(|(bill, _)| *bill), *limit)
            };
            let passing: Vec<&Vec<f64>> = bills
                .iter()
                .filter(|(bill, _)| bill > limit)
                .map(|(_, path)| *path)
                .collect();
            let mut passed = Vec::new();
            for path in representative(&passing) {
                passed.extend(day_of_bill(ending, path, *limit, total)?);
            }
            (probability, passed, left.change_by(*limit, total)?)
        }
    };
    passed.sort_unstable();
    if probability < WORTH_A_DAY {
        passed.clear();
    }
    let at = |share: f64| {
        let last = passed.len().checked_sub(1)?;
        passed.get((share * last as f64).round() as usize).copied()
    };
    Ok(Looked {
        probability: stated(probability),
        passed_on: at(0.5),
        pace: GoalPace {
            days_left: i32::try_from(left.days()).unwrap_or(i32::MAX),
            passed_from: at(0.1),
            passed_to: at(0.9),
            change_kwh_per_day: change.map(|change| Kwh(kwh(change).round_dp(3))),
            kwh_per_day: change.map(|change| Kwh(kwh((left.mean() + change).max(0.0)).round_dp(3))),
        },
    })
}

/// The energy at which a bill that grows with it reaches `limit`, between what is known of the span and what nobody
/// uses; `None` where it never does.
///
/// # Errors
/// Why some energy has no price.
pub fn energy_at(
    limit: Decimal,
    known: Kwh,
    likely: Kwh,
    bill: impl Fn(Kwh) -> Result<Decimal, BillError>,
) -> Result<Option<Kwh>, BillError> {
    let (mut low, mut high) = (
        known.0,
        (likely.0 * Decimal::TWO).max(known.0 + Decimal::TEN),
    );
    if bill(Kwh(low))? > limit {
        // Passed already, whatever comes.
        return Ok(Some(Kwh(low - Decimal::new(1, 6))));
    }
    let mut doubled = 0;
    while bill(Kwh(high))? <= limit {
        if doubled == DOUBLINGS {
            return Ok(None);
        }
        (low, high) = (high, high * Decimal::TWO);
        doubled += 1;
    }
    for _ in 0..HALVINGS {
        let middle = ((low + high) / Decimal::TWO).round_dp(6);
        if bill(Kwh(middle))? > limit {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(Kwh(low)))
}

/// The days ahead as they are likely, and which of them can still be changed.
struct Left {
    likely: Vec<f64>,
    /// The first of those that can.
    from: usize,
    known: f64,
}

impl Left {
    fn new(ending: &Ending, today: Date) -> Self {
        Self {
            likely: ending.middle_way(),
            from: ending
                .dates_ahead()
                .take_while(|date| *date < today)
                .count(),
            known: ending.known().map(|(_, kwh)| kwh.to_f64()).sum(),
        }
    }

    fn days(&self) -> usize {
        self.likely.len().saturating_sub(self.from)
    }

    fn mean(&self) -> f64 {
        self.likely.iter().skip(self.from).sum::<f64>() / self.days().max(1) as f64
    }

    /// The change of each day left with which the likely end is `limit`; `None` where days cannot use so little.
    fn change_to(&self, limit: f64) -> Option<f64> {
        let likely = self.known + self.likely.iter().sum::<f64>();
        let change = (limit - likely) / self.days() as f64;
        (self.days() > 0 && change >= -self.mean()).then_some(change)
    }

    /// The same where a bill decides; `None` also where no use passes it.
    fn change_by(
        &self,
        limit: Decimal,
        total: impl Fn(&[f64]) -> Result<Decimal, BillError>,
    ) -> Result<Option<f64>, BillError> {
        let with = |change: f64| {
            let days = self.likely.iter().enumerate();
            let days = days.map(|(at, kwh)| {
                if at < self.from {
                    *kwh
                } else {
                    (kwh + change).max(0.0)
                }
            });
            total(&days.collect::<Vec<f64>>())
        };
        let most = self.likely.iter().copied().fold(0.0, f64::max);
        let (mut low, mut high) = (-most, most.max(1.0));
        if self.days() == 0 || with(low)? > limit {
            return Ok(None);
        }
        let mut doubled = 0;
        while with(high)? <= limit {
            if doubled == DOUBLINGS {
                return Ok(None);
            }
            (low, high) = (high, high * 2.0);
            doubled += 1;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if with(middle)? > limit {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Some(low))
    }
}

/// The first day on which a path has used more than `limit`.
fn day_above(ending: &Ending, path: &[f64], limit: f64) -> Option<Date> {
    let known = ending.known().map(|(date, kwh)| (date, kwh.to_f64()));
    let ahead = ending.dates_ahead().zip(path.iter().copied());
    let mut sum = 0.0;
    known.chain(ahead).find_map(|(date, kwh)| {
        sum += kwh;
        (sum > limit).then_some(date)
    })
}

/// The first day of a path with which its bill is above `limit`, whole charges of the span included.
fn day_of_bill(
    ending: &Ending,
    path: &[f64],
    limit: Decimal,
    total: impl Fn(&[f64]) -> Result<Decimal, BillError>,
) -> Result<Option<Date>, BillError> {
    let up_to = |days: usize| {
        let mut used = path.to_vec();
        used[days..].fill(0.0);
        total(&used)
    };
    // With none of the days it is not above, with all of them it is.
    let (mut low, mut high) = (0, path.len());
    if high == 0 || up_to(low)? > limit {
        return Ok(ending.known().last().map(|(date, _)| date));
    }
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if up_to(middle)? > limit {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(ending.dates_ahead().nth(high - 1))
}

/// A few of many paths, which stand for a tenth, a half and so on of them.
fn representative<'p>(paths: &[&'p Vec<f64>]) -> Vec<&'p Vec<f64>> {
    const FEW: usize = 5;
    if paths.len() <= FEW {
        return paths.to_vec();
    }
    let at = |few: usize| paths[(2 * few + 1) * paths.len() / (2 * FEW)];
    (0..FEW).map(at).collect()
}

/// The share of equally likely outcomes, in order, that lie above `limit`: straight between two neighbours.
fn share_above(outcomes: impl Iterator<Item = Decimal>, limit: Decimal) -> f64 {
    let outcomes: Vec<Decimal> = outcomes.collect();
    let count = outcomes.len() as f64;
    let below = outcomes.partition_point(|outcome| *outcome <= limit);
    if below == 0 || below == outcomes.len() {
        // Beyond the outer ones nothing is known but that half of their share is left.
        let rest = 0.25 / count;
        return if below == 0 { 1.0 - rest } else { rest };
    }
    let (from, to) = (outcomes[below - 1], outcomes[below]);
    let part = ((limit - from) / (to - from)).to_f64().unwrap_or_default();
    1.0 - (below as f64 - 0.5 + part) / count
}

/// A probability in tenths of a percent, certain only where it is.
fn stated(probability: f64) -> Decimal {
    let rounded = Decimal::try_from(probability)
        .unwrap_or_default()
        .round_dp(3);
    if probability <= 0.0 || probability >= 1.0 {
        return rounded.clamp(Decimal::ZERO, Decimal::ONE);
    }
    let least = Decimal::try_from(LEAST).unwrap_or_default();
    rounded.clamp(least, Decimal::ONE - least)
}
