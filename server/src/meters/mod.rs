//! Channels of a home.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::meter::{Meter, NewMeter};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, MeterId, path};
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

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// The meters of a home.
#[utoipa::path(get, path = path::METERS, tag = "meters", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Meter>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Meter>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile).await?))
}

/// A new meter.
#[utoipa::path(post, path = path::METERS, tag = "meters", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewMeter, responses((status = 201, body = Written<Meter>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewMeter>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let row = Image {
        meter_id: MeterId(Uuid::now_v7()),
        meter: input,
    };
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a meter. What it measures and how is fixed once it has readings.
#[utoipa::path(put, path = path::METER, tag = "meters",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path)),
    request_body = Changed<NewMeter>,
    responses((status = 200, body = Written<Meter>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Json(input): Json<Changed<NewMeter>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let to = |before: &Image| Image {
        meter: row,
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, meter, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a meter from the home. Its readings come back with it when that is undone. One that
/// another meter names in `same_as` is in use.
#[utoipa::path(delete, path = path::METER, tag = "meters",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<Meter>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, meter, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}
