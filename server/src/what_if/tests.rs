use axum::http::StatusCode;
use ecotrack_common::{EnergyProfileId, path};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::catalog;
use crate::testing::{Actor, TestApp, home, in_home, of_row, register, wrong};

fn decimal(value: &Value) -> Decimal {
    let text = value.as_str().unwrap_or_else(|| panic!("{value}"));
    text.parse().unwrap()
}

/// Ana's home in Belo Horizonte under CEMIG's usual tariff, with 10 kWh on each day since August.
async fn ten_a_day(test: &TestApp, db: &PgPool) -> (Actor, EnergyProfileId) {
    catalog::load_reference(db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!("br-cemig-d-conventional");
    new["occupants"] = json!(2);
    let made = ana.post(path::PROFILES, &new).await.json;
    let profile = made["energy_profile_id"].as_str().unwrap().parse().unwrap();
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    for (at, kwh) in [
        ("2026-07-10T03:00:00Z", "100"),
        ("2026-11-23T03:00:00Z", "1460"),
    ] {
        let read = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(read.status, StatusCode::CREATED, "{}", read.json);
    }
    (ana, profile)
}

fn shower(hours: &str) -> Value {
    json!({
        "name": "Shower", "catalog_slug": null, "category": "heating", "quantity": 1, "power_w": "5500",
        "standby_w": "0", "hours_per_day": hours, "days_per_month": "30", "duty_cycle": "1"
    })
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_past_is_priced_as_it_would_have_been_and_nothing_is_stored(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = ten_a_day(&test, &db).await;
    let address = in_home(path::WHAT_IF, profile);
    let made = ana
        .post(&in_home(path::DEVICES, profile), &shower("0.6"))
        .await;
    let key = &made.json["row"]["profile_device_id"];

    let nothing = ana.post(&address, &json!({})).await;
    assert_eq!(nothing.status, StatusCode::OK, "{}", nothing.json);
    let month = &nothing.json["month"];
    assert_eq!(month["now"], month["then"]);
    // The newest whole cycle is that of October, of 31 days.
    assert_eq!(
        month["span"],
        json!({ "first": "2026-10-10", "last": "2026-11-09" })
    );
    assert_eq!(decimal(&month["now"]["taken"]), 310.into());
    assert_eq!(nothing.json["year"]["cycles"], 4);

    let question = json!({ "changes": [{ "profile_device_id": key, "hours_per_day": "0.4" }] });
    let shorter = ana.post(&address, &question).await.json;
    let month = &shorter["month"];
    // 1.1 kWh less on each day.
    assert_eq!(decimal(&month["then"]["taken"]), Decimal::new(2759, 1));
    let saved = decimal(&month["now"]["bill"]) - decimal(&month["then"]["bill"]);
    assert!(saved > 20.into() && saved < 60.into(), "{saved}");
    let year = &shorter["year"];
    assert!(decimal(&year["then"]["bill"]) < decimal(&year["now"]["bill"]));
    assert!(decimal(&year["then"]["co2e"]["kg"]) < decimal(&year["now"]["co2e"]["kg"]));

    // Twice as many people take twice as many showers.
    let more = ana.post(&address, &json!({ "occupants": 4 })).await.json;
    assert_eq!(
        decimal(&more["month"]["then"]["taken"]),
        Decimal::new(4123, 1)
    );
    let assumptions = more["assumptions"].as_array().unwrap();
    assert!(
        assumptions.contains(&json!("people_by_devices")),
        "{assumptions:?}"
    );

    let again = ana.post(&address, &json!({})).await.json;
    assert_eq!(again, nothing.json);
    let devices = ana.get(&in_home(path::DEVICES, profile)).await.json;
    assert_eq!(devices[0]["hours_per_day"], "0.6");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_sun_and_another_tariff_change_the_bill(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = ten_a_day(&test, &db).await;
    let address = in_home(path::WHAT_IF, profile);
    let question = json!({ "solar": { "kwp": "2", "kwh_per_kwp": "1500" } });
    let sunny = ana.post(&address, &question).await;
    assert_eq!(sunny.status, StatusCode::OK, "{}", sunny.json);
    let then = &sunny.json["month"]["then"];
    let produced = decimal(&then["produced"]);
    assert!(produced > 200.into() && produced < 320.into(), "{produced}");
    // What is used stays what it was; three tenths of the sun are used at home.
    assert_eq!(decimal(&then["kwh"]).round_dp(1), 310.into());
    let own = produced - decimal(&then["given"]);
    assert!(
        (own - produced * Decimal::new(3, 1)).abs() < 1.into(),
        "{own}"
    );
    assert!(decimal(&then["bill"]) < decimal(&sunny.json["month"]["now"]["bill"]));
    let assumptions = sunny.json["assumptions"].as_array().unwrap();
    for code in ["sun_by_yield", "sun_share_assumed", "own_past"] {
        assert!(
            assumptions.contains(&json!(code)),
            "{code}: {assumptions:?}"
        );
    }
    let light = json!({ "tariff": { "slug": "br-light-conventional" } });
    let other = ana.post(&address, &light).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.json);
    let month = &other.json["month"];
    assert_ne!(month["now"]["bill"], month["then"]["bill"]);
    assert_eq!(month["now"]["taken"], month["then"]["taken"]);
    assert_ne!(other.json["tariff_now"], other.json["tariff_then"]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_without_readings_goes_by_its_devices_and_says_what_is_missing(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::WHAT_IF, profile);
    let nothing = ana.post(&address, &json!({})).await.json;
    assert_eq!(nothing["missing"], json!(["missing_readings_and_devices"]));
    assert_eq!(nothing["month"], Value::Null);
    ana.post(&in_home(path::DEVICES, profile), &shower("1"))
        .await;
    let question = json!({ "added": [shower("2")] });
    let told = ana.post(&address, &question).await.json;
    let month = &told["month"];
    assert_eq!(decimal(&month["now"]["taken"]), Decimal::new(1705, 1));
    assert_eq!(decimal(&month["then"]["taken"]), Decimal::new(5115, 1));
    assert_eq!(month["now"]["bill"], Value::Null);
    assert_eq!(told["missing"], json!(["missing_price"]));
    assert!(
        told["assumptions"]
            .as_array()
            .unwrap()
            .contains(&json!("from_devices"))
    );
    assert_eq!(told["year"]["cycles"], 12);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_makes_no_sense_is_refused_by_its_field(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::WHAT_IF, profile);
    for (question, field, code) in [
        (json!({ "occupants": 0 }), "occupants", "out_of_range"),
        (
            json!({ "solar": { "kwp": "0" } }),
            "solar.kwp",
            "out_of_range",
        ),
        (
            json!({ "tariff": { "slug": "nobody" } }),
            "tariff",
            "not_a_tariff",
        ),
        (
            json!({ "changes": [{ "profile_device_id": profile, "removed": true }] }),
            "changes[0].profile_device_id",
            "not_a_device",
        ),
    ] {
        let refused = ana.post(&address, &question).await;
        assert_eq!(refused.wrong(), wrong(&[(field, code)]), "{question}");
    }
}
