//! A source as a row that people edit.

use ecotrack_common::live::{LiveSource, SourceUnit};
use ecotrack_common::meter::{Channel, ReadingKind};
use ecotrack_common::{EnergyProfileId, LiveSourceId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::meters;

impl Row for Image {
    const ENTITY: &'static str = "live_source";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] = &[
        ("live_source_meter_key", "meter_id", "has_a_source"),
        ("live_source_name_key", "name", "taken"),
    ];
    type Id = LiveSourceId;
    type Seen = LiveSource;

    fn id(&self) -> LiveSourceId {
        self.live_source_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: LiveSourceId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        store::find_image(conn, profile, id).await
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: LiveSourceId,
    ) -> sqlx::Result<Option<LiveSource>> {
        Ok(store::list(conn, profile, Some(id)).await?.pop())
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
        id: LiveSourceId,
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
        let Some(after) = after else { return Ok(()) };
        after.wanted.check(after.kind)?;
        let Some(meter) = after.wanted.meter_id else {
            return Ok(());
        };
        let others =
            store::list_kinds_of_others(conn, profile, meter, after.live_source_id).await?;
        let kind = after.wanted.unit.map_or(after.kind, SourceUnit::kind);
        if others.iter().any(|other| *other != kind) {
            return Err(Error::field("meter_id", "source_of_other_kind"));
        }
        let meter = meters::store::find_kept(conn, profile, meter)
            .await?
            .ok_or_else(|| Error::field("meter_id", "not_a_meter"))?;
        if meter.reading_kind != ReadingKind::Step {
            return Err(Error::field("meter_id", "meter_of_registers"));
        }
        if matches!(meter.channel, Channel::Gas | Channel::Water) {
            return Err(Error::field("meter_id", "not_electricity"));
        }
        Ok(())
    }
}
