//! One past under two tariffs, cycle by cycle, on the very same energy. Pure.

use std::sync::Arc;

use ecotrack_common::bill::{
    Bill, BillError, DaySteps, EnergyCredit, Exchange, MissingFigure, Parameters, Tariff, Usage,
    price_exchange,
};
use ecotrack_common::comparison::{
    ComparedBill, ComparisonSums, CycleComparison, NotPriced, TariffComparison,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::profile::Connection;
use ecotrack_common::{Kwh, Money};
use jiff::civil::Date;

use crate::catalog::Reference;
use crate::consumption::flows::Flows;
use crate::tariffs::{EffectiveTariff, TariffError, in_money};

/// What is known of a home's past.
pub(super) struct Past {
    /// ISO 4217 code of the home.
    pub(super) currency: String,
    /// Its connection, for cycles in which it had no tariff of its own.
    pub(super) connection: Connection,
    /// The earliest first, without holes between them: credits go from one to the next.
    pub(super) cycles: Vec<PastCycle>,
    /// What its meters know.
    pub(super) flows: Flows,
    /// Tables to price with.
    pub(super) tables: Arc<Reference>,
}

/// A billing cycle that has passed whole.
pub(super) struct PastCycle {
    /// Its days.
    pub(super) cycle: Cycle,
    /// The home's tariff then.
    pub(super) mine: Result<Option<EffectiveTariff>, TariffError>,
}

/// What one side brings from cycle to cycle.
#[derive(Default)]
struct Carried {
    credits: Vec<EnergyCredit>,
    money: Money,
}

/// The energy of a cycle, in the form in which both sides are priced with it.
struct Energy {
    import: Usage,
    export: Option<Usage>,
    production: Option<Usage>,
}

/// The home's past under its own tariffs and under `other`, with the home's own figures on both
/// sides.
pub(super) fn compare(past: &Past, other: &Tariff, slug: Option<&str>) -> TariffComparison {
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
    let (mut mine_carries, mut other_carries) = (Carried::default(), Carried::default());
    for PastCycle { cycle, mine } in &past.cycles {
        let own = mine.as_ref().ok().and_then(Option::as_ref);
        let by_time = other.goes_by_time() || own.is_some_and(|own| own.tariff.goes_by_time());
        let energy = energy(&past.flows, *cycle, by_time);
        let parameters = own.map_or_else(
            || Parameters {
                connection: Some(past.connection),
                ..Parameters::default()
            },
            |own| own.parameters.clone(),
        );
        let price = |tariff: &Tariff, carried: &mut Carried| {
            let energy = energy.as_ref().map_err(Clone::clone)?;
            carried.bill(tariff, &parameters, past, energy, *cycle)
        };
        let mine_bill = in_money(mine, &past.currency)
            .and_then(|own| price(&own.tariff, &mut mine_carries).map_err(because));
        let other_bill = price(other, &mut other_carries).map_err(because);
        let bills = [&mine_bill, &other_bill].into_iter().flatten();
        let codes = bills.flat_map(|bill| &bill.assumptions);
        let codes = codes.filter_map(|assumption| assumption.kind.code());
        comparison.assumptions.extend(codes.map(str::to_owned));
        let energy = energy.as_ref().ok();
        comparison.cycles.push(CycleComparison {
            cycle: *cycle,
            days: cycle.days(),
            known_days: energy.map_or(0, |energy| energy.known_days(*cycle)),
            kwh: energy.map(|energy| known_kwh(&energy.import, *cycle)),
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

fn because(error: BillError) -> NotPriced {
    NotPriced::Bill { error }
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

impl Carried {
    /// The bill of a cycle; what it leaves is carried on.
    fn bill(
        &mut self,
        tariff: &Tariff,
        parameters: &Parameters,
        past: &Past,
        energy: &Energy,
        cycle: Cycle,
    ) -> Result<Bill, BillError> {
        let exchange = Exchange {
            import: &energy.import,
            export: energy.export.as_ref(),
            production: energy.production.as_ref(),
            credits: &self.credits,
            money_credit: self.money,
        };
        let bill = price_exchange(tariff, parameters, &past.tables.tables, exchange, cycle)?;
        if let Some(left) = &bill.export {
            self.credits.clone_from(&left.credits);
            self.money = left.money_credit;
        }
        Ok(bill)
    }
}

/// What flowed in a cycle.
fn energy(flows: &Flows, cycle: Cycle, by_time: bool) -> Result<Energy, BillError> {
    let import = flows.imported(cycle, by_time).ok_or(BillError::NoUsage)?;
    let export = flows.exported(cycle, by_time);
    // A home that gave before and of which nothing is known now did not give nothing.
    let gave = flows
        .export
        .range(..=cycle.last)
        .any(|(_, day)| day.kwh.is_some());
    if gave && export.is_none() {
        return Err(BillError::Missing {
            what: MissingFigure::SameForm,
            on: Some(cycle.first),
        });
    }
    Ok(Energy {
        import,
        export,
        production: flows.produced(cycle, by_time),
    })
}

impl Energy {
    /// Days that are known whole, in both directions for a home that gives.
    fn known_days(&self, cycle: Cycle) -> i32 {
        let flows = [Some(&self.import), self.export.as_ref()];
        let known = cycle.iter().filter(|day| {
            let mut flows = flows.into_iter().flatten();
            flows.all(|usage| is_known(usage, *day))
        });
        i32::try_from(known.count()).unwrap_or(i32::MAX)
    }
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

/// All that is known of what was taken in the cycle.
fn known_kwh(usage: &Usage, cycle: Cycle) -> Kwh {
    match usage {
        Usage::Total(kwh) => *kwh,
        Usage::Daily(days) => {
            let known = days.range(cycle.first..=cycle.last);
            known.filter_map(|(_, kwh)| *kwh).sum()
        }
        Usage::Steps(steps) => {
            let known = steps.days.range(cycle.first..=cycle.last);
            let steps = known.flat_map(|(_, day)| day.mwh.iter().flatten());
            Kwh::from_mwh(steps.map(|mwh| i64::from(*mwh)).sum())
        }
    }
}
