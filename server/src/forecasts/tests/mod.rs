//! Series in, forecast out.

use ecotrack_common::forecast::ForecastStage;
use jiff::{ToSpan, civil::Date, civil::date};
use linfa::{Dataset, traits::Fit, traits::Predict};
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};
use proptest::prelude::*;

use crate::forecasts::artefact::Artefact;
use crate::forecasts::backtest::origins;
use crate::forecasts::features::{COLUMNS, Features, MIN_ORIGIN};
use crate::forecasts::forecast::Forecast;
use crate::forecasts::history::{Day, History, HistoryError};
use crate::forecasts::horizon::MAX_HORIZON;
use crate::forecasts::interval::{
    Bands, DayBands, ErrorPath, MEDIAN, MISS_80, MISS_95, Quantiles, ReachPath, conformal, reach,
    tidy,
};
use crate::forecasts::learn::{self, Input, TooLittle, Trained};
use crate::forecasts::linear::{self, FitError, Method, Samples};
use crate::forecasts::model::{Candidate, Fitted, Home, fit};
use crate::forecasts::shared::Shared;
use crate::forecasts::shared::home::Learner;

mod around;
mod cold_start;
mod kept;

const START: Date = date(2021, 3, 1);

fn days(kwh: impl IntoIterator<Item = Option<f64>>) -> Vec<Day> {
    let day = |(i, kwh): (usize, Option<f64>)| Day {
        date: START + i64::try_from(i).unwrap().days(),
        kwh,
        coverage: 1.0,
    };
    kwh.into_iter().enumerate().map(day).collect()
}

fn history(kwh: impl IntoIterator<Item = f64>) -> History {
    History::new(days(kwh.into_iter().map(Some))).unwrap()
}

