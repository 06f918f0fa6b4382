//! Columns of EDC, the Czech centre that counts what neighbours share: `IN-<meter>-D` is what a meter gave to
//! the grid, `IN-<meter>-O` what it took, written below zero; `OUT-…` the same after what was shared is
//! taken away, of which no meter shows anything.

use crate::import::series::Kind;
use crate::import::shown;

use super::layout::Layout;
use super::mapping::ValueColumn;

/// The values of such a table.
pub(super) fn values(layout: &Layout) -> Vec<ValueColumn> {
    let mut known: Vec<&str> = Vec::new();
    let columns = layout.columns.iter().enumerate().skip(3);
    let columns = columns.filter(|(_, column)| column.is_number());
    let values = columns.filter_map(|(at, column)| {
        let header = column.header.trim();
        let (before, rest) = header.split_once('-').unwrap_or(("", header));
        let (meter, kind) = rest.rsplit_once('-').unwrap_or((header, rest));
        let channel = match kind {
            "D" => "grid_export",
            "O" => "grid_import",
            _ => "unknown",
        };
        if before == "OUT" && channel != "unknown" {
            return None;
        }
        let others = known.iter().filter(|known| **known == channel).count();
        known.push(channel);
        Some(ValueColumn {
            column: format!("#{}", at + 1),
            channel: if others == 0 {
                channel.to_owned()
            } else {
                format!("{channel} {}", shown(meter))
            },
            part: String::new(),
            phase: false,
            kind: Kind::Usage,
            unit: Some("kWh".to_owned()),
            turned: channel == "grid_import" && column.negative,
            negative_channel: None,
            optional: false,
            unless_zero: false,
        })
    });
    values.collect()
}
