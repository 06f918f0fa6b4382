//! Volkszähler's CSV: comments with the channel's properties, then the end of each interval, the mean power
//! over it, and of how many readings. Channels follow one another.

use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Clock, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::Unit;

/// Whether its comments are those of this program.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('#')
        && text
            .lines()
            .take_while(|line| line.starts_with('#') || line.trim().is_empty())
            .any(|line| line.contains("volkszaehler") || line.starts_with("# uuid:"))
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut channel = Channel::new(series);
    while let Some(line) = lines.next()? {
        let text = line.text.trim();
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if let Some(comment) = text.strip_prefix('#') {
            if channel.begun {
                channel = Channel::new(series);
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
    /// Whether it says that energy follows from it.
    is_power: bool,
    /// Where the next interval begins.
    from: Option<i64>,
    part: Option<PartId>,
    begun: bool,
    clock: Clock,
}

const STYLE: StampStyle = StampStyle {
    order: DateOrder::DayFirst,
    epoch: true,
};

impl Channel {
    fn new(series: &Series<'_>) -> Self {
        Self {
            name: String::new(),
            is_power: false,
            from: None,
            part: None,
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
        let Some(nano) = amount(value, DecimalMark::Point, Unit::W) else {
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
        let part = self.part(line, series);
        series.put(
            part,
            Point {
                at: Stamp::Instant(from),
                until: Some(Stamp::Instant(end)),
                nano,
                estimated: false,
                line,
            },
        );
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
            unit: Unit::W,
            together: false,
        });
        self.part = Some(part);
        part
    }
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    #[test]
    fn mean_powers_up_to_their_stamps_are_energy_of_each_channel() {
        let file = "# source: volkszaehler.org\n# version: 0.3\n# uuid: 1-2\n# from: 1700006400000\n\
                    # consumption: 1500\n# rows: 2\n1700010000000;1000;60\n1700011800000;500;30\n\n\
                    # uuid:;3-4\n# title:;PV\n2023-11-15 00:00:00;100;1\n2023-11-15 00:30:00;200.5;1\n";
        assert!(super::recognise(file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Berlin");
        assert_eq!(total(&summary, "1-2"), "1.25");
        assert_eq!(total(&summary, "PV"), "0.10025");
        assert_eq!(codes(&findings), [(13, "unit_assumed")]);
    }
}