/// A number between 0 and 1 that looks random and is the same every time.
fn noise(i: usize) -> f64 {
    let mut x = (i as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

/// Weekends use more, winters use more, every day differs a bit.
fn seasonal(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(|i| {
        let weekend = if i % 7 >= 5 { 6.0 } else { 0.0 };
        10.0 + weekend + 3.0 * (i as f64 / 58.1).cos() + 2.0 * noise(i)
    })
}

fn train(
    history: &History,
    horizon: usize,
    champion: Option<Candidate>,
) -> Result<Trained, TooLittle> {
    learn::train(&Input::of(history.clone()), horizon, champion)
}

fn mae(trained: &Trained, candidate: Candidate) -> f64 {
    let score = trained
        .report
        .candidates
        .iter()
        .find(|score| score.candidate == candidate);
    score.unwrap().blocks.last().unwrap().mae_kwh
}

#[track_caller]
fn assert_sound(forecast: &Forecast, horizon: usize) {
    assert_eq!(forecast.days.len(), horizon);
    assert_eq!(forecast.totals.len(), horizon);
    for (i, day) in forecast.days.iter().enumerate() {
        assert_eq!(
            day.date,
            forecast.made_on + i64::try_from(i + 1).unwrap().days()
        );
    }
    for range in forecast
        .days
        .iter()
        .map(|day| &day.range)
        .chain(&forecast.totals)
    {
        let all = [range.lo95, range.lo80, range.kwh, range.hi80, range.hi95];
        assert!(
            all.iter().all(|kwh| kwh.is_finite() && *kwh >= 0.0),
            "{range:?}"
        );
        assert!(all.is_sorted(), "{range:?}");
    }
}

#[test]
fn a_history_refuses_a_day_given_twice_and_days_out_of_order() {
    let one = days([Some(1.0), Some(2.0)]);
    assert_eq!(
        History::new([one[0], one[0]]),
        Err(HistoryError::Repeated(START))
    );
    assert_eq!(
        History::new([one[1], one[0]]),
        Err(HistoryError::Unsorted {
            date: START,
            after: START + 1.day()
        })
    );
    let far = Day {
        date: date(2999, 1, 1),
        ..one[0]
    };
    assert!(matches!(
        History::new([one[0], far]),
        Err(HistoryError::TooLong { .. })
    ));
}

#[test]
fn a_day_counts_from_nine_tenths_on_and_is_scaled_up() {
    let day = |offset: i32, kwh, coverage| Day {
        date: START + offset.days(),
        kwh: Some(kwh),
        coverage,
    };
    let history = History::new([
        day(0, 5.0, 0.5),
        day(1, 9.0, 0.9),
        day(2, 7.0, 0.89),
        day(4, 8.0, 1.0),
        day(5, -1.0, 1.0),
        day(6, f64::NAN, 1.0),
        day(7, 3.0, f64::NAN),
    ])
    .unwrap();
    assert_eq!(history.first(), Some(START + 1.day()));
    assert_eq!(history.last(), Some(START + 4.days()));
    assert_eq!(history.known(), [Some(10.0), None, None, Some(8.0)]);
    assert_eq!(
        (history.usable(), history.missing(), history.refused()),
        (2, 2, 2)
    );
    assert_eq!(history.weekday(0), 1, "2021-03-02 is a Tuesday");
}

#[test]
fn a_gap_is_bridged_by_the_same_weekday_of_four_weeks_before() {
    let mut kwh: Vec<Option<f64>> = (0..42_u32).map(|i| Some(f64::from(i / 7))).collect();
    kwh[37] = None;
    kwh.insert(2, None);
    kwh.remove(3);
    let history = History::new(days(kwh)).unwrap();
    assert!(
        (history.clean()[37] - 2.5).abs() < 1e-12,
        "weeks 1 to 4 have 1, 2, 3 and 4 kWh"
    );
    assert!(
        history.clean()[2].abs() < 1e-12,
        "no week before: the day before stands in"
    );
}

#[test]
fn an_outlier_is_marked_and_kept_and_a_new_habit_is_none() {
    let mut kwh: Vec<f64> = seasonal(200).collect();
    kwh[150] = 400.0;
    let spike = history(kwh.clone());
    assert_eq!(spike.known()[150], Some(400.0));
    assert!(spike.outliers()[150] && spike.clean()[150] < 60.0);
    assert_eq!(
        spike.outliers().iter().filter(|outlier| **outlier).count(),
        1
    );

    for day in &mut kwh[150..] {
        *day = 40.0;
    }
    let habit = history(kwh);
    assert_eq!(
        habit.outliers().iter().filter(|outlier| **outlier).count(),
        2
    );
    assert!((habit.clean()[153] - 40.0).abs() < 1e-12);
}

#[test]
fn a_planted_week_is_found_and_the_naive_forecast_is_beaten() {
    let trained = train(&history(seasonal(400)), 30, None).unwrap();
    assert_eq!(trained.report.stage, ForecastStage::Full);
    assert!(mae(&trained, trained.report.chosen) < 0.8 * mae(&trained, Candidate::WeeklyNaive));
    for day in &trained.forecast.days[..14] {
        let weekend = day.date.weekday().to_monday_zero_offset() >= 5;
        assert_eq!(day.range.kwh > 16.5, weekend, "{day:?}");
    }
    assert_sound(&trained.forecast, 30);
}

#[test]
fn the_naive_forecast_wins_where_nothing_is_better_than_it() {
    let trained = train(
        &history((0..200_u32).map(|i| f64::from(1 + i % 7))),
        30,
        None,
    )
    .unwrap();
    assert_eq!(trained.report.chosen, Candidate::WeeklyNaive);
    assert_eq!(trained.fitted, Some(Fitted::WeeklyNaive));
    assert!(
        trained
            .forecast
            .days
            .iter()
            .all(|day| day.range.hi95 - day.range.lo95 < 1e-6)
    );
}

#[test]
fn the_same_history_gives_the_same_model_to_the_bit() {
    let history = history(seasonal(300));
    let (one, two) = (
        train(&history, 45, None).unwrap(),
        train(&history, 45, None).unwrap(),
    );
    assert_eq!(one, two);
    assert_eq!(
        one.artefact().to_value().to_string(),
        two.artefact().to_value().to_string()
    );
}

#[test]
fn every_odd_home_gets_a_sound_forecast() {
    let homes: Vec<(&str, Vec<Option<f64>>)> = vec![
        ("constant", vec![Some(7.5); 120]),
        ("nothing at all", vec![Some(0.0); 120]),
        ("two weeks", seasonal(14).map(Some).collect()),
        ("six weeks less a day", seasonal(41).map(Some).collect()),
        ("six weeks", seasonal(42).map(Some).collect()),
        ("three months", seasonal(90).map(Some).collect()),
        ("ten years", seasonal(3652).map(Some).collect()),
        (
            "one huge jump",
            (0..300)
                .map(|i| Some(if i == 250 { 9.0e5 } else { 8.0 + noise(i) }))
                .collect(),
        ),
        (
            "the jump is the last day",
            (0..100)
                .map(|i| Some(if i == 99 { 1.0e6 } else { 8.0 }))
                .collect(),
        ),
        (
            "a step",
            (0..300)
                .map(|i| Some(if i < 200 { 5.0 } else { 25.0 + noise(i) }))
                .collect(),
        ),
        (
            "solar",
            (0..300).map(|i| Some(20.0 * noise(i) - 8.0)).collect(),
        ),
        (
            "beyond all numbers",
            (0..300)
                .map(|i| Some(if i % 3 == 0 { f64::MAX } else { 4.0 }))
                .collect(),
        ),
        (
            "moved out",
            (0..400)
                .map(|i| Some(if i < 300 { 9.0 + noise(i) } else { 0.0 }))
                .collect(),
        ),
        (
            "grows for ever",
            (0..730).map(|i| Some(1.001_f64.powi(i * 8))).collect(),
        ),
        ("tiny", (0..200).map(|i| Some(1.0e-7 * noise(i))).collect()),
        (
            "one day in ten",
            (0..600)
                .map(|i| (i % 10 == 0).then(|| 3.0 + noise(i)))
                .collect(),
        ),
        (
            "a year's hole",
            (0..600)
                .map(|i| (!(60..425).contains(&i)).then(|| 3.0 + noise(i)))
                .collect(),
        ),
        (
            "two years between 13 days and one",
            (0..745)
                .map(|i| (i < 13 || i == 744).then_some(6.0))
                .collect(),
        ),
    ];
    for (name, kwh) in homes {
        let history = History::new(days(kwh)).unwrap();
        let trained = train(&history, 45, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: {}", trained.report.chosen.name());
        assert_sound(&trained.forecast, 45);
        let value = trained.artefact().to_value();
        assert!(
            !value["model"]["report"]["candidates"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            Artefact::from_value(&value).as_ref(),
            Ok(&trained.artefact()),
            "{name}"
        );
    }
}

#[test]
fn the_band_of_a_sum_is_narrower_than_the_sum_of_the_bands() {
    let trained = train(&history(seasonal(500)), 30, None).unwrap();
    let total = trained.forecast.totals[29];
    let kwh: f64 = trained.forecast.days.iter().map(|day| day.range.kwh).sum();
    let upper: f64 = trained.forecast.days.iter().map(|day| day.range.hi95).sum();
    assert!((total.kwh - kwh).abs() < 1e-9);
    assert!(total.hi95 < upper);
}

#[test]
fn origins_visit_every_weekday_and_leave_a_month_to_score() {
    for days in [120, 365, 730, 1438, 3652] {
        let origins = origins(&history(vec![1.0; days]), 27);
        let mut weekdays: Vec<usize> = origins.iter().map(|origin| origin % 7).collect();
        weekdays.sort_unstable();
        weekdays.dedup();
        assert_eq!(weekdays.len(), 7, "{days} days");
        assert!(
            (24..=48).contains(&origins.len()),
            "{days} days: {}",
            origins.len()
        );
        assert!(origins[0] >= days / 2 && *origins.last().unwrap() <= days - 31);
    }
}

#[test]
fn fitting_the_condensed_rows_is_fitting_all_rows() {
    let history = history(seasonal(700));
    let features = Features::new(&history);
    let groups = linear::fit(
        Method::LeastSquares,
        &Samples::new(&features, 30).until(699),
    )
    .unwrap();
    let fitted = Fitted::LinearRegression { groups };
    let home = Home::new(&history, Shared::shipped());
    let condensed = fitted.predict(&home, 699, 1)[0][MEDIAN];

    // linfa on the very rows of the first group, without the columns that are no use to least squares: one weekday,
    // `unknown` and the horizon, which is the same in all of them.
    let keep: Vec<usize> = (0..COLUMNS).filter(|c| ![14, 21, 26].contains(c)).collect();
    let pick = |origin| -> Vec<f64> {
        let row = features.row(origin, 1);
        keep.iter().map(|c| row[*c]).collect()
    };
    let origins = MIN_ORIGIN..699;
    let rows: Vec<f64> = origins.clone().flat_map(pick).collect();
    let targets: Array1<f64> = origins
        .clone()
        .map(|o| history.clean()[o + 1] / features.scale(o))
        .collect();
    let rows = Array2::from_shape_vec((origins.len(), keep.len()), rows).unwrap();
    let model = LinearRegression::new()
        .fit(&Dataset::new(rows, targets))
        .unwrap();
    let row = Array2::from_shape_vec((1, keep.len()), pick(699)).unwrap();
    let direct = model.predict(&row)[0] * features.scale(699);
    assert!(
        (condensed - direct).abs() < 1e-3 * direct,
        "{condensed} is not {direct}"
    );
}

#[test]
fn too_few_rows_are_refused_with_their_number() {
    let history = history(seasonal(42));
    let training = Samples::new(&Features::new(&history), 30).until(41);
    let error = linear::fit(Method::LeastSquares, &training).unwrap_err();
    assert_eq!(
        error,
        FitError::TooFewRows {
            have: 28,
            need: 2 * COLUMNS
        }
    );
    assert!(linear::fit(Method::ElasticNet, &training).is_ok());
}

#[test]
fn a_real_home_is_forecast_better_than_by_last_week() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/forecast/fr_sceaux_daily.csv"
    );
    let mut reader = csv::Reader::from_path(path).unwrap();
    let days = reader.records().map(|record| {
        let record = record.unwrap();
        Day {
            date: record[0].parse().unwrap(),
            kwh: record[1].parse().ok(),
            coverage: 1.0,
        }
    });
    let history = History::new(days).unwrap();
    assert_eq!((history.len(), history.missing()), (1439, 21));
    let trained = train(&history, 45, None).unwrap();
    for score in &trained.report.candidates {
        println!("{}: {:?}", score.candidate.name(), score.blocks);
    }
    let chosen = trained
        .report
        .candidates
        .iter()
        .find(|s| s.candidate == trained.report.chosen)
        .unwrap();
    assert!(mae(&trained, trained.report.chosen) < 0.9 * mae(&trained, Candidate::WeeklyNaive));
    let month = chosen.blocks.last().unwrap();
    assert!(
        (0.65..=0.95).contains(&month.cover80) && month.cover95 > 0.85,
        "{month:?}"
    );
    assert_sound(&trained.forecast, 45);
}

proptest! {
    // Fitting unoptimised takes its time; every case is a home.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nothing_after_the_origin_changes_a_row_or_a_model(
        origin in 60_usize..420,
        horizon in 1_usize..=MAX_HORIZON,
        nonsense in prop::collection::vec(prop::option::of(0.0..1.0e6_f64), 0..60),
    ) {
        let past: Vec<Option<f64>> = (0..=origin)
            .map(|i| (i == 0 || i == origin || noise(3 * i) > 0.1).then(|| 5.0 + 9.0 * noise(i)))
            .collect();
        let short = History::new(days(past.clone())).unwrap();
        let long = History::new(days(past.into_iter().chain(nonsense))).unwrap();
        let (one, two) = (Features::new(&short), Features::new(&long));
        let bits = |features: &Features<'_>| features.row(origin, horizon).map(f64::to_bits);
        prop_assert_eq!(bits(&one), bits(&two));
        prop_assert_eq!(one.scale(origin).to_bits(), two.scale(origin).to_bits());
        let training = |features: &Features<'_>| Samples::new(features, 30).until(origin);
        let (one_rows, two_rows) = (training(&one), training(&two));
        let (short, long) = (Home::new(&short, Shared::shipped()), Home::new(&long, Shared::shipped()));
        let bits = |home: &Home<'_>| home.past.row(origin, horizon).map(f64::to_bits);
        prop_assert_eq!(bits(&short), bits(&long));
        let learnt = |home: &Home<'_>| {
            let mut learner = Learner::default();
            (0..=origin).for_each(|day| learner.absorb(home.shared, &home.past, day));
            learner.shift(home.shared)
        };
        for candidate in Candidate::ALL {
            let one_fit = fit(candidate, &one_rows, || learnt(&short));
            let two_fit = fit(candidate, &two_rows, || learnt(&long));
            prop_assert_eq!(&one_fit, &two_fit);
            if let Ok(fitted) = one_fit {
                prop_assert_eq!(fitted.predict(&short, origin, 45), fitted.predict(&long, origin, 45));
            }
        }
    }

    #[test]
    fn any_series_gives_a_sound_forecast_or_a_plain_reason(
        kwh in prop::collection::vec(prop::option::weighted(0.8, prop_oneof![
            8 => 0.0..60.0_f64, 1 => Just(0.0), 1 => -50.0..1.0e7_f64, 1 => any::<f64>(),
        ]), 0..110),
        horizon in 0_usize..80,
    ) {
        let history = History::new(days(kwh)).unwrap();
        match train(&history, horizon, None) {
            Ok(trained) => assert_sound(&trained.forecast, horizon.clamp(1, MAX_HORIZON)),
            Err(reason) => prop_assert_eq!((reason.have, reason.need), (history.usable(), 14)),
        }
    }

}

