//! The home's newest whole cycles as they were and as they would have been, priced by the tariff engine. Pure.

use std::collections::BTreeMap;

use ecotrack_common::bill::Tariff;
use ecotrack_common::comparison::{NEEDED_PERCENT, NotPriced};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::co2e;
use ecotrack_common::explain::EffectiveRate;
use ecotrack_common::what_if::{WhatIf, WhatIfSide, WhatIfSpan};
use ecotrack_common::{Kwh, Money};
use rust_decimal::Decimal;

use super::scenario::{Otherwise, known_sum};
use crate::consumption::flows::FlowDays;
use crate::consumption::past::Past;

/// What is asked of a home.
pub(super) struct Question<'a> {
    /// What would be otherwise.
    pub otherwise: Otherwise<'a>,
    /// The tariff that it would have.
    pub tariff: Option<&'a Tariff>,
    /// The newest whole cycles, the earliest first.
    pub cycles: &'a [Cycle],
    /// What the home's bills fit, where it has no tariff.
    pub rate: Option<&'a EffectiveRate>,
    /// Region of the home's emission factor.
    pub region: Option<&'a str>,
}

/// A cycle on one side.
struct Passed {
    cycle: Cycle,
    known_days: i32,
    taken: Decimal,
    given: Decimal,
    produced: Decimal,
    taken_by_year: BTreeMap<i16, Kwh>,
    bill: Result<Money, NotPriced>,
}

/// Fills in both sides of an answer.
pub(super) fn answer(mut past: Past, question: &Question<'_>, answer: &mut WhatIf) {
    let (Some(first), Some(last)) = (question.cycles.first(), question.cycles.last()) else {
        return;
    };
    let days = Cycle {
        first: first.first,
        last: last.last,
    };
    let otherwise = &question.otherwise;
    let measured = question.cycles.iter().any(|cycle| is_known(&past, *cycle));
    if measured {
        answer.assumptions.push("own_past".to_owned());
    } else if otherwise.devices.iter().any(|device| device.now.is_some()) {
        let zone = past.flows.time_zone.clone();
        past.flows = otherwise.by_devices(days.iter(), &zone);
        answer.assumptions.push("from_devices".to_owned());
    } else {
        answer
            .missing
            .push("missing_readings_and_devices".to_owned());
        return;
    }
    let (then, assumed) = otherwise.flows(&past.flows);
    for (is, code) in [
        (assumed.hours_as_before, "hours_as_before"),
        (assumed.sun_share, "sun_share_assumed"),
    ] {
        if is {
            answer.assumptions.push(code.to_owned());
        }
    }
    let now_side = pass(&past, question, None, &mut answer.assumptions);
    past.flows = then;
    let then_side = pass(&past, question, question.tariff, &mut answer.assumptions);
    answer.assumptions.sort();
    answer.assumptions.dedup();
    let pairs: Vec<(Passed, Passed)> = now_side
        .into_iter()
        .zip(then_side)
        .filter(|(now, _)| now.known_days * 100 >= now.cycle.days() * NEEDED_PERCENT)
        .collect();
    let side = |of: &dyn Fn(&(Passed, Passed)) -> &Passed, pairs: &[(Passed, Passed)]| {
        let passed: Vec<&Passed> = pairs.iter().map(of).collect();
        sum(&passed, &past, question.region)
    };
    let span = |pairs: &[(Passed, Passed)]| {
        let (earliest, newest) = (pairs.first()?, pairs.last()?);
        Some(WhatIfSpan {
            span: Cycle {
                first: earliest.0.cycle.first,
                last: newest.0.cycle.last,
            },
            cycles: i32::try_from(pairs.len()).unwrap_or(i32::MAX),
            known_days: pairs.iter().map(|(now, _)| now.known_days).sum(),
            now: side(&|pair| &pair.0, pairs),
            then: side(&|pair| &pair.1, pairs),
        })
    };
    answer.month = span(&pairs[pairs.len().saturating_sub(1)..]);
    answer.year = span(&pairs);
    let month = answer.month.as_ref();
    if month.is_some_and(|month| month.now.not_priced == Some(NotPriced::NoTariff)) {
        answer.missing.push("missing_price".to_owned());
    }
}

fn is_known(past: &Past, cycle: Cycle) -> bool {
    known_days(&past.flows.import, cycle) * 100 >= cycle.days() * NEEDED_PERCENT
}

fn known_days(days: &FlowDays, cycle: Cycle) -> i32 {
    let known = days
        .range(cycle.first..=cycle.last)
        .filter(|(_, day)| day.kwh.is_some());
    i32::try_from(known.count()).unwrap_or(i32::MAX)
}

/// Goes through the cycles in order, so that credits go from one to the next.
fn pass(
    past: &Past,
    question: &Question<'_>,
    other: Option<&Tariff>,
    assumptions: &mut Vec<String>,
) -> Vec<Passed> {
    let Some(first) = question.cycles.first() else {
        return Vec::new();
    };
    let mut account = past.account(other, *first);
    let foreign = other.filter(|other| other.currency != past.currency);
    let cycles = question.cycles.iter().map(|cycle| {
        let (taken, taken_by_year) = known_sum(&past.flows.import, cycle.first, cycle.last);
        let (given, _) = known_sum(&past.flows.export, cycle.first, cycle.last);
        let (produced, _) = known_sum(&past.flows.production, cycle.first, cycle.last);
        let bill = match foreign {
            Some(foreign) => Err(NotPriced::OtherCurrency {
                currency: foreign.currency.clone(),
            }),
            None => account.own_bill(*cycle).map(|bill| {
                let codes = bill.assumptions.iter();
                assumptions.extend(codes.filter_map(|it| it.kind.code()).map(str::to_owned));
                bill.total
            }),
        };
        let bill = match (bill, question.rate) {
            // Without a tariff the home's own bills tell what a kWh costs.
            (Err(NotPriced::NoTariff), Some(rate)) if other.is_none() => {
                assumptions.push("effective_rate".to_owned());
                Ok(rate.amount(cycle.days(), Kwh(taken)))
            }
            (bill, _) => bill,
        };
        Passed {
            cycle: *cycle,
            known_days: known_days(&past.flows.import, *cycle),
            taken,
            given,
            produced,
            taken_by_year,
            bill,
        }
    });
    cycles.collect()
}

fn sum(passed: &[&Passed], past: &Past, region: Option<&str>) -> WhatIfSide {
    let total = |of: fn(&Passed) -> Decimal| passed.iter().map(|it| of(it)).sum::<Decimal>();
    let (taken, given, produced) = (
        total(|it| it.taken),
        total(|it| it.given),
        total(|it| it.produced),
    );
    let bills: Result<Vec<Money>, &NotPriced> =
        passed.iter().map(|it| it.bill.as_ref().copied()).collect();
    let mut by_year: BTreeMap<i16, Kwh> = BTreeMap::new();
    for (year, kwh) in passed.iter().flat_map(|it| &it.taken_by_year) {
        let known = by_year.entry(*year).or_default();
        *known = *known + *kwh;
    }
    let kwh = |value: Decimal| Kwh(value.round_dp(3).normalize());
    WhatIfSide {
        kwh: kwh(taken + produced - given),
        taken: kwh(taken),
        given: kwh(given),
        produced: kwh(produced),
        bill: bills.as_ref().ok().map(|bills| {
            bills
                .iter()
                .fold(Money(Decimal::ZERO), |sum, bill| sum + *bill)
        }),
        not_priced: bills.err().cloned(),
        co2e: co2e(&past.reference.factors, region, by_year).ok(),
    }
}
