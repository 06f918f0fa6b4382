//! Imports over HTTP.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::import::own_rows::HEADER;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, MeterId, path};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::profiles;
use crate::readings::derive::{Content, Day};
use crate::readings::store;
use crate::testing::{Actor, Answer, TestApp, import_of, in_home, of_row, register, wrong};

pub(crate) struct Home {
    pub(crate) test: TestApp,
    pub(crate) ana: Actor,
    pub(crate) profile: EnergyProfileId,
}

impl Home {
    pub(crate) async fn new(db: PgPool) -> Self {
        let test = TestApp::new(db).await;
        let (ana, profile) = test.owner().await;
        Self { test, ana, profile }
    }

    async fn in_zone(db: PgPool, zone: &str) -> Self {
        let home = Self::new(db).await;
        sqlx::query("UPDATE energy_profile SET time_zone = $1")
            .bind(zone)
            .execute(&home.test.app.db)
            .await
            .unwrap();
        home
    }

    pub(crate) async fn meter(&self, name: &str, kind: ReadingKind) -> MeterId {
        self.test.meter(self.profile, name, kind).await.meter_id
    }

    /// Imports rows under the header of several meters.
    pub(crate) async fn import(&self, rows: &str, query: &str) -> Answer {
        let address = format!("{}?{query}", in_home(path::READINGS_IMPORT, self.profile));
        self.send(&address, &format!("{HEADER}\n{rows}")).await
    }

    /// Imports a file as it is.
    pub(crate) async fn import_file(&self, text: &str, query: &str) -> Answer {
        let address = format!("{}?{query}", in_home(path::READINGS_IMPORT, self.profile));
        self.send(&address, text).await
    }

    async fn import_steps(&self, meter: MeterId, rows: &str) -> Answer {
        let address = import_of(self.profile, &meter.to_string());
        self.send(&address, &format!("timestamp,kwh\n{rows}")).await
    }

    async fn send(&self, address: &str, text: &str) -> Answer {
        self.send_body(address, &[], Body::from(text.to_owned()))
            .await
    }

    async fn send_body(&self, address: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let headers = [&[("content-type", "text/csv")], headers].concat();
        self.ana.ask(Method::POST, address, &headers, body).await
    }

    pub(crate) async fn days(&self, meter: MeterId) -> Vec<Day> {
        let mut conn = self.test.app.db.acquire().await.unwrap();
        let (first, last) = (date(2020, 1, 1), date(2030, 1, 1));
        store::list_days(&mut conn, self.profile, meter, first, last)
            .await
            .unwrap()
    }

    async fn steps(&self, meter: MeterId) -> Vec<(Date, i16, Vec<Option<i32>>)> {
        let days = self.days(meter).await.into_iter();
        let steps = days.map(|day| match day.content {
            Content::Steps {
                step_minutes, mwh, ..
            } => (day.date, step_minutes, mwh),
            Content::Spread { .. } => panic!("{} is spread", day.date),
        });
        steps.collect()
    }

    pub(crate) async fn rebuilt(&self, meter: MeterId) -> Vec<Day> {
        let mut tx = self.test.app.db.begin().await.unwrap();
        let zone = profiles::store::zone(&mut tx, self.profile).await.unwrap();
        store::rebuild(&mut tx, self.profile, meter, &zone)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.days(meter).await
    }

    pub(crate) async fn readings(&self, meter: MeterId) -> Vec<Value> {
        let meter = json!({ "meter_id": meter });
        let address = of_row(path::READINGS, self.profile, "meter_id", &meter);
        let mut page = self.ana.get(&address).await.json;
        page["readings"].as_array_mut().unwrap().split_off(0)
    }

    pub(crate) async fn enter(&self, meter: MeterId, at: &str, kwh: &str) {
        let meter = json!({ "meter_id": meter });
        let address = of_row(path::READINGS, self.profile, "meter_id", &meter);
        let entered = self.ana.post(&address, &register(at, kwh)).await;
        assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
    }

    async fn batches(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM import_batch")
            .fetch_one(&self.test.app.db)
            .await
            .unwrap()
    }
}

pub(crate) fn energy(meter: MeterId, start: Timestamp, minutes: i64, mwh: i64) -> String {
    let kwh = format!("{}.{:06}", mwh / 1_000_000, mwh % 1_000_000);
    format!("{meter},{start},{},{kwh},,\n", start + minutes.minutes())
}

