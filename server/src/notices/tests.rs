use std::sync::Arc;
use std::sync::Mutex;

use axum::http::StatusCode;
use ecotrack_common::alert::Severity;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::send;
use crate::alerts::evaluate;
use crate::config::{MailSecurity, MailServer};
use crate::outside::message::Message;
use crate::outside::testing::{Answer, Stub};
use crate::testing::{Actor, TestApp, in_home, of_row, register};

fn channel(kind: &str, address: Option<&str>) -> Value {
    json!({ "kind": kind, "address": address, "secret": "very secret", "min_severity": "warning",
        "alerts": true, "reports": false })
}

async fn add(who: &Actor, profile: EnergyProfileId, new: &Value) -> Value {
    let made = who
        .post(&in_home(path::NOTICE_CHANNELS, profile), new)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    made.json
}

async fn channels(who: &Actor, profile: EnergyProfileId) -> Vec<Value> {
    let listed = who.get(&in_home(path::NOTICE_CHANNELS, profile)).await;
    listed.json.as_array().unwrap().clone()
}

/// A home whose register nobody read for 73 days.
async fn silent_home(test: &TestApp) -> (Actor, EnergyProfileId) {
    let (ana, profile) = test.owner().await;
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    for (at, kwh) in [
        ("2026-09-01T12:00:00Z", "100"),
        ("2026-09-11T12:00:00Z", "200"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    (ana, profile)
}

async fn trusting(db: PgPool) -> TestApp {
    let test = TestApp::new(db).await;
    test.with_settings(|settings| settings.notices.allow_private = true)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_alert_is_told_once_through_each_channel_however_often_jobs_run(db: PgPool) {
    let test = trusting(db).await;
    let (ana, profile) = silent_home(&test).await;
    let stub = Stub::new(|_| Answer::Json(json!({}))).await;
    add(
        &ana,
        profile,
        &channel("webhook", Some(&format!("{}/hook", stub.address))),
    )
    .await;
    add(
        &ana,
        profile,
        &channel("ntfy", Some(&format!("{}/topic", stub.address))),
    )
    .await;
    let mut reports = channel("webhook", Some(&format!("{}/reports", stub.address)));
    reports["alerts"] = json!(false);
    add(&ana, profile, &reports).await;
    let mut urgent = channel("webhook", Some(&format!("{}/urgent", stub.address)));
    urgent["min_severity"] = json!("urgent");
    add(&ana, profile, &urgent).await;
    test.run_jobs().await;
    for _ in 0..3 {
        evaluate::run(&test.app, profile).await.unwrap();
        test.run_jobs().await;
    }
    let mut asked = stub.asked();
    asked.sort_by(|one, other| one.path.cmp(&other.path));
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/hook", "/topic"]);
    let header = |at: usize, name: &str| asked[at].headers[name].to_str().unwrap().to_owned();
    assert!(header(0, "x-ecotrack-signature").starts_with("sha256="));
    assert!(header(0, "idempotency-key").starts_with("alert:"));
    assert_eq!(header(1, "authorization"), "Bearer very secret");
    assert_eq!(header(1, "title"), "Casa Aurora: No readings from Main");
    let listed = channels(&ana, profile).await;
    assert!(listed[0]["sent_at"].is_string() && listed[3]["sent_at"].is_null());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_not_taken_is_tried_again_and_what_never_will_be_is_given_up(db: PgPool) {
    let test = trusting(db).await;
    let (ana, profile) = silent_home(&test).await;
    let broken = Arc::new(Mutex::new(true));
    let is_broken = broken.clone();
    let stub = Stub::new(
        move |asked| match (asked.path.as_str(), *is_broken.lock().unwrap()) {
            ("/gone", _) => Answer::Status(404, String::new()),
            (_, true) => Answer::Status(503, String::new()),
            _ => Answer::Json(json!({})),
        },
    )
    .await;
    add(
        &ana,
        profile,
        &channel("webhook", Some(&format!("{}/later", stub.address))),
    )
    .await;
    add(
        &ana,
        profile,
        &channel("webhook", Some(&format!("{}/gone", stub.address))),
    )
    .await;
    test.run_jobs().await;
    assert_eq!(stub.asked().len(), 2);
    let failures: Vec<Value> = channels(&ana, profile)
        .await
        .iter()
        .map(|row| row["failure"].clone())
        .collect();
    assert_eq!(failures, [json!("failing"), json!("refused")]);
    *broken.lock().unwrap() = false;
    sqlx::query("UPDATE graphile_worker._private_jobs SET run_at = now() - interval '1 s'")
        .execute(&test.app.db)
        .await
        .unwrap();
    test.run_jobs().await;
    let asked: Vec<String> = stub.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/later"]);
    let listed = channels(&ana, profile).await;
    assert!(listed[0]["failure"].is_null() && listed[0]["sent_at"].is_string());
}

/// Where each who asks is answered once so many ask at the same time.
async fn meeting_of(people: usize) -> (String, tokio::task::JoinHandle<impl Sized>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let met = tokio::spawn(async move {
        let mut there = Vec::new();
        while there.len() < people {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let mut asked = String::new();
            while stream.read_line(&mut asked).await.unwrap() > 2 {}
            there.push(stream);
        }
        for stream in &mut there {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
        // Nobody hangs up before the others have their answer.
        there
    });
    (address, met)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_does_not_answer_keeps_no_other_channel_waiting(db: PgPool) {
    let test = trusting(db).await;
    let (ana, profile) = silent_home(&test).await;
    let (address, met) = meeting_of(4).await;
    for _ in 0..4 {
        add(&ana, profile, &channel("webhook", Some(&address))).await;
    }
    test.run_jobs().await;
    for told in channels(&ana, profile).await {
        assert!(told["sent_at"].is_string(), "{told}");
    }
    drop(met.await.unwrap());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn channels_that_are_added_at_the_same_time_are_counted(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let new = channel("webhook", Some("https://example.org/hook"));
    let address = in_home(path::NOTICE_CHANNELS, profile);
    let made = futures_util::future::join_all((0..24).map(|_| ana.post(&address, &new))).await;
    let made = made.iter().map(|answer| answer.status);
    let refused = made.filter(|status| *status == StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.count(), 4);
    assert_eq!(channels(&ana, profile).await.len(), 20);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_channel_is_its_members_own_and_its_secrets_are_in_no_answer(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let caio = test.viewer(profile).await;
    let made = add(
        &ana,
        profile,
        &channel("webhook", Some("https://example.org/token-abc")),
    )
    .await;
    let told = channels(&ana, profile).await;
    let trail = ana.get(&in_home(path::OPERATIONS, profile)).await.json;
    let all = format!("{made} {told:?} {trail}");
    assert!(
        !all.contains("token-abc") && !all.contains("very secret"),
        "{all}"
    );
    assert_eq!(
        (&made["whom"], &made["has_secret"]),
        (&json!("example.org"), &json!(true))
    );
    assert!(channels(&caio, profile).await.is_empty());
    let one = of_row(path::NOTICE_CHANNEL, profile, "notice_channel_id", &made);
    let mut row = json!({ "version": 1, "min_severity": "info", "alerts": true, "reports": true });
    assert_eq!(caio.put(&one, &row).await.status, StatusCode::NOT_FOUND);
    assert_eq!(caio.delete(&one).await.status, StatusCode::NOT_FOUND);
    let test_of = of_row(path::NOTICE_TEST, profile, "notice_channel_id", &made);
    assert_eq!(
        caio.post(&test_of, &Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    let changed = ana.put(&one, &row).await;
    assert_eq!(changed.json["reports"], json!(true), "{}", changed.json);
    assert_eq!(ana.put(&one, &row).await.status, StatusCode::CONFLICT);
    row["version"] = json!(2);
    assert_eq!(ana.put(&one, &row).await.status, StatusCode::OK);
    assert_eq!(ana.delete(&one).await.status, StatusCode::NO_CONTENT);
    assert!(channels(&ana, profile).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_private_address_is_refused_unless_the_operator_allows_it(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let stub = Stub::new(|_| Answer::Json(json!({}))).await;
    let made = add(
        &ana,
        profile,
        &channel("webhook", Some(&stub.address.to_string())),
    )
    .await;
    let address = of_row(path::NOTICE_TEST, profile, "notice_channel_id", &made);
    let tested = ana.post(&address, &Value::Null).await;
    assert_eq!(tested.json["failure"], "private_address");
    assert!(stub.asked().is_empty());
    let trusting = test.with_settings(|settings| settings.notices.allow_private = true);
    let ana = trusting.again(&ana);
    let tested = ana.post(&address, &Value::Null).await;
    assert_eq!(tested.json["failure"], Value::Null);
    assert_eq!(stub.asked().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_sends_one_test_after_the_other_must_wait_and_nobody_else(db: PgPool) {
    let test = trusting(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let stub = Stub::new(|_| Answer::Json(json!({}))).await;
    let to_stub = channel("webhook", Some(&stub.address.to_string()));
    let mut tests_of_ana = Vec::new();
    for _ in 0..2 {
        let made = add(&ana, profile, &to_stub).await;
        tests_of_ana.push(of_row(
            path::NOTICE_TEST,
            profile,
            "notice_channel_id",
            &made,
        ));
    }
    // Whichever channel is tried: the limit is the account's.
    for at in 0..5 {
        let tested = ana.post(&tests_of_ana[at % 2], &Value::Null).await;
        assert_eq!(tested.status, StatusCode::OK, "{}", tested.json);
    }
    let refused = ana.post(&tests_of_ana[0], &Value::Null).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
    );
    assert_eq!(refused.headers["retry-after"], "20");
    assert_eq!(stub.asked().len(), 5, "what is refused is not sent");

    let made = add(&bia, profile, &to_stub).await;
    let test_of_bia = of_row(path::NOTICE_TEST, profile, "notice_channel_id", &made);
    let tested = bia.post(&test_of_bia, &Value::Null).await;
    assert_eq!(tested.status, StatusCode::OK, "{}", tested.json);
    assert_eq!(channels(&ana, profile).await.len(), 2, "all else goes on");
}

/// A mail server that takes one mail, and gives what it was told.
async fn mail_server() -> (u16, tokio::task::JoinHandle<String>) {
    mail_server_that(|_| None).await
}

/// A mail server that serves somebody once and answers a line as it is told to; gives what it heard.
async fn mail_server_that(
    answer: impl Fn(&str) -> Option<&'static str> + Send + 'static,
) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut told = String::new();
        let mut in_mail = false;
        write.write_all(b"220 here\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            told += &line;
            told.push('\n');
            if let Some(answer) = answer(&line) {
                write.write_all(answer.as_bytes()).await.unwrap();
                continue;
            }
            let answer: &[u8] = match (in_mail, line.as_str()) {
                (true, ".") => {
                    in_mail = false;
                    b"250 taken\r\n"
                }
                (true, _) => continue,
                (false, "DATA") => {
                    in_mail = true;
                    b"354 go on\r\n"
                }
                (false, "QUIT") => {
                    write.write_all(b"221 bye\r\n").await.unwrap();
                    return told;
                }
                _ => b"250 ok\r\n",
            };
            write.write_all(answer).await.unwrap();
        }
        told
    });
    (port, taken)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_mail_goes_to_the_members_own_address_and_without_a_server_that_is_said(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut new = channel("email", None);
    new["secret"] = Value::Null;
    let made = add(&ana, profile, &new).await;
    assert_eq!(made["whom"], "ana@example.org");
    let address = of_row(path::NOTICE_TEST, profile, "notice_channel_id", &made);
    let tested = ana.post(&address, &Value::Null).await;
    assert_eq!(tested.json["failure"], "no_mail_server");
    let (port, taken) = mail_server().await;
    let mailing = test.with_settings(|settings| settings.mail = Some(local_mail(port)));
    let ana = mailing.again(&ana);
    let tested = ana.post(&address, &Value::Null).await;
    assert_eq!(tested.json["failure"], Value::Null);
    let told = taken.await.unwrap();
    assert!(told.contains("RCPT TO:<ana@example.org>"), "{told}");
    assert!(told.contains("Subject: Casa Aurora: a test"), "{told}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_mail_that_is_refused_for_good_is_given_up_at_once_and_others_are_tried_again(
    db: PgPool,
) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let mut new = channel("email", None);
    new["secret"] = Value::Null;
    let made = add(&ana, profile, &new).await;
    let id = made["notice_channel_id"].as_str().unwrap().parse().unwrap();
    for (line, answer, failure, given_up) in [
        ("RCPT", "550 no such box\r\n", "mail_refused", true),
        ("RCPT", "450 later\r\n", "mail_later", false),
        ("MAIL", "530 sign in first\r\n", "mail_sign_in", false),
    ] {
        let (port, served) =
            mail_server_that(move |said| said.starts_with(line).then_some(answer)).await;
        let mailing = test.with_settings(|settings| settings.mail = Some(local_mail(port)));
        let message = Message {
            key: format!("about:{failure}"),
            severity: Severity::Info,
            subject: "News".to_owned(),
            text: "Some".to_owned(),
            html: None,
        };
        let mut conn = db.acquire().await.unwrap();
        send::announce(&mut conn, profile, id, &message, mailing.app.clock.now())
            .await
            .unwrap();
        mailing.run_jobs().await;
        served.await.unwrap();
        let told = &channels(&ana, profile).await[0];
        assert_eq!(told["failure"], failure);
        let waits: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM graphile_worker.jobs WHERE key LIKE '%' || $1)",
        )
        .bind(&message.key)
        .fetch_one(&db)
        .await
        .unwrap();
        assert_eq!(waits, !given_up, "{failure}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_page_goes_with_the_mail_that_waits_to_read_in_it_and_as_a_file(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut new = channel("email", None);
    new["secret"] = Value::Null;
    let made = add(&ana, profile, &new).await;
    let id = made["notice_channel_id"].as_str().unwrap().parse().unwrap();
    let message = Message {
        key: "report:2026-10".to_owned(),
        severity: Severity::Info,
        subject: "October".to_owned(),
        text: "In plain words".to_owned(),
        html: Some("<p>As a page</p>".to_owned()),
    };
    let (port, taken) = mail_server().await;
    let mailing = test.with_settings(|settings| settings.mail = Some(local_mail(port)));
    let mut conn = mailing.app.db.acquire().await.unwrap();
    for _ in 0..2 {
        let now = mailing.app.clock.now();
        send::announce(&mut conn, profile, id, &message, now)
            .await
            .unwrap();
    }
    drop(conn);
    mailing.run_jobs().await;
    let told = taken.await.unwrap();
    for part in ["In plain words", "filename=\"report-2026-10.html\""] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(told.matches("<p>As a page</p>").count(), 2, "{told}");
    assert_eq!(told.matches("MAIL FROM").count(), 1);
}

fn local_mail(port: u16) -> MailServer {
    MailServer {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security: MailSecurity::None,
        user: None,
        password: None,
        from: "EcoTrack <ecotrack@example.org>".to_owned(),
    }
}
