//! One past under two tariffs, cycle by cycle, on the very same energy. Pure.

use ecotrack_common::bill::{Bill, DaySteps, Tariff, Usage};
use ecotrack_common::comparison::{
    ComparedBill, ComparisonSums, CycleComparison, NotPriced, TariffComparison,
};
use ecotrack_common::cycle::Cycle;
use jiff::civil::Date;

use crate::consumption::flows::Energy;
use crate::consumption::past::Past;

/// The home's past under its own tariffs and under `other`, with the home's own figures on both
/// sides. The earliest of `cycles` stands first, without holes between them: credits go from one to
/// the next.
pub(super) fn compare(
    past: &Past,
    cycles: &[Cycle],
    other: &Tariff,
    slug: Option<&str>,
) -> TariffComparison {
    let mut comparison = TariffComparison {
        slug: slug.map(str::to_owned),
        name: other.name.clone(),
        refused: None,
        cycles: Vec::new(),
        sums: None,
        with_credits: !past.flows.export.is_empty(),
        assumptions: Vec::new(),
    };
    if other.currency != past.currency {
        comparison.refused = Some(NotPriced::OtherCurrency {
            currency: other.currency.clone(),
        });
        return comparison;
    }
    let Some(first) = cycles.first() else {
        return comparison;
    };
    let mut mine_account = past.account(None, *first);
    let mut other_account = past.account(Some(other), *first);
    for cycle in cycles.iter().copied() {
        let own = past.in_force(cycle.last);
        let by_time = other.goes_by_time() || own.is_some_and(|own| own.tariff.goes_by_time());
        let energy = past.flows.energy(cycle, by_time);
        let mine_bill = mine_account.bill(cycle, &energy);
        let other_bill = other_account.bill(cycle, &energy);
        let bills = [&mine_bill, &other_bill].into_iter().flatten();
        let codes = bills.flat_map(|bill| &bill.assumptions);
        let codes = codes.filter_map(|assumption| assumption.kind.code());
        comparison.assumptions.extend(codes.map(str::to_owned));
        let energy = energy.as_ref().ok();
        comparison.cycles.push(CycleComparison {
            cycle,
            days: cycle.days(),
            known_days: energy.map_or(0, |energy| known_days(energy, cycle)),
            kwh: energy.map(|energy| energy.import.known_kwh(cycle)),
            mine_name: own.map(|own| own.name.clone()),
            mine: side(mine_bill),
            other: side(other_bill),
        });
    }
    comparison.assumptions.sort();
    comparison.assumptions.dedup();
    comparison.sums = ComparisonSums::of(&comparison.cycles);
    comparison
}

fn side(bill: Result<Bill, NotPriced>) -> ComparedBill {
    match bill {
        Ok(bill) => ComparedBill {
            total: Some(bill.total),
            not_priced: None,
        },
        Err(why) => ComparedBill {
            total: None,
            not_priced: Some(why),
        },
    }
}

/// Days that are known whole, in both directions for a home that gives.
fn known_days(energy: &Energy, cycle: Cycle) -> i32 {
    let flows = [Some(&energy.import), energy.export.as_ref()];
    let known = cycle.iter().filter(|day| {
        let mut flows = flows.into_iter().flatten();
        flows.all(|usage| is_known(usage, *day))
    });
    i32::try_from(known.count()).unwrap_or(i32::MAX)
}

fn is_known(usage: &Usage, day: Date) -> bool {
    match usage {
        Usage::Total(_) => true,
        Usage::Daily(days) => days.get(&day).is_some_and(Option::is_some),
        Usage::Steps(steps) => {
            let whole = |day: &DaySteps| day.mwh.iter().all(Option::is_some);
            steps.days.get(&day).is_some_and(whole)
        }
    }
}
