//! Several readings at once, over HTTP.

use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, Answer, TestApp, in_home, of_row, register, wrong};

struct Home {
    test: TestApp,
    ana: Actor,
    profile: EnergyProfileId,
    meter: Value,
}

impl Home {
    async fn new(db: PgPool, kind: ReadingKind) -> Self {
        let test = TestApp::new(db).await;
        let (ana, profile) = test.owner().await;
        let meter = test.meter(profile, "Main", kind).await;
        let meter = serde_json::to_value(meter).unwrap();
        Self {
            test,
            ana,
            profile,
            meter,
        }
    }

    async fn enter(&self, at: &str, kwh: &str) -> Answer {
        let address = of_row(path::READINGS, self.profile, "meter_id", &self.meter);
        self.ana.post(&address, &register(at, kwh)).await
    }

    async fn enter_all(&self, readings: &[Value]) -> Answer {
        let address = of_row(path::READINGS_BATCH, self.profile, "meter_id", &self.meter);
        self.ana
            .post(&address, &json!({ "readings": readings }))
            .await
    }

    async fn listed(&self) -> Vec<(String, String)> {
        let address = of_row(path::READINGS, self.profile, "meter_id", &self.meter);
        let page = self.ana.get(&address).await.json;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = page["readings"].as_array().unwrap();
        rows.iter()
            .map(|row| (text(row, "read_at"), text(row, "register_kwh")))
            .collect()
    }

    /// The home's days of November, as far as they are known.
    async fn days(&self) -> Vec<(String, String)> {
        let dashboard = self
            .ana
            .get(&in_home(path::DASHBOARD, self.profile))
            .await
            .json;
        let days = dashboard["days"].as_array().unwrap();
        days.iter()
            .filter_map(|day| {
                let kwh = day["kwh"].as_str()?.to_owned();
                Some((day["date"].as_str()?.to_owned(), kwh))
            })
            .collect()
    }
}

