//! A month, a billing cycle or a year of a home, to be read as a page.
//!
//! [`Report`] is what the server knows, [`document::document`] says it in words, and [`markdown`] and
//! [`csv`] write it down; a terminal and a browser draw the same document.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::alert::Alert;
use crate::billing::BillingRecord;
use crate::comparison::NotPriced;
use crate::cycle::Cycle;
use crate::dashboard::{Comparison, CycleUse, DayUse, DeviceShare, ProjectedLine};
use crate::explain::ExplainedLine;
use crate::forecast::AchievedAccuracy;
use crate::goal::{Goal, PastSpan};
use crate::suggestion::{Effect, Suggestion};
use crate::{Kwh, Money};

pub mod csv;
pub mod document;
pub mod markdown;
#[cfg(test)]
mod tests;

words!(
    /// What span a report is of.
    ReportKind {
        /// A calendar month.
        Month = "month",
        /// The billing cycle that begins in a month.
        Cycle = "cycle",
        /// A calendar year.
        Year = "year",
    }
);

words!(
    /// How a report is written down.
    ReportFormat {
        /// Markdown.
        Markdown = "md",
        /// A page for a browser, with charts, in one file.
        Html = "html",
        /// What the server knows, as it travels.
        Json = "json",
        /// Every figure on a line of its own.
        Csv = "csv",
    }
);

/// A month, `2026-10`, or a year, `2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportPeriod {
    year: i16,
    /// 1 to 12; `None` for the whole year.
    month: Option<i8>,
}

/// The earliest year that a report can be of, and the latest.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2199;

/// Text that is neither a month nor a year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no month, such as 2026-10, and no year, such as 2026")]
pub struct NotAPeriod(pub String);

impl ReportPeriod {
    /// The month that holds a day.
    pub fn month_of(day: Date) -> Self {
        Self {
            year: day.year(),
            month: Some(day.month()),
        }
    }

    /// The year that holds a day.
    pub fn year_of(day: Date) -> Self {
        Self {
            year: day.year(),
            month: None,
        }
    }

    /// Whether it is a whole year.
    pub fn is_year(self) -> bool {
        self.month.is_none()
    }

    /// The period after, or before; at the ends of what a report can be of, itself.
    #[must_use]
    pub fn moved(self, by: i16) -> Self {
        let moved = match self.month {
            None => Self {
                year: self.year.saturating_add(by),
                ..self
            },
            Some(month) => {
                let months = i32::from(self.year) * 12 + i32::from(month - 1) + i32::from(by);
                let year = i16::try_from(months.div_euclid(12)).unwrap_or(self.year);
                let month = i8::try_from(months.rem_euclid(12) + 1).ok();
                Self { year, month }
            }
        };
        if YEARS.contains(&moved.year) {
            moved
        } else {
            self
        }
    }

    /// Its days: those of the calendar or, of a month, of the billing cycle that begins in it, where
    /// `cycle_day` (1 to 31) is the day of the month on which cycles begin.
    pub fn span(self, cycle_day: Option<i8>) -> Cycle {
        match self.month {
            None => Cycle {
                first: date(self.year, 1, 1),
                last: date(self.year, 12, 31),
            },
            Some(month) => {
                let first = date(self.year, month, 1);
                // A cycle that begins in a month holds its last day.
                Cycle::containing(first.last_of_month(), cycle_day.unwrap_or(1))
            }
        }
    }
}

impl FromStr for ReportPeriod {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let digits = |part: &str, places: usize| {
            let plain = part.len() == places && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<i16>().ok()).flatten()
        };
        let (year, month) = match text.trim().split_once('-') {
            None => (digits(text.trim(), 4), None),
            Some((year, month)) => (digits(year, 4), Some(digits(month, 2))),
        };
        let month = match month {
            None => Some(None),
            Some(month) => month
                .filter(|month| (1..=12).contains(month))
                .and_then(|month| i8::try_from(month).ok())
                .map(Some),
        };
        match (year.filter(|year| YEARS.contains(year)), month) {
            (Some(year), Some(month)) => Ok(Self { year, month }),
            _ => Err(NotAPeriod(text.to_owned())),
        }
    }
}

