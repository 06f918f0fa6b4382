//! NEM12, the interval files of Australia's electricity market (AEMO, "Meter data file format
//! specification NEM12 & NEM13"): a record a line, `200` a channel, `300` a day of it, `400` the quality of
//! some of its intervals. Its times are market time, UTC+10 all year.

use std::io::{self, BufRead};

use jiff::civil::Date;

use super::bounded::{Line, Lines, MOST_LINE};
use super::{Meters, amount};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::stamp::{Stamp, seconds};
use crate::import::unit::Unit;
use crate::import::{Findings, shown};

/// Streams of which the serial numbers are told apart.
const MOST_STREAMS: usize = 1_000;
/// Market time's seconds east of UTC.
const MARKET: i64 = 36_000;

/// Whether the file begins as one of these; those of shops lack the first record at times.
pub fn recognise(head: &str) -> bool {
    let mut lines = head
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.trim_start_matches('\u{feff}'));
    let Some(first) = lines.next() else {
        return false;
    };
    if first.starts_with("100,NEM12") {
        return true;
    }
    let fields = first.split(',').count();
    let second = lines.next().unwrap_or_default();
    let date = second.strip_prefix("300,").and_then(|rest| rest.get(..8));
    first.starts_with("200,") && (9..=10).contains(&fields) && date.and_then(read_day).is_some()
}

/// Market time, whatever the file.
pub fn zone(head: &str) -> Option<String> {
    recognise(head).then(|| "Etc/GMT-10".to_owned())
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut file = File::default();
    let mut last = 0;
    while let Some(line) = lines.next()? {
        last = line.number;
        file.take(&line, series);
    }
    file.let_go(series);
    if !file.ended {
        series.findings.add(last, "end_missing", &[]);
    }
    Ok(())
}

/// What records so far say of those that follow.
#[derive(Default)]
struct File {
    meters: Meters,
    /// Meters and streams, each with the serial number that came first.
    serials: Vec<(String, String, String)>,
    channel: Channel,
    day: Option<Day>,
    ended: bool,
}

#[derive(Default)]
enum Channel {
    /// No record said.
    #[default]
    Unknown,
    /// None of ours; its days are passed over.
    Other,
    Ours {
        part: PartId,
        unit: Unit,
        minutes: i64,
    },
}

/// A day, held until no more is said of it.
struct Day {
    line: u64,
    midnight: i64,
    minutes: i64,
    part: PartId,
    values: Vec<Option<i64>>,
    qualities: Vec<Quality>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quality {
    Actual,
    /// Estimated, substituted, or not said.
    Estimated,
    Missing,
}

impl Quality {
    /// Of `A`, `S14` and their like.
    fn read(text: &str) -> Option<Self> {
        let mut letters = text.trim().chars();
        let quality = match letters.next()?.to_ascii_uppercase() {
            'A' => Self::Actual,
            'E' | 'F' | 'S' | 'V' => Self::Estimated,
            'N' => Self::Missing,
            _ => return None,
        };
        letters.all(|c| c.is_ascii_digit()).then_some(quality)
    }
}

impl File {
    fn take(&mut self, line: &Line<'_>, series: &mut Series<'_>) {
        let text = line.text.trim();
        if line.cut {
            self.let_go(series);
            series.findings.add(line.number, "long_line", &[]);
            return;
        }
        let mut fields = text.split(',');
        match fields.next().unwrap_or_default().trim() {
            "400" => self.quality(line.number, fields, &mut series.findings),
            // Events and the reasons of a B2B request say nothing of energy.
            "" | "500" | "550" => {}
            "100" => self.let_go(series),
            "200" => {
                self.let_go(series);
                self.channel(line.number, text, series);
            }
            "300" => {
                self.let_go(series);
                self.day(line.number, text, &mut series.findings);
            }
            "900" => {
                self.let_go(series);
                self.ended = true;
            }
            record => {
                let found = shown(record);
                series
                    .findings
                    .add(line.number, "record", &[("found", &found)]);
            }
        }
    }

