use axum::http::StatusCode;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::config::Registration;
use crate::testing::{Actor, TestApp, registration};

async fn invite(owner: &Actor, profile: EnergyProfileId, role: &str) -> String {
    let invitations = path::fill(path::INVITATIONS, &[("energy_profile_id", &profile)]);
    let made = owner.post(&invitations, &json!({ "role": role })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    made.json["code"].as_str().unwrap().to_owned()
}

fn invited(name: &str, code: &str) -> Value {
    let mut body = registration(name);
    body["invitation"] = json!(code);
    body
}

fn not_valid() -> Vec<(String, String)> {
    vec![("invitation".to_owned(), "not_valid_code".to_owned())]
}

async fn count_accounts(db: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM account")
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_registers_with_a_code_is_at_home_at_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "editor").await;
    let nobody = test.anonymous();
    let answer = nobody.post(path::ACCOUNTS, &invited("Bia", &code)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    let bia = nobody.signed_in(&answer);
    let homes = bia.get(path::PROFILES).await.json;
    assert_eq!(homes[0]["name"], "Casa Aurora");
    assert_eq!(homes[0]["role"], "editor");
    let members = path::fill(path::MEMBERS, &[("energy_profile_id", &profile)]);
    let listed = ana.get(&members).await.json;
    assert_eq!(listed[1]["email"], "bia@example.org");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bad_code_makes_no_account(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "viewer").await;
    let nobody = test.anonymous();
    let wrong = nobody
        .post(path::ACCOUNTS, &invited("Bia", "0000-0000-0000-0000"))
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.wrong(), not_valid());
    let malformed = nobody.post(path::ACCOUNTS, &invited("Bia", "?")).await;
    assert_eq!(
        malformed.wrong(),
        [("invitation".to_owned(), "not_a_code".to_owned())]
    );
    assert_eq!(count_accounts(&db).await, 1);

    let first = nobody.post(path::ACCOUNTS, &invited("Bia", &code)).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let second = nobody.post(path::ACCOUNTS, &invited("Caio", &code)).await;
    assert_eq!(second.wrong(), not_valid(), "used");
    let code = invite(&ana, profile, "viewer").await;
    test.at("2026-11-30T15:00:00Z");
    let late = nobody.post(path::ACCOUNTS, &invited("Caio", &code)).await;
    assert_eq!(late.wrong(), not_valid(), "seven days old");
    assert_eq!(count_accounts(&db).await, 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_refused_registration_does_not_use_the_code_up(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "viewer").await;
    let nobody = test.anonymous();
    let taken = nobody.post(path::ACCOUNTS, &invited("Ana", &code)).await;
    assert_eq!(taken.code(), "email_taken");
    let bia = nobody.post(path::ACCOUNTS, &invited("Bia", &code)).await;
    assert_eq!(bia.status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_who_register_at_once_with_one_code_one_does(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "viewer").await;
    let nobody = test.anonymous();
    let (bia, caio) = (invited("Bia", &code), invited("Caio", &code));
    let (bia, caio) = test
        .at_once(
            profile,
            nobody.post(path::ACCOUNTS, &bia),
            nobody.post(path::ACCOUNTS, &caio),
        )
        .await;
    let mut statuses = [bia.status, caio.status];
    statuses.sort();
    assert_eq!(
        statuses,
        [StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY]
    );
    assert_eq!(count_accounts(&db).await, 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_server_by_invitation_takes_who_has_a_code_and_tells_others_nothing(db: PgPool) {
    let test = TestApp::new(db)
        .await
        .with_settings(|settings| settings.registration = Registration::Invitation);
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "viewer").await;
    let nobody = test.anonymous();
    for name in ["Ana", "Bia"] {
        let answer = nobody.post(path::ACCOUNTS, &registration(name)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "invitation_needed")
        );
        // Whether the address has an account does not show either.
        let guess = invited(name, "0000-0000-0000-0000");
        let answer = nobody.post(path::ACCOUNTS, &guess).await;
        assert_eq!(answer.wrong(), not_valid());
    }
    let bia = nobody.post(path::ACCOUNTS, &invited("Bia", &code)).await;
    assert_eq!(bia.status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_closed_server_takes_nobody_with_a_code_either(db: PgPool) {
    let test = TestApp::new(db)
        .await
        .with_settings(|settings| settings.registration = Registration::Closed);
    let (ana, profile) = test.owner().await;
    let code = invite(&ana, profile, "viewer").await;
    let nobody = test.anonymous();
    let answer = nobody.post(path::ACCOUNTS, &invited("Bia", &code)).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::FORBIDDEN, "registration_closed")
    );
    let bia = test.account("Bia").await;
    let body = json!({ "code": code });
    assert_eq!(
        bia.post(path::INVITATION_ACCEPTANCE, &body).await.status,
        StatusCode::OK,
        "who has an account joins with it"
    );
}
