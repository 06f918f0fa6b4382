//! What a home will use, with intervals, and how good that has been. Requests read what the jobs
//! stored; they never train.
//!
//! Pure: `history`, `horizon`, `features`, `linear`, `smoothing`, `shared`, `model`, `backtest`, `interval`, `holidays`,
//! `hours`, `months`, `cold_start`, `forecast`, `learn`, `artefact`, `ahead`. `train` joins them with the database and
//! `command` with files; `trainings` says how one stands and when another is due, `record` what became of predictions.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::forecast::{ForecastReport, ForecastState};
use ecotrack_common::{EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod ahead;
pub mod artefact;
pub mod backtest;
#[cfg(test)]
mod bill_tests;
pub mod cold_start;
pub mod command;
pub mod ending;
pub mod features;
pub mod forecast;
mod from_devices;
pub mod history;
pub mod holidays;
pub mod horizon;
pub mod hours;
pub mod inputs;
#[cfg(test)]
mod inputs_tests;
pub mod interval;
pub mod learn;
pub mod linear;
pub mod model;
pub mod months;
pub mod outlook;
pub mod path_price;
pub mod paths;
pub mod priced;
pub mod projection;
pub mod rated;
pub mod record;
pub mod shared;
pub mod smoothing;
pub mod store;
#[cfg(test)]
mod tests;
pub mod train;
pub mod trainings;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::write::{Begun, Write, WriteKey};
use trainings::policy::Trigger;

/// Past predictions shown, newest first.
const COMPARISONS: i64 = 60;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(request_training))
        .merge(from_devices::routes())
}

/// The forecast, or why there is none, and past predictions against what happened.
#[utoipa::path(get, path = path::FORECAST, tag = "forecast", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = ForecastReport)))]
async fn show(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<ForecastReport>> {
    let mut conn = app.db.acquire().await?;
    let outlook = outlook::load(&mut conn, &app.reference, profile, app.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    let mut detail = None;
    let state = match &outlook.forecast {
        Some(stored) => {
            let more = store::find_detail(&mut conn, profile, stored.origin).await?;
            detail = more.map(|more| ahead::detail(stored, more, &outlook.home.zone()));
            let accuracy = store::list_scores(&mut conn, profile).await?;
            ForecastState::Ready {
                forecast: stored.clone().into_forecast(accuracy),
            }
        }
        None => outlook.without_forecast(),
    };
    Ok(axum::Json(ForecastReport {
        state,
        detail,
        training: trainings::find(&mut conn, profile).await?,
        achieved: record::store::list_achieved(&mut conn, profile).await?,
        comparisons: record::store::list_comparisons(&mut conn, profile, COMPARISONS).await?,
    }))
}

/// Asks for a training; a job does it.
#[utoipa::path(post, path = path::TRAININGS, tag = "forecast", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 202)))]
async fn request_training(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &profile).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    trainings::ask(write.conn(), profile, Trigger::Request).await?;
    write
        .finish(None, StatusCode::ACCEPTED, &serde_json::json!({}))
        .await
}
