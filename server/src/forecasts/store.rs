//! Models, their scores and predictions.

use ecotrack_common::forecast::{AccuracyScore, Band, Forecast, ForecastDay, ModelCard};
use ecotrack_common::{EnergyProfileId, Kwh};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use sqlx::PgConnection;
use uuid::Uuid;

use super::backtest::CandidateScore;
use super::interval::Range;
use super::learn::TrainingReport;
use super::model::Candidate;
use super::trainings::policy::Basis;

/// A float of the maths as kWh, to the milliwatt-hour.
pub fn kwh(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(6)
}

fn share(value: f64, places: u32) -> Option<Decimal> {
    // Columns of scores end at 999999.9999; a model that is worse is as bad as can be told.
    Decimal::from_f64(value.min(999_999.0)).map(|value| value.round_dp(places))
}

/// A model that was trained.
pub struct NewModel<'m> {
    /// Key.
    pub forecast_model_id: Uuid,
    /// The run that made it.
    pub training_run_id: Uuid,
    /// What was tried, and how well it did.
    pub report: &'m TrainingReport,
    /// The model.
    pub artefact: &'m serde_json::Value,
    /// What is shown of it.
    pub card: &'m ModelCard,
    /// What was known of the home.
    pub basis: Basis,
}

/// Keeps a model with how good the candidates were, and puts it in use in place of the one before. The
/// home is held by the caller. Of models before, the rows stay as long as there are predictions of theirs.
pub async fn insert_model(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    new: &NewModel<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH gone AS (
             DELETE FROM forecast_model AS m
             WHERE m.energy_profile_id = $1 AND NOT m.in_use
               AND NOT EXISTS (SELECT FROM consumption_prediction AS p
                               WHERE p.energy_profile_id = $1 AND p.forecast_model_id = m.forecast_model_id))
         UPDATE forecast_model SET in_use = false, artefact = NULL WHERE energy_profile_id = $1 AND in_use",
        profile.0,
    )
    .execute(&mut *conn)
    .await?;
    let card = serde_json::to_value(new.card);
    let card = card.map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let report = new.report;
    let scores = Scores::of(report);
    sqlx::query!(
        "WITH model AS (
             INSERT INTO forecast_model (energy_profile_id, forecast_model_id, training_run_id, model, features_version,
                                         artefact, card, trained_from, trained_to, known_days, mean_kwh, in_use, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, $12))
         INSERT INTO model_accuracy_score (energy_profile_id, forecast_model_id, candidate, from_horizon, to_horizon, mae_kwh,
                                           naive_mae_kwh, mase, swis, coverage80, coverage95, total_error, chosen)
         SELECT $1, $2, * FROM unnest($13::text[], $14::smallint[], $15::smallint[], $16::numeric[], $17::numeric[],
                                      $18::numeric[], $19::numeric[], $20::numeric[], $21::numeric[], $22::numeric[],
                                      $23::boolean[])",
        profile.0,
        new.forecast_model_id,
        new.training_run_id,
        report.chosen.name(),
        i16::try_from(report.features_version).unwrap_or(i16::MAX),
        new.artefact,
        card,
        report.trained_from.to_sqlx(),
        report.trained_to.to_sqlx(),
        new.basis.days,
        kwh(new.basis.mean_kwh),
        now.to_sqlx(),
        &scores.candidate,
        &scores.from,
        &scores.to,
        &scores.mae,
        &scores.naive_mae,
        &scores.mase as &[Option<Decimal>],
        &scores.swis as &[Option<Decimal>],
        &scores.coverage80 as &[Option<Decimal>],
        &scores.coverage95 as &[Option<Decimal>],
        &scores.total_error as &[Option<Decimal>],
        &scores.chosen,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The columns of `model_accuracy_score`.
#[derive(Default)]
struct Scores {
    candidate: Vec<String>,
    from: Vec<i16>,
    to: Vec<i16>,
    mae: Vec<Decimal>,
    naive_mae: Vec<Decimal>,
    mase: Vec<Option<Decimal>>,
    swis: Vec<Option<Decimal>>,
    coverage80: Vec<Option<Decimal>>,
    coverage95: Vec<Option<Decimal>>,
    total_error: Vec<Option<Decimal>>,
    chosen: Vec<bool>,
}

impl Scores {
    fn of(report: &TrainingReport) -> Self {
        let is_naive = |score: &&CandidateScore| score.candidate == Candidate::WeeklyNaive;
        let naive = report.candidates.iter().find(is_naive);
        let horizon = |days: usize| i16::try_from(days).unwrap_or(i16::MAX);
        let mut scores = Self::default();
        for score in &report.candidates {
            for (at, block) in score.blocks.iter().enumerate() {
                let naive_mae = naive
                    .and_then(|naive| naive.blocks.get(at))
                    .map_or(block.mae_kwh, |block| block.mae_kwh);
                let total_error = score.total_error.filter(|_| block.to == TOTAL_DAYS);
                scores.candidate.push(score.candidate.name().to_owned());
                scores.from.push(horizon(block.from));
                scores.to.push(horizon(block.to));
                scores.mae.push(kwh(block.mae_kwh));
                scores.naive_mae.push(kwh(naive_mae));
                scores.mase.push(block.mase.and_then(|mase| share(mase, 4)));
                scores.swis.push(block.swis.and_then(|swis| share(swis, 4)));
                scores.coverage80.push(share(block.cover80, 4));
                scores.coverage95.push(share(block.cover95, 4));
                scores
                    .total_error
                    .push(total_error.and_then(|error| share(error, 4)));
                scores.chosen.push(score.candidate == report.chosen);
            }
        }
        scores
    }
}

