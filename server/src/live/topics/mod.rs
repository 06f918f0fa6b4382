//! Which topics of which broker a home listens to: rows that people edit. Which brokers there are, and for
//! which homes, the operator says.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::live::{LiveBroker, LiveTopic, NewLiveTopic};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, FieldErrors, LiveTopicId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

mod row;
pub mod store;

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use store::Image;

/// Topics that a home may listen to.
const MOST: usize = 50;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
        .routes(routes!(brokers))
}

/// The topics that the home listens to.
#[utoipa::path(get, path = path::LIVE_TOPICS, tag = "live", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<LiveTopic>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<LiveTopic>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile).await?))
}

/// The brokers that the home may listen to, and how the connection to each stands.
#[utoipa::path(get, path = path::LIVE_BROKERS, tag = "live", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<LiveBroker>)))]
async fn brokers(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<LiveBroker>>> {
    let mine = app.settings.mqtt.iter();
    let mine = mine.filter(|broker| broker.serves(profile));
    let mut brokers: Vec<LiveBroker> = mine
        .filter_map(|broker| app.brokers.of(&broker.name))
        .collect();
    if brokers
        .iter()
        .any(|broker| !broker.refused_topics.is_empty())
    {
        // What other homes listen to is nothing to this one.
        let mut conn = app.db.acquire().await?;
        let topics = store::list(&mut conn, profile).await?;
        for broker in &mut brokers {
            let name = &broker.name;
            let is_ours = |topic: &String| {
                let mut ours = topics.iter().map(|row| &row.topic);
                ours.any(|ours| ours.broker == *name && ours.topic == *topic)
            };
            broker.refused_topics.retain(is_ours);
        }
    }
    Ok(axum::Json(brokers))
}

/// Listens to one more topic.
#[utoipa::path(post, path = path::LIVE_TOPICS, tag = "live", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewLiveTopic, responses((status = 201, body = Written<LiveTopic>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewLiveTopic>,
) -> Result<Response> {
    check(&app, profile, &input)?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    if store::list(write.conn(), profile).await?.len() >= MOST {
        let mut errors = FieldErrors::default();
        errors.add_with("topic", "too_many_topics", &[("max", &MOST.to_string())]);
        return Err(errors.into());
    }
    let row = Image {
        live_topic_id: LiveTopicId(Uuid::now_v7()),
        topic: input,
    };
    let written = rows::create(&mut write, &caller, profile, row).await?;
    let answer = write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await?;
    app.topics.notify_waiters();
    Ok(answer)
}

/// Changes what is listened to.
#[utoipa::path(put, path = path::LIVE_TOPIC, tag = "live",
    params(("energy_profile_id" = Uuid, Path), ("live_topic_id" = Uuid, Path)),
    request_body = Changed<NewLiveTopic>,
    responses((status = 200, body = Written<LiveTopic>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, LiveTopicId)>,
    Json(input): Json<Changed<NewLiveTopic>>,
) -> Result<Response> {
    check(&app, profile, &input.row)?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let to = |before: &Image| Image {
        topic: row,
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, id, version, to).await?;
    let answer = write
        .finish(Some(profile), StatusCode::OK, &written)
        .await?;
    app.topics.notify_waiters();
    Ok(answer)
}

/// Listens to a topic no more; what came stays.
#[utoipa::path(delete, path = path::LIVE_TOPIC, tag = "live",
    params(("energy_profile_id" = Uuid, Path), ("live_topic_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<LiveTopic>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, LiveTopicId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, id, query.version).await?;
    let answer = write
        .finish(Some(profile), StatusCode::OK, &written)
        .await?;
    app.topics.notify_waiters();
    Ok(answer)
}

/// A broker that is not set up for this home is none.
fn check(app: &App, profile: EnergyProfileId, input: &NewLiveTopic) -> Result<()> {
    input.check()?;
    let mut brokers = app.settings.mqtt.iter();
    if brokers.any(|broker| broker.name == input.broker && broker.serves(profile)) {
        Ok(())
    } else {
        Err(Error::field("broker", "not_a_broker"))
    }
}
