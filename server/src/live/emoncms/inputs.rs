//! Inputs as emoncms takes them, as values. Pure.

use std::borrow::Cow;

use ecotrack_common::import::formats::line_protocol::{Line, Value};
use ecotrack_common::import::number::{Cell, DecimalMark, Number, read};
use ecotrack_common::import::unit::Unit;
use ecotrack_common::live::SourceKind;

use crate::live::commit::{Point, When};
use crate::live::influx::{named, point};

/// Inputs of one request.
const MOST_INPUTS: usize = 10_000;

/// Why inputs are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// No parameter holds any.
    #[error("the request has no data: send json, fulljson, csv or data")]
    Nothing,
    /// What should be JSON is none of the right shape.
    #[error("the data is not JSON of the form that this takes")]
    Json,
    /// A pair without its name.
    #[error("an input has no name")]
    Name,
    /// A value that is no number.
    #[error("an input's value is no number")]
    Value,
    /// Too many.
    #[error("too many inputs in one request")]
    TooMany,
}

/// The inputs of one node: an object as JSON, or `name:value` and values, separated by commas.
pub fn of_node(node: &str, text: &str, is_json: bool, at: i64) -> Result<Vec<Point>, Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::Nothing);
    }
    let mut points = Vec::new();
    if is_json {
        let inputs: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| Wrong::Json)?;
        for (name, value) in &inputs {
            // Something that is no number is nobody's input.
            if let Some(number) = number(value)? {
                put(&mut points, node, name, number, at)?;
            }
        }
        return Ok(points);
    }
    let mut unnamed = 0;
    for pair in text
        .trim()
        .trim_start_matches('{')
        .trim_end_matches('}')
        .split(',')
    {
        let (name, value) = if let Some((name, value)) = pair.split_once(':') {
            (Cow::Borrowed(name.trim().trim_matches('"')), value)
        } else {
            unnamed += 1;
            (Cow::Owned(unnamed.to_string()), pair)
        };
        if name.is_empty() {
            return Err(Wrong::Name);
        }
        let number = written(value.trim().trim_matches('"'))?;
        put(&mut points, node, &name, number, at)?;
    }
    Ok(points)
}

/// From what the times of several nodes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// Seconds since 1970.
    Time(i64),
    /// The sender's clock shows this now.
    Now(i64),
    /// The last of them is of now.
    Last,
}

/// The inputs of several nodes and times: `[[seconds, node, value, …], …]`, where a value may be an object
/// of one name. `now` in seconds.
pub fn of_nodes(text: &str, reference: Reference, now: i64) -> Result<Vec<Point>, Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::Nothing);
    }
    let rows: Vec<Vec<serde_json::Value>> = serde_json::from_str(text).map_err(|_| Wrong::Json)?;
    let seconds = |row: &[serde_json::Value]| row.first().and_then(whole).ok_or(Wrong::Json);
    let begin = match reference {
        Reference::Time(time) => time,
        Reference::Now(shown) => now.saturating_sub(shown),
        Reference::Last => now.saturating_sub(seconds(rows.last().ok_or(Wrong::Json)?)?),
    };
    let mut points = Vec::new();
    for row in rows.iter().filter(|row| row.len() > 2) {
        let at = begin.saturating_add(seconds(row)?).saturating_mul(1_000);
        let node = match &row[1] {
            serde_json::Value::String(node) => node.clone(),
            serde_json::Value::Number(node) => node.to_string(),
            _ => return Err(Wrong::Json),
        };
        let mut unnamed = 0;
        for value in &row[2..] {
            if let serde_json::Value::Object(one) = value {
                for (name, value) in one {
                    if let Some(number) = number(value)? {
                        put(&mut points, &node, name, number, at)?;
                    }
                }
                continue;
            }
            unnamed += 1;
            if let Some(number) = number(value)? {
                put(&mut points, &node, &unnamed.to_string(), number, at)?;
            }
        }
    }
    Ok(points)
}

