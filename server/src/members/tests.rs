use axum::http::{Method, StatusCode};
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::events;
use crate::testing::{Actor, Answer, TestApp};

fn at(pattern: &str, profile: EnergyProfileId) -> String {
    path::fill(pattern, &[("energy_profile_id", &profile)])
}

fn member(profile: EnergyProfileId, of: &Actor) -> String {
    let account: AccountId = of.account.unwrap();
    path::fill(
        path::MEMBER,
        &[("energy_profile_id", &profile), ("account_id", &account)],
    )
}

async fn hand_over(from: &Actor, profile: EnergyProfileId, to: &Actor) -> Answer {
    let body = json!({ "account_id": to.account });
    from.post(&at(path::OWNERSHIP, profile), &body).await
}

/// Name and role of each member.
async fn household(asked: &Actor, profile: EnergyProfileId) -> Vec<(String, String)> {
    let answer = asked.get(&at(path::MEMBERS, profile)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members = answer.json.as_array().unwrap().clone();
    members
        .iter()
        .map(|row| (text(&row["display_name"]), text(&row["role"])))
        .collect()
}

fn people(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, role): &(&str, &str)| ((*name).to_owned(), (*role).to_owned());
    expected.iter().map(owned).collect()
}

fn last_owner() -> (StatusCode, String) {
    (StatusCode::CONFLICT, "last_owner".to_owned())
}

