//! This cycle so far, and the bill at its end with its bands. Pure: priced by the one tariff engine.

use std::collections::BTreeMap;

use ecotrack_common::bill::{Assumption, Bill, BillError, DayPrices, Usage, marginal_price};
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::dashboard::{Comparison, CycleUse, DayUse, ProjectedLine, Projection};
use ecotrack_common::emission::{Co2eTotal, EmissionFactor, co2e, factor_for};
use ecotrack_common::forecast::Band;
use ecotrack_common::{KgCo2e, Kwh, Money};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::ending::Ending;
use super::path_price::PathPrice;
use super::paths::band_of;
use crate::consumption::flows::{Energy, FlowDays};
use crate::consumption::past::{Carried, Past};
use crate::tariffs::EffectiveTariff;

/// Days by which it is told how a home's use is shared between the grid and its own production.
const LATELY_DAYS: i32 = 28;

/// Ends that a bill is priced on where its sum does not decide it. Ten times as many move its band by
/// about a hundredth of its width, and a dashboard waits for each.
pub(super) const ENDS: usize = 41;

/// What energy of a home costs and emits in one cycle.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    /// What flows between it and the grid, and its tariffs.
    pub past: &'a Past,
    /// The cycle, or another span that is priced as one.
    pub cycle: Cycle,
    /// What the cycle found of those before.
    pub carried: &'a Carried,
    /// The home's use of each day.
    pub days: &'a [DayUse],
    /// The last day that has passed whole.
    pub through: Date,
    /// Region of the home's factor.
    pub region: Option<&'a str>,
}

/// What a home uses and what of it flows to and from outside, in one or several days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shared {
    days: i32,
    used: Decimal,
    taken: Decimal,
    given: Decimal,
    produced: Decimal,
}

