//! A day a row and a time of day a column, as Enel Distribuzione has it: `Giorno;00:00-00:15;00:15-00:30;…`.

use std::io::{self, BufRead};

use jiff::civil::{Date, Time};

use super::bounded::{Lines, MOST_LINE};
use super::fields::fields;
use super::{amount, slot, wrong};
use crate::import::number::{DecimalMark, MarkEvidence};
use crate::import::series::{ChannelKey, Clock, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, OrderEvidence, Stamp, StampStyle};
use crate::import::unit::Unit;

/// Lines that are looked at for the decimal mark and the order of dates.
const LOOKED_AT: usize = 500;

/// Whether all columns but the first are times of the day.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}');
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| Header::read(line).is_some())
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut header = None;
    let mut head: Vec<(String, u64)> = Vec::new();
    let mut file = None;
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
            continue;
        }
        if line.text.trim().is_empty() {
            continue;
        }
        if header.is_none() {
            header = Header::read(&line.text);
            if header.is_none() {
                series.findings.add(line.number, "unrecognised", &[]);
                return Ok(());
            }
            continue;
        }
        if let Some(file) = &mut file {
            File::row(file, &line.text, line.number, series);
            continue;
        }
        head.push((line.text.into_owned(), line.number));
        if head.len() >= LOOKED_AT
            && let Some(header) = header.clone()
        {
            file = File::begin(header, &mut head, series);
            if file.is_none() {
                return Ok(());
            }
        }
    }
    if let (None, Some(header)) = (file, header) {
        File::begin(header, &mut head, series);
    }
    Ok(())
}

/// The first line.
#[derive(Debug, Clone)]
struct Header {
    separator: char,
    times: Vec<Time>,
    step: i64,
    /// Whether the unit is known by who writes such files.
    known: bool,
}

impl Header {
    fn read(line: &str) -> Option<Self> {
        let separator = ['\t', ';', ','].into_iter().find(|c| line.contains(*c))?;
        let mut names = fields(line, separator);
        let first = names.next()?;
        let mut times = Vec::new();
        for name in names {
            if name.trim().is_empty() {
                continue;
            }
            let (from, to) = name.split_once('-').unwrap_or((&name, "00:00"));
            stamp::read_clock(to)?;
            let (time, next_day) = stamp::read_clock(from)?;
            if next_day || times.len() >= 1_500 {
                return None;
            }
            times.push(time);
        }
        let second = |time: &Time| i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60;
        let step = second(times.get(1)?) - second(times.first()?);
        let whole = second(times.first()?) == 0 && step >= 300 && 86_400 % step == 0;
        // An hour more or less where the clock changes.
        let count = i64::try_from(times.len()).ok()? * step;
        (whole && (82_800..=90_000).contains(&count)).then_some(Self {
            separator,
            times,
            step,
            known: first.trim().eq_ignore_ascii_case("giorno"),
        })
    }
}

struct File {
    header: Header,
    mark: DecimalMark,
    style: StampStyle,
    clock: Clock,
    part: PartId,
}

