//! Training runs, models, predictions, scores, comparisons.

use ecotrack_common::forecast::{AccuracyScore, Band, Forecast, ForecastDay, PredictionComparison};
use ecotrack_common::{EnergyProfileId, Kwh};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use sqlx::PgConnection;
use uuid::Uuid;

use super::learn::TrainingReport;

/// A float of the maths as kWh, to the milliwatt-hour.
pub fn kwh(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(6)
}

fn share(value: f64, places: u32) -> Option<Decimal> {
    // Columns of scores end at 999999.9999; a model that is worse is as bad as can be told.
    Decimal::from_f64(value.min(999_999.0)).map(|value| value.round_dp(places))
}

/// Notes that a training began.
pub async fn insert_run(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    trigger: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO training_run (energy_profile_id, training_run_id, trigger, state, started_at)
         VALUES ($1, $2, $3, 'running', $4)",
        profile.0,
        run,
        trigger,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes how it ended.
pub async fn finish_run(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    state: &str,
    message: Option<&str>,
    counts: Option<(i32, i32)>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (have, need) = counts.unzip();
    sqlx::query!(
        "UPDATE training_run SET state = $3, message = $4, have_days = $5, need_days = $6, finished_at = $7
         WHERE energy_profile_id = $1 AND training_run_id = $2",
        profile.0,
        run,
        state,
        message,
        have,
        need,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a model and puts it in use in place of the one before.
pub async fn insert_model(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    model: Uuid,
    report: &TrainingReport,
    artefact: &serde_json::Value,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE forecast_model SET in_use = false WHERE energy_profile_id = $1 AND in_use",
        profile.0,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO forecast_model (energy_profile_id, forecast_model_id, training_run_id, model, features_version,
                                     artefact, trained_from, trained_to, in_use, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, $9)",
        profile.0,
        model,
        run,
        report.chosen.name(),
        i16::try_from(report.features_version).unwrap_or(i16::MAX),
        artefact,
        report.trained_from.to_sqlx(),
        report.trained_to.to_sqlx(),
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps how good the candidates were.
pub async fn insert_scores(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    model: Uuid,
    report: &TrainingReport,
) -> sqlx::Result<()> {
    let naive = report
        .candidates
        .iter()
        .find(|score| score.candidate == super::model::Candidate::ALL[0]);
    for score in &report.candidates {
        for (at, block) in score.blocks.iter().enumerate() {
            let naive_mae = naive
                .and_then(|naive| naive.blocks.get(at))
                .map_or(block.mae_kwh, |block| block.mae_kwh);
            sqlx::query!(
                "INSERT INTO model_accuracy_score (energy_profile_id, forecast_model_id, candidate, from_horizon, to_horizon,
                                                   mae_kwh, naive_mae_kwh, mase, swis, coverage80, coverage95, chosen)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                profile.0,
                model,
                score.candidate.name(),
                i16::try_from(block.from).unwrap_or(i16::MAX),
                i16::try_from(block.to).unwrap_or(i16::MAX),
                kwh(block.mae_kwh),
                kwh(naive_mae),
                block.mase.and_then(|mase| share(mase, 4)),
                block.swis.and_then(|swis| share(swis, 4)),
                share(block.cover80, 4),
                share(block.cover95, 4),
                score.candidate == report.chosen,
            )
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}

/// Keeps a forecast; one made from the same origin before is replaced.
pub async fn put_prediction(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    model: Uuid,
    forecast: &super::forecast::Forecast,
    now: Timestamp,
) -> sqlx::Result<()> {
    let [
        kwh,
        lo80,
        hi80,
        lo95,
        hi95,
        total_lo80,
        total_hi80,
        total_lo95,
        total_hi95,
    ] = super::train::columns(forecast);
    sqlx::query!(
        "INSERT INTO consumption_prediction (energy_profile_id, origin, forecast_model_id, made_at, kwh, lo80, hi80, lo95, hi95,
                                             total_lo80, total_hi80, total_lo95, total_hi95)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT ON CONSTRAINT consumption_prediction_pkey DO UPDATE
         SET forecast_model_id = excluded.forecast_model_id, made_at = excluded.made_at, kwh = excluded.kwh,
             lo80 = excluded.lo80, hi80 = excluded.hi80, lo95 = excluded.lo95, hi95 = excluded.hi95,
             total_lo80 = excluded.total_lo80, total_hi80 = excluded.total_hi80,
             total_lo95 = excluded.total_lo95, total_hi95 = excluded.total_hi95",
        profile.0,
        forecast.made_on.to_sqlx(),
        model,
        now.to_sqlx(),
        &kwh,
        &lo80,
        &hi80,
        &lo95,
        &hi95,
        &total_lo80,
        &total_hi80,
        &total_lo95,
        &total_hi95,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest forecast as stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Last day that was known to it.
    pub origin: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which model made it.
    pub model: String,
    features_version: i16,
    trained_from: Date,
    trained_to: Date,
    /// Each day after the origin.
    pub days: Vec<Band<Kwh>>,
    /// Sums of the first 1, 2, … days.
    pub totals: Vec<Band<Kwh>>,
}

impl Stored {
    /// As it travels.
    pub fn into_forecast(self, accuracy: Vec<AccuracyScore>) -> Forecast {
        let origin = self.origin;
        let days = (1_i32..)
            .zip(self.days)
            .map(|(ahead, kwh)| ForecastDay {
                date: origin.saturating_add(ahead.days()),
                kwh,
            })
            .collect();
        Forecast {
            origin,
            made_at: self.made_at,
            model: self.model,
            features_version: self.features_version,
            trained_from: self.trained_from,
            trained_to: self.trained_to,
            days,
            accuracy,
        }
    }
}

/// The newest forecast of the model in use.
pub async fn find_latest(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Stored>> {
    let row = sqlx::query!(
        r#"SELECT p.origin, p.made_at, m.model, m.features_version, m.trained_from, m.trained_to,
                  p.kwh AS "kwh: Vec<Decimal>", p.lo80 AS "lo80: Vec<Decimal>", p.hi80 AS "hi80: Vec<Decimal>",
                  p.lo95 AS "lo95: Vec<Decimal>", p.hi95 AS "hi95: Vec<Decimal>",
                  p.total_lo80 AS "total_lo80: Vec<Decimal>", p.total_hi80 AS "total_hi80: Vec<Decimal>",
                  p.total_lo95 AS "total_lo95: Vec<Decimal>", p.total_hi95 AS "total_hi95: Vec<Decimal>"
           FROM consumption_prediction AS p JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
           WHERE p.energy_profile_id = $1 ORDER BY p.origin DESC LIMIT 1"#,
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let band = |at: usize, likely: Decimal, bounds: [&Vec<Decimal>; 4]| {
            let [lo80, hi80, lo95, hi95] =
                bounds.map(|bound| Kwh(bound.get(at).copied().unwrap_or(likely)));
            Band {
                likely: Kwh(likely),
                lo80,
                hi80,
                lo95,
                hi95,
            }
        };
        let days = row
            .kwh
            .iter()
            .enumerate()
            .map(|(at, likely)| band(at, *likely, [&row.lo80, &row.hi80, &row.lo95, &row.hi95]))
            .collect();
        let mut sum = Decimal::ZERO;
        let totals = row
            .kwh
            .iter()
            .enumerate()
            .map(|(at, likely)| {
                sum += likely;
                band(
                    at,
                    sum,
                    [
                        &row.total_lo80,
                        &row.total_hi80,
                        &row.total_lo95,
                        &row.total_hi95,
                    ],
                )
            })
            .collect();
        Stored {
            origin: row.origin.to_jiff(),
            made_at: row.made_at.to_jiff(),
            model: row.model,
            features_version: row.features_version,
            trained_from: row.trained_from.to_jiff(),
            trained_to: row.trained_to.to_jiff(),
            days,
            totals,
        }
    }))
}

/// The model in use, as it was kept.
pub async fn find_artefact(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<(Uuid, serde_json::Value)>> {
    let row = sqlx::query!(
        "SELECT forecast_model_id, artefact FROM forecast_model WHERE energy_profile_id = $1 AND in_use",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.forecast_model_id, row.artefact)))
}

/// How good the candidates of the model in use were.
pub async fn list_scores(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<AccuracyScore>> {
    let rows = sqlx::query!(
        "SELECT s.candidate, s.from_horizon, s.to_horizon, s.mae_kwh, s.naive_mae_kwh, s.mase, s.coverage80, s.coverage95, s.swis, s.total_error, s.chosen
         FROM model_accuracy_score AS s JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
         WHERE s.energy_profile_id = $1 AND m.in_use
         ORDER BY s.from_horizon, s.to_horizon, s.mae_kwh, s.candidate",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| AccuracyScore {
            model: row.candidate,
            from_horizon: row.from_horizon,
            to_horizon: row.to_horizon,
            mae_kwh: row.mae_kwh,
            naive_mae_kwh: row.naive_mae_kwh,
            mase: row.mase,
            coverage80: row.coverage80,
            coverage95: row.coverage95,
            swis: row.swis,
            total_error: row.total_error,
            chosen: row.chosen,
        })
        .collect())
}

/// A prediction as needed for comparing.
pub struct Prediction {
    /// Last day that was known to it.
    pub origin: Date,
    /// Which model made it.
    pub model: String,
    /// Each day after the origin.
    pub kwh: Vec<Decimal>,
}

/// Predictions from origins since `since`.
pub async fn list_predictions(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    since: Date,
) -> sqlx::Result<Vec<Prediction>> {
    let rows = sqlx::query!(
        r#"SELECT p.origin, m.model, p.kwh AS "kwh: Vec<Decimal>"
           FROM consumption_prediction AS p JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
           WHERE p.energy_profile_id = $1 AND p.origin >= $2"#,
        profile.0,
        since.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Prediction {
            origin: row.origin.to_jiff(),
            model: row.model,
            kwh: row.kwh,
        })
        .collect())
}

/// A prediction beside what happened.
pub struct ComparisonRow {
    /// Local day.
    pub date: Date,
    /// Days ahead.
    pub horizon: i16,
    /// Last day that was known to the prediction.
    pub origin: Date,
    /// Which model made it.
    pub model: String,
    /// Predicted kWh.
    pub predicted: Decimal,
    /// kWh that were used.
    pub actual: Decimal,
}

/// Stores comparisons; a corrected reading corrects them.
pub async fn put_comparisons(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    rows: &[ComparisonRow],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = rows.iter().map(|row| row.date.to_sqlx()).collect();
    let horizons: Vec<i16> = rows.iter().map(|row| row.horizon).collect();
    let origins: Vec<jiff_sqlx::Date> = rows.iter().map(|row| row.origin.to_sqlx()).collect();
    let models: Vec<String> = rows.iter().map(|row| row.model.clone()).collect();
    let predicted: Vec<Decimal> = rows.iter().map(|row| row.predicted).collect();
    let actual: Vec<Decimal> = rows.iter().map(|row| row.actual).collect();
    sqlx::query(
        "INSERT INTO historical_prediction_comparison (energy_profile_id, local_date, horizon, origin, model, predicted_kwh, actual_kwh)
         SELECT $1, * FROM unnest($2::date[], $3::smallint[], $4::date[], $5::text[], $6::numeric[], $7::numeric[])
         ON CONFLICT ON CONSTRAINT historical_prediction_comparison_pkey DO UPDATE
         SET origin = excluded.origin, model = excluded.model, predicted_kwh = excluded.predicted_kwh,
             actual_kwh = excluded.actual_kwh",
    )
    .bind(profile.0)
    .bind(dates)
    .bind(horizons)
    .bind(origins)
    .bind(models)
    .bind(predicted)
    .bind(actual)
    .execute(conn)
    .await?;
    Ok(())
}

/// Past predictions against what happened, newest day first.
pub async fn list_comparisons(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<PredictionComparison>> {
    let rows = sqlx::query!(
        r#"SELECT local_date, horizon, model, predicted_kwh, actual_kwh, error_kwh AS "error_kwh!", percentage_error,
                  actual_kwh BETWEEN lo80 AND hi80 AS inside80, actual_kwh BETWEEN lo95 AND hi95 AS inside95
           FROM historical_prediction_comparison WHERE energy_profile_id = $1
           ORDER BY local_date DESC, horizon LIMIT $2"#,
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PredictionComparison {
            date: row.local_date.to_jiff(),
            horizon: row.horizon,
            model: row.model,
            predicted_kwh: Kwh(row.predicted_kwh),
            actual_kwh: Kwh(row.actual_kwh),
            error_kwh: Kwh(row.error_kwh),
            percentage_error: row.percentage_error,
            inside80: row.inside80,
            inside95: row.inside95,
        })
        .collect())
}

/// The prediction of one day, made the day before or earlier, whichever is newest; with its 95 %
/// upper bound.
pub async fn find_prediction_of(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    date: Date,
) -> sqlx::Result<Option<(Kwh, Kwh)>> {
    let row = sqlx::query!(
        r#"SELECT kwh[$2::date - origin] AS "kwh?", hi95[$2::date - origin] AS "hi95?"
           FROM consumption_prediction
           WHERE energy_profile_id = $1 AND origin < $2 AND origin >= $2::date - 7
           ORDER BY origin DESC LIMIT 1"#,
        profile.0,
        date.to_sqlx() as jiff_sqlx::Date,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| Some((Kwh(row.kwh?), Kwh(row.hi95?)))))
}
