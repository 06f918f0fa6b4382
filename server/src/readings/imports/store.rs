//! Imported files, and what their days were before.

use ecotrack_common::{AccountId, EnergyProfileId, ImportBatchId, MeterId, OperationId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::readings::derive::{Content, Day};

/// A file that is being imported.
pub struct Batch<'a> {
    /// Key.
    pub id: ImportBatchId,
    /// Meter.
    pub meter: MeterId,
    /// The operation by which it is undone.
    pub operation: OperationId,
    /// As the client named it.
    pub file_name: Option<&'a str>,
    /// SHA-256 of the file.
    pub sha256: &'a [u8],
    /// Rows of the file.
    pub rows: i64,
    /// Who imports it.
    pub account: Option<AccountId>,
}

/// Notes an import and what its days were before and are after.
pub async fn insert_batch(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: &Batch<'_>,
    changes: &[(Option<Day>, Day)],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_batch (energy_profile_id, import_batch_id, meter_id, operation_id, file_name, file_sha256,
                                   row_count, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        profile.0,
        batch.id.0,
        batch.meter.0,
        batch.operation.0,
        batch.file_name,
        batch.sha256,
        batch.rows,
        batch.account.map(|account| account.0),
        now.to_sqlx(),
    )
    .execute(&mut *conn)
    .await?;
    let dates: Vec<jiff_sqlx::Date> = changes
        .iter()
        .map(|(_, after)| after.date.to_sqlx())
        .collect();
    let before: Vec<Option<serde_json::Value>> = changes
        .iter()
        .map(|(before, _)| before.as_ref().map(steps_json))
        .collect();
    let after: Vec<serde_json::Value> =
        changes.iter().map(|(_, after)| steps_json(after)).collect();
    sqlx::query(
        "INSERT INTO import_batch_day (energy_profile_id, import_batch_id, local_date, before, after)
         SELECT $1, $2, * FROM unnest($3::date[], $4::jsonb[], $5::jsonb[])",
    )
    .bind(profile.0)
    .bind(batch.id.0)
    .bind(dates)
    .bind(before)
    .bind(after)
    .execute(conn)
    .await?;
    Ok(())
}

/// A day's steps as kept for undo.
pub fn steps_json(day: &Day) -> serde_json::Value {
    match &day.content {
        Content::Steps {
            step_minutes,
            mwh,
            estimated,
        } => {
            serde_json::json!({ "step_minutes": step_minutes, "mwh": mwh, "estimated": estimated })
        }
        Content::Spread { mwh, minutes } => {
            serde_json::json!({ "spread_mwh": mwh, "spread_minutes": minutes })
        }
    }
}

fn content_of(json: serde_json::Value) -> sqlx::Result<Content> {
    #[derive(Deserialize)]
    struct Kept {
        step_minutes: i16,
        mwh: Vec<Option<i32>>,
        estimated: Option<Vec<bool>>,
    }
    let Kept {
        step_minutes,
        mwh,
        estimated,
    } = crate::database::document(json)?;
    Ok(Content::Steps {
        step_minutes,
        mwh,
        estimated,
    })
}

/// What an import changed: its meter, and each day before and after.
pub async fn find_batch(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
) -> sqlx::Result<Option<(MeterId, Vec<(Date, Option<Content>, Content)>)>> {
    let meter = sqlx::query_scalar!(
        "SELECT meter_id FROM import_batch WHERE energy_profile_id = $1 AND import_batch_id = $2",
        profile.0,
        batch.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(meter) = meter else { return Ok(None) };
    let days = sqlx::query!(
        "SELECT local_date, before, after FROM import_batch_day
         WHERE energy_profile_id = $1 AND import_batch_id = $2 ORDER BY local_date",
        profile.0,
        batch.0,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok((
            row.local_date.to_jiff(),
            row.before.map(content_of).transpose()?,
            content_of(row.after)?,
        ))
    })
    .collect::<sqlx::Result<Vec<_>>>()?;
    Ok(Some((MeterId(meter), days)))
}

/// Removes days by date.
pub async fn delete_dates(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    dates: &[Date],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = dates.iter().map(|date| date.to_sqlx()).collect();
    sqlx::query("DELETE FROM consumption_day WHERE energy_profile_id = $1 AND meter_id = $2 AND local_date = ANY($3)")
        .bind(profile.0)
        .bind(meter.0)
        .bind(dates)
        .execute(conn)
        .await?;
    Ok(())
}
