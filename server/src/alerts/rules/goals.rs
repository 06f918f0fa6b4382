//! Rules about limits.

use ecotrack_common::ConsumptionGoalId;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::goal::GoalProgress;

use super::{Finding, Rules};

/// A goal that was passed, or that will be with at least `probability_percent`; each once in its span.
pub fn goal(
    rules: &Rules,
    goal: ConsumptionGoalId,
    progress: &GoalProgress,
    span: Cycle,
) -> Option<Finding> {
    let (rule, date) = if progress.used > progress.limit {
        (AlertRule::GoalPassed, None)
    } else {
        let needed = rules.share(AlertRule::GoalPace, "probability_percent");
        progress
            .probability_of_passing
            .filter(|probability| *probability >= needed)?;
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
        ],
    );
    let probability = progress.probability_of_passing;
    let named = [
        (
            "probability",
            probability.map(|it| it.normalize().to_string()),
        ),
        ("date", date.map(|date| date.to_string())),
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
    use rust_decimal::Decimal;
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
        let rule = |used, probability| {
            let progress = progress(used, probability);
            goal(&Rules::default(), Uuid::nil().into(), &progress, cycle).map(|it| it.rule)
        };
        assert_eq!(rule(100, "0.5"), None);
        assert_eq!(rule(100, "0.7"), Some(AlertRule::GoalPace));
        assert_eq!(rule(221, "1"), Some(AlertRule::GoalPassed));
    }
}
