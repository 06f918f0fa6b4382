//! What is given to the grid: kWh against kWh, or against money.

use std::collections::BTreeMap;

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::split::version_on;
use super::tariff::{Export, Tariff};
use super::usage::{DaySteps, EnergyCredit, Exchange, StepUse, Usage};
use super::{BillError, MissingFigure};
use crate::Kwh;
use crate::cycle::Cycle;

/// How kWh credits were used in a cycle.
#[derive(Debug, Default)]
pub(super) struct Compensation {
    /// kWh of the cycle that were paid for.
    pub(super) kwh: Decimal,
    pub(super) expired: Decimal,
    pub(super) left: Vec<EnergyCredit>,
}

/// Months after which a credit in money is taken to be settled: utilities that keep one settle it by
/// the year at the latest.
const MONEY_CREDIT_MONTHS: u16 = 12;

impl Tariff {
    /// How many months before a cycle may have left it a credit, in kWh or in money; zero where nothing
    /// is carried from one to the next.
    pub fn credit_months(&self) -> u16 {
        let months = self.versions.iter().map(|version| match version.export {
            Some(Export::NetKwh { expiry_months }) => expiry_months,
            Some(Export::NetBilling { .. }) => MONEY_CREDIT_MONTHS,
            Some(Export::FeedIn { .. } | Export::BuyAllSellAll { .. }) | None => 0,
        });
        months.max().unwrap_or_default()
    }

    /// Whether what a cycle leaves is money, for which it has to be priced; kWh need no price.
    pub fn credits_money(&self) -> bool {
        let mut rules = self.versions.iter().map(|version| &version.export);
        rules.any(|rule| matches!(rule, Some(Export::NetBilling { .. })))
    }
}

/// The credits in kWh that a cycle leaves, by what was taken and given in it; those that it found,
/// where its tariff does not set kWh against kWh.
///
/// # Errors
/// [`BillError::Missing`] where the tariff has no version on the cycle's last day;
/// [`BillError::InvalidParameter`] for a credit below zero.
pub fn credits_after(
    tariff: &Tariff,
    taken: Kwh,
    given: Kwh,
    credits: &[EnergyCredit],
    cycle: Cycle,
) -> Result<Vec<EnergyCredit>, BillError> {
    let (at, _) = version_on(tariff, cycle.last)?;
    match tariff.versions[at].export {
        Some(Export::NetKwh { expiry_months }) => {
            compensate(taken.0, given.0, credits, expiry_months, cycle).map(|done| done.left)
        }
        _ => Ok(credits.to_vec()),
    }
}

/// Uses what the cycle gave, then credits of earlier ones, the earliest to expire first. What is left
/// of the cycle's own lives for `expiry_months`.
pub(super) fn compensate(
    imported: Decimal,
    exported: Decimal,
    credits: &[EnergyCredit],
    expiry_months: u16,
    cycle: Cycle,
) -> Result<Compensation, BillError> {
    let mut credits = credits.to_vec();
    if credits.iter().any(|credit| credit.kwh.0 < Decimal::ZERO) {
        return Err(BillError::InvalidParameter {
            parameter: "credits".to_owned(),
        });
    }
    credits.sort_by_key(|credit| credit.expires_on);
    let own = imported.min(exported);
    let mut open = imported - own;
    let mut expired = Decimal::ZERO;
    let mut left = Vec::new();
    for credit in credits {
        if credit.expires_on < cycle.last {
            expired += credit.kwh.0;
            continue;
        }
        let used = credit.kwh.0.min(open);
        open -= used;
        let rest = credit.kwh.0 - used;
        if rest > Decimal::ZERO {
            left.push(EnergyCredit {
                kwh: Kwh(rest),
                expires_on: credit.expires_on,
            });
        }
    }
    if exported > own {
        left.push(EnergyCredit {
            kwh: Kwh(exported - own),
            expires_on: cycle.last.saturating_add(i64::from(expiry_months).months()),
        });
        left.sort_by_key(|credit| credit.expires_on);
    }
    Ok(Compensation {
        kwh: imported - open,
        expired,
        left,
    })
}

