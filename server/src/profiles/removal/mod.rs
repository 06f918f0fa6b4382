//! Removing a home, and bringing it back: for seven days it is kept whole, though nobody gets in,
//! then the nightly sweep deletes it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::member::{ProfileRemoval, RESTORABLE_DAYS, RemovedProfile};
use ecotrack_common::profile::{EnergyProfile, Role};
use ecotrack_common::{AccountId, EnergyProfileId, OperationId, path};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod store;
#[cfg(test)]
mod tests;

use crate::accounts::Caller;
use crate::audit::store::Entry;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit, jobs, profiles};

/// How long a removed home can be restored.
pub const RESTORABLE: SignedDuration = SignedDuration::from_hours(24 * RESTORABLE_DAYS);
/// Homes that one sweep deletes at most; the rest wait for the next night.
const SWEPT_AT_ONCE: i64 = 100;

/// In the trail: that the home was removed, and when.
const REMOVAL: &str = "profile_removal";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(remove))
        .routes(routes!(list))
        .routes(routes!(restore))
}

/// Removes the home whose name is typed: nobody gets in any more. For seven days an owner can bring
/// it back.
#[utoipa::path(delete, path = path::PROFILE, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    request_body = ProfileRemoval, responses((status = 204), (status = 422)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(id): Path<EnergyProfileId>,
    Json(input): Json<ProfileRemoval>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let now = write.now();
    let home = profiles::store::find(write.conn(), id, caller.account_id, now)
        .await?
        .ok_or(Error::NotFound)?;
    if home.role < Role::Owner {
        return Err(Error::Forbidden);
    }
    if input.name.trim() != home.name {
        return Err(Error::field("name", "name_does_not_match"));
    }
    if !store::remove(write.conn(), id, now).await? {
        return Err(Error::NotFound);
    }
    let entry = Entry::of(REMOVAL, None, Some(json!({ "removed_at": now })));
    trail(write.conn(), id, caller.account_id, entry, now).await?;
    write.finish(Some(id), StatusCode::NO_CONTENT, &()).await
}

/// The homes that the caller owned, were removed and can still be restored.
#[utoipa::path(get, path = path::REMOVED_PROFILES, tag = "profiles",
    responses((status = 200, body = Vec<RemovedProfile>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<axum::Json<Vec<RemovedProfile>>> {
    let mut conn = app.db.acquire().await?;
    let removed = store::list(&mut conn, caller.account_id, app.clock.now()).await?;
    Ok(axum::Json(removed))
}

/// Brings a removed home back, with everybody who belonged to it. To whom did not own it, it does
/// not exist.
#[utoipa::path(post, path = path::PROFILE_RESTORATION, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = EnergyProfile)))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(id): Path<EnergyProfileId>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &id).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let now = write.now();
    let removed_at = store::restore(write.conn(), id, caller.account_id, now)
        .await?
        .ok_or(Error::NotFound)?;
    let entry = Entry::of(REMOVAL, Some(json!({ "removed_at": removed_at })), None);
    trail(write.conn(), id, caller.account_id, entry, now).await?;
    // Its jobs did nothing meanwhile.
    jobs::ask_refresh(write.conn(), id).await?;
    let home = profiles::store::find(write.conn(), id, caller.account_id, now)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(id), StatusCode::OK, &home).await
}

/// Deletes the homes that nobody can restore any more, each in a transaction of its own, so that one
/// that is busy does not keep the others. It is tried again by the next sweep.
pub async fn sweep(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    for home in store::list_gone(conn, now, SWEPT_AT_ONCE).await? {
        if let Err(error) = store::delete(conn, home, now).await {
            tracing::warn!(%home, %error, "a removed home could not be deleted");
        }
    }
    Ok(())
}

async fn trail(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    by: AccountId,
    entry: Entry,
    now: Timestamp,
) -> sqlx::Result<()> {
    let operation = OperationId(Uuid::now_v7());
    audit::store::insert(conn, profile, operation, Some(by), now, None, &[entry]).await
}
