//! Limits for a period.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cycle::check_day;
use crate::{ConsumptionGoalId, FieldErrors, ProfileDeviceId};

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
    /// The day on which the likely path passes it, if it does.
    pub likely_passed_on: Option<jiff::civil::Date>,
    /// Whether the goal was made up for the demo.
    pub example: bool,
}
