use axum::http::StatusCode;
use ecotrack_common::admin::AdminSet;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::devices::tests::loaded;
use crate::testing::{Actor, Answer, TestApp, in_home, of_row, wrong};

fn address(profile: EnergyProfileId, slug: &str) -> String {
    path::fill(&in_home(path::SUGGESTION, profile), &[("slug", &slug)])
}

/// A device of the catalogue, of 1,000 W without standby.
async fn device(who: &Actor, profile: EnergyProfileId, slug: &str, hours: &str) {
    let body = json!({
        "catalog_slug": slug, "name": slug, "category": "kitchen", "quantity": 1, "power_w": "1000",
        "standby_w": "0", "hours_per_day": hours, "days_per_month": "30", "duty_cycle": "1",
    });
    let made = who.post(&in_home(path::DEVICES, profile), &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
}

async fn all(who: &Actor, profile: EnergyProfileId) -> Vec<Value> {
    let answer = who.get(&in_home(path::SUGGESTIONS, profile)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json["suggestions"].as_array().unwrap().clone()
}

async fn one(who: &Actor, profile: EnergyProfileId, slug: &str) -> Value {
    let all = all(who, profile).await;
    all.into_iter().find(|it| it["slug"] == slug).unwrap()
}

async fn put(
    who: &Actor,
    profile: EnergyProfileId,
    slug: &str,
    version: i64,
    row: &Value,
) -> Answer {
    let mut body = row.clone();
    body["version"] = json!(version);
    who.put(&address(profile, slug), &body).await
}

fn state(state: &str) -> Value {
    json!({ "state": state })
}

/// Slugs that the dashboard offers.
async fn offered(who: &Actor, profile: EnergyProfileId) -> Vec<String> {
    let board = who.get(&in_home(path::DASHBOARD, profile)).await.json;
    let offered = board["suggestions"].as_array().unwrap().iter();
    offered
        .map(|it| it["slug"].as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn measures_come_with_their_arithmetic_those_that_save_most_first(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    device(&ana, profile, "cooktop-induction-zone", "1").await;
    device(&ana, profile, "shower-electric-5500", "1").await;

    let all = all(&ana, profile).await;
    assert_eq!(all.len(), 58);
    let fits: Vec<&str> = all.iter().map(|it| it["fit"].as_str().unwrap()).collect();
    let order = |fit: &str| match fit {
        "applies" => 0,
        "may_apply" => 1,
        _ => 2,
    };
    assert!(fits.is_sorted_by_key(|fit| order(fit)), "{fits:?}");

    let lid = all
        .iter()
        .find(|it| it["slug"] == "cook-lid-residual")
        .unwrap();
    assert_eq!(
        (&lid["fit"], &lid["saving"]["kwh"]),
        (&json!("applies"), &json!("4.5"))
    );
    assert_eq!(lid["saving"]["money"], Value::Null, "there is no tariff");
    let used = lid["cases"][0]["values"].as_array().unwrap();
    let month = used.iter().find(|it| it["name"] == "kwh_month").unwrap();
    assert_eq!(
        (&month["value"], &month["unit"], &month["origin"]),
        (&json!("30"), &json!("kWh/month"), &json!("device"))
    );
    assert_eq!(lid["formula"], "kwh_month*0.15");

    // 3 people, a tap closed for 4 minutes: 1 kW × 4/60 h × 3 × 30.
    let soaping = all
        .iter()
        .find(|it| it["slug"] == "shower-off-soaping")
        .unwrap();
    assert_eq!(soaping["saving"]["kwh"], "6");
    let shorter = all
        .iter()
        .find(|it| it["slug"] == "shower-shorter")
        .unwrap();
    assert_eq!(
        (&shorter["fit"], &shorter["missing"]),
        (&json!("may_apply"), &json!(["minutes"]))
    );
    assert_eq!(shorter["saving"], Value::Null);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_home_tells_gives_the_figure_and_can_be_taken_back(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    device(&ana, profile, "shower-electric-5500", "1").await;
    let told = json!({ "state": "open", "answers": { "minutes": "12" } });
    let made = put(&ana, profile, "shower-shorter", 0, &told).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json);
    assert_eq!(made.json["row"]["version"], 1);
    let shorter = one(&ana, profile, "shower-shorter").await;
    assert_eq!(
        (&shorter["fit"], &shorter["saving"]["kwh"]),
        (&json!("applies"), &json!("6"))
    );
    assert_eq!(shorter["inputs"][0]["answer"], "12");

    assert_eq!(ana.undo(profile, &made).await.status, StatusCode::OK);
    let shorter = one(&ana, profile, "shower-shorter").await;
    assert_eq!(
        (&shorter["fit"], &shorter["row"]["version"]),
        (&json!("may_apply"), &json!(0))
    );
    for (answers, field, code) in [
        (json!({ "minutes": "0" }), "answers.minutes", "out_of_range"),
        (
            json!({ "minutes": true }),
            "answers.minutes",
            "not_a_number",
        ),
        (json!({ "age": "3" }), "answers.age", "not_an_input"),
    ] {
        let row = json!({ "state": "open", "answers": answers });
        let refused = put(&ana, profile, "shower-shorter", 0, &row).await;
        assert_eq!(refused.wrong(), wrong(&[(field, code)]));
    }
    let until = json!({ "state": "accepted", "dismissed_until": "2026-12-01" });
    let refused = put(&ana, profile, "shower-shorter", 0, &until).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("dismissed_until", "only_dismissed")])
    );
    let unknown = put(&ana, profile, "magic", 0, &state("accepted")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_who_decide_at_once_do_not_overwrite_each_other(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let first = put(&ana, profile, "cook-lid-residual", 0, &state("accepted")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json);
    let second = put(&bia, profile, "cook-lid-residual", 0, &state("dismissed")).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.json["current"]["state"], "accepted");
    let again = put(&bia, profile, "cook-lid-residual", 1, &state("dismissed")).await;
    assert_eq!(again.json["row"]["version"], 2);
    assert_eq!(ana.undo(profile, &first).await.status, StatusCode::CONFLICT);
    assert_eq!(bia.undo(profile, &again).await.status, StatusCode::OK);
    let stands = one(&ana, profile, "cook-lid-residual").await;
    assert_eq!(stands["state"], "accepted");
    assert_eq!(stands["row"]["accepted_on"], "2026-11-23");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_dismissed_or_done_is_offered_no_more_until_its_day(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    device(&ana, profile, "cooktop-induction-zone", "1").await;
    device(&ana, profile, "shower-electric-5500", "1").await;
    assert!(
        offered(&ana, profile)
            .await
            .contains(&"cook-lid-residual".to_owned())
    );
    let until = json!({ "state": "dismissed", "dismissed_until": "2026-11-30" });
    put(&ana, profile, "cook-lid-residual", 0, &until).await;
    put(&ana, profile, "shower-off-soaping", 0, &state("done")).await;
    let left = offered(&ana, profile).await;
    assert!(!left.contains(&"cook-lid-residual".to_owned()), "{left:?}");
    assert!(!left.contains(&"shower-off-soaping".to_owned()), "{left:?}");
    test.at("2026-12-01T12:00:00Z");
    let left = offered(&ana, profile).await;
    assert!(left.contains(&"cook-lid-residual".to_owned()), "{left:?}");
    assert!(!left.contains(&"shower-off-soaping".to_owned()), "{left:?}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn accepted_measures_on_one_device_are_told_together_by_what_each_leaves(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    device(&ana, profile, "ac-split-12000", "4").await;
    // 120 kWh: 5 % for the filter and 7 % for the shade leave 0.95 × 0.93 of it.
    put(&ana, profile, "ac-clean-filter", 0, &state("accepted")).await;
    let sunny = json!({ "state": "accepted", "answers": { "sunny_windows": true } });
    put(&ana, profile, "ac-shade-seal", 0, &sunny).await;
    let answer = ana.get(&in_home(path::SUGGESTIONS, profile)).await.json;
    assert_eq!(answer["together"]["measures"], 2);
    assert_eq!(answer["together"]["saving"]["kwh"], "13.98");
    let effect = one(&ana, profile, "ac-clean-filter").await["effect"].clone();
    assert_eq!(effect["verdict"], "no_forecast");
    assert_eq!(effect["others"], json!(["ac-shade-seal"]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_kept_in_memory_is_never_older_than_what_it_follows_from(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.editor(profile).await;
    let root = test.administrator("Root").await;
    let body = json!({
        "catalog_slug": "cooktop-induction-zone", "name": "Hob", "category": "kitchen", "quantity": 1,
        "power_w": "1000", "standby_w": "0", "hours_per_day": "1", "days_per_month": "30", "duty_cycle": "1",
    });
    let made = ana.post(&in_home(path::DEVICES, profile), &body).await;
    let mut before = ana.get(&in_home(path::SUGGESTIONS, profile)).await.json;
    ana.get(&in_home(path::DASHBOARD, profile)).await;
    for change in ["device", "tariff", "bill", "measure", "day"] {
        match change {
            "device" => {
                let mut changed = body.clone();
                changed["hours_per_day"] = json!("2");
                changed["version"] = made.json["row"]["version"].clone();
                let key = of_row(
                    path::DEVICE,
                    profile,
                    "profile_device_id",
                    &made.json["row"],
                );
                let answer = ana.put(&key, &changed).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
            }
            "bill" => {
                let bill = json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "25",
                    "total": "60" });
                let answer = ana.post(&in_home(path::BILLS, profile), &bill).await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
            }
            "tariff" => {
                let own =
                    json!({ "valid_from": "2026-01-01", "tariff_slug": "br-cemig-d-conventional" });
                let answer = ana
                    .post(&in_home(path::PROFILE_TARIFFS, profile), &own)
                    .await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
            }
            "measure" => {
                let key = path::fill(
                    path::ADMIN_ROW,
                    &[("set", &AdminSet::Measures), ("key", &"cook-lid-residual")],
                );
                let mut seen = root.get(&key).await.json;
                seen["values"]["rule"]["saves_kwh"] = json!("kwh_month*0.30");
                let edited = json!({ "version": seen["version"], "values": seen["values"] });
                let answer = root.put(&key, &edited).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
            }
            _ => test.at("2027-01-15T12:00:00Z"),
        }
        // Another server on the same database has kept nothing.
        let anew = test.with_settings(|_| {}).again(&ana);
        let [list, board] = [path::SUGGESTIONS, path::DASHBOARD].map(|it| in_home(it, profile));
        let fresh = [anew.get(&list).await.json, anew.get(&board).await.json];
        for _ in 0..2 {
            assert!(ana.get(&board).await.json == fresh[1], "{change}");
            assert!(ana.get(&list).await.json == fresh[0], "{change}");
        }
        let of_bia = bia.get(&board).await.json;
        assert_eq!(of_bia["home"]["role"], "editor", "{change}");
        assert_eq!(of_bia["suggestions"], fresh[1]["suggestions"], "{change}");
        // Another day changes what stands around them; whether them too depends on the days.
        assert!(
            change == "day" || fresh[0] != before,
            "{change} changes what is suggested"
        );
        [before, _] = fresh;
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_device_that_was_typed_is_found_by_what_it_is(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut hob = json!({
        "name": "Hob", "category": "kitchen", "quantity": 1, "power_w": "1000", "standby_w": "0",
        "hours_per_day": "1", "days_per_month": "30", "duty_cycle": "1",
    });
    let made = ana.post(&in_home(path::DEVICES, profile), &hob).await;
    let unsaid = one(&ana, profile, "cook-lid-residual").await;
    assert_eq!(unsaid["fit"], "does_not_apply");
    let list = in_home(path::SUGGESTIONS, profile);
    assert_eq!(ana.get(&list).await.json["of_no_kind"], json!(["Hob"]));

    let address = of_row(
        path::DEVICE,
        profile,
        "profile_device_id",
        &made.json["row"],
    );
    hob["kind"] = json!("cooktop");
    hob["version"] = made.json["row"]["version"].clone();
    let changed = ana.put(&address, &hob).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(changed.json["row"]["kind"], "cooktop");
    let lid = one(&ana, profile, "cook-lid-residual").await;
    assert_eq!(
        (&lid["fit"], &lid["saving"]["kwh"], &lid["devices"]),
        (&json!("applies"), &json!("4.5"), &json!(["Hob"]))
    );
    assert_eq!(ana.get(&list).await.json["of_no_kind"], json!([]));
    // What a row of the catalogue tells is not told twice.
    hob["catalog_slug"] = json!("cooktop-induction-zone");
    hob["version"] = changed.json["row"]["version"].clone();
    let refused = ana.put(&address, &hob).await;
    assert_eq!(refused.wrong(), wrong(&[("kind", "kind_beside_catalog")]));

    assert_eq!(ana.undo(profile, &changed).await.status, StatusCode::OK);
    let back = one(&ana, profile, "cook-lid-residual").await;
    assert_eq!(back["fit"], "does_not_apply");
}
