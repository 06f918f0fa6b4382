//! Work that no request waits for, as jobs in PostgreSQL (graphile_worker, in its own schema).
//!
//! Any number of servers run them; a server that dies has its jobs taken over (recovery is on). A
//! job may run twice, so what it does is the same the second time. Requests never train.

use ecotrack_common::{EnergyProfileId, NoticeChannelId};
use futures_util::future::BoxFuture;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub mod store;
#[cfg(test)]
mod tests;
mod workers;

pub use workers::{run, worker, worker_outside};

use crate::forecasts::trainings::policy::Trigger;
use crate::{App, alerts, catalog, doctor, forecasts, notices, profiles, public, reports, weather};

/// Trains one home's forecast and stores its predictions.
#[derive(Debug, Serialize, Deserialize)]
pub struct TrainProfile {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
    /// What asked for it.
    pub trigger: Trigger,
    /// The run that it is. It is made up by who asks: a job that is done twice is one run.
    #[serde(default = "Uuid::now_v7")]
    pub training_run_id: Uuid,
}

impl TrainProfile {
    /// A training that is asked for now.
    pub fn new(energy_profile_id: EnergyProfileId, trigger: Trigger) -> Self {
        Self {
            energy_profile_id,
            trigger,
            training_run_id: Uuid::now_v7(),
        }
    }

    /// The key of the training of a home.
    pub fn key_of(profile: EnergyProfileId) -> String {
        format!("train:{profile}")
    }
}

/// Looks at one home's alert rules.
#[derive(Debug, Serialize, Deserialize)]
pub struct EvaluateAlerts {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
}

/// Predicts anew, asks for a training if one is due, and looks at the alert rules: after a home's data
/// changed, and each night.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshProfile {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
}

/// Derives the days of a home's register meters again, after its time zone changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct RebuildDays {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
}

/// Sends what a member is to be told elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendNotice {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
    /// Through which channel.
    pub notice_channel_id: NoticeChannelId,
    /// What it tells.
    pub about: String,
}

/// Announces the month that is over through the channels of a home that take reports.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverReport {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
}

/// Puts that into the queue for each home that has such a channel.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverAllReports {}

/// Asks the online source for the temperatures that a home is missing.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchWeather {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
}

/// Puts that into the queue for each home that says where it is, if the operator wants it.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchAllWeather {}

/// Asks ANEEL for tariffs and flags, if the operator wants it.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshTariffs {}

/// Puts a look at each home's forecast into the queue; of those whose model is a week old follows a
/// training.
#[derive(Debug, Serialize, Deserialize)]
pub struct TrainAll {}

/// Puts a look at the alert rules of each home into the queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct EvaluateAllAlerts {}

/// Publishes the month that is due on the public page.
#[derive(Debug, Serialize, Deserialize)]
pub struct PublishTotals {}

/// Removes what has served its time: old idempotency keys, sessions and invitations that ended long
/// ago, recovery codes that expired, homes that nobody can restore any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sweep {}

/// A job and the key under which a second one, asked for while the first waits, replaces it.
pub trait Job: TaskHandler + Serialize {
    /// The key; jobs with the same key are one.
    fn key(&self) -> String;

    /// Jobs of the same queue are done one after the other; those of none as many at once as there are
    /// hands.
    fn queue(&self) -> Option<String> {
        None
    }

    /// The smaller, the sooner.
    fn priority(&self) -> i16 {
        0
    }
}

/// What went out is known so long, that it does not go out again: longer than any rule is quiet.
const NOTICES_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Priority of what somebody looks at a screen for.
const AWAITED: i16 = -10;

/// The queue of what writes a home's forecast. Of two at once, the one that read the readings before
/// they were taken back could be the last to store what it found.
fn forecast_of(profile: EnergyProfileId) -> String {
    format!("forecast:{profile}")
}

/// Asks for a home to be predicted anew, after what is known of it changed.
pub async fn ask_refresh(
    conn: &mut PgConnection,
    energy_profile_id: EnergyProfileId,
) -> sqlx::Result<()> {
    store::enqueue(conn, &RefreshProfile { energy_profile_id }).await
}

impl Job for TrainProfile {
    fn key(&self) -> String {
        Self::key_of(self.energy_profile_id)
    }

    fn queue(&self) -> Option<String> {
        Some(forecast_of(self.energy_profile_id))
    }

