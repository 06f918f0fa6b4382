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

/// The figure of a goal's standing under a pointer.
fn figure(standing: &Value, at: &str) -> rust_decimal::Decimal {
    let value = standing.pointer(at).and_then(Value::as_str);
    value
        .unwrap_or_else(|| panic!("{at} of {standing}"))
        .parse()
        .unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn each_goal_tells_how_likely_it_is_passed_what_keeps_it_and_what_became_of_it(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    // 10 kWh on each of 115 days.
    for (at, kwh) in [
        ("2026-07-31T03:00:00Z", "100"),
        ("2026-11-23T03:00:00Z", "1250"),
    ] {
        let read = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(read.status, StatusCode::CREATED, "{}", read.json);
    }
    test.run_jobs().await;
    let goals = in_home(path::GOALS, profile);
    let mut old = goal("cycle", "305");
    old["valid_to"] = json!("2026-10-01");
    let mut money = goal("cycle", "200");
    money["measure"] = json!("money");
    for new in [goal("cycle", "250"), goal("month", "330"), money, old] {
        let made = ana.post(&goals, &new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    }
    let told = ana.get(&in_home(path::GOALS_PROGRESS, profile)).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.json);
    let of = |at: usize| &told.json[3 - at];

    let tight = of(0);
    assert_eq!(
        tight["span"],
        json!({ "first": "2026-11-10", "last": "2026-12-09" })
    );
    assert_eq!(tight["source"], "home");
    assert_eq!(
        (&tight["elapsed_days"], &tight["measured_days"]),
        (&json!(13), &json!(13))
    );
    assert_eq!(figure(tight, "/progress/used"), 130.into());
    let likely = figure(tight, "/progress/likely_at_end");
    assert!(
        (likely - rust_decimal::Decimal::from(300)).abs() < 10.into(),
        "{likely}"
    );
    assert!(figure(tight, "/progress/probability_of_passing") > rust_decimal::Decimal::new(9, 1));
    assert!(tight["progress"]["likely_passed_on"].as_str() > Some("2026-12-01"));
    // On the seventeen days that are left.
    let change = figure(tight, "/progress/pace/change_kwh_per_day");
    let expected = (rust_decimal::Decimal::from(250) - likely) / rust_decimal::Decimal::from(17);
    assert!(
        (change - expected).abs() < rust_decimal::Decimal::new(5, 1),
        "{change}"
    );
    let past = tight["past"].as_array().unwrap();
    let fates: Vec<&Value> = past.iter().map(|span| &span["passed"]).collect();
    // 310, 300 and 310 kWh, and of the one before ten of its 31 days.
    assert_eq!(
        fates,
        [&json!(true), &json!(true), &json!(true), &Value::Null]
    );
    assert_eq!(past[0]["held"], true);

    let month = of(1);
    assert_eq!(month["span"]["first"], "2026-11-01");
    assert!(figure(month, "/progress/probability_of_passing") < rust_decimal::Decimal::new(1, 1));
    assert!(figure(month, "/progress/pace/change_kwh_per_day") > 3.into());
    assert_eq!(month["past"][0]["passed"], false);

    let money = of(2);
    assert_eq!(money["progress"], Value::Null);
    assert_eq!(money["missing"], json!(["missing_price"]));

    let old = of(3);
    assert_eq!(
        (&old["progress"], &old["missing"]),
        (&Value::Null, &json!(["not_in_force"]))
    );
    let held: Vec<&Value> = old["past"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| &span["held"])
        .collect();
    assert_eq!(held, [false, true, true, true]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_goal_of_a_device_goes_by_its_own_meter_and_by_an_estimate_without_one(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut goals = Vec::new();
    let mut devices = Vec::new();
    for name in ["Fridge", "Heater"] {
        let device = json!({
            "name": name, "category": "other", "quantity": 1, "power_w": "1000", "standby_w": "0",
            "hours_per_day": "2", "days_per_month": "30", "duty_cycle": "1"
        });
        let made = ana.post(&in_home(path::DEVICES, profile), &device).await;
        let key = made.json["row"]["profile_device_id"].clone();
        let mut goal = goal("cycle", "50");
        goal["profile_device_id"] = key.clone();
        goals.push(ana.post(&in_home(path::GOALS, profile), &goal).await.json);
        devices.push(key);
    }
    let meter = json!({
        "name": "Fridge", "channel": "device", "reading_kind": "register", "profile_device_id": devices[0]
    });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let address = in_home(path::GOALS_PROGRESS, profile);
    let nothing = ana.get(&address).await.json;
    assert_eq!(nothing[1]["missing"], json!(["missing_readings"]));
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    // 2 kWh on each day of the last ten weeks.
    for (at, kwh) in [
        ("2026-09-14T03:00:00Z", "0"),
        ("2026-11-23T03:00:00Z", "140"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    let told = ana.get(&address).await.json;
    let (by_estimate, by_meter) = (&told[0], &told[1]);
    assert_eq!(by_meter["source"], "device_meter");
    assert_eq!(by_meter["measured_days"], 13);
    assert_eq!(
        (&by_estimate["elapsed_days"], &by_estimate["measured_days"]),
        (&json!(13), &json!(0))
    );
    assert_eq!(figure(by_meter, "/progress/used"), 26.into());
    assert_eq!(figure(by_meter, "/progress/likely_at_end"), 60.into());
    assert_eq!(
        figure(by_meter, "/progress/probability_of_passing"),
        rust_decimal::Decimal::new(999, 3)
    );
    assert_eq!(by_meter["past"][0]["passed"], true);
    assert_eq!(by_estimate["source"], "device_estimate");
    assert_eq!(figure(by_estimate, "/progress/likely_at_end"), 60.into());
    assert_eq!(
        by_estimate["progress"]["probability_of_passing"],
        Value::Null
    );
    assert!(figure(by_estimate, "/progress/pace/change_kwh_per_day") < 0.into());
    assert_eq!(by_estimate["past"], json!([]));
}
