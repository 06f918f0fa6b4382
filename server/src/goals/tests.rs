use axum::http::StatusCode;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, TestApp, in_home, of_row, register, wrong};

fn goal(period: &str, limit: &str) -> Value {
    json!({ "measure": "kwh", "period": period, "limit": limit, "valid_from": "2026-01-01" })
}

/// A meter that counted 10 kWh on each day of November so far.
async fn ten_a_day(who: &Actor, profile: EnergyProfileId) {
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    let made = who.post(&in_home(path::METERS, profile), &meter).await;
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    for (at, kwh) in [
        ("2026-11-01T03:00:00Z", "100"),
        ("2026-11-23T03:00:00Z", "320"),
    ] {
        let read = who.post(&readings, &register(at, kwh)).await;
        assert_eq!(read.status, StatusCode::CREATED, "{}", read.json);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_goal_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::GOALS, profile);
    for (name, value, code) in [
        ("limit", json!("0"), "not_positive"),
        ("limit", json!("1000000001"), "too_large"),
        ("limit", json!("1.0000001"), "too_precise"),
        ("valid_to", json!("2025-12-31"), "ends_before_it_starts"),
        ("valid_to", json!("9999-01-01"), "out_of_range"),
        ("valid_from", json!("-000001-01-01"), "out_of_range"),
        (
            "profile_device_id",
            json!(uuid::Uuid::nil()),
            "not_a_device",
        ),
    ] {
        let mut body = goal("cycle", "200");
        body[name] = value;
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.wrong(), wrong(&[(name, code)]));
    }
    assert_eq!(ana.get(&address).await.json, json!([]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_limit_that_is_passed_is_told_at_once_and_no_longer_when_it_is_gone(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    ten_a_day(&ana, profile).await;
    test.run_jobs().await;
    let alerts = in_home(path::ALERTS, profile);
    let open = async || -> Vec<Value> {
        let listed = ana.get(&alerts).await.json;
        let listed = listed.as_array().unwrap().clone();
        listed
            .into_iter()
            .filter(|alert| alert["resolved_at"].is_null())
            .collect()
    };
    assert_eq!(open().await, [] as [Value; 0]);

    // 130 kWh since the 10th, on which the cycle begins.
    let made = ana
        .post(&in_home(path::GOALS, profile), &goal("cycle", "120"))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    test.run_jobs().await;
    assert_eq!(open().await[0]["rule"], "goal_passed");
    let dashboard = ana.get(&in_home(path::DASHBOARD, profile)).await.json;
    assert_eq!(dashboard["goal"]["limit"], "120");
    assert_eq!(ana.undo(profile, &made).await.status, StatusCode::OK);
    test.run_jobs().await;
    assert_eq!(open().await, [] as [Value; 0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_limit_for_a_month_is_held_against_the_calendar_month(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    ten_a_day(&ana, profile).await;
    // 220 kWh in November so far, 130 in the cycle.
    for limit in ["200", "400"] {
        ana.post(&in_home(path::GOALS, profile), &goal("month", limit))
            .await;
    }
    test.run_jobs().await;
    let alerts = ana.get(&in_home(path::ALERTS, profile)).await.json;
    let told: Vec<&Value> = alerts
        .as_array()
        .unwrap()
        .iter()
        .filter(|alert| alert["rule"] == "goal_passed")
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["evidence"]["limit"], &told[0]["evidence"]["used"]),
        (&json!("200"), &json!("220"))
    );
    let dashboard = ana.get(&in_home(path::DASHBOARD, profile)).await.json;
    assert_eq!(dashboard["goal"], Value::Null, "that one is of the cycle");
}
