//! The jobs: history out of the database, the maths, the outcome back in one transaction. A reader
//! sees the forecast before or the forecast after, never half of one.

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use futures_util::StreamExt;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgConnection;
use uuid::Uuid;

use super::artefact::Artefact;
use super::history::History;
use super::horizon::MAX_HORIZON;
use super::learn::{Trained, predict, train};
use super::model::Candidate;
use super::store::{Ahead, NewModel};
use super::trainings::policy::{Basis, Trigger};
use super::trainings::store::{Begun, Outcome};
use super::{ahead, inputs, record, store, trainings};
use crate::{App, profiles, write};

/// Homes at once where all are trained: training is arithmetic, and the machine is small.
const AT_ONCE: usize = 2;

/// Trains one home and stores model, predictions, scores and comparisons, once for each `run` however
/// often it is done. A home with too little history is noted as such; that is no failure.
pub async fn train_profile(
    app: &App,
    profile: EnergyProfileId,
    run: Uuid,
    trigger: Trigger,
) -> anyhow::Result<()> {
    run_training(app, profile, run, trigger, None).await
}

/// The same as if `last` had been the last whole day.
pub async fn train_as_of(
    app: &App,
    profile: EnergyProfileId,
    trigger: Trigger,
    last: Date,
) -> anyhow::Result<()> {
    run_training(app, profile, Uuid::now_v7(), trigger, Some(last)).await
}

async fn run_training(
    app: &App,
    profile: EnergyProfileId,
    run: Uuid,
    trigger: Trigger,
    last: Option<Date>,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let begun = trainings::store::begin(&mut conn, profile, run, trigger, now).await?;
    drop(conn);
    let Some(begun) = begun else {
        return Ok(());
    };
    let Err(error) = train_and_store(app, profile, run, &begun, last).await else {
        return Ok(());
    };
    // What broke off left nothing behind but its run, which says why.
    let failed = Outcome::Failed(format!("{error:#}"));
    let noted = async {
        let mut conn = app.db.acquire().await?;
        trainings::store::finish(&mut conn, profile, run, &failed, app.clock.now()).await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%profile, %error, "cannot note that a training failed");
    }
    Err(error)
}

async fn train_and_store(
    app: &App,
    profile: EnergyProfileId,
    run: Uuid,
    begun: &Begun,
    last: Option<Date>,
) -> anyhow::Result<()> {
    let last = match last {
        Some(last) => last,
        None => last_whole_day(app, &begun.time_zone)?,
    };
    // No connection is held while there is arithmetic.
    let input = {
        let mut conn = app.db.acquire().await?;
        inputs::read(&mut conn, &app.reference, profile, &begun.time_zone, last).await?
    };
    let champion = begun.champion.as_deref().and_then(Candidate::named);
    let (trained, input) =
        off_thread(move || (train(&input, MAX_HORIZON, champion), input)).await?;
    let challenge = trained
        .as_ref()
        .ok()
        .and_then(|trained| trained.report.challenge);
    let challenge = challenge.map(|challenge| challenge.told());
    let ending = match &trained {
        Ok(_) => Outcome::Succeeded(challenge.as_ref()),
        Err(too_little) => Outcome::TooLittle {
            message: too_little.to_string(),
            have_days: i32::try_from(too_little.have)?,
            need_days: i32::try_from(too_little.need)?,
        },
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !trainings::store::finish(&mut tx, profile, run, &ending, now).await? {
        return Ok(());
    }
    if let Ok(trained) = &trained {
        record::compare(&mut tx, profile, &input.history).await?;
        let zone = TimeZone::get(&begun.time_zone).context("the home's time zone")?;
        store_trained(&mut tx, profile, run, trained, &input.history, &zone, now)
            .await
            .context("the model cannot be stored")?;
    }
    Ok(tx.commit().await?)
}

async fn store_trained(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    trained: &Trained,
    history: &History,
    zone: &TimeZone,
    now: jiff::Timestamp,
) -> sqlx::Result<()> {
    let model = NewModel {
        forecast_model_id: Uuid::now_v7(),
        training_run_id: run,
        report: &trained.report,
        artefact: &trained.artefact().to_value(),
        card: &trained.report.card(),
        basis: Basis::of(history.known()),
    };
    store::insert_model(&mut *conn, profile, &model, now).await?;
    let ahead = Ahead {
        forecast: &trained.forecast,
        hours: &ahead::laid_out(&trained.forecast, zone),
    };
    store::put_prediction(conn, profile, model.forecast_model_id, &ahead, now).await
}

/// Predicts anew with the model in use, and asks for a training if one is due: there is no model that
/// can still be used (there is none, it was made by other features, it is damaged), it is a week old, the
/// data changed much, or predictions turn out worse than promised.
pub async fn refresh_profile(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    refresh(app, profile, None).await
}

/// Predicts with the model in use as if `last` had been the last whole day, and asks for nothing.
pub async fn predict_as_of(app: &App, profile: EnergyProfileId, last: Date) -> anyhow::Result<()> {
    refresh(app, profile, Some(last)).await
}

async fn refresh(app: &App, profile: EnergyProfileId, as_of: Option<Date>) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(home) = store::find_in_use(&mut conn, profile).await? else {
        return Ok(());
    };
    let last = match as_of {
        Some(last) => last,
        None => last_whole_day(app, &home.time_zone)?,
    };
    let input = inputs::read(&mut conn, &app.reference, profile, &home.time_zone, last).await?;
    drop(conn);
    let nothing = input.is_empty();
    if input.starts_cold() && !nothing && as_of.is_none() {
        // There is no model to keep: what is known says all, and training costs next to nothing.
        return train_as_of(app, profile, Trigger::Data, last).await;
    }
    let usable = home
        .model
        .and_then(|(model, value)| match Artefact::from_value(&value) {
            // Of days that were too few for a model, and are enough now.
            Ok(artefact) if artefact.fitted.is_none() => None,
            Ok(artefact) => Some((model, artefact)),
            Err(error) => {
                tracing::warn!(%profile, %error, "the stored model cannot be used; another is to be trained");
                None
            }
        });
    let zone = TimeZone::get(&home.time_zone).context("the home's time zone")?;
    let (predicted, history) = off_thread(move || {
        let predicted =
            usable.map(|(model, artefact)| (model, predict(&artefact, &input, MAX_HORIZON)));
        (predicted, input.history)
    })
    .await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // Held from here on, so that what is stored of the home is stored one after the other.
    write::store::bump_revision(&mut tx, profile).await?;
    let usable = predicted.is_some();
    match predicted {
        Some((model, Some(forecast))) => {
            record::compare(&mut tx, profile, &history).await?;
            let ahead = Ahead {
                forecast: &forecast,
                hours: &ahead::laid_out(&forecast, &zone),
            };
            store::put_prediction(&mut tx, profile, model, &ahead, now).await?;
        }
        Some((_, None)) => store::delete_predictions(&mut tx, profile).await?,
        // Nothing is known any more: readings were taken back, a bill was removed.
        None if nothing => store::delete_predictions(&mut tx, profile).await?,
        None => {}
    }
    if as_of.is_none() {
        let known = Basis::of(history.known());
        trainings::ask_if_due(&mut tx, profile, usable, known, now).await?;
    }
    Ok(tx.commit().await?)
}

