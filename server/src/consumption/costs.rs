//! What the energy of some days cost: what those days added to the cost of their cycles, by
//! [`Past::energy_cost`]. So the costs of days add up to those of their week, month and cycle, to the
//! cent, whatever the tiers. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Money;
use ecotrack_common::bill::BillError;
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::Cycle;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::past::{Carried, Past};

/// The cycles of a span, priced up to whichever day somebody asks for.
pub struct Costs<'a> {
    past: &'a Past,
    /// With what each finds of those before it.
    cycles: Vec<(Cycle, Carried)>,
    /// Of each day that was asked for, what its cycle cost up to its end.
    until: BTreeMap<Date, Result<Money, NotPriced>>,
}

impl<'a> Costs<'a> {
    /// Of the cycles that hold days of `span`.
    pub fn new(past: &'a Past, span: Cycle) -> Self {
        let mut cycle = Cycle::containing(span.first, past.cycle_day);
        let mut account = past.account(None, cycle);
        let mut cycles = Vec::new();
        while cycle.first <= span.last {
            cycles.push((cycle, account.carried().clone()));
            account.pass(cycle);
            let Ok(next) = cycle.last.tomorrow() else {
                break;
            };
            cycle = Cycle::containing(next, past.cycle_day);
        }
        Self {
            past,
            cycles,
            until: BTreeMap::new(),
        }
    }

    /// What the energy of these days cost.
    ///
    /// # Errors
    /// Why one of their cycles has no price.
    pub fn of(&mut self, days: Cycle) -> Result<Money, NotPriced> {
        let mut cost = Decimal::ZERO;
        for at in 0..self.cycles.len() {
            let cycle = self.cycles[at].0;
            if cycle.last < days.first || days.last < cycle.first {
                continue;
            }
            cost += self.up_to(at, days.last.min(cycle.last))?.0;
            if days.first > cycle.first
                && let Ok(before) = days.first.yesterday()
            {
                cost -= self.up_to(at, before)?.0;
            }
        }
        Ok(Money(cost))
    }

    fn up_to(&mut self, at: usize, until: Date) -> Result<Money, NotPriced> {
        let (cycle, carried) = &self.cycles[at];
        let cost = self.until.entry(until).or_insert_with(|| {
            match self.past.energy_cost(*cycle, until, carried) {
                Ok((cost, _)) => Ok(cost),
                // Of days of which nothing is known so far nothing was paid so far.
                Err(NotPriced::Bill {
                    error: BillError::NoUsage,
                }) => Ok(Money(Decimal::ZERO)),
                Err(why) => Err(why),
            }
        });
        cost.clone()
    }
}
