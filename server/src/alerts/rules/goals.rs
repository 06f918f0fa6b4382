//! Rules about limits.

use ecotrack_common::ConsumptionGoalId;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::goal::{GoalProgress, GoalSource};
use rust_decimal::Decimal;

use super::{Finding, Rules};

/// What a goal is for, and by what it is held.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Which goal.
    pub goal: ConsumptionGoalId,
    /// What the device is called, of a goal for one.
    pub device: Option<&'a str>,
    /// What its progress stands on.
    pub source: GoalSource,
    /// Its span.
    pub span: Cycle,
    /// Days of it that have passed whole.
    pub elapsed_days: i32,
    /// Days of those that are measured, which what is used is of.
    pub measured_days: i32,
}

/// A goal that was passed, or that will be with at least `probability_percent`; each once in its span. The estimate
/// of a device that nothing measures knows no probability: it says that the limit is passed, or that it is not.
pub fn goal(rules: &Rules, about: About<'_>, progress: &GoalProgress) -> Option<Finding> {
    let About {
        goal,
        device,
        source,
        span,
        elapsed_days,
        measured_days,
    } = about;
    // Of what is estimated nothing is measured.
    let covered = source != GoalSource::DeviceEstimate;
    let (rule, date) = if progress.used > progress.limit {
        (AlertRule::GoalPassed, None)
    } else {
        let needed = rules.share(AlertRule::GoalPace, "probability_percent");
        let probability = match source {
            GoalSource::DeviceEstimate => progress.likely_at_end.map(|end| {
                if end > progress.limit {
                    Decimal::ONE
                } else {
                    Decimal::ZERO
                }
            }),
            _ => progress.probability_of_passing,
        };
        probability.filter(|probability| *probability >= needed)?;
        (AlertRule::GoalPace, progress.likely_passed_on)
    };
    if !rules.is_on(rule) {
        return None;
    }
    let fact = format!("{goal} in {}", span.first);
    let mut finding = Finding::new(
        rule,
        fact.clone(),
        fact,
        &[
            ("measure", progress.measure.to_string()),
            ("limit", progress.limit.normalize().to_string()),
            ("used", progress.used.round_dp(2).normalize().to_string()),
            ("last", span.last.to_string()),
            ("source", source.to_string()),
        ],
    );
    let probability = progress.probability_of_passing;
    let named = [
        (
            "probability",
            probability.map(|it| it.normalize().to_string()),
        ),
        ("date", date.map(|date| date.to_string())),
        ("device", device.map(str::to_owned)),
        ("measured", covered.then(|| measured_days.to_string())),
        ("elapsed", covered.then(|| elapsed_days.to_string())),
    ];
    let told = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    finding.evidence.extend(told);
    Some(finding)
}

#[cfg(test)]
mod tests {
    use ecotrack_common::goal::GoalMeasure;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_goal_is_told_when_it_is_likely_to_be_passed_and_when_it_was() {
        let progress = |used: i64, probability: &str| GoalProgress {
            measure: GoalMeasure::Kwh,
            limit: Decimal::from(220),
            used: Decimal::from(used),
            likely_at_end: None,
            probability_of_passing: Some(probability.parse().unwrap()),
            likely_passed_on: None,
            example: false,
            pace: None,
        };
        let cycle = Cycle::containing(date(2026, 11, 23), 10);
        let about = About {
            goal: Uuid::nil().into(),
            device: None,
            source: GoalSource::Home,
            span: cycle,
            elapsed_days: 13,
            measured_days: 11,
        };
        let rule = |used, probability| {
            let progress = progress(used, probability);
            goal(&Rules::default(), about, &progress).map(|it| it.rule)
        };
        assert_eq!(rule(100, "0.5"), None);
        assert_eq!(rule(100, "0.7"), Some(AlertRule::GoalPace));
        assert_eq!(rule(221, "1"), Some(AlertRule::GoalPassed));
        let told = goal(&Rules::default(), about, &progress(221, "1")).unwrap();
        let covered = ["measured", "elapsed"].map(|name| told.evidence[name].as_str());
        assert_eq!(covered, ["11", "13"], "every total carries its coverage");

        // An estimate has no probability, and says where the span ends.
        let estimate = |end: i64| {
            let progress = GoalProgress {
                probability_of_passing: None,
                likely_at_end: Some(Decimal::from(end)),
                ..progress(100, "0")
            };
            let about = About {
                device: Some("Heater"),
                source: GoalSource::DeviceEstimate,
                ..about
            };
            goal(&Rules::default(), about, &progress)
        };
        assert!(estimate(220).is_none());
        let told = estimate(221).unwrap();
        assert_eq!(told.rule, AlertRule::GoalPace);
        assert_eq!(told.evidence["device"], "Heater");
        assert!(!told.evidence.contains_key("probability"));
        assert!(!told.evidence.contains_key("measured"));
    }
}
