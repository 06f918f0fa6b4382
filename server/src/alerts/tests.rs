use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use serde_json::Value;
use sqlx::PgPool;

use super::evaluate;
use crate::testing::{TestApp, register};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_silent_meter_is_told_once_acknowledged_and_resolved_by_news(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    ana.post(&readings, &register("2026-09-01T12:00:00Z", "100"))
        .await;
    ana.post(&readings, &register("2026-09-11T12:00:00Z", "200"))
        .await;

    evaluate::run(&test.app, profile).await.unwrap();
    evaluate::run(&test.app, profile).await.unwrap();
    let alerts = path::fill(path::ALERTS, &[("energy_profile_id", &profile)]);
    let listed = ana.get(&alerts).await;
    let listed = listed.json.as_array().unwrap().clone();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["rule"], "no_data");
    assert_eq!(listed[0]["evidence"]["meter"], "Main");
    assert_eq!(listed[0]["evidence"]["days"], "73");

    let id = listed[0]["alert_id"].as_str().unwrap();
    let acknowledge = path::fill(
        path::ALERT_ACKNOWLEDGEMENT,
        &[("energy_profile_id", &profile), ("alert_id", &id)],
    );
    let acknowledged = ana.post(&acknowledge, &Value::Null).await;
    assert_eq!(
        (acknowledged.status, &acknowledged.json["acknowledged_by"]),
        (StatusCode::OK, &"Ana".into())
    );

    // News: the job that the entry asked for finds that the meter speaks again.
    ana.post(&readings, &register("2026-11-23T12:00:00Z", "900"))
        .await;
    test.run_jobs().await;
    let listed = ana.get(&alerts).await;
    assert!(listed.json[0]["resolved_at"].is_string(), "{}", listed.json);
}
