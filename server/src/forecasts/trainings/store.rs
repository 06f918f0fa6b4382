//! Training runs, and what says whether another is due.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::forecast::{Challenge, Training};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use rust_decimal::prelude::ToPrimitive;
use sqlx::PgConnection;
use uuid::Uuid;

use super::policy::{Basis, Ended, InUse, Kept, RECENT, Standing, Trigger};
use crate::database::document;

/// A run that began this long ago and did not end never will: a training takes seconds.
const ABANDONED: SignedDuration = SignedDuration::from_hours(1);
/// How long runs are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 180);
/// Said of a run that its program did not end.
const BROKE_OFF: &str = "the program that trained was ended";

/// What a training needs to know of its home when it begins.
pub struct Begun {
    /// Name of the time zone.
    pub time_zone: String,
    /// The model in use, which the new one has to beat.
    pub champion: Option<String>,
}

/// Notes that a training began, and marks the home as changed. A run that was left half done begins
/// again; `None` when the home is gone or the run came to its end before, and nothing is left to do.
pub async fn begin(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    trigger: Trigger,
    now: Timestamp,
) -> sqlx::Result<Option<Begun>> {
    sqlx::query_as!(
        Begun,
        r#"WITH home AS (
               UPDATE energy_profile SET revision = revision + 1
               WHERE energy_profile_id = $1 AND removed_at IS NULL
                 AND NOT EXISTS (SELECT FROM training_run
                                 WHERE energy_profile_id = $1 AND training_run_id = $2
                                   AND state IN ('succeeded', 'too_little'))
               RETURNING energy_profile_id, time_zone),
           run AS (
               INSERT INTO training_run (energy_profile_id, training_run_id, trigger, state, started_at)
               SELECT energy_profile_id, $2, $3, 'running', $4 FROM home
               ON CONFLICT ON CONSTRAINT training_run_pkey DO UPDATE
               SET state = 'running', started_at = excluded.started_at, finished_at = NULL, message = NULL),
           abandoned AS (
               UPDATE training_run SET state = 'failed', message = $6, finished_at = $4
               WHERE energy_profile_id = $1 AND training_run_id <> $2 AND state = 'running' AND started_at < $5)
           SELECT h.time_zone, m.model AS "champion?"
           FROM home AS h LEFT JOIN forecast_model AS m ON m.energy_profile_id = h.energy_profile_id AND m.in_use"#,
        profile.0,
        run,
        trigger.as_str(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
        (now - ABANDONED).to_sqlx() as jiff_sqlx::Timestamp,
        BROKE_OFF,
    )
    .fetch_optional(conn)
    .await
}

/// How a training ended.
pub enum Outcome<'e> {
    /// There is a model.
    Succeeded(Option<&'e Challenge>),
    /// Too little is known, and how much is needed.
    TooLittle {
        /// Why, for people.
        message: String,
        /// Days that are known.
        have_days: i32,
        /// Days that are needed.
        need_days: i32,
    },
    /// It broke off, and why.
    Failed(String),
}

/// Notes how a training ended, and marks the home as changed; the home is held until the transaction
/// ends, so that two trainings of it store what they found one after the other. False when another
/// server ended the run meanwhile: then it is not to be stored again.
pub async fn finish(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    run: Uuid,
    ending: &Outcome<'_>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let (state, message, days, challenge) = match ending {
        Outcome::Succeeded(challenge) => ("succeeded", None, None, *challenge),
        Outcome::TooLittle {
            message,
            have_days,
            need_days,
        } => {
            let days = Some((*have_days, *need_days));
            ("too_little", Some(message.as_str()), days, None)
        }
        Outcome::Failed(message) => ("failed", Some(message.as_str()), None, None),
    };
    let (have, need) = days.unzip();
    let done = sqlx::query!(
        "WITH home AS (UPDATE energy_profile SET revision = revision + 1 WHERE energy_profile_id = $1)
         UPDATE training_run
         SET state = $3, message = $4, have_days = $5, need_days = $6, finished_at = $7, champion = $8,
             champion_mae_kwh = $9, challenger = $10, challenger_mae_kwh = $11, adopted = $12
         WHERE energy_profile_id = $1 AND training_run_id = $2 AND state = 'running'",
        profile.0,
        run,
        state,
        message,
        have,
        need,
        now.to_sqlx(),
        challenge.map(|it| it.champion.as_str()),
        challenge.map(|it| it.champion_mae_kwh),
        challenge.map(|it| it.challenger.as_str()),
        challenge.map(|it| it.challenger_mae_kwh),
        challenge.map(|it| it.adopted),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A training that began.
pub struct Run {
    /// Key.
    pub training_run_id: Uuid,
    /// How it stands.
    pub training: Training,
}

/// The training that began last.
pub async fn find_newest(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Run>> {
    let row = sqlx::query!(
        "SELECT training_run_id, trigger, state, started_at, finished_at, message, champion, champion_mae_kwh,
                challenger, challenger_mae_kwh, adopted
         FROM training_run WHERE energy_profile_id = $1
         ORDER BY started_at DESC, training_run_id DESC LIMIT 1",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let challenge = || {
            Some(Challenge {
                champion: row.champion?,
                champion_mae_kwh: row.champion_mae_kwh?,
                challenger: row.challenger?,
                challenger_mae_kwh: row.challenger_mae_kwh?,
                adopted: row.adopted?,
            })
        };
        Ok(Run {
            training_run_id: row.training_run_id,
            training: Training {
                state: document(row.state.into())?,
                trigger: row.trigger,
                since: row.started_at.to_jiff(),
                finished_at: row.finished_at.map(jiff_sqlx::Timestamp::to_jiff),
                jobs_before: None,
                message: row.message,
                challenge: challenge(),
            },
        })
    })
    .transpose()
}

