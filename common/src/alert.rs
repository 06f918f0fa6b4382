//! What a member should know: alerts, and the rules that raise them with what a home may change of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cycle::days_between;
use crate::{AlertId, FieldErrors};

words!(
    /// The rules that raise alerts.
    AlertRule {
        /// Days together used far more than the forecast from before them let expect.
        DayAboveForecast = "day_above_forecast",
        /// What the home takes in its quietest hours rose against the weeks before.
        StandbyCreeping = "standby_creeping",
        /// A meter reports nothing for too long.
        NoData = "no_data",
        /// A meter reports that nothing flows, day after day.
        StandingStill = "standing_still",
        /// A register stands lower than before.
        RegisterBackwards = "register_backwards",
        /// Days between known ones are missing.
        Gap = "gap",
        /// The home uses as if somebody were there.
        UseWhileAway = "use_while_away",
        /// A goal is about to be passed.
        GoalPace = "goal_pace",
        /// A goal was passed.
        GoalPassed = "goal_passed",
        /// A bill is due and not paid.
        BillDue = "bill_due",
        /// A bill is unlike what it is recomputed as.
        BillUnlike = "bill_unlike",
        /// The tariff flag of the month is another than that of the month before.
        FlagChanged = "flag_changed",
        /// A figure is missing without which there is no cost or no CO2e.
        FigureMissing = "figure_missing",
        /// Forecasts turn out worse than the model promised.
        ForecastWorse = "forecast_worse",
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

/// A figure of a rule that a home may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Its name, with its unit.
    pub name: &'static str,
    /// What holds where the home says nothing.
    pub default: i64,
    /// The least that it can be.
    pub min: i64,
    /// The most.
    pub max: i64,
}

const fn threshold(name: &'static str, default: i64, min: i64, max: i64) -> Threshold {
    Threshold {
        name,
        default,
        min,
        max,
    }
}

/// The most days for which a rule may keep quiet.
const MAX_COOL_DOWN_DAYS: i16 = 365;

impl AlertRule {
    /// How much it matters where the home says nothing.
    pub const fn severity(self) -> Severity {
        match self {
            Self::FlagChanged | Self::ForecastWorse | Self::Gap | Self::FigureMissing => {
                Severity::Info
            }
            Self::GoalPassed => Severity::Urgent,
            _ => Severity::Warning,
        }
    }

    /// Days after an alert in which the same rule raises no other about the same meter, goal or bill.
    pub const fn cool_down_days(self) -> i16 {
        match self {
            Self::DayAboveForecast => 28,
            Self::StandbyCreeping | Self::ForecastWorse => 60,
            Self::UseWhileAway | Self::Gap => 7,
            Self::FigureMissing | Self::BillUnlike => 30,
            Self::NoData | Self::StandingStill => 3,
            // Once in a span, however the probability swings.
            Self::GoalPace | Self::GoalPassed => 31,
            _ => 0,
        }
    }

    /// Its figures. What they mean stands with the rule that reads them, `docs/alerts.md` says how the defaults
    /// were chosen.
    pub const fn thresholds(self) -> &'static [Threshold] {
        match self {
            Self::DayAboveForecast => &[
                const { threshold("days", 5, 2, 28) },
                const { threshold("band_percent", 20, 1, 500) },
            ],
            Self::StandbyCreeping => &[
                const { threshold("rise_percent", 30, 5, 1000) },
                const { threshold("rise_w", 30, 1, 10_000) },
                const { threshold("days", 7, 3, 28) },
            ],
            Self::NoData => &[
                const { threshold("step_days", 3, 1, 365) },
                const { threshold("register_days", 40, 1, 730) },
            ],
            Self::StandingStill | Self::Gap => &[const { threshold("days", 2, 1, 60) }],
            Self::UseWhileAway => &[
                const { threshold("usual_percent", 70, 5, 500) },
                const { threshold("days", 2, 1, 28) },
            ],
            Self::GoalPace => &[const { threshold("probability_percent", 70, 5, 99) }],
            Self::BillDue => &[const { threshold("days_before", 3, 0, 60) }],
            Self::BillUnlike => &[const { threshold("percent", 5, 1, 500) }],
            Self::ForecastWorse => &[
                const { threshold("percent", 80, 5, 1000) },
                const { threshold("days", 21, 7, 60) },
            ],
            Self::RegisterBackwards
            | Self::GoalPassed
            | Self::FlagChanged
            | Self::FigureMissing => &[],
        }
    }
}

/// What a home says of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAlertRule {
    /// Whether it raises alerts at all.
    pub enabled: bool,
    /// How much its alerts matter.
    pub severity: Severity,
    /// Days after an alert in which it raises no other about the same thing.
    pub cool_down_days: i16,
    /// Its figures by name; one that is left out is the program's.
    #[serde(default)]
    pub thresholds: BTreeMap<String, i64>,
}

