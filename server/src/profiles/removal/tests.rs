use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::forecasts::trainings::policy::Trigger;
use crate::jobs::{self, RebuildDays, RefreshProfile, TrainProfile};
use crate::testing::{Actor, Answer, TestApp, import_of, register};

fn at(pattern: &str, profile: EnergyProfileId) -> String {
    path::fill(pattern, &[("energy_profile_id", &profile)])
}

async fn remove(actor: &Actor, profile: EnergyProfileId, name: &str) -> Answer {
    let body = json!({ "name": name });
    actor
        .send(Method::DELETE, &at(path::PROFILE, profile), &body)
        .await
}

async fn restore(actor: &Actor, profile: EnergyProfileId) -> Answer {
    let address = at(path::PROFILE_RESTORATION, profile);
    actor.ask(Method::POST, &address, &[], Body::empty()).await
}

/// Rows that name the home, by table, in whatever table there is.
async fn rows_of(db: &PgPool, profile: EnergyProfileId) -> Vec<(String, i64)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.table_name::text FROM information_schema.columns AS c
         JOIN information_schema.tables AS t USING (table_schema, table_name)
         WHERE c.table_schema = 'public' AND c.column_name = 'energy_profile_id' AND t.table_type = 'BASE TABLE'
         ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM {table} WHERE energy_profile_id = $1");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .bind(profile.0)
            .fetch_one(db)
            .await
            .unwrap();
        rows.push((table, count));
    }
    rows
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_removed_by_typing_its_name_and_nobody_gets_in(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    for wrong in ["", "casa aurora", "Casa"] {
        let answer = remove(&ana, profile, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            answer.wrong(),
            [("name".to_owned(), "name_does_not_match".to_owned())]
        );
    }
    let forbidden = remove(&bia, profile, "Casa Aurora").await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let eva = test.account("Eva").await;
    assert_eq!(
        remove(&eva, profile, "Casa Aurora").await.status,
        StatusCode::NOT_FOUND
    );

    let removed = remove(&ana, profile, "  Casa Aurora ").await;
    assert_eq!(
        (removed.status, removed.json),
        (StatusCode::NO_CONTENT, Value::Null)
    );
    for actor in [&ana, &bia] {
        for address in [path::PROFILE, path::METERS, path::MEMBERS] {
            let answer = actor.get(&at(address, profile)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(actor.get(path::PROFILES).await.json, json!([]));
    }
    assert_eq!(
        remove(&ana, profile, "Casa Aurora").await.status,
        StatusCode::NOT_FOUND
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_owner_brings_a_home_back_within_seven_days_as_it_was(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    test.meter(profile, "Main", ReadingKind::Register).await;
    remove(&ana, profile, "Casa Aurora").await;

    test.at("2026-11-29T15:00:00Z");
    let listed = ana.get(path::REMOVED_PROFILES).await.json;
    let expected = json!([{
        "energy_profile_id": profile,
        "name": "Casa Aurora",
        "removed_at": "2026-11-23T15:00:00Z",
        "gone_at": "2026-11-30T15:00:00Z",
    }]);
    assert_eq!(listed, expected);
    assert_eq!(bia.get(path::REMOVED_PROFILES).await.json, json!([]));
    let eva = test.account("Eva").await;
    for other in [&bia, &eva] {
        assert_eq!(
            restore(other, profile).await.status,
            StatusCode::NOT_FOUND,
            "to whom did not own it, it is not there"
        );
    }
    assert_eq!(
        restore(&test.anonymous(), profile).await.status,
        StatusCode::UNAUTHORIZED
    );
    test.sweep().await;
    let restored = restore(&ana, profile).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.json);
    assert_eq!(restored.json["name"], "Casa Aurora");
    assert_eq!(restored.json["role"], "owner");
    let meters = bia.get(&at(path::METERS, profile)).await.json;
    assert_eq!(meters[0]["name"], "Main");
    assert_eq!(ana.get(path::REMOVED_PROFILES).await.json, json!([]));
    assert_eq!(
        restore(&ana, profile).await.status,
        StatusCode::NOT_FOUND,
        "a home that stands is not restored"
    );
    let trail: Vec<(String, String)> = sqlx::query_as(
        "SELECT e.entity || ' ' || e.act, a.display_name
         FROM audit_entry AS e JOIN audit_operation AS o USING (energy_profile_id, operation_id)
         JOIN account AS a USING (account_id) ORDER BY o.at",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let ana = |what: &str| (what.to_owned(), "Ana".to_owned());
    assert_eq!(
        trail,
        [ana("profile_removal insert"), ana("profile_removal delete")]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn removing_and_restoring_sent_again_do_it_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    remove(&ana, profile, "Casa Aurora").await;
    let address = at(path::PROFILE_RESTORATION, profile);
    let first = ana.post_keyed(&address, "key", &Value::Null).await;
    let second = ana.post_keyed(&address, "key", &Value::Null).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!((first.status, first.json), (second.status, second.json));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn after_seven_days_a_removed_home_is_gone_with_all_that_it_had(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    test.editor(profile).await;
    furnish(&test, &ana, profile).await;
    let before = rows_of(&db, profile).await;
    let full = before.iter().filter(|(_, rows)| *rows > 0).count();
    assert!(full >= 10, "{before:?}");

    // Another home, removed on the day before it is gone, stays.
    let bia = test.account("Lia").await;
    let home = serde_json::to_value(crate::testing::home()).unwrap();
    let other = bia.post(path::PROFILES, &home).await.json["energy_profile_id"].clone();
    let other: EnergyProfileId = other.as_str().unwrap().parse().unwrap();
    remove(&ana, profile, "Casa Aurora").await;
    test.at("2026-11-30T14:59:59Z");
    remove(&bia, other, "Casa Aurora").await;
    test.sweep().await;
    assert_eq!(
        rows_of(&db, profile)
            .await
            .iter()
            .map(|(_, rows)| rows)
            .sum::<i64>(),
        before.iter().map(|(_, rows)| rows).sum::<i64>() + 2,
        "a second early nothing is gone; an operation with its entry came"
    );

    test.at("2026-12-01T15:00:00Z");
    assert_eq!(restore(&ana, profile).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ana.get(path::REMOVED_PROFILES).await.json, json!([]));
    test.sweep().await;
    let left = rows_of(&db, profile).await;
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
    assert_eq!(restore(&bia, other).await.status, StatusCode::OK);
    assert_eq!(ana.get(path::ACCOUNT_SELF).await.status, StatusCode::OK);
}

/// Something in most of the tables, rows that point at each other among them.
async fn furnish(test: &TestApp, ana: &Actor, profile: EnergyProfileId) {
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let steps = test.meter(profile, "File", ReadingKind::Step).await;
    let of = |pattern: &str, meter| {
        path::fill(
            pattern,
            &[("energy_profile_id", &profile), ("meter_id", meter)],
        )
    };
    for (instant, kwh) in [
        ("2026-11-20T12:00:00Z", "100"),
        ("2026-11-22T12:00:00Z", "120"),
    ] {
        let readings = of(path::READINGS, &meter.meter_id);
        let written = ana.post(&readings, &register(instant, kwh)).await;
        assert_eq!(written.status, StatusCode::CREATED, "{}", written.json);
    }
    let file = Body::from("timestamp,kwh\n2026-11-20T03:00:00Z,0.5\n2026-11-20T04:00:00Z,0.5\n");
    let imports = import_of(profile, &steps.meter_id.to_string());
    let imported = ana
        .ask(
            Method::POST,
            &imports,
            &[("content-type", "text/csv")],
            file,
        )
        .await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    let invitations = at(path::INVITATIONS, profile);
    ana.post(&invitations, &json!({ "role": "viewer" })).await;
    let device = uuid::Uuid::now_v7();
    for (sql, id) in [
        (
            "INSERT INTO profile_device (energy_profile_id, profile_device_id, name, category, quantity, power_w, standby_w,
                                         hours_per_day, days_per_month, duty_cycle)
             VALUES ($1, $2, 'Fridge', 'kitchen', 1, 100, 0, 24, 30, 0.5)",
            device,
        ),
        (
            "UPDATE meter SET profile_device_id = $2 WHERE energy_profile_id = $1 AND name = 'File'",
            device,
        ),
        (
            "UPDATE meter SET same_as = $2 WHERE energy_profile_id = $1 AND name = 'File'",
            meter.meter_id.0,
        ),
        (
            "INSERT INTO consumption_goal (energy_profile_id, consumption_goal_id, measure, period, limit_value, valid_from,
                                           profile_device_id)
             VALUES ($1, $2, 'kwh', 'month', 100, '2026-11-01', $2)",
            device,
        ),
        (
            "INSERT INTO away_period (energy_profile_id, away_period_id, first_day, last_day)
             VALUES ($1, $2, '2026-11-01', '2026-11-02')",
            device,
        ),
    ] {
        sqlx::query(sql)
            .bind(profile.0)
            .bind(id)
            .execute(&test.app.db)
            .await
            .unwrap();
    }
    // Trains: a run, perhaps a model.
    test.run_jobs().await;
}

/// A table that is added later must go with its home too.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn whatever_a_home_owns_goes_with_it(db: PgPool) {
    let kept: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE owned (oid) AS (
             SELECT 'energy_profile'::regclass::oid
             UNION
             SELECT k.conrelid FROM pg_constraint AS k JOIN owned ON k.confrelid = owned.oid
             WHERE k.contype = 'f' AND k.confdeltype = 'c'
               AND k.conkey[1] = (SELECT attnum FROM pg_attribute
                                  WHERE attrelid = k.conrelid AND attname = 'energy_profile_id'))
         SELECT c.relname::text FROM pg_class AS c
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'energy_profile_id'
         JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
         WHERE c.relkind = 'r' AND c.oid NOT IN (SELECT oid FROM owned)",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    // What was put down goes when it is taken up: `live` has a test.
    assert_eq!(
        kept,
        ["live_value"],
        "no cascade from energy_profile reaches these"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn jobs_leave_a_removed_home_alone(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let mut conn = db.acquire().await.unwrap();
    let train = TrainProfile::new(profile, Trigger::Request);
    let refresh = RefreshProfile {
        energy_profile_id: profile,
    };
    let rebuild = RebuildDays {
        energy_profile_id: profile,
    };
    jobs::store::enqueue(&mut conn, &train).await.unwrap();
    jobs::store::enqueue(&mut conn, &refresh).await.unwrap();
    jobs::store::enqueue(&mut conn, &rebuild).await.unwrap();
    remove(&ana, profile, "Casa Aurora").await;
    test.run_jobs().await;
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker.jobs")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(waiting, 0, "nothing failed, nothing is tried again");
    let runs: i64 = sqlx::query_scalar("SELECT count(*) FROM training_run")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(runs, 0);
}