fn day(day: i32, kwh: &str) -> Value {
    register(&format!("2026-11-{day:02}T03:00:00Z"), kwh)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_notebook_is_entered_at_once_and_undone_whole(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "100").await;
    let before = (home.listed().await, home.days().await);
    let made = home
        .enter_all(&[day(5, "140"), day(3, "120"), day(7, "180")])
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let rows = made.json["rows"].as_array().unwrap();
    let since: Vec<&Value> = rows.iter().map(|row| &row["since_previous_kwh"]).collect();
    assert_eq!(since, ["20.000000", "20.000000", "40.000000"], "as sent");
    assert_eq!(home.days().await.len(), 6);
    let after = (home.listed().await, home.days().await);

    let operations = home
        .ana
        .get(&in_home(path::OPERATIONS, home.profile))
        .await
        .json;
    let newest = &operations["operations"][0];
    assert_eq!(newest["operation_id"], made.json["operation_id"]);
    assert_eq!(
        (&newest["rows"], &newest["entries"][1]["after"]["read_at"]),
        (&json!(3), &json!("2026-11-03T03:00:00Z"))
    );

    let undone = home.ana.undo(home.profile, &made).await;
    assert_eq!(undone.json["rows"], 3, "{}", undone.json);
    assert_eq!((home.listed().await, home.days().await), before);
    let redone = home.ana.undo(home.profile, &undone).await;
    assert_eq!(redone.status, StatusCode::OK, "{}", redone.json);
    assert_eq!((home.listed().await, home.days().await), after);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_notebook_sent_again_stands_once(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let address = of_row(path::READINGS_BATCH, home.profile, "meter_id", &home.meter);
    let body = json!({ "readings": [day(1, "100"), day(2, "110")] });
    let first = home.ana.post_keyed(&address, "k", &body).await;
    let second = home.ana.post_keyed(&address, "k", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    assert_eq!((first.status, first.json), (second.status, second.json));
    let unkeyed = home.ana.post(&address, &body).await;
    assert_eq!(
        unkeyed.wrong(),
        wrong(&[
            ("readings.0.read_at", "duplicate_reading"),
            ("readings.1.read_at", "duplicate_reading"),
        ])
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_wrong_reading_refuses_all_of_them_under_its_number(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-10T03:00:00Z", "100").await;
    home.enter("2026-11-20T03:00:00Z", "200").await;
    let before = (home.listed().await, home.days().await);
    let period = |from: &str, to: &str| json!({ "read_at": from, "kind": "period", "energy_kwh": "1", "ends_at": to });
    for (readings, expected) in [
        (vec![], vec![("readings", "required")]),
        (
            vec![day(12, "-1"), day(12, "120"), day(30, "300")],
            vec![
                ("readings.0.register_kwh", "negative"),
                ("readings.1.read_at", "twice"),
                ("readings.2.read_at", "in_the_future"),
            ],
        ),
        (
            vec![day(12, "120"), day(20, "200")],
            vec![("readings.1.read_at", "duplicate_reading")],
        ),
        // Lower than the one before it in the batch, or in the book; higher than the one after.
        (
            vec![day(12, "120"), day(14, "119")],
            vec![("readings.1.register_kwh", "register_lower")],
        ),
        (
            vec![day(12, "99"), day(14, "140")],
            vec![("readings.0.register_kwh", "register_lower")],
        ),
        (
            vec![day(14, "201"), day(12, "120")],
            vec![("readings.0.register_kwh", "register_higher")],
        ),
        (
            vec![
                day(5, "50"),
                period("2026-11-12T03:00:00Z", "2026-11-13T03:00:00Z"),
            ],
            vec![("readings.1.read_at", "overlaps")],
        ),
    ] {
        let refused = home.enter_all(&readings).await;
        assert_eq!(refused.wrong(), wrong(&expected), "{}", refused.json);
        assert_eq!((home.listed().await, home.days().await), before);
    }
    let lower = home.enter_all(&[day(12, "99")]).await;
    assert_eq!(lower.json["errors"][0]["params"]["previous"], "100");
    let crowd = home.enter_all(&vec![day(12, "120"); 501]).await;
    assert_eq!(crowd.wrong(), wrong(&[("readings", "too_many_rows")]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_counter_that_began_anew_is_taken_in_a_batch_and_back_with_it(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "900").await;
    let mut anew = day(5, "0");
    anew["register_restarted"] = json!(true);
    // Undone one by one, the register before the new counter would go while the new one stands.
    let made = home
        .enter_all(&[day(3, "920"), anew, day(7, "20"), day(9, "40")])
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    assert_eq!(home.days().await.len(), 6);
    let undone = home.ana.undo(home.profile, &made).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(home.listed().await.len(), 1);
    assert_eq!(
        home.ana.undo(home.profile, &undone).await.status,
        StatusCode::OK
    );
    assert_eq!(home.days().await.len(), 6);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_meter_of_steps_and_a_meter_of_nobody_take_no_batch(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    let refused = home.enter_all(&[day(1, "1")]).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("register_kwh", "meter_of_steps")])
    );
    let nobody = Home {
        meter: json!({ "meter_id": uuid::Uuid::nil() }),
        ..home
    };
    let answer = nobody.enter_all(&[day(1, "1")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_full_batch_is_entered_and_undone(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let start: jiff::Timestamp = "2025-01-01T03:00:00Z".parse().unwrap();
    let readings: Vec<Value> = (0_i64..500)
        .map(|n| {
            let at = start + jiff::ToSpan::hours(n * 24);
            register(&at.to_string(), &(1000 + n).to_string())
        })
        .collect();
    let made = home.enter_all(&readings).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    assert_eq!(made.json["rows"].as_array().unwrap().len(), 500);
    let undone = home.ana.undo(home.profile, &made).await;
    assert_eq!(undone.json["rows"], 500, "{}", undone.json);
    assert!(home.listed().await.is_empty());
    home.test.run_jobs().await;
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_reading_that_came_back_is_not_written_over_by_who_saw_it_before(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "100").await;
    let one = format!(
        "{}/2026-11-01T03:00:00Z",
        of_row(path::READINGS, home.profile, "meter_id", &home.meter)
    );
    let mut correction = register("2026-11-01T03:00:00Z", "101");
    correction["version"] = json!(1);
    home.ana.put(&one, &correction).await;
    let removed = home.ana.delete(&format!("{one}?version=2")).await;
    home.ana.undo(home.profile, &removed).await;
    let stale = home.ana.put(&one, &correction).await;
    assert_eq!(
        (stale.status, stale.code()),
        (StatusCode::CONFLICT, "stale_version")
    );
}
