//! How good each candidate would have been: forecasts from many past origins, scored against what happened.
//!
//! Models are fitted anew at the first of every few origins, on rows known by then. Bands are scored with widths from
//! other origins than the one scored. No database, clock or randomness.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::history::{History, mean};
use super::interval::{DayBands, ErrorPath, MEDIAN, Quantiles, ReachPath, reach, tidy};
use super::linear::{FitError, Samples};
use super::model::{Candidate, Fitted, Home, fit};
use super::shared::home::{Learner, Shift};

/// Origins at most; enough for a 95 % quantile of next-day errors.
pub const MAX_ORIGINS: usize = 48;
/// Origins forecast with one fit.
const ORIGINS_PER_FIT: usize = 8;
/// Origins reach back at most this far; a home of ten years ago says little about today's errors.
const REACH_DAYS: usize = 731;
/// Days that the shared model learns from at most; what lies before the oldest origin by more has faded.
const LEARNT_DAYS: usize = REACH_DAYS + 800;
/// Origins far enough from the scored one to set its bands alone; with fewer, nearer ones help.
const FAR_ORIGINS: usize = 8;

/// Blocks of horizons that scores are given for, as in the forecasting protocol.
pub const BLOCKS: [(usize, usize); 3] = [(1, 1), (1, 7), (1, 30)];
/// Days ahead whose error decides between candidates.
const DECISIVE: usize = 30;
/// Independent origins below which one home's record says nothing about which candidate is better there.
const INDEPENDENT: usize = 3;

/// One candidate's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateScore {
    pub candidate: Candidate,
    /// Per entry of [`BLOCKS`]; empty when the candidate was left out.
    pub blocks: Vec<BlockScore>,
    /// Mean absolute error of the sum over 30 days, as a share of the sum; `None` without a complete window.
    pub total_error: Option<f64>,
    /// Why it was left out.
    pub left_out: Option<FitError>,
}

/// Scores over one block of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BlockScore {
    /// First and last horizon in days.
    pub from: usize,
    pub to: usize,
    /// Days scored.
    pub days: usize,
    /// Mean absolute error in kWh a day.
    pub mae_kwh: f64,
    /// The error over the weekly naive's one-step error before the first origin; `None` where that is zero.
    pub mase: Option<f64>,
    /// Weighted interval score on the same scale.
    pub swis: Option<f64>,
    /// Share of days inside the 80 % band, 0 to 1.
    pub cover80: f64,
    /// Share of days inside the 95 % band, 0 to 1.
    pub cover95: f64,
}

/// A backtest's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// Indices of the origins, ascending.
    pub origins: Vec<usize>,
    /// In the order of the candidates.
    pub scores: Vec<CandidateScore>,
    records: Vec<Record>,
}

/// One candidate's days beside what happened.
#[derive(Debug, Clone, Default, PartialEq)]
struct Record {
    errors: Vec<ErrorPath>,
    reaches: Vec<ReachPath>,
    /// Mean absolute error of each origin over [`DECISIVE`] days in kWh; `None` where none was measured.
    by_origin: Vec<Option<f64>>,
}

/// Origins over the later half of the history, `earliest` or later, the last ones a whole month before its end where
/// there is room. Their step is never a whole week, so weekdays take turns.
pub fn origins(history: &History, earliest: usize) -> Vec<usize> {
    let days = history.len();
    let first = earliest.max(days / 2).max(days.saturating_sub(REACH_DAYS));
    let month = days.saturating_sub(31);
    let last = if month >= first + 14 {
        month
    } else {
        days.saturating_sub(8)
            .max(days.saturating_sub(2).min(first + 6))
    };
    let Some(range) = last.checked_sub(first).filter(|_| last + 1 < days) else {
        return Vec::new();
    };
    let mut step = (range + 1).div_ceil(MAX_ORIGINS).max(1);
    if step.is_multiple_of(7) {
        step += 1;
    }
    let mut origins: Vec<usize> = (0..=range).step_by(step).map(|back| last - back).collect();
    origins.reverse();
    origins
}

