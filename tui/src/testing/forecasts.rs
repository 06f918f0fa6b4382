//! A home's forecast with something of everything: a combined model, its hours, its months, its record.

use std::str::FromStr;

use ecotrack_common::Kwh;
use ecotrack_common::forecast::{
    AccuracyScore, AchievedAccuracy, Band, Challenge, Forecast, ForecastDay, ForecastDetail,
    ForecastHour, ForecastMember, ForecastMonth, ForecastReport, ForecastStage, ForecastState,
    ModelCard, PredictionComparison, Training, TrainingState,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::sample::{at, dec, signed_in};
use crate::app::{App, Screen};
use crate::remote::Remote;

/// Likely kWh of a day by its weekday, Monday first.
const WEEK: [&str; 7] = ["8.4", "8.1", "8.7", "8.3", "9.6", "11.4", "10.2"];
/// Shares of a day's energy by its hour, in thousandths.
const SHAPE: [i64; 24] = [
    18, 15, 14, 14, 15, 22, 48, 62, 45, 33, 30, 32, 44, 40, 32, 30, 34, 46, 72, 96, 98, 78, 50, 32,
];
/// Models with how much worse than the best, in hundredths.
const MODELS: [(&str, i64); 8] = [
    ("combined", 0),
    ("shared", 3),
    ("theta", 9),
    ("exponential_smoothing", 11),
    ("elastic_net", 14),
    ("linear_regression", 22),
    ("mean_28", 27),
    ("weekly_naive", 46),
];

fn around(likely: Decimal, by80: Decimal, by95: Decimal) -> Band<Kwh> {
    let at_least = |value: Decimal| Kwh(value.max(Decimal::ZERO).round_dp(3));
    Band {
        likely: at_least(likely),
        lo80: at_least(likely - by80),
        hi80: at_least(likely + by80),
        lo95: at_least(likely - by95),
        hi95: at_least(likely + by95),
    }
}

fn likely(day: Date) -> Decimal {
    let weekday = day.weekday().to_monday_zero_offset();
    dec(WEEK[usize::try_from(weekday).unwrap()])
}

/// 45 days from today on, their bands wider with each.
fn days(today: Date) -> Vec<ForecastDay> {
    (0..45)
        .map(|n| {
            let date = today.saturating_add(n.days());
            let wide = Decimal::new(15 + n / 4, 1);
            ForecastDay {
                date,
                kwh: around(likely(date), wide, wide * dec("1.6")),
            }
        })
        .collect()
}

fn totals(days: &[ForecastDay]) -> Vec<Band<Kwh>> {
    let mut sum = Decimal::ZERO;
    let mut sums = Vec::new();
    for (n, day) in (1_i64..).zip(days) {
        sum += day.kwh.likely.0;
        let wide = Decimal::new(15 + 7 * n, 1);
        sums.push(around(sum, wide, wide * dec("1.6")));
    }
    sums
}

/// The hours of seven local days from this one on, 23 or 25 where the clock is changed.
pub(crate) fn hours_from(first: Date, zone: &TimeZone) -> Vec<ForecastHour> {
    let begins = first.to_zoned(zone.clone()).unwrap();
    let ends = first
        .saturating_add(7.days())
        .to_zoned(zone.clone())
        .unwrap();
    let mut hours = Vec::new();
    let mut start = begins.timestamp();
    while start < ends.timestamp() {
        let local = zone.to_datetime(start);
        let share = Decimal::new(SHAPE[usize::try_from(local.hour()).unwrap()], 3);
        let kwh = likely(local.date()) * share;
        hours.push(ForecastHour {
            start,
            kwh: around(kwh, kwh * dec("0.4"), kwh * dec("0.7")),
        });
        start += 1.hour();
    }
    hours
}

fn months(first: Date) -> Vec<ForecastMonth> {
    let use_of = [
        "271", "288", "254", "249", "231", "214", "222", "240", "246", "233", "251",
    ];
    (0..)
        .zip(use_of)
        .map(|(n, kwh)| {
            let wide = Decimal::from(24 + 3 * n);
            ForecastMonth {
                first: first.saturating_add(n.months()),
                kwh: around(dec(kwh), wide, wide * dec("1.7")),
            }
        })
        .collect()
}

fn scores() -> Vec<AccuracyScore> {
    let blocks = [(1, 1, "1.12"), (1, 7, "1.31"), (1, 30, "1.47")];
    let mut scores = Vec::new();
    for (from, to, best) in blocks {
        for (model, worse) in MODELS {
            let worse = Decimal::ONE + Decimal::new(worse, 2);
            let naive = dec(best) * dec("1.46");
            let mae = (dec(best) * worse).round_dp(3);
            let narrow = ["elastic_net", "linear_regression"].contains(&model);
            scores.push(AccuracyScore {
                model: model.into(),
                from_horizon: from,
                to_horizon: to,
                mae_kwh: mae,
                naive_mae_kwh: naive.round_dp(3),
                mase: Some((mae / dec("1.62")).round_dp(3)),
                coverage80: Some(dec(if narrow { "0.67" } else { "0.81" })),
                coverage95: Some(dec(if narrow { "0.84" } else { "0.95" })),
                swis: Some(dec("0.331")),
                total_error: (to == 30).then(|| dec("0.118") * worse),
                chosen: model == "combined",
            });
        }
    }
    scores
}

fn card() -> ModelCard {
    let member = |model: &str, from, to, weight| ForecastMember {
        model: model.into(),
        from_horizon: from,
        to_horizon: to,
        weight: dec(weight),
    };
    ModelCard {
        stage: ForecastStage::Full,
        days_used: 712,
        days_missing: 19,
        days_refused: 2,
        days_away: 14,
        outlier_days: vec![date(2025, 12, 24), date(2026, 3, 8), date(2026, 11, 14)],
        origins: 48,
        members: vec![
            member("theta", 1, 1, "0.30"),
            member("shared", 1, 1, "0.55"),
            member("elastic_net", 1, 1, "0.15"),
            member("shared", 2, 7, "0.70"),
            member("theta", 2, 7, "0.30"),
            member("shared", 8, 45, "1"),
        ],
        temperature: true,
        holidays: true,
    }
}

/// A training that came to its end well.
pub(crate) fn training() -> Training {
    Training {
        state: TrainingState::Succeeded,
        trigger: "schedule".into(),
        since: at("2026-11-23T05:30:02Z"),
        finished_at: Some(at("2026-11-23T05:30:03Z")),
        jobs_before: None,
        message: None,
        challenge: Some(Challenge {
            champion: "elastic_net".into(),
            champion_mae_kwh: dec("1.494"),
            challenger: "combined".into(),
            challenger_mae_kwh: dec("1.312"),
            adopted: true,
        }),
    }
}

/// A day of November 2026.
fn date_of(day: i8) -> Date {
    date(2026, 11, day)
}

fn comparisons(today: Date) -> Vec<PredictionComparison> {
    let errors = [
        "0.42", "-1.31", "2.05", "-0.17", "0.88", "-2.94", "4.61", "-0.66", "1.02",
    ];
    let mut compared = Vec::new();
    for n in 1..40_i32 {
        for (at, horizon) in (0_usize..).zip([1_i16, 7, 14, 30]) {
            let date = today.saturating_sub(n.days());
            if [date_of(16), date_of(17)].contains(&date) {
                // Gaps of the dashboard: nothing happened that is known.
                continue;
            }
            let error = dec(errors[(usize::try_from(n).unwrap() * 2 + at) % errors.len()]);
            let predicted = likely(date);
            let actual = predicted + error;
            let (off, unknown) = (error.abs(), horizon == 30);
            compared.push(PredictionComparison {
                date,
                horizon,
                model: if n < 20 { "combined" } else { "elastic_net" }.into(),
                predicted_kwh: Kwh(predicted),
                actual_kwh: Kwh(actual),
                error_kwh: Kwh(error),
                percentage_error: Some((error / actual * Decimal::ONE_HUNDRED).round_dp(2)),
                inside80: (!unknown).then(|| off < dec("2")),
                inside95: (!unknown).then(|| off < dec("3")),
            });
        }
    }
    compared
}

fn achieved() -> Vec<AchievedAccuracy> {
    [
        (1, 100, "1.19", "0.08", Some("0.81"), Some("0.94")),
        (7, 94, "1.38", "0.21", Some("0.787"), Some("0.947")),
        (14, 87, "1.44", "-0.32", Some("0.77"), Some("0.93")),
        (30, 71, "1.52", "0", None, None),
    ]
    .map(|(horizon, days, mae, bias, in80, in95)| AchievedAccuracy {
        horizon,
        days,
        mae_kwh: dec(mae),
        bias_kwh: dec(bias),
        coverage80: in80.map(|share| Decimal::from_str(share).unwrap()),
        coverage95: in95.map(|share| Decimal::from_str(share).unwrap()),
    })
    .to_vec()
}

/// Everything that there is to know of a forecast.
pub(crate) fn forecast_report() -> ForecastReport {
    let today = date(2026, 11, 23);
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let days = days(today);
    ForecastReport {
        detail: Some(ForecastDetail {
            card: Some(card()),
            totals: totals(&days),
            hours: hours_from(today, &zone),
            months: months(date(2027, 1, 1)),
        }),
        state: ForecastState::Ready {
            forecast: Forecast {
                origin: date(2026, 11, 22),
                made_at: at("2026-11-23T05:30:03Z"),
                model: "combined".into(),
                features_version: 3,
                trained_from: date(2024, 11, 22),
                trained_to: date(2026, 11, 22),
                days,
                accuracy: scores(),
            },
        },
        training: Some(training()),
        achieved: achieved(),
        comparisons: comparisons(today),
    }
}

/// The same without anything that the server need not send.
pub(crate) fn bare_report() -> ForecastReport {
    let mut report = forecast_report();
    report.detail = None;
    report.training = None;
    report.achieved.clear();
    report.comparisons.clear();
    if let ForecastState::Ready { forecast } = &mut report.state {
        forecast.accuracy.clear();
    }
    report
}

/// A home of which too little is known.
pub(crate) fn no_report(state: ForecastState) -> ForecastReport {
    ForecastReport {
        state,
        ..bare_report()
    }
}

/// Ana at the forecast of her home.
pub(crate) fn with_forecast(report: ForecastReport) -> App {
    let mut app = signed_in();
    app.screen = Screen::Forecast;
    app.forecast.report = Remote::Ready(report);
    app
}
