//! One model for all homes: linear quantile regression and boosted trees whose coefficients ship as data, drawn towards
//! each home's own past. It is fitted to published homes and never sees a home of a server; what is learnt from a home
//! stays in that home's own model. Pure; no database, clock or randomness.

use serde::{Deserialize, Serialize};

pub mod features;
pub mod fit;
pub mod home;
pub mod quantile;
pub mod trees;
pub mod weather;

use super::artefact::checksum;
use super::horizon::{GROUPS, group_of};
use super::interval::{LEVELS, MEDIAN, Quantiles};
use features::{COLUMNS, NAMES, Past, Row};
use home::Shift;
use quantile::dot;
use trees::Forest;

/// Version of the columns and of the coefficients' shape; raised with either.
pub const SHARED_VERSION: u32 = 1;

/// The coefficients that hold for every home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// [`SHARED_VERSION`] of the program that fitted them.
    pub version: u32,
    /// [`NAMES`] of then.
    pub columns: Vec<String>,
    /// What they were fitted to, for people: names of the series.
    pub series: Vec<String>,
    /// Mean of each column over the training rows.
    offsets: Vec<f64>,
    /// One over its standard deviation; zero of a column that never varied.
    factors: Vec<f64>,
    /// One per entry of [`GROUPS`].
    groups: Vec<Group>,
    forest: Forest,
}

/// What holds for a group of days ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Per quantile, one coefficient per column of the scaled row.
    quantiles: [Vec<f64>; LEVELS.len()],
    /// How hard a home's own shift is drawn to zero.
    ridge: f64,
    /// Weight of the forest beside the regression.
    forest_weight: f64,
    /// Weight of the two smoothing methods beside both.
    smoothing_weight: f64,
}

/// Coefficients that this program cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedError {
    #[error("the coefficients cannot be read: {0}")]
    Unreadable(String),
    #[error(
        "the coefficients have version {found}, this program reads version {SHARED_VERSION}; make them again with --fit-shared"
    )]
    Version { found: u32 },
    #[error(
        "the coefficients are not of this program's columns; make them again with --fit-shared"
    )]
    Columns,
}

impl Shared {
    /// The coefficients that ship with the program.
    pub fn shipped() -> &'static Self {
        static SHIPPED: std::sync::LazyLock<Shared> = std::sync::LazyLock::new(|| {
            Shared::from_json(include_str!("../../../data/shared-model.json"))
                .expect("a test reads the shipped coefficients")
        });
        &SHIPPED
    }

    /// SHA-256 of the coefficients that ship: a model that was drawn towards a home from others is of no use with these.
    pub fn shipped_fingerprint() -> &'static str {
        static FINGERPRINT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
            let value = serde_json::to_value(Shared::shipped());
            checksum(&value.expect("string keys and finite numbers only"))
        });
        &FINGERPRINT
    }

    /// As text that [`Self::from_json`] reads.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Reads coefficients, refusing those of another version or shape.
    pub fn from_json(text: &str) -> Result<Self, SharedError> {
        let shared: Self = serde_json::from_str(text)
            .map_err(|error| SharedError::Unreadable(error.to_string()))?;
        if shared.version != SHARED_VERSION {
            return Err(SharedError::Version {
                found: shared.version,
            });
        }
        let columns = |list: &[f64]| list.len() == COLUMNS;
        let sound = shared.columns == NAMES
            && columns(&shared.offsets)
            && columns(&shared.factors)
            && shared.groups.len() == GROUPS.len()
            && (shared.groups.iter()).all(|group| group.quantiles.iter().all(|list| columns(list)))
            && shared.forest.is_sound();
        if sound {
            Ok(shared)
        } else {
            Err(SharedError::Columns)
        }
    }

    /// The row in units of the training rows' deviation; the constant stays 1.
    fn scaled(&self, row: &Row) -> Row {
        let mut scaled = [1.0; COLUMNS];
        for (at, cell) in scaled.iter_mut().enumerate().skip(1) {
            *cell = (row[at] - self.offsets[at]) * self.factors[at];
        }
        scaled
    }

    /// Weight of the two smoothing methods together beside this one, so many days ahead.
    pub fn smoothing_weight(&self, ahead: usize) -> f64 {
        self.groups[group_of(ahead)].smoothing_weight
    }

    /// Quantiles of the kWh of each of the `days` days after `origin`, not yet in order or bounded, drawn towards the home's own past by `shift`.
    pub fn predict(
        &self,
        past: &Past<'_>,
        shift: &Shift,
        origin: usize,
        days: usize,
    ) -> Vec<Quantiles> {
        let scale = past.scale(origin);
        (1..=days)
            .map(|ahead| {
                let row = past.row(origin, ahead);
                let scaled = self.scaled(&row);
                let at = group_of(ahead);
                let group = &self.groups[at];
                let linear = group.quantiles.each_ref().map(|list| dot(list, &scaled));
                let weather = past.temperatures().anomaly(origin, ahead);
                let own = shift.of(at, &scaled) + shift.weather.of(at, weather);
                let weight = group.forest_weight;
                let forest = if weight > 0.0 {
                    weight * (self.forest.value(&row) - linear[MEDIAN] - own)
                } else {
                    0.0
                };
                linear.map(|value| scale * (value + own + forest))
            })
            .collect()
    }
}
