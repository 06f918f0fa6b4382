//! When an alert is due. Pure: figures in, findings out; the same facts give the same findings.

use std::collections::BTreeMap;

use ecotrack_common::alert::{AlertRule, Severity};
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::goal::GoalProgress;
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::{ConsumptionGoalId, Kwh, MeterId};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Something that is so now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule found it.
    pub rule: AlertRule,
    /// What is so; the same fact is the same alert.
    pub fact: String,
    /// How much it matters.
    pub severity: Severity,
    /// Named values for the text.
    pub evidence: BTreeMap<String, String>,
}

/// A meter of steps reports daily; two silent days are not chance.
const SILENT_DAYS_OF_STEPS: i32 = 3;
/// A register is read with the bill, about monthly.
const SILENT_DAYS_OF_REGISTERS: i32 = 40;

/// Meters that say nothing for too long. Of meters that know the same flow only the one that spoke
/// last is looked at: while it speaks, nothing is missing.
pub fn silent(meters: &[Meter], last_days: &[(MeterId, Date)], today: Date) -> Vec<Finding> {
    let last = |meter: &Meter| {
        let known = last_days.iter().find(|(id, _)| *id == meter.meter_id);
        known.map(|(_, day)| *day)
    };
    let group = |meter: &Meter| meter.same_as.unwrap_or(meter.meter_id);
    let speaks_for_its_group = |meter: &&Meter| {
        let twins = meters.iter().filter(|twin| group(twin) == group(meter));
        let newest = twins.max_by_key(|twin| (last(twin), std::cmp::Reverse(twin.meter_id)));
        newest.is_some_and(|newest| newest.meter_id == meter.meter_id)
    };
    meters
        .iter()
        .filter(speaks_for_its_group)
        .filter_map(|meter| no_data(meter, last(meter), today))
        .collect()
}

/// A meter that says nothing for too long. `last` is the newest day that is known of it.
fn no_data(meter: &Meter, last: Option<Date>, today: Date) -> Option<Finding> {
    let last = last?;
    let silent = days_between(last, today);
    let limit = match meter.reading_kind {
        ReadingKind::Step => SILENT_DAYS_OF_STEPS,
        ReadingKind::Register => SILENT_DAYS_OF_REGISTERS,
    };
    (silent >= limit).then(|| Finding {
        rule: AlertRule::NoData,
        fact: format!("{} since {last}", meter.meter_id),
        severity: Severity::Warning,
        evidence: evidence(&[
            ("meter", meter.name.clone()),
            ("days", silent.to_string()),
            ("last", last.to_string()),
        ]),
    })
}

/// A day far above its forecast interval: past the 95 % bound by half of the distance from the
/// likely value to it. A day barely outside happens once in twenty by the band's own meaning.
pub fn day_above_forecast(date: Date, kwh: Kwh, likely: Kwh, hi95: Kwh) -> Option<Finding> {
    let far = hi95.0 + (hi95.0 - likely.0) / Decimal::TWO;
    (kwh.0 > far && kwh.0 > Decimal::ZERO).then(|| Finding {
        rule: AlertRule::DayAboveForecast,
        fact: date.to_string(),
        severity: Severity::Info,
        evidence: evidence(&[
            ("date", date.to_string()),
            ("kwh", kwh.0.round_dp(2).to_string()),
            ("likely", likely.0.round_dp(2).to_string()),
            ("hi95", hi95.0.round_dp(2).to_string()),
        ]),
    })
}

/// A goal that is likely to be passed, or was.
pub fn goal_pace(
    goal: ConsumptionGoalId,
    progress: &GoalProgress,
    cycle: Cycle,
) -> Option<Finding> {
    let probability = progress.probability_of_passing?;
    let severity = if progress.used > progress.limit {
        Severity::Urgent
    } else if probability >= Decimal::new(7, 1) {
        Severity::Warning
    } else {
        return None;
    };
    let mut evidence = evidence(&[
        ("measure", progress.measure.to_string()),
        ("limit", progress.limit.normalize().to_string()),
        ("used", progress.used.round_dp(2).normalize().to_string()),
        ("probability", probability.normalize().to_string()),
    ]);
    if let Some(date) = progress.likely_passed_on {
        evidence.insert("date".to_owned(), date.to_string());
    }
    Some(Finding {
        rule: AlertRule::GoalPace,
        fact: format!("{goal} in {}", cycle.first),
        severity,
        evidence,
    })
}

fn evidence(values: &[(&str, String)]) -> BTreeMap<String, String> {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::goal::GoalMeasure;
    use ecotrack_common::meter::Channel;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn meter(reading_kind: ReadingKind) -> Meter {
        Meter {
            meter_id: MeterId(Uuid::nil()),
            name: "Main".to_owned(),
            channel: Channel::GridImport,
            reading_kind,
            register_digits: None,
            profile_device_id: None,
            same_as: None,
            version: 1,
        }
    }

    #[test]
    fn a_meter_of_steps_is_missed_after_days_a_register_after_weeks() {
        let today = date(2026, 11, 23);
        let silent = |kind, days: i8| {
            no_data(&meter(kind), Some(date(2026, 11, 23 - days)), today).is_some()
        };
        assert!(!silent(ReadingKind::Step, 2));
        assert!(silent(ReadingKind::Step, 3));
        assert!(!silent(ReadingKind::Register, 20));
        assert!(
            no_data(
                &meter(ReadingKind::Register),
                Some(date(2026, 10, 14)),
                today
            )
            .is_some()
        );
        assert!(
            no_data(&meter(ReadingKind::Step), None, today).is_none(),
            "a meter never read is new, not silent"
        );
    }

    #[test]
    fn while_one_of_two_meters_of_a_connection_speaks_nothing_is_missing() {
        let today = date(2026, 11, 23);
        let hand = meter(ReadingKind::Register);
        let file = Meter {
            meter_id: MeterId(Uuid::max()),
            same_as: Some(hand.meter_id),
            ..meter(ReadingKind::Step)
        };
        let told = |by_hand: Date, by_file: Date| {
            let last_days = [(hand.meter_id, by_hand), (file.meter_id, by_file)];
            let found = silent(&[hand.clone(), file.clone()], &last_days, today);
            found.len()
        };
        assert_eq!(told(date(2026, 11, 20), date(2026, 10, 1)), 0);
        assert_eq!(told(date(2026, 9, 1), date(2026, 11, 22)), 0);
        assert_eq!(
            told(date(2026, 9, 1), date(2026, 10, 1)),
            1,
            "once for both"
        );
    }

    #[test]
    fn only_a_day_far_outside_is_told() {
        let kwh = |value: i64| Kwh(Decimal::from(value));
        let day =
            |used| day_above_forecast(date(2026, 11, 22), kwh(used), kwh(10), kwh(20)).is_some();
        assert!(!day(20));
        assert!(!day(25));
        assert!(day(26));
    }

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
        let severity = |used, probability| {
            goal_pace(Uuid::nil().into(), &progress(used, probability), cycle)
                .map(|finding| finding.severity)
        };
        assert_eq!(severity(100, "0.5"), None);
        assert_eq!(severity(100, "0.78"), Some(Severity::Warning));
        assert_eq!(severity(221, "1"), Some(Severity::Urgent));
    }
}
