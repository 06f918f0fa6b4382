use ecotrack_common::path;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::testing::{TestApp, in_home};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_write_whose_caller_hangs_up_is_done_all_the_same(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::AWAY_PERIODS, profile);
    let body = json!({ "first_day": "2026-07-01", "last_day": "2026-07-14" });
    let mut held = db.begin().await.unwrap();
    sqlx::query("SELECT FROM energy_profile FOR NO KEY UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    let waits = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting)
            .fetch_one(&db)
            .await
            .unwrap()
            == 0
        {}
    };
    tokio::select! {
        answer = ana.post(&address, &body) => panic!("{}", answer.json),
        () = waits => {}
    }
    // Hung up, half way through the write.
    held.commit().await.unwrap();
    let options = (*db.connect_options()).clone();
    // Closed when no request has a connection any more.
    db.close().await;
    let again = PgPoolOptions::new().connect_with(options).await.unwrap();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM away_period")
        .fetch_one(&again)
        .await
        .unwrap();
    assert_eq!(stored, 1);
}
