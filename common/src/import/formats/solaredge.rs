//! What the monitoring service of `SolarEdge` answers: `energy` or `power` of a site, or `energyDetails` of its
//! meters, a value for each step.

use std::io::{self, BufRead};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::json::{Json, Scalar, Token};
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Clock, Kind, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

/// Values held until their unit and meter are told.
const MOST_HELD: usize = 1 << 18;

/// Whether it is such an answer.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('{') && text.contains("\"timeUnit\"") && text.contains("\"values\"")
}

/// Reads an answer.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut json = Json::new(source);
    let mut answer = Answer {
        clock: Clock::new(series.stamp_zone().clone()),
        time_unit: None,
        unit: None,
        meter: None,
        item: Item::default(),
        held: Vec::new(),
        meters: Vec::new(),
    };
    while let Some(token) = json.token(series)? {
        if answer.take(token, &json, series).is_err() {
            let most = MOST_HELD.to_string();
            series
                .findings
                .add(json.line, "too_many_rows", &[("max", &most)]);
            return Ok(());
        }
    }
    Ok(())
}

struct Answer {
    clock: Clock,
    time_unit: Option<String>,
    unit: Option<String>,
    /// Place in `meters` of the one that is being read.
    meter: Option<usize>,
    item: Item,
    held: Vec<(Option<usize>, Item)>,
    /// What they are called.
    meters: Vec<Option<String>>,
}

#[derive(Debug, Clone, Default)]
struct Item {
    date: String,
    value: Option<String>,
    line: u64,
}

