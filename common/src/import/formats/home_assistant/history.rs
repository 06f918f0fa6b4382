//! A downloaded history: `entity_id,state,last_changed`, a row for each change of a state. Units it does not
//! say.

use std::collections::HashMap;
use std::io::{self, BufRead};

use super::{MOST_ENTITIES, header};
use crate::import::formats::bounded::{Lines, MOST_LINE};
use crate::import::formats::fields::fields;
use crate::import::formats::{amount, wrong};
use crate::import::number::{self, Cell, DecimalMark};
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::Unit;

/// Whether its columns are those of a history.
pub fn recognise(head: &str) -> bool {
    header(head).is_some_and(|(_, names)| names == ["entity_id", "state", "last_changed"])
}

/// Words in the names of entities that count no energy, gas or water.
const OTHERS: [&str; 22] = [
    "power",
    "temperature",
    "temp_",
    "voltage",
    "current",
    "humidity",
    "frequency",
    "factor",
    "cost",
    "price",
    "rate",
    "signal",
    "rssi",
    "lux",
    "illuminance",
    "pressure",
    "status",
    "co2",
    "percent",
    "battery_level",
    "soc",
    "forecast",
];

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut file = File::default();
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if file.separator.is_none() {
            file.separator = header(&line.text).map(|(separator, _)| separator);
        } else if !line.text.trim().is_empty() {
            file.row(&line.text, line.number, series);
        }
    }
    Ok(())
}

#[derive(Default)]
struct File {
    separator: Option<char>,
    /// `None` for an entity that counts nothing.
    entities: HashMap<String, Option<(PartId, Unit)>>,
}

impl File {
    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let mut row = fields(text, self.separator.unwrap_or(','));
        let (Some(entity), Some(state), Some(changed)) = (row.next(), row.next(), row.next())
        else {
            series
                .findings
                .add(line, "row_too_short", &[("found", "1"), ("expected", "3")]);
            return;
        };
        let (entity, state) = (entity.trim(), state.trim());
        let value = number::read(state, DecimalMark::Point);
        let known = match self.entities.get(entity) {
            Some(known) => *known,
            None if value == Cell::Blank || self.entities.len() >= MOST_ENTITIES => return,
            None => {
                let found = begin(entity, value, line, series);
                self.entities.insert(entity.to_owned(), found);
                found
            }
        };
        let Some((part, unit)) = known else {
            return;
        };
        // The register goes on meanwhile; what it counted shows with its next state.
        let Some(nano) = amount(state, DecimalMark::Point, unit) else {
            return;
        };
        let style = StampStyle {
            order: DateOrder::DayFirst,
            epoch: true,
        };
        match (nano, stamp::read(&changed, style)) {
            (Ok(nano), Some(at)) => series.put(
                part,
                Point {
                    at,
                    until: None,
                    nano,
                    estimated: false,
                    line,
                },
            ),
            (Err(code), _) => wrong(series, line, code, (state, "state")),
            (_, None) => wrong(series, line, "timestamp", (&changed, "last_changed")),
        }
    }
}

/// What an entity is, by its first state and its name.
fn begin(entity: &str, first: Cell, line: u64, series: &mut Series<'_>) -> Option<(PartId, Unit)> {
    let name = shown(entity);
    let lower = entity.to_lowercase();
    let counts = matches!(first, Cell::Value(_) | Cell::TooLarge)
        && !OTHERS.iter().any(|word| lower.contains(word));
    if !counts {
        series.findings.add(line, "not_read", &[("found", &name)]);
        return None;
    }
    let fluid = lower.contains("gas") || lower.contains("water");
    let energy = lower.contains("kwh") || lower.contains("energy");
    let (unit, symbol) = if fluid && !energy {
        (Unit::M3, "m³")
    } else if lower.ends_with("_wh") {
        (Unit::WH, "Wh")
    } else {
        (Unit::KWH, "kWh")
    };
    let params = [("channel", name.as_str()), ("unit", symbol)];
    series.findings.add(line, "unit_assumed", &params);
    let part = series.part(&ChannelKey {
        name: &name,
        part: "",
        kind: Kind::Register,
        stamp_is: StampIs::Start,
        unit,
        together: false,
    });
    Some((part, unit))
}
