//! Homes of which little is known, step by step.

use ecotrack_common::forecast::ForecastStage;
use jiff::civil::date;

use super::{assert_sound, days, history, seasonal, train};
use crate::forecasts::artefact::Artefact;
use crate::forecasts::cold_start::Billed;
use crate::forecasts::history::History;
use crate::forecasts::learn::{self, Input, TooLittle};
use crate::forecasts::model::Candidate;

/// kWh of the days ahead, with the stage and the model's name.
fn cold(input: &Input) -> (ForecastStage, &'static str, Vec<f64>) {
    let trained = learn::train(input, 62, None).unwrap();
    assert_sound(&trained.forecast, 62);
    assert_eq!(trained.fitted, None);
    assert_eq!(trained.report.card().stage, trained.report.stage);
    // What is kept says that there is no model to predict anew with.
    let read = Artefact::from_value(&trained.artefact().to_value()).unwrap();
    assert_eq!(learn::predict(&read, input, 62), None);
    let kwh = trained.forecast.days.iter().map(|day| day.range.kwh);
    (
        trained.report.stage,
        trained.report.chosen.name(),
        kwh.collect(),
    )
}

#[test]
fn a_home_without_readings_is_forecast_by_its_bills_or_else_by_its_devices() {
    let mut input = Input::of(History::new([]).unwrap());
    input.origin = date(2026, 3, 31);
    assert!(learn::train(&input, 62, None).is_err());

    input.devices = (0..62).map(|day| f64::from(4 + day % 7)).collect();
    let (stage, model, kwh) = cold(&input);
    assert_eq!((stage, model), (ForecastStage::Devices, "devices"));
    assert_eq!(kwh, input.devices);

    // Thirteen months of a paper bill: April was cold a year ago.
    let month = |year, month, kwh| Billed {
        first: date(year, month, 1),
        last: date(year, month, 1).last_of_month(),
        kwh,
    };
    let of_2025 = (3..=12).map(|at| month(2025, at, if at == 4 { 300.0 } else { 155.0 }));
    input.bills = of_2025.chain([month(2026, 1, 155.0)]).collect();
    let (stage, model, kwh) = cold(&input);
    assert_eq!((stage, model), (ForecastStage::Bills, "bills"));
    assert!(
        kwh[..30].iter().all(|kwh| (kwh - 10.0).abs() < 1e-9),
        "{kwh:?}"
    );
    assert!(
        kwh[30..61].iter().all(|kwh| (kwh - 5.0).abs() < 1e-9),
        "{kwh:?}"
    );
}

#[test]
fn a_few_days_of_readings_are_weighed_with_what_bills_say() {
    let mut input = Input::of(history(vec![8.0; 5]));
    let (stage, model, kwh) = cold(&input);
    assert_eq!((stage, model), (ForecastStage::FewDays, "few_days"));
    assert_eq!(kwh, [8.0; 62]);
    input.bills = vec![Billed {
        first: date(2020, 1, 1),
        last: date(2020, 1, 31),
        kwh: 124.0,
    }];
    // Five days weigh as much as the bills do: between 8 and 4.
    assert_eq!(cold(&input).2, [6.0; 62]);
    let thirteen = Input::of(history(vec![8.0; 13]));
    let width = |input: &Input| {
        let forecast = learn::train(input, 30, None).unwrap().forecast;
        let total = forecast.totals[29];
        (total.hi80 - total.lo80) / total.kwh
    };
    input.bills.clear();
    assert!(width(&thirteen) < width(&Input::of(history(vec![8.0; 1]))));
}

#[test]
fn each_stage_names_itself_as_the_days_grow() {
    for (days, stage) in [
        (1, ForecastStage::FewDays),
        (13, ForecastStage::FewDays),
        (14, ForecastStage::Young),
        (41, ForecastStage::Young),
        (42, ForecastStage::Full),
    ] {
        let trained = train(&history(seasonal(days)), 30, None).unwrap();
        assert_eq!(trained.report.stage, stage, "{days} days");
        assert_sound(&trained.forecast, 30);
    }
}

#[test]
fn too_little_history_is_said_plainly() {
    let none: Vec<Option<f64>> = vec![None; 100];
    let minus: Vec<Option<f64>> = vec![Some(-3.0); 100];
    for kwh in [vec![], none, minus] {
        let error = train(&History::new(days(kwh)).unwrap(), 30, None).unwrap_err();
        assert_eq!(error, TooLittle { have: 0, need: 14 });
    }
    let error = TooLittle { have: 3, need: 14 };
    assert_eq!(
        error.to_string(),
        "3 full days of readings are known, a forecast needs 14"
    );
}

#[test]
fn a_young_history_is_forecast_without_regressions_of_its_own_and_with_open_bands() {
    let trained = train(&history(seasonal(20)), 30, None).unwrap();
    assert_eq!(trained.report.stage, ForecastStage::Young);
    let tried: Vec<Candidate> = (trained.report.candidates.iter())
        .map(|score| score.candidate)
        .collect();
    assert!(!tried.contains(&Candidate::LinearRegression) && tried.contains(&Candidate::Combined));
    let last = trained.forecast.days[29].range;
    assert!(last.hi80 - last.lo80 > 0.2 * last.kwh, "{last:?}");
}
