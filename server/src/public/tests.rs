use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::EnergyProfileId;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use ecotrack_common::profile::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::publish;
use crate::catalog::load_reference;
use crate::config::Registration;
use crate::testing::{Actor, Answer, TestApp, home, in_home, register};

/// What a home says of itself.
async fn say(owner: &Actor, profile: EnergyProfileId, change: impl FnOnce(&mut Value)) -> Answer {
    let address = in_home(path::PROFILE, profile);
    let mut details = serde_json::to_value(home().details).unwrap();
    details["version"] = owner.get(&address).await.json["version"].clone();
    change(&mut details);
    let changed = owner.put(&address, &details).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    changed
}

async fn take_part(owner: &Actor, profile: EnergyProfileId, whether: bool) -> Answer {
    say(owner, profile, |home| {
        home["public_totals"] = json!(whether);
    })
    .await
}

/// A home that takes part and used so many kWh a day from the middle of September on.
async fn taking_part(test: &TestApp, name: &str, daily_kwh: i64) -> (Actor, EnergyProfileId) {
    let (owner, profile) = test.owner_called(name).await;
    take_part(&owner, profile, true).await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        &in_home(path::READINGS, profile),
        &[("meter_id", &meter.meter_id)],
    );
    // 67 days of 24 hours in a zone that knows no summer time.
    for (at, days) in [("2026-09-15T03:00:00Z", 0), ("2026-11-21T03:00:00Z", 67)] {
        let kwh = (1_000 + days * daily_kwh).to_string();
        let answer = owner.post(&readings, &register(at, &kwh)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    }
    (owner, profile)
}

async fn summary(test: &TestApp) -> Answer {
    let answer = test.anonymous().get(path::PUBLIC_SUMMARY).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer
}

/// The day's job.
async fn publish(test: &TestApp) {
    sqlx::query("SELECT graphile_worker.add_job('publish_totals', payload => '{}'::json)")
        .execute(&test.app.db)
        .await
        .unwrap();
    test.run_jobs().await;
}

