//! `ecotrack-server backtest`: forecasts of published series by the code that trains homes, for outside judges, and the
//! making of the shared model's coefficients. Files in, files out; no database.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::forecast::Forecast;
use super::history::{Day, History};
use super::learn::{Choose, Input, train_with};
use super::model::Candidate;
use super::shared::Shared;
use super::shared::fit::{Teacher, fit};

/// Days forecast from each origin.
const DAYS: usize = 30;

/// What to forecast, from where, and where to put it.
#[derive(Debug, Args)]
pub struct Backtest {
    /// Folder of `<series>_daily.csv` files: `date,kwh[,temp_c]`, an empty kwh being a missing day
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Points to forecast from: a CSV file with the columns `series`, `origin` and, to leave it out, `source`
    #[arg(long, value_name = "FILE")]
    origins: PathBuf,
    /// The file to write: predictions, or with --fit-shared coefficients
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Forecast by this model alone, and not by what each home's own backtest chooses
    #[arg(long, value_name = "NAME", value_parser = candidate)]
    model: Option<Candidate>,
    /// Series at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Forecast each series with coefficients fitted to the series of other sources
    #[arg(long)]
    leave_out_source: bool,
    /// Fit the shared model's coefficients to all the series, instead of forecasting
    #[arg(long, conflicts_with_all = ["leave_out_source", "model"])]
    fit_shared: bool,
}

fn candidate(name: &str) -> Result<Candidate, String> {
    Candidate::named(name).ok_or_else(|| {
        let names = Candidate::ALL.map(Candidate::name).join(", ");
        format!("there is no such model; the models are {names}")
    })
}

/// One point to forecast from.
#[derive(Debug, Clone, Deserialize)]
struct Origin {
    series: String,
    #[serde(rename = "origin")]
    day: Date,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct DailyRow {
    date: Date,
    kwh: Option<f64>,
    #[serde(default)]
    temp_c: Option<f64>,
}

/// One series with the points to forecast it from.
#[derive(Debug)]
pub struct Series {
    /// Its name, which its file begins with.
    pub name: String,
    /// Who published it.
    pub source: Option<String>,
    /// Its days.
    pub days: Vec<Day>,
    /// Mean temperature of days in °C.
    pub celsius: Vec<(Date, f64)>,
    origins: Vec<Date>,
}

/// A line of the predictions file.
#[derive(Debug, Serialize)]
struct Prediction<'a> {
    series: &'a str,
    origin: Date,
    target_date: Date,
    horizon: usize,
    mean: f64,
    lo80: f64,
    hi80: f64,
    lo95: f64,
    hi95: f64,
}

/// Does what was asked, and sums it up on standard error.
pub fn run(asked: &Backtest) -> anyhow::Result<()> {
    let series = read_series(&asked.data, &asked.origins)?;
    if asked.fit_shared {
        return fit_shared(&series, &asked.out);
    }
    let left_out = if asked.leave_out_source {
        leave_out_sources(&series)?
    } else {
        BTreeMap::new()
    };
    let shared_for = |of: &Series| {
        let left_out = of.source.as_deref().and_then(|source| left_out.get(source));
        left_out.unwrap_or_else(|| Shared::shipped())
    };
    let started = Instant::now();
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<Vec<(usize, Forecasts)>> {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(of) = series.get(at) else {
                return Ok(done);
            };
            let made = forecast(of, shared_for(of), asked.model);
            done.push((at, made.with_context(|| of.name.clone())?));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..asked.jobs).map(|_| scope.spawn(work)).collect();
        let mut made = Vec::with_capacity(series.len());
        for worker in workers {
            match worker.join() {
                Ok(done) => made.extend(done?),
                Err(_) => bail!("forecasting broke off"),
            }
        }
        Ok(made)
    })?;
    made.sort_unstable_by_key(|(at, _)| *at);
    write(&asked.out, &series, &made)?;
    let count: usize = made.iter().map(|(_, made)| made.forecasts.len()).sum();
    let busy: Duration = made.iter().map(|(_, made)| made.busy).sum();
    eprintln!(
        "{count} forecasts of {DAYS} days in {:.1} s, {:.4} s of one core each with its backtest",
        started.elapsed().as_secs_f64(),
        busy.as_secs_f64() / count.max(1) as f64,
    );
    Ok(())
}

/// Forecasts of one series, one per origin, and the time that training and forecasting took.
struct Forecasts {
    forecasts: Vec<Forecast>,
    busy: Duration,
}

