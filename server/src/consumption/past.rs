//! What a home's cycles cost: what flowed between it and the grid, priced by the tariff of the time,
//! with the credits that earlier cycles left. The one way from meters to money, for dashboard, goals,
//! explanations and comparisons. Pure.
//!
//! Credits are derived and not stored: the home's cycles are gone through in order, from where it
//! began to give or, if that is longer ago than a credit lives, from there on. Credits in kWh follow
//! from what was taken and given alone, by day; only credits in money need the bills of the cycles
//! before. What is not known of earlier cycles the bill names, where it could change it.

use std::sync::Arc;

use ecotrack_common::Money;
use ecotrack_common::bill::{
    Assumption, AssumptionKind, Basis, Bill, BillError, Charge, EnergyCredit, Exchange, Parameters,
    Price, Tariff, credits_after, price_exchange,
};
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::profile::Connection;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::flows::{Energy, Flows};
use crate::catalog::Reference;
use crate::tariffs::store::Image;
use crate::tariffs::{EffectiveTariff, TariffError, effective, in_money};

/// What is known of a home's past, and what prices it.
#[derive(Debug)]
pub struct Past {
    /// ISO 4217 code of the home.
    pub currency: String,
    /// Its connection, for cycles in which it had no tariff of its own.
    pub connection: Connection,
    /// Day of the month on which its cycles begin.
    pub cycle_day: i8,
    /// The home's tariffs, each from its first day on, the earliest first.
    pub tariffs: Vec<(Date, Result<Option<EffectiveTariff>, TariffError>)>,
    /// What its meters know.
    pub flows: Flows,
    /// Tables to price with.
    pub reference: Arc<Reference>,
}

/// What a cycle finds of the cycles before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// In kWh.
    pub credits: Vec<EnergyCredit>,
    /// In money.
    pub money: Money,
    /// There may be more or less, since something of earlier cycles is not known.
    pub partly: bool,
}

/// A home's cycles in order, under its own tariffs or under another one, with what goes from one to the
/// next.
#[derive(Debug)]
pub struct Account<'a> {
    past: &'a Past,
    other: Option<&'a Tariff>,
    carried: Carried,
}

/// The tariffs of a home with the days from which they hold.
pub fn dated(
    rows: &[Image],
    reference: &Reference,
    connection: Connection,
) -> Vec<(Date, Result<Option<EffectiveTariff>, TariffError>)> {
    let days = rows.iter().map(|row| row.valid_from);
    days.map(|day| (day, effective(rows, reference, connection, day)))
        .collect()
}

impl Past {
    /// The home's tariff on a day, whatever its money; `None` where it has none that can be read.
    pub fn in_force(&self, day: Date) -> Option<&EffectiveTariff> {
        self.row(day)?.as_ref().ok()?.as_ref()
    }

    fn row(&self, day: Date) -> Option<&Result<Option<EffectiveTariff>, TariffError>> {
        let mut begun = self.tariffs.iter().rev().filter(|(from, _)| *from <= day);
        begun.next().map(|(_, tariff)| tariff)
    }

    /// Why its tariff on a day cannot be read, where it cannot.
    pub fn unreadable(&self, day: Date) -> Option<&TariffError> {
        self.row(day)?.as_ref().err()
    }

    /// The home's own tariff on a day.
    ///
    /// # Errors
    /// Why it cannot price anything.
    pub fn own(&self, day: Date) -> Result<&EffectiveTariff, NotPriced> {
        let found = self.row(day).ok_or(NotPriced::NoTariff)?;
        in_money(found, &self.currency)
    }

    /// The home's own figures on a day, whatever prices it.
    fn parameters(&self, day: Date) -> Parameters {
        let own = self.in_force(day).map(|own| own.parameters.clone());
        own.unwrap_or_else(|| Parameters {
            connection: Some(self.connection),
            ..Parameters::default()
        })
    }