    /// `200,NMI,configuration,register,suffix,stream,serial,unit,minutes,next reading`
    fn channel(&mut self, line: u64, text: &str, series: &mut Series<'_>) {
        let mut fields = [""; 10];
        for (field, found) in fields.iter_mut().zip(text.split(',')) {
            *field = found.trim();
        }
        let [
            _,
            nmi,
            configuration,
            _,
            suffix,
            _,
            serial,
            unit_text,
            minutes,
            _,
        ] = fields;
        self.channel = Channel::Other;
        let Some(flow) = flow(suffix) else {
            let kind = suffix
                .chars()
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let reactive = "JKLPQR".contains(kind) && kind != '\0';
            let code = if reactive { "reactive" } else { "not_read" };
            let found = shown(suffix);
            series.findings.add(line, code, &[("found", &found)]);
            return;
        };
        let (Some(unit), Ok(minutes)) = (Unit::parse(unit_text), minutes.parse::<i64>()) else {
            let found = shown(&format!("{unit_text}, {minutes}"));
            series
                .findings
                .add(line, "unit_not_known", &[("found", &found)]);
            return;
        };
        if !(1..=1_440).contains(&minutes) || 1_440 % minutes != 0 {
            let found = minutes.to_string();
            series
                .findings
                .add(line, "step_length", &[("found", &found)]);
            return;
        }
        let other = self.other_serial(nmi, suffix, serial);
        let name = self.meters.channel(nmi, flow);
        let key = |part: &str| {
            series.part(&ChannelKey {
                name: &name,
                part,
                kind: Kind::Usage,
                stamp_is: StampIs::Start,
                unit,
                together: false,
            })
        };
        let part = declare(configuration, flow, (suffix, other), key);
        self.channel = Channel::Ours {
            part,
            unit,
            minutes,
        };
    }

    /// The serial number of a meter that is not the first of its stream: two of them at one time, as on the
    /// day one takes the place of the other, are added up.
    fn other_serial(&mut self, nmi: &str, suffix: &str, serial: &str) -> Option<String> {
        let known = self
            .serials
            .iter()
            .find(|(of, stream, _)| of == nmi && stream.eq_ignore_ascii_case(suffix));
        let Some((_, _, first)) = known else {
            if self.serials.len() < MOST_STREAMS {
                let texts = [nmi, suffix, serial].map(shown);
                self.serials.push(texts.into());
            }
            return None;
        };
        (*first != shown(serial)).then(|| shown(serial))
    }

    /// `300,date,values…,quality,…`
    fn day(&mut self, line: u64, text: &str, findings: &mut Findings) {
        let (part, unit, minutes) = match self.channel {
            Channel::Unknown => {
                findings.add(line, "record", &[("found", "300")]);
                return;
            }
            Channel::Other => return,
            Channel::Ours {
                part,
                unit,
                minutes,
            } => (part, unit, minutes),
        };
        let mut fields = text.split(',').skip(1).map(str::trim);
        let day = fields.next().unwrap_or_default();
        let Some(midnight) = read_day(day) else {
            findings.add(line, "timestamp", &[("found", &shown(day))]);
            return;
        };
        let expected = usize::try_from(1_440 / minutes).unwrap_or(0);
        let mut values = Vec::with_capacity(expected);
        let mut quality = None;
        for (field, column) in fields.zip(3_u64..) {
            quality = Quality::read(field);
            if quality.is_some() || values.len() == expected {
                break;
            }
            values.push(value(field, unit, (line, column), findings));
        }
        let empty = values.iter().all(Option::is_none);
        if values.len() != expected {
            let code = if empty {
                "incomplete_day"
            } else {
                "wrong_length"
            };
            let (count, expected) = (values.len().to_string(), expected.to_string());
            let params = [
                ("day", day),
                ("found", count.as_str()),
                ("expected", expected.as_str()),
            ];
            findings.add(line, code, &params);
            return;
        }
        self.day = Some(Day {
            line,
            midnight,
            minutes,
            part,
            qualities: vec![quality.unwrap_or(Quality::Estimated); values.len()],
            values,
        });
    }

