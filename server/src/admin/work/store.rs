//! The queue's own tables, and the trainings of all homes.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::admin::{AdminJob, AdminTraining, TrainingCounts};
use graphile_worker::TaskHandler;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{duration_ms, state};
use crate::jobs::TrainProfile;

/// Trainings of so long ago are counted.
const OF_LATE: SignedDuration = SignedDuration::from_hours(7 * 24);

// The queue's statements are not checked at compile time: its schema is made by its own migrations.

/// Jobs behind `after`, the oldest first.
pub(super) async fn list_jobs(
    conn: &mut PgConnection,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<AdminJob>> {
    let rows = sqlx::query(
        "SELECT j.id, t.identifier, j.payload ->> 'energy_profile_id' AS energy_profile_id, j.run_at, j.attempts,
                j.max_attempts, j.last_error, j.created_at, j.locked_at IS NOT NULL AS locked
         FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
         WHERE $1::bigint IS NULL OR j.id > $1
         ORDER BY j.id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(job).collect()
}

/// A job; the worker does not begin it until the transaction ends.
pub(super) async fn find_job_locked(
    conn: &mut PgConnection,
    id: i64,
) -> sqlx::Result<Option<AdminJob>> {
    let row = sqlx::query(
        "SELECT j.id, t.identifier, j.payload ->> 'energy_profile_id' AS energy_profile_id, j.run_at, j.attempts,
                j.max_attempts, j.last_error, j.created_at, j.locked_at IS NOT NULL AS locked
         FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
         WHERE j.id = $1 FOR UPDATE OF j",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(job).transpose()
}

/// Puts a job back into the queue, due now, none of its attempts used. Its last error stays to be
/// read until it ends well.
pub(super) async fn retry_job(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "SELECT graphile_worker.reschedule_jobs(ARRAY[$1::bigint], run_at => now(), attempts => 0)",
    )
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}

fn job(row: &PgRow) -> sqlx::Result<AdminJob> {
    let attempts: i16 = row.try_get("attempts")?;
    let max_attempts: i16 = row.try_get("max_attempts")?;
    let last_error: Option<String> = row.try_get("last_error")?;
    let locked: bool = row.try_get("locked")?;
    let profile: Option<String> = row.try_get("energy_profile_id")?;
    let at = |name| row.try_get::<jiff_sqlx::Timestamp, _>(name);
    let (attempts, max_attempts) = (i32::from(attempts), i32::from(max_attempts));
    Ok(AdminJob {
        job_id: row.try_get("id")?,
        task: row.try_get("identifier")?,
        energy_profile_id: profile.and_then(|id| id.parse::<EnergyProfileId>().ok()),
        state: state(locked, attempts, max_attempts, last_error.is_some()),
        run_at: at("run_at")?.to_jiff(),
        attempts,
        max_attempts,
        last_error,
        created_at: at("created_at")?.to_jiff(),
    })
}

/// Trainings before `before` (all, when `None`), newest first.
pub(super) async fn list_trainings(
    conn: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<AdminTraining>> {
    let rows = sqlx::query!(
        "SELECT energy_profile_id, training_run_id, trigger, state, started_at, finished_at, message
         FROM training_run WHERE $1::uuid IS NULL OR training_run_id < $1
         ORDER BY training_run_id DESC LIMIT $2",
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    let training = rows.into_iter().map(|row| AdminTraining {
        training_run_id: row.training_run_id,
        energy_profile_id: EnergyProfileId(row.energy_profile_id),
        trigger: row.trigger,
        state: row.state,
        started_at: row.started_at.to_jiff(),
        duration_ms: duration_ms(
            row.started_at.to_jiff(),
            row.finished_at.map(jiff_sqlx::Timestamp::to_jiff),
        ),
        message: row.message,
    });
    Ok(training.collect())
}

/// How the trainings of all homes stand.
pub(super) async fn count_trainings(
    conn: &mut PgConnection,
    now: Timestamp,
) -> sqlx::Result<TrainingCounts> {
    let waiting = sqlx::query_scalar(
        "SELECT count(*) FROM graphile_worker._private_jobs AS j
         JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
         WHERE t.identifier = $1 AND j.is_available",
    )
    .bind(TrainProfile::IDENTIFIER)
    .fetch_one(&mut *conn)
    .await?;
    let runs = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE r.state = 'running') AS "running!",
                  count(*) FILTER (WHERE r.finished_at >= $1 AND r.state = 'failed' AND NOT EXISTS (
                      SELECT FROM training_run AS later
                      WHERE later.energy_profile_id = r.energy_profile_id AND later.started_at > r.started_at
                        AND later.state IN ('succeeded', 'too_little'))) AS "failed!"
           FROM training_run AS r"#,
        (now - OF_LATE).to_sqlx(),
    )
    .fetch_one(conn)
    .await?;
    Ok(TrainingCounts {
        waiting,
        running: runs.running,
        failed: runs.failed,
    })
}
