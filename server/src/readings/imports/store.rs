//! Imports: what is staged of a file, how it gets into the days, and what they were before.
//!
//! The tables of the staging exist in the transaction of the import only, so their statements cannot be
//! checked while compiling. They are named `import_*` and go when it ends, whichever way.

use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{AccountId, EnergyProfileId, ImportBatchId, MeterId, OperationId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::database::word;
use crate::readings::derive::{Content, Day};

/// A file that is being imported.
pub struct Batch<'a> {
    /// Key.
    pub id: ImportBatchId,
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

/// Makes the tables that a file is staged in.
pub async fn create_staging(conn: &mut PgConnection) -> sqlx::Result<()> {
    for table in [
        "CREATE TEMPORARY TABLE import_day (
             meter_id uuid NOT NULL, local_date date NOT NULL, starts_at timestamptz NOT NULL,
             day_minutes smallint NOT NULL, step_minutes smallint NOT NULL, step_mwh integer[] NOT NULL,
             step_estimated boolean[], known smallint NOT NULL, line bigint NOT NULL) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE import_row (
             meter_id uuid NOT NULL, starts bigint NOT NULL, ends bigint, mwh bigint NOT NULL,
             estimated boolean NOT NULL, restarted boolean NOT NULL, line bigint NOT NULL,
             note text) ON COMMIT DROP",
        // Days that need more than being put in, with what is stored of them.
        "CREATE TEMPORARY TABLE import_meeting (
             meter_id uuid NOT NULL, local_date date NOT NULL, starts_at timestamptz, day_minutes smallint,
             step_minutes smallint, step_mwh integer[], step_estimated boolean[], spread_mwh bigint,
             spread_minutes smallint, PRIMARY KEY (meter_id, local_date)) ON COMMIT DROP",
        // What those become.
        "CREATE TEMPORARY TABLE import_merged (LIKE import_day, PRIMARY KEY (meter_id, local_date)) ON COMMIT DROP",
    ] {
        sqlx::query(table).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Where staged rows go.
#[derive(Debug, Clone, Copy)]
pub enum Staging {
    /// Parts of days.
    Days,
    /// Rows one by one.
    Rows,
    /// Days as they will be.
    Merged,
}

/// Copies rows as [`CopyRows`](super::copy::CopyRows) frames them. They are at hand, so that no
/// statement waits for whoever sends the file.
pub async fn copy(conn: &mut PgConnection, to: Staging, rows: Vec<u8>) -> sqlx::Result<()> {
    let mut copy = conn
        .copy_in_raw(match to {
            Staging::Days => "COPY import_day FROM STDIN (FORMAT binary)",
            Staging::Rows => "COPY import_row FROM STDIN (FORMAT binary)",
            Staging::Merged => "COPY import_merged FROM STDIN (FORMAT binary)",
        })
        .await?;
    copy.send(rows).await?;
    copy.finish().await?;
    Ok(())
}

/// Those of the meters that the home has, held against other writers, in the order of their keys.
pub async fn lock_meters(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meters: &[MeterId],
) -> sqlx::Result<Vec<(MeterId, ReadingKind)>> {
    let meters: Vec<Uuid> = meters.iter().map(|meter| meter.0).collect();
    sqlx::query!(
        "SELECT meter_id, reading_kind FROM meter
         WHERE energy_profile_id = $1 AND meter_id = ANY($2) AND removed_at IS NULL
         ORDER BY meter_id FOR NO KEY UPDATE",
        profile.0,
        &meters,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| Ok((MeterId(row.meter_id), word(&row.reading_kind)?)))
    .collect()
}

/// Drops staged parts of days that are stored as they are; gives how many steps those had, by meter.
pub async fn drop_same(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<(MeterId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "WITH same AS (
             DELETE FROM import_day AS s USING consumption_day AS d
             WHERE d.energy_profile_id = $1 AND d.meter_id = s.meter_id AND d.local_date = s.local_date
               AND d.step_minutes = s.step_minutes AND d.step_mwh = s.step_mwh
               AND d.step_estimated IS NOT DISTINCT FROM s.step_estimated
             RETURNING s.meter_id, s.known)
         SELECT meter_id, sum(known) FROM same GROUP BY meter_id",
    )
    .bind(profile.0)
    .fetch_all(conn)
    .await?;
    Ok(by_meter(rows))
}

