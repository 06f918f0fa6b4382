//! Days on which nobody is at home.

use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::{AwayPeriodId, EnergyProfileId};
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of `away_period` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub away_period_id: AwayPeriodId,
    /// What is said of it.
    #[serde(flatten)]
    pub period: NewAwayPeriod,
}

struct Row {
    away_period_id: Uuid,
    first_day: jiff_sqlx::Date,
    last_day: jiff_sqlx::Date,
    note: Option<String>,
    version: i64,
}

impl Row {
    fn into_period(self) -> AwayPeriod {
        AwayPeriod {
            away_period_id: AwayPeriodId(self.away_period_id),
            period: NewAwayPeriod {
                first_day: self.first_day.to_jiff(),
                last_day: self.last_day.to_jiff(),
                note: self.note,
            },
            version: self.version,
        }
    }
}

/// The home's times away, newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<AwayPeriod>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT away_period_id, first_day, last_day, note, version FROM away_period
         WHERE energy_profile_id = $1 ORDER BY first_day DESC, away_period_id DESC LIMIT $2",
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::into_period).collect())
}

/// A time away; nobody else changes it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AwayPeriodId,
) -> sqlx::Result<Option<AwayPeriod>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT away_period_id, first_day, last_day, note, version FROM away_period
         WHERE energy_profile_id = $1 AND away_period_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Row::into_period))
}

/// Adds a time away.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO away_period (energy_profile_id, away_period_id, first_day, last_day, note, version)
         VALUES ($1, $2, $3, $4, $5, $6)",
        profile.0,
        image.away_period_id.0,
        image.period.first_day.to_sqlx(),
        image.period.last_day.to_sqlx(),
        image.period.note,
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a time away.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE away_period SET first_day = $3, last_day = $4, note = $5, version = version + 1
         WHERE energy_profile_id = $1 AND away_period_id = $2",
        profile.0,
        image.away_period_id.0,
        image.period.first_day.to_sqlx(),
        image.period.last_day.to_sqlx(),
        image.period.note,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a time away.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AwayPeriodId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM away_period WHERE energy_profile_id = $1 AND away_period_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
