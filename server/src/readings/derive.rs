//! From what was read off a meter to its local days. Pure: the same facts give the same rows, which
//! is what lets one reading's correction re-derive only its neighbours and still equal a rebuild.
//!
//! Two registers say how much flowed between them; a period says it of itself. Intervals of at most
//! an hour give steps; longer ones are spread over the days between in proportion to time. Energy is
//! cut by a running floor, so the parts of an interval sum to it exactly.

use std::collections::BTreeMap;

use ecotrack_common::import::STEP_MINUTES;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// What was read, with energy in whole milliwatt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// The instant of a register, or the start of a period.
    pub read_at: Timestamp,
    /// What it says.
    pub kind: FactKind,
    /// An estimate, not a measurement.
    pub estimated: bool,
}

/// What a fact says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    /// Where the counter stood.
    Register {
        /// Milliwatt-hours on the counter.
        mwh: i64,
        /// The counter began anew here.
        restarted: bool,
    },
    /// What flowed until `ends_at`.
    Period {
        /// Milliwatt-hours of the period.
        mwh: i64,
        /// Its end, itself not included.
        ends_at: Timestamp,
    },
}

/// A local day of a meter, as `consumption_day` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Local day.
    pub date: Date,
    /// The instant at which it starts.
    pub starts_at: Timestamp,
    /// Its length.
    pub minutes: i16,
    /// What is known of it.
    pub content: Content,
}

/// What is known of a day: steps, or one sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Energy of each step.
    Steps {
        /// Length of a step.
        step_minutes: i16,
        /// Milliwatt-hours; `None` is missing.
        mwh: Vec<Option<i32>>,
        /// Which steps are estimates; `None` when none is.
        estimated: Option<Vec<bool>>,
    },
    /// What longer readings say of the day.
    Spread {
        /// Milliwatt-hours.
        mwh: i64,
        /// How much of the day they cover.
        minutes: i16,
    },
}

/// The start and the length in minutes of a local day. A day that the zone skips, as Samoa skipped
/// 2011-12-30, has no length.
pub fn local_day(date: Date, zone: &TimeZone) -> (Timestamp, i16) {
    let start = |day: Date| {
        day.to_zoned(zone.clone())
            .and_then(|midnight| midnight.start_of_day())
            .map_or(Timestamp::MIN, |at| at.timestamp())
    };
    let (from, to) = (start(date), start(date.saturating_add(1.day())));
    let minutes = (to.as_second() - from.as_second()) / 60;
    (from, i16::try_from(minutes).unwrap_or(0))
}

/// The local day of an instant.
pub fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// Energy between two instants.
#[derive(Debug, Clone, Copy)]
struct Interval {
    from: i64,
    to: i64,
    mwh: i64,
    estimated: bool,
}

impl Interval {
    /// Milliwatt-hours that flowed before `at`, spread evenly, rounded down.
    fn before(&self, at: i64) -> i64 {
        let passed = i128::from(at.clamp(self.from, self.to) - self.from);
        let part = i128::from(self.mwh) * passed / i128::from(self.to - self.from);
        i64::try_from(part).unwrap_or(self.mwh)
    }

    fn within(&self, from: i64, to: i64) -> i64 {
        self.before(to) - self.before(from)
    }
}

/// Derives the days from `first` to `last` from `facts`, which are in order of time and hold at
/// least the fact before and after the span. A day of which nothing is known gives no row.
pub fn derive(facts: &[Fact], zone: &TimeZone, first: Date, last: Date) -> Vec<Day> {
    let intervals = intervals(facts);
    // Each interval is looked at for the days it touches only.
    let mut touching: BTreeMap<Date, Vec<Interval>> = BTreeMap::new();
    for interval in &intervals {
        let from = local_date(at_second(interval.from), zone).max(first);
        let to = local_date(at_second(interval.to - 1), zone).min(last);
        for date in from.series(1.day()).take_while(|date| *date <= to) {
            touching.entry(date).or_default().push(*interval);
        }
    }
    touching
        .iter()
        .filter_map(|(date, intervals)| derive_day(*date, zone, intervals))
        .collect()
}

fn at_second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

fn intervals(facts: &[Fact]) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut before: Option<(i64, i64, bool)> = None;
    for fact in facts {
        let at = fact.read_at.as_second();
        match fact.kind {
            FactKind::Period { mwh, ends_at } => {
                intervals.push(Interval {
                    from: at,
                    to: ends_at.as_second(),
                    mwh,
                    estimated: fact.estimated,
                });
            }
            FactKind::Register { mwh, restarted } => {
                if let Some((from, counted, estimated)) = before {
                    // A counter that began anew, or fell without saying so, tells nothing of the
                    // time before: a gap, never zero.
                    if !restarted && mwh >= counted {
                        let estimated = estimated || fact.estimated;
                        intervals.push(Interval {
                            from,
                            to: at,
                            mwh: mwh - counted,
                            estimated,
                        });
                    }
                }
                before = Some((at, mwh, fact.estimated));
            }
        }
    }
    intervals.retain(|interval| interval.to > interval.from);
    intervals.sort_by_key(|interval| interval.from);
    intervals
}

