//! What is known beside the days: who is away, how warm it is, holidays; and what follows from days: hours, months.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{START, assert_sound, history, noise, seasonal, train};
use crate::forecasts::forecast::Forecast;
use crate::forecasts::history::History;
use crate::forecasts::hours::{self, HourlyDay};
use crate::forecasts::interval::{MEDIAN, Quantiles};
use crate::forecasts::learn::{self, Input, Trained};
use crate::forecasts::months;

#[test]
fn days_away_to_come_use_what_past_ones_did() {
    let mut input = Input::of(history(seasonal(200)));
    let usual = learn::train(&input, 30, None).unwrap().forecast;
    input.away.ahead = usual.days[9..14].iter().map(|day| day.date).collect();
    input.away.past = vec![2.0, 2.5];
    assert_eq!(learn::train(&input, 30, None).unwrap().forecast, usual);
    input.away.past.push(1.5);
    let away = learn::train(&input, 30, None).unwrap().forecast;
    assert_sound(&away, 30);
    let kwh = |forecast: &Forecast, at: usize| forecast.days[at].range.kwh;
    assert_eq!(kwh(&away, 8).to_bits(), kwh(&usual, 8).to_bits());
    assert!((9..14).all(|at| (kwh(&away, at) - 2.0).abs() < 1e-9));
    let less: f64 = (9..14).map(|at| kwh(&usual, at) - 2.0).sum();
    let total = |forecast: &Forecast| forecast.totals[29].kwh;
    assert!((total(&usual) - total(&away) - less).abs() < 1e-6);
}

#[test]
fn temperatures_take_part_where_the_past_says_so() {
    // Each degree below 15 costs half a kWh; warmth comes and goes over days.
    let celsius: Vec<f64> = (0..600)
        .scan(0.0, |lasting, i| {
            *lasting = 0.75 * *lasting + 12.0 * (noise(i) - 0.5);
            Some(4.0 + *lasting)
        })
        .collect();
    let heated = (0..600).map(|i| 6.0 + 0.5 * (15.0 - celsius[i]).max(0.0) + 0.5 * noise(7 * i));
    let days = |from: usize| (from..607).map(|i| START + i64::try_from(i).unwrap().days());
    let warm = |days_known: usize| {
        let known = days(0).zip(celsius.iter().chain(&[6.0; 7]).copied());
        history(heated.clone()).with_temperatures(known.take(days_known))
    };
    let trained = |history: &History| train(history, 7, None).unwrap();
    let (blind, seeing) = (trained(&warm(0)), trained(&warm(600)));
    let used = |trained: &Trained| (trained.report.chosen.name(), trained.report.temperature);
    assert_eq!(
        (used(&blind), used(&seeing)),
        (("combined", false), ("combined", true))
    );
    // A home that does not heat has no use for them.
    let unheated = history((0..600).map(|i| 6.0 + noise(7 * i)));
    let known = days(0).zip(celsius.iter().copied());
    assert!(
        !trained(&unheated.with_temperatures(known))
            .report
            .temperature
    );
    // A forecast of a cold week makes one of a dear week.
    let with = |degrees: f64| {
        let ahead = days(600).map(|day| (day, degrees));
        let known = days(0).zip(celsius.iter().copied()).chain(ahead);
        let trained = trained(&history(heated.clone()).with_temperatures(known));
        trained.forecast.totals[6].kwh
    };
    assert!(
        with(-10.0) > 1.2 * with(14.0),
        "{} {}",
        with(-10.0),
        with(14.0)
    );
}

#[test]
fn holidays_take_part_where_the_past_says_so() {
    let holidays: Vec<Date> = (0..40).map(|i| START + (20 + 27 * i).days()).collect();
    let kwh = |kept: bool| {
        (0..900_usize).map(move |i| {
            let holiday = kept && i >= 20 && (i - 20).is_multiple_of(27);
            let sunday = i % 7 == 6 || holiday;
            10.0 + if sunday { 8.0 } else { 0.0 } + noise(i)
        })
    };
    for kept in [true, false] {
        let history = history(kwh(kept)).with_holidays(holidays.clone());
        assert_eq!(train(&history, 30, None).unwrap().report.holidays, kept);
    }
}

#[test]
fn hours_follow_the_weekday_and_the_days_level() {
    let hour = |weekday: usize, hour: usize| match (weekday >= 5, hour) {
        (true, 10..14) => 2.0,
        (false, 18..22) => 1.5,
        _ => 0.2,
    };
    let hourly: Vec<HourlyDay> = (0..56)
        .map(|age| {
            let weekday = (55 - age) % 7;
            let kwh = std::array::from_fn(|at| Some(hour(weekday, at)));
            HourlyDay { age, weekday, kwh }
        })
        .collect();
    let whole = |weekday| (0..24).map(|at| hour(weekday, at)).sum::<f64>();
    let tuesday = hours::forecast(&hourly, 1, whole(1)).unwrap();
    let likely = |day: &[Quantiles; 24], at: usize| day[at][MEDIAN];
    assert!((likely(&tuesday, 19) - 1.5).abs() < 1e-9 && (likely(&tuesday, 11) - 0.2).abs() < 1e-9);
    let sunday = hours::forecast(&hourly, 6, whole(6)).unwrap();
    assert!(likely(&sunday, 11) > 1.5);
    let busy = hours::forecast(&hourly, 1, 1.5 * whole(1)).unwrap();
    assert!((likely(&busy, 19) - 2.25).abs() < 1e-9);
    for day in [tuesday, sunday, busy] {
        assert!(day.iter().all(|hour| hour.is_sorted() && hour[0] >= 0.0));
    }
    assert_eq!(hours::forecast(&hourly[..13], 1, 9.0), None);
}

#[test]
fn months_are_last_years_moved_by_the_change_since() {
    let seasonal = |i: usize| 10.0 + 4.0 * (i as f64 * std::f64::consts::TAU / 365.25).cos();
    // 30 % more than a year ago.
    let kwh = (0..760).map(|i| seasonal(i) * if i < 600 { 1.0 } else { 1.3 });
    let known = history(kwh);
    let months = months::forecast(&known);
    assert_eq!(months.len(), 12);
    assert_eq!(
        months[0].0,
        known.last().unwrap().first_of_month() + 1.month()
    );
    for pair in months.windows(2) {
        assert_eq!(pair[1].0, pair[0].0 + 1.month());
    }
    let first = known.ahead_of(months[0].0);
    let days = usize::from(months[0].0.days_in_month().unsigned_abs());
    let usual: f64 = (first..first + days).map(seasonal).sum();
    assert!(
        (1.15..1.4).contains(&(months[0].1.kwh / usual)),
        "{months:?}"
    );
    assert!(months::forecast(&history((0..400).map(seasonal))).is_empty());
}
