//! Which columns say what was given to the grid by values below zero, where somebody said that they do.

use super::mapping::{Mapping, Negative};
use super::plan::Value;
use super::words::{channel_in, things};

/// Words of what stands for the grid, where no column is known as what came from it.
const GRID: [&str; 9] = [
    "grid", "mains", "main", "netz", "net", "réseau", "reseau", "rede", "rete",
];

/// Notes in the values which of them give, and as which part of all that was given.
pub(super) fn settle(mapping: &Mapping, values: &mut [Value]) {
    if mapping.negative != Some(Negative::Export) || mapping.channel_of.is_some() {
        return;
    }
    let tells_export = |value: &Value| {
        value.channel == "grid_export" || value.negative_channel.as_deref() == Some("grid_export")
    };
    if values.iter().any(tells_export) {
        return;
    }
    let open = |value: &Value| value.negative_channel.is_none();
    let of_grid = |value: &Value| open(value) && value.channel == "grid_import";
    let named = |value: &Value| {
        let words = things::words(&value.header);
        open(value) && is_open(&value.channel) && GRID.iter().any(|word| things::has(&words, word))
    };
    let other = |value: &Value| {
        open(value)
            && is_open(&value.channel)
            && channel_in(&value.header).is_none_or(|(channel, _)| is_open(channel))
    };
    let sole = values.len() == 1;
    let only = |value: &Value| open(value) && sole;
    let kinds: [&dyn Fn(&Value) -> bool; 4] = [&of_grid, &named, &other, &only];
    let Some(gives) = kinds.into_iter().find(|kind| values.iter().any(*kind)) else {
        return;
    };
    let giving: Vec<usize> = (0..values.len()).filter(|at| gives(&values[*at])).collect();
    for at in &giving {
        let value = &mut values[*at];
        value.gives = Some(if giving.len() > 1 {
            value.header.clone()
        } else {
            value.part.clone()
        });
    }
}

/// Whether rows of a channel give, in a table that says of each row of which channel it is.
pub(super) fn row_gives(mapping: &Mapping, channel: &str) -> bool {
    if mapping.negative != Some(Negative::Export) {
        return false;
    }
    let known = mapping.channel_of.iter().flat_map(|of| &of.channels);
    let has = |name: &str| known.clone().any(|words| words.channel == name);
    if has("grid_export") {
        return false;
    }
    if has("grid_import") {
        return channel == "grid_import";
    }
    is_open(channel) && channel_in(channel).is_none_or(|(channel, _)| is_open(channel))
}

/// Whether a channel may be of what came from the grid.
fn is_open(channel: &str) -> bool {
    !matches!(
        channel,
        "grid_export"
            | "solar_production"
            | "battery_charge"
            | "battery_discharge"
            | "device_consumption"
            | "total_consumption"
            | "gas"
            | "water"
    )
}
