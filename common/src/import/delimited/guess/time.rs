//! Where the time of a row stands, in a table that no preset knows.

use crate::import::series::StampIs;
use crate::import::stamp::{self, Stamp};

use super::super::dates::has_late_midnight;
use super::super::layout::{Column, Layout, Seen, any_stamp};
use super::super::mapping::TimeColumns;
use super::super::plan::folded;
use super::super::words::{BILL_DATES, DUE_DATES, ENDS, READ_DATES, STARTS, spaced};
use super::number;

/// Rows that are looked at.
const ROWS: usize = 200;

/// Time columns, and which columns they are.
pub(super) struct Found {
    pub(super) time: TimeColumns,
    pub(super) stamp_is: StampIs,
    pub(super) taken: Vec<usize>,
}

/// The columns that tell the time of a row.
pub(super) fn find(layout: &Layout) -> Option<Found> {
    let columns = &layout.columns;
    let mut times = times(columns);
    let clocks: Vec<usize> = (0..columns.len())
        .filter(|at| columns[*at].is_clock())
        .collect();
    if let [start, end, ..] = clocks[..]
        && let Some(&date) = times.iter().find(|at| is_day(layout, **at))
    {
        let end_date = times
            .iter()
            .copied()
            .find(|at| *at != date && is_end_date(layout, (date, *at), end));
        let inclusive = end_date.is_none()
            && cells(layout, end)
                .all(|cell| stamp::read_clock(cell).is_none_or(|(time, _)| time.minute() % 5 == 4));
        let mut taken = vec![date, start, end];
        taken.extend(end_date);
        return Some(Found {
            time: TimeColumns::DateAndClocks {
                date: number(date),
                start: number(start),
                end_date: end_date.map(number),
                end: number(end),
                inclusive,
            },
            stamp_is: StampIs::Start,
            taken,
        });
    }
    // A day whose rows have a time of day, or count its hours, is not said again by another stamp.
    let is_whole =
        |at: usize| !is_day(layout, at) || (clocks.is_empty() && hour_column(layout, at).is_none());
    // The span of the whole table, which somebody asked for; a day of many rows, of which others say the time too.
    let is_always = |at: usize| columns[at].alike && columns[at].filled > 1 && is_whole(at);
    if times.iter().any(|at| !is_always(*at)) {
        times.retain(|at| !is_always(*at));
    }
    if times.iter().any(|at| !is_day(layout, *at)) {
        times.retain(|at| !(is_day(layout, *at) && is_of_many(layout, *at) && is_whole(*at)));
    }
    if let [first, second, ..] = times[..] {
        let (start, end) = if has(&columns[second], &STARTS) && has(&columns[first], &ENDS) {
            (second, first)
        } else {
            (first, second)
        };
        let named = has(&columns[start], &STARTS) || has(&columns[end], &ENDS);
        if (named && is_later(layout, start, end)) || is_next(layout, start, end) {
            return Some(Found {
                time: TimeColumns::Span {
                    start: number(start),
                    end: number(end),
                    inclusive: ends_with_a_day(layout, start, end)
                        || ends_with_a_second(layout, start, end),
                },
                stamp_is: StampIs::Start,
                taken: times,
            });
        }
    }
    // Of several clocks that show the same, that of UTC has no hour twice.
    let best = times.iter().find(|at| is_utc(&columns[**at]));
    if let Some(&date) = best.or(times.first()) {
        return Some(of_one(layout, date, &clocks));
    }
    let named = |words: &[&str]| {
        columns
            .iter()
            .position(|column| words.contains(&folded(&column.header).as_str()))
    };
    let year = named(&["year", "ano", "año", "jahr", "jaar", "année", "anno"])?;
    let month = named(&["month", "mês", "mes", "monat", "maand", "mois", "mese"])?;
    Some(Found {
        time: TimeColumns::YearAndMonth {
            year: number(year),
            month: number(month),
        },
        stamp_is: StampIs::Start,
        taken: vec![year, month],
    })
}

/// Columns of stamps. Names of meters may be as long as a count of nanoseconds.
fn times(columns: &[Column]) -> Vec<usize> {
    let mut times: Vec<usize> = (0..columns.len())
        .filter(|at| columns[*at].is_time() && !columns[*at].is_name())
        .collect();
    if times.iter().any(|at| !columns[*at].is_epoch()) {
        times.retain(|at| {
            let header = folded(&columns[*at].header);
            let named = ["time", "date", "stamp", "moment", "epoch", "unix"];
            !columns[*at].is_epoch() || named.iter().any(|word| header.contains(word))
        });
    }
    let is_due = |at: &usize| has(&columns[*at], &DUE_DATES);
    if times.iter().any(|at| !is_due(at)) {
        times.retain(|at| !is_due(at));
    }
    // The month of a day that stands beside it says nothing more.
    if times.iter().any(|at| !columns[*at].is_month()) {
        times.retain(|at| !columns[*at].is_month());
    }
    times
}

