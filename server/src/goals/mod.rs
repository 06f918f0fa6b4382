//! Limits for a period, and how a home stands towards them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::goal::{Goal, NewGoal};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{ConsumptionGoalId, EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod progress;
mod row;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::Result;
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use store::Image;

/// Goals in one answer.
const SHOWN: i64 = 600;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
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
