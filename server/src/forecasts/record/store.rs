//! Predictions beside what happened.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::forecast::{AchievedAccuracy, PredictionComparison};
use ecotrack_common::{EnergyProfileId, Kwh};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::forecasts::store::kwh;

/// Puts what was predicted for days of `known` (in order, with their kWh, all that is known after
/// `since`) beside what they came to, per each of `horizons`. A corrected reading corrects it; of a day
/// that is known no more nothing is said.
pub async fn put_comparisons(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    since: Date,
    known: &[(Date, f64)],
    horizons: &[i16],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = known.iter().map(|(date, _)| date.to_sqlx()).collect();
    let actual: Vec<Decimal> = known.iter().map(|(_, actual)| kwh(*actual)).collect();
    sqlx::query!(
        "WITH gone AS (
             DELETE FROM historical_prediction_comparison
             WHERE energy_profile_id = $1 AND local_date > $2 AND local_date <> ALL ($3::date[]))
         INSERT INTO historical_prediction_comparison AS kept (
             energy_profile_id, local_date, horizon, origin, model, predicted_kwh, actual_kwh, lo80, hi80, lo95, hi95)
         SELECT $1, known.local_date, h.horizon, p.origin, m.model, p.kwh[h.horizon], known.kwh,
                p.lo80[h.horizon], p.hi80[h.horizon], p.lo95[h.horizon], p.hi95[h.horizon]
         FROM consumption_prediction AS p
         JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
         CROSS JOIN unnest($5::smallint[]) AS h (horizon)
         JOIN unnest($3::date[], $4::numeric[]) AS known (local_date, kwh)
           ON known.local_date = p.origin + h.horizon::integer
         WHERE p.energy_profile_id = $1 AND p.origin >= $2 AND h.horizon <= cardinality(p.kwh)
         ON CONFLICT ON CONSTRAINT historical_prediction_comparison_pkey DO UPDATE
         SET origin = excluded.origin, model = excluded.model, predicted_kwh = excluded.predicted_kwh,
             actual_kwh = excluded.actual_kwh, lo80 = excluded.lo80, hi80 = excluded.hi80, lo95 = excluded.lo95,
             hi95 = excluded.hi95
         WHERE (kept.model, kept.predicted_kwh, kept.actual_kwh, kept.lo80, kept.hi80, kept.lo95, kept.hi95)
               IS DISTINCT FROM (excluded.model, excluded.predicted_kwh, excluded.actual_kwh, excluded.lo80,
                                 excluded.hi80, excluded.lo95, excluded.hi95)",
        profile.0,
        since.to_sqlx() as jiff_sqlx::Date,
        &dates as &[jiff_sqlx::Date],
        &actual,
        horizons,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How predictions turned out, per days ahead, over all days that were compared.
pub async fn list_achieved(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<AchievedAccuracy>> {
    sqlx::query_as!(
        AchievedAccuracy,
        r#"SELECT horizon, count(*) AS "days!", round(avg(abs(error_kwh)), 6) AS "mae_kwh!",
                  round(avg(error_kwh), 6) AS "bias_kwh!",
                  round(avg((actual_kwh BETWEEN lo80 AND hi80)::integer), 4) AS coverage80,
                  round(avg((actual_kwh BETWEEN lo95 AND hi95)::integer), 4) AS coverage95
           FROM historical_prediction_comparison WHERE energy_profile_id = $1
           GROUP BY horizon ORDER BY horizon"#,
        profile.0,
    )
    .fetch_all(conn)
    .await
}

struct Row {
    local_date: jiff_sqlx::Date,
    horizon: i16,
    model: String,
    predicted_kwh: Decimal,
    actual_kwh: Decimal,
    error_kwh: Decimal,
    percentage_error: Option<Decimal>,
    inside80: Option<bool>,
    inside95: Option<bool>,
}

impl Row {
    fn into_comparison(self) -> PredictionComparison {
        PredictionComparison {
            date: self.local_date.to_jiff(),
            horizon: self.horizon,
            model: self.model,
            predicted_kwh: Kwh(self.predicted_kwh),
            actual_kwh: Kwh(self.actual_kwh),
            error_kwh: Kwh(self.error_kwh),
            percentage_error: self.percentage_error,
            inside80: self.inside80,
            inside95: self.inside95,
        }
    }
}

/// Past predictions against what happened, newest day first.
pub async fn list_comparisons(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<PredictionComparison>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT local_date, horizon, model, predicted_kwh, actual_kwh, error_kwh AS "error_kwh!", percentage_error,
                  actual_kwh BETWEEN lo80 AND hi80 AS inside80, actual_kwh BETWEEN lo95 AND hi95 AS inside95
           FROM historical_prediction_comparison WHERE energy_profile_id = $1
           ORDER BY local_date DESC, horizon LIMIT $2"#,
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::into_comparison).collect())
}

/// All of the days of a span, the earliest first.
pub async fn list_comparisons_of(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    span: Cycle,
) -> sqlx::Result<Vec<PredictionComparison>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT local_date, horizon, model, predicted_kwh, actual_kwh, error_kwh AS "error_kwh!", percentage_error,
                  actual_kwh BETWEEN lo80 AND hi80 AS inside80, actual_kwh BETWEEN lo95 AND hi95 AS inside95
           FROM historical_prediction_comparison
           WHERE energy_profile_id = $1 AND local_date BETWEEN $2 AND $3
           ORDER BY local_date, horizon"#,
        profile.0,
        span.first.to_sqlx(),
        span.last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::into_comparison).collect())
}