    /// `400,first,last,quality,…`: of the day before it.
    fn quality<'f>(
        &mut self,
        line: u64,
        mut fields: impl Iterator<Item = &'f str>,
        findings: &mut Findings,
    ) {
        // A day that was refused takes its qualities with it.
        let Some(day) = &mut self.day else {
            return;
        };
        let mut number = || fields.next().and_then(|field| field.trim().parse().ok());
        let (first, last): (Option<usize>, Option<usize>) = (number(), number());
        let quality = fields.next().and_then(Quality::read);
        let span = first.zip(last).and_then(|(first, last)| {
            let from = first.checked_sub(1)?;
            day.qualities.get_mut(from..last)
        });
        match span.zip(quality) {
            Some((span, quality)) => span.fill(quality),
            None => findings.add(line, "record", &[("found", "400")]),
        }
    }

    /// Nothing more comes about the day that is held.
    fn let_go(&mut self, series: &mut Series<'_>) {
        let Some(day) = self.day.take() else {
            return;
        };
        let step = day.minutes * 60;
        let mut missing: Option<(usize, usize)> = None;
        let mut at = day.midnight;
        for (position, (value, quality)) in day.values.iter().zip(&day.qualities).enumerate() {
            let start = at;
            at += step;
            let nano = value.filter(|_| *quality != Quality::Missing);
            let Some(nano) = nano else {
                missing = match missing {
                    Some((from, to)) if to + 1 == position => Some((from, position)),
                    other => {
                        tell_missing(&day, other, series);
                        Some((position, position))
                    }
                };
                continue;
            };
            series.put(
                day.part,
                Point {
                    at: Stamp::Instant(start),
                    until: Some(Stamp::Instant(at)),
                    nano,
                    estimated: *quality == Quality::Estimated,
                    line: day.line,
                },
            );
        }
        tell_missing(&day, missing, series);
    }
}

/// Intervals without a value, from one to another.
fn tell_missing(day: &Day, span: Option<(usize, usize)>, series: &mut Series<'_>) {
    if let Some((from, to)) = span {
        let column = if from == to {
            (from + 1).to_string()
        } else {
            format!("{}–{}", from + 1, to + 1)
        };
        series.blank(day.line, &column);
    }
}

/// Which way a stream flows, by the first letter of its suffix: `E` is what the market exports to the home.
fn flow(suffix: &str) -> Option<&'static str> {
    match suffix.chars().next()?.to_ascii_uppercase() {
        'E' => Some("grid_import"),
        'B' => Some("grid_export"),
        _ => None,
    }
}

/// The part of a channel that a suffix is; with it those of the same flow that the meter's configuration,
/// `E1E2B1Q1`, says will come, since a file may tell one after the other.
fn declare(
    configuration: &str,
    flow_here: &str,
    (suffix, other): (&str, Option<String>),
    mut part: impl FnMut(&str) -> PartId,
) -> PartId {
    let ascii = configuration.is_ascii() && configuration.len() <= 30;
    if ascii && configuration.len().is_multiple_of(2) {
        for at in (0..configuration.len()).step_by(2) {
            let stream = &configuration[at..at + 2];
            if flow(stream) == Some(flow_here) {
                part(&stream.to_ascii_uppercase());
            }
        }
    }
    let stream = suffix.to_ascii_uppercase();
    match other {
        None => part(&stream),
        Some(serial) => part(&format!("{stream} {serial}")),
    }
}

