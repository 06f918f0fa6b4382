//! Values of one channel that are parts of it, and those that are not.

use super::super::layout::Layout;
use super::super::mapping::ValueColumn;
use super::super::plan::folded;
use super::super::words::{PARTS, Sure, channel_in, spaced, things};
use super::header;

/// What a heater is called that the distributor switches.
const CONTROLLED: [&str; 2] = ["controlled load", "control load"];

/// Columns that were taken for one channel are parts of it only where their names say so, as those of
/// two tariffs or three phases do; else they are circuits, of which one may be in another. A column that
/// says which way goes before one that does not.
pub(super) fn apart(layout: &Layout, mut values: Vec<ValueColumn>) -> Vec<ValueColumn> {
    let is_part = |value: &ValueColumn| {
        let header = folded(&spaced(header(layout, value)));
        header
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| PARTS.contains(&word))
    };
    let sure = |value: &ValueColumn| {
        channel_in(header(layout, value))
            .filter(|(channel, _)| *channel == value.channel)
            .map_or(Sure::Weak, |(_, sure)| sure)
    };
    // Beside a thing of the home, what says no more than its unit is another; each keeps its name.
    let is_thing = |value: &ValueColumn| value.channel == "device_consumption";
    let is_circuit = |value: &ValueColumn| {
        is_thing(value) || (value.channel == "grid_import" && sure(value) == Sure::Weak)
    };
    let circuits = values.iter().filter(|value| is_circuit(value));
    let phases = circuits
        .clone()
        .all(|value| is_thing(value) && is_part(value));
    // A charger has a meter of its own, and two tariffs are the home's.
    let chargers = values
        .iter()
        .filter(|value| is_thing(value))
        .all(|value| !things::is_thing(header(layout, value)));
    let mut weak = circuits.clone().filter(|value| !is_thing(value)).peekable();
    let tariffs = weak.peek().is_some() && weak.all(is_part);
    let other = phases || chargers || tariffs;
    if circuits.count() > 1 && values.iter().any(is_thing) && !other {
        for value in values.iter_mut().filter(|value| is_circuit(value)) {
            value.channel = header(layout, value).to_owned();
            value.part.clear();
            value.phase = false;
        }
    }
    // A heater on a register of its own is a part of what came in, and says nothing of the others.
    let is_controlled = |value: &ValueColumn| {
        let header = folded(&spaced(header(layout, value)));
        CONTROLLED.iter().any(|word| header.contains(word))
    };
    let of_grid = |value: &&ValueColumn| value.channel == "grid_import" && !is_controlled(value);
    let surest = values.iter().filter(of_grid).map(sure).max();
    // Beside what is produced and a column that nothing is known of, which may be the grid's, what is used is of both.
    let unknown = |value: &ValueColumn| match channel_in(header(layout, value)) {
        None => value.channel == header(layout, value),
        Some((_, sure)) => sure == Sure::Weak && value.channel == "grid_import" && !is_part(value),
    };
    let produced = values
        .iter()
        .any(|value| value.channel == "solar_production");
    let of_both = produced && values.iter().any(unknown);
    let used = values
        .iter()
        .filter(of_grid)
        .filter(|value| sure(value) == Sure::Used);
    let one_used = used.count() == 1
        && !values
            .iter()
            .any(|value| value.channel == "total_consumption");
    for value in &mut values {
        let as_sure = surest.is_none_or(|surest| sure(value) == surest);
        let used = sure(value) == Sure::Used && one_used && of_both;
        if value.channel != "grid_import" || is_controlled(value) || (as_sure && !used) {
            continue;
        }
        value.channel = if sure(value) == Sure::Used && one_used {
            "total_consumption".to_owned()
        } else {
            header(layout, value).to_owned()
        };
        value.part.clear();
        value.phase = false;
    }
    let controlled = |value: &ValueColumn| value.channel == "grid_import" && is_controlled(value);
    let plain = values
        .iter()
        .filter(|value| value.channel == "grid_import" && !controlled(value));
    let sole = plain.count() == 1 && values.iter().any(controlled);
    let channels: Vec<(String, bool)> = values
        .iter()
        .map(|value| {
            let of_sole = sole && value.channel == "grid_import";
            (
                value.channel.clone(),
                is_part(value) || controlled(value) || of_sole,
            )
        })
        .collect();
    for value in &mut values {
        let mut same = channels
            .iter()
            .filter(|(channel, _)| *channel == value.channel);
        let several = same.clone().count() > 1;
        if several && !same.all(|(_, part)| *part) {
            value.channel = header(layout, value).to_owned();
            value.part.clear();
            value.phase = false;
        }
    }
    values
}
