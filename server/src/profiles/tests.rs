use axum::http::StatusCode;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{TestApp, home};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_made_with_its_place_or_not_at_all(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let ana = test.account("Ana").await;
    let mut wrong = serde_json::to_value(home()).unwrap();
    wrong["tariff"] = json!("no-such-tariff");
    let refused = ana.post(path::PROFILES, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.wrong(),
        [("tariff".to_owned(), "not_a_tariff".to_owned())]
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM energy_profile")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);

    let made = ana
        .post(path::PROFILES, &serde_json::to_value(home()).unwrap())
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json["role"], "owner");
    assert_eq!(made.json["location"]["state"], "MG");
    let listed = ana.get(path::PROFILES).await;
    assert_eq!(listed.json.as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_request_sent_again_makes_one_home(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    let body = serde_json::to_value(home()).unwrap();
    let first = ana.post_keyed(path::PROFILES, "key-1", &body).await;
    let second = ana.post_keyed(path::PROFILES, "key-1", &body).await;
    assert_eq!((first.status, &first.json), (second.status, &second.json));
    assert_eq!(
        ana.get(path::PROFILES).await.json.as_array().unwrap().len(),
        1
    );

    let mut other = body.clone();
    other["name"] = json!("Another");
    let reused = ana.post_keyed(path::PROFILES, "key-1", &other).await;
    assert_eq!(
        (reused.status, reused.code()),
        (StatusCode::CONFLICT, "idempotency_key_reused")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_second_of_two_changes_sees_the_first(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = path::fill(path::PROFILE, &[("energy_profile_id", &profile)]);
    let mut change = serde_json::to_value(home()).unwrap();
    change["version"] = json!(1);
    change["name"] = json!("Casa Nova");
    let first = ana.put(&address, &change).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json);
    change["name"] = json!("Casa Velha");
    let second = ana.put(&address, &change).await;
    assert_eq!(
        (second.status, second.code()),
        (StatusCode::CONFLICT, "stale_version")
    );
    assert_eq!(second.json["current"]["name"], "Casa Nova");
    assert_eq!(ana.get(&address).await.json["version"], json!(2));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_no_id_names_nothing(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    let answer = ana.get("/api/v1/profiles/not-an-id").await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::NOT_FOUND, "not_found")
    );
    let nowhere = ana.get("/api/v1/nowhere").await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (StatusCode::NOT_FOUND, "not_found")
    );
    let method = ana.put(path::PROFILES, &Value::Null).await;
    assert_eq!(
        (method.status, method.code()),
        (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
    );
}
