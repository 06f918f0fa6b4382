//! What `InfluxDB` answers to queries of its first version: series with their measurement, their tags, the names of
//! their columns, and a row for each time. What they measure is told as the line protocol told it.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::json::{Json, Scalar, Token};
use super::line_protocol::{Line, Value};
use super::readings::{Readings, Way};
use super::wrong;
use crate::import::number::{self, Cell, DecimalMark};
use crate::import::series::Series;
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::{Base, Unit};

/// Columns and tags of a series.
const MOST_COLUMNS: usize = 256;

/// Whether it is such an answer.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let keys = ["\"results\"", "\"series\"", "\"columns\"", "\"values\""];
    text.starts_with('{') && keys.iter().all(|key| text.contains(key))
}

/// Reads answers, one after the other.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut json = Json::new(source);
    let mut answer = Answer::default();
    while let Some(token) = json.token(series)? {
        answer.take(token, &json, series);
    }
    answer.readings.finish(series);
    Ok(())
}

#[derive(Default)]
struct Answer {
    /// The series that is being read.
    measurement: String,
    tags: Vec<(String, String)>,
    columns: Vec<String>,
    /// Its row, as far as it was read; nothing where a cell is no number.
    row: Vec<Option<String>>,
    line: u64,
    readings: Readings,
}

impl Answer {
    fn take(&mut self, token: Token, json: &Json<'_>, series: &mut Series<'_>) {
        let mut outwards = json.path.iter().rev().map(String::as_str);
        let within = [(); 4].map(|()| outwards.next().unwrap_or("-"));
        match (token, within) {
            (Token::BeginObject, ["", "series", ..]) => {
                self.measurement.clear();
                self.tags.clear();
                self.columns.clear();
            }
            (Token::Scalar, ["", "series", ..]) if json.key == "name" => {
                self.measurement.clone_from(&json.text);
            }
            (Token::Scalar, ["tags", "", "series", _]) if self.tags.len() < MOST_COLUMNS => {
                self.tags.push((json.key.clone(), json.text.clone()));
            }
            (Token::Scalar, ["columns", "", "series", _]) if self.columns.len() < MOST_COLUMNS => {
                self.columns.push(json.text.clone());
            }
            (Token::BeginArray, ["", "values", "", "series"]) => {
                self.row.clear();
                self.line = json.line;
            }
            (Token::Scalar, ["", "values", "", "series"]) if self.row.len() < MOST_COLUMNS => {
                // The time may be a text.
                let counts = json.scalar == Scalar::Number
                    || (json.scalar == Scalar::Text && self.row.is_empty());
                self.row.push(counts.then(|| json.text.clone()));
            }
            (Token::EndArray, ["values", "", "series", _]) if json.key.is_empty() => {
                self.end_of_row(series);
            }
            _ => {}
        }
    }

    fn end_of_row(&mut self, series: &mut Series<'_>) {
        let unit = Unit::parse(&self.measurement);
        let is_power = unit.is_some_and(|unit| unit.base == Base::Power);
        let mut fields: Vec<(Cow<'_, str>, Value<'_>)> = Vec::new();
        let mut other = None;
        for (column, cell) in self.columns.iter().zip(&self.row).skip(1) {
            let Some(cell) = cell else { continue };
            let name = match column.as_str() {
                // Of a span, what it began with; of powers, their mean.
                "first" => "value",
                "mean" if is_power => "value",
                name if is_aggregate(name) => {
                    other = Some(name);
                    continue;
                }
                name => name,
            };
            match number::read(cell, DecimalMark::Point) {
                Cell::Value(number) => fields.push((Cow::Borrowed(name), Value::Number(number))),
                _ => wrong(series, self.line, "not_a_number", (cell, column)),
            }
        }
        let tags = self.tags.iter().filter(|(_, value)| !value.is_empty());
        let point = Line {
            measurement: Cow::Borrowed(&self.measurement),
            tags: tags
                .map(|(key, value)| (Cow::Borrowed(key.as_str()), Cow::Borrowed(value.as_str())))
                .collect(),
            fields,
            timestamp: None,
        };
        let measured = point.measured();
        if measured.is_empty() {
            if other.is_some() || !point.fields.is_empty() {
                let name = point.name(other.unwrap_or("value"));
                let named = format!("{} {name}", self.measurement);
                self.readings.note(&named, self.line, series);
            }
            return;
        }
        let style = StampStyle {
            order: DateOrder::DayFirst,
            epoch: true,
        };
        let text = self.row.first().and_then(Option::as_deref);
        let is_time = self.columns.first().is_some_and(|name| name == "time");
        let text = text.filter(|_| is_time).unwrap_or_default();
        let Some(at) = stamp::read(text, style) else {
            wrong(series, self.line, "timestamp", (text, "time"));
            return;
        };
        for one in &measured {
            let way = Way::of(&one.name);
            self.readings.take(way, one, at, self.line, series);
        }
    }
}