pub(crate) fn counter(meter: MeterId, at: &str, kwh: &str) -> String {
    format!("{meter},{at},,,{kwh},\n")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn good(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
}

/// What is told of a meter: added, unchanged, conflicting.
pub(crate) fn counts(answer: &Answer, meter: MeterId) -> [i64; 3] {
    let meters = answer.json["meters"].as_array().unwrap();
    let told = meters.iter().find(|told| told["meter_id"] == json!(meter));
    let told = told.unwrap_or_else(|| panic!("{}", answer.json));
    ["added", "unchanged", "conflicting"].map(|name| told[name].as_i64().unwrap())
}

pub(crate) fn codes(answer: &Answer) -> Vec<&str> {
    let findings = answer.json["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn meters_of_both_kinds_come_in_one_batch_that_is_undone_whole(db: PgPool) {
    let home = Home::new(db).await;
    let (steps, counted) = (
        home.meter("Steps", ReadingKind::Step).await,
        home.meter("Counter", ReadingKind::Register).await,
    );
    home.enter(counted, "2026-11-01T03:00:00Z", "100").await;
    let before = (home.readings(counted).await, home.days(counted).await);
    let midnight = at("2026-11-01T03:00:00Z");
    let mut rows = String::new();
    for quarter in 0..96 {
        rows += &energy(steps, midnight + (quarter * 15).minutes(), 15, quarter);
        rows += &counter(
            counted,
            &(midnight + (quarter * 15 + 15).minutes()).to_string(),
            &format!("100.{quarter:03}"),
        );
    }
    let looked = home.import(&rows, "dry_run=true").await;
    good(&looked);
    assert_eq!(
        (counts(&looked, steps), counts(&looked, counted)),
        ([96, 0, 0], [96, 0, 0])
    );
    assert_eq!(looked.json["operation_id"], Value::Null);
    assert_eq!(
        (home.readings(counted).await, home.days(counted).await),
        before
    );
    assert!(home.days(steps).await.is_empty());

    let done = home.import(&rows, "file_name=both.csv").await;
    good(&done);
    assert_eq!(done.json["rows"], 192);
    let mwh: Vec<Option<i32>> = (0..96).map(Some).collect();
    assert_eq!(home.steps(steps).await, [(date(2026, 11, 1), 15, mwh)]);
    let days = home.days(counted).await;
    assert!(
        matches!(
            &days[0].content,
            Content::Steps {
                step_minutes: 15,
                ..
            }
        ),
        "{days:?}"
    );
    assert_eq!(days, home.rebuilt(counted).await);

    let again = home.import(&rows, "").await;
    good(&again);
    assert_eq!(
        (counts(&again, steps), counts(&again, counted)),
        ([0, 96, 0], [0, 96, 0])
    );
    assert_eq!(
        (again.json["operation_id"].clone(), home.batches().await),
        (Value::Null, 1)
    );

    let undone = home.ana.undo(home.profile, &done).await;
    assert_eq!(undone.json["rows"], 97, "{}", undone.json);
    // What the file held is not kept anywhere: redo says what to do instead.
    let redone = home.ana.undo(home.profile, &undone).await;
    assert_eq!(
        (redone.status, redone.code()),
        (StatusCode::CONFLICT, "import_again")
    );
    assert_eq!(
        (home.readings(counted).await, home.days(counted).await),
        before
    );
    assert!(home.days(steps).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn rows_in_doubt_refuse_the_file_or_are_left_out_as_told(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let start = at("2026-11-01T03:00:00Z");
    let mut rows: String = (0..4)
        .map(|hour| energy(meter, start + hour.hours(), 60, 1000 + hour))
        .collect();
    // Line 6 repeats the first, 7 tells another energy of the second.
    rows += &energy(meter, start, 60, 1000);
    rows += &energy(meter, start + 1.hour(), 60, 7);
    rows += &energy(MeterId(uuid::Uuid::nil()), start, 60, 1);
    rows += &energy(meter, at("2026-11-24T03:00:00Z"), 60, 1);
    rows += &energy(meter, start + 7.minutes(), 60, 1);
    rows += "nonsense\n";
    rows += &counter(meter, "2026-11-01T03:00:00Z", "1");
    let refused = home.import(&rows, "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let lines = refused.json["errors"].as_array().unwrap().iter();
    let lines: Vec<(&str, &str)> = lines
        .map(|error| {
            (
                error["params"]["line"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("0", "repeated"),
        ("7", "duplicate"),
        ("8", "unknown_meter"),
        ("9", "in_the_future"),
        ("10", "off_the_grid"),
        ("11", "row_columns"),
        ("12", "meter_of_steps"),
    ];
    assert_eq!(lines, expected);
    assert!(home.days(meter).await.is_empty());

    let taken = home.import(&rows, "accept_findings=true").await;
    good(&taken);
    assert_eq!(counts(&taken, meter), [3, 0, 0]);
    assert_eq!(taken.json["meters"][0]["total_kwh"], "0.003005");
    let known: Vec<i32> = home.steps(meter).await[0]
        .2
        .iter()
        .flatten()
        .copied()
        .collect();
    assert_eq!(known, [1000, 1002, 1003], "of two that differ neither");
    let wrong_file = home.import("", "accept_findings=true").await;
    assert_eq!(wrong_file.wrong(), wrong(&[("file", "too_few_rows")]));
}

/// Steps of several lengths in any order, and in parts, make the same days.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn any_order_of_the_rows_makes_the_same_days(db: PgPool) {
    let home = Home::new(db).await;
    let mut runner = TestRunner::deterministic();
    let start = at("2026-10-01T03:00:00Z");
    for case in 0..12 {
        let (one, other) = (
            home.meter(&format!("One {case}"), ReadingKind::Step).await,
            home.meter(&format!("Other {case}"), ReadingKind::Step)
                .await,
        );
        let row = (
            0_i64..96 * 3,
            prop::sample::select(vec![1_i64, 2, 4]),
            0_i64..9_000_000,
        );
        let rows = prop::collection::vec(row, 1..120)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        // Whole lengths on their own grid, each start of a length once; some minutes beside them.
        let mut kept = std::collections::BTreeMap::new();
        for (quarter, length, mwh) in rows {
            kept.insert((quarter / length * length, length), mwh);
        }
        let mut lines: Vec<(i64, i64, i64)> = kept
            .into_iter()
            .map(|((quarter, length), mwh)| (quarter * 15, length * 15, mwh))
            .collect();
        lines.extend((0..60).map(|minute| (96 * 45 + minute, 1, minute)));
        let text = |meter: MeterId, lines: &[(i64, i64, i64)]| -> String {
            let line = |(from, length, mwh): &(i64, i64, i64)| {
                energy(meter, start + from.minutes(), *length, *mwh)
            };
            lines.iter().map(line).collect()
        };
        good(&home.import(&text(one, &lines), "").await);
        let shuffled = Just(lines)
            .prop_shuffle()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        good(&home.import(&text(other, &shuffled), "").await);
        assert!(!home.days(one).await.is_empty());
        assert_eq!(home.days(one).await, home.days(other).await);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_of_23_and_25_hours_are_whole(db: PgPool) {
    let home = Home::in_zone(db, "Europe/Berlin").await;
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    for (name, day, hours) in [
        ("March", date(2026, 3, 29), 23),
        ("October", date(2026, 10, 25), 25),
    ] {
        let meter = home.meter(name, ReadingKind::Step).await;
        let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
        let hour = |hour: i64| {
            let at = (midnight + hour.hours()).to_zoned(zone.clone());
            format!("{},0.{hour:03}\n", at.strftime("%Y-%m-%dT%H:%M:%S%:z"))
        };
        let rows: String = (0..hours).map(hour).collect();
        good(&home.import_steps(meter, &rows).await);
        let mwh: Vec<Option<i32>> = (0..hours)
            .map(|hour| Some(i32::try_from(hour).unwrap() * 1000))
            .collect();
        assert_eq!(home.steps(meter).await, [(day, 60, mwh)]);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_zone_of_half_hours_takes_its_own_hours_and_no_others(db: PgPool) {
    let home = Home::in_zone(db, "Asia/Kolkata").await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let hours = |first: &str| -> String {
        let first = at(first);
        let rows = (0_i64..24).map(|hour| format!("{},1\n", first + hour.hours()));
        rows.collect::<Vec<_>>().concat()
    };
    let refused = home
        .import_steps(meter, &hours("2026-10-24T00:00:00Z"))
        .await;
    assert_eq!(
        refused.wrong()[0],
        ("file".to_owned(), "off_the_grid".to_owned())
    );
    good(
        &home
            .import_steps(meter, &hours("2026-10-23T18:30:00Z"))
            .await,
    );
    assert_eq!(
        home.steps(meter).await,
        [(date(2026, 10, 24), 60, vec![Some(1_000_000); 24])]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn minutes_become_steps_and_days_fill_what_is_missing(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let midnight = at("2026-11-01T03:00:00Z");
    let rows: String = (0..12)
        .map(|minute| energy(meter, midnight + minute.minutes(), 1, 10))
        .collect();
    let minutes = home.import(&rows, "").await;
    good(&minutes);
    assert_eq!(
        (counts(&minutes, meter), codes(&minutes)),
        ([2, 0, 0], vec!["incomplete_steps"])
    );
    assert_eq!(
        home.steps(meter).await[0].2[..4],
        [Some(50), Some(50), None, None]
    );

    let two_days = energy(meter, midnight, 1440, 100 + 2860)
        + &energy(meter, midnight + 24.hours(), 1440, 288);
    let filled = home.import(&two_days, "").await;
    good(&filled);
    assert_eq!(
        (counts(&filled, meter), codes(&filled)),
        ([2, 0, 0], vec!["filled_evenly"])
    );
    let steps = home.steps(meter).await;
    assert_eq!(
        (steps[0].2[1], steps[0].2[2], steps[1].2[287]),
        (Some(50), Some(10), Some(1))
    );
    let again = home.import(&two_days, "on_conflict=replace").await;
    assert_eq!(
        (counts(&again, meter), again.json["operation_id"].clone()),
        ([0, 2, 0], Value::Null)
    );
    let kept = home
        .import(&energy(meter, midnight, 1440, 10_000), "")
        .await;
    assert_eq!(counts(&kept, meter), [0, 0, 1]);
    home.ana.undo(home.profile, &filled).await;
    assert_eq!(home.steps(meter).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_that_were_replaced_come_back_and_not_over_what_came_after(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let start = at("2026-11-01T03:00:00Z");
    let hours = |kwh: i64, count: i64| -> String {
        (0..count)
            .map(|hour| energy(meter, start + hour.hours(), 60, kwh))
            .collect()
    };
    let first = home.import(&hours(1, 30), "").await;
    let before = home.days(meter).await;
    let second = home.import(&hours(2, 60), "on_conflict=replace").await;
    assert_eq!(counts(&second, meter), [30, 0, 30]);
    assert_eq!(codes(&second), ["replaced"]);
    let refused = home.ana.undo(home.profile, &first).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    let undone = home.ana.undo(home.profile, &second).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(home.days(meter).await, before);
    let undone = home.ana.undo(home.profile, &first).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert!(home.days(meter).await.is_empty());

    home.import(&hours(4, 24), "").await;
    let quarters: String = (0..96)
        .map(|quarter| energy(meter, start + (quarter * 15).minutes(), 15, 1))
        .collect();
    let summed = home.import(&quarters, "").await;
    assert_eq!(
        (counts(&summed, meter), codes(&summed)),
        ([0, 24, 0], vec!["summed_to_stored"])
    );
    let finer = home.import(&quarters, "finer=replace").await;
    good(&finer);
    assert_eq!(home.steps(meter).await[0].1, 15);
}

/// A body of a good beginning that breaks off.
fn broken(beginning: String) -> Body {
    let pieces = [
        Ok(beginning),
        Err(std::io::Error::other("the line is dead")),
    ];
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_hangs_up_half_way_leaves_nothing_behind(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let start = at("2000-01-01T02:00:00Z");
    // Enough to have been staged in part.
    let mut rows = String::from("timestamp,kwh\n");
    for quarter in 0_i64..200_000 {
        writeln!(rows, "{},0.25", start + (quarter * 15).minutes()).unwrap();
    }
    let address = import_of(home.profile, &meter.to_string());
    let keyed = [("idempotency-key", "k")];
    let cut = home.send_body(&address, &keyed, broken(rows.clone())).await;
    assert_eq!(
        (cut.status, cut.code()),
        (StatusCode::BAD_REQUEST, "malformed_body")
    );
    for table in [
        "consumption_day",
        "import_batch",
        "audit_operation",
        "idempotency_key",
    ] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&home.test.app.db)
            .await
            .unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let whole = home.send_body(&address, &keyed, Body::from(rows)).await;
    good(&whole);
    assert_eq!(counts(&whole, meter), [200_000, 0, 0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_file_under_its_key_is_answered_as_it_was(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let address = import_of(home.profile, &meter.to_string());
    let file = "timestamp,kwh\n2026-11-01T03:00:00Z,1\n2026-11-01T04:00:00Z,1\n";
    let keyed = [("idempotency-key", "k")];
    let first = home.send_body(&address, &keyed, Body::from(file)).await;
    let second = home.send_body(&address, &keyed, Body::from(file)).await;
    good(&first);
    assert_eq!((first.json, home.batches().await), (second.json, 1));
    let other = home
        .send_body(&address, &keyed, Body::from(file.replace(",1", ",2")))
        .await;
    assert_eq!(
        (other.status, other.code()),
        (StatusCode::CONFLICT, "idempotency_key_reused")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_file_of_steps_says_for_which_meter_it_is(db: PgPool) {
    let home = Home::new(db).await;
    let address = in_home(path::READINGS_IMPORT, home.profile);
    let file = "timestamp,kwh\n2026-11-01T03:00:00Z,1\n2026-11-01T04:00:00Z,1\n";
    let unnamed = home.send(&address, file).await;
    assert_eq!(unnamed.wrong(), wrong(&[("file", "meter_not_named")]));
    let nobodys = home
        .send(
            &import_of(home.profile, &uuid::Uuid::nil().to_string()),
            file,
        )
        .await;
    assert_eq!(nobodys.wrong(), wrong(&[("file", "unknown_meter")]));
    let odd = file.replace("04:00", "03:07");
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let odd = home
        .send(&import_of(home.profile, &meter.to_string()), &odd)
        .await;
    assert_eq!(odd.wrong(), wrong(&[("file", "spacing")]));
}
