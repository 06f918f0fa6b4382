use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use ecotrack_common::profile::Role;
use serde_json::json;
use sqlx::PgPool;

use super::administration;
use super::authorisation::RULES;
use crate::config::Registration;
use crate::testing::{Actor, PASSWORD, TestApp, register};

fn ana() -> serde_json::Value {
    json!({ "email": " Ana@Example.org ", "display_name": "Ana", "password": "correct horse battery", "language": "pt-BR" })
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn somebody_registers_signs_in_and_signs_out(db: PgPool) {
    let test = TestApp::new(db).await;
    let nobody = test.anonymous();
    let registered = nobody.post(path::ACCOUNTS, &ana()).await;
    assert_eq!(
        registered.status,
        StatusCode::CREATED,
        "{}",
        registered.json
    );
    assert_eq!(registered.json["account"]["email"], "ana@example.org");

    let signed_in = nobody
        .post(
            path::SESSIONS,
            &json!({ "email": "ANA@example.org", "password": "correct horse battery" }),
        )
        .await;
    assert_eq!(signed_in.status, StatusCode::CREATED);
    let ana = nobody.with_token(signed_in.json["token"].as_str().unwrap());
    assert_eq!(
        ana.get(path::ACCOUNT_SELF).await.json["display_name"],
        "Ana"
    );

    assert_eq!(
        ana.delete(path::SESSION_CURRENT).await.status,
        StatusCode::NO_CONTENT
    );
    let after = ana.get(path::ACCOUNT_SELF).await;
    assert_eq!(
        (after.status, after.code()),
        (StatusCode::UNAUTHORIZED, "unauthenticated")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike(db: PgPool) {
    let test = TestApp::new(db).await;
    let nobody = test.anonymous();
    nobody.post(path::ACCOUNTS, &ana()).await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("ana@example.org", "not the password"),
        ("eva@example.org", "correct horse battery"),
    ] {
        let answer = nobody
            .post(
                path::SESSIONS,
                &json!({ "email": email, "password": password }),
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answers.push(answer.json);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["code"], "wrong_credentials");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let nobody = test.anonymous();
    let answer = nobody
        .post(
            path::ACCOUNTS,
            &json!({ "email": "ana", "display_name": "", "password": "short", "language": "en" }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = [
        ("email", "not_an_email"),
        ("display_name", "required"),
        ("password", "too_short"),
    ];
    assert_eq!(
        answer.wrong(),
        wrong.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );

    nobody.post(path::ACCOUNTS, &ana()).await;
    let again = nobody.post(path::ACCOUNTS, &ana()).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::CONFLICT, "email_taken")
    );

    let missing = nobody
        .post(path::SESSIONS, &json!({ "email": "ana@example.org" }))
        .await;
    assert_eq!(
        (missing.status, missing.code()),
        (StatusCode::BAD_REQUEST, "malformed_body")
    );
    assert!(
        missing.json["detail"]
            .as_str()
            .unwrap()
            .contains("password"),
        "{}",
        missing.json
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_closed_server_takes_no_registrations(db: PgPool) {
    let test = TestApp::new(db)
        .await
        .with_settings(|settings| settings.registration = Registration::Closed);
    let answer = test.anonymous().post(path::ACCOUNTS, &ana()).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::FORBIDDEN, "registration_closed")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_tries_too_often_must_wait(db: PgPool) {
    let test = TestApp::new(db)
        .await
        .with_settings(|settings| settings.sign_in_burst = 3);
    let nobody = test.anonymous();
    let guess = json!({ "email": "ana@example.org", "password": "" });
    for _ in 0..3 {
        assert_eq!(
            nobody.post(path::SESSIONS, &guess).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let answer = nobody.post(path::SESSIONS, &guess).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
    );
    assert!(answer.headers.contains_key("retry-after"));
    let elsewhere = [
        ("content-type", "application/json"),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    let body = Body::from(guess.to_string());
    let other = nobody
        .ask(Method::POST, path::SESSIONS, &elsewhere, body)
        .await;
    assert_eq!(
        other.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "another address behind the proxy need not wait"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_session_ends_when_it_is_not_used_and_lives_on_when_it_is(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    test.at("2027-02-01T00:00:00Z");
    assert_eq!(ana.get(path::ACCOUNT_SELF).await.status, StatusCode::OK);
    test.at("2027-04-15T00:00:00Z");
    assert_eq!(
        ana.get(path::ACCOUNT_SELF).await.status,
        StatusCode::OK,
        "used ten weeks ago"
    );
    test.at("2027-08-01T00:00:00Z");
    assert_eq!(
        ana.get(path::ACCOUNT_SELF).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn somebody_sees_where_they_are_signed_in_and_ends_it(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.registered("Ana").await;
    let credentials = json!({ "email": "ana@example.org", "password": PASSWORD });
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", "ecotrack/2"),
    ];
    test.at("2026-11-24T15:00:00Z");
    let body = Body::from(credentials.to_string());
    let signed_in = test
        .anonymous()
        .ask(Method::POST, path::SESSIONS, &headers, body)
        .await;
    let phone = test.anonymous().signed_in(&signed_in);
    let listed = phone.get(path::SESSIONS).await.json;
    let row = |at: usize, name: &str| listed[at][name].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(
        (row(0, "client"), row(0, "current")),
        (json!("ecotrack/2"), json!(true)),
        "the one used last comes first"
    );
    assert_eq!(row(0, "created_at"), json!("2026-11-24T15:00:00Z"));
    assert_eq!(
        (row(1, "current"), row(1, "last_used_at")),
        (json!(false), json!("2026-11-23T15:00:00Z"))
    );

    let address = path::fill(
        path::SESSION,
        &[("session_id", &listed[1]["session_id"].as_str().unwrap())],
    );
    let eva = test.account("Eva").await;
    assert_eq!(
        eva.delete(&address).await.status,
        StatusCode::NOT_FOUND,
        "somebody else's session is not there"
    );
    assert_eq!(ana.get(path::ACCOUNT_SELF).await.status, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(phone.delete(&address).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(
        ana.get(path::ACCOUNT_SELF).await.status,
        StatusCode::UNAUTHORIZED
    );
    let left = phone.get(path::SESSIONS).await.json;
    assert_eq!(left.as_array().unwrap().len(), 1);
    let nonsense = path::fill(path::SESSION, &[("session_id", &"nonsense")]);
    assert_eq!(phone.delete(&nonsense).await.status, StatusCode::NOT_FOUND);

    // A session that nobody uses for ninety days is not listed any more.
    phone.delete(path::SESSION_CURRENT).await;
    test.at("2027-06-01T00:00:00Z");
    let again = test.anonymous().post(path::SESSIONS, &credentials).await;
    let listed = ana.signed_in(&again).get(path::SESSIONS).await.json;
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_new_name_is_seen_by_oneself_and_at_home(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let change = json!({ "display_name": " Ana Maria ", "language": "pt-BR" });
    let key = "rename";
    let changed = ana
        .send_keyed(Method::PUT, path::ACCOUNT_SELF, key, &change)
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(changed.json["display_name"], "Ana Maria");
    assert_eq!(changed.json["language"], "pt-BR");
    assert_eq!(ana.get(path::ACCOUNT_SELF).await.json, changed.json);
    let again = ana
        .send_keyed(Method::PUT, path::ACCOUNT_SELF, key, &change)
        .await;
    assert_eq!((again.status, again.json), (StatusCode::OK, changed.json));
    let members = path::fill(path::MEMBERS, &[("energy_profile_id", &profile)]);
    assert_eq!(ana.get(&members).await.json[0]["display_name"], "Ana Maria");
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM energy_profile")
        .fetch_one(&db)
        .await
        .unwrap();
    // One by the home's making, one by the change; the second sending changed nothing.
    assert_eq!(revision, 3);

    let wrong = json!({ "display_name": "", "language": "en" });
    let answer = ana.put(path::ACCOUNT_SELF, &wrong).await;
    assert_eq!(
        answer.wrong(),
        [("display_name".to_owned(), "required".to_owned())]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_runs_the_server_lists_people_and_names_administrators(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    test.account("Bia").await;
    let admin = async || ana.get(path::ACCOUNT_SELF).await.json["server_admin"].clone();
    administration::set_admin(&test.app, " Ana@example.org", true)
        .await
        .unwrap();
    assert_eq!(admin().await, json!(true));
    let lines = administration::list(&test.app).await.unwrap();
    let words: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        words,
        [
            vec!["ana@example.org", "Ana", "admin", "2026-11-23"],
            vec!["bia@example.org", "Bia", "2026-11-23"]
        ]
    );
    administration::set_admin(&test.app, "ana@example.org", false)
        .await
        .unwrap();
    assert_eq!(admin().await, json!(false));
    let unknown = administration::set_admin(&test.app, "eva@example.org", true).await;
    let said = unknown.unwrap_err().to_string();
    assert!(
        said.contains("eva@example.org") && said.contains("account list"),
        "{said}"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn passwords_and_tokens_are_stored_as_hashes_only(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let token = test.anonymous().post(path::ACCOUNTS, &ana()).await.json["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let stored: String = sqlx::query_scalar("SELECT row_to_json(account)::text FROM account")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(stored.contains("$argon2id$") && !stored.contains("correct horse"));
    let sessions: String = sqlx::query_scalar("SELECT row_to_json(session)::text FROM session")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!sessions.contains(&token));
}

/// Routes of the OpenAPI document.
fn documented() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(crate::router::openapi()).unwrap();
    document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(|method| (method.to_uppercase(), path.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_route_has_a_rule_and_every_rule_a_route() {
    let rules: BTreeSet<(String, String)> = RULES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(documented(), rules);
    assert_eq!(rules.len(), RULES.len(), "a route has one rule");
}

fn names_a_home(pattern: &str) -> bool {
    pattern.contains("{energy_profile_id}")
}

/// Every route asked by every role, a stranger and nobody. The snapshot is the table as people see it.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_route_answers_every_role_as_the_table_says(db: PgPool) {
    let test = TestApp::new(db)
        .await
        .with_settings(|settings| settings.sign_in_burst = 1000);
    let (owner, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    let written = owner
        .post(&readings, &register("2026-11-01T12:00:00Z", "100"))
        .await;
    let operation = written.json["operation_id"].as_str().unwrap().to_owned();
    let actors: Vec<(&str, Actor)> = vec![
        ("nobody", test.anonymous()),
        ("stranger", test.account("Stranger").await),
        ("viewer", test.member(profile, "Viewer", Role::Viewer).await),
        ("editor", test.member(profile, "Editor", Role::Editor).await),
        ("owner", owner),
        ("admin", test.administrator("Admin").await),
    ];
    let mut table: BTreeMap<String, String> = BTreeMap::new();
    for (method, pattern) in documented() {
        let path = path::fill(
            &pattern,
            &[
                ("energy_profile_id", &profile),
                ("meter_id", &meter.meter_id),
                ("read_at", &"2026-11-01T12:00:00Z"),
                ("operation_id", &operation),
                ("alert_id", &uuid::Uuid::nil()),
                ("account_id", &uuid::Uuid::nil()),
                ("invitation_id", &uuid::Uuid::nil()),
                ("session_id", &uuid::Uuid::nil()),
                ("profile_device_id", &uuid::Uuid::nil()),
                ("billing_record_id", &uuid::Uuid::nil()),
                ("consumption_goal_id", &uuid::Uuid::nil()),
                ("away_period_id", &uuid::Uuid::nil()),
                ("profile_tariff_id", &uuid::Uuid::nil()),
                ("set", &"catalog"),
                ("key", &"kettle"),
                ("job_id", &0),
            ],
        );
        let mut line = String::new();
        for (name, actor) in &actors {
            let method: Method = method.parse().unwrap();
            // A body that no route takes: what counts is whether the door opens.
            let headers = [("content-type", "application/json")];
            let answer = match (method.as_str(), path.as_str()) {
                ("DELETE", path::SESSION_CURRENT) => {
                    // Signing out would send the actor home; a copy of them does it.
                    let copy = if *name == "nobody" {
                        actor.clone()
                    } else {
                        test.account(&format!("{name}2")).await
                    };
                    copy.ask(method, &path, &headers, Body::from("{}")).await
                }
                _ => actor.ask(method, &path, &headers, Body::from("{}")).await,
            };
            assert!(
                !answer.status.is_server_error(),
                "{name} {pattern}: {}",
                answer.json
            );
            let said = match answer.status {
                StatusCode::UNAUTHORIZED => "401",
                StatusCode::FORBIDDEN => "403",
                StatusCode::NOT_FOUND
                    if matches!(*name, "stranger" | "admin") && names_a_home(&pattern) =>
                {
                    "404"
                }
                _ => "in",
            };
            write!(line, "{name} {said:<4}").unwrap();
        }
        table.insert(format!("{method:<6} {pattern}"), line.trim_end().to_owned());
    }
    let rows: Vec<String> = table
        .iter()
        .map(|(route, line)| format!("{route:<75} {line}"))
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
    for (method, pattern, access) in RULES {
        let line = &table[&format!("{method:<6} {pattern}")];
        let expected = |role: Role| match access {
            super::authorisation::Access::Administrator => "403",
            super::authorisation::Access::Member(needed) if role < *needed => "403",
            // Being signed in is no key.
            super::authorisation::Access::Key => "401",
            _ => "in",
        };
        let (nobody, stranger) = match access {
            super::authorisation::Access::Public => ("in", "in"),
            // A removed home, in which nobody has a role: the handler looks who owned it.
            super::authorisation::Access::SignedIn if names_a_home(pattern) => ("401", "404"),
            super::authorisation::Access::SignedIn => ("401", "in"),
            super::authorisation::Access::Administrator => ("401", "403"),
            super::authorisation::Access::Member(_) => ("401", "404"),
            super::authorisation::Access::Key => ("401", "401"),
        };
        // Administrating is no membership: to a home an administrator is a stranger.
        let admin = match access {
            super::authorisation::Access::Administrator => "in",
            _ => stranger,
        };
        let all = format!(
            "nobody {nobody:<4}stranger {stranger:<4}viewer {:<4}editor {:<4}owner {:<4}admin {admin}",
            expected(Role::Viewer),
            expected(Role::Editor),
            expected(Role::Owner)
        );
        assert_eq!(line, &all, "{method} {pattern}");
    }
}
