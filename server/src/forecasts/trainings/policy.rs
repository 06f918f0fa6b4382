//! When a home is trained though nobody asked for it: each week, when much of its data changed, and when
//! its predictions turn out worse than promised. No clock and no database: the time and what is known are
//! handed in.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Trainings that nobody asked for are this far apart: a day, less what the nightly round may be early.
const DAILY: SignedDuration = SignedDuration::from_hours(20);
/// A model is this old at most, less the same.
const WEEKLY: SignedDuration = SignedDuration::from_hours(7 * 24 - 4);
/// So many days more or fewer than the model knew are much. A week's growth is not.
const MANY_DAYS: i32 = 14;
/// A mean that moved by this share is much: a register put right, a meter added.
const MEAN_MOVED: f64 = 0.1;
/// One-day-ahead predictions whose mean error is looked at: two weeks, so that each weekday has its say.
const ERRORS: usize = 14;
/// So many times the promised error is worse than promised.
const WORSE: f64 = 2.0;
/// Errors below this share of what is used are no reason, however little was promised.
const NEGLIGIBLE: f64 = 0.05;
/// One-day-ahead predictions whose intervals are counted, at least.
const INTERVALS: usize = 20;
/// Of days that the 80 % interval should hold, fewer than this share is worse than promised.
const HELD: f64 = 0.5;

/// One-day-ahead predictions that are looked at, the newest.
pub const RECENT: i64 = 28;

/// What asked for a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A week went by.
    Schedule,
    /// Somebody.
    Request,
    /// The home's data.
    Data,
    /// Predictions that were worse than promised.
    Drift,
    /// The demo, which trains as of days gone by.
    Demo,
}

impl Trigger {
    /// As it stands in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Request => "request",
            Self::Data => "data",
            Self::Drift => "drift",
            Self::Demo => "demo",
        }
    }
}

/// What was known of a home's use at some time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Basis {
    /// Days that count.
    pub days: i32,
    /// Their mean in kWh.
    pub mean_kwh: f64,
}

impl Basis {
    /// Of the days of a history, a gap being `None`.
    pub fn of(known: &[Option<f64>]) -> Self {
        let (mut days, mut sum) = (0, 0.0);
        for kwh in known.iter().flatten() {
            days += 1;
            sum += kwh;
        }
        Self {
            days,
            mean_kwh: if days == 0 {
                0.0
            } else {
                sum / f64::from(days)
            },
        }
    }

    /// Whether a model that was made of this should be made anew of `now`.
    fn changed_much(self, now: Self) -> bool {
        (now.days - self.days).abs() >= MANY_DAYS
            || (now.mean_kwh - self.mean_kwh).abs() > MEAN_MOVED * self.mean_kwh
    }
}

/// A prediction of one day ahead beside what happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// What was used less what was predicted, in kWh.
    pub error_kwh: f64,
    /// What was used.
    pub actual_kwh: f64,
    /// Whether it fell inside the 80 % interval; `None` where that was not kept.
    pub inside80: Option<bool>,
}

/// The model in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InUse {
    /// When it was trained.
    pub trained_at: Timestamp,
    /// What it was made of; `None` of one that an older program made.
    pub basis: Option<Basis>,
    /// Its mean absolute error one day ahead in the backtest, in kWh.
    pub promised_mae_kwh: Option<f64>,
}

/// How the newest training that came to its end did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When it ended.
    pub at: Timestamp,
    /// For one that found too little: the days that it found.
    pub have_days: Option<i32>,
}

/// Where a home stands with its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The model in use, if it can be used.
    pub in_use: Option<InUse>,
    /// The newest training.
    pub ended: Option<Ended>,
    /// One-day-ahead predictions since a training was last asked for by their errors, the newest first.
    pub recent: Vec<Kept>,
}

