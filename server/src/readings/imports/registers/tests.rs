use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use jiff::ToSpan;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::readings::derive::Content;
use crate::readings::imports::tests::{Home, at, codes, counter, counts, energy, good};
use crate::testing::{of_row, register, wrong};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn registers_are_held_against_those_around_them(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Counter", ReadingKind::Register).await;
    home.enter(meter, "2026-11-01T03:00:00Z", "100").await;
    home.enter(meter, "2026-11-10T03:00:00Z", "200").await;
    let before = (home.readings(meter).await, home.days(meter).await);
    let day = |day: i32, kwh: &str| counter(meter, &format!("2026-11-{day:02}T03:00:00Z"), kwh);
    // Below the one before, above the one after, twice with two values, and one beyond doubt.
    let rows = [
        day(2, "99"),
        day(5, "201"),
        day(6, "150"),
        day(7, "140"),
        day(8, "160"),
        day(8, "161"),
    ]
    .concat();
    let refused = home.import(&rows, "").await;
    let expected = [
        ("file", "register_lower"),
        ("file", "register_higher"),
        ("file", "register_lower"),
        ("file", "overlaps"),
        ("file", "overlaps"),
    ];
    assert_eq!(refused.wrong(), wrong(&expected));
    assert_eq!((home.readings(meter).await, home.days(meter).await), before);
    let taken = home.import(&rows, "accept_findings=true").await;
    good(&taken);
    assert_eq!(counts(&taken, meter), [1, 0, 0]);
    assert_eq!(home.days(meter).await, home.rebuilt(meter).await);
    let since: Vec<Value> = home
        .readings(meter)
        .await
        .iter()
        .map(|row| row["since_previous_kwh"].clone())
        .collect();
    assert_eq!(since, [json!("50.000000"), json!("50.000000"), Value::Null]);

    let other = day(6, "155") + &day(10, "210");
    let kept = home.import(&other, "").await;
    assert_eq!(
        (counts(&kept, meter), codes(&kept)),
        ([0, 0, 2], vec!["kept"])
    );
    assert_eq!(kept.json["operation_id"], Value::Null);
    let stands = (home.readings(meter).await, home.days(meter).await);
    let replaced = home.import(&other, "on_conflict=replace").await;
    assert_eq!(
        (counts(&replaced, meter), codes(&replaced)),
        ([0, 0, 2], vec!["replaced"])
    );
    assert_eq!(home.readings(meter).await[0]["register_kwh"], "210.000000");
    assert_eq!(home.days(meter).await, home.rebuilt(meter).await);
    let undone = home.ana.undo(home.profile, &replaced).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    let unversioned = |mut rows: Vec<Value>| {
        for row in &mut rows {
            row["version"] = Value::Null;
        }
        rows
    };
    let (readings, days) = stands;
    assert_eq!(
        unversioned(home.readings(meter).await),
        unversioned(readings)
    );
    assert_eq!(home.days(meter).await, days);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_corrected_reading_keeps_its_import_from_being_undone(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Counter", ReadingKind::Register).await;
    let rows = counter(meter, "2026-11-01T03:00:00Z", "100")
        + &counter(meter, "2026-11-02T03:00:00Z", "110");
    let done = home.import(&rows, "").await;
    let address = of_row(
        path::READINGS,
        home.profile,
        "meter_id",
        &json!({ "meter_id": meter }),
    );
    let one = format!("{address}/2026-11-02T03:00:00Z");
    let mut correction = register("2026-11-02T03:00:00Z", "111");
    correction["version"] = json!(1);
    let corrected = home.ana.put(&one, &correction).await;
    assert_eq!(corrected.status, StatusCode::OK, "{}", corrected.json);
    assert_eq!(
        home.ana.undo(home.profile, &done).await.code(),
        "cannot_undo"
    );
    assert_eq!(
        home.ana.undo(home.profile, &corrected).await.status,
        StatusCode::OK
    );
    assert_eq!(
        home.ana.undo(home.profile, &done).await.status,
        StatusCode::OK
    );
    assert!(home.readings(meter).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn periods_of_a_counter_that_tell_the_same_time_twice_are_refused(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Counter", ReadingKind::Register).await;
    let start = at("2026-11-01T03:00:00Z");
    let months = energy(meter, start, 1440, 24_000_000)
        + &energy(meter, start + 24.hours(), 1440, 12_000_000);
    good(&home.import(&months, "").await);
    let days = home.days(meter).await;
    assert_eq!(
        (days.len(), &days[0].content),
        (
            2,
            &Content::Spread {
                mwh: 24_000_000,
                minutes: 1440
            }
        )
    );
    let across = energy(meter, start + 12.hours(), 1440, 1);
    for query in ["", "accept_findings=true", "dry_run=true"] {
        let refused = home.import(&across, query).await;
        assert_eq!(
            refused.wrong(),
            wrong(&[("file", "overlaps")]),
            "{}",
            refused.json
        );
    }
    assert_eq!(home.days(meter).await, days);
}
