//! The seed's line: linfa's ordinary least squares and elastic net on calendar and lags, fitted to one home.
//!
//! One set of coefficients per group of days ahead, since tomorrow leans on yesterday and next month does not. Scaling,
//! the regression and the elastic net are linfa's. No database, clock or randomness.

use linfa::{Dataset, DatasetBase, traits::Fit, traits::Transformer};
use linfa_elasticnet::ElasticNetParams;
use linfa_linear::LinearRegression;
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array1, Array2, Axis, Slice, concatenate};
use serde::{Deserialize, Serialize};

use super::features::{COLUMNS, Features, MIN_ORIGIN, YEARLY};
use super::history::History;
use super::horizon::GROUPS;
use super::interval::tidy;

/// Rows kept per target day in each group; neighbouring horizons say nearly the same and cost the same.
const ROWS_PER_TARGET: [usize; GROUPS.len()] = [1, 1, 1, 2, 2, 2];

/// Rows reach back at most this far: four years of seasons, and a bound on the time a training takes.
const REACH_DAYS: usize = 1461;
/// Days of target dates from which the yearly columns are used: below, winter cannot be told from a trend.
const YEARLY_DAYS: usize = 550;
/// A training target above this multiple of the home's level is pulled in to it.
const MAX_RATIO: f64 = 5.0;
/// Elastic net: penalty for the next day in units of the targets' standard deviation, and the share of the absolute
/// penalty in it.
const PENALTY: f64 = 0.03;
const L1_RATIO: f64 = 0.5;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Ordinary least squares.
    LeastSquares,
    /// With a penalty on coefficients.
    ElasticNet,
}

impl Method {
    /// Training rows that a group needs before its coefficients are believed.
    fn rows_needed(self) -> usize {
        match self {
            Self::LeastSquares => 2 * COLUMNS,
            Self::ElasticNet => 14,
        }
    }
}

/// Why a candidate could not be fitted. Others may still be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FitError {
    #[error("{have} training rows, {need} are needed")]
    TooFewRows { have: usize, need: usize },
    #[error("the equations have no stable solution")]
    Unstable,
    #[error("it is not fitted to days")]
    NotFitted,
}

/// Training rows of a history, per group in the order of their target days, made once and cut at any origin.
#[derive(Debug, Clone)]
pub struct Samples {
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    /// Shape (rows, [`COLUMNS`]).
    rows: Array2<f64>,
    /// Target kWh over the home's level at the origin. Shape (rows).
    targets: Array1<f64>,
    /// Index of the target day, ascending. Shape (rows).
    days: Vec<usize>,
}

impl Samples {
    /// Rows for horizons up to `horizon` days; only measured days are targets.
    pub fn new(features: &Features<'_>, horizon: usize) -> Self {
        let history = features.history();
        let first = first_day(history);
        let groups = GROUPS
            .iter()
            .zip(ROWS_PER_TARGET)
            .map(|(&(low, high), kept)| {
                let high = high.min(horizon).max(low);
                let step = (high - low + 1).div_ceil(kept);
                let (mut flat, mut targets, mut days) = (Vec::new(), Vec::new(), Vec::new());
                for (target, _) in history
                    .known()
                    .iter()
                    .enumerate()
                    .skip(first)
                    .filter(|(_, kwh)| kwh.is_some())
                {
                    // The offset moves by one a day, so every horizon gets its share.
                    for h in (low + target % step..=high).step_by(step) {
                        let Some(origin) = target.checked_sub(h).filter(|o| *o >= MIN_ORIGIN)
                        else {
                            break;
                        };
                        flat.extend(features.row(origin, h));
                        let ratio = history.clean()[target] / features.scale(origin);
                        targets.push(ratio.min(MAX_RATIO));
                        days.push(target);
                    }
                }
                let rows = Array2::from_shape_vec((days.len(), COLUMNS), flat)
                    .expect("every row extends the buffer by COLUMNS");
                Group {
                    rows,
                    targets: targets.into(),
                    days,
                }
            })
            .collect();
        Self { groups }
    }

