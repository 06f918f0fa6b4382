//! One home's training from end to end: history in; fitted model, forecast, bands and report out. No database, clock or
//! randomness: the same history gives the same result to the bit.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::artefact::Artefact;
use super::backtest::{CandidateScore, backtest, fit_winner, origins};
use super::features::{FEATURES_VERSION, Features, MAX_HORIZON};
use super::forecast::{Forecast, forecast_from};
use super::history::History;
use super::interval::{Bands, ErrorPath};
use super::model::{Candidate, Fitted, Samples, first_day};

/// Days that count below which nothing is forecast.
pub const NEEDED_DAYS: usize = 14;
/// Days that count from which linear models may take part.
pub const FULL_DAYS: usize = 42;
/// The backtest always looks a month ahead, whatever horizon is asked for.
const BACKTEST_HORIZON: usize = 30;

/// Too little is known to forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{have} full days of readings are known, a forecast needs {need}")]
pub struct TooLittle {
    pub have: usize,
    pub need: usize,
}

/// How much history a model rests on, which the screen names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 14 to 41 days: weekly naive or mean only.
    Starting,
    /// 42 days or more: all candidates.
    Full,
}

/// What was tried, on what, and how well it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    pub stage: Stage,
    pub chosen: Candidate,
    pub candidates: Vec<CandidateScore>,
    /// Origins of the backtest.
    pub origins: usize,
    /// First and last day that rows were made of.
    pub trained_from: Date,
    pub trained_to: Date,
    /// Training rows of the chosen model's last fit; 0 for the candidates that learn nothing.
    pub rows: usize,
    pub days_usable: usize,
    pub days_missing: usize,
    /// Measured days left out as negative or implausible.
    pub days_refused: usize,
    /// Days marked as outliers, in order.
    pub outlier_days: Vec<Date>,
    pub features_version: u32,
}

/// Everything one training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub fitted: Fitted,
    pub forecast: Forecast,
    pub report: TrainingReport,
    pub bands: Bands,
    /// The chosen model's backtest errors, one path per origin, for sampling whole paths.
    pub errors: Vec<ErrorPath>,
}

impl Trained {
    /// What is kept of the model.
    pub fn artefact(&self) -> Artefact {
        Artefact::new(self.fitted.clone(), self.bands.clone(), self.report.clone())
    }
}

/// Trains on one home's history and forecasts the `horizon` days (1 to [`MAX_HORIZON`]) after its last day.
pub fn train(history: &History, horizon: usize) -> Result<Trained, TooLittle> {
    let have = history.usable();
    let (Some(trained_to), true) = (history.last(), have >= NEEDED_DAYS) else {
        return Err(TooLittle {
            have,
            need: NEEDED_DAYS,
        });
    };
    let horizon = horizon.clamp(1, MAX_HORIZON);
    let ahead = horizon.max(BACKTEST_HORIZON);
    let origin = history.len() - 1;
    let features = Features::new(history);

    let (stage, candidates, earliest) = if have < FULL_DAYS {
        (Stage::Starting, &Candidate::ALL[..2], 6)
    } else {
        (Stage::Full, &Candidate::ALL[..], 27)
    };
    let samples = match stage {
        Stage::Starting => Samples::none(),
        Stage::Full => Samples::new(&features, ahead),
    };
    let tested = backtest(
        &features,
        &samples,
        candidates,
        &origins(history, earliest),
        ahead,
    );
    let (fitted, rows) = fit_winner(tested.winner, &samples, origin);
    let bands = Bands::learn(&tested.errors, ahead);
    let forecast = forecast_from(&fitted, &bands, &features, origin, horizon);

    let learns = matches!(
        fitted,
        Fitted::LinearRegression { .. } | Fitted::ElasticNet { .. }
    );
    let outlier_days = history
        .outliers()
        .iter()
        .enumerate()
        .filter(|(_, outlier)| **outlier);
    let report = TrainingReport {
        stage,
        chosen: fitted.candidate(),
        candidates: tested.scores,
        origins: tested.origins.len(),
        trained_from: history.date(first_day(history)),
        trained_to,
        rows: if learns { rows } else { 0 },
        days_usable: have,
        days_missing: history.missing(),
        days_refused: history.refused(),
        outlier_days: outlier_days.map(|(i, _)| history.date(i)).collect(),
        features_version: FEATURES_VERSION,
    };
    Ok(Trained {
        fitted,
        forecast,
        report,
        bands,
        errors: tested.errors,
    })
}
