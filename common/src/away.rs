//! Days on which nobody is at home.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::check_optional_text;
use crate::cycle::{check_day, days_between};
use crate::{AwayPeriodId, FieldErrors};

/// The longest that one entry may say, in days.
const MAX_DAYS: i32 = 731;

/// A request to note that nobody is at home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAwayPeriod {
    /// First local day without anybody.
    pub first_day: Date,
    /// Last such day; may lie ahead.
    pub last_day: Date,
    /// A word on it.
    #[serde(default)]
    pub note: Option<String>,
}

impl NewAwayPeriod {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.last_day < self.first_day {
            errors.add("last_day", "ends_before_it_starts");
        } else if days_between(self.first_day, self.last_day) >= MAX_DAYS {
            errors.add_with("last_day", "too_many_days", &[("max", "731")]);
        }
        check_day(&mut errors, "first_day", Some(self.first_day));
        if errors.of("last_day").is_none() {
            check_day(&mut errors, "last_day", Some(self.last_day));
        }
        check_optional_text(&mut errors, "note", self.note.as_deref(), 500);
        errors.into_result()
    }
}

/// Days on which nobody is at home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AwayPeriod {
    /// Key, within its home.
    pub away_period_id: AwayPeriodId,
    /// What is said of it.
    #[serde(flatten)]
    pub period: NewAwayPeriod,
    /// For the next update: the version that was seen.
    pub version: i64,
}
