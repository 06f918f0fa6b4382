//! How fast homes are trained through the job queue, and in how much memory: so many homes of two years
//! of days each, and ten times as many.
//!
//! `make bench-queue` runs it with a throw-away PostgreSQL, whose address is its argument; a number beside
//! it is another count of homes. No test: times on shared machines mean little but as ratios of the same
//! run.

use std::time::Instant;

use anyhow::{Context, bail};
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::forecasts::trainings::policy::Trigger;
use ecotrack_server::jobs::{self, TrainProfile};
use ecotrack_server::{App, catalog, database};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

mod store;

/// A real home's days; those of the others are made of them.
const DAYS: &str = include_str!("../../fixtures/forecast/fr_sceaux_daily.csv");
/// Where the homes are.
const ZONE: &str = "America/Sao_Paulo";
/// Homes of the smaller run.
const HOMES: i32 = 1000;
/// So many times as many are in the larger one.
const TIMES: i32 = 10;
/// So many times the time they may take.
const LIMIT: f64 = 11.0;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.find(|argument| argument.starts_with("postgres://"));
    let url =
        url.context("the address of an empty PostgreSQL is missing; `make bench-queue` gives one")?;
    let homes = std::env::args().find_map(|argument| argument.parse().ok());
    let homes: i32 = homes.unwrap_or(HOMES);
    let db = database::connect(&SecretString::from(url)).await?;
    database::migrate(&db).await?;
    let settings = Settings::with_data_dir(std::env::temp_dir());
    let app = App::new(db, Clock::System, settings, CancellationToken::new());
    catalog::load_reference(&app.db, app.clock.now()).await?;

    let few = train(&app, homes).await?;
    println!(
        "{homes} homes of two years trained through the queue | {:.1} a second, {} MiB | |",
        few.rate(homes),
        few.peak_mib
    );
    let many = train(&app, homes * TIMES).await?;
    let ratio = many.seconds / few.seconds;
    println!(
        "{} homes | {:.1} a second, {} MiB | {TIMES} times as many; limits {LIMIT} times the time and the same memory | {ratio:.1}",
        homes * TIMES,
        many.rate(homes * TIMES),
        many.peak_mib
    );
    Ok(())
}

struct Run {
    seconds: f64,
    peak_mib: u64,
}

impl Run {
    fn rate(&self, homes: i32) -> f64 {
        f64::from(homes) / self.seconds
    }
}

/// Makes so many homes and trains them as a server does, from asking for it until nothing waits.
async fn train(app: &App, homes: i32) -> anyhow::Result<Run> {
    let zone = TimeZone::get(ZONE)?;
    let yesterday = app
        .clock
        .now()
        .to_zoned(zone)
        .date()
        .saturating_sub(1.day());
    let mut conn = app.db.acquire().await?;
    store::replace_homes(&mut conn, homes, ZONE, yesterday, &series()?).await?;
    drop(conn);
    let worker = jobs::worker(app).await?;
    forget_peak()?;
    let begin = Instant::now();
    jobs::for_each_home(app, |home| TrainProfile::new(home, Trigger::Schedule)).await?;
    worker.run_once().await?;
    let seconds = begin.elapsed().as_secs_f64();
    let peak_mib = peak_mib()?;
    let trained = store::count_trained(&mut *app.db.acquire().await?).await?;
    if trained != i64::from(homes) {
        bail!("{trained} of {homes} homes were trained");
    }
    Ok(Run { seconds, peak_mib })
}

/// Milliwatt-hours of each day; a gap is a gap.
fn series() -> anyhow::Result<Vec<Option<i64>>> {
    let day = |line: &str| {
        let (_, kwh) = line.split_once(',').context("a line without a comma")?;
        if kwh.is_empty() {
            return Ok(None);
        }
        let kwh: f64 = kwh.parse()?;
        anyhow::Ok(Some((kwh * 1e6) as i64))
    };
    DAYS.lines().skip(1).map(day).collect()
}

/// From here on the process's peak of memory counts anew.
fn forget_peak() -> anyhow::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")
}

fn peak_mib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.split_whitespace().next());
    Ok(peak.context("no peak of memory is told")?.parse::<u64>()? / 1024)
}
