//! Stamps and what follows them.

use jiff::{SignedDuration, ToSpan};

use super::records::Cells;
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

/// A row without a time: nothing, a line of words, or one that is broken.
pub(super) fn no_time(record: &impl Cells, cell: &str, line: u64, series: &mut Series<'_>) {
    let empty = (0..record.width()).all(|at| record.cell(at).trim().is_empty());
    if empty {
        return;
    }
    let words = !cell.bytes().any(|byte| byte.is_ascii_digit()) && !cell.trim().is_empty();
    let code = if words { "not_a_row" } else { "timestamp" };
    series.findings.add(line, code, &[("found", &shown(cell))]);
}
