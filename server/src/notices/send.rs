//! Sending: the one way out, for what a job sends and for what a member tries.

use std::time::Duration;

use ecotrack_common::notice::ChannelKind;
use ecotrack_common::{EnergyProfileId, NoticeChannelId};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sqlx::PgConnection;

use super::store::{self, Outcome, Target};
use crate::App;
use crate::jobs::{self, SendNotice};
use crate::outside::guarded::{self, Allowed, Undelivered};
use crate::outside::mail;
use crate::outside::message::{Message, signature};

/// Who is told may take so long to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// News of yesterday is none: a notice that could not be sent for so long is given up.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Keeps a message to go out through a channel, and asks for the job that sends it: both stand with the caller's
/// transaction, or neither. The same message is kept once.
pub async fn announce(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    message: &Message,
    now: Timestamp,
) -> sqlx::Result<()> {
    if store::put(&mut *conn, profile, channel, message, now).await? {
        let job = SendNotice {
            energy_profile_id: profile,
            notice_channel_id: channel,
            about: message.key.clone(),
        };
        jobs::store::enqueue(conn, &job).await?;
    }
    Ok(())
}

/// The job: sends what waits, and notes what became of it. Done twice it sends once, unless the server dies between
/// the sending and the note; who is told then gets the same key again.
pub async fn run(app: &App, job: &SendNotice) -> anyhow::Result<()> {
    let (profile, channel, about) = (job.energy_profile_id, job.notice_channel_id, &job.about);
    let mut conn = app.db.acquire().await?;
    let waiting = store::find_waiting(&mut conn, profile, channel, about).await?;
    let target = store::find_target(&mut conn, profile, channel, None).await?;
    // Nothing is held while somebody outside is asked.
    drop(conn);
    let (Some((message, since)), Some(target)) = (waiting, target) else {
        return Ok(());
    };
    let delivered = deliver(app, &target, &message).await;
    let now = app.clock.now();
    let outcome = match delivered {
        Ok(()) => Outcome::Sent,
        Err(failure) if failure.may_pass() && now < since + TRIED_FOR => Outcome::Later,
        Err(_) => Outcome::GivenUp,
    };
    let mut tx = app.db.begin().await?;
    let failure = delivered.err().map(Undelivered::code);
    store::note(&mut tx, profile, channel, about, outcome, failure, now).await?;
    crate::write::store::bump_revision(&mut tx, profile).await?;
    tx.commit().await?;
    match (outcome, delivered) {
        // The queue tries again, less and less often.
        (Outcome::Later, Err(failure)) => Err(failure.into()),
        (Outcome::GivenUp, Err(failure)) => {
            tracing::warn!(%profile, %channel, %failure, "a notice was given up");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Sends a message to where a channel leads.
pub async fn deliver(app: &App, target: &Target, message: &Message) -> Result<(), Undelivered> {
    let notices = &app.settings.notices;
    let allowed = if notices.allow_private {
        Allowed::Anybody
    } else {
        Allowed::Public
    };
    let address = target.address.as_ref().map(ExposeSecret::expose_secret);
    let secret = target.secret.as_ref().map(ExposeSecret::expose_secret);
    match (target.kind, address) {
        (ChannelKind::Email, _) => {
            let server = app
                .settings
                .mail
                .as_ref()
                .ok_or(Undelivered::NoMailServer)?;
            mail::send(server, &target.email, message, PATIENCE).await
        }
        (_, None) => Err(Undelivered::BadAddress),
        (ChannelKind::Webhook, Some(address)) => {
            let body = message.as_json(&target.home).to_string().into_bytes();
            let mut headers = vec![
                ("content-type", "application/json".to_owned()),
                ("idempotency-key", message.key.clone()),
            ];
            headers.extend(secret.map(|secret| ("x-ecotrack-signature", signature(secret, &body))));
            guarded::post(address, &headers, body, allowed, PATIENCE).await
        }
        (ChannelKind::Ntfy, Some(address)) => {
            let mut headers = vec![
                ("title", message.header_subject()),
                ("priority", message.ntfy_priority().to_owned()),
                ("tags", "zap".to_owned()),
            ];
            headers.extend(secret.map(|token| ("authorization", format!("Bearer {token}"))));
            let body = message.text.clone().into_bytes();
            guarded::post(address, &headers, body, allowed, PATIENCE).await
        }
    }
}
