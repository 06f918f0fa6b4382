//! How a goal of the whole home stands in its span. Pure.

use ecotrack_common::Kwh;
use ecotrack_common::bill::BillError;
use ecotrack_common::forecast::Band;
use ecotrack_common::goal::{Goal, GoalMeasure, GoalProgress};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::pace::{Limit, Looked, energy_at, look};
use crate::forecasts::ending::Ending;
use crate::forecasts::outlook::{Outlook, Standing};
use crate::forecasts::path_price::PathPrice;

/// How a goal stands in its span; `None` where its measure has no figure (a limit in money without a
/// tariff).
pub fn progress(goal: &Goal, outlook: &Outlook, standing: &Standing) -> Option<GoalProgress> {
    let limit = goal.goal.limit;
    let used = used(goal.goal.measure, standing)?;
    let projection = standing.projection.as_ref();
    let at_end: Option<Band<Decimal>> = match goal.goal.measure {
        GoalMeasure::Kwh => standing.ending.as_ref().map(|it| it.kwh.map(|kwh| kwh.0)),
        GoalMeasure::Money => projection.map(|it| it.total.map(|money| money.0)),
        GoalMeasure::Co2e => projection
            .and_then(|it| it.co2e)
            .or_else(|| co2e_at_end(outlook, standing))
            .map(|band| band.map(|kg| kg.0)),
    };
    let looked = at_end.and(standing.ending.as_ref()).and_then(|ending| {
        // Why there is no price the outlook itself says.
        at_limit(goal, ending, outlook, standing).ok().flatten()
    });
    let passed = used > limit;
    Some(GoalProgress {
        measure: goal.goal.measure,
        limit,
        used,
        likely_at_end: at_end.map(|band| band.likely),
        probability_of_passing: if passed {
            Some(Decimal::ONE)
        } else {
            looked.map(|looked| looked.probability)
        },
        likely_passed_on: if passed {
            passed_on(goal, outlook, standing)
        } else {
            looked.and_then(|looked| looked.passed_on)
        },
        example: goal.example,
        pace: looked.filter(|_| !passed).map(|looked| looked.pace),
    })
}

/// What of the limit is used.
fn used(measure: GoalMeasure, standing: &Standing) -> Option<Decimal> {
    let so_far = &standing.so_far;
    Some(match measure {
        GoalMeasure::Kwh => so_far.kwh?.0,
        GoalMeasure::Money => so_far.cost?.0,
        GoalMeasure::Co2e => so_far.co2e.as_ref()?.kg.0,
    })
}

fn co2e_at_end(outlook: &Outlook, standing: &Standing) -> Option<Band<ecotrack_common::KgCo2e>> {
    let ending = standing.ending.as_ref()?;
    standing.prices(outlook).co2e_at_end(ending)
}

/// What the ways in which the span may end say of the limit; `None` without what measures it.
fn at_limit(
    goal: &Goal,
    ending: &Ending,
    outlook: &Outlook,
    standing: &Standing,
) -> Result<Option<Looked>, BillError> {
    let limit = goal.goal.limit;
    let prices = standing.prices(outlook);
    let by_path;
    let limit = match goal.goal.measure {
        GoalMeasure::Kwh => Limit::Energy(Some(Kwh(limit))),
        GoalMeasure::Co2e => match prices.energy_of_co2e(ending, limit) {
            Some(kwh) => Limit::Energy(Some(kwh)),
            None => return Ok(None),
        },
        GoalMeasure::Money => {
            let known = ending.known().map(|(_, kwh)| kwh).sum();
            let at = |bill: &dyn Fn(Kwh) -> Result<Decimal, BillError>| {
                energy_at(limit, known, ending.kwh.likely, bill).map(Limit::Energy)
            };
            if let Ok(own) = prices.past.own(standing.span.last) {
                by_path = PathPrice::new(prices, ending, own);
                match &by_path {
                    Some(price) => Limit::Bill(limit, price),
                    None => at(&|kwh| Ok(prices.bill_by(own, kwh)?.total.0))?,
                }
            } else if let Some(rate) = &outlook.rate {
                let days = standing.span.days();
                at(&|kwh| Ok(rate.amount(days, prices.taken(kwh)?).0))?
            } else {
                return Ok(None);
            }
        }
    };
    look(ending, outlook.today, &limit).map(Some)
}

/// The day on which what is known passed the limit.
fn passed_on(goal: &Goal, outlook: &Outlook, standing: &Standing) -> Option<Date> {
    let prices = standing.prices(outlook);
    let inside: Vec<_> = outlook
        .days
        .iter()
        .filter(|day| standing.span.contains(day.date))
        .copied()
        .collect();
    let used_to = |count: usize| -> Option<Decimal> {
        let days = &inside[..count];
        match goal.goal.measure {
            GoalMeasure::Kwh => Some(days.iter().filter_map(|day| day.kwh).sum::<Kwh>().0),
            GoalMeasure::Money => {
                let until = days.last()?.date;
                prices.energy_cost(until).ok().map(|(cost, _)| cost.0)
            }
            GoalMeasure::Co2e => prices.co2e(days).map(|total| total.kg.0),
        }
    };
    let passed = |count: &usize| used_to(*count).is_some_and(|used| used > goal.goal.limit);
    let count = (1..=inside.len()).find(passed)?;
    inside.get(count - 1).map(|day| day.date)
}
