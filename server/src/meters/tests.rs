use axum::http::StatusCode;
use ecotrack_common::path;
use serde_json::json;
use sqlx::PgPool;

use crate::testing::TestApp;

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_meters_of_a_home_do_not_share_a_name(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = path::fill(path::METERS, &[("energy_profile_id", &profile)]);
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    assert_eq!(ana.post(&address, &meter).await.status, StatusCode::CREATED);
    let again = ana.post(&address, &meter).await;
    assert_eq!(again.wrong(), [("name".to_owned(), "taken".to_owned())]);
    assert_eq!(ana.get(&address).await.json.as_array().unwrap().len(), 1);
}
