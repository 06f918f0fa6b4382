//! Staged readings beside those that are stored, and into them.

use ecotrack_common::{AccountId, EnergyProfileId, ImportBatchId, MeterId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::readings::imports::store::{PAGE, Waiting};

/// A register that is stored, in seconds and milliwatt-hours.
#[derive(Debug, Clone, Copy)]
pub struct Register {
    /// When it was read.
    pub at: i64,
    /// What it showed.
    pub mwh: i64,
    /// The counter began anew here.
    pub restarted: bool,
}

/// A staged row, and what is stored around it.
#[derive(Debug)]
pub struct Beside {
    /// The row.
    pub row: Waiting,
    /// The reading at its instant: energy or register, and the end of a period.
    pub stored: Option<(i64, Option<i64>)>,
    /// The register before.
    pub before: Option<Register>,
    /// The register after.
    pub after: Option<Register>,
}

/// Makes the table of readings that will be written.
pub async fn create_staging(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TEMPORARY TABLE import_reading (
             meter_id uuid NOT NULL, starts bigint NOT NULL, ends bigint, mwh bigint NOT NULL,
             estimated boolean NOT NULL, restarted boolean NOT NULL, note text,
             PRIMARY KEY (meter_id, starts)) ON COMMIT DROP",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The next rows of a meter after a start and a line, in order of both. With `replace`, registers at
/// whose instant the file has something do not count as standing around the others.
pub async fn list_beside(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    replace: bool,
    after: Option<(i64, u64)>,
) -> sqlx::Result<Vec<Beside>> {
    let (starts, line) = after.unwrap_or((i64::MIN, 0));
    sqlx::query(
        "WITH page AS (
             SELECT starts, ends, mwh, estimated, restarted, line, to_timestamp(starts) AS at FROM import_row
             WHERE meter_id = $2 AND (starts, line) > ($4, $5) ORDER BY starts, line LIMIT $6
         ), register AS NOT MATERIALIZED (
             SELECT r.read_at, extract(epoch FROM r.read_at)::bigint AS at, (r.kwh * 1000000)::bigint AS mwh,
                    r.register_restarted AS restarted
             FROM energy_reading AS r
             WHERE r.energy_profile_id = $1 AND r.meter_id = $2 AND r.kind = 'register'
               AND NOT ($3 AND EXISTS (SELECT FROM import_row AS i
                                       WHERE i.meter_id = $2 AND i.starts = extract(epoch FROM r.read_at)::bigint))
         )
         SELECT p.starts, p.ends, p.mwh, p.estimated, p.restarted, p.line,
                (s.kwh * 1000000)::bigint AS stored_mwh, extract(epoch FROM s.ends_at)::bigint AS stored_ends,
                b.at AS before_at, b.mwh AS before_mwh, b.restarted AS before_restarted,
                a.at AS after_at, a.mwh AS after_mwh, a.restarted AS after_restarted
         FROM page AS p
         LEFT JOIN energy_reading AS s ON s.energy_profile_id = $1 AND s.meter_id = $2 AND s.read_at = p.at
         LEFT JOIN LATERAL (SELECT * FROM register WHERE read_at < p.at ORDER BY read_at DESC LIMIT 1) AS b ON p.ends IS NULL
         LEFT JOIN LATERAL (SELECT * FROM register WHERE read_at > p.at ORDER BY read_at LIMIT 1) AS a ON p.ends IS NULL
         ORDER BY p.starts, p.line",
    )
    .bind(profile.0)
    .bind(meter.0)
    .bind(replace)
    .bind(starts)
    .bind(line.cast_signed())
    .bind(PAGE)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        let register = |at: &str, mwh: &str, restarted: &str| -> sqlx::Result<Option<Register>> {
            let at: Option<i64> = row.try_get(at)?;
            let Some(at) = at else { return Ok(None) };
            Ok(Some(Register {
                at,
                mwh: row.try_get(mwh)?,
                restarted: row.try_get(restarted)?,
            }))
        };
        let line: i64 = row.try_get("line")?;
        let stored: Option<i64> = row.try_get("stored_mwh")?;
        let stored_ends: Option<i64> = row.try_get("stored_ends")?;
        Ok(Beside {
            row: Waiting {
                starts: row.try_get("starts")?,
                ends: row.try_get("ends")?,
                mwh: row.try_get("mwh")?,
                estimated: row.try_get("estimated")?,
                restarted: row.try_get("restarted")?,
                line: line.cast_unsigned(),
            },
            stored: stored.map(|mwh| (mwh, stored_ends)),
            before: register("before_at", "before_mwh", "before_restarted")?,
            after: register("after_at", "after_mwh", "after_restarted")?,
        })
    })
    .collect()
}

