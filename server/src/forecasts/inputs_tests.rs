//! What is entered of a home, seen in its forecast.

use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, TestApp, in_home, register};

/// The stage, the likely kWh of the first day ahead, and the hours, after the jobs ran.
async fn told(test: &TestApp, ana: &Actor, profile: EnergyProfileId) -> (Value, Value, Value) {
    test.run_jobs().await;
    let answer = ana.get(&in_home(path::FORECAST, profile)).await.json;
    (
        answer["detail"]["card"]["stage"].clone(),
        answer["forecast"]["days"][0]["kwh"]["likely"].clone(),
        answer["detail"]["hours"].clone(),
    )
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_forecast_by_whatever_is_known_of_it_step_by_step(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let none = ana.get(&in_home(path::FORECAST, profile)).await.json;
    assert_eq!(none["state"], "too_little");

    let heater = json!({
        "name": "Heater", "category": "heating", "quantity": 1, "power_w": "1000", "standby_w": "0", "duty_cycle": "1",
        "hours_per_day": "3", "days_per_month": "30",
    });
    let made = ana.post(&in_home(path::DEVICES, profile), &heater).await;
    assert!(made.status.is_success(), "{}", made.json);
    let (stage, kwh, _) = told(&test, &ana, profile).await;
    assert_eq!((stage, kwh), (json!("devices"), json!("3.000000")));

    let bill = json!({ "first_day": "2025-11-11", "last_day": "2025-12-10", "kwh": "150", "total": "150" });
    let bill = ana.post(&in_home(path::BILLS, profile), &bill).await;
    let (stage, kwh, _) = told(&test, &ana, profile).await;
    assert_eq!((stage, kwh), (json!("bills"), json!("5.000000")));

    // Five days of 10 kWh weigh as much as the bill.
    let meter = test
        .meter(profile, "Main", ReadingKind::Register)
        .await
        .meter_id;
    let readings = path::fill(
        path::READINGS,
        &[("energy_profile_id", &profile), ("meter_id", &meter)],
    );
    let mut written = Vec::new();
    for (day, kwh) in [("17", "100"), ("22", "150")] {
        let reading = register(&format!("2026-11-{day}T03:00:00Z"), kwh);
        written.push(ana.post(&readings, &reading).await);
    }
    let (stage, kwh, hours) = told(&test, &ana, profile).await;
    assert_eq!((stage, kwh), (json!("few_days"), json!("7.500000")));
    assert_eq!(hours, json!([]));

    // Taken back one after the other, as far as to nothing.
    for reading in written.iter().rev() {
        let undone = ana.undo(profile, reading).await;
        assert!(undone.status.is_success(), "{}", reading.json);
    }
    assert_eq!(told(&test, &ana, profile).await.0, json!("bills"));
    ana.undo(profile, &bill).await;
    assert_eq!(told(&test, &ana, profile).await.0, json!("devices"));
    ana.undo(profile, &made).await;
    test.run_jobs().await;
    let none = ana.get(&in_home(path::FORECAST, profile)).await.json;
    assert_eq!(
        (&none["state"], &none["detail"]),
        (&json!("too_little"), &Value::Null)
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_away_teach_nothing_and_are_not_forecast_again(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test
        .meter(profile, "Main", ReadingKind::Register)
        .await
        .meter_id;
    let readings = path::fill(
        path::READINGS,
        &[("energy_profile_id", &profile), ("meter_id", &meter)],
    );
    // Forty days of 10 kWh, and ten of 2 with nobody at home, to yesterday.
    for (at, kwh) in [
        ("2026-10-04T03:00:00Z", "1000"),
        ("2026-11-13T03:00:00Z", "1400"),
        ("2026-11-23T03:00:00Z", "1420"),
    ] {
        let written = ana.post(&readings, &register(at, kwh)).await;
        assert!(written.status.is_success(), "{}", written.json);
    }
    let away = json!({ "first_day": "2026-11-13", "last_day": "2026-11-25", "note": null });
    let written = ana.post(&in_home(path::AWAY_PERIODS, profile), &away).await;
    assert!(written.status.is_success(), "{}", written.json);
    test.run_jobs().await;
    // As somebody would who wants the model to know of it at once.
    ana.post(&in_home(path::TRAININGS, profile), &json!({}))
        .await;
    test.run_jobs().await;
    let answer = ana.get(&in_home(path::FORECAST, profile)).await.json;
    assert_eq!(answer["forecast"]["origin"], "2026-11-22");
    assert_eq!(answer["detail"]["card"]["days_away"], 10);
    let kwh = |ahead: usize| -> f64 {
        let likely = answer["forecast"]["days"][ahead]["kwh"]["likely"]
            .as_str()
            .unwrap();
        likely.parse().unwrap()
    };
    // Three more days away, then as before.
    assert!((kwh(2) - 2.0).abs() < 0.01, "{}", kwh(2));
    assert!((kwh(3) - 10.0).abs() < 1.0, "{}", kwh(3));
}
