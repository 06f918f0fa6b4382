//! Alerts, and what homes say of the rules that raise them.

use std::collections::BTreeMap;

use ecotrack_common::alert::{Alert, AlertRule, AlertState, HomeAlertRule, NewAlertRule, Severity};
use ecotrack_common::{AccountId, AlertId, EnergyProfileId, Kwh, MeterId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::raise::{Change, Known};
use super::rules::Finding;
use super::rules::meters::{Backwards, MeterDay};
use crate::database::{document, word};

/// A row of `alert_rule` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Which.
    pub rule: AlertRule,
    /// What the home says of it.
    #[serde(flatten)]
    pub settings: NewAlertRule,
}

struct RuleRow {
    rule: String,
    enabled: bool,
    severity: String,
    cool_down_days: i16,
    thresholds: serde_json::Value,
    version: i64,
}

impl RuleRow {
    /// All figures given; `None` of a rule that this version of the program does not have.
    fn into_rule(self) -> sqlx::Result<Option<HomeAlertRule>> {
        let Ok(rule) = self.rule.parse::<AlertRule>() else {
            return Ok(None);
        };
        let said: BTreeMap<String, i64> = document(self.thresholds)?;
        let mut settings = NewAlertRule::standard(rule);
        settings.enabled = self.enabled;
        settings.severity = word(&self.severity)?;
        settings.cool_down_days = self.cool_down_days;
        for (name, value) in &mut settings.thresholds {
            *value = said.get(name).copied().unwrap_or(*value);
        }
        Ok(Some(HomeAlertRule {
            rule,
            settings,
            version: self.version,
        }))
    }
}

