use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, PASSWORD, TestApp};

fn of(pattern: &str, actor: &Actor) -> String {
    path::fill(pattern, &[("account_id", &actor.account.unwrap())])
}

async fn listed(admin: &Actor, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("{}{query}", path::ADMIN_ACCOUNTS)).await;
    assert_eq!(page.status, 200, "{}", page.json);
    page.json["accounts"].as_array().unwrap().clone()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn accounts_are_listed_with_what_concerns_the_server_alone(db: PgPool) {
    let test = TestApp::new(db).await;
    let admin = test.administrator("Zoe").await;
    test.owner().await;
    test.registered("Bia").await;
    let accounts = listed(&admin, "").await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let addresses: Vec<String> = accounts.iter().map(|row| text(row, "email")).collect();
    assert_eq!(
        addresses,
        ["ana@example.org", "bia@example.org", "zoe@example.org"]
    );
    let ana = &accounts[0];
    assert_eq!(
        (&ana["homes"], &ana["administrator"], &ana["sessions"]),
        (&json!(1), &json!(false), &json!(1))
    );
    assert_eq!(ana["last_sign_in_at"], crate::testing::NOW);
    assert_eq!(accounts[1]["language"], "pt-BR");
    let columns: Vec<&String> = ana.as_object().unwrap().keys().collect();
    assert_eq!(
        columns,
        [
            "account_id",
            "administrator",
            "created_at",
            "display_name",
            "email",
            "homes",
            "language",
            "last_sign_in_at",
            "sessions"
        ],
        "and with nothing of what the homes hold"
    );
    assert_eq!(listed(&admin, "?search=BIA").await.len(), 1);
    let first = admin
        .get(&format!("{}?limit=2", path::ADMIN_ACCOUNTS))
        .await
        .json;
    assert_eq!(first["next_after"], "bia@example.org");
    assert_eq!(
        listed(&admin, "?limit=2&after=bia@example.org").await.len(),
        1
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_administrator_makes_others_and_one_stays(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.administrator("Ana").await;
    let bia = test.account("Bia").await;
    assert_eq!(
        bia.get(path::ADMIN_ACCOUNTS).await.code(),
        "administrators_only"
    );
    let last = ana
        .put(
            &of(path::ADMIN_ADMINISTRATOR, &ana),
            &json!({ "administrator": false }),
        )
        .await;
    assert_eq!(
        (last.status.as_u16(), last.code()),
        (409, "last_administrator")
    );
    let made = ana
        .put(
            &of(path::ADMIN_ADMINISTRATOR, &bia),
            &json!({ "administrator": true }),
        )
        .await;
    assert_eq!(
        (made.status.as_u16(), &made.json["administrator"]),
        (200, &json!(true))
    );
    assert_eq!(bia.get(path::ADMIN_ACCOUNTS).await.status, 200, "at once");
    let gone = bia
        .put(
            &of(path::ADMIN_ADMINISTRATOR, &ana),
            &json!({ "administrator": false }),
        )
        .await;
    assert_eq!(gone.status, 200, "{}", gone.json);
    assert_eq!(
        ana.get(path::ADMIN_ACCOUNTS).await.status,
        403,
        "at once too"
    );
    let acts: Vec<Value> = bia.get(path::ADMIN_ENTRIES).await.json["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["by"], entry["act"], entry["subject"]]))
        .collect();
    assert_eq!(
        acts,
        [
            json!(["Bia", "demote", "ana@example.org"]),
            json!(["Ana", "promote", "bia@example.org"])
        ]
    );
    let nobody = path::fill(
        path::ADMIN_ADMINISTRATOR,
        &[("account_id", &uuid::Uuid::nil())],
    );
    assert_eq!(
        bia.put(&nobody, &json!({ "administrator": true }))
            .await
            .status,
        404
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_who_take_it_from_each_other_do_not_both_succeed(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, bia) = (
        test.administrator("Ana").await,
        test.administrator("Bia").await,
    );
    let none = json!({ "administrator": false });
    let (of_ana, of_bia) = (
        of(path::ADMIN_ADMINISTRATOR, &ana),
        of(path::ADMIN_ADMINISTRATOR, &bia),
    );
    let (one, other) = tokio::join!(ana.put(&of_bia, &none), bia.put(&of_ana, &none));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_forgot_the_password_gets_a_code_that_works_once(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let admin = test.administrator("Ana").await;
    let bia = test.registered("Bia").await;
    let made = admin
        .post(&of(path::ADMIN_RECOVERY, &bia), &Value::Null)
        .await;
    assert_eq!(
        (made.status.as_u16(), &made.json["email"]),
        (201, &json!("bia@example.org"))
    );
    let code = made.json["code"].as_str().unwrap();
    let new =
        json!({ "email": "bia@example.org", "code": code, "password": "another horse battery" });
    let used = test.anonymous().post(path::RECOVERY, &new).await;
    assert_eq!(used.status, 201, "{}", used.json);
    assert_eq!(
        test.anonymous().post(path::RECOVERY, &new).await.status,
        422
    );
    assert_eq!(
        bia.get(path::ACCOUNT_SELF).await.status,
        401,
        "its other sessions ended"
    );
    // Nowhere in clear: not in the trail, not under a key.
    for table in ["admin_entry", "idempotency_key", "account_recovery"] {
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%'");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(code)
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_session_of_an_account_is_ended(db: PgPool) {
    let test = TestApp::new(db).await;
    let admin = test.administrator("Ana").await;
    let bia = test.registered("Bia").await;
    let credentials = json!({ "email": "bia@example.org", "password": PASSWORD });
    let phone = test.anonymous().post(path::SESSIONS, &credentials).await;
    let phone = bia.signed_in(&phone);
    let ended = admin.delete(&of(path::ADMIN_SESSIONS, &bia)).await;
    assert_eq!(ended.status, 204);
    for actor in [&bia, &phone] {
        assert_eq!(actor.get(path::ACCOUNT_SELF).await.status, 401);
    }
    // Of one's own all but the one that asks, which could not say that it was done.
    assert_eq!(
        admin.delete(&of(path::ADMIN_SESSIONS, &admin)).await.status,
        204
    );
    assert_eq!(admin.get(path::ACCOUNT_SELF).await.status, 200);
}
