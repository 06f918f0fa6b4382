//! Why one bill is another than the one before.
//!
//! A bill is `amount(price, days, kWh, given)`, and its kWh are `days * (weather + devices + other)`,
//! each a day. Each of the six is that of the earlier bill or that of the later one, which makes 64
//! bills (32 for a home that gives nothing); a factor's part is its Shapley value: the mean, over all
//! orders of changing one factor after another, of what changing it does. So the parts add up, no order
//! is favoured, two factors that do the same get the same, and one that does not change gets nothing.
//!
//! The counterfactuals:
//! * price: the tariff, the home's figures and the tables of that bill's cycle. A cycle of so many
//!   days begins on its first day; days past its last have what was in force on its last.
//! * days: how many days the cycle has.
//! * devices: kWh a day that devices metered apart, or with hours by season, make of it.
//! * weather: kWh a day by the difference of the cycles' degree days; nothing for the earlier bill.
//! * other: the rest of the kWh a day; where hours are known, when in the week they were used too. A
//!   cycle of other kWh or days keeps the shape: scaled, and weekdays like weekdays.
//! * given: what was given to the grid a day, and the credits of earlier cycles.
//!
//! What the papers charge beside what the prices make of them is a part of its own, `charged`.

use std::borrow::Cow;

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::answer::{ChangeFactor, ChangePart, EffectiveRate};
use super::fit::RatedBill;
use crate::bill::{Exchange, Parameters, Tables, Tariff, Usage, price_exchange};
use crate::cycle::Cycle;
use crate::{Kwh, Money};

/// The factors that the engine prices, in the order of the answer; the last only for a home that
/// gives.
const FACTORS: [ChangeFactor; 6] = [
    ChangeFactor::Price,
    ChangeFactor::Days,
    ChangeFactor::Weather,
    ChangeFactor::Devices,
    ChangeFactor::Other,
    ChangeFactor::Given,
];

/// One of the two bills.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The bill.
    pub bill: RatedBill,
    /// What flowed in its cycle, where more is known of it than the bill's kWh.
    pub exchange: Option<Exchange<'a>>,
    /// kWh a day of devices.
    pub devices: Kwh,
    /// kWh a day by the weather, beside the earlier bill.
    pub weather: Kwh,
}

/// The prices of one bill.
#[derive(Debug, Clone, Copy)]
pub struct Tariffed<'a> {
    /// The tariff.
    pub tariff: &'a Tariff,
    /// What the home knows better.
    pub parameters: &'a Parameters,
    /// Flags and the like.
    pub tables: &'a Tables,
}

/// What prices both bills.
#[derive(Debug, Clone, Copy)]
pub enum Prices<'a> {
    /// The tariffs in force then: of the earlier bill, and of the later.
    Tariff([Tariffed<'a>; 2]),
    /// What the home's bills fit.
    Rate(&'a EffectiveRate),
    /// What a kWh cost on each bill.
    Average,
}

impl Side<'_> {
    fn cycle(&self) -> Cycle {
        Cycle {
            first: self.bill.first,
            last: self.bill.last,
        }
    }

    /// `kwh` over `cycle`, over the hours as this side used them where it knows them.
    fn shaped(&self, kwh: Kwh, cycle: Cycle) -> Option<Usage> {
        match self.exchange.map(|flows| flows.import) {
            Some(import @ Usage::Steps(_)) => import.moved(self.cycle(), cycle)?.scaled_to(kwh),
            _ => Some(Usage::Total(kwh)),
        }
    }

    /// kWh a day that neither devices nor weather make.
    fn other(&self) -> Option<Decimal> {
        let daily = self
            .bill
            .kwh
            .0
            .checked_div(Decimal::from(self.cycle().days()))?;
        Some(daily - self.devices.0 - self.weather.0)
    }
}

/// The parts of `to - from`, which add up to the difference of their totals and kWh exactly; `None`
/// where `prices` cannot price one of the counterfactuals.
pub fn change(from: &Side<'_>, to: &Side<'_>, prices: &Prices<'_>) -> Option<Vec<ChangePart>> {
    let sides = [from, to];
    let cost = priced(&sides, prices);
    let gives = |side: &&Side<'_>| {
        let exchange = side.exchange.as_ref();
        exchange.is_some_and(|flows| flows.export.is_some() || !flows.credits.is_empty())
    };
    let factors = FACTORS.len() - usize::from(!sides.iter().any(gives));
    let others = [from.other()?, to.other()?];
    // Where all is one bill's, its kWh are the bill's own, to the last place.
    let kwh = |of: [usize; 6]| {
        let [_, days, weather, devices, other, _] = of;
        if days == weather && days == devices && days == other {
            return sides[days].bill.kwh.0;
        }
        let daily = sides[weather].weather.0 + sides[devices].devices.0 + others[other];
        let days = Decimal::from(sides[days].cycle().days());
        (days * daily).round_dp(6).max(Decimal::ZERO)
    };
    let (mut amounts, mut energies) = (Vec::new(), Vec::new());
    for changed in 0..1_usize << factors {
        let of = std::array::from_fn(|at| usize::from(changed & (1 << at) != 0));
        let kwh = kwh(of);
        amounts.push(cost(of, Kwh(kwh))?.0);
        energies.push(kwh);
    }
    let (first, last) = (*amounts.first()?, *amounts.last()?);
    let charged = (to.bill.total.0 - last) - (from.bill.total.0 - first);
    let orders = Decimal::from(orders(factors));
    let mut money = shapley(&amounts)?;
    money.push(charged.checked_mul(orders)?);
    let mut kwh = shapley(&energies)?;
    kwh.push(Decimal::ZERO);
    let money = apportioned(&money, orders, 2);
    let kwh = apportioned(&kwh, orders, 3);
    let factors = FACTORS[..factors].iter().copied();
    let factors = factors.chain([ChangeFactor::Charged]);
    Some(
        factors
            .zip(money)
            .zip(kwh)
            .map(|((factor, money), kwh)| ChangePart {
                factor,
                money: Money(money),
                kwh: Kwh(kwh),
            })
            .collect(),
    )
}

