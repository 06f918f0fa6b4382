//! A mapping for a table that no preset knows, by the words of its header and what its columns hold.

use crate::import::series::Kind;
use crate::import::unit::Unit;

use super::layout::{Column, Layout};
use super::mapping::{ChannelOf, ChannelWords, Mapping, Only, ValueColumn};
use super::plan::{folded, unit_in};
use super::words::{
    AMOUNTS, CURRENCIES, ESTIMATES, NAMES, NET, NO_REGISTERS, OTHERS, PARTS, PHASES, REGISTERS,
    Sure, channel_in, spaced,
};

mod time;

/// A mapping for a table, or `None` where no time or no value is found in it.
pub(super) fn mapping(layout: &Layout, usual_channel: Option<&str>) -> Option<Mapping> {
    let time::Found {
        time,
        stamp_is,
        taken,
    } = time::find(layout)?;
    let unit_column = units(layout, &taken);
    let numbers: Vec<usize> = (0..layout.columns.len())
        .filter(|at| !taken.contains(at) && layout.columns[*at].is_number())
        .filter(|at| is_energy(&layout.columns[*at]))
        .collect();
    let of_energy = |at: &&usize| {
        let header = &layout.columns[**at].header;
        unit_in(header).is_some() || (channel_in(header).is_some() && !header.is_empty())
    };
    let mut chosen: Vec<usize> = numbers.iter().filter(of_energy).copied().collect();
    if chosen.is_empty() {
        chosen = numbers.into_iter().take(1).collect();
    }
    // Where others say their unit, what says neither that nor a direction is no energy.
    let has_unit = |at: &usize| unit_in(&layout.columns[*at].header).is_some();
    if unit_column.is_none() && chosen.iter().any(has_unit) {
        let is_weak = |at: &usize| {
            channel_in(&layout.columns[*at].header).is_none_or(|(_, sure)| sure == Sure::Weak)
        };
        chosen.retain(|at| has_unit(at) || !is_weak(at));
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
    let mut values = apart(layout, values);
    if unit_column.is_none()
        && let Some(unit) = layout.said_before(&UNITS, |cell| Unit::parse(cell).is_some())
    {
        for value in &mut values {
            let at = super::plan::column(layout, &value.column);
            if at.is_some_and(|at| unit_in(&layout.columns[at].header).is_none()) {
                value.unit = Some(unit.to_owned());
            }
        }
    }
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
        length: length(layout),
        factor: factor(layout),
        channel_of: long,
        unit_column: unit_column.map(number),
        only: Vec::new(),
        estimated: estimates(layout),
        missing: Vec::new(),
        negative: None,
        bills: None,
    })
}

/// What a preamble calls the unit.
const UNITS: [&str; 9] = [
    "uom", "unit", "units", "unité", "unite", "einheit", "eenheid", "unidade", "unidad",
];

/// Whether a column of numbers may be one of energy.
fn is_energy(column: &Column) -> bool {
    let header = folded(&spaced(&column.header));
    let unit = unit_in(&column.header).is_some();
    let mut words = header.split(|c: char| !c.is_alphanumeric());
    let other = OTHERS.iter().any(|word| header.contains(word))
        || words.any(|word| CURRENCIES.contains(&word) || (!unit && NAMES.contains(&word)))
        || (!unit && (header.contains("charge") && !header.contains("charged")));
    !other && (unit || !column.is_name())
}

/// A column of `PT15M` and its like.
fn length(layout: &Layout) -> Option<String> {
    let at = layout.columns.iter().position(|column| {
        column.numbers == 0
            && !column.words.is_empty()
            && column
                .words
                .iter()
                .all(|word| super::when::length(word).is_some())
    })?;
    Some(number(at))
}

/// A column by which the values of its row are multiplied.
fn factor(layout: &Layout) -> Option<String> {
    const WORDS: [&str; 5] = [
        "factor",
        "multiplier",
        "vermenigvuldigingsfactor",
        "faktor",
        "multiplicador",
    ];
    let at = layout.columns.iter().position(|column| {
        column.is_number() && WORDS.contains(&folded(&column.header).as_str())
    })?;
    Some(number(at))
}

