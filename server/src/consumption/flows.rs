//! What flows between a home and the grid, as bills need it: by connection and direction, in steps
//! where the meters tell them. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::bill::{BillError, DaySteps, MissingFigure, StepUse, Usage};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::Channel;
use jiff::civil::Date;

use super::home::{KnownGroup, MeterDay, of_groups};

/// Minutes of the steps that a shape is made of, where days are not all known by the hour.
const SHAPE_MINUTES: u16 = 15;
/// Minutes of a step of a shape of days that are known by the hour.
const HOUR: u16 = 60;
/// Of so many steps of a day one may be a gap where a total is laid over them.
const GAPS_AT_MOST: usize = 10;

/// A meter's day with its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow {
    /// The day.
    pub day: MeterDay,
    /// Minutes of a step, where there are steps and they were read.
    pub step_minutes: Option<u16>,
    /// Milliwatt-hours of each step; `None` is a gap.
    pub mwh: Vec<Option<u32>>,
}

/// A day of energy in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowDay {
    /// What is known of it, of all connections together; unknown where one of them is.
    pub kwh: Option<Kwh>,
    /// Its steps, where every connection tells them alike.
    pub steps: Option<DaySteps>,
}

/// The days of one direction.
pub type FlowDays = BTreeMap<Date, FlowDay>;

/// What flows between a home and the grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flows {
    /// IANA zone of the days.
    pub time_zone: String,
    /// Whether the home has other flows than what it takes, so that what it uses is another figure.
    pub mixed: bool,
    /// Taken from the grid.
    pub import: FlowDays,
    /// Given to the grid; empty for a home without such a meter.
    pub export: FlowDays,
    /// Produced; empty for a home without such a meter.
    pub production: FlowDays,
}

/// The energy of a cycle, all directions in the same form.
#[derive(Debug, Clone, PartialEq)]
pub struct Energy {
    /// Taken from the grid.
    pub import: Usage,
    /// Given to the grid; `None` for a home that gives nothing.
    pub export: Option<Usage>,
    /// Produced; `None` for a home that produces nothing.
    pub production: Option<Usage>,
}

/// What a cycle took and gave in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Taken, of the days that are known.
    pub taken: Kwh,
    /// Given, likewise.
    pub given: Kwh,
    /// Whether both are known on each day.
    pub whole: bool,
}

/// Sorts the days of meters by direction. A connection counts from its first known day on.
pub fn flows(rows: &[FlowRow], known: &[KnownGroup], time_zone: &str) -> Flows {
    let of = |channel| direction(rows, known, channel);
    Flows {
        time_zone: time_zone.to_owned(),
        mixed: known
            .iter()
            .any(|group| group.channel != Channel::GridImport),
        import: of(Channel::GridImport),
        export: of(Channel::GridExport),
        production: of(Channel::SolarProduction),
    }
}

