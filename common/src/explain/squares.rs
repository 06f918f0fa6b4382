//! Least squares for two or three unknowns, in decimals, where some may not be below zero.

use rust_decimal::Decimal;

/// Columns that are so nearly in one line that nothing can be told apart: the share of a column's
/// square that the others leave.
const LEFT_BY_OTHERS: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// The coefficients of `rows` (columns and what they should give), with the sum of squared residuals.
/// Columns that are not `free` get no coefficient below zero. `None` where the columns do not tell
/// the coefficients apart, or a figure is too large.
pub(super) fn fit<const N: usize>(
    rows: &[([Decimal; N], Decimal)],
    free: [bool; N],
) -> Option<([Decimal; N], Decimal)> {
    if rows.len() < N {
        return None;
    }
    tells_apart(rows)?;
    // With so few columns every set of those that are held at zero is tried.
    (0..1_usize << N)
        .filter_map(|held| {
            let used: Vec<usize> = (0..N).filter(|at| held & (1 << at) == 0).collect();
            let found = solve(rows, &used)?;
            let mut all = [Decimal::ZERO; N];
            for (at, value) in used.iter().zip(found) {
                if value < Decimal::ZERO && !free[*at] {
                    return None;
                }
                all[*at] = value;
            }
            let residual = residual(rows, &all)?;
            Some((all, residual))
        })
        .min_by(|one, other| one.1.cmp(&other.1))
}

/// Whether each column has something that the others have not.
fn tells_apart<const N: usize>(rows: &[([Decimal; N], Decimal)]) -> Option<()> {
    for at in 0..N {
        let others: Vec<usize> = (0..N).filter(|other| *other != at).collect();
        let column: Vec<([Decimal; N], Decimal)> =
            rows.iter().map(|(row, _)| (*row, row[at])).collect();
        let whole = sum(rows.iter().map(|(row, _)| row[at].checked_mul(row[at])))?;
        let found = solve(&column, &others)?;
        let mut all = [Decimal::ZERO; N];
        for (other, value) in others.iter().zip(found) {
            all[*other] = value;
        }
        let left = residual(&column, &all)?;
        if left <= whole.checked_mul(LEFT_BY_OTHERS)? {
            return None;
        }
    }
    Some(())
}

fn residual<const N: usize>(
    rows: &[([Decimal; N], Decimal)],
    with: &[Decimal; N],
) -> Option<Decimal> {
    sum(rows.iter().map(|(row, target)| {
        let given = sum(row.iter().zip(with).map(|(x, b)| x.checked_mul(*b)))?;
        let off = target.checked_sub(given)?;
        off.checked_mul(off)
    }))
}

/// The normal equations of the used columns, by elimination.
fn solve<const N: usize>(rows: &[([Decimal; N], Decimal)], used: &[usize]) -> Option<Vec<Decimal>> {
    let mut system: Vec<Vec<Decimal>> = Vec::with_capacity(used.len());
    for one in used {
        let mut equation = Vec::with_capacity(used.len() + 1);
        for other in used {
            equation.push(sum(rows
                .iter()
                .map(|(row, _)| row[*one].checked_mul(row[*other])))?);
        }
        equation.push(sum(rows
            .iter()
            .map(|(row, target)| row[*one].checked_mul(*target)))?);
        system.push(equation);
    }
    for at in 0..used.len() {
        let pivot = (at..used.len())
            .max_by(|one, other| system[*one][at].abs().cmp(&system[*other][at].abs()))?;
        system.swap(at, pivot);
        let lead = system[at].clone();
        for equation in system.iter_mut().skip(at + 1) {
            let factor = equation[at].checked_div(lead[at])?;
            for (value, of_lead) in equation.iter_mut().zip(&lead) {
                *value = value.checked_sub(factor.checked_mul(*of_lead)?)?;
            }
        }
    }
    let mut found = vec![Decimal::ZERO; used.len()];
    for at in (0..used.len()).rev() {
        let known =
            sum((at + 1..used.len()).map(|next| system[at][next].checked_mul(found[next])))?;
        let rest = system[at][used.len()].checked_sub(known)?;
        found[at] = rest.checked_div(system[at][at])?;
    }
    Some(found)
}

fn sum(mut values: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    values.try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?))
}

/// The square root, to 12 places or so; zero for what has none.
pub(super) fn root(of: Decimal) -> Decimal {
    if of <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    let two = Decimal::TWO;
    let mut guess = if of > Decimal::ONE {
        of / two
    } else {
        Decimal::ONE
    };
    for _ in 0..200 {
        let Some(next) = of.checked_div(guess).map(|other| (guess + other) / two) else {
            break;
        };
        if (next - guess).abs() < Decimal::new(1, 12) {
            return next;
        }
        guess = next;
    }
    guess
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_follows_a_line_is_found_exactly() {
        let rows: Vec<([Decimal; 2], Decimal)> = [("30", "200"), ("31", "150"), ("29", "310")]
            .iter()
            .map(|(days, kwh)| {
                let (days, kwh) = (d(days), d(kwh));
                ([days, kwh], days * d("0.5") + kwh * d("0.9"))
            })
            .collect();
        let (found, residual) = fit(&rows, [false, false]).unwrap();
        assert_eq!(
            found.map(|value| value.round_dp(9).normalize()),
            [d("0.5"), d("0.9")]
        );
        assert!(residual < d("0.000001"), "{residual}");
    }

    #[test]
    fn columns_in_one_line_tell_nothing() {
        let rows = [
            ([d("30"), d("300")], d("1")),
            ([d("31"), d("310")], d("2")),
            ([d("29"), d("290")], d("3")),
        ];
        assert_eq!(fit(&rows, [true, true]), None);
    }

    #[test]
    fn a_root_is_a_root() {
        for value in ["2", "0.0004", "123456789.5", "1"] {
            let root = root(d(value));
            assert!((root * root - d(value)).abs() < d("0.000001"), "{value}");
        }
        assert_eq!(root(d("-1")), Decimal::ZERO);
    }
}
