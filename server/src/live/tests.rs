use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, Answer, TestApp, in_home, of_row, wrong};

/// A home whose meter of steps is that of a key.
pub(super) struct Home {
    pub(super) test: TestApp,
    pub(super) ana: Actor,
    pub(super) profile: EnergyProfileId,
    pub(super) meter: Meter,
    pub(super) key: Actor,
    pub(super) token: String,
}

impl Home {
    pub(super) async fn new(db: PgPool) -> Self {
        Self::of(TestApp::new(db).await, "Ana").await
    }

    pub(super) async fn of(test: TestApp, owner: &str) -> Self {
        let (ana, profile) = test.owner_called(owner).await;
        let meter = test.meter(profile, "Grid", ReadingKind::Step).await;
        let body = json!({ "name": "Shelly", "meter_id": meter.meter_id });
        let made = ana.post(&in_home(path::API_KEYS, profile), &body).await;
        let token = made.json["token"].as_str().unwrap().to_owned();
        let key = test.anonymous().with_token(&token);
        Self {
            test,
            ana,
            profile,
            meter,
            key,
            token,
        }
    }

    pub(super) async fn write(&self, query: &str, lines: &str) -> Answer {
        let address = format!("{}{query}", path::INFLUX_WRITE);
        self.key
            .ask(Method::POST, &address, &[], Body::from(lines.to_owned()))
            .await
    }

    /// Registers of the counter `total_kwh`, by minutes after noon in UTC and kWh.
    pub(super) async fn registers(&self, values: &[(i64, &str)]) -> Answer {
        let lines: Vec<String> = values
            .iter()
            .map(|(minute, kwh)| format!("meter total_kwh={kwh} {}", noon() + minute * 60))
            .collect();
        self.write("?precision=s", &lines.join("\n")).await
    }

    /// Steps of the meter by their start.
    pub(super) async fn steps(&self) -> Vec<(String, i64, bool)> {
        sqlx::query_as(
            "SELECT to_char(starts_at AT TIME ZONE 'UTC', 'HH24:MI'), (kwh * 1000000)::bigint, estimated
             FROM interval_reading WHERE meter_id = $1 ORDER BY starts_at",
        )
        .bind(self.meter.meter_id.0)
        .fetch_all(&self.test.app.db)
        .await
        .unwrap()
    }

    pub(super) async fn sources(&self) -> Value {
        self.ana
            .get(&in_home(path::LIVE_SOURCES, self.profile))
            .await
            .json
    }

    /// Codes of what was odd of the first source, with how often.
    pub(super) async fn odd(&self) -> Vec<(String, i64)> {
        let sources = self.sources().await;
        let findings = sources[0]["findings"].as_array().unwrap();
        let mut odd: Vec<(String, i64)> = findings
            .iter()
            .map(|it| {
                (
                    it["code"].as_str().unwrap().to_owned(),
                    it["count"].as_i64().unwrap(),
                )
            })
            .collect();
        odd.sort();
        odd
    }
}

pub(super) fn noon() -> i64 {
    let noon: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    noon.as_second()
}