fn by_meter(rows: Vec<(Uuid, i64)>) -> Vec<(MeterId, i64)> {
    let named = rows
        .into_iter()
        .map(|(meter, count)| (MeterId(meter), count));
    named.collect()
}

/// Finds the days that came in parts, or that something is stored of. Gives how many there are.
pub async fn find_meeting(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<u64> {
    let found = sqlx::query(
        "INSERT INTO import_meeting
         SELECT s.meter_id, s.local_date, d.starts_at, d.day_minutes, d.step_minutes, d.step_mwh, d.step_estimated,
                d.spread_mwh, d.spread_minutes
         FROM (SELECT meter_id, local_date, count(*) AS parts FROM import_day GROUP BY meter_id, local_date) AS s
         LEFT JOIN consumption_day AS d
           ON d.energy_profile_id = $1 AND d.meter_id = s.meter_id AND d.local_date = s.local_date
         WHERE s.parts > 1 OR d.meter_id IS NOT NULL",
    )
    .bind(profile.0)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if found > 0 {
        for statement in [
            "CREATE INDEX ON import_day (meter_id, local_date)",
            "ANALYZE import_day",
            "ANALYZE import_meeting",
        ] {
            sqlx::query(statement).execute(&mut *conn).await?;
        }
    }
    Ok(found)
}

/// A part of a day, with what is stored of that.
pub struct Meeting {
    /// Meter.
    pub meter: MeterId,
    /// The part.
    pub part: Day,
    /// Its first line.
    pub line: i64,
    /// What is stored.
    pub stored: Option<Day>,
}

/// The parts of the next days after that of a meter and date, some hundred of them, in order.
pub async fn list_meeting(
    conn: &mut PgConnection,
    after: Option<(MeterId, Date)>,
) -> sqlx::Result<Vec<Meeting>> {
    let (meter, date) = after.unzip();
    sqlx::query(
        "SELECT s.meter_id, s.local_date, s.starts_at, s.day_minutes, s.step_minutes, s.step_mwh, s.step_estimated,
                NULL::bigint AS spread_mwh, NULL::smallint AS spread_minutes, s.line,
                m.starts_at AS kept_starts_at, m.day_minutes AS kept_day_minutes, m.step_minutes AS kept_step_minutes,
                m.step_mwh AS kept_step_mwh, m.step_estimated AS kept_step_estimated,
                m.spread_mwh AS kept_spread_mwh, m.spread_minutes AS kept_spread_minutes
         FROM (SELECT * FROM import_meeting
               WHERE $1::uuid IS NULL OR (meter_id, local_date) > ($1, $2::date)
               ORDER BY meter_id, local_date LIMIT 500) AS m
         JOIN import_day AS s USING (meter_id, local_date)
         ORDER BY s.meter_id, s.local_date, s.line",
    )
    .bind(meter.map(|meter| meter.0))
    .bind(date.map(ToSqlx::to_sqlx))
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        let part = read_day(row, "")?;
        let kept: Option<i16> = row.try_get("kept_day_minutes")?;
        Ok(Meeting {
            meter: MeterId(row.try_get("meter_id")?),
            part: part.clone(),
            line: row.try_get("line")?,
            stored: match kept {
                Some(_) => Some(Day {
                    date: part.date,
                    ..read_day(row, "kept_")?
                }),
                None => None,
            },
        })
    })
    .collect()
}

fn read_day(row: &sqlx::postgres::PgRow, prefix: &str) -> sqlx::Result<Day> {
    let column = |name: &str| format!("{prefix}{name}");
    let get_date: jiff_sqlx::Date = row.try_get("local_date")?;
    let starts_at: jiff_sqlx::Timestamp = row.try_get(column("starts_at").as_str())?;
    let steps: Option<Vec<Option<i32>>> = row.try_get(column("step_mwh").as_str())?;
    let content = match steps {
        Some(mwh) => Content::Steps {
            step_minutes: row.try_get(column("step_minutes").as_str())?,
            mwh,
            estimated: row.try_get(column("step_estimated").as_str())?,
        },
        None => Content::Spread {
            mwh: row.try_get(column("spread_mwh").as_str())?,
            minutes: row.try_get(column("spread_minutes").as_str())?,
        },
    };
    Ok(Day {
        date: get_date.to_jiff(),
        starts_at: starts_at.to_jiff(),
        minutes: row.try_get(column("day_minutes").as_str())?,
        content,
    })
}

