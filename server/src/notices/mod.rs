//! What is told elsewhere than on a screen: channels of members, and the one way out for whatever has something to say.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::alert::Severity;
use ecotrack_common::locale::Locale;
use ecotrack_common::notice::{ChannelUse, NewNoticeChannel, NoticeChannel, NoticeTest};
use ecotrack_common::write::Changed;
use ecotrack_common::{EnergyProfileId, ErrorCode, NoticeChannelId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod send;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::outside::message::Message;
use crate::write::{Begun, Write, WriteKey};

/// Channels that a member may have in a home.
const MOST: usize = 20;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// What sends at once, and therefore not as often as one likes.
pub(crate) fn test_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(test))
}

/// The caller's channels in the home; nobody sees another's.
#[utoipa::path(get, path = path::NOTICE_CHANNELS, tag = "notices", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<NoticeChannel>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<NoticeChannel>>> {
    let mut conn = app.db.acquire().await?;
    let channels = store::list(&mut conn, profile, caller.account_id, None).await?;
    Ok(axum::Json(channels))
}

async fn one(
    write: &mut Write,
    profile: EnergyProfileId,
    caller: &Caller,
    id: NoticeChannelId,
) -> Result<NoticeChannel> {
    let mut found = store::list(write.conn(), profile, caller.account_id, Some(id)).await?;
    found.pop().ok_or(Error::NotFound)
}

/// A new channel of the caller's.
#[utoipa::path(post, path = path::NOTICE_CHANNELS, tag = "notices", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewNoticeChannel, responses((status = 201, body = NoticeChannel), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewNoticeChannel>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let account = caller.account_id;
    // Who adds two at once waits, so that each is counted by the other.
    store::lock_member(write.conn(), profile, account).await?;
    if store::list(write.conn(), profile, account, None)
        .await?
        .len()
        >= MOST
    {
        return Err(Error::field("kind", "too_many_channels"));
    }
    let id = NoticeChannelId(Uuid::now_v7());
    store::insert(write.conn(), profile, account, id, &input).await?;
    let channel = one(&mut write, profile, &caller, id).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &channel)
        .await
}

/// Changes what goes through a channel of the caller's.
#[utoipa::path(put, path = path::NOTICE_CHANNEL, tag = "notices",
    params(("energy_profile_id" = Uuid, Path), ("notice_channel_id" = Uuid, Path)),
    request_body = Changed<ChannelUse>, responses((status = 200, body = NoticeChannel), (status = 409)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, NoticeChannelId)>,
    Json(input): Json<Changed<ChannelUse>>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let account = caller.account_id;
    let changed = store::update(write.conn(), profile, account, id, version, &row).await?;
    let channel = one(&mut write, profile, &caller, id).await?;
    if !changed {
        return Err(Error::conflict(ErrorCode::StaleVersion, &Some(channel)));
    }
    write.finish(Some(profile), StatusCode::OK, &channel).await
}

/// Removes a channel of the caller's, with what was to go through it.
#[utoipa::path(delete, path = path::NOTICE_CHANNEL, tag = "notices",
    params(("energy_profile_id" = Uuid, Path), ("notice_channel_id" = Uuid, Path)),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, NoticeChannelId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &id).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    if !store::delete(write.conn(), profile, caller.account_id, id).await? {
        return Err(Error::NotFound);
    }
    write
        .finish(Some(profile), StatusCode::NO_CONTENT, &())
        .await
}

/// Sends a notice that says that it is a test, at once, and says what became of it.
#[utoipa::path(post, path = path::NOTICE_TEST, tag = "notices",
    params(("energy_profile_id" = Uuid, Path), ("notice_channel_id" = Uuid, Path)),
    responses((status = 200, body = NoticeTest), (status = 429)))]
async fn test(
    State(app): State<App>,
    caller: Caller,
    Path((profile, id)): Path<(EnergyProfileId, NoticeChannelId)>,
) -> Result<axum::Json<NoticeTest>> {
    let mut conn = app.db.acquire().await?;
    let target = store::find_target(&mut conn, profile, id, Some(caller.account_id)).await?;
    let target = target.ok_or(Error::NotFound)?;
    // Nothing is held while somebody outside is asked.
    drop(conn);
    let locale = Locale::new(target.language);
    let message = Message {
        key: format!("test:{}", Uuid::now_v7()),
        severity: Severity::Info,
        subject: locale.notice_test_subject(&target.home),
        text: locale.text("notice-test-text"),
        html: None,
    };
    let delivered = send::deliver(&app, &target, &message).await;
    Ok(axum::Json(NoticeTest {
        failure: delivered.err().map(|failure| failure.code().to_owned()),
    }))
}
