//! Topics that homes listen to.

use ecotrack_common::live::{LiveTopic, NewLiveTopic};
use ecotrack_common::{EnergyProfileId, LiveTopicId, MeterId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of `live_topic` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub live_topic_id: LiveTopicId,
    /// What is said of it.
    #[serde(flatten)]
    pub topic: NewLiveTopic,
}

struct Row {
    live_topic_id: Uuid,
    broker: String,
    topic: String,
    meter_id: Option<Uuid>,
    version: i64,
}

impl Row {
    fn into_topic(self) -> LiveTopic {
        LiveTopic {
            live_topic_id: LiveTopicId(self.live_topic_id),
            topic: NewLiveTopic {
                broker: self.broker,
                topic: self.topic,
                meter_id: self.meter_id.map(MeterId),
            },
            version: self.version,
        }
    }
}

/// The home's topics, by broker.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<LiveTopic>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT live_topic_id, broker, topic, meter_id, version FROM live_topic
         WHERE energy_profile_id = $1 ORDER BY broker, topic",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::into_topic).collect())
}

/// What homes listen to at a broker.
pub async fn list_of_broker(
    conn: &mut PgConnection,
    broker: &str,
) -> sqlx::Result<Vec<(EnergyProfileId, NewLiveTopic)>> {
    let rows = sqlx::query!(
        "SELECT t.energy_profile_id, t.topic, t.meter_id
         FROM live_topic AS t JOIN energy_profile AS p USING (energy_profile_id)
         WHERE t.broker = $1 AND p.removed_at IS NULL ORDER BY t.energy_profile_id, t.live_topic_id",
        broker,
    )
    .fetch_all(conn)
    .await?;
    let topics = rows.into_iter().map(|row| {
        let topic = NewLiveTopic {
            broker: broker.to_owned(),
            topic: row.topic,
            meter_id: row.meter_id.map(MeterId),
        };
        (EnergyProfileId(row.energy_profile_id), topic)
    });
    Ok(topics.collect())
}

/// A topic; nobody else changes it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: LiveTopicId,
) -> sqlx::Result<Option<LiveTopic>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT live_topic_id, broker, topic, meter_id, version FROM live_topic
         WHERE energy_profile_id = $1 AND live_topic_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Row::into_topic))
}

/// Adds a topic.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO live_topic (energy_profile_id, live_topic_id, broker, topic, meter_id, version)
         VALUES ($1, $2, $3, $4, $5, $6)",
        profile.0,
        image.live_topic_id.0,
        image.topic.broker,
        image.topic.topic,
        image.topic.meter_id.map(|meter| meter.0),
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a topic.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE live_topic SET broker = $3, topic = $4, meter_id = $5, version = version + 1
         WHERE energy_profile_id = $1 AND live_topic_id = $2",
        profile.0,
        image.live_topic_id.0,
        image.topic.broker,
        image.topic.topic,
        image.topic.meter_id.map(|meter| meter.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Listens to a topic no more; what came stays.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: LiveTopicId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM live_topic WHERE energy_profile_id = $1 AND live_topic_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
