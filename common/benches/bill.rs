//! How fast a year of quarter-hours is priced, beside a plain loop over the same values.
//!
//! Prints a row of the table that `make bench` shows. No test: times on shared machines mean little
//! but as ratios of the same run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ecotrack_common::bill::{DaySteps, Parameters, StepUse, Tables, Tariff, Usage, price};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::reference;
use jiff::civil::date;
use rust_decimal::Decimal;

const RUNS: usize = 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cycle = Cycle {
        first: date(2026, 1, 1),
        last: date(2026, 12, 31),
    };
    let tariffs = reference::tariffs()?;
    let tariff = tariffs
        .iter()
        .find(|tariff| tariff.id == "es-2.0td")
        .ok_or("the Spanish tariff does not ship")?;
    let tables = reference::tables()?;
    let usage = year(cycle);
    let ours = fastest(|| priced(tariff, &tables, &usage, cycle));
    let plain = fastest(|| multiplied(&usage));
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    println!(
        "a year of quarter-hours under {} | {:.2} ms | a plain loop that multiplies and adds: {:.2} ms; limits 20 ms and 15 times | {ratio:.1}",
        tariff.id,
        ours.as_secs_f64() * 1e3,
        plain.as_secs_f64() * 1e3,
    );
    Ok(())
}

/// The usage of a home in milliwatt-hours: a daily shape with noise that is the same each time.
fn year(cycle: Cycle) -> Usage {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 15
    };
    let zone = jiff::tz::TimeZone::get("Europe/Madrid").ok();
    let steps = |day: jiff::civil::Date| {
        let hours = zone.as_ref().map_or(24, |zone| {
            let start = |day: jiff::civil::Date| zone.to_timestamp(day.at(0, 0, 0, 0));
            match (start(day), day.tomorrow().map(start)) {
                (Ok(from), Ok(Ok(to))) => {
                    usize::try_from(to.duration_since(from).as_hours()).unwrap_or(24)
                }
                _ => 24,
            }
        });
        hours * 4
    };
    let days = cycle.iter().map(|day| {
        let mwh = (0..steps(day)).map(|_| Some(40_000 + noise())).collect();
        let of_day = DaySteps {
            step_minutes: 15,
            mwh,
        };
        (day, of_day)
    });
    Usage::Steps(StepUse {
        time_zone: "Europe/Madrid".to_owned(),
        days: days.collect(),
    })
}

/// Twelve bills, as a utility writes them.
fn priced(tariff: &Tariff, tables: &Tables, usage: &Usage, year: Cycle) -> Decimal {
    let parameters = Parameters::default();
    let mut sum = Decimal::ZERO;
    let mut first = year.first;
    while first <= year.last {
        let cycle = Cycle::containing(first, 1);
        match price(tariff, &parameters, tables, black_box(usage), cycle) {
            Ok(bill) => sum += bill.total.0,
            Err(error) => {
                eprintln!("{error}");
                return Decimal::MIN;
            }
        }
        first = cycle.last.saturating_add(jiff::Span::new().days(1));
    }
    sum
}

/// The plain loop: each step as a decimal, times a price, added up.
fn multiplied(usage: &Usage) -> Decimal {
    let Usage::Steps(steps) = black_box(usage) else {
        return Decimal::MIN;
    };
    let price = black_box(Decimal::new(14_235, 5));
    let mut sum = Decimal::ZERO;
    for mwh in steps.days.values().flat_map(|day| day.mwh.iter().flatten()) {
        sum += Decimal::from_i128_with_scale(i128::from(*mwh), 6) * price;
    }
    sum
}

fn fastest(mut work: impl FnMut() -> Decimal) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let begin = Instant::now();
        let result = work();
        best = best.min(begin.elapsed());
        assert_ne!(
            black_box(result),
            Decimal::MIN,
            "the work could not be done"
        );
    }
    best
}
