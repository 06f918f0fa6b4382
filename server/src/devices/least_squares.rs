//! Least squares with a known sum and limits, and how sure its answer is. Pure.

/// The least of `f'Nf/2 - w'f` with `sums'f = total` and every factor within its limits: by the multiplier of the sum, which
/// moves all factors one way, and sweeps over the factors for each of its values. Where the limits do not let the sum
/// be reached, all stand at one of them.
pub(super) fn within_limits(
    normal: &[Vec<f64>],
    wanted: &[f64],
    sums: &[f64],
    total: f64,
    (least, most): (f64, f64),
) -> Vec<f64> {
    const SWEEPS: usize = 400;
    const HALVINGS: usize = 60;
    let count = wanted.len();
    let reach = |limit: f64| sums.iter().sum::<f64>() * limit;
    if reach(least) >= total {
        return vec![least; count];
    }
    if reach(most) <= total {
        return vec![most; count];
    }
    let solve = |multiplier: f64, from: &[f64]| {
        let mut factors = from.to_vec();
        for _ in 0..SWEEPS {
            let mut moved = 0.0_f64;
            for at in 0..count {
                let others: f64 = (0..count)
                    .filter(|other| *other != at)
                    .map(|other| normal[at][other] * factors[other])
                    .sum();
                let best = (wanted[at] + multiplier * sums[at] - others) / normal[at][at];
                let best = best.clamp(least, most);
                moved = moved.max((best - factors[at]).abs());
                factors[at] = best;
            }
            if moved < 1e-10 {
                break;
            }
        }
        factors
    };
    let sum = |factors: &[f64]| {
        sums.iter()
            .zip(factors)
            .map(|(kwh, f)| kwh * f)
            .sum::<f64>()
    };
    // How strongly a factor answers to the multiplier bounds where it has to be looked for.
    let strongest = (0..count)
        .filter(|at| sums[*at] > 0.0)
        .map(|at| {
            let row: f64 = normal[at].iter().sum::<f64>() * most + wanted[at].abs();
            row / sums[at]
        })
        .fold(1.0_f64, f64::max);
    let (mut low, mut high) = (-strongest, strongest);
    let middle = total / sums.iter().sum::<f64>();
    let mut factors = vec![middle.clamp(least, most); count];
    for _ in 0..HALVINGS {
        let multiplier = f64::midpoint(low, high);
        factors = solve(multiplier, &factors);
        if sum(&factors) > total {
            high = multiplier;
        } else {
            low = multiplier;
        }
    }
    exactly(factors, sums, total, (least, most))
}

/// The last bit that is missing to the sum, in proportion, as far as the limits let.
fn exactly(mut factors: Vec<f64>, sums: &[f64], total: f64, (least, most): (f64, f64)) -> Vec<f64> {
    for _ in 0..20 {
        let sum: f64 = sums.iter().zip(&factors).map(|(kwh, f)| kwh * f).sum();
        let off = total - sum;
        if off.abs() <= 1e-9 * total {
            break;
        }
        let open = |f: f64| if off > 0.0 { f < most } else { f > least };
        let movable: f64 = sums
            .iter()
            .zip(&factors)
            .filter(|(_, f)| open(**f))
            .map(|(kwh, f)| kwh * f)
            .sum();
        if movable <= 0.0 {
            break;
        }
        for factor in factors.iter_mut().filter(|f| open(**f)) {
            *factor = (*factor * (1.0 + off / movable)).clamp(least, most);
        }
    }
    factors
}

/// The spread of each factor that is left with the data and with the sum known; `None` of what has no inverse.
pub(super) fn posterior(normal: &[Vec<f64>], sums: &[f64], all: &[usize]) -> Option<Vec<f64>> {
    let inverse: Vec<Vec<f64>> = all
        .iter()
        .map(|at| {
            let mut unit = vec![0.0; all.len()];
            unit[*at] = 1.0;
            solved(normal, &unit)
        })
        .collect::<Option<_>>()?;
    let by_sum: Vec<f64> = inverse
        .iter()
        .map(|row| row.iter().zip(sums).map(|(value, kwh)| value * kwh).sum())
        .collect();
    let whole: f64 = by_sum
        .iter()
        .zip(sums)
        .map(|(value, kwh)| value * kwh)
        .sum();
    let spread = |at: &usize| {
        let known = if whole > 0.0 {
            by_sum[*at].powi(2) / whole
        } else {
            0.0
        };
        (inverse[*at][*at] - known).max(0.0).sqrt()
    };
    Some(all.iter().map(spread).collect())
}

/// The solution of a symmetric system with a positive diagonal, by Gaussian elimination.
fn solved(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let count = right.len();
    let mut rows: Vec<Vec<f64>> = matrix.to_vec();
    let mut values = right.to_vec();
    for at in 0..count {
        let pivot = rows[at][at];
        if pivot.abs() < 1e-12 {
            return None;
        }
        let (above, below) = rows.split_at_mut(at + 1);
        let pivot_row = &above[at];
        for (offset, row) in below.iter_mut().enumerate() {
            let part = row[at] / pivot;
            for (cell, over) in row[at..].iter_mut().zip(&pivot_row[at..]) {
                *cell -= part * over;
            }
            values[at + 1 + offset] -= part * values[at];
        }
    }
    for at in (0..count).rev() {
        let known: f64 = (at + 1..count)
            .map(|other| rows[at][other] * values[other])
            .sum();
        values[at] = (values[at] - known) / rows[at][at];
    }
    Some(values)
}
