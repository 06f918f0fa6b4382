//! How good the hours of the next seven days are: `hours DATA ORIGINS`, beside the same hour's mean of four weeks.
//! Homes without an hourly file are left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use ecotrack_server::forecasts::history::{Day, History};
use ecotrack_server::forecasts::hours::{HOURS_AHEAD_DAYS, HourlyDay, LOOKED_BACK_DAYS};
use ecotrack_server::forecasts::learn::{Choose, Input, train_with};
use ecotrack_server::forecasts::model::Candidate;
use ecotrack_server::forecasts::shared::Shared;
use flate2::read::GzDecoder;
use jiff::ToSpan;
use jiff::civil::Date;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
/// kWh by the hours of the clock.
type Hours = BTreeMap<Date, [Option<f64>; 24]>;

/// Days whose mean the other forecast is.
const FOUR_WEEKS: i32 = 28;

/// What became of one home's forecasts.
#[derive(Default)]
struct Judged {
    hours: f64,
    error: f64,
    naive: f64,
    inside80: f64,
    inside95: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [data, origins] = &arguments[..] else {
        // `cargo bench` without a name runs this one too.
        return Ok(());
    };
    let mut by_series: BTreeMap<String, Vec<Date>> = BTreeMap::new();
    for row in csv::Reader::from_path(origins)?.records() {
        let row = row?;
        by_series
            .entry(row[2].to_owned())
            .or_default()
            .push(row[3].parse()?);
    }
    let mut homes = Vec::new();
    for (series, origins) in by_series {
        let path = Path::new(data).join(format!("{series}_hourly.csv.gz"));
        if !path.exists() {
            continue;
        }
        let judged = judge(data, &series, &read_hours(&path)?, &origins)?;
        println!(
            "hours of {series} | {:.4} kWh off | {:.4} | {:.3}",
            judged.error / judged.hours,
            judged.naive / judged.hours,
            judged.error / judged.naive
        );
        homes.push(judged);
    }
    let mean = |of: &dyn Fn(&Judged) -> f64| homes.iter().map(of).sum::<f64>() / homes.len() as f64;
    if !homes.is_empty() {
        println!(
            "hours of seven days, mean of {} homes | inside 80: {:.0} %, 95: {:.0} % | same hour's mean of four weeks | {:.3}",
            homes.len(),
            100.0 * mean(&|it| it.inside80 / it.hours),
            100.0 * mean(&|it| it.inside95 / it.hours),
            mean(&|it| it.error / it.naive)
        );
    }
    Ok(())
}

fn judge(data: &str, series: &str, hours: &Hours, origins: &[Date]) -> Result<Judged> {
    let mut judged = Judged::default();
    let days = read_days(data, series)?;
    for &origin in origins {
        let known = days.iter().filter(|day| day.date <= origin).copied();
        let history = History::until(known, origin)?;
        let mut input = Input::of(history.clone());
        input.hourly = (0..LOOKED_BACK_DAYS)
            .filter_map(|age| {
                let then = origin.saturating_sub(i64::try_from(age).ok()?.days());
                Some(HourlyDay {
                    age,
                    weekday: usize::try_from(then.weekday().to_monday_zero_offset()).ok()?,
                    kwh: *hours.get(&then)?,
                })
            })
            .collect();
        // The coefficients that ship know these homes, but of the hours they say nothing.
        let only = Choose::Only(Candidate::Combined);
        let trained = train_with(Shared::shipped(), &input, HOURS_AHEAD_DAYS, only)?;
        let naive: Vec<Option<f64>> = (0..24).map(|hour| mean_of(hours, origin, hour)).collect();
        for (at, range) in trained.forecast.hours.iter().flatten().enumerate() {
            let ahead = origin.saturating_add(i64::try_from(at / 24 + 1)?.days());
            let actual = hours.get(&ahead).and_then(|day| day[at % 24]);
            let (Some(actual), Some(naive)) = (actual, naive[at % 24]) else {
                continue;
            };
            let share = |inside: bool| f64::from(u8::from(inside));
            judged.hours += 1.0;
            judged.error += (actual - range.kwh).abs();
            judged.naive += (actual - naive).abs();
            judged.inside80 += share((range.lo80..=range.hi80).contains(&actual));
            judged.inside95 += share((range.lo95..=range.hi95).contains(&actual));
        }
    }
    Ok(judged)
}

/// The mean of an hour over the four weeks that end with `origin`.
fn mean_of(hours: &Hours, origin: Date, hour: usize) -> Option<f64> {
    let days = hours.range(origin.saturating_sub((FOUR_WEEKS - 1).days())..=origin);
    let known: Vec<f64> = days.filter_map(|(_, day)| day[hour]).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn read_days(data: &str, series: &str) -> Result<Vec<Day>> {
    let mut days = Vec::new();
    let path = Path::new(data).join(format!("{series}_daily.csv"));
    for row in csv::Reader::from_path(path)?.records() {
        let row = row?;
        days.push(Day {
            date: row[0].parse()?,
            kwh: row[1].parse().ok(),
            coverage: 1.0,
        });
    }
    Ok(days)
}

/// Hours as the wall clock shows them; a day on which it was changed is left out.
fn read_hours(path: &Path) -> Result<Hours> {
    let mut hours = Hours::new();
    let mut rows_of: BTreeMap<Date, usize> = BTreeMap::new();
    for row in csv::Reader::from_reader(GzDecoder::new(File::open(path)?)).records() {
        let row = row?;
        let (date, clock) = row[0].split_at_checked(10).ok_or("a row without an hour")?;
        let date: Date = date.parse()?;
        let hour: usize = clock.get(1..3).ok_or("a row without an hour")?.parse()?;
        *hours
            .entry(date)
            .or_default()
            .get_mut(hour)
            .ok_or("no such hour")? = row[1].parse().ok();
        *rows_of.entry(date).or_default() += 1;
    }
    hours.retain(|date, _| rows_of.get(date) == Some(&24));
    Ok(hours)
}
