//! What one home's use owes to how warm it is: two coefficients per group of days ahead, for heating and for cooling,
//! on how far the day ahead is expected to differ from the last four weeks. Used only where forecasts of the home's own
//! past would have been better with them. Pure; no database, clock or randomness.

use serde::{Deserialize, Serialize};

use super::features::Past;
use crate::forecasts::horizon::{GROUPS, group_of};
use crate::forecasts::interval::tidy;

/// Mean temperature of a day in °C below which homes are heated, and above which they are cooled.
const HEATED_BELOW: f64 = 15.0;
const COOLED_ABOVE: f64 = 20.0;
/// Degrees that count as one.
const DEGREES: f64 = 5.0;
/// Share of today's distance from the last weeks that is left a day later, where no forecast says more.
const LASTING: f64 = 0.75;
/// Days looked back at.
const LATELY: usize = 28;
/// Days after which a day's weight has fallen to 1/e, as in the rest of what is learnt of a home.
const MEMORY_DAYS: f64 = 400.0;
/// How hard both coefficients are drawn to zero.
const RIDGE: f64 = 300.0;
/// Days ahead that are learnt from.
const LEARNT: [usize; 10] = [1, 2, 3, 5, 7, 10, 13, 18, 24, 30];
/// Days ahead whose past error decides whether temperatures are used, and by how much it has to be smaller.
const DECISIVE: usize = 7;
const WORTH: f64 = 0.0;
/// Residuals below this count as this, so that no row gets an endless weight.
const SMALLEST: f64 = 0.05;

/// How much more heating and cooling a day needs than the last weeks did, in units of five degrees.
pub type Anomaly = [f64; 2];

/// Coefficients of [`Anomaly`] per group of horizons; empty where temperatures are not used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WeatherShift(Vec<[f64; 2]>);

impl WeatherShift {
    /// Whether temperatures take part.
    pub fn is_used(&self) -> bool {
        !self.0.is_empty()
    }

    /// What is added, in units of the home's level.
    pub fn of(&self, group: usize, anomaly: Option<Anomaly>) -> f64 {
        match (self.0.get(group), anomaly) {
            (Some([heat, cool]), Some([heating, cooling])) => heat * heating + cool * cooling,
            _ => 0.0,
        }
    }
}

/// The temperatures of a home's days, and what was expected of each on the days before.
#[derive(Debug, Clone, Default)]
pub struct Temperatures {
    /// Mean of each day in °C, from the history's first one on and past its end; short gaps bridged.
    celsius: Vec<Option<f64>>,
    /// Per day, means over the last weeks of temperature, heating and cooling degrees.
    lately: Vec<Option<[f64; 3]>>,
    /// Days past the end of the history that are forecast; as many were known on each day before.
    foreseen: usize,
}

impl Temperatures {
    /// From the means of the days of a history of `days` days, and of those after it.
    pub fn new(measured: &[Option<f64>], days: usize) -> Self {
        let mut celsius: Vec<Option<f64>> = Vec::with_capacity(measured.len());
        let mut bridged = 0;
        for day in measured {
            // A thermometer that was away for some days says nothing new; for a week, nothing at all.
            bridged = if day.is_some() { 0 } else { bridged + 1 };
            let before = celsius.last().copied().flatten().filter(|_| bridged <= 7);
            celsius.push(day.filter(|c| c.is_finite()).or(before));
        }
        let mut lately = Vec::with_capacity(days.min(celsius.len()));
        for day in 0..days.min(celsius.len()) {
            let window = &celsius[(day + 1).saturating_sub(LATELY)..=day];
            let known: Vec<f64> = window.iter().flatten().copied().collect();
            let enough = 2 * known.len() > LATELY;
            lately.push(enough.then(|| {
                let mean = |of: &dyn Fn(f64) -> f64| {
                    known.iter().map(|c| of(*c)).sum::<f64>() / known.len() as f64
                };
                [mean(&|c| c), mean(&heating), mean(&cooling)]
            }));
        }
        Self {
            foreseen: measured
                .iter()
                .skip(days)
                .take_while(|day| day.is_some())
                .count(),
            celsius,
            lately,
        }
    }

