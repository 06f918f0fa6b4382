//! The pace of a goal, from the forecast's distribution. Pure.

use ecotrack_common::Kwh;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::forecast::Band;
use ecotrack_common::goal::{Goal, GoalMeasure, GoalProgress};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::forecasts::outlook::{Outlook, Standing};

/// How a goal stands in its span; `None` where its measure has no figure (a limit in money without a
/// tariff).
pub fn progress(goal: &Goal, outlook: &Outlook, standing: &Standing) -> Option<GoalProgress> {
    let limit = goal.goal.limit;
    let projection = standing.projection.as_ref();
    let (used, at_end): (Decimal, Option<Band<Decimal>>) = match goal.goal.measure {
        GoalMeasure::Kwh => (
            standing.so_far.kwh?.0,
            standing.kwh_at_end.map(|band| band.map(|kwh| kwh.0)),
        ),
        GoalMeasure::Money => (
            standing.so_far.cost?.0,
            projection.map(|it| it.total.map(|money| money.0)),
        ),
        GoalMeasure::Co2e => (
            standing.so_far.co2e.as_ref()?.kg.0,
            projection
                .and_then(|it| it.co2e)
                .map(|band| band.map(|kg| kg.0)),
        ),
    };
    let probability = if used > limit {
        Some(Decimal::ONE)
    } else {
        at_end.map(|band| passing(limit, band))
    };
    Some(GoalProgress {
        measure: goal.goal.measure,
        limit,
        used,
        likely_at_end: at_end.map(|band| band.likely),
        probability_of_passing: probability,
        likely_passed_on: (goal.goal.measure == GoalMeasure::Kwh)
            .then(|| passed_on(limit, outlook, standing.span))
            .flatten(),
        example: goal.example,
    })
}

/// Probability that the value ends above `limit`: the distribution function through the band's five
/// quantiles (2.5, 10, 50, 90, 97.5 %), straight between them. Past the outer ones it is only known
/// to be less than 2.5 %, and said as 1 %.
pub fn passing(limit: Decimal, band: Band<Decimal>) -> Decimal {
    let knots = [
        (band.lo95, Decimal::new(975, 3)),
        (band.lo80, Decimal::new(900, 3)),
        (band.likely, Decimal::new(500, 3)),
        (band.hi80, Decimal::new(100, 3)),
        (band.hi95, Decimal::new(25, 3)),
    ];
    if limit < knots[0].0 {
        return Decimal::new(99, 2);
    }
    for pair in knots.windows(2) {
        let ((from, above_from), (to, above_to)) = (pair[0], pair[1]);
        if limit <= to {
            if to == from {
                continue;
            }
            let share = (limit - from) / (to - from);
            return (above_from + (above_to - above_from) * share).round_dp(3);
        }
    }
    Decimal::new(1, 2)
}

/// The day on which the likely path passes the limit.
fn passed_on(limit: Decimal, outlook: &Outlook, span: Cycle) -> Option<Date> {
    let forecast = outlook.forecast.as_ref()?;
    let mut sum = Decimal::ZERO;
    for day in outlook
        .days
        .iter()
        .filter(|day| span.contains(day.date) && day.date <= forecast.origin)
    {
        sum += day.kwh.unwrap_or(Kwh(Decimal::ZERO)).0;
        if sum > limit {
            return Some(day.date);
        }
    }
    (1_i32..)
        .zip(&forecast.days)
        .map(|(ahead, kwh)| (forecast.origin.saturating_add(ahead.days()), kwh.likely.0))
        .filter(|(date, _)| span.contains(*date))
        .find_map(|(date, kwh)| {
            sum += kwh;
            (sum > limit).then_some(date)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(values: [i64; 5]) -> Band<Decimal> {
        let [lo95, lo80, likely, hi80, hi95] = values.map(Decimal::from);
        Band {
            likely,
            lo80,
            hi80,
            lo95,
            hi95,
        }
    }

    #[test]
    fn the_probability_falls_from_nearly_sure_to_nearly_impossible() {
        let band = band([180, 200, 230, 260, 280]);
        let at = |limit: i64| passing(Decimal::from(limit), band).to_string();
        assert_eq!(at(100), "0.99");
        assert_eq!(at(180), "0.975");
        assert_eq!(at(230), "0.500");
        assert_eq!(at(245), "0.300");
        assert_eq!(at(280), "0.025");
        assert_eq!(at(400), "0.01");
        let all: Vec<Decimal> = (150..300)
            .map(|limit| passing(Decimal::from(limit), band))
            .collect();
        assert!(all.windows(2).all(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn a_band_without_width_is_no_panic() {
        let point = band([200, 200, 200, 200, 200]);
        assert!(passing(Decimal::from(199), point) > Decimal::new(9, 1));
        assert!(passing(Decimal::from(201), point) < Decimal::new(1, 1));
    }
}
