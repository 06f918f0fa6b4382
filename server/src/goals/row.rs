//! A limit as a row that people edit.

use ecotrack_common::goal::Goal;
use ecotrack_common::{ConsumptionGoalId, EnergyProfileId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::{devices, jobs};

impl Row for Image {
    const ENTITY: &'static str = "consumption_goal";
    type Id = ConsumptionGoalId;
    type Seen = Goal;

    fn id(&self) -> ConsumptionGoalId {
        self.consumption_goal_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ConsumptionGoalId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        let found = store::find_locked(conn, profile, id).await?;
        Ok(found.map(|row| {
            let image = Self {
                consumption_goal_id: row.consumption_goal_id,
                goal: row.goal,
                example: row.example,
            };
            (image, row.version)
        }))
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ConsumptionGoalId,
    ) -> sqlx::Result<Option<Goal>> {
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
        id: ConsumptionGoalId,
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
        let device = after.and_then(|after| after.goal.profile_device_id);
        if let Some(device) = device
            && !devices::store::keep(conn, profile, device).await?
        {
            return Err(Error::field("profile_device_id", "not_a_device"));
        }
        Ok(())
    }

    /// A limit that is passed, or is none any more, is told at once.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        let evaluate = jobs::EvaluateAlerts {
            energy_profile_id: profile,
        };
        Ok(jobs::store::enqueue(conn, &evaluate).await?)
    }
}
