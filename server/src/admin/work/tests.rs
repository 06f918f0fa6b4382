use ecotrack_common::admin::JobState;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::state;
use crate::testing::{TestApp, in_home};

#[test]
fn a_job_stands_by_its_lock_its_error_and_its_attempts() {
    assert_eq!(state(true, 3, 25, true), JobState::Running);
    assert_eq!(state(false, 0, 25, false), JobState::Queued);
    assert_eq!(state(false, 3, 25, true), JobState::Retrying);
    assert_eq!(state(false, 25, 25, true), JobState::Failed);
}

/// Puts a job into the queue that failed so often.
async fn failed(db: &PgPool, home: &str, attempts: i16) -> i64 {
    let id: i64 = sqlx::query_scalar(
        "SELECT id FROM graphile_worker.add_job('refresh_profile', payload => $1::json)",
    )
    .bind(json!({ "energy_profile_id": home }))
    .fetch_one(db)
    .await
    .unwrap();
    sqlx::query(
        "UPDATE graphile_worker._private_jobs
         SET attempts = $2, last_error = 'no days', run_at = now() + interval '1 day' WHERE id = $1",
    )
    .bind(id)
    .bind(attempts)
    .execute(db)
    .await
    .unwrap();
    id
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn jobs_are_listed_and_what_failed_is_tried_again(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let admin = test.administrator("Zoe").await;
    let (_, home) = test.owner().await;
    test.run_jobs().await;
    let id = failed(&db, &home.to_string(), 25).await;
    let listed = admin.get(path::ADMIN_JOBS).await.json;
    let job = listed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["job_id"] == id)
        .unwrap()
        .clone();
    assert_eq!(
        (&job["state"], &job["last_error"]),
        (&json!("failed"), &json!("no days"))
    );
    assert_eq!(
        (&job["task"], &job["energy_profile_id"]),
        (&json!("refresh_profile"), &json!(home))
    );
    let address = path::fill(path::ADMIN_JOB_RETRY, &[("job_id", &id)]);
    let again = admin.post(&address, &Value::Null).await;
    assert_eq!(
        (again.status.as_u16(), &again.json["attempts"]),
        (200, &json!(0)),
        "{}",
        again.json
    );
    let trail = admin.get(path::ADMIN_ENTRIES).await.json;
    assert_eq!(trail["entries"][0]["act"], "retry");
    test.run_jobs().await;
    let left = admin.get(path::ADMIN_JOBS).await.json;
    assert!(
        left["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|job| job["job_id"] != id),
        "it was done: {left}"
    );
    assert_eq!(
        admin.post(&address, &Value::Null).await.status,
        404,
        "and is gone"
    );

    // What waits for its turn needs no help.
    let waits: i64 = sqlx::query_scalar(
        "SELECT id FROM graphile_worker.add_job('sweep', payload => '{}'::json, run_at => now() + interval '1 day')",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    let refused = admin
        .post(
            &path::fill(path::ADMIN_JOB_RETRY, &[("job_id", &waits)]),
            &Value::Null,
        )
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "not_failed")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn trainings_are_listed_by_the_key_of_their_home(db: PgPool) {
    let test = TestApp::new(db).await;
    let admin = test.administrator("Zoe").await;
    let (owner, home) = test.owner().await;
    let asked = owner
        .post(&in_home(path::TRAININGS, home), &Value::Null)
        .await;
    assert!(asked.status.is_success(), "{}", asked.json);
    test.run_jobs().await;
    let listed = admin.get(path::ADMIN_TRAININGS).await;
    let training = &listed.json["trainings"][0];
    assert_eq!(training["energy_profile_id"], json!(home));
    assert_eq!(
        (&training["state"], &training["trigger"]),
        (&json!("too_little"), &json!("request"))
    );
    assert_eq!(training["duration_ms"], 0, "the clock of a test stands");
    assert!(
        !listed.json.to_string().contains("Casa Aurora"),
        "an administrator is no member"
    );
    let page = admin
        .get(&format!(
            "{}?limit=1&before={}",
            path::ADMIN_TRAININGS,
            training["training_run_id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(page.json["trainings"], json!([]));
}