/// Why the home is to be trained now, of which `known` is known; `None` when its model serves.
pub fn due(standing: &Standing, known: Basis, now: Timestamp) -> Option<Trigger> {
    let Some(model) = &standing.in_use else {
        return first(standing.ended, known, now);
    };
    let grew = |basis: Basis| known.days >= 2 * basis.days.max(1);
    if model.basis.is_some_and(grew) {
        // Somebody who has just come imports year after year: none of them waits for tomorrow.
        return Some(Trigger::Data);
    }
    let age = now.duration_since(model.trained_at);
    if age < DAILY {
        return None;
    }
    if drifts(&standing.recent, model.promised_mae_kwh) {
        return Some(Trigger::Drift);
    }
    if model.basis.is_some_and(|basis| basis.changed_much(known)) {
        return Some(Trigger::Data);
    }
    (age >= WEEKLY).then_some(Trigger::Schedule)
}

/// The same of a home without a model: at once, but not again and again for the same few days.
fn first(ended: Option<Ended>, known: Basis, now: Timestamp) -> Option<Trigger> {
    match ended {
        Some(Ended {
            at,
            have_days: Some(have),
        }) if have == known.days => (now.duration_since(at) >= WEEKLY).then_some(Trigger::Schedule),
        _ => Some(Trigger::Data),
    }
}