/// Days of the sum whose error is scored.
const TOTAL_DAYS: usize = 30;

/// A forecast with all that is kept of it.
pub struct Ahead<'a> {
    /// The days and their sums.
    pub forecast: &'a super::forecast::Forecast,
    /// The hours of the first seven days, from the midnight after the origin on.
    pub hours: &'a [Range],
}

/// Predictions are kept for so many days behind the newest, to be held against what becomes known.
pub const KEPT_DAYS: i32 = 60;

/// Keeps a forecast; one made from the same origin before is replaced. Those of long ago go, those of
/// days that are known no more go too (somebody took readings back), and those in between lose their hours
/// and months.
pub async fn put_prediction(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    model: Uuid,
    ahead: &Ahead<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let [kwh, lo80, hi80, lo95, hi95] = columns(ahead.forecast.days.iter().map(|day| &day.range));
    let [_, total_lo80, total_hi80, total_lo95, total_hi95] = columns(ahead.forecast.totals.iter());
    let hours = columns(ahead.hours.iter());
    let months = &ahead.forecast.months;
    let months_from = months.first().map(|(first, _)| *first);
    let months = columns(months.iter().map(|(_, month)| month));
    let origin = ahead.forecast.made_on;
    sqlx::query!(
        "WITH gone AS (
             DELETE FROM consumption_prediction WHERE energy_profile_id = $1 AND (origin > $2 OR origin < $3)),
         older AS (
             UPDATE consumption_prediction
             SET hours = '{}', hours_lo80 = '{}', hours_hi80 = '{}', hours_lo95 = '{}', hours_hi95 = '{}', months_from = NULL,
                 months = '{}', months_lo80 = '{}', months_hi80 = '{}', months_lo95 = '{}', months_hi95 = '{}'
             WHERE energy_profile_id = $1 AND origin < $2 AND origin >= $3 AND (hours <> '{}' OR months <> '{}'))
         INSERT INTO consumption_prediction (
             energy_profile_id, origin, forecast_model_id, made_at, kwh, lo80, hi80, lo95, hi95, total_lo80, total_hi80,
             total_lo95, total_hi95, hours, hours_lo80, hours_hi80, hours_lo95, hours_hi95, months_from, months,
             months_lo80, months_hi80, months_lo95, months_hi95)
         VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
         ON CONFLICT ON CONSTRAINT consumption_prediction_pkey DO UPDATE
         SET forecast_model_id = excluded.forecast_model_id, made_at = excluded.made_at, kwh = excluded.kwh,
             lo80 = excluded.lo80, hi80 = excluded.hi80, lo95 = excluded.lo95, hi95 = excluded.hi95,
             total_lo80 = excluded.total_lo80, total_hi80 = excluded.total_hi80,
             total_lo95 = excluded.total_lo95, total_hi95 = excluded.total_hi95,
             hours = excluded.hours, hours_lo80 = excluded.hours_lo80, hours_hi80 = excluded.hours_hi80,
             hours_lo95 = excluded.hours_lo95, hours_hi95 = excluded.hours_hi95, months_from = excluded.months_from,
             months = excluded.months, months_lo80 = excluded.months_lo80, months_hi80 = excluded.months_hi80,
             months_lo95 = excluded.months_lo95, months_hi95 = excluded.months_hi95",
        profile.0,
        origin.to_sqlx() as jiff_sqlx::Date,
        origin.saturating_sub(KEPT_DAYS.days()).to_sqlx() as jiff_sqlx::Date,
        model,
        now.to_sqlx() as jiff_sqlx::Timestamp,
        &kwh,
        &lo80,
        &hi80,
        &lo95,
        &hi95,
        &total_lo80,
        &total_hi80,
        &total_lo95,
        &total_hi95,
        &hours[0],
        &hours[1],
        &hours[2],
        &hours[3],
        &hours[4],
        months_from.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        &months[0],
        &months[1],
        &months[2],
        &months[3],
        &months[4],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Likely values, then the bounds of the 80 and of the 95 % interval, as the tables have them.
fn columns<'r>(ranges: impl Iterator<Item = &'r Range>) -> [Vec<Decimal>; 5] {
    let mut columns: [Vec<Decimal>; 5] = Default::default();
    for range in ranges {
        let values = [range.kwh, range.lo80, range.hi80, range.lo95, range.hi95];
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(kwh(value));
        }
    }
    columns
}

