use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{TestApp, in_home, of_row, wrong};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_key_is_told_once_listed_with_its_use_and_revoked(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let keys = in_home(path::API_KEYS, profile);
    let made = ana.post(&keys, &json!({ "name": "Shelly" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let token = made.json["token"].as_str().unwrap().to_owned();
    let listed = ana.get(&keys).await.json;
    assert_eq!(listed[0]["name"], "Shelly");
    assert_eq!(listed[0]["created_by"], "Ana");
    assert_eq!(listed[0]["last_used_at"], Value::Null);
    assert_eq!(listed[0].get("token"), None);

    let live = in_home(path::LIVE_READINGS, profile);
    let body = json!({ "readings": [{ "source": "main", "register_kwh": "10" }] });
    let meter = test.anonymous().with_token(&token);
    let taken = meter.post(&live, &body).await;
    assert_eq!(
        (taken.status, &taken.json["readings"]),
        (StatusCode::OK, &json!(1))
    );
    assert_eq!(
        ana.get(&keys).await.json[0]["last_used_at"],
        crate::testing::NOW
    );
    // Within the minute it is not written again.
    test.at("2026-11-23T15:00:30Z");
    meter.post(&live, &body).await;
    assert_eq!(
        ana.get(&keys).await.json[0]["last_used_at"],
        crate::testing::NOW
    );

    // It opens nothing else.
    assert_eq!(meter.get(&keys).await.status, StatusCode::UNAUTHORIZED);
    let revoke = of_row(path::API_KEY, profile, "api_key_id", &made.json);
    assert_eq!(ana.delete(&revoke).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        meter.post(&live, &body).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(ana.get(&keys).await.json, json!([]));
    assert_eq!(ana.delete(&revoke).await.status, StatusCode::NOT_FOUND);

    let trail = ana.get(&in_home(path::OPERATIONS, profile)).await;
    assert_eq!(
        trail.json["operations"][0]["entries"][0]["entity"],
        "api_key"
    );
    assert!(!trail.text().contains(&token));
    let undone = ana.undo(profile, &trail_first(&trail)).await;
    assert_eq!(undone.code(), "cannot_undo");

    // What it says is nowhere in the database.
    let rows: Vec<String> = sqlx::query_scalar("SELECT row_to_json(k)::text FROM api_key AS k")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains(&token));
}

/// The newest operation as an answer that can be undone.
fn trail_first(trail: &crate::testing::Answer) -> crate::testing::Answer {
    let json = trail.json["operations"][0].clone();
    crate::testing::Answer {
        status: trail.status,
        headers: trail.headers.clone(),
        json,
        bytes: trail.bytes.clone(),
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_key_works_until_its_time_is_over_and_in_its_home_only(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let (_, other) = test.owner_called("Eva").await;
    let keys = in_home(path::API_KEYS, profile);
    let body = json!({ "name": "Guest", "expires_at": "2026-11-23T16:00:00Z" });
    let made = ana.post(&keys, &body).await;
    let meter = test
        .anonymous()
        .with_token(made.json["token"].as_str().unwrap());
    let body = json!({ "readings": [{ "source": "main", "register_kwh": "10" }] });
    let sent = async |profile| {
        meter
            .post(&in_home(path::LIVE_READINGS, profile), &body)
            .await
            .status
    };
    assert_eq!(sent(profile).await, StatusCode::OK);
    assert_eq!(sent(other).await, StatusCode::NOT_FOUND);
    test.at("2026-11-23T16:00:00Z");
    assert_eq!(sent(profile).await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_key_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let keys = in_home(path::API_KEYS, profile);
    let register = test.meter(profile, "Main", ReadingKind::Register).await;
    ana.post(&keys, &json!({ "name": "Shelly" })).await;
    for (body, expected) in [
        (json!({ "name": " " }), ("name", "required")),
        (json!({ "name": "Shelly" }), ("name", "taken")),
        (
            json!({ "name": "Late", "expires_at": "2026-11-23T15:00:00Z" }),
            ("expires_at", "is_over"),
        ),
        (
            json!({ "name": "Main", "meter_id": register.meter_id }),
            ("meter_id", "meter_of_registers"),
        ),
        (
            json!({ "name": "None", "meter_id": uuid::Uuid::nil() }),
            ("meter_id", "not_a_meter"),
        ),
    ] {
        assert_eq!(
            ana.post(&keys, &body).await.wrong(),
            wrong(&[expected]),
            "{body}"
        );
    }
}