    /// No rows, for candidates that learn nothing.
    pub fn none() -> Self {
        Self { groups: Vec::new() }
    }

    /// The rows whose targets were known at `origin`, scaled and condensed for fitting.
    pub fn until(&self, origin: usize) -> Training {
        let groups = self
            .groups
            .iter()
            .map(|group| {
                let rows = group.days.partition_point(|day| *day <= origin);
                let span = group.days[..rows]
                    .first()
                    .map_or(0, |first| origin.saturating_sub(*first));
                condense(group, rows, span)
            })
            .collect();
        Training { groups }
    }
}

/// Index of the first day that rows are made of.
pub fn first_day(history: &History) -> usize {
    history.len().saturating_sub(REACH_DAYS)
}

/// Everything that fitting needs of some rows, whatever the candidate.
#[derive(Debug, Clone)]
pub struct Training {
    groups: Vec<Condensed>,
}

#[derive(Debug, Clone)]
struct Condensed {
    rows: usize,
    scaling: Scaling,
    mean: f64,
    deviation: f64,
    /// Upper triangle `R` with `RᵀR = [X y]ᵀ[X y]`, last column the target's. Shape (COLUMNS + 1, COLUMNS + 1).
    root: Option<Array2<f64>>,
}

impl Training {
    /// No rows, for candidates that are not fitted to any.
    pub fn none() -> Self {
        Self { groups: Vec::new() }
    }

    /// Training rows over all groups.
    pub fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows).sum()
    }
}

/// Offsets and factors that linfa's standard scaler learnt. They are kept in a type of our own, because linfa's has
/// no constructor and `serde_json` reads floats back to the bit only when they are [`tidy`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Scaling {
    offsets: Vec<f64>,
    factors: Vec<f64>,
}

/// Scales the rows and condenses them to their triangular root, so that fitting costs the same for one year as for
/// ten: least squares on `R` has the same solution as on all rows.
fn condense(group: &Group, rows: usize, span: usize) -> Condensed {
    let nothing = Condensed {
        rows,
        scaling: Scaling {
            offsets: vec![0.0; COLUMNS],
            factors: vec![0.0; COLUMNS],
        },
        mean: 0.0,
        deviation: 0.0,
        root: None,
    };
    let records = group.rows.slice_axis(Axis(0), Slice::from(..rows));
    let targets = group.targets.slice_axis(Axis(0), Slice::from(..rows));
    let Ok(scaler) = LinearScaler::standard().fit(&DatasetBase::from(records)) else {
        return nothing;
    };
    let factors = scaler.scales().iter().enumerate().map(|(column, factor)| {
        // linfa leaves a column alone when its deviation is below one epsilon; a constant one with rounding noise
        // would be blown up to noise of size one. Such a column, and the year's shape before a year, says nothing.
        let silent = *factor > 1.0e9 || (span < YEARLY_DAYS && YEARLY.contains(&column));
        if silent { 0.0 } else { tidy(*factor) }
    });
    let scaling = Scaling {
        factors: factors.collect(),
        offsets: scaler
            .offsets()
            .iter()
            .map(|offset| tidy(*offset))
            .collect(),
    };
    let mut standard = scaler.transform(records.to_owned());
    for (mut column, factor) in standard.columns_mut().into_iter().zip(&scaling.factors) {
        if *factor == 0.0 {
            column.fill(0.0);
        }
    }
    let mean = targets.mean().unwrap_or_default();
    let deviation = targets.std(0.0);
    let centred = (&targets - mean).insert_axis(Axis(1));
    let Ok(joined) = concatenate(Axis(1), &[standard.view(), centred.view()]) else {
        return nothing;
    };
    let mut gram = joined.t().dot(&joined);
    // A breath of ridge: the seven weekdays sum to one, and silent columns are all zero.
    let ridge = 1.0e-6 * rows as f64;
    for i in 0..COLUMNS {
        gram[[i, i]] += ridge;
    }
    Condensed {
        rows,
        scaling,
        mean,
        deviation,
        root: triangular_root(gram),
    }
}

