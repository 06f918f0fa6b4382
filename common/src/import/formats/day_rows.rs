//! A day a row and a time of day a column: `Giorno;00:00-00:15;00:15-00:30;…` as Enel Distribuzione has it,
//! `NMI,METER SERIAL NUMBER,CON/GEN,DATE,ESTIMATED?,00:00 - 00:30,…` as Australian distributors do,
//! `MPAN,read_date,HH01,…,HH48` as British suppliers do.

use std::borrow::Cow;
use std::io::{self, BufRead};

use jiff::SignedDuration;
use jiff::civil::{Date, Time};

use super::bounded::{Lines, MOST_LINE};
use super::fields::fields;
use super::{Meters, amount, slot, wrong};
use crate::import::delimited;
use crate::import::number::{DecimalMark, MarkEvidence};
use crate::import::series::{ChannelKey, Clock, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, OrderEvidence, Stamp, StampStyle};
use crate::import::unit::Unit;

/// Lines that are looked at for the decimal mark and the order of dates.
const LOOKED_AT: usize = 500;
/// Lines before that of the columns.
const MOST_PREAMBLE: usize = 30;
/// Columns before that of the first time.
const MOST_LEADING: usize = 12;

/// Whether all columns but the first, which is of Enel's days, are times of the day.
pub fn recognise(head: &str) -> bool {
    header_in(head).is_some_and(|header| header.enel)
}

/// Whether there are columns of a day's times under any name.
pub fn recognise_any(head: &str) -> bool {
    header_in(head).is_some()
}