/// One column of dates, with a time of day or the number of an hour beside it where it has none itself.
fn of_one(layout: &Layout, date: usize, clocks: &[usize]) -> Found {
    let column = &layout.columns[date];
    let header = folded(&column.header);
    if is_day(layout, date) {
        let is_read = READ_DATES.contains(&header.as_str()) && is_far_apart(layout, date);
        if (is_read || BILL_DATES.contains(&header.as_str())) && !column.is_month() {
            return Found {
                time: TimeColumns::BillDate {
                    column: number(date),
                },
                stamp_is: StampIs::End,
                taken: vec![date],
            };
        }
        if let [clock] = *clocks {
            return Found {
                time: TimeColumns::DateAndClock {
                    date: number(date),
                    clock: number(clock),
                },
                stamp_is: stamp_is(layout, clock, Some(date)),
                taken: vec![date, clock],
            };
        }
        if let Some((hour, from_zero)) = hour_column(layout, date) {
            return Found {
                time: TimeColumns::DateAndHour {
                    date: number(date),
                    hour: number(hour),
                    from_zero,
                },
                stamp_is: StampIs::Start,
                taken: vec![date, hour],
            };
        }
    }
    let last_minutes = are_last_minutes(layout, date);
    Found {
        time: TimeColumns::At {
            column: number(date),
            plus_minutes: plus_minutes(layout, date) + i64::from(last_minutes),
        },
        stamp_is: if last_minutes {
            StampIs::End
        } else {
            stamp_is(layout, date, None)
        },
        taken: vec![date],
    }
}

/// Whether stamps are the last minutes of steps: 00:59, 01:59.
fn are_last_minutes(layout: &Layout, at: usize) -> bool {
    let mut all = cells(layout, at).filter_map(any_stamp).peekable();
    let is_last = |stamp: Stamp| match stamp {
        Stamp::Civil(shown) => shown.minute() % 15 == 14 && shown.second() == 0,
        _ => false,
    };
    all.peek().is_some() && cells(layout, at).count() >= STEPS_OF_A_DAY && all.all(is_last)
}

/// Whether a column is of the days of bills by its header.
pub(super) fn is_bill_date(layout: &Layout, name: &str) -> bool {
    let at = super::super::plan::column(layout, name);
    at.is_some_and(|at| BILL_DATES.contains(&folded(&layout.columns[at].header).as_str()))
}

/// Days between two readings of a meter for a bill, at least.
const DAYS_OF_A_BILL: i64 = 25;

/// Whether the days of a column are as far apart as bills are.
fn is_far_apart(layout: &Layout, at: usize) -> bool {
    let days: Vec<i64> = cells(layout, at)
        .filter_map(any_stamp)
        .map(seconds)
        .collect();
    let far = |two: &&[i64]| (two[1] - two[0]).abs() >= DAYS_OF_A_BILL * 86_400;
    days.len() >= 2 && days.windows(2).filter(far).count() * 4 >= (days.len() - 1) * 3
}

/// Cells of a column with anything in them.
fn cells(layout: &Layout, at: usize) -> impl Iterator<Item = &str> {
    layout
        .rows
        .iter()
        .filter_map(move |row| row.get(at))
        .take(ROWS)
        .filter(|cell| !cell.trim().is_empty())
}

/// Whether each word of a header is looked for as it is, or, where it is long enough, as a beginning.
fn has(column: &Column, words: &[&str]) -> bool {
    let header = folded(&spaced(&column.header));
    header.split(|c: char| !c.is_alphanumeric()).any(|part| {
        words
            .iter()
            .any(|word| part == *word || (word.len() > 3 && part.starts_with(word)))
    })
}

fn is_utc(column: &Column) -> bool {
    let header = folded(&column.header);
    header
        .split(|c: char| !c.is_alphanumeric())
        .any(|part| matches!(part, "utc" | "gmt"))
}

fn is_day(layout: &Layout, at: usize) -> bool {
    let mut stamps = cells(layout, at).filter_map(any_stamp);
    stamps.all(|stamp| matches!(stamp, Stamp::Day(_)))
}

/// Whether the cells of a column are the same in row after row.
fn is_of_many(layout: &Layout, at: usize) -> bool {
    let all: Vec<&str> = cells(layout, at).collect();
    let changes = all.windows(2).filter(|two| two[0] != two[1]).count();
    changes * 4 < all.len()
}