proptest! {
    /// The guarantee of conformal prediction, checked exactly: of n + 1 exchangeable scores each is equally likely to
    /// be the fresh one, so a share of `1 - miss` or more must lie within the quantile of the others.
    #[test]
    fn a_conformal_quantile_covers_what_it_promises(scores in prop::collection::vec(0.0..9.0_f64, 20..80)) {
        for miss in [MISS_80, MISS_95] {
            let inside = (0..scores.len())
                .filter(|fresh| {
                    let mut others = scores.clone();
                    let score = others.swap_remove(*fresh);
                    score <= conformal(&mut others, miss).unwrap_or(f64::INFINITY)
                })
                .count();
            prop_assert!(inside as f64 >= (1.0 - miss) * scores.len() as f64 - 1e-9);
        }
    }

    #[test]
    fn bands_nest_whatever_the_errors(
        paths in prop::collection::vec(prop::collection::vec(prop::option::of(-50.0..50.0_f64), 30), 0..30),
        kwh in 0.0..1.0e6_f64,
        scale in 0.01..1.0e5_f64,
    ) {
        let paths: Vec<ErrorPath> = paths;
        let quantiles: Quantiles = [0.2, 0.5, 1.0, 1.8, 3.0].map(|share| share * kwh);
        let reaches: Vec<ReachPath> = (paths.iter())
            .map(|path| path.iter().map(|error| Some(reach((*error)?, quantiles))).collect())
            .collect();
        for days in [DayBands::widths(paths.iter()), DayBands::stretches(reaches.iter())] {
            let bands = Bands::learn(days, &paths, 30);
            prop_assert_eq!(bands.totals.len(), 30);
            for ahead in 1..70 {
                for range in [bands.days.around(quantiles, ahead, scale), bands.total(ahead).around(kwh, scale)] {
                    let all = [0.0, range.lo95, range.lo80, range.kwh, range.hi80, range.hi95];
                    prop_assert!(all.is_sorted() && all.iter().all(|kwh| kwh.is_finite()), "{:?}", all);
                }
            }
        }
    }

    #[test]
    fn a_tidy_number_survives_text_to_the_bit(value in any::<f64>(), small in -10.0..10.0_f64) {
        for value in [value % 1.0e9, small, small / 1.0e6] {
            let tidied = tidy(value);
            let back: f64 = serde_json::from_str(&serde_json::to_string(&tidied).unwrap()).unwrap();
            prop_assert_eq!(back.to_bits(), tidied.to_bits());
            prop_assert!(!value.is_finite() || (tidied - value).abs() <= 1e-9_f64.max(1e-11 * value.abs()));
        }
    }
}
