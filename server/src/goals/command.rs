//! `ecotrack-server backtest-goals`: stated probabilities of passing limits beside what became of published series. Files
//! in, tables out; no database.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;

use super::judge::{Case, brier, by_pace, calibration_error, cases, fit, report, restate};
use crate::forecasts::command::{leave_out_sources, read_series};
use crate::forecasts::paths::{SCORES, SUM_SCORES};
use crate::forecasts::shared::Shared;

/// What to judge by.
#[derive(Debug, Args)]
pub struct BacktestGoals {
    /// Folder of `<series>_daily.csv` files: `date,kwh[,temp_c]`, an empty kwh being a missing day
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Which series, and who published each: a CSV file with the columns `series`, `origin` and `source`
    #[arg(long, value_name = "FILE")]
    origins: PathBuf,
    /// Past cycles of each series, the newest ones
    #[arg(long, value_name = "N", default_value_t = 24)]
    cycles: u16,
    /// Series at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Write every case to this CSV file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    series: &'a str,
    first: String,
    passed_days: i32,
    days: i32,
    limit: f64,
    stated: f64,
    pace: f64,
    by_pace: f64,
    passed: u8,
}

/// Judges every series by coefficients that were fitted without its source, and prints the tables.
pub fn run(asked: &BacktestGoals) -> anyhow::Result<()> {
    let series = read_series(&asked.data, &asked.origins)?;
    let left_out = leave_out_sources(&series)?;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done: Vec<(usize, Vec<Case>)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(of) = series.get(at) else {
                return done;
            };
            let shared = of.source.as_deref().and_then(|source| left_out.get(source));
            let shared = shared.unwrap_or_else(|| Shared::shipped());
            done.push((at, cases(&of.days, shared, usize::from(asked.cycles))));
        }
    };
    let mut judged = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..asked.jobs).map(|_| scope.spawn(work)).collect();
        let mut judged = Vec::with_capacity(series.len());
        for worker in workers {
            match worker.join() {
                Ok(done) => judged.extend(done),
                Err(_) => bail!("judging broke off"),
            }
        }
        Ok(judged)
    })?;
    judged.sort_unstable_by_key(|(at, _)| *at);
    let source = |at: usize| series.get(at).and_then(|of| of.source.as_deref());
    let shipped = {
        let all = judged.iter().flat_map(|(_, cases)| cases);
        fit(&all.collect::<Vec<_>>())
    };
    // What sums come to is learnt from the other sources as well.
    let mut left_out: Vec<(Option<&str>, [f64; 5])> = Vec::new();
    for (at, _) in &judged {
        if left_out.iter().all(|(known, _)| *known != source(*at)) {
            let others = judged
                .iter()
                .filter(|(other, _)| source(*other) != source(*at))
                .flat_map(|(_, cases)| cases);
            left_out.push((source(*at), fit(&others.collect::<Vec<_>>())));
        }
    }
    for (at, cases) in &mut judged {
        let scores = left_out.iter().find(|(known, _)| *known == source(*at));
        restate(cases, &scores.map_or(SUM_SCORES, |(_, scores)| *scores));
    }
    if let Some(path) = &asked.out {
        let mut csv = csv::Writer::from_path(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        for (at, cases) in &judged {
            for case in cases {
                csv.serialize(Row {
                    series: &series[*at].name,
                    first: case.cycle.first.to_string(),
                    passed_days: case.passed_days,
                    days: case.cycle.days(),
                    limit: case.limit,
                    stated: case.stated,
                    pace: case.pace,
                    by_pace: by_pace(case),
                    passed: u8::from(case.passed),
                })?;
            }
        }
        csv.flush()?;
    }
    let homes = judged.iter().filter(|(_, cases)| !cases.is_empty()).count();
    let all: Vec<Case> = judged.into_iter().flat_map(|(_, cases)| cases).collect();
    println!(
        "{} limits in past cycles of {homes} homes, each by what other sources tell\n\n{}",
        all.len(),
        report(&all)
    );
    println!("scores of sums, from all of them: {shipped:.3?}");
    let mut bare = all;
    restate(&mut bare, &SCORES);
    println!(
        "as the bands stand, without them: Brier score {:.4}, distance from calibrated {:.1} %",
        brier(bare.iter(), |case| case.stated),
        100.0 * calibration_error(&bare)
    );
    Ok(())
}
