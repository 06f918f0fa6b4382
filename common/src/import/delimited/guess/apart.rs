//! Values of one channel that are parts of it, and those that are not.

use super::super::layout::Layout;
use super::super::mapping::ValueColumn;
use super::super::plan::folded;
use super::super::words::{PARTS, Sure, channel_in, spaced, things};
use super::header;

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
            header(layout, value).to_owned()
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
            value.channel = header(layout, value).to_owned();
            value.part.clear();
            value.phase = false;
        }
    }
    values
}
