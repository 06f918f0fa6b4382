//! The jobs: history out of the database, the maths, the outcome back in one transaction. A reader
//! sees the forecast before or the forecast after, never half of one.

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use ecotrack_common::dashboard::DayUse;
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

use super::artefact::Artefact;
use super::forecast::Forecast;
use super::history::{Day, History};
use super::horizon::MAX_HORIZON;
use super::learn::{Input, Trained, predict, train};
use super::store;
use crate::{App, consumption, profiles};

/// Days of the past that are read: four years, so that the same season was seen some times.
const PAST_DAYS: i32 = 4 * 366;
/// Days ahead at which predictions are kept beside what happened.
const COMPARED_HORIZONS: [i16; 4] = [1, 7, 14, 30];

/// Trains one home and stores model, predictions, scores and comparisons. A home with too little
/// history is noted as such; that is no failure.
pub async fn train_profile(
    app: &App,
    profile: EnergyProfileId,
    trigger: &str,
) -> anyhow::Result<()> {
    let yesterday = last_whole_day(app, profile).await?;
    train_as_of(app, profile, trigger, yesterday).await
}

/// The same as if `last` had been the last whole day.
pub async fn train_as_of(
    app: &App,
    profile: EnergyProfileId,
    trigger: &str,
    last: Date,
) -> anyhow::Result<()> {
    let run = Uuid::now_v7();
    let history = {
        let mut conn = app.db.acquire().await?;
        store::insert_run(&mut conn, profile, run, trigger, app.clock.now()).await?;
        read_history(&mut conn, profile, last).await?
    };
    // Arithmetic belongs on a blocking thread, and holds no connection meanwhile.
    let outcome = tokio::task::spawn_blocking(move || {
        let input = Input::of(history);
        train(&input, MAX_HORIZON, None).map(|trained| (trained, input.history))
    })
    .await
    .context("the training broke off");
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    match outcome {
        Ok(Ok((trained, history))) => {
            store_trained(&mut tx, profile, run, &trained, now).await?;
            compare(&mut tx, profile, &history).await?;
            store::finish_run(&mut tx, profile, run, "succeeded", None, None, now).await?;
            crate::write::store::bump_revision(&mut tx, profile).await?;
        }
        Ok(Err(too_little)) => {
            let counts = (
                i32::try_from(too_little.have)?,
                i32::try_from(too_little.need)?,
            );
            let message = too_little.to_string();
            store::finish_run(
                &mut tx,
                profile,
                run,
                "too_little",
                Some(&message),
                Some(counts),
                now,
            )
            .await?;
            crate::write::store::bump_revision(&mut tx, profile).await?;
        }
        Err(error) => {
            let message = format!("{error:#}");
            store::finish_run(&mut tx, profile, run, "failed", Some(&message), None, now).await?;
            tx.commit().await?;
            return Err(error);
        }
    }
    Ok(tx.commit().await?)
}

/// Predicts anew with the model in use, after the home's data changed. Without a model that can
/// still be used (there is none, it was made by other features, it is damaged) trains one.
pub async fn refresh_profile(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    let last = last_whole_day(app, profile).await?;
    let mut conn = app.db.acquire().await?;
    let Some((model, value)) = store::find_artefact(&mut conn, profile).await? else {
        drop(conn);
        return train_as_of(app, profile, "data", last).await;
    };
    let artefact = match Artefact::from_value(&value) {
        Ok(artefact) => artefact,
        Err(error) => {
            drop(conn);
            tracing::warn!(%profile, %error, "the stored model cannot be used; training another");
            return train_as_of(app, profile, "data", last).await;
        }
    };
    let history = read_history(&mut conn, profile, last).await?;
    drop(conn);
    let (prediction, history) = tokio::task::spawn_blocking(move || {
        let input = Input::of(history);
        (predict(&artefact, &input, MAX_HORIZON), input.history)
    })
    .await
    .context("the prediction broke off")?;
    let mut tx = app.db.begin().await?;
    if let Some(prediction) = prediction {
        store::put_prediction(&mut tx, profile, model, &prediction, app.clock.now()).await?;
        compare(&mut tx, profile, &history).await?;
        crate::write::store::bump_revision(&mut tx, profile).await?;
    }
    Ok(tx.commit().await?)
}

async fn last_whole_day(app: &App, profile: EnergyProfileId) -> anyhow::Result<Date> {
    let mut conn = app.db.acquire().await?;
    let zone = profiles::store::zone(&mut conn, profile).await?;
    Ok(app
        .clock
        .now()
        .to_zoned(zone)
        .date()
        .saturating_sub(1.day()))
}

async fn read_history(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    last: Date,
) -> anyhow::Result<History> {
    let first = last.saturating_sub(PAST_DAYS.days());
    let days = consumption::store::list_home_days(conn, profile, first, last).await?;
    History::new(days.iter().map(measured)).context("the home's days are not in order")
}

fn measured(day: &DayUse) -> Day {
    Day {
        date: day.date,
        kwh: day.kwh.map(ecotrack_common::Kwh::to_f64),
        coverage: f64::from(day.covered_percent) / 100.0,
    }
}

async fn store_trained(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    trained: &Trained,
    now: jiff::Timestamp,
) -> anyhow::Result<()> {
    let model = Uuid::now_v7();
    store::insert_model(
        conn,
        profile,
        run,
        model,
        &trained.report,
        &trained.artefact().to_value(),
        now,
    )
    .await?;
    store::insert_scores(conn, profile, model, &trained.report).await?;
    store::put_prediction(conn, profile, model, &trained.forecast, now).await?;
    Ok(())
}

/// Puts predictions of the last weeks beside the days that have become known since.
async fn compare(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    history: &History,
) -> anyhow::Result<()> {
    let Some(last) = history.last() else {
        return Ok(());
    };
    let since = last.saturating_sub(60.days());
    let predictions = store::list_predictions(conn, profile, since).await?;
    let mut rows = Vec::new();
    for prediction in &predictions {
        for horizon in COMPARED_HORIZONS {
            let date = prediction.origin.saturating_add(i32::from(horizon).days());
            let predicted = usize::try_from(horizon)
                .ok()
                .and_then(|ahead| prediction.kwh.get(ahead - 1));
            let actual = history.index_of(date).and_then(|at| history.known()[at]);
            if let (Some(predicted), Some(actual)) = (predicted, actual) {
                rows.push(store::ComparisonRow {
                    date,
                    horizon,
                    origin: prediction.origin,
                    model: prediction.model.clone(),
                    predicted: *predicted,
                    actual: store::kwh(actual),
                });
            }
        }
    }
    Ok(store::put_comparisons(conn, profile, &rows).await?)
}

/// The forecast's days as decimals, in the order of `consumption_prediction`'s columns.
pub(super) fn columns(forecast: &Forecast) -> [Vec<rust_decimal::Decimal>; 9] {
    let days = |of: fn(&super::interval::Range) -> f64| -> Vec<rust_decimal::Decimal> {
        forecast
            .days
            .iter()
            .map(|day| store::kwh(of(&day.range)))
            .collect()
    };
    let totals = |of: fn(&super::interval::Range) -> f64| -> Vec<rust_decimal::Decimal> {
        forecast
            .totals
            .iter()
            .map(|total| store::kwh(of(total)))
            .collect()
    };
    [
        days(|range| range.kwh),
        days(|range| range.lo80),
        days(|range| range.hi80),
        days(|range| range.lo95),
        days(|range| range.hi95),
        totals(|range| range.lo80),
        totals(|range| range.hi80),
        totals(|range| range.lo95),
        totals(|range| range.hi95),
    ]
}
