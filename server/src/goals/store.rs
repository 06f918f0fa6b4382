//! Goals.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::goal::{GoalMeasure, GoalPeriod};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::word;

/// A limit for a billing cycle.
#[derive(Debug, Clone)]
pub struct Goal {
    /// Key.
    pub id: Uuid,
    /// What it limits.
    pub measure: GoalMeasure,
    /// The limit, in the unit of the measure.
    pub limit: Decimal,
    /// Made up for the demo.
    pub example: bool,
}

/// The goals of the whole home for the billing cycle that holds `day`.
pub async fn list_of_cycle(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    day: Date,
) -> sqlx::Result<Vec<Goal>> {
    sqlx::query!(
        "SELECT consumption_goal_id, measure, limit_value, example FROM consumption_goal
         WHERE energy_profile_id = $1 AND period = $2 AND profile_device_id IS NULL
           AND valid_from <= $3 AND (valid_to IS NULL OR valid_to >= $3)
         ORDER BY valid_from DESC, consumption_goal_id",
        profile.0,
        GoalPeriod::Cycle.as_str(),
        day.to_sqlx(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Goal {
            id: row.consumption_goal_id,
            measure: word(&row.measure)?,
            limit: row.limit_value,
            example: row.example,
        })
    })
    .collect()
}

/// Adds a goal for each billing cycle from `valid_from` on.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    goal: &Goal,
    valid_from: Date,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO consumption_goal (energy_profile_id, consumption_goal_id, measure, period, limit_value, valid_from, example)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        profile.0,
        goal.id,
        goal.measure.as_str(),
        GoalPeriod::Cycle.as_str(),
        goal.limit,
        valid_from.to_sqlx(),
        goal.example,
    )
    .execute(conn)
    .await?;
    Ok(())
}