fn forecast(of: &Series, shared: &Shared, model: Option<Candidate>) -> anyhow::Result<Forecasts> {
    let choose = model.map_or(Choose::Best { champion: None }, Choose::Only);
    let mut busy = Duration::ZERO;
    let mut forecasts = Vec::with_capacity(of.origins.len());
    for &origin in &of.origins {
        let known = of.days.iter().filter(|day| day.date <= origin);
        let begun = Instant::now();
        // The standard track: no temperature after the origin.
        let celsius = of.celsius.iter().filter(|(date, _)| *date <= origin);
        let history = History::until(known.copied(), origin)?.with_temperatures(celsius.copied());
        let trained = train_with(shared, &Input::of(history), DAYS, choose)
            .with_context(|| format!("from {origin}"))?;
        busy += begun.elapsed();
        forecasts.push(trained.forecast);
    }
    Ok(Forecasts { forecasts, busy })
}

fn write(path: &Path, series: &[Series], made: &[(usize, Forecasts)]) -> anyhow::Result<()> {
    let mut csv =
        csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    for (at, made) in made {
        for forecast in &made.forecasts {
            for (ahead, day) in (1..).zip(&forecast.days) {
                let range = day.range;
                csv.serialize(Prediction {
                    series: &series[*at].name,
                    origin: forecast.made_on,
                    target_date: day.date,
                    horizon: ahead,
                    mean: range.kwh,
                    lo80: range.lo80,
                    hi80: range.hi80,
                    lo95: range.lo95,
                    hi95: range.hi95,
                })?;
            }
        }
    }
    Ok(csv.flush()?)
}

fn fit_shared(series: &[Series], out: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let shared = teach(series.iter())?;
    let text = shared.to_json()?;
    let mut file =
        fs::File::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    file.write_all(text.as_bytes())?;
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("fitted to {} series in {seconds:.1} s", series.len());
    Ok(())
}

/// For each source the model fitted to the series of all others.
pub fn leave_out_sources(series: &[Series]) -> anyhow::Result<BTreeMap<&str, Shared>> {
    let mut left_out: BTreeMap<&str, Shared> = BTreeMap::new();
    for of in series {
        let source = of
            .source
            .as_deref()
            .with_context(|| format!("{}: no source is given, so none can be left out", of.name))?;
        if !left_out.contains_key(source) {
            let others = series.iter().filter(|other| other.source != of.source);
            let shared = teach(others).with_context(|| format!("without {source}"))?;
            left_out.insert(source, shared);
            eprintln!("fitted without {source}");
        }
    }
    Ok(left_out)
}

fn teach<'s>(series: impl Iterator<Item = &'s Series>) -> anyhow::Result<Shared> {
    let histories: Vec<(&str, History)> = series
        .map(|of| {
            let history = History::new(of.days.iter().copied());
            Ok((of.name.as_str(), history.with_context(|| of.name.clone())?))
        })
        .collect::<anyhow::Result<_>>()?;
    let teachers: Vec<Teacher<'_>> = histories
        .iter()
        .map(|(series, history)| Teacher { series, history })
        .collect();
    Ok(fit(&teachers)?)
}

/// Reads the origins, and the series that they name from files of the folder, in the order of the origins.
pub fn read_series(data: &Path, origins: &Path) -> anyhow::Result<Vec<Series>> {
    let mut all: Vec<Series> = Vec::new();
    for origin in read_rows::<Origin>(origins)? {
        let known = all.iter_mut().find(|of| of.name == origin.series);
        if let Some(of) = known {
            ensure!(
                of.source == origin.source,
                "{}: the series {} has two sources",
                origins.display(),
                of.name
            );
            of.origins.push(origin.day);
            continue;
        }
        let path = data.join(format!("{}_daily.csv", origin.series));
        let rows = read_rows::<DailyRow>(&path)?;
        let day = |row: &DailyRow| Day {
            date: row.date,
            kwh: row.kwh,
            coverage: 1.0,
        };
        all.push(Series {
            days: rows.iter().map(day).collect(),
            celsius: rows
                .iter()
                .filter_map(|row| Some((row.date, row.temp_c?)))
                .collect(),
            name: origin.series,
            source: origin.source,
            origins: vec![origin.day],
        });
    }
    ensure!(!all.is_empty(), "{} names no origin", origins.display());
    Ok(all)
}

