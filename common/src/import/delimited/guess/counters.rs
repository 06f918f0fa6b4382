//! Whether numbers are those of a register, which only grow, or each of its own time.

use crate::import::number::{self, Cell, DecimalMark};
use crate::import::series::Kind;
use crate::import::unit::Unit;

use super::super::layout::{Column, Layout, any_stamp};
use super::super::mapping::ValueColumn;
use super::super::plan::{folded, unit_in};
use super::super::words::{AMOUNTS, NO_REGISTERS, REGISTERS, channel_in, spaced, things};
use super::{MOST_COMPARED, cells, header, is_energy};

/// Steps after which a register stands where it was found: so many that no meter of a home is as young.
const STEPS_TOLD: i64 = 50;
/// The same of a column of few rows, where another of its kind is no register.
const STEPS_OF_FEW: i64 = 1_000;
/// Rows that are few.
const ROWS_FEW: usize = 20;
/// Fewer, which tell of a register where many rows only grow.
const STEPS_LIKELY: i64 = 5;
/// Rows that are many.
const ROWS_LIKELY: usize = 8;
/// Rows, and seconds from the first to the last, after which numbers that never fell are a register's.
const ROWS_YOUNG: usize = 40;
const SECONDS_YOUNG: i64 = 36 * 3_600;
/// How many times as high a column may be as another of its kind.
const TIMES_AS_HIGH: i64 = 20;
/// Steps by which a column shows that it goes both ways.
const STEPS_BOTH: usize = 6;

/// The numbers of a column row by row, in billionths, whatever their unit is.
pub(super) fn numbers(layout: &Layout, at: usize) -> Vec<Option<i64>> {
    let evidence = layout.columns[at].marks;
    let mark = evidence
        .decide(DecimalMark::Point)
        .unwrap_or(DecimalMark::Point);
    let rows = layout.rows.iter();
    rows.map(|row| match number::read(row.get(at)?, mark) {
        Cell::Value(number) => number.to_nano(Unit::KWH),
        _ => None,
    })
    .collect()
}

/// Whether a column's numbers only grow, from a height that its steps would not reach soon.
pub(in crate::import::delimited) fn counts(layout: &Layout, at: usize) -> bool {
    let column = &layout.columns[at];
    if !column.monotone || column.negative {
        return false;
    }
    let rows = numbers(layout, at);
    let values: Vec<i64> = rows.iter().copied().flatten().collect();
    let doubt = values.len() < ROWS_FEW && has_other_way(layout, at);
    // Steps are told by the rows that follow one another; where nothing happens there, by all others.
    let near = first_of(layout, rows);
    let (rises, falls) = ways(&values);
    let often = near.len() < ROWS_YOUNG || rises.max(falls) >= ROWS_YOUNG;
    grows(&near, &column.header, doubt)
        .or_else(|| grows(&values, &column.header, doubt).filter(|_| often))
        .unwrap_or(false)
        || is_young(layout, &values)
}

/// Of the numbers of all rows those of the first, which follow one another.
fn first_of(layout: &Layout, numbers: Vec<Option<i64>>) -> Vec<i64> {
    numbers.into_iter().take(layout.first).flatten().collect()
}

/// Whether numbers that only grow are those of a register that began at nothing not long ago: for longer than a day
/// they never fall, which is nothing that is used or made does, by steps that do.
fn is_young(layout: &Layout, values: &[i64]) -> bool {
    let steps: Vec<i64> = values.windows(2).map(|two| two[1] - two[0]).collect();
    let (rises, falls) = ways(&steps);
    let grown = steps.iter().filter(|step| **step != 0).count();
    values.len() >= ROWS_YOUNG
        && grown * 2 > steps.len()
        && rises.min(falls) * 8 > steps.len()
        && seconds_told(layout) > SECONDS_YOUNG
}

/// How long the rows of a table are, by the first of its columns that are stamps.
fn seconds_told(layout: &Layout) -> i64 {
    let Some(at) = layout.columns.iter().position(Column::is_time) else {
        return 0;
    };
    let stamps = layout.rows.iter().filter_map(|row| row.get(at));
    let (first, last) = stamps
        .filter_map(any_stamp)
        .map(super::time::seconds)
        .fold((i64::MAX, i64::MIN), |(first, last), at| {
            (first.min(at), last.max(at))
        });
    last.saturating_sub(first)
}

