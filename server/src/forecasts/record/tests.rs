use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, path};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::store as record;
use crate::forecasts::forecast::{Forecast, ForecastDay};
use crate::forecasts::interval::Range;
use crate::forecasts::model::Candidate;
use crate::forecasts::store::{self, Ahead};
use crate::testing::{TestApp, in_home};

fn range(kwh: f64) -> Range {
    Range {
        kwh,
        lo80: kwh - 1.0,
        hi80: kwh + 1.0,
        lo95: kwh - 2.0,
        hi95: kwh + 2.0,
    }
}

/// Ten kilowatt-hours each day.
fn forecast(origin: Date) -> Forecast {
    let day = |ahead: i32| ForecastDay {
        date: origin + ahead.days(),
        range: range(10.0),
    };
    let total = |days: i32| range(10.0 * f64::from(days));
    Forecast {
        made_on: origin,
        model: Candidate::WeeklyNaive,
        days: (1..=45).map(day).collect(),
        totals: (1..=45).map(total).collect(),
        hours: Vec::new(),
        months: Vec::new(),
    }
}

/// A home with a model; what it has learnt does not matter here.
async fn home(test: &TestApp, db: &PgPool) -> (crate::testing::Actor, EnergyProfileId, Uuid) {
    let (ana, profile) = test.owner().await;
    test.meter(profile, "Main", ReadingKind::Register).await;
    let model = Uuid::now_v7();
    sqlx::query(
        "WITH run AS (
             INSERT INTO training_run (energy_profile_id, training_run_id, trigger, state, started_at, finished_at)
             VALUES ($1, $2, 'request', 'succeeded', '2026-08-01Z', '2026-08-01Z'))
         INSERT INTO forecast_model (energy_profile_id, forecast_model_id, training_run_id, model, features_version, artefact,
                                     card, trained_from, trained_to, in_use, created_at)
         VALUES ($1, $2, $2, 'weekly_naive', 1, '{}', $3, '2026-01-01', '2026-08-01', true, '2026-08-01Z')",
    )
    .bind(profile.0)
    .bind(model)
    .bind(json!({
        "stage": "full", "days_used": 213, "days_missing": 0, "days_refused": 0, "days_away": 0, "outlier_days": [],
        "origins": 24, "members": [], "temperature": false, "holidays": true,
    }))
    .execute(db)
    .await
    .unwrap();
    (ana, profile, model)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_newest_forecast_has_hours_and_months_and_older_ones_their_days(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile, model) = home(&test, &db).await;
    let mut conn = db.acquire().await.unwrap();
    let hours = vec![range(0.5); 168];
    let months = (0..11).map(|at| (date(2027, 1, 1) + at.months(), range(300.0)));
    let months: Vec<(Date, Range)> = months.collect();
    let first = date(2026, 9, 1);
    for after in 0..=82 {
        let mut forecast = forecast(first + after.days());
        forecast.months.clone_from(&months);
        let ahead = Ahead {
            forecast: &forecast,
            hours: &hours,
        };
        store::put_prediction(&mut conn, profile, model, &ahead, test.app.clock.now())
            .await
            .unwrap();
    }
    let kept: (i64, String, i64) = sqlx::query_as(
        "SELECT count(*), min(origin)::text, count(*) FILTER (WHERE hours <> '{}' OR months <> '{}') FROM consumption_prediction",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(kept, (61, "2026-09-23".to_owned(), 1));

    let answer = ana.get(&in_home(path::FORECAST, profile)).await.json;
    let detail = &answer["detail"];
    assert_eq!(answer["forecast"]["origin"], "2026-11-22");
    assert_eq!(
        (&detail["card"]["days_used"], &detail["card"]["holidays"]),
        (&json!(213), &json!(true))
    );
    let hours = detail["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 168);
    assert_eq!(
        (&hours[0]["start"], &hours[167]["start"]),
        (
            &json!("2026-11-23T03:00:00Z"),
            &json!("2026-11-30T02:00:00Z")
        )
    );
    assert_eq!(hours[0]["kwh"]["hi80"], "1.500000");
    let months = detail["months"].as_array().unwrap();
    assert_eq!(
        (months.len(), &months[0]["first"], &months[10]["first"]),
        (11, &json!("2027-01-01"), &json!("2027-11-01"))
    );
    assert_eq!(detail["totals"][2]["likely"], "30.000000");
    assert_eq!(detail["totals"][2]["lo95"], "28.000000");

    // Readings were taken back: what was said with them is not said any more.
    let forecast = forecast(date(2026, 10, 10));
    let ahead = Ahead {
        forecast: &forecast,
        hours: &[],
    };
    store::put_prediction(&mut conn, profile, model, &ahead, test.app.clock.now())
        .await
        .unwrap();
    let answer = ana.get(&in_home(path::FORECAST, profile)).await.json;
    assert_eq!(answer["forecast"]["origin"], "2026-10-10");
    assert_eq!(
        (&answer["detail"]["hours"], &answer["detail"]["months"]),
        (&json!([]), &json!([]))
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_predicted_is_counted_beside_what_happened(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let (ana, profile, model) = home(&test, &db).await;
    let mut conn = db.acquire().await.unwrap();
    let first = date(2026, 11, 1);
    for after in 0..10 {
        let forecast = forecast(first + after.days());
        let ahead = Ahead {
            forecast: &forecast,
            hours: &[],
        };
        store::put_prediction(&mut conn, profile, model, &ahead, test.app.clock.now())
            .await
            .unwrap();
    }
    // The 2nd to the 11th: inside both intervals, inside the wider one, outside, a gap on the 5th.
    let mut known: Vec<(Date, f64)> = [10.5, 11.5, 13.0, 0.0, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5]
        .into_iter()
        .enumerate()
        .map(|(at, kwh)| (first + i64::try_from(at + 1).unwrap().days(), kwh))
        .collect();
    known.remove(3);
    let horizons = [1, 7];
    record::put_comparisons(&mut conn, profile, first - 1.day(), &known, &horizons)
        .await
        .unwrap();
    let answer = ana.get(&in_home(path::FORECAST, profile)).await.json;
    let achieved = &answer["achieved"];
    assert_eq!(
        achieved[0],
        json!({
            "horizon": 1, "days": 9, "mae_kwh": "0.888889", "bias_kwh": "0.222222",
            "coverage80": "0.7778", "coverage95": "0.8889",
        })
    );
    assert_eq!(
        (&achieved[1]["horizon"], &achieved[1]["days"]),
        (&json!(7), &json!(4))
    );
    let newest = &answer["comparisons"][0];
    assert_eq!(
        (&newest["date"], &newest["inside80"]),
        (&json!("2026-11-11"), &json!(true))
    );

    // The reading of the 4th was wrong; the days from the 9th on were taken back.
    known[2].1 = 10.0;
    known.truncate(6);
    record::put_comparisons(&mut conn, profile, first - 1.day(), &known, &horizons)
        .await
        .unwrap();
    let achieved = record::list_achieved(&mut conn, profile).await.unwrap();
    assert_eq!((achieved[0].days, achieved[1].days), (6, 1));
    assert_eq!(achieved[0].coverage95, Some(rust_decimal::Decimal::ONE));
}
