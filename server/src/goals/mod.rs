//! Limits for a period, and how a home stands towards them.

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::device_forecast::is_southern;
use ecotrack_common::goal::{Goal, GoalPeriod, GoalStanding, NewGoal};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{ConsumptionGoalId, EnergyProfileId, path};
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod command;
pub mod device;
pub mod judge;
pub mod pace;
pub mod progress;
mod row;
pub mod standing;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::forecasts::outlook::{self, Outlook};
use crate::write::{Begun, Write, WriteKey};
use crate::{consumption, devices, profiles};
use standing::{OfDevice, Spans};
use store::Image;

/// Goals in one answer.
const SHOWN: i64 = 600;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
        .routes(routes!(list_progress))
}

/// The goals of a home, the newest first.
#[utoipa::path(get, path = path::GOALS, tag = "goals", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Goal>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Goal>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, SHOWN).await?))
}

/// A new goal.
#[utoipa::path(post, path = path::GOALS, tag = "goals", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewGoal, responses((status = 201, body = Written<Goal>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewGoal>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let row = Image {
        consumption_goal_id: ConsumptionGoalId(Uuid::now_v7()),
        goal: input,
        example: false,
    };
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a goal.
#[utoipa::path(put, path = path::GOAL, tag = "goals",
    params(("energy_profile_id" = Uuid, Path), ("consumption_goal_id" = Uuid, Path)),
    request_body = Changed<NewGoal>,
    responses((status = 200, body = Written<Goal>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, goal)): Path<(EnergyProfileId, ConsumptionGoalId)>,
    Json(input): Json<Changed<NewGoal>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let to = |before: &Image| Image {
        goal: row,
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, goal, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a goal.
#[utoipa::path(delete, path = path::GOAL, tag = "goals",
    params(("energy_profile_id" = Uuid, Path), ("consumption_goal_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<Goal>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, goal)): Path<(EnergyProfileId, ConsumptionGoalId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, goal, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// How each goal stands, and what became of it before; the newest goal first.
#[utoipa::path(get, path = path::GOALS_PROGRESS, tag = "goals", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<GoalStanding>)))]
async fn list_progress(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<GoalStanding>>> {
    let mut conn = app.db.acquire().await?;
    let outlook = outlook::load(&mut conn, &app.reference, profile, app.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    let goals = store::list(&mut conn, profile, SHOWN).await?;
    let devices = devices::store::list(&mut conn, profile).await?;
    let mut of_devices = Vec::with_capacity(goals.len());
    for goal in &goals {
        of_devices.push(of_device(&mut conn, goal, &devices, &outlook).await?);
    }
    drop(conn);
    let mut spans: Vec<Spans> = Vec::new();
    for period in GoalPeriod::ALL {
        if goals.iter().any(|goal| goal.goal.period == *period) {
            spans.push(Spans::new(&outlook, *period)?);
        }
    }
    let all = goals.iter().zip(&of_devices).filter_map(|(goal, device)| {
        let spans = spans.iter().find(|spans| spans.are_of(goal))?;
        Some(spans.standing(goal, &outlook, device.as_ref()))
    });
    Ok(axum::Json(all.collect()))
}

/// The device of a goal, one of `devices`, with the days of its own meter; `None` of a goal for the whole home.
pub async fn of_device(
    conn: &mut PgConnection,
    goal: &Goal,
    devices: &[ProfileDevice],
    outlook: &Outlook,
) -> anyhow::Result<Option<OfDevice>> {
    let Some(id) = goal.goal.profile_device_id else {
        return Ok(None);
    };
    let profile = outlook.home.id;
    let device = devices.iter().find(|row| row.profile_device_id == id);
    // A device stays while a goal is for it.
    let device = device.context("a goal is for a device that the home has not")?;
    let device = device.device.clone();
    let first = outlook.days.first().map_or(outlook.today, |day| day.date);
    let metered =
        consumption::store::list_device_days(&mut *conn, profile, id, first, outlook.today).await?;
    let (country, latitude) = profiles::store::find_place(&mut *conn, profile).await?;
    Ok(Some(OfDevice {
        device,
        metered,
        southern: is_southern(&country, latitude),
    }))
}
