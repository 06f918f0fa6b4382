//! Invitations: made, passed on, used, taken back.

use axum::http::{Method, StatusCode};
use ecotrack_common::profile::Role;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, Answer, TestApp};

fn at(pattern: &str, profile: EnergyProfileId) -> String {
    path::fill(pattern, &[("energy_profile_id", &profile)])
}

async fn invite(owner: &Actor, profile: EnergyProfileId, role: &str) -> Answer {
    let body = json!({ "role": role });
    owner.post(&at(path::INVITATIONS, profile), &body).await
}

async fn code(owner: &Actor, profile: EnergyProfileId, role: &str) -> String {
    let made = invite(owner, profile, role).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    made.json["code"].as_str().unwrap().to_owned()
}

async fn accept(actor: &Actor, code: &str) -> Answer {
    let body = json!({ "code": code });
    actor.post(path::INVITATION_ACCEPTANCE, &body).await
}

fn not_valid() -> Vec<(String, String)> {
    vec![("code".to_owned(), "not_valid_code".to_owned())]
}

async fn open(owner: &Actor, profile: EnergyProfileId) -> Vec<Value> {
    let answer = owner.get(&at(path::INVITATIONS, profile)).await;
    answer.json.as_array().unwrap().clone()
}

async fn role(actor: &Actor, profile: EnergyProfileId) -> Value {
    actor.get(&at(path::PROFILE, profile)).await.json["role"].clone()
}