async fn loaded(db: &PgPool) -> TestApp {
    let test = TestApp::new(db.clone()).await;
    load_reference(db, test.app.clock.now()).await.unwrap();
    test
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn four_homes_show_nothing_and_the_fifth_brings_the_month(db: PgPool) {
    let test = loaded(&db).await;
    for name in ["Ana", "Bia", "Caio", "Davi"] {
        taking_part(&test, name, 8).await;
    }
    // One that does not take part, and one with too few days.
    let (eva, eva_home) = taking_part(&test, "Eva", 8).await;
    take_part(&eva, eva_home, false).await;
    let (_, empty) = test.owner_called("Fabio").await;
    test.meter(empty, "Main", ReadingKind::Register).await;
    publish(&test).await;
    assert_eq!(
        summary(&test).await.json,
        json!({ "registration": "open", "min_homes": 5, "month": null })
    );

    take_part(&eva, eva_home, true).await;
    assert_eq!(
        summary(&test).await.json["month"],
        Value::Null,
        "not before the job"
    );
    publish(&test).await;
    let month = summary(&test).await.json["month"].take();
    assert_eq!(
        month["span"],
        json!({ "first": "2026-10-01", "last": "2026-10-31" })
    );
    assert_eq!(month["published_on"], "2026-11-23");
    let regions = month["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 1);
    let total = &regions[0];
    assert_eq!(
        (&total["region"], &total["homes"]),
        (&json!("BR-SIN"), &json!(5))
    );
    // 5 homes, 31 days, 8 kWh: 1,240 kWh, which is a multiple of the step.
    assert_eq!(
        (&total["kwh"], &total["step_kwh"]),
        (&json!("1240"), &json!("1240"))
    );
    assert_eq!(total["kwh_per_home_day"], "8");
    let co2e = &total["co2e"];
    let factor: f64 = co2e["factor"].as_str().unwrap().parse().unwrap();
    let kg: f64 = co2e["kg"].as_str().unwrap().parse().unwrap();
    assert!((kg - 1_240.0 * factor).abs() < 1e-6, "{co2e}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_published_never_changes_whoever_joins_leaves_or_corrects(db: PgPool) {
    let test = loaded(&db).await;
    let mut homes = Vec::new();
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva"] {
        homes.push(taking_part(&test, name, 7).await);
    }
    publish(&test).await;
    let first = summary(&test).await.json;
    let total = &first["month"]["regions"][0];
    assert_eq!(total["homes"], 5);
    // 1,085 kWh lie between nothing and one step.
    assert!(
        ["0", "1240"].contains(&total["kwh"].as_str().unwrap()),
        "{total}"
    );

    // A victim joins on the next day, and leaves on the day after; four accomplices take their turn.
    test.at("2026-11-24T15:00:00Z");
    let (victim, victims_home) = taking_part(&test, "Vera", 19).await;
    publish(&test).await;
    assert_eq!(summary(&test).await.json, first);
    test.at("2026-11-25T15:00:00Z");
    take_part(&victim, victims_home, false).await;
    publish(&test).await;
    assert_eq!(summary(&test).await.json, first);
    for (owner, profile) in &homes[..4] {
        take_part(owner, *profile, false).await;
        publish(&test).await;
        assert_eq!(summary(&test).await.json, first);
    }
    // Of November only one home is left, so that nothing is published.
    test.at("2026-12-06T15:00:00Z");
    publish(&test).await;
    assert_eq!(summary(&test).await.json, first);
    // And October is too long ago in the new year.
    test.at("2027-01-01T15:00:00Z");
    assert_eq!(summary(&test).await.json["month"], Value::Null);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn homes_that_left_or_were_removed_are_not_in_the_next_month(db: PgPool) {
    let test = loaded(&db).await;
    let mut homes = Vec::new();
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva", "Fabio"] {
        homes.push(taking_part(&test, name, 8).await);
    }
    let (ana, anas_home) = &homes[0];
    let removal = json!({ "name": "Casa Aurora" });
    let removed = ana
        .send(
            Method::DELETE,
            &in_home(path::PROFILE, *anas_home),
            &removal,
        )
        .await;
    assert!(removed.status.is_success(), "{}", removed.json);
    let (bia, bias_home) = &homes[1];
    let left = take_part(bia, *bias_home, false).await;
    publish(&test).await;
    assert_eq!(
        summary(&test).await.json["month"],
        Value::Null,
        "four are left"
    );
    // Taking the step back is a step back in.
    let undone = bia.undo(*bias_home, &left).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    publish(&test).await;
    assert_eq!(summary(&test).await.json["month"]["regions"][0]["homes"], 5);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_servers_and_a_job_that_is_done_twice_publish_one_month(db: PgPool) {
    let test = loaded(&db).await;
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva"] {
        taking_part(&test, name, 7).await;
    }
    let other = test.with_settings(|_| {});
    let (one, two) = tokio::join!(publish::run(&test.app), publish::run(&other.app));
    one.unwrap();
    two.unwrap();
    let first = summary(&test).await.json;
    for _ in 0..8 {
        publish::run(&other.app).await.unwrap();
    }
    assert_eq!(summary(&other).await.json, first);
    let months: i64 = sqlx::query_scalar("SELECT count(*) FROM public_month")
        .fetch_one(&db)
        .await
        .unwrap();
    let totals: i64 = sqlx::query_scalar("SELECT count(*) FROM public_total")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!((months, totals), (1, 1));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn nothing_is_published_of_a_month_before_the_fifth_of_the_next(db: PgPool) {
    let test = loaded(&db).await;
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva"] {
        taking_part(&test, name, 8).await;
    }
    test.at("2026-11-04T23:59:59Z");
    publish(&test).await;
    assert_eq!(summary(&test).await.json["month"], Value::Null);
    test.at("2026-11-05T00:00:00Z");
    publish(&test).await;
    assert_eq!(
        summary(&test).await.json["month"]["published_on"],
        "2026-11-05"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_people_type_as_their_region_is_not_published(db: PgPool) {
    let test = loaded(&db).await;
    for name in ["Ana", "Bia", "Caio", "Davi", "Eva"] {
        let (owner, profile) = taking_part(&test, name, 8).await;
        let told = "CALL 555-1234";
        say(&owner, profile, |home| {
            home["public_totals"] = json!(true);
            home["location"]["grid_region"] = json!(told);
        })
        .await;
    }
    publish(&test).await;
    let month = summary(&test).await.json["month"].take();
    let total = &month["regions"][0];
    assert_eq!(total["region"], Value::Null);
    assert_eq!(total["co2e"], Value::Null, "no factor, no figure");
    assert!(!month.to_string().contains("555"), "{month}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn over_many_lots_the_month_of_four_accomplices_and_a_victim_is_one_of_two_figures(
    db: PgPool,
) {
    let test = loaded(&db).await;
    // The accomplices use next to nothing, so that all that is left is the victim's.
    for name in ["Ana", "Bia", "Caio", "Davi"] {
        taking_part(&test, name, 0).await;
    }
    taking_part(&test, "Vera", 19).await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        publish::run(&test.app).await.unwrap();
        let month = summary(&test).await.json["month"].take();
        seen.insert(month["regions"][0]["kwh"].as_str().unwrap().to_owned());
        sqlx::query("DELETE FROM public_month")
            .execute(&db)
            .await
            .unwrap();
    }
    // 589 of 1,240 kWh: either figure comes in nearly every second month, and there is no third.
    let both = BTreeSet::from(["0".to_owned(), "1240".to_owned()]);
    assert_eq!(seen, both);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn only_an_owner_says_whether_the_home_takes_part_and_it_can_be_undone(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::PROFILE, profile);
    assert_eq!(
        ana.get(&address).await.json["public_totals"],
        false,
        "no is the default"
    );
    let bia = test.member(profile, "Bia", Role::Editor).await;
    let mut details = serde_json::to_value(home().details).unwrap();
    details["version"] = json!(1);
    details["public_totals"] = json!(true);
    assert_eq!(
        bia.put(&address, &details).await.status,
        StatusCode::FORBIDDEN
    );
    let changed = ana.put(&address, &details).await;
    assert_eq!(
        changed.json["row"]["public_totals"], true,
        "{}",
        changed.json
    );
    // An editor does not take it back either.
    assert_eq!(
        bia.undo(profile, &changed).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(ana.undo(profile, &changed).await.status, StatusCode::OK);
    assert_eq!(ana.get(&address).await.json["public_totals"], false);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_public_page_may_be_kept_on_the_way_and_says_when_nothing_changed(db: PgPool) {
    let test = loaded(&db).await;
    let nobody = test.anonymous();
    for address in [
        path::PUBLIC_SUMMARY,
        path::PUBLIC_CATALOG,
        path::PUBLIC_TIPS,
    ] {
        let first = nobody.get(address).await;
        assert_eq!(first.headers["cache-control"], "public, max-age=300");
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}")] {
            let again = [("if-none-match", known.as_str())];
            let again = nobody
                .ask(Method::GET, address, &again, Body::empty())
                .await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{address}");
            assert_eq!(again.json, Value::Null);
        }
    }
    let closed = test.with_settings(|settings| settings.registration = Registration::Closed);
    let before = nobody.get(path::PUBLIC_SUMMARY).await;
    let after = closed.anonymous().get(path::PUBLIC_SUMMARY).await;
    assert_eq!(after.json["registration"], "closed");
    assert_ne!(after.headers["etag"], before.headers["etag"]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_address_that_asks_without_end_waits(db: PgPool) {
    let test = TestApp::new(db).await;
    let nobody = test.anonymous();
    let mut refused = None;
    for _ in 0..200 {
        let answer = nobody.get(path::PUBLIC_SUMMARY).await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
    );
    assert_eq!(refused.headers["retry-after"], "1");
    // Somebody who signs in is not in its way.
    assert_eq!(
        nobody.get(path::PROFILES).await.status,
        StatusCode::UNAUTHORIZED
    );
}
