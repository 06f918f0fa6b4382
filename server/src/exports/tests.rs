//! Files on their way out, and in again.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::export::ExportTable;
use ecotrack_common::import::own_rows::HEADER;
use ecotrack_common::{EnergyProfileId, path};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::tables::store::columns;
use crate::testing::{Actor, Answer, TestApp, home, in_home, of_row, register};

const QUARTERS: &str = r#"=Quarter, "hours""#;

pub(crate) async fn text(ana: &Actor, profile: EnergyProfileId, query: &str) -> String {
    let answer = ana
        .get(&format!(
            "{}{query}",
            in_home(path::READINGS_EXPORT, profile)
        ))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.text().to_owned()
}

pub(crate) async fn import(
    ana: &Actor,
    profile: EnergyProfileId,
    query: &str,
    text: &str,
) -> Answer {
    let address = format!("{}{query}", in_home(path::READINGS_IMPORT, profile));
    let headers = [("content-type", "text/csv")];
    ana.ask(
        Method::POST,
        &address,
        &headers,
        Body::from(text.to_owned()),
    )
    .await
}

async fn make_meter(ana: &Actor, profile: EnergyProfileId, meter: Value) -> String {
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    made.json["row"]["meter_id"].as_str().unwrap().to_owned()
}

async fn enter(ana: &Actor, profile: EnergyProfileId, meter: &str, reading: &Value) {
    let address = of_row(
        path::READINGS,
        profile,
        "meter_id",
        &json!({ "meter_id": meter }),
    );
    let entered = ana.post(&address, reading).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
}

