use axum::http::StatusCode;
use ecotrack_common::forecast::{Training, TrainingState};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::policy::{Basis, Trigger};
use super::store::{self, Run};
use super::{ask, ask_if_due, standing};
use crate::forecasts::train::{Progress, train_all, train_profile};
use crate::jobs::store::Queued;
use crate::jobs::{self, RefreshProfile, TrainProfile};
use crate::testing::{Actor, NOW, TestApp, in_home};

/// The first day of what [`known`] makes known.
const FIRST: &str = "2026-08-01";

/// Makes days known, from [`FIRST`] to the day before `today`: weekends use more, no two days the same.
async fn known(test: &TestApp, profile: EnergyProfileId, today: &str) {
    sqlx::query(
        "WITH main AS (
             SELECT meter_id FROM meter WHERE energy_profile_id = $1 ORDER BY meter_id LIMIT 1)
         INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, spread_mwh, spread_minutes)
         SELECT $1, meter_id, day::date, day, 1440,
                8000000 + 4000000 * (extract(isodow FROM day) >= 6)::integer + 7919 * extract(doy FROM day)::integer % 1000000, 1440
         FROM main CROSS JOIN generate_series($2::timestamptz, $3::timestamptz - interval '1 day', interval '1 day') AS day
         ON CONFLICT ON CONSTRAINT consumption_day_pkey DO NOTHING",
    )
    .bind(profile.0)
    .bind(midnight(FIRST))
    .bind(midnight(today))
    .execute(&test.app.db)
    .await
    .unwrap();
}

fn midnight(day: &str) -> jiff_sqlx::Timestamp {
    let day: Date = day.parse().unwrap();
    let zone = jiff::tz::TimeZone::UTC;
    day.to_zoned(zone).unwrap().timestamp().to_sqlx()
}

/// A home whose days are known to the day before [`NOW`].
async fn home(test: &TestApp, name: &str) -> (Actor, EnergyProfileId) {
    let (owner, profile) = test.owner_called(name).await;
    test.meter(profile, "Main", ReadingKind::Register).await;
    known(test, profile, "2026-11-23").await;
    (owner, profile)
}

async fn refresh(test: &TestApp, profile: EnergyProfileId) {
    let job = RefreshProfile {
        energy_profile_id: profile,
    };
    let mut conn = test.app.db.acquire().await.unwrap();
    jobs::store::enqueue(&mut conn, &job).await.unwrap();
    test.run_jobs().await;
}

async fn night(test: &TestApp, now: &str) {
    test.at(now);
    sqlx::query("SELECT graphile_worker.add_job('train_all', payload => '{}'::json)")
        .execute(&test.app.db)
        .await
        .unwrap();
    test.run_jobs().await;
}

/// What asked for each training of a home, and how it ended.
async fn runs(db: &PgPool, profile: EnergyProfileId) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT trigger, state FROM training_run WHERE energy_profile_id = $1 ORDER BY started_at, training_run_id",
    )
    .bind(profile.0)
    .fetch_all(db)
    .await
    .unwrap()
}

fn run(trigger: &str, state: &str) -> (String, String) {
    (trigger.to_owned(), state.to_owned())
}

async fn models(db: &PgPool, profile: EnergyProfileId) -> (i64, i64) {
    sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE in_use) FROM forecast_model WHERE energy_profile_id = $1",
    )
    .bind(profile.0)
    .fetch_one(db)
    .await
    .unwrap()
}

async fn training(who: &Actor, profile: EnergyProfileId) -> Value {
    who.get(&in_home(path::FORECAST, profile)).await.json["training"].clone()
}

async fn revision(db: &PgPool, profile: EnergyProfileId) -> i64 {
    sqlx::query_scalar("SELECT revision FROM energy_profile WHERE energy_profile_id = $1")
        .bind(profile.0)
        .fetch_one(db)
        .await
        .unwrap()
}

