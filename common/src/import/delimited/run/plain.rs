//! Most rows of most files: a time and numbers, with nothing to ask about. What this leaves is read as all
//! others are, and gives the same.

use crate::import::number::{self, DecimalMark};
use crate::import::series::{PartId, Series};
use crate::import::stamp::{self, Shown};

use super::super::mapping::Mapping;
use super::super::plan::{self, Plan, Time};
use super::super::records::Cells;
use super::Run;

/// A column of values.
pub(super) struct Value {
    column: usize,
    mark: DecimalMark,
    /// Its unit, by [`number::nano_power`].
    power: u8,
    turned: bool,
    part: PartId,
    /// What the row at hand has, in billionths.
    nano: i64,
}

/// Whether nothing in a row but its numbers says what becomes of it.
pub(super) fn is_plain(plan: &Plan, mapping: &Mapping) -> bool {
    let time = matches!(
        plan.time,
        Time::At {
            plus_seconds: 0,
            ..
        } | Time::DateAndClock {
            late_midnight: false,
            ..
        }
    );
    let nothing_else = plan.only.is_empty()
        && plan.estimated.is_empty()
        && plan.length.is_none()
        && plan.factor.is_none()
        && plan.bills.is_none()
        && plan.channel_of.is_none()
        && mapping.negative.is_none();
    let mut values = plan.values.iter();
    time && nothing_else
        && !plan.order_assumed
        && values.all(|value| power(value).is_some() && value.negative_channel.is_none())
}

fn power(value: &plan::Value) -> Option<u8> {
    number::nano_power(value.unit?)
}

impl Run<'_> {
    /// Takes a row, or leaves it as it is.
    #[inline]
    pub(super) fn plain_row(
        &mut self,
        record: &impl Cells,
        line: u64,
        series: &mut Series<'_>,
    ) -> bool {
        if !self.plain || (self.plain_values.is_empty() && !self.know_plain_values()) {
            return false;
        }
        let shown = match self.plan.time {
            Time::At { column, .. } => stamp::read_plain(record.bytes(column), self.style.order),
            Time::DateAndClock { date, clock, .. } => match &self.date {
                Some(day) if is_same(day.cell.as_bytes(), record.bytes(date)) => {
                    let clock = stamp::read_plain_clock(record.bytes(clock));
                    clock.map(|clock| Shown::Local(day.midnight + clock))
                }
                _ => None,
            },
            _ => None,
        };
        let Some(shown) = shown else {
            return false;
        };
        for value in &mut self.plain_values {
            let cell = record.bytes(value.column);
            let Some(nano) = number::plain_nano(cell, value.mark, value.power) else {
                return false;
            };
            value.nano = if value.turned { -nano } else { nano };
        }
        let values = self.plain_values.iter();
        series.put_row(shown, values.map(|value| (value.part, value.nano)), line);
        self.rows += 1;
        true
    }

    /// Finds out of which parts the columns are: the first rows tell.
    fn know_plain_values(&mut self) -> bool {
        let values = self.plan.values.iter().zip(&self.fixed);
        let known = values.map(|(value, part)| {
            Some(Value {
                column: value.column,
                mark: value.mark,
                power: power(value)?,
                turned: value.turned,
                part: (*part)?,
                nano: 0,
            })
        });
        self.plain_values = known.collect::<Option<_>>().unwrap_or_default();
        !self.plain_values.is_empty()
    }
}

