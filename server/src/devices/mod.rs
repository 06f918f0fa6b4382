//! Devices of a home, with the energy that follows from their figures.

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::calibration::DeviceCalibration;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::device_forecast::is_southern;
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, ProfileDeviceId, path};
use jiff::ToSpan;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

mod calibrate;
mod least_squares;
mod row;
mod shares;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use shares::{Shares, shares};

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{consumption, profiles};
use calibrate::calibrate;
use store::Image;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
        .routes(routes!(show_calibration))
}

/// The devices of a home with their derived energy.
#[utoipa::path(get, path = path::DEVICES, tag = "devices", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<ProfileDevice>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<ProfileDevice>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile).await?))
}

/// Days by which the home's standby is told: those of the devices that it has now.
const STANDBY_DAYS: i32 = 56;

/// The devices' estimates, scaled so that their sum is what the home used in the last year.
#[utoipa::path(get, path = path::DEVICE_CALIBRATION, tag = "devices", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = DeviceCalibration)))]
async fn show_calibration(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<DeviceCalibration>> {
    let mut conn = app.db.acquire().await?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let today = app.clock.now().to_zoned(home.zone()).date();
    let span = Cycle {
        first: today.saturating_sub(1.year()),
        last: today.saturating_sub(1.day()),
    };
    let devices = store::list(&mut conn, profile).await?;
    let days =
        consumption::store::list_home_days(&mut conn, profile, span.first, span.last).await?;
    let lately = Cycle {
        first: today.saturating_sub(STANDBY_DAYS.days()),
        ..span
    };
    let standby = consumption::standby(&mut conn, &home, lately).await?;
    let (country, latitude) = profiles::store::find_place(&mut conn, profile).await?;
    drop(conn);
    let southern = is_southern(&country, latitude);
    // Hundreds of devices take a while, and others want to be answered.
    let answer = move || calibrate(&devices, &days, standby, southern);
    let answer = tokio::task::spawn_blocking(answer)
        .await
        .context("a calibration broke off")?;
    Ok(axum::Json(answer))
}

/// A new device with its patterns.
#[utoipa::path(post, path = path::DEVICES, tag = "devices", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewDevice, responses((status = 201, body = Written<ProfileDevice>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewDevice>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let row = Image {
        profile_device_id: ProfileDeviceId(Uuid::now_v7()),
        device: input,
        example: false,
    };
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a device; its patterns are replaced by those that come along.
#[utoipa::path(put, path = path::DEVICE, tag = "devices",
    params(("energy_profile_id" = Uuid, Path), ("profile_device_id" = Uuid, Path)),
    request_body = Changed<NewDevice>,
    responses((status = 200, body = Written<ProfileDevice>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, device)): Path<(EnergyProfileId, ProfileDeviceId)>,
    Json(input): Json<Changed<NewDevice>>,
) -> Result<Response> {
    input.row.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let to = |before: &Image| Image {
        device: row,
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, device, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a device. One that a meter or a goal is for is in use.
#[utoipa::path(delete, path = path::DEVICE, tag = "devices",
    params(("energy_profile_id" = Uuid, Path), ("profile_device_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<ProfileDevice>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, device)): Path<(EnergyProfileId, ProfileDeviceId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written =
        rows::remove::<Image>(&mut write, &caller, profile, device, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}