/// What a column's stamps are of their intervals, of which `date` has the days where they stand apart: by the
/// word of its header, by a clock that shows 24:00, or 0:00 after the evening of its date, or by days that begin with
/// the end of their first step and are over with their last.
fn stamp_is(layout: &Layout, at: usize, date: Option<usize>) -> StampIs {
    let says_end = has(
        &layout.columns[at],
        &[
            "end", "ende", "ending", "fim", "fin", "until", "tot", "to", "bis",
        ],
    );
    let mut rows = layout.rows.iter().filter_map(|row| row.get(at));
    let past = |cell: &str| {
        let clock = cell.trim().trim_matches('"').rsplit([' ', 'T']).next();
        clock.is_some_and(|clock| clock.starts_with("24:00") || clock == "2400")
    };
    let says_start = has(&layout.columns[at], &STARTS);
    let by_order = || {
        date.is_some_and(|date| has_late_midnight(layout, date, at))
            || covers_days_as_ends(layout, at, date)
    };
    if says_end || rows.any(past) || (!says_start && by_order()) {
        StampIs::End
    } else {
        StampIs::Start
    }
}

/// Steps of a day, at least, where rows tell by their first and last what their stamps are.
const STEPS_OF_A_DAY: usize = 20;

/// Whether rows of even steps cover whole days as ends, and not as starts: the first is a step past midnight, the
/// last one at midnight.
fn covers_days_as_ends(layout: &Layout, at: usize, date: Option<usize>) -> bool {
    let second = |row: &csv::StringRecord| -> Option<i64> {
        let shown = match date {
            None => any_stamp(row.get(at)?)?,
            Some(date) => {
                let Stamp::Day(day) = any_stamp(row.get(date)?)? else {
                    return None;
                };
                let (time, next) = stamp::read_clock(row.get(at)?)?;
                let day = if next { day.tomorrow().ok()? } else { day };
                Stamp::Civil(day.to_datetime(time))
            }
        };
        matches!(shown, Stamp::Civil(_)).then(|| seconds(shown))
    };
    let mut all: Vec<i64> = layout.rows.iter().filter_map(second).collect();
    // Those of files with the newest first, too.
    all.sort_unstable();
    all.dedup();
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return false;
    };
    // Later ones may be shorter, or longer.
    let step = all.get(1).map(|second| second - first);
    let Some(step) =
        step.filter(|step| (300..=3_600).contains(step) && all.len() >= STEPS_OF_A_DAY)
    else {
        return false;
    };
    layout.seen != Seen::First && first.rem_euclid(86_400) == step && last.rem_euclid(86_400) == 0
}

/// Minutes by which stamps are before what they stand for: Home Assistant's table of statistics has what a counter
/// showed at the end of the hour, or of five minutes, at their beginning.
fn plus_minutes(layout: &Layout, at: usize) -> i64 {
    let header = |at: usize| folded(&layout.columns[at].header);
    let counts = (0..layout.columns.len()).any(|at| matches!(header(at).as_str(), "state" | "sum"));
    if header(at) != "start_ts" || !counts {
        return 0;
    }
    let mut all: Vec<i64> = cells(layout, at)
        .filter_map(any_stamp)
        .map(seconds)
        .collect();
    all.sort_unstable();
    all.dedup();
    let step = all.windows(2).map(|two| two[1] - two[0]).min();
    step.map_or(60, |step| (step / 60).clamp(5, 60))
}

/// A stamp in seconds, as if all clocks were one.
pub(super) fn seconds(stamp: Stamp) -> i64 {
    match stamp {
        Stamp::Instant(at) => at,
        Stamp::Civil(shown) => stamp::seconds(shown),
        Stamp::Day(day) => stamp::seconds(day.at(0, 0, 0, 0)),
    }
}

/// The stamps of two columns, row by row, in seconds.
fn pairs(layout: &Layout, first: usize, second: usize) -> impl Iterator<Item = (i64, i64)> {
    let at = |row: &csv::StringRecord, column: usize| row.get(column).and_then(any_stamp);
    layout.rows.iter().take(ROWS).filter_map(move |row| {
        let (first, second) = (at(row, first)?, at(row, second)?);
        // A clock and an instant differ by the zone, and by no interval.
        let alike = matches!(first, Stamp::Instant(_)) == matches!(second, Stamp::Instant(_));
        alike.then(|| (seconds(first), seconds(second)))
    })
}

/// Whether the second of two columns of stamps is not before the first, and some day after it, in each row.
fn is_later(layout: &Layout, first: usize, second: usize) -> bool {
    let mut pairs = pairs(layout, first, second);
    let mut any = false;
    let all = pairs.all(|(first, second)| {
        any = true;
        (0..=400 * 86_400).contains(&(second - first))
    });
    any && all
}

