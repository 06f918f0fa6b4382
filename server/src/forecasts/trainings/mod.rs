//! A home's trainings: how the newest stands, and when another is due (`policy`, pure).

use ecotrack_common::EnergyProfileId;
use ecotrack_common::forecast::{Training, TrainingState};
use sqlx::PgConnection;

pub mod policy;
pub mod store;
#[cfg(test)]
mod tests;

use crate::jobs::store::Queued;
use crate::jobs::{self, TrainProfile};
use crate::write;
use policy::{Basis, Trigger, due};
use store::Run;

/// The newest training of a home, from the moment at which it was asked for; `None` before the first.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Training>> {
    let queued = jobs::store::find(&mut *conn, &TrainProfile::key_of(profile)).await?;
    let run = store::find_newest(conn, profile).await?;
    Ok(standing(queued, run))
}

/// Asks for a training, and marks the home as changed.
pub async fn ask(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    trigger: Trigger,
) -> sqlx::Result<()> {
    // The home before its job, as a refresh does that asks: the other way round the two wait for each other.
    write::store::bump_revision(&mut *conn, profile).await?;
    jobs::store::enqueue(conn, &TrainProfile::new(profile, trigger)).await
}

/// Asks for a training if one is due and none waits. `usable` says whether the model in use can be used
/// by this program, `known` what is known of the home.
pub async fn ask_if_due(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    usable: bool,
    known: Basis,
    now: jiff::Timestamp,
) -> sqlx::Result<()> {
    let standing = store::find_standing(&mut *conn, profile, usable).await?;
    let Some(trigger) = due(&standing, known, now) else {
        return Ok(());
    };
    let queued = jobs::store::find(&mut *conn, &TrainProfile::key_of(profile)).await?;
    // One that is under way may have read the data before they changed; for all else it will do.
    if queued.is_some_and(|job| !job.under_way || trigger != Trigger::Data) {
        return Ok(());
    }
    ask(conn, profile, trigger).await
}

/// What is so, by the job in the queue and by the run that began last. A job under way is gone from
/// the queue when its run has ended, and has no run before it began.
fn standing(queued: Option<Queued>, run: Option<Run>) -> Option<Training> {
    let asked = queued.and_then(|job| {
        let asked = serde_json::from_value::<TrainProfile>(job.payload.clone()).ok()?;
        Some((job, asked))
    });
    let Some((job, asked)) = asked else {
        return run.map(|run| run.training);
    };
    let own = run.filter(|run| run.training_run_id == asked.training_run_id);
    match own {
        // One that broke off is tried again, and says why it broke off until then.
        Some(run) if job.under_way || run.training.state == TrainingState::Failed => {
            Some(run.training)
        }
        // Also one whose server was ended: another will begin it anew.
        _ => Some(Training {
            state: if job.under_way {
                TrainingState::Running
            } else {
                TrainingState::Waiting
            },
            trigger: asked.trigger.as_str().to_owned(),
            since: job.asked_at,
            finished_at: None,
            jobs_before: job.before,
            message: None,
            challenge: None,
        }),
    }
}
