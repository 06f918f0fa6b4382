//! Logs of payloads: telegrams one after the other, JSON a line each, or one of either alone. What a program
//! wrote before the JSON on a line, its topic or the time, tells devices and instants apart.

use std::io::{self, BufRead};

use super::{MOST_PAYLOAD, Measured, PayloadError, measured};
use crate::import::formats::bounded::Lines;
use crate::import::formats::readings::{Readings, Way};
use crate::import::series::Series;
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};

/// Whether the file begins with a telegram of a P1 port.
pub fn recognise_telegrams(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let first = text.lines().next().unwrap_or_default();
    // `/ISk5\2MT382-1000`: a maker, a speed, a type.
    first.starts_with('/')
        && first.len() > 4
        && first.as_bytes()[1..4].iter().all(u8::is_ascii_alphabetic)
        && text.contains("1-0:1.8.")
}

/// The clock of telegrams is that of central Europe, where they are sent.
pub fn zone(head: &str) -> Option<String> {
    recognise_telegrams(head).then(|| "Europe/Amsterdam".to_owned())
}

/// Whether something is measured by JSON among the first lines of the file: other devices may speak before.
pub fn recognise_json(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('/') {
        return false;
    }
    let mut payload = Payload::default();
    for line in text.lines().take(200) {
        payload.add(line, 1);
        if payload.is_whole() {
            let text = payload.json();
            let inner = Wrapped::of(text).map(|wrapped| wrapped.payload);
            if measured(inner.as_deref().unwrap_or(text)).is_ok() {
                return true;
            }
            payload = Payload::default();
        }
        if payload.text.len() > MOST_PAYLOAD {
            break;
        }
    }
    false
}

/// A message as `mosquitto_sub` prints it as JSON, its topic and time beside it.
struct Wrapped {
    topic: String,
    at: Option<Stamp>,
    payload: String,
}

impl Wrapped {
    fn of(text: &str) -> Option<Self> {
        if !(text.contains("\"payload\"") && text.contains("\"topic\"")) {
            return None;
        }
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let text_of = |key: &str| message.get(key)?.as_str().map(str::to_owned);
        Some(Self {
            topic: text_of("topic")?,
            at: text_of("tst").and_then(|at| time(&at)),
            payload: match message.get("payload")? {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        })
    }
}

fn time(text: &str) -> Option<Stamp> {
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: true,
    };
    stamp::read(text, style)
}

/// Reads a log.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_PAYLOAD);
    let mut payload = Payload::default();
    let mut readings = Readings::default();
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
            payload = Payload::default();
            continue;
        }
        // A telegram that begins before the last one ended.
        if line.text.starts_with('/') && !payload.text.is_empty() {
            payload.take(&mut readings, series);
        }
        payload.add(&line.text, line.number);
        if payload.is_whole() || payload.text.len() > MOST_PAYLOAD {
            payload.take(&mut readings, series);
        }
    }
    if !payload.text.trim().is_empty() {
        payload.take(&mut readings, series);
    }
    readings.finish(series);
    Ok(())
}

/// Lines that belong together.
#[derive(Default)]
struct Payload {
    text: String,
    line: u64,
    depth: i64,
    in_text: bool,
    escaped: bool,
    ended: bool,
}

