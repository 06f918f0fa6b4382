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
pub(super) fn posterior(normal: &[Vec<f64>], sums: &[f64]) -> Option<Vec<f64>> {
    let inverse = inverse(normal)?;
    let by_sum: Vec<f64> = inverse
        .iter()
        .map(|row| row.iter().zip(sums).map(|(value, kwh)| value * kwh).sum())
        .collect();
    let whole: f64 = by_sum
        .iter()
        .zip(sums)
        .map(|(value, kwh)| value * kwh)
        .sum();
    let spread = |(at, row): (usize, &Vec<f64>)| {
        let known = if whole > 0.0 {
            by_sum[at].powi(2) / whole
        } else {
            0.0
        };
        (row[at] - known).max(0.0).sqrt()
    };
    Some(inverse.iter().enumerate().map(spread).collect())
}

/// The inverse of a symmetric matrix with a positive diagonal, by Gauss and Jordan: once for all columns, since a home
/// may have hundreds of devices.
fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let count = matrix.len();
    let mut rows = matrix.to_vec();
    let mut inverse = vec![vec![0.0; count]; count];
    for (at, row) in inverse.iter_mut().enumerate() {
        row[at] = 1.0;
    }
    for at in 0..count {
        let pivot = rows[at][at];
        if pivot.abs() < 1e-12 {
            return None;
        }
        for cell in rows[at].iter_mut().chain(&mut inverse[at]) {
            *cell /= pivot;
        }
        let (pivot_row, pivot_inverse) = (rows[at].clone(), inverse[at].clone());
        for other in (0..count).filter(|other| *other != at) {
            let part = rows[other][at];
            let cells = rows[other].iter_mut().chain(&mut inverse[other]);
            for (cell, over) in cells.zip(pivot_row.iter().chain(&pivot_inverse)) {
                *cell -= part * over;
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = [
            vec![4.0, 1.0, 0.5],
            vec![1.0, 3.0, -1.0],
            vec![0.5, -1.0, 2.0],
        ];
        let inverse = inverse(&matrix).unwrap();
        for (at, row) in matrix.iter().enumerate() {
            // Symmetric as it is, its columns are its rows.
            for (column, other) in inverse.iter().enumerate() {
                let sum: f64 = row.iter().zip(other).map(|(one, two)| one * two).sum();
                let wanted = f64::from(u8::from(at == column));
                assert!((sum - wanted).abs() < 1e-12, "{at} {column}: {sum}");
            }
        }
        assert!(super::inverse(&[vec![0.0]]).is_none());
    }

    #[test]
    fn what_is_known_of_the_sum_narrows_each_factor() {
        // Two factors of variance 1/4 whose sum is known move against each other only.
        let normal = [vec![4.0, 0.0], vec![0.0, 4.0]];
        let spreads = posterior(&normal, &[1.0, 1.0]).unwrap();
        let half = 0.125_f64.sqrt();
        assert!(spreads.iter().all(|spread| (spread - half).abs() < 1e-12));
    }
}
