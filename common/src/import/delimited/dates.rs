//! The dates of a table: in which order their numbers stand, and what a row is of whose time is a day alone.

use std::cmp::Ordering;

use jiff::ToSpan;
use jiff::civil::Date;

use super::layout::Layout;
use super::mapping::{Dates, Mapping};
use super::plan::{Time, Value};
use crate::import::series::{Kind, StampIs};
use crate::import::stamp::{self, DateOrder, OrderEvidence, Stamp, StampStyle};

/// What a row is of whose time is a day alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Each {
    /// That day.
    Day,
    /// The seven days from it on.
    Week,
    /// The seven days up to it.
    WeekTo,
    /// So many months from its own on.
    Months(i32),
    /// So many months up to its own.
    MonthsTo(i32),
}

/// Rows by which it is told that they are of weeks or months.
const ROWS_OF_EACH: usize = 3;

impl Each {
    /// What rows of these days are of.
    pub(super) fn of(mut days: Vec<Date>) -> Self {
        days.sort_unstable();
        days.dedup();
        if days.len() < ROWS_OF_EACH {
            return Self::Day;
        }
        let first = days.iter().all(|day| day.day() == 1);
        let last = days.iter().all(|day| day.day() == day.days_in_month());
        let apart =
            |two: &[Date]| i64::from(two[0].until(two[1]).map_or(0, |span| span.get_days()));
        let weeks = days.windows(2).filter(|two| apart(two) == 7).count();
        if first {
            Self::Months(months_apart(&days))
        } else if last {
            Self::MonthsTo(months_apart(&days))
        } else if weeks * 4 >= (days.len() - 1) * 3
            && days.windows(2).all(|two| apart(two) % 7 == 0)
        {
            Self::Week
        } else {
            Self::Day
        }
    }

    /// The beginning and the end of a row of `day`.
    pub(super) fn span(self, day: Date) -> (Stamp, Option<Stamp>) {
        match self {
            Self::Day => (Stamp::Day(day), None),
            Self::Week => {
                let end = day.saturating_add(7.days());
                (Stamp::Day(day), Some(Stamp::Day(end)))
            }
            Self::WeekTo => {
                let after = day.saturating_add(1.day());
                (
                    Stamp::Day(after.saturating_sub(7.days())),
                    Some(Stamp::Day(after)),
                )
            }
            Self::Months(count) => {
                let first = day.first_of_month();
                let end = first.saturating_add(count.months());
                (Stamp::Day(first), Some(Stamp::Day(end)))
            }
            Self::MonthsTo(count) => {
                let end = day.first_of_month().saturating_add(1.month());
                let first = end.saturating_sub(count.months());
                (Stamp::Day(first), Some(Stamp::Day(end)))
            }
        }
    }
}

/// Of how many months each row is: a quarter of a year, half of it or all where no two are nearer, else one.
fn months_apart(days: &[Date]) -> i32 {
    let month = |day: &Date| i32::from(day.year()) * 12 + i32::from(day.month());
    let apart = days.windows(2).map(|two| month(&two[1]) - month(&two[0]));
    let least = apart.clone().min().unwrap_or(1);
    let even = apart.clone().all(|months| months % least.max(1) == 0);
    if even && matches!(least, 3 | 6 | 12) {
        least
    } else {
        1
    }
}

/// Days, weeks or months, as the days of rows are apart. A register stands where it does on its day.
pub(super) fn each(
    mapping: &Mapping,
    layout: &Layout,
    time: &Time,
    order: DateOrder,
    values: &[Value],
) -> Each {
    let Time::At { column, .. } = *time else {
        return Each::Day;
    };
    if values.iter().any(|value| value.kind == Kind::Register) {
        return Each::Day;
    }
    match Each::of(of_column(layout, column, order).unwrap_or_default()) {
        Each::Week if mapping.stamp_is == StampIs::End => Each::WeekTo,
        each => each,
    }
}