/// Removes all predictions of a home of which nothing is known any more.
pub async fn delete_predictions(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM consumption_prediction WHERE energy_profile_id = $1",
        profile.0
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
        let days = bands(&row.kwh, [&row.lo80, &row.hi80, &row.lo95, &row.hi95]);
        let sums = row.kwh.iter().scan(Decimal::ZERO, |sum, likely| {
            *sum += likely;
            Some(*sum)
        });
        let bounds = [
            &row.total_lo80,
            &row.total_hi80,
            &row.total_lo95,
            &row.total_hi95,
        ];
        Stored {
            origin: row.origin.to_jiff(),
            made_at: row.made_at.to_jiff(),
            model: row.model,
            features_version: row.features_version,
            trained_from: row.trained_from.to_jiff(),
            trained_to: row.trained_to.to_jiff(),
            days,
            totals: bands(&sums.collect::<Vec<_>>(), bounds),
        }
    }))
}

fn bands(likely: &[Decimal], bounds: [&Vec<Decimal>; 4]) -> Vec<Band<Kwh>> {
    let band = |(at, likely): (usize, &Decimal)| {
        let [lo80, hi80, lo95, hi95] =
            bounds.map(|bound| Kwh(bound.get(at).copied().unwrap_or(*likely)));
        Band {
            likely: Kwh(*likely),
            lo80,
            hi80,
            lo95,
            hi95,
        }
    };
    likely.iter().enumerate().map(band).collect()
}

/// More of a forecast than its days.
pub struct Detail {
    /// What its model is.
    pub card: Option<ModelCard>,
    /// The hours of the first seven days.
    pub hours: Vec<Band<Kwh>>,
    /// The months after the days ahead, and the first day of the first.
    pub months: Option<(Date, Vec<Band<Kwh>>)>,
}

/// More of the forecast from `origin`.
pub async fn find_detail(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    origin: Date,
) -> sqlx::Result<Option<Detail>> {
    let row = sqlx::query!(
        r#"SELECT m.card, p.hours AS "hours: Vec<Decimal>", p.hours_lo80 AS "hours_lo80: Vec<Decimal>",
                  p.hours_hi80 AS "hours_hi80: Vec<Decimal>", p.hours_lo95 AS "hours_lo95: Vec<Decimal>",
                  p.hours_hi95 AS "hours_hi95: Vec<Decimal>", p.months_from, p.months AS "months: Vec<Decimal>",
                  p.months_lo80 AS "months_lo80: Vec<Decimal>", p.months_hi80 AS "months_hi80: Vec<Decimal>",
                  p.months_lo95 AS "months_lo95: Vec<Decimal>", p.months_hi95 AS "months_hi95: Vec<Decimal>"
           FROM consumption_prediction AS p JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
           WHERE p.energy_profile_id = $1 AND p.origin = $2"#,
        profile.0,
        origin.to_sqlx(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let hours = [
            &row.hours_lo80,
            &row.hours_hi80,
            &row.hours_lo95,
            &row.hours_hi95,
        ];
        let months = [
            &row.months_lo80,
            &row.months_hi80,
            &row.months_lo95,
            &row.months_hi95,
        ];
        Detail {
            // One that another version of the program wrote is not shown.
            card: row.card.and_then(|card| serde_json::from_value(card).ok()),
            hours: bands(&row.hours, hours),
            months: row
                .months_from
                .map(|first| (first.to_jiff(), bands(&row.months, months))),
        }
    }))
}

/// A home with its model in use, as it was kept.
pub struct InUse {
    /// Name of the home's time zone.
    pub time_zone: String,
    /// The model.
    pub model: Option<(Uuid, serde_json::Value)>,
}

/// What is needed to predict for a home; `None` when it is gone.
pub async fn find_in_use(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<InUse>> {
    let row = sqlx::query!(
        r#"SELECT p.time_zone, m.forecast_model_id AS "forecast_model_id?", m.artefact AS "artefact?"
           FROM energy_profile AS p
           LEFT JOIN forecast_model AS m ON m.energy_profile_id = p.energy_profile_id AND m.in_use
           WHERE p.energy_profile_id = $1 AND p.removed_at IS NULL"#,
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| InUse {
        time_zone: row.time_zone,
        model: row.forecast_model_id.zip(row.artefact),
    }))
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

/// The newest forecast made before `first`, of at most so many days before, as days are held against it.
pub async fn find_before(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    at_most: i32,
) -> sqlx::Result<Option<(Date, Vec<Band<Kwh>>)>> {
    let row = sqlx::query!(
        r#"SELECT origin, kwh AS "kwh: Vec<Decimal>", lo80 AS "lo80: Vec<Decimal>", hi80 AS "hi80: Vec<Decimal>",
                  lo95 AS "lo95: Vec<Decimal>", hi95 AS "hi95: Vec<Decimal>"
           FROM consumption_prediction
           WHERE energy_profile_id = $1 AND origin < $2 AND origin >= $2::date - $3::integer
           ORDER BY origin DESC LIMIT 1"#,
        profile.0,
        first.to_sqlx() as jiff_sqlx::Date,
        at_most,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let days = bands(&row.kwh, [&row.lo80, &row.hi80, &row.lo95, &row.hi95]);
        (row.origin.to_jiff(), days)
    }))
}
