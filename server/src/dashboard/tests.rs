use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::catalog;
use crate::testing::{TestApp, home, register};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_empty_home_shows_no_figure_that_it_does_not_have(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let answer = ana
        .get(&path::fill(
            path::DASHBOARD,
            &[("energy_profile_id", &profile)],
        ))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let dashboard = answer.json;
    assert_eq!(dashboard["so_far"]["kwh"], Value::Null);
    assert_eq!(dashboard["so_far"]["cost"], Value::Null);
    assert_eq!(dashboard["so_far"]["co2e"], Value::Null);
    assert_eq!(dashboard["projection"], Value::Null);
    assert_eq!(dashboard["against_previous"], Value::Null);
    assert_eq!(dashboard["forecast"]["state"], "too_little");
    assert_eq!(dashboard["forecast"]["need_days"], 14);
    assert_eq!(dashboard["so_far"]["elapsed_days"], 13);
    assert_eq!(dashboard["so_far"]["measured_days"], 0);
    assert!(
        dashboard["days"]
            .as_array()
            .unwrap()
            .iter()
            .all(|day| day["kwh"].is_null())
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_cycle_is_priced_by_the_engine_with_its_co2e_and_coverage(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    catalog::load_reference(&db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!("br-cemig-d-conventional");
    let profile = ana.post(path::PROFILES, &new).await.json["energy_profile_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let profile = profile.parse().unwrap();
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    // 10 kWh a day from the 10th of October on, but for two days of this cycle that nobody read.
    for (at, kwh, restarted) in [
        ("2026-10-10T03:00:00Z", "1000", false),
        ("2026-11-15T03:00:00Z", "1360", false),
        ("2026-11-17T03:00:00Z", "2000", true),
        ("2026-11-23T03:00:00Z", "2060", false),
    ] {
        let mut body = register(at, kwh);
        body["register_restarted"] = json!(restarted);
        let answer = ana.post(&readings, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    }
    let address = path::fill(path::DASHBOARD, &[("energy_profile_id", &profile)]);
    let dashboard = ana.get(&address).await.json;
    let so_far = &dashboard["so_far"];
    assert_eq!(so_far["kwh"], "110.000000");
    assert_eq!(
        (&so_far["elapsed_days"], &so_far["measured_days"]),
        (&json!(13), &json!(11))
    );
    // 110 kWh at 0.31021 + 0.59308 and the yellow flag, 18 % ICMS and 1.1 + 5.0 % inside.
    let cost: f64 = so_far["cost"].as_str().unwrap().parse().unwrap();
    let expected = 110.0 * (0.31021 + 0.59308 + 0.01885) / ((1.0 - 0.18) * (1.0 - 0.061));
    assert!((cost - expected).abs() < 0.01, "{cost} {expected}");
    assert_eq!(so_far["co2e"]["region"], "BR-SIN");
    assert_eq!(so_far["co2e"]["kg"], "5.995");
    assert_eq!(dashboard["against_previous"]["days"], 11);
    assert_eq!(dashboard["against_previous"]["percent"], "0");
    assert_eq!(
        dashboard["meters"][0]["last_reading"]["register_kwh"],
        "2060.000000"
    );
    assert!(
        dashboard["assumptions"]
            .as_array()
            .unwrap()
            .contains(&json!("factor_of_2024")),
        "{}",
        dashboard["assumptions"]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_dashboard_that_did_not_change_is_not_sent_again(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let address = path::fill(path::DASHBOARD, &[("energy_profile_id", &profile)]);
    let first = ana.get(&address).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let known = [("if-none-match", tag.as_str())];
    let ask = || ana.ask(Method::GET, &address, &known, Body::empty());
    assert_eq!(ask().await.status, StatusCode::NOT_MODIFIED);

    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    ana.post(&readings, &register("2026-11-01T12:00:00Z", "100"))
        .await;
    assert_eq!(ask().await.status, StatusCode::OK, "a reading changes it");
    let tag = ana.get(&address).await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    test.at("2026-11-24T15:00:00Z");
    let next_day = ana
        .ask(
            Method::GET,
            &address,
            &[("if-none-match", &tag)],
            Body::empty(),
        )
        .await;
    assert_eq!(next_day.status, StatusCode::OK, "so does a new day");
}

/// What a device costs is asked before there is a forecast: the newest bill says how much is used.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_more_kwh_has_a_price_as_soon_as_a_bill_says_how_much_is_used(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    catalog::load_reference(&db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!("br-cemig-d-conventional");
    let made = ana.post(path::PROFILES, &new).await.json;
    let of = |pattern| {
        path::fill(
            pattern,
            &[(
                "energy_profile_id",
                &made["energy_profile_id"].as_str().unwrap(),
            )],
        )
    };
    let before = ana.get(&of(path::DASHBOARD)).await.json;
    assert_eq!(before["next_kwh"]["price"], Value::Null);
    assert!(
        before["next_kwh"]["co2e"].is_string(),
        "{}",
        before["next_kwh"]
    );
    let bill = json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "212", "total": "245.90" });
    let answer = ana.post(&of(path::BILLS), &bill).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    let after = ana.get(&of(path::DASHBOARD)).await.json;
    let price: rust_decimal::Decimal = after["next_kwh"]["price"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let plausible = rust_decimal::Decimal::new(5, 1)..rust_decimal::Decimal::from(2);
    assert!(plausible.contains(&price), "{price}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_tariff_that_cannot_be_priced_says_what_is_missing_and_the_rest_stands(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    catalog::load_reference(&db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    // Its prices go by the hour, and a register says nothing of hours.
    new["tariff"] = json!("br-cemig-d-branca");
    let profile = ana.post(path::PROFILES, &new).await.json["energy_profile_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let profile = profile.parse().unwrap();
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    for (at, kwh) in [
        ("2026-10-10T03:00:00Z", "1000"),
        ("2026-11-23T03:00:00Z", "1440"),
    ] {
        let answer = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    }
    let address = path::fill(path::DASHBOARD, &[("energy_profile_id", &profile)]);
    let answer = ana.get(&address).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let dashboard = answer.json;
    assert_eq!(dashboard["so_far"]["kwh"], "130.000000");
    assert_eq!(dashboard["so_far"]["cost"], Value::Null);
    let error = &dashboard["unpriced"]["error"];
    assert_eq!(error["code"], "missing");
    assert_eq!(error["what"], "use_by_time");
}

/// Without a tariff the home's own bills say what it costs, once they fit a rate.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_without_a_tariff_is_priced_by_what_its_bills_fit(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let bill = |first: &str, last: &str, kwh: &str, total: &str| json!({ "first_day": first, "last_day": last, "kwh": kwh, "total": total });
    let bills = [
        bill("2026-08-10", "2026-09-09", "200", "208.60"),
        bill("2026-09-10", "2026-10-09", "150", "160.50"),
    ];
    let address = path::fill(path::BILLS, &[("energy_profile_id", &profile)]);
    for bill in &bills {
        ana.post(&address, bill).await;
    }
    let board = path::fill(path::DASHBOARD, &[("energy_profile_id", &profile)]);
    let before = ana.get(&board).await.json;
    assert_eq!(
        before["next_kwh"]["price"],
        Value::Null,
        "two bills fit nothing"
    );
    ana.post(&address, &bill("2026-10-10", "2026-11-09", "260", "265.60"))
        .await;
    let after = ana.get(&board).await.json;
    assert_eq!(after["next_kwh"]["price"], "0.95");
    assert_eq!(after["projection"], Value::Null, "there is no forecast yet");

    // Thirty days of use and a training: the bill at the end is 0.60 a day and 0.95 a kWh.
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    for (at, kwh) in [
        ("2026-10-01T03:00:00Z", "1000"),
        ("2026-11-23T03:00:00Z", "1530"),
    ] {
        ana.post(&readings, &register(at, kwh)).await;
    }
    test.run_jobs().await;
    let board = ana.get(&board).await.json;
    let decimal = |value: &Value| {
        value
            .as_str()
            .unwrap()
            .parse::<rust_decimal::Decimal>()
            .unwrap()
    };
    let projection = &board["projection"];
    let kwh = decimal(&projection["kwh"]["likely"]);
    let expected = (rust_decimal::Decimal::new(6, 1) * rust_decimal::Decimal::from(30)
        + rust_decimal::Decimal::new(95, 2) * kwh)
        .round_dp(2);
    assert_eq!(
        decimal(&projection["total"]["likely"]),
        expected,
        "{projection}"
    );
    let assumed = board["assumptions"].as_array().unwrap();
    assert!(assumed.contains(&json!("effective_rate")), "{assumed:?}");
}

/// The answer holds for the whole day, so it says what a kWh costs at each of its times.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_next_kwh_is_told_by_the_clock_with_its_parts_and_taxes(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    catalog::load_reference(&db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let next_kwh = async |tariff: &str, currency: &str, bill: bool| {
        let mut new = serde_json::to_value(home()).unwrap();
        new["tariff"] = json!(tariff);
        new["currency"] = json!(currency);
        let made = ana.post(path::PROFILES, &new).await.json;
        let key = made["energy_profile_id"].as_str().unwrap();
        let of = |pattern| path::fill(pattern, &[("energy_profile_id", &key)]);
        if bill {
            let bill = json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "400", "total": "245.90" });
            let answer = ana.post(&of(path::BILLS), &bill).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        }
        ana.get(&of(path::DASHBOARD)).await.json["next_kwh"].clone()
    };
    let nothing = next_kwh("gb-economy-7", "GBP", false).await;
    assert_eq!(nothing["by_time"], Value::Null, "the use decides on it");

    let economy = next_kwh("gb-economy-7", "GBP", true).await["by_time"].clone();
    assert_eq!(economy["goes_by_time"], true);
    let times = |spans: &Value| -> Vec<(u64, u64)> {
        let of = |span: &Value| {
            (
                span["start_min"].as_u64().unwrap(),
                span["end_min"].as_u64().unwrap(),
            )
        };
        spans.as_array().unwrap().iter().map(of).collect()
    };
    let night_and_day = [(0, 30), (30, 450), (450, 1_440)];
    assert_eq!(times(&economy["spans"]), night_and_day);
    assert_eq!(times(&economy["tomorrow"]), night_and_day);
    assert_eq!(economy["spans"][1]["parts"][0]["window"], "night");

    // 400 kWh of 30 days: the second tier, and no windows.
    let tiers = next_kwh("us-block-example", "USD", true).await;
    assert_eq!(tiers["by_time"]["goes_by_time"], false);
    let span = &tiers["by_time"]["spans"][0];
    assert_eq!(
        (&span["parts"][0]["tier"], &span["gross"]),
        (&json!(2), &json!("0.5"))
    );

    let cemig = next_kwh("br-cemig-d-conventional", "BRL", true).await;
    let parts = cemig["by_time"]["spans"][0]["parts"].as_array().unwrap();
    let codes: Vec<&str> = parts
        .iter()
        .map(|part| part["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["TE", "TUSD", "FLAG"]);
    let flag = &parts[2];
    assert_eq!(
        (&flag["note"], &flag["assumed"]),
        (&json!("yellow"), &json!(true))
    );
    let taxes = parts[0]["taxes"].as_array().unwrap();
    assert_eq!(taxes.len(), 3, "PIS, COFINS and ICMS inside: {taxes:?}");
    let decimal =
        |value: &Value| -> rust_decimal::Decimal { value.as_str().unwrap().parse().unwrap() };
    let gross = decimal(&cemig["by_time"]["spans"][0]["gross"]);
    let off = gross - decimal(&cemig["price"]);
    assert!(off.abs() < rust_decimal::Decimal::new(1, 5), "{off}");
}
