use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, MeterId, path};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::derive::{Content, Day};
use super::store;
use crate::profiles;
use crate::testing::{Actor, Answer, TestApp, import_of, register};

struct Home {
    test: TestApp,
    ana: Actor,
    profile: EnergyProfileId,
    meter: MeterId,
}

impl Home {
    async fn new(db: PgPool, kind: ReadingKind) -> Self {
        let test = TestApp::new(db).await;
        let (ana, profile) = test.owner().await;
        let meter = test.meter(profile, "Main", kind).await.meter_id;
        Self {
            test,
            ana,
            profile,
            meter,
        }
    }

    fn readings(&self) -> String {
        path::fill(
            path::READINGS,
            &[
                ("energy_profile_id", &self.profile),
                ("meter_id", &self.meter),
            ],
        )
    }

    fn reading(&self, at: &str) -> String {
        format!("{}/{at}", self.readings())
    }

    async fn enter(&self, at: &str, kwh: &str) -> Answer {
        self.ana.post(&self.readings(), &register(at, kwh)).await
    }

    async fn undo(&self, written: &Answer) -> Answer {
        let operation = written.json["operation_id"].as_str().unwrap();
        let address = path::fill(
            path::UNDO,
            &[
                ("energy_profile_id", &self.profile),
                ("operation_id", &operation),
            ],
        );
        self.ana.post(&address, &Value::Null).await
    }

    async fn import(&self, csv: &str, query: &str) -> Answer {
        let address = import_of(self.profile, &self.meter.to_string());
        let headers = [("content-type", "text/csv")];
        self.ana
            .ask(
                Method::POST,
                &format!("{address}&{query}"),
                &headers,
                Body::from(csv.to_owned()),
            )
            .await
    }

    async fn days(&self) -> Vec<Day> {
        let mut conn = self.test.app.db.acquire().await.unwrap();
        store::list_days(
            &mut conn,
            self.profile,
            self.meter,
            date(2020, 1, 1),
            date(2030, 1, 1),
        )
        .await
        .unwrap()
    }

