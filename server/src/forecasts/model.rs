//! Candidates and what remains of one that was fitted. Unfitted and fitted are different types; a [`Fitted`] is plain
//! parameters that travel as JSON. No database, clock or randomness.

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::history::History;
use super::horizon::{MAX_HORIZON, group_of};
use super::interval::{LEVELS, Quantiles};
use super::linear::{self, Coefficients, FitError, Method, Training};
use super::shared::Shared;
use super::shared::features::Past;
use super::shared::home::Shift;
use super::smoothing;

/// No forecast exceeds this multiple of the highest day seen.
const MAX_OVER_PEAK: f64 = 2.0;

/// A way to forecast, not yet fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// The same weekday of the last known week: what every other candidate has to beat.
    WeeklyNaive,
    /// The mean of the last 28 days.
    Mean28,
    /// linfa's ordinary least squares on calendar and lags.
    LinearRegression,
    /// linfa's elastic net on the same rows.
    ElasticNet,
    /// The Theta method.
    Theta,
    /// Exponential smoothing with an additive week.
    ExponentialSmoothing,
    /// The model across homes, drawn towards the home's own past.
    Shared,
    /// The weighted mean of the shared model and the two smoothing ones.
    Combined,
    /// The home's devices and their hours, before there are readings.
    Devices,
    /// Its bills, before there are readings.
    Bills,
    /// The mean of a few days, with what bills or devices say.
    FewDays,
}

impl Candidate {
    /// All that a backtest can score, the baseline first.
    pub const ALL: [Self; 8] = [
        Self::WeeklyNaive,
        Self::Mean28,
        Self::LinearRegression,
        Self::ElasticNet,
        Self::Theta,
        Self::ExponentialSmoothing,
        Self::Shared,
        Self::Combined,
    ];

    /// The stable word used in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::WeeklyNaive => "weekly_naive",
            Self::Mean28 => "mean_28",
            Self::LinearRegression => "linear_regression",
            Self::ElasticNet => "elastic_net",
            Self::Theta => "theta",
            Self::ExponentialSmoothing => "exponential_smoothing",
            Self::Shared => "shared",
            Self::Combined => "combined",
            Self::Devices => "devices",
            Self::Bills => "bills",
            Self::FewDays => "few_days",
        }
    }

    /// The candidate of that name, of those that a backtest can score.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|candidate| candidate.name() == name)
    }

    /// Whether its forecasts have bounds of their own; those of the others get theirs from past errors alone.
    pub fn has_bounds(self) -> bool {
        matches!(
            self,
            Self::Theta | Self::ExponentialSmoothing | Self::Shared | Self::Combined
        )
    }
}

/// One home's days, prepared for every candidate.
#[derive(Debug, Clone)]
pub struct Home<'h> {
    /// Columns of the linear candidates.
    pub features: Features<'h>,
    /// Columns of the shared model.
    pub past: Past<'h>,
    /// The shared model.
    pub shared: &'h Shared,
}

impl<'h> Home<'h> {
    /// Walks the history once for each.
    pub fn new(history: &'h History, shared: &'h Shared) -> Self {
        Self {
            features: Features::new(history),
            past: Past::new(history),
            shared,
        }
    }

    /// The days underneath.
    pub fn history(&self) -> &'h History {
        self.past.history()
    }

    /// The home's level on the evening of `origin` in kWh a day; always positive.
    pub fn scale(&self, origin: usize) -> f64 {
        self.past.scale(origin)
    }

    /// Theta's forecast from `origin`; nothing of too short a past.
    pub fn theta(&self, origin: usize, days: usize) -> Option<Vec<Quantiles>> {
        let forecast = smoothing::theta(&self.history().clean()[..=origin], days);
        forecast.map(|days| self.bounded(origin, days))
    }

    /// The same by exponential smoothing.
    pub fn exponential_smoothing(&self, origin: usize, days: usize) -> Option<Vec<Quantiles>> {
        let forecast = smoothing::exponential_smoothing(&self.history().clean()[..=origin], days);
        forecast.map(|days| self.bounded(origin, days))
    }

    /// The shared model's.
    pub fn shared(&self, shift: &Shift, origin: usize, days: usize) -> Vec<Quantiles> {
        self.bounded(origin, self.shared.predict(&self.past, shift, origin, days))
    }

    /// The weighted mean of the three; of what there is, where the past is too short for smoothing.
    pub fn combined(
        &self,
        shared: Vec<Quantiles>,
        theta: Option<&[Quantiles]>,
        smoothed: Option<&[Quantiles]>,
    ) -> Vec<Quantiles> {
        let (Some(theta), Some(smoothed)) = (theta, smoothed) else {
            return shared;
        };
        let mut combined = shared;
        for (at, day) in combined.iter_mut().enumerate() {
            let weight = self.shared.smoothing_weight(at + 1) / 2.0;
            for (level, kwh) in day.iter_mut().enumerate() {
                *kwh =
                    (1.0 - 2.0 * weight) * *kwh + weight * (theta[at][level] + smoothed[at][level]);
            }
        }
        combined
    }

    /// Finite, not negative, and not far beyond the highest day seen.
    fn bounded(&self, origin: usize, mut days: Vec<Quantiles>) -> Vec<Quantiles> {
        let ceiling = MAX_OVER_PEAK * self.past.peak(origin);
        for day in &mut days {
            // `max` also turns a NaN from damaged parameters into zero.
            *day = day.map(|kwh| kwh.max(0.0).min(ceiling));
            day.sort_unstable_by(f64::total_cmp);
        }
        days
    }
}

