//! What one home's own past adds to the shared model: a regression of what the shared median left unexplained on the
//! same columns, with a ridge so heavy that a young home is forecast by the shared model alone.
//!
//! Absolute errors are minimised by one round of re-weighting, which makes it a running sum: each day is absorbed once,
//! older ones fade, and the shift at any past day costs one small system of equations.

use serde::{Deserialize, Serialize};

use super::Shared;
use super::features::{Past, Row};
use super::quantile::{Sums, dot};
use super::weather::{WeatherLearner, WeatherShift};
use crate::forecasts::features::MIN_ORIGIN;
use crate::forecasts::horizon::{GROUPS, group_of};
use crate::forecasts::interval::{MEDIAN, tidy};

/// Days after which a day's weight has fallen to 1/e.
const MEMORY_DAYS: f64 = 400.0;
/// Of how many days one is looked at per group; neighbouring ones say nearly the same.
const EVERY_DAYS: [usize; GROUPS.len()] = [1, 2, 3, 3, 5, 5];
/// What a day left unexplained counts at most, in units of the home's level.
const LARGEST: f64 = 1.5;
/// Residuals below this count as this, so that no row gets an endless weight.
const SMALLEST: f64 = 0.05;

/// The running sums of one home.
#[derive(Debug, Clone)]
pub struct Learner {
    groups: Vec<Sums>,
    /// What a day that is absorbed now weighs. It grows from day to day, which costs less than making all older ones fade.
    today: f64,
    weather: WeatherLearner,
}

/// What is added to each quantile of the shared model, as a function of the scaled row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// One list per group; empty where nothing was learnt.
    groups: Vec<Vec<f64>>,
    /// And of how warm it is.
    #[serde(default)]
    pub weather: WeatherShift,
}

impl Shift {
    pub(super) fn of(&self, group: usize, scaled: &Row) -> f64 {
        self.groups.get(group).map_or(0.0, |list| dot(list, scaled))
    }
}

impl Default for Learner {
    fn default() -> Self {
        Self {
            groups: vec![Sums::default(); GROUPS.len()],
            today: 1.0,
            weather: WeatherLearner::default(),
        }
    }
}

/// The scaled row of `day` as seen from `origin`, and what the shared median leaves unexplained of it.
fn unexplained(shared: &Shared, past: &Past<'_>, day: usize, origin: usize) -> (Row, f64) {
    let ahead = day - origin;
    let row = shared.scaled(&past.row(origin, ahead));
    let median = dot(&shared.groups[group_of(ahead)].quantiles[MEDIAN], &row);
    let left = past.history().clean()[day] / past.scale(origin) - median;
    (row, left.clamp(-LARGEST, LARGEST))
}

impl Learner {
    /// Looks at what became of the forecasts for `day`; days are given in order, those not measured too.
    pub fn absorb(&mut self, shared: &Shared, past: &Past<'_>, day: usize) {
        self.today *= (1.0 / MEMORY_DAYS).exp();
        let known = past.history().known()[day].is_some();
        for ((sums, (low, high)), every) in self.groups.iter_mut().zip(GROUPS).zip(EVERY_DAYS) {
            if !known || !day.is_multiple_of(every) {
                continue;
            }
            // It moves by one each time, so every day ahead gets its share.
            let ahead = low + (day / every) % (high - low + 1);
            let Some(origin) = day.checked_sub(ahead).filter(|o| *o >= MIN_ORIGIN) else {
                continue;
            };
            let (row, left) = unexplained(shared, past, day, origin);
            let weight = every as f64 / (ahead as f64).sqrt() / left.abs().max(SMALLEST);
            sums.add(&row, left, self.today * weight);
        }
        if known && !past.history().celsius().is_empty() {
            self.weather.absorb(past, day, |ahead| {
                let origin = day.checked_sub(ahead).filter(|o| *o >= MIN_ORIGIN)?;
                Some(unexplained(shared, past, day, origin).1)
            });
        }
    }

    /// The shift by what was absorbed so far.
    pub fn shift(&self, shared: &Shared) -> Shift {
        let of = |(sums, group): (&Sums, &super::Group)| {
            let solved = sums.solve(|_| group.ridge * self.today);
            solved.map(|row| row.map(tidy).to_vec()).unwrap_or_default()
        };
        Shift {
            groups: self.groups.iter().zip(&shared.groups).map(of).collect(),
            weather: self.weather.shift(),
        }
    }
}
