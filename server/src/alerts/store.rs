//! Alerts.

use ecotrack_common::alert::{Alert, AlertRule};
use ecotrack_common::{AccountId, AlertId, EnergyProfileId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::rules::Finding;
use crate::database::{document, word};

/// Raises a finding as an alert, or brings the alert of the same fact up to date; true when anything
/// changed. An alert that was resolved and is so again opens again, unacknowledged.
pub async fn raise(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    finding: &Finding,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let evidence = serde_json::to_value(&finding.evidence)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let done = sqlx::query!(
        "INSERT INTO alert (energy_profile_id, alert_id, rule, fact, severity, evidence, raised_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT alert_fact_key DO UPDATE
         SET severity = excluded.severity, evidence = excluded.evidence, resolved_at = NULL,
             acknowledged_at = CASE WHEN alert.resolved_at IS NULL THEN alert.acknowledged_at END,
             acknowledged_by = CASE WHEN alert.resolved_at IS NULL THEN alert.acknowledged_by END,
             raised_at = CASE WHEN alert.resolved_at IS NULL THEN alert.raised_at ELSE excluded.raised_at END
         WHERE alert.evidence <> excluded.evidence OR alert.severity <> excluded.severity
            OR alert.resolved_at IS NOT NULL",
        profile.0,
        Uuid::now_v7(),
        finding.rule.as_str(),
        finding.fact,
        finding.severity.as_str(),
        evidence,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Resolves the open alerts of a rule whose fact is not among `facts`; true when there were any.
pub async fn resolve_others(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    rule: AlertRule,
    facts: &[String],
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE alert SET resolved_at = $4
         WHERE energy_profile_id = $1 AND rule = $2 AND resolved_at IS NULL AND fact <> ALL ($3)",
        profile.0,
        rule.as_str(),
        facts,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

struct Row {
    alert_id: Uuid,
    rule: String,
    severity: String,
    evidence: serde_json::Value,
    raised_at: jiff_sqlx::Timestamp,
    resolved_at: Option<jiff_sqlx::Timestamp>,
    acknowledged_at: Option<jiff_sqlx::Timestamp>,
    acknowledged_by: Option<String>,
}

impl Row {
    fn into_alert(self) -> sqlx::Result<Alert> {
        Ok(Alert {
            alert_id: AlertId(self.alert_id),
            rule: word(&self.rule)?,
            severity: word(&self.severity)?,
            evidence: document(self.evidence)?,
            raised_at: self.raised_at.to_jiff(),
            resolved_at: self.resolved_at.map(jiff_sqlx::Timestamp::to_jiff),
            acknowledged_by: self.acknowledged_by,
            acknowledged_at: self.acknowledged_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Alerts of a home: those that still hold first, then newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<Alert>> {
    sqlx::query_as!(
        Row,
        r#"SELECT a.alert_id, a.rule, a.severity, a.evidence, a.raised_at, a.resolved_at, a.acknowledged_at,
                  c.display_name AS "acknowledged_by?"
           FROM alert AS a LEFT JOIN account AS c ON c.account_id = a.acknowledged_by
           WHERE a.energy_profile_id = $1
           ORDER BY a.resolved_at IS NOT NULL, a.raised_at DESC, a.alert_id LIMIT $2"#,
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_alert)
    .collect()
}

/// Alerts that still hold and that nobody acknowledged, most severe first.
pub async fn list_open(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<Alert>> {
    let mut open = list(conn, profile, 100).await?;
    open.retain(|alert| alert.resolved_at.is_none() && alert.acknowledged_at.is_none());
    open.sort_by_key(|alert| {
        (
            std::cmp::Reverse(alert.severity),
            std::cmp::Reverse(alert.raised_at),
        )
    });
    Ok(open)
}

/// An alert of a home.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
) -> sqlx::Result<Option<Alert>> {
    sqlx::query_as!(
        Row,
        r#"SELECT a.alert_id, a.rule, a.severity, a.evidence, a.raised_at, a.resolved_at, a.acknowledged_at,
                  c.display_name AS "acknowledged_by?"
           FROM alert AS a LEFT JOIN account AS c ON c.account_id = a.acknowledged_by
           WHERE a.energy_profile_id = $1 AND a.alert_id = $2"#,
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_alert)
    .transpose()
}

/// Says that `account` saw it, unless somebody did before.
pub async fn acknowledge(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE alert SET acknowledged_at = $4, acknowledged_by = $3
         WHERE energy_profile_id = $1 AND alert_id = $2 AND acknowledged_at IS NULL",
        profile.0,
        id.0,
        account.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
