//! What becomes of alerts when rules were looked at: raised, kept, resolved. Pure, and the same whoever looks: what is so
//! already changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use ecotrack_common::AlertId;
use ecotrack_common::alert::{AlertRule, Severity};
use jiff::{SignedDuration, Timestamp};

use super::rules::{Finding, Rules};

/// An alert that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Key.
    pub alert_id: AlertId,
    /// Which rule raised it.
    pub rule: AlertRule,
    /// What it is about.
    pub about: String,
    /// What was so.
    pub fact: String,
    /// How much it matters.
    pub severity: Severity,
    /// As it was last found.
    pub evidence: BTreeMap<String, String>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Whether it holds.
    pub open: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new alert.
    Raise(Finding, Severity),
    /// One that held before holds again, long enough after it was raised to be said anew.
    RaiseAgain(AlertId, Finding, Severity),
    /// It holds, or holds again so soon that it is no news: only its evidence is new.
    Keep(AlertId, Finding, Severity),
    /// It holds no more.
    Resolve(AlertId),
}

/// What is to be done so that alerts say what `findings` do.
pub fn changes(
    rules: &Rules,
    known: &[Known],
    findings: &[Finding],
    now: Timestamp,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut held: BTreeSet<AlertId> = BTreeSet::new();
    let mut raised: BTreeSet<(AlertRule, &str)> = BTreeSet::new();
    for finding in findings {
        // Two findings about one thing are one alert.
        if !raised.insert((finding.rule, finding.about.as_str())) {
            continue;
        }
        let settings = rules.of(finding.rule);
        let severity = settings.severity;
        let cool_down = SignedDuration::from_hours(24 * i64::from(settings.cool_down_days));
        let about = known
            .iter()
            .filter(|alert| alert.rule == finding.rule && alert.about == finding.about);
        let newest = about.max_by_key(|alert| (alert.open, alert.raised_at));
        let same_fact = || {
            let same = |alert: &&Known| alert.rule == finding.rule && alert.fact == finding.fact;
            known.iter().find(same)
        };
        let (alert, change) = match newest {
            Some(alert) if alert.open || now < alert.raised_at + cool_down => {
                let is_news =
                    !alert.open || alert.evidence != finding.evidence || alert.severity != severity;
                let keep = || Change::Keep(alert.alert_id, finding.clone(), severity);
                (Some(alert), is_news.then(keep))
            }
            _ => match same_fact() {
                Some(alert) => {
                    let again = Change::RaiseAgain(alert.alert_id, finding.clone(), severity);
                    (Some(alert), Some(again))
                }
                None => (None, Some(Change::Raise(finding.clone(), severity))),
            },
        };
        held.extend(alert.map(|alert| alert.alert_id));
        changes.extend(change);
    }
    let over = known
        .iter()
        .filter(|alert| alert.open && !held.contains(&alert.alert_id));
    changes.extend(over.map(|alert| Change::Resolve(alert.alert_id)));
    changes
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn finding(fact: &str) -> Finding {
        Finding {
            rule: AlertRule::DayAboveForecast,
            about: "home".to_owned(),
            fact: fact.to_owned(),
            evidence: BTreeMap::from([("last".to_owned(), fact.to_owned())]),
        }
    }

    fn known(fact: &str, day: i64, open: bool) -> Known {
        let found = finding(fact);
        Known {
            alert_id: AlertId(Uuid::from_u128(day.unsigned_abs().into())),
            rule: found.rule,
            about: found.about,
            fact: found.fact,
            severity: Severity::Warning,
            evidence: found.evidence,
            raised_at: at(day),
            open,
        }
    }

    fn changes_at(known: &[Known], findings: &[Finding], day: i64) -> Vec<Change> {
        changes(&Rules::default(), known, findings, at(day))
    }

    #[test]
    fn what_is_known_already_changes_nothing_and_what_is_over_is_resolved() {
        let open = known("a", 1, true);
        assert_eq!(
            changes_at(std::slice::from_ref(&open), &[finding("a")], 2),
            []
        );
        assert_eq!(
            changes_at(std::slice::from_ref(&open), &[], 2),
            [Change::Resolve(open.alert_id)]
        );
        assert_eq!(changes_at(&[], &[], 2), []);
    }

    #[test]
    fn an_open_alert_takes_the_newer_fact_about_the_same_thing() {
        let open = known("a", 1, true);
        let keep = Change::Keep(open.alert_id, finding("b"), Severity::Warning);
        assert_eq!(changes_at(&[open], &[finding("b")], 40), [keep]);
    }

    #[test]
    fn within_the_cool_down_it_is_the_same_alert_and_after_it_another() {
        let past = known("a", 1, false);
        let keep = Change::Keep(past.alert_id, finding("b"), Severity::Warning);
        assert_eq!(
            changes_at(std::slice::from_ref(&past), &[finding("b")], 20),
            [keep]
        );
        assert_eq!(
            changes_at(std::slice::from_ref(&past), &[finding("b")], 40),
            [Change::Raise(finding("b"), Severity::Warning)]
        );
        let again = Change::RaiseAgain(past.alert_id, finding("a"), Severity::Warning);
        assert_eq!(changes_at(&[past], &[finding("a")], 40), [again]);
    }

    #[test]
    fn two_findings_about_one_thing_are_one_alert() {
        let found = changes_at(&[], &[finding("a"), finding("b")], 1);
        assert_eq!(found.len(), 1);
    }
}
