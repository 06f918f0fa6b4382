//! Homes on their way to another server.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::export::ExportTable;
use ecotrack_common::{EnergyProfileId, path};
use flate2::read::GzDecoder;
use jiff::ToSpan;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::pack::Pack;
use super::sections::{LEFT_OUT, SECTIONS, TABLES_LEFT_OUT};
use super::store::list_columns;
use crate::catalog::load_reference;
use crate::exports::tests::{full_home, import as import_readings, text};
use crate::testing::{Actor, Answer, TestApp, in_home, of_row};

async fn export(ana: &Actor, profile: EnergyProfileId) -> Vec<u8> {
    let answer = ana.get(&in_home(path::ARCHIVE, profile)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.bytes.to_vec()
}

async fn import(who: &Actor, archive: &[u8]) -> Answer {
    let headers = [("content-type", "application/gzip")];
    let body = Body::from(archive.to_vec());
    who.ask(Method::POST, path::ARCHIVES, &headers, body).await
}

/// The files of an archive.
fn files(archive: &[u8]) -> Vec<(String, String)> {
    let mut tar = tar::Archive::new(GzDecoder::new(archive));
    let read = tar.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    read.collect()
}

fn packed(files: &[(String, String)]) -> Vec<u8> {
    let mut pack = Pack::new(0);
    for (name, text) in files {
        pack.file(name, text.as_bytes()).unwrap();
    }
    let mut bytes = pack.take();
    bytes.extend(pack.finish().unwrap());
    bytes
}

async fn made(who: &Actor, profile: EnergyProfileId, pattern: &str, row: &Value) -> Value {
    let answer = who.post(&in_home(pattern, profile), row).await;
    assert_eq!(
        answer.status,
        StatusCode::CREATED,
        "{pattern}: {}",
        answer.json
    );
    answer.json["row"].clone()
}

/// A home that has something of everything.
async fn rich_home(test: &TestApp) -> (Actor, EnergyProfileId) {
    let db = &test.app.db;
    load_reference(db, test.app.clock.now()).await.unwrap();
    let (ana, profile) = full_home(test).await;
    let meters = ana.get(&in_home(path::METERS, profile)).await.json;
    let quarters = meters[1]["meter_id"].as_str().unwrap();
    let mut rows = format!("{}\n", ecotrack_common::import::own_rows::HEADER);
    let first: jiff::Timestamp = "2026-07-01T03:00:00Z".parse().unwrap();
    for hour in 0..24 * 140_i64 {
        let (start, end) = (first + hour.hours(), first + (hour + 1).hours());
        writeln!(
            rows,
            "{quarters},{start},{end},0.{:03},,",
            200 + hour * 37 % 700
        )
        .unwrap();
    }
    let imported = import_readings(&ana, profile, "", &rows).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    let device = json!({
        "name": "Kettle", "category": "kitchen", "quantity": 1, "power_w": "1200", "standby_w": "0",
        "hours_per_day": "0.5", "days_per_month": "30", "duty_cycle": "1", "estimate": false,
        "patterns": [{ "season": "all", "week": vec![vec![10; 24]; 7] }],
    });
    let device = made(&ana, profile, path::DEVICES, &device).await;
    let plug = json!({ "name": "Plug", "channel": "device", "reading_kind": "step",
                       "profile_device_id": device["profile_device_id"] });
    made(&ana, profile, path::METERS, &plug).await;
    let bill = json!({ "first_day": "2026-09-10", "last_day": "2026-10-09", "kwh": "212", "total": "245.9",
                       "note": "paid" });
    made(&ana, profile, path::BILLS, &bill).await;
    let goal =
        json!({ "measure": "kwh", "period": "cycle", "limit": "200", "valid_from": "2026-01-01" });
    made(&ana, profile, path::GOALS, &goal).await;
    let away = json!({ "first_day": "2026-01-02", "last_day": "2026-01-09", "note": null });
    made(&ana, profile, path::AWAY_PERIODS, &away).await;
    let address = in_home(path::WEATHER_IMPORTS, profile);
    let days = "date,mean_temp_c\n2026-10-01,21.5\n2026-10-02,-3.25\n";
    let headers = [("content-type", "text/csv")];
    let answer = ana
        .ask(Method::POST, &address, &headers, Body::from(days))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    live_sources(test, &ana, profile, quarters).await;
    let asked = ana
        .post(&in_home(path::TRAININGS, profile), &Value::Null)
        .await;
    assert!(asked.status.is_success(), "{}", asked.json);
    test.run_jobs().await;
    (ana, profile)
}

/// A key, and what came with it and from a broker: in the middle of a step, with steps that wait and a
/// finding.
async fn live_sources(test: &TestApp, ana: &Actor, profile: EnergyProfileId, meter: &str) {
    let key = json!({ "name": "Telegraf", "meter_id": meter });
    let made = ana.post(&in_home(path::API_KEYS, profile), &key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let gone = ana
        .post(&in_home(path::API_KEYS, profile), &json!({ "name": "Old" }))
        .await;
    let address = of_row(path::API_KEY, profile, "api_key_id", &gone.json);
    assert_eq!(ana.delete(&address).await.status, StatusCode::NO_CONTENT);
    for statement in [
        "INSERT INTO live_source (energy_profile_id, live_source_id, origin, name, kind, meter_id, first_seen_at,
                                  seen_at, seen_nano, last_at, last_value, open_at, open_uj, open_ms, open_estimated)
         SELECT $1, gen_random_uuid(), 'Telegraf', 'total', 'counter', $2, '2026-11-01T00:00:00Z',
                '2026-11-20T10:05:00Z', 12500000000, '2026-11-20T10:05:00Z', 12500000, '2026-11-20T10:00:00Z',
                360000, 300000, false",
        "INSERT INTO live_source (energy_profile_id, live_source_id, origin, name, kind, unit, ignored, first_seen_at)
         SELECT $1, gen_random_uuid(), 'cellar', 'voltage', 'unknown', 'w', true, '2026-11-01T00:00:00Z'
         WHERE $2 IS NOT NULL",
        "INSERT INTO live_step (energy_profile_id, live_source_id, starts_at, step_minutes, mwh, estimated)
         SELECT $1, live_source_id, '2026-11-20T09:45:00Z', 15, 1000, false FROM live_source
         WHERE energy_profile_id = $1 AND meter_id = $2",
        "INSERT INTO live_finding (energy_profile_id, live_source_id, code, count, first_at, last_at, params)
         SELECT $1, live_source_id, 'restarted', 2, '2026-11-10T00:00:00Z', '2026-11-11T00:00:00Z', '{}'
         FROM live_source WHERE energy_profile_id = $1 AND meter_id = $2",
        "INSERT INTO live_topic (energy_profile_id, live_topic_id, broker, topic, meter_id)
         VALUES ($1, gen_random_uuid(), 'cellar', 'tele/+/SENSOR', $2)",
    ] {
        sqlx::query(statement)
            .bind(profile.0)
            .bind(meter.parse::<uuid::Uuid>().unwrap())
            .execute(&test.app.db)
            .await
            .unwrap();
    }
}

async fn rows_of(who: &Actor, profile: EnergyProfileId, table: ExportTable) -> Value {
    let address = path::fill(&in_home(path::EXPORT, profile), &[("table", &table)]);
    let mut rows = who.get(&format!("{address}?format=json")).await.json;
    for row in rows.as_array_mut().unwrap() {
        // People stay where they are; the history keeps their names.
        for of_people in ["entered_by", "acknowledged_by", "created_by"] {
            row.as_object_mut().unwrap().remove(of_people);
        }
    }
    rows
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_goes_out_and_comes_in_the_same(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = rich_home(&test).await;
    let archive = export(&ana, profile).await;
    let everything: String = files(&archive).into_iter().map(|(_, text)| text).collect();
    let account = ana.account.unwrap().to_string();
    assert!(!everything.contains(&account) && !everything.contains("@example.org"));

    let bia = test.account("Bia").await;
    let imported = import(&bia, &archive).await;
    assert_eq!(imported.status, StatusCode::CREATED, "{}", imported.json);
    let copy = &imported.json["profile"];
    assert_eq!(
        (&copy["name"], &copy["role"]),
        (&json!("Casa Aurora"), &json!("owner"))
    );
    let copy: EnergyProfileId = copy["energy_profile_id"].as_str().unwrap().parse().unwrap();
    assert_ne!(copy, profile);
    for table in ExportTable::ALL {
        if *table != ExportTable::Members {
            let (before, after) = (
                rows_of(&ana, profile, *table).await,
                rows_of(&bia, copy, *table).await,
            );
            assert_eq!(before, after, "{table}");
        }
    }
    assert_eq!(text(&bia, copy, "").await, text(&ana, profile, "").await);
    for (table, least) in [
        ("profile_device", 1),
        ("meter", 5),
        ("energy_reading", 5),
        ("consumption_day", 100),
        ("billing_record", 1),
        ("forecast_model", 1),
        ("consumption_prediction", 1),
        ("audit_entry", 10),
        ("live_source", 2),
        ("live_step", 1),
        ("live_finding", 1),
        ("live_topic", 1),
        ("api_key", 1),
    ] {
        assert!(
            imported.json["rows"][table].as_i64() >= Some(least),
            "{table}: {}",
            imported.json
        );
    }
    assert_eq!(imported.json["keys"], json!(["Telegraf"]));
    // What the second one gives is what the first one gave.
    let again = export(&bia, copy).await;
    let rest = |archive: &[u8]| {
        let mut files = files(archive);
        files.retain(|(name, _)| name != "manifest.json");
        files
    };
    assert_eq!(rest(&again), rest(&archive));
    assert_eq!(
        ana.get(&in_home(path::DASHBOARD, copy)).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        bia.get(&in_home(path::DASHBOARD, copy)).await.status,
        StatusCode::OK
    );

    let history = bia.get(&in_home(path::OPERATIONS, copy)).await.json;
    assert_eq!(history["operations"][0]["by"], "Ana");
    let done = Answer {
        json: history["operations"][0].clone(),
        ..imported
    };
    let refused = bia.undo(copy, &done).await;
    assert_eq!(refused.code(), "cannot_undo");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_key_that_moved_opens_nothing_until_it_is_made_anew(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let key = json!({ "name": "Telegraf" });
    let old = ana.post(&in_home(path::API_KEYS, profile), &key).await.json;
    let archive = export(&ana, profile).await;
    let told: String = files(&archive).into_iter().map(|(_, text)| text).collect();
    assert!(!told.contains("key_hash"), "{told}");
    let bia = test.account("Bia").await;
    let imported = import(&bia, &archive).await;
    let copy = imported.json["profile"]["energy_profile_id"].as_str();
    let copy: EnergyProfileId = copy.unwrap().parse().unwrap();
    let keys = in_home(path::API_KEYS, copy);
    let listed = bia.get(&keys).await.json;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["moved"]),
        (&key["name"], &json!(true))
    );

    // What it said goes on to open the home where it was made, and that alone.
    let value = json!({ "readings": [{ "source": "main", "register_kwh": "10" }] });
    let sent = async |token: &Value, to| {
        let meter = test.anonymous().with_token(token.as_str().unwrap());
        meter
            .post(&in_home(path::LIVE_READINGS, to), &value)
            .await
            .status
    };
    assert_eq!(sent(&old["token"], profile).await, StatusCode::OK);
    assert_ne!(sent(&old["token"], copy).await, StatusCode::OK);
    let sources = bia.get(&in_home(path::LIVE_SOURCES, copy)).await.json;
    assert_eq!(sources, json!([]));

    let anew = bia.post(&keys, &key).await;
    assert_eq!(anew.status, StatusCode::CREATED, "{}", anew.json);
    let listed = bia.get(&keys).await.json;
    assert_eq!(
        (listed.as_array().unwrap().len(), &listed[0]["moved"]),
        (1, &json!(false))
    );
    assert_eq!(sent(&anew.json["token"], copy).await, StatusCode::OK);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_no_whole_archive_is_refused_and_leaves_nothing_behind(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let test = test.with_settings(|settings| settings.sign_in_burst = 1000);
    let (ana, profile) = full_home(&test).await;
    let archive = export(&ana, profile).await;
    let whole = files(&archive);
    let at = |name: &str| {
        whole
            .iter()
            .position(|(known, _)| known.starts_with(name))
            .unwrap()
    };
    let with = |name: &str, change: &dyn Fn(&str) -> String| {
        let mut files = whole.clone();
        let (_, text) = &mut files[at(name)];
        *text = change(text);
        packed(&files)
    };
    let mut swapped = whole.clone();
    swapped.swap(at("meter/"), at("energy_reading/"));
    let mut stray = whole.clone();
    stray.push(("more.json".to_owned(), "{}".to_owned()));
    let mut outside = whole.clone();
    outside.insert(2, ("session/00001.jsonl".to_owned(), "{}\n".to_owned()));
    let mut short = whole.clone();
    short.remove(at("energy_reading/"));
    for (bad, code) in [
        (b"no archive at all".to_vec(), "no_archive"),
        (Vec::new(), "no_archive"),
        (archive[..archive.len() / 2].to_vec(), "archive_broken"),
        (archive[..archive.len() - 4].to_vec(), "archive_broken"),
        (
            with("manifest.json", &|text| {
                text.replace("\"version\": 1", "\"version\": 99")
            }),
            "archive_version",
        ),
        (
            with("manifest.json", &|text| {
                text.replace("ecotrack home", "other")
            }),
            "no_archive",
        ),
        (
            with("home.json", &|text| {
                text.replace("America/Sao_Paulo", "Mars/Base")
            }),
            "archive_row",
        ),
        (
            with("meter/", &|text| text.replace("\"version\"", "\"role\"")),
            "archive_row",
        ),
        (
            with("meter/", &|text| text.replace("water", "beer")),
            "archive_table",
        ),
        (
            with("meter/", &|text| text.replace("Painel", &"x".repeat(81))),
            "archive_table",
        ),
        (
            with("consumption_day/", &|text| {
                text.replacen("T03:00:00", "T04:00:00", 1)
            }),
            "archive_row",
        ),
        (
            with("energy_reading/", &|text| {
                text.replacen("99990.123456", "123456789.0", 1)
            }),
            "archive_table",
        ),
        (
            with("energy_reading/", &|text| {
                text.replacen("99990.123456", "-1", 1)
            }),
            "archive_table",
        ),
        (
            with("end.json", &|text| {
                text.replacen("\"meter\": 4", "\"meter\": 7", 1)
            }),
            "archive_broken",
        ),
        (packed(&swapped), "archive_table"),
        (packed(&stray), "archive_stray"),
        (packed(&outside), "archive_stray"),
        (packed(&short), "archive_broken"),
        (packed(&whole[..whole.len() - 1]), "archive_broken"),
    ] {
        // A person of their own for each: one alone would have to wait.
        let somebody = test.account(&format!("P{}", uuid::Uuid::now_v7())).await;
        let refused = import(&somebody, &bad).await;
        assert_eq!(
            refused.wrong(),
            [("file".to_owned(), code.to_owned())],
            "{}",
            refused.json
        );
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM energy_profile")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_archive_that_swells_is_refused_before_it_fills_the_memory(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let whole = files(&export(&ana, profile).await);
    let mut bomb = whole.clone();
    bomb.insert(
        2,
        ("meter/00001.jsonl".to_owned(), " ".repeat(17 * 1024 * 1024)),
    );
    let refused = import(&ana, &packed(&bomb)).await;
    assert_eq!(
        refused.wrong(),
        [("file".to_owned(), "archive_too_large".to_owned())]
    );
    let mut many = whole;
    for at in 0..20_001 {
        many.insert(2, (format!("meter/{at:05}.jsonl"), String::new()));
    }
    let refused = import(&ana, &packed(&many)).await;
    assert_eq!(
        refused.wrong(),
        [("file".to_owned(), "archive_too_large".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_import_again_is_the_same_home_and_many_of_them_have_to_wait(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = full_home(&test).await;
    let archive = export(&ana, profile).await;
    let named = format!("{}?name=Copy", path::ARCHIVES);
    let headers = [
        ("content-type", "application/gzip"),
        ("idempotency-key", "once"),
    ];
    let send = || ana.ask(Method::POST, &named, &headers, Body::from(archive.clone()));
    let first = send().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    assert_eq!(first.json["profile"]["name"], "Copy");
    assert_eq!(send().await.json, first.json);
    let homes: i64 = sqlx::query_scalar("SELECT count(*) FROM energy_profile")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(homes, 2);
    let mut last = first.status;
    for _ in 0..30 {
        last = ana.get(&in_home(path::ARCHIVE, profile)).await.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_column_that_a_home_owns_is_in_an_archive_or_left_out_for_a_reason(db: PgPool) {
    let columns = list_columns(&mut db.acquire().await.unwrap())
        .await
        .unwrap();
    let owned: BTreeSet<(String, String)> = columns
        .into_iter()
        .filter(|(table, column)| {
            let named = format!("{table}.{column}");
            !TABLES_LEFT_OUT.contains(&table.as_str())
                && !LEFT_OUT.contains(&column.as_str())
                && !LEFT_OUT.contains(&named.as_str())
        })
        .collect();
    let in_archive: BTreeSet<(String, String)> = SECTIONS
        .iter()
        .flat_map(|section| {
            let table = section.table.to_owned();
            section
                .columns
                .iter()
                .map(move |column| (table.clone(), (*column).to_owned()))
        })
        .collect();
    assert_eq!(owned, in_archive);
}
