//! Telegrams of P1 ports: DSMR 2.2 to 5 and its relatives in Belgium, Luxembourg, Sweden and Switzerland (Netbeheer
//! Nederland, "P1 Companion Standard").

use jiff::civil::{Date, DateTime, Time};

use super::{Measured, Nature, PayloadError};
use crate::import::number::{self, Cell, DecimalMark};
use crate::import::stamp::{Stamp, seconds};
use crate::import::unit::{Base, Unit};

/// What a telegram measures; the first line is the one that begins with `/`.
pub(super) fn measured(text: &str) -> Result<Vec<Measured>, PayloadError> {
    let end = text.find("\n!").ok_or(PayloadError::Cut)? + 1;
    check(text, end)?;
    let mut telegram = Telegram::default();
    let mut lines = text[..end].lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        // Until version 3 the value of a slave stands on the line after its own.
        let below = lines.peek().copied().filter(|below| below.starts_with('('));
        telegram.line(line, below);
    }
    let mut measured = telegram.measured;
    for one in &mut measured {
        one.at = one.at.or(telegram.at);
    }
    Ok(measured)
}

/// The checksum of everything up to the `!` at `end`, where the telegram has one.
fn check(text: &str, end: usize) -> Result<(), PayloadError> {
    let found: String = text[end + 1..]
        .chars()
        .take_while(char::is_ascii_hexdigit)
        .collect();
    if found.len() != 4 {
        return Ok(());
    }
    let told = &text[..=end];
    let computed = crc16(told.bytes());
    let is = |crc: u16| found.eq_ignore_ascii_case(&format!("{crc:04X}"));
    if is(computed) {
        return Ok(());
    }
    // What was kept as text may have lost the carriage returns that were counted.
    let lines = told.split_inclusive('\n').flat_map(|line| {
        let ended = line.ends_with('\n');
        let plain = line.trim_end_matches(['\r', '\n']);
        let end: &[u8] = if ended { b"\r\n" } else { b"" };
        plain.bytes().chain(end.iter().copied())
    });
    if is(crc16(lines)) {
        return Ok(());
    }
    Err(PayloadError::Checksum {
        found,
        computed: format!("{computed:04X}"),
    })
}

/// CRC-16/ARC: polynomial 0x8005 reflected, from zero.
fn crc16(bytes: impl Iterator<Item = u8>) -> u16 {
    bytes.fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xA001
            } else {
                crc >> 1
            }
        })
    })
}

#[derive(Default)]
struct Telegram {
    at: Option<Stamp>,
    measured: Vec<Measured>,
    /// The channel on which the first electricity was told: a second one would tell another meter's.
    electricity_on: Option<&'static str>,
    /// Kinds of slaves, by the channel that they are on.
    slaves: [Option<Slave>; 10],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slave {
    Gas,
    Water,
    Heat,
    Other,
}

impl Telegram {
    /// `1-0:1.8.1(000001.123*kWh)`
    fn line(&mut self, line: &str, below: Option<&str>) {
        let Some((obis, rest)) = line.split_once('(') else {
            return;
        };
        let Some((medium, code)) = obis.split_once(':') else {
            return;
        };
        let code = code.split('*').next().unwrap_or_default();
        let groups: Vec<&str> = rest
            .split('(')
            .map(|group| group.trim_end().trim_end_matches(')'))
            .take(16)
            .collect();
        let channel = medium
            .strip_prefix("0-")
            .and_then(|channel| channel.parse::<usize>().ok())
            .filter(|channel| (1..10).contains(channel));
        match (medium, code, channel) {
            ("0-0", "1.0.0", _) => self.at = time(groups[0]),
            ("1-0", code, _) => self.electricity("1-0", code, groups[0]),
            // Meters in Switzerland.
            ("1-1", code, _) => self.electricity("1-1", code, groups[0]),
            (_, "24.1.0", Some(channel)) => {
                self.slaves[channel] = Some(match groups[0].trim_start_matches('0') {
                    "3" => Slave::Gas,
                    "7" => Slave::Water,
                    "4" | "12" => Slave::Heat,
                    _ => Slave::Other,
                });
            }
            // The third is of gas that is not brought to a normal temperature.
            (_, "24.2.1" | "24.2.2" | "24.2.3", Some(channel)) => {
                if let [at, value, ..] = groups[..] {
                    let (value, unit) = quantity(value);
                    self.slave(channel, at, value, unit);
                }
            }
            (_, "24.3.0", Some(channel)) => {
                if let Some(value) = below {
                    let unit = groups.last().copied().unwrap_or_default();
                    self.slave(channel, groups[0], value.trim_matches(['(', ')']), unit);
                }
            }
            _ => {}
        }
    }