impl Prices<'_> {
    /// What the days of the cycle up to `until` cost by now, without what its end decides.
    ///
    /// # Errors
    /// Why they have no price.
    pub fn energy_cost(&self, until: Date) -> Result<(Money, Vec<Assumption>), NotPriced> {
        self.past.energy_cost(self.cycle, until, self.carried)
    }

    /// What the home will have taken and given at the end of the cycle, if it uses `used` in it. A home
    /// that only takes takes what it uses. Any other goes on as in the last four weeks, and what it
    /// uses more than then comes from the grid, or is not given to it, in the proportion of then.
    fn at_end(&self, used: Kwh) -> Result<Shared, BillError> {
        if !self.past.flows.mixed {
            let (used, taken) = (used.0, used.0);
            return Ok(Shared {
                used,
                taken,
                ..Shared::default()
            });
        }
        let so_far = self.shared(self.cycle);
        let lately = self.shared(Cycle {
            first: self.through.saturating_sub((LATELY_DAYS - 1).days()),
            last: self.through,
        });
        if lately.days == 0 {
            return Err(BillError::NoUsage);
        }
        let ahead = Decimal::from(self.cycle.days() - so_far.days);
        let usual = |sum: Decimal| sum / Decimal::from(lately.days) * ahead;
        let more = used.0 - so_far.used - usual(lately.used);
        let from_grid = lately.taken.checked_div(lately.used);
        let from_grid = from_grid.map_or(Decimal::ONE, |share| share.min(Decimal::ONE));
        let given = usual(lately.given) - more * (Decimal::ONE - from_grid);
        // Once nothing is given any more, all the rest is taken.
        let taken = usual(lately.taken) + more * from_grid + (-given).max(Decimal::ZERO);
        Ok(Shared {
            days: self.cycle.days(),
            used: used.0,
            taken: so_far.taken + taken.max(Decimal::ZERO),
            given: so_far.given + given.max(Decimal::ZERO),
            produced: so_far.produced + usual(lately.produced),
        })
    }

    /// The days of a span whose use and flows are all known.
    fn shared(&self, span: Cycle) -> Shared {
        let flows = &self.past.flows;
        let of = |days: &FlowDays, date| match days.get(&date) {
            Some(day) => day.kwh.map(|kwh| kwh.0),
            // A home without such a meter.
            None => days.is_empty().then_some(Decimal::ZERO),
        };
        let measured = self.days.iter().filter(|day| day.is_measured());
        let mut sum = Shared::default();
        for day in measured.filter(|day| span.contains(day.date)) {
            let date = day.date;
            let known = day.kwh.zip(of(&flows.import, date));
            let others = of(&flows.export, date).zip(of(&flows.production, date));
            if let Some(((used, taken), (given, produced))) = known.zip(others) {
                sum.days += 1;
                sum.used += used.0;
                sum.taken += taken;
                sum.given += given;
                sum.produced += produced;
            }
        }
        sum
    }

    /// What the home takes from the grid in a cycle in which it uses `used`.
    ///
    /// # Errors
    /// [`BillError::NoUsage`] where nothing is known of how its use was shared of late.
    pub fn taken(&self, used: Kwh) -> Result<Kwh, BillError> {
        Ok(Kwh(self.at_end(used)?.taken.round_dp(6)))
    }

    /// The energy of the whole cycle if the home uses `used` in it, laid over the hours as it usually
    /// flows where prices go by time.
    pub(super) fn expected(&self, used: Kwh, by_time: bool) -> Result<Energy, BillError> {
        let flows = &self.past.flows;
        let at_end = self.at_end(used)?;
        let of = |days: &FlowDays, kwh: Decimal| {
            (!days.is_empty()).then(|| self.laid(days, Kwh(kwh.round_dp(6)), by_time))
        };
        Ok(Energy {
            import: self.laid(&flows.import, Kwh(at_end.taken.round_dp(6)), by_time),
            export: of(&flows.export, at_end.given),
            production: of(&flows.production, at_end.produced),
        })
    }

    pub(super) fn laid(&self, days: &FlowDays, kwh: Kwh, by_time: bool) -> Usage {
        let usual = by_time.then(|| self.past.flows.as_usual(days, kwh, self.cycle));
        // Without hours the engine says what is missing.
        usual.flatten().unwrap_or(Usage::Total(kwh))
    }

    /// The whole bill of a cycle in which the home uses `used`, of which no more is known.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn bill_by(&self, own: &EffectiveTariff, used: Kwh) -> Result<Bill, BillError> {
        let energy = self.expected(used, own.tariff.goes_by_time())?;
        let (parameters, carried) = (&own.parameters, self.carried);
        self.past
            .price(&own.tariff, parameters, &energy, carried, self.cycle)
    }

    /// What one more kWh from the grid costs in a cycle in which the home uses `used`, taxes included;
    /// `None` without a tariff.
    pub fn next_kwh(&self, used: Kwh) -> Result<Option<Money>, BillError> {
        self.next_after(|by_time| self.expected(used, by_time))
    }

    /// The same where `taken` come from the grid, and nothing more is known.
    pub fn next_kwh_taken(&self, taken: Kwh) -> Result<Option<Money>, BillError> {
        self.next_after(|by_time| {
            Ok(Energy {
                import: self.laid(&self.past.flows.import, taken, by_time),
                export: None,
                production: None,
            })
        })
    }

    fn next_after(
        &self,
        energy: impl FnOnce(bool) -> Result<Energy, BillError>,
    ) -> Result<Option<Money>, BillError> {
        let Ok(own) = self.past.own(self.cycle.last) else {
            return Ok(None);
        };
        let energy = energy(own.tariff.goes_by_time())?;
        let exchange = energy.exchange(self.carried);
        let tables = &self.past.reference.tables;
        marginal_price(&own.tariff, &own.parameters, tables, exchange, self.cycle).map(Some)
    }

    /// The factor for a year, the latest earlier one where it has none.
    pub fn factor(&self, year: i16) -> Option<&EmissionFactor> {
        factor_for(&self.past.reference.factors, self.region?, year)
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
        co2e(&self.past.reference.factors, self.region, by_year).ok()
    }

    /// What a kWh costs over today and tomorrow in a cycle in which `taken` come from the grid, and why;
    /// `None` without a tariff or where one of its prices is missing, which the bill says too.
    pub fn by_time(&self, taken: Kwh, now: Timestamp) -> Option<DayPrices> {
        let own = self.past.own(self.cycle.last).ok()?;
        let tables = &self.past.reference.tables;
        let (tariff, parameters) = (&own.tariff, &own.parameters);
        DayPrices::new(tariff, parameters, tables, now, taken, self.cycle).ok()
    }
}

/// The last day of `cycle` of which anything is known, up to today.
pub fn last_known(days: &[DayUse], cycle: Cycle) -> Option<Date> {
    let known = days.iter().filter(|day| day.kwh.is_some());
    let inside = known.map(|day| day.date).filter(|day| cycle.contains(*day));
    inside.max()
}