/// Steps of the days that are put in as they came, by meter.
pub async fn count_new(conn: &mut PgConnection) -> sqlx::Result<Vec<(MeterId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT meter_id, sum(known) FROM import_day AS s
         WHERE NOT EXISTS (SELECT FROM import_meeting AS m
                           WHERE m.meter_id = s.meter_id AND m.local_date = s.local_date)
         GROUP BY meter_id",
    )
    .fetch_all(conn)
    .await?;
    Ok(by_meter(rows))
}

/// Days that will be written, by meter.
pub async fn count_days(conn: &mut PgConnection) -> sqlx::Result<Vec<(MeterId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT meter_id, count(*) FROM (
             SELECT meter_id FROM import_day AS s
             WHERE NOT EXISTS (SELECT FROM import_meeting AS m
                               WHERE m.meter_id = s.meter_id AND m.local_date = s.local_date)
             UNION ALL
             SELECT meter_id FROM import_merged) AS days
         GROUP BY meter_id ORDER BY meter_id",
    )
    .fetch_all(conn)
    .await?;
    Ok(by_meter(rows))
}

/// Puts the days in; those that they replace are kept before.
pub async fn write_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes,
                                      step_mwh, step_estimated, import_batch_id)
         SELECT $1::uuid, s.meter_id, s.local_date, s.starts_at, s.day_minutes, s.step_minutes, s.step_mwh,
                s.step_estimated, $2::uuid
         FROM import_day AS s
         WHERE NOT EXISTS (SELECT FROM import_meeting AS m
                           WHERE m.meter_id = s.meter_id AND m.local_date = s.local_date)
         UNION ALL
         SELECT $1::uuid, s.meter_id, s.local_date, s.starts_at, s.day_minutes, s.step_minutes, s.step_mwh,
                s.step_estimated, $2::uuid
         FROM import_merged AS s
         ON CONFLICT ON CONSTRAINT consumption_day_pkey DO UPDATE
         SET starts_at = excluded.starts_at, day_minutes = excluded.day_minutes,
             step_minutes = excluded.step_minutes, step_mwh = excluded.step_mwh,
             step_estimated = excluded.step_estimated, import_batch_id = excluded.import_batch_id",
    )
    .bind(profile.0)
    .bind(batch.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the days that will be replaced, for undo.
pub async fn keep_replaced(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO import_batch_day (energy_profile_id, import_batch_id, meter_id, local_date, starts_at,
                                       day_minutes, step_minutes, step_mwh, step_estimated, written_by)
         SELECT $1, $2, d.meter_id, d.local_date, d.starts_at, d.day_minutes, d.step_minutes, d.step_mwh,
                d.step_estimated, d.import_batch_id
         FROM consumption_day AS d JOIN import_merged AS m USING (meter_id, local_date)
         WHERE d.energy_profile_id = $1",
    )
    .bind(profile.0)
    .bind(batch.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// A row that was staged by itself, in seconds and milliwatt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The start of energy, or the instant of a register.
    pub starts: i64,
    /// The end of energy.
    pub ends: Option<i64>,
    /// Energy, or what the counter showed.
    pub mwh: i64,
    /// An estimate.
    pub estimated: bool,
    /// The counter began anew here.
    pub restarted: bool,
    /// Its line.
    pub line: u64,
}

/// Rows on one page.
pub const PAGE: i64 = 2000;

/// Makes the staged rows quick to find by meter and time.
pub async fn index_rows(conn: &mut PgConnection) -> sqlx::Result<()> {
    for statement in [
        "CREATE INDEX ON import_row (meter_id, starts, line)",
        "ANALYZE import_row",
    ] {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Which of the staged rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Of an hour or less.
    Short,
    /// Longer ones.
    Long,
}

/// The next rows of a meter after a start and a line, in order of both.
pub async fn list_rows(
    conn: &mut PgConnection,
    meter: MeterId,
    length: Length,
    after: Option<(i64, u64)>,
) -> sqlx::Result<Vec<Waiting>> {
    let (starts, line) = after.unwrap_or((i64::MIN, 0));
    let rows: Vec<(i64, Option<i64>, i64, bool, i64)> = sqlx::query_as(
        "SELECT starts, ends, mwh, estimated, line FROM import_row
         WHERE meter_id = $1 AND (ends - starts <= 3600) = $2 AND (starts, line) > ($3, $4)
         ORDER BY starts, line LIMIT $5",
    )
    .bind(meter.0)
    .bind(length == Length::Short)
    .bind(starts)
    .bind(line.cast_signed())
    .bind(PAGE)
    .fetch_all(conn)
    .await?;
    let row = |(starts, ends, mwh, estimated, line): (i64, Option<i64>, i64, bool, i64)| Waiting {
        starts,
        ends,
        mwh,
        estimated,
        // Steps have no counter.
        restarted: false,
        line: line.cast_unsigned(),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The shortest and the longest of a meter's rows of an hour or less, in seconds.
pub async fn find_lengths(
    conn: &mut PgConnection,
    meter: MeterId,
) -> sqlx::Result<Option<(i64, i64)>> {
    let (shortest, longest): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT min(ends - starts), max(ends - starts) FROM import_row
         WHERE meter_id = $1 AND ends - starts <= 3600",
    )
    .bind(meter.0)
    .fetch_one(conn)
    .await?;
    Ok(shortest.zip(longest))
}

/// The step in which a meter was known last.
pub async fn find_step(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
) -> sqlx::Result<Option<i16>> {
    let step = sqlx::query_scalar!(
        "SELECT step_minutes FROM consumption_day
         WHERE energy_profile_id = $1 AND meter_id = $2 AND step_minutes IS NOT NULL
         ORDER BY local_date DESC LIMIT 1",
        profile.0,
        meter.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(step.flatten())
}

/// The days of a meter as they will be, as far as that is decided.
pub async fn list_state(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<Day>> {
    sqlx::query(
        "SELECT local_date, starts_at, day_minutes, step_minutes, step_mwh, step_estimated,
                NULL::bigint AS spread_mwh, NULL::smallint AS spread_minutes
         FROM import_merged WHERE meter_id = $2 AND local_date BETWEEN $3 AND $4
         UNION ALL
         SELECT local_date, starts_at, day_minutes, step_minutes, step_mwh, step_estimated, NULL, NULL
         FROM import_day AS s WHERE meter_id = $2 AND local_date BETWEEN $3 AND $4
           AND NOT EXISTS (SELECT FROM import_meeting AS m
                           WHERE m.meter_id = s.meter_id AND m.local_date = s.local_date)
         UNION ALL
         SELECT local_date, starts_at, day_minutes, step_minutes, step_mwh, step_estimated, spread_mwh, spread_minutes
         FROM consumption_day AS d
         WHERE energy_profile_id = $1 AND meter_id = $2 AND local_date BETWEEN $3 AND $4
           AND NOT EXISTS (SELECT FROM import_merged AS m
                           WHERE m.meter_id = d.meter_id AND m.local_date = d.local_date)",
    )
    .bind(profile.0)
    .bind(meter.0)
    .bind(first.to_sqlx())
    .bind(last.to_sqlx())
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| read_day(row, ""))
    .collect()
}

/// Takes days out of what is staged: they come again, otherwise.
pub async fn take_back(
    conn: &mut PgConnection,
    meter: MeterId,
    dates: &[Date],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = dates.iter().map(|date| date.to_sqlx()).collect();
    for statement in [
        "INSERT INTO import_meeting (meter_id, local_date) SELECT $1, unnest($2::date[]) ON CONFLICT DO NOTHING",
        "DELETE FROM import_merged WHERE meter_id = $1 AND local_date = ANY($2)",
    ] {
        sqlx::query(statement)
            .bind(meter.0)
            .bind(&dates)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Notes an import.
pub async fn insert_batch(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: &Batch<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_batch (energy_profile_id, import_batch_id, operation_id, file_name, file_sha256, row_count,
                                   created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        batch.id.0,
        batch.operation.0,
        batch.file_name,
        batch.sha256,
        batch.rows,
        batch.account.map(|account| account.0),
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What an import wrote of a meter.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Meter.
    pub meter: MeterId,
    /// Days that were written.
    pub days: i64,
    /// Readings that were written.
    pub readings: i64,
}

/// Notes what an import wrote of a meter.
pub async fn insert_written(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: ImportBatchId,
    written: Written,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO import_batch_meter (energy_profile_id, import_batch_id, meter_id, day_count, reading_count)
         VALUES ($1, $2, $3, $4, $5)",
        profile.0,
        batch.0,
        written.meter.0,
        written.days,
        written.readings,
    )
    .execute(conn)
    .await?;
    Ok(())
}
