//! Putting jobs into the queue, on the caller's connection: a job asked for in a transaction is there
//! when the transaction stands, and not otherwise.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::Job;

/// The queue's own schema.
pub const SCHEMA: &str = "graphile_worker";

/// Puts a job into the queue; one that waits under the same key is replaced.
pub async fn enqueue<J: Job>(conn: &mut PgConnection, job: &J) -> sqlx::Result<()> {
    let payload =
        serde_json::to_value(job).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // Not checked at compile time: the schema is made by the queue's own migrations.
    sqlx::query(
        "SELECT graphile_worker.add_job($1, payload => $2::json, job_key => $3, queue_name => $4)",
    )
    .bind(J::IDENTIFIER)
    .bind(payload)
    .bind(job.key())
    .bind(J::QUEUE)
    .execute(conn)
    .await?;
    Ok(())
}

/// How long answers and ended sessions are kept: longer than any client keeps an entry to deliver.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 180);

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
