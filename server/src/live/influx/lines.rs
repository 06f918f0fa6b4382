//! Lines of the line protocol as values. Pure.

use ecotrack_common::import::formats::line_protocol::{Line, Precision, Value, parse_line};
use ecotrack_common::import::formats::payload::{Measured, Nature};
use ecotrack_common::import::unit::{Base, Unit};
use ecotrack_common::live::{MAX_SOURCE_CHARS, SourceKind};

use crate::live::commit::{Point, When};

/// What is in a name of which nobody says what its numbers are, and that may be of use.
const TELLING: [&str; 8] = [
    "energy", "power", "kwh", "watt", "consum", "total", "import", "export",
];

/// What a body says.
#[derive(Debug, Default)]
pub struct Read {
    /// Values of energy, power or volumes, and such as may be.
    pub points: Vec<Point>,
    /// Lines that are none.
    pub wrong: usize,
    /// What is wrong with the first of them, as `InfluxDB` says it.
    pub first_wrong: Option<String>,
}

/// Reads a body. `now` in milliseconds stands where a line has no timestamp.
pub fn read(text: &str, precision: Precision, now: i64) -> Read {
    let mut read = Read::default();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let points = parse_line(line).map_err(|error| error.to_string());
        let points = points.and_then(|parsed| points_of(&parsed, precision, now));
        match points {
            Ok(points) => read.points.extend(points),
            Err(what) => {
                read.wrong += 1;
                read.first_wrong.get_or_insert_with(|| {
                    let shown: String = line.chars().take(200).collect();
                    format!("unable to parse '{shown}': {what}")
                });
            }
        }
    }
    read
}

/// What one line says.
fn points_of(line: &Line<'_>, precision: Precision, now: i64) -> Result<Vec<Point>, String> {
    let at = match line.timestamp {
        None => now,
        Some(said) => millis(precision, said).ok_or("timestamp out of range")?,
    };
    let measured = line.measured();
    if measured.is_empty() {
        return Ok(unknown(line, at));
    }
    measured
        .iter()
        .filter_map(|one| point(one, at).transpose())
        .collect()
}

/// A value that says its unit; `None` of what a register says too.
///
/// # Errors
/// A number that no meter shows.
pub fn point(measured: &Measured, at: i64) -> Result<Option<Point>, String> {
    let kind = match (measured.nature, measured.unit.base) {
        (Nature::Passing, _) | (_, Base::Heat) => return Ok(None),
        (_, Base::Power) => SourceKind::Power,
        (_, Base::Energy) => SourceKind::Counter,
        (_, Base::Volume) => SourceKind::Volume,
    };
    let nano = measured
        .value
        .to_nano(measured.unit)
        .ok_or("number out of range")?;
    Ok(Some(Point {
        name: named(&measured.name),
        kind,
        nano,
        at: When::Ms(at),
    }))
}

/// A name that fits.
pub fn named(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_SOURCE_CHARS)
        .collect();
    if name.trim().is_empty() {
        "value".to_owned()
    } else {
        name
    }
}

/// Numbers of a line that says no unit, where its names sound like energy: somebody may say what they are.
fn unknown(line: &Line<'_>, at: i64) -> Vec<Point> {
    let tags: Vec<&str> = line.tags.iter().map(|(_, value)| value.as_ref()).collect();
    let numbers = line.fields.iter().filter_map(|(key, value)| match value {
        Value::Number(number) => Some((key, number)),
        Value::Text(_) | Value::Bool(_) => None,
    });
    numbers
        .filter_map(|(key, number)| {
            let name = [
                &[line.measurement.as_ref()],
                tags.as_slice(),
                &[key.as_ref()],
            ]
            .concat()
            .join(" ");
            let lower = name.to_lowercase();
            if !TELLING.iter().any(|word| lower.contains(word)) {
                return None;
            }
            // Billionths of whatever it is.
            let nano = number.to_nano(Unit::KWH)?;
            Some(Point {
                name: named(&name),
                kind: SourceKind::Unknown,
                nano,
                at: When::Ms(at),
            })
        })
        .collect()
}

/// Milliseconds of a timestamp.
fn millis(precision: Precision, said: i64) -> Option<i64> {
    match precision {
        Precision::Nanoseconds => Some(said.div_euclid(1_000_000)),
        Precision::Microseconds => Some(said.div_euclid(1_000)),
        Precision::Milliseconds => Some(said),
        Precision::Seconds | Precision::Minutes | Precision::Hours => {
            precision.seconds(said)?.checked_mul(1_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_power_and_what_may_be_are_told_apart_and_all_else_is_not_kept() {
        let text = "\
# a comment
kWh,domain=sensor,entity_id=grid_energy value=123.456 1700000000000000000
W,domain=sensor,entity_id=grid_power value=-250 1700000000000000000
°C,entity_id=kitchen value=21.5 1700000000000000000
modbus,name=main total_import=5i 1700000000000000000
cpu,host=a usage_idle=99 1700000000000000000
nonsense
";
        let read = read(text, Precision::Nanoseconds, 0);
        let told: Vec<(&str, SourceKind, i64)> = read
            .points
            .iter()
            .map(|it| (it.name.as_str(), it.kind, it.nano))
            .collect();
        assert_eq!(
            told,
            [
                ("grid_energy", SourceKind::Counter, 123_456_000_000),
                ("grid_power", SourceKind::Power, -250_000_000),
                (
                    "modbus main total_import",
                    SourceKind::Unknown,
                    5_000_000_000
                ),
            ]
        );
        assert!(
            read.points
                .iter()
                .all(|it| it.at == When::Ms(1_700_000_000_000))
        );
        assert_eq!(read.wrong, 1);
        let wrong = read.first_wrong.unwrap();
        assert!(wrong.starts_with("unable to parse 'nonsense': "), "{wrong}");
    }

    #[test]
    fn every_precision_is_the_same_instant() {
        for (precision, said) in [
            (Precision::Nanoseconds, 1_699_999_200_000_000_000),
            (Precision::Microseconds, 1_699_999_200_000_000),
            (Precision::Milliseconds, 1_699_999_200_000),
            (Precision::Seconds, 1_699_999_200),
            (Precision::Minutes, 28_333_320),
            (Precision::Hours, 472_222),
        ] {
            assert_eq!(millis(precision, said), Some(1_699_999_200_000));
        }
        assert_eq!(millis(Precision::Hours, i64::MAX), None);
    }
}