    /// What was expected on the evening of `origin` of the day `ahead` days on; `None` where temperatures are unknown.
    pub fn anomaly(&self, origin: usize, ahead: usize) -> Option<Anomaly> {
        let [usual, heat, cool] = (*self.lately.get(origin)?)?;
        let foreseen = self.celsius.get(origin + ahead).copied().flatten();
        let celsius = match foreseen.filter(|_| ahead <= self.foreseen) {
            Some(celsius) => celsius,
            None => usual + LASTING.powf(ahead as f64) * (self.celsius[origin]? - usual),
        };
        Some([
            (heating(celsius) - heat) / DEGREES,
            (cooling(celsius) - cool) / DEGREES,
        ])
    }
}

fn heating(celsius: f64) -> f64 {
    (HEATED_BELOW - celsius).max(0.0)
}

fn cooling(celsius: f64) -> f64 {
    (celsius - COOLED_ABOVE).max(0.0)
}

/// Running sums per group, and the error with and without what they say.
#[derive(Debug, Clone, Default)]
pub struct WeatherLearner {
    groups: [Sums; GROUPS.len()],
    without: f64,
    with: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    heat: f64,
    both: f64,
    cool: f64,
    right: [f64; 2],
}

impl WeatherLearner {
    /// Looks at what the shared median left unexplained of `day`: `left` says it for a day ahead, in units of the home's
    /// level at that origin.
    pub fn absorb(&mut self, past: &Past<'_>, day: usize, left: impl Fn(usize) -> Option<f64>) {
        let fade = (-1.0 / MEMORY_DAYS).exp();
        self.groups.iter_mut().for_each(|sums| sums.fade(fade));
        self.without *= fade;
        self.with *= fade;
        for ahead in LEARNT {
            let Some(origin) = day.checked_sub(ahead) else {
                break;
            };
            let Some((anomaly, left)) = past.temperatures().anomaly(origin, ahead).zip(left(ahead))
            else {
                continue;
            };
            let sums = &mut self.groups[group_of(ahead)];
            if ahead <= DECISIVE {
                let [heat, cool] = sums.solve();
                self.without += left.abs();
                self.with += (left - heat * anomaly[0] - cool * anomaly[1]).abs();
            }
            sums.add(anomaly, left, 1.0 / left.abs().max(SMALLEST));
        }
    }

    /// The coefficients; none where the past would not have been forecast better with them.
    pub fn shift(&self) -> WeatherShift {
        if self.with < (1.0 - WORTH) * self.without {
            WeatherShift(
                self.groups
                    .iter()
                    .map(|sums| sums.solve().map(tidy))
                    .collect(),
            )
        } else {
            WeatherShift::default()
        }
    }
}

impl Sums {
    fn fade(&mut self, by: f64) {
        for cell in [&mut self.heat, &mut self.both, &mut self.cool] {
            *cell *= by;
        }
        self.right = self.right.map(|cell| cell * by);
    }

    fn add(&mut self, [heating, cooling]: Anomaly, left: f64, weight: f64) {
        self.heat += weight * heating * heating;
        self.both += weight * heating * cooling;
        self.cool += weight * cooling * cooling;
        self.right[0] += weight * heating * left;
        self.right[1] += weight * cooling * left;
    }

    fn solve(&self) -> [f64; 2] {
        let (heat, cool) = (self.heat + RIDGE, self.cool + RIDGE);
        let determinant = heat * cool - self.both * self.both;
        [
            (cool * self.right[0] - self.both * self.right[1]) / determinant,
            (heat * self.right[1] - self.both * self.right[0]) / determinant,
        ]
    }
}