    /// The cycles from `first` on, with what those before it left.
    pub fn account<'a>(&'a self, other: Option<&'a Tariff>, first: Cycle) -> Account<'a> {
        let mut account = Account {
            past: self,
            other,
            carried: Carried::default(),
        };
        let tariffs = self.tariffs.iter().filter_map(|(_, own)| own.as_ref().ok());
        let months = credit_months(match other {
            Some(other) => vec![other],
            None => tariffs.flatten().map(|own| own.tariff.as_ref()).collect(),
        });
        let Some(gives_from) = self.flows.gives_from().filter(|_| months > 0) else {
            return account;
        };
        let earliest = first.first.saturating_sub(i64::from(months).months());
        let mut before = self.flows.import.range(..gives_from);
        // A home that was known to take before it was known to give gave nothing then.
        account.carried.partly = gives_from > earliest && before.all(|(_, day)| day.kwh.is_none());
        for cycle in cycles_before(first.first, gives_from.max(earliest), self.cycle_day) {
            account.pass(cycle);
        }
        account
    }

    /// What a cycle comes to by `tariff`.
    ///
    /// # Errors
    /// Those of [`price_exchange`].
    pub fn price(
        &self,
        tariff: &Tariff,
        parameters: &Parameters,
        energy: &Energy,
        carried: &Carried,
        cycle: Cycle,
    ) -> Result<Bill, BillError> {
        let exchange = energy.exchange(carried);
        let tables = &self.reference.tables;
        let mut bill = price_exchange(tariff, parameters, tables, exchange, cycle)?;
        let left_to_pay = bill
            .export
            .as_ref()
            .is_some_and(|export| export.compensated_kwh < bill.kwh);
        if carried.partly && left_to_pay && tariff.credit_months() > 0 {
            bill.assumptions.push(Assumption {
                kind: AssumptionKind::EarlierCredits,
                subject: tariff.id.clone(),
                first: cycle.first,
                last: cycle.last,
            });
        }
        Ok(bill)
    }

    /// What the energy of a cycle costs up to `until`, with taxes, after `carried`: without fixed charges
    /// and without a minimum, which its end decides. With what it took for granted.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn energy_cost(
        &self,
        cycle: Cycle,
        until: Date,
        carried: &Carried,
    ) -> Result<(Money, Vec<Assumption>), NotPriced> {
        let own = self.own(cycle.last)?;
        let tariff = energy_only(&own.tariff);
        let span = Cycle {
            last: until.min(cycle.last),
            ..cycle
        };
        let energy = self.flows.energy(span, tariff.goes_by_time());
        let bill = energy
            .and_then(|energy| self.price(&tariff, &own.parameters, &energy, carried, span))
            .map_err(|error| NotPriced::Bill { error })?;
        let cost = Money((bill.gross + bill.outside).0.round_dp(2));
        Ok((cost, bill.assumptions))
    }
}

impl Energy {
    /// For the engine, with what earlier cycles left.
    pub fn exchange<'a>(&'a self, carried: &'a Carried) -> Exchange<'a> {
        Exchange {
            import: &self.import,
            export: self.export.as_ref(),
            production: self.production.as_ref(),
            credits: &carried.credits,
            money_credit: carried.money,
        }
    }
}

impl<'a> Account<'a> {
    /// What the next cycle finds, for now.
    pub fn carried(&self) -> &Carried {
        &self.carried
    }

    /// What the next cycle finds.
    pub fn into_carried(self) -> Carried {
        self.carried
    }