/// Forecasts `horizon` days from every origin with every candidate and scores them.
pub fn backtest(
    home: &Home<'_>,
    samples: &Samples,
    candidates: &[Candidate],
    origins: &[usize],
    horizon: usize,
) -> Backtest {
    let scale = naive_error(home.history(), origins.first().copied().unwrap_or_default());
    let mut runs = forecasts(home, samples, candidates, origins, horizon);
    let mut backtest = Backtest {
        origins: origins.to_vec(),
        scores: Vec::with_capacity(candidates.len()),
        records: Vec::with_capacity(candidates.len()),
    };
    for candidate in candidates {
        let run = runs.remove(candidate).unwrap_or_else(|| Ok(Vec::new()));
        let (score, record) = match run {
            Ok(run) => score(home, *candidate, origins, &run, scale),
            Err(error) => (left_out(*candidate, error), Record::default()),
        };
        backtest.scores.push(score);
        backtest.records.push(record);
    }
    backtest
}

/// What each candidate says from each origin, or why it cannot be fitted.
type Runs = BTreeMap<Candidate, Result<Vec<Vec<Quantiles>>, FitError>>;

fn forecasts(
    home: &Home<'_>,
    samples: &Samples,
    candidates: &[Candidate],
    origins: &[usize],
    horizon: usize,
) -> Runs {
    let mut runs: Runs = candidates
        .iter()
        .map(|candidate| (*candidate, Ok(Vec::with_capacity(origins.len()))))
        .collect();
    let mut own = OwnPast::new(home);
    for block in origins.chunks(ORIGINS_PER_FIT) {
        let training = samples.until(block[0]);
        let fitted: Vec<(Candidate, Result<Fitted, FitError>)> = candidates
            .iter()
            .map(|candidate| (*candidate, fit(*candidate, &training, Shift::default)))
            .collect();
        for &origin in block {
            // The parts of the combined forecast are candidates themselves: each is made once.
            let shared = home.shared(&own.shift_at(origin), origin, horizon);
            let theta = home.theta(origin, horizon);
            let smoothed = home.exponential_smoothing(origin, horizon);
            for (candidate, fitted) in &fitted {
                let made = match (candidate, fitted) {
                    (Candidate::Shared, _) => Ok(shared.clone()),
                    (Candidate::Combined, _) => {
                        Ok(home.combined(shared.clone(), theta.as_deref(), smoothed.as_deref()))
                    }
                    (Candidate::Theta, _) => theta.clone().ok_or(FitError::Unstable),
                    (Candidate::ExponentialSmoothing, _) => {
                        smoothed.clone().ok_or(FitError::Unstable)
                    }
                    (_, Ok(fitted)) => Ok(fitted.predict(home, origin, horizon)),
                    (_, Err(error)) => Err(error.clone()),
                };
                if let Some(run) = runs.get_mut(candidate) {
                    match (made, &mut *run) {
                        (Ok(made), Ok(forecasts)) => forecasts.push(made),
                        (Err(error), Ok(_)) => *run = Err(error),
                        (_, Err(_)) => {}
                    }
                }
            }
        }
    }
    runs
}

/// What the shared model learns from a home's past, walked once in the order of days.
pub struct OwnPast<'a, 'h> {
    home: &'a Home<'h>,
    learner: Learner,
    next: usize,
}

impl<'a, 'h> OwnPast<'a, 'h> {
    /// Nothing walked yet.
    pub fn new(home: &'a Home<'h>) -> Self {
        Self {
            home,
            learner: Learner::default(),
            next: home.history().len().saturating_sub(LEARNT_DAYS),
        }
    }

    /// What was learnt up to and including `origin`; origins are asked for in order.
    pub fn shift_at(&mut self, origin: usize) -> Shift {
        while self.next <= origin {
            self.learner
                .absorb(self.home.shared, &self.home.past, self.next);
            self.next += 1;
        }
        self.learner.shift(self.home.shared)
    }
}

