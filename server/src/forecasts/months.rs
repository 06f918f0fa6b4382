//! The months after the days ahead, up to a year: last year's same months, moved by how much the last weeks differ from
//! the same weeks a year ago, the less the farther ahead. No database, clock or randomness.

use jiff::ToSpan;
use jiff::civil::Date;

use super::history::History;
use super::interval::{Range, Width};

/// Months told of.
pub const MONTHS_AHEAD: usize = 12;
/// Days of history needed: a year, and the weeks before it that it is compared by.
pub const NEEDED_DAYS: usize = 365 + LATELY;

/// Weeks that are compared with a year ago.
const LATELY: usize = 56;
const YEAR: usize = 364;
/// How much of that difference is left after a month.
const LASTING: f64 = 0.85;
/// Share of a month's days that must have been measured a year ago.
const KNOWN: f64 = 0.6;
/// Half widths of the bands as shares of the month: what months of published homes differed by.
const WIDTH: Width = Width {
    half80: 0.30,
    half95: 0.50,
};

/// Each month's first day and energy, from the first whole month after the last day on, up to the first one that was
/// not known a year ago; none of a home with less than [`NEEDED_DAYS`].
pub fn forecast(history: &History) -> Vec<(Date, Range)> {
    let mut months = Vec::new();
    let end = history.len();
    let (Some(origin), true) = (history.last(), end >= NEEDED_DAYS) else {
        return months;
    };
    let first = origin.first_of_month().saturating_add(1.month());
    let Some(now) = mean_of(history, end - LATELY..end) else {
        return months;
    };
    let then = mean_of(history, end - LATELY - YEAR..end - YEAR);
    let change = then
        .filter(|then| *then > 0.0)
        .map_or(1.0, |then| (now / then).clamp(0.4, 2.5));
    for ahead in 0..MONTHS_AHEAD {
        let month = first.saturating_add(i32::try_from(ahead).unwrap_or(0).months());
        let days = usize::from(month.days_in_month().unsigned_abs());
        let from = history.ahead_of(month);
        let Some(usual) = year_before(history, from, days) else {
            break;
        };
        let kwh = usual * days as f64 * change.powf(LASTING.powf((ahead + 1) as f64));
        months.push((month, WIDTH.around(kwh, kwh)));
    }
    months
}

/// Mean kWh a day of the same days one year before (two where one is not yet known).
fn year_before(history: &History, from: usize, days: usize) -> Option<f64> {
    let back = if from + days <= history.len() + YEAR {
        YEAR
    } else {
        2 * YEAR
    };
    let start = from.checked_sub(back)?;
    mean_of(history, start..start + days)
}

fn mean_of(history: &History, days: std::ops::Range<usize>) -> Option<f64> {
    let count = days.len() as f64;
    let known: Vec<f64> = history
        .known()
        .get(days)?
        .iter()
        .flatten()
        .copied()
        .collect();
    (known.len() as f64 >= KNOWN * count).then(|| known.iter().sum::<f64>() / known.len() as f64)
}
