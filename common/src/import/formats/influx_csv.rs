//! What `InfluxDB` answers: CSV of a row for each value, `,result,table,_start,_stop,_time,_value,_field,…`. Several
//! tables follow one another, each with a header of its own, and mostly with annotations (`#datatype`) above it.
//! What its series measure is told as the line protocol told it.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::fields::fields;
use super::line_protocol::{Line, unit_at_end};
use super::payload::Measured;
use super::readings::{Readings, Way};
use super::wrong;
use crate::import::delimited::Said;
use crate::import::number::{self, Cell, DecimalMark, Number};
use crate::import::series::Series;
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::Unit;

/// Columns of a table.
const MOST_COLUMNS: usize = 256;

/// Whether its first table is such an answer.
pub fn recognise(head: &str) -> bool {
    let mut lines = head
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    let annotated = lines.peek().is_some_and(|line| is_annotation(line));
    let Some(header) = lines.find(|line| !line.starts_with('#')) else {
        return false;
    };
    let names: Vec<Cow<'_, str>> = fields(header, ',').take(MOST_COLUMNS).collect();
    let has = |name: &str| names.iter().any(|it| it == name);
    has("_time") && has("_value") && (annotated || has("_field") || has("_measurement"))
}

fn is_annotation(line: &str) -> bool {
    let first = line.trim_start_matches('"');
    ["#group", "#datatype", "#default"]
        .iter()
        .any(|known| first.starts_with(known))
}

/// Reads a file; of series that name no unit somebody may have said it.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>, said: &Said) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut file = File {
        said: said.unit.as_deref().and_then(Unit::parse),
        table: Table::default(),
        readings: Readings::default(),
        // Nothing comes before the first header.
        begins: true,
    };
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else {
            file.line(line.text.trim_end(), line.number, series);
        }
    }
    file.readings.finish(series);
    Ok(())
}

struct File {
    said: Option<Unit>,
    table: Table,
    readings: Readings,
    /// Whether the next line that is no annotation is a header.
    begins: bool,
}

#[derive(Default)]
struct Table {
    /// What `#datatype` says, by column.
    types: Vec<String>,
    /// What `#default` says of cells that are empty.
    defaults: Vec<String>,
    columns: Vec<(String, Column)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Time,
    Value,
    Field,
    Measurement,
    /// Of the answer, not of what was measured.
    Beside,
    Tag,
}

impl Column {
    fn of(name: &str) -> Self {
        match name {
            "_time" => Self::Time,
            "_value" => Self::Value,
            "_field" => Self::Field,
            "_measurement" => Self::Measurement,
            "" | "result" | "table" | "_start" | "_stop" => Self::Beside,
            _ => Self::Tag,
        }
    }
}

impl Table {
    fn has(&self, column: Column) -> bool {
        self.columns.iter().any(|(_, it)| *it == column)
    }

    /// Whether its values are texts or truth values.
    fn counts_nothing(&self) -> bool {
        let at = self.columns.iter().position(|(_, it)| *it == Column::Value);
        let kind = at.and_then(|at| self.types.get(at)).map(String::as_str);
        matches!(kind, Some("string" | "boolean"))
    }
}

/// A row by its columns.
struct Row<'l> {
    time: Cow<'l, str>,
    value: Cow<'l, str>,
    field: Cow<'l, str>,
    point: Line<'l>,
}

impl File {
    fn line(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        if text.trim_matches(',').is_empty() {
            self.begins = true;
        } else if is_annotation(text) {
            if !self.begins || !self.table.columns.is_empty() {
                self.table = Table::default();
                self.begins = true;
            }
            let cells = fields(text, ',').take(MOST_COLUMNS).map(Cow::into_owned);
            if text.contains("#datatype") {
                self.table.types = cells.collect();
            } else if text.contains("#default") {
                self.table.defaults = cells.collect();
            }
        } else if text.starts_with('#') {
            // A comment.
        } else if self.begins {
            self.header(text, line, series);
        } else if self.table.has(Column::Time) && self.table.has(Column::Value) {
            self.row(text, line, series);
        }
    }