impl File {
    fn begin(
        header: Header,
        head: &mut Vec<(String, u64)>,
        series: &mut Series<'_>,
    ) -> Option<Self> {
        let mut marks = MarkEvidence::default();
        let mut dates = OrderEvidence::default();
        for (text, _) in head.iter() {
            let mut row = fields(text, header.separator);
            dates.add(&row.next().unwrap_or_default());
            row.for_each(|cell| marks.add(&cell));
        }
        let usual = if header.separator == ',' {
            DecimalMark::Point
        } else {
            DecimalMark::Comma
        };
        let said = series.said_mark;
        let Ok(mark) = said.map_or_else(|| marks.decide(usual), Ok) else {
            series
                .findings
                .add(0, "mixed_decimal", &[("column", "00:00–24:00")]);
            return None;
        };
        if !header.known {
            let params = [("channel", "grid_import"), ("unit", "kWh")];
            series.findings.add(1, "unit_assumed", &params);
        }
        let part = series.part(&ChannelKey {
            name: "grid_import",
            part: "",
            kind: Kind::Usage,
            stamp_is: StampIs::Start,
            unit: Unit::KWH,
            together: false,
        });
        let mut file = Self {
            clock: Clock::new(series.stamp_zone().clone()),
            header,
            mark,
            style: StampStyle {
                order: dates.decide().unwrap_or(DateOrder::DayFirst),
                epoch: false,
            },
            part,
        };
        for (text, line) in head.drain(..) {
            file.row(&text, line, series);
        }
        Some(file)
    }

    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let mut row = fields(text, self.header.separator);
        let day = row.next().unwrap_or_default();
        let Some(Stamp::Day(date)) = stamp::read(&day, self.style) else {
            let found = shown(&day);
            series.findings.add(line, "timestamp", &[("found", &found)]);
            return;
        };
        let mut cells: Vec<_> = row.take(1_600).collect();
        let slots = self.slots(date, (cells.len(), line), series);
        // A separator at the end of the line.
        while cells.len() > slots.len() && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() != slots.len() {
            let (found, expected) = (cells.len().to_string(), slots.len().to_string());
            let params = [
                ("day", day.trim()),
                ("found", found.as_str()),
                ("expected", expected.as_str()),
            ];
            series.findings.add(line, "wrong_length", &params);
            return;
        }
        for ((cell, start), column) in cells.iter().zip(slots).zip(2_u64..) {
            self.cell(cell, start, (line, column), series);
        }
    }

    /// The instants of a day's columns: as many as the day has, or as the header names. One that the
    /// clock leaves out is none.
    fn slots(
        &mut self,
        date: Date,
        (cells, line): (usize, u64),
        series: &mut Series<'_>,
    ) -> Vec<Option<i64>> {
        let mut instant = |stamp| series.instant(&mut self.clock, stamp, line).ok();
        let first = instant(Stamp::Day(date));
        let next = date
            .tomorrow()
            .ok()
            .and_then(|next| instant(Stamp::Day(next)));
        let named = self.header.times.len();
        if let (Some(first), Some(next)) = (first, next) {
            let step = self.header.step;
            let count = usize::try_from((next - first) / step).unwrap_or(0);
            let fits = |cells: usize| cells == count || cells == count + 1;
            if count == named || (fits(cells) && cells != named && cells != named + 1) {
                return (first..next)
                    .step_by(usize::try_from(step).unwrap_or(1))
                    .map(Some)
                    .collect();
            }
        }
        let at = |time: &Time| instant(Stamp::Civil(date.to_datetime(*time)));
        self.header.times.iter().map(at).collect()
    }

    fn cell(
        &self,
        cell: &str,
        start: Option<i64>,
        (line, column): (u64, u64),
        series: &mut Series<'_>,
    ) {
        let Some(nano) = amount(cell, self.mark, Unit::KWH) else {
            if let Some(start) = start {
                series.blank(line, &slot(start));
            }
            return;
        };
        match (nano, start) {
            (Ok(nano), Some(at)) => series.put(
                self.part,
                Point {
                    at: Stamp::Instant(at),
                    until: Some(Stamp::Instant(at + self.header.step)),
                    nano,
                    estimated: false,
                    line,
                },
            ),
            // In the hour that is left out nothing flows.
            (Ok(0), None) => {}
            (Ok(_), None) => {
                let at = usize::try_from(column - 2).ok();
                let time = at.and_then(|at| self.header.times.get(at));
                let found = time.map(ToString::to_string).unwrap_or_default();
                wrong(series, line, "no_such_time", (&found, &column.to_string()));
            }
            (Err(code), _) => wrong(series, line, code, (cell, &column.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    fn header() -> String {
        let clock = |quarter: u32| format!("{:02}:{:02}", quarter / 4 % 24, quarter % 4 * 15);
        let columns: Vec<String> = (0..96)
            .map(|at| format!("{}-{}", clock(at), clock(at + 1)))
            .collect();
        format!("Giorno;{}\n", columns.join(";"))
    }

    fn row(day: &str, count: usize) -> String {
        format!("\"{day}\";{}\n", "\"0,25\";".repeat(count))
    }

    #[test]
    fn days_have_as_many_columns_as_hours_whatever_the_header_names() {
        let file = format!(
            "{}{}{}{}",
            header(),
            row("01/03/2024", 96),
            row("31/03/2024", 92),
            row("27/10/2024", 100)
        );
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Rome");
        assert_eq!(total(&summary, "grid_import"), "72");
        assert_eq!(summary.channels["grid_import"].lengths, [(900, 288)].into());
        assert_eq!(codes(&findings), [(0, "gap"), (0, "gap")]);
    }

    #[test]
    fn an_hour_that_should_come_twice_and_has_one_set_of_columns_is_told() {
        let file = format!(
            "{}{}{}",
            header(),
            row("27/10/2024", 96),
            row("28/10/2024", 96)
        );
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Rome");
        assert_eq!(total(&summary, "grid_import"), "48");
        assert_eq!(codes(&findings), [(0, "gap"), (2, "fold_once")]);
    }

    #[test]
    fn a_day_of_another_length_is_refused_and_an_hour_that_was_not_is_told() {
        let file = format!(
            "{}{}{}",
            header(),
            row("01/03/2024", 94),
            row("31/03/2024", 96)
        );
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Rome");
        assert_eq!(total(&summary, "grid_import"), "23");
        assert_eq!(
            codes(&findings),
            [
                (2, "wrong_length"),
                (3, "no_such_time"),
                (3, "no_such_time"),
                (3, "no_such_time"),
                (3, "no_such_time")
            ]
        );
    }
}
