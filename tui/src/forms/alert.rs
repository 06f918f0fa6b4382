//! Until when an alert is put off, and what a home says of a rule.

use std::collections::BTreeMap;

use ecotrack_common::alert::{AlertRule, HomeAlertRule, NewAlertRule, Severity, Snooze};
use ecotrack_common::{AlertId, FieldErrors, path};
use jiff::ToSpan;

use super::goal::words_of;
use super::{Request, of_row, save, today};
use crate::app::{App, Context};
use crate::form::{Field, Form, Kind};

/// How long an alert is put off where nothing else is typed.
const USUAL_DAYS: i32 = 7;

pub(super) fn snooze_fields(app: &App, cx: &Context) -> Vec<Field> {
    let until = today(app, cx).saturating_add(USUAL_DAYS.days());
    vec![
        Field::line(
            "until",
            "label-snoozed-until",
            Kind::Date,
            &cx.locale.date_typed(until),
        )
        .hint("hint-date")
        .required(),
    ]
}

pub(super) fn read_snooze(
    app: &App,
    form: &Form,
    id: AlertId,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let Some(until) = form.date("until", &mut errors, &cx.locale) else {
        return Err(errors);
    };
    let snooze = Snooze { until };
    errors
        .0
        .extend(snooze.check(today(app, cx)).err().unwrap_or_default().0);
    errors.into_result()?;
    let path = of_row(path::ALERT_SNOOZE, app, "alert_id", &id)?;
    Ok(Request::post(path, &snooze))
}

pub(super) fn rule_fields(
    rule: AlertRule,
    row: Option<&HomeAlertRule>,
    cx: &Context,
) -> Vec<Field> {
    let settings = row.map_or_else(|| NewAlertRule::standard(rule), |row| row.settings.clone());
    let severities = words_of(Severity::ALL, Severity::as_str, "severity", cx);
    let mut fields = vec![
        Field::toggle("enabled", "label-rule-enabled", settings.enabled),
        Field::choice(
            "severity",
            "label-severity",
            severities,
            settings.severity.as_str(),
        ),
        Field::line(
            "cool_down_days",
            "label-cool-down",
            Kind::Integer,
            &settings.cool_down_days.to_string(),
        )
        .hint("hint-cool-down")
        .required(),
    ];
    fields.extend(rule.thresholds().iter().map(|threshold| {
        let value = settings.threshold(rule, threshold.name).to_string();
        Field::line(
            threshold.name,
            label(rule, threshold.name),
            Kind::Integer,
            &value,
        )
        .required()
    }));
    fields
}

/// Labels are known by their ids, and ids are constants.
fn label(rule: AlertRule, name: &str) -> &'static str {
    match (rule, name) {
        (AlertRule::DayAboveForecast, "days") => "threshold-day-above-forecast-days",
        (AlertRule::DayAboveForecast, _) => "threshold-day-above-forecast-band-percent",
        (AlertRule::StandbyCreeping, "rise_percent") => "threshold-standby-creeping-rise-percent",
        (AlertRule::StandbyCreeping, "rise_w") => "threshold-standby-creeping-rise-w",
        (AlertRule::StandbyCreeping, _) => "threshold-standby-creeping-days",
        (AlertRule::NoData, "step_days") => "threshold-no-data-step-days",
        (AlertRule::NoData, _) => "threshold-no-data-register-days",
        (AlertRule::StandingStill, _) => "threshold-standing-still-days",
        (AlertRule::Gap, _) => "threshold-gap-days",
        (AlertRule::UseWhileAway, "days") => "threshold-use-while-away-days",
        (AlertRule::UseWhileAway, _) => "threshold-use-while-away-usual-percent",
        (AlertRule::GoalPace, _) => "threshold-goal-pace-probability-percent",
        (AlertRule::BillDue, _) => "threshold-bill-due-days-before",
        (AlertRule::BillUnlike, _) => "threshold-bill-unlike-percent",
        (AlertRule::ForecastWorse, "days") => "threshold-forecast-worse-days",
        _ => "threshold-forecast-worse-percent",
    }
}

pub(super) fn read_rule(app: &App, form: &Form, rule: AlertRule) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let cool_down = form.integer("cool_down_days", &mut errors);
    let mut thresholds = BTreeMap::new();
    for threshold in rule.thresholds() {
        if let Some(value) = form.integer(threshold.name, &mut errors) {
            thresholds.insert(threshold.name.to_owned(), i64::from(value));
        }
    }
    let settings = NewAlertRule {
        enabled: form.is_on("enabled"),
        severity: form.text("severity").parse().unwrap_or(rule.severity()),
        cool_down_days: cool_down.unwrap_or_default(),
        thresholds,
    };
    errors
        .0
        .extend(settings.check(rule).err().unwrap_or_default().0);
    errors.into_result()?;
    let path = of_row(path::ALERT_RULE, app, "rule", &rule)?;
    Ok(save(form, path.clone(), Some(path), settings))
}
