//! What flows between a home and the grid, as bills need it: by connection and direction, in steps
//! where the meters tell them. Pure.

use std::collections::BTreeMap;

use ecotrack_common::bill::{DaySteps, StepUse, Usage};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::Channel;
use ecotrack_common::{Kwh, MeterId};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::home::{MeterDay, of_groups};

/// Minutes of the steps that a shape is made of.
const SHAPE_MINUTES: u16 = 15;
/// Steps of a shape.
const SHAPE_STEPS: usize = 96;

/// A meter's day with its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow {
    /// The day.
    pub day: MeterDay,
    /// Minutes of a step, where there are steps.
    pub step_minutes: Option<u16>,
    /// Milliwatt-hours of each step; `None` is a gap.
    pub mwh: Vec<Option<u32>>,
}

/// Meters that know one flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownGroup {
    /// The meter that the others are the same as.
    pub group: MeterId,
    /// What flows through them.
    pub channel: Channel,
    /// The first day that any of them knows.
    pub first_day: Date,
}

/// A day of energy in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowDay {
    /// What is known of it, of all connections together; unknown where one of them is.
    pub kwh: Option<Kwh>,
    /// Its steps, where every connection tells them alike.
    pub steps: Option<DaySteps>,
}

/// What flows between a home and the grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flows {
    /// IANA zone of the days.
    pub time_zone: String,
    /// Taken from the grid.
    pub import: BTreeMap<Date, FlowDay>,
    /// Given to the grid; empty for a home without such a meter.
    pub export: BTreeMap<Date, FlowDay>,
    /// Produced; empty for a home without such a meter.
    pub production: BTreeMap<Date, FlowDay>,
}

/// Sorts the days of meters by direction. A connection counts from its first known day on.
pub fn flows(rows: &[FlowRow], known: &[KnownGroup], time_zone: &str) -> Flows {
    let of = |channel| direction(rows, known, channel);
    Flows {
        time_zone: time_zone.to_owned(),
        import: of(Channel::GridImport),
        export: of(Channel::GridExport),
        production: of(Channel::SolarProduction),
    }
}

fn direction(rows: &[FlowRow], known: &[KnownGroup], channel: Channel) -> BTreeMap<Date, FlowDay> {
    let mut by_date: BTreeMap<Date, Vec<&FlowRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.day.channel == channel) {
        by_date.entry(row.day.date).or_default().push(row);
    }
    by_date
        .into_iter()
        .map(|(date, rows)| {
            let days: Vec<&MeterDay> = rows.iter().map(|row| &row.day).collect();
            let best = of_groups(&days);
            let chosen: Vec<&FlowRow> = rows
                .iter()
                .copied()
                .filter(|row| {
                    best.iter()
                        .any(|day| std::ptr::eq(*day, &raw const row.day))
                })
                .collect();
            let expected = known
                .iter()
                .filter(|group| group.channel == channel && group.first_day <= date);
            let is_there =
                |group: &KnownGroup| chosen.iter().any(|row| row.day.group == group.group);
            let all_there = expected.into_iter().all(is_there);
            let day = if all_there {
                together(&chosen)
            } else {
                FlowDay {
                    kwh: None,
                    steps: None,
                }
            };
            (date, day)
        })
        .collect()
}

/// The day of several connections: the sum of all, unknown where one is.
fn together(rows: &[&FlowRow]) -> FlowDay {
    let kwh: Option<Kwh> = rows.iter().map(|row| row.day.kwh).sum();
    let steps = rows.split_first().and_then(|(first, others)| {
        let step_minutes = first.step_minutes?;
        let mut mwh = first.mwh.clone();
        for other in others {
            if other.step_minutes != Some(step_minutes) || other.mwh.len() != mwh.len() {
                return None;
            }
            for (sum, more) in mwh.iter_mut().zip(&other.mwh) {
                *sum = sum.zip(*more).and_then(|(one, two)| one.checked_add(two));
            }
        }
        Some(DaySteps { step_minutes, mwh })
    });
    FlowDay { kwh, steps }
}

