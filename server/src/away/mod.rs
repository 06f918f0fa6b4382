//! Days on which nobody is at home.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{AwayPeriodId, EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

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

/// Times away in one answer.
const SHOWN: i64 = 600;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// The home's times away, newest first.
#[utoipa::path(get, path = path::AWAY_PERIODS, tag = "away", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<AwayPeriod>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<AwayPeriod>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, SHOWN).await?))
}

/// A new time away.
#[utoipa::path(post, path = path::AWAY_PERIODS, tag = "away", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewAwayPeriod, responses((status = 201, body = Written<AwayPeriod>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewAwayPeriod>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let row = Image {
        away_period_id: AwayPeriodId(Uuid::now_v7()),
        period: noted(input),
    };
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a time away.
#[utoipa::path(put, path = path::AWAY_PERIOD, tag = "away",
    params(("energy_profile_id" = Uuid, Path), ("away_period_id" = Uuid, Path)),
    request_body = Changed<NewAwayPeriod>,
    responses((status = 200, body = Written<AwayPeriod>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, period)): Path<(EnergyProfileId, AwayPeriodId)>,
    Json(input): Json<Changed<NewAwayPeriod>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let to = |before: &Image| Image {
        period: noted(row),
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, period, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a time away.
#[utoipa::path(delete, path = path::AWAY_PERIOD, tag = "away",
    params(("energy_profile_id" = Uuid, Path), ("away_period_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<AwayPeriod>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, period)): Path<(EnergyProfileId, AwayPeriodId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written =
        rows::remove::<Image>(&mut write, &caller, profile, period, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// An empty note is none.
fn noted(mut period: NewAwayPeriod) -> NewAwayPeriod {
    period.note = period.note.filter(|note| !note.trim().is_empty());
    period
}