/// Whether predictions turn out worse than the backtest promised: the mean absolute error of the last
/// 14 of one day ahead is beyond twice the promised one, or the 80 % interval holds fewer than half of
/// at least 20 days. `recent` has the newest first.
pub fn drifts(recent: &[Kept], promised_mae_kwh: Option<f64>) -> bool {
    let mean = |of: fn(&Kept) -> f64| {
        let sum: f64 = recent.iter().take(ERRORS).map(of).sum();
        sum / ERRORS as f64
    };
    let worse = promised_mae_kwh.is_some_and(|promised| {
        let error = mean(|kept| kept.error_kwh.abs());
        recent.len() >= ERRORS
            && error > WORSE * promised
            && error > NEGLIGIBLE * mean(|kept| kept.actual_kwh)
    });
    let held: Vec<bool> = recent.iter().filter_map(|kept| kept.inside80).collect();
    let inside = held.iter().filter(|inside| **inside).count();
    worse || (held.len() >= INTERVALS && (inside as f64) < HELD * held.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINED_AT: &str = "2026-11-01T05:30:04Z";

    fn days_later(days: i64) -> Timestamp {
        TRAINED_AT.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days)
            - SignedDuration::from_secs(3)
    }

    fn kept(error_kwh: f64, inside80: bool) -> Kept {
        Kept {
            error_kwh,
            actual_kwh: 10.0,
            inside80: Some(inside80),
        }
    }

    fn basis(days: i32, mean_kwh: f64) -> Basis {
        Basis { days, mean_kwh }
    }

    /// A model of a year that promised to be a kilowatt-hour off, and keeps its promise.
    fn well() -> Standing {
        Standing {
            in_use: Some(InUse {
                trained_at: TRAINED_AT.parse().unwrap(),
                basis: Some(basis(365, 10.0)),
                promised_mae_kwh: Some(1.0),
            }),
            ended: None,
            recent: vec![kept(-1.0, true); 28],
        }
    }

    #[test]
    fn a_model_that_serves_is_left_alone_for_a_week_and_no_longer() {
        for day in 1..7 {
            let grown = basis(365 + day, 10.0);
            assert_eq!(
                due(&well(), grown, days_later(day.into())),
                None,
                "day {day}"
            );
        }
        assert_eq!(
            due(&well(), basis(365, 10.0), days_later(7)),
            Some(Trigger::Schedule)
        );
    }

    #[test]
    fn much_other_data_is_a_reason_the_next_day_and_not_before() {
        for (name, known) in [
            ("two weeks more", basis(379, 10.0)),
            ("two weeks fewer", basis(351, 10.0)),
            ("a figure put right", basis(365, 8.9)),
            ("a second meter", basis(365, 11.1)),
        ] {
            assert_eq!(due(&well(), known, days_later(0)), None, "{name}");
            assert_eq!(
                due(&well(), known, days_later(1)),
                Some(Trigger::Data),
                "{name}"
            );
        }
    }

    #[test]
    fn a_home_whose_days_doubled_does_not_wait() {
        let now = days_later(0) + SignedDuration::from_mins(2);
        assert_eq!(
            due(&well(), basis(730, 10.0), now),
            Some(Trigger::Data),
            "another year was imported"
        );
        assert_eq!(due(&well(), basis(729, 10.0), now), None);
    }

    #[test]
    fn without_a_model_days_that_are_new_are_a_reason_and_the_same_few_only_each_week() {
        let at: Timestamp = TRAINED_AT.parse().unwrap();
        let mut young = Standing {
            in_use: None,
            ended: None,
            recent: Vec::new(),
        };
        assert_eq!(due(&young, basis(3, 9.0), at), Some(Trigger::Data));
        young.ended = Some(Ended {
            at,
            have_days: Some(3),
        });
        assert_eq!(due(&young, basis(3, 9.0), days_later(1)), None);
        assert_eq!(
            due(&young, basis(4, 9.0), days_later(0)),
            Some(Trigger::Data)
        );
        assert_eq!(
            due(&young, basis(3, 9.0), days_later(7)),
            Some(Trigger::Schedule)
        );
        young.ended = Some(Ended {
            at,
            have_days: None,
        });
        assert_eq!(
            due(&young, basis(365, 9.0), days_later(0)),
            Some(Trigger::Data),
            "it had a model, which cannot be used"
        );
    }

    #[test]
    fn errors_beyond_twice_the_promised_are_drift() {
        let last = |count: usize, error: f64| {
            let mut recent = vec![kept(error, true); count];
            recent.extend(vec![kept(0.1, true); 14]);
            recent
        };
        assert!(!drifts(&last(14, 1.9), Some(1.0)));
        assert!(drifts(&last(14, 2.1), Some(1.0)));
        assert!(drifts(&last(14, -2.1), Some(1.0)), "either way");
        assert!(
            !drifts(&last(6, 2.1), Some(1.0)),
            "a week that was unlike others"
        );
        assert!(!drifts(&last(13, 9.0)[..13], Some(1.0)), "too few to tell");
        assert!(!drifts(&last(14, 9.0), None), "nothing was promised");
        assert!(
            !drifts(&last(14, 0.4), Some(0.0)),
            "a home of ever the same use may differ by a little"
        );
        assert!(drifts(&last(14, 0.6), Some(0.0)));
    }

    #[test]
    fn intervals_that_hold_fewer_than_half_are_drift() {
        let held = |inside: usize, outside: usize| {
            let mut recent = vec![kept(0.5, true); inside];
            recent.extend(vec![kept(0.5, false); outside]);
            recent
        };
        assert!(!drifts(&held(10, 10), Some(1.0)));
        assert!(drifts(&held(9, 11), Some(1.0)));
        assert!(!drifts(&held(9, 10), Some(1.0)), "too few to tell");
        let mut unkept = held(9, 11);
        unkept[0].inside80 = None;
        assert!(!drifts(&unkept, Some(1.0)), "an interval that was not kept");
    }

    #[test]
    fn drift_is_a_reason_the_next_day() {
        let mut standing = well();
        standing.recent = vec![kept(3.0, false); 20];
        let known = basis(366, 10.0);
        assert_eq!(due(&standing, known, days_later(0)), None);
        assert_eq!(due(&standing, known, days_later(1)), Some(Trigger::Drift));
    }

    #[test]
    fn a_gap_is_no_day_of_what_is_known() {
        assert_eq!(Basis::of(&[Some(4.0), None, Some(8.0)]), basis(2, 6.0));
        assert_eq!(Basis::of(&[None]), basis(0, 0.0));
    }
}
