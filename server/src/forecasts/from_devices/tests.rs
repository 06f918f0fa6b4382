use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::catalog;
use crate::testing::{TestApp, home, in_home, register, wrong};

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn device(name: &str, watts: &str, hours: &str) -> Value {
    json!({
        "name": name, "category": "other", "quantity": 1, "power_w": watts, "standby_w": "0",
        "hours_per_day": hours, "days_per_month": "30", "duty_cycle": "1"
    })
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn devices_alone_tell_their_days_and_what_a_change_of_them_comes_to(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    catalog::load_reference(&db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!("br-cemig-d-conventional");
    let profile = ana.post(path::PROFILES, &new).await.json["energy_profile_id"].clone();
    let profile = profile.as_str().unwrap().parse().unwrap();
    let address = in_home(path::FORECAST_FROM_DEVICES, profile);

    let nothing = ana.post(&address, &json!({})).await;
    assert_eq!(nothing.status, StatusCode::OK, "{}", nothing.json);
    assert_eq!(nothing.json["kwh"], Value::Null);
    let missing = nothing.json["missing"].as_array().unwrap();
    assert!(missing.contains(&json!("missing_devices")), "{missing:?}");

    // In winter as in summer, but on weekends only.
    let mut week = vec![vec![0; 24]; 7];
    week[5][10..14].fill(60);
    week[6][10..14].fill(60);
    let mut oven = device("Oven", "2000", "1");
    oven["patterns"] = json!([{ "season": "all", "week": week }]);
    let devices = in_home(path::DEVICES, profile);
    let mut keys = Vec::new();
    for new in [
        device("Shower", "5000", "0.6"),
        oven,
        device("Lamp", "100", "5"),
    ] {
        let made = ana.post(&devices, &new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
        keys.push(made.json["row"]["profile_device_id"].clone());
    }
    let as_it_is = ana.post(&address, &json!({ "days": 7 })).await.json;
    let days = as_it_is["days"].as_array().unwrap();
    assert_eq!(days.len(), 7);
    // Today is Monday, 23 November 2026.
    let kwh: Vec<Decimal> = days.iter().map(|day| decimal(&day["kwh"])).collect();
    let expected = ["3.5", "3.5", "3.5", "3.5", "3.5", "11.5", "11.5"];
    assert_eq!(kwh, expected.map(|kwh| kwh.parse::<Decimal>().unwrap()));
    assert_eq!(decimal(&as_it_is["change"]), Decimal::ZERO);
    assert_eq!(as_it_is["adjusted"], Value::Null);
    assert_eq!(as_it_is["missing"], json!(["missing_forecast"]));

    let question = json!({
        "days": 7,
        "changes": [
            { "profile_device_id": keys[0], "hours_per_day": "0.4", "quantity": 2 },
            { "profile_device_id": keys[2], "removed": true },
        ],
        "added": [device("Kettle", "1000", "1")],
    });
    let changed = ana.post(&address, &question).await.json;
    let rows = changed["devices"].as_array().unwrap();
    let fates: Vec<&Value> = rows.iter().map(|row| &row["fate"]).collect();
    assert_eq!(fates, ["changed", "same", "removed", "added"]);
    // A kWh more for the shower, half a one less for the lamp, one more for the kettle.
    let change = decimal(&changed["change"]);
    assert_eq!(change, Decimal::new(105, 1));
    let worth = (change * decimal(&changed["price"])).round_dp(2);
    assert_eq!(decimal(&changed["cost_change"]), worth);
    let emitted = &changed["co2e_change"];
    assert_eq!(
        decimal(&emitted["kg"]),
        change * decimal(&emitted["factor"])
    );
    assert_eq!(emitted["region"], "BR-SIN");

    // Nothing of it is stored.
    let again = ana.post(&address, &json!({ "days": 7 })).await.json;
    assert_eq!(again, as_it_is);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_forecast_from_readings_is_moved_by_the_change(db: PgPool) {
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
    for (at, kwh) in [
        ("2026-10-01T03:00:00Z", "1000"),
        ("2026-11-23T03:00:00Z", "1530"),
    ] {
        let answer = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    }
    test.run_jobs().await;
    let address = in_home(path::FORECAST_FROM_DEVICES, profile);
    let question = json!({ "days": 100, "added": [device("Heater", "1000", "4")] });
    let answer = ana.post(&address, &question).await.json;
    let adjusted = &answer["adjusted"];
    let forecast = ana.get(&in_home(path::FORECAST, profile)).await.json;
    let ahead = forecast["forecast"]["days"].as_array().unwrap();
    assert_eq!(adjusted["last"], ahead[ahead.len() - 1]["date"]);
    let missing = answer["missing"].as_array().unwrap();
    assert!(
        missing.contains(&json!("forecast_is_shorter")),
        "{missing:?}"
    );
    assert!(missing.contains(&json!("missing_price")), "{missing:?}");
    let four = Decimal::from(4);
    for (day, forecast) in answer["days"].as_array().unwrap().iter().zip(ahead) {
        for bound in ["lo95", "lo80", "likely", "hi80", "hi95"] {
            let (moved, of) = (&day["adjusted"][bound], &forecast["kwh"][bound]);
            assert_eq!(decimal(moved), decimal(of) + four);
        }
    }
    let reached = Decimal::from(ahead.len());
    let moved = decimal(&adjusted["kwh"]["likely"]) - decimal(&adjusted["forecast"]["likely"]);
    assert_eq!(moved, four * reached);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_question_that_makes_no_sense_says_where(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::FORECAST_FROM_DEVICES, profile);
    let stranger = json!({ "changes": [{ "profile_device_id": profile, "removed": true }] });
    let answer = ana.post(&address, &stranger).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.wrong(),
        wrong(&[("changes[0].profile_device_id", "not_a_device")])
    );
    let answer = ana.post(&address, &json!({ "days": 367 })).await;
    assert_eq!(answer.wrong(), wrong(&[("days", "out_of_range")]));
    let answer = ana.post(&address, &json!({ "hours": 3 })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.json);
}
