//! What the dashboard and the alert rules both stand on: the home's days, its prices, its forecast,
//! and this cycle's end. Read once, computed once; no SQL of its own.

use std::sync::Arc;

use ecotrack_common::bill::{Assumption, BillError};
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{CycleUse, DayUse, Projection};
use ecotrack_common::explain::{EffectiveRate, RatedBill, effective_rate};
use ecotrack_common::forecast::{Band, ForecastState};
use ecotrack_common::goal::GoalPeriod;
use ecotrack_common::{EnergyProfileId, Kwh};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use sqlx::PgConnection;

use super::learn::NEEDED_DAYS;
use super::projection::{Prices, cycle_use, kwh_at_end, project};
use super::rated::project_by_rate;
use super::store::{self, Stored};
use crate::catalog::{Reference, ReferenceCache};
use crate::consumption::flows::Flows;
use crate::profiles::store::Home;
use crate::tariffs::store::Image;
use crate::tariffs::{EffectiveTariff, effective, in_money};
use crate::{bills, consumption, profiles, tariffs};

/// Where a home stands in its billing cycle.
pub struct Outlook {
    /// The home.
    pub home: Home,
    /// The reference data that it was computed with.
    pub reference: Arc<Reference>,
    /// The tariff in force today.
    pub tariff: Option<EffectiveTariff>,
    /// What the home's bills fit, where no tariff is set and they fit anything.
    pub rate: Option<EffectiveRate>,
    /// The home's local day.
    pub today: Date,
    /// The last day that has passed whole.
    pub through: Date,
    /// The cycle that holds today.
    pub cycle: Cycle,
    /// Every day from a year before the cycle to today.
    pub days: Vec<DayUse>,
    /// The newest forecast.
    pub forecast: Option<Stored>,
    /// Use of this cycle so far.
    pub so_far: CycleUse,
    /// Energy at the end of the cycle.
    pub kwh_at_end: Option<Band<Kwh>>,
    /// The bill at the end of the cycle.
    pub projection: Option<Projection>,
    /// What the bill took for granted.
    pub assumptions: Vec<Assumption>,
    /// Why there is a tariff and no cost.
    pub unpriced: Option<NotPriced>,
    dated: Vec<Image>,
    flows: Flows,
}

/// Where a home stands in the span that a goal runs over.
pub struct Standing {
    /// The span that holds today.
    pub span: Cycle,
    /// Its use so far.
    pub so_far: CycleUse,
    /// Energy at its end.
    pub kwh_at_end: Option<Band<Kwh>>,
    /// What it costs and emits at its end, priced as if it were a billing cycle.
    pub projection: Option<Projection>,
}

impl Outlook {
    /// Where the home stands in this billing cycle, or in this calendar month.
    pub fn standing(&self, period: GoalPeriod) -> anyhow::Result<Standing> {
        let month = Cycle::containing(self.today, 1);
        if period == GoalPeriod::Cycle || month == self.cycle {
            return Ok(Standing {
                span: self.cycle,
                so_far: self.so_far.clone(),
                kwh_at_end: self.kwh_at_end,
                projection: self.projection.clone(),
            });
        }
        let prices = self.prices();
        let forecast = self.forecast.as_ref();
        let kwh_at_end = forecast.and_then(|forecast| kwh_at_end(&self.days, month, forecast));
        // Why there is no price the outlook itself says.
        let projected =
            kwh_at_end.and_then(|kwh| project(kwh, month, self.today, &prices).ok().flatten());
        Ok(Standing {
            span: month,
            so_far: cycle_use(&self.days, month, self.through, &prices),
            kwh_at_end,
            projection: projected
                .map(|(projection, _)| projection)
                .or_else(|| by_rate(kwh_at_end, month, self.today, self.rate.as_ref(), &prices)),
        })
    }

    /// Why a home without a forecast has none: too few days are known, or a job is about to train.
    pub fn without_forecast(&self) -> ForecastState {
        let measured = self.days.iter().filter(|day| day.is_measured()).count();
        if measured >= NEEDED_DAYS {
            return ForecastState::NotTrained;
        }
        let count = |days: usize| i32::try_from(days).unwrap_or(i32::MAX);
        ForecastState::TooLittle {
            have_days: count(measured),
            need_days: count(NEEDED_DAYS),
        }
    }

    /// What a cycle that is over used, at the tariff that it was billed by: that of its last day.
    pub fn past_use(&self, cycle: Cycle) -> CycleUse {
        let (home, reference) = (&self.home, &self.reference);
        let found = effective(&self.dated, reference, home.connection, cycle.last);
        let tariff = in_money(&found, &home.currency).ok();
        let prices = prices(home, reference, tariff, &self.flows);
        cycle_use(&self.days, cycle, cycle.last, &prices)
    }