/// Whether two dates are written alike: of eight to sixteen bytes, which is quicker to tell than of any.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.len() > 16 {
        return one == other;
    }
    match (one.first_chunk::<8>(), one.last_chunk::<8>()) {
        (first @ Some(_), last) => first == other.first_chunk() && last == other.last_chunk(),
        (None, _) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::import::delimited::{Said, find, records::Records, understand};
    use crate::import::finding::Finding;
    use crate::import::series::{Interval, Summary};
    use crate::import::unit::Base;

    type Found = (Vec<(String, Interval)>, Summary, Vec<Finding>, u64);

    /// What a table holds, read with the short way for plain rows, and without it.
    fn read(text: &str, short: bool) -> Option<Found> {
        let zone = "Europe/Berlin";
        let layout = find(text, true, None)?;
        let table = understand(layout, "", &Said::default(), zone).ok()?;
        let mut intervals = Vec::new();
        let mut sink = |channel: &str, _: Base, some: &[Interval]| {
            intervals.extend(some.iter().map(|one| (channel.to_owned(), *one)));
        };
        let zone = TimeZone::get(zone).unwrap();
        let mut series = Series::new(zone.clone(), zone, &mut sink);
        let mut run = Run::new(&table.plan, &table.mapping, table.steps_a_day);
        run.plain &= short;
        let mut records = Records::new(text.as_bytes(), table.separator, table.plain);
        let mut at = 0;
        while let Some(record) = records.next().unwrap() {
            at += 1;
            if at > table.skip {
                run.row(&record, record.line, &mut series);
            }
        }
        assert_eq!(run.plain_values.is_empty(), !short || !run.plain);
        let rows = run.finish(&mut series).unwrap_or(0);
        let (summary, findings) = series.finish();
        Some((intervals, summary, findings.into_list(), rows))
    }

    fn is_short(text: &str) -> bool {
        let layout = find(text, true, None).unwrap();
        let table = understand(layout, "", &Said::default(), "UTC").unwrap();
        is_plain(&table.plan, &table.mapping)
    }

    fn same(text: &str) -> Result<(), TestCaseError> {
        prop_assert!(is_short(text));
        let (short, long) = (read(text, true), read(text, false));
        let apart = |found: Option<Found>| {
            found.map(|(intervals, summary, findings, rows)| {
                (intervals, summary.channels, findings, rows)
            })
        };
        prop_assert_eq!(apart(short), apart(long));
        Ok(())
    }

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            12 => (0..2_000_i32).prop_map(|n| format!("{},{:03}", n / 1_000, n % 1_000)),
            2 => (0..90_i32).prop_map(|n| n.to_string()),
            1 => Just(String::new()),
            1 => Just("-0,5".to_owned()),
            1 => Just(" 1,25 ".to_owned()),
            1 => Just("n/a".to_owned()),
            1 => Just("1.234,5".to_owned()),
            1 => Just("12345678901234567".to_owned()),
        ]
    }

    /// Quarter-hours by the clock from a day on, some of them not the next one.
    fn stamps() -> impl Strategy<Value = Vec<i64>> {
        let first = prop_oneof![
            // Days before the clock is put forward and back, and one in the summer.
            Just(1_711_756_800_i64),
            Just(1_729_900_800),
            Just(1_720_000_800),
        ];
        let step = prop_oneof![30 => Just(1_i64), 1 => Just(0), 1 => Just(-3), 1 => 2..9_i64];
        (first, prop::collection::vec(step, 120..320)).prop_map(|(first, steps)| {
            let mut at = first;
            let next = |step: i64| {
                at += step * 900;
                at
            };
            steps.into_iter().map(next).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn plain_rows_are_read_as_all_others_are(
            stamps in stamps(),
            cells in prop::collection::vec((cell(), cell()), 320),
            apart in any::<bool>(),
            falling in any::<bool>(),
        ) {
            let mut rows: Vec<String> = stamps.iter().zip(&cells).map(|(at, (one, other))| {
                let shown = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(*at).unwrap());
                let mark = if apart { ";" } else { " " };
                format!("{}{mark}{};{one};{other}", shown.strftime("%d.%m.%Y"), shown.strftime("%H:%M"))
            }).collect();
            if falling {
                rows.reverse();
            }
            let header = if apart { "Date;Time;Consumption (kWh);Export (kWh)" } else { "Date;Consumption (kWh);Export (kWh)" };
            same(&format!("{header}\n{}\n", rows.join("\n")))?;
        }
    }

    #[test]
    fn a_table_of_times_and_numbers_is_read_in_the_short_way() {
        let text = "timestamp,kwh\n2024-03-30T23:00:00Z,0.5\n2024-03-30T23:15:00Z,0.25\n2024-03-30T23:30:00Z,1\n";
        assert!(is_short(text));
        let (intervals, _, findings, rows) = read(text, true).unwrap();
        assert_eq!((intervals.len(), rows), (3, 3), "{findings:?}");
    }
}
