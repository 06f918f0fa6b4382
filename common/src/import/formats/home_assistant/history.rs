//! A downloaded history: `entity_id,state,last_changed`, a row for each change of a state. Units it does not
//! say; somebody may.

use std::collections::HashMap;
use std::io::{self, BufRead};

use super::{MOST_ENTITIES, header};
use crate::import::delimited::Said;
use crate::import::formats::bounded::{Lines, MOST_LINE};
use crate::import::formats::fields::fields;
use crate::import::formats::{amount, wrong};
use crate::import::number::{self, Cell, DecimalMark};
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::{Base, Unit};

/// Whether its columns are those of a history.
pub fn recognise(head: &str) -> bool {
    header(head).is_some_and(|(_, names)| names == ["entity_id", "state", "last_changed"])
}

/// Words in the names of entities that count no energy, gas or water.
const OTHERS: [&str; 21] = [
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

/// Reads a file, of whose units somebody may have said something.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>, said: &Said) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let said = said.unit.as_deref();
    let mut file = File {
        said: said.and_then(|text| Some((Unit::parse(text)?, text))),
        ..File::default()
    };
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
struct File<'s> {
    separator: Option<char>,
    /// The unit that somebody said, and how.
    said: Option<(Unit, &'s str)>,
    /// `None` for an entity that counts nothing.
    entities: HashMap<String, Option<(PartId, Unit)>>,
}

impl File<'_> {
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
                let found = self.begin(entity, value, line, series);
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

    /// What an entity is, by its first state and its name.
    fn begin(
        &self,
        entity: &str,
        first: Cell,
        line: u64,
        series: &mut Series<'_>,
    ) -> Option<(PartId, Unit)> {
        let name = shown(entity);
        let lower = entity.to_lowercase();
        let counts = matches!(first, Cell::Value(_) | Cell::TooLarge)
            && !OTHERS.iter().any(|word| lower.contains(word));
        let unit = counts.then(|| self.unit(&lower)).flatten();
        let Some((unit, assumed)) = unit else {
            series.findings.add(line, "not_read", &[("found", &name)]);
            return None;
        };
        if let Some(symbol) = assumed {
            let params = [("channel", name.as_str()), ("unit", symbol)];
            series.findings.add(line, "unit_assumed", &params);
        }
        let part = series.part(&ChannelKey {
            name: &name,
            part: "",
            kind: if unit.base == Base::Power {
                Kind::Power
            } else {
                Kind::Register
            },
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        Some((part, unit))
    }

    /// The unit of an entity by its name in small letters, and as what it was assumed where nothing tells it
    /// for sure; none for power, unless that is what somebody said.
    fn unit(&self, name: &str) -> Option<(Unit, Option<&str>)> {
        let is_power = name.contains("power");
        let is_energy =
            !is_power && (name.contains("kwh") || name.contains("energy") || name.ends_with("_wh"));
        let is_fluid = !(is_power || is_energy) && (name.contains("gas") || name.contains("water"));
        let guess = if is_fluid {
            (Unit::M3, Some("m³"))
        } else if name.ends_with("_wh") {
            (Unit::WH, Some("Wh"))
        } else {
            (Unit::KWH, Some("kWh"))
        };
        let Some((said, text)) = self.said else {
            return (!is_power).then_some(guess);
        };
        Some(match said.base {
            Base::Power if is_energy || is_fluid => guess,
            Base::Power => (said, None),
            _ if is_power => return None,
            // Gas may be told in kWh, and so be what was said; but that may have been of others.
            Base::Energy if is_fluid => (said, Some(text)),
            Base::Volume | Base::Heat if is_energy => (said, Some(text)),
            Base::Energy | Base::Volume | Base::Heat => (said, None),
        })
    }
}