/// What a cycle of so many kWh costs, each factor being that of one side.
fn priced<'a>(
    sides: &[&'a Side<'a>; 2],
    prices: &'a Prices<'a>,
) -> impl Fn([usize; 6], Kwh) -> Option<Money> + use<'a> {
    let sides = *sides;
    let frozen = match prices {
        Prices::Tariff(of) => Some([0, 1].map(|at| frozen(&of[at], sides[at].cycle()))),
        _ => None,
    };
    move |[side, days, _, _, shape, given], kwh| match (prices, &frozen) {
        (Prices::Tariff(of), Some(frozen)) => {
            let days = sides[days].cycle().days();
            let first = sides[side].cycle().first;
            let last = first.saturating_add(i64::from(days - 1).days());
            let (tariff, tables) = &frozen[side];
            let cycle = Cycle { first, last };
            let import = sides[shape].shaped(kwh, cycle)?;
            let own = sides[given].cycle();
            let given = sides[given].exchange;
            let moved = |usage: Option<&Usage>| match usage {
                Some(usage) => usage.moved(own, cycle).map(Some),
                None => Some(None),
            };
            let export = moved(given.and_then(|flows| flows.export))?;
            let production = moved(given.and_then(|flows| flows.production))?;
            let exchange = Exchange {
                import: &import,
                export: export.as_ref(),
                production: production.as_ref(),
                credits: given.map_or(&[], |flows| flows.credits),
                money_credit: given.map_or(Money(Decimal::ZERO), |flows| flows.money_credit),
            };
            price_exchange(tariff, of[side].parameters, tables, exchange, cycle)
                .ok()
                .map(|bill| bill.total)
        }
        (Prices::Rate(rate), _) => Some(rate.amount(sides[days].cycle().days(), kwh)),
        _ => {
            let bill = &sides[side].bill;
            if bill.kwh == kwh {
                return Some(bill.total);
            }
            let average = bill.total.0.checked_div(bill.kwh.0).unwrap_or_default();
            Some(Money((average * kwh.0).round_dp(2)))
        }
    }
}

/// A tariff and its tables as if nothing came after the cycle.
fn frozen<'a>(of: &Tariffed<'a>, cycle: Cycle) -> (Cow<'a, Tariff>, Cow<'a, Tables>) {
    let mut tariff = Cow::Borrowed(of.tariff);
    if tariff
        .versions
        .iter()
        .any(|version| version.valid_from > cycle.last)
    {
        tariff
            .to_mut()
            .versions
            .retain(|version| version.valid_from <= cycle.last);
    }
    // Days past the last have its prices, as an open end says.
    let reaches =
        |version: &crate::bill::Version| version.valid_to.is_some_and(|to| to >= cycle.last);
    if tariff.versions.iter().any(reaches) {
        let versions = tariff.to_mut().versions.iter_mut();
        for version in versions.filter(|version| reaches(version)) {
            version.valid_to = None;
        }
    }
    let mut tables = of.tables.clone();
    for table in tables.dated.values_mut() {
        for rows in [&mut table.in_force, &mut table.by_label] {
            rows.retain(|row| row.first <= cycle.last);
            for row in rows
                .iter_mut()
                .filter(|row| row.last.is_some_and(|last| last >= cycle.last))
            {
                row.last = None;
            }
        }
    }
    for rates in tables.rates.values_mut() {
        rates.retain(|row| row.first <= cycle.last);
    }
    (tariff, Cow::Owned(tables))
}

/// In how many orders so many factors can change.
fn orders(factors: usize) -> i64 {
    (1_i64..).take(factors).product()
}

/// The Shapley values of factors, each times [`orders`], from the values of all sets of changed
/// factors: the bit of a factor is set where it changed. Exact: there is nothing to divide.
pub(super) fn shapley(values: &[Decimal]) -> Option<Vec<Decimal>> {
    let factors = values.len().checked_ilog2()? as usize;
    let part = |factor: usize| {
        let bit = 1 << factor;
        let mut part = Decimal::ZERO;
        for before in (0..values.len()).filter(|set| set & bit == 0) {
            let step = values
                .get(before | bit)?
                .checked_sub(*values.get(before)?)?;
            let changed = before.count_ones() as usize;
            // Those that changed before it in any order, and those after it.
            let weight = orders(changed) * orders(factors - 1 - changed);
            part += step.checked_mul(Decimal::from(weight))?;
        }
        Some(part)
    };
    (0..factors).map(part).collect()
}

/// The parts, which are times `orders`, in their last place or `places`, so that they add up to the whole:
/// each rounded down, and what is left given to those that lost most by it.
fn apportioned(parts: &[Decimal], orders: Decimal, places: u32) -> Vec<Decimal> {
    let whole: Decimal = parts.iter().sum::<Decimal>() / orders;
    let places = places.max(whole.normalize().scale());
    let unit = Decimal::new(1, places);
    let exact: Vec<Decimal> = parts.iter().map(|part| part / orders).collect();
    let mut given: Vec<Decimal> = exact
        .iter()
        .map(|part| {
            part.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::ToNegativeInfinity)
        })
        .collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact[*at] - given[*at]));
    let mut left = whole - given.iter().sum::<Decimal>();
    for at in order {
        if left < unit {
            break;
        }
        given[at] += unit;
        left -= unit;
    }
    given.iter().map(Decimal::normalize).collect()
}