fn left_out(candidate: Candidate, error: FitError) -> CandidateScore {
    CandidateScore {
        candidate,
        blocks: Vec::new(),
        total_error: None,
        left_out: Some(error),
    }
}

/// Mean absolute difference between days a week apart, up to and including `until`: the scale of MASE.
fn naive_error(history: &History, until: usize) -> Option<f64> {
    let known = history.known();
    let known = &known[..known.len().min(until + 1)];
    let differences: Vec<f64> = known
        .iter()
        .zip(known.iter().skip(7))
        .filter_map(|(before, now)| Some((now.as_ref()? - before.as_ref()?).abs()))
        .collect();
    mean(&differences).filter(|error| *error > 1.0e-9)
}

/// One forecast day beside what happened.
struct Outcome {
    horizon: usize,
    error: f64,
    score: f64,
    inside80: bool,
    inside95: bool,
}

fn score(
    home: &Home<'_>,
    candidate: Candidate,
    origins: &[usize],
    forecasts: &[Vec<Quantiles>],
    naive_error: Option<f64>,
) -> (CandidateScore, Record) {
    let known = home.history().known();
    let actual = |origin: usize, i: usize| known.get(origin + i + 1).copied().flatten();
    let mut record = Record::default();
    for (&origin, forecast) in origins.iter().zip(forecasts) {
        let scale = home.scale(origin);
        let days = || (forecast.iter().enumerate()).map(|(i, day)| (actual(origin, i), *day));
        let error = |(actual, day): (Option<f64>, Quantiles)| Some((actual? - day[MEDIAN]) / scale);
        record.errors.push(days().map(error).collect());
        record.reaches.push(
            days()
                .map(|(actual, day)| Some(reach(actual?, day)))
                .collect(),
        );
        let decisive: Vec<f64> = days()
            .take(DECISIVE)
            .filter_map(|(actual, day)| Some((actual? - day[MEDIAN]).abs()))
            .collect();
        record.by_origin.push(mean(&decisive));
    }

    let mut outcomes = Vec::new();
    let mut totals = Vec::new();
    for (k, (&origin, forecast)) in origins.iter().zip(forecasts).enumerate() {
        let bands = record.bands_from_others(candidate, origins, k);
        let scale = home.scale(origin);
        let (mut sum, mut happened, mut days) = (0.0, 0.0, 0);
        for (i, day) in forecast.iter().take(DECISIVE).enumerate() {
            let Some(actual) = actual(origin, i) else {
                continue;
            };
            let range = bands.around(*day, i + 1, scale);
            let outside = |lo: f64, hi: f64| (lo - actual).max(actual - hi).max(0.0);
            let (miss80, miss95) = (
                outside(range.lo80, range.hi80),
                outside(range.lo95, range.hi95),
            );
            let error = (actual - range.kwh).abs();
            // PROTOCOL.md: WIS = (0.5 |y - m| + 0.1 IS80 + 0.025 IS95) / 2.5 with IS = width + 2/a * miss.
            let wide80 = range.hi80 - range.lo80 + 10.0 * miss80;
            let wide95 = range.hi95 - range.lo95 + 40.0 * miss95;
            outcomes.push(Outcome {
                horizon: i + 1,
                error,
                score: (0.5 * error + 0.1 * wide80 + 0.025 * wide95) / 2.5,
                inside80: miss80 <= 0.0,
                inside95: miss95 <= 0.0,
            });
            sum += range.kwh;
            happened += actual;
            days += 1;
        }
        if days >= 24 && happened > 0.0 {
            totals.push((sum - happened).abs() / happened);
        }
    }
    let blocks = BLOCKS
        .iter()
        .filter_map(|&(from, to)| block_score(&outcomes, from, to, naive_error))
        .collect();
    let total_error = mean(&totals).map(tidy);
    let score = CandidateScore {
        candidate,
        blocks,
        total_error,
        left_out: None,
    };
    (score, record)
}