impl Answer {
    /// `Err` where too much is held.
    fn take(&mut self, token: Token, json: &Json<'_>, series: &mut Series<'_>) -> Result<(), ()> {
        let parent = json.path.last().map_or("", String::as_str);
        let above = json.path.iter().rev().nth(1).map_or("", String::as_str);
        match token {
            Token::BeginObject if parent.is_empty() && above == "values" => {
                self.item = Item {
                    line: json.line,
                    ..Item::default()
                };
            }
            Token::BeginObject if parent.is_empty() && above == "meters" => {
                self.meters.push(None);
                self.meter = Some(self.meters.len() - 1);
            }
            Token::Scalar if parent.is_empty() && above == "values" => match json.key.as_str() {
                "date" => self.item.date.clone_from(&json.text),
                "value" if json.scalar == Scalar::Number => {
                    self.item.value = Some(json.text.clone());
                }
                _ => {}
            },
            Token::Scalar => match json.key.as_str() {
                "timeUnit" => self.time_unit = Some(json.text.clone()),
                "unit" => self.unit = Some(json.text.clone()),
                "type" if parent.is_empty() && above == "meters" => {
                    if let Some(meter) = self.meter {
                        self.meters[meter] = Some(json.text.clone());
                    }
                }
                _ => {}
            },
            // The key of what ended stands where that of a value would.
            Token::EndObject if json.key.is_empty() && parent == "values" => {
                let value = std::mem::take(&mut self.item);
                let named = self.meter.is_none_or(|meter| self.meters[meter].is_some());
                if self.unit.is_some() && self.time_unit.is_some() && named {
                    self.put(self.meter, &value, series);
                } else if self.held.len() >= MOST_HELD {
                    return Err(());
                } else {
                    self.held.push((self.meter, value));
                }
            }
            Token::EndObject if json.key.is_empty() && parent == "meters" => self.meter = None,
            Token::EndObject if json.path.len() <= 1 => {
                for (meter, value) in std::mem::take(&mut self.held) {
                    self.put(meter, &value, series);
                }
                (self.unit, self.time_unit, self.meter) = (None, None, None);
                self.meters.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, meter: Option<usize>, value: &Item, series: &mut Series<'_>) {
        let line = value.line;
        let unit_text = self.unit.as_deref().unwrap_or_default();
        let Some(unit) = Unit::parse(unit_text) else {
            let found = shown(unit_text);
            series
                .findings
                .add(line, "unit_not_known", &[("found", &found)]);
            return;
        };
        let kind = meter.and_then(|at| self.meters[at].as_deref());
        let channel = match kind.unwrap_or("Production") {
            "Production" => "solar_production",
            "FeedIn" => "grid_export",
            "Purchased" => "grid_import",
            "Consumption" => "consumption",
            other => {
                // A part of what is told beside it.
                let found = shown(other);
                series.findings.add(line, "not_read", &[("found", &found)]);
                return;
            }
        };
        let text = value.value.as_deref().unwrap_or_default();
        let Some(nano) = amount(text, DecimalMark::Point, unit) else {
            series.blank(line, "value");
            return;
        };
        let style = StampStyle {
            order: DateOrder::DayFirst,
            epoch: false,
        };
        let at = stamp::read(&value.date, style)
            .ok_or("timestamp")
            .and_then(|at| series.instant(&mut self.clock, at, line));
        let (nano, at) = match (nano, at) {
            (Ok(nano), Ok(at)) => (nano, at),
            (Err(code), _) => {
                wrong(series, line, code, (text, "value"));
                return;
            }
            (_, Err(code)) => {
                wrong(series, line, code, (&value.date, "date"));
                return;
            }
        };
        let until = self
            .time_unit
            .as_deref()
            .and_then(|unit| end(at, unit, series.stamp_zone()));
        let part = series.part(&ChannelKey {
            name: channel,
            part: "",
            kind: if unit.base == Base::Power {
                Kind::Power
            } else {
                Kind::Usage
            },
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        series.put(
            part,
            Point {
                at: Stamp::Instant(at),
                until: until.map(Stamp::Instant),
                nano,
                estimated: false,
                line,
            },
        );
    }
}

/// The end of the step that begins at an instant.
fn end(at: i64, time_unit: &str, zone: &TimeZone) -> Option<i64> {
    let span = match time_unit {
        "QUARTER_OF_AN_HOUR" => return Some(at + 900),
        "HOUR" => return Some(at + 3_600),
        "DAY" => Span::new().days(1),
        "WEEK" => Span::new().weeks(1),
        "MONTH" => Span::new().months(1),
        "YEAR" => Span::new().years(1),
        _ => return None,
    };
    let begun = Timestamp::from_second(at).ok()?.to_zoned(zone.clone());
    Some(begun.checked_add(span).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    #[test]
    fn meters_of_a_site_are_channels_even_where_their_unit_comes_last() {
        let values = |value: u32| {
            format!(
                "\"values\":[{{\"date\":\"2024-10-27 00:00:00 CEST+0200\",\"value\":{value}}},\
                 {{\"date\":\"2024-10-28 00:00:00 CET+0100\"}}]"
            )
        };
        let file = format!(
            "{{\"energyDetails\":{{\"meters\":[{{\"type\":\"FeedIn\",{}}},{{{},\"type\":\"Purchased\"}},\
             {{\"type\":\"SelfConsumption\",{}}}],\"timeUnit\":\"DAY\",\"unit\":\"Wh\"}}}}",
            values(1_500),
            values(2_500),
            values(700)
        );
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Berlin");
        assert_eq!(total(&summary, "grid_export"), "1.5");
        assert_eq!(total(&summary, "grid_import"), "2.5");
        assert_eq!(summary.channels.len(), 2);
        assert_eq!(
            summary.channels["grid_import"].lengths,
            [(90_000, 1)].into()
        );
        assert_eq!(
            codes(&findings)
                .iter()
                .filter(|(_, code)| *code == "not_read")
                .count(),
            2
        );
    }

    #[test]
    fn an_answer_that_was_cut_off_is_refused() {
        let file =
            "{\"energy\":{\"timeUnit\":\"DAY\",\"unit\":\"Wh\",\n\"values\":[{\"date\":\"2024";
        let (_, findings) = read_file(super::read, file.as_bytes(), "UTC");
        assert_eq!(codes(&findings), [(2, "json_truncated")]);
    }
}