async fn empty_home(ana: &Actor) -> EnergyProfileId {
    let made = ana
        .post(path::PROFILES, &serde_json::to_value(home()).unwrap())
        .await;
    made.json["energy_profile_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Rows of steps from an instant on; every seventh is missing, every fifth an estimate.
pub(crate) fn steps(rows: &mut String, meter: &str, from: &str, minutes: i64, count: i64) {
    let from: Timestamp = from.parse().unwrap();
    for at in (0..count).filter(|at| at % 7 != 3) {
        let start = from + (at * minutes).minutes();
        let end = start + minutes.minutes();
        let estimated = if at % 5 == 0 { "true" } else { "" };
        writeln!(
            rows,
            "{meter},{start},{end},0.{:06},,{estimated}",
            1 + at * 997 % 900_000
        )
        .unwrap();
    }
}

/// A home with all that meters can say: registers with notes, one that began anew, energy of short and long
/// spans, steps of several lengths over both changes of the clock.
pub(crate) async fn full_home(test: &TestApp) -> (Actor, EnergyProfileId) {
    let (ana, profile) = test.owner().await;
    let casa = json!({ "name": "Casa", "channel": "grid_import", "reading_kind": "register", "register_digits": 5 });
    let casa = make_meter(&ana, profile, casa).await;
    let quarters = json!({ "name": QUARTERS, "channel": "grid_import", "reading_kind": "step", "same_as": casa,
                           "alerts_off": true });
    let quarters = make_meter(&ana, profile, quarters).await;
    let solar = json!({ "name": "Painel", "channel": "solar_production", "reading_kind": "step" });
    let solar = make_meter(&ana, profile, solar).await;
    make_meter(
        &ana,
        profile,
        json!({ "name": "Água", "channel": "water", "reading_kind": "register" }),
    )
    .await;

    let mut first = register("2018-01-05T12:00:30Z", "99990.123456");
    first["note"] = json!("=SUM(A1), \"new\\year\"\n and more ");
    first["estimated"] = json!(true);
    enter(&ana, profile, &casa, &first).await;
    enter(
        &ana,
        profile,
        &casa,
        &register("2018-02-05T12:00:00Z", "99999"),
    )
    .await;
    let mut anew = register("2018-03-05T12:00:00Z", "3.5");
    anew["register_restarted"] = json!(true);
    anew["note"] = json!("'-");
    enter(&ana, profile, &casa, &anew).await;
    let period = |start: &str, end: &str, kwh: &str| json!({ "read_at": start, "kind": "period", "energy_kwh": kwh, "ends_at": end });
    // The last is of a month in which the counter was replaced and read.
    for reading in [
        period("2017-11-10T00:00:00Z", "2018-01-05T12:00:00Z", "141.5"),
        period("2018-02-20T10:00:00Z", "2018-02-20T10:20:00Z", "0.25"),
        period("2018-02-28T00:00:00Z", "2018-03-10T00:00:00Z", "41.5"),
    ] {
        enter(&ana, profile, &casa, &reading).await;
    }

    let mut rows = format!("{HEADER}\n");
    steps(&mut rows, &quarters, "2018-02-17T02:00:00Z", 15, 96 * 3);
    steps(&mut rows, &quarters, "2018-11-03T03:00:00Z", 15, 96 * 3);
    steps(&mut rows, &quarters, "2019-06-01T03:00:00Z", 60, 24 * 2);
    steps(&mut rows, &quarters, "2019-07-01T03:00:00Z", 5, 12 * 24);
    steps(&mut rows, &solar, "2018-11-04T03:00:00Z", 30, 48);
    let imported = import(&ana, profile, "", &rows).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    (ana, profile)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn readings_come_back_unchanged_in_an_empty_home(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = full_home(&test).await;
    let out = text(&ana, profile, "").await;
    // Nothing is left out: a row for each reading and each step that is known.
    let known = sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT count(*) FROM energy_reading) + (SELECT count(*) FROM interval_reading AS i
                 JOIN meter AS m USING (energy_profile_id, meter_id) WHERE m.reading_kind = 'step')",
    )
    .fetch_one(&test.app.db)
    .await
    .unwrap();
    let head = 1 + 4 + 1;
    assert_eq!(
        out.lines().count(),
        head + usize::try_from(known).unwrap(),
        "{out}"
    );

    let copy = empty_home(&ana).await;
    let refused = import(&ana, copy, "", &out).await;
    let missing = ("file".to_owned(), "meter_missing".to_owned());
    assert_eq!(refused.wrong(), [missing]);
    let dry = import(&ana, copy, "?make_meters=true&dry_run=true", &out).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.json);
    assert_eq!(ana.get(&in_home(path::METERS, copy)).await.json, json!([]));

    let imported = import(&ana, copy, "?make_meters=true", &out).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    assert_eq!(imported.json["findings"], json!([]));
    let again = text(&ana, copy, "").await;
    assert_eq!(again, out);
    assert_eq!(
        text(&ana, copy, "?format=json").await,
        text(&ana, profile, "?format=json").await
    );
    let of = |table: ExportTable, profile| {
        let address = path::fill(&in_home(path::EXPORT, profile), &[("table", &table)]);
        let ana = ana.clone();
        async move { ana.get(&address).await.text().to_owned() }
    };
    // The days that follow from them are the same too.
    assert_eq!(
        of(ExportTable::Consumption, copy).await,
        of(ExportTable::Consumption, profile).await
    );

    let twice = import(&ana, copy, "?make_meters=true", &out).await;
    assert_eq!(twice.json["operation_id"], Value::Null, "{}", twice.json);
    let undone = ana.undo(copy, &imported).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(ana.get(&in_home(path::METERS, copy)).await.json, json!([]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn readings_go_to_meters_of_the_same_names_that_measure_the_same(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = full_home(&test).await;
    let out = text(&ana, profile, "").await;
    let unchanged = import(&ana, profile, "", &out).await;
    assert_eq!(unchanged.status, StatusCode::OK, "{}", unchanged.json);
    assert_eq!(unchanged.json["operation_id"], Value::Null);
    let copy = empty_home(&ana).await;
    make_meter(
        &ana,
        copy,
        json!({ "name": "Casa", "channel": "grid_export", "reading_kind": "register" }),
    )
    .await;
    let refused = import(&ana, copy, "?make_meters=true", &out).await;
    assert_eq!(
        refused.wrong(),
        [("file".to_owned(), "another_meter".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn readings_of_a_span_and_of_one_meter_come_out_alone(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = full_home(&test).await;
    let meters = ana.get(&in_home(path::METERS, profile)).await.json;
    let casa = meters[0]["meter_id"].as_str().unwrap();
    let out = text(
        &ana,
        profile,
        &format!("?meter={casa}&from=2018-02-05&to=2018-03-05"),
    )
    .await;
    let rows: Vec<&str> = out.lines().skip(3).collect();
    assert_eq!(
        rows,
        [
            "Casa,2018-02-05T12:00:00Z,,,99999.000000,,,",
            "Casa,2018-02-20T10:00:00Z,2018-02-20T10:20:00Z,0.250000,,,,",
            "Casa,2018-02-28T00:00:00Z,2018-03-10T00:00:00Z,41.500000,,,,",
            "Casa,2018-03-05T12:00:00Z,,,3.500000,,true,''-",
        ]
    );
    let json: Value = serde_json::from_str(
        &text(
            &ana,
            profile,
            &format!("?meter={casa}&from=2018-03-05&format=json"),
        )
        .await,
    )
    .unwrap();
    assert_eq!(json["rows"][0]["note"], "'-");
    assert_eq!(json["rows"].as_array().unwrap().len(), 1);
    let nobody = in_home(path::READINGS_EXPORT, profile);
    let nothing = ana
        .get(&format!("{nobody}?meter={}", uuid::Uuid::nil()))
        .await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let backwards = ana
        .get(&format!("{nobody}?from=2018-02-02&to=2018-02-01"))
        .await;
    assert_eq!(
        backwards.wrong(),
        [("to".to_owned(), "ends_before_it_starts".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_table_comes_out_in_both_forms(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = full_home(&test).await;
    let away = json!({ "first_day": "2026-01-02", "last_day": "2026-01-09", "note": "=beach" });
    let made = ana.post(&in_home(path::AWAY_PERIODS, profile), &away).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    for table in ExportTable::ALL {
        let address = path::fill(&in_home(path::EXPORT, profile), &[("table", table)]);
        let csv = ana.get(&address).await;
        assert_eq!(csv.status, StatusCode::OK, "{table}: {}", csv.text());
        let names: Vec<&str> = columns(*table).iter().map(|column| column.name).collect();
        assert_eq!(
            csv.text().lines().next(),
            Some(names.join(",").as_str()),
            "{table}"
        );
        let json = ana.get(&format!("{address}?format=json")).await.json;
        let mut lines = csv::Reader::from_reader(csv.bytes.as_ref());
        let rows = lines.records().map(Result::unwrap).count();
        assert_eq!(json.as_array().unwrap().len(), rows, "{table}");
    }
    let address = path::fill(
        &in_home(path::EXPORT, profile),
        &[("table", &ExportTable::Away)],
    );
    let within = ana
        .get(&format!("{address}?from=2026-01-09&format=json"))
        .await
        .json;
    assert_eq!(within[0]["note"], "=beach");
    assert_eq!(
        ana.get(&format!("{address}?from=2026-01-10&format=json"))
            .await
            .json,
        json!([])
    );
    assert!(
        ana.get(&address)
            .await
            .text()
            .contains("2026-01-02,2026-01-09,'=beach,")
    );
    let unknown = path::fill(&in_home(path::EXPORT, profile), &[("table", &"accounts")]);
    assert_eq!(ana.get(&unknown).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn keys_sources_and_topics_come_out_and_nothing_of_what_a_key_says(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = full_home(&test).await;
    let meters = ana.get(&in_home(path::METERS, profile)).await.json;
    let steps = meters.as_array().unwrap().iter();
    let steps = steps
        .clone()
        .find(|meter| meter["reading_kind"] == "step")
        .unwrap();
    let key = json!({ "name": "Telegraf", "meter_id": steps["meter_id"] });
    let made = ana.post(&in_home(path::API_KEYS, profile), &key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    for statement in [
        "INSERT INTO live_source (energy_profile_id, live_source_id, origin, name, kind, first_seen_at, seen_at, seen_nano)
         SELECT energy_profile_id, gen_random_uuid(), 'Telegraf', 'energy', 'counter', now(), now(), 12500000000
         FROM energy_profile",
        "INSERT INTO live_step (energy_profile_id, live_source_id, starts_at, step_minutes, mwh, estimated)
         SELECT energy_profile_id, live_source_id, now(), 15, 1000, false FROM live_source",
        "INSERT INTO live_topic (energy_profile_id, live_topic_id, broker, topic)
         SELECT energy_profile_id, gen_random_uuid(), 'cellar', 'tele/+/SENSOR' FROM energy_profile",
    ] {
        sqlx::query(statement).execute(&test.app.db).await.unwrap();
    }
    let table = async |table: ExportTable, form: &str| {
        let address = path::fill(&in_home(path::EXPORT, profile), &[("table", &table)]);
        ana.get(&format!("{address}?format={form}")).await
    };
    let keys = table(ExportTable::Keys, "json").await;
    assert_eq!(
        (
            &keys.json[0]["name"],
            &keys.json[0]["meter"],
            &keys.json[0]["created_by"]
        ),
        (&json!("Telegraf"), &steps["name"], &json!("Ana"))
    );
    let hash: String = sqlx::query_scalar("SELECT encode(key_hash, 'hex') FROM api_key")
        .fetch_one(&test.app.db)
        .await
        .unwrap();
    for answer in [&keys, &table(ExportTable::Keys, "csv").await] {
        let text = answer.text();
        assert!(!text.contains("hash") && !text.contains(&hash), "{text}");
        assert!(!text.contains(made.json["token"].as_str().unwrap()));
    }
    let sources = table(ExportTable::Sources, "json").await.json;
    assert_eq!(
        (
            &sources[0]["seen_value"],
            &sources[0]["waiting_steps"],
            &sources[0]["meter"]
        ),
        (&json!("12.5"), &json!(1), &Value::Null)
    );
    let topics = table(ExportTable::Topics, "csv").await;
    assert!(
        topics.text().contains("\ncellar,tele/+/SENSOR,,"),
        "{}",
        topics.text()
    );
}