/// How far the training of all homes is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Homes that there were when it began.
    pub homes: i64,
    /// Homes that are done, those that failed among them.
    pub done: i64,
    /// Homes whose training failed.
    pub failed: i64,
}

/// Trains every home now, some at once, and tells after each how far it is, with the failure of one
/// that failed, which does not keep the others waiting.
pub async fn train_all(
    app: &App,
    tell: &mut impl FnMut(Progress, Option<(EnergyProfileId, anyhow::Error)>),
) -> anyhow::Result<Progress> {
    let mut conn = app.db.acquire().await?;
    let mut progress = Progress {
        homes: profiles::store::count(&mut conn).await?,
        ..Progress::default()
    };
    let mut page = profiles::store::list_page(&mut conn, None).await?;
    drop(conn);
    while let Some(last) = page.last().copied() {
        let mut trained = futures_util::stream::iter(page)
            .map(|home| async move {
                let run = Uuid::now_v7();
                (home, train_profile(app, home, run, Trigger::Request).await)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((home, outcome)) = trained.next().await {
            progress.done += 1;
            progress.failed += i64::from(outcome.is_err());
            tell(progress, outcome.err().map(|error| (home, error)));
        }
        page = profiles::store::list_page(&mut *app.db.acquire().await?, Some(last)).await?;
    }
    Ok(progress)
}

fn last_whole_day(app: &App, time_zone: &str) -> anyhow::Result<Date> {
    let zone = TimeZone::get(time_zone).context("the home's time zone")?;
    let today = app.clock.now().to_zoned(zone).date();
    Ok(today.saturating_sub(1.day()))
}

/// Arithmetic belongs on a blocking thread. One that panics is the failure of this home alone.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .context("the arithmetic broke off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arithmetic_that_panics_is_a_failure_that_says_so() {
        let broke_off = off_thread(|| -> i32 { panic!("a matrix of rank 0") }).await;
        let said = format!("{:#}", broke_off.unwrap_err());
        assert!(
            said.starts_with("the arithmetic broke off") && said.contains("a matrix of rank 0"),
            "{said}"
        );
        assert_eq!(off_thread(|| 7).await.unwrap(), 7, "and the next goes on");
    }
}
