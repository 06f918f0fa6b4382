//! What imports wrote, as far as it still stands, and what was there before.

use ecotrack_common::{EnergyProfileId, ImportBatchId, MeterId};
use sqlx::PgConnection;

use crate::readings::imports::store::Written;

/// What an import wrote, by meter.
pub async fn list_written(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
) -> sqlx::Result<Vec<Written>> {
    sqlx::query!(
        "SELECT meter_id, day_count, reading_count FROM import_batch_meter
         WHERE energy_profile_id = $1 AND import_batch_id = $2 ORDER BY meter_id",
        profile.0,
        batch.0,
    )
    .map(|row| Written {
        meter: MeterId(row.meter_id),
        days: row.day_count,
        readings: row.reading_count,
    })
    .fetch_all(conn)
    .await
}

/// Days and readings of a meter that still are what an import made them.
pub async fn count_unchanged(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
    meter: MeterId,
) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM consumption_day
                   WHERE energy_profile_id = $1 AND meter_id = $2 AND import_batch_id = $3) AS "days!",
                  (SELECT count(*) FROM energy_reading
                   WHERE energy_profile_id = $1 AND meter_id = $2 AND import_batch_id = $3) AS "readings!""#,
        profile.0,
        meter.0,
        batch.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.days, row.readings))
}

/// Puts the days of a meter back as they were before an import.
pub async fn restore_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
    meter: MeterId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE consumption_day AS d
         SET starts_at = b.starts_at, day_minutes = b.day_minutes, step_minutes = b.step_minutes,
             step_mwh = b.step_mwh, step_estimated = b.step_estimated, import_batch_id = b.written_by
         FROM import_batch_day AS b
         WHERE d.energy_profile_id = $1 AND d.meter_id = $2
           AND b.energy_profile_id = $1 AND b.meter_id = $2 AND b.import_batch_id = $3
           AND b.local_date = d.local_date",
        profile.0,
        meter.0,
        batch.0,
    )
    .execute(&mut *conn)
    .await?;
    // What is still marked replaced nothing.
    sqlx::query!(
        "DELETE FROM consumption_day WHERE energy_profile_id = $1 AND meter_id = $2 AND import_batch_id = $3",
        profile.0,
        meter.0,
        batch.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
