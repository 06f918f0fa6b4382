//! Linear quantile regression by re-weighted least squares, with a ridge.
//!
//! In plain loops over rows, in their order, so that the same rows give the same coefficients on every machine; a
//! library's matrix product may not.

use super::features::{COLUMNS, Row};

/// Rounds of re-weighting; the pinball loss has stopped falling by then.
const ROUNDS: usize = 25;
/// Residuals below this count as this, so that no row gets an endless weight.
const SMALLEST: f64 = 0.03;

/// The coefficients that minimise the pinball loss at `level` plus `ridge` times the squared coefficients, but for the
/// first column's, the constant. One target per row; `start` are coefficients to begin with.
pub fn fit(rows: &[Row], targets: &[f64], level: f64, ridge: f64, start: &Row) -> Option<Row> {
    let mut coefficients = *start;
    for _ in 0..ROUNDS {
        let mut sums = Sums::default();
        for (row, target) in rows.iter().zip(targets) {
            let residual = target - dot(&coefficients, row);
            let side = if residual >= 0.0 { level } else { 1.0 - level };
            sums.add(row, *target, side / residual.abs().max(SMALLEST));
        }
        coefficients = sums.solve(|column| if column == 0 { 0.0 } else { ridge })?;
    }
    Some(coefficients)
}

/// Sum of the products of coefficients and columns; of what there is, where a damaged list is shorter.
pub fn dot(coefficients: &[f64], row: &Row) -> f64 {
    coefficients.iter().zip(row).map(|(c, x)| c * x).sum()
}

/// The weighted sums that least squares needs of its rows.
#[derive(Debug, Clone)]
pub struct Sums {
    /// Products of columns, the upper triangle only. Shape (COLUMNS, COLUMNS).
    gram: Vec<Row>,
    /// Products of columns and target.
    right: Row,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            gram: vec![[0.0; COLUMNS]; COLUMNS],
            right: [0.0; COLUMNS],
        }
    }
}

impl Sums {
    /// Adds a row.
    pub fn add(&mut self, row: &Row, target: f64, weight: f64) {
        for (i, (line, cell)) in self.gram.iter_mut().zip(row).enumerate() {
            let times = weight * cell;
            self.right[i] += times * target;
            for (sum, other) in line[i..].iter_mut().zip(&row[i..]) {
                *sum += times * other;
            }
        }
    }

    /// The coefficients of least squares with `ridge` of each column added to its square, by Cholesky's factors; `None`
    /// where the columns do not determine them.
    pub fn solve(&self, ridge: impl Fn(usize) -> f64) -> Option<Row> {
        // Row `i` of the upper factor `U`, with `U'U` the matrix.
        let mut upper = self.gram.clone();
        let mut solution = self.right;
        for i in 0..COLUMNS {
            let pivot = upper[i][i] + ridge(i);
            if !(pivot.is_finite() && pivot > 0.0) {
                return None;
            }
            let root = pivot.sqrt();
            upper[i][i] = root;
            upper[i][i + 1..].iter_mut().for_each(|cell| *cell /= root);
            solution[i] /= root;
            let line = upper[i];
            for k in i + 1..COLUMNS {
                let factor = line[k];
                for (cell, above) in upper[k][k..].iter_mut().zip(&line[k..]) {
                    *cell -= factor * above;
                }
                solution[k] -= factor * solution[i];
            }
        }
        for i in (0..COLUMNS).rev() {
            let known: f64 = (i + 1..COLUMNS).map(|k| upper[i][k] * solution[k]).sum();
            solution[i] = (solution[i] - known) / upper[i][i];
        }
        solution
            .iter()
            .all(|cell| cell.is_finite())
            .then_some(solution)
    }
}
