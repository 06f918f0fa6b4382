use axum::http::StatusCode;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{TestApp, in_home, wrong};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn times_away_may_lie_ahead_and_are_listed_newest_first(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::AWAY_PERIODS, profile);
    for (first, last, note) in [
        ("2026-07-01", "2026-07-14", json!("the sea")),
        ("2027-01-02", "2027-01-09", json!(" ")),
    ] {
        let body = json!({ "first_day": first, "last_day": last, "note": note });
        let made = ana.post(&address, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    }
    let listed = ana.get(&address).await.json;
    assert_eq!(listed[0]["first_day"], "2027-01-02");
    assert_eq!(listed[0]["note"], Value::Null, "an empty note is none");
    assert_eq!(listed[1]["note"], "the sea");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_time_away_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::AWAY_PERIODS, profile);
    for (first, last, expected) in [
        (
            "2026-07-02",
            "2026-07-01",
            ("last_day", "ends_before_it_starts"),
        ),
        ("2026-07-01", "2028-07-01", ("last_day", "too_many_days")),
        ("1800-01-01", "1800-01-02", ("first_day", "out_of_range")),
    ] {
        let body = json!({ "first_day": first, "last_day": last });
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.wrong()[..1], wrong(&[expected])[..]);
    }
    let body =
        json!({ "first_day": "2026-07-01", "last_day": "2026-07-02", "note": "x".repeat(501) });
    let refused = ana.post(&address, &body).await;
    assert_eq!(refused.wrong(), wrong(&[("note", "too_long")]));
}
