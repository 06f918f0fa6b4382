//! A mapping for a table that no preset knows, by the words of its header and what its columns hold.

use crate::import::series::{Kind, StampIs};
use crate::import::unit::{Base, Unit};

use super::layout::{Column, Layout, Seen};
use super::mapping::{Mapping, Negative, Only, TimeColumns, ValueColumn};
use super::plan::{folded, unit_in};
use super::words::{
    CURRENCIES, ESTIMATES, EXTREMES, NAMES, OTHERS, PHASES, Sure, channel_in, codes, spaced, things,
};

mod apart;
mod calendar;
mod counters;
mod flows;
mod names;
#[cfg(test)]
mod tests;
mod time;
mod twice;

pub(super) use counters::counts;
pub(super) use time::ends_with_the_next;

/// A mapping for a table, or `None` where no time or no value is found in it.
pub(super) fn mapping(layout: &Layout, usual_channel: Option<&str>) -> Option<Mapping> {
    let time::Found {
        mut time,
        mut stamp_is,
        taken,
    } = time::find(layout)?;
    let unit_column = units(layout, &taken);
    let mut chosen = chosen(layout, &taken, unit_column);
    let long = names(layout, &taken, unit_column, &mut chosen, usual_channel);
    let sessions = matches!(time, TimeColumns::Span { .. })
        && layout
            .columns
            .iter()
            .any(|column| things::is_station(&column.header));
    let mut values: Vec<ValueColumn> = chosen
        .iter()
        .map(|at| value(layout, *at, usual_channel, chosen.len()))
        .collect();
    if values.is_empty() {
        return None;
    }
    for value in &mut values {
        if sessions
            && matches!(
                channel_in(header(layout, value)),
                Some(("grid_import", Sure::Weak))
            )
        {
            "device_consumption".clone_into(&mut value.channel);
        }
    }
    counters::hear_standing(layout, &mut values);
    let long = long.map(|names| {
        values[0].kind = names.kind;
        names.of
    });
    // What a register showed on the day on which somebody read it.
    let registers = values.iter().any(|value| value.kind == Kind::Register);
    if let TimeColumns::BillDate { column } = &time
        && registers
        && !time::is_bill_date(layout, column)
    {
        time = TimeColumns::At {
            column: column.clone(),
            plus_minutes: 0,
        };
        stamp_is = StampIs::Start;
    }
    twice::leave_out(layout, taken[0], &mut values);
    let values = apart::apart(layout, values);
    let mut values = flows::part(layout, values);
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
    let signed = values.iter().any(|value| {
        let at = super::plan::column(layout, &value.column);
        at.is_some_and(|at| {
            let column = &layout.columns[at];
            column.negative && power_of(&column.header).is_some()
        })
    });
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
        // Power of both ways is told as such; which of them is which is not.
        negative: signed.then_some(Negative::Error),
        bills: None,
    })
}

/// Columns that are compared with one another: more are of no home, and each more is compared with all.
const MOST_COMPARED: usize = 200;

/// The header of a column of values.
fn header<'l>(layout: &'l Layout, value: &ValueColumn) -> &'l str {
    super::plan::column(layout, &value.column).map_or("", |at| layout.columns[at].header.as_str())
}

/// The numbers of a column of values row by row, in billionths.
fn cells(layout: &Layout, value: &ValueColumn) -> Vec<Option<i64>> {
    super::plan::column(layout, &value.column)
        .map_or_else(Vec::new, |at| counters::numbers(layout, at))
}

/// The columns of energy, or of power.
fn chosen(layout: &Layout, taken: &[usize], unit_column: Option<usize>) -> Vec<usize> {
    let columns = &layout.columns;
    let mut numbers: Vec<usize> = (0..columns.len())
        .filter(|at| !taken.contains(at) && columns[*at].is_number())
        .filter(|at| is_energy(&columns[*at]) && !calendar::is_count(layout, *at))
        .collect();
    // The highest of a step beside the step's own.
    let is_extreme = |at: &usize| has_word(&columns[*at].header, &EXTREMES);
    if numbers.iter().any(|at| !is_extreme(at)) {
        numbers.retain(|at| !is_extreme(at));
    }
    // What never changes is a name, where other columns do.
    let is_name = |at: &usize| {
        let column = &columns[*at];
        let says = unit_in(&column.header).is_some()
            || channel_in(&column.header).is_some()
            || power_of(&column.header).is_some();
        column.alike && column.digits.is_some() && column.positive && !says
    };
    if numbers.iter().any(|at| !is_name(at)) {
        numbers.retain(|at| !is_name(at));
    }
    let of_energy = |at: &&usize| {
        let header = &columns[**at].header;
        unit_in(header).is_some()
            || (channel_in(header).is_some() && !header.is_empty())
            || power_of(header).is_some()
    };
    let mut chosen: Vec<usize> = numbers.iter().filter(of_energy).copied().collect();
    if chosen.is_empty() {
        chosen = numbers.into_iter().take(1).collect();
    }
    // Where others say their unit, what says neither that nor a direction is no energy.
    let has_unit = |at: &usize| unit_in(&columns[*at].header).is_some();
    if unit_column.is_none() && chosen.iter().any(has_unit) {
        let is_weak = |at: &usize| {
            channel_in(&columns[*at].header).is_none_or(|(_, sure)| sure == Sure::Weak)
        };
        chosen.retain(|at| has_unit(at) || !is_weak(at));
    }
    chosen
}

