//! What a home's devices are going to use, as they are or as they would be. Nothing is stored: all of it
//! follows from devices, prices and the newest forecast as they stand.

use axum::extract::State;
use ecotrack_common::device_forecast::{DeviceForecast, NewDeviceForecast, is_southern};
use ecotrack_common::{EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[cfg(test)]
mod tests;
mod what_if;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::forecasts::outlook;
use crate::{devices, profiles};
use what_if::answer;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// What the home's devices use on days to come, with what a change of them comes to.
#[utoipa::path(post, path = path::FORECAST_FROM_DEVICES, tag = "forecast", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewDeviceForecast,
    responses((status = 200, body = DeviceForecast), (status = 422)))]
async fn create(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewDeviceForecast>,
) -> Result<axum::Json<DeviceForecast>> {
    input.check()?;
    let mut conn = app.db.acquire().await?;
    let outlook = outlook::load(&mut conn, &app.reference, profile, app.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    let devices = devices::store::list(&mut conn, profile).await?;
    let (country, latitude) = profiles::store::find_place(&mut conn, profile).await?;
    drop(conn);
    let southern = is_southern(&country, latitude);
    Ok(axum::Json(answer(&input, &devices, &outlook, southern)?))
}
