use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{RefreshProfile, TrainAll, TrainProfile, for_each_home, store};
use crate::forecasts::trainings::policy::Trigger;
use crate::testing::{TestApp, import_of, register};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn jobs_asked_for_under_the_same_key_are_one(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = test.owner().await;
    let mut conn = db.acquire().await.unwrap();
    for trigger in [Trigger::Request, Trigger::Data] {
        let job = TrainProfile::new(profile, trigger);
        store::enqueue(&mut conn, &job).await.unwrap();
    }
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker.jobs")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(waiting, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_writes_a_forecast_of_one_home_is_done_one_after_the_other(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, one) = test.owner().await;
    let (_, other) = test.owner_called("bia").await;
    let mut conn = db.acquire().await.unwrap();
    let refresh = |energy_profile_id| RefreshProfile { energy_profile_id };
    store::enqueue(&mut conn, &refresh(one)).await.unwrap();
    let training = TrainProfile::new(one, Trigger::Request);
    store::enqueue(&mut conn, &training).await.unwrap();
    let night = [refresh(one), refresh(other)];
    store::enqueue_all(&mut conn, &night).await.unwrap();
    let queues: Vec<(String, i64)> = sqlx::query_as(
        "SELECT queue_name, count(*) FROM graphile_worker.jobs GROUP BY 1 ORDER BY 2 DESC",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let expected = [(one, 2), (other, 1)].map(|(home, jobs)| (format!("forecast:{home}"), jobs));
    assert_eq!(queues, expected);
    test.run_jobs().await;
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_write_that_is_refused_asks_for_nothing(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Step).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    let refused = ana
        .post(&readings, &register("2026-11-01T12:00:00Z", "1"))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker.jobs")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(waiting, 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn training_goes_from_the_queue_to_a_forecast_and_beside_what_happens(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let forecast = path::fill(path::FORECAST, &[("energy_profile_id", &profile)]);
    assert_eq!(ana.get(&forecast).await.json["have_days"], 0);
    let trainings = path::fill(path::TRAININGS, &[("energy_profile_id", &profile)]);
    assert_eq!(
        ana.post(&trainings, &Value::Null).await.status,
        StatusCode::ACCEPTED
    );
    test.run_jobs().await;
    let answer = ana.get(&forecast).await.json;
    assert_eq!(
        (&answer["state"], &answer["have_days"], &answer["need_days"]),
        (&"too_little".into(), &0.into(), &14.into())
    );

    // Ninety days of hours with a weekly shape, to yesterday.
    let meter = test.meter(profile, "Main", ReadingKind::Step).await;
    let imports = import_of(profile, &meter.meter_id.to_string());
    let start: Timestamp = "2026-08-25T03:00:00Z".parse().unwrap();
    let rows: Vec<String> = (0_i64..90 * 24)
        .map(|hour| {
            let weekend = (hour / 24) % 7 >= 5;
            format!(
                "{},{}",
                start + hour.hours(),
                if weekend { "0.75" } else { "0.5" }
            )
        })
        .collect();
    let body = axum::body::Body::from(format!("timestamp,kwh\n{}\n", rows.join("\n")));
    let imported = ana
        .ask(
            axum::http::Method::POST,
            &imports,
            &[("content-type", "text/csv")],
            body,
        )
        .await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    test.run_jobs().await;
    let answer = ana.get(&forecast).await.json;
    assert_eq!(answer["state"], "ready", "{answer}");
    let days = answer["forecast"]["days"].as_array().unwrap();
    assert_eq!(days[0]["date"], "2026-11-23");
    assert!(days.len() >= 30);
    let likely: f64 = days[0]["kwh"]["likely"].as_str().unwrap().parse().unwrap();
    assert!((11.0..19.0).contains(&likely), "{likely}");
    let runs: Vec<String> =
        sqlx::query_scalar("SELECT state FROM training_run ORDER BY started_at, training_run_id")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(runs.last().map(String::as_str), Some("succeeded"));

    // A week later the days are known, and stand beside what was predicted.
    test.at("2026-11-30T15:00:00Z");
    let rows: Vec<String> = (0_i64..7 * 24)
        .map(|hour| {
            format!(
                "{},0.5",
                "2026-11-23T03:00:00Z".parse::<Timestamp>().unwrap() + hour.hours()
            )
        })
        .collect();
    let body = axum::body::Body::from(format!("timestamp,kwh\n{}\n", rows.join("\n")));
    ana.ask(
        axum::http::Method::POST,
        &imports,
        &[("content-type", "text/csv")],
        body,
    )
    .await;
    test.run_jobs().await;
    let answer = ana.get(&forecast).await.json;
    let compared = answer["comparisons"].as_array().unwrap();
    assert!(
        compared
            .iter()
            .any(|row| row["horizon"] == 7 && row["date"] == "2026-11-29"),
        "{compared:?}"
    );
    let row = &compared[0];
    let number = |name: &str| {
        row[name]
            .as_str()
            .unwrap()
            .parse::<rust_decimal::Decimal>()
            .unwrap()
    };
    assert_eq!(
        number("error_kwh"),
        number("actual_kwh") - number("predicted_kwh")
    );
    assert!(
        row["inside80"].is_boolean() && row["inside95"].is_boolean(),
        "the intervals were kept: {row}"
    );
    let achieved = answer["achieved"].as_array().unwrap();
    let week = achieved.iter().find(|row| row["horizon"] == 7).unwrap();
    assert_eq!(week["days"], 1, "{week}");
    let of_week = compared.iter().find(|row| row["horizon"] == 7).unwrap();
    let held: f64 = week["coverage95"].as_str().unwrap().parse().unwrap();
    assert_eq!(held > 0.5, of_week["inside95"] == true, "{week} {of_week}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_damaged_model_is_refused_and_another_is_trained(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    let start: Timestamp = "2026-10-20T03:00:00Z".parse().unwrap();
    for day in 0_i64..30 {
        ana.post(
            &readings,
            &register(
                &(start + (day * 24).hours()).to_string(),
                &(100 + day * 10).to_string(),
            ),
        )
        .await;
    }
    test.run_jobs().await;
    let models = || async {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM forecast_model")
            .fetch_one(&db)
            .await
            .unwrap()
    };
    assert_eq!(models().await, 1);
    sqlx::query(
        "UPDATE forecast_model SET artefact = jsonb_set(artefact, '{model,features_version}', '999')",
    )
    .execute(&db)
    .await
    .unwrap();
    ana.post(&readings, &register("2026-11-19T03:00:00Z", "500"))
        .await;
    test.run_jobs().await;
    assert_eq!(models().await, 2);
    let in_use: i64 = sqlx::query_scalar("SELECT count(*) FROM forecast_model WHERE in_use")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(in_use, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_homes_failure_does_not_keep_the_others_waiting(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, broken) = test.owner().await;
    sqlx::query(
        "UPDATE energy_profile SET time_zone = 'Mars/Olympus' WHERE energy_profile_id = $1",
    )
    .bind(broken.0)
    .execute(&db)
    .await
    .unwrap();
    let well = crate::testing::home().details;
    let mut conn = db.acquire().await.unwrap();
    let id = ecotrack_common::EnergyProfileId(uuid::Uuid::now_v7());
    crate::profiles::store::insert(&mut conn, id, &well, test.app.clock.now())
        .await
        .unwrap();
    sqlx::query("SELECT graphile_worker.add_job($1, payload => '{}'::json)")
        .bind(<TrainAll as graphile_worker::TaskHandler>::IDENTIFIER)
        .execute(&mut *conn)
        .await
        .unwrap();
    test.run_jobs().await;
    let trained: Vec<uuid::Uuid> =
        sqlx::query_scalar("SELECT energy_profile_id FROM training_run WHERE state = 'too_little'")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(trained, [id.0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn homes_are_put_into_the_queue_by_the_page_and_what_waits_stays(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = test.owner().await;
    test.run_jobs().await;
    sqlx::query(
        "INSERT INTO energy_profile
         SELECT (jsonb_populate_record(p, jsonb_build_object('energy_profile_id', gen_random_uuid()))).*
         FROM energy_profile AS p CROSS JOIN generate_series(1, 2100)",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut conn = db.acquire().await.unwrap();
    let waits = TrainProfile::new(profile, Trigger::Request);
    store::enqueue(&mut conn, &waits).await.unwrap();
    let counts = || async {
        sqlx::query_as::<_, (i64, i64, i64)>(
            "SELECT count(*), count(DISTINCT key), count(*) FILTER (WHERE payload ->> 'trigger' = 'request' AND priority < 0)
             FROM graphile_worker._private_jobs",
        )
        .fetch_one(&db)
        .await
        .unwrap()
    };
    for _ in 0..2 {
        for_each_home(&test.app, |id| TrainProfile::new(id, Trigger::Schedule))
            .await
            .unwrap();
        assert_eq!(counts().await, (2101, 2101, 1));
    }
    for_each_home(&test.app, |energy_profile_id| RefreshProfile {
        energy_profile_id,
    })
    .await
    .unwrap();
    assert_eq!(counts().await.0, 4202, "another job is another job");
}

/// A job of the clock is written by the queue itself, from the schedule, with a mark of its time.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_the_clock_asks_for_is_done(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (_, profile) = test.owner().await;
    test.run_jobs().await;
    for due in super::workers::schedule().unwrap() {
        let mut payload = due.payload.unwrap_or_default();
        if let Some(object) = payload.as_object_mut() {
            object.insert("_cron".to_owned(), json!({ "backfilled": true }));
        }
        sqlx::query("SELECT graphile_worker.add_job($1, payload => $2::json)")
            .bind(due.task_identifier)
            .bind(payload)
            .execute(&db)
            .await
            .unwrap();
    }
    test.run_jobs().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker.jobs")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0, "a job that failed waits for its next turn");
    let trained: Vec<uuid::Uuid> =
        sqlx::query_scalar("SELECT energy_profile_id FROM training_run WHERE state = 'too_little'")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(trained, [profile.0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_are_cut_again_when_the_zone_changes(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    ana.post(&readings, &register("2026-11-01T03:00:00Z", "100"))
        .await;
    ana.post(&readings, &register("2026-11-03T03:00:00Z", "148"))
        .await;
    let days = || async {
        sqlx::query_scalar::<_, String>("SELECT string_agg(local_date || ' ' || kwh, ', ' ORDER BY local_date) FROM consumption_day")
            .fetch_one(&db)
            .await
            .unwrap()
    };
    assert_eq!(days().await, "2026-11-01 24.000000, 2026-11-02 24.000000");
    let mut change = serde_json::to_value(crate::testing::home().details).unwrap();
    change["version"] = 1.into();
    change["time_zone"] = "UTC".into();
    let address = path::fill(path::PROFILE, &[("energy_profile_id", &profile)]);
    assert_eq!(ana.put(&address, &change).await.status, StatusCode::OK);
    test.run_jobs().await;
    assert_eq!(
        days().await,
        "2026-11-01 21.000000, 2026-11-02 24.000000, 2026-11-03 3.000000"
    );
    let damaged = "UPDATE consumption_day SET spread_mwh = 1 WHERE local_date = '2026-11-02'";
    sqlx::query(damaged).execute(&db).await.unwrap();
    let examined = crate::doctor::examine(&test.app, profile).await.unwrap();
    assert_eq!(examined[0].differing_days, 1);
    crate::doctor::rebuild(&test.app, profile).await.unwrap();
    let examined = crate::doctor::examine(&test.app, profile).await.unwrap();
    assert_eq!(examined[0].differing_days, 0);
}
