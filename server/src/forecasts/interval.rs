//! Bands that mean what they say: split conformal widths learnt from a backtest's errors, per group of horizons for
//! single days and apart for the sums over the next days. No database, clock or randomness.

use serde::{Deserialize, Serialize};

use super::model::{GROUPS, group_of, tidy};

/// Share of days allowed outside the 80 % band.
pub const MISS_80: f64 = 0.20;
/// Share of days allowed outside the 95 % band.
pub const MISS_95: f64 = 0.05;

/// Widths where no error has been seen at all, in units of the home's level: about what an unknown home needs.
const UNKNOWN: Width = Width {
    half80: 0.6,
    half95: 1.2,
};
/// With fewer errors than this, luck alone can make them small, so a floor holds the band open.
const FEW: usize = 8;
const FLOOR: Width = Width {
    half80: 0.2,
    half95: 0.4,
};
/// Factor on the largest error where conformal theory asks for more errors than there are.
const BEYOND_MAX: f64 = 1.5;
/// Factor on the nearer group's width where a group has no errors of its own.
const FARTHER: f64 = 1.25;
/// A total counts when this share of its days was measured.
const TOTAL_KNOWN: f64 = 0.8;

/// Errors of one origin by horizon (index 0 is one day ahead): measured minus forecast, in units of the home's level at
/// that origin; `None` where the day was not measured.
pub type ErrorPath = Vec<Option<f64>>;

/// Half widths of the 80 and 95 % bands, in units of the home's level at the origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Width {
    pub half80: f64,
    pub half95: f64,
}

/// The widths of one home's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bands {
    /// One per entry of [`GROUPS`].
    pub groups: Vec<Width>,
    /// Index `n - 1` is the sum over the next `n` days.
    pub totals: Vec<Width>,
}

/// A forecast number with its bands, in kWh. `0 <= lo95 <= lo80 <= kwh <= hi80 <= hi95`, all finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub kwh: f64,
    pub lo80: f64,
    pub hi80: f64,
    pub lo95: f64,
    pub hi95: f64,
}

/// The split conformal quantile: the smallest score that a fresh one, exchangeable with these, stays below with
/// probability `1 - miss` or more, which is the `ceil((n + 1)(1 - miss))`-th smallest. `None` when that is more than
/// there are. Reorders its input. (Lei et al. 2018, Distribution-free predictive inference for regression.)
pub fn conformal(scores: &mut [f64], miss: f64) -> Option<f64> {
    let rank = ((scores.len() + 1) as f64 * (1.0 - miss)).ceil() as usize;
    let index = rank.checked_sub(1).filter(|i| *i < scores.len())?;
    Some(*scores.select_nth_unstable_by(index, f64::total_cmp).1)
}

impl Width {
    /// From absolute errors; `nearer` is the width of the shorter horizons, used where there are none.
    fn learn(scores: &mut [f64], nearer: Option<Self>) -> Self {
        let Some(largest) = scores.iter().copied().reduce(f64::max) else {
            return nearer.map_or(UNKNOWN, |width| width.times(FARTHER));
        };
        let mut quantile = |miss| conformal(scores, miss).unwrap_or(BEYOND_MAX * largest);
        let (mut half80, mut half95) = (quantile(MISS_80), quantile(MISS_95));
        if scores.len() < FEW {
            half80 = half80.max(FLOOR.half80);
            half95 = half95.max(FLOOR.half95);
        }
        Self {
            half80: tidy(half80),
            half95: tidy(half95.max(half80)),
        }
    }

    fn times(self, factor: f64) -> Self {
        Self {
            half80: tidy(self.half80 * factor),
            half95: tidy(self.half95 * factor),
        }
    }

    /// The band around `kwh` for a home whose level is `scale` kWh a day.
    pub fn around(self, kwh: f64, scale: f64) -> Range {
        let (near, far) = (self.half80.max(0.0) * scale, self.half95.max(0.0) * scale);
        let far = far.max(near);
        Range {
            kwh,
            lo80: (kwh - near).max(0.0),
            hi80: kwh + near,
            lo95: (kwh - far).max(0.0),
            hi95: kwh + far,
        }
    }
}

/// Widths of the groups of horizons, learnt from the errors of some origins.
pub fn group_widths<'p>(paths: impl Iterator<Item = &'p ErrorPath>) -> Vec<Width> {
    let mut scores: [Vec<f64>; GROUPS.len()] = Default::default();
    for path in paths {
        for (i, error) in path.iter().enumerate() {
            scores[group_of(i + 1)].extend(error.map(f64::abs));
        }
    }
    let mut widths: Vec<Width> = Vec::with_capacity(GROUPS.len());
    for scores in &mut scores {
        widths.push(Width::learn(scores, widths.last().copied()));
    }
    widths
}

impl Bands {
    /// Learns the widths for single days and for sums over up to `horizon` days.
    pub fn learn(paths: &[ErrorPath], horizon: usize) -> Self {
        let groups = group_widths(paths.iter());
        let mut totals: Vec<Width> = Vec::with_capacity(horizon);
        for days in 1..=horizon {
            let mut scores: Vec<f64> = paths
                .iter()
                .filter_map(|path| total_error(path, days))
                .collect();
            let width = match totals.last() {
                // Nobody has seen so long a sum: errors that all lean one way grow with the days.
                Some(shorter) if scores.len() < FEW => {
                    shorter.times(days as f64 / (days - 1) as f64)
                }
                _ => Width::learn(&mut scores, None),
            };
            totals.push(width);
        }
        Self { groups, totals }
    }

    /// Width for one day, `horizon` days ahead.
    pub fn day(&self, horizon: usize) -> Width {
        let width = self.groups.get(group_of(horizon)).or(self.groups.last());
        width.copied().unwrap_or(UNKNOWN)
    }

    /// Width for the sum over the next `days` days.
    pub fn total(&self, days: usize) -> Width {
        match (self.totals.get(days.wrapping_sub(1)), self.totals.last()) {
            (Some(width), _) => *width,
            (None, Some(longest)) => longest.times(days as f64 / self.totals.len() as f64),
            (None, None) => UNKNOWN.times(days as f64),
        }
    }
}

/// Absolute error of the sum over the first `days` days, scaled up for days that were not measured.
fn total_error(path: &[Option<f64>], days: usize) -> Option<f64> {
    let window = path.get(..days)?;
    let known = window.iter().flatten().count();
    let enough = known > 0 && known as f64 >= TOTAL_KNOWN * days as f64;
    enough.then(|| (window.iter().flatten().sum::<f64>() * days as f64 / known as f64).abs())
}
