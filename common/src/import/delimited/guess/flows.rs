//! Columns that are each of the way from one thing to another: `PV to grid`.

use super::super::layout::Layout;
use super::super::mapping::ValueColumn;
use super::super::words::things;
use super::header;

/// What energy comes from, and where it goes to.
const ENDS: [&str; 3] = ["grid", "battery", "pv"];
/// What uses it, as such columns call a home.
const USERS: [&str; 5] = ["consumers", "loads", "load", "home", "house"];
/// Such columns that a table has at least.
const LEAST: usize = 3;

/// Makes of columns of ways the channels that each is a part of.
pub(super) fn part(layout: &Layout, values: Vec<ValueColumn>) -> Vec<ValueColumn> {
    let ways = values
        .iter()
        .filter(|value| way(header(layout, value)).is_some());
    if ways.count() < LEAST {
        return values;
    }
    let mut parts = Vec::with_capacity(values.len() * 3);
    for value in values {
        let Some((from, to)) = way(header(layout, &value)) else {
            parts.push(value);
            continue;
        };
        let source = match from {
            "grid" => "grid_import",
            "battery" => "battery_discharge",
            _ => "solar_production",
        };
        let sink = match to {
            "grid" => "grid_export",
            "battery" => "battery_charge",
            _ => "total_consumption",
        };
        for channel in [source, sink] {
            parts.push(ValueColumn {
                channel: channel.to_owned(),
                part: header(layout, &value).to_owned(),
                phase: false,
                ..value.clone()
            });
        }
    }
    parts
}

/// From where to where a column is.
fn way(text: &str) -> Option<(&'static str, &'static str)> {
    let words = things::words(text);
    let mut words = words
        .split_whitespace()
        .filter(|word| !matches!(*word, "kwh" | "wh"));
    let (from, to) = (words.next()?, (words.next()?, words.next()?));
    let from = match from {
        "solar" => "pv",
        from => from,
    };
    let from = *ENDS.iter().find(|end| **end == from)?;
    if to.0 != "to" || words.next().is_some() {
        return None;
    }
    let to = ENDS.iter().chain(&USERS).find(|end| **end == to.1)?;
    Some((from, *to))
}
