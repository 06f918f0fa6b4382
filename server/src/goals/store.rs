//! Goals.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::goal::{Goal, NewGoal};
use ecotrack_common::{ConsumptionGoalId, EnergyProfileId, ProfileDeviceId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::word;

/// A row of `consumption_goal` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub consumption_goal_id: ConsumptionGoalId,
    /// What it says.
    #[serde(flatten)]
    pub goal: NewGoal,
    /// Made up for the demo.
    pub example: bool,
}

struct Row {
    consumption_goal_id: Uuid,
    measure: String,
    period: String,
    limit_value: Decimal,
    valid_from: jiff_sqlx::Date,
    valid_to: Option<jiff_sqlx::Date>,
    profile_device_id: Option<Uuid>,
    example: bool,
    version: i64,
}

impl Row {
    fn into_goal(self) -> sqlx::Result<Goal> {
        Ok(Goal {
            consumption_goal_id: ConsumptionGoalId(self.consumption_goal_id),
            goal: NewGoal {
                measure: word(&self.measure)?,
                period: word(&self.period)?,
                limit: self.limit_value.normalize(),
                valid_from: self.valid_from.to_jiff(),
                valid_to: self.valid_to.map(jiff_sqlx::Date::to_jiff),
                profile_device_id: self.profile_device_id.map(ProfileDeviceId),
            },
            example: self.example,
            version: self.version,
        })
    }
}

/// The goals of a home, the newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<Goal>> {
    sqlx::query_as!(
        Row,
        "SELECT consumption_goal_id, measure, period, limit_value, valid_from, valid_to, profile_device_id, example, version
         FROM consumption_goal
         WHERE energy_profile_id = $1 ORDER BY valid_from DESC, consumption_goal_id DESC LIMIT $2",
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_goal)
    .collect()
}

/// The goals that hold on `day`, of the home and of its devices, the newest first.
pub async fn list_in_force(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    day: Date,
) -> sqlx::Result<Vec<Goal>> {
    let first = day;
    list_held(conn, profile, Cycle { first, last: day }).await
}

/// The goals that hold on any day of a span, of the home and of its devices, the newest first.
pub async fn list_held(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    span: Cycle,
) -> sqlx::Result<Vec<Goal>> {
    sqlx::query_as!(
        Row,
        "SELECT consumption_goal_id, measure, period, limit_value, valid_from, valid_to, profile_device_id, example, version
         FROM consumption_goal
         WHERE energy_profile_id = $1 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to >= $2)
         ORDER BY valid_from DESC, consumption_goal_id DESC",
        profile.0,
        span.first.to_sqlx(),
        span.last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_goal)
    .collect()
}

/// A goal; nobody else changes it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ConsumptionGoalId,
) -> sqlx::Result<Option<Goal>> {
    sqlx::query_as!(
        Row,
        "SELECT consumption_goal_id, measure, period, limit_value, valid_from, valid_to, profile_device_id, example, version
         FROM consumption_goal
         WHERE energy_profile_id = $1 AND consumption_goal_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_goal)
    .transpose()
}

/// Adds a goal.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    let new = &image.goal;
    sqlx::query!(
        "INSERT INTO consumption_goal (energy_profile_id, consumption_goal_id, measure, period, limit_value, valid_from,
                                       valid_to, profile_device_id, example, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        profile.0,
        image.consumption_goal_id.0,
        new.measure.as_str(),
        new.period.as_str(),
        new.limit,
        new.valid_from.to_sqlx(),
        new.valid_to.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.profile_device_id.map(|id| id.0),
        image.example,
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a goal.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let new = &image.goal;
    sqlx::query!(
        "UPDATE consumption_goal
         SET measure = $3, period = $4, limit_value = $5, valid_from = $6, valid_to = $7, profile_device_id = $8,
             version = version + 1
         WHERE energy_profile_id = $1 AND consumption_goal_id = $2",
        profile.0,
        image.consumption_goal_id.0,
        new.measure.as_str(),
        new.period.as_str(),
        new.limit,
        new.valid_from.to_sqlx(),
        new.valid_to.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.profile_device_id.map(|id| id.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a goal.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ConsumptionGoalId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM consumption_goal WHERE energy_profile_id = $1 AND consumption_goal_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
