//! What a member should know: rules run as jobs, each fact at most once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::alert::Alert;
use ecotrack_common::{AlertId, EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod evaluate;
pub mod rules;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::write::{Begun, Write, WriteKey};

/// Alerts shown, newest first.
const SHOWN: i64 = 200;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(acknowledge))
}

/// Alerts of a home, those that still hold first.
#[utoipa::path(get, path = path::ALERTS, tag = "alerts", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Alert>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Alert>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, SHOWN).await?))
}

/// Says that somebody saw it. Acknowledging again changes nothing: the first stays named.
#[utoipa::path(post, path = path::ALERT_ACKNOWLEDGEMENT, tag = "alerts",
    params(("energy_profile_id" = Uuid, Path), ("alert_id" = Uuid, Path)),
    responses((status = 200, body = Alert)))]
async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, alert)): Path<(EnergyProfileId, AlertId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &alert).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let now = write.now();
    store::acknowledge(write.conn(), profile, alert, caller.account_id, now).await?;
    let alert = store::find(write.conn(), profile, alert)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(profile), StatusCode::OK, &alert).await
}