pub(super) fn told(steps: &[(&str, i64)]) -> Vec<(String, i64, bool)> {
    steps
        .iter()
        .map(|(at, mwh)| ((*at).to_owned(), *mwh, false))
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_counter_that_is_written_becomes_steps_of_its_keys_meter(db: PgPool) {
    let home = Home::new(db).await;
    let before = home.ana.get(&in_home(path::DASHBOARD, home.profile)).await;
    let written = home
        .registers(&[(0, "100"), (5, "100.1"), (15, "100.4"), (30, "101")])
        .await;
    assert_eq!(
        (written.status, written.text()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(
        home.steps().await,
        told(&[("12:00", 400_000), ("12:15", 600_000)])
    );
    let after = home.ana.get(&in_home(path::DASHBOARD, home.profile)).await;
    assert_ne!(
        before.headers["etag"], after.headers["etag"],
        "screens are told"
    );
    let sources = home.sources().await;
    assert_eq!(sources[0]["name"], "meter total_kwh");
    assert_eq!(sources[0]["origin"], "Shelly");
    assert_eq!(sources[0]["kind"], "counter");
    assert_eq!(sources[0]["meter_id"], json!(home.meter.meter_id));
    assert_eq!(sources[0]["seen_value"], "101");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_again_changes_nothing_and_what_is_odd_is_told(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100"), (15, "100.5"), (20, "100.6")])
        .await;
    home.registers(&[(20, "100.6")]).await;
    assert!(home.odd().await.is_empty());
    // Late, twice the same instant, begun anew, two hours and more of silence, a clock that is ahead.
    home.registers(&[(10, "100.2")]).await;
    home.registers(&[(20, "100.7")]).await;
    home.registers(&[(25, "1"), (30, "1.1"), (45, "1.4")]).await;
    home.registers(&[(45 + 121, "3")]).await;
    home.registers(&[(60 * 24, "4")]).await;
    home.registers(&[(-60 * 24 * 40, "4")]).await;
    let expected = [
        "clock_ahead",
        "clock_behind",
        "differs",
        "late",
        "restarted",
        "silent",
    ];
    let expected: Vec<(String, i64)> = expected
        .iter()
        .map(|code| ((*code).to_owned(), 1))
        .collect();
    assert_eq!(home.odd().await, expected);
    assert_eq!(
        home.steps().await,
        told(&[("12:00", 500_000), ("12:30", 300_000)])
    );
    let sources = home.sources().await;
    let silent = sources[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["code"] == "silent");
    assert_eq!(silent.unwrap()["params"]["kwh"], "1.6");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_nobody_mapped_waits_and_goes_to_its_meter_when_somebody_does(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    let lines = format!(
        "kWh,entity_id=solar value=5 {}\nkWh,entity_id=solar value=6 {}",
        noon(),
        noon() + 1800
    );
    home.write("?precision=s", &lines).await;
    let sources = home.sources().await;
    let solar = &sources[0];
    assert_eq!(
        (solar["name"].as_str(), solar["waiting_steps"].as_i64()),
        (Some("solar"), Some(2))
    );
    let address = of_row(path::LIVE_SOURCE, home.profile, "live_source_id", solar);
    let version = solar["version"].clone();
    let taken = json!({ "version": version, "meter_id": home.meter.meter_id });
    let refused = home.ana.put(&address, &taken).await;
    assert_eq!(refused.wrong(), wrong(&[("meter_id", "has_a_source")]));
    let roof = home
        .test
        .meter(home.profile, "Roof", ReadingKind::Step)
        .await;
    let body = json!({ "version": version, "meter_id": roof.meter_id });
    let mapped = home.ana.put(&address, &body).await;
    assert_eq!(mapped.status, StatusCode::OK, "{}", mapped.json);
    assert_eq!(mapped.json["row"]["waiting_steps"], 0);
    let kwh: Vec<String> =
        sqlx::query_scalar("SELECT kwh::text FROM consumption_day WHERE meter_id = $1")
            .bind(roof.meter_id.0)
            .fetch_all(&home.test.app.db)
            .await
            .unwrap();
    assert_eq!(kwh, ["1.000000"]);
    let stale = home.ana.put(&address, &body).await;
    assert_eq!(stale.code(), "stale_version");
    let undone = home.ana.undo(home.profile, &mapped).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn numbers_of_no_unit_count_when_somebody_says_what_they_are(db: PgPool) {
    let home = Home::new(db).await;
    let post = async |query: String| {
        let address = format!(
            "{}?apikey={}&node=emontx&{query}",
            path::EMONCMS_POST,
            home.token
        );
        home.test.anonymous().get(&address).await
    };
    let sent = post(format!("time={}&json={{power1:1000}}", noon())).await;
    assert_eq!((sent.status, sent.text()), (StatusCode::OK, "ok"));
    let sources = home.sources().await;
    assert_eq!(
        (sources[0]["kind"].as_str(), sources[0]["name"].as_str()),
        (Some("unknown"), Some("emontx power1"))
    );
    let address = of_row(
        path::LIVE_SOURCE,
        home.profile,
        "live_source_id",
        &sources[0],
    );
    let version = &sources[0]["version"];
    let body = json!({ "version": version, "meter_id": home.meter.meter_id });
    assert_eq!(
        home.ana.put(&address, &body).await.wrong(),
        wrong(&[("unit", "required")])
    );
    let body = json!({ "version": version, "meter_id": home.meter.meter_id, "unit": "w" });
    assert_eq!(home.ana.put(&address, &body).await.status, StatusCode::OK);
    for minute in [0, 5, 10, 15] {
        post(format!("time={}&csv=ignored", noon())).await;
        let full = format!("time={}&fulljson={{\"power1\":1000}}", noon() + minute * 60);
        let full = full
            .replace('{', "%7B")
            .replace('}', "%7D")
            .replace('"', "%22");
        assert_eq!(post(full).await.json, json!({ "success": true }));
    }
    assert_eq!(home.steps().await, told(&[("12:00", 250_000)]));
    let bulk = format!("data=[[0,emontx,1]]&time={}&apikey={}", noon(), home.token);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let broken = home.test.anonymous();
    let broken = broken
        .ask(Method::POST, path::EMONCMS_BULK, &form, Body::from(bulk))
        .await;
    assert_eq!(
        (broken.status, &broken.json["success"]),
        (StatusCode::BAD_REQUEST, &json!(false))
    );
    let bulk = format!(
        "data=[[0,16,5],[60,16,7]]&time={}&apikey={}",
        noon(),
        home.token
    );
    let good = home.test.anonymous();
    let good = good
        .ask(Method::POST, path::EMONCMS_BULK, &form, Body::from(bulk))
        .await;
    assert_eq!((good.status, good.text()), (StatusCode::OK, "ok"));
    let nobody = home
        .test
        .anonymous()
        .get("/input/post?json={a:1}&apikey=none")
        .await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn both_versions_of_influx_are_answered_as_it_answers(db: PgPool) {
    let home = Home::new(db).await;
    let good = format!("kWh,entity_id=grid value=5 {}", noon());
    let nobody = home.test.anonymous();
    let ask = async |who: &Actor, address: &str, headers: &[(&str, &str)], body: Vec<u8>| {
        who.ask(Method::POST, address, headers, Body::from(body))
            .await
    };
    let bad = format!("{good}\nnonsense");
    let first = ask(
        &home.key,
        "/write?precision=s&db=x",
        &[],
        bad.clone().into(),
    )
    .await;
    assert_eq!(first.status, StatusCode::BAD_REQUEST);
    let said = first.json["error"].as_str().unwrap();
    assert!(
        said.starts_with("partial write: unable to parse 'nonsense': "),
        "{said}"
    );
    assert!(said.ends_with("dropped=1"), "{said}");
    assert_eq!(
        home.sources().await[0]["name"],
        "grid",
        "what was good is written"
    );
    let second = ask(
        &home.key,
        "/api/v2/write?precision=s&bucket=b&org=o",
        &[],
        bad.into(),
    )
    .await;
    assert_eq!(
        (second.status, &second.json["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid"))
    );
    let token = format!("Token {}", home.token);
    let as_token = [("authorization", token.as_str())];
    let address = "/api/v2/write?precision=s";
    assert_eq!(
        ask(&nobody, address, &as_token, good.clone().into())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let by_query = format!("/write?precision=s&u=any&p={}", home.token);
    assert_eq!(
        ask(&nobody, &by_query, &[], good.clone().into())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let none = ask(&nobody, address, &[], good.clone().into()).await;
    assert_eq!(
        (none.status, &none.json["code"]),
        (StatusCode::UNAUTHORIZED, &json!("unauthorized"))
    );
    let none = ask(
        &nobody,
        "/write",
        &[("authorization", "Token no")],
        b"nonsense".into(),
    )
    .await;
    assert_eq!(
        (none.status, &none.json["error"]),
        (StatusCode::UNAUTHORIZED, &json!("authorization failed"))
    );
    let wrong = ask(&home.key, "/write?precision=d", &[], good.clone().into()).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    // A body of nothing only asks whether the key is one.
    assert_eq!(
        ask(&home.key, "/write", &[], Vec::new()).await.status,
        StatusCode::NO_CONTENT
    );

    let gzip = [("content-encoding", "gzip")];
    let packed = |text: &[u8]| {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    };
    let sent = ask(
        &home.key,
        "/write?precision=s",
        &gzip,
        packed(good.as_bytes()),
    )
    .await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT);
    let bomb = packed(&vec![b'\n'; 32 << 20]);
    assert_eq!(
        ask(&home.key, "/write", &gzip, bomb).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let large = ask(&home.key, "/write", &[], vec![b' '; 3 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        ask(&home.key, "/write", &gzip, good.into()).await.status,
        StatusCode::BAD_REQUEST
    );

    let json = in_home(path::LIVE_READINGS, home.profile);
    let body = br#"{"readings": [{"source": "roof", "power_w": 1200.5}]}"#;
    for (headers, sent, status) in [
        (&gzip[..], packed(body), StatusCode::OK),
        (&[], body.to_vec(), StatusCode::OK),
        (&gzip, body.to_vec(), StatusCode::BAD_REQUEST),
        (&gzip, packed(b"{"), StatusCode::BAD_REQUEST),
        (
            &gzip,
            packed(&vec![b' '; 32 << 20]),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        assert_eq!(ask(&home.key, &json, headers, sent).await.status, status);
    }

    assert_eq!(nobody.get("/ping").await.status, StatusCode::NO_CONTENT);
    assert_eq!(nobody.get("/health").await.json["status"], "pass");
    let made = ask(&nobody, "/query?q=CREATE+DATABASE+x", &[], Vec::new()).await;
    assert_eq!(made.json["results"][0]["statement_id"], 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_tries_keys_that_are_none_waits(db: PgPool) {
    let home = Home::new(db).await;
    let nobody = home.test.anonymous().with_token("none");
    let mut last = StatusCode::OK;
    for _ in 0..61 {
        let answer = nobody
            .ask(Method::POST, "/write", &[], Body::from("a b=1"))
            .await;
        last = answer.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn steps_wait_while_an_import_holds_the_meter_and_are_placed_with_the_next(db: PgPool) {
    let home = Home::new(db.clone()).await;
    home.registers(&[(0, "100")]).await;
    let mut import = db.begin().await.unwrap();
    sqlx::query("SELECT FROM meter WHERE meter_id = $1 FOR NO KEY UPDATE")
        .bind(home.meter.meter_id.0)
        .execute(&mut *import)
        .await
        .unwrap();
    let written = home.registers(&[(15, "101")]).await;
    assert_eq!(written.status, StatusCode::NO_CONTENT);
    assert!(home.steps().await.is_empty());
    assert_eq!(home.sources().await[0]["waiting_steps"], 1);
    import.commit().await.unwrap();
    home.registers(&[(30, "103")]).await;
    assert_eq!(
        home.steps().await,
        told(&[("12:00", 1_000_000), ("12:15", 2_000_000)])
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_at_once_are_all_written_and_what_fails_fails_alone(db: PgPool) {
    let home = Home::new(db).await;
    let one = |at: i64| {
        let lines = format!("kWh,entity_id=e{} value={at} {}", at % 7, noon() + at);
        let key = if at % 5 == 0 {
            home.test.anonymous().with_token("none")
        } else {
            home.key.clone()
        };
        async move {
            key.ask(Method::POST, "/write?precision=s", &[], Body::from(lines))
                .await
                .status
        }
    };
    let answers = futures_util::future::join_all((0..40).map(one)).await;
    for (at, status) in answers.iter().enumerate() {
        let expected = if at % 5 == 0 {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::NO_CONTENT
        };
        assert_eq!(*status, expected, "{at}");
    }
    assert_eq!(home.sources().await.as_array().unwrap().len(), 7);
}