/// A server at which nobody has to wait.
async fn patient(db: PgPool) -> TestApp {
    TestApp::new(db)
        .await
        .with_settings(|settings| settings.sign_in_burst = 1000)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_code_is_shown_once_and_kept_as_a_hash_only(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let body = json!({ "role": "editor" });
    let made = ana
        .post_keyed(&at(path::INVITATIONS, profile), "key", &body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let code = made.json["code"].as_str().unwrap();
    let form = |group: &str| group.len() == 4 && group.chars().all(|c| c.is_ascii_alphanumeric());
    assert!(
        code.split('-').count() == 4 && code.split('-').all(form),
        "{code}"
    );
    let mut listed = made.json.clone();
    listed.as_object_mut().unwrap().remove("code");
    assert_eq!(listed["created_by"], "Ana");
    assert_eq!(listed["expires_at"], "2026-11-30T15:00:00Z");
    assert_eq!(open(&ana, profile).await, [listed]);

    // Nowhere, in clear or plain, in whatever table: sent again under the same key it is not known.
    let bare = code.replace('-', "");
    for table in [
        "invitation",
        "audit_entry",
        "audit_operation",
        "idempotency_key",
    ] {
        let rows =
            format!("SELECT coalesce(string_agg(row_to_json(t)::text, ''), '') FROM {table} AS t");
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(rows))
            .fetch_one(&db)
            .await
            .unwrap();
        assert!(!rows.contains(code) && !rows.contains(&bare), "{table}");
    }
    let again = ana
        .post_keyed(&at(path::INVITATIONS, profile), "key", &body)
        .await;
    assert_ne!(again.json["code"], made.json["code"]);
    assert_eq!(open(&ana, profile).await.len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn only_owners_invite(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let eva = test.account("Eva").await;
    for (actor, status) in [
        (&bia, StatusCode::FORBIDDEN),
        (&eva, StatusCode::NOT_FOUND),
        (&test.anonymous(), StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(invite(actor, profile, "viewer").await.status, status);
    }
    let nonsense = invite(&ana, profile, "king").await;
    assert_eq!(nonsense.code(), "malformed_body");
    for role in ["viewer", "editor", "owner"] {
        assert_eq!(
            invite(&ana, profile, role).await.status,
            StatusCode::CREATED
        );
    }
    let listed = bia.get(&at(path::INVITATIONS, profile)).await;
    assert_eq!(listed.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_code_lets_one_person_in(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let code = code(&ana, profile, "editor").await;
    let bia = test.account("Bia").await;
    let caio = test.account("Caio").await;
    let typed = code.to_lowercase().replace('-', " ");
    let joined = accept(&bia, &typed).await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.json);
    assert_eq!(joined.json["name"], "Casa Aurora");
    assert_eq!(joined.json["role"], "editor");
    assert_eq!(bia.get(path::PROFILES).await.json[0], joined.json);
    assert_eq!(open(&ana, profile).await, [] as [Value; 0]);
    let second = accept(&caio, &code).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(second.wrong(), not_valid());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_code_that_is_no_good_is_refused_without_saying_why(db: PgPool) {
    let test = patient(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.account("Bia").await;
    assert_eq!(
        accept(&bia, "0000-0000-0000-0000").await.wrong(),
        not_valid()
    );
    let wrong = |code: &str| vec![("code".to_owned(), code.to_owned())];
    assert_eq!(accept(&bia, " ").await.wrong(), wrong("required"));
    assert_eq!(accept(&bia, "ABCD-EFGH").await.wrong(), wrong("not_a_code"));
    let nobody = accept(&test.anonymous(), "0000-0000-0000-0000").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);

    let expired = code(&ana, profile, "viewer").await;
    test.at("2026-11-30T15:00:00Z");
    assert_eq!(accept(&bia, &expired).await.wrong(), not_valid());
    assert_eq!(open(&ana, profile).await, [] as [Value; 0]);
    let last_moment = code(&ana, profile, "viewer").await;
    let removed_meanwhile = code(&ana, profile, "viewer").await;
    test.at("2026-12-07T14:59:59Z");
    assert_eq!(accept(&bia, &last_moment).await.status, StatusCode::OK);
    let name = json!({ "name": "Casa Aurora" });
    let address = at(path::PROFILE, profile);
    let removed = ana.send(Method::DELETE, &address, &name).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let caio = test.account("Caio").await;
    assert_eq!(accept(&caio, &removed_meanwhile).await.wrong(), not_valid());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_invitation_is_taken_back(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let (lia, other_home) = {
        let lia = test.account("Lia").await;
        let home = serde_json::to_value(crate::testing::home()).unwrap();
        let made = lia.post(path::PROFILES, &home).await;
        let id = made.json["energy_profile_id"].as_str().unwrap().to_owned();
        (lia, id.parse::<EnergyProfileId>().unwrap())
    };
    let bia = test.editor(profile).await;
    let made = invite(&ana, profile, "viewer").await;
    let id = made.json["invitation_id"].as_str().unwrap().to_owned();
    let address = |profile: EnergyProfileId| {
        path::fill(
            path::INVITATION,
            &[("energy_profile_id", &profile), ("invitation_id", &id)],
        )
    };
    for (actor, profile, status) in [
        (&bia, profile, StatusCode::FORBIDDEN),
        (&lia, profile, StatusCode::NOT_FOUND),
        (&lia, other_home, StatusCode::NOT_FOUND),
        (&ana, profile, StatusCode::NO_CONTENT),
        (&ana, profile, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(actor.delete(&address(profile)).await.status, status);
    }
    let eva = test.account("Eva").await;
    let code = made.json["code"].as_str().unwrap();
    assert_eq!(accept(&eva, code).await.wrong(), not_valid());
    assert_eq!(open(&ana, profile).await, [] as [Value; 0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_who_accept_at_once_one_is_let_in(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.account("Bia").await;
    let caio = test.account("Caio").await;
    let code = code(&ana, profile, "editor").await;
    let (first, second) = test
        .at_once(profile, accept(&bia, &code), accept(&caio, &code))
        .await;
    let mut statuses = [first.status, second.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY]);
    let members = ana.get(&at(path::MEMBERS, profile)).await.json;
    assert_eq!(members.as_array().unwrap().len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_is_a_member_keeps_the_higher_role(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let viewer = code(&ana, profile, "viewer").await;
    let kept = accept(&bia, &viewer).await;
    assert_eq!(
        (kept.status, &kept.json["role"]),
        (StatusCode::OK, &json!("editor"))
    );
    let eva = test.account("Eva").await;
    assert_eq!(
        accept(&eva, &viewer).await.status,
        StatusCode::OK,
        "it was not used up by who had no use for it"
    );
    let owner = code(&ana, profile, "owner").await;
    let raised = accept(&bia, &owner).await;
    assert_eq!(raised.json["role"], "owner");
    assert_eq!(role(&bia, profile).await, "owner");
    assert_eq!(accept(&eva, &owner).await.wrong(), not_valid());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_acceptance_sent_again_answers_the_same(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.account("Bia").await;
    let body = json!({ "code": code(&ana, profile, "viewer").await });
    let first = bia
        .post_keyed(path::INVITATION_ACCEPTANCE, "key", &body)
        .await;
    let second = bia
        .post_keyed(path::INVITATION_ACCEPTANCE, "key", &body)
        .await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!((first.status, first.json), (second.status, second.json));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_has_only_so_many_invitations_open(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for _ in 0..20 {
        assert_eq!(
            invite(&ana, profile, "viewer").await.status,
            StatusCode::CREATED
        );
    }
    let more = invite(&ana, profile, "viewer").await;
    assert_eq!(
        more.wrong(),
        [("role".to_owned(), "too_many_invitations".to_owned())]
    );
    assert_eq!(more.json["errors"][0]["params"]["max"], "20");
    test.at("2026-11-30T15:00:00Z");
    assert_eq!(
        invite(&ana, profile, "viewer").await.status,
        StatusCode::CREATED,
        "those have expired"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_owned_the_home_does_not_come_back_by_a_code_of_their_own(db: PgPool) {
    let test = patient(db).await;
    let (ana, profile) = test.owner().await;
    let lia = test.member(profile, "Lia", Role::Owner).await;
    let hers = code(&lia, profile, "owner").await;
    let other = code(&ana, profile, "owner").await;
    let address = path::fill(
        path::MEMBER,
        &[
            ("energy_profile_id", &profile),
            ("account_id", &lia.account.unwrap()),
        ],
    );
    assert_eq!(ana.delete(&address).await.status, StatusCode::NO_CONTENT);
    assert_eq!(accept(&lia, &hers).await.wrong(), not_valid());
    assert_eq!(open(&ana, profile).await.len(), 1);
    assert_eq!(
        accept(&lia, &other).await.status,
        StatusCode::OK,
        "by somebody else's they do"
    );

    let hers = code(&lia, profile, "owner").await;
    let demoted = json!({ "version": 1, "role": "editor" });
    assert_eq!(ana.put(&address, &demoted).await.status, StatusCode::OK);
    assert_eq!(accept(&lia, &hers).await.wrong(), not_valid());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn half_a_year_after_their_end_invitations_are_swept(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let used = code(&ana, profile, "viewer").await;
    accept(&test.account("Bia").await, &used).await;
    invite(&ana, profile, "viewer").await;
    for (day, left) in [("2027-05-28T00:00:00Z", 2), ("2027-05-30T00:00:00Z", 0)] {
        test.at(day);
        test.sweep().await;
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM invitation")
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(kept, left, "on {day}");
    }
}
