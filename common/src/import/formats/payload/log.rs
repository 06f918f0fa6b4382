//! Logs of payloads: telegrams one after the other, JSON a line each, or one of either alone; and numbers alone
//! whose topics say what they are. What a program wrote before them on a line, topic or time, tells devices and
//! instants apart.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::{
    MOST_PAYLOAD, Measured, Nature, PayloadError, measured, measured_by_topic, number_alone,
};
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
        && (text.contains("1-0:1.8.") || text.contains("1-1:1.8."))
}

/// The clock of telegrams is that of central Europe, where they are sent.
pub fn zone(head: &str) -> Option<String> {
    recognise_telegrams(head).then(|| "Europe/Amsterdam".to_owned())
}

/// Whether JSON, or a number with its topic, measures something among the first lines of the file: other devices may
/// speak before.
pub fn recognise_json(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('/') {
        return false;
    }
    let mut payload = Payload::default();
    for line in text.lines().take(200) {
        payload.add(line, 1);
        if payload.is_whole() {
            if payload.message().measured().is_ok() {
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

/// One message of a log.
struct Message<'t> {
    /// What stood before it on its line.
    before: &'t str,
    /// When it came, where that is told beside it.
    arrived: Option<Stamp>,
    topic: Option<Cow<'t, str>>,
    payload: Cow<'t, str>,
}

impl<'t> Message<'t> {
    /// What a program wrote before a payload, and the payload.
    fn of(before: &'t str, payload: &'t str) -> Self {
        Self {
            before,
            arrived: arrived(before),
            topic: topic(before),
            payload: Cow::Borrowed(payload),
        }
    }

    /// As `mosquitto_sub` prints it as JSON, its topic and time beside it.
    fn wrapped(before: &'t str, text: &str) -> Option<Self> {
        if !(text.contains("\"payload\"") && text.contains("\"topic\"")) {
            return None;
        }
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let text_of = |key: &str| message.get(key)?.as_str().map(str::to_owned);
        let at = text_of("tst").and_then(|at| time(&at));
        Some(Self {
            before,
            arrived: at.or_else(|| arrived(before)),
            topic: Some(Cow::Owned(text_of("topic")?)),
            payload: Cow::Owned(match message.get("payload")? {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
        })
    }

    /// A line without any JSON.
    fn plain(line: &'t str) -> Self {
        let (before, last) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
        if number_alone(last).is_some() {
            return Self::of(before.trim_end(), last);
        }
        // `tele/plug/LWT Online`
        let topic = line.split_whitespace().find(|word| is_topic(word));
        Self {
            before: line,
            arrived: None,
            topic: topic.map(Cow::Borrowed),
            payload: Cow::Borrowed(""),
        }
    }

    /// What it measures, and of which device: that of its topic, where it has one.
    fn measured(&self) -> Result<(Option<Cow<'_, str>>, Vec<Measured>), PayloadError> {
        let topic = self.topic.as_deref();
        if let Some(number) = number_alone(&self.payload) {
            let told = topic.and_then(|topic| measured_by_topic(topic, number));
            let (device, one) = told.ok_or(PayloadError::Unknown)?;
            return Ok((Some(Cow::Owned(device)), vec![one]));
        }
        Ok((topic.map(Cow::Borrowed), measured(&self.payload)?))
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

    fn message(&self) -> Message<'_> {
        let text = self.text.as_str();
        if self.is_telegram() {
            return Message::of("", text);
        }
        if let Some(from) = text.find('{') {
            let (before, json) = (text[..from].trim(), &text[from..]);
            return Message::wrapped(before, json).unwrap_or_else(|| Message::of(before, json));
        }
        Message::plain(text.trim())
    }

    fn take(&mut self, readings: &mut Readings, series: &mut Series<'_>) {
        let payload = std::mem::take(self);
        let line = payload.line;
        let message = payload.message();
        let (device, told) = match message.measured() {
            Ok(told) => told,
            // A message of another kind, whose topic says what it is of.
            Err(PayloadError::Unknown)
                if !message.payload.contains('{') && message.topic.is_some() =>
            {
                let topic = message.topic.as_deref().unwrap_or_default();
                readings.note(topic, line, series);
                return;
            }
            Err(PayloadError::Nothing) => {
                let of = message.topic.as_deref().unwrap_or(message.before);
                readings.note(if of.is_empty() { "JSON" } else { of }, line, series);
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
            let Some(at) = one.at.or(message.arrived) else {
                if one.nature == Nature::Register {
                    let found = shown(&one.name);
                    series
                        .findings
                        .add(line, "time_missing", &[("found", &found)]);
                }
                continue;
            };
            readings.take(way(one, device.as_deref()), one, at, line, series);
        }
    }
}

/// The time that a program wrote first on a line.
fn arrived(before: &str) -> Option<Stamp> {
    let mut words = before.split_whitespace();
    let first = words.next()?;
    time(first)
        .filter(|at| !matches!(at, Stamp::Day(_)))
        .or_else(|| time(&format!("{first} {}", words.next()?)))
}

/// The topic that a program wrote before a payload. Names in it may be of several words:
/// `zigbee2mqtt/Living room 2`.
fn topic(before: &str) -> Option<Cow<'_, str>> {
    let is_name = |word: &str| {
        let known = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
        word.chars().all(known)
    };
    let mut words = before.split_whitespace().skip_while(|word| !is_topic(word));
    let mut topic = Cow::Borrowed(words.next()?);
    if is_name(&topic) {
        for word in words.take_while(|word| is_name(word)) {
            let topic = topic.to_mut();
            topic.push(' ');
            topic.push_str(word);
        }
    }
    Some(topic)
}

fn is_topic(word: &str) -> bool {
    word.contains('/') && word.chars().any(char::is_alphabetic)
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
