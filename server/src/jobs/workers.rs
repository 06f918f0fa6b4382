//! Who does the jobs in a server, and what is asked for by the clock.

use std::time::Duration;

use anyhow::Context;
use graphile_worker::{Cron, Crontab, CrontabFill, Worker, WorkerOptions, WorkerRecoveryConfig};
use tokio::sync::Mutex;

use super::{
    DeliverAllReports, DeliverReport, EvaluateAlerts, EvaluateAllAlerts, FetchAllWeather,
    FetchWeather, PublishTotals, RebuildDays, RefreshProfile, RefreshTariffs, SOURCES, SendNotice,
    Sweep, TrainAll, TrainProfile, store,
};
use crate::App;

/// Jobs of arithmetic at once in one server: two, since the machine is small.
const CONCURRENCY: usize = 2;

/// Jobs at once in one server that wait for somebody outside: they take next to nothing, and hold no connection
/// meanwhile.
const CONCURRENCY_OUTSIDE: usize = 8;

/// What is done by the clock. Times are UTC; a night that the server slept through is made up for
/// within a day.
pub(super) fn schedule() -> anyhow::Result<[Crontab; 7]> {
    // A job without a payload arrives as `null`, which is no empty struct: each names its own.
    Ok([
        // Before the training, and after midnight in the Americas' east.
        Cron::daily_at::<FetchAllWeather>(5, 0)
            .context("a schedule")?
            .fill(CrontabFill::hours(24))
            .payload(FetchAllWeather {})?
            .build(),
        Cron::weekly_on::<RefreshTariffs>("Monday".parse().ok().context("a weekday")?, 12, 0)
            .context("a schedule")?
            .fill(CrontabFill::hours(7 * 24))
            .queue(SOURCES)
            .payload(RefreshTariffs {})?
            .build(),
        Cron::daily_at::<TrainAll>(5, 30)
            .context("a schedule")?
            .fill(CrontabFill::hours(24))
            .payload(TrainAll {})?
            .build(),
        // After the night's refresh; on all days but the first ones of a month there is nothing to do.
        Cron::daily_at::<DeliverAllReports>(9, 0)
            .context("a schedule")?
            .fill(CrontabFill::hours(24))
            .payload(DeliverAllReports {})?
            .build(),
        Cron::hourly_at::<EvaluateAllAlerts>(10)
            .context("a schedule")?
            .fill(CrontabFill::hours(1))
            .payload(EvaluateAllAlerts {})?
            .build(),
        Cron::daily_at::<PublishTotals>(6, 20)
            .context("a schedule")?
            .fill(CrontabFill::hours(24))
            .payload(PublishTotals {})?
            .build(),
        Cron::daily_at::<Sweep>(4, 40)
            .context("a schedule")?
            .fill(CrontabFill::hours(24))
            .payload(Sweep {})?
            .build(),
    ])
}

/// A worker on this database for all that is computed; its schema is made or brought up to date.
pub async fn worker(app: &App) -> anyhow::Result<Worker> {
    let options = WorkerOptions::default()
        .concurrency(CONCURRENCY)
        .define_job::<TrainProfile>()
        .define_job::<EvaluateAlerts>()
        .define_job::<RefreshProfile>()
        .define_job::<RebuildDays>()
        .define_job::<DeliverReport>()
        .define_job::<DeliverAllReports>()
        .define_job::<FetchAllWeather>()
        .define_job::<TrainAll>()
        .define_job::<EvaluateAllAlerts>()
        .define_job::<PublishTotals>()
        .define_job::<Sweep>()
        .with_crons(schedule()?);
    ready(app, options).await
}

/// One beside it for what waits for somebody outside: whoever does not answer keeps no arithmetic waiting.
pub async fn worker_outside(app: &App) -> anyhow::Result<Worker> {
    let options = WorkerOptions::default()
        .concurrency(CONCURRENCY_OUTSIDE)
        .define_job::<FetchWeather>()
        .define_job::<SendNotice>()
        .define_job::<RefreshTariffs>();
    ready(app, options).await
}

async fn ready(app: &App, options: WorkerOptions) -> anyhow::Result<Worker> {
    let shutdown = app.shutdown.clone();
    options
        .pg_pool(app.db.clone())
        .schema(store::SCHEMA)
        .worker_recovery(WorkerRecoveryConfig::default().enabled(true))
        .add_extension(app.clone())
        .listen_os_shutdown_signals(false)
        .shutdown_signal(async move { shutdown.cancelled().await })
        .shutdown_grace_period(Duration::from_secs(5))
        .init()
        .await
        .context("cannot set up the job queue")
}

/// Runs jobs until the server stops; when the database goes away, tries again until it is back.
pub async fn run(app: App) {
    // Both see to the queue's schema, one after the other.
    let turn = Mutex::new(());
    tokio::join!(
        keep_running(&app, Hands::Computing, &turn),
        keep_running(&app, Hands::Outside, &turn),
    );
}

/// Which of the workers.
#[derive(Clone, Copy)]
enum Hands {
    Computing,
    Outside,
}

async fn set_up(app: &App, hands: Hands, turn: &Mutex<()>) -> anyhow::Result<Worker> {
    let _turn = turn.lock().await;
    match hands {
        Hands::Computing => worker(app).await,
        Hands::Outside => worker_outside(app).await,
    }
}

async fn keep_running(app: &App, hands: Hands, turn: &Mutex<()>) {
    while !app.shutdown.is_cancelled() {
        let ended = match set_up(app, hands, turn).await {
            Ok(worker) => worker.run().await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            tracing::error!(
                error = format!("{error:#}"),
                "the job queue stopped; it starts again in five seconds"
            );
            tokio::select! {
                () = app.shutdown.cancelled() => {}
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
            }
        }
    }
}