/// Stages readings that will be written; their notes are where they were staged first.
pub async fn stage(
    conn: &mut PgConnection,
    meter: MeterId,
    readings: &[Waiting],
) -> sqlx::Result<()> {
    let starts: Vec<i64> = readings.iter().map(|row| row.starts).collect();
    let ends: Vec<Option<i64>> = readings.iter().map(|row| row.ends).collect();
    let mwh: Vec<i64> = readings.iter().map(|row| row.mwh).collect();
    let estimated: Vec<bool> = readings.iter().map(|row| row.estimated).collect();
    let restarted: Vec<bool> = readings.iter().map(|row| row.restarted).collect();
    let lines: Vec<i64> = readings.iter().map(|row| row.line.cast_signed()).collect();
    sqlx::query(
        "INSERT INTO import_reading
         SELECT $1, s.starts, s.ends, s.mwh, s.estimated, s.restarted, r.note
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::boolean[], $7::bigint[])
                  AS s (starts, ends, mwh, estimated, restarted, line)
         LEFT JOIN import_row AS r ON r.meter_id = $1 AND r.starts = s.starts AND r.line = s.line",
    )
    .bind(meter.0)
    .bind(starts)
    .bind(ends)
    .bind(mwh)
    .bind(estimated)
    .bind(restarted)
    .bind(lines)
    .execute(conn)
    .await?;
    Ok(())
}

/// Readings that will be written, by meter.
pub async fn count(conn: &mut PgConnection) -> sqlx::Result<Vec<(MeterId, i64)>> {
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT meter_id, count(*) FROM import_reading GROUP BY meter_id")
            .fetch_all(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(meter, count)| (MeterId(meter), count))
        .collect())
}

/// Keeps the readings that will be replaced, for undo.
pub async fn keep_replaced(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO import_batch_reading (energy_profile_id, import_batch_id, meter_id, read_at, kind, kwh, ends_at,
                                           register_restarted, estimated, note, source, entered_by, entered_at,
                                           written_by)
         SELECT $1, $2, r.meter_id, r.read_at, r.kind, r.kwh, r.ends_at, r.register_restarted, r.estimated, r.note,
                r.source, r.entered_by, r.entered_at, r.import_batch_id
         FROM energy_reading AS r
         JOIN import_reading AS i ON i.meter_id = r.meter_id AND to_timestamp(i.starts) = r.read_at
         WHERE r.energy_profile_id = $1",
    )
    .bind(profile.0)
    .bind(batch.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the readings; those that they replace were kept before.
pub async fn write(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
    account: Option<AccountId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO energy_reading (energy_profile_id, meter_id, read_at, kind, kwh, ends_at, estimated,
                                     register_restarted, note, source, entered_by, entered_at, import_batch_id)
         SELECT $1, meter_id, to_timestamp(starts), CASE WHEN ends IS NULL THEN 'register' ELSE 'period' END,
                mwh / 1000000.0, to_timestamp(ends), estimated, restarted, note, 'import', $3, $4, $2
         FROM import_reading
         ON CONFLICT ON CONSTRAINT energy_reading_pkey DO UPDATE
         SET kind = excluded.kind, kwh = excluded.kwh, ends_at = excluded.ends_at,
             register_restarted = excluded.register_restarted, estimated = excluded.estimated, note = excluded.note, source = excluded.source, entered_by = excluded.entered_by,
             entered_at = excluded.entered_at, import_batch_id = excluded.import_batch_id,
             version = energy_reading.version + 1",
    )
    .bind(profile.0)
    .bind(batch.0)
    .bind(account.map(|account| account.0))
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts the readings of a meter back as they were before an import; gives the span that it had told of.
pub async fn restore(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
    meter: MeterId,
    version: i64,
) -> sqlx::Result<Option<(Timestamp, Timestamp)>> {
    let span = sqlx::query!(
        "SELECT min(read_at) AS first, max(coalesce(ends_at, read_at)) AS last FROM energy_reading
         WHERE energy_profile_id = $1 AND meter_id = $2 AND import_batch_id = $3",
        profile.0,
        meter.0,
        batch.0,
    )
    .fetch_one(&mut *conn)
    .await?;
    // As with every row that comes back: a version that it never had.
    let kept = sqlx::query_scalar!(
        "UPDATE energy_reading AS r
         SET kind = b.kind, kwh = b.kwh, ends_at = b.ends_at, register_restarted = b.register_restarted,
             estimated = b.estimated, note = b.note, source = b.source, entered_by = b.entered_by,
             entered_at = b.entered_at, import_batch_id = b.written_by, version = $4
         FROM import_batch_reading AS b
         WHERE r.energy_profile_id = $1 AND r.meter_id = $2
           AND b.energy_profile_id = $1 AND b.meter_id = $2 AND b.import_batch_id = $3 AND b.read_at = r.read_at
         RETURNING coalesce(r.ends_at, r.read_at)",
        profile.0,
        meter.0,
        batch.0,
        version,
    )
    .fetch_all(&mut *conn)
    .await?;
    // What is still marked replaced nothing.
    sqlx::query!(
        "DELETE FROM energy_reading WHERE energy_profile_id = $1 AND meter_id = $2 AND import_batch_id = $3",
        profile.0,
        meter.0,
        batch.0,
    )
    .execute(conn)
    .await?;
    let last = kept.into_iter().flatten().chain(span.last);
    let last = last.map(jiff_sqlx::Timestamp::to_jiff).max();
    Ok(span.first.map(jiff_sqlx::Timestamp::to_jiff).zip(last))
}
