//! A topic as a row that people edit.

use ecotrack_common::live::LiveTopic;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, LiveTopicId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::meters;

impl Row for Image {
    const ENTITY: &'static str = "live_topic";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] =
        &[("live_topic_topic_key", "topic", "taken")];
    type Id = LiveTopicId;
    type Seen = LiveTopic;

    fn id(&self) -> LiveTopicId {
        self.live_topic_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: LiveTopicId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        let found = store::find_locked(conn, profile, id).await?;
        Ok(found.map(|row| {
            let image = Self {
                live_topic_id: row.live_topic_id,
                topic: row.topic,
            };
            (image, row.version)
        }))
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: LiveTopicId,
    ) -> sqlx::Result<Option<LiveTopic>> {
        store::find_locked(conn, profile, id).await
    }

    async fn insert(
        &self,
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        version: i64,
    ) -> sqlx::Result<()> {
        store::insert(conn, profile, self, version).await
    }

    async fn update(&self, conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        store::update(conn, profile, self).await
    }

    async fn delete(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: LiveTopicId,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id).await
    }

    async fn check(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        let meter = after.and_then(|after| after.topic.meter_id);
        let Some(meter) = meter else { return Ok(()) };
        let meter = meters::store::find_kept(conn, profile, meter)
            .await?
            .ok_or_else(|| Error::field("meter_id", "not_a_meter"))?;
        if meter.reading_kind != ReadingKind::Step {
            return Err(Error::field("meter_id", "meter_of_registers"));
        }
        Ok(())
    }
}