fn value(
    field: &str,
    unit: Unit,
    (line, column): (u64, u64),
    findings: &mut Findings,
) -> Option<i64> {
    let code = match amount(field, DecimalMark::Point, unit)? {
        Ok(nano) => return Some(nano),
        Err(code) => code,
    };
    let (found, column) = (shown(field), column.to_string());
    findings.add(line, code, &[("found", &found), ("column", &column)]);
    None
}

/// The instant at which a day of market time begins.
fn read_day(text: &str) -> Option<i64> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let date = Date::new(
        text[..4].parse().ok()?,
        text[4..6].parse().ok()?,
        text[6..].parse().ok()?,
    );
    Some(seconds(date.ok()?.at(0, 0, 0, 0)) - MARKET)
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    #[test]
    fn a_day_without_values_is_missing_and_the_next_one_is_there() {
        let file = include_bytes!("../../../samples/malformed/14_nem12_incomplete_interval.csv");
        let (summary, findings) = read_file(super::read, file, "Etc/GMT-10");
        assert_eq!(total(&summary, "grid_import"), "53.328");
        assert_eq!(codes(&findings), [(3, "incomplete_day"), (5, "reactive")]);
    }

    #[test]
    fn a_day_of_another_length_than_its_channel_says_is_refused() {
        let file = include_bytes!("../../../samples/malformed/15_nem12_interval_mismatch.csv");
        let (summary, findings) = read_file(super::read, file, "Etc/GMT-10");
        assert!(summary.channels.is_empty());
        assert_eq!(codes(&findings), [(3, "wrong_length")]);
        assert_eq!(findings[0].params["expected"], "96");
        assert_eq!(findings[0].params["found"], "48");
    }

    #[test]
    fn quality_is_of_a_day_or_of_some_of_its_intervals() {
        let values = ["1"; 24].join(",");
        let file = format!(
            "100,NEM12,202401010000,A,B\n200,N,E1,1,E1,,S,kWh,60,\n300,20240101,{values},V,,,,\n\
             400,1,20,A,,\n400,21,22,S14,,\n400,23,24,N,,\n300,20240102,{values},E52,,,,\n900\n"
        );
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Etc/GMT-10");
        let channel = &summary.channels["grid_import"];
        assert_eq!((channel.intervals, channel.estimated), (46, 26));
        let found = codes(&findings);
        assert_eq!(found, [(0, "gap"), (3, "blank")]);
        assert_eq!(findings[1].params["column"], "23–24");
    }

    #[test]
    fn meters_of_one_stream_are_added_up_on_the_day_one_replaces_the_other() {
        let day = |date: u32, first: &str, second: &str| {
            let values = [[first; 12].join(","), [second; 12].join(",")].join(",");
            format!("300,{date},{values},A,,,,\n")
        };
        let meter = |serial: &str| format!("200,N1,E1,1,E1,,{serial},kWh,60,\n");
        let file = [
            "100,NEM12,202401010000,A,B\n".to_owned(),
            meter("S1"),
            day(20_240_101, "1", "1"),
            day(20_240_102, "1", "0"),
            meter("S2"),
            day(20_240_102, "0", "2"),
            day(20_240_103, "2", "2"),
            "900\n".to_owned(),
        ];
        let (summary, findings) = read_file(super::read, file.concat().as_bytes(), "Etc/GMT-10");
        assert_eq!(codes(&findings), []);
        assert_eq!(summary.channels["grid_import"].intervals, 72);
        assert_eq!(total(&summary, "grid_import"), "108");
    }

    #[test]
    fn a_second_meter_of_the_file_has_channels_of_its_own() {
        let day = format!("300,20240101,{},A,,,,", ["1"; 24].join(","));
        let file = format!("200,N1,E1,1,E1,,S,kWh,60,\n{day}\n200,N2,E1,1,E1,,S,Wh,60,\n{day}\n");
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Etc/GMT-10");
        assert_eq!(total(&summary, "grid_import"), "24");
        assert_eq!(total(&summary, "grid_import N2"), "0.024");
        assert_eq!(codes(&findings), [(4, "end_missing")]);
    }
}
