//! This cycle so far, and the bill at its end. Pure: priced by the one tariff engine.

use std::collections::BTreeMap;

use ecotrack_common::bill::{Assumption, BillError, Tables, Tariff, Usage, marginal_price, price};
use ecotrack_common::bill::{Bill, DayPrices, Parameters};
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::dashboard::{Comparison, CycleUse, DayUse, ProjectedLine, Projection};
use ecotrack_common::emission::{Co2eTotal, EmissionFactor, co2e, factor_for};
use ecotrack_common::forecast::Band;
use ecotrack_common::{KgCo2e, Kwh, Money};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::store::Stored;
use crate::consumption::flows::Flows;

/// What energy of a home costs and emits.
pub struct Prices<'a> {
    /// The tariff in force with the home's own figures, if one is set.
    pub tariff: Option<(&'a Tariff, &'a Parameters)>,
    /// Flags and the like.
    pub tables: &'a Tables,
    /// Emission factors.
    pub factors: &'a [EmissionFactor],
    /// Region of the home's factor.
    pub region: Option<&'a str>,
    /// What the home took from the grid, for prices that go by time.
    pub flows: &'a Flows,
}

impl Prices<'_> {
    /// What the energy of these days costs with taxes, without fixed charges and without a minimum.
    pub fn energy_cost(&self, days: &[DayUse], span: Cycle) -> Result<Option<Money>, BillError> {
        let Some((tariff, parameters)) = self.tariff else {
            return Ok(None);
        };
        if span.first > span.last {
            return Ok(None);
        }
        let mut energy_only = tariff.clone();
        for version in &mut energy_only.versions {
            version.minimum = None;
        }
        let Some(usage) = self.used(tariff, days, span) else {
            return Ok(None);
        };
        let bill = price(&energy_only, parameters, self.tables, &usage, span)?;
        Ok(Some(Money(bill.gross.0.round_dp(2))))
    }

    /// The use of a span: by day, or in steps where prices go by time.
    fn used(&self, tariff: &Tariff, days: &[DayUse], span: Cycle) -> Option<Usage> {
        if tariff.goes_by_time() {
            return self.flows.imported(span, true);
        }
        let daily: BTreeMap<Date, Option<Kwh>> = days
            .iter()
            .filter(|day| span.contains(day.date))
            .map(|day| (day.date, day.kwh))
            .collect();
        let some = daily.values().any(Option::is_some);
        some.then_some(Usage::Daily(daily))
    }

    /// The use of a cycle of which only the total is known, laid over the hours as the home usually
    /// takes it where prices go by time.
    fn expected(&self, tariff: &Tariff, kwh: Kwh, cycle: Cycle) -> Usage {
        let by_time = tariff.goes_by_time();
        let usual = by_time.then(|| self.flows.as_usual(kwh, cycle)).flatten();
        // Without hours the engine says what is missing.
        usual.unwrap_or(Usage::Total(kwh))
    }

    /// The whole bill of a cycle.
    pub fn bill(&self, kwh: Kwh, cycle: Cycle) -> Result<Option<Bill>, BillError> {
        let Some((tariff, parameters)) = self.tariff else {
            return Ok(None);
        };
        let usage = self.expected(tariff, kwh, cycle);
        price(tariff, parameters, self.tables, &usage, cycle).map(Some)
    }

    /// What one more kWh costs in a cycle that will use `kwh`, taxes included.
    pub fn next_kwh(&self, kwh: Kwh, cycle: Cycle) -> Result<Option<Money>, BillError> {
        let Some((tariff, parameters)) = self.tariff else {
            return Ok(None);
        };
        let usage = self.expected(tariff, kwh, cycle);
        marginal_price(tariff, parameters, self.tables, &usage, cycle).map(Some)
    }

    /// The factor for a year, the latest earlier one where it has none.
    pub fn factor(&self, year: i16) -> Option<&EmissionFactor> {
        factor_for(self.factors, self.region?, year)
            .ok()
            .map(|(factor, _)| factor)
    }

    /// What these days emitted, each by its year's factor; the newest factor is named.
    pub fn co2e(&self, days: &[DayUse]) -> Option<Co2eTotal> {
        let mut by_year: BTreeMap<i16, Kwh> = BTreeMap::new();
        for day in days {
            if let Some(kwh) = day.kwh {
                let of_year = by_year.entry(day.date.year()).or_default();
                *of_year = *of_year + kwh;
            }
        }
        co2e(self.factors, self.region, by_year).ok()
    }

    /// What a kWh costs over today and tomorrow in a cycle that will use `kwh`, and why; `None`
    /// without a tariff or where one of its prices is missing, which the bill says too.
    pub fn by_time(&self, kwh: Kwh, cycle: Cycle, now: Timestamp) -> Option<DayPrices> {
        let (tariff, parameters) = self.tariff?;
        DayPrices::new(tariff, parameters, self.tables, now, kwh, cycle).ok()
    }
}

/// Use of the days of `cycle` up to `through`, the last day that has passed whole; energy known of
/// later days, such as this morning's, is in the total but not in the coverage. Energy that cannot be
/// priced has no cost; why, the outlook says once.
pub fn cycle_use(days: &[DayUse], cycle: Cycle, through: Date, prices: &Prices<'_>) -> CycleUse {
    let inside: Vec<DayUse> = days
        .iter()
        .filter(|day| cycle.contains(day.date))
        .copied()
        .collect();
    let elapsed_days = (days_between(cycle.first, through.min(cycle.last)) + 1).max(0);
    let measured = inside
        .iter()
        .filter(|day| day.date <= through && day.is_measured())
        .count();
    let known = inside.iter().filter_map(|day| day.kwh);
    let kwh = known.clone().next().map(|_| known.sum());
    let last_known = inside
        .iter()
        .filter(|day| day.kwh.is_some())
        .map(|day| day.date)
        .max();
    let span = Cycle {
        first: cycle.first,
        last: last_known.unwrap_or(cycle.first),
    };
    CycleUse {
        cycle,
        kwh,
        cost: prices.energy_cost(&inside, span).ok().flatten(),
        co2e: prices.co2e(&inside),
        elapsed_days,
        measured_days: i32::try_from(measured).unwrap_or(i32::MAX),
    }
}

