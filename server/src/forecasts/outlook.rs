//! What the dashboard and the alert rules both stand on: the home's days, its prices, its forecast,
//! and this cycle's end. Read once, computed once; no SQL of its own.

use ecotrack_common::bill::Assumption;
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

use super::ending::Ending;
use super::learn::NEEDED_DAYS;
use super::projection::{Prices, cycle_use, last_known, project};
use super::rated::project_by_rate;
use super::store::{self, Stored};
use crate::catalog::ReferenceCache;
use crate::consumption::past::{Carried, Past};
use crate::profiles::store::Home;
use crate::{bills, consumption, profiles};

/// Where a home stands in its billing cycle.
pub struct Outlook {
    /// The home.
    pub home: Home,
    /// What its meters say of the cycles since a year before, and its tariffs.
    pub past: Past,
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
    /// How the cycle is going to end.
    pub ending: Option<Ending>,
    /// Energy at the end of the cycle.
    pub kwh_at_end: Option<Band<Kwh>>,
    /// The bill at the end of the cycle.
    pub projection: Option<Projection>,
    /// What the cost so far and the bill at the end took for granted.
    pub assumptions: Vec<Assumption>,
    /// Why there is a tariff and no cost.
    pub unpriced: Option<NotPriced>,
    carried: Carried,
}

/// Where a home stands in the span that a goal runs over.
pub struct Standing {
    /// The span that holds today.
    pub span: Cycle,
    /// Its use so far.
    pub so_far: CycleUse,
    /// How it is going to end.
    pub ending: Option<Ending>,
    /// What it costs and emits at its end, priced as if it were a billing cycle.
    pub projection: Option<Projection>,
    carried: Carried,
}

impl Standing {
    /// What energy of this home costs and emits in the span.
    pub fn prices<'a>(&'a self, outlook: &'a Outlook) -> Prices<'a> {
        Prices {
            cycle: self.span,
            carried: &self.carried,
            ..outlook.prices()
        }
    }
}

impl Outlook {
    /// Where the home stands in this billing cycle, or in this calendar month.
    pub fn standing(&self, period: GoalPeriod) -> anyhow::Result<Standing> {
        let month = Cycle::containing(self.today, 1);
        if period == GoalPeriod::Cycle || month == self.cycle {
            return Ok(Standing {
                span: self.cycle,
                so_far: self.so_far.clone(),
                ending: self.ending.clone(),
                projection: self.projection.clone(),
                carried: self.carried.clone(),
            });
        }
        let carried = self.past.account(None, month).into_carried();
        let prices = Prices {
            cycle: month,
            carried: &carried,
            ..self.prices()
        };
        let forecast = self.forecast.as_ref();
        let ending = forecast.and_then(|forecast| Ending::new(&self.days, month, forecast.into()));
        // Why there is no price the outlook itself says.
        let projected = ending.as_ref();
        let projected = projected.and_then(|it| project(it, self.today, &prices).ok().flatten());
        let so_far = so_far(&prices, self.through).0;
        let projection = projected
            .map(|(projection, _)| projection)
            .or_else(|| by_rate(ending.as_ref(), self.rate.as_ref(), &prices));
        Ok(Standing {
            span: month,
            so_far,
            ending,
            projection,
            carried,
        })
    }

    /// Why a home without a forecast has none: no day is known, or a job is about to train.
    pub fn without_forecast(&self) -> ForecastState {
        let measured = self.days.iter().filter(|day| day.is_measured()).count();
        if measured > 0 {
            return ForecastState::NotTrained;
        }
        let count = |days: usize| i32::try_from(days).unwrap_or(i32::MAX);
        ForecastState::TooLittle {
            have_days: count(measured),
            need_days: count(NEEDED_DAYS),
        }
    }

    /// What energy of this home costs and emits in this cycle.
    pub fn prices(&self) -> Prices<'_> {
        Prices {
            past: &self.past,
            cycle: self.cycle,
            carried: &self.carried,
            days: &self.days,
            through: self.through,
            region: self.home.grid_region.as_deref(),
        }
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
    let first = cycle.year_before(home.cycle_day).first;
    let known = consumption::load(&mut *conn, &home, reference, &[], first, today).await?;
    let (past, days) = (known.past, known.used);
    let forecast = store::find_latest(&mut *conn, profile).await?;
    let carried = past.account(None, cycle).into_carried();
    let prices = Prices {
        past: &past,
        cycle,
        carried: &carried,
        days: &days,
        through,
        region: home.grid_region.as_deref(),
    };
    let (so_far, cost) = so_far(&prices, through);
    let (mut assumptions, not_priced) = match cost {
        Ok(assumptions) => (assumptions, past.own(cycle.last).err()),
        Err(why) => (Vec::new(), Some(why)),
    };
    let mut unpriced = not_priced.filter(|why| *why != NotPriced::NoTariff);
    let ending = forecast
        .as_ref()
        .and_then(|forecast| Ending::new(&days, cycle, forecast.into()));
    let projected = ending.as_ref().map(|it| project(it, today, &prices));
    let projected = projected.transpose().unwrap_or_else(|error| {
        unpriced.get_or_insert(NotPriced::Bill { error });
        None
    });
    let (projection, of_projection) = projected.flatten().unzip();
    assumptions.extend(of_projection.unwrap_or_default());
    let rate = match past.own(today) {
        Err(NotPriced::NoTariff) => find_rate(&mut *conn, profile).await?,
        _ => None,
    };
    let projection = projection.or_else(|| by_rate(ending.as_ref(), rate.as_ref(), &prices));
    let kwh_at_end = ending.as_ref().map(|ending| ending.kwh);
    Ok(Some(Outlook {
        home,
        past,
        rate,
        today,
        through,
        cycle,
        days,
        forecast,
        so_far,
        ending,
        kwh_at_end,
        projection,
        assumptions,
        unpriced,
        carried,
    }))
}

/// Use of the span up to today, with what its cost took for granted, or why what is known of it has
/// none.
fn so_far(prices: &Prices<'_>, through: Date) -> (CycleUse, Result<Vec<Assumption>, NotPriced>) {
    let known = last_known(prices.days, prices.cycle);
    let cost = known.map(|until| prices.energy_cost(until)).transpose();
    let (cost, assumptions) = match cost {
        Ok(cost) => {
            let (cost, assumptions) = cost.unzip();
            (cost, Ok(assumptions.unwrap_or_default()))
        }
        Err(why) => (None, Err(why)),
    };
    let used = cycle_use(prices.days, prices.cycle, through, prices, cost);
    (used, assumptions)
}

/// Bills that a rate is fitted to; older ones were made at other prices.
const RATED_BILLS: i64 = 24;

/// The rate that the home's newest bills fit.
pub async fn find_rate(
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
    ending: Option<&Ending>,
    rate: Option<&EffectiveRate>,
    prices: &Prices<'_>,
) -> Option<Projection> {
    let (ending, rate) = ending.zip(rate)?;
    let kwh = ending.kwh;
    let taken = Band {
        likely: prices.taken(kwh.likely).ok()?,
        lo80: prices.taken(kwh.lo80).ok()?,
        hi80: prices.taken(kwh.hi80).ok()?,
        lo95: prices.taken(kwh.lo95).ok()?,
        hi95: prices.taken(kwh.hi95).ok()?,
    };
    let co2e = prices.co2e_at_end(ending);
    Some(project_by_rate(kwh, taken, prices.cycle, rate, co2e))
}
