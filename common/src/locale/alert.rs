//! Alerts in words: what is so, what it stands on, what to do about it.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::{Locale, fl};
use crate::alert::{Alert, AlertRule};
use crate::{Kwh, Money};

/// A day before so many is told with its year.
const LONG_AGO_DAYS: i64 = 300;

/// All that a rule may say; what a server leaves out reads better as a dash than as a hole.
const NAMES: [&str; 23] = [
    "meter",
    "device",
    "days",
    "first",
    "last",
    "date",
    "kwh",
    "likely",
    "more_w",
    "watts",
    "usual_w",
    "limit",
    "used",
    "probability",
    "total",
    "recomputed",
    "difference",
    "flag",
    "was",
    "price",
    "what",
    "name",
    "hi95",
];

impl Locale {
    /// Title and body of an alert; money in `currency`.
    pub fn alert(&self, alert: &Alert, currency: &str) -> (String, String) {
        let params = self.alert_params(alert, currency);
        let text = |part| self.text_with(&self.alert_text(alert, part), &params);
        let body = one_dot(text("body"));
        let days = |name: &str| alert.evidence.get(name).map(String::as_str);
        let body = match (days("measured"), days("elapsed")) {
            (Some(measured), Some(elapsed)) => {
                let covered = fl!(
                    self.loader(),
                    "alert-coverage",
                    measured = measured,
                    elapsed = elapsed
                );
                format!("{body} {covered}")
            }
            _ => body,
        };
        (text("title"), body)
    }

    /// What to do about an alert.
    pub fn alert_advice(&self, alert: &Alert, currency: &str) -> String {
        let params = self.alert_params(alert, currency);
        one_dot(self.text_with(&self.alert_text(alert, "advice"), &params))
    }

    /// The text for a part of an alert: for what it stands on, else for the rule.
    fn alert_text(&self, alert: &Alert, part: &str) -> String {
        let rule = alert.rule.as_str().replace('_', "-");
        let special: &[&str] = match alert.evidence.get("source").map(String::as_str) {
            Some("device_meter") => &["device"],
            Some("device_estimate") => &["estimate", "device"],
            _ => &[],
        };
        let mut ids = special.iter().map(|of| format!("alert-{rule}-{of}-{part}"));
        let found = ids.find(|id| self.has(id));
        found.unwrap_or_else(|| format!("alert-{rule}-{part}"))
    }

    /// What a rule is called.
    pub fn alert_rule(&self, rule: AlertRule) -> String {
        self.text(&format!("alert-rule-{}", rule.as_str().replace('_', "-")))
    }

    /// What a rule finds, in a sentence.
    pub fn alert_rule_says(&self, rule: AlertRule) -> String {
        self.text(&format!("alert-says-{}", rule.as_str().replace('_', "-")))
    }

    /// What a threshold is called, with its unit.
    pub fn threshold(&self, rule: AlertRule, name: &str) -> String {
        let (rule, name) = (rule.as_str().replace('_', "-"), name.replace('_', "-"));
        self.text(&format!("threshold-{rule}-{name}"))
    }

    fn alert_params(&self, alert: &Alert, currency: &str) -> BTreeMap<String, String> {
        let raised = alert.raised_at.to_zoned(TimeZone::UTC).date();
        let mut params = self.readable(&alert.evidence, &TimeZone::UTC, |day| {
            // Alerts are about these days; what is long ago says which year it was.
            let long_ago = raised.saturating_sub(LONG_AGO_DAYS.days());
            if day < long_ago {
                self.date(day)
            } else {
                self.date_short(day)
            }
        });
        let raw = |name: &str| Decimal::from_str(alert.evidence.get(name)?).ok();
        let measure = alert.evidence.get("measure").map_or("kwh", String::as_str);
        for name in NAMES {
            let Some(value) = raw(name) else { continue };
            let text = match name {
                "kwh" | "likely" | "hi95" => self.kwh(Kwh(value)),
                "limit" | "used" => self.measured(value, measure, currency),
                "probability" => self.chance(value),
                "total" | "recomputed" => self.money(Money(value), currency),
                "difference" => {
                    let sign = if value < Decimal::ZERO { "−" } else { "+" };
                    format!("{sign}{}", self.money(Money(value.abs()), currency))
                }
                "more_w" | "watts" | "usual_w" => format!("{} W", self.number(value, 0)),
                "price" => self.number(value, value.normalize().scale()),
                _ => continue,
            };
            params.insert(name.to_owned(), text);
        }
        for name in ["flag", "was"] {
            let flag = alert.evidence.get(name);
            if let Some(flag) = flag.and_then(|flag| self.flag_name(flag)) {
                params.insert(name.to_owned(), flag);
            }
        }
        if let Some(what) = alert.evidence.get("what") {
            let id = format!("missing-figure-{what}");
            if self.has(&id) {
                params.insert("what".to_owned(), self.text(&id));
            }
        }
        for name in NAMES {
            params
                .entry(name.to_owned())
                .or_insert_with(|| "–".to_owned());
        }
        params
    }
}

/// A Portuguese month is shortened with a dot, which is the sentence's too at its end.
fn one_dot(text: String) -> String {
    let shortened = text.strip_suffix("..").map(|text| format!("{text}."));
    shortened.unwrap_or(text)
}

impl Locale {
    /// The subject of a notice that is a test.
    pub fn notice_test_subject(&self, home: &str) -> String {
        fl!(self.loader(), "notice-test-subject", home = home)
    }

    /// Why a notice did not arrive.
    pub fn notice_failure(&self, code: &str) -> String {
        let id = format!("notice-failure-{}", code.replace('_', "-"));
        if self.has(&id) {
            self.text(&id)
        } else {
            code.to_owned()
        }
    }
}
