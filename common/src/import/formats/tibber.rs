//! What Tibber's API answers: nodes of consumption or production, `from` one instant `to` another.

use std::io::{self, BufRead};

use super::Meters;
use super::json::{Json, Scalar, Token};
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, Point, Series, StampIs};
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::Unit;

/// Whether it is such an answer.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let node = |key: &str| text.contains(&format!("\"{key}\""));
    text.starts_with(['{', '['])
        && node("from")
        && node("to")
        && (node("consumption") || node("production"))
}

/// Reads an answer.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut json = Json::new(source);
    let mut node = Node::default();
    let mut meters = Meters::default();
    let mut homes = 0_usize;
    while let Some(token) = json.token(series)? {
        match token {
            Token::BeginObject => {
                let is_home = json.path.last().is_some_and(String::is_empty)
                    && json
                        .path
                        .iter()
                        .rev()
                        .nth(1)
                        .is_some_and(|key| key == "homes");
                homes += usize::from(is_home);
                node = Node::at(json.line);
            }
            Token::Scalar => node.take(&json),
            Token::EndObject => {
                let home = homes.max(1).to_string();
                std::mem::take(&mut node).put(&home, &mut meters, series);
            }
            _ => {}
        }
    }
    Ok(())
}

/// One node.
#[derive(Debug, Default)]
struct Node {
    line: u64,
    from: Option<String>,
    to: Option<String>,
    /// Text of a number, or nothing where the node has none, and its unit.
    consumption: Option<(Option<String>, Option<String>)>,
    production: Option<(Option<String>, Option<String>)>,
}

impl Node {
    fn at(line: u64) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    fn take(&mut self, json: &Json<'_>) {
        let text = (json.scalar != Scalar::Null).then(|| json.text.clone());
        match json.key.as_str() {
            "from" => self.from = text,
            "to" => self.to = text,
            "consumption" => self.consumption.get_or_insert_default().0 = text,
            "consumptionUnit" => self.consumption.get_or_insert_default().1 = text,
            "production" => self.production.get_or_insert_default().0 = text,
            "productionUnit" => self.production.get_or_insert_default().1 = text,
            _ => {}
        }
    }

    fn put(self, home: &str, meters: &mut Meters, series: &mut Series<'_>) {
        let Some(from) = &self.from else {
            return;
        };
        let told = [
            ("grid_import", &self.consumption),
            ("grid_export", &self.production),
        ];
        for (channel, told) in told {
            let Some((value, unit)) = told else {
                continue;
            };
            let Some(value) = value else {
                series.blank(self.line, channel);
                continue;
            };
            let point = point(
                value,
                unit.as_deref(),
                (from, self.to.as_deref()),
                self.line,
            );
            match point {
                Ok((unit, point)) => {
                    let name = meters.channel(home, channel);
                    let part = series.part(&ChannelKey {
                        name: &name,
                        part: "",
                        kind: Kind::Usage,
                        stamp_is: StampIs::Start,
                        unit,
                        together: false,
                    });
                    series.put(part, point);
                }
                Err((code, found)) => {
                    wrong(series, self.line, code, (found, channel));
                }
            }
        }
    }
}

/// A node's point; or what is wrong and with which text.
fn point<'t>(
    value: &'t str,
    unit: Option<&'t str>,
    (from, to): (&'t str, Option<&'t str>),
    line: u64,
) -> Result<(Unit, Point), (&'static str, &'t str)> {
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: false,
    };
    // It sells by the kWh and leaves the unit out where nobody asked for it.
    let unit_text = unit.unwrap_or("kWh");
    let unit = Unit::parse(unit_text).ok_or(("unit_not_known", unit_text))?;
    let nano = amount(value, DecimalMark::Point, unit)
        .unwrap_or(Err("not_a_number"))
        .map_err(|code| (code, value))?;
    let read = |text: &'t str| stamp::read(text, style).ok_or(("timestamp", text));
    let point = Point {
        at: read(from)?,
        until: to.map(read).transpose()?,
        nano,
        estimated: false,
        line,
    };
    Ok((unit, point))
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    #[test]
    fn nodes_of_homes_are_read_with_their_gaps() {
        let node = |from: u8, value: &str| {
            format!(
                "{{\"from\":\"2024-01-01T0{from}:00:00.000+01:00\",\"to\":\"2024-01-01T0{}:00:00.000+01:00\",\
                 \"unitPrice\":0.5,\"cost\":1.1,\"consumption\":{value},\"consumptionUnit\":\"kWh\"}}",
                from + 1
            )
        };
        let home = |values: [&str; 3]| {
            let nodes: Vec<String> = (0..)
                .zip(values)
                .map(|(at, value)| node(at, value))
                .collect();
            format!("{{\"consumption\":{{\"nodes\":[{}]}}}}", nodes.join(",\n"))
        };
        let file = format!(
            "{{\"data\":{{\"viewer\":{{\"homes\":[{},{}]}}}}}}",
            home(["0.25", "null", "1.5"]),
            home(["2", "3", "\"x\""])
        );
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Oslo");
        assert_eq!(total(&summary, "grid_import"), "1.75");
        assert_eq!(total(&summary, "grid_import 2"), "5");
        assert_eq!(
            codes(&findings),
            [(0, "gap"), (2, "blank"), (5, "not_a_number")]
        );
    }
}