/// Where a home stands with its model, for deciding whether it is to be trained. `usable` says whether
/// its model can be used by this program.
pub async fn find_standing(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    usable: bool,
) -> sqlx::Result<Standing> {
    let row = sqlx::query!(
        r#"SELECT m.created_at AS "trained_at?", m.known_days AS "known_days?", m.mean_kwh AS "mean_kwh?",
                  s.mae_kwh AS "promised_mae_kwh?", r.finished_at AS "ended_at?", r.have_days AS "have_days?"
           FROM energy_profile AS p
           LEFT JOIN forecast_model AS m ON m.energy_profile_id = p.energy_profile_id AND m.in_use
           LEFT JOIN LATERAL (
               SELECT mae_kwh FROM model_accuracy_score AS s
               WHERE s.energy_profile_id = p.energy_profile_id AND s.forecast_model_id = m.forecast_model_id
                 AND s.chosen AND s.from_horizon = 1
               ORDER BY s.to_horizon LIMIT 1) AS s ON true
           LEFT JOIN LATERAL (
               SELECT finished_at, have_days FROM training_run AS r
               WHERE r.energy_profile_id = p.energy_profile_id AND r.finished_at IS NOT NULL
               ORDER BY r.started_at DESC LIMIT 1) AS r ON true
           WHERE p.energy_profile_id = $1"#,
        profile.0,
    )
    .fetch_one(&mut *conn)
    .await?;
    let basis = row.known_days.zip(row.mean_kwh);
    let basis = basis.and_then(|(days, mean)| {
        Some(Basis {
            days,
            mean_kwh: mean.to_f64()?,
        })
    });
    let in_use = row.trained_at.filter(|_| usable).map(|at| InUse {
        trained_at: at.to_jiff(),
        basis,
        promised_mae_kwh: row.promised_mae_kwh.and_then(|mae| mae.to_f64()),
    });
    let ended = row.ended_at.map(|at| Ended {
        at: at.to_jiff(),
        have_days: row.have_days,
    });
    // Errors that a training was asked for already are no reason for the next one.
    let recent = sqlx::query!(
        r#"SELECT error_kwh AS "error_kwh!", actual_kwh, actual_kwh BETWEEN lo80 AND hi80 AS inside80
         FROM historical_prediction_comparison
         WHERE energy_profile_id = $1 AND horizon = 1
           AND local_date > coalesce((SELECT max(started_at) FROM training_run
                                      WHERE energy_profile_id = $1 AND trigger = 'drift'), '-infinity')::date
         ORDER BY local_date DESC LIMIT $2"#,
        profile.0,
        RECENT,
    )
    .fetch_all(conn)
    .await?;
    let recent = recent.into_iter().filter_map(|row| {
        Some(Kept {
            error_kwh: row.error_kwh.to_f64()?,
            actual_kwh: row.actual_kwh.to_f64()?,
            inside80: row.inside80,
        })
    });
    Ok(Standing {
        in_use,
        ended,
        recent: recent.collect(),
    })
}

/// Removes runs of half a year ago whose model is gone, and says of those that their program did not
/// end that they failed.
pub async fn sweep(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE training_run SET state = 'failed', message = $3, finished_at = $1
         WHERE state = 'running' AND started_at < $2",
        now.to_sqlx(),
        (now - ABANDONED).to_sqlx(),
        BROKE_OFF,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM training_run AS r
         WHERE r.finished_at < $1
           AND NOT EXISTS (SELECT FROM forecast_model AS m
                           WHERE m.energy_profile_id = r.energy_profile_id AND m.training_run_id = r.training_run_id)",
        (now - KEPT).to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
