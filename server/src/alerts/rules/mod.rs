//! When an alert is due: a file for each family of rules. Figures in, findings out; no database, no clock. The same
//! facts give the same findings, and a rule that a home switched off gives none.

use std::collections::BTreeMap;

use ecotrack_common::alert::{AlertRule, NewAlertRule};
use rust_decimal::Decimal;

pub mod bills;
pub mod days;
pub mod goals;
pub mod meters;
pub mod reference;
pub mod standby;

/// Something that is so now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule found it.
    pub rule: AlertRule,
    /// What it is about (a meter, a goal in its span, a bill): while an alert of the rule about it is open, it is the
    /// same alert, whatever else became of it.
    pub about: String,
    /// What is so, once and for all; raised no more than once.
    pub fact: String,
    /// Named values for the text.
    pub evidence: BTreeMap<String, String>,
}

impl Finding {
    fn new(
        rule: AlertRule,
        about: impl Into<String>,
        fact: impl Into<String>,
        evidence: &[(&str, String)],
    ) -> Self {
        let named = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        Self {
            rule,
            about: about.into(),
            fact: fact.into(),
            evidence: evidence.iter().map(named).collect(),
        }
    }
}

/// What holds of each rule in a home; of one that is not named the program's own.
#[derive(Debug, Clone, Default)]
pub struct Rules(pub BTreeMap<AlertRule, NewAlertRule>);

impl Rules {
    /// What holds of a rule.
    pub fn of(&self, rule: AlertRule) -> NewAlertRule {
        let of_home = self.0.get(&rule).cloned();
        of_home.unwrap_or_else(|| NewAlertRule::standard(rule))
    }

    /// Whether a rule is switched on.
    pub fn is_on(&self, rule: AlertRule) -> bool {
        self.0.get(&rule).is_none_or(|rule| rule.enabled)
    }

    /// A figure of a rule.
    fn figure(&self, rule: AlertRule, name: &str) -> i64 {
        self.of(rule).threshold(rule, name)
    }

    /// A figure in percent as a share of one.
    fn share(&self, rule: AlertRule, name: &str) -> Decimal {
        Decimal::new(self.figure(rule, name), 2)
    }

    /// A figure of days.
    fn days(&self, rule: AlertRule, name: &str) -> i32 {
        i32::try_from(self.figure(rule, name)).unwrap_or(i32::MAX)
    }
}

/// The value below which `percent` of them lie; nothing of nothing.
fn quantile(values: &[Decimal], percent: usize) -> Option<Decimal> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted
        .get(sorted.len().checked_sub(1)? * percent / 100)
        .copied()
}
