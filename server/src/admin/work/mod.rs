//! What the server does by itself, as administrators see it: the queue with what failed in it, and
//! the trainings. Homes are named by their keys: an administrator is no member.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::admin::{AdminAct, AdminJob, AdminJobPage, AdminTrainingPage, JobState};
use ecotrack_common::{ErrorCode, path};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod store;
#[cfg(test)]
mod tests;

use super::{Entry, cut, page, record};
use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::write::{Begun, Write, WriteKey};

/// In the trail: a job, by its task.
const JOB: &str = "job";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(retry))
        .routes(routes!(list_trainings))
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
struct JobsAsked {
    /// The `next_after` of the page before.
    after: Option<i64>,
    /// Jobs on the page, 500 at most.
    limit: Option<i64>,
}

/// Which trainings.
#[derive(Debug, Deserialize, IntoParams)]
struct TrainingsAsked {
    /// The `next_before` of the page before.
    before: Option<Uuid>,
    /// Trainings on the page, 500 at most.
    limit: Option<i64>,
}

/// A page of the jobs, the oldest first. A job that was done is gone.
#[utoipa::path(get, path = path::ADMIN_JOBS, tag = "admin", params(JobsAsked),
    responses((status = 200, body = AdminJobPage)))]
async fn list_jobs(
    State(app): State<App>,
    Query(asked): Query<JobsAsked>,
) -> Result<axum::Json<AdminJobPage>> {
    let limit = page(asked.limit);
    let mut conn = app.db.acquire().await?;
    let mut jobs = store::list_jobs(&mut conn, asked.after, limit + 1).await?;
    let more = cut(&mut jobs, limit);
    let last = jobs.last().map(|job| job.job_id);
    Ok(axum::Json(AdminJobPage {
        jobs,
        next_after: last.filter(|_| more),
    }))
}

/// Tries a job that failed again, at once and as often as a new one.
#[utoipa::path(post, path = path::ADMIN_JOB_RETRY, tag = "admin", params(("job_id" = i64, Path)),
    responses((status = 200, body = AdminJob), (status = 404), (status = 409)))]
async fn retry(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(job): Path<i64>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &job).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let before = store::find_job_locked(write.conn(), job)
        .await?
        .ok_or(Error::NotFound)?;
    if !matches!(before.state, JobState::Failed | JobState::Retrying) {
        let why = "it is being done or waits for its turn; only what failed is tried again";
        return Err(Error::Refused(ErrorCode::NotFailed, why.to_owned()));
    }
    store::retry_job(write.conn(), job).await?;
    let entry = Entry {
        entity: JOB,
        subject: &before.task,
        act: AdminAct::Retry,
        before: None,
        after: None,
    };
    record(&mut write, &caller, entry).await?;
    let after = store::find_job_locked(write.conn(), job)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(None, StatusCode::OK, &after).await
}

/// A page of the trainings of all homes, newest first.
#[utoipa::path(get, path = path::ADMIN_TRAININGS, tag = "admin", params(TrainingsAsked),
    responses((status = 200, body = AdminTrainingPage)))]
async fn list_trainings(
    State(app): State<App>,
    Query(asked): Query<TrainingsAsked>,
) -> Result<axum::Json<AdminTrainingPage>> {
    let limit = page(asked.limit);
    let mut conn = app.db.acquire().await?;
    let mut trainings = store::list_trainings(&mut conn, asked.before, limit + 1).await?;
    let more = cut(&mut trainings, limit);
    let last = trainings.last().map(|training| training.training_run_id);
    let counts = match asked.before {
        None => Some(store::count_trainings(&mut conn, app.clock.now()).await?),
        Some(_) => None,
    };
    Ok(axum::Json(AdminTrainingPage {
        trainings,
        next_before: last.filter(|_| more),
        counts,
    }))
}

/// How a job stands. One that failed waits for its next turn until it has used up its attempts; one
/// that a newer of the same key took the place of has used them up without an error.
fn state(locked: bool, attempts: i32, max_attempts: i32, has_error: bool) -> JobState {
    match (locked, has_error) {
        (true, _) => JobState::Running,
        (false, true) if attempts < max_attempts => JobState::Retrying,
        (false, true) => JobState::Failed,
        (false, false) => JobState::Queued,
    }
}

/// How long a training took, in milliseconds.
fn duration_ms(started_at: Timestamp, finished_at: Option<Timestamp>) -> Option<i64> {
    finished_at.map(|end| end.as_millisecond() - started_at.as_millisecond())
}