    async fn rebuilt(&self) -> Vec<Day> {
        let mut tx = self.test.app.db.begin().await.unwrap();
        let zone = profiles::store::zone(&mut tx, self.profile).await.unwrap();
        store::rebuild(&mut tx, self.profile, self.meter, &zone)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.days().await
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_registers_make_days(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    assert_eq!(
        home.enter("2026-11-01T03:00:00Z", "1000").await.status,
        StatusCode::CREATED
    );
    let second = home.enter("2026-11-03T03:00:00Z", "1024.5").await;
    assert_eq!(second.json["reading"]["since_previous_kwh"], "24.500000");
    assert_eq!(second.json["reading"]["entered_by"], "Ana");
    let spread: Vec<Content> = home
        .days()
        .await
        .into_iter()
        .map(|day| day.content)
        .collect();
    assert_eq!(
        spread,
        vec![
            Content::Spread {
                mwh: 12_250_000,
                minutes: 1440
            };
            2
        ]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_second_reading_at_the_same_instant_is_refused_with_the_one_that_is_there(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "1000").await;
    let again = home.enter("2026-11-01T03:00:00Z", "1001").await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::CONFLICT, "duplicate_reading")
    );
    assert_eq!(again.json["current"]["register_kwh"], "1000.000000");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_entry_sent_again_stands_once(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let body = register("2026-11-01T03:00:00Z", "1000");
    let first = home.ana.post_keyed(&home.readings(), "k", &body).await;
    let second = home.ana.post_keyed(&home.readings(), "k", &body).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!((first.status, first.json), (second.status, second.json));
    assert_eq!(
        home.ana.get(&home.readings()).await.json["readings"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_register_lower_than_the_one_before_is_asked_about(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "1000").await;
    let lower = home.enter("2026-11-02T03:00:00Z", "3").await;
    assert_eq!(
        lower.wrong(),
        [("register_kwh".to_owned(), "register_lower".to_owned())]
    );
    assert_eq!(lower.json["errors"][0]["params"]["previous"], "1000.000000");
    assert!(home.days().await.is_empty(), "nothing of it stands");

    let mut meant = register("2026-11-02T03:00:00Z", "3");
    meant["register_restarted"] = json!(true);
    assert_eq!(
        home.ana.post(&home.readings(), &meant).await.status,
        StatusCode::CREATED
    );
    assert!(
        home.days().await.is_empty(),
        "what flowed before a new counter is a gap"
    );
    let between = home.enter("2026-11-01T15:00:00Z", "1003").await;
    assert_eq!(between.status, StatusCode::CREATED, "{}", between.json);
    let higher = home.enter("2026-11-01T09:00:00Z", "1004").await;
    assert_eq!(
        higher.wrong(),
        [("register_kwh".to_owned(), "register_higher".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn time_is_not_told_twice(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let period = |from: &str, to: &str| json!({ "read_at": from, "kind": "period", "energy_kwh": "10", "ends_at": to });
    let first = home
        .ana
        .post(
            &home.readings(),
            &period("2026-11-01T03:00:00Z", "2026-11-04T03:00:00Z"),
        )
        .await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    for (from, to) in [
        ("2026-11-03T03:00:00Z", "2026-11-05T03:00:00Z"),
        ("2026-10-31T03:00:00Z", "2026-11-10T03:00:00Z"),
    ] {
        let overlapping = home.ana.post(&home.readings(), &period(from, to)).await;
        assert_eq!(
            overlapping.wrong(),
            [("read_at".to_owned(), "overlaps".to_owned())]
        );
    }
    let after = home
        .ana
        .post(
            &home.readings(),
            &period("2026-11-04T03:00:00Z", "2026-11-05T03:00:00Z"),
        )
        .await;
    assert_eq!(after.status, StatusCode::CREATED, "{}", after.json);
    home.enter("2026-10-20T03:00:00Z", "5").await;
    let across = home.enter("2026-11-20T03:00:00Z", "9").await;
    assert_eq!(
        across.wrong(),
        [("read_at".to_owned(), "overlaps".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_correction_corrects_the_days_and_can_be_undone_and_redone(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "1000").await;
    home.enter("2026-11-02T03:00:00Z", "1415").await;
    let before = home.days().await;
    let mut correction = register("2026-11-02T03:00:00Z", "1041.5");
    correction["version"] = json!(1);
    let corrected = home
        .ana
        .put(&home.reading("2026-11-02T03:00:00Z"), &correction)
        .await;
    assert_eq!(corrected.status, StatusCode::OK, "{}", corrected.json);
    assert_eq!(
        home.days().await[0].content,
        Content::Spread {
            mwh: 41_500_000,
            minutes: 1440
        }
    );

    let stale = home
        .ana
        .put(&home.reading("2026-11-02T03:00:00Z"), &correction)
        .await;
    assert_eq!(
        (stale.status, stale.code()),
        (StatusCode::CONFLICT, "stale_version")
    );
    assert_eq!(stale.json["current"]["version"], 2);

    let undone = home.undo(&corrected).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(home.days().await, before);
    let twice = home.undo(&corrected).await;
    assert_eq!(
        (twice.status, twice.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    let redone = home.undo(&undone).await;
    assert_eq!(redone.status, StatusCode::OK, "{}", redone.json);
    assert_eq!(
        home.days().await[0].content,
        Content::Spread {
            mwh: 41_500_000,
            minutes: 1440
        }
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_removed_reading_comes_back_whole(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    home.enter("2026-11-01T03:00:00Z", "1000").await;
    let mut noted = register("2026-11-02T03:00:00Z", "1010");
    noted["note"] = json!("by torchlight");
    home.ana.post(&home.readings(), &noted).await;
    let before = home.days().await;
    let removed = home
        .ana
        .delete(&format!(
            "{}?version=1",
            home.reading("2026-11-02T03:00:00Z")
        ))
        .await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.json);
    assert!(home.days().await.is_empty());
    assert_eq!(home.undo(&removed).await.status, StatusCode::OK);
    assert_eq!(home.days().await, before);
    let listed = home.ana.get(&home.readings()).await;
    assert_eq!(listed.json["readings"][0]["note"], "by torchlight");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_changed_since_is_not_undone(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let first = home.enter("2026-11-01T03:00:00Z", "1000").await;
    let mut correction = register("2026-11-01T03:00:00Z", "1001");
    correction["version"] = json!(1);
    home.ana
        .put(&home.reading("2026-11-01T03:00:00Z"), &correction)
        .await;
    let refused = home.undo(&first).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    assert_eq!(
        home.ana.get(&home.readings()).await.json["readings"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn readings_come_in_pages_newest_first(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for day in 0..105 {
        home.enter(
            &(start + (day * 24).hours()).to_string(),
            &format!("{}", 1000 + day),
        )
        .await;
    }
    let first = home.ana.get(&home.readings()).await;
    assert_eq!(first.json["readings"].as_array().unwrap().len(), 100);
    let before = first.json["next_before"].as_str().unwrap();
    let second = home
        .ana
        .get(&format!("{}?before={before}", home.readings()))
        .await;
    assert_eq!(second.json["readings"].as_array().unwrap().len(), 5);
    assert_eq!(second.json["next_before"], Value::Null);
}

const HOURS: &str = "timestamp,kwh\n2026-11-01T00:00:00-03:00,0.5\n2026-11-01T01:00:00-03:00,0.25\n\
                     2026-11-01T03:00:00-03:00,1\n2026-11-02T00:00:00-03:00,2\n";

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_file_is_imported_whole_and_again_is_nothing(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    let dry = home.import(HOURS, "dry_run=true").await;
    assert_eq!(
        (dry.status, &dry.json["meters"][0]["added"]),
        (StatusCode::OK, &json!(4))
    );
    assert!(home.days().await.is_empty(), "a dry run writes nothing");

    let report = home.import(HOURS, "file_name=hours.csv").await;
    assert_eq!(report.status, StatusCode::OK, "{}", report.json);
    assert_eq!(report.json["meters"][0]["added"], 4);
    assert_eq!(report.json["meters"][0]["total_kwh"], "3.75");
    assert_eq!(report.json["meters"][0]["missing_steps"], 21);
    let days = home.days().await;
    assert_eq!(days.len(), 2);
    let Content::Steps {
        step_minutes, mwh, ..
    } = &days[0].content
    else {
        panic!("no steps")
    };
    assert_eq!(
        (*step_minutes, &mwh[..4]),
        (
            60,
            &[Some(500_000), Some(250_000), None, Some(1_000_000)][..]
        )
    );

    let again = home.import(HOURS, "").await;
    assert_eq!(again.json["meters"][0]["unchanged"], 4);
    assert_eq!(again.json["import_batch_id"], Value::Null);
    assert_eq!(home.days().await, days);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_import_keeps_or_replaces_what_is_there_as_told_and_is_undone_whole(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    home.import(HOURS, "").await;
    let before = home.days().await;
    let other = HOURS
        .replace("0.25", "0.75")
        .replace("2026-11-02T00", "2026-11-03T00");
    let kept = home.import(&other, "on_conflict=skip&dry_run=true").await;
    assert_eq!(
        (
            &kept.json["meters"][0]["conflicting"],
            &kept.json["meters"][0]["added"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(kept.json["findings"][0]["code"], "kept");
    let replaced = home.import(&other, "on_conflict=replace").await;
    assert_eq!(replaced.json["findings"][0]["code"], "replaced");
    assert_eq!(home.days().await.len(), 3);
    let undone = home.undo(&replaced).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(home.days().await, before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_import_is_not_undone_over_what_came_after(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    let first = home.import(HOURS, "").await;
    home.import(&HOURS.replace("0.25", "0.75"), "on_conflict=replace")
        .await;
    let after = home.days().await;
    let refused = home.undo(&first).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    assert_eq!(home.days().await, after);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_wrong_file_is_refused_with_its_lines_and_changes_nothing(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    let wrong = format!("{HOURS}2026-11-02T01:00:00-03:00,abc\n");
    let refused = home.import(&wrong, "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.wrong(), [("file".to_owned(), "number".to_owned())]);
    assert_eq!(refused.json["errors"][0]["params"]["line"], "6");
    assert!(home.days().await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_meter_takes_registers_or_steps_never_both(db: PgPool) {
    let home = Home::new(db, ReadingKind::Step).await;
    let refused = home.enter("2026-11-01T03:00:00Z", "1000").await;
    assert_eq!(
        refused.wrong(),
        [("register_kwh".to_owned(), "meter_of_steps".to_owned())]
    );
    let meter = home
        .test
        .meter(home.profile, "Register", ReadingKind::Register)
        .await;
    let other = Home {
        meter: meter.meter_id,
        ..home
    };
    let refused = other.import(HOURS, "").await;
    assert_eq!(
        refused.wrong(),
        [("file".to_owned(), "meter_of_registers".to_owned())]
    );
}

/// One of the things people do to readings, at slots so few that they meet.
#[derive(Debug, Clone)]
enum Deed {
    Enter { slot: i64, kwh: i64 },
    Correct { slot: i64, to: i64, kwh: i64 },
    Remove { slot: i64 },
}

fn deed() -> impl Strategy<Value = Deed> {
    let slot = 0_i64..12;
    prop_oneof![
        4 => (slot.clone(), 0_i64..12).prop_map(|(slot, kwh)| Deed::Enter { slot, kwh }),
        2 => (slot.clone(), 0_i64..12, 0_i64..12).prop_map(|(slot, to, kwh)| Deed::Correct { slot, to, kwh }),
        1 => slot.prop_map(|slot| Deed::Remove { slot }),
    ]
}

fn instant(slot: i64) -> String {
    // Slots of 40 minutes and of some days, so that steps and spreading both occur.
    let start: Timestamp = "2026-10-01T02:00:00Z".parse().unwrap();
    let minutes = if slot % 3 == 0 {
        slot * 2500
    } else {
        slot * 2500 - (slot % 3) * 2460
    };
    (start + minutes.minutes()).to_string()
}

/// The register of a slot grows with it, so that most deeds are possible, and some are not.
fn kwh(slot: i64, kwh: i64) -> String {
    (1000 + slot * 10 + kwh).to_string()
}

async fn act(home: &Home, deed: &Deed) -> StatusCode {
    let answer = match deed {
        Deed::Enter { slot, kwh: more } => home.enter(&instant(*slot), &kwh(*slot, *more)).await,
        Deed::Correct {
            slot,
            to,
            kwh: more,
        } => {
            let mut body = register(&instant(*to), &kwh(*to, *more));
            body["version"] = json!(1);
            home.ana.put(&home.reading(&instant(*slot)), &body).await
        }
        Deed::Remove { slot } => {
            home.ana
                .delete(&format!("{}?version=1", home.reading(&instant(*slot))))
                .await
        }
    };
    assert!(
        !answer.status.is_server_error(),
        "{deed:?}: {}",
        answer.json
    );
    answer.status
}

/// Derived days equal a rebuild after any sequence of concurrent entries, corrections and removals.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_equal_a_rebuild_after_random_concurrent_edits(db: PgPool) {
    let home = Home::new(db, ReadingKind::Register).await;
    // Proptest's own async is none: draw the cases here, from its fixed seed.
    let mut runner = TestRunner::deterministic();
    let mut done = 0;
    for _ in 0..20 {
        for table in ["energy_reading", "consumption_day"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")))
                .execute(&home.test.app.db)
                .await
                .unwrap();
        }
        let deeds = prop::collection::vec(deed(), 6..18)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let all = deeds.chunks(6).map(|together| async {
            futures_util::future::join_all(together.iter().map(|deed| act(&home, deed))).await
        });
        for together in all {
            done += together
                .await
                .into_iter()
                .filter(StatusCode::is_success)
                .count();
        }
        let derived = home.days().await;
        assert_eq!(derived, home.rebuilt().await, "{deeds:?}");
    }
    assert!(
        done > 60,
        "only {done} deeds were possible: the test tests little"
    );
}
