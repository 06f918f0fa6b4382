use axum::http::StatusCode;
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::{EnergyProfileId, path};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::evaluate;
use crate::testing::{Actor, TestApp, in_home, of_row, register, wrong};

/// A home whose register nobody read for 73 days.
async fn silent_home(test: &TestApp) -> (Actor, EnergyProfileId, Value) {
    let (ana, profile) = test.owner().await;
    let meter = json!({ "name": "Main", "channel": "grid_import", "reading_kind": "register" });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    let meter = made.json["row"].clone();
    let readings = of_row(path::READINGS, profile, "meter_id", &meter);
    for (at, kwh) in [
        ("2026-09-01T12:00:00Z", "100"),
        ("2026-09-11T12:00:00Z", "200"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    (ana, profile, meter)
}

async fn listed(who: &Actor, profile: EnergyProfileId) -> Vec<Value> {
    let listed = who.get(&in_home(path::ALERTS, profile)).await;
    listed.json.as_array().unwrap().clone()
}

async fn shown(who: &Actor, profile: EnergyProfileId) -> usize {
    let board = who.get(&in_home(path::DASHBOARD, profile)).await;
    board.json["alerts"].as_array().unwrap().len()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_servers_that_look_at_once_raise_one_alert(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile, _) = silent_home(&test).await;
    let other = test.with_settings(|_| ());
    let (one, two) = tokio::join!(
        evaluate::run(&test.app, profile),
        evaluate::run(&other.app, profile)
    );
    one.and(two).unwrap();
    assert_eq!(listed(&ana, profile).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_alert_that_is_put_off_is_shown_again_on_its_day(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile, _) = silent_home(&test).await;
    evaluate::run(&test.app, profile).await.unwrap();
    let alert = listed(&ana, profile).await.remove(0);
    let snooze = of_row(path::ALERT_SNOOZE, profile, "alert_id", &alert);
    let refused = ana.post(&snooze, &json!({ "until": "2026-11-23" })).await;
    assert_eq!(refused.wrong(), wrong(&[("until", "not_after_today")]));
    let off = ana.post(&snooze, &json!({ "until": "2026-11-25" })).await;
    assert_eq!(
        (off.status, &off.json["snoozed_by"]),
        (StatusCode::OK, &"Ana".into())
    );
    assert_eq!(shown(&ana, profile).await, 0);
    evaluate::run(&test.app, profile).await.unwrap();
    assert_eq!(shown(&ana, profile).await, 0, "it holds, and is no news");
    test.at("2026-11-25T15:00:00Z");
    assert_eq!(shown(&ana, profile).await, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_rule_is_changed_switched_off_and_taken_back(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile, _) = silent_home(&test).await;
    let rules = in_home(path::ALERT_RULES, profile);
    let of = async |rule: &str| {
        let rules = ana.get(&rules).await.json;
        let mut rules = rules.as_array().unwrap().clone().into_iter();
        rules.find(|row| row["rule"] == rule).unwrap()
    };
    let address = format!("{rules}/no_data");
    let mut row = json!({
        "version": 0, "enabled": true, "severity": "urgent", "cool_down_days": 0,
        "thresholds": { "register_days": 80 },
    });
    let wide = json!({ "version": 0, "enabled": true, "severity": "info", "cool_down_days": 400,
        "thresholds": { "step_days": 0, "rise_w": 3 } });
    assert_eq!(
        ana.put(&address, &wide).await.wrong(),
        wrong(&[
            ("cool_down_days", "out_of_range"),
            ("step_days", "out_of_range"),
            ("rise_w", "not_a_threshold"),
        ])
    );
    let changed = ana.put(&address, &row).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    test.run_jobs().await;
    assert!(listed(&ana, profile).await.is_empty(), "73 days are not 80");
    let stands = of("no_data").await;
    assert_eq!(
        stands["thresholds"],
        json!({ "register_days": 80, "step_days": 3 })
    );
    assert_eq!(ana.put(&address, &row).await.status, StatusCode::CONFLICT);

    row["version"] = stands["version"].clone();
    row["thresholds"]["register_days"] = json!(70);
    ana.put(&address, &row).await;
    test.run_jobs().await;
    let alerts = listed(&ana, profile).await;
    assert_eq!(
        (alerts.len(), &alerts[0]["severity"]),
        (1, &"urgent".into())
    );

    // Taken back: 80 days again, so the alert is over.
    let operations = ana.get(&in_home(path::OPERATIONS, profile)).await;
    let newest = &operations.json["operations"][0];
    let undo = of_row(path::UNDO, profile, "operation_id", newest);
    assert!(ana.post(&undo, &Value::Null).await.status.is_success());
    test.run_jobs().await;
    assert!(listed(&ana, profile).await[0]["resolved_at"].is_string());

    let version = of("no_data").await["version"].clone();
    let reset = ana.delete(&format!("{address}?version={version}")).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.json);
    assert_eq!(of("no_data").await["version"], 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_meter_that_opted_out_raises_nothing(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile, meter) = silent_home(&test).await;
    let address = of_row(path::METER, profile, "meter_id", &meter);
    let mut row = meter.clone();
    row.as_object_mut().unwrap().remove("meter_id");
    row["alerts_off"] = json!(true);
    let changed = ana.put(&address, &row).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    test.run_jobs().await;
    assert!(listed(&ana, profile).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_silent_meter_is_told_once_acknowledged_and_resolved_by_news(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    ana.post(&readings, &register("2026-09-01T12:00:00Z", "100"))
        .await;
    ana.post(&readings, &register("2026-09-11T12:00:00Z", "200"))
        .await;

    evaluate::run(&test.app, profile).await.unwrap();
    evaluate::run(&test.app, profile).await.unwrap();
    let alerts = path::fill(path::ALERTS, &[("energy_profile_id", &profile)]);
    let listed = ana.get(&alerts).await;
    let listed = listed.json.as_array().unwrap().clone();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["rule"], "no_data");
    assert_eq!(listed[0]["evidence"]["meter"], "Main");
    assert_eq!(listed[0]["evidence"]["days"], "73");

    let id = listed[0]["alert_id"].as_str().unwrap();
    let acknowledge = path::fill(
        path::ALERT_ACKNOWLEDGEMENT,
        &[("energy_profile_id", &profile), ("alert_id", &id)],
    );
    let acknowledged = ana.post(&acknowledge, &Value::Null).await;
    assert_eq!(
        (acknowledged.status, &acknowledged.json["acknowledged_by"]),
        (StatusCode::OK, &"Ana".into())
    );

    // News: the job that the entry asked for finds that the meter speaks again.
    ana.post(&readings, &register("2026-11-23T12:00:00Z", "900"))
        .await;
    test.run_jobs().await;
    let listed = ana.get(&alerts).await;
    assert!(listed.json[0]["resolved_at"].is_string(), "{}", listed.json);
}

/// Days of a meter by the hour, from `first` to 2026-11-22: as many milliwatt-hours in each hour, or a gap.
async fn hours(
    test: &TestApp,
    profile: EnergyProfileId,
    meter: &Meter,
    first: Date,
    mwh: impl Fn(Date) -> Option<i32>,
) {
    for day in first
        .series(1.day())
        .take_while(|day| *day < date(2026, 11, 23))
    {
        let Some(mwh) = mwh(day) else { continue };
        sqlx::query(
            "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes, step_mwh)
             VALUES ($1, $2, $3::date, $3::date::timestamp AT TIME ZONE 'America/Sao_Paulo', 1440, 60, $4)",
        )
        .bind(profile.0)
        .bind(meter.meter_id.0)
        .bind(day.to_string())
        .bind(vec![mwh; 24])
        .execute(&test.app.db)
        .await
        .unwrap();
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_counter_that_is_stuck_for_months_is_told_as_long_as_it_is(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Step).await;
    let stuck = date(2026, 7, 11);
    let used = |day| Some(if day < stuck { 300_000 } else { 0 });
    hours(&test, profile, &meter, date(2026, 7, 1), used).await;
    evaluate::run(&test.app, profile).await.unwrap();
    let alerts = listed(&ana, profile).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["rule"], "standing_still");
    assert_eq!(alerts[0]["evidence"]["first"], "2026-07-11");
    assert_eq!(alerts[0]["evidence"]["days"], "135");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_another_meter_of_the_connection_knows_is_not_missing_and_told_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let file = test.meter(profile, "File", ReadingKind::Step).await;
    let live = test.meter(profile, "Live", ReadingKind::Step).await;
    let first = date(2026, 8, 20);
    // What the home takes at night doubles in its last week.
    let used = |day| {
        Some(if day < date(2026, 11, 14) {
            100_000
        } else {
            200_000
        })
    };
    let gap = date(2026, 11, 5)..date(2026, 11, 9);
    let with_gap = |day| used(day).filter(|_| !gap.contains(&day));
    hours(&test, profile, &file, first, with_gap).await;
    hours(&test, profile, &live, first, used).await;
    let told = async || {
        evaluate::run(&test.app, profile).await.unwrap();
        let alerts = listed(&ana, profile).await;
        let open = alerts.iter().filter(|alert| alert["resolved_at"].is_null());
        let rules = open.map(|alert| alert["rule"].as_str().unwrap().to_owned());
        let mut rules: Vec<String> = rules.collect();
        rules.sort();
        rules
    };
    assert_eq!(
        told().await,
        ["gap", "standby_creeping", "standby_creeping"]
    );
    sqlx::query("UPDATE meter SET same_as = $2 WHERE meter_id = $1")
        .bind(live.meter_id.0)
        .bind(file.meter_id.0)
        .execute(&test.app.db)
        .await
        .unwrap();
    assert_eq!(told().await, ["standby_creeping"]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_entered_while_rules_were_looked_at_is_looked_at_too(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile, _) = silent_home(&test).await;
    // The write is there and does not stand yet, so the job has looked by the time that it does.
    let mut held = test.app.db.begin().await.unwrap();
    for write in [
        "UPDATE energy_profile SET revision = revision + 1 WHERE energy_profile_id = $1",
        "UPDATE meter SET alerts_off = true WHERE energy_profile_id = $1",
    ] {
        let done = sqlx::query(write).bind(profile.0).execute(&mut *held).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }
    let release = async {
        let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock')";
        let waits = || sqlx::query_scalar::<_, bool>(waiting).fetch_one(&test.app.db);
        while !waits().await.unwrap() {}
        held.commit().await.unwrap();
    };
    let (looked, ()) = tokio::join!(evaluate::run(&test.app, profile), release);
    looked.unwrap();
    assert_eq!(listed(&ana, profile).await, Vec::<Value>::new());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_goal_of_a_device_is_told_by_its_own_meter_or_else_by_its_estimate(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    // 2 kWh a day by what is said of each, of which 26 have passed in this cycle and 60 will have.
    let mut devices = Vec::new();
    for (name, limit) in [("Fridge", "50"), ("Heater", "20"), ("Lamp", "60")] {
        let device = json!({
            "name": name, "category": "other", "quantity": 1, "power_w": "1000", "standby_w": "0",
            "hours_per_day": "2", "days_per_month": "30", "duty_cycle": "1"
        });
        let made = ana.post(&in_home(path::DEVICES, profile), &device).await;
        let goal = json!({ "measure": "kwh", "period": "cycle", "limit": limit, "valid_from": "2026-01-01",
            "profile_device_id": made.json["row"]["profile_device_id"] });
        let set = ana.post(&in_home(path::GOALS, profile), &goal).await;
        assert_eq!(set.status, StatusCode::CREATED, "{}", set.json);
        devices.push(made.json["row"].clone());
    }
    let meter = json!({ "name": "Fridge", "channel": "device", "reading_kind": "register",
        "profile_device_id": devices[0]["profile_device_id"] });
    let made = ana.post(&in_home(path::METERS, profile), &meter).await;
    let readings = of_row(path::READINGS, profile, "meter_id", &made.json["row"]);
    for (at, kwh) in [
        ("2026-09-14T03:00:00Z", "0"),
        ("2026-11-23T03:00:00Z", "140"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    let told = async || {
        evaluate::run(&test.app, profile).await.unwrap();
        let listed = listed(&ana, profile).await;
        let mut told: Vec<String> = listed
            .iter()
            .filter(|alert| alert["resolved_at"].is_null())
            .map(|alert| {
                let of = |name: &str| alert["evidence"][name].as_str().unwrap_or("–").to_owned();
                let rule = alert["rule"].as_str().unwrap();
                let source = of("source");
                format!("{rule} {} {source} {}", of("device"), of("probability"))
            })
            .collect();
        told.sort();
        told
    };
    let by_meter = "goal_pace Fridge device_meter 0.999";
    let both = [by_meter, "goal_passed Heater device_estimate 1"];
    assert_eq!(told().await, both);
    assert_eq!(told().await, both, "each once in its span");
    let quiet = json!({
        "name": "Heater", "category": "other", "quantity": 1, "power_w": "1000", "standby_w": "0",
        "hours_per_day": "2", "days_per_month": "30", "duty_cycle": "1", "alerts_off": true,
        "version": devices[1]["version"]
    });
    let heater = of_row(path::DEVICE, profile, "profile_device_id", &devices[1]);
    let changed = ana.put(&heater, &quiet).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(told().await, [by_meter], "nobody wants alerts of it");
}
