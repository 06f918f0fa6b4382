//! How good each candidate would have been: forecasts from many past origins, scored against what happened.
//!
//! Models are fitted anew at the first of every few origins, on rows known by then. Bands are scored with widths from
//! other origins than the one scored. No database, clock or randomness.

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::history::{History, mean};
use super::interval::{ErrorPath, Width, group_widths};
use super::model::{Candidate, FitError, Fitted, Samples, fit, group_of, tidy};

/// Origins at most; enough for a 95 % quantile of next-day errors.
pub const MAX_ORIGINS: usize = 48;
/// Origins forecast with one fit.
const ORIGINS_PER_FIT: usize = 8;
/// Origins reach back at most this far; a home of ten years ago says little about today's errors.
const REACH_DAYS: usize = 731;
/// Origins far enough from the scored one to set its bands alone; with fewer, nearer ones help.
const FAR_ORIGINS: usize = 8;

/// Blocks of horizons that scores are given for, as in the forecasting protocol.
pub const BLOCKS: [(usize, usize); 3] = [(1, 1), (1, 7), (1, 30)];

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
    pub winner: Candidate,
    pub scores: Vec<CandidateScore>,
    /// The winner's errors, one path per origin.
    pub errors: Vec<ErrorPath>,
    /// Indices of the origins, ascending.
    pub origins: Vec<usize>,
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

/// Forecasts `horizon` days from every origin with every candidate and scores them. The winner has the lowest mean
/// absolute error over days 1 to 30 and beats the weekly naive, or the weekly naive wins.
pub fn backtest(
    features: &Features<'_>,
    samples: &Samples,
    candidates: &[Candidate],
    origins: &[usize],
    horizon: usize,
) -> Backtest {
    let naive_error = naive_error(
        features.history(),
        origins.first().copied().unwrap_or_default(),
    );
    let mut runs: Vec<Result<Vec<Vec<f64>>, FitError>> = vec![Ok(Vec::new()); candidates.len()];
    for block in origins.chunks(ORIGINS_PER_FIT) {
        let training = samples.until(block[0]);
        for (candidate, run) in candidates.iter().zip(&mut runs) {
            let Ok(forecasts) = run else { continue };
            match fit(*candidate, &training) {
                Ok(fitted) => forecasts.extend(
                    block
                        .iter()
                        .map(|origin| fitted.predict_from(features, *origin, horizon)),
                ),
                Err(error) => *run = Err(error),
            }
        }
    }

    let mut winner = (Candidate::WeeklyNaive, f64::INFINITY, Vec::new());
    let mut scores = Vec::with_capacity(candidates.len());
    for (candidate, run) in candidates.iter().zip(runs) {
        let (score, errors) = match run {
            Ok(forecasts) => score(features, *candidate, origins, &forecasts, naive_error),
            Err(error) => (left_out(*candidate, error), Vec::new()),
        };
        let mae = score.blocks.last().map(|block| block.mae_kwh);
        // The naive comes first, so a challenger has to be better than it and not merely as good.
        if *candidate == Candidate::WeeklyNaive || mae.is_some_and(|mae| mae < winner.1) {
            winner = (*candidate, mae.unwrap_or(f64::INFINITY), errors);
        }
        scores.push(score);
    }
    Backtest {
        winner: winner.0,
        scores,
        errors: winner.2,
        origins: origins.to_vec(),
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
    features: &Features<'_>,
    candidate: Candidate,
    origins: &[usize],
    forecasts: &[Vec<f64>],
    naive_error: Option<f64>,
) -> (CandidateScore, Vec<ErrorPath>) {
    let known = features.history().known();
    let actual = |origin: usize, i: usize| known.get(origin + i + 1).copied().flatten();
    let paths: Vec<ErrorPath> = origins
        .iter()
        .zip(forecasts)
        .map(|(&origin, forecast)| {
            let scale = features.scale(origin);
            let error = |(i, kwh): (usize, &f64)| Some((actual(origin, i)? - kwh) / scale);
            forecast.iter().enumerate().map(error).collect()
        })
        .collect();

    let mut outcomes = Vec::new();
    let mut totals = Vec::new();
    for (k, (&origin, forecast)) in origins.iter().zip(forecasts).enumerate() {
        let widths = widths_from_others(origins, &paths, k);
        let scale = features.scale(origin);
        let (mut sum, mut happened, mut days) = (0.0, 0.0, 0);
        for (i, &kwh) in forecast.iter().take(30).enumerate() {
            let Some(actual) = actual(origin, i) else {
                continue;
            };
            let range = widths[group_of(i + 1)].around(kwh, scale);
            let outside = |lo: f64, hi: f64| (lo - actual).max(actual - hi).max(0.0);
            let (miss80, miss95) = (
                outside(range.lo80, range.hi80),
                outside(range.lo95, range.hi95),
            );
            let error = (actual - kwh).abs();
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
            sum += kwh;
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
    (
        CandidateScore {
            candidate,
            blocks,
            total_error,
            left_out: None,
        },
        paths,
    )
}

/// Widths for the `k`-th origin from origins whose days do not overlap its own, or from all others if those are few.
fn widths_from_others(origins: &[usize], paths: &[ErrorPath], k: usize) -> Vec<Width> {
    let reach = paths[k].len();
    let far = |j: &usize| origins[*j].abs_diff(origins[k]) >= reach;
    let count = (0..paths.len()).filter(far).count();
    let chosen = (0..paths.len()).filter(|j| {
        if count >= FAR_ORIGINS {
            far(j)
        } else {
            *j != k
        }
    });
    group_widths(chosen.map(|j| &paths[j]))
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
}

/// Fits the winner on all that is known at `origin`; the weekly naive if it can no longer be fitted.
pub fn fit_winner(winner: Candidate, samples: &Samples, origin: usize) -> (Fitted, usize) {
    let training = samples.until(origin);
    let fitted = fit(winner, &training).unwrap_or(Fitted::WeeklyNaive);
    (fitted, training.rows())
}
