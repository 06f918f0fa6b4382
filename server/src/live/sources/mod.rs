//! What is sent to a home, and which meter each of it is of: rows that people edit, made by what comes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::live::{LiveSource, SourceUse};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, LiveSourceId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod row;
pub mod store;

use super::settle::{Findings, Held, place_waiting};
use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::Result;
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{jobs, live, meters, profiles};
use store::Image;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change, remove))
}

/// What is sent to the home, what nobody has decided on first.
#[utoipa::path(get, path = path::LIVE_SOURCES, tag = "live", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<LiveSource>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<LiveSource>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, None).await?))
}

/// Says which meter a source is of, what its numbers are, or that nothing is wanted of it. What waited for
/// its meter goes there.
#[utoipa::path(put, path = path::LIVE_SOURCE, tag = "live",
    params(("energy_profile_id" = Uuid, Path), ("live_source_id" = Uuid, Path)),
    request_body = Changed<SourceUse>,
    responses((status = 200, body = Written<LiveSource>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, LiveSourceId)>,
    Json(input): Json<Changed<SourceUse>>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let step = match row.meter_id {
        Some(meter) => live::store::find_step(write.conn(), profile, meter).await?,
        None => None,
    };
    let to = |before: &Image| Image {
        wanted: row,
        step_minutes: match (row.meter_id, step) {
            (Some(meter), _) if before.wanted.meter_id == Some(meter) => before.step_minutes,
            (Some(_), Some(step)) => step,
            _ => before.step_minutes,
        },
        ..before.clone()
    };
    let mut written = rows::change(&mut write, &caller, profile, id, version, to).await?;
    if let Some(meter) = row.meter_id {
        meters::store::find_locked(write.conn(), profile, meter).await?;
        let zone = profiles::store::zone(write.conn(), profile).await?;
        let held = Held::from([((profile, meter), zone)]);
        let mut findings = Findings::default();
        place_waiting(write.conn(), &held, &mut findings).await?;
        let now = write.now();
        findings.put(write.conn(), now).await?;
        jobs::ask_refresh(write.conn(), profile).await?;
        written.row = store::list(write.conn(), profile, Some(id)).await?.pop();
    }
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Forgets a source, with what waits of it; if it sends again it is new.
#[utoipa::path(delete, path = path::LIVE_SOURCE, tag = "live",
    params(("energy_profile_id" = Uuid, Path), ("live_source_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<LiveSource>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, LiveSourceId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, id, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}