impl fmt::Display for ReportPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{:04}-{month:02}", self.year),
            None => write!(f, "{:04}", self.year),
        }
    }
}

impl Serialize for ReportPeriod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReportPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The answer of `GET …/reports/{period}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The month or year that was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub period: ReportPeriod,
    /// What span it is of.
    pub kind: ReportKind,
    /// Name of the home.
    pub home: String,
    /// ISO 4217 code of its money.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Name of its tariff on the last day, if it had one.
    pub tariff_name: Option<String>,
    /// When the server put this together.
    pub as_of: Timestamp,
    /// Its days.
    pub span: Cycle,
    /// The last day that is counted: the last of the span, or yesterday.
    pub through: Date,
    /// Whether all of its days have passed.
    pub whole: bool,
    /// Energy, cost and CO2e, with their coverage.
    pub summary: CycleUse,
    /// Why there is no cost.
    pub unpriced: Option<NotPriced>,
    /// What the cost took for granted, as on the dashboard.
    pub assumptions: Vec<String>,
    /// The same elapsed days of the span before; of a year there is only the year before.
    pub against_previous: Option<ReportComparison>,
    /// The same elapsed days a year before.
    pub against_year_before: Option<ReportComparison>,
    /// Every day, in order; a gap has no energy.
    pub days: Vec<DayUse>,
    /// Of a year its months, each priced as if it were a billing cycle.
    pub months: Vec<CycleUse>,
    /// What the cost is made of, as `code` and amount: what the tariff makes of the energy.
    pub lines: Vec<ProjectedLine>,
    /// What those months or days come to that the lines are of: in a year that is not over its whole months.
    pub lines_total: Option<Money>,
    /// Bills whose last day lies in the span, as charged, the earliest first.
    pub bills: Vec<ReportBill>,
    /// Where the energy went, by the devices as they are now, largest first.
    pub devices: Vec<DeviceShare>,
    /// Metered energy that no device explains.
    pub untracked_kwh: Option<Kwh>,
    /// How predictions for these days turned out, per days ahead.
    pub forecast: Vec<ForecastQuality>,
    /// What became of limits of the whole home in the cycles and months that ended in these days.
    pub goals: Vec<ReportGoal>,
    /// Saving measures that the home has accepted by the last of these days, with what came of each by now.
    pub suggestions: Vec<ReportSuggestion>,
    /// Alerts raised in these days, the earliest first.
    pub alerts: Vec<Alert>,
}

/// The days of a span beside those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportComparison {
    /// The other span.
    pub then: Cycle,
    /// Over the days that both know.
    pub comparison: Comparison,
}

/// A bill as charged, beside what the tariff makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportBill {
    /// It.
    pub bill: BillingRecord,
    /// What the tariff in force then makes of the energy that was billed; `None` without a price.
    pub recomputed: Option<Money>,
    /// Charged less recomputed.
    pub difference: Option<Money>,
    /// Line by line; of a year's bills left out.
    pub lines: Vec<ExplainedLine>,
}

/// A saving measure that the home took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSuggestion {
    /// It, with what it saves a month.
    pub suggestion: Suggestion,
    /// The local day on which it was accepted.
    pub accepted_on: Option<Date>,
    /// What came of it.
    pub effect: Option<Effect>,
}

/// What became of a limit of the whole home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportGoal {
    /// It.
    pub goal: Goal,
    /// In which cycle or month, and how.
    pub outcome: PastSpan,
}

/// How predictions of some days ahead turned out, beside the same weekday of the last known week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastQuality {
    /// The predictions.
    #[serde(flatten)]
    pub achieved: AchievedAccuracy,
    /// Mean absolute error of the naive forecast over those of the days that it can be made for.
    pub naive_mae_kwh: Option<Kwh>,
}