impl Flows {
    /// What was taken in `cycle`, in steps where prices go by time, else by day. `None` where no day of
    /// it is known.
    pub fn imported(&self, cycle: Cycle, by_time: bool) -> Option<Usage> {
        self.usage(&self.import, cycle, by_time)
    }

    /// What was given, likewise; `None` for a home that gives nothing.
    pub fn exported(&self, cycle: Cycle, by_time: bool) -> Option<Usage> {
        self.usage(&self.export, cycle, by_time)
    }

    /// What was produced, likewise.
    pub fn produced(&self, cycle: Cycle, by_time: bool) -> Option<Usage> {
        self.usage(&self.production, cycle, by_time)
    }

    fn usage(&self, days: &BTreeMap<Date, FlowDay>, cycle: Cycle, by_time: bool) -> Option<Usage> {
        if cycle.first > cycle.last {
            return None;
        }
        let inside = || days.range(cycle.first..=cycle.last);
        if by_time {
            let steps: BTreeMap<Date, DaySteps> = inside()
                .filter_map(|(date, day)| Some((*date, day.steps.clone()?)))
                .collect();
            let some = steps.values().flat_map(|day| &day.mwh).any(Option::is_some);
            if some {
                return Some(Usage::Steps(StepUse {
                    time_zone: self.time_zone.clone(),
                    days: steps,
                }));
            }
        }
        let daily: BTreeMap<Date, Option<Kwh>> =
            inside().map(|(date, day)| (*date, day.kwh)).collect();
        daily
            .values()
            .any(Option::is_some)
            .then_some(Usage::Daily(daily))
    }

