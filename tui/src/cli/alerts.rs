//! `alerts`: what a member should know, and the rules that say so.

use clap::{Args, Subcommand};
use ecotrack_common::alert::{Alert, AlertRule, AlertState, HomeAlertRule, Severity, Snooze};
use ecotrack_common::locale::fl;
use ecotrack_common::path;
use ecotrack_common::write::Written;
use jiff::ToSpan;
use serde_json::Value;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, pick};
use super::table::{Side, Table};
use super::typed::Typed;
use super::words::{OnOff, words};
use super::writes::{Did, say, send};
use super::{Failure, Result};
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Alerts {
    /// List alerts that hold
    List {
        /// Those that hold no more, were seen or put off too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Show an alert with what it stands on and what to do
    Show {
        /// Alert, by the end of its key as the list shows it
        alert: String,
    },
    /// Say that an alert was seen
    Acknowledge {
        /// Alert, by the end of its key
        alert: String,
    },
    /// Put an alert off
    Snooze {
        /// Alert, by the end of its key
        alert: String,
        /// The day on which it is shown again
        #[arg(
            long,
            value_name = "DAY",
            required_unless_present = "days",
            conflicts_with = "days"
        )]
        until: Option<String>,
        /// Days until it is shown again
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..=366))]
        days: Option<i32>,
    },
    /// List the rules with their thresholds
    Rules(Form),
    /// Change a rule
    #[command(subcommand)]
    Rule(RuleCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum RuleCommand {
    /// Change what is given of a rule, and nothing else
    Set {
        /// Which
        #[arg(value_name = "RULE", value_parser = words(AlertRule::ALL, AlertRule::as_str))]
        rule: AlertRule,
        #[command(flatten)]
        fields: Fields,
    },
    /// Make a rule as the program has it
    Reset {
        /// Which
        #[arg(value_name = "RULE", value_parser = words(AlertRule::ALL, AlertRule::as_str))]
        rule: AlertRule,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// Whether it raises alerts
    #[arg(long, value_name = "ON_OR_OFF", value_parser = words(OnOff::ALL, OnOff::as_str))]
    alerts: Option<OnOff>,
    /// How much they matter
    #[arg(long, value_parser = words(Severity::ALL, Severity::as_str))]
    severity: Option<Severity>,
    /// Days after an alert in which it raises no other about the same thing
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i16).range(0..=365))]
    cool_down: Option<i16>,
    /// A threshold, such as `rise_w=50`; give one for each (`ecotrack alerts rules --json` has their names)
    #[arg(long, value_name = "NAME=VALUE")]
    threshold: Vec<String>,
}

const COLUMNS: &[&str] = &[
    "rule",
    "severity",
    "raised_at",
    "resolved_at",
    "acknowledged_by",
    "acknowledged_at",
    "snoozed_until",
    "snoozed_by",
    "evidence",
    "alert_id",
];

const RULE_COLUMNS: &[&str] = &[
    "rule",
    "enabled",
    "severity",
    "cool_down_days",
    "thresholds",
    "version",
];

pub(super) async fn run(context: &Context, command: Alerts) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Alerts::List { all, form } => {
            let mut alerts: Vec<Alert> = home.list(path::ALERTS).await?;
            let today = home.today();
            alerts.retain(|alert| all || alert.state(today) == AlertState::Open);
            let list = List {
                rows: &alerts,
                columns: COLUMNS,
                empty: "alerts-none",
            };
            list.print(context, &form, |alerts| table(alerts, &home, context))
        }
        Alerts::Show { alert } => {
            let alert = find(context, &home, &alert).await?;
            if context.json {
                return context.streams.print_json(&alert);
            }
            let currency = &home.profile.currency;
            let (title, body) = context.locale.alert(&alert, currency);
            let advice = context.locale.alert_advice(&alert, currency);
            for line in [title, body, format!("→ {advice}")] {
                context.streams.print_line(&line)?;
            }
            Ok(())
        }
        Alerts::Acknowledge { alert } => {
            let alert = find(context, &home, &alert).await?;
            let path = path_of(&home, path::ALERT_ACKNOWLEDGEMENT, &alert);
            let seen: Alert = send(&home.client, Method::Post, path, None::<&Value>).await?;
            told(context, &home, &seen, "cli-alert-seen")
        }
        Alerts::Snooze { alert, until, days } => {
            let alert = find(context, &home, &alert).await?;
            let snooze = snooze(until.as_deref(), days, &home, context)?;
            let path = path_of(&home, path::ALERT_SNOOZE, &alert);
            let off: Alert = send(&home.client, Method::Post, path, Some(&snooze)).await?;
            told(context, &home, &off, "cli-alert-put-off")
        }
        Alerts::Rules(form) => {
            let rules: Vec<HomeAlertRule> = home.list(path::ALERT_RULES).await?;
            let list = List {
                rows: &rules,
                columns: RULE_COLUMNS,
                empty: "table-loading",
            };
            list.print(context, &form, |rules| rule_table(rules, context))
        }
        Alerts::Rule(RuleCommand::Set { rule, fields }) => {
            let before = find_rule(context, &home, rule).await?;
            let mut row = before.settings.clone();
            fields.put(rule, &mut row)?;
            row.check(rule)?;
            if row == before.settings {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let path = home.path_of(path::ALERT_RULE, "rule", &rule);
            let written: Written<HomeAlertRule> = home.change(path, before.version, row).await?;
            say(
                context,
                Did::Changed,
                &context.locale.alert_rule(rule),
                &written,
            )
        }
        Alerts::Rule(RuleCommand::Reset { rule }) => {
            let before = find_rule(context, &home, rule).await?;
            if before.version == 0 {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let path = home.path_of(path::ALERT_RULE, "rule", &rule);
            let written: Written<HomeAlertRule> = home.remove(path, before.version).await?;
            say(
                context,
                Did::Changed,
                &context.locale.alert_rule(rule),
                &written,
            )
        }
    }
}