fn direction(rows: &[FlowRow], known: &[KnownGroup], channel: Channel) -> FlowDays {
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
    /// What flowed in `cycle`, in steps where prices go by time, else by day.
    ///
    /// # Errors
    /// [`BillError::NoUsage`] where no day of it is known; [`BillError::Missing`] where nothing is known
    /// of what a home gave that gave before.
    pub fn energy(&self, cycle: Cycle, by_time: bool) -> Result<Energy, BillError> {
        let import = self.usage(&self.import, cycle, by_time);
        self.with_import(import.ok_or(BillError::NoUsage)?, cycle, by_time)
    }

    /// The same with what is known to be taken from elsewhere, such as from a paper.
    ///
    /// # Errors
    /// [`BillError::Missing`] where nothing is known of what a home gave that gave before.
    pub fn with_import(
        &self,
        import: Usage,
        cycle: Cycle,
        by_time: bool,
    ) -> Result<Energy, BillError> {
        let export = self.usage(&self.export, cycle, by_time);
        let gave = self.gives_from().is_some_and(|from| from <= cycle.last);
        if export.is_none() && gave {
            return Err(BillError::Missing {
                what: MissingFigure::SameForm,
                on: Some(cycle.first),
            });
        }
        Ok(Energy {
            import,
            export,
            production: self.usage(&self.production, cycle, by_time),
        })
    }

    fn usage(&self, days: &FlowDays, cycle: Cycle, by_time: bool) -> Option<Usage> {
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
                return Some(self.steps(steps));
            }
        }
        let daily: BTreeMap<Date, Option<Kwh>> =
            inside().map(|(date, day)| (*date, day.kwh)).collect();
        daily
            .values()
            .any(Option::is_some)
            .then_some(Usage::Daily(daily))
    }

    fn steps(&self, days: BTreeMap<Date, DaySteps>) -> Usage {
        Usage::Steps(StepUse {
            time_zone: self.time_zone.clone(),
            days,
        })
    }

    /// What `cycle` took and gave; days before the home gave anything have no gap.
    pub fn balance(&self, cycle: Cycle) -> Balance {
        let kwh = |days: &FlowDays, day| days.get(&day).and_then(|day: &FlowDay| day.kwh);
        let gives_from = self.gives_from();
        let of = |days| cycle.iter().filter_map(|day| kwh(days, day)).sum();
        Balance {
            taken: of(&self.import),
            given: of(&self.export),
            whole: cycle
                .iter()
                .filter(|day| gives_from.is_some_and(|from| from <= *day))
                .all(|day| kwh(&self.import, day).is_some() && kwh(&self.export, day).is_some()),
        }
    }

    /// The first day that is known of what the home gives.
    pub fn gives_from(&self) -> Option<Date> {
        let mut known = self.export.iter().filter(|(_, day)| day.kwh.is_some());
        known.next().map(|(date, _)| *date)
    }

    /// `kwh` laid over the days of `cycle` as its hours were measured; gaps of up to a tenth of a day are
    /// taken as its mean. `None` where a day is not known well enough, or nothing was taken.
    pub fn laid_over(&self, kwh: Kwh, cycle: Cycle) -> Option<Usage> {
        let filled = |date| {
            let steps = self.import.get(&date)?.steps.as_ref()?;
            let known: Vec<u32> = steps.mwh.iter().flatten().copied().collect();
            let gaps = steps.mwh.len() - known.len();
            if known.is_empty() || gaps * GAPS_AT_MOST > steps.mwh.len() {
                return None;
            }
            let sum: u64 = known.iter().map(|mwh| u64::from(*mwh)).sum();
            let mean = u32::try_from(sum / known.len() as u64).ok();
            let mwh = steps.mwh.iter().map(|mwh| mwh.or(mean)).collect();
            Some((date, DaySteps { mwh, ..*steps }))
        };
        let days = cycle.iter().map(filled).collect::<Option<_>>()?;
        self.steps(days).scaled_to(kwh)
    }

    /// `kwh` laid over the days of `cycle` as `days` usually go over the hours: the mean of those with
    /// steps. `None` where there are none.
    pub fn as_usual(&self, days: &FlowDays, kwh: Kwh, cycle: Cycle) -> Option<Usage> {
        let usual = usual_day(days.values().filter_map(|day| day.steps.as_ref()))?;
        let laid = StepUse::of_days_like(&usual, cycle, &self.time_zone)?;
        Usage::Steps(laid).scaled_to(kwh)
    }
}