/// Cholesky's upper triangle of a symmetric matrix; a pivot lost to rounding becomes a row of zeros. Nothing if an
/// entry is not finite.
fn triangular_root(mut matrix: Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    for i in 0..n {
        let pivot = matrix[[i, i]];
        if !pivot.is_finite() {
            return None;
        }
        let root = pivot.max(0.0).sqrt();
        for j in i..n {
            matrix[[i, j]] = if root > 1.0e-12 {
                matrix[[i, j]] / root
            } else {
                0.0
            };
        }
        for k in i + 1..n {
            matrix[[k, i]] = 0.0;
            let factor = matrix[[i, k]];
            if factor != 0.0 {
                for j in k..n {
                    let above = matrix[[i, j]];
                    matrix[[k, j]] -= factor * above;
                }
            }
        }
    }
    Some(matrix)
}

/// One group's linear function of the scaled features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    scaling: Scaling,
    weights: Vec<f64>,
    intercept: f64,
}

impl Coefficients {
    /// What the row lets expect, in units of the home's level.
    pub fn value(&self, row: &[f64]) -> f64 {
        let terms = row
            .iter()
            .zip(&self.scaling.offsets)
            .zip(&self.scaling.factors)
            .zip(&self.weights)
            .map(|(((x, offset), factor), weight)| (x - offset) * factor * weight);
        self.intercept + terms.sum::<f64>()
    }
}

/// Fits one set of coefficients per group. The same training gives the same ones to the bit.
pub fn fit(method: Method, training: &Training) -> Result<Vec<Coefficients>, FitError> {
    let need = method.rows_needed();
    let mut groups: Vec<Coefficients> = Vec::with_capacity(GROUPS.len());
    for (group, (nearest, _)) in training.groups.iter().zip(GROUPS) {
        // Young histories have no rows for far horizons yet; the nearer group stands in.
        let coefficients = match groups.last() {
            Some(nearer) if group.rows < need => nearer.clone(),
            None if group.rows < need => {
                return Err(FitError::TooFewRows {
                    have: group.rows,
                    need,
                });
            }
            _ => solve(method, group, nearest)?,
        };
        groups.push(coefficients);
    }
    if groups.is_empty() {
        return Err(FitError::TooFewRows { have: 0, need });
    }
    Ok(groups)
}

fn solve(method: Method, group: &Condensed, nearest: usize) -> Result<Coefficients, FitError> {
    let root = group.root.as_ref().ok_or(FitError::Unstable)?;
    let weights = if group.deviation < 1.0e-9 {
        // Every target is the same: nothing to explain.
        vec![0.0; COLUMNS]
    } else {
        let condensed = Dataset::new(
            root.slice_axis(Axis(1), Slice::from(..COLUMNS)).to_owned(),
            root.column(COLUMNS).to_owned(),
        );
        let weights = if method == Method::ElasticNet {
            // linfa divides the squared error by the number of rows it sees, which here stand for many more.
            let stands_for = group.rows as f64 / (COLUMNS + 1) as f64;
            // Windows of h days overlap, so rows h days ahead hold about 1/h of the evidence.
            let overlap = (nearest as f64).sqrt();
            ElasticNetParams::new()
                .penalty(PENALTY * overlap * group.deviation * stands_for)
                .l1_ratio(L1_RATIO)
                .with_intercept(false)
                .max_iterations(300)
                .fit(&condensed)
                .map_err(|_| FitError::Unstable)?
                .hyperplane()
                .to_vec()
        } else {
            LinearRegression::new()
                .with_intercept(false)
                .fit(&condensed)
                .map_err(|_| FitError::Unstable)?
                .params()
                .to_vec()
        };
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(FitError::Unstable);
        }
        weights.into_iter().map(tidy).collect()
    };
    Ok(Coefficients {
        scaling: group.scaling.clone(),
        weights,
        intercept: tidy(group.mean),
    })
}
