//! Why a bill cannot be computed.

use jiff::civil::Date;

/// Why a bill cannot be computed. [`BillError::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// Energy below zero.
    #[error("the use of {} is negative", .day.map_or_else(|| "the cycle".to_owned(), |day| day.to_string()))]
    NegativeKwh {
        /// The day, where the use is by day.
        day: Option<Date>,
    },
    /// The cycle ends before it begins.
    #[error("the cycle ends before it begins")]
    InvertedDates,
    /// The cycle has no day.
    #[error("the cycle has no days")]
    ZeroDays,
    /// The cycle is longer than any bill.
    #[error("the cycle has more than {max} days")]
    TooManyDays {
        /// The most that are priced at once.
        max: i32,
    },
    /// Not one day of the cycle is known.
    #[error("no day of the cycle has a known use")]
    NoUsage,
    /// A figure is too large for a decimal.
    #[error("a figure is too large to compute with")]
    Overflow,
    /// Something without which there is no number: a price, a table, a parameter of the home.
    #[error("{what} is not known{}", .on.map_or_else(String::new, |day| format!(" on {day}")))]
    Missing {
        /// What is missing, such as `tariff`, `table br_flag`, `parameter connection`.
        what: String,
        /// The day on which it is.
        on: Option<Date>,
    },
    /// The steps of a day are not a day's.
    #[error(
        "the steps of {day} do not fill the day: their minutes must divide an hour, and there must be as many as the clock has"
    )]
    InvalidSteps {
        /// Which day.
        day: Date,
    },
    /// A time zone that nobody knows.
    #[error("{zone} is not the name of a time zone")]
    UnknownTimeZone {
        /// What was given.
        zone: String,
    },
    /// The tariff contradicts itself.
    #[error("{path}: {reason}")]
    InvalidTariff {
        /// Where in the tariff.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A figure of the home is out of its range.
    #[error("the parameter {parameter} is out of range")]
    InvalidParameter {
        /// Its name.
        parameter: &'static str,
    },
}

impl BillError {
    /// A stable word for the wire and for texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NegativeKwh { .. } => "negative_kwh",
            Self::InvertedDates => "inverted_dates",
            Self::ZeroDays => "zero_days",
            Self::TooManyDays { .. } => "too_many_days",
            Self::NoUsage => "no_usage",
            Self::Overflow => "overflow",
            Self::Missing { .. } => "missing",
            Self::InvalidSteps { .. } => "invalid_steps",
            Self::UnknownTimeZone { .. } => "unknown_time_zone",
            Self::InvalidTariff { .. } => "invalid_tariff",
            Self::InvalidParameter { .. } => "invalid_parameter",
        }
    }
}