/// The mean of days that the clock did not change on, by the hour where they all are. `None` of none.
pub fn usual_day<'d>(days: impl Iterator<Item = &'d DaySteps> + Clone) -> Option<DaySteps> {
    let whole = days.filter(|day| day.mwh.len() * usize::from(day.step_minutes) == 1_440);
    let by_hour = whole.clone().all(|day| day.step_minutes == HOUR);
    let minutes = if by_hour { HOUR } else { SHAPE_MINUTES };
    let mut sums = vec![0_u64; usize::from(1_440 / minutes)];
    let mut count = 0_u64;
    for day in whole {
        count += 1;
        for (at, mwh) in day.mwh.iter().enumerate() {
            let first = at * usize::from(day.step_minutes) / usize::from(minutes);
            let over = usize::from(day.step_minutes / minutes).max(1);
            let part = u64::from(mwh.unwrap_or(0)) / over as u64;
            for sum in sums.iter_mut().skip(first).take(over) {
                *sum += part;
            }
        }
    }
    let mean = |sum: u64| Some(u32::try_from(sum.checked_div(count)?).ok());
    Some(DaySteps {
        step_minutes: minutes,
        mwh: sums.into_iter().map(mean).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use ecotrack_common::MeterId;
    use jiff::civil::date;
    use rust_decimal::Decimal;
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
        let energy = |cycle, by_time| flows.energy(cycle, by_time);
        let by_time = energy(june(1, 2), true).unwrap();
        assert!(matches!(by_time.import, Usage::Steps(_)));
        let by_day = energy(june(1, 2), false).unwrap();
        assert!(matches!(by_day.import, Usage::Daily(_)));
        assert_eq!(energy(june(3, 4), true), Err(BillError::NoUsage));
        assert_eq!((by_day.production, flows.mixed), (None, true));
        let balance = |first, last| flows.balance(june(first, last));
        let first_day = Balance {
            taken: Kwh(36.into()),
            given: Kwh(6.into()),
            whole: true,
        };
        assert_eq!(balance(1, 1), first_day);
        assert!(!balance(1, 2).whole);
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
        let Some(Usage::Steps(laid)) = flows.as_usual(&flows.import, kwh, cycle) else {
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
        assert_eq!(laid.days[&date(2026, 10, 25)].mwh.len(), 25);
        let day: Vec<i64> = of(date(2026, 10, 21)).collect();
        assert!(day[19] > 6 * day[0], "{day:?}");
        assert_eq!(
            Flows::default().as_usual(&FlowDays::new(), kwh, cycle),
            None
        );
    }

    /// A home of one meter whose days are these, from the first of June on.
    fn of_days(days: &[Vec<Option<u32>>]) -> Flows {
        let rows: Vec<FlowRow> = (1..)
            .zip(days)
            .map(|(day, mwh)| row(1, Channel::GridImport, day, mwh.clone()))
            .collect();
        flows(&rows, &[], "UTC")
    }

    #[test]
    fn the_bill_is_laid_over_the_hours_to_the_milliwatt_hour() {
        let mut second = vec![Some(300_000); 24];
        second[5] = None;
        let flows = of_days(&[vec![Some(100_000); 24], second]);
        let billed = Kwh(Decimal::new(10_123_457, 6));
        let laid = flows.laid_over(billed, june(1, 2)).unwrap();
        let sums = [1, 2].map(|day| laid.known_kwh(june(day, day)));
        assert_eq!(sums[0] + sums[1], billed);
        let off = sums[1].0 - sums[0].0 * Decimal::from(3);
        assert!(off.abs() < Decimal::new(1, 5), "{sums:?}");
    }

    #[test]
    fn days_that_are_not_known_lay_nothing() {
        let whole = vec![Some(1_000); 24];
        let half = [vec![Some(1_000); 12], vec![None; 12]].concat();
        let billed = Kwh(Decimal::from(5));
        let laid = |days: &[Vec<Option<u32>>]| of_days(days).laid_over(billed, june(1, 2));
        assert!(laid(&[whole.clone(), whole.clone()]).is_some());
        assert_eq!(laid(&[whole.clone(), half]), None);
        assert_eq!(laid(&[whole]), None);
        assert_eq!(laid(&[vec![Some(0); 24], vec![Some(0); 24]]), None);
    }
}
