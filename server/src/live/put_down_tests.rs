//! What comes at once is put down and taken further a moment later.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::path;
use serde_json::json;
use sqlx::PgPool;

use super::commit::fold_all;
use super::store;
use super::tests::{Home, noon, told};
use crate::testing::{in_home, of_row};

/// Puts down registers of the home's counter as others do when many come at once: by minutes after noon in
/// UTC and kWh.
async fn put_down(home: &Home, values: &[(i64, i64)]) {
    let source = home.sources().await[0]["live_source_id"].clone();
    let source: ecotrack_common::LiveSourceId = serde_json::from_value(source).unwrap();
    let values = values.iter().map(|(minute, kwh)| store::Value {
        profile: home.profile,
        source,
        at_ms: (noon() + minute * 60) * 1_000,
        nano: kwh * 1_000_000_000,
    });
    let values: Vec<_> = values.collect();
    let mut conn = home.test.app.db.acquire().await.unwrap();
    store::insert_values(&mut conn, &values).await.unwrap();
}

/// How many values were put down and not taken up.
async fn waiting(db: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM live_value")
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_servers_take_one_source_further_in_turns(db: PgPool) {
    let home = Home::new(db).await;
    let there = home.test.with_settings(|_| ()).again(&home.key);
    for minute in 0..30 {
        let line = format!("meter total_kwh={} {}", 100 + minute, noon() + minute * 60);
        let who = if minute % 3 == 0 { &home.key } else { &there };
        let answer = who
            .ask(Method::POST, "/write?precision=s", &[], Body::from(line))
            .await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    home.registers(&[(30, "130")]).await;
    assert_eq!(
        home.steps().await,
        told(&[("12:00", 15_000_000), ("12:15", 15_000_000)])
    );
    assert!(home.odd().await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_killed_server_had_put_down_is_taken_further_by_the_next_in_the_order_of_time(
    db: PgPool,
) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    put_down(&home, &[(10, 101), (5, 100)]).await;
    let next = home.test.with_settings(|_| ());
    assert!(fold_all(next.app.clone()).await);
    home.registers(&[(15, "102")]).await;
    assert_eq!(home.steps().await, told(&[("12:00", 2_000_000)]));
    assert!(home.odd().await.is_empty());
    assert_eq!(waiting(&home.test.app.db).await, 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_put_down_goes_when_its_home_is_gone(db: PgPool) {
    let home = Home::new(db.clone()).await;
    home.registers(&[(0, "100")]).await;
    put_down(&home, &[(10, 101)]).await;
    sqlx::query("DELETE FROM energy_profile")
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(waiting(&db).await, 1);
    assert!(fold_all(home.test.app.clone()).await);
    assert_eq!(waiting(&db).await, 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_put_down_comes_before_what_is_sent_later(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    put_down(&home, &[(10, 101)]).await;
    home.registers(&[(15, "102")]).await;
    assert_eq!(home.steps().await, told(&[("12:00", 2_000_000)]));
    assert!(home.odd().await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_cannot_be_written_of_one_home_is_no_other_homes_trouble(db: PgPool) {
    let home = Home::new(db).await;
    let other = Home::of(home.test.with_settings(|_| ()), "Bia").await;
    for one in [&home, &other] {
        one.registers(&[(0, "100")]).await;
        put_down(one, &[(15, 101)]).await;
    }
    let ban = format!(
        "ALTER TABLE consumption_day ADD CONSTRAINT ban CHECK (energy_profile_id <> '{}')",
        home.profile
    );
    sqlx::query(sqlx::AssertSqlSafe(ban))
        .execute(&home.test.app.db)
        .await
        .unwrap();
    let server = home.test.app.clone();
    assert!(!fold_all(server.clone()).await);
    assert_eq!(other.steps().await, told(&[("12:00", 1_000_000)]));
    assert!(home.steps().await.is_empty());
    let refused = home.registers(&[(30, "102")]).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    sqlx::query("ALTER TABLE consumption_day DROP CONSTRAINT ban")
        .execute(&home.test.app.db)
        .await
        .unwrap();
    assert!(fold_all(server).await);
    assert_eq!(home.steps().await, told(&[("12:00", 1_000_000)]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_at_once_of_one_counter_are_counted_once_each(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    for round in 0..3 {
        let one = |at: i64| {
            let minute = round * 20 + at;
            let line = format!("meter total_kwh={} {}", 100 + minute, noon() + minute * 60);
            let key = home.key.clone();
            async move {
                key.ask(Method::POST, "/write?precision=s", &[], Body::from(line))
                    .await
                    .status
            }
        };
        let answers = futures_util::future::join_all((1..=20).map(one)).await;
        assert!(answers.iter().all(|it| *it == StatusCode::NO_CONTENT));
    }
    // Also what comes alone may wait with what was put down.
    home.registers(&[(61, "161")]).await;
    assert!(fold_all(home.test.app.clone()).await);
    let steps = home.steps().await;
    let sum: i64 = steps.iter().map(|(_, mwh, _)| mwh).sum();
    assert_eq!((steps.len(), sum), (4, 60_000_000));
    assert!(home.odd().await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_people_change_holds_from_the_next_value_on(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    home.registers(&[(1, "101")]).await;
    let sources = home.sources().await;
    let source = &sources[0];
    let address = of_row(path::LIVE_SOURCE, home.profile, "live_source_id", source);
    let body = json!({ "version": source["version"], "ignored": true });
    let ignored = home.ana.put(&address, &body).await;
    assert_eq!(ignored.status, StatusCode::OK, "{}", ignored.json);
    let seen = home.sources().await[0]["seen_at"].clone();
    assert_eq!(
        home.registers(&[(2, "102")]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(home.sources().await[0]["seen_at"], seen);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_key_that_is_revoked_sends_nothing_more(db: PgPool) {
    let home = Home::new(db).await;
    home.registers(&[(0, "100")]).await;
    home.registers(&[(1, "101")]).await;
    let keys = home
        .ana
        .get(&in_home(path::API_KEYS, home.profile))
        .await
        .json;
    let key = of_row(path::API_KEY, home.profile, "api_key_id", &keys[0]);
    let revoked = home.ana.delete(&key).await.status;
    assert_eq!(revoked, StatusCode::NO_CONTENT);
    let refused = home.registers(&[(3, "103")]).await.status;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    assert_eq!(home.sources().await[0]["seen_value"], "101");
}
