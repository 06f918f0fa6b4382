use axum::http::StatusCode;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::deliver;
use crate::outside::testing::{Answer, Stub};
use crate::testing::{Actor, TestApp, home, in_home, register};
use crate::{catalog, jobs};

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn report_of(profile: EnergyProfileId, period: &str) -> String {
    path::fill(
        path::REPORT,
        &[("energy_profile_id", &profile), ("period", &period)],
    )
}

/// 10 kWh a day from the 10th of October to the 22nd of November, but for two days of November; today is
/// the 23rd. Cycles begin on the 10th.
async fn measured(test: &TestApp, db: &PgPool) -> (Actor, EnergyProfileId) {
    catalog::load_reference(db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!("br-cemig-d-conventional");
    let made = ana.post(path::PROFILES, &new).await.json;
    let profile = made["energy_profile_id"].as_str().unwrap().parse().unwrap();
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter.meter_id),
        ],
    );
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
    (ana, profile)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_month_a_cycle_and_a_year_carry_their_coverage_and_add_up(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    let of = async |period: &str, query: &str| {
        let answer = ana.get(&(report_of(profile, period) + query)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        answer.json
    };
    let covered = |report: &Value| {
        let of = &report["summary"];
        (
            decimal(&of["kwh"]),
            of["measured_days"].clone(),
            of["elapsed_days"].clone(),
        )
    };

    let october = of("2026-10", "").await;
    assert_eq!(october["kind"], "month");
    assert_eq!(october["whole"], true);
    assert_eq!(
        covered(&october),
        (Decimal::from(220), json!(22), json!(31))
    );
    assert_eq!(october["days"].as_array().unwrap().len(), 31);
    assert_eq!(october["days"][0]["kwh"], Value::Null, "a gap is a gap");
    assert_eq!(october["against_previous"], Value::Null);
    // The lines are what the cost is made of.
    let lines = october["lines"].as_array().unwrap();
    let sum: Decimal = lines.iter().map(|line| decimal(&line["amount"])).sum();
    assert_eq!(sum, decimal(&october["summary"]["cost"]));
    assert_eq!(october["lines_total"], october["summary"]["cost"]);

    let cycle = of("2026-10", "?kind=cycle").await;
    assert_eq!(
        cycle["span"],
        json!({ "first": "2026-10-10", "last": "2026-11-09" })
    );
    assert_eq!(covered(&cycle), (Decimal::from(310), json!(31), json!(31)));

    let november = of("2026-11", "").await;
    assert_eq!(november["whole"], false);
    assert_eq!(november["through"], "2026-11-22");
    assert_eq!(
        covered(&november),
        (Decimal::from(200), json!(20), json!(22))
    );
    assert_eq!(november["against_previous"]["comparison"]["days"], 11);

    let year = of("2026", "").await;
    assert_eq!(covered(&year), (Decimal::from(420), json!(42), json!(326)));
    let months = year["months"].as_array().unwrap();
    assert_eq!(months.len(), 11);
    assert_eq!(months[8]["kwh"], Value::Null);
    let cost = |month: &Value| decimal(&month["cost"]);
    assert_eq!(
        decimal(&year["summary"]["cost"]),
        cost(&months[9]) + cost(&months[10])
    );
    assert_eq!(cost(&months[9]), decimal(&october["summary"]["cost"]));
    // Of the month that is not over there are no lines yet.
    assert_eq!(decimal(&year["lines_total"]), cost(&months[9]));
    assert_eq!(cost(&months[10]), decimal(&november["summary"]["cost"]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn on_its_first_day_a_month_has_no_figure_and_no_complaint(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    test.at("2026-11-01T15:00:00Z");
    let november = ana.get(&report_of(profile, "2026-11")).await.json;
    let summary = &november["summary"];
    assert_eq!(
        (&summary["kwh"], &summary["cost"], &summary["elapsed_days"]),
        (&Value::Null, &Value::Null, &json!(0))
    );
    assert_eq!(november["unpriced"], Value::Null);
    assert_eq!(
        (&november["days"], &november["lines"]),
        (&json!([]), &json!([]))
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_stands_beside_what_it_is_recomputed_as(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    let bill = json!({
        "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "310", "total": "400.00",
    });
    let bills = path::fill(path::BILLS, &[("energy_profile_id", &profile)]);
    let made = ana.post(&bills, &bill).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let november = ana.get(&report_of(profile, "2026-11")).await.json;
    let shown = &november["bills"][0];
    assert_eq!(shown["bill"]["kwh"], "310");
    let recomputed = decimal(&shown["recomputed"]);
    assert_eq!(
        decimal(&shown["difference"]),
        Decimal::from(400) - recomputed
    );
    let october = ana.get(&report_of(profile, "2026-10")).await.json;
    assert_eq!(october["bills"], json!([]), "it ended in November");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_became_of_goals_is_told_of_each_cycle_and_month_that_ended_in_the_span(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    for (measure, period, limit, from, to) in [
        ("kwh", "cycle", "300", "2026-01-01", None),
        ("kwh", "month", "300", "2026-01-01", None),
        ("money", "month", "1", "2026-01-01", None),
        // Nobody asks after what held before, or will.
        ("kwh", "month", "1", "2026-01-01", Some("2026-08-31")),
        ("kwh", "month", "1", "2026-11-01", None),
    ] {
        let goal = json!({
            "measure": measure, "period": period, "limit": limit, "valid_from": from, "valid_to": to,
        });
        let made = ana.post(&in_home(path::GOALS, profile), &goal).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    }
    let of = async |period: &str, query: &str| {
        let report = ana.get(&(report_of(profile, period) + query)).await.json;
        let goals = report["goals"].as_array().unwrap().clone();
        let told = goals.iter().map(|of| {
            let outcome = &of["outcome"];
            (
                format!("{} {}", of["goal"]["measure"], outcome["span"]["first"]).replace('"', ""),
                outcome["used"].clone(),
            )
        });
        (told.collect::<Vec<_>>(), report["summary"].clone())
    };
    let (month, summary) = of("2026-10", "").await;
    let names: Vec<&str> = month.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["kwh 2026-09-10", "money 2026-10-01", "kwh 2026-10-01"]
    );
    let by_name = |told: &[(String, Value)], name: &str| {
        let found = told.iter().find(|(of, _)| of == name);
        decimal(&found.unwrap_or_else(|| panic!("{name} of {told:?}")).1)
    };
    assert_eq!(
        by_name(&month, "kwh 2026-10-01"),
        decimal(&summary["kwh"]),
        "what is used is what the report says"
    );
    assert_eq!(
        by_name(&month, "money 2026-10-01"),
        decimal(&summary["cost"])
    );
    let (cycle, summary) = of("2026-10", "?kind=cycle").await;
    assert_eq!(
        by_name(&cycle, "kwh 2026-10-10"),
        decimal(&summary["kwh"]),
        "of the cycle"
    );
    assert_eq!(
        by_name(&cycle, "kwh 2026-10-01"),
        Decimal::from(220),
        "and of the month that ended in it"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_month_is_told_whole_however_much_happened_since(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    // Predictions and alerts of the 20th of October, and thousands of both of later days.
    for (first, days, horizons) in [("2026-10-20", 1, 1), ("2026-11-01", 400, 30)] {
        sqlx::query(
            "INSERT INTO historical_prediction_comparison
                 (energy_profile_id, local_date, horizon, origin, model, predicted_kwh, actual_kwh)
             SELECT $1, $2::date + day, horizon, $2::date + day - horizon, 'naive', 9, 10
             FROM generate_series(0, $3 - 1) AS day, generate_series(1, $4) AS horizon",
        )
        .bind(profile.0)
        .bind(first)
        .bind(days)
        .bind(horizons)
        .execute(&db)
        .await
        .unwrap();
    }
    for (at, count) in [("2026-10-20T12:00:00Z", 1), ("2026-11-20T12:00:00Z", 6_000)] {
        sqlx::query(
            "INSERT INTO alert (energy_profile_id, alert_id, rule, fact, about, severity, evidence, raised_at)
             SELECT $1, gen_random_uuid(), 'gap', $2 || n, $2 || n, 'info', '{}', $2::timestamptz
             FROM generate_series(1, $3) AS n",
        )
        .bind(profile.0)
        .bind(at)
        .bind(count)
        .execute(&db)
        .await
        .unwrap();
    }
    let october = ana.get(&report_of(profile, "2026-10")).await.json;
    assert_eq!(october["forecast"][0]["days"], 1);
    assert_eq!(october["alerts"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_no_span_is_refused_by_its_field(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for (period, field, code) in [
        ("2026-13", "period", "not_a_period"),
        ("october", "period", "not_a_period"),
        ("2026-12", "period", "in_the_future"),
        ("2027", "period", "in_the_future"),
        ("2026?kind=cycle", "kind", "not_of_this_period"),
        ("2026-10?kind=year", "kind", "not_of_this_period"),
    ] {
        let answer = ana.get(&report_of(profile, period)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{period}");
        let error = &answer.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code))
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_page_is_one_file_in_the_language_asked_for_and_nothing_in_it_runs(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = measured(&test, &db).await;
    let device = json!({
        "name": "<script>alert(1)</script>", "category": "other", "quantity": 1, "power_w": "100",
        "standby_w": "0", "hours_per_day": "5", "days_per_month": "30", "duty_cycle": "1",
    });
    let devices = path::fill(path::DEVICES, &[("energy_profile_id", &profile)]);
    assert_eq!(
        ana.post(&devices, &device).await.status,
        StatusCode::CREATED
    );
    for (language, words) in [("en", "Summary"), ("pt-BR", "Resumo")] {
        let address = path::fill(
            path::REPORT_PAGE,
            &[("energy_profile_id", &profile), ("period", &"2026-10")],
        );
        let answer = ana.get(&format!("{address}?language={language}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        let page = answer.text();
        assert!(page.contains(words) && page.contains("<svg"), "{page}");
        assert!(page.contains(&format!("<html lang=\"{language}\">")));
        assert!(
            !page.contains("<script") && !page.contains("src="),
            "{page}"
        );
        let addresses = page.matches("http").count();
        assert_eq!(
            addresses,
            page.matches("http://www.w3.org/2000/svg").count()
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_month_that_is_over_goes_out_once_in_the_members_language_by_channels_that_take_reports(
    db: PgPool,
) {
    let trusting = TestApp::new(db.clone()).await;
    let test = trusting.with_settings(|settings| settings.notices.allow_private = true);
    let (ana, profile) = measured(&test, &db).await;
    let stub = Stub::new(|_| Answer::Json(json!({}))).await;
    for (kind, place, reports) in [("webhook", "reports", true), ("ntfy", "alerts", false)] {
        let channel = json!({
            "kind": kind, "address": format!("{}/{place}", stub.address), "min_severity": "urgent",
            "alerts": false, "reports": reports,
        });
        let made = ana
            .post(&in_home(path::NOTICE_CHANNELS, profile), &channel)
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    }
    let told = async || {
        deliver::run_all(&test.app).await.unwrap();
        test.run_jobs().await;
        stub.asked()
    };
    assert!(told().await.is_empty(), "in the middle of a month");
    test.at("2026-12-02T12:00:00Z");
    let sent = told().await;
    assert_eq!((sent.len(), sent[0].path.as_str()), (1, "/reports"));
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!(body["id"], "report:2026-11");
    assert_eq!(body["subject"], "Casa Aurora · Nov 2026");
    let text = body["text"].as_str().unwrap();
    assert!(text.contains("20 of 30 days measured"), "{text}");
    assert!(told().await.is_empty(), "once");
    test.at("2026-12-03T12:00:00Z");
    assert!(told().await.is_empty(), "on the next day too");
    deliver::run_all(&test.app).await.unwrap();
    let asked = jobs::store::are_due(&db).await.unwrap();
    assert!(!asked, "the month is not put together again");

    // Whoever adds a channel in these days gets it through that.
    let channel = json!({
        "kind": "ntfy", "address": format!("{}/later", stub.address), "min_severity": "urgent",
        "alerts": false, "reports": true,
    });
    ana.post(&in_home(path::NOTICE_CHANNELS, profile), &channel)
        .await;
    let sent = told().await;
    assert_eq!((sent.len(), sent[0].path.as_str()), (1, "/later"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn homes_that_send_reports_are_gone_through_by_the_page_and_those_that_did_are_left_out(
    db: PgPool,
) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile) = test.owner().await;
    let channel = json!({
        "kind": "ntfy", "address": "https://example.org/topic", "min_severity": "urgent",
        "alerts": false, "reports": true,
    });
    ana.post(&in_home(path::NOTICE_CHANNELS, profile), &channel)
        .await;
    test.run_jobs().await;
    sqlx::query(
        "WITH homes AS (
             INSERT INTO energy_profile
             SELECT (jsonb_populate_record(p, jsonb_build_object('energy_profile_id', gen_random_uuid()))).*
             FROM energy_profile AS p CROSS JOIN generate_series(1, 2100) RETURNING energy_profile_id),
         members AS (
             INSERT INTO profile_member
             SELECT (jsonb_populate_record(m, jsonb_build_object('energy_profile_id', homes.energy_profile_id))).*
             FROM profile_member AS m CROSS JOIN homes)
         INSERT INTO notice_channel
         SELECT (jsonb_populate_record(c, jsonb_build_object('energy_profile_id', homes.energy_profile_id))).*
         FROM notice_channel AS c CROSS JOIN homes",
    )
    .execute(&db)
    .await
    .unwrap();
    // To one it was announced.
    sqlx::query(
        "INSERT INTO notice (energy_profile_id, notice_channel_id, about, severity, subject, body, created_at)
         SELECT energy_profile_id, notice_channel_id, 'report:2026-11', 'info', '', '', now()
         FROM notice_channel WHERE energy_profile_id = $1",
    )
    .bind(profile.0)
    .execute(&db)
    .await
    .unwrap();
    test.at("2026-12-01T12:00:00Z");
    for _ in 0..2 {
        deliver::run_all(&test.app).await.unwrap();
        let (jobs, homes): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(DISTINCT key) FROM graphile_worker._private_jobs WHERE key LIKE 'report:%'",
        )
        .fetch_one(&db)
        .await
        .unwrap();
        assert_eq!((jobs, homes), (2100, 2100));
    }
}