fn header_in(head: &str) -> Option<Header> {
    let text = head.trim_start_matches('\u{feff}');
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.take(MOST_PREAMBLE).find_map(Header::read)
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut header: Option<Header> = None;
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
            if header.is_none() && line.number > 2 * MOST_PREAMBLE as u64 {
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

/// The line of the columns.
#[derive(Debug, Clone)]
struct Header {
    separator: char,
    /// Columns before the first of a time.
    leading: usize,
    date: usize,
    meter: Option<usize>,
    channel: Option<usize>,
    estimated: Option<usize>,
    unit: Option<usize>,
    times: Vec<Time>,
    /// How many columns count the steps of a day, one more hour of them than most days have: of 23, 24 or 25.
    counted: Option<usize>,
    step: i64,
    /// The first column is of Enel's days.
    enel: bool,
    /// Whether the unit is known by who writes such files.
    known: bool,
}

impl Header {
    fn read(line: &str) -> Option<Self> {
        let separator = ['\t', ';', ','].into_iter().find(|c| line.contains(*c))?;
        let titles: Vec<_> = fields(line.trim_start_matches('\u{feff}'), separator)
            .take(2_000)
            .collect();
        let (leading, times, columns) = match titles.iter().position(|name| of_day(name).is_some())
        {
            Some(leading) => {
                let times = titles[leading..].iter().map_while(|name| of_day(name));
                let times: Vec<Time> = times.collect();
                let columns = times.len();
                (leading, times, columns)
            }
            None => numbered(&titles)?,
        };
        let kilowatt_hours = without_unit(&titles[leading]) != titles[leading].trim();
        if leading == 0 || leading > MOST_LEADING || times.len() >= 1_500 {
            return None;
        }
        let second = |time: &Time| i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60;
        let step = second(times.get(1)?) - second(times.first()?);
        if step < 300 || 86_400 % step != 0 {
            return None;
        }
        // An hour more or less where the clock changes.
        let count = i64::try_from(times.len()).ok()? * step;
        if !(82_800..=90_000).contains(&count) {
            return None;
        }
        // Times that columns end at, of which the last is midnight.
        let ends = second(times.first()?) == step && second(times.last()?) == 0;
        let times: Vec<Time> = if ends {
            let mut times = times;
            times.rotate_right(1);
            times
        } else {
            times
        };
        if second(times.first()?) != 0 {
            return None;
        }
        let lower: Vec<String> = titles[..leading]
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        let named = |words: &[&str]| {
            lower
                .iter()
                .position(|name| words.iter().any(|word| name.contains(word)))
        };
        let date = named(&[
            "giorno", "date", "datum", "data", "fecha", "jour", "tag", "day", "dia",
        ])
        .unwrap_or(leading - 1);
        let other = |at: &usize| *at != date;
        let enel = leading == 1 && lower[0] == "giorno";
        let meter = named(&["nmi", "icp", "mpan", "ean", "meter", "pod"]).filter(other);
        let channel = named(&[
            "con/gen",
            "type",
            "register",
            "flow",
            "direction",
            "channel",
            "stream",
            "tipo",
        ])
        .filter(other);
        Some(Self {
            separator,
            leading,
            date,
            known: enel || kilowatt_hours || lower.iter().any(|name| name == "con/gen"),
            meter,
            channel,
            estimated: named(&["estimat", "quality"]).filter(other),
            unit: named(&["unit", "uom"]).filter(other),
            counted: (columns > times.len()).then_some(columns),
            times,
            step,
            enel,
        })
    }
}

/// Where the columns of a day's steps begin that are counted from one, `HH01` to `HH48`, when each of them does,
/// and how many columns there are.
fn numbered(titles: &[Cow<'_, str>]) -> Option<(usize, Vec<Time>, usize)> {
    const NAMES: [&str; 11] = [
        "hh", "h", "he", "hr", "hour", "hora", "stunde", "uur", "period", "interval", "q",
    ];
    let is_first = |name: &Cow<'_, str>| number_in(name).is_some_and(|(_, number)| number == 1);
    let leading = titles.iter().position(is_first)?;
    let (name, _) = number_in(&titles[leading])?;
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let follows =
        |(at, title): &(usize, &Cow<'_, str>)| number_in(title) == Some((name.clone(), at + 1));
    let count = titles[leading..].iter().enumerate().take_while(follows);
    let count = count.count();
    // An hour more, of which there are two where the clock is set back.
    let minutes = match count {
        24 | 25 => 60,
        48 | 50 => 30,
        96 | 100 => 15,
        _ => return None,
    };
    let step = SignedDuration::from_mins(minutes);
    let steps = usize::try_from(1_440 / minutes).ok()?;
    let times = (0..steps).scan(Time::midnight(), |time, _| {
        let this = *time;
        *time = time.wrapping_add(step);
        Some(this)
    });
    Some((leading, times.collect(), count))
}

/// The word and the number of a title such as `HH01`.
fn number_in(title: &str) -> Option<(String, usize)> {
    let lower = without_unit(title).to_lowercase();
    let at = lower.find(|c: char| c.is_ascii_digit())?;
    let (name, number) = lower.split_at(at);
    let name = name.trim_end_matches(['_', ' ', '-']).to_owned();
    Some((name, number.parse().ok()?))
}

/// A title without the unit after its time: `12:30 AM kWh`, `HE1 (kWh)`.
fn without_unit(title: &str) -> &str {
    let title = title.trim();
    let lower = title.to_ascii_lowercase();
    let unit = ["(kwh)", "[kwh]", "kwh"]
        .into_iter()
        .find(|unit| lower.ends_with(unit));
    unit.map_or(title, |unit| {
        title[..title.len() - unit.len()].trim_end_matches([' ', '_'])
    })
}

/// The time of day that a column is of, or begins at.
fn of_day(name: &str) -> Option<Time> {
    let name = without_unit(name);
    let (from, to) = name.split_once('-').unwrap_or((name, "00:00"));
    if !from.contains(':') {
        return None;
    }
    stamp::read_clock(to.trim())?;
    let (time, _) = stamp::read_clock(from.trim())?;
    Some(time)
}

/// Whether a name is of what was generated, `GEN` for short, and not of the general use.
fn is_generated(kind: &str) -> bool {
    let lower = kind.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next();
    first.is_some_and(|word| word == "gen" || word.starts_with("generat"))
}

/// Whether a name is of what came in less what went out.
fn is_net(kind: &str) -> bool {
    let lower = kind.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word == "net")
}

struct File {
    header: Header,
    mark: DecimalMark,
    style: StampStyle,
    clock: Clock,
    meters: Meters,
    /// The channel that was read last, as it was written, and its part of the series.
    part: Option<(String, PartId)>,
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
            let leading: Vec<_> = row.by_ref().take(header.leading).collect();
            dates.add(leading.get(header.date).map_or("", |cell| cell));
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
        if !header.known && header.unit.is_none() {
            let params = [("channel", "grid_import"), ("unit", "kWh")];
            series.findings.add(1, "unit_assumed", &params);
        }
        let mut file = Self {
            clock: Clock::new(series.stamp_zone().clone()),
            header,
            mark,
            style: StampStyle {
                order: dates.decide().unwrap_or_else(|| {
                    delimited::usual_order(series.stamp_zone().iana_name().unwrap_or_default())
                }),
                epoch: false,
            },
            meters: Meters::default(),
            part: None,
        };
        for (text, line) in head.drain(..) {
            file.row(&text, line, series);
        }
        Some(file)
    }

    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let mut row = fields(text, self.header.separator);
        let leading: Vec<_> = row.by_ref().take(self.header.leading).collect();
        let day = leading.get(self.header.date).map_or("", |cell| cell.trim());
        let Some(Stamp::Day(date)) = stamp::read(day, self.style) else {
            let found = shown(day);
            // A second header, or a line of whoever wrote the file.
            let code = if day.bytes().any(|byte| byte.is_ascii_digit()) {
                "timestamp"
            } else {
                "not_a_row"
            };
            series.findings.add(line, code, &[("found", &found)]);
            return;
        };
        let leading_cell =
            |at: Option<usize>| at.and_then(|at| leading.get(at)).map(|cell| cell.trim());
        let unit = match leading_cell(self.header.unit) {
            None => Unit::KWH,
            Some(cell) => {
                let Some(unit) = Unit::parse(cell) else {
                    series
                        .findings
                        .add(line, "unit_not_known", &[("found", &shown(cell))]);
                    return;
                };
                unit
            }
        };
        let estimated = leading_cell(self.header.estimated).is_some_and(|cell| {
            let cell = cell.to_lowercase();
            matches!(cell.as_str(), "y" | "yes" | "e" | "true") || cell.contains("estim")
        });
        let meter = leading_cell(self.header.meter).unwrap_or_default();
        let kind = leading_cell(self.header.channel).unwrap_or_default();
        if delimited::is_reactive(kind) {
            series
                .findings
                .add(line, "reactive", &[("found", &shown(kind))]);
            return;
        }
        let part = self.part(meter, kind, unit, series);
        // Behind those that count there may be a sum.
        let mut cells: Vec<_> = row.take(self.header.counted.unwrap_or(1_600)).collect();
        let slots = self.slots(date, (cells.len(), line), series);
        // A separator at the end of the line; a sum of the day.
        while cells.len() > slots.len()
            && (cells.last().is_some_and(|cell| cell.trim().is_empty())
                || cells.len() == slots.len() + 1 && slots.len() == self.header.times.len())
        {
            cells.pop();
        }
        if cells.len() != slots.len() {
            let (found, expected) = (cells.len().to_string(), slots.len().to_string());
            let params = [
                ("day", day),
                ("found", found.as_str()),
                ("expected", expected.as_str()),
            ];
            series.findings.add(line, "wrong_length", &params);
            return;
        }
        let first = u64::try_from(self.header.leading).unwrap_or(1) + 1;
        for ((cell, start), column) in cells.iter().zip(slots).zip(first..) {
            self.cell(cell, start, (part, unit, estimated), (line, column), series);
        }
    }

    /// The part of the series that a row is of.
    fn part(&mut self, meter: &str, kind: &str, unit: Unit, series: &mut Series<'_>) -> PartId {
        let name = format!("{meter}\u{0}{kind}\u{0}{:?}", unit.base);
        if let Some((known, id)) = &self.part
            && *known == name
        {
            return *id;
        }
        let channel = match kind {
            "" => "grid_import",
            // The meter of a distributor does not see the roof.
            kind if is_generated(kind) => "grid_export",
            // What came in less what went out stands beside the two.
            kind if is_net(kind) => kind,
            kind => delimited::channel_of_words(kind).unwrap_or("grid_import"),
        };
        let channel = self.meters.channel(meter, channel);
        let id = series.part(&ChannelKey {
            name: &channel,
            part: kind,
            kind: Kind::Usage,
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        self.part = Some((name, id));
        id
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
            let counted = self.header.counted.is_some();
            if counted || count == named || (fits(cells) && cells != named && cells != named + 1) {
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
        (part, unit, estimated): (PartId, Unit, bool),
        (line, column): (u64, u64),
        series: &mut Series<'_>,
    ) {
        let Some(nano) = amount(cell, self.mark, unit) else {
            if let Some(start) = start {
                series.blank(line, &slot(start));
            }
            return;
        };
        match (nano, start) {
            (Ok(nano), Some(at)) => series.put(
                part,
                Point {
                    at: Stamp::Instant(at),
                    until: Some(Stamp::Instant(at + self.header.step)),
                    nano,
                    estimated,
                    line,
                },
            ),
            // In the hour that is left out nothing flows.
            (Ok(0), None) => {}
            (Ok(_), None) => {
                let at = usize::try_from(column)
                    .ok()
                    .and_then(|column| column.checked_sub(self.header.leading + 1));
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
    fn steps_of_a_day_that_are_counted_are_read() {
        let columns = |count: usize| (1..=count).map(|at| format!(",HH{at:02}"));
        let file = format!(
            "MPAN,read_date,Units{}\n2000012345678,01/03/2024,kWh{}\n2000012345678,14/03/2024,kWh{}\n",
            columns(48).collect::<String>(),
            ",0.25".repeat(48),
            ",0.5".repeat(48),
        );
        assert!(super::recognise_any(&file) && !super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/London");
        assert_eq!(total(&summary, "grid_import"), "36");
        let channel = &summary.channels["grid_import"];
        assert_eq!(channel.lengths, [(1_800, 96)].into());
        assert_eq!(
            (channel.first, channel.until),
            (1_709_251_200, 1_710_460_800)
        );
        assert_eq!(codes(&findings), [(0, "gap")]);
        // Circuits and phases are counted too.
        let few = format!("Date{}\n", columns(12).collect::<String>());
        assert!(!super::recognise_any(&few));
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