/// The column of names, in a table with one value a row; or with more, of which all but one say nothing.
fn names(
    layout: &Layout,
    taken: &[usize],
    unit: Option<usize>,
    chosen: &mut Vec<usize>,
    usual_channel: Option<&str>,
) -> Option<names::Names> {
    let nothing = |at: &usize| {
        let column = &layout.columns[*at];
        !column.positive && !column.negative
    };
    // Only of a file that was seen whole is it known that a column has nothing in it.
    let seen = layout.seen == Seen::All;
    let told: Vec<usize> = chosen
        .iter()
        .copied()
        .filter(|at| !(seen && nothing(at)))
        .collect();
    let one = if chosen.len() == 1 { &*chosen } else { &told };
    let [value] = one[..] else {
        return None;
    };
    let header = layout.columns[value].header.as_str();
    let named = channel_in(header);
    let found = names::Asked {
        layout,
        taken,
        unit,
        value,
        channel: usual_channel
            .or(named.map(|(channel, _)| channel))
            .unwrap_or(header),
        is_told: usual_channel.is_some() || named.is_some_and(|(_, sure)| sure == Sure::Plain),
    };
    let found = found.find()?;
    *chosen = vec![value];
    Some(found)
}

/// What a column is of whose header says that it is the power of the grid or a battery, of both ways.
fn power_of(header: &str) -> Option<&str> {
    let words = things::words(header);
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.retain(|word| !matches!(*word, "w" | "kw" | "watt" | "watts" | "active"));
    let is_power = unit_in(header).is_some_and(|unit| unit.base == Base::Power)
        || words
            .iter()
            .any(|word| matches!(*word, "power" | "leistung"));
    words.retain(|word| !matches!(*word, "power" | "leistung"));
    let [of] = words[..] else {
        return None;
    };
    match of {
        "grid" | "netz" | "mains" | "netzleistung" if is_power || of == "netzleistung" => {
            Some("grid_import")
        }
        "battery" | "batterie" | "akku" | "powerwall" if is_power => Some(header),
        _ => None,
    }
}

/// The words of a text in small letters.
fn plain_words(text: &str) -> impl Iterator<Item = String> {
    let words = things::words(text);
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    words.into_iter()
}

/// Whether one of the words of a header is one of some.
fn has_word(header: &str, some: &[&str]) -> bool {
    plain_words(&spaced(header)).any(|word| some.contains(&word.as_str()))
}

/// What a preamble calls the unit.
const UNITS: [&str; 9] = [
    "uom", "unit", "units", "unité", "unite", "einheit", "eenheid", "unidade", "unidad",
];

/// Whether a column of numbers may be one of energy.
fn is_energy(column: &Column) -> bool {
    let header = folded(&spaced(&column.header));
    let unit = unit_in(&column.header);
    // The highest power of a time says nothing of its energy.
    let is_power = unit.is_some_and(|unit| unit.base == Base::Power);
    let peak = is_power && (has_word(&header, &EXTREMES) || has_word(&header, &["peak"]));
    let unit = unit.is_some();
    let rate = !unit && has_word(&header, &["rate"]);
    let mut words = header.split(|c: char| !c.is_alphanumeric());
    let other = peak
        || rate
        || OTHERS.iter().any(|word| header.contains(word))
        || words.any(|word| CURRENCIES.contains(&word) || (!unit && NAMES.contains(&word)))
        || (!unit && (header.contains("charge") && !header.contains("charged")));
    !other && !codes::is_reactive(&header) && (unit || !column.is_name())
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

/// Beginnings of words of columns of units.
const UNIT_HEADERS: [&str; 12] = [
    "unit",
    "uom",
    "unid",
    "unité",
    "einheit",
    "eenheid",
    "enhe",
    "måleenhed",
    "jednotk",
    "yksik",
    "enota",
    "egység",
];

/// The column of units. A letter alone is one of them where the header says so: elsewhere `W` is a true value.
fn units(layout: &Layout, taken: &[usize]) -> Option<usize> {
    (0..layout.columns.len()).find(|at| {
        let column = &layout.columns[*at];
        let named = plain_words(&column.header)
            .any(|word| UNIT_HEADERS.iter().any(|begin| word.starts_with(begin)));
        let is_unit = |word: &String| {
            (named || word.trim().chars().count() > 1) && Unit::parse(word).is_some()
        };
        !taken.contains(at)
            && column.filled > 0
            && column.numbers == 0
            && column.words.iter().any(is_unit)
    })
}

fn value(layout: &Layout, at: usize, usual_channel: Option<&str>, of: usize) -> ValueColumn {
    let column = &layout.columns[at];
    let named =
        power_of(&column.header).or_else(|| channel_in(&column.header).map(|(channel, _)| channel));
    let numbers: Vec<i64> = counters::numbers(layout, at)
        .into_iter()
        .flatten()
        .collect();
    let register = counters::is_register(&column.header, &numbers) || counts(layout, at);
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

/// Whether a header says that its column is of one phase.
fn is_phase(header: &str) -> bool {
    let header = folded(header);
    let mut words = header.split(|c: char| !c.is_alphanumeric());
    words.any(|word| PHASES.contains(&word))
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