impl NewAlertRule {
    /// What holds of a rule where the home says nothing.
    pub fn standard(rule: AlertRule) -> Self {
        let figures = rule.thresholds().iter();
        Self {
            enabled: true,
            severity: rule.severity(),
            cool_down_days: rule.cool_down_days(),
            thresholds: figures.map(|it| (it.name.to_owned(), it.default)).collect(),
        }
    }

    /// The rules for form and handler alike.
    pub fn check(&self, rule: AlertRule) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut range = |field: &str, value: i64, min: i64, max: i64| {
            if !(min..=max).contains(&value) {
                let (min, max) = (min.to_string(), max.to_string());
                errors.add_with(field, "out_of_range", &[("min", &min), ("max", &max)]);
            }
        };
        range(
            "cool_down_days",
            self.cool_down_days.into(),
            0,
            MAX_COOL_DOWN_DAYS.into(),
        );
        for (name, value) in &self.thresholds {
            if let Some(known) = rule.thresholds().iter().find(|known| known.name == name) {
                range(name, *value, known.min, known.max);
            }
        }
        for name in self.thresholds.keys() {
            if !rule.thresholds().iter().any(|known| known.name == name) {
                errors.add(name, "not_a_threshold");
            }
        }
        errors.into_result()
    }

    /// A figure of the rule.
    pub fn threshold(&self, rule: AlertRule, name: &str) -> i64 {
        let of_home = self.thresholds.get(name).copied();
        let known = rule.thresholds().iter().find(|known| known.name == name);
        of_home
            .or(known.map(|known| known.default))
            .unwrap_or_default()
    }
}

/// A rule as it holds in a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HomeAlertRule {
    /// Which.
    pub rule: AlertRule,
    /// What holds, all figures given.
    #[serde(flatten)]
    pub settings: NewAlertRule,
    /// For the next update: the version that was seen; 0 where the home says nothing.
    pub version: i64,
}

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
    /// Named values for the text; which ones, the rules in the server say beside each finding.
    pub evidence: BTreeMap<String, String>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it stopped being so, if it did.
    pub resolved_at: Option<Timestamp>,
    /// Display name of who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Timestamp>,
    /// The first local day on which it is shown again, where somebody put it off.
    #[serde(default)]
    pub snoozed_until: Option<Date>,
    /// Display name of who put it off.
    #[serde(default)]
    pub snoozed_by: Option<String>,
}

words!(
    /// How an alert stands.
    AlertState {
        /// It holds, and nobody said that they saw it.
        Open = "open",
        /// It holds, and somebody put it off.
        Snoozed = "snoozed",
        /// It holds, and somebody saw it.
        Acknowledged = "acknowledged",
        /// It holds no more.
        Past = "past",
    }
);

impl Alert {
    /// How it stands on a local day.
    pub fn state(&self, today: Date) -> AlertState {
        if self.resolved_at.is_some() {
            AlertState::Past
        } else if self.acknowledged_at.is_some() {
            AlertState::Acknowledged
        } else if self.snoozed_until.is_some_and(|until| until > today) {
            AlertState::Snoozed
        } else {
            AlertState::Open
        }
    }
}

/// The longest that an alert can be put off, in days.
const MAX_SNOOZE_DAYS: i32 = 366;

/// A request to put an alert off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// The first local day on which it is shown again.
    pub until: Date,
}

impl Snooze {
    /// The rules for form and handler alike. `today` is the home's.
    pub fn check(&self, today: Date) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.until <= today {
            errors.add("until", "not_after_today");
        } else if days_between(today, self.until) > MAX_SNOOZE_DAYS {
            errors.add_with("until", "too_many_days", &[("max", "366")]);
        }
        errors.into_result()
    }
}

/// A figure of the evidence as a number.
pub fn figure(evidence: &BTreeMap<String, String>, name: &str) -> Option<Decimal> {
    evidence.get(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_of_each_rule_passes_its_own_check() {
        for rule in AlertRule::ALL {
            let standard = NewAlertRule::standard(*rule);
            assert_eq!(standard.check(*rule), Ok(()), "{rule}");
        }
    }

    #[test]
    fn a_figure_out_of_its_range_or_of_another_rule_is_refused() {
        let mut row = NewAlertRule::standard(AlertRule::GoalPace);
        row.thresholds.insert("probability_percent".to_owned(), 100);
        row.thresholds.insert("rise_w".to_owned(), 20);
        let wrong = row.check(AlertRule::GoalPace).unwrap_err();
        assert_eq!(
            wrong.of("probability_percent").map(|it| it.code.as_str()),
            Some("out_of_range")
        );
        assert_eq!(
            wrong.of("rise_w").map(|it| it.code.as_str()),
            Some("not_a_threshold")
        );
    }
}
