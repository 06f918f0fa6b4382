//! What a forecast may look at: one row of numbers per origin and horizon, all known on the origin's evening.
//!
//! Direct multi-horizon: no row needs another forecast. Every kWh is divided by the home's own level at the origin, so
//! coefficients mean the same in a flat and in a farmhouse. Pure and causal; no database, clock or randomness.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::history::{History, mean};

/// Version of the columns' meaning. Raised whenever a column is added, removed or computed differently; models of
/// another version are trained anew.
pub const FEATURES_VERSION: u32 = 1;

/// First index that may be an origin: two weeks of history are needed to say anything about weekdays.
pub const MIN_ORIGIN: usize = 13;

/// Frozen categories of the weekday, Monday first; what is not among them is `unknown`.
pub const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Weights of the exponentially weighted levels.
const ALPHAS: [f64; 4] = [0.03, 0.1, 0.3, 0.7];

const NAMES: [&str; COLUMNS] = [
    "level_slow",
    "level_month",
    "level_week",
    "level_days",
    "last_day",
    "mean_7",
    "mean_91",
    "mean_365",
    "spread_28",
    "same_weekday_last",
    "same_weekday_mean_4",
    "last_year_change_7",
    "last_year_ratio_21",
    "last_year_present",
    "weekday_monday",
    "weekday_tuesday",
    "weekday_wednesday",
    "weekday_thursday",
    "weekday_friday",
    "weekday_saturday",
    "weekday_sunday",
    "weekday_unknown",
    "year_sin_1",
    "year_cos_1",
    "year_sin_2",
    "year_cos_2",
    "horizon",
];

/// Columns of a row.
pub const COLUMNS: usize = 27;
/// Columns that can only be told from a trend once the history holds more than a year.
pub(super) const YEARLY: std::ops::Range<usize> = 22..26;

/// The columns a model was trained on, kept beside it and compared when it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSchema {
    pub version: u32,
    pub names: Vec<String>,
    pub weekdays: Vec<String>,
}

/// A model was trained on other columns than this program computes; it has to be trained anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the model knows features of version {found}, this program computes version {expected}; train anew"
)]
pub struct SchemaMismatch {
    pub found: u32,
    pub expected: u32,
}

impl FeatureSchema {
    /// The columns that this program computes.
    pub fn current() -> Self {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            version: FEATURES_VERSION,
            names: own(&NAMES),
            weekdays: own(&WEEKDAYS),
        }
    }

    /// Refuses every schema but the current one.
    pub fn check(&self) -> Result<(), SchemaMismatch> {
        if *self == Self::current() {
            Ok(())
        } else {
            Err(SchemaMismatch {
                found: self.version,
                expected: FEATURES_VERSION,
            })
        }
    }
}

/// One row of features, in the order of the schema's names.
pub type Row = [f64; COLUMNS];

/// Running sums over a history that make a row cost a few dozen operations.
#[derive(Debug, Clone)]
pub struct Features<'h> {
    history: &'h History,
    sums: Vec<f64>,
    squares: Vec<f64>,
    levels: Vec<[f64; ALPHAS.len()]>,
    peaks: Vec<f64>,
}

impl<'h> Features<'h> {
    /// Walks the history once.
    pub fn new(history: &'h History) -> Self {
        let clean = history.clean();
        let mut features = Self {
            history,
            sums: Vec::with_capacity(clean.len() + 1),
            squares: Vec::with_capacity(clean.len() + 1),
            levels: Vec::with_capacity(clean.len()),
            peaks: Vec::with_capacity(clean.len()),
        };
        let (mut sum, mut square, mut peak) = (0.0, 0.0, 0.0_f64);
        let mut level = [clean.first().copied().unwrap_or_default(); ALPHAS.len()];
        features.sums.push(sum);
        features.squares.push(square);
        for (i, &kwh) in clean.iter().enumerate() {
            sum += kwh;
            square += kwh * kwh;
            peak = peak.max(kwh);
            for (value, alpha) in level.iter_mut().zip(ALPHAS) {
                // A plain mean at first, so that the first day does not linger.
                *value += alpha.max(1.0 / (i + 1) as f64) * (kwh - *value);
            }
            features.sums.push(sum);
            features.squares.push(square);
            features.peaks.push(peak);
            features.levels.push(level);
        }
        features
    }

