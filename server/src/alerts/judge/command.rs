//! `ecotrack-server judge-alerts`: homes from files, a table out.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use flate2::read::GzDecoder;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::choose;
use super::inject::Fault;
use super::{Forecasts, Series, Watch};
use crate::alerts::rules::Rules;
use crate::alerts::rules::standby::{Floor, floor_watts};

/// A month, in days.
const MONTH_DAYS: f64 = 365.25 / 12.0;
/// A fault that is not told of in so many days was missed.
const IN_TIME_DAYS: i32 = 21;

/// Which homes, and how.
#[derive(Debug, Args)]
pub struct JudgeAlerts {
    /// Folder of `<series>_daily.csv` files (`date,kwh`), and `<series>_hourly.csv.gz` (`timestamp,kwh`) beside them
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Weeks from one training to the next; a forecast is made each week
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=52))]
    train_every: i32,
    /// Days from one fault put into a home to the next
    #[arg(long, value_name = "DAYS", default_value_t = 61, value_parser = clap::value_parser!(i32).range(30..=400))]
    fault_every: i32,
    /// Choose the thresholds of `day_above_forecast` and `standby_creeping` on the homes of all sources but one, and hold
    /// what was chosen against those of that one
    #[arg(long)]
    choose: bool,
}

/// What came of the homes of one source.
#[derive(Debug, Default, Clone)]
pub struct Count {
    /// Homes.
    pub homes: usize,
    /// Months in which rules were looked at.
    pub months: f64,
    /// Alerts on homes as they were, by rule: all of them false.
    pub false_alarms: BTreeMap<AlertRule, usize>,
    /// Of each fault: how often put in, how often told, days until then in all.
    pub faults: BTreeMap<Fault, (usize, usize, i32)>,
}

impl Count {
    /// False alarms a month over all rules.
    pub fn a_month(&self) -> f64 {
        let all: usize = self.false_alarms.values().sum();
        all as f64 / self.months.max(1.0)
    }

    fn add(&mut self, other: &Self) {
        self.homes += other.homes;
        self.months += other.months;
        for (rule, alarms) in &other.false_alarms {
            *self.false_alarms.entry(*rule).or_default() += alarms;
        }
        for (fault, (put, told, days)) in &other.faults {
            let all = self.faults.entry(*fault).or_default();
            *all = (all.0 + put, all.1 + told, all.2 + days);
        }
    }
}

/// Judges the homes of a folder, and prints what came of it as Markdown.
pub fn run(asked: &JudgeAlerts) -> anyhow::Result<()> {
    if asked.choose {
        let homes = read_all(&asked.data)?;
        print!(
            "{}",
            choose::report(&homes, asked.train_every, asked.fault_every)?
        );
        return Ok(());
    }
    let mut by_source: BTreeMap<String, Count> = BTreeMap::new();
    for series in read_all(&asked.data)? {
        let count = judge(&series, asked.train_every, Some(asked.fault_every));
        let count = count.with_context(|| series.name.clone())?;
        eprintln!(
            "{}: {:.2} false alarms a month",
            series.name,
            count.a_month()
        );
        by_source
            .entry(series.source().to_owned())
            .or_default()
            .add(&count);
    }
    print!("{}", tables(&by_source));
    Ok(())
}

/// One home as it was, and with each fault every `fault_every` days.
pub fn judge(series: &Series, train_every: i32, fault_every: Option<i32>) -> anyhow::Result<Count> {
    let mut count = Count::default();
    let Some(months) = months(series) else {
        return Ok(count);
    };
    (count.homes, count.months) = (1, months);
    let rules = [Rules::default()];
    let mut put = |_, fault, told: Option<i32>| {
        let all = count.faults.entry(fault).or_default();
        let days = told.unwrap_or_default();
        *all = (all.0 + 1, all.1 + usize::from(told.is_some()), all.2 + days);
    };
    let every = (train_every, fault_every);
    let watches = walk(series, every, &Fault::ALL, &rules, &mut put)?;
    for alarm in watches.iter().flat_map(|watch| &watch.alarms) {
        *count.false_alarms.entry(alarm.rule).or_default() += 1;
    }
    Ok(count)
}

/// Months in which the rules of a home can be looked at; `None` of one that is too short.
pub(super) fn months(series: &Series) -> Option<f64> {
    let days = days_between(series.first()?, series.last()?);
    (days >= 1).then(|| f64::from(days + 1) / MONTH_DAYS)
}

/// Looks at a home under each of several sets of rules, by forecasts trained every so many weeks: as it was, and with each of
/// these faults every so many days, of which `put` hears (which set, which fault, after how many days it was told of).
/// Gives what was raised where nothing was wrong.
pub(super) fn walk(
    series: &Series,
    (train_every, fault_every): (i32, Option<i32>),
    faults: &[Fault],
    sets: &[Rules],
    put: &mut impl FnMut(usize, Fault, Option<i32>),
) -> anyhow::Result<Vec<Watch>> {
    let mut clean = vec![Watch::default(); sets.len()];
    let (Some(first), Some(last)) = (series.first(), series.last()) else {
        return Ok(clean);
    };
    let forecasts = Forecasts::of(series, train_every)?;
    let look = |clean: &mut [Watch], from, to| {
        for (watch, rules) in clean.iter_mut().zip(sets) {
            watch.look(series, &forecasts, rules, from, to);
        }
    };
    let mut from = first;
    while let Some(every) = fault_every {
        // The rules know the weeks before, and the fault has the time to be told.
        let since = from.saturating_add(every.days());
        let until = since.saturating_add(IN_TIME_DAYS.days());
        if until > last {
            break;
        }
        look(&mut clean, from, since.yesterday()?);
        for fault in faults {
            let Some(broken) = fault.put_into(series, since) else {
                continue;
            };
            // What changes no day changes no forecast.
            let changed = if broken.days == series.days {
                None
            } else {
                Some(forecasts.with_fault(&broken, since, until)?)
            };
            let forecasts = changed.as_ref().unwrap_or(&forecasts);
            for (at, (before, rules)) in clean.iter().zip(sets).enumerate() {
                let told = told_after(*fault, &broken, forecasts, rules, before, since);
                put(at, *fault, told);
            }
        }
        from = since;
    }
    look(&mut clean, from, last);
    Ok(clean)
}

