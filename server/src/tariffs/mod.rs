//! Which tariff a home has from which day on, and with which figures of its own.
//!
//! Tariffs themselves are reference data and stand in `catalog`; this is what a home makes of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, ProfileTariffId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

mod effective;
mod row;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use effective::{EffectiveTariff, TariffError, effective, in_money};

use crate::accounts::Caller;
use crate::audit::rows::{self, Row as _};
use crate::catalog::{Choice, in_currency};
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, profiles};
use store::Image;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// The home's tariffs, the one that begins last first.
#[utoipa::path(get, path = path::PROFILE_TARIFFS, tag = "tariffs", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<ProfileTariff>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<ProfileTariff>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile).await?))
}

/// A tariff from a day on.
#[utoipa::path(post, path = path::PROFILE_TARIFFS, tag = "tariffs", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewProfileTariff, responses((status = 201, body = Written<ProfileTariff>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewProfileTariff>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    check_choice(&app, &mut write, profile, &input).await?;
    let id = ProfileTariffId(Uuid::now_v7());
    let row = Image::of(id, input).map_err(anyhow::Error::from)?;
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a tariff of the home; bills of the days from which it holds follow.
#[utoipa::path(put, path = path::PROFILE_TARIFF, tag = "tariffs",
    params(("energy_profile_id" = Uuid, Path), ("profile_tariff_id" = Uuid, Path)),
    request_body = Changed<NewProfileTariff>,
    responses((status = 200, body = Written<ProfileTariff>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, tariff)): Path<(EnergyProfileId, ProfileTariffId)>,
    Json(input): Json<Changed<NewProfileTariff>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    check_choice(&app, &mut write, profile, &input.row).await?;
    let Changed { version, row } = input;
    let said = Image::of(tariff, row).map_err(anyhow::Error::from)?;
    let to = |before: &Image| Image {
        example: before.example,
        ..said
    };
    let written = rows::change(&mut write, &caller, profile, tariff, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a tariff of the home: the one before it goes on in its place.
#[utoipa::path(delete, path = path::PROFILE_TARIFF, tag = "tariffs",
    params(("energy_profile_id" = Uuid, Path), ("profile_tariff_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<ProfileTariff>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, tariff)): Path<(EnergyProfileId, ProfileTariffId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written =
        rows::remove::<Image>(&mut write, &caller, profile, tariff, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// What is chosen has the home's money, and is offered or had by the home. An undo does not ask:
/// what was there may come back.
async fn check_choice(
    app: &App,
    write: &mut Write,
    profile: EnergyProfileId,
    input: &NewProfileTariff,
) -> Result<()> {
    Image::lock(write.conn(), profile).await?;
    let home = profiles::store::find_home(write.conn(), profile)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(tariff) = &input.document {
        return Ok(in_currency(&tariff.currency, &home.currency, "document")?);
    }
    let Some(slug) = input.tariff_slug.as_deref() else {
        return Ok(());
    };
    let reference = app.reference.get(write.conn()).await?;
    let choice = Choice {
        slug,
        is_kept: store::has_slug(write.conn(), profile, slug).await?,
        currency: &home.currency,
        field: "tariff_slug",
    };
    choice.check(write.conn(), &reference).await
}
