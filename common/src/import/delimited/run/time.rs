//! When a row was.

use jiff::ToSpan;
use jiff::civil::{self, Date, DateTime};

use crate::import::series::Series;
use crate::import::stamp::{self, Stamp};

use super::super::plan::Time;
use super::super::records::Cells;
use super::super::when::{after, full, later, months, whole_month};
use super::Run;
use super::hours::Hours;

/// A date as a cell has it.
pub(super) struct Day {
    pub(super) cell: String,
    pub(super) date: Date,
    /// Its beginning in seconds since 1970, if the clock were one of UTC.
    pub(super) midnight: i64,
}

impl Run<'_> {
    /// Beginning (or the one stamp) and end; or the cell that is no time.
    pub(super) fn when(
        &mut self,
        record: &impl Cells,
        series: &Series<'_>,
    ) -> Result<(Stamp, Option<Stamp>), String> {
        let plan = self.plan;
        if plan.order_assumed {
            for at in plan.time.dates() {
                let cell = record.cell(at);
                // Rows of one day say the same.
                if self.date.as_ref().is_none_or(|day| day.cell != cell) {
                    self.order.add(cell);
                }
            }
        }
        let read = |at: usize| {
            let cell = record.cell(at);
            stamp::read(cell, self.style).ok_or_else(|| cell.to_owned())
        };
        let known = &mut self.date;
        let mut day = |at: usize| {
            let cell = record.cell(at);
            if let Some(known) = known
                && known.cell == cell
            {
                return Ok(known.date);
            }
            let day = match read(at)? {
                Stamp::Day(day) => day,
                Stamp::Civil(shown) => shown.date(),
                Stamp::Instant(_) => return Err(cell.to_owned()),
            };
            *known = Some(Day {
                cell: cell.to_owned(),
                date: day,
                midnight: stamp::midnight(day),
            });
            Ok(day)
        };
        let clock = |at: usize, day: Date| {
            let cell = record.cell(at);
            let (time, next) = stamp::read_clock(cell).ok_or_else(|| cell.to_owned())?;
            let day = if next {
                day.saturating_add(1.day())
            } else {
                day
            };
            Ok::<DateTime, String>(day.to_datetime(time))
        };
        Ok(match plan.time {
            Time::At {
                column,
                plus_seconds,
            } => match read(column) {
                Ok(Stamp::Day(day)) if plus_seconds == 0 => plan.each.span(day),
                Ok(at) => (later(at, plus_seconds), None),
                Err(cell) => months(&cell, &cell).ok_or(cell)?,
            },
            Time::BillDate { column } => (read(column)?, None),
            Time::DateAndClock {
                date,
                clock: at,
                late_midnight,
            } => {
                let shown = clock(at, day(date)?)?;
                let ends = late_midnight && shown.time() == civil::Time::midnight();
                let day =
                    if ends && stamp::read_clock(record.cell(at)).is_some_and(|(_, next)| !next) {
                        shown.saturating_add(1.day())
                    } else {
                        shown
                    };
                (Stamp::Civil(day), None)
            }
            Time::Span {
                start,
                end,
                inclusive,
            } => {
                let from = match read(start) {
                    Ok(from) => from,
                    Err(cell) => {
                        return months(&cell, record.cell(end)).ok_or(cell);
                    }
                };
                let until = read(end)?;
                let until = if inclusive { after(until) } else { until };
                (full(from, until), Some(until))
            }
            Time::DateAndClocks {
                date,
                start,
                end_date,
                end,
                inclusive,
            } => {
                let from = clock(start, day(date)?)?;
                let to = clock(end, end_date.map_or_else(|| Ok(from.date()), &mut day)?)?;
                let until = if inclusive {
                    after(Stamp::Civil(to))
                } else {
                    Stamp::Civil(to)
                };
                let until = match until {
                    Stamp::Civil(to) if to <= from && end_date.is_none() => {
                        Stamp::Civil(to.saturating_add(1.day()))
                    }
                    other => other,
                };
                (Stamp::Civil(from), Some(until))
            }
            Time::DateAndHour { date, hour, first } => {
                let day = day(date)?;
                let cell = record.cell(hour).trim();
                let count: i64 = if let Ok(count) = cell.parse() {
                    count
                } else {
                    let (time, next) = stamp::read_clock(cell).ok_or_else(|| cell.to_owned())?;
                    if next { 24 } else { i64::from(time.hour()) }
                };
                if !(first..=300).contains(&count) {
                    return Err(cell.to_owned());
                }
                let seconds = self.last_step_seconds;
                let known = self.hours.filter(|hours| hours.is(day));
                let hours = known.or_else(|| Hours::of(day, series.stamp_zone()));
                let mut hours = hours.ok_or_else(|| cell.to_owned())?;
                let start = hours.start(count - first, seconds, plan.channel_of.is_none());
                self.hours = Some(hours);
                let start = start.ok_or_else(|| cell.to_owned())?;
                (Stamp::Instant(start), Some(Stamp::Instant(start + seconds)))
            }
            Time::YearAndMonth { year, month } => {
                let number = |at: usize| {
                    record
                        .cell(at)
                        .trim()
                        .parse::<i16>()
                        .map_err(|_| record.cell(at).to_owned())
                };
                let (year, month_number) = (number(year)?, number(month)?);
                let first = i8::try_from(month_number)
                    .ok()
                    .and_then(|month| Date::new(year, month, 1).ok());
                let first = first.ok_or_else(|| record.cell(month).to_owned())?;
                whole_month(first)
            }
        })
    }
}