    fn tariff(&self, cycle: Cycle) -> Result<&'a Tariff, NotPriced> {
        match self.other {
            Some(other) => Ok(other),
            // The bill is made on the last day.
            None => self.past.own(cycle.last).map(|own| own.tariff.as_ref()),
        }
    }

    /// The bill of the next cycle by its own energy, in steps where its tariff goes by time.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn own_bill(&mut self, cycle: Cycle) -> Result<Bill, NotPriced> {
        let by_time = self.tariff(cycle).is_ok_and(Tariff::goes_by_time);
        self.bill(cycle, &self.past.flows.energy(cycle, by_time))
    }

    /// The bill of the next cycle; what it leaves is carried on.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn bill(
        &mut self,
        cycle: Cycle,
        energy: &Result<Energy, BillError>,
    ) -> Result<Bill, NotPriced> {
        let tariff = self.tariff(cycle);
        let parameters = self.past.parameters(cycle.last);
        let bill = tariff.clone().and_then(|tariff| {
            let energy = energy.as_ref().map_err(Clone::clone);
            let priced = energy.and_then(|energy| {
                let past = self.past;
                past.price(tariff, &parameters, energy, &self.carried, cycle)
            });
            priced.map_err(|error| NotPriced::Bill { error })
        });
        self.carry(cycle, tariff.ok(), bill.as_ref().ok());
        bill
    }

    /// Goes on by a cycle whose bill nobody asks for.
    pub fn pass(&mut self, cycle: Cycle) {
        match self.tariff(cycle) {
            Ok(tariff) if tariff.credits_money() => {
                // What it leaves stands; that it cannot be priced is said by `partly`.
                let _bill = self.own_bill(cycle);
            }
            tariff => self.carry(cycle, tariff.ok(), None),
        }
    }

    fn carry(&mut self, cycle: Cycle, tariff: Option<&Tariff>, bill: Option<&Bill>) {
        let Some(gives_from) = self.past.flows.gives_from() else {
            return;
        };
        let balance = self.past.flows.balance(cycle);
        self.carried.partly |= !balance.whole;
        let credits = &self.carried.credits;
        let after = tariff.and_then(|tariff| {
            credits_after(tariff, balance.taken, balance.given, credits, cycle).ok()
        });
        match after {
            Some(after) => self.carried.credits = after,
            None => self.carried.partly |= gives_from <= cycle.last,
        }
        match bill.and_then(|bill| bill.export.as_ref()) {
            Some(export) => self.carried.money = export.money_credit,
            None => self.carried.partly |= tariff.is_some_and(Tariff::credits_money),
        }
    }
}

/// How long before a cycle something may have been given that it is paid with, by any of `tariffs`.
pub fn credit_months<'a>(tariffs: impl IntoIterator<Item = &'a Tariff>) -> u16 {
    let months = tariffs.into_iter().map(Tariff::credit_months);
    months.max().unwrap_or_default()
}

/// The cycles from the one that holds `from` to the one that ends before `first`, in order. They begin
/// on the home's day or, before a cycle that does not, on the same day as that.
fn cycles_before(first: Date, from: Date, cycle_day: i8) -> Vec<Cycle> {
    let begins_as_usual = Cycle::containing(first, cycle_day).first == first;
    let day = if begins_as_usual {
        cycle_day
    } else {
        first.day()
    };
    let mut cycle = Cycle::containing(first.saturating_sub(1.day()), day);
    let mut cycles = Vec::new();
    while cycle.last >= from {
        cycles.push(cycle);
        cycle = cycle.previous(day);
    }
    cycles.reverse();
    cycles
}

/// The tariff without what is charged for the cycle as such.
fn energy_only(tariff: &Tariff) -> Tariff {
    let mut tariff = tariff.clone();
    for version in &mut tariff.versions {
        version.minimum = None;
        let fixed = |charge: &&mut Charge| match charge.basis {
            Basis::PerKwh | Basis::PercentOf { .. } => false,
            Basis::PerDay | Basis::PerMonth | Basis::PerKwDay { .. } | Basis::FixedByBand => true,
        };
        // Free and not left out: other charges and taxes name them.
        for charge in version.charges.iter_mut().filter(fixed) {
            charge.price = Some(Price::Const(Decimal::ZERO));
            (charge.tiers, charge.parameter) = (None, None);
        }
    }
    tariff
}