    /// What energy of this home costs and emits now.
    pub fn prices(&self) -> Prices<'_> {
        prices(
            &self.home,
            &self.reference,
            self.tariff.as_ref(),
            &self.flows,
        )
    }
}

fn prices<'a>(
    home: &'a Home,
    reference: &'a Reference,
    tariff: Option<&'a EffectiveTariff>,
    flows: &'a Flows,
) -> Prices<'a> {
    Prices {
        tariff: tariff.map(|tariff| (tariff.tariff.as_ref(), &tariff.parameters)),
        tables: &reference.tables,
        factors: &reference.factors,
        region: home.grid_region.as_deref(),
        flows,
    }
}

/// Reads and computes it; `None` when there is no such home.
pub async fn load(
    conn: &mut PgConnection,
    cache: &ReferenceCache,
    profile: EnergyProfileId,
    now: Timestamp,
) -> anyhow::Result<Option<Outlook>> {
    let Some(home) = profiles::store::find_home(&mut *conn, profile).await? else {
        return Ok(None);
    };
    let reference = cache.get(&mut *conn).await?;
    let today = now.to_zoned(home.zone()).date();
    let through = today.saturating_sub(1.day());
    let cycle = Cycle::containing(today, home.cycle_day);
    let dated = tariffs::store::find_for(&mut *conn, profile).await?;
    let on = |day| effective(&dated, &reference, home.connection, day);
    let found = on(today);
    let mut unpriced = match in_money(&found, &home.currency) {
        Ok(_) | Err(NotPriced::NoTariff) => None,
        Err(why) => Some(why),
    };
    let is_unset = matches!(found, Ok(None));
    let tariff = found.ok().flatten().filter(|_| unpriced.is_none());
    let first = cycle.year_before(home.cycle_day).first;
    let days = consumption::store::list_home_days(&mut *conn, profile, first, today).await?;
    let forecast = store::find_latest(&mut *conn, profile).await?;
    // Steps are read only for prices that go by them.
    let begin = dated.iter().map(|row| row.valid_from.clamp(first, today));
    let by_time = begin
        .chain([first])
        .filter_map(|day| on(day).ok().flatten())
        .any(|tariff| tariff.tariff.goes_by_time());
    let flows = if by_time {
        consumption::store::find_flows(&mut *conn, profile, &home.time_zone, first, today).await?
    } else {
        Flows::default()
    };
    let prices = prices(&home, &reference, tariff.as_ref(), &flows);
    let so_far = cycle_use(&days, cycle, through, &prices);
    let because = |error: BillError| NotPriced::Bill { error };
    if let Err(error) = prices.energy_cost(&days, cycle) {
        unpriced.get_or_insert(because(error));
    }
    let kwh_at_end = forecast
        .as_ref()
        .and_then(|forecast| kwh_at_end(&days, cycle, forecast));
    let projected = kwh_at_end.map(|kwh| project(kwh, cycle, today, &prices));
    let projected = projected.transpose().unwrap_or_else(|error| {
        unpriced.get_or_insert(because(error));
        None
    });
    let (projection, assumptions) = projected.flatten().unzip();
    let assumptions = assumptions.unwrap_or_default();
    let rate = if is_unset {
        find_rate(&mut *conn, profile).await?
    } else {
        None
    };
    let projection =
        projection.or_else(|| by_rate(kwh_at_end, cycle, today, rate.as_ref(), &prices));
    Ok(Some(Outlook {
        home,
        reference,
        tariff,
        rate,
        today,
        through,
        cycle,
        days,
        forecast,
        so_far,
        kwh_at_end,
        projection,
        assumptions,
        unpriced,
        dated,
        flows,
    }))
}

/// Bills that a rate is fitted to; older ones were made at other prices.
const RATED_BILLS: i64 = 24;

async fn find_rate(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<EffectiveRate>> {
    let bills = bills::store::list(conn, profile, RATED_BILLS).await?;
    let bills: Vec<RatedBill> = bills
        .iter()
        .map(|bill| RatedBill::from(&bill.bill))
        .collect();
    Ok(effective_rate(&bills).ok())
}

/// The end of a span by the rate that the bills fit.
fn by_rate(
    kwh_at_end: Option<Band<Kwh>>,
    span: Cycle,
    today: Date,
    rate: Option<&EffectiveRate>,
    prices: &Prices<'_>,
) -> Option<Projection> {
    let factor = prices.factor(today.year());
    let factor = factor.map(|factor| factor.kg_co2e_per_kwh);
    kwh_at_end
        .zip(rate)
        .map(|(kwh, rate)| project_by_rate(kwh, span, rate, factor))
}
