//! The job: looks at the rules and brings the alerts in line with what is so. Running it twice
//! changes nothing the second time.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::alert::AlertRule;
use jiff::ToSpan;

use super::rules::{self, Finding};
use super::store;
use crate::forecasts::outlook::{self, Outlook};
use crate::goals::progress::progress;
use crate::{App, consumption, forecasts, goals, meters};

/// Days back that are held against their forecast.
const LOOK_BACK_DAYS: i32 = 7;

/// Evaluates all rules for one home.
pub async fn run(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(outlook) = outlook::load(&mut tx, &app.reference, profile, now).await? else {
        return Ok(());
    };
    let findings = findings(&mut tx, profile, &outlook).await?;
    let mut changed = false;
    for finding in &findings {
        changed |= store::raise(&mut tx, profile, finding, now).await?;
    }
    for rule in AlertRule::ALL {
        let facts: Vec<String> = findings
            .iter()
            .filter(|finding| finding.rule == *rule)
            .map(|finding| finding.fact.clone())
            .collect();
        changed |= store::resolve_others(&mut tx, profile, *rule, &facts, now).await?;
    }
    if changed {
        crate::write::store::bump_revision(&mut tx, profile).await?;
    }
    Ok(tx.commit().await?)
}

async fn findings(
    conn: &mut sqlx::PgConnection,
    profile: EnergyProfileId,
    outlook: &Outlook,
) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let last_days = consumption::store::list_last_days(&mut *conn, profile).await?;
    let meters = meters::store::list(&mut *conn, profile).await?;
    findings.extend(rules::silent(&meters, &last_days, outlook.today));
    let since = outlook.through.saturating_sub(LOOK_BACK_DAYS.days());
    let recent = outlook
        .days
        .iter()
        .filter(|day| day.date > since && day.date <= outlook.through);
    for day in recent.filter(|day| day.is_measured() && !day.estimated) {
        let predicted = forecasts::store::find_prediction_of(&mut *conn, profile, day.date).await?;
        if let (Some(kwh), Some((likely, hi95))) = (day.kwh, predicted) {
            findings.extend(rules::day_above_forecast(day.date, kwh, likely, hi95));
        }
    }
    for goal in goals::store::list_in_force(&mut *conn, profile, outlook.today).await? {
        let standing = outlook.standing(goal.goal.period)?;
        let found = progress(&goal, outlook, &standing)
            .and_then(|it| rules::goal_pace(goal.consumption_goal_id, &it, standing.span));
        findings.extend(found);
    }
    Ok(findings)
}
