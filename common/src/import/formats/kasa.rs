//! What plugs of Kasa (`TP-Link`) answer when asked for their days or months: `get_daystat` with a `day_list`,
//! `get_monthstat` with a `month_list`; older ones in kWh, later ones in Wh.

use std::io::{self, BufRead};

use jiff::ToSpan;
use jiff::civil::Date;

use super::json::{Json, Scalar, Token};
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, Point, Series, StampIs};
use crate::import::stamp::Stamp;
use crate::import::unit::Unit;

/// Months held until it is known whether there are days.
const MOST_HELD: usize = 10_000;

/// Whether it is such an answer.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let has = |key: &str| text.contains(key);
    text.starts_with(['{', '['])
        && (has("\"day_list\"") || has("\"month_list\""))
        && has("\"year\"")
        && (has("\"energy_wh\"") || has("\"energy\""))
}

/// Reads answers, one after the other.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut json = Json::new(source);
    let mut item = Item::default();
    let mut months: Vec<Item> = Vec::new();
    let mut has_days = false;
    while let Some(token) = json.token(series)? {
        let list = |back: usize| json.path.iter().rev().nth(back).map(String::as_str);
        let is_list = |name: Option<&str>| matches!(name, Some("day_list" | "month_list"));
        match token {
            Token::BeginObject if is_list(list(1)) => {
                item = Item {
                    line: json.line,
                    ..Item::default()
                };
            }
            Token::Scalar if is_list(list(1)) && json.scalar == Scalar::Number => item.take(&json),
            Token::EndObject if list(0) == Some("day_list") => {
                has_days = true;
                std::mem::take(&mut item).put(series);
            }
            Token::EndObject if list(0) == Some("month_list") && months.len() < MOST_HELD => {
                item.is_month = true;
                months.push(std::mem::take(&mut item));
            }
            _ => {}
        }
    }
    // Days say the same more exactly.
    match months.first() {
        Some(first) if has_days => {
            let params = [("found", "month_list")];
            series.findings.add(first.line, "not_read", &params);
        }
        _ => months.into_iter().for_each(|month| month.put(series)),
    }
    Ok(())
}

/// A day, or a month.
#[derive(Default)]
struct Item {
    line: u64,
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    is_month: bool,
    energy: Option<(String, &'static str, Unit)>,
}

impl Item {
    fn take(&mut self, json: &Json<'_>) {
        match json.key.as_str() {
            "year" => self.year = json.text.parse().ok(),
            "month" => self.month = json.text.parse().ok(),
            "day" => self.day = json.text.parse().ok(),
            "energy_wh" => self.energy = Some((json.text.clone(), "energy_wh", Unit::WH)),
            "energy" if self.energy.is_none() => {
                self.energy = Some((json.text.clone(), "energy", Unit::KWH));
            }
            _ => {}
        }
    }

    fn date(&self) -> Option<Date> {
        let day = if self.is_month { 1 } else { self.day? };
        Date::new(self.year?, self.month?, day).ok()
    }

    fn put(self, series: &mut Series<'_>) {
        let line = self.line;
        let length = if self.is_month { 1.month() } else { 1.day() };
        let day = self.date();
        let Some((day, until)) = day.and_then(|day| Some((day, day.checked_add(length).ok()?)))
        else {
            let params = [(
                "found",
                if self.is_month {
                    "month_list"
                } else {
                    "day_list"
                },
            )];
            series.findings.add(line, "timestamp", &params);
            return;
        };
        let Some((text, key, unit)) = self.energy else {
            series.blank(line, "energy_wh");
            return;
        };
        match amount(&text, DecimalMark::Point, unit) {
            Some(Ok(nano)) => {
                let part = series.part(&ChannelKey {
                    name: "device_consumption",
                    part: "",
                    kind: Kind::Usage,
                    stamp_is: StampIs::Start,
                    unit,
                    together: false,
                });
                series.put(
                    part,
                    Point {
                        at: Stamp::Day(day),
                        until: Some(Stamp::Day(until)),
                        nano,
                        estimated: false,
                        line,
                    },
                );
            }
            Some(Err(code)) => wrong(series, line, code, (&text, key)),
            None => series.blank(line, key),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    const MONTHS: &str = "\"get_monthstat\":{\"month_list\":[{\"year\":2024,\"month\":2,\"energy\":40.5},\
                          {\"year\":2024,\"month\":3,\"energy\":1.25}],\"err_code\":0}";

    #[test]
    fn days_are_as_long_as_they_are_and_say_more_than_months() {
        let days = "\"get_daystat\":{\"day_list\":[{\"year\":2024,\"month\":3,\"day\":30,\"energy_wh\":1230},\n\
                    {\"energy_wh\":1430,\"day\":31,\"month\":3,\"year\":2024},\n\
                    {\"year\":2024,\"month\":4,\"day\":31,\"energy_wh\":1}],\"err_code\":0}";
        let file = format!("{{\"emeter\":{{{days},{MONTHS}}}}}");
        assert!(super::recognise(&file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Berlin");
        assert_eq!(total(&summary, "device_consumption"), "2.66");
        assert_eq!(
            summary.channels["device_consumption"].lengths,
            [(82_800, 1), (86_400, 1)].into()
        );
        assert_eq!(codes(&findings), [(3, "timestamp"), (3, "not_read")]);
    }

    #[test]
    fn months_alone_are_read_in_the_unit_of_their_key() {
        let file = format!("{{\"emeter\":{{{MONTHS}}}}}");
        let (summary, findings) = read_file(super::read, file.as_bytes(), "UTC");
        assert_eq!(total(&summary, "device_consumption"), "41.75");
        assert_eq!(
            summary.channels["device_consumption"].lengths,
            [(29 * 86_400, 1), (31 * 86_400, 1)].into()
        );
        assert_eq!(findings, []);
    }
}