/// An alert, by its key or the end of it.
async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<Alert> {
    let alerts: Vec<Alert> = home.list(path::ALERTS).await?;
    let currency = &home.profile.currency;
    pick(
        alerts,
        typed,
        home.today(),
        &context.locale,
        |alert: &Alert| {
            let (title, _) = context.locale.alert(alert, currency);
            Name::of_key(alert.alert_id.0, title)
        },
    )
}

async fn find_rule(context: &Context, home: &AtHome, rule: AlertRule) -> Result<HomeAlertRule> {
    let rules: Vec<HomeAlertRule> = home.list(path::ALERT_RULES).await?;
    let found = rules.into_iter().find(|row| row.rule == rule);
    let words = context.locale.loader();
    found.ok_or_else(|| Failure::Said(fl!(words, "cli-no-rows", name = rule.as_str())))
}

fn path_of(home: &AtHome, pattern: &str, alert: &Alert) -> String {
    home.path_of(pattern, "alert_id", &alert.alert_id)
}

fn snooze(
    until: Option<&str>,
    days: Option<i32>,
    home: &AtHome,
    context: &Context,
) -> Result<Snooze> {
    let today = home.today();
    let mut typed = Typed::new(today, &context.locale);
    let until = match days {
        Some(days) => Some(today.saturating_add(days.days())),
        None => typed.day("until", until, None),
    };
    typed.require("until", until.as_ref());
    let snooze = Snooze {
        until: until.unwrap_or(today),
    };
    let checked = snooze.check(today);
    Ok(typed.finish(snooze, checked)?)
}

/// What became of an alert, in a sentence.
fn told(context: &Context, home: &AtHome, alert: &Alert, id: &'static str) -> Result<()> {
    if context.json {
        return context.streams.print_json(alert);
    }
    let (what, _) = context.locale.alert(alert, &home.profile.currency);
    let words = context.locale.loader();
    let until = alert.snoozed_until.map(|day| context.locale.date(day));
    let sentence = match until.filter(|_| id == "cli-alert-put-off") {
        Some(until) => fl!(words, "cli-alert-put-off", what = what, until = until),
        None => fl!(words, "cli-alert-seen", what = what),
    };
    context.streams.print_line(&sentence)
}

impl Fields {
    fn put(
        &self,
        rule: AlertRule,
        row: &mut ecotrack_common::alert::NewAlertRule,
    ) -> Result<(), ecotrack_common::FieldErrors> {
        row.enabled = !OnOff::off(self.alerts, !row.enabled);
        row.severity = self.severity.unwrap_or(row.severity);
        row.cool_down_days = self.cool_down.unwrap_or(row.cool_down_days);
        let mut errors = ecotrack_common::FieldErrors::default();
        for typed in &self.threshold {
            let (name, value) = typed.split_once('=').unwrap_or((typed, ""));
            let name = name.trim();
            if !rule.thresholds().iter().any(|known| known.name == name) {
                errors.add(name, "not_a_threshold");
                continue;
            }
            match value.trim().parse() {
                Ok(value) => {
                    row.thresholds.insert(name.to_owned(), value);
                }
                Err(_) => errors.add(name, "not_a_whole_number"),
            }
        }
        errors.into_result()
    }
}

fn table(alerts: &[Alert], home: &AtHome, context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = ["column-since", "column-state", "column-alert"];
    let [since, state, alert] = titles.map(|id| title(locale, id));
    table.row([since, state, alert, title(locale, "cli-column-key")]);
    let (today, zone) = (home.today(), home.zone());
    for row in alerts {
        let (title, body) = locale.alert(row, &home.profile.currency);
        let state = row.state(today);
        table.row([
            locale.date_time_short(row.raised_at, &zone),
            locale.text(&format!("alert-state-{state}")),
            format!("{title} — {body}"),
            ending(row.alert_id.0),
        ]);
    }
    table
}

fn rule_table(rules: &[HomeAlertRule], context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Right, Side::Left]);
    let titles = [
        "column-rule",
        "column-state",
        "column-severity",
        "column-quiet",
        "column-thresholds",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in rules {
        let settings = &row.settings;
        let figures: Vec<String> = settings
            .thresholds
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let on = if settings.enabled {
            "text-on"
        } else {
            "text-off"
        };
        table.row([
            format!("{} ({})", row.rule, locale.alert_rule(row.rule)),
            locale.text(on),
            locale.text(&format!("severity-{}", settings.severity)),
            settings.cool_down_days.to_string(),
            figures.join(" "),
        ]);
    }
    table
}