impl Record {
    /// Bands for the `k`-th origin from origins whose days do not overlap its own, or from all others if those are few.
    fn bands_from_others(&self, candidate: Candidate, origins: &[usize], k: usize) -> DayBands {
        let ahead = self.errors[k].len();
        let far = |j: &usize| origins[*j].abs_diff(origins[k]) >= ahead;
        let count = (0..self.errors.len()).filter(far).count();
        let chosen = (0..self.errors.len()).filter(|j| {
            if count >= FAR_ORIGINS {
                far(j)
            } else {
                *j != k
            }
        });
        self.bands(candidate, chosen)
    }

    fn bands(&self, candidate: Candidate, origins: impl Iterator<Item = usize>) -> DayBands {
        if candidate.has_bounds() {
            DayBands::stretches(origins.map(|j| &self.reaches[j]))
        } else {
            DayBands::widths(origins.map(|j| &self.errors[j]))
        }
    }
}

fn block_score(
    outcomes: &[Outcome],
    from: usize,
    to: usize,
    naive_error: Option<f64>,
) -> Option<BlockScore> {
    let inside: Vec<&Outcome> = outcomes
        .iter()
        .filter(|o| (from..=to).contains(&o.horizon))
        .collect();
    let average = |value: fn(&Outcome) -> f64| {
        (!inside.is_empty())
            .then(|| inside.iter().map(|o| value(o)).sum::<f64>() / inside.len() as f64)
    };
    let mae = average(|o| o.error)?;
    let wis = average(|o| o.score)?;
    Some(BlockScore {
        from,
        to,
        days: inside.len(),
        mae_kwh: tidy(mae),
        mase: naive_error.map(|scale| tidy(mae / scale)),
        swis: naive_error.map(|scale| tidy(wis / scale)),
        cover80: tidy(average(|o| f64::from(u8::from(o.inside80)))?),
        cover95: tidy(average(|o| f64::from(u8::from(o.inside95)))?),
    })
}

impl Backtest {
    /// The record of one candidate.
    pub fn score(&self, candidate: Candidate) -> Option<&CandidateScore> {
        self.scores
            .iter()
            .find(|score| score.candidate == candidate)
    }

    fn record(&self, candidate: Candidate) -> Option<&Record> {
        let at = self
            .scores
            .iter()
            .position(|score| score.candidate == candidate)?;
        self.records.get(at)
    }

    /// The errors of one candidate, one path per origin.
    pub fn errors(&self, candidate: Candidate) -> &[ErrorPath] {
        self.record(candidate).map_or(&[], |record| &record.errors)
    }

    /// How the bands of one candidate's days are made, from all origins.
    pub fn day_bands(&self, candidate: Candidate) -> DayBands {
        match self.record(candidate) {
            Some(record) => record.bands(candidate, 0..record.errors.len()),
            None => DayBands::Widths(Vec::new()),
        }
    }

    /// Mean absolute error over days 1 to 30 in kWh a day; `None` of a candidate that was left out.
    pub fn error_kwh(&self, candidate: Candidate) -> Option<f64> {
        self.score(candidate)?
            .blocks
            .last()
            .map(|block| block.mae_kwh)
    }

    /// How much smaller one candidate's error is than another's: the mean over the origins in kWh a day, and its
    /// standard error, as if there were one independent origin for each month or less. `None` of fewer than
    /// three.
    pub fn gain_kwh(&self, better: Candidate, than: Candidate) -> Option<(f64, f64)> {
        let (better, than) = (self.record(better)?, self.record(than)?);
        let gains: Vec<f64> = better
            .by_origin
            .iter()
            .zip(&than.by_origin)
            .filter_map(|(better, than)| Some(than.as_ref()? - better.as_ref()?))
            .collect();
        let gain = mean(&gains)?;
        let variance = mean(&gains.iter().map(|g| (g - gain).powi(2)).collect::<Vec<_>>())?;
        let span = self.origins.last()? - self.origins.first()?;
        let independent = (span / DECISIVE + 1).min(gains.len());
        (independent >= INDEPENDENT).then(|| (gain, (variance / independent as f64).sqrt()))
    }
}