/// Days until a fault is told of, if it is in time.
fn told_after(
    fault: Fault,
    faulty: &Series,
    forecasts: &Forecasts,
    rules: &Rules,
    before: &Watch,
    since: Date,
) -> Option<i32> {
    let until = since.saturating_add(IN_TIME_DAYS.days());
    let mut watch = before.clone();
    watch.alarms.clear();
    watch.look(faulty, forecasts, rules, since, until);
    let mut alarms = watch.alarms.iter();
    let told = alarms.find(|alarm| fault.caught_by().contains(&alarm.rule));
    told.map(|alarm| days_between(since, alarm.on))
}

/// The two tables: alerts on homes without a fault, and faults that were told of.
fn tables(by_source: &BTreeMap<String, Count>) -> String {
    let mut all = Count::default();
    for count in by_source.values() {
        all.add(count);
    }
    let sources = by_source
        .iter()
        .map(|(source, count)| (source.as_str(), count));
    let columns: Vec<(&str, &Count)> = sources.chain([("all", &all)]).collect();
    let row = |first: &str, cell: &dyn Fn(&Count) -> String| {
        let cells: Vec<String> = columns.iter().map(|(_, count)| cell(count)).collect();
        format!("| {first} | {} |\n", cells.join(" | "))
    };
    let head = |first: &str| {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let line = "---: | ".repeat(columns.len());
        format!(
            "| {first} | {} |\n| --- | {}\n",
            names.join(" | "),
            line.trim_end()
        )
    };
    let mut text = head("alerts a home and month without a fault");
    text += &row("homes", &|count| count.homes.to_string());
    text += &row("months", &|count| format!("{:.0}", count.months));
    for rule in all.false_alarms.keys() {
        text += &row(&format!("`{rule}`"), &|count| {
            let alarms = count.false_alarms.get(rule).copied().unwrap_or_default();
            format!("{:.2}", alarms as f64 / count.months.max(1.0))
        });
    }
    text += &row("all rules", &|count| format!("**{:.2}**", count.a_month()));
    text += "\n";
    text += &head("fault: told of within three weeks, after days");
    for fault in Fault::ALL {
        text += &row(
            &fault.to_string(),
            &|count| match count.faults.get(&fault) {
                Some((put, told, days)) if *told > 0 => format!(
                    "{:.0} %, {:.1}",
                    100.0 * *told as f64 / *put as f64,
                    f64::from(*days) / *told as f64
                ),
                Some(_) => "0 %".to_owned(),
                None => "–".to_owned(),
            },
        );
    }
    text
}

#[derive(Debug, Deserialize)]
struct DailyRow {
    date: Date,
    kwh: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct HourlyRow {
    timestamp: String,
    kwh: Option<f64>,
}

/// The homes of a folder, by name.
pub fn read_all(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix("_daily.csv").map(str::to_owned));
    }
    names.sort();
    ensure!(
        !names.is_empty(),
        "{} has no `<series>_daily.csv`",
        folder.display()
    );
    names.into_iter().map(|name| read(folder, name)).collect()
}

fn read(folder: &Path, name: String) -> anyhow::Result<Series> {
    let path = folder.join(format!("{name}_daily.csv"));
    let mut reader =
        csv::Reader::from_path(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let days: Result<Vec<DailyRow>, csv::Error> = reader.deserialize().collect();
    let days = days.with_context(|| format!("{} cannot be understood", path.display()))?;
    let hourly = folder.join(format!("{name}_hourly.csv.gz"));
    let floors = if hourly.exists() {
        read_floors(&hourly)?
    } else {
        Vec::new()
    };
    Ok(Series {
        name,
        days: days.into_iter().map(|row| (row.date, row.kwh)).collect(),
        floors,
        backwards: Vec::new(),
        away: Vec::new(),
    })
}

/// The quiet hours of each day. Hours stand in local time, one after the other.
fn read_floors(path: &Path) -> anyhow::Result<Vec<Floor>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let mut hours: BTreeMap<Date, Vec<Option<u32>>> = BTreeMap::new();
    for row in reader.deserialize::<HourlyRow>() {
        let row = row.with_context(|| format!("{} cannot be understood", path.display()))?;
        let day = row.timestamp.get(..10).unwrap_or_default();
        let date: Date = day
            .parse()
            .with_context(|| format!("{}: {}", path.display(), row.timestamp))?;
        let mwh = row.kwh.map(|kwh| (kwh.max(0.0) * 1e6) as u32);
        hours.entry(date).or_default().push(mwh);
    }
    let whole = hours.into_iter().filter(|(_, hours)| hours.len() >= 22);
    Ok(whole
        .filter_map(|(date, hours)| {
            Some(Floor {
                date,
                watts: floor_watts(&hours, 60)?,
            })
        })
        .collect())
}
