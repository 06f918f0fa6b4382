//! Keys with which meters and programs send readings. A key is told once, may write readings of one home
//! and nothing else, and works until it is revoked or its time is over.
//!
//! Only owners make and revoke them: a key goes on working when who made it has left.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::live::{ApiKey, ApiKeyMade, NewApiKey};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{ApiKeyId, EnergyProfileId, FieldErrors, path};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod store;
#[cfg(test)]
mod tests;

use crate::accounts::Caller;
use crate::accounts::token::Token;
use crate::audit::store::Entry;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::{Json, Path};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit, meters, write};

/// In the trail: a key, without what it says.
pub const KEY: &str = "api_key";
/// Keys that a home may have at once.
const MOST: usize = 50;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(remove))
}

/// The home's keys with when each was last used; what they say is not known any more.
#[utoipa::path(get, path = path::API_KEYS, tag = "keys", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<ApiKey>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<ApiKey>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, None).await?))
}

/// A new key, with what it says this one time.
///
/// It takes no idempotency key: the kept answer would hold it. Sent again after a lost answer it finds its
/// name taken; the first, which nobody saw, can be revoked.
#[utoipa::path(post, path = path::API_KEYS, tag = "keys", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewApiKey, responses((status = 201, body = ApiKeyMade), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewApiKey>,
) -> Result<(StatusCode, axum::Json<ApiKeyMade>)> {
    input.check(app.clock.now())?;
    let mut write = Write::unkeyed(&app).await?;
    store::delete_moved(write.conn(), profile, &input.name).await?;
    if store::list(write.conn(), profile, None).await?.len() >= MOST {
        let mut errors = FieldErrors::default();
        errors.add_with("name", "too_many_keys", &[("max", &MOST.to_string())]);
        return Err(errors.into());
    }
    if let Some(meter) = input.meter_id {
        let meter = meters::store::find_kept(write.conn(), profile, meter)
            .await?
            .ok_or_else(|| Error::field("meter_id", "not_a_meter"))?;
        if meter.reading_kind != ReadingKind::Step {
            return Err(Error::field("meter_id", "meter_of_registers"));
        }
    }
    let (id, now) = (ApiKeyId(Uuid::now_v7()), write.now());
    let token = Token::generate()?;
    let by = caller.account_id;
    store::insert(write.conn(), profile, id, &input, &token.hash(), by, now)
        .await
        .on_constraint("api_key_name_key", || Error::field("name", "taken"))?;
    let api_key = one(&mut write, profile, id).await?;
    let entries = [Entry::of(KEY, None, Some(json!(api_key)))];
    audit::record(&mut write, &caller, profile, &entries).await?;
    write::store::bump_revision(write.conn(), profile).await?;
    write.tx.commit().await?;
    let made = ApiKeyMade {
        api_key,
        token: token.reveal(),
    };
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Revokes a key: nothing more is taken with it. What it sent stays.
#[utoipa::path(delete, path = path::API_KEY, tag = "keys",
    params(("energy_profile_id" = Uuid, Path), ("api_key_id" = Uuid, Path)), responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, ApiKeyId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &id).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let api_key = one(&mut write, profile, id).await?;
    let now = write.now();
    if !store::revoke(write.conn(), profile, id, now).await? {
        return Err(Error::NotFound);
    }
    let entries = [Entry::of(KEY, Some(json!(api_key)), None)];
    audit::record(&mut write, &caller, profile, &entries).await?;
    write
        .finish(Some(profile), StatusCode::NO_CONTENT, &())
        .await
}

async fn one(write: &mut Write, profile: EnergyProfileId, id: ApiKeyId) -> Result<ApiKey> {
    let mut found = store::list(write.conn(), profile, Some(id)).await?;
    found.pop().ok_or(Error::NotFound)
}