    fn header(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        self.begins = false;
        let names: Vec<Cow<'_, str>> = fields(text, ',').take(MOST_COLUMNS).collect();
        // After an empty line a table may go on.
        let telling = ["table", "_value", "error"];
        let is_header = names.iter().any(|name| telling.contains(&name.as_ref()));
        if !is_header && !self.table.columns.is_empty() {
            if self.table.has(Column::Time) && self.table.has(Column::Value) {
                self.row(text, line, series);
            }
            return;
        }
        // Annotations above belong to the header below them.
        if !self.table.columns.is_empty() {
            self.table = Table::default();
        }
        let columns = names.into_iter().map(|name| {
            let column = Column::of(&name);
            (name.into_owned(), column)
        });
        self.table.columns = columns.collect();
        if !(self.table.has(Column::Time) && self.table.has(Column::Value)) {
            self.readings.note(text, line, series);
        }
    }

    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let row = self.table.row(text);
        let name = row.point.name("value");
        if row.value.is_empty() && !self.table.counts_nothing() {
            series.blank(line, "_value");
            return;
        }
        let number = match number::read(&row.value, DecimalMark::Point) {
            Cell::Value(number) if !self.table.counts_nothing() => number,
            Cell::TooLarge => {
                wrong(series, line, "number_too_large", (&row.value, "_value"));
                return;
            }
            _ => {
                let named = format!("{name} {}", row.field);
                self.readings.note(named.trim(), line, series);
                return;
            }
        };
        let Some(measured) = self.measured(&row, number) else {
            let named = format!("{} {name}", row.point.measurement);
            self.readings.note(named.trim(), line, series);
            return;
        };
        let style = StampStyle {
            order: DateOrder::DayFirst,
            epoch: true,
        };
        let Some(at) = stamp::read(&row.time, style) else {
            wrong(series, line, "timestamp", (&row.time, "_time"));
            return;
        };
        let way = Way::of(&measured.name);
        self.readings.take(way, &measured, at, line, series);
    }

    /// What a row is, by the unit that its measurement is called by, a tag says or its field ends with.
    fn measured(&self, row: &Row<'_>, number: Number) -> Option<Measured> {
        let point = &row.point;
        let named = Unit::parse(&point.measurement).or_else(|| point.said_unit());
        // Home Assistant writes other numbers of an entity as fields beside its value.
        let is_value =
            matches!(row.field.as_ref(), "value" | "") || point.tag("entity_id").is_none();
        let unit = named
            .filter(|_| is_value)
            .or_else(|| unit_at_end(&row.field))
            .or_else(|| {
                // Where the measurement was left out of the answer, nothing says that it is something else.
                let is_silent = point.measurement.is_empty() && is_value;
                is_silent.then(|| {
                    let entity = point.tag("entity_id").and_then(unit_at_end);
                    entity.or(self.said)
                })?
            })?;
        let field = if row.field.is_empty() {
            "value"
        } else {
            row.field.as_ref()
        };
        let mut measured = point.counted(field, unit, number);
        if measured.name.is_empty() {
            "unknown".clone_into(&mut measured.name);
        }
        Some(measured)
    }
}