/// Whether the second of two columns of stamps is where the first of the next row, or of the one before, is:
/// or, in a file of one row, not far from the first.
fn is_next(layout: &Layout, first: usize, second: usize) -> bool {
    let pairs: Vec<(i64, i64)> = pairs(layout, first, second).collect();
    let inside = |(from, to): &(i64, i64)| (1..=32 * 86_400).contains(&(to - from));
    if pairs.is_empty() || !pairs.iter().all(inside) {
        return false;
    }
    let near = |end: i64, start: i64| (0..=60).contains(&(start - end));
    let next = pairs
        .windows(2)
        .filter(|two| near(two[0].1, two[1].0) || near(two[1].1, two[0].0))
        .count();
    next * 2 >= pairs.len() - 1
}

/// Whether spans end with their last day, since each begins on the day after that of the one before.
fn ends_with_a_day(layout: &Layout, first: usize, second: usize) -> bool {
    if !is_day(layout, first) || !is_day(layout, second) {
        return false;
    }
    let same = pairs(layout, first, second).any(|(from, to)| from == to);
    same || apart(layout, first, second, 1) > apart(layout, first, second, 0)
}

/// Whether each of the spans of a table ends on the day on which the next begins, which is that day's beginning.
pub(in crate::import::delimited) fn ends_with_the_next(
    layout: &Layout,
    first: usize,
    second: usize,
) -> bool {
    is_day(layout, first)
        && is_day(layout, second)
        && apart(layout, first, second, 0) > apart(layout, first, second, 1)
}

/// How many spans begin so many days after the last of the one before.
fn apart(layout: &Layout, first: usize, second: usize, days: i64) -> usize {
    let pairs: Vec<(i64, i64)> = pairs(layout, first, second).collect();
    let next = |two: &&[(i64, i64)]| {
        let (one, other) = (two[0], two[1]);
        other.0 - one.1 == days * 86_400 || one.0 - other.1 == days * 86_400
    };
    pairs.windows(2).filter(next).count()
}

/// Whether spans end with their last second, or the last minute of a step.
fn ends_with_a_second(layout: &Layout, first: usize, second: usize) -> bool {
    let rests: Vec<(i64, i64)> = pairs(layout, first, second)
        .map(|(from, to)| (from, (to - from).rem_euclid(300)))
        .collect();
    let seconds = rests.iter().all(|(_, rest)| *rest == 299);
    // A session may end in any minute.
    let minutes = rests.len() >= 3
        && rests
            .iter()
            .all(|(from, rest)| *rest == 240 && from % 300 == 0);
    !rests.is_empty() && (seconds || minutes)
}

/// Whether a second column of days is that of an interval's end: the same, or the next where its clock shows
/// midnight.
fn is_end_date(layout: &Layout, (start, end): (usize, usize), clock: usize) -> bool {
    if !is_day(layout, end) {
        return false;
    }
    if has(&layout.columns[end], &ENDS) {
        return true;
    }
    layout.rows.iter().take(ROWS).all(|row| {
        let day = |at: usize| row.get(at).and_then(any_stamp).map(seconds);
        let (Some(start), Some(end)) = (day(start), day(end)) else {
            return true;
        };
        let midnight = row
            .get(clock)
            .and_then(stamp::read_clock)
            .is_some_and(|(time, _)| time == jiff::civil::Time::midnight());
        end == start || (midnight && end - start == 86_400)
    })
}

/// The column that counts the hours of a day, and whether it does from zero. Rows without a date are of no hour:
/// a total stands below some tables.
fn hour_column(layout: &Layout, date: usize) -> Option<(usize, bool)> {
    const WORDS: [&str; 12] = [
        "hour", "hours", "hora", "heure", "stunde", "uur", "ora", "he", "period", "periodo",
        "time", "interval",
    ];
    layout.columns.iter().enumerate().find_map(|(at, column)| {
        let header = folded(&spaced(&column.header));
        let named = header
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .is_some_and(|first| WORDS.contains(&first));
        if !named || column.numbers == 0 {
            return None;
        }
        let mut zero = false;
        let mut most = 0;
        let dated = layout.rows.iter().filter(|row| {
            let date = row.get(date);
            date.is_some_and(|cell| any_stamp(cell).is_some())
        });
        for cell in dated.filter_map(|row| row.get(at)) {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            let count: u16 = cell.parse().ok()?;
            zero |= count == 0;
            most = most.max(count);
        }
        let fits = if zero {
            most <= 24
        } else {
            (1..=100).contains(&most)
        };
        fits.then_some((at, zero))
    })
}
