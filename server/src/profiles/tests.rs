use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use ecotrack_common::profile::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{TestApp, home, in_home, of_row, register};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_made_with_its_place_or_not_at_all(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let ana = test.account("Ana").await;
    let mut wrong = serde_json::to_value(home()).unwrap();
    wrong["tariff"] = json!("no-such-tariff");
    let refused = ana.post(path::PROFILES, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.wrong(),
        [("tariff".to_owned(), "not_a_tariff".to_owned())]
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM energy_profile")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);

    let made = ana
        .post(path::PROFILES, &serde_json::to_value(home()).unwrap())
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json["role"], "owner");
    assert_eq!(made.json["location"]["state"], "MG");
    let listed = ana.get(path::PROFILES).await;
    assert_eq!(listed.json.as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_request_sent_again_makes_one_home(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    let body = serde_json::to_value(home()).unwrap();
    let first = ana.post_keyed(path::PROFILES, "key-1", &body).await;
    let second = ana.post_keyed(path::PROFILES, "key-1", &body).await;
    assert_eq!((first.status, &first.json), (second.status, &second.json));
    assert_eq!(
        ana.get(path::PROFILES).await.json.as_array().unwrap().len(),
        1
    );

    let mut other = body.clone();
    other["name"] = json!("Another");
    let reused = ana.post_keyed(path::PROFILES, "key-1", &other).await;
    assert_eq!(
        (reused.status, reused.code()),
        (StatusCode::CONFLICT, "idempotency_key_reused")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_second_of_two_changes_sees_the_first(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = path::fill(path::PROFILE, &[("energy_profile_id", &profile)]);
    let mut change = serde_json::to_value(home().details).unwrap();
    change["version"] = json!(1);
    change["name"] = json!("Casa Nova");
    let first = ana.put(&address, &change).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json);
    change["name"] = json!("Casa Velha");
    let second = ana.put(&address, &change).await;
    assert_eq!(
        (second.status, second.code()),
        (StatusCode::CONFLICT, "stale_version")
    );
    assert_eq!(second.json["current"]["name"], "Casa Nova");
    assert_eq!(ana.get(&address).await.json["version"], json!(2));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_no_id_names_nothing(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.account("Ana").await;
    let answer = ana.get("/api/v1/profiles/not-an-id").await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::NOT_FOUND, "not_found")
    );
    let nowhere = ana.get("/api/v1/nowhere").await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (StatusCode::NOT_FOUND, "not_found")
    );
    let method = ana.put(path::PROFILES, &Value::Null).await;
    assert_eq!(
        (method.status, method.code()),
        (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_change_of_a_home_is_undone_and_redone_and_leaves_its_tariffs_alone(db: PgPool) {
    crate::devices::tests::loaded(&db).await;
    let test = TestApp::new(db.clone()).await;
    let ana = test.account("Ana").await;
    let mut body = serde_json::to_value(home()).unwrap();
    body["tariff"] = json!("br-cemig-d-conventional");
    let made = ana.post(path::PROFILES, &body).await.json;
    let profile = made["energy_profile_id"].as_str().unwrap().parse().unwrap();
    let address = in_home(path::PROFILE, profile);
    let tariffs = async || ana.get(&in_home(path::PROFILE_TARIFFS, profile)).await.json;
    let first = tariffs().await;
    let always = ecotrack_common::home_tariff::ALWAYS.to_string();
    assert_eq!(first[0]["valid_from"], always);
    assert_eq!(made["tariff_name"], first[0]["name"]);
    let own = crate::tariffs::tests::economy_7("BRL");
    let own = json!({ "valid_from": "2026-03-01", "document": own });
    let own = ana
        .post(&in_home(path::PROFILE_TARIFFS, profile), &own)
        .await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.json);
    let both = tariffs().await;

    body["version"] = json!(1);
    let refused = ana.put(&address, &body).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, "malformed_body")
    );
    let detail = refused.json["detail"].as_str().unwrap();
    assert!(detail.contains("unknown field `tariff`"), "{detail}");
    body.as_object_mut().unwrap().remove("tariff");
    body["name"] = json!(" Casa Nova ");
    body["area_m2"] = json!("80.5");
    body["location"]["city"] = json!("Ouro Preto");
    let changed = ana.put(&address, &body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    let row = &changed.json["row"];
    assert_eq!(
        (&row["name"], &row["role"], &row["version"]),
        (&json!("Casa Nova"), &json!("owner"), &json!(2))
    );
    assert_eq!(
        (&row["tariff"], &row["tariff_name"]),
        (&Value::Null, &both[0]["name"]),
        "one of its own has a name and no slug"
    );
    assert_eq!(tariffs().await, both);
    let undone = ana.undo(profile, &changed).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(tariffs().await, both);
    assert_eq!(ana.undo(profile, &own).await.status, StatusCode::OK);
    let mut back = ana.get(&address).await.json;
    assert_eq!(back["version"], 3);
    back["version"] = json!(1);
    assert_eq!(back, made);
    assert_eq!(tariffs().await, first);
    assert_eq!(ana.undo(profile, &undone).await.status, StatusCode::OK);
    assert_eq!(
        ana.get(&address).await.json["location"]["city"],
        "Ouro Preto"
    );

    let listed = ana.get(&in_home(path::OPERATIONS, profile)).await.json;
    let first = &listed["operations"][3]["entries"][0];
    assert_eq!(
        (
            &first["entity"],
            &first["before"]["name"],
            &first["after"]["name"]
        ),
        (
            &json!("energy_profile"),
            &json!("Casa Aurora"),
            &json!("Casa Nova")
        )
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_undone_change_of_zone_cuts_the_days_again(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let meter = serde_json::to_value(meter).unwrap();
    let readings = of_row(path::READINGS, profile, "meter_id", &meter);
    for (at, kwh) in [
        ("2026-11-01T03:00:00Z", "100"),
        ("2026-11-03T03:00:00Z", "148"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    let first_day = async || {
        let dashboard = ana.get(&in_home(path::DASHBOARD, profile)).await.json;
        let days = dashboard["days"].as_array().unwrap().clone();
        days.into_iter()
            .find(|day| day["date"] == "2026-11-01")
            .unwrap()["kwh"]
            .clone()
    };
    assert_eq!(first_day().await, "24.000000");
    let mut body = serde_json::to_value(home().details).unwrap();
    body["version"] = json!(1);
    body["time_zone"] = json!("UTC");
    let changed = ana.put(&in_home(path::PROFILE, profile), &body).await;
    test.run_jobs().await;
    assert_eq!(first_day().await, "21.000000");
    let undone = ana.undo(profile, &changed).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    test.run_jobs().await;
    assert_eq!(first_day().await, "24.000000");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_that_was_changed_since_keeps_its_change(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::PROFILE, profile);
    let mut body = serde_json::to_value(home().details).unwrap();
    let mut changes = Vec::new();
    for (version, name) in [(1, "Casa Nova"), (2, "Casa Velha")] {
        body["version"] = json!(version);
        body["name"] = json!(name);
        changes.push(ana.put(&address, &body).await);
    }
    // Who may not change a home may not change it back.
    let eva = test.member(profile, "Eva", Role::Editor).await;
    let forbidden = eva.undo(profile, &changes[1]).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let refused = ana.undo(profile, &changes[0]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    assert_eq!(ana.get(&address).await.json["name"], "Casa Velha");
    for changed in changes.iter().rev() {
        assert_eq!(ana.undo(profile, changed).await.status, StatusCode::OK);
    }
    assert_eq!(ana.get(&address).await.json["name"], "Casa Aurora");
}
