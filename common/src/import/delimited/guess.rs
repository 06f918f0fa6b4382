//! A mapping for a table that no preset knows, by the words of its header and what its columns hold.

use crate::import::series::{Kind, StampIs};
use crate::import::unit::Unit;

use super::layout::{Column, Layout};
use super::mapping::{ChannelOf, ChannelWords, Mapping, Only, TimeColumns, ValueColumn};
use super::plan::{folded, unit_in};
use super::words::{CHANNELS, ENDS, ESTIMATES, OTHERS, PARTS, PHASES, REGISTERS, STARTS};

/// The channel that some words name.
pub(super) fn channel_of_words(text: &str) -> Option<&'static str> {
    let text = folded(text);
    CHANNELS
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map(|(channel, _)| *channel)
}

/// A mapping for a table, or `None` where no time or no value is found in it.
pub(super) fn mapping(layout: &Layout, usual_channel: Option<&str>) -> Option<Mapping> {
    let taken_and_time = time(layout)?;
    let (time, stamp_is, taken) = taken_and_time;
    let unit_column = units(layout, &taken);
    let numbers: Vec<usize> = (0..layout.columns.len())
        .filter(|at| !taken.contains(at) && layout.columns[*at].is_number())
        .filter(|at| {
            !OTHERS
                .iter()
                .any(|word| folded(&layout.columns[*at].header).contains(word))
        })
        .collect();
    let of_energy = |at: &&usize| {
        let header = &layout.columns[**at].header;
        unit_in(header).is_some() || (channel_of_words(header).is_some() && !header.is_empty())
    };
    let mut chosen: Vec<usize> = numbers.iter().filter(of_energy).copied().collect();
    if chosen.is_empty() {
        chosen = numbers.into_iter().take(1).collect();
    }
    let long = (chosen.len() == 1)
        .then(|| kinds_of_rows(layout, &taken, unit_column))
        .flatten();
    let values: Vec<ValueColumn> = chosen
        .iter()
        .map(|at| value(layout, *at, usual_channel, chosen.len()))
        .collect();
    if values.is_empty() {
        return None;
    }
    let values = apart(layout, values);
    Some(Mapping {
        separator: None,
        skip_rows: None,
        name: "guessed".to_owned(),
        time,
        stamp_is,
        time_zone: zone(layout, &taken),
        dates: None,
        decimal: None,
        values,
        channel_of: long,
        unit_column: unit_column.map(number),
        only: Vec::new(),
        estimated: estimates(layout),
        missing: Vec::new(),
        negative: None,
        bills: None,
    })
}

fn number(at: usize) -> String {
    format!("#{}", at + 1)
}

fn has(column: &Column, words: &[&str]) -> bool {
    let header = folded(&column.header);
    words.iter().any(|word| {
        header == word.trim()
            || header.starts_with(word)
            || header.contains(&format!(" {word}"))
            || header.contains(&format!("_{word}"))
    })
}

type TimeFound = (TimeColumns, StampIs, Vec<usize>);

fn time(layout: &Layout) -> Option<TimeFound> {
    let columns = &layout.columns;
    let times: Vec<usize> = (0..columns.len())
        .filter(|at| columns[*at].is_time())
        .collect();
    let clocks: Vec<usize> = (0..columns.len())
        .filter(|at| columns[*at].is_clock())
        .collect();
    let is_day = |at: usize| {
        let mut cells = layout
            .rows
            .iter()
            .filter_map(|row| row.get(at))
            .take(200)
            .filter(|cell| !cell.trim().is_empty());
        cells.all(|cell| {
            matches!(
                super::layout::any_stamp(cell),
                Some(crate::import::stamp::Stamp::Day(_))
            )
        })
    };
    if let [first, second, ..] = times[..] {
        if is_day(first) && is_day(second) && clocks.len() >= 2 {
            let found = TimeColumns::DateAndClocks {
                date: number(first),
                start: number(clocks[0]),
                end_date: Some(number(second)),
                end: number(clocks[1]),
                inclusive: false,
            };
            return Some((
                found,
                StampIs::Start,
                vec![first, second, clocks[0], clocks[1]],
            ));
        }
        let (start, end) = if has(&columns[second], &STARTS) && has(&columns[first], &ENDS) {
            (second, first)
        } else {
            (first, second)
        };
        if has(&columns[start], &STARTS) || has(&columns[end], &ENDS) || follows(layout, start, end)
        {
            let found = TimeColumns::Span {
                start: number(start),
                end: number(end),
                inclusive: false,
            };
            return Some((found, StampIs::Start, times));
        }
    }
    if let Some(&date) = times.first() {
        if is_day(date) {
            if let [start, end, ..] = clocks[..] {
                let inclusive = layout
                    .rows
                    .iter()
                    .filter_map(|row| row.get(end))
                    .take(200)
                    .all(|cell| {
                        crate::import::stamp::read_clock(cell)
                            .is_none_or(|(time, _)| time.minute() % 5 == 4)
                    });
                let found = TimeColumns::DateAndClocks {
                    date: number(date),
                    start: number(start),
                    end_date: None,
                    end: number(end),
                    inclusive,
                };
                return Some((found, StampIs::Start, vec![date, start, end]));
            }
            if let [clock] = clocks[..] {
                let ends = ends(&columns[clock]);
                return Some((
                    TimeColumns::DateAndClock {
                        date: number(date),
                        clock: number(clock),
                    },
                    ends,
                    vec![date, clock],
                ));
            }
            if let Some(hour) = hour_column(layout) {
                return Some((
                    TimeColumns::DateAndHour {
                        date: number(date),
                        hour: number(hour),
                    },
                    StampIs::Start,
                    vec![date, hour],
                ));
            }
        }
        return Some((
            TimeColumns::At {
                column: number(date),
                plus_minutes: 0,
            },
            ends(&columns[date]),
            vec![date],
        ));
    }
    let named = |words: &[&str]| {
        columns
            .iter()
            .position(|column| words.contains(&folded(&column.header).as_str()))
    };
    let year = named(&["year", "ano", "año", "jahr", "jaar", "année", "anno"])?;
    let month = named(&["month", "mês", "mes", "monat", "maand", "mois", "mese"])?;
    Some((
        TimeColumns::YearAndMonth {
            year: number(year),
            month: number(month),
        },
        StampIs::Start,
        vec![year, month],
    ))
}

