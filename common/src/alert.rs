//! What a member should know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AlertId;

words!(
    /// The rules that raise alerts.
    AlertRule {
        /// A meter reports nothing for too long.
        NoData = "no_data",
        /// A day used far more than its forecast interval.
        DayAboveForecast = "day_above_forecast",
        /// A goal is about to be passed.
        GoalPace = "goal_pace",
    }
);

words!(
    /// How much it matters.
    Severity {
        /// Good to know.
        Info = "info",
        /// Look at it.
        Warning = "warning",
        /// Look at it today.
        Urgent = "urgent",
    }
);

/// An alert with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// Key.
    pub alert_id: AlertId,
    /// Which rule.
    pub rule: AlertRule,
    /// How much it matters.
    pub severity: Severity,
    /// Named values for the text: `no_data` has `meter`, `days`, `last`; `day_above_forecast` has
    /// `date`, `kwh`, `hi95`; `goal_pace` has `measure`, `limit`, `probability` (0 to 1), `date`.
    pub evidence: BTreeMap<String, String>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it stopped being so, if it did.
    pub resolved_at: Option<Timestamp>,
    /// Display name of who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Timestamp>,
}