/// The days of a column, where it has nothing else.
fn of_column(layout: &Layout, column: usize, order: DateOrder) -> Option<Vec<Date>> {
    let style = StampStyle {
        order,
        epoch: false,
    };
    let cells = layout.rows.iter().filter_map(|row| row.get(column));
    let days = cells
        .filter(|cell| !cell.trim().is_empty())
        .filter_map(|cell| stamp::read(cell, style));
    days.map(|stamp| match stamp {
        Stamp::Day(day) => Some(day),
        _ => None,
    })
    .collect()
}

pub(super) fn date_order(
    mapping: &Mapping,
    layout: &Layout,
    time: &Time,
    usual: DateOrder,
) -> (DateOrder, bool) {
    match mapping.dates {
        Some(Dates::DayFirst) => return (DateOrder::DayFirst, false),
        Some(Dates::MonthFirst) => return (DateOrder::MonthFirst, false),
        None => {}
    }
    if matches!(time, Time::YearAndMonth { .. }) {
        return (DateOrder::DayFirst, false);
    }
    let mut evidence = OrderEvidence::default();
    for column in time.dates() {
        let of = layout.columns[column].order;
        evidence.day_first += of.day_first;
        evidence.month_first += of.month_first;
        evidence.either += of.either;
    }
    let column = time.dates().next().unwrap_or(0);
    if let Some(order) = evidence.decide() {
        return (order, false);
    }
    if evidence.either == 0 {
        return (DateOrder::DayFirst, false);
    }
    // Rows follow each other evenly in the right order, and by months in the wrong one.
    let unevenness = |order: DateOrder| {
        let stamps: Vec<i64> = layout
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter_map(|cell| {
                match stamp::read(
                    cell,
                    StampStyle {
                        order,
                        epoch: false,
                    },
                )? {
                    Stamp::Instant(at) => Some(at),
                    Stamp::Civil(shown) => Some(stamp::seconds(shown)),
                    Stamp::Day(day) => Some(stamp::seconds(day.at(0, 0, 0, 0))),
                }
            })
            .collect();
        stamps
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .max()
            .unwrap_or(0)
    };
    let (days, months) = (
        unevenness(DateOrder::DayFirst),
        unevenness(DateOrder::MonthFirst),
    );
    // Rows of months in one order are rows of days in the other.
    let once = |days: &Vec<Date>| days.windows(2).all(|two| two[0] != two[1]);
    let of_months = matches!(time, Time::At { .. })
        && [DateOrder::DayFirst, DateOrder::MonthFirst]
            .into_iter()
            .filter_map(|order| of_column(layout, column, order))
            .any(|days| {
                once(&days) && matches!(Each::of(days), Each::Months(_) | Each::MonthsTo(_))
            });
    let order = match months.cmp(&days) {
        _ if of_months => usual,
        Ordering::Less => DateOrder::MonthFirst,
        Ordering::Greater => DateOrder::DayFirst,
        Ordering::Equal => usual,
    };
    (order, true)
}

/// Whether rows of 0:00 stand with the evening of their date: as the end of it.
pub(super) fn has_late_midnight(layout: &Layout, date: usize, clock: usize) -> bool {
    let rows = layout.rows.iter().take(layout.first).filter_map(|row| {
        let (time, next) = stamp::read_clock(row.get(clock)?)?;
        (!next).then_some((row.get(date)?.trim(), time.hour(), time.minute()))
    });
    let rows: Vec<(&str, i8, i8)> = rows.collect();
    let (mut late, mut early) = (0, 0);
    for two in rows.windows(2) {
        let ((day, hour, minute), (other, other_hour, other_minute)) = (two[0], two[1]);
        let beside = match ((hour, minute), (other_hour, other_minute)) {
            ((0, 0), (0, 0)) => continue,
            ((0, 0), _) => other_hour,
            (_, (0, 0)) => hour,
            _ => continue,
        };
        if day == other {
            late += usize::from(beside >= 12);
            early += usize::from(beside < 12);
        }
    }
    late > early
}
