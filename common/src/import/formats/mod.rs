//! Formats with a structure of their own, each recognised by what stands in it and read into a [`Series`].
//! Plain tables are not here.

use std::io::{self, BufRead};

use jiff::Timestamp;

use super::delimited::Said;
use super::number::{self, Cell, DecimalMark};
use super::series::Series;
use super::shown;
use super::unit::Unit;

mod bounded;
pub mod day_rows;
mod fields;
pub mod green_button;
pub mod home_assistant;
pub mod influx_csv;
pub mod influx_json;
pub(super) mod json;
pub mod kasa;
pub mod line_protocol;
pub mod nem12;
pub mod nem13;
pub mod payload;
mod readings;
pub mod shelly_data;
pub mod solaredge;
pub mod tibber;
pub mod united_power;
pub mod volkszaehler;

#[cfg(test)]
mod tests;

/// A format: how it is recognised, and read.
pub(super) struct Format {
    /// Slug, as presets have one.
    pub(super) slug: &'static str,
    /// As people call it.
    pub(super) title: &'static str,
    recognise: fn(&str) -> bool,
    zone: fn(&str) -> Option<String>,
    read: Read,
}

/// How a file is read.
enum Read {
    /// It says everything itself.
    Alone(fn(&mut dyn BufRead, &mut Series<'_>) -> io::Result<()>),
    /// With what somebody said of it, since it does not say everything.
    Told(fn(&mut dyn BufRead, &mut Series<'_>, &Said) -> io::Result<()>),
}

impl Format {
    /// Reads a file of it, of which somebody said something.
    pub(super) fn read(
        &self,
        source: &mut dyn BufRead,
        series: &mut Series<'_>,
        said: &Said,
    ) -> io::Result<()> {
        match self.read {
            Read::Alone(read) => read(source, series),
            Read::Told(read) => read(source, series, said),
        }
    }

    /// The zone that the beginning of a file says.
    pub(super) fn zone(&self, head: &str) -> Option<String> {
        (self.zone)(head)
    }
}

fn no_zone(_: &str) -> Option<String> {
    None
}

/// In the order in which they are tried.
pub(super) const ALL: &[Format] = &[
    Format {
        slug: "nem12",
        title: "NEM12, Australia",
        recognise: nem12::recognise,
        zone: nem12::zone,
        read: Read::Alone(nem12::read),
    },
    Format {
        slug: "nem13",
        title: "NEM13, Australia",
        recognise: nem13::recognise,
        zone: nem13::zone,
        read: Read::Alone(nem13::read),
    },
    Format {
        slug: "green_button_xml",
        title: "Green Button XML (ESPI)",
        recognise: green_button::recognise,
        zone: green_button::zone,
        read: Read::Alone(green_button::read),
    },
    Format {
        slug: "ha_energy_csv",
        title: "Home Assistant, energy dashboard",
        recognise: home_assistant::energy::recognise,
        zone: no_zone,
        read: Read::Alone(home_assistant::energy::read),
    },
    Format {
        slug: "ha_history_csv",
        title: "Home Assistant, history",
        recognise: home_assistant::history::recognise,
        zone: no_zone,
        read: Read::Told(home_assistant::history::read),
    },
    Format {
        slug: "ha_statistics",
        title: "Home Assistant, statistics",
        recognise: home_assistant::statistics::recognise,
        zone: no_zone,
        read: Read::Alone(home_assistant::statistics::read),
    },
    Format {
        slug: "united_power_csv",
        title: "United Power, Southern California Edison",
        recognise: united_power::recognise,
        zone: no_zone,
        read: Read::Alone(united_power::read),
    },
    Format {
        slug: "influx_csv",
        title: "InfluxDB, annotated CSV",
        recognise: influx_csv::recognise,
        zone: no_zone,
        read: Read::Told(influx_csv::read),
    },
    Format {
        slug: "influx_json",
        title: "InfluxDB, answer of a query",
        recognise: influx_json::recognise,
        zone: no_zone,
        read: Read::Alone(influx_json::read),
    },
    Format {
        slug: "kasa_json",
        title: "Kasa, days or months",
        recognise: kasa::recognise,
        zone: no_zone,
        read: Read::Alone(kasa::read),
    },
    Format {
        slug: "shelly_data_json",
        title: "Shelly, stored data",
        recognise: shelly_data::recognise,
        zone: no_zone,
        read: Read::Alone(shelly_data::read),
    },
    Format {
        slug: "solaredge_json",
        title: "SolarEdge",
        recognise: solaredge::recognise,
        zone: no_zone,
        read: Read::Alone(solaredge::read),
    },
    Format {
        slug: "tibber_json",
        title: "Tibber",
        recognise: tibber::recognise,
        zone: no_zone,
        read: Read::Alone(tibber::read),
    },
    Format {
        slug: "enel",
        title: "Enel Distribuzione, a day a row",
        recognise: day_rows::recognise,
        zone: no_zone,
        read: Read::Alone(day_rows::read),
    },
    Format {
        slug: "day_rows",
        title: "A day a row, a time of day a column",
        recognise: day_rows::recognise_any,
        zone: no_zone,
        read: Read::Alone(day_rows::read),
    },
    Format {
        slug: "volkszaehler",
        title: "Volkszähler",
        recognise: volkszaehler::recognise,
        zone: no_zone,
        read: Read::Told(volkszaehler::read),
    },
    Format {
        slug: "influx_line",
        title: "InfluxDB line protocol",
        recognise: line_protocol::recognise,
        zone: no_zone,
        read: Read::Alone(line_protocol::read),
    },
    Format {
        slug: "dsmr_telegram",
        title: "DSMR P1 telegrams",
        recognise: payload::recognise_telegrams,
        zone: payload::zone,
        read: Read::Alone(payload::read),
    },
    Format {
        slug: "mqtt_payload",
        title: "Payloads of Tasmota, Shelly and others",
        recognise: payload::recognise_json,
        zone: no_zone,
        read: Read::Alone(payload::read),
    },
];

/// The format of a file that begins with `head`.
pub(super) fn of(head: &str) -> Option<&'static Format> {
    ALL.iter().find(|format| (format.recognise)(head))
}

/// What a cell holds in billionths of the base of a unit, or the code of what is wrong with it; nothing where
/// it is blank.
fn amount(cell: &str, mark: DecimalMark, unit: Unit) -> Option<Result<i64, &'static str>> {
    match number::read(cell, mark) {
        Cell::Blank => None,
        Cell::Value(number) => Some(number.to_nano(unit).ok_or("number_too_large")),
        Cell::TooLarge => Some(Err("number_too_large")),
        Cell::Wrong => Some(Err("not_a_number")),
    }
}

/// Notes a finding about a text of a column, which is named or numbered.
fn wrong(series: &mut Series<'_>, line: u64, code: &str, (found, column): (&str, &str)) {
    let found = shown(found);
    let params = [("found", found.as_str()), ("column", column)];
    series.findings.add(line, code, &params);
}

/// A slot as it may be shown, for formats in which times are columns.
fn slot(start: i64) -> String {
    Timestamp::from_second(start).map_or_else(|_| start.to_string(), |at| at.to_string())
}

/// Meters of a file, so that the channels of the second have names of their own: of electricity, gas and
/// water apart, since one who has a meter of each has no second one.
#[derive(Debug, Default)]
struct Meters {
    /// The first of each kind.
    first: Vec<(&'static str, String)>,
}

impl Meters {
    /// The name of a channel of the meter that the file calls `id`: of the first meter that is named, the
    /// channel's own.
    fn channel(&mut self, id: &str, channel: &str) -> String {
        let kind = ["gas", "water"].into_iter().find(|kind| *kind == channel);
        let kind = kind.unwrap_or("electricity");
        let first = self.first.iter().find(|(of, _)| *of == kind);
        let is_first = first.is_none_or(|(_, known)| known == id);
        if first.is_none() {
            self.first.push((kind, id.to_owned()));
        }
        if is_first {
            channel.to_owned()
        } else {
            format!("{channel} {}", shown(id))
        }
    }
}