impl Payload {
    fn add(&mut self, line: &str, number: u64) {
        if self.text.is_empty() {
            if line.trim().is_empty() {
                return;
            }
            self.line = number;
        }
        self.text.push_str(line);
        self.text.push('\n');
        if self.is_telegram() {
            self.ended = line.starts_with('!');
            return;
        }
        for byte in line.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' if self.depth > 0 => self.in_text = !self.in_text,
                b'{' if !self.in_text => self.depth += 1,
                b'}' if !self.in_text => {
                    self.depth -= 1;
                    self.ended |= self.depth <= 0;
                }
                _ => {}
            }
        }
        // A line without any JSON is one of its own.
        self.ended |= self.depth == 0;
    }

    fn is_telegram(&self) -> bool {
        self.text.starts_with('/')
    }

    fn is_whole(&self) -> bool {
        !self.text.is_empty() && self.ended
    }

    fn json(&self) -> &str {
        let from = self.text.find('{').unwrap_or(0);
        &self.text[from..]
    }

    fn take(&mut self, readings: &mut Readings, series: &mut Series<'_>) {
        let payload = std::mem::take(self);
        let line = payload.line;
        let (text, before) = if payload.is_telegram() {
            (payload.text.as_str(), "")
        } else {
            let from = payload.text.find('{').unwrap_or(0);
            (&payload.text[from..], payload.text[..from].trim())
        };
        let wrapped = (!payload.is_telegram())
            .then(|| Wrapped::of(text))
            .flatten();
        let (mut arrived, mut topic) = before_json(before);
        let mut text = text;
        if let Some(wrapped) = &wrapped {
            (arrived, topic) = (wrapped.at.or(arrived), Some(wrapped.topic.as_str()));
            text = wrapped.payload.as_str();
        }
        // `tele/plug/LWT Online`, or a number alone: a message, whose topic says what it is of.
        let plain = !payload.is_telegram() && !text.contains('{');
        let alone = topic.or_else(|| before_json(payload.text.trim()).1);
        let alone = alone.filter(|_| plain);
        let told = match measured(text) {
            Ok(told) => told,
            Err(PayloadError::Unknown) if alone.is_some() => {
                readings.note(alone.unwrap_or_default(), line, series);
                return;
            }
            Err(PayloadError::Nothing) => {
                let before = if before.is_empty() { "JSON" } else { before };
                readings.note(topic.unwrap_or(before), line, series);
                return;
            }
            Err(error) => {
                let found = match &error {
                    PayloadError::Checksum { found, .. } => found.clone(),
                    _ => shown(payload.text.trim()),
                };
                series
                    .findings
                    .add(line, error.code(), &[("found", &found)]);
                return;
            }
        };
        let tariffs = |way: &str| {
            told.iter()
                .any(|one| one.name.starts_with(way) && one.of_the_grid)
        };
        let (import, export) = (tariffs("import_t1"), tariffs("export_t1"));
        for one in &told {
            // The total of tariffs that are told beside it.
            let summed = one.of_the_grid
                && ((import && one.name == "import_total")
                    || (export && one.name == "export_total"));
            if summed {
                continue;
            }
            let Some(at) = one.at.or(arrived) else {
                if one.nature == super::Nature::Register {
                    let found = shown(&one.name);
                    series.findings.add(line, "timestamp", &[("found", &found)]);
                }
                continue;
            };
            readings.take(way(one, topic), one, at, line, series);
        }
    }
}

/// Time and topic that a program wrote before a payload.
fn before_json(text: &str) -> (Option<Stamp>, Option<&str>) {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let at = time(first)
        .filter(|at| !matches!(at, Stamp::Day(_)))
        .or_else(|| time(&format!("{first} {second}")));
    let topic = text
        .split_whitespace()
        .find(|word| word.contains('/') && word.chars().any(char::is_alphabetic));
    (at, topic)
}

/// The channel of a value: of the connection's meter, which way it flows; of others, device and name.
fn way(measured: &Measured, topic: Option<&str>) -> Way {
    if !measured.of_the_grid {
        return Way::of(&match topic {
            Some(topic) => format!("{topic} {}", measured.name),
            None => measured.name.clone(),
        });
    }
    let part = |tariff: &str| match tariff {
        "t1" => "t1",
        "t2" => "t2",
        "t3" => "t3",
        "t4" => "t4",
        _ => "",
    };
    let name = measured.name.as_str();
    let (kind, rest) = name.split_once('_').unwrap_or((name, ""));
    let (name, part) = match (kind, rest) {
        ("import", tariff) => ("grid_import", part(tariff)),
        ("export", tariff) => ("grid_export", part(tariff)),
        ("power", "export") => ("grid_export", ""),
        ("power", _) => ("grid_import", ""),
        // A second slave of a kind keeps its number.
        ("gas" | "water" | "heat", "1" | "2") => (kind, ""),
        _ => (name, ""),
    };
    Way {
        name: name.to_owned(),
        part,
    }
}