fn ends(column: &Column) -> StampIs {
    let header = folded(&column.header);
    let words = ["end", "ende", "fim", "fin", "until", "tot"];
    if words.iter().any(|word| {
        header
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part == *word)
    }) {
        StampIs::End
    } else {
        StampIs::Start
    }
}

/// Whether the second of two columns of stamps is after the first in each row.
fn follows(layout: &Layout, first: usize, second: usize) -> bool {
    let at =
        |row: &csv::StringRecord, column: usize| row.get(column).and_then(super::layout::any_stamp);
    let seconds = |stamp| match stamp {
        crate::import::stamp::Stamp::Instant(at) => at,
        crate::import::stamp::Stamp::Civil(shown) => crate::import::stamp::seconds(shown),
        crate::import::stamp::Stamp::Day(day) => crate::import::stamp::seconds(day.at(0, 0, 0, 0)),
    };
    layout
        .rows
        .iter()
        .take(200)
        .all(|row| match (at(row, first), at(row, second)) {
            (Some(first), Some(second)) => {
                (1..=32 * 86_400).contains(&(seconds(second) - seconds(first)))
            }
            _ => true,
        })
}

fn hour_column(layout: &Layout) -> Option<usize> {
    layout.columns.iter().enumerate().find_map(|(at, column)| {
        let named = [
            "hour", "hora", "heure", "stunde", "uur", "ora", "he", "period", "periodo",
        ]
        .iter()
        .any(|word| folded(&column.header).starts_with(word));
        let all = layout
            .rows
            .iter()
            .filter_map(|row| row.get(at))
            .all(|cell| {
                matches!(cell.trim().parse::<u16>(), Ok(1..=100)) || cell.trim().is_empty()
            });
        (named && all && column.numbers > 0).then_some(at)
    })
}

fn units(layout: &Layout, taken: &[usize]) -> Option<usize> {
    (0..layout.columns.len()).find(|at| {
        let column = &layout.columns[*at];
        !taken.contains(at)
            && column.filled > 0
            && column.numbers == 0
            && column.words.iter().any(|word| Unit::parse(word).is_some())
    })
}

fn value(layout: &Layout, at: usize, usual_channel: Option<&str>, of: usize) -> ValueColumn {
    let column = &layout.columns[at];
    let named = channel_of_words(&column.header);
    let register = REGISTERS
        .iter()
        .any(|word| folded(&column.header).contains(word))
        || counts(layout, at);
    let channel = match (named, usual_channel.filter(|_| of == 1)) {
        (_, Some(usual)) => usual.to_owned(),
        (Some(named), None) => named.to_owned(),
        (None, None) if register => "register".to_owned(),
        (None, None) if column.header.is_empty() => "unknown".to_owned(),
        (None, None) => column.header.clone(),
    };
    ValueColumn {
        column: number(at),
        part: if of > 1 {
            column.header.clone()
        } else {
            String::new()
        },
        phase: of > 1 && is_phase(&column.header),
        channel,
        kind: if register {
            Kind::Register
        } else {
            Kind::Usage
        },
        unit: None,
        turned: false,
        negative_channel: None,
        optional: false,
        unless_zero: false,
    }
}