impl Table {
    fn row<'l>(&'l self, text: &'l str) -> Row<'l> {
        let mut row = Row {
            time: Cow::Borrowed(""),
            value: Cow::Borrowed(""),
            field: Cow::Borrowed(""),
            point: Line {
                measurement: Cow::Borrowed(""),
                tags: Vec::new(),
                fields: Vec::new(),
                timestamp: None,
            },
        };
        let cells = fields(text, ',').zip(&self.columns).enumerate();
        for (at, (cell, (name, column))) in cells {
            let cell = match self.defaults.get(at) {
                Some(default) if cell.is_empty() => Cow::Borrowed(default.as_str()),
                _ => cell,
            };
            match column {
                Column::Time => row.time = cell,
                Column::Value => row.value = cell,
                Column::Field => row.field = cell,
                Column::Measurement => row.point.measurement = cell,
                Column::Tag if !cell.is_empty() => {
                    row.point.tags.push((Cow::Borrowed(name), cell));
                }
                Column::Tag | Column::Beside => {}
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use crate::import::delimited::Said;
    use crate::import::finding::Finding;
    use crate::import::formats::tests::{codes, read as read_file, total};
    use crate::import::series::Summary;

    const ANNOTATIONS: &str = "#group,false,false,true,true,false,false,true,true,true,true\r\n\
        #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string,string\r\n\
        #default,_result,,,,,,,,,\r\n";
    const HEADER: &str =
        ",result,table,_start,_stop,_time,_value,_field,_measurement,domain,entity_id\r\n";

    fn read(file: &str, unit: Option<&str>) -> (Summary, Vec<Finding>) {
        let said = Said {
            unit: unit.map(str::to_owned),
            ..Said::default()
        };
        read_file(
            |source, series| super::read(source, series, &said),
            file.as_bytes(),
            "UTC",
        )
    }

    fn rows(table: u8, values: &[&str], rest: &str) -> String {
        let rows = values.iter().enumerate().map(|(hour, value)| {
            format!(",,{table},2024-03-01T00:00:00Z,2024-03-02T00:00:00Z,2024-03-01T0{hour}:10:00.5Z,{value},{rest}\r\n")
        });
        rows.collect()
    }

    #[test]
    fn tables_that_follow_one_another_are_series_of_their_entities() {
        let texts = ANNOTATIONS.replace("double", "string");
        let file = format!(
            "{ANNOTATIONS}{HEADER}{}{}\r\n{ANNOTATIONS}{HEADER}{}{}{}\r\n{texts}{HEADER}{}",
            rows(0, &["1000.5", "1001", "1002.5"], "value,kWh,sensor,grid"),
            rows(1, &["500", "", "501000"], "value,Wh,sensor,solar"),
            rows(2, &["21.5", "21.6"], "value,°C,sensor,kitchen"),
            rows(3, &["350", "450"], "value,W,sensor,grid_power"),
            rows(4, &["1", "2"], "last_year,kWh,sensor,grid"),
            rows(5, &["on", "1"], "value,kWh,sensor,grid"),
        );
        assert!(super::recognise(&file));
        let (summary, findings) = read(&file, None);
        assert_eq!(total(&summary, "grid"), "2");
        assert_eq!(summary.channels["grid"].intervals, 2);
        assert_eq!(total(&summary, "solar"), "500.5");
        assert_eq!(summary.channels.len(), 2);
        let noted: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.code == "not_read")
            .map(|finding| finding.params["found"].as_str())
            .collect();
        assert_eq!(
            noted,
            ["°C kitchen", "grid_power", "kWh grid", "grid value"]
        );
        assert!(codes(&findings).contains(&(9, "blank")));
    }

    #[test]
    fn an_answer_without_annotations_may_name_its_units_in_tags_or_fields() {
        let file = ",result,table,_time,_value,_field,_measurement,unit,host\n\
                    ,_result,0,2024-03-01T00:00:00Z,10,total,meter,kWh,pi\n\
                    ,_result,0,2024-03-01T01:00:00Z,11.5,total,meter,kWh,pi\n\n\
                    ,result,table,_time,_value,_field,_measurement,room\n\
                    ,_result,1,2024-03-01T00:00:00Z,100,import_wh,meter,hall\n\
                    ,_result,1,2024-03-01T01:00:00Z,350,import_wh,meter,hall\n\n\
                    ,error,reference\n,Failed to parse,897\n";
        assert!(super::recognise(file));
        let (summary, findings) = read(file, None);
        assert_eq!(total(&summary, "meter total"), "1.5");
        assert_eq!(total(&summary, "meter hall import_wh"), "0.25");
        assert_eq!(codes(&findings), [(9, "not_read")]);
    }

    #[test]
    fn where_an_answer_leaves_its_measurement_out_somebody_says_the_unit() {
        let file = "#datatype,string,long,dateTime:RFC3339,double,string\n,result,table,_time,_value,entity_id\n\
                    ,_result,0,2024-03-01T00:00:00Z,10,grid\n,_result,0,2024-03-01T01:00:00Z,20,grid\n";
        assert!(super::recognise(file));
        let (summary, findings) = read(file, Some("Wh"));
        assert_eq!(total(&summary, "grid"), "0.01");
        assert_eq!(findings, []);
        let (summary, findings) = read(file, None);
        assert!(summary.channels.is_empty());
        assert_eq!(codes(&findings), [(3, "not_read")]);
        assert!(!super::recognise(
            "name,tags,time,value\nkWh,a=b,1711839600000000000,1\n"
        ));
    }
}