fn refusal(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.code().to_owned())
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn everybody_sees_who_belongs_and_only_owners_see_addresses(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    test.at("2026-11-24T15:00:00Z");
    let bia = test.editor(profile).await;
    test.at("2026-11-25T15:00:00Z");
    let caio = test.viewer(profile).await;
    let everybody = people(&[("Ana", "owner"), ("Bia", "editor"), ("Caio", "viewer")]);
    assert_eq!(household(&caio, profile).await, everybody);
    let addresses = async |actor: &Actor| -> Vec<Option<String>> {
        let answer = actor.get(&at(path::MEMBERS, profile)).await;
        let members = answer.json.as_array().unwrap().clone();
        let email = |row: &Value| row["email"].as_str().map(str::to_owned);
        members.iter().map(email).collect()
    };
    let [a, b, c] = ["ana", "bia", "caio"].map(|name| Some(format!("{name}@example.org")));
    assert_eq!(addresses(&ana).await, [a, b.clone(), c.clone()]);
    assert_eq!(addresses(&bia).await, [None, b, None]);
    assert_eq!(addresses(&caio).await, [None, None, c]);
    let first = ana.get(&at(path::MEMBERS, profile)).await.json[0].clone();
    assert_eq!(first["joined_at"], "2026-11-23T15:00:00Z");
    assert_eq!(first["account_id"], json!(ana.account));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_owner_changes_a_role_and_the_second_of_two_changes_sees_the_first(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let caio = test.viewer(profile).await;
    let address = member(profile, &caio);
    let editor = json!({ "version": 1, "role": "editor" });
    let changed = ana.put(&address, &editor).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(changed.json["role"], "editor");
    assert_eq!(changed.json["version"], 2);
    let stale = ana
        .put(&address, &json!({ "version": 1, "role": "viewer" }))
        .await;
    assert_eq!(
        refusal(&stale),
        (StatusCode::CONFLICT, "stale_version".to_owned())
    );
    assert_eq!(stale.json["current"], changed.json);
    let meters = at(path::METERS, profile);
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    assert_eq!(
        caio.post(&meters, &meter).await.status,
        StatusCode::CREATED,
        "the new role holds at once"
    );

    let eva = test.account("Eva").await;
    for (actor, who, status) in [
        (&caio, &ana, StatusCode::FORBIDDEN),
        (&eva, &ana, StatusCode::NOT_FOUND),
        (&ana, &eva, StatusCode::NOT_FOUND),
    ] {
        let answer = actor.put(&member(profile, who), &editor).await;
        assert_eq!(answer.status, status);
    }
    let unknown = ana
        .put(&address, &json!({ "version": 2, "role": "king" }))
        .await;
    assert_eq!(unknown.code(), "malformed_body");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_keeps_an_owner(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = member(profile, &ana);
    let editor = json!({ "version": 1, "role": "editor" });
    assert_eq!(refusal(&ana.delete(&address).await), last_owner());
    test.editor(profile).await;
    assert_eq!(refusal(&ana.put(&address, &editor).await), last_owner());
    assert_eq!(refusal(&ana.delete(&address).await), last_owner());
    let lia = test.member(profile, "Lia", Role::Owner).await;
    assert_eq!(ana.put(&address, &editor).await.status, StatusCode::OK);
    assert_eq!(
        refusal(&lia.delete(&member(profile, &lia)).await),
        last_owner()
    );
    assert_eq!(ana.delete(&address).await.status, StatusCode::NO_CONTENT);
    let left = people(&[("Bia", "editor"), ("Lia", "owner")]);
    let mut found = household(&lia, profile).await;
    found.sort();
    assert_eq!(found, left);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_owners_who_leave_at_once_one_stays(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let lia = test.member(profile, "Lia", Role::Owner).await;
    let (hers, other) = (member(profile, &ana), member(profile, &lia));
    let (first, second) = test
        .at_once(profile, ana.delete(&hers), lia.delete(&other))
        .await;
    let mut answers = [refusal(&first), refusal(&second)];
    answers.sort();
    assert_eq!(
        answers,
        [(StatusCode::NO_CONTENT, String::new()), last_owner()]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_owners_who_remove_each_other_one_stays(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let lia = test.member(profile, "Lia", Role::Owner).await;
    let (hers, other) = (member(profile, &ana), member(profile, &lia));
    let (first, second) = test
        .at_once(profile, ana.delete(&other), lia.delete(&hers))
        .await;
    let mut answers = [first.status, second.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn anybody_leaves_and_only_an_owner_removes_others(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let caio = test.viewer(profile).await;
    let eva = test.account("Eva").await;
    for (actor, who, status) in [
        (&bia, &caio, StatusCode::FORBIDDEN),
        (&caio, &ana, StatusCode::FORBIDDEN),
        (&eva, &caio, StatusCode::NOT_FOUND),
        (&eva, &eva, StatusCode::NOT_FOUND),
        (&ana, &eva, StatusCode::NOT_FOUND),
        (&test.anonymous(), &caio, StatusCode::UNAUTHORIZED),
        (&caio, &caio, StatusCode::NO_CONTENT),
        (&ana, &bia, StatusCode::NO_CONTENT),
    ] {
        let answer = actor.delete(&member(profile, who)).await;
        assert_eq!(answer.status, status);
    }
    for gone in [&bia, &caio] {
        assert_eq!(
            gone.get(&at(path::PROFILE, profile)).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(household(&ana, profile).await, people(&[("Ana", "owner")]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn removing_somebody_sent_again_answers_the_same(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    for _ in 0..2 {
        let address = member(profile, &bia);
        let answer = ana
            .send_keyed(Method::DELETE, &address, "key", &Value::Null)
            .await;
        assert_eq!(
            (answer.status, answer.json),
            (StatusCode::NO_CONTENT, Value::Null)
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_handed_over(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let eva = test.account("Eva").await;
    let wrong = |answer: &Answer| answer.wrong().pop().unwrap();
    let field = |code: &str| ("account_id".to_owned(), code.to_owned());
    assert_eq!(
        wrong(&hand_over(&ana, profile, &eva).await),
        field("not_a_member")
    );
    assert_eq!(
        wrong(&hand_over(&ana, profile, &ana).await),
        field("yourself")
    );
    assert_eq!(
        hand_over(&bia, profile, &bia).await.status,
        StatusCode::FORBIDDEN
    );
    let handed = hand_over(&ana, profile, &bia).await;
    assert_eq!(handed.status, StatusCode::OK, "{}", handed.json);
    let mut now = household(&ana, profile).await;
    now.sort();
    assert_eq!(now, people(&[("Ana", "editor"), ("Bia", "owner")]));
    let answered = handed.json.as_array().unwrap();
    let hers = json!(bia.account);
    let row = answered.iter().find(|row| row["account_id"] == hers);
    assert_eq!(
        row.unwrap()["email"],
        Value::Null,
        "who is no owner any more is not told addresses"
    );
    assert_eq!(
        hand_over(&ana, profile, &bia).await.status,
        StatusCode::FORBIDDEN
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_change_moves_the_revision_and_is_in_the_trail(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let state = async || -> (i64, Vec<String>) {
        let revision = sqlx::query_scalar("SELECT revision FROM energy_profile")
            .fetch_one(&db)
            .await
            .unwrap();
        let newest = sqlx::query_scalar(
            "SELECT a.display_name || ': ' || e.entity || ' ' || e.act
                    || coalesce(' ' || (e.before ->> 'role'), '') || coalesce(' ' || (e.after ->> 'role'), '')
             FROM audit_entry AS e JOIN audit_operation AS o USING (energy_profile_id, operation_id)
             JOIN account AS a USING (account_id)
             WHERE o.operation_id = (SELECT operation_id FROM audit_operation ORDER BY operation_id DESC LIMIT 1)
             ORDER BY e.entry",
        )
        .fetch_all(&db)
        .await
        .unwrap();
        (revision, newest)
    };
    let address = member(profile, &bia);
    let viewer = json!({ "version": 1, "role": "viewer" });
    ana.put(&address, &viewer).await;
    let said = ["Ana: profile_member update editor viewer".to_owned()];
    assert_eq!(state().await, (3, said.to_vec()));

    let made = ana
        .post(&at(path::INVITATIONS, profile), &json!({ "role": "owner" }))
        .await;
    let said = ["Ana: invitation insert owner".to_owned()];
    assert_eq!(state().await, (4, said.to_vec()));

    let lia = test.account("Lia").await;
    let code = json!({ "code": made.json["code"] });
    lia.post(path::INVITATION_ACCEPTANCE, &code).await;
    let said = [
        "Lia: invitation update owner owner".to_owned(),
        "Lia: profile_member insert owner".to_owned(),
    ];
    assert_eq!(state().await, (5, said.to_vec()));

    ana.post(
        &at(path::INVITATIONS, profile),
        &json!({ "role": "viewer" }),
    )
    .await;
    hand_over(&ana, profile, &bia).await;
    let said = [
        "Ana: profile_member update viewer owner".to_owned(),
        "Ana: profile_member update owner editor".to_owned(),
        "Ana: invitation delete viewer".to_owned(),
    ];
    assert_eq!(state().await, (7, said.to_vec()));

    lia.delete(&member(profile, &ana)).await;
    let said = ["Lia: profile_member delete editor".to_owned()];
    assert_eq!(state().await, (8, said.to_vec()));
    let trail: Vec<String> = sqlx::query_scalar("SELECT concat(before, after) FROM audit_entry")
        .fetch_all(&db)
        .await
        .unwrap();
    let addressed = trail.iter().any(|entry| entry.contains("@example.org"));
    assert!(!addressed, "the trail is everybody's to read: {trail:?}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn live_updates_end_with_what_they_stood_on(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let caio = test.viewer(profile).await;
    let events = at(path::EVENTS, profile);
    let removed = bia.whole_stream(&events).await;
    let signed_out = caio.whole_stream(&events).await;
    let owner = ana.whole_stream(&events).await;
    let looking = tokio::spawn(events::run(test.app.clone()));
    ana.delete(&member(profile, &bia)).await;
    caio.delete(path::SESSION_CURRENT).await;
    let (bia, caio) = tokio::join!(removed, signed_out);
    assert!(bia.contains("changed") && caio.contains("changed"));

    let body = json!({ "name": "Casa Aurora" });
    let address = at(path::PROFILE, profile);
    ana.send(Method::DELETE, &address, &body).await;
    let told = owner.await;
    assert!(
        told.matches("event: changed").count() >= 2,
        "the removal of the other was told on the way: {told}"
    );
    test.app.shutdown.cancel();
    looking.await.unwrap();
}
