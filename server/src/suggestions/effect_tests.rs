//! What is said of a home in which nothing was changed: its interval holds zero as often as it promises.

use std::path::Path;

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::suggestion::EffectVerdict;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::baseline::Baseline;
use crate::forecasts::history::{Day, History};
use crate::forecasts::learn::{Input, train};

/// Days since the change that was none.
const DAYS: i32 = 28;
/// Every so many of the origins of `fixtures/forecast` are tried: training for each of the 240 takes minutes. All
/// of them gave the figure in `docs/suggestions.md`.
const EVERY: usize = 8;

fn rows(name: &str) -> Vec<csv::StringRecord> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forecast");
    let mut reader = csv::Reader::from_path(folder.join(name)).unwrap();
    reader.records().map(Result::unwrap).collect()
}

fn days(series: &str) -> Vec<Day> {
    let day = |record: csv::StringRecord| Day {
        date: record[0].parse().unwrap(),
        kwh: record[1].parse().ok(),
        coverage: 1.0,
    };
    rows(&format!("{series}_daily.csv"))
        .into_iter()
        .map(day)
        .collect()
}

fn decimal(kwh: f64) -> Decimal {
    Decimal::from_f64(kwh).unwrap().round_dp(6)
}

/// The forecast of a home from what it knew up to `origin`.
fn baseline(known: &[Day], origin: Date) -> Option<Baseline> {
    let known = known.iter().filter(|day| day.date <= origin).copied();
    let history = History::new(known).unwrap();
    let forecast = train(&Input::of(history), 30, None).ok()?.forecast;
    let half = |lo: f64, hi: f64| decimal((hi - lo) / 2.0);
    let totals = || forecast.totals.iter();
    Some(Baseline {
        origin,
        kwh: forecast
            .days
            .iter()
            .map(|day| decimal(day.range.kwh))
            .collect(),
        half80: totals().map(|sum| half(sum.lo80, sum.hi80)).collect(),
        half95: totals().map(|sum| half(sum.lo95, sum.hi95)).collect(),
    })
}

#[test]
fn of_a_home_that_changed_nothing_nothing_is_said_nineteen_times_of_twenty() {
    let (mut told, mut held, mut less, mut more) = (0, 0, 0, 0);
    for row in rows("origins.csv").iter().step_by(EVERY) {
        let (series, origin): (&str, Date) = (&row[2], row[3].parse().unwrap());
        let all = days(series);
        let Some(baseline) = baseline(&all, origin) else {
            continue;
        };
        let used: Vec<DayUse> = all
            .iter()
            .map(|day| DayUse {
                date: day.date,
                kwh: day.kwh.map(|kwh| Kwh(decimal(kwh))),
                covered_percent: 100,
                estimated: false,
            })
            .collect();
        let effect = baseline.effect(origin, origin.saturating_add(DAYS.days()), &used, None);
        if effect.days < DAYS - 3 {
            continue;
        }
        told += 1;
        let zero = Some(Kwh(Decimal::ZERO));
        held += i32::from(effect.saved_lo95 <= zero && zero <= effect.saved_hi95);
        less += i32::from(effect.verdict == EffectVerdict::Less);
        more += i32::from(effect.verdict == EffectVerdict::More);
    }
    println!(
        "{told} changes that were none: zero in the interval of {held}; less said of {less}, more of {more}"
    );
    assert!(told >= 20, "{told}");
    assert_eq!(told - held, less + more);
    assert!(100 * held >= 90 * told, "{held} of {told}");
}