    /// The history underneath.
    pub fn history(&self) -> &'h History {
        self.history
    }

    /// Mean kWh of the (at most) `days` days up to and including `origin`.
    pub fn mean(&self, origin: usize, days: usize) -> f64 {
        let end = (origin + 1).min(self.history.len());
        let start = end.saturating_sub(days.max(1));
        ratio(self.sums[end] - self.sums[start], end - start)
    }

    /// The home's level at the origin in kWh, by which everything is divided: its mean of 28 days, but no less than a
    /// quarter of its mean of a year, or a holiday would make ordinary days look enormous. Always positive.
    pub fn scale(&self, origin: usize) -> f64 {
        self.mean(origin, 28)
            .max(0.25 * self.mean(origin, 365))
            .max(0.01)
    }

    /// Highest kWh of a day up to and including `origin`; no forecast goes far beyond it.
    pub fn peak(&self, origin: usize) -> f64 {
        self.peaks
            .get(origin)
            .or(self.peaks.last())
            .copied()
            .unwrap_or_default()
    }

    /// kWh of the weekday of `origin + horizon` in the last week known at the origin, `weeks` weeks further back.
    pub fn same_weekday(&self, origin: usize, horizon: usize, weeks: usize) -> f64 {
        let back = 7 * (horizon.div_ceil(7) + weeks);
        // Early in the history there may be no such day; the first one stands in.
        let index = (origin + horizon).saturating_sub(back);
        self.history.clean().get(index).copied().unwrap_or_default()
    }

    /// The row for `horizon` days (1 or more) after `origin`, an index inside the history.
    pub fn row(&self, origin: usize, horizon: usize) -> Row {
        let scale = self.scale(origin);
        let mean_28 = self.mean(origin, 28);
        let start = (origin + 1).saturating_sub(28);
        let variance = ratio(
            self.squares[origin + 1] - self.squares[start],
            origin + 1 - start,
        ) - mean_28 * mean_28;
        let weeks: Vec<f64> = (0..4)
            .map(|week| self.same_weekday(origin, horizon, week))
            .collect();
        let target = origin + horizon;

        let mut row = [0.0; COLUMNS];
        let mut next = row.iter_mut();
        let mut put = |value: f64| {
            if let Some(cell) = next.next() {
                *cell = value;
            }
        };
        for level in self.levels[origin] {
            put(level / scale);
        }
        put(self.history.clean()[origin] / scale);
        put(self.mean(origin, 7) / scale);
        put(self.mean(origin, 91) / scale);
        put(self.mean(origin, 365) / scale);
        put(variance.max(0.0).sqrt() / scale);
        put(weeks[0] / scale);
        put(mean(&weeks).unwrap_or_default() / scale);
        let year = self.last_year(origin, horizon, scale);
        put(year.map_or(0.0, |(change, _)| change));
        put(year.map_or(0.0, |(_, ratio)| ratio));
        put(f64::from(u8::from(year.is_some())));
        for cell in one_hot(WEEKDAYS.get(self.history.weekday(target)).copied()) {
            put(cell);
        }
        let phase = TAU * self.history.epoch_day(target) / 365.2425;
        for k in [1.0, 2.0] {
            put((k * phase).sin());
            put((k * phase).cos());
        }
        put(horizon as f64 / 30.0);
        row
    }

    /// How the target's season differed from the origin's one year (52 weeks, so the weekday holds) ago: the
    /// difference over a week in units of `scale`, and the relative change over three weeks. Both bounded, since last
    /// year's holiday would otherwise multiply this year's forecast.
    fn last_year(&self, origin: usize, horizon: usize, scale: f64) -> Option<(f64, f64)> {
        let then = origin.checked_sub(364)?;
        if then < 14 {
            return None;
        }
        let now = self.around(then, 14);
        let week = self.around(then + horizon, 3);
        let weeks = self.around(then + horizon, 10);
        Some((
            ((week - now) / scale).clamp(-2.0, 2.0),
            (weeks / now.max(0.1 * scale) - 1.0).clamp(-2.0, 2.0),
        ))
    }

    fn around(&self, index: usize, reach: usize) -> f64 {
        self.mean(index + reach, 2 * reach + 1)
    }
}

/// Frozen one-hot with a last cell for what is not among the categories.
fn one_hot(name: Option<&str>) -> [f64; WEEKDAYS.len() + 1] {
    let mut cells = [0.0; WEEKDAYS.len() + 1];
    let hit = WEEKDAYS.iter().position(|category| Some(*category) == name);
    cells[hit.unwrap_or(WEEKDAYS.len())] = 1.0;
    cells
}

fn ratio(sum: f64, count: usize) -> f64 {
    if count == 0 {
        0.0
    } else {
        (sum / count as f64).max(0.0)
    }
}
