//! Channels of a home.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::meter::{Meter, NewMeter};
use ecotrack_common::{EnergyProfileId, MeterId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::{Json, Path};
use crate::write::{Begun, Write, WriteKey};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create))
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
    request_body = NewMeter, responses((status = 201, body = Meter), (status = 422)))]
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
    let id = MeterId(Uuid::now_v7());
    store::insert(write.conn(), profile, id, &input)
        .await
        .on_constraint("meter_name_key", || Error::field("name", "taken"))?;
    let meter = store::find(write.conn(), profile, id)
        .await?
        .ok_or(Error::NotFound)?;
    write
        .finish(Some(profile), StatusCode::CREATED, &meter)
        .await
}