/// Whether a column is what a query made of the values of a span, which are then no readings at its time.
fn is_aggregate(column: &str) -> bool {
    let made = [
        "bottom",
        "count",
        "cumulative",
        "derivative",
        "difference",
        "distinct",
        "elapsed",
        "integral",
        "last",
        "max",
        "mean",
        "median",
        "min",
        "mode",
        "moving",
        "non",
        "percentile",
        "sample",
        "spread",
        "stddev",
        "sum",
        "top",
    ];
    let first = column.split('_').next().unwrap_or_default();
    made.contains(&first)
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    fn answer(name: &str, entity: &str, columns: &str, values: &str) -> String {
        format!(
            "{{\"name\":\"{name}\",\"tags\":{{\"domain\":\"sensor\",\"entity_id\":\"{entity}\"}},\
             \"columns\":[\"time\",{columns}],\"values\":[{values}]}}"
        )
    }

    #[test]
    fn series_are_registers_of_their_entities_and_what_was_made_of_spans_is_left_out() {
        let file = format!(
            "{{\"results\":[{{\"statement_id\":0,\"series\":[{},\n{},\n{},\n{}]}}]}}\n",
            answer(
                "kWh",
                "grid",
                "\"value\",\"friendly_name_str\"",
                "[\"2024-03-30T23:00:00Z\",1000.5,\"Grid\"],[\"2024-03-31T00:00:00.5Z\",null,null],\
                 [\"2024-03-31T01:00:00Z\",1002.5,\"Grid\"]"
            ),
            answer(
                "Wh",
                "solar",
                "\"value\"",
                "[1711839600000,500],[1711843200000,1000]"
            ),
            answer(
                "kWh",
                "daily",
                "\"difference\"",
                "[1711839600000,5],[1711843200000,6]"
            ),
            answer("W", "power", "\"mean\"", "[1711839600000,5]"),
        );
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Berlin");
        assert_eq!(total(&summary, "grid"), "2");
        assert_eq!(total(&summary, "solar"), "0.5");
        assert_eq!(summary.channels.len(), 2);
        assert_eq!(codes(&findings), [(3, "not_read"), (4, "not_read")]);
        let cut = &file.as_bytes()[..file.len() - 4];
        let (_, findings) = read_file(super::read, cut, "Europe/Berlin");
        assert!(codes(&findings).contains(&(4, "json_truncated")));
    }

    #[test]
    fn mean_powers_alone_are_energy() {
        let series = answer(
            "W",
            "power",
            "\"mean\"",
            "[\"2024-03-30T23:00:00Z\",100],[\"2024-03-31T00:00:00Z\",300],[\"2024-03-31T01:00:00Z\",0]",
        );
        let file = format!("{{\"results\":[{{\"series\":[{series}]}}]}}");
        let (summary, findings) = read_file(super::read, file.as_bytes(), "UTC");
        assert_eq!(total(&summary, "power"), "0.4");
        assert_eq!(findings, []);
    }
}
