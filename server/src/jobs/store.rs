//! Putting jobs into the queue, on the caller's connection: a job asked for in a transaction is there
//! when the transaction stands, and not otherwise.

use sqlx::PgConnection;

use super::Job;

/// The queue's own schema.
pub const SCHEMA: &str = "graphile_worker";

/// Puts a job into the queue; one that waits under the same key is replaced.
pub async fn enqueue<J: Job>(conn: &mut PgConnection, job: &J) -> sqlx::Result<()> {
    let payload =
        serde_json::to_value(job).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // Not checked at compile time: the schema is made by the queue's own migrations.
    sqlx::query("SELECT graphile_worker.add_job($1, payload => $2::json, job_key => $3)")
        .bind(J::IDENTIFIER)
        .bind(payload)
        .bind(job.key())
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
