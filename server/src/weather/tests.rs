use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::store;
use crate::outside::testing::{Answer as Said, Asked, Stub};
use crate::testing::{Actor, Answer, TestApp, home, in_home, register};

async fn import(actor: &Actor, profile: EnergyProfileId, query: &str, file: &str) -> Answer {
    let address = in_home(path::WEATHER_IMPORTS, profile) + query;
    let headers = [("content-type", "text/csv")];
    let body = Body::from(file.to_owned());
    actor.ask(Method::POST, &address, &headers, body).await
}

/// The days that are known, oldest first, as `2026-11-01 21.4 file`.
async fn known(actor: &Actor, profile: EnergyProfileId) -> Vec<String> {
    let answer = actor.get(&in_home(path::WEATHER, profile)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let days = answer.json["days"].as_array().unwrap().iter().rev();
    let text = |day: &Value, name: &str| day[name].as_str().unwrap().to_owned();
    days.map(|day| {
        let (date, mean) = (text(day, "local_date"), text(day, "mean_temp_c"));
        format!("{date} {mean} {}", text(day, "source"))
    })
    .collect()
}

async fn remove(actor: &Actor, profile: EnergyProfileId, from: &str, to: &str) -> Answer {
    let address = in_home(path::WEATHER, profile) + &format!("?from={from}&to={to}");
    actor.delete(&address).await
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_file_is_imported_once_and_its_days_win(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let file = "data;média\n01/11/2026;21,4\n02/11/2026;22\n03/11/2026;\n";
    let tried = import(&ana, profile, "?dry_run=true", file).await;
    assert_eq!(
        (&tried.json["added"], &tried.json["operation_id"]),
        (&json!(2), &Value::Null)
    );
    assert!(known(&ana, profile).await.is_empty());
    let done = import(&ana, profile, "", file).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json);
    assert_eq!(
        (&done.json["rows"], &done.json["added"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        (&done.json["first"], &done.json["last"]),
        (&json!("2026-11-01"), &json!("2026-11-02"))
    );
    let again = import(&ana, profile, "", file).await;
    assert_eq!(
        (&again.json["unchanged"], &again.json["operation_id"]),
        (&json!(2), &Value::Null)
    );
    let other = import(
        &ana,
        profile,
        "",
        "date,tavg\n2026-11-02,23.5\n2026-11-04,20\n",
    )
    .await;
    assert_eq!(
        (&other.json["added"], &other.json["replaced"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        known(&ana, profile).await,
        [
            "2026-11-01 21.4 file",
            "2026-11-02 23.5 file",
            "2026-11-04 20 file"
        ]
    );
    // What came last is taken back, and then what came first.
    assert_eq!(ana.undo(profile, &done).await.code(), "cannot_undo");
    assert_eq!(ana.undo(profile, &other).await.status, StatusCode::OK);
    assert_eq!(
        known(&ana, profile).await,
        ["2026-11-01 21.4 file", "2026-11-02 22 file"]
    );
    let undone = ana.undo(profile, &done).await;
    assert_eq!(
        (undone.status, &undone.json["rows"]),
        (StatusCode::OK, &json!(2))
    );
    assert!(known(&ana, profile).await.is_empty());
    // And done again.
    assert_eq!(ana.undo(profile, &undone).await.status, StatusCode::OK);
    assert_eq!(known(&ana, profile).await.len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_file_with_a_wrong_row_changes_nothing_and_says_where(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let file = "date,mean_temp_c\n2026-11-01,21\n2026-11-24,21\n2026-11-02,121\n";
    let refused = import(&ana, profile, "", file).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = refused.json["errors"].as_array().unwrap();
    let said: Vec<(&str, &str)> = errors
        .iter()
        .map(|error| {
            (
                error["params"]["line"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [("3", "temperature_ahead"), ("4", "temperature_range")]
    );
    assert!(known(&ana, profile).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_list_is_of_a_span_and_in_pages(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let file = "date,mean_temp_c\n2026-10-30,1\n2026-10-31,2\n2026-11-01,3\n2026-11-02,4\n";
    import(&ana, profile, "", file).await;
    let weather = in_home(path::WEATHER, profile);
    let page = ana
        .get(&format!("{weather}?from=2026-10-31&limit=2"))
        .await
        .json;
    assert_eq!(page["days"][0]["local_date"], "2026-11-02");
    assert_eq!(
        (page["days"].as_array().unwrap().len(), &page["next_to"]),
        (2, &json!("2026-10-31"))
    );
    let last = ana
        .get(&format!("{weather}?from=2026-10-31&limit=2&to=2026-10-31"))
        .await
        .json;
    assert_eq!(
        (last["days"].as_array().unwrap().len(), &last["next_to"]),
        (1, &Value::Null)
    );
    let caio = test.viewer(profile).await;
    assert_eq!(known(&caio, profile).await.len(), 4);
    assert_eq!(
        remove(&caio, profile, "2026-10-30", "2026-10-30")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_span_is_forgotten_and_comes_back(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let file = "date,mean_temp_c\n2026-10-30,1\n2026-10-31,2\n2026-11-01,3\n";
    import(&ana, profile, "", file).await;
    let refused = remove(&ana, profile, "2026-11-01", "2026-10-01").await;
    assert_eq!(
        refused.wrong(),
        crate::testing::wrong(&[("to", "ends_before_it_starts")])
    );
    let removed = remove(&ana, profile, "2026-10-31", "2026-12-31").await;
    assert_eq!(
        (removed.status, &removed.json["removed"]),
        (StatusCode::OK, &json!(2))
    );
    assert_eq!(known(&ana, profile).await, ["2026-10-30 1 file"]);
    let nothing = remove(&ana, profile, "2026-10-31", "2026-12-31").await;
    assert_eq!(
        (&nothing.json["removed"], &nothing.json["operation_id"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(ana.undo(profile, &removed).await.status, StatusCode::OK);
    assert_eq!(known(&ana, profile).await.len(), 3);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn twelve_years_of_days_go_in_and_out_in_one_go(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let first: Date = "2014-11-01".parse().unwrap();
    let rows: Vec<String> = (0..4380)
        .map(|day| format!("{},20.5", first + day.days()))
        .collect();
    let done = import(
        &ana,
        profile,
        "",
        &format!("date,mean_temp_c\n{}\n", rows.join("\n")),
    )
    .await;
    assert_eq!(
        (done.status, &done.json["added"]),
        (StatusCode::OK, &json!(4380)),
        "{}",
        done.json
    );
    let undone = ana.undo(profile, &done).await;
    assert_eq!(
        (undone.status, &undone.json["rows"]),
        (StatusCode::OK, &json!(4380))
    );
    assert!(known(&ana, profile).await.is_empty());
}

/// The source, as it answers: 20 degrees on each day but these.
fn degrees(gaps: &'static [&'static str]) -> impl Fn(&Asked) -> Said + Clone + Send + Sync {
    move |asked| {
        let day = |name: &str| asked.query[name].parse::<Date>().unwrap();
        let (first, last) = (day("start_date"), day("end_date"));
        let days: Vec<String> = first
            .series(1.day())
            .take_while(|day| *day <= last)
            .map(|day| day.to_string())
            .collect();
        let mean = if asked.path == "/v1/archive" {
            json!(20.0)
        } else {
            json!(25.1)
        };
        let means: Vec<Value> = days
            .iter()
            .map(|day| {
                if gaps.contains(&day.as_str()) {
                    Value::Null
                } else {
                    mean.clone()
                }
            })
            .collect();
        Said::Json(json!({
            "latitude": -19.9, "longitude": -43.9, "generationtime_ms": 0.1, "utc_offset_seconds": -10800,
            "timezone": "America/Sao_Paulo", "timezone_abbreviation": "-03", "elevation": 850.0,
            "daily_units": { "time": "iso8601", "temperature_2m_mean": "°C" },
            "daily": { "time": days, "temperature_2m_mean": means },
        }))
    }
}

/// A server that asks this source.
fn with_source(test: &TestApp, stub: &Stub) -> TestApp {
    test.with_settings(|settings| {
        settings.weather.enabled = true;
        settings.weather.archive_url = stub.address.clone();
        settings.weather.forecast_url = stub.address.clone();
        settings.patience = Duration::from_millis(500);
    })
}

/// Ana's home, at a place.
async fn placed(test: &TestApp) -> (Actor, EnergyProfileId) {
    let ana = test.account("Ana").await;
    let mut new = home();
    new.details.location.latitude = Some("-19.92".parse().unwrap());
    new.details.location.longitude = Some("-43.94".parse().unwrap());
    let made = ana
        .post(path::PROFILES, &serde_json::to_value(new).unwrap())
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    (
        ana,
        made.json["energy_profile_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
    )
}

/// What the night's job does.
async fn night(test: &TestApp, now: &str) {
    test.at(now);
    sqlx::query("SELECT graphile_worker.add_job('fetch_all_weather', payload => '{}'::json)")
        .execute(&test.app.db)
        .await
        .unwrap();
    test.run_jobs().await;
}

fn spans(asked: &[Asked]) -> Vec<(&str, &str, &str)> {
    asked
        .iter()
        .map(|one| {
            (
                one.path.as_str(),
                one.query["start_date"].as_str(),
                one.query["end_date"].as_str(),
            )
        })
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_that_says_where_it_is_is_asked_for_and_each_day_only_once(db: PgPool) {
    let stub = Stub::new(degrees(&["2026-01-05", "2026-11-15"])).await;
    let test = with_source(&TestApp::new(db.clone()).await, &stub);
    let (ana, profile) = placed(&test).await;
    test.run_jobs().await;
    let asked = stub.asked();
    assert_eq!(
        spans(&asked),
        [
            ("/v1/forecast", "2026-11-18", "2026-11-22"),
            ("/v1/archive", "2025-11-22", "2026-11-17")
        ]
    );
    let query = &asked[1].query;
    assert_eq!(
        (query["latitude"].as_str(), query["longitude"].as_str()),
        ("-19.92", "-43.94")
    );
    assert_eq!(
        (query["daily"].as_str(), query["timezone"].as_str()),
        ("temperature_2m_mean", "America/Sao_Paulo")
    );
    let days = known(&ana, profile).await;
    assert_eq!(days.len(), 366 - 2);
    assert_eq!(days.last().unwrap(), "2026-11-22 25.1 recent");
    assert!(days.contains(&"2026-11-17 20 archive".to_owned()));
    assert!(
        !days.iter().any(|day| day.starts_with("2026-01-05")),
        "a gap stays a gap"
    );
    // The day after: one day more, and one that the archive may have got in the meantime.
    night(&test, "2026-11-24T05:00:00Z").await;
    assert_eq!(
        spans(&stub.asked()),
        [
            ("/v1/forecast", "2026-11-23", "2026-11-23"),
            ("/v1/archive", "2026-11-18", "2026-11-18"),
            ("/v1/archive", "2026-11-15", "2026-11-15")
        ]
    );
    assert!(
        known(&ana, profile)
            .await
            .contains(&"2026-11-18 20 archive".to_owned())
    );
    // Nothing is new: only the day that may still come is asked for.
    night(&test, "2026-11-24T06:00:00Z").await;
    assert_eq!(
        spans(&stub.asked()),
        [("/v1/archive", "2026-11-15", "2026-11-15")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_somebody_measured_is_neither_asked_for_nor_written_over(db: PgPool) {
    let stub = Stub::new(degrees(&[])).await;
    let test = with_source(&TestApp::new(db.clone()).await, &stub);
    let (ana, profile) = placed(&test).await;
    import(
        &ana,
        profile,
        "",
        "date,mean_temp_c\n2026-11-10,31\n2026-11-22,32\n",
    )
    .await;
    test.run_jobs().await;
    assert_eq!(
        spans(&stub.asked()),
        [
            ("/v1/forecast", "2026-11-18", "2026-11-21"),
            ("/v1/archive", "2026-11-11", "2026-11-17"),
            ("/v1/archive", "2025-11-22", "2026-11-09")
        ]
    );
    let days = known(&ana, profile).await;
    assert!(
        days.contains(&"2026-11-10 31 file".to_owned())
            && days.contains(&"2026-11-22 32 file".to_owned())
    );
    // A file wins over the source; taken back, the source's word is there again.
    let over = import(&ana, profile, "", "date,mean_temp_c\n2026-11-01,33\n").await;
    assert_eq!(over.json["replaced"], 1);
    assert_eq!(ana.undo(profile, &over).await.status, StatusCode::OK);
    assert!(
        known(&ana, profile)
            .await
            .contains(&"2026-11-01 20 archive".to_owned())
    );
    // What is forgotten comes back with the next turn, and that stands in no undo's way.
    let removed = remove(&ana, profile, "2026-11-10", "2026-11-11").await;
    night(&test, "2026-11-24T05:00:00Z").await;
    assert!(
        known(&ana, profile)
            .await
            .contains(&"2026-11-10 20 archive".to_owned())
    );
    assert_eq!(ana.undo(profile, &removed).await.status, StatusCode::OK);
    assert!(
        known(&ana, profile)
            .await
            .contains(&"2026-11-10 31 file".to_owned())
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_history_of_a_home_is_asked_for_as_far_as_forecasts_look(db: PgPool) {
    let stub = Stub::new(degrees(&[])).await;
    let test = with_source(&TestApp::new(db.clone()).await, &stub);
    let (ana, profile) = placed(&test).await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        &in_home(path::READINGS, profile),
        &[("meter_id", &meter.meter_id)],
    );
    for (at, kwh) in [
        ("2024-03-01T12:00:00Z", "1"),
        ("2024-04-01T12:00:00Z", "100"),
    ] {
        assert_eq!(
            ana.post(&readings, &register(at, kwh)).await.status,
            StatusCode::CREATED
        );
    }
    night(&test, "2026-11-23T15:00:00Z").await;
    assert_eq!(
        spans(&stub.asked())[1],
        ("/v1/archive", "2024-03-01", "2026-11-17")
    );
    assert_eq!(
        ana.post(&readings, &register("2019-03-01T12:00:00Z", "0"))
            .await
            .status,
        StatusCode::CREATED
    );
    night(&test, "2026-11-23T16:00:00Z").await;
    assert_eq!(
        spans(&stub.asked()),
        [("/v1/archive", "2022-11-20", "2024-02-29")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_that_moves_gets_the_weather_of_its_new_place(db: PgPool) {
    let stub = Stub::new(degrees(&[])).await;
    let test = with_source(&TestApp::new(db.clone()).await, &stub);
    let (ana, profile) = placed(&test).await;
    import(&ana, profile, "", "date,mean_temp_c\n2026-11-10,31\n").await;
    test.run_jobs().await;
    stub.asked();
    let address = in_home(path::PROFILE, profile);
    let mut change = serde_json::to_value(home().details).unwrap();
    change["version"] = 1.into();
    change["location"]["latitude"] = json!("-30.03");
    change["location"]["longitude"] = json!("-51.23");
    assert_eq!(ana.put(&address, &change).await.status, StatusCode::OK);
    test.run_jobs().await;
    let asked = stub.asked();
    assert_eq!(asked[0].query["latitude"], "-30.03");
    assert_eq!(
        asked.len(),
        3,
        "all days but the one from a file: {:?}",
        spans(&asked)
    );
    // A name is no place.
    change["version"] = 2.into();
    change["name"] = json!("Casa do Sul");
    assert_eq!(ana.put(&address, &change).await.status, StatusCode::OK);
    test.run_jobs().await;
    assert_eq!(stub.asked().len(), 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn nobody_is_asked_unless_the_operator_wants_it_and_the_home_says_where_it_is(db: PgPool) {
    let stub = Stub::new(degrees(&[])).await;
    let off = TestApp::new(db.clone()).await;
    let off = off.with_settings(|settings| settings.weather.archive_url = stub.address.clone());
    placed(&off).await;
    night(&off, "2026-11-23T15:00:00Z").await;
    let on = with_source(&off, &stub);
    sqlx::query("UPDATE location_info SET latitude = NULL, longitude = NULL")
        .execute(&db)
        .await
        .unwrap();
    night(&on, "2026-11-23T15:00:00Z").await;
    assert_eq!(stub.asked().len(), 0);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker.jobs")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_is_none_changes_nothing_is_noted_and_tried_again(db: PgPool) {
    let refusal = json!({ "error": true, "reason": "Latitude must be in range" }).to_string();
    let faults: Vec<(Said, &str)> = vec![
        (Said::Status(400, refusal), "Latitude must be in range"),
        (Said::Status(500, "oops".to_owned()), "500"),
        (Said::Silence, "does not answer"),
        (Said::Stuck, "does not answer"),
        (Said::Endless, "larger than"),
        (Said::Redirect("http://127.0.0.1:1/".to_owned()), "redirect"),
        (
            Said::Json(json!({
                "daily_units": { "temperature_2m_mean": "°F" },
                "daily": { "time": ["2026-11-20"], "temperature_2m_mean": [70] },
            })),
            "°F",
        ),
        (Said::Json(json!({ "daily": {} })), "not believed"),
        (Said::Status(200, "<html>".to_owned()), "not believed"),
    ];
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = placed(&test).await;
    test.run_jobs().await;
    for (said, expected) in faults {
        let said = std::sync::Arc::new(std::sync::Mutex::new(Some(said)));
        // The first question is answered so; a second one would be answered well.
        let stub = Stub::new(move |asked| {
            said.lock()
                .unwrap()
                .take()
                .unwrap_or_else(|| degrees(&[])(asked))
        })
        .await;
        let broken = with_source(&test, &stub);
        night(&broken, "2026-11-23T15:00:00Z").await;
        assert_eq!(stub.asked().len(), 1, "{expected}");
        let failed = store::list_failed(&mut db.acquire().await.unwrap())
            .await
            .unwrap();
        assert_eq!(failed.len(), 1, "{expected}");
        assert!(
            failed[0].failure.contains(expected),
            "{expected}: {}",
            failed[0].failure
        );
        assert_eq!(failed[0].succeeded_at, None);
        let lines = crate::doctor::sources(&test.app).await.unwrap();
        assert!(lines[0].contains(expected), "{lines:?}");
        assert!(known(&ana, profile).await.is_empty(), "{expected}");
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM graphile_worker.jobs WHERE key = $1 AND queue_name = 'sources' AND attempts = 1 AND run_at > now()",
        )
        .bind(format!("weather:{profile}"))
        .fetch_one(&db)
        .await
        .unwrap();
        assert_eq!(waiting, 1, "{expected}: it waits for its next turn");
    }
    let stub = Stub::new(degrees(&[])).await;
    night(&with_source(&test, &stub), "2026-11-23T15:00:00Z").await;
    assert!(
        store::list_failed(&mut db.acquire().await.unwrap())
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(known(&ana, profile).await.len(), 366);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_home_whose_place_is_refused_keeps_no_other_waiting(db: PgPool) {
    let stub = Stub::new(|asked| match asked.query["latitude"].as_str() {
        "-19.92" => Said::Status(400, json!({ "error": true, "reason": "no" }).to_string()),
        _ => degrees(&[])(asked),
    })
    .await;
    let test = with_source(&TestApp::new(db.clone()).await, &stub);
    let (ana, _) = placed(&test).await;
    let mut other = serde_json::to_value(home()).unwrap();
    other["location"]["latitude"] = json!("-30.03");
    other["location"]["longitude"] = json!("-51.23");
    let made = ana.post(path::PROFILES, &other).await;
    test.run_jobs().await;
    let id = made.json["energy_profile_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let weather = in_home(path::WEATHER, id);
    assert_eq!(
        ana.get(&weather).await.json["days"]
            .as_array()
            .unwrap()
            .len(),
        366
    );
}
