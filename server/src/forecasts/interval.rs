//! Bands that mean what they say. A candidate with bounds of its own has them widened or narrowed by how far past days
//! lay outside (conformal, drawn towards its own bounds while few are known); one without gets split conformal widths
//! from past errors. Sums over the next days have widths apart, since daily errors partly cancel. No database, clock or
//! randomness.

use serde::{Deserialize, Serialize};

use super::horizon::{GROUPS, group_of};

/// Probabilities of [`Quantiles`]: the bounds of the 95 and the 80 % band and the median.
pub const LEVELS: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];
/// Index of the median.
pub const MEDIAN: usize = 2;
/// kWh at each of [`LEVELS`], ascending.
pub type Quantiles = [f64; LEVELS.len()];

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
/// Independent errors that weigh as much as a candidate's own bounds.
const OWN_BOUNDS_WEIGH: f64 = 300.0;
/// Bounds are never changed by more than this factor, either way.
const MOST: f64 = 2.5;

/// Errors of one origin by horizon (index 0 is one day ahead): measured minus forecast, in units of the home's level at
/// that origin; `None` where the day was not measured.
pub type ErrorPath = Vec<Option<f64>>;

/// How far each day of one origin lay from the forecast, in units of the distance from the median to the bound of its
/// side, for the 80 and the 95 % band.
pub type ReachPath = Vec<Option<[f64; 2]>>;

/// Half widths of the 80 and 95 % bands, in units of the home's level at the origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Width {
    pub half80: f64,
    pub half95: f64,
}

/// Factors on the distances from the median to a candidate's own bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    pub by80: f64,
    pub by95: f64,
}

/// How the bands of single days are made; one entry per entry of [`GROUPS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayBands {
    /// Around a point.
    Widths(Vec<Width>),
    /// From the candidate's own bounds.
    Stretches(Vec<Stretch>),
}

/// The bands of one home's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bands {
    pub days: DayBands,
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

impl Range {
    /// The same, so many kWh higher; nothing falls below zero.
    #[must_use]
    pub fn moved(self, kwh: f64) -> Self {
        let moved = |bound: f64| (bound + kwh).max(0.0);
        Self {
            kwh: moved(self.kwh),
            lo80: moved(self.lo80),
            hi80: moved(self.hi80),
            lo95: moved(self.lo95),
            hi95: moved(self.hi95),
        }
    }
}

impl From<Quantiles> for Range {
    fn from([lo95, lo80, kwh, hi80, hi95]: Quantiles) -> Self {
        Self {
            kwh,
            lo80,
            hi80,
            lo95,
            hi95,
        }
    }
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
    pub(super) fn learn(scores: &mut [f64], nearer: Option<Self>) -> Self {
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

impl Stretch {
    /// From how far days reached, which overlap so that `evidence` of them are worth counting.
    fn learn(scores80: &mut [f64], scores95: &mut [f64], evidence: f64) -> Self {
        let weight = evidence / (evidence + OWN_BOUNDS_WEIGH);
        let factor = |scores: &mut [f64], miss| {
            let found = conformal(scores, miss).unwrap_or(1.0);
            tidy(found.clamp(1.0 / MOST, MOST).powf(weight))
        };
        Self {
            by80: factor(scores80, MISS_80),
            by95: factor(scores95, MISS_95),
        }
    }

    /// The band of a candidate's own quantiles.
    pub fn of(self, [lo95, lo80, kwh, hi80, hi95]: Quantiles) -> Range {
        let low = |bound: f64, by: f64| (kwh - by * (kwh - bound)).max(0.0);
        let high = |bound: f64, by: f64| kwh + by * (bound - kwh);
        let (by80, by95) = (self.by80.clamp(0.0, MOST), self.by95.clamp(0.0, MOST));
        let (lo80, hi80) = (low(lo80, by80), high(hi80, by80));
        Range {
            kwh,
            lo80,
            hi80,
            lo95: low(lo95, by95).min(lo80),
            hi95: high(hi95, by95).max(hi80),
        }
    }
}

impl DayBands {
    /// Widths of the groups of horizons, learnt from the errors of some origins.
    pub fn widths<'p>(paths: impl Iterator<Item = &'p ErrorPath>) -> Self {
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
        Self::Widths(widths)
    }

    /// Factors of the groups of horizons, learnt from how far the days of some origins reached.
    pub fn stretches<'p>(paths: impl Iterator<Item = &'p ReachPath>) -> Self {
        let mut scores: [[Vec<f64>; 2]; GROUPS.len()] = Default::default();
        let mut origins = 0;
        for path in paths {
            origins += 1;
            for (i, reach) in path.iter().enumerate() {
                if let Some(reach) = reach {
                    let [of80, of95] = &mut scores[group_of(i + 1)];
                    of80.push(reach[0]);
                    of95.push(reach[1]);
                }
            }
        }
        let learnt = scores.iter_mut().map(|[of80, of95]| {
            // The days of one origin err together, more or less; its first and another half of them count.
            let evidence = f64::from(origins).min(of80.len() as f64);
            Stretch::learn(of80, of95, evidence)
        });
        Self::Stretches(learnt.collect())
    }

    /// The band of one day, `horizon` days ahead, of a home whose level is `scale` kWh a day.
    pub fn around(&self, quantiles: Quantiles, horizon: usize, scale: f64) -> Range {
        let at = group_of(horizon);
        match self {
            Self::Widths(widths) => {
                let width = widths.get(at).or(widths.last()).copied();
                width.unwrap_or(UNKNOWN).around(quantiles[MEDIAN], scale)
            }
            Self::Stretches(stretches) => match stretches.get(at).or(stretches.last()) {
                Some(stretch) => stretch.of(quantiles),
                None => quantiles.into(),
            },
        }
    }
}

/// How far a measured day lies from the forecast, in units of its bounds' distances; a day outside a band without
/// width is as far as can be told.
pub fn reach(actual: f64, quantiles: Quantiles) -> [f64; 2] {
    let [lo95, lo80, kwh, hi80, hi95] = quantiles;
    let error = actual - kwh;
    let of = |low: f64, high: f64| {
        let distance = if error < 0.0 { kwh - low } else { high - kwh };
        if error == 0.0 {
            0.0
        } else {
            (error.abs() / distance).min(1.0e6)
        }
    };
    [of(lo80, hi80), of(lo95, hi95)]
}

impl Bands {
    /// Of a forecast that has its own.
    pub fn none() -> Self {
        Self {
            days: DayBands::Stretches(Vec::new()),
            totals: Vec::new(),
        }
    }

    /// Adds the widths of sums over up to `horizon` days, learnt from the same origins' errors.
    pub fn learn(days: DayBands, paths: &[ErrorPath], horizon: usize) -> Self {
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
        Self { days, totals }
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

/// Rounds to 12 significant digits, and to zero below 1e-9: far finer than any meter, and few enough digits that
/// `serde_json` (whose default float parser may be off in the last bit) and `jsonb` give back the very same bits.
pub(super) fn tidy(value: f64) -> f64 {
    if !value.is_finite() || value.abs() < 1.0e-9 {
        return 0.0;
    }
    format!("{value:.11e}").parse().unwrap_or_default()
}
