//! Fitting the shared model to the days of many homes. The same days give the same coefficients to the digit.

use super::features::{COLUMNS, NAMES, Past, Row};
use super::quantile;
use super::trees::Forest;
use super::{Group, SHARED_VERSION, Shared};
use crate::forecasts::history::History;
use crate::forecasts::horizon::GROUPS;
use crate::forecasts::interval::{LEVELS, MEDIAN};

/// First day of a history that is an origin: earlier ones know too little of their home to teach.
const EARLIEST: usize = 42;
/// Days between the origins that rows are made of; neighbours say nearly the same.
const STRIDE: usize = 3;
/// The same between horizons of the last group, which is long and smooth.
const FAR_STRIDE: usize = 4;
/// Rows of a group below which its coefficients mean nothing.
const NEEDED_ROWS: usize = 2 * COLUMNS;
/// Penalty on the squared coefficients of scaled columns.
const RIDGE: f64 = 50.0;

/// What is chosen and not fitted, per group of horizons: how hard a home's own shift is drawn to zero, the weight of the
/// forest beside the regression, and of the smoothing methods beside both. Each was chosen by forecasts of homes whose
/// whole source was left out, and a factor of three either way changes them by less than a hundredth.
const CHOICES: [(f64, f64, f64); GROUPS.len()] = [
    (3.0e3, 0.0, 0.30),
    (1.0e4, 0.1, 0.15),
    (1.0e4, 0.2, 0.15),
    (3.0e4, 0.4, 0.10),
    (3.0e4, 0.4, 0.10),
    (3.0e4, 0.4, 0.10),
];

/// A home to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Teacher<'h> {
    /// The name of its series.
    pub series: &'h str,
    /// Its days.
    pub history: &'h History,
}

/// There is too little to learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FitSharedError {
    #[error(
        "the series give {have} rows for days {from} to {to} ahead, {NEEDED_ROWS} are needed; give more or longer series"
    )]
    TooFewRows { have: usize, from: usize, to: usize },
    #[error("the rows for days {from} to {to} ahead do not determine the coefficients")]
    Undetermined { from: usize, to: usize },
}

/// Rows of one group of horizons.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// kWh of the target day over the home's level at the origin; one per row.
    targets: Vec<f64>,
}

/// Fits.
pub fn fit(teachers: &[Teacher<'_>]) -> Result<Shared, FitSharedError> {
    let mut groups: [Rows; GROUPS.len()] = Default::default();
    for teacher in teachers {
        collect(teacher.history, &mut groups);
    }
    for (rows, (from, to)) in groups.iter().zip(GROUPS) {
        let have = rows.rows.len();
        if have < NEEDED_ROWS {
            return Err(FitSharedError::TooFewRows { have, from, to });
        }
    }
    let (offsets, factors) = scaling(&groups);
    let mut shared = Shared {
        version: SHARED_VERSION,
        columns: NAMES.map(str::to_owned).to_vec(),
        series: teachers
            .iter()
            .map(|teacher| teacher.series.to_owned())
            .collect(),
        offsets,
        factors,
        groups: Vec::with_capacity(GROUPS.len()),
        forest: Forest::default(),
    };
    let every = groups.iter().flat_map(|group| group.rows.iter().copied());
    let targets = groups.iter().flat_map(|group| &group.targets).copied();
    shared.forest = Forest::grow(
        &every.collect::<Vec<_>>(),
        &targets.collect::<Vec<_>>(),
        six_digits,
    );
    for ((rows, (from, to)), choice) in groups.iter().zip(GROUPS).zip(CHOICES) {
        let scaled: Vec<Row> = rows.rows.iter().map(|row| shared.scaled(row)).collect();
        let quantiles = regress(&scaled, &rows.targets);
        let quantiles = quantiles.ok_or(FitSharedError::Undetermined { from, to })?;
        let (ridge, forest_weight, smoothing_weight) = choice;
        shared.groups.push(Group {
            quantiles,
            ridge,
            forest_weight,
            smoothing_weight,
        });
    }
    Ok(shared)
}

/// Adds the rows of one home. Days are looked at as measured, so that an outlier widens the bands.
fn collect(history: &History, groups: &mut [Rows; GROUPS.len()]) {
    let past = Past::new(history);
    let last = history.len().saturating_sub(1);
    for origin in (EARLIEST..last).step_by(STRIDE) {
        for (at, (rows, (from, to))) in groups.iter_mut().zip(GROUPS).enumerate() {
            let far = at + 1 == GROUPS.len();
            let (from, step) = if far {
                (from + origin % FAR_STRIDE, FAR_STRIDE)
            } else {
                (from, 1)
            };
            for ahead in (from..=to).step_by(step) {
                if let Some(Some(kwh)) = history.known().get(origin + ahead) {
                    rows.rows.push(past.row(origin, ahead));
                    rows.targets.push(kwh / past.scale(origin));
                }
            }
        }
    }
}

/// Mean of each column, and one over its deviation; a column that never varies says nothing.
fn scaling(groups: &[Rows]) -> (Vec<f64>, Vec<f64>) {
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let count = rows().count() as f64;
    let (mut offsets, mut factors) = (vec![0.0; COLUMNS], vec![0.0; COLUMNS]);
    for column in 1..COLUMNS {
        let mean = rows().map(|row| row[column]).sum::<f64>() / count;
        let squares: f64 = rows().map(|row| (row[column] - mean).powi(2)).sum();
        let deviation = (squares / count).sqrt();
        offsets[column] = six_digits(mean);
        if deviation > 1.0e-9 {
            factors[column] = six_digits(1.0 / deviation);
        }
    }
    (offsets, factors)
}

/// The coefficients of each quantile; the others start from the median's.
fn regress(rows: &[Row], targets: &[f64]) -> Option<[Vec<f64>; LEVELS.len()]> {
    let mut start = [0.0; COLUMNS];
    start[0] = 1.0;
    let median = quantile::fit(rows, targets, LEVELS[MEDIAN], RIDGE, &start)?;
    let mut quantiles: [Vec<f64>; LEVELS.len()] = Default::default();
    for (list, level) in quantiles.iter_mut().zip(LEVELS) {
        let found = quantile::fit(rows, targets, level, RIDGE, &median)?;
        *list = found.map(six_digits).to_vec();
    }
    Some(quantiles)
}

/// Rounds to six significant digits, more than such rows can tell.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or_default()
}
