use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, Answer, TestApp, import_of, in_home, of_row, register, wrong};

fn meter(name: &str, kind: &str) -> Value {
    json!({ "name": name, "channel": "grid_import", "reading_kind": kind })
}

async fn add(who: &Actor, profile: EnergyProfileId, body: &Value) -> Value {
    let made = who.post(&in_home(path::METERS, profile), body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    made.json["row"].clone()
}

async fn change(who: &Actor, profile: EnergyProfileId, row: &Value, to: &Value) -> Answer {
    let mut body = to.clone();
    body["version"] = row["version"].clone();
    who.put(&of_row(path::METER, profile, "meter_id", row), &body)
        .await
}

async fn remove(who: &Actor, profile: EnergyProfileId, row: &Value) -> Answer {
    let address = of_row(path::METER, profile, "meter_id", row);
    who.delete(&format!("{address}?version={}", row["version"]))
        .await
}

async fn read(who: &Actor, profile: EnergyProfileId, row: &Value, at: &str, kwh: &str) {
    let address = of_row(path::READINGS, profile, "meter_id", row);
    let answer = who.post(&address, &register(at, kwh)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
}

/// What the dashboard says was used on a day.
async fn used(who: &Actor, profile: EnergyProfileId, day: &str) -> Value {
    let dashboard = who.get(&in_home(path::DASHBOARD, profile)).await.json;
    let days = dashboard["days"].as_array().unwrap();
    days.iter().find(|it| it["date"] == day).unwrap()["kwh"].clone()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_meters_of_a_home_do_not_share_a_name(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::METERS, profile);
    let main = add(&ana, profile, &meter("Main", "register")).await;
    let again = ana.post(&address, &meter(" Main ", "register")).await;
    assert_eq!(again.wrong(), wrong(&[("name", "taken")]));
    let other = add(&ana, profile, &meter("Other", "register")).await;
    let refused = change(&ana, profile, &other, &meter("Main", "register")).await;
    assert_eq!(refused.wrong(), wrong(&[("name", "taken")]));
    assert_eq!(ana.get(&address).await.json.as_array().unwrap().len(), 2);

    // A removed meter leaves its name, and does not come back over the one that took it.
    let removed = remove(&ana, profile, &main).await;
    let renamed = change(&ana, profile, &other, &meter("Main", "register")).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.json);
    let refused = ana.undo(profile, &removed).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    ana.undo(profile, &renamed).await;
    assert_eq!(ana.undo(profile, &removed).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_meter_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::METERS, profile);
    let nobody = uuid::Uuid::nil();
    let mut all = meter("", "register");
    all["register_digits"] = json!(9);
    all["profile_device_id"] = json!(nobody);
    assert_eq!(
        ana.post(&address, &all).await.wrong(),
        wrong(&[
            ("name", "required"),
            ("profile_device_id", "only_for_device_meters"),
            ("register_digits", "out_of_range"),
        ])
    );
    let mut strange = meter("Fridge", "register");
    strange["channel"] = json!("device");
    strange["profile_device_id"] = json!(nobody);
    strange["same_as"] = json!(nobody);
    assert_eq!(
        ana.post(&address, &strange).await.wrong(),
        wrong(&[
            ("profile_device_id", "not_a_device"),
            ("same_as", "not_a_meter"),
        ])
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_meter_measures_is_fixed_once_it_has_readings(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let main = add(&ana, profile, &meter("Main", "register")).await;
    let mut solar = meter("Roof", "step");
    solar["channel"] = json!("solar_production");
    let free = change(&ana, profile, &main, &solar).await;
    assert_eq!(free.status, StatusCode::OK, "{}", free.json);
    let back = ana.undo(profile, &free).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.json);
    let main = ana.get(&in_home(path::METERS, profile)).await.json[0].clone();
    read(&ana, profile, &main, "2026-11-01T03:00:00Z", "100").await;

    let refused = change(&ana, profile, &main, &solar).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[
            ("reading_kind", "has_readings"),
            ("channel", "has_readings"),
        ])
    );
    assert_eq!(ana.undo(profile, &back).await.code(), "cannot_undo");
    let mut renamed = meter("Cellar", "register");
    renamed["register_digits"] = json!(5);
    let renamed = change(&ana, profile, &main, &renamed).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.json);
    assert_eq!(renamed.json["row"]["register_digits"], 5);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_removed_meter_takes_its_readings_along_and_brings_them_back(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let main = add(&ana, profile, &meter("Main", "register")).await;
    read(&ana, profile, &main, "2026-11-01T03:00:00Z", "100").await;
    read(&ana, profile, &main, "2026-11-03T03:00:00Z", "148").await;
    assert_eq!(used(&ana, profile, "2026-11-02").await, "24.000000");
    let removed = remove(&ana, profile, &main).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.json);
    assert_eq!(used(&ana, profile, "2026-11-02").await, Value::Null);
    let readings = of_row(path::READINGS, profile, "meter_id", &main);
    assert_eq!(ana.get(&readings).await.status, StatusCode::NOT_FOUND);

    // While it is away the home moves to another zone: its days are cut anew when it is back.
    let mut home = serde_json::to_value(crate::testing::home().details).unwrap();
    home["version"] = json!(1);
    home["time_zone"] = json!("UTC");
    let moved = ana.put(&in_home(path::PROFILE, profile), &home).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.json);
    test.run_jobs().await;
    assert_eq!(ana.undo(profile, &removed).await.status, StatusCode::OK);
    test.run_jobs().await;
    assert_eq!(used(&ana, profile, "2026-11-01").await, "21.000000");
    let listed = ana.get(&readings).await.json;
    assert_eq!(listed["readings"].as_array().unwrap().len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_meter_is_the_same_as_another_of_its_channel_that_is_none_itself(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::METERS, profile);
    let main = add(&ana, profile, &meter("Main", "register")).await;
    let same_as = |name: &str, channel: &str, row: &Value| {
        let mut body = meter(name, "step");
        body["channel"] = json!(channel);
        body["same_as"] = row["meter_id"].clone();
        body
    };
    let file = add(&ana, profile, &same_as("File", "grid_import", &main)).await;
    for (body, code) in [
        (same_as("Roof", "solar_production", &main), "other_channel"),
        (same_as("Third", "grid_import", &file), "not_a_meter"),
    ] {
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.wrong(), wrong(&[("same_as", code)]));
    }
    let itself = change(&ana, profile, &file, &same_as("File", "grid_import", &file)).await;
    assert_eq!(itself.wrong(), wrong(&[("same_as", "not_a_meter")]));

    let lone = add(&ana, profile, &meter("Lone", "register")).await;
    let mut other_channel = meter("Main", "register");
    other_channel["channel"] = json!("gas");
    for refused in [
        remove(&ana, profile, &main).await,
        change(&ana, profile, &main, &other_channel).await,
        change(&ana, profile, &main, &same_as("Main", "grid_import", &lone)).await,
    ] {
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::CONFLICT, "in_use")
        );
    }
    let freed = change(&ana, profile, &file, &meter("File", "step")).await;
    assert_eq!(freed.status, StatusCode::OK, "{}", freed.json);
    let removed = remove(&ana, profile, &main).await;
    assert_eq!(removed.status, StatusCode::OK);
    // It would be the same as a meter that is gone.
    assert_eq!(ana.undo(profile, &freed).await.code(), "cannot_undo");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_connection_read_by_hand_and_by_file_counts_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let main = add(&ana, profile, &meter("Main", "register")).await;
    read(&ana, profile, &main, "2026-11-19T03:00:00Z", "100").await;
    read(&ana, profile, &main, "2026-11-22T03:00:00Z", "130").await;
    let mut file = meter("File", "step");
    file["same_as"] = main["meter_id"].clone();
    let file = add(&ana, profile, &file).await;
    // The whole of the 20th, and half of the 21st.
    let hours = (0..36).map(|hour| (20 + hour / 24, hour % 24));
    let rows: Vec<String> = hours
        .map(|(day, hour)| format!("2026-11-{day}T{hour:02}:00:00-03:00,0.5"))
        .collect();
    let imported = ana
        .ask(
            Method::POST,
            &import_of(profile, file["meter_id"].as_str().unwrap()),
            &[("content-type", "text/csv")],
            Body::from(format!("timestamp,kwh\n{}\n", rows.join("\n"))),
        )
        .await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.json);
    assert_eq!(used(&ana, profile, "2026-11-19").await, "10.000000");
    assert_eq!(used(&ana, profile, "2026-11-20").await, "12.000000");
    assert_eq!(used(&ana, profile, "2026-11-21").await, "10.000000");

    // Two connections are added up, and one of them is not known on the 19th.
    let file = ana.get(&in_home(path::METERS, profile)).await.json[1].clone();
    let two = change(&ana, profile, &file, &meter("File", "step")).await;
    assert_eq!(two.status, StatusCode::OK, "{}", two.json);
    assert_eq!(used(&ana, profile, "2026-11-20").await, "22.000000");
    assert_eq!(ana.undo(profile, &two).await.status, StatusCode::OK);
    assert_eq!(used(&ana, profile, "2026-11-20").await, "12.000000");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_meter_that_knows_something_has_the_forecast_made_anew_when_it_goes(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let waiting = async || -> Vec<String> {
        sqlx::query_scalar("SELECT task_identifier FROM graphile_worker.jobs ORDER BY 1")
            .fetch_all(&db)
            .await
            .unwrap()
    };
    let main = add(&ana, profile, &meter("Main", "register")).await;
    assert_eq!(waiting().await, [] as [String; 0], "it knows nothing yet");
    read(&ana, profile, &main, "2026-11-01T03:00:00Z", "100").await;
    test.run_jobs().await;
    remove(&ana, profile, &main).await;
    assert_eq!(waiting().await, ["refresh_profile"]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_reading_and_a_change_of_kind_at_once_leave_a_meter_with_one_kind(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for n in 0..6 {
        let name = format!("Meter {n}");
        let row = add(&ana, profile, &meter(&name, "register")).await;
        let readings = of_row(path::READINGS, profile, "meter_id", &row);
        let body = register("2026-11-01T03:00:00Z", "100");
        let to = meter(&name, "step");
        let (read, changed) =
            tokio::join!(ana.post(&readings, &body), change(&ana, profile, &row, &to));
        assert_ne!(
            read.status.is_success(),
            changed.status.is_success(),
            "{} {}",
            read.json,
            changed.json
        );
    }
}
