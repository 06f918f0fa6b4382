//! Live updates: one loop looks for homes whose revision moved and tells the streams that watch
//! them. Writers only bump the revision; they never notify, since NOTIFY makes committing
//! transactions queue. While nobody watches, nothing runs.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use ecotrack_common::{EnergyProfileId, SessionId, path};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::accounts::Caller;
use crate::error::Result;
use crate::extract::Path;
use crate::{App, accounts, profiles};

/// How often the revisions are looked at while somebody watches. A change shows within a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often the watchers' sessions are looked at: a revoked token closes its streams.
const SESSIONS_EVERY: u32 = 8;

/// What a stream is told.
#[derive(Debug, Clone, Copy, Serialize)]
struct Changed {
    /// The revision that the home has now.
    revision: i64,
    /// What kind of event: `changed`.
    kind: &'static str,
}

struct Watcher {
    session: SessionId,
    send: watch::Sender<i64>,
}

/// Who watches which home.
#[derive(Clone, Default)]
pub struct Hub(Arc<Inner>);

#[derive(Default)]
struct Inner {
    watchers: Mutex<HashMap<Uuid, (i64, Vec<Watcher>)>>,
    arrived: Notify,
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// A stream of this home's changes; a client that reconnects fetches afresh.
#[utoipa::path(get, path = path::EVENTS, tag = "events", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let mut conn = app.db.acquire().await?;
    let revision = profiles::store::list_revisions(&mut conn, &[profile.0])
        .await?
        .first()
        .map_or(0, |(_, revision)| *revision);
    drop(conn);
    let receiver = app.hub.watch(profile, caller.session_id, revision);
    let shutdown = app.shutdown.clone();
    let events = futures_util::stream::unfold(
        (receiver, shutdown, Some(revision)),
        |(mut receiver, shutdown, first)| async move {
            // The first event says where the home stands, so that a client knows it is connected.
            let revision = if let Some(revision) = first {
                revision
            } else {
                tokio::select! {
                    () = shutdown.cancelled() => return None,
                    changed = receiver.changed() => changed.ok()?,
                }
                *receiver.borrow_and_update()
            };
            let event = Event::default().event("changed").json_data(Changed {
                revision,
                kind: "changed",
            });
            Some((Ok(event.unwrap_or_default()), (receiver, shutdown, None)))
        },
    );
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

impl Hub {
    fn watch(
        &self,
        profile: EnergyProfileId,
        session: SessionId,
        revision: i64,
    ) -> watch::Receiver<i64> {
        // Only the newest revision matters: a slow stream skips those between.
        let (send, receive) = watch::channel(revision);
        let mut watchers = self
            .0
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (seen, list) = watchers
            .entry(profile.0)
            .or_insert_with(|| (revision, Vec::new()));
        *seen = (*seen).min(revision);
        list.push(Watcher { session, send });
        drop(watchers);
        self.0.arrived.notify_one();
        receive
    }

    fn watched(&self) -> Vec<Uuid> {
        let mut watchers = self
            .0
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|_, (_, list)| {
            list.retain(|watcher| !watcher.send.is_closed());
            !list.is_empty()
        });
        watchers.keys().copied().collect()
    }

    fn tell(&self, revisions: &[(Uuid, i64)]) {
        let mut watchers = self
            .0
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (profile, revision) in revisions {
            let Some((seen, list)) = watchers.get_mut(profile) else {
                continue;
            };
            if *revision <= *seen {
                continue;
            }
            *seen = *revision;
            for watcher in list {
                watcher.send.send_replace(*revision);
            }
        }
    }

    fn sessions(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        let watchers = self
            .0
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        watchers
            .iter()
            .flat_map(|(profile, (_, list))| {
                list.iter().map(|watcher| (watcher.session.0, *profile))
            })
            .unzip()
    }

    fn keep(&self, standing: &[(Uuid, Uuid)]) {
        let mut watchers = self
            .0
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (profile, (_, list)) in watchers.iter_mut() {
            list.retain(|watcher| standing.contains(&(watcher.session.0, *profile)));
        }
    }
}

/// The loop; ends with the server.
pub async fn run(app: App) {
    let mut round = 0_u32;
    loop {
        let watched = app.hub.watched();
        if watched.is_empty() {
            tokio::select! {
                () = app.shutdown.cancelled() => return,
                () = app.hub.0.arrived.notified() => continue,
            }
        }
        round = round.wrapping_add(1);
        if let Err(error) = look(&app, &watched, round.is_multiple_of(SESSIONS_EVERY)).await {
            // The database is away; the streams stay, and the next round looks again.
            tracing::warn!(%error, "cannot look for changed homes");
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(app: &App, watched: &[Uuid], sessions_too: bool) -> sqlx::Result<()> {
    let mut conn = app.db.acquire().await?;
    if sessions_too {
        let (sessions, profiles) = app.hub.sessions();
        let now = app.clock.now();
        let standing = accounts::store::list_standing(&mut conn, &sessions, &profiles, now).await?;
        app.hub.keep(&standing);
    }
    app.hub
        .tell(&profiles::store::list_revisions(&mut conn, watched).await?);
    Ok(())
}