#[test]
fn a_training_stands_by_its_job_and_by_its_run() {
    let id = Uuid::now_v7();
    let at: Timestamp = NOW.parse().unwrap();
    let job = |under_way: bool| {
        Some(Queued {
            payload: json!({ "energy_profile_id": Uuid::nil(), "trigger": "request", "training_run_id": id }),
            asked_at: at,
            under_way,
            before: (!under_way).then_some(4),
        })
    };
    let run = |of: Uuid, state| {
        Some(Run {
            training_run_id: of,
            training: Training {
                state,
                trigger: "schedule".to_owned(),
                since: at,
                finished_at: None,
                jobs_before: None,
                message: None,
                challenge: None,
            },
        })
    };
    let other = Uuid::now_v7();
    let state = |job, run| standing(job, run).map(|it| (it.state, it.jobs_before));
    assert_eq!(state(None, None), None);
    let waiting = Some((TrainingState::Waiting, Some(4)));
    assert_eq!(state(job(false), None), waiting);
    assert_eq!(
        state(job(false), run(other, TrainingState::Succeeded)),
        waiting,
        "another one went before"
    );
    assert_eq!(
        state(job(false), run(id, TrainingState::Running)),
        waiting,
        "its server was ended"
    );
    assert_eq!(
        state(job(false), run(id, TrainingState::Failed)),
        Some((TrainingState::Failed, None)),
        "it is tried again"
    );
    let running = Some((TrainingState::Running, None));
    assert_eq!(
        state(job(true), run(other, TrainingState::Failed)),
        running,
        "it was taken up and has not noted so yet"
    );
    assert_eq!(state(job(true), run(id, TrainingState::Running)), running);
    assert_eq!(
        state(None, run(id, TrainingState::TooLittle)),
        Some((TrainingState::TooLittle, None))
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_looks_sees_a_training_wait_run_and_end(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = home(&test, "Ana").await;
    let (_, other) = test.owner_called("Bia").await;
    assert_eq!(training(&ana, profile).await, Value::Null);
    let mut conn = db.acquire().await.unwrap();
    sqlx::query("DELETE FROM graphile_worker._private_jobs")
        .execute(&mut *conn)
        .await
        .unwrap();
    let before = TrainProfile::new(other, Trigger::Request);
    jobs::store::enqueue(&mut conn, &before).await.unwrap();

    let known = revision(&db, profile).await;
    let asked = ana
        .post(&in_home(path::TRAININGS, profile), &Value::Null)
        .await;
    assert_eq!(asked.status, 202, "{}", asked.json);
    let waits = training(&ana, profile).await;
    assert_eq!(
        (&waits["state"], &waits["trigger"], &waits["jobs_before"]),
        (&json!("waiting"), &json!("request"), &json!(1)),
        "{waits}"
    );
    let asked = revision(&db, profile).await;
    assert!(asked > known, "streams are told that it was asked for");

    let run: Uuid =
        sqlx::query_scalar("SELECT (payload ->> 'training_run_id')::uuid FROM graphile_worker._private_jobs WHERE key = $1")
            .bind(TrainProfile::key_of(profile))
            .fetch_one(&db)
            .await
            .unwrap();
    let now = test.app.clock.now();
    store::begin(&mut conn, profile, run, Trigger::Request, now)
        .await
        .unwrap();
    sqlx::query("UPDATE graphile_worker._private_jobs SET locked_at = now() WHERE key = $1")
        .bind(TrainProfile::key_of(profile))
        .execute(&db)
        .await
        .unwrap();
    let runs = training(&ana, profile).await;
    assert_eq!(
        (&runs["state"], &runs["since"], &runs["jobs_before"]),
        (&json!("running"), &json!(NOW), &Value::Null)
    );
    let begun = revision(&db, profile).await;
    assert!(begun > asked, "and that it began");

    sqlx::query("UPDATE graphile_worker._private_jobs SET locked_at = NULL")
        .execute(&db)
        .await
        .unwrap();
    test.run_jobs().await;
    let done = training(&ana, profile).await;
    assert_eq!(
        (&done["state"], &done["finished_at"]),
        (&json!("succeeded"), &json!(NOW))
    );
    assert!(revision(&db, profile).await > begun, "and that it ended");
    assert_eq!(
        self::runs(&db, profile).await,
        [self::run("request", "succeeded")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn each_night_predicts_anew_and_each_week_trains(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    night(&test, "2026-11-23T05:30:00Z").await;
    let mut expected = vec![run("data", "succeeded")];
    assert_eq!(runs(&db, profile).await, expected);
    for day in 24..=29 {
        known(&test, profile, &format!("2026-11-{day}")).await;
        night(&test, &format!("2026-11-{day}T05:30:00Z")).await;
        assert_eq!(runs(&db, profile).await, expected, "the night of {day}");
        let origin: String =
            sqlx::query_scalar("SELECT max(origin)::text FROM consumption_prediction")
                .fetch_one(&db)
                .await
                .unwrap();
        assert_eq!(origin, format!("2026-11-{}", day - 1));
    }
    night(&test, "2026-11-30T05:29:58Z").await;
    expected.push(run("schedule", "succeeded"));
    assert_eq!(runs(&db, profile).await, expected);
    assert_eq!(models(&db, profile).await.1, 1);
    let artefacts: i64 =
        sqlx::query_scalar("SELECT count(*) FROM forecast_model WHERE artefact IS NOT NULL")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(artefacts, 1, "what was replaced is kept by its name only");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_of_a_few_days_is_not_trained_each_night(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = test.owner().await;
    for day in ["23", "24", "29"] {
        night(&test, &format!("2026-11-{day}T05:30:00Z")).await;
    }
    assert_eq!(runs(&db, profile).await, [run("data", "too_little")]);
    night(&test, "2026-11-30T05:30:00Z").await;
    assert_eq!(
        runs(&db, profile).await,
        [run("data", "too_little"), run("schedule", "too_little")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_training_under_way_will_do_unless_the_data_changed(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    refresh(&test, profile).await;
    test.at("2026-11-30T15:00:00Z");
    let now = test.app.clock.now();
    let mut conn = db.acquire().await.unwrap();
    let waiting = || async {
        sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM graphile_worker._private_jobs WHERE locked_at IS NULL",
        )
        .fetch_one(&db)
        .await
        .unwrap()
    };
    let same = Basis {
        days: 114,
        mean_kwh: 9.6,
    };
    ask_if_due(&mut conn, profile, true, same, now)
        .await
        .unwrap();
    assert_eq!(waiting().await, 1, "a week went by");
    sqlx::query("UPDATE graphile_worker._private_jobs SET locked_at = now(), attempts = 1")
        .execute(&db)
        .await
        .unwrap();
    ask_if_due(&mut conn, profile, true, same, now)
        .await
        .unwrap();
    assert_eq!(waiting().await, 0);
    let more = Basis { days: 300, ..same };
    ask_if_due(&mut conn, profile, true, more, now)
        .await
        .unwrap();
    assert_eq!(waiting().await, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_second_meter_is_a_reason_to_train_the_next_day(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    refresh(&test, profile).await;
    sqlx::query("UPDATE consumption_day SET spread_mwh = spread_mwh * 2")
        .execute(&db)
        .await
        .unwrap();
    refresh(&test, profile).await;
    assert_eq!(runs(&db, profile).await, [run("data", "succeeded")]);
    test.at("2026-11-24T15:00:00Z");
    refresh(&test, profile).await;
    assert_eq!(
        runs(&db, profile).await,
        [run("data", "succeeded"), run("data", "succeeded")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn predictions_worse_than_promised_are_a_reason_to_train_once(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    refresh(&test, profile).await;
    sqlx::query(
        "INSERT INTO historical_prediction_comparison (energy_profile_id, local_date, horizon, origin, model,
                                                       predicted_kwh, actual_kwh, lo80, hi80, lo95, hi95)
         SELECT energy_profile_id, local_date, 1, local_date - 1, 'weekly naive', kwh + 40, kwh, kwh + 30, kwh + 50, kwh + 20, kwh + 60
         FROM consumption_day WHERE local_date > '2026-11-08'",
    )
    .execute(&db)
    .await
    .unwrap();
    for (day, count) in [("23", 1), ("24", 2), ("25", 2), ("26", 2)] {
        test.at(&format!("2026-11-{day}T15:00:00Z"));
        refresh(&test, profile).await;
        let runs = runs(&db, profile).await;
        assert_eq!(runs.len(), count, "{day}: {runs:?}");
        assert!(
            count == 1 || runs[1] == run("drift", "succeeded"),
            "{runs:?}"
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_that_cannot_be_trained_says_why_and_keeps_nobody_waiting(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, broken) = home(&test, "Ana").await;
    let (_, well) = home(&test, "Bia").await;
    let zone = "UPDATE energy_profile SET time_zone = $2 WHERE energy_profile_id = $1";
    let zone = |name: &'static str| sqlx::query(zone).bind(broken.0).bind(name);
    zone("Mars/Olympus").execute(&db).await.unwrap();
    let mut conn = db.acquire().await.unwrap();
    for home in [broken, well] {
        let job = TrainProfile::new(home, Trigger::Request);
        jobs::store::enqueue(&mut conn, &job).await.unwrap();
    }
    test.run_jobs().await;
    assert_eq!(runs(&db, broken).await, [run("request", "failed")]);
    assert_eq!(runs(&db, well).await, [run("request", "succeeded")]);
    let failed = training(&ana, broken).await;
    let message = failed["message"].as_str().unwrap();
    assert!(
        failed["state"] == "failed" && message.contains("time zone"),
        "{failed}"
    );
    let admin = test.administrator("Zoe").await;
    let counts = admin.get(path::ADMIN_TRAININGS).await.json["counts"].clone();
    assert_eq!(
        counts,
        json!({ "waiting": 1, "running": 0, "failed": 1 }),
        "the queue tries again"
    );

    // Put right, it is the same training that succeeds.
    zone("America/Sao_Paulo").execute(&db).await.unwrap();
    sqlx::query("UPDATE graphile_worker._private_jobs SET run_at = now()")
        .execute(&db)
        .await
        .unwrap();
    test.run_jobs().await;
    assert_eq!(runs(&db, broken).await, [run("request", "succeeded")]);
    let counts = admin.get(path::ADMIN_TRAININGS).await.json["counts"].clone();
    assert_eq!(counts, json!({ "waiting": 0, "running": 0, "failed": 0 }));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn all_homes_are_trained_and_counted_though_one_fails(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, broken) = home(&test, "Ana").await;
    home(&test, "Bia").await;
    test.owner_called("Caio").await;
    sqlx::query(
        "UPDATE energy_profile SET time_zone = 'Mars/Olympus' WHERE energy_profile_id = $1",
    )
    .bind(broken.0)
    .execute(&db)
    .await
    .unwrap();
    let mut told = Vec::new();
    let progress = train_all(&test.app, &mut |progress, failed| {
        told.push((progress.done, failed.map(|(home, _)| home)));
    })
    .await
    .unwrap();
    let expected = Progress {
        homes: 3,
        done: 3,
        failed: 1,
    };
    assert_eq!(progress, expected);
    let done: Vec<i64> = told.iter().map(|(done, _)| *done).collect();
    assert_eq!(done, [1, 2, 3]);
    let failed: Vec<EnergyProfileId> = told.iter().filter_map(|(_, home)| *home).collect();
    assert_eq!(failed, [broken]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_servers_share_the_trainings_and_each_is_there_once(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let mut homes = Vec::new();
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva", "Fabio"] {
        homes.push(home(&test, name).await.1);
    }
    let other = test.with_settings(|_| {});
    jobs::for_each_home(&test.app, |id| TrainProfile::new(id, Trigger::Schedule))
        .await
        .unwrap();
    let one = jobs::worker(&test.app).await.unwrap();
    let two = jobs::worker(&other.app).await.unwrap();
    let (one, two) = tokio::join!(one.run_once(), two.run_once());
    one.and(two).unwrap();
    for profile in homes {
        assert_eq!(runs(&db, profile).await, [run("schedule", "succeeded")]);
        assert_eq!(models(&db, profile).await, (1, 1));
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_trainings_of_a_home_at_once_leave_one_model_in_use(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    let train = || train_profile(&test.app, profile, Uuid::now_v7(), Trigger::Request);
    let (one, two) = tokio::join!(train(), train());
    one.and(two).unwrap();
    assert_eq!(models(&db, profile).await, (2, 1));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_training_whose_server_is_killed_is_done_by_another_and_is_there_once(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = home(&test, "Ana").await;
    test.run_jobs().await;
    let mut conn = db.acquire().await.unwrap();
    let job = TrainProfile::new(profile, Trigger::Request);
    jobs::store::enqueue(&mut conn, &job).await.unwrap();
    drop(conn);

    // The first server is killed in the middle of storing what it found.
    let mut held = db.begin().await.unwrap();
    sqlx::query("LOCK TABLE forecast_model IN SHARE MODE")
        .execute(&mut *held)
        .await
        .unwrap();
    let killed = test.with_settings(|_| {});
    let worker = jobs::worker(&killed.app).await.unwrap();
    let server = tokio::spawn(async move { worker.run_once().await });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&db)
        .await
        .unwrap()
        == 0
    {}
    server.abort();
    server.await.unwrap_err();
    held.commit().await.unwrap();
    assert_eq!(runs(&db, profile).await, [run("request", "running")]);
    assert_eq!(models(&db, profile).await, (0, 0), "nothing half done");
    assert_eq!(training(&ana, profile).await["state"], "running");

    // The queue finds that its server is silent, and hands the job to another.
    sqlx::query(
        "SELECT graphile_worker.recover_dead_worker_jobs(array_agg(locked_by), interval '0')
         FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL",
    )
    .execute(&db)
    .await
    .unwrap();
    assert_eq!(training(&ana, profile).await["state"], "waiting");
    test.run_jobs().await;
    assert_eq!(runs(&db, profile).await, [run("request", "succeeded")]);
    assert_eq!(models(&db, profile).await, (1, 1));

    // One that is killed after it stored, and before the queue heard of it, is done again: to no effect.
    let mut conn = db.acquire().await.unwrap();
    jobs::store::enqueue(&mut conn, &job).await.unwrap();
    let known = revision(&db, profile).await;
    test.run_jobs().await;
    assert_eq!(runs(&db, profile).await, [run("request", "succeeded")]);
    assert_eq!(models(&db, profile).await, (1, 1));
    assert_eq!(revision(&db, profile).await, known);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn runs_of_long_ago_go_and_what_broke_off_says_so(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = home(&test, "Ana").await;
    refresh(&test, profile).await;
    let mut conn = db.acquire().await.unwrap();
    for at in ["2025-01-01T00:00:00Z", "2026-11-23T13:00:00Z"] {
        let at: Timestamp = at.parse().unwrap();
        store::begin(&mut conn, profile, Uuid::now_v7(), Trigger::Request, at)
            .await
            .unwrap();
    }
    drop(conn);
    test.sweep().await;
    let mut expected = vec![run("request", "failed"), run("request", "failed")];
    expected.push(run("data", "succeeded"));
    assert_eq!(runs(&db, profile).await, expected);
    test.app
        .clock
        .set(NOW.parse::<Timestamp>().unwrap() + (24 * 181).hours());
    test.sweep().await;
    assert_eq!(
        runs(&db, profile).await,
        [run("data", "succeeded")],
        "the run of a model stays with it"
    );
}

/// A refresh holds the home when it asks for a training; somebody may ask for one meanwhile.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_refresh_and_somebody_ask_at_once_and_neither_waits_for_the_other(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = home(&test, "Ana").await;
    let mut refresh = db.begin().await.unwrap();
    crate::write::store::bump_revision(&mut refresh, profile)
        .await
        .unwrap();
    let address = in_home(path::TRAININGS, profile);
    let body = json!({});
    let asked = async { ana.post(&address, &body).await };
    let asks = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting)
            .fetch_one(&db)
            .await
            .unwrap()
            < 1
        {}
        ask(&mut refresh, profile, Trigger::Data).await.unwrap();
        refresh.commit().await.unwrap();
    };
    let (asked, ()) = tokio::join!(asked, asks);
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.json);
}