/// Whether the numbers of one thing are a register's. `None` where they are too few to tell, or all the
/// same; `doubt` where others beside them are none.
pub(super) fn grows(values: &[i64], header: &str, doubt: bool) -> Option<bool> {
    let (rises, falls) = ways(values);
    if (rises > 0 && falls > 0) || values.iter().any(|value| *value < 0) {
        return Some(false);
    }
    let (low, high) = (*values.iter().min()?, *values.iter().max()?);
    if values.len() < 3 || high <= low {
        return None;
    }
    let steps = i64::try_from(values.len()).unwrap_or(i64::MAX).max(2) - 1;
    let step = (high - low) / steps;
    if doubt && values.len() < ROWS_FEW {
        return Some(low / STEPS_OF_FEW > step);
    }
    // Statistics call their registers so.
    let words = things::words(header);
    if words.trim() == "sum" && values.len() >= ROWS_LIKELY {
        return Some(true);
    }
    // Energies that happen to grow begin near their own size, and do not grow for long.
    let header = folded(&spaced(header));
    let amount = AMOUNTS.iter().any(|word| header.contains(word));
    Some(
        low / STEPS_TOLD > step
            || (low / STEPS_LIKELY > step && values.len() >= ROWS_LIKELY && !amount),
    )
}

/// Whether a header says that its column is a register, and nothing in the column says that it is none.
pub(super) fn is_register(header: &str, values: &[i64]) -> bool {
    let header = folded(header);
    let (rises, falls) = ways(values);
    let steps = values.len().saturating_sub(1);
    let both = steps >= STEPS_BOTH && rises * 4 > steps && falls * 4 > steps;
    !both
        && REGISTERS.iter().any(|word| header.contains(word))
        && !NO_REGISTERS.iter().any(|word| header.contains(word))
}

/// Registers that stand still beside one that counts: nothing was given in winter, nothing used by night. Their
/// numbers are so high that they are no energy of one of its steps, or begin to count later and never fall.
pub(super) fn hear_standing(layout: &Layout, values: &mut [ValueColumn]) {
    let unit = |value: &ValueColumn| unit_in(header(layout, value));
    let counting = values.iter().find_map(|value| {
        let numbers = first_of(layout, cells(layout, value));
        let (low, high) = (*numbers.iter().min()?, *numbers.iter().max()?);
        let steps = i64::try_from(numbers.len()).ok()? - 1;
        let counts = value.kind == Kind::Register && low >= 0 && high > low && steps > 0;
        counts.then(|| (unit(value), (high - low) / steps))
    });
    let Some((of, step)) = counting else {
        return;
    };
    for value in values.iter_mut().filter(|value| value.kind == Kind::Usage) {
        let numbers: Vec<i64> = cells(layout, value).into_iter().flatten().collect();
        let stands = numbers.len() >= 2 && numbers.iter().all(|number| *number == numbers[0]);
        let (rises, falls) = ways(&numbers);
        let counts_later = numbers.len() >= ROWS_YOUNG
            && rises.max(falls) >= ROWS_YOUNG
            && rises.min(falls) == 0
            && numbers.iter().all(|number| *number >= 0);
        if unit(value) == of && (counts_later || (stands && numbers[0] / STEPS_TOLD > step)) {
            value.kind = Kind::Register;
        }
    }
}

/// How often numbers rise, and how often they fall.
pub(super) fn ways(values: &[i64]) -> (usize, usize) {
    let pairs = || values.windows(2);
    (
        pairs().filter(|two| two[1] > two[0]).count(),
        pairs().filter(|two| two[1] < two[0]).count(),
    )
}

/// Whether another column of energy in the same unit goes the other way, or both.
fn has_other_way(layout: &Layout, at: usize) -> bool {
    if layout.columns.len() > MOST_COMPARED {
        return false;
    }
    let unit = unit_in(&layout.columns[at].header);
    let cells = |at: usize| -> Vec<i64> { numbers(layout, at).into_iter().flatten().collect() };
    let own = cells(at);
    let (up, down) = ways(&own);
    let low = own.iter().min().copied().unwrap_or(0);
    let is_like = |other: &Column| {
        other.is_number()
            && is_energy(other)
            && unit_in(&other.header) == unit
            && (unit.is_some() || channel_in(&other.header).is_some())
    };
    let mut others = layout.columns.iter().enumerate();
    others.any(|(other, column)| {
        if other == at || !is_like(column) {
            return false;
        }
        let other = cells(other);
        // Next to what was used in a time, a register stands high.
        let near = other
            .iter()
            .max()
            .is_some_and(|high| *high >= low / TIMES_AS_HIGH);
        let (other_up, other_down) = ways(&other);
        near && ((up > 0 && other_down > 0) || (down > 0 && other_up > 0))
    })
}
