//! The dashboard: everything of the first screen in one answer.
//!
//! Its ETag is made of the home's revision, the reference data's revision and the local day, so a
//! dashboard that did not change is a 304 after two small reads; one that is asked for without a tag comes
//! from memory after the same two.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ecotrack_common::dashboard::{CycleUse, Dashboard, DashboardHome, MeterNow, NextKwh};
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::forecast::ForecastState;
use ecotrack_common::goal::GoalPeriod;
use ecotrack_common::profile::Role;
use ecotrack_common::{EnergyProfileId, KgCo2e, path};
use jiff::Timestamp;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::forecasts::outlook::{self, Outlook};
use crate::forecasts::projection::{compare, cycle_use};
use crate::goals::progress::progress;
use crate::kept::HomeState;
use crate::{
    alerts, consumption, devices, forecasts, goals, meters, profiles, readings, suggestions,
};

/// Whole cycles shown before this one.
const RECENT_CYCLES: usize = 8;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// What this cycle used, cost and emitted, what it is going to, why, and what to do about it.
#[utoipa::path(get, path = path::DASHBOARD, tag = "dashboard", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Dashboard), (status = 304)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(profile): Path<EnergyProfileId>,
) -> Result<Response> {
    let now = app.clock.now();
    let role = caller.role.ok_or(Error::NotFound)?;
    let mut conn = app.db.acquire().await?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut conn).await?;
    let today = now.to_zoned(home.zone()).date();
    let state = HomeState::new(&home, &reference, today);
    let tag = format!("\"{state}-{role}\"");
    let tag = HeaderValue::from_str(&tag).map_err(anyhow::Error::from)?;
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| *sent == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kept = if let Some(kept) = app.dashboards.get(profile, state) {
            kept
        } else {
            let outlook = outlook::load(&mut conn, &app.reference, profile, now)
                .await?
                .ok_or(Error::NotFound)?;
            let state = HomeState::new(&outlook.home, &outlook.past.reference, outlook.today);
            let fresh = Arc::new(compose(&mut conn, &app, outlook, role, now).await?);
            app.dashboards.put(profile, state, Arc::clone(&fresh));
            fresh
        };
        let mut dashboard = Arc::unwrap_or_clone(kept);
        // Who asks, and when, is all that is not of the home: prices are those of the whole day.
        (dashboard.home.role, dashboard.as_of) = (role, now);
        axum::Json(dashboard).into_response()
    };
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    Ok(response)
}