    /// `kwh` laid over the days of `cycle` as the home takes its energy over the hours: the mean of
    /// its days with steps. `None` where it has none.
    pub fn as_usual(&self, kwh: Kwh, cycle: Cycle) -> Option<Usage> {
        let mut sums = [0_u64; SHAPE_STEPS];
        for day in self.import.values().filter_map(|day| day.steps.as_ref()) {
            let whole = day.mwh.len() * usize::from(day.step_minutes) == 1_440;
            if !whole {
                continue;
            }
            for (at, mwh) in day.mwh.iter().enumerate() {
                let first = at * usize::from(day.step_minutes) / usize::from(SHAPE_MINUTES);
                let over = (usize::from(day.step_minutes) / usize::from(SHAPE_MINUTES)).max(1);
                let part = u64::from(mwh.unwrap_or(0)) / over as u64;
                for sum in sums.iter_mut().skip(first).take(over) {
                    *sum += part;
                }
            }
        }
        let total: u64 = sums.iter().sum();
        if total == 0 || cycle.days() < 1 {
            return None;
        }
        let wanted = Decimal::from(kwh.to_mwh()?) / Decimal::from(cycle.days());
        let zone = jiff::tz::TimeZone::get(&self.time_zone).ok()?;
        let mut days = BTreeMap::new();
        // Whole milliwatt-hours that add up: what one step is rounded by goes to the next.
        let (mut exact, mut given) = (Decimal::ZERO, Decimal::ZERO);
        for date in cycle.iter() {
            let start = zone.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            let end = zone
                .to_timestamp(date.saturating_add(1.day()).at(0, 0, 0, 0))
                .ok()?;
            let minutes = end.duration_since(start).as_mins();
            let steps = usize::try_from(minutes).ok()? / usize::from(SHAPE_MINUTES);
            // A day of 23 or 25 hours leaves out the end of the shape, or begins it again.
            let of_day: Vec<u64> = (0..steps).map(|at| sums[at % SHAPE_STEPS]).collect();
            let day_total = Decimal::from(of_day.iter().sum::<u64>().max(1));
            let mut mwh = Vec::with_capacity(steps);
            for part in of_day {
                exact += wanted * Decimal::from(part) / day_total;
                let whole = (exact - given).round().max(Decimal::ZERO);
                given += whole;
                mwh.push(Some(whole.to_u32()?));
            }
            days.insert(
                date,
                DaySteps {
                    step_minutes: SHAPE_MINUTES,
                    mwh,
                },
            );
        }
        Some(Usage::Steps(StepUse {
            time_zone: self.time_zone.clone(),
            days,
        }))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn row(meter: u128, channel: Channel, day: i8, mwh: Vec<Option<u32>>) -> FlowRow {
        let known = mwh.iter().flatten().map(|mwh| i64::from(*mwh));
        let kwh = mwh
            .iter()
            .any(Option::is_some)
            .then(|| Kwh::from_mwh(known.sum()));
        FlowRow {
            day: MeterDay {
                meter: MeterId(Uuid::from_u128(meter)),
                group: MeterId(Uuid::from_u128(meter)),
                channel,
                date: date(2026, 6, day),
                kwh,
                covered_minutes: 1_440,
                day_minutes: 1_440,
                steps: true,
                estimated: false,
            },
            step_minutes: Some(60),
            mwh,
        }
    }

    fn june(first: i8, last: i8) -> Cycle {
        Cycle {
            first: date(2026, 6, first),
            last: date(2026, 6, last),
        }
    }

    #[test]
    fn two_connections_are_added_step_by_step_and_one_without_the_other_is_unknown() {
        let group = |meter: u128, channel| KnownGroup {
            group: MeterId(Uuid::from_u128(meter)),
            channel,
            first_day: date(2026, 6, 1),
        };
        let rows = [
            row(1, Channel::GridImport, 1, vec![Some(1_000_000); 24]),
            row(2, Channel::GridImport, 1, vec![Some(500_000); 24]),
            row(1, Channel::GridImport, 2, vec![Some(1_000_000); 24]),
            row(3, Channel::GridExport, 1, vec![Some(250_000); 24]),
        ];
        let known = [
            group(1, Channel::GridImport),
            group(2, Channel::GridImport),
            group(3, Channel::GridExport),
        ];
        let flows = flows(&rows, &known, "UTC");
        let first = &flows.import[&date(2026, 6, 1)];
        assert_eq!(first.kwh, Some(Kwh(36.into())));
        assert_eq!(first.steps.as_ref().unwrap().mwh, [Some(1_500_000); 24]);
        assert_eq!(flows.import[&date(2026, 6, 2)].kwh, None);
        assert_eq!(flows.export[&date(2026, 6, 1)].kwh, Some(Kwh(6.into())));
        assert!(matches!(
            flows.imported(june(1, 2), true),
            Some(Usage::Steps(_))
        ));
        assert!(matches!(
            flows.imported(june(1, 2), false),
            Some(Usage::Daily(_))
        ));
        assert_eq!(flows.imported(june(3, 4), true), None);
        assert_eq!(flows.produced(june(1, 2), false), None);
    }

    #[test]
    fn energy_is_laid_over_the_hours_to_the_milliwatt_hour() {
        let mut mwh = vec![Some(100_000); 24];
        mwh[19] = Some(700_000);
        let rows = [row(1, Channel::GridImport, 1, mwh)];
        let flows = flows(&rows, &[], "Europe/Madrid");
        // A cycle with a day of 25 hours.
        let cycle = Cycle {
            first: date(2026, 10, 20),
            last: date(2026, 10, 26),
        };
        let kwh = Kwh(Decimal::new(70_123_457, 6));
        let Some(Usage::Steps(laid)) = flows.as_usual(kwh, cycle) else {
            panic!("a day has steps")
        };
        let of = |day: Date| {
            laid.days[&day]
                .mwh
                .iter()
                .flatten()
                .map(|mwh| i64::from(*mwh))
        };
        let sum: i64 = cycle.iter().flat_map(of).sum();
        assert_eq!(Kwh::from_mwh(sum), kwh);
        assert_eq!(laid.days[&date(2026, 10, 25)].mwh.len(), 100);
        let day: Vec<i64> = of(date(2026, 10, 21)).collect();
        assert!(day[19 * 4] > 6 * day[0], "{day:?}");
        assert_eq!(Flows::default().as_usual(kwh, cycle), None);
    }
}
