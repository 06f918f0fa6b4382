//! Homes, each with its place, made together or not at all.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::profile::{EnergyProfile, NewEnergyProfile, Role};
use ecotrack_common::write::Changed;
use ecotrack_common::{EnergyProfileId, ErrorCode, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod removal;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::{Json, Path};
use crate::jobs;
use crate::write::{Begun, Write, WriteKey};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
}

/// The caller's homes.
#[utoipa::path(get, path = path::PROFILES, tag = "profiles", responses((status = 200, body = Vec<EnergyProfile>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<axum::Json<Vec<EnergyProfile>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, caller.account_id).await?))
}

/// A new home with its place; the caller owns it.
#[utoipa::path(post, path = path::PROFILES, tag = "profiles", request_body = NewEnergyProfile,
    responses((status = 201, body = EnergyProfile), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Json(input): Json<NewEnergyProfile>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let id = EnergyProfileId(Uuid::now_v7());
    let now = write.now();
    store::insert(write.conn(), id, &input, now).await?;
    store::insert_member(write.conn(), id, caller.account_id, Role::Owner, now).await?;
    set_tariff(write.conn(), id, &input).await?;
    let profile = store::find(write.conn(), id, caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(id), StatusCode::CREATED, &profile).await
}

/// A home.
#[utoipa::path(get, path = path::PROFILE, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = EnergyProfile)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<EnergyProfileId>,
) -> Result<axum::Json<EnergyProfile>> {
    let mut conn = app.db.acquire().await?;
    store::find(&mut conn, id, caller.account_id)
        .await?
        .map(axum::Json)
        .ok_or(Error::NotFound)
}

/// Changes a home and its place. When the time zone changes, the days of register meters are cut
/// again; a home with steps keeps its zone.
#[utoipa::path(put, path = path::PROFILE, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    request_body = Changed<NewEnergyProfile>,
    responses((status = 200, body = EnergyProfile), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(id): Path<EnergyProfileId>,
    Json(input): Json<Changed<NewEnergyProfile>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let before = store::find(write.conn(), id, caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    if before.time_zone != input.row.time_zone && store::has_steps(write.conn(), id).await? {
        // Steps are cut at the midnights of the zone that they came in; moving them would need the
        // halves of steps in zones that differ by less than one.
        return Err(Error::field("time_zone", "has_steps"));
    }
    if !store::update(write.conn(), id, input.version, &input.row).await? {
        return Err(Error::conflict(ErrorCode::StaleVersion, &before));
    }
    set_tariff(write.conn(), id, &input.row).await?;
    if before.time_zone != input.row.time_zone {
        jobs::store::enqueue(
            write.conn(),
            &jobs::RebuildDays {
                energy_profile_id: id,
            },
        )
        .await?;
    }
    let after = store::find(write.conn(), id, caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(id), StatusCode::OK, &after).await
}

async fn set_tariff(
    conn: &mut sqlx::PgConnection,
    id: EnergyProfileId,
    input: &NewEnergyProfile,
) -> Result<()> {
    store::set_tariff(conn, id, input.tariff.as_deref())
        .await
        .on_constraint("profile_tariff_tariff_fkey", || {
            Error::field("tariff", "not_a_tariff")
        })
}