/// Columns that were taken for one channel are parts of it only where their names say so, as those of
/// two tariffs or three phases do; else they are circuits, of which one may be in another.
fn apart(layout: &Layout, mut values: Vec<ValueColumn>) -> Vec<ValueColumn> {
    let header = |value: &ValueColumn| {
        super::plan::column(layout, &value.column)
            .map_or("", |at| layout.columns[at].header.as_str())
    };
    let is_part = |value: &ValueColumn| {
        let header = folded(header(value));
        header
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| PARTS.contains(&word))
    };
    let channels: Vec<(String, bool)> = values
        .iter()
        .map(|value| (value.channel.clone(), is_part(value)))
        .collect();
    for value in &mut values {
        let mut same = channels
            .iter()
            .filter(|(channel, _)| *channel == value.channel);
        let several = same.clone().count() > 1;
        if several && !same.all(|(_, part)| *part) {
            value.channel = header(value).to_owned();
            value.part.clear();
            value.phase = false;
        }
    }
    values
}

/// Whether a header says that its column is of one phase.
fn is_phase(header: &str) -> bool {
    let header = folded(header);
    let mut words = header.split(|c: char| !c.is_alphanumeric());
    words.any(|word| PHASES.contains(&word))
}

/// Whether a column's numbers only grow, from a height that its steps would not reach soon.
pub(super) fn counts(layout: &Layout, at: usize) -> bool {
    let column = &layout.columns[at];
    if !column.monotone || column.negative {
        return false;
    }
    let mark = column
        .marks
        .decide(crate::import::number::DecimalMark::Point)
        .unwrap_or(crate::import::number::DecimalMark::Point);
    let values: Vec<i64> = layout
        .rows
        .iter()
        .filter_map(|row| row.get(at))
        .filter_map(|cell| match crate::import::number::read(cell, mark) {
            crate::import::number::Cell::Value(number) => number.to_nano(Unit::KWH),
            _ => None,
        })
        .collect();
    let (Some(low), Some(high)) = (values.iter().min(), values.iter().max()) else {
        return false;
    };
    let steps = i64::try_from(values.len()).unwrap_or(i64::MAX).max(2) - 1;
    // Energies that happen to grow begin near their own size.
    high > low && *low > (high - low) / steps * 5
}

/// A column that says of each row what it is, where rows are of several channels.
fn kinds_of_rows(
    layout: &Layout,
    taken: &[usize],
    unit_column: Option<usize>,
) -> Option<ChannelOf> {
    let at = (0..layout.columns.len()).find(|at| {
        let column = &layout.columns[*at];
        let channels: std::collections::BTreeSet<&str> = column
            .words
            .iter()
            .filter_map(|word| channel_of_words(word))
            .collect();
        !taken.contains(at)
            && unit_column != Some(*at)
            && column.numbers == 0
            && column.words.len() <= 30
            && channels.len() >= 2
    })?;
    let mut channels: Vec<ChannelWords> = Vec::new();
    for word in &layout.columns[at].words {
        if let Some(channel) = channel_of_words(word) {
            channels.push(ChannelWords {
                words: vec![word.trim().to_lowercase()],
                channel: channel.to_owned(),
                turned: false,
                phases: false,
            });
        }
    }
    // The longer first: one may be in another.
    channels.sort_by_key(|words| std::cmp::Reverse(words.words[0].len()));
    Some(ChannelOf {
        column: number(at),
        channels,
    })
}

fn estimates(layout: &Layout) -> Vec<Only> {
    let mut found = Vec::new();
    for (at, column) in layout.columns.iter().enumerate() {
        let lower: Vec<String> = column
            .words
            .iter()
            .map(|word| word.to_lowercase())
            .collect();
        let any = lower.iter().any(|word| {
            ESTIMATES
                .iter()
                .any(|estimate| match estimate.strip_prefix('=') {
                    Some(whole) => word == whole && lower.len() <= 4,
                    None => word.contains(estimate),
                })
        });
        if any && column.numbers == 0 {
            found.push(Only {
                column: number(at),
                words: ESTIMATES.iter().map(|word| (*word).to_owned()).collect(),
            });
        }
    }
    found
}

/// The zone that a header names: `(America/New_York)`, `UTC`.
fn zone(layout: &Layout, taken: &[usize]) -> Option<String> {
    taken.iter().find_map(|at| {
        let header = &layout.columns[*at].header;
        let inside = header
            .split(['(', '['])
            .nth(1)
            .and_then(|rest| rest.split([')', ']']).next());
        if let Some(name) = inside
            && name.contains('/')
            && jiff::tz::TimeZone::get(name).is_ok()
        {
            return Some(name.to_owned());
        }
        let utc = header
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| matches!(word, "UTC" | "GMT" | "utc" | "gmt"));
        utc.then(|| "UTC".to_owned())
    })
}
