//! Stamps and what follows them.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::layout::any_stamp;
use super::plan::{Plan, Value, folded};
use super::records::Cells;
use super::words;
use crate::import::month::read_month;
use crate::import::number;
use crate::import::series::Series;
use crate::import::shown;
use crate::import::stamp::Stamp;

/// So many seconds later.
pub(super) fn later(stamp: Stamp, seconds: i64) -> Stamp {
    if seconds == 0 {
        return stamp;
    }
    match stamp {
        Stamp::Instant(at) => Stamp::Instant(at + seconds),
        Stamp::Civil(shown) => {
            Stamp::Civil(shown.saturating_add(SignedDuration::from_secs(seconds)))
        }
        Stamp::Day(day) => Stamp::Civil(
            day.at(0, 0, 0, 0)
                .saturating_add(SignedDuration::from_secs(seconds)),
        ),
    }
}

/// What follows the last minute (or second) of an interval.
pub(super) fn after(last: Stamp) -> Stamp {
    match last {
        Stamp::Civil(shown) if shown.second() == 59 => later(last, 1),
        Stamp::Civil(shown) if shown.minute() % 5 == 4 => later(last, 60),
        Stamp::Instant(at) if at % 60 == 59 => later(last, 1),
        Stamp::Instant(at) if at / 60 % 5 == 4 => later(last, 60),
        Stamp::Day(day) => Stamp::Day(day.saturating_add(1.day())),
        other => other,
    }
}

/// The beginning of an interval that is told by its first second after the one before: from 0:00:01 to 0:30:00.
pub(super) fn full(first: Stamp, end: Stamp) -> Stamp {
    match (first, end) {
        (Stamp::Civil(from), Stamp::Civil(until)) if from.second() == 1 && until.second() == 0 => {
            later(first, -1)
        }
        (Stamp::Instant(from), Stamp::Instant(until)) if from % 60 == 1 && until % 60 == 0 => {
            later(first, -1)
        }
        _ => first,
    }
}

/// The beginning and the end of a month.
pub(super) fn whole_month(first: Date) -> (Stamp, Option<Stamp>) {
    let next = first.saturating_add(1.month());
    (Stamp::Day(first), Some(Stamp::Day(next)))
}

/// From one month to the beginning of another, or that one month; `None` where a cell is no month.
pub(super) fn months(from: &str, until: &str) -> Option<(Stamp, Option<Stamp>)> {
    let (first, last) = (read_month(from)?, read_month(until)?);
    if first == last {
        return Some(whole_month(first));
    }
    Some((Stamp::Day(first), Some(Stamp::Day(last))))
}

/// Seconds of an interval: minutes as a number, or `PT15M`, `PT1H`, `P1D`; nothing where it is none.
pub(super) fn length(cell: &str) -> Option<i64> {
    let cell = cell.trim().trim_matches('"');
    if let Ok(minutes) = cell.parse::<i64>() {
        return (1..=44_640).contains(&minutes).then(|| minutes * 60);
    }
    let (number, unit) = if let Some(rest) = cell.strip_prefix("PT") {
        (rest.strip_suffix(['H', 'M']), rest.ends_with('H'))
    } else {
        let days = cell.strip_prefix('P')?.strip_suffix('D')?;
        return days
            .parse::<i64>()
            .ok()
            .filter(|days| (1..=31).contains(days))
            .map(|days| days * 86_400);
    };
    let count: i64 = number?
        .parse()
        .ok()
        .filter(|count| (1..=1_440).contains(count))?;
    Some(count * if unit { 3_600 } else { 60 })
}

/// A row without a time: nothing, a line of words, or one that is broken.
pub(super) fn no_time(
    record: &impl Cells,
    plan: &Plan,
    cell: &str,
    line: u64,
    series: &mut Series<'_>,
) {
    let empty = (0..record.width()).all(|at| record.cell(at).trim().is_empty());
    if empty {
        return;
    }
    let letter = |text: &str| {
        text.trim_start()
            .chars()
            .next()
            .is_some_and(char::is_alphabetic)
    };
    let values = plan.values.iter().map(|value| record.cell(value.column));
    let has_number = values
        .clone()
        .any(|cell| cell.bytes().any(|byte| byte.is_ascii_digit()));
    // A sum below the table has no time of its own.
    let is_sum = || {
        let mut first = (0..record.width()).map(|at| words::things::words(record.cell(at)));
        first.any(|words| {
            let word = words.split_whitespace().next();
            word.is_some_and(|word| words::TOTALS.contains(&word))
        })
    };
    let words = cell.trim().is_empty() && is_sum()
        || !cell.trim().is_empty()
            && (!cell.bytes().any(|byte| byte.is_ascii_digit()) || (letter(cell) && !has_number));
    let code = if words { "not_a_row" } else { "timestamp" };
    series.findings.add(line, code, &[("found", &shown(cell))]);
}

/// Whether a row is the header of another table, which is no header of ours told again.
pub(super) fn is_other_header(record: &impl Cells, plan: &Plan) -> bool {
    let is_word = |cell: &str| {
        cell.chars().any(char::is_alphabetic)
            && any_stamp(cell).is_none()
            && number::read(cell, number::DecimalMark::Point) == number::Cell::Wrong
    };
    let mut cells = (0..record.width()).map(|at| record.cell(at).trim());
    let filled = cells.clone().filter(|cell| !cell.is_empty()).count();
    let other = |value: &Value| {
        let (cell, header) = (folded(record.cell(value.column)), folded(&value.header));
        !cell.is_empty() && !header.contains(&cell)
    };
    filled >= 2
        && cells.all(|cell| cell.is_empty() || is_word(cell))
        && plan.values.iter().any(other)
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_are_read_and_what_is_none_is_left() {
        let read = [
            "15",
            "PT15M",
            "PT1H",
            "P1D",
            "0",
            "9223372036854775807",
            "PT",
            "x",
        ]
        .map(length);
        let (quarter, hour, day) = (Some(900), Some(3_600), Some(86_400));
        assert_eq!(read, [quarter, quarter, hour, day, None, None, None, None]);
    }
}
