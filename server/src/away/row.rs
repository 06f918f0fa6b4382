//! Days away as a row that people edit.

use ecotrack_common::away::AwayPeriod;
use ecotrack_common::{AwayPeriodId, EnergyProfileId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::Result;
use crate::jobs;

impl Row for Image {
    const ENTITY: &'static str = "away_period";
    type Id = AwayPeriodId;
    type Seen = AwayPeriod;

    fn id(&self) -> AwayPeriodId {
        self.away_period_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: AwayPeriodId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        let found = store::find_locked(conn, profile, id).await?;
        Ok(found.map(|row| {
            let image = Self {
                away_period_id: row.away_period_id,
                period: row.period,
            };
            (image, row.version)
        }))
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: AwayPeriodId,
    ) -> sqlx::Result<Option<AwayPeriod>> {
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
        id: AwayPeriodId,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id).await
    }

    /// Days away teach nothing of ordinary ones, and those to come are forecast apart.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        Ok(jobs::ask_refresh(conn, profile).await?)
    }
}
