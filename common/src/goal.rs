//! Limits for a period.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cycle::{Cycle, check_day};
use crate::{ConsumptionGoalId, FieldErrors, Kwh, ProfileDeviceId};

words!(
    /// What a goal limits.
    GoalMeasure {
        /// Kilowatt-hours.
        Kwh = "kwh",
        /// Money, in the currency of the home.
        Money = "money",
        /// Kilograms of CO2e.
        Co2e = "co2e",
    }
);

words!(
    /// For how long a goal runs.
    GoalPeriod {
        /// A billing cycle.
        Cycle = "cycle",
        /// A calendar month.
        Month = "month",
    }
);

/// A request to set a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewGoal {
    /// What it limits.
    pub measure: GoalMeasure,
    /// For how long each time.
    pub period: GoalPeriod,
    /// The limit, in the unit of the measure.
    #[serde(with = "rust_decimal::serde::str")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub limit: Decimal,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The last day on which it holds; without one it goes on.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// The device that it is for; the whole home without one.
    #[serde(default)]
    pub profile_device_id: Option<ProfileDeviceId>,
}

impl NewGoal {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.limit <= Decimal::ZERO {
            errors.add("limit", "not_positive");
        } else if self.limit > Decimal::from(1_000_000_000) {
            errors.add_with("limit", "too_large", &[("max", "1000000000")]);
        } else if self.limit.normalize().scale() > 6 {
            errors.add_with("limit", "too_precise", &[("places", "6")]);
        }
        if self.valid_to.is_some_and(|last| last < self.valid_from) {
            errors.add("valid_to", "ends_before_it_starts");
        }
        check_day(&mut errors, "valid_from", Some(self.valid_from));
        if errors.of("valid_to").is_none() {
            check_day(&mut errors, "valid_to", self.valid_to);
        }
        errors.into_result()
    }
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Goal {
    /// Key, within its home.
    pub consumption_goal_id: ConsumptionGoalId,
    /// What it says.
    #[serde(flatten)]
    pub goal: NewGoal,
    /// Whether it was made up for the demo.
    pub example: bool,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// How a goal stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoalProgress {
    /// What it limits.
    pub measure: GoalMeasure,
    /// The limit, in the unit of the measure.
    pub limit: Decimal,
    /// What has been used of it.
    pub used: Decimal,
    /// Likely value at the end of the period, `None` without a forecast.
    pub likely_at_end: Option<Decimal>,
    /// Probability of passing the limit, 0 to 1, `None` without a forecast.
    pub probability_of_passing: Option<Decimal>,
    /// The day on which it is likely to be passed, if it is, or on which it was.
    pub likely_passed_on: Option<Date>,
    /// Whether the goal was made up for the demo.
    pub example: bool,
    /// What it takes to keep it; `None` without a forecast.
    #[serde(default)]
    pub pace: Option<GoalPace>,
}

/// What it takes to keep a limit, by the ways in which its span may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoalPace {
    /// Days that a change can still be made on: today and those after it.
    pub days_left: i32,
    /// Of the ends that pass the limit, a tenth does so before this day.
    pub passed_from: Option<Date>,
    /// And a tenth after this one.
    pub passed_to: Option<Date>,
    /// By how much more each of the days left may use than is likely, so that the likely end is the limit; below zero
    /// it has to be less. `None` where nothing that is used from today on can keep it, or pass it.
    pub change_kwh_per_day: Option<Kwh>,
    /// What a day may then use: the likely mean of the days left with the change.
    pub kwh_per_day: Option<Kwh>,
}

words!(
    /// Where what is known of a goal's use comes from.
    GoalSource {
        /// The home's meters.
        Home = "home",
        /// A meter of the device's own.
        DeviceMeter = "device_meter",
        /// What is said of the device: its plate and its hours.
        DeviceEstimate = "device_estimate",
    }
);

/// A goal with how it stands and what became of it before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoalStanding {
    /// Which.
    pub consumption_goal_id: ConsumptionGoalId,
    /// The span that holds today.
    pub span: Cycle,
    /// Where what is known of its use comes from.
    pub source: GoalSource,
    /// Days of the span that have passed whole.
    #[serde(default)]
    pub elapsed_days: i32,
    /// Days of those that are measured, which what is used is of; none of a device that is only estimated.
    #[serde(default)]
    pub measured_days: i32,
    /// How it stands; `None` where it does not hold today, or where its measure has no figure.
    pub progress: Option<GoalProgress>,
    /// What is not known, as codes: `not_in_force`, `missing_readings`, `missing_price`, `missing_factor`, `missing_forecast`,
    /// `missing_device_days`.
    pub missing: Vec<String>,
    /// The spans before this one, the newest first.
    pub past: Vec<PastSpan>,
}

/// What became of a limit in a span that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PastSpan {
    /// Its days.
    pub span: Cycle,
    /// Whether the goal held then; else it is what would have become of it.
    pub held: bool,
    /// Days of it that are known.
    pub known_days: i32,
    /// What those used, in the unit of the measure; `None` where it has no figure.
    pub used: Option<Decimal>,
    /// Whether it was passed; `None` where what is missing decides.
    pub passed: Option<bool>,
}

impl PastSpan {
    /// What became of it, where `most_a_day` is the largest share of `used` that a day of the span may have used: a
    /// limit is kept when it would be with as much on each day that is missing.
    pub fn new(
        span: Cycle,
        held: bool,
        known_days: i32,
        used: Option<Decimal>,
        most_a_day: Decimal,
        limit: Decimal,
    ) -> Self {
        let missing = Decimal::from((span.days() - known_days).max(0));
        let passed = used.and_then(|used| {
            let at_most = used * (Decimal::ONE + most_a_day * missing);
            if used > limit {
                Some(true)
            } else if at_most <= limit && known_days > 0 {
                Some(false)
            } else {
                None
            }
        });
        Self {
            span,
            held,
            known_days,
            used,
            passed,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_that_nobody_measured_decide_only_where_they_could() {
        let span = Cycle {
            first: date(2026, 10, 10),
            last: date(2026, 11, 8),
        };
        let passed = |known_days, used: i64| {
            let share = Decimal::new(5, 2);
            PastSpan::new(span, true, known_days, Some(used.into()), share, 220.into()).passed
        };
        assert_eq!(passed(30, 220), Some(false));
        assert_eq!(passed(30, 221), Some(true));
        assert_eq!(passed(10, 221), Some(true), "more can only be more");
        assert_eq!(passed(28, 199), Some(false));
        assert_eq!(passed(28, 210), None);
        let none = PastSpan::new(span, true, 0, None, Decimal::ZERO, 220.into());
        assert_eq!(none.passed, None);
    }
}