fn derive_day(date: Date, zone: &TimeZone, intervals: &[Interval]) -> Option<Day> {
    let (starts_at, minutes) = local_day(date, zone);
    if minutes <= 0 {
        return None;
    }
    let from = starts_at.as_second();
    let to = from + i64::from(minutes) * 60;
    let content = steps(from, minutes, intervals).or_else(|| spread(from, to, intervals))?;
    Some(Day {
        date,
        starts_at,
        minutes,
        content,
    })
}

fn spread(from: i64, to: i64, intervals: &[Interval]) -> Option<Content> {
    let mwh = intervals
        .iter()
        .map(|interval| interval.within(from, to))
        .sum();
    let seconds: i64 = intervals
        .iter()
        .map(|interval| (interval.to.min(to) - interval.from.max(from)).max(0))
        .sum();
    // A reading a few seconds into the day covers none of its minutes but its energy counts.
    let minutes = i16::try_from((seconds + 30) / 60)
        .unwrap_or(i16::MAX)
        .max(1);
    let minutes = minutes.min(i16::try_from((to - from) / 60).unwrap_or(i16::MAX));
    (seconds > 0).then_some(Content::Spread { mwh, minutes })
}

/// Steps, where every interval of the day is at most an hour long and every step that is touched is
/// covered whole, so that no step claims to know more than was read. `None` otherwise.
fn steps(from: i64, minutes: i16, intervals: &[Interval]) -> Option<Content> {
    if intervals
        .iter()
        .any(|interval| interval.to - interval.from > 3600)
    {
        return None;
    }
    let edges = || {
        intervals
            .iter()
            .flat_map(|interval| [interval.from - from, interval.to - from])
    };
    let aligned = STEP_MINUTES.into_iter().rev().find(|step| {
        minutes % step == 0 && edges().all(|edge| edge % (i64::from(*step) * 60) == 0)
    });
    let step_minutes = aligned.unwrap_or(60);
    if minutes % step_minutes != 0 {
        return None;
    }
    let step_seconds = i64::from(step_minutes) * 60;
    let count = usize::try_from(minutes / step_minutes).ok()?;
    let mut mwh = vec![None; count];
    let mut estimated = vec![false; count];
    for (at, (slot, guess)) in mwh.iter_mut().zip(&mut estimated).enumerate() {
        let begin = from + i64::try_from(at).ok()? * step_seconds;
        let end = begin + step_seconds;
        let touching = || {
            intervals
                .iter()
                .filter(|interval| interval.from < end && interval.to > begin)
        };
        let covered: i64 = touching()
            .map(|interval| interval.to.min(end) - interval.from.max(begin))
            .sum();
        if covered == 0 {
            continue;
        }
        if covered < step_seconds {
            return None;
        }
        let energy: i64 = touching().map(|interval| interval.within(begin, end)).sum();
        *slot = Some(i32::try_from(energy).ok()?);
        *guess = touching().any(|interval| interval.estimated);
    }
    let estimated = estimated.contains(&true).then_some(estimated);
    Some(Content::Steps {
        step_minutes,
        mwh,
        estimated,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn register(at: &str, kwh: i64) -> Fact {
        Fact {
            read_at: at.parse().unwrap(),
            kind: FactKind::Register {
                mwh: kwh * 1_000_000,
                restarted: false,
            },
            estimated: false,
        }
    }

    fn zone() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    #[test]
    fn two_registers_are_spread_over_the_days_between_in_proportion_to_time() {
        let facts = [
            register("2026-11-01T12:00:00-03:00", 100),
            register("2026-11-03T12:00:00-03:00", 148),
        ];
        let days = derive(&facts, &zone(), date(2026, 11, 1), date(2026, 11, 3));
        let spread: Vec<_> = days.iter().map(|day| day.content.clone()).collect();
        assert_eq!(
            spread,
            [
                Content::Spread {
                    mwh: 12_000_000,
                    minutes: 720
                },
                Content::Spread {
                    mwh: 24_000_000,
                    minutes: 1440
                },
                Content::Spread {
                    mwh: 12_000_000,
                    minutes: 720
                },
            ]
        );
    }

    #[test]
    fn registers_every_quarter_hour_give_quarter_hours() {
        let facts: Vec<Fact> = (0..=96)
            .map(|quarter| Fact {
                read_at: "2026-11-01T00:00:00-03:00".parse::<Timestamp>().unwrap()
                    + (quarter * 15).minutes(),
                kind: FactKind::Register {
                    mwh: quarter * 250_000,
                    restarted: false,
                },
                estimated: quarter == 4,
            })
            .collect();
        let days = derive(&facts, &zone(), date(2026, 11, 1), date(2026, 11, 2));
        assert_eq!(days.len(), 1);
        let Content::Steps {
            step_minutes,
            mwh,
            estimated,
        } = &days[0].content
        else {
            panic!("no steps")
        };
        assert_eq!((*step_minutes, mwh.len()), (15, 96));
        assert!(mwh.iter().all(|step| *step == Some(250_000)));
        let guessed: Vec<usize> = estimated
            .as_ref()
            .unwrap()
            .iter()
            .enumerate()
            .filter(|(_, guess)| **guess)
            .map(|(at, _)| at)
            .collect();
        assert_eq!(
            guessed,
            [3, 4],
            "a guessed register makes the step on either side a guess"
        );
    }

    #[test]
    fn a_day_that_the_clock_makes_longer_has_more_steps() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(local_day(date(2026, 10, 25), &zone).1, 1500);
        assert_eq!(local_day(date(2026, 3, 29), &zone).1, 1380);
        let facts: Vec<Fact> = (0..=25)
            .map(|hour| Fact {
                read_at: local_day(date(2026, 10, 25), &zone).0 + hour.hours(),
                kind: FactKind::Register {
                    mwh: hour * 1_000_000,
                    restarted: false,
                },
                estimated: false,
            })
            .collect();
        let days = derive(&facts, &zone, date(2026, 10, 25), date(2026, 10, 25));
        let Content::Steps { mwh, .. } = &days[0].content else {
            panic!("no steps")
        };
        assert_eq!(mwh.len(), 25);
    }

    #[test]
    fn a_counter_that_began_anew_leaves_a_gap() {
        let mut facts = vec![
            register("2026-11-01T00:00:00-03:00", 100),
            register("2026-11-02T00:00:00-03:00", 3),
            register("2026-11-03T00:00:00-03:00", 13),
        ];
        facts[1].kind = FactKind::Register {
            mwh: 3_000_000,
            restarted: true,
        };
        let days = derive(&facts, &zone(), date(2026, 11, 1), date(2026, 11, 3));
        assert_eq!(days.len(), 1);
        assert_eq!(days[0].date, date(2026, 11, 2));
        assert_eq!(
            days[0].content,
            Content::Spread {
                mwh: 10_000_000,
                minutes: 1440
            }
        );
    }

    fn sum(days: &[Day]) -> i64 {
        days.iter()
            .map(|day| match &day.content {
                Content::Spread { mwh, .. } => *mwh,
                Content::Steps { mwh, .. } => {
                    mwh.iter().flatten().map(|step| i64::from(*step)).sum()
                }
            })
            .sum()
    }

    proptest! {
        #[test]
        fn what_flowed_is_all_there_however_it_is_cut(
            gaps in prop::collection::vec((1_i64..400_000, 0_i64..9_000_000_000), 1..40),
        ) {
            let mut at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let mut mwh = 0;
            let mut facts = vec![Fact { read_at: at, kind: FactKind::Register { mwh, restarted: false }, estimated: false }];
            for (seconds, energy) in gaps {
                at += seconds.seconds();
                mwh += energy;
                facts.push(Fact { read_at: at, kind: FactKind::Register { mwh, restarted: false }, estimated: false });
            }
            let days = derive(&facts, &zone(), date(2025, 12, 30), date(2028, 1, 1));
            prop_assert_eq!(sum(&days), mwh);
        }

        #[test]
        fn deriving_a_part_gives_the_same_rows_as_deriving_all(
            gaps in prop::collection::vec((600_i64..200_000, 0_i64..1_000_000), 2..30),
            from in 0_i32..20, length in 0_i32..10,
        ) {
            let mut at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let mut facts = Vec::new();
            let mut mwh = 0;
            for (seconds, energy) in gaps {
                facts.push(Fact { read_at: at, kind: FactKind::Register { mwh, restarted: false }, estimated: false });
                at += seconds.seconds();
                mwh += energy;
            }
            let first = date(2025, 12, 31).saturating_add(from.days());
            let last = first.saturating_add(length.days());
            let all = derive(&facts, &zone(), date(2025, 1, 1), date(2027, 12, 31));
            let part = derive(&facts, &zone(), first, last);
            let expected: Vec<Day> = all.into_iter().filter(|day| first <= day.date && day.date <= last).collect();
            prop_assert_eq!(part, expected);
        }
    }
}