fn read_rows<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let reader = csv::Reader::from_path(path);
    let mut reader = reader.with_context(|| format!("cannot read {}", path.display()))?;
    let rows: Result<Vec<T>, csv::Error> = reader.deserialize().collect();
    // The error names the line and the column.
    rows.with_context(|| format!("{} cannot be understood", path.display()))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    /// A folder of its own with real homes of three sources, which are shortened so that fitting stays quick.
    fn folder(name: &str) -> (PathBuf, PathBuf) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forecast");
        let folder = std::env::temp_dir().join(format!("ecotrack-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut origins = String::from("set,source,series,origin,n_history,mase_scale\n");
        for (source, series, last) in [
            ("sceaux", "fr_sceaux", 260),
            ("lcl", "uk_lcl_022", 260),
            ("fontana", "us_fontana_01", 260),
        ] {
            let text = fs::read_to_string(fixtures.join(format!("{series}_daily.csv"))).unwrap();
            let lines: Vec<&str> = text.lines().take(last + 40).collect();
            let day = lines[last].split(',').next().unwrap();
            let row = ["public", source, series, day, "260", "1.0"];
            origins += &(row.join(",") + "\n");
            fs::write(folder.join(format!("{series}_daily.csv")), lines.join("\n")).unwrap();
        }
        let file = folder.join("origins.csv");
        fs::write(&file, origins).unwrap();
        (folder, file)
    }

    fn asked(data: &Path, origins: &Path, out: &str) -> Backtest {
        Backtest {
            data: data.to_owned(),
            origins: origins.to_owned(),
            out: data.join(out),
            model: None,
            jobs: 2,
            leave_out_source: false,
            fit_shared: false,
        }
    }

    #[test]
    fn a_backtest_writes_thirty_days_for_each_origin_in_their_order() {
        let (folder, origins) = folder("backtest");
        let asked = asked(&folder, &origins, "predictions.csv");
        run(&asked).unwrap();
        let text = fs::read_to_string(&asked.out).unwrap();
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("series,origin,target_date,horizon,mean,lo80,hi80,lo95,hi95")
        );
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 90);
        for (at, row) in rows.iter().enumerate() {
            let (origin, target): (Date, Date) = (row[1].parse().unwrap(), row[2].parse().unwrap());
            assert_eq!(row[3], (at % 30 + 1).to_string());
            assert_eq!(target, origin + i64::try_from(at % 30 + 1).unwrap().days());
            let of = |at: usize| row[at].parse::<f64>().unwrap();
            let band = [of(7), of(5), of(4), of(6), of(8)];
            assert!(
                band.is_sorted() && band.iter().all(|kwh| kwh.is_finite()),
                "{row:?}"
            );
        }
        let series: Vec<&str> = rows.iter().step_by(30).map(|row| row[0]).collect();
        assert_eq!(series, ["fr_sceaux", "uk_lcl_022", "us_fontana_01"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_comes_after_the_origin_changes_no_prediction() {
        let (folder, origins) = folder("causal");
        let asked = asked(&folder, &origins, "predictions.csv");
        run(&asked).unwrap();
        let before = fs::read_to_string(&asked.out).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with("_daily.csv") {
                let text = fs::read_to_string(&path).unwrap();
                let nonsense = |(at, line): (usize, &str)| match line.split_once(',') {
                    Some((date, _)) if at > 260 => format!("{date},{}\n", 977 * at),
                    _ => format!("{line}\n"),
                };
                let text: String = text.lines().enumerate().map(nonsense).collect();
                fs::write(&path, text).unwrap();
            }
        }
        run(&asked).unwrap();
        assert_eq!(fs::read_to_string(&asked.out).unwrap(), before);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn bad_files_are_told_with_their_name_and_line() {
        let (folder, origins) = folder("bad");
        let asked = asked(&folder, &origins, "predictions.csv");
        let message = |asked: &Backtest| format!("{:#}", run(asked).unwrap_err());
        fs::write(
            folder.join("uk_lcl_022_daily.csv"),
            "date,kwh\n2013-01-01,many\n",
        )
        .unwrap();
        let told = message(&asked);
        assert!(
            told.contains("uk_lcl_022_daily.csv") && told.contains("line: 2"),
            "{told}"
        );
        fs::write(
            folder.join("uk_lcl_022_daily.csv"),
            "date,kwh\n2013-01-01,1\n2013-01-01,1\n",
        )
        .unwrap();
        let told = message(&asked);
        assert!(
            told.contains("uk_lcl_022") && told.contains("given twice"),
            "{told}"
        );
        fs::remove_file(folder.join("uk_lcl_022_daily.csv")).unwrap();
        let told = message(&asked);
        assert!(
            told.contains("cannot read") && told.contains("uk_lcl_022_daily.csv"),
            "{told}"
        );
        fs::write(&origins, "series,origin\n").unwrap();
        assert!(message(&asked).contains("names no origin"));
        fs::remove_dir_all(folder).unwrap();
    }
}
