//! The energy dashboard's "Download data": an entity a row, a time a column, the change within each slot
//! (home-assistant/frontend, `src/data/energy.ts`).

use std::collections::HashMap;
use std::io::{self, BufRead};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::header;
use crate::import::formats::bounded::Lines;
use crate::import::formats::fields::fields;
use crate::import::formats::{amount, slot, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Clock, Kind, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::Unit;

/// Some hundred thousand slots in a row.
const MOST_LINE: usize = 8 << 20;
const DAY: i64 = 86_400;

/// Whether the first columns are those of this file.
pub fn recognise(head: &str) -> bool {
    header(head)
        .is_some_and(|(_, names)| names.len() > 3 && names[..3] == ["entity_id", "type", "unit"])
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut file = File::default();
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if line.text.trim().is_empty() {
        } else if file.slots.is_empty() {
            let Some((separator, _)) = header(&line.text) else {
                series.findings.add(line.number, "unrecognised", &[]);
                return Ok(());
            };
            file.separator = separator;
            file.slots = slots(&line.text, separator, line.number, series);
        } else {
            file.row(&line.text, line.number, series);
        }
    }
    if let Some((text, line)) = file.device.take() {
        file.put(&text, line, "device_consumption", series);
    }
    Ok(())
}

#[derive(Default)]
struct File {
    separator: char,
    /// Start and end of each column; `None` for one that is no time.
    slots: Vec<Option<(i64, Option<i64>)>>,
    /// The first device's row, until it is known whether it is the only one.
    device: Option<(String, u64)>,
    devices: bool,
}

/// The slots of the header: each ends with the next one, or after the usual length. Days and months are as
/// long as the calendar has them.
fn slots(
    header: &str,
    separator: char,
    line: u64,
    series: &mut Series<'_>,
) -> Vec<Option<(i64, Option<i64>)>> {
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: true,
    };
    let mut clock = Clock::new(series.stamp_zone().clone());
    let mut starts = Vec::new();
    for (text, column) in fields(header, separator).skip(3).zip(4_u64..) {
        let start = stamp::read(&text, style)
            .ok_or("timestamp")
            .and_then(|at| series.instant(&mut clock, at, line));
        starts.push(match start {
            Ok(start) => Some(start),
            // A separator at the end of the line.
            Err(_) if text.trim().is_empty() => None,
            Err(code) => {
                wrong(series, line, code, (&text, &column.to_string()));
                None
            }
        });
    }
    let lengths: Vec<i64> = starts
        .windows(2)
        .filter_map(|pair| Some(pair[1]? - pair[0]?))
        .collect();
    let step = Step::of(&lengths);
    let zone = series.stamp_zone();
    (0..starts.len())
        .map(|at| {
            let start = starts[at]?;
            let end = step.and_then(|step| step.end(start, zone));
            let next = starts.get(at + 1).copied().flatten();
            let sooner = next.filter(|next| *next > start && Some(*next) < end);
            Some((start, sooner.or(end)))
        })
        .collect()
}

/// How long slots are.
#[derive(Debug, Clone, Copy)]
enum Step {
    Seconds(i64),
    Months(i32),
    Days(i32),
}

impl Step {
    /// The commonest of the distances; a month may have any length of one.
    fn of(lengths: &[i64]) -> Option<Self> {
        let month = 28 * DAY - 7_200..=31 * DAY + 7_200;
        if !lengths.is_empty() && lengths.iter().all(|length| month.contains(length)) {
            return Some(Self::Months(1));
        }
        let mut counts: HashMap<i64, usize> = HashMap::new();
        for length in lengths.iter().filter(|length| **length > 0) {
            *counts.entry(*length).or_default() += 1;
        }
        let (length, _) = counts
            .into_iter()
            .max_by_key(|(length, count)| (*count, -length))?;
        let days = i32::try_from(length / DAY)
            .ok()
            .filter(|_| length % DAY == 0);
        Some(days.map_or(Self::Seconds(length), Self::Days))
    }

    /// Where a slot ends.
    fn end(self, start: i64, zone: &TimeZone) -> Option<i64> {
        let span = match self {
            Self::Seconds(length) => return Some(start + length),
            Self::Days(days) => Span::new().try_days(days).ok()?,
            Self::Months(months) => Span::new().try_months(months).ok()?,
        };
        let begun = Timestamp::from_second(start).ok()?.to_zoned(zone.clone());
        Some(begun.checked_add(span).ok()?.timestamp().as_second())
    }
}

impl File {
    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let mut head = fields(text, self.separator);
        let entity = head.next().unwrap_or_default();
        let kind = head.next().unwrap_or_default();
        let kind = kind.trim();
        let derived = kind.starts_with("calculated_")
            || kind.ends_with("_cost")
            || kind.ends_with("_compensation");
        if derived {
            series
                .findings
                .add(line, "not_read", &[("found", &shown(kind))]);
            return;
        }
        let channel = match kind {
            "grid_consumption" => "grid_import",
            "grid_return" => "grid_export",
            "solar_production" => "solar_production",
            "battery_in" => "battery_charge",
            "battery_out" => "battery_discharge",
            "gas_consumption" => "gas",
            "water_consumption" => "water",
            "device_consumption" => {
                self.device(text, line, &entity, series);
                return;
            }
            _ => entity.trim(),
        };
        self.put(text, line, channel, series);
    }

    /// Devices go by their names where there are several.
    fn device(&mut self, text: &str, line: u64, entity: &str, series: &mut Series<'_>) {
        if !self.devices {
            self.devices = true;
            self.device = Some((text.to_owned(), line));
            return;
        }
        if let Some((first, line)) = self.device.take() {
            let name = fields(&first, self.separator).next().unwrap_or_default();
            self.put(&first, line, name.trim(), series);
        }
        self.put(text, line, entity.trim(), series);
    }

    fn put(&self, text: &str, line: u64, channel: &str, series: &mut Series<'_>) {
        let mut row = fields(text, self.separator);
        let entity = row.next().unwrap_or_default();
        let unit_text = row.nth(1).unwrap_or_default();
        let Some(unit) = Unit::parse(&unit_text) else {
            let found = shown(&unit_text);
            series
                .findings
                .add(line, "unit_not_known", &[("found", &found)]);
            return;
        };
        let name = shown(channel);
        let part = series.part(&ChannelKey {
            name: &name,
            part: &shown(&entity),
            kind: Kind::Usage,
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        let mut columns = 0;
        for (cell, span) in row.zip(&self.slots) {
            columns += 1;
            let Some((start, end)) = *span else {
                continue;
            };
            let Some(nano) = amount(&cell, DecimalMark::Point, unit) else {
                series.blank(line, &slot(start));
                continue;
            };
            match nano {
                Ok(nano) => series.put(
                    part,
                    Point {
                        at: Stamp::Instant(start),
                        until: end.map(Stamp::Instant),
                        nano,
                        estimated: false,
                        line,
                    },
                ),
                Err(code) => {
                    wrong(series, line, code, (&cell, &slot(start)));
                }
            }
        }
        if columns < self.slots.len() {
            let (found, expected) = (columns.to_string(), self.slots.len().to_string());
            let params = [("found", found.as_str()), ("expected", expected.as_str())];
            series.findings.add(line, "row_too_short", &params);
        }
    }
}
