//! Limits for a period.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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