/// A fitted candidate. It travels as JSON and predicts the same to the bit after the journey. Smoothing is fitted each
/// time it forecasts, to the days up to the origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fitted {
    WeeklyNaive,
    Mean28,
    LinearRegression { groups: Vec<Coefficients> },
    ElasticNet { groups: Vec<Coefficients> },
    Theta,
    ExponentialSmoothing,
    Shared { shift: Shift },
    Combined { shift: Shift },
}

/// Fits a candidate to one home: the linear ones to `training`, the shared ones by what was `learnt`.
pub fn fit(
    candidate: Candidate,
    training: &Training,
    learnt: impl FnOnce() -> Shift,
) -> Result<Fitted, FitError> {
    Ok(match candidate {
        Candidate::WeeklyNaive => Fitted::WeeklyNaive,
        Candidate::Mean28 => Fitted::Mean28,
        Candidate::LinearRegression => Fitted::LinearRegression {
            groups: linear::fit(Method::LeastSquares, training)?,
        },
        Candidate::ElasticNet => Fitted::ElasticNet {
            groups: linear::fit(Method::ElasticNet, training)?,
        },
        Candidate::Theta => Fitted::Theta,
        Candidate::ExponentialSmoothing => Fitted::ExponentialSmoothing,
        Candidate::Shared => Fitted::Shared { shift: learnt() },
        Candidate::Combined => Fitted::Combined { shift: learnt() },
        Candidate::Devices | Candidate::Bills | Candidate::FewDays => {
            return Err(FitError::NotFitted);
        }
    })
}

impl Fitted {
    /// Which candidate this was.
    pub fn candidate(&self) -> Candidate {
        match self {
            Self::WeeklyNaive => Candidate::WeeklyNaive,
            Self::Mean28 => Candidate::Mean28,
            Self::LinearRegression { .. } => Candidate::LinearRegression,
            Self::ElasticNet { .. } => Candidate::ElasticNet,
            Self::Theta => Candidate::Theta,
            Self::ExponentialSmoothing => Candidate::ExponentialSmoothing,
            Self::Shared { .. } => Candidate::Shared,
            Self::Combined { .. } => Candidate::Combined,
        }
    }

    /// What was learnt of the home beside the shared model; `None` of a model without it.
    pub fn shift(&self) -> Option<&Shift> {
        match self {
            Self::Shared { shift } | Self::Combined { shift } => Some(shift),
            _ => None,
        }
    }

    /// kWh of each of the `horizon` days after `origin`, an index into the history: finite, never negative, ascending,
    /// and all five the same where the candidate has no bounds of its own. Looks at nothing after the origin. Empty
    /// when the origin lies outside the history; at most [`MAX_HORIZON`] days.
    pub fn predict(&self, home: &Home<'_>, origin: usize, horizon: usize) -> Vec<Quantiles> {
        let horizon = horizon.min(MAX_HORIZON);
        if origin >= home.history().len() {
            return Vec::new();
        }
        let point = |of: &dyn Fn(usize) -> f64| -> Vec<Quantiles> {
            let days = (1..=horizon).map(|ahead| [of(ahead); LEVELS.len()]);
            home.bounded(origin, days.collect())
        };
        let features = &home.features;
        let naive = |ahead: usize| features.same_weekday(origin, ahead, 0);
        match self {
            Self::WeeklyNaive => point(&naive),
            Self::Mean28 => point(&|_| features.mean(origin, 28)),
            Self::LinearRegression { groups } | Self::ElasticNet { groups } => {
                let scale = features.scale(origin);
                point(&|ahead| {
                    let group = groups.get(group_of(ahead));
                    let of_row = |group: &Coefficients| group.value(&features.row(origin, ahead));
                    scale * group.map_or(0.0, of_row)
                })
            }
            // Only of a past too short to train on, so never in use.
            Self::Theta => home.theta(origin, horizon).unwrap_or_else(|| point(&naive)),
            Self::ExponentialSmoothing => {
                let forecast = home.exponential_smoothing(origin, horizon);
                forecast.unwrap_or_else(|| point(&naive))
            }
            Self::Shared { shift } => home.shared(shift, origin, horizon),
            Self::Combined { shift } => home.combined(
                home.shared(shift, origin, horizon),
                home.theta(origin, horizon).as_deref(),
                home.exponential_smoothing(origin, horizon).as_deref(),
            ),
        }
    }
}