/// What the home says of rules; of those that it never touched nothing.
pub async fn list_rules(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<HomeAlertRule>> {
    let rows = sqlx::query_as!(
        RuleRow,
        "SELECT rule, enabled, severity, cool_down_days, thresholds, version FROM alert_rule
         WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    let rules = rows.into_iter().map(RuleRow::into_rule);
    rules.filter_map(Result::transpose).collect()
}

/// What the home says of a rule; nobody else changes it until the transaction ends.
pub async fn find_rule_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    rule: AlertRule,
) -> sqlx::Result<Option<HomeAlertRule>> {
    let row = sqlx::query_as!(
        RuleRow,
        "SELECT rule, enabled, severity, cool_down_days, thresholds, version FROM alert_rule
         WHERE energy_profile_id = $1 AND rule = $2 FOR UPDATE",
        profile.0,
        rule.as_str(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(RuleRow::into_rule).transpose()?.flatten())
}

fn json<T: Serialize>(value: &T) -> sqlx::Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Keeps what the home says of a rule.
pub async fn insert_rule(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    let settings = &image.settings;
    sqlx::query!(
        "INSERT INTO alert_rule (energy_profile_id, rule, enabled, severity, cool_down_days, thresholds, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        profile.0,
        image.rule.as_str(),
        settings.enabled,
        settings.severity.as_str(),
        settings.cool_down_days,
        json(&settings.thresholds)?,
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what the home says of a rule.
pub async fn update_rule(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let settings = &image.settings;
    sqlx::query!(
        "UPDATE alert_rule
         SET enabled = $3, severity = $4, cool_down_days = $5, thresholds = $6, version = version + 1
         WHERE energy_profile_id = $1 AND rule = $2",
        profile.0,
        image.rule.as_str(),
        settings.enabled,
        settings.severity.as_str(),
        settings.cool_down_days,
        json(&settings.thresholds)?,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The rule is the program's again.
pub async fn delete_rule(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    rule: AlertRule,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM alert_rule WHERE energy_profile_id = $1 AND rule = $2",
        profile.0,
        rule.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Alerts that are open, that were raised since `since`, or that are of one of these facts.
pub async fn list_known(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    since: Timestamp,
    facts: &[String],
) -> sqlx::Result<Vec<Known>> {
    let rows = sqlx::query!(
        r#"SELECT alert_id, rule, about, fact, severity, evidence, raised_at, resolved_at IS NULL AS "open!"
           FROM alert
           WHERE energy_profile_id = $1 AND (resolved_at IS NULL OR raised_at >= $2 OR fact = ANY ($3))"#,
        profile.0,
        since.to_sqlx(),
        facts,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Known {
                alert_id: AlertId(row.alert_id),
                rule: word(&row.rule)?,
                about: row.about,
                fact: row.fact,
                severity: word(&row.severity)?,
                evidence: document(row.evidence)?,
                raised_at: row.raised_at.to_jiff(),
                open: row.open,
            })
        })
        .collect()
}

/// Does what is to be done of one alert; the key and the opening of one that is to be told.
pub async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    change: &Change,
    now: Timestamp,
) -> sqlx::Result<Option<(AlertId, i32)>> {
    match change {
        Change::Raise(finding, severity) => insert(conn, profile, finding, *severity, now)
            .await
            .map(Some),
        Change::RaiseAgain(id, finding, severity) => {
            raise_again(conn, profile, *id, finding, *severity, now)
                .await
                .map(|opening| Some((*id, opening)))
        }
        Change::Keep(id, finding, severity) => {
            keep(conn, profile, *id, finding, *severity).await?;
            Ok(None)
        }
        Change::Resolve(id) => {
            resolve(conn, profile, *id, now).await?;
            Ok(None)
        }
    }
}

async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    finding: &Finding,
    severity: Severity,
    now: Timestamp,
) -> sqlx::Result<(AlertId, i32)> {
    let id = AlertId(Uuid::now_v7());
    sqlx::query!(
        "INSERT INTO alert (energy_profile_id, alert_id, rule, about, fact, severity, evidence, raised_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        id.0,
        finding.rule.as_str(),
        finding.about,
        finding.fact,
        severity.as_str(),
        json(&finding.evidence)?,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok((id, 1))
}

async fn raise_again(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
    finding: &Finding,
    severity: Severity,
    now: Timestamp,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "UPDATE alert
         SET severity = $3, evidence = $4, raised_at = $5, resolved_at = NULL, acknowledged_at = NULL, acknowledged_by = NULL,
             snoozed_until = NULL, snoozed_by = NULL, opening = opening + 1
         WHERE energy_profile_id = $1 AND alert_id = $2 RETURNING opening",
        profile.0,
        id.0,
        severity.as_str(),
        json(&finding.evidence)?,
        now.to_sqlx(),
    )
    .fetch_one(conn)
    .await
}

async fn keep(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
    finding: &Finding,
    severity: Severity,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE alert SET severity = $3, evidence = $4, resolved_at = NULL
         WHERE energy_profile_id = $1 AND alert_id = $2",
        profile.0,
        id.0,
        severity.as_str(),
        json(&finding.evidence)?,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn resolve(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE alert SET resolved_at = $3
         WHERE energy_profile_id = $1 AND alert_id = $2 AND resolved_at IS NULL",
        profile.0,
        id.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What each meter of steps knows of the days from `first` on, in order; of one that stands still for longer from the last
/// day on that it did not.
pub async fn list_meter_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
) -> sqlx::Result<Vec<MeterDay>> {
    let rows = sqlx::query!(
        r#"SELECT d.meter_id, d.local_date, d.kwh AS "kwh!", d.covered_minutes * 10 >= d.day_minutes * 9 AS "whole!"
           FROM meter AS m
           CROSS JOIN LATERAL (
               SELECT least($2, (SELECT f.local_date FROM consumption_day AS f
                                 WHERE f.energy_profile_id = m.energy_profile_id AND f.meter_id = m.meter_id
                                   AND f.kwh > 0 AND f.covered_minutes * 10 >= f.day_minutes * 9
                                 ORDER BY f.local_date DESC LIMIT 1)) AS first_day
               OFFSET 0) AS w
           JOIN consumption_day AS d ON d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id
                                    AND d.local_date >= w.first_day
           WHERE m.energy_profile_id = $1 AND m.removed_at IS NULL AND m.reading_kind = 'step' AND d.kwh IS NOT NULL
           ORDER BY d.meter_id, d.local_date"#,
        profile.0,
        first.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| MeterDay {
            meter: MeterId(row.meter_id),
            date: row.local_date.to_jiff(),
            kwh: Kwh(row.kwh),
            whole: row.whole,
        })
        .collect())
}

/// Registers since `since` that stand lower than the one before, and that nobody typed: who types one is asked about it
/// at once.
pub async fn list_backwards(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    time_zone: &str,
    since: Timestamp,
) -> sqlx::Result<Vec<Backwards>> {
    let rows = sqlx::query!(
        r#"SELECT r.meter_id, r.read_at, r.kwh, b.kwh AS before, (r.read_at AT TIME ZONE $3)::date AS "date!"
           FROM energy_reading AS r
           CROSS JOIN LATERAL (
               SELECT kwh FROM energy_reading AS b
               WHERE b.energy_profile_id = r.energy_profile_id AND b.meter_id = r.meter_id
                 AND b.read_at < r.read_at AND b.kind = 'register'
               ORDER BY b.read_at DESC LIMIT 1) AS b
           WHERE r.energy_profile_id = $1 AND r.read_at >= $2 AND r.kind = 'register' AND r.kwh < b.kwh
             AND r.source <> 'manual'
           ORDER BY r.read_at"#,
        profile.0,
        since.to_sqlx() as jiff_sqlx::Timestamp,
        time_zone,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Backwards {
            meter: MeterId(row.meter_id),
            read_at: row.read_at.to_jiff(),
            register: Kwh(row.kwh),
            before: Kwh(row.before),
            date: row.date.to_jiff(),
        })
        .collect())
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
    snoozed_until: Option<jiff_sqlx::Date>,
    snoozed_by: Option<String>,
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
            snoozed_until: self.snoozed_until.map(jiff_sqlx::Date::to_jiff),
            snoozed_by: self.snoozed_by,
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
                  c.display_name AS "acknowledged_by?", a.snoozed_until, s.display_name AS "snoozed_by?"
           FROM alert AS a
           LEFT JOIN account AS c ON c.account_id = a.acknowledged_by
           LEFT JOIN account AS s ON s.account_id = a.snoozed_by
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

/// Alerts that were raised from one instant until another, the earliest first.
pub async fn list_raised(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<Alert>> {
    sqlx::query_as!(
        Row,
        r#"SELECT a.alert_id, a.rule, a.severity, a.evidence, a.raised_at, a.resolved_at, a.acknowledged_at,
                  c.display_name AS "acknowledged_by?", a.snoozed_until, s.display_name AS "snoozed_by?"
           FROM alert AS a
           LEFT JOIN account AS c ON c.account_id = a.acknowledged_by
           LEFT JOIN account AS s ON s.account_id = a.snoozed_by
           WHERE a.energy_profile_id = $1 AND a.raised_at >= $2 AND a.raised_at < $3
           ORDER BY a.raised_at, a.alert_id"#,
        profile.0,
        from.to_sqlx() as jiff_sqlx::Timestamp,
        until.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_alert)
    .collect()
}

/// Alerts that still hold, that nobody acknowledged and that are not put off on the home's day `today`, most severe
/// first.
pub async fn list_open(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    today: Date,
) -> sqlx::Result<Vec<Alert>> {
    let mut open = list(conn, profile, 100).await?;
    open.retain(|alert| alert.state(today) == AlertState::Open);
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
                  c.display_name AS "acknowledged_by?", a.snoozed_until, s.display_name AS "snoozed_by?"
           FROM alert AS a
           LEFT JOIN account AS c ON c.account_id = a.acknowledged_by
           LEFT JOIN account AS s ON s.account_id = a.snoozed_by
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

/// Puts an alert that holds off until a local day; false where it holds no more.
pub async fn snooze(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: AlertId,
    account: AccountId,
    until: Date,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE alert SET snoozed_until = $4, snoozed_by = $3
         WHERE energy_profile_id = $1 AND alert_id = $2 AND resolved_at IS NULL",
        profile.0,
        id.0,
        account.0,
        until.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