/// Use of the days of `cycle` up to `through`, the last day that has passed whole; energy known of
/// later days, such as this morning's, is in the total but not in the coverage.
pub fn cycle_use(
    days: &[DayUse],
    cycle: Cycle,
    through: Date,
    prices: &Prices<'_>,
    cost: Option<Money>,
) -> CycleUse {
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
    CycleUse {
        cycle,
        kwh,
        cost: cost.filter(|_| kwh.is_some()),
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

/// A bill's lines, one for each charge, to the cent.
pub fn lines_of(bill: &Bill) -> Vec<ProjectedLine> {
    let mut lines = Vec::new();
    let of = bill.lines.iter().map(|line| ProjectedLine {
        code: line.code.clone(),
        amount: line.amount,
    });
    add_lines(&mut lines, of);
    for line in &mut lines {
        line.amount.0 = line.amount.0.round_dp(2);
    }
    lines
}

/// Puts more lines to others, those of one charge together.
pub fn add_lines(lines: &mut Vec<ProjectedLine>, more: impl IntoIterator<Item = ProjectedLine>) {
    for line in more {
        match lines.iter_mut().find(|known| known.code == line.code) {
            Some(known) => known.amount = known.amount + line.amount,
            None => lines.push(line),
        }
    }
}

/// The bill at the end of the cycle with its bands, the price of the next kWh and what was assumed;
/// `None` without a tariff.
///
/// Where the sum of the kWh decides a bill and more of them are never cheaper, the bill at a share of
/// the ends is the bill of the energy at that share. Else each of the equally likely ends is priced.
pub fn project(
    ending: &Ending,
    today: Date,
    prices: &Prices<'_>,
) -> Result<Option<(Projection, Vec<Assumption>)>, BillError> {
    let Ok(own) = prices.past.own(prices.cycle.last) else {
        return Ok(None);
    };
    let (bill, total) = match prices.by_path(ending, own, ENDS)? {
        Some(by_path) => by_path,
        None => prices.by_sum(ending, own)?,
    };
    let kwh = ending.kwh;
    let lines = lines_of(&bill);
    let flag = bill
        .lines
        .iter()
        .find(|line| line.note.is_some() && line.first <= today && today <= line.last)
        .or_else(|| bill.lines.iter().rev().find(|line| line.note.is_some()))
        .and_then(|line| line.note.clone());
    let projection = Projection {
        kwh,
        total,
        co2e: prices.co2e_at_end(ending),
        next_kwh: prices
            .next_kwh(kwh.likely)?
            .map(|price| Money(price.0.round_dp(6))),
        flag,
        lines,
    };
    Ok(Some((projection, bill.assumptions)))
}

impl Prices<'_> {
    /// The likely bill and its band by `count` paths through the days ahead; `None` where paths say no more than
    /// their sums: the tariff asks for no more, how the home shares its production is known of sums
    /// only, or no meter tells hours.
    pub(super) fn by_path(
        &self,
        ending: &Ending,
        own: &EffectiveTariff,
        count: usize,
    ) -> Result<Option<(Bill, Band<Money>)>, BillError> {
        let Some(price) = PathPrice::new(*self, ending, own) else {
            return Ok(None);
        };
        let bill = |ahead: &[f64]| price.bill(ahead);
        let likely = bill(&ending.likely())?;
        let ends = ending.paths(count);
        let totals = ends.iter().map(|path| Ok(bill(path)?.total));
        let band = around(likely.total, totals.collect::<Result<_, _>>()?);
        Ok(Some((likely, band)))
    }

    /// The same by the sums of the ends.
    fn by_sum(
        &self,
        ending: &Ending,
        own: &EffectiveTariff,
    ) -> Result<(Bill, Band<Money>), BillError> {
        let likely = self.bill_by(own, ending.kwh.likely)?;
        let total = |kwh| Ok(self.bill_by(own, kwh)?.total);
        if own.tariff.can_fall_with_use() {
            let totals = ending.sums(ENDS).into_iter().map(total);
            let band = around(likely.total, totals.collect::<Result<_, _>>()?);
            return Ok((likely, band));
        }
        let kwh = ending.kwh;
        let total = Band {
            likely: likely.total,
            lo80: total(kwh.lo80)?,
            hi80: total(kwh.hi80)?,
            lo95: total(kwh.lo95)?,
            hi95: total(kwh.hi95)?,
        };
        Ok((likely, total))
    }

    /// What the home will have emitted at the end: each year's energy by its factor.
    pub fn co2e_at_end(&self, ending: &Ending) -> Option<Band<KgCo2e>> {
        let (known, known_kwh, factor) = self.emission(ending)?;
        let of = |kwh: Kwh| known + (kwh.0 - known_kwh) * factor;
        Some(ending.kwh.map(|kwh| KgCo2e(of(kwh).round_dp(3))))
    }

    /// The energy of the span with which it emits `kg`.
    pub fn energy_of_co2e(&self, ending: &Ending, kg: Decimal) -> Option<Kwh> {
        let (known, known_kwh, factor) = self.emission(ending)?;
        let ahead = (kg - known).checked_div(factor)?;
        Some(Kwh((known_kwh + ahead).round_dp(6)))
    }

    /// What the known days emitted, their energy, and what a kWh of those ahead emits.
    fn emission(&self, ending: &Ending) -> Option<(Decimal, Decimal, Decimal)> {
        let known = self.emitted(&ending.known_by_year())?;
        let ahead = self.emitted(&ending.ahead_by_year())?;
        let known_kwh: Decimal = ending.known_by_year().values().map(|kwh| kwh.0).sum();
        let ahead_kwh: Decimal = ending.ahead_by_year().values().map(|kwh| kwh.0).sum();
        let factor = match ahead.checked_div(ahead_kwh) {
            Some(mean) => mean,
            None => self.factor(self.cycle.last.year())?.kg_co2e_per_kwh,
        };
        Some((known, known_kwh, factor))
    }

    fn emitted(&self, by_year: &BTreeMap<i16, Kwh>) -> Option<Decimal> {
        let kg = by_year
            .iter()
            .map(|(year, kwh)| Some(kwh.0 * self.factor(*year)?.kg_co2e_per_kwh));
        kg.sum()
    }
}

/// The band of equally likely bills around the likely one.
fn around(likely: Money, totals: Vec<Money>) -> Band<Money> {
    let totals = totals.into_iter().map(|total| total.0).collect();
    let band = band_of(totals).map(|band| band.map(|total| Money(total.round_dp(2))));
    // That there are such ends at all follows from how many are drawn.
    let band = band.unwrap_or(Band {
        likely,
        lo80: likely,
        hi80: likely,
        lo95: likely,
        hi95: likely,
    });
    // The likely bill is that of the likely days; their middle may be a cent beside it.
    Band {
        likely,
        lo80: band.lo80.min(likely),
        hi80: band.hi80.max(likely),
        lo95: band.lo95.min(likely),
        hi95: band.hi95.max(likely),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ecotrack_common::profile::Connection;
    use jiff::civil::date;

    use super::*;
    use crate::catalog::Reference;
    use crate::consumption::flows::{FlowDay, Flows};

    /// A home that used 10 kWh on each day from May to 10 June: 4 from the grid and 6 of the 8 that it
    /// produced, giving the other 2; or one that took all 10.
    fn home(mixed: bool) -> (Past, Vec<DayUse>) {
        let all = Cycle {
            first: date(2026, 5, 1),
            last: date(2026, 6, 10),
        };
        let of = |kwh: i64| -> FlowDays {
            let kwh = Some(Kwh(kwh.into()));
            let day = |date| (date, FlowDay { kwh, steps: None });
            all.iter().map(day).collect()
        };
        let flows = if mixed {
            Flows {
                mixed,
                import: of(4),
                export: of(2),
                production: of(8),
                ..Flows::default()
            }
        } else {
            Flows {
                import: of(10),
                ..Flows::default()
            }
        };
        let used = |date| DayUse {
            date,
            kwh: Some(Kwh(10.into())),
            covered_percent: 100,
            estimated: false,
        };
        let past = Past {
            currency: "BRL".to_owned(),
            connection: Connection::Single,
            cycle_day: 1,
            tariffs: Vec::new(),
            flows,
            reference: Arc::new(Reference::default()),
        };
        (past, all.iter().map(used).collect())
    }

    fn at_end(home: &(Past, Vec<DayUse>), used: i64) -> Result<[i64; 3], BillError> {
        use rust_decimal::prelude::ToPrimitive;
        let prices = Prices {
            past: &home.0,
            cycle: Cycle {
                first: date(2026, 6, 1),
                last: date(2026, 6, 30),
            },
            carried: &Carried::default(),
            days: &home.1,
            through: date(2026, 6, 10),
            region: None,
        };
        let end = prices.at_end(Kwh(used.into()))?;
        let whole = |kwh: Decimal| kwh.round_dp(6).to_i64().unwrap();
        Ok([end.taken, end.given, end.produced].map(whole))
    }

    #[test]
    fn a_home_that_only_takes_takes_what_it_uses() {
        assert_eq!(at_end(&home(false), 321), Ok([321, 0, 0]));
    }

    #[test]
    fn what_a_sunny_home_uses_more_comes_from_the_grid_or_is_not_given_to_it() {
        let sunny = home(true);
        // As of late: 40, 20 and 80 so far, and twice as much in twenty days.
        assert_eq!(at_end(&sunny, 300), Ok([120, 60, 240]));
        // Of 50 more two fifths are taken, and 30 not given.
        assert_eq!(at_end(&sunny, 350), Ok([140, 30, 240]));
        assert_eq!(at_end(&sunny, 250), Ok([100, 90, 240]));
        // No more is kept than would have been given, and nothing is taken back.
        assert_eq!(at_end(&sunny, 600), Ok([380, 20, 240]));
        assert_eq!(at_end(&sunny, 0), Ok([40, 240, 240]));
    }

    #[test]
    fn a_home_whose_sharing_of_late_is_not_known_is_not_projected() {
        let mut sunny = home(true);
        sunny
            .0
            .flows
            .export
            .values_mut()
            .for_each(|day| day.kwh = None);
        assert_eq!(at_end(&sunny, 300), Err(BillError::NoUsage));
    }
}
