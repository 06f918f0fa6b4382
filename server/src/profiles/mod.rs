//! Homes, each with its place, made together or not at all.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::profile::{EnergyProfile, NewEnergyProfile, ProfileDetails, Role};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, ProfileTariffId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod removal;
pub mod row;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::catalog::Choice;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::{Json, Path};
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
    let homes = store::list(&mut conn, caller.account_id, app.clock.now()).await?;
    Ok(axum::Json(homes))
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
    let NewEnergyProfile { details, tariff } = input;
    store::insert(write.conn(), id, &details, now).await?;
    store::insert_member(write.conn(), id, caller.account_id, Role::Owner, now).await?;
    if let Some(slug) = tariff {
        let reference = app.reference.get(write.conn()).await?;
        let choice = Choice {
            slug: &slug,
            is_kept: false,
            currency: &details.currency,
            field: "tariff",
        };
        choice.check(write.conn(), &reference).await?;
        let key = ProfileTariffId(Uuid::now_v7());
        store::insert_tariff(write.conn(), id, key, &slug)
            .await
            .on_constraint("profile_tariff_tariff_fkey", || {
                Error::field("tariff", "not_a_tariff")
            })?;
    }
    row::ask_for_weather(write.conn(), id, None, &details.location).await?;
    let profile = store::find(write.conn(), id, caller.account_id, now)
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
    store::find(&mut conn, id, caller.account_id, app.clock.now())
        .await?
        .map(axum::Json)
        .ok_or(Error::NotFound)
}

/// Changes a home and its place; its tariffs are rows of their own. When the time zone changes, the days of register meters are cut
/// again; a home with steps keeps its zone.
#[utoipa::path(put, path = path::PROFILE, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    request_body = Changed<ProfileDetails>,
    responses((status = 200, body = Written<EnergyProfile>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(id): Path<EnergyProfileId>,
    Json(input): Json<Changed<ProfileDetails>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = row::change(&mut write, &caller, id, input).await?;
    write.finish(Some(id), StatusCode::OK, &written).await
}
