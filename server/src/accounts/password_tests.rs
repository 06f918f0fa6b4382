//! Changing a password, and getting a new one where the old one is forgotten.

use axum::http::{Method, StatusCode};
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::administration::reset;
use crate::testing::{Actor, Answer, PASSWORD, TestApp};

const NEW: &str = "another long password";

/// A server at which nobody has to wait.
async fn patient(db: PgPool) -> TestApp {
    TestApp::new(db)
        .await
        .with_settings(|settings| settings.sign_in_burst = 1000)
}

async fn sign_in(test: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    test.anonymous().post(path::SESSIONS, &body).await
}

fn change(current: &str, password: &str) -> Value {
    json!({ "current": current, "password": password })
}

async fn recover(test: &TestApp, email: &str, code: &str) -> Answer {
    let body = json!({ "email": email, "code": code, "password": NEW });
    test.anonymous().post(path::RECOVERY, &body).await
}

fn not_valid() -> Vec<(String, String)> {
    vec![("code".to_owned(), "not_valid_code".to_owned())]
}

async fn is_in(actor: &Actor) -> bool {
    actor.get(path::ACCOUNT_SELF).await.status == StatusCode::OK
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_new_password_ends_every_other_session_but_not_this_one(db: PgPool) {
    let test = patient(db).await;
    let ana = test.registered("Ana").await;
    let eva = test.registered("Eva").await;
    let phone = ana.signed_in(&sign_in(&test, "ana@example.org", PASSWORD).await);
    assert!(is_in(&phone).await);

    let changed = ana.put(path::PASSWORD, &change(PASSWORD, NEW)).await;
    assert_eq!(
        (changed.status, changed.json),
        (StatusCode::NO_CONTENT, Value::Null)
    );
    assert!(is_in(&ana).await && !is_in(&phone).await && is_in(&eva).await);
    let old = sign_in(&test, "ana@example.org", PASSWORD).await;
    assert_eq!(old.code(), "wrong_credentials");
    let new = sign_in(&test, "ana@example.org", NEW).await;
    assert_eq!(new.status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_does_not_know_the_password_does_not_change_it(db: PgPool) {
    let test = patient(db).await;
    let ana = test.registered("Ana").await;
    let phone = ana.signed_in(&sign_in(&test, "ana@example.org", PASSWORD).await);
    let guess = ana
        .put(path::PASSWORD, &change("a guess of mine", NEW))
        .await;
    assert_eq!(guess.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        guess.wrong(),
        [("current".to_owned(), "wrong_password".to_owned())]
    );
    let short = ana.put(path::PASSWORD, &change(PASSWORD, "short")).await;
    assert_eq!(
        short.wrong(),
        [("password".to_owned(), "too_short".to_owned())]
    );
    assert!(is_in(&phone).await, "nothing was changed, nobody was ended");
    let old = sign_in(&test, "ana@example.org", PASSWORD).await;
    assert_eq!(old.status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_change_of_password_sent_again_is_the_same_change(db: PgPool) {
    let test = patient(db).await;
    let ana = test.registered("Ana").await;
    let send = async |password: &str| {
        ana.send_keyed(
            Method::PUT,
            path::PASSWORD,
            "key",
            &change(PASSWORD, password),
        )
        .await
    };
    assert_eq!(send(NEW).await.status, StatusCode::NO_CONTENT);
    let phone = ana.signed_in(&sign_in(&test, "ana@example.org", NEW).await);
    let again = send(NEW).await;
    assert_eq!(
        (again.status, again.json),
        (StatusCode::NO_CONTENT, Value::Null)
    );
    assert!(is_in(&phone).await, "the second sending changed nothing");
    assert_eq!(
        send("yet another password").await.code(),
        "idempotency_key_reused"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn guessing_passwords_and_codes_is_slowed_down_as_at_the_door(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.registered("Ana").await;
    let test = test.with_settings(|settings| settings.sign_in_burst = 2);
    let ana = test.anonymous().with_token(ana.token());
    for _ in 0..2 {
        let guess = ana
            .put(path::PASSWORD, &change("a guess of mine", NEW))
            .await;
        assert_eq!(guess.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let guess = ana
        .put(path::PASSWORD, &change("a guess of mine", NEW))
        .await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
    let guess = recover(&test, "ana@example.org", "0000-0000-0000-0000").await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
    let guess = json!({ "code": "0000-0000-0000-0000" });
    let guess = ana.post(path::INVITATION_ACCEPTANCE, &guess).await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_in(&ana).await, "everything else goes on");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_forgot_the_password_sets_a_new_one_with_a_code_once(db: PgPool) {
    let test = patient(db.clone()).await;
    let ana = test.registered("Ana").await;
    let code = reset(&test.app, " ANA@example.org ").await.unwrap();
    assert!(is_in(&ana).await, "a code alone ends nothing");
    let kept: String =
        sqlx::query_scalar("SELECT row_to_json(account_recovery)::text FROM account_recovery")
            .fetch_one(&db)
            .await
            .unwrap();
    assert!(!kept.contains(&code) && !kept.contains(&code.replace('-', "")));

    let typed = code.replace('-', " ").to_lowercase();
    let recovered = recover(&test, "Ana@example.org", &typed).await;
    assert_eq!(recovered.status, StatusCode::CREATED, "{}", recovered.json);
    let back = ana.signed_in(&recovered);
    assert!(is_in(&back).await && !is_in(&ana).await);
    assert_eq!(
        sign_in(&test, "ana@example.org", PASSWORD).await.code(),
        "wrong_credentials"
    );
    assert_eq!(
        sign_in(&test, "ana@example.org", NEW).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        recover(&test, "ana@example.org", &code).await.wrong(),
        not_valid()
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn whatever_is_wrong_with_a_recovery_is_answered_alike(db: PgPool) {
    let test = patient(db).await;
    test.registered("Ana").await;
    test.registered("Eva").await;
    let code = reset(&test.app, "ana@example.org").await.unwrap();
    let answers = [
        recover(&test, "ana@example.org", "0000-0000-0000-0000").await,
        recover(&test, "eva@example.org", &code).await,
        recover(&test, "nobody@example.org", &code).await,
    ];
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.wrong(), not_valid());
        assert_eq!(answer.json, answers[0].json);
    }
    let malformed = recover(&test, "ana@example.org", "ABCD").await;
    assert_eq!(
        malformed.wrong(),
        [("code".to_owned(), "not_a_code".to_owned())]
    );
    let unknown = reset(&test.app, "nobody@example.org").await.unwrap_err();
    assert!(unknown.to_string().contains("account list"), "{unknown}");
    assert_eq!(
        recover(&test, "ana@example.org", &code).await.status,
        StatusCode::CREATED,
        "the code itself is still good"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_recovery_code_lasts_a_day_and_gives_way_to_the_next(db: PgPool) {
    let test = patient(db.clone()).await;
    test.registered("Ana").await;
    let first = reset(&test.app, "ana@example.org").await.unwrap();
    let second = reset(&test.app, "ana@example.org").await.unwrap();
    assert_eq!(
        recover(&test, "ana@example.org", &first).await.wrong(),
        not_valid()
    );
    test.at("2026-11-24T15:00:00Z");
    assert_eq!(
        recover(&test, "ana@example.org", &second).await.wrong(),
        not_valid(),
        "24 hours old"
    );
    let third = reset(&test.app, "ana@example.org").await.unwrap();
    test.at("2026-11-25T14:59:59Z");
    let recovered = recover(&test, "ana@example.org", &third).await;
    assert_eq!(recovered.status, StatusCode::CREATED);

    reset(&test.app, "ana@example.org").await.unwrap();
    test.at("2026-11-27T00:00:00Z");
    test.sweep().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM account_recovery")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0, "expired codes are swept");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn five_wrong_codes_end_a_recovery(db: PgPool) {
    let test = patient(db).await;
    test.registered("Ana").await;
    for (wrong, status) in [
        (4, StatusCode::CREATED),
        (5, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let code = reset(&test.app, "ana@example.org").await.unwrap();
        for _ in 0..wrong {
            let answer = recover(&test, "ana@example.org", "0000-0000-0000-0000").await;
            assert_eq!(answer.wrong(), not_valid());
        }
        let answer = recover(&test, "ana@example.org", &code).await;
        assert_eq!(answer.status, status, "after {wrong} wrong ones");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_remembers_the_password_after_all_needs_no_code_and_none_is_left(db: PgPool) {
    let test = patient(db).await;
    let ana = test.registered("Ana").await;
    let code = reset(&test.app, "ana@example.org").await.unwrap();
    ana.put(path::PASSWORD, &change(PASSWORD, "a password of mine"))
        .await;
    assert_eq!(
        recover(&test, "ana@example.org", &code).await.wrong(),
        not_valid()
    );
}
