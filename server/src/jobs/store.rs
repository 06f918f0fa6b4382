//! Putting jobs into the queue, on the caller's connection: a job asked for in a transaction is there
//! when the transaction stands, and not otherwise.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};

use super::Job;

/// The queue's own schema.
pub const SCHEMA: &str = "graphile_worker";

/// Puts a job into the queue; one that waits under the same key is replaced.
pub async fn enqueue<J: Job>(conn: &mut PgConnection, job: &J) -> sqlx::Result<()> {
    let payload =
        serde_json::to_value(job).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // Not checked at compile time: the schema is made by the queue's own migrations.
    sqlx::query(
        "SELECT graphile_worker.add_job($1, payload => $2::json, job_key => $3, queue_name => $4, priority => $5)",
    )
    .bind(J::IDENTIFIER)
    .bind(payload)
    .bind(job.key())
    .bind(job.queue())
    .bind(i32::from(job.priority()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts jobs into the queue in one statement, behind those that somebody waits for. One that waits
/// under the same key stays as it is: it will do.
pub async fn enqueue_all<J: Job>(conn: &mut PgConnection, jobs: &[J]) -> sqlx::Result<()> {
    let payloads = jobs.iter().map(serde_json::to_value);
    let payloads = payloads.collect::<serde_json::Result<Vec<_>>>();
    let payloads = payloads.map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let keys: Vec<String> = jobs.iter().map(Job::key).collect();
    let queues: Vec<Option<String>> = jobs.iter().map(Job::queue).collect();
    sqlx::query(
        "SELECT count(*)
         FROM (SELECT array_agg(($1, asked.payload, asked.queue, NULL, NULL, asked.key, $5, NULL)::graphile_worker.job_spec) AS specs
               FROM unnest($2::json[], $3::text[], $4::text[]) AS asked (payload, key, queue)
               WHERE NOT EXISTS (SELECT FROM graphile_worker._private_jobs AS j
                                 WHERE j.key = asked.key AND j.locked_at IS NULL AND j.attempts = 0)
               HAVING count(*) > 0) AS s
         CROSS JOIN LATERAL graphile_worker.add_jobs(s.specs)",
    )
    .bind(J::IDENTIFIER)
    .bind(payloads)
    .bind(keys)
    .bind(queues)
    .bind(BEHIND)
    .execute(conn)
    .await?;
    Ok(())
}

/// Priority of jobs that nobody waits for; the smaller, the sooner.
const BEHIND: i16 = 10;

/// A job as it stands in the queue.
#[derive(Debug, Clone)]
pub struct Queued {
    /// What it is to do.
    pub payload: serde_json::Value,
    /// When it was asked for, by the clock of the database.
    pub asked_at: Timestamp,
    /// Whether a server is doing it.
    pub under_way: bool,
    /// Jobs that are done before it, while it waits.
    pub before: Option<i64>,
}

/// The job under a key.
pub async fn find(conn: &mut PgConnection, key: &str) -> sqlx::Result<Option<Queued>> {
    let row = sqlx::query(
        "SELECT j.payload, j.created_at, j.locked_at IS NOT NULL AS under_way,
                CASE WHEN j.locked_at IS NULL THEN (
                    SELECT count(*) FROM graphile_worker._private_jobs AS other
                    WHERE other.is_available AND other.run_at <= now()
                      AND (other.priority, other.run_at, other.id) < (j.priority, j.run_at, j.id)) END AS before
         FROM graphile_worker._private_jobs AS j WHERE j.key = $1",
    )
    .bind(key)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Queued {
            payload: row.try_get("payload")?,
            asked_at: row
                .try_get::<jiff_sqlx::Timestamp, _>("created_at")?
                .to_jiff(),
            under_way: row.try_get("under_way")?,
            before: row.try_get("before")?,
        })
    })
    .transpose()
}

/// How long answers and ended sessions are kept: longer than any client keeps an entry to deliver.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 180);

/// How long steps wait for somebody to say which meter they are of.
const UNPLACED: SignedDuration = SignedDuration::from_hours(24 * 62);

/// How long steps that were placed are kept beside, for another source that is added to their meter.
const PLACED: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Removes idempotency keys, and sessions and invitations that ended, when they are older than half a
/// year, and recovery codes that expired.
pub async fn sweep(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    let before = now - KEPT;
    sqlx::query!(
        "DELETE FROM idempotency_key WHERE created_at < $1",
        before.to_sqlx()
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM session WHERE expires_at < $1 OR revoked_at < $1",
        before.to_sqlx()
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM invitation WHERE expires_at < $1",
        before.to_sqlx()
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM live_step WHERE starts_at < $1 OR placed AND starts_at < $2",
        (now - UNPLACED).to_sqlx(),
        (now - PLACED).to_sqlx(),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM account_recovery WHERE expires_at < $1",
        now.to_sqlx()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a job could be run now.
#[cfg(test)]
pub(crate) async fn are_due(db: &sqlx::PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM graphile_worker.jobs WHERE run_at <= now() AND locked_at IS NULL)")
        .fetch_one(db)
        .await
}