fn whole(value: &serde_json::Value) -> Option<i64> {
    match value {
        serde_json::Value::Number(number) => number.as_i64().or_else(|| {
            // Some send 12.0; more than a second apart nothing is.
            number
                .as_f64()
                .filter(|it| it.abs() < 1e15)
                .map(|it| it as i64)
        }),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn number(value: &serde_json::Value) -> Result<Option<Number>, Wrong> {
    match value {
        serde_json::Value::Number(number) => written(&number.to_string()).map(Some),
        serde_json::Value::String(text) if !text.trim().is_empty() => {
            written(text.trim()).map(Some)
        }
        serde_json::Value::Null | serde_json::Value::String(_) | serde_json::Value::Bool(_) => {
            Ok(None)
        }
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => Err(Wrong::Json),
    }
}

fn written(text: &str) -> Result<Number, Wrong> {
    match read(text, DecimalMark::Point) {
        Cell::Value(number) => Ok(number),
        Cell::Blank | Cell::TooLarge | Cell::Wrong => Err(Wrong::Value),
    }
}

/// By the unit at the end of an input's name it is energy or power; else somebody has to say what it is.
fn put(
    points: &mut Vec<Point>,
    node: &str,
    input: &str,
    number: Number,
    at: i64,
) -> Result<(), Wrong> {
    if points.len() >= MOST_INPUTS {
        return Err(Wrong::TooMany);
    }
    let line = Line {
        measurement: Cow::Borrowed(node),
        tags: Vec::new(),
        fields: vec![(Cow::Borrowed(input), Value::Number(number))],
        timestamp: None,
    };
    let name = named(&format!("{node} {input}"));
    let told = line
        .measured()
        .pop()
        .and_then(|measured| point(&measured, at).ok().flatten());
    points.push(match told {
        Some(point) => Point { name, ..point },
        None => Point {
            name,
            kind: SourceKind::Unknown,
            nano: number.to_nano(Unit::KWH).ok_or(Wrong::Value)?,
            at: When::Ms(at),
        },
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(points: Vec<Point>) -> Vec<(String, SourceKind, i64, When)> {
        points
            .into_iter()
            .map(|it| (it.name, it.kind, it.nano, it.at))
            .collect()
    }

    #[test]
    fn inputs_of_a_node_come_as_json_pairs_or_values() {
        let at = When::Ms(5_000);
        let unknown = |name: &str, value: i64| {
            (
                name.to_owned(),
                SourceKind::Unknown,
                value * 1_000_000_000,
                at,
            )
        };
        let json = of_node(
            "emontx",
            r#"{"power1": 100, "vrms": null, "total_kwh": 12.5}"#,
            true,
            5_000,
        );
        let mut json = told(json.unwrap());
        json.sort_by(|one, other| one.0.cmp(&other.0));
        let counter = (
            "emontx total_kwh".to_owned(),
            SourceKind::Counter,
            12_500_000_000,
            at,
        );
        assert_eq!(json, [unknown("emontx power1", 100), counter]);
        let pairs = of_node("0", "{power1:100,200}", false, 5_000);
        assert_eq!(
            told(pairs.unwrap()),
            [unknown("0 power1", 100), unknown("0 1", 200)]
        );
        assert_eq!(of_node("0", "power1:many", false, 0), Err(Wrong::Value));
        assert_eq!(of_node("0", ":5", false, 0), Err(Wrong::Name));
        assert_eq!(of_node("0", "[1]", true, 0), Err(Wrong::Json));
        assert_eq!(of_node("0", " ", true, 0), Err(Wrong::Nothing));
    }

    #[test]
    fn times_of_several_nodes_count_from_what_is_said() {
        let text = "[[0,16,1137],[2,17,1437,3164],[4,19,1412,{\"energy_wh\":3077}]]";
        let times = |reference| -> Vec<i64> {
            let points = of_nodes(text, reference, 1_000).unwrap();
            let second = |it: &Point| match it.at {
                When::Ms(ms) => ms / 1_000,
                When::Civil(..) => 0,
            };
            points.iter().map(second).collect()
        };
        assert_eq!(times(Reference::Last), [996, 998, 998, 1_000, 1_000]);
        assert_eq!(times(Reference::Now(10)), [990, 992, 992, 994, 994]);
        assert_eq!(times(Reference::Time(50)), [50, 52, 52, 54, 54]);
        let last = of_nodes(text, Reference::Last, 1_000)
            .unwrap()
            .pop()
            .unwrap();
        assert_eq!(
            (last.name.as_str(), last.kind, last.nano),
            ("19 energy_wh", SourceKind::Counter, 3_077_000_000)
        );
        assert_eq!(of_nodes("[]", Reference::Last, 0), Err(Wrong::Json));
        assert_eq!(of_nodes("{}", Reference::Last, 0), Err(Wrong::Json));
    }
}