    fn priority(&self) -> i16 {
        match self.trigger {
            Trigger::Request => AWAITED,
            _ => 0,
        }
    }
}

impl Job for EvaluateAlerts {
    fn key(&self) -> String {
        format!("alerts:{}", self.energy_profile_id)
    }
}

impl Job for RefreshProfile {
    fn key(&self) -> String {
        format!("refresh:{}", self.energy_profile_id)
    }

    fn queue(&self) -> Option<String> {
        Some(forecast_of(self.energy_profile_id))
    }
}

impl Job for RebuildDays {
    fn key(&self) -> String {
        format!("rebuild:{}", self.energy_profile_id)
    }
}

/// The queue of what the online sources are asked: one thing at a time.
const SOURCES: &str = "sources";

impl Job for FetchWeather {
    fn queue(&self) -> Option<String> {
        Some(SOURCES.to_owned())
    }

    fn key(&self) -> String {
        format!("weather:{}", self.energy_profile_id)
    }
}

impl Job for DeliverReport {
    fn key(&self) -> String {
        format!("report:{}", self.energy_profile_id)
    }
}

impl TaskHandler for DeliverReport {
    const IDENTIFIER: &'static str = "deliver_report";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let outcome = reports::deliver::run(&app, self.energy_profile_id).await;
        said(Self::IDENTIFIER, self.energy_profile_id, outcome)
    }
}

impl TaskHandler for DeliverAllReports {
    const IDENTIFIER: &'static str = "deliver_all_reports";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        reports::deliver::run_all(&app)
            .await
            .map_err(|error| error.to_string())
    }
}

impl Job for SendNotice {
    /// Of a channel one after the other; whose does not answer keeps nobody else's waiting.
    fn queue(&self) -> Option<String> {
        Some(format!("notice:{}", self.notice_channel_id))
    }

    fn key(&self) -> String {
        format!("notice:{}:{}", self.notice_channel_id, self.about)
    }
}

impl TaskHandler for SendNotice {
    const IDENTIFIER: &'static str = "send_notice";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let outcome = notices::send::run(&app, &self).await;
        said(Self::IDENTIFIER, self.energy_profile_id, outcome)
    }
}

impl TaskHandler for TrainProfile {
    const IDENTIFIER: &'static str = "train_profile";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let outcome = train(&app, &self).await;
        said(Self::IDENTIFIER, self.energy_profile_id, outcome)
    }
}

async fn train(app: &App, job: &TrainProfile) -> anyhow::Result<()> {
    let profile = job.energy_profile_id;
    forecasts::train::train_profile(app, profile, job.training_run_id, job.trigger).await?;
    alerts::evaluate::run(app, profile).await
}

impl TaskHandler for EvaluateAlerts {
    const IDENTIFIER: &'static str = "evaluate_alerts";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        said(
            Self::IDENTIFIER,
            self.energy_profile_id,
            alerts::evaluate::run(&app, self.energy_profile_id).await,
        )
    }
}

impl TaskHandler for RefreshProfile {
    const IDENTIFIER: &'static str = "refresh_profile";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let outcome = refresh(&app, self.energy_profile_id).await;
        said(Self::IDENTIFIER, self.energy_profile_id, outcome)
    }
}

async fn refresh(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    forecasts::train::refresh_profile(app, profile).await?;
    alerts::evaluate::run(app, profile).await
}

impl TaskHandler for RebuildDays {
    const IDENTIFIER: &'static str = "rebuild_days";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(app) = app_for(&context, self.energy_profile_id).await? else {
            return Ok(());
        };
        said(
            Self::IDENTIFIER,
            self.energy_profile_id,
            doctor::rebuild(&app, self.energy_profile_id).await,
        )
    }
}

impl TaskHandler for FetchWeather {
    const IDENTIFIER: &'static str = "fetch_weather";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let outcome = weather::fetch::run(&app, self.energy_profile_id).await;
        said(Self::IDENTIFIER, self.energy_profile_id, outcome)
    }
}

impl TaskHandler for FetchAllWeather {
    const IDENTIFIER: &'static str = "fetch_all_weather";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        fetch_all_weather(&app)
            .await
            .map_err(|error| error.to_string())
    }
}

async fn fetch_all_weather(app: &App) -> sqlx::Result<()> {
    if !app.settings.weather.enabled {
        return Ok(());
    }
    for_each_page(
        app,
        |conn, after| Box::pin(weather::store::list_placed(conn, after)),
        |energy_profile_id| FetchWeather { energy_profile_id },
    )
    .await
}