/// Puts the dashboard together.
async fn compose(
    conn: &mut PgConnection,
    app: &App,
    outlook: Outlook,
    role: Role,
    now: Timestamp,
) -> anyhow::Result<Dashboard> {
    let profile = outlook.home.id;
    let prices = outlook.prices();
    let (cycle, through) = (outlook.cycle, outlook.through);
    let previous = cycle.previous(outlook.home.cycle_day);
    let year_before = cycle.year_before(outlook.home.cycle_day);

    let recent_cycles = recent_cycles(&outlook);

    let standing = outlook.standing(GoalPeriod::Cycle)?;
    let goal = goals::store::list_in_force(&mut *conn, profile, outlook.today)
        .await?
        .iter()
        .filter(|goal| goal.goal.profile_device_id.is_none())
        .filter(|goal| goal.goal.period == GoalPeriod::Cycle)
        .find_map(|goal| progress(goal, &outlook, &standing));
    let home_devices = devices::store::list(&mut *conn, profile).await?;
    let shares = devices::shares(
        &home_devices,
        outlook.so_far.measured_days,
        outlook.so_far.kwh,
    );
    // How much the cycle will take decides on tiers, bands and the minimum.
    let basis = suggestions::basis(&mut *conn, &outlook, &home_devices).await?;
    let taken = basis.and_then(|basis| prices.taken_of(basis).ok());
    let price = suggestions::price(&outlook, basis);
    let factor = prices.factor(outlook.today.year());
    let next_kwh = NextKwh {
        price,
        co2e: factor.map(|factor| KgCo2e(factor.kg_co2e_per_kwh)),
        by_time: taken.and_then(|taken| prices.by_time(taken, now)),
    };
    let all =
        suggestions::load_kept(&mut *conn, app, &outlook, &home_devices, basis, price).await?;
    let suggestions = suggestions::on_offer(&all);

    let forecast = match &outlook.forecast {
        Some(stored) => {
            let accuracy = forecasts::store::list_scores(&mut *conn, profile).await?;
            ForecastState::Ready {
                forecast: stored.clone().into_forecast(accuracy),
            }
        }
        None => outlook.without_forecast(),
    };
    let alerts = alerts::store::list_open(&mut *conn, profile, outlook.today).await?;
    let meters = meters_now(&mut *conn, profile).await?;

    Ok(Dashboard {
        home: DashboardHome {
            energy_profile_id: profile,
            name: outlook.home.name.clone(),
            currency: outlook.home.currency.clone(),
            time_zone: outlook.home.time_zone.clone(),
            role,
            tariff_name: outlook
                .past
                .own(outlook.today)
                .ok()
                .map(|tariff| tariff.name.clone()),
            demo_moved_weeks: outlook.home.demo_moved_weeks,
        },
        as_of: now,
        today: outlook.today,
        cycle,
        against_previous: compare(&outlook.days, cycle, previous, through),
        against_year_before: compare(&outlook.days, cycle, year_before, through),
        recent_cycles,
        days: outlook
            .days
            .iter()
            .filter(|day| day.date >= previous.first)
            .copied()
            .collect(),
        forecast,
        goal,
        devices: shares.devices,
        untracked_kwh: shares.untracked_kwh,
        alerts,
        suggestions,
        meters,
        next_kwh,
        assumptions: assumptions(&outlook),
        unpriced: outlook.unpriced,
        factors: HomeFactors::of_region(
            &outlook.past.reference.factors,
            outlook.home.grid_region.as_deref(),
        ),
        so_far: outlook.so_far,
        projection: outlook.projection,
    })
}

/// The whole cycles before this one, each with its bill.
fn recent_cycles(outlook: &Outlook) -> Vec<CycleUse> {
    let mut cycles = Vec::new();
    let mut cycle = outlook.cycle;
    for _ in 0..RECENT_CYCLES {
        cycle = cycle.previous(outlook.home.cycle_day);
        cycles.push(cycle);
    }
    cycles.reverse();
    let mut account = outlook.past.account(None, cycle);
    let prices = outlook.prices();
    let used = cycles.into_iter().map(|cycle| {
        let total = account.own_bill(cycle).ok().map(|bill| bill.total);
        cycle_use(&outlook.days, cycle, cycle.last, &prices, total)
    });
    used.collect()
}

async fn meters_now(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<MeterNow>> {
    let last_days = consumption::store::list_last_days(&mut *conn, profile).await?;
    let mut now = Vec::new();
    for meter in meters::store::list(&mut *conn, profile).await? {
        let last_reading = readings::store::list(&mut *conn, profile, meter.meter_id, None, 1)
            .await?
            .pop();
        let last_day = last_days
            .iter()
            .find(|(id, _)| *id == meter.meter_id)
            .map(|(_, day)| *day);
        now.push(MeterNow {
            meter,
            last_reading,
            last_day,
        });
    }
    Ok(now)
}

/// What was taken for granted, each once.
fn assumptions(outlook: &Outlook) -> Vec<String> {
    let mut codes: Vec<String> = outlook
        .assumptions
        .iter()
        .filter_map(|assumption| assumption.kind.code())
        .map(str::to_owned)
        .collect();
    if outlook.rate.is_some() && outlook.projection.is_some() {
        codes.push("effective_rate".to_owned());
    }
    if outlook.past.flows.mixed && outlook.projection.is_some() {
        codes.push("exchange_as_lately".to_owned());
    }
    if let Some(co2e) = &outlook.so_far.co2e
        && co2e.year < outlook.today.year()
    {
        codes.push(format!("factor_of_{}", co2e.year));
    }
    codes.sort();
    codes.dedup();
    codes
}