    fn electricity(&mut self, on: &'static str, code: &str, value: &str) {
        let (name, nature) = match code {
            "1.7.0" => ("power_import".to_owned(), Nature::Power),
            "2.7.0" => ("power_export".to_owned(), Nature::Power),
            "1.8.0" => ("import_total".to_owned(), Nature::Register),
            "2.8.0" => ("export_total".to_owned(), Nature::Register),
            _ => {
                let (way, tariff) = if let Some(tariff) = code.strip_prefix("1.8.") {
                    ("import", tariff)
                } else if let Some(tariff) = code.strip_prefix("2.8.") {
                    ("export", tariff)
                } else {
                    return;
                };
                if !matches!(tariff.as_bytes(), [b'1'..=b'9']) {
                    return;
                }
                (format!("{way}_t{tariff}"), Nature::Register)
            }
        };
        if *self.electricity_on.get_or_insert(on) != on {
            return;
        }
        let base = if nature == Nature::Power {
            Base::Power
        } else {
            Base::Energy
        };
        let quantity = quantity(value);
        self.put(name, nature, quantity, None, |unit| unit.base == base);
    }

    fn slave(&mut self, channel: usize, at: &str, value: &str, unit: &str) {
        let name = match self.slaves[channel] {
            Some(Slave::Gas) | None => "gas",
            Some(Slave::Water) => "water",
            Some(Slave::Heat) => "heat",
            Some(Slave::Other) => return,
        };
        let name = format!("{name}_{channel}");
        self.put(name, Nature::Register, (value, unit), time(at), |unit| {
            unit.base != Base::Power
        });
    }

    fn put(
        &mut self,
        name: String,
        nature: Nature,
        (value, unit): (&str, &str),
        at: Option<Stamp>,
        fits: impl Fn(&Unit) -> bool,
    ) {
        let unit = Unit::parse(unit).filter(fits);
        let value = number::read(value, DecimalMark::Point);
        if let (Some(unit), Cell::Value(value)) = (unit, value) {
            self.measured.push(Measured {
                name,
                nature,
                unit,
                value,
                at,
                of_the_grid: true,
            });
        }
    }
}

/// Number and unit of `000123.456*kWh`; some meters leave the `*` out.
fn quantity(text: &str) -> (&str, &str) {
    text.split_once('*').unwrap_or_else(|| {
        let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | ' ');
        text.split_at(text.find(|c| !part(c)).unwrap_or(text.len()))
    })
}

/// `YYMMDDhhmmssX`, where X tells summer from winter in central Europe; older ones have no X.
pub(super) fn time(text: &str) -> Option<Stamp> {
    let digits = text.get(..12)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits[at..at + 2].parse::<i8>().ok();
    let date = Date::new(2_000 + i16::from(two(0)?), two(2)?, two(4)?).ok()?;
    let time = Time::new(two(6)?, two(8)?, two(10)?, 0).ok()?;
    let shown: DateTime = date.to_datetime(time);
    Some(match &text[12..] {
        "S" => Stamp::Instant(seconds(shown) - 7_200),
        "W" => Stamp::Instant(seconds(shown) - 3_600),
        _ => Stamp::Civil(shown),
    })
}
