//! What a home says of a rule as a row that people edit.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::alert::{AlertRule, HomeAlertRule};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::Result;
use crate::jobs::{self, EvaluateAlerts};

impl Row for Image {
    const ENTITY: &'static str = "alert_rule";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] =
        &[("alert_rule_pkey", "rule", "taken")];
    type Id = AlertRule;
    type Seen = HomeAlertRule;

    fn id(&self) -> AlertRule {
        self.rule
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        rule: AlertRule,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        let found = store::find_rule_locked(conn, profile, rule).await?;
        Ok(found.map(|row| {
            let image = Self {
                rule: row.rule,
                settings: row.settings,
            };
            (image, row.version)
        }))
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        rule: AlertRule,
    ) -> sqlx::Result<Option<HomeAlertRule>> {
        store::find_rule_locked(conn, profile, rule).await
    }

    async fn insert(
        &self,
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        version: i64,
    ) -> sqlx::Result<()> {
        store::insert_rule(conn, profile, self, version).await
    }

    async fn update(&self, conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        store::update_rule(conn, profile, self).await
    }

    async fn delete(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        rule: AlertRule,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete_rule(conn, profile, rule).await
    }

    /// Alerts follow from the rules as they stand.
    async fn settle(
        conn: &mut PgConnection,
        energy_profile_id: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        Ok(jobs::store::enqueue(conn, &EvaluateAlerts { energy_profile_id }).await?)
    }
}