/// How many of `compensated` kWh fall on each class of window: those of the same class first, the
/// rest in proportion to what is left of each.
pub(super) fn by_class(
    imported: &[Decimal],
    exported: Option<&[Decimal]>,
    compensated: Decimal,
) -> Vec<Decimal> {
    let same: Vec<Decimal> = imported
        .iter()
        .enumerate()
        .map(|(class, import)| {
            exported.map_or(Decimal::ZERO, |exported| exported[class].min(*import))
        })
        .collect();
    let paired: Decimal = same.iter().sum();
    let others = compensated - paired;
    let open: Decimal = imported.iter().sum::<Decimal>() - paired;
    imported
        .iter()
        .zip(same)
        .map(|(import, same)| {
            if open.is_zero() {
                same
            } else {
                same + (import - same) * others / open
            }
        })
        .collect()
}

/// What the home used in all, where all that it produces is bought: taken plus produced less given.
pub(super) fn whole_use(exchange: Exchange<'_>) -> Result<Usage, BillError> {
    let missing = |what| BillError::Missing { what, on: None };
    let production = exchange
        .production
        .ok_or_else(|| missing(MissingFigure::Production))?;
    let nothing;
    let export = if let Some(export) = exchange.export {
        export
    } else {
        nothing = zero(production.clone());
        &nothing
    };
    match (exchange.import, production, export) {
        (Usage::Total(import), Usage::Total(production), Usage::Total(export)) => {
            Ok(Usage::Total(Kwh(import.0 + production.0 - export.0)))
        }
        (Usage::Daily(import), Usage::Daily(production), Usage::Daily(export)) => {
            let of = |day| {
                let known = |days: &BTreeMap<_, Option<Kwh>>| {
                    days.get(&day).copied().flatten().map(|kwh| kwh.0)
                };
                Some(Kwh(known(import)? + known(production)? - known(export)?))
            };
            Ok(Usage::Daily(
                import.keys().map(|day| (*day, of(*day))).collect(),
            ))
        }
        (Usage::Steps(import), Usage::Steps(production), Usage::Steps(export)) => {
            let mut days = BTreeMap::new();
            for (day, taken) in &import.days {
                let (Some(made), Some(given)) = (production.days.get(day), export.days.get(day))
                else {
                    continue;
                };
                days.insert(
                    *day,
                    used(taken, made, given).ok_or_else(|| missing(MissingFigure::SameForm))?,
                );
            }
            Ok(Usage::Steps(StepUse {
                time_zone: import.time_zone.clone(),
                days,
            }))
        }
        _ => Err(missing(MissingFigure::SameForm)),
    }
}

/// A step that would be below zero, as clocks of two meters differ, used nothing.
fn used(taken: &DaySteps, made: &DaySteps, given: &DaySteps) -> Option<DaySteps> {
    let alike = |other: &DaySteps| {
        other.step_minutes == taken.step_minutes && other.mwh.len() == taken.mwh.len()
    };
    (alike(made) && alike(given)).then(|| DaySteps {
        step_minutes: taken.step_minutes,
        mwh: (0..taken.mwh.len())
            .map(|at| {
                let sum = taken.mwh[at]?.saturating_add(made.mwh[at]?);
                Some(sum.saturating_sub(given.mwh[at]?))
            })
            .collect(),
    })
}

/// The same days, or steps, with nothing in them.
fn zero(usage: Usage) -> Usage {
    let none = Kwh(Decimal::ZERO);
    match usage {
        Usage::Total(_) => Usage::Total(none),
        Usage::Daily(days) => Usage::Daily(days.into_keys().map(|day| (day, Some(none))).collect()),
        Usage::Steps(mut steps) => {
            for day in steps.days.values_mut() {
                day.mwh.fill(Some(0));
            }
            Usage::Steps(steps)
        }
    }
}
