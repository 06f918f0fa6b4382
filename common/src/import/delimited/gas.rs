//! Gas that a table tells twice.

use std::collections::HashMap;

use crate::import::number;
use crate::import::unit::{Base, Unit};

use super::layout::Layout;
use super::plan::{Time, Value};

/// Kilowatt-hours in a cubic metre of gas: at least, and at most, in tenths.
const GAS_TENTHS: (i128, i128) = (60, 150);

/// Registers of gas: told by volume, and as its energy besides, as Fluvius does. What has the name of such a
/// register and another amount in the same rows is no energy of it.
pub(super) fn told_twice(
    layout: &Layout,
    channel_of: Option<usize>,
    unit_column: Option<usize>,
    time: &Time,
    value: Option<&Value>,
) -> Vec<String> {
    let (Some(channel), Some(unit_at), Some(value)) = (channel_of, unit_column, value) else {
        return Vec::new();
    };
    let times: Vec<usize> = time.columns();
    let mut volumes: HashMap<(&str, Vec<&str>), i64> = HashMap::new();
    let mut energies: HashMap<(&str, Vec<&str>), i64> = HashMap::new();
    for row in &layout.rows {
        let (Some(unit), Some(name)) = (row.get(unit_at).and_then(Unit::parse), row.get(channel))
        else {
            continue;
        };
        let number::Cell::Value(amount) =
            number::read(row.get(value.column).unwrap_or(""), value.mark)
        else {
            continue;
        };
        let at = times
            .iter()
            .map(|at| row.get(*at).unwrap_or("").trim())
            .collect();
        let of = if unit.base == Base::Energy {
            &mut energies
        } else {
            &mut volumes
        };
        of.insert((name.trim(), at), amount.to_nano(unit).unwrap_or(0));
    }
    let mut registers: Vec<&str> = volumes.keys().map(|(name, _)| *name).collect();
    registers.sort_unstable();
    registers.dedup();
    let is_same = |register: &&str| {
        let both = volumes.iter().filter(|((name, _), _)| name == register);
        let both = both.filter_map(|(key, volume)| {
            Some((i128::from(*volume), i128::from(*energies.get(key)?)))
        });
        let (mut alike, mut other) = (0, 0);
        for (volume, energy) in both {
            let within = (volume * GAS_TENTHS.0..=volume * GAS_TENTHS.1).contains(&(energy * 10));
            // A thousandth is as exact as most files are.
            if within || (energy == 0 && volume == 0) || (volume - energy).abs() < 2_000_000 {
                alike += 1;
            } else {
                other += 1;
            }
        }
        alike >= other
    };
    registers.retain(is_same);
    registers.into_iter().map(str::to_owned).collect()
}
