//! Volkszähler's CSV: comments with the channel's properties, then the end of each interval, the mean power
//! over it, and of how many readings. Channels follow one another.

use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::{amount, wrong};
use crate::import::delimited::{Negative, Said};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Clock, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

/// Whether its comments are those of this program.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('#')
        && text
            .lines()
            .take_while(|line| line.starts_with('#') || line.trim().is_empty())
            .any(|line| line.contains("volkszaehler") || line.starts_with("# uuid:"))
}

/// Reads a file, of which somebody may have said the unit of power, and what is below zero.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>, said: &Said) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut channel = Channel::new(series, said);
    while let Some(line) = lines.next()? {
        let text = line.text.trim();
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if let Some(comment) = text.strip_prefix('#') {
            if channel.begun {
                channel = Channel::new(series, said);
            }
            channel.comment(comment, line.number, series);
        } else if !text.is_empty() {
            channel.row(text, line.number, series);
        }
    }
    Ok(())
}

struct Channel {
    name: String,
    /// The unit of its powers, and whether it says so, or that energy follows from it.
    unit: Unit,
    is_power: bool,
    negative: Option<Negative>,
    /// Where the next interval begins.
    from: Option<i64>,
    part: Option<PartId>,
    /// Where values below zero go, once there was one.
    export: Option<PartId>,
    begun: bool,
    clock: Clock,
}

const STYLE: StampStyle = StampStyle {
    order: DateOrder::DayFirst,
    epoch: true,
};

impl Channel {
    fn new(series: &Series<'_>, said: &Said) -> Self {
        let unit = power(said.unit.as_deref().unwrap_or_default());
        Self {
            name: String::new(),
            unit: unit.unwrap_or(Unit::W),
            is_power: unit.is_some(),
            negative: said.negative,
            from: None,
            part: None,
            export: None,
            begun: false,
            clock: Clock::new(series.stamp_zone().clone()),
        }
    }

    fn comment(&mut self, comment: &str, line: u64, series: &mut Series<'_>) {
        let Some((key, value)) = comment.split_once(':') else {
            return;
        };
        let value = value.trim_matches([' ', ';', '"']);
        match key.trim() {
            "uuid" if self.name.is_empty() => self.name = shown(value),
            "title" => self.name = shown(value),
            "consumption" => self.is_power = true,
            "unit" => {
                if let Some(unit) = power(value) {
                    (self.unit, self.is_power) = (unit, true);
                }
            }
            "from" => {
                self.from = stamp::read(value, STYLE)
                    .and_then(|at| series.instant(&mut self.clock, at, line).ok());
            }
            _ => {}
        }
    }

    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        self.begun = true;
        let mut row = text.split(';').map(str::trim);
        let at = row.next().unwrap_or_default();
        let value = row.next().unwrap_or_default();
        let end = stamp::read(at, STYLE)
            .ok_or("timestamp")
            .and_then(|at| series.instant(&mut self.clock, at, line));
        let end = match end {
            Ok(end) => end,
            Err(code) => {
                series.findings.add(line, code, &[("found", &shown(at))]);
                return;
            }
        };
        let from = self.from.replace(end);
        let Some(nano) = amount(value, DecimalMark::Point, self.unit) else {
            series.blank(line, "2");
            return;
        };
        let nano = match nano {
            Ok(nano) => nano,
            Err(code) => {
                wrong(series, line, code, (value, "2"));
                return;
            }
        };
        // Without a beginning the first row says nothing.
        let Some(from) = from.filter(|from| *from < end) else {
            return;
        };
        let point = Point {
            at: Stamp::Instant(from),
            until: Some(Stamp::Instant(end)),
            nano,
            estimated: false,
            line,
        };
        match self.negative {
            Some(Negative::Error) if nano < 0 => {
                wrong(series, line, "negative_value", (value, "2"));
            }
            Some(Negative::Export) => self.both_ways(point, series),
            _ => {
                let part = self.part(line, series);
                series.put(part, point);
            }
        }
    }

    /// What is below zero was given to the grid. A channel without such values gives nothing there.
    fn both_ways(&mut self, point: Point, series: &mut Series<'_>) {
        let part = self.part(point.line, series);
        let way = |nano: i64| Point {
            nano: nano.max(0),
            ..point
        };
        series.put(part, way(point.nano));
        if self.export.is_none() && point.nano < 0 {
            self.export = Some(series.part(&ChannelKey {
                name: "grid_export",
                part: &self.name,
                kind: Kind::Power,
                stamp_is: StampIs::Start,
                unit: self.unit,
                together: false,
            }));
        }
        if let Some(export) = self.export {
            series.put(export, way(-point.nano));
        }
    }

    fn part(&mut self, line: u64, series: &mut Series<'_>) -> PartId {
        if let Some(part) = self.part {
            return part;
        }
        let name = if self.name.is_empty() {
            "unknown"
        } else {
            &self.name
        };
        if !self.is_power {
            let params = [("channel", name), ("unit", "W")];
            series.findings.add(line, "unit_assumed", &params);
        }
        let part = series.part(&ChannelKey {
            name,
            part: "",
            kind: Kind::Power,
            stamp_is: StampIs::Start,
            unit: self.unit,
            together: false,
        });
        self.part = Some(part);
        part
    }
}