impl TaskHandler for RefreshTariffs {
    const IDENTIFIER: &'static str = "refresh_tariffs";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        if !app.settings.aneel.enabled {
            return Ok(());
        }
        match catalog::refresh::run(&app).await {
            Ok(summary) => {
                tracing::info!(job = Self::IDENTIFIER, "{summary}");
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(job = Self::IDENTIFIER, error, "a job failed");
                Err(error)
            }
        }
    }
}

impl TaskHandler for TrainAll {
    const IDENTIFIER: &'static str = "train_all";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        for_each_home(&app, |energy_profile_id| RefreshProfile {
            energy_profile_id,
        })
        .await
        .map_err(|error| error.to_string())
    }
}

impl TaskHandler for EvaluateAllAlerts {
    const IDENTIFIER: &'static str = "evaluate_all_alerts";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        for_each_home(&app, |energy_profile_id| EvaluateAlerts {
            energy_profile_id,
        })
        .await
        .map_err(|error| error.to_string())
    }
}

impl TaskHandler for PublishTotals {
    const IDENTIFIER: &'static str = "publish_totals";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        public::publish::run(&app).await.map_err(|error| {
            let error = format!("{error:#}");
            tracing::error!(job = Self::IDENTIFIER, error, "a job failed");
            error
        })
    }
}

impl TaskHandler for Sweep {
    const IDENTIFIER: &'static str = "sweep";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = app(&context)?;
        let mut conn = app.db.acquire().await.map_err(|error| error.to_string())?;
        let now = app.clock.now();
        store::sweep(&mut conn, now)
            .await
            .map_err(|error| error.to_string())?;
        notices::store::sweep(&mut conn, now - NOTICES_KEPT)
            .await
            .map_err(|error| error.to_string())?;
        forecasts::trainings::store::sweep(&mut conn, now)
            .await
            .map_err(|error| error.to_string())?;
        profiles::removal::sweep(&mut conn, now)
            .await
            .map_err(|error| error.to_string())
    }
}

fn app(context: &WorkerContext) -> Result<App, String> {
    context
        .get_ext::<App>()
        .cloned()
        .ok_or_else(|| "the worker was built without its App".to_owned())
}

/// The same for a job about a home; none when the home was removed while the job waited, and nothing is
/// left to do.
async fn app_for(context: &WorkerContext, profile: EnergyProfileId) -> Result<Option<App>, String> {
    let app = app(context)?;
    let mut conn = app.db.acquire().await.map_err(|error| error.to_string())?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await
        .map_err(|error| error.to_string())?;
    drop(conn);
    Ok(home.map(|_| app))
}

/// A failure is logged here, once; the queue keeps it and tries again later, less and less often.
fn said(job: &str, profile: EnergyProfileId, outcome: anyhow::Result<()>) -> Result<(), String> {
    outcome.map_err(|error| {
        tracing::error!(job, %profile, error = format!("{error:#}"), "a job failed");
        format!("{error:#}")
    })
}

/// Puts a job for each home into the queue.
pub async fn for_each_home<J: Job>(
    app: &App,
    job: impl Fn(EnergyProfileId) -> J,
) -> sqlx::Result<()> {
    for_each_page(
        app,
        |conn, after| Box::pin(profiles::store::list_page(conn, after)),
        job,
    )
    .await
}

/// Some homes, while they are read.
pub type Page<'a> = BoxFuture<'a, sqlx::Result<Vec<EnergyProfileId>>>;

/// Puts a job for each of some homes into the queue; `page` reads those behind a home, so that no more than a page of
/// them is held. If this breaks off and is done again, those that wait already stay as they are.
pub async fn for_each_page<J: Job>(
    app: &App,
    page: impl for<'a> Fn(&'a mut PgConnection, Option<EnergyProfileId>) -> Page<'a>,
    job: impl Fn(EnergyProfileId) -> J,
) -> sqlx::Result<()> {
    let mut conn = app.db.acquire().await?;
    let mut homes = page(&mut conn, None).await?;
    while let Some(last) = homes.last().copied() {
        let jobs: Vec<J> = homes.iter().copied().map(&job).collect();
        store::enqueue_all(&mut conn, &jobs).await?;
        homes = page(&mut conn, Some(last)).await?;
    }
    Ok(())
}