fn number(at: usize) -> String {
    format!("#{}", at + 1)
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
    let named = channel_in(&column.header).map(|(channel, _)| channel);
    let register = is_register(&column.header) || counts(layout, at);
    let channel = match (named, usual_channel.filter(|_| of == 1)) {
        (_, Some(usual)) => usual.to_owned(),
        (Some(named), None) => named.to_owned(),
        (None, None) if of == 1 && told_before(layout).is_some() => {
            told_before(layout).unwrap_or_default().to_owned()
        }
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

fn is_register(header: &str) -> bool {
    let header = folded(header);
    REGISTERS.iter().any(|word| header.contains(word))
        && !NO_REGISTERS.iter().any(|word| header.contains(word))
}

/// Gas or water, where a line before the table is of one of them and the table does not say.
fn told_before(layout: &Layout) -> Option<&'static str> {
    let mut found = None;
    for cell in layout
        .before
        .iter()
        .flatten()
        .filter(|cell| cell.len() <= 40)
    {
        if let Some((channel @ ("gas" | "water"), _)) = channel_in(cell) {
            if found.is_some_and(|before| before != channel) {
                return None;
            }
            found = Some(channel);
        }
    }
    found
}

/// Columns that were taken for one channel are parts of it only where their names say so, as those of
/// two tariffs or three phases do; else they are circuits, of which one may be in another. A column that
/// says which way goes before one that does not.
fn apart(layout: &Layout, mut values: Vec<ValueColumn>) -> Vec<ValueColumn> {
    let header = |value: &ValueColumn| {
        super::plan::column(layout, &value.column)
            .map_or("", |at| layout.columns[at].header.as_str())
    };
    let is_part = |value: &ValueColumn| {
        let header = folded(&spaced(header(value)));
        header
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| PARTS.contains(&word))
    };
    let sure = |value: &ValueColumn| {
        channel_in(header(value))
            .filter(|(channel, _)| *channel == value.channel)
            .map_or(Sure::Weak, |(_, sure)| sure)
    };
    let is_net = |value: &ValueColumn| {
        let header = folded(header(value));
        NET.iter().any(|words| header.contains(words))
    };
    let ways = |value: &ValueColumn| {
        matches!(value.channel.as_str(), "grid_import" | "grid_export") && !is_net(value)
    };
    // What came in less what went out, beside one of the two.
    if values.iter().any(ways) {
        for value in &mut values {
            if is_net(value) {
                value.channel = header(value).to_owned();
                value.part.clear();
                value.phase = false;
            }
        }
    }
    let of_grid = |value: &&ValueColumn| value.channel == "grid_import";
    let surest = values.iter().filter(of_grid).map(sure).max();
    let used = values
        .iter()
        .filter(of_grid)
        .filter(|value| sure(value) == Sure::Used);
    let one_used = used.count() == 1
        && !values
            .iter()
            .any(|value| value.channel == "total_consumption");
    for value in &mut values {
        if value.channel != "grid_import" || surest.is_none_or(|surest| sure(value) == surest) {
            continue;
        }
        value.channel = if sure(value) == Sure::Used && one_used {
            "total_consumption".to_owned()
        } else {
            header(value).to_owned()
        };
        value.part.clear();
        value.phase = false;
    }
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

/// Steps after which a register stands where it was found: so many that no meter of a home is as young.
const STEPS_TOLD: i64 = 50;
/// Fewer, which tell of a register where many rows only grow.
const STEPS_LIKELY: i64 = 5;
/// Rows that are many.
const ROWS_LIKELY: usize = 8;

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
    if high <= low {
        return false;
    }
    // Energies that happen to grow begin near their own size, and do not grow for long.
    let header = folded(&spaced(&column.header));
    let amount = AMOUNTS.iter().any(|word| header.contains(word));
    let step = (high - low) / steps;
    *low / STEPS_TOLD > step
        || (*low / STEPS_LIKELY > step && values.len() >= ROWS_LIKELY && !amount)
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
            .filter_map(|word| channel_in(word).map(|(channel, _)| channel))
            .collect();
        !taken.contains(at)
            && unit_column != Some(*at)
            && column.numbers == 0
            && column.words.len() <= 30
            && channels.len() >= 2
    })?;
    let mut channels: Vec<ChannelWords> = Vec::new();
    for word in &layout.columns[at].words {
        if let Some(channel) = channel_in(word).map(|(channel, _)| channel) {
            channels.push(ChannelWords {
                words: vec![word.trim().to_lowercase()],
                channel: channel.to_owned(),
                turned: false,
                unit: None,
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

const YES: [&str; 7] = ["y", "yes", "true", "ja", "j", "oui", "sim"];
const NO: [&str; 7] = ["n", "no", "false", "nee", "nein", "non", "não"];

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
        let asked = ESTIMATES
            .iter()
            .any(|word| folded(&column.header).contains(word));
        let answers = !lower.is_empty()
            && lower
                .iter()
                .all(|word| YES.contains(&word.as_str()) || NO.contains(&word.as_str()));
        if any && column.numbers == 0 {
            found.push(Only {
                column: number(at),
                words: ESTIMATES.iter().map(|word| (*word).to_owned()).collect(),
            });
        } else if asked && answers {
            found.push(Only {
                column: number(at),
                words: YES.iter().map(|word| format!("={word}")).collect(),
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