/// A unit of power.
fn power(text: &str) -> Option<Unit> {
    Unit::parse(text).filter(|unit| unit.base == Base::Power)
}

#[cfg(test)]
mod tests {
    use crate::import::delimited::{Negative, Said};
    use crate::import::finding::Finding;
    use crate::import::formats::tests::{codes, read as read_file, total};
    use crate::import::series::Summary;

    fn read(file: &str, negative: Option<Negative>) -> (Summary, Vec<Finding>) {
        let said = Said {
            negative,
            ..Said::default()
        };
        read_file(
            |source, series| super::read(source, series, &said),
            file.as_bytes(),
            "Europe/Berlin",
        )
    }

    #[test]
    fn mean_powers_up_to_their_stamps_are_energy_of_each_channel() {
        let file = "# source: volkszaehler.org\n# version: 0.3\n# uuid: 1-2\n# from: 1700006400000\n\
                    # consumption: 1500\n# rows: 2\n1700010000000;1000;60\n1700011800000;500;30\n\n\
                    # uuid:;3-4\n# title:;PV\n2023-11-15 00:00:00;100;1\n2023-11-15 00:30:00;200.5;1\n";
        assert!(super::recognise(file));
        let (summary, findings) = read(file, None);
        assert_eq!(total(&summary, "1-2"), "1.25");
        assert_eq!(total(&summary, "PV"), "0.10025");
        assert_eq!(codes(&findings), [(13, "unit_assumed")]);
    }

    #[test]
    fn what_is_below_zero_is_given_to_the_grid_or_left_out_as_somebody_says() {
        let file = "# title:;Bezug\n# uuid:;1-2\n# from:;2024-03-01 00:00:00\n# unit:;W\n\
                    2024-03-01 01:00:00;200;60\n2024-03-01 02:00:00;600;60\n\n\
                    # title:;Netz\n# uuid:;3-4\n# from:;2024-03-01 00:00:00\n# unit:;kW\n\
                    2024-03-01 01:00:00;0.5;60\n2024-03-01 02:00:00;-0.1;60\n2024-03-01 04:00:00;-0.3;60\n\
                    2024-03-01 05:00:00;0.25;60\n";
        let (summary, findings) = read(file, Some(Negative::Export));
        assert_eq!(total(&summary, "Bezug"), "0.8");
        assert_eq!(total(&summary, "Netz"), "0.75");
        assert_eq!(total(&summary, "grid_export"), "0.7");
        assert_eq!(summary.channels["grid_export"].intervals, 3);
        assert_eq!(findings, []);
        let (summary, findings) = read(file, Some(Negative::Error));
        assert_eq!(total(&summary, "Netz"), "0.75");
        let left_out = codes(&findings);
        let left_out = left_out.iter().filter(|it| it.1 == "negative_value");
        assert_eq!(left_out.count(), 2);
        assert!(codes(&read(file, None).1).contains(&(13, "below_zero")));
    }
}
