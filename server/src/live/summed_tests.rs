//! Several sources of one meter: registers of tariffs and phases.

use axum::http::StatusCode;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::tests::{Home, noon, told};
use crate::testing::{Answer, of_row, wrong};

/// Sends counters: their names, minutes after noon in UTC, and kWh.
async fn send(home: &Home, values: &[(&str, i64, &str)]) {
    let lines: Vec<String> = values
        .iter()
        .map(|(name, minute, kwh)| {
            format!("kWh,entity_id={name} value={kwh} {}", noon() + minute * 60)
        })
        .collect();
    let answer = home.write("?precision=s", &lines.join("\n")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.json);
}

async fn source(home: &Home, name: &str) -> Value {
    let sources = home.sources().await;
    let found = sources.as_array().unwrap().iter();
    let found = found.clone().find(|source| source["name"] == name);
    found
        .cloned()
        .unwrap_or_else(|| panic!("{name}: {sources}"))
}

/// Says what is wanted of a source.
async fn say(home: &Home, name: &str, wanted: Value) -> Answer {
    let source = source(home, name).await;
    let address = of_row(path::LIVE_SOURCE, home.profile, "live_source_id", &source);
    let mut body = wanted;
    body["version"] = source["version"].clone();
    home.ana.put(&address, &body).await
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn registers_of_tariffs_are_one_meter_and_what_flows_back_is_none_of_it(db: PgPool) {
    let home = Home::new(db).await;
    let all = [
        ("p1_export_t1", 0, "5"),
        ("p1_import_t1", 0, "100"),
        ("p1_import_t2", 0, "50"),
    ];
    send(&home, &all).await;
    for (name, meter, summed) in [
        ("p1_import_t1", json!(home.meter.meter_id), false),
        ("p1_import_t2", json!(home.meter.meter_id), true),
        ("p1_export_t1", Value::Null, false),
    ] {
        let source = source(&home, name).await;
        assert_eq!(
            (&source["meter_id"], &source["summed"]),
            (&meter, &json!(summed))
        );
    }
    send(
        &home,
        &[("p1_import_t1", 15, "100.5"), ("p1_import_t2", 15, "50")],
    )
    .await;
    assert_eq!(home.steps().await, told(&[("12:00", 500_000)]));
    // A part is not the whole: it waits for the other.
    send(&home, &[("p1_import_t1", 30, "100.5")]).await;
    assert_eq!(home.steps().await, told(&[("12:00", 500_000)]));
    assert_eq!(source(&home, "p1_import_t1").await["waiting_steps"], 1);
    send(&home, &[("p1_import_t2", 30, "50.25")]).await;
    assert_eq!(
        home.steps().await,
        told(&[("12:00", 500_000), ("12:15", 250_000)])
    );
    assert_eq!(source(&home, "p1_import_t1").await["waiting_steps"], 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn channels_of_one_device_wait_until_somebody_says_what_they_are(db: PgPool) {
    let home = Home::new(db).await;
    send(&home, &[("ch0_import", 0, "1"), ("ch1_import", 0, "2")]).await;
    for name in ["ch0_import", "ch1_import"] {
        assert_eq!(source(&home, name).await["meter_id"], Value::Null);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_phase_that_is_added_later_counts_from_when_it_came(db: PgPool) {
    let home = Home::new(db).await;
    let meter = json!(home.meter.meter_id);
    send(&home, &[("a", 0, "1"), ("a", 15, "2")]).await;
    send(
        &home,
        &[
            ("a", 30, "3"),
            ("b", 15, "10"),
            ("b", 30, "10.5"),
            ("a", 45, "4"),
        ],
    )
    .await;
    assert_eq!(
        home.steps().await,
        told(&[
            ("12:00", 1_000_000),
            ("12:15", 1_000_000),
            ("12:30", 1_000_000)
        ])
    );
    let alone = say(&home, "b", json!({ "meter_id": meter })).await;
    assert_eq!(alone.wrong(), wrong(&[("meter_id", "has_a_source")]));
    let of_no_meter = say(&home, "b", json!({ "summed": true })).await;
    assert_eq!(of_no_meter.wrong(), wrong(&[("meter_id", "required")]));

    let added = say(&home, "b", json!({ "meter_id": meter, "summed": true })).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.json);
    assert_eq!(added.json["row"]["waiting_steps"], 0);
    assert_eq!(
        home.steps().await,
        told(&[
            ("12:00", 1_000_000),
            ("12:15", 1_500_000),
            ("12:30", 1_000_000)
        ])
    );
    // Where the first was placed alone, both are known a moment later.
    send(&home, &[("b", 45, "10.75")]).await;
    assert_eq!(
        home.steps().await,
        told(&[
            ("12:00", 1_000_000),
            ("12:15", 1_500_000),
            ("12:30", 1_250_000)
        ])
    );
    assert!(home.odd().await.is_empty());

    // Taken back, the first counts alone again; what was counted stays.
    let taken = say(&home, "b", json!({})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.json);
    send(&home, &[("a", 60, "5"), ("b", 60, "11")]).await;
    assert_eq!(
        home.steps().await.pop(),
        told(&[("12:45", 1_000_000)]).pop()
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_somebody_else_put_there_is_not_added_to(db: PgPool) {
    let home = Home::new(db.clone()).await;
    send(
        &home,
        &[("a", 0, "1"), ("a", 15, "2"), ("b", 0, "1"), ("b", 15, "2")],
    )
    .await;
    sqlx::query("UPDATE consumption_day SET step_mwh = array_replace(step_mwh, 1000000, 777)")
        .execute(&db)
        .await
        .unwrap();
    let wanted = json!({ "meter_id": home.meter.meter_id, "summed": true });
    let added = say(&home, "b", wanted).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.json);
    assert_eq!(home.steps().await, told(&[("12:00", 777)]));
    assert_eq!(added.json["row"]["findings"][0]["code"], "kept");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn power_is_not_added_to_counters(db: PgPool) {
    let home = Home::new(db).await;
    send(&home, &[("a", 0, "1")]).await;
    let watts = format!("W,entity_id=power value=5 {}", noon());
    home.write("?precision=s", &watts).await;
    let wanted = json!({ "meter_id": home.meter.meter_id, "summed": true });
    let refused = say(&home, "power", wanted).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("meter_id", "source_of_other_kind")])
    );
}