/// Like with like: the elapsed days of `cycle` beside the same days of `then`, where both are known.
pub fn compare(days: &[DayUse], cycle: Cycle, then: Cycle, through: Date) -> Option<Comparison> {
    let by_date: BTreeMap<Date, &DayUse> = days
        .iter()
        .filter(|day| day.is_measured())
        .map(|day| (day.date, day))
        .collect();
    let mut pairs = 0;
    let (mut now_kwh, mut then_kwh) = (Decimal::ZERO, Decimal::ZERO);
    for (date, date_then) in cycle
        .iter()
        .take_while(|date| *date <= through)
        .zip(then.iter())
    {
        let sides = (
            by_date.get(&date).and_then(|day| day.kwh),
            by_date.get(&date_then).and_then(|day| day.kwh),
        );
        if let (Some(now), Some(before)) = sides {
            pairs += 1;
            now_kwh += now.0;
            then_kwh += before.0;
        }
    }
    (pairs > 0).then(|| Comparison {
        days: pairs,
        kwh: Kwh(now_kwh),
        kwh_then: Kwh(then_kwh),
        percent: (!then_kwh.is_zero())
            .then(|| ((now_kwh - then_kwh) * Decimal::ONE_HUNDRED / then_kwh).round_dp(1)),
    })
}

/// Energy at the end of the cycle: what is known up to the forecast's origin, days that nobody
/// measured at the mean of those that are, and the forecast from there on. `None` when the forecast
/// does not reach the end.
pub fn kwh_at_end(days: &[DayUse], cycle: Cycle, forecast: &Stored) -> Option<Band<Kwh>> {
    let ahead = |date: Date| usize::try_from(days_between(forecast.origin, date)).ok();
    let to_end = ahead(cycle.last)?;
    let known_to = forecast.origin.min(cycle.last);
    let past: Vec<&DayUse> = days
        .iter()
        .filter(|day| cycle.first <= day.date && day.date <= known_to)
        .collect();
    let measured: Vec<Decimal> = past
        .iter()
        .filter(|day| day.is_measured())
        .filter_map(|day| Some(day.kwh?.0))
        .collect();
    let so_far: Decimal = measured.iter().sum();
    let elapsed = (days_between(cycle.first, known_to) + 1).max(0);
    let missing = Decimal::from(elapsed) - Decimal::from(measured.len());
    let filled = if measured.is_empty() {
        if elapsed > 0 {
            return None;
        }
        Decimal::ZERO
    } else {
        so_far / Decimal::from(measured.len()) * missing
    };
    let base = so_far + filled;
    if to_end == 0 {
        let done = Kwh(base.round_dp(6));
        return Some(Band {
            likely: done,
            lo80: done,
            hi80: done,
            lo95: done,
            hi95: done,
        });
    }
    let total = forecast.totals.get(to_end - 1)?;
    // Days between the origin and the first of the cycle are forecast, but belong to the one before.
    let before = ahead(cycle.first.saturating_sub(1.day()))
        .filter(|days| *days > 0)
        .and_then(|days| forecast.totals.get(days - 1))
        .map_or(Decimal::ZERO, |total| total.likely.0);
    Some(total.map(|kwh| Kwh((base + kwh.0 - before).max(Decimal::ZERO).round_dp(6))))
}

/// The bill at the end of the cycle with its bands, the price of the next kWh and what was assumed.
pub fn project(
    kwh: Band<Kwh>,
    cycle: Cycle,
    today: Date,
    prices: &Prices<'_>,
) -> Result<Option<(Projection, Vec<Assumption>)>, BillError> {
    let Some(bill) = prices.bill(kwh.likely, cycle)? else {
        return Ok(None);
    };
    let total = |kwh: Kwh| {
        prices
            .bill(kwh, cycle)
            .map(|bill| bill.map_or(Money(Decimal::ZERO), |bill| bill.total))
    };
    let total = Band {
        likely: bill.total,
        lo80: total(kwh.lo80)?,
        hi80: total(kwh.hi80)?,
        lo95: total(kwh.lo95)?,
        hi95: total(kwh.hi95)?,
    };
    let factor = prices
        .factor(today.year())
        .map(|factor| factor.kg_co2e_per_kwh);
    let mut lines: Vec<ProjectedLine> = Vec::new();
    for line in &bill.lines {
        match lines.iter_mut().find(|known| known.code == line.code) {
            Some(known) => known.amount = known.amount + line.amount,
            None => lines.push(ProjectedLine {
                code: line.code.clone(),
                amount: line.amount,
            }),
        }
    }
    for line in &mut lines {
        line.amount.0 = line.amount.0.round_dp(2);
    }
    let flag = bill
        .lines
        .iter()
        .find(|line| line.note.is_some() && line.first <= today && today <= line.last)
        .or_else(|| bill.lines.iter().rev().find(|line| line.note.is_some()))
        .and_then(|line| line.note.clone());
    let projection = Projection {
        kwh,
        total,
        co2e: factor.map(|factor| kwh.map(|kwh| KgCo2e((kwh.0 * factor).round_dp(3)))),
        next_kwh: prices
            .next_kwh(kwh.likely, cycle)?
            .map(|price| Money(price.0.round_dp(6))),
        flag,
        lines,
    };
    Ok(Some((projection, bill.assumptions)))
}
