//! Home use = grid import + solar production + battery discharge - grid export - battery charge, over
//! the channels that the home has, and unknown where one of them is missing. Meters that know the
//! same flow are a group, and a day of it counts once. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::MeterId;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::meter::Channel;
use jiff::ToSpan;
use jiff::civil::Date;

/// A meter's day, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterDay {
    /// Which meter.
    pub meter: MeterId,
    /// The meter that it is the same as, or itself; meters of one group know the same flow.
    pub group: MeterId,
    /// What flows through it.
    pub channel: Channel,
    /// Local day.
    pub date: Date,
    /// What is known of it.
    pub kwh: Option<Kwh>,
    /// Minutes that are known.
    pub covered_minutes: i16,
    /// Length of the day.
    pub day_minutes: i16,
    /// Whether it is known in steps, and not only as a sum.
    pub steps: bool,
    /// Whether part of it is spread or estimated.
    pub estimated: bool,
}

impl MeterDay {
    /// How much it knows of the day: first how long, then how finely, then how surely; of two that
    /// know the same, the older meter.
    fn knows(&self) -> impl Ord + use<> {
        (
            self.covered_minutes,
            self.steps,
            !self.estimated,
            Reverse(self.meter),
        )
    }
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

/// Plus, minus, or no part of what the home uses.
pub(super) fn sign(channel: Channel) -> Option<i8> {
    match channel {
        Channel::GridImport | Channel::SolarProduction | Channel::BatteryDischarge => Some(1),
        Channel::GridExport | Channel::BatteryCharge => Some(-1),
        Channel::Device | Channel::Gas | Channel::Water => None,
    }
}

/// The home's days from `first` to `last`, each of them, in order.
///
/// A group counts from its first known day on, given by `known`, so that a solar meter added
/// today does not make the years before unknown. A day is known as far as the least known of its
/// groups.
pub fn days<'a>(
    rows: impl IntoIterator<Item = &'a MeterDay>,
    known: &[KnownGroup],
    first: Date,
    last: Date,
) -> Vec<DayUse> {
    let rows = rows.into_iter();
    days_of(
        rows.filter(|row| sign(row.channel).is_some()),
        known,
        first,
        last,
    )
}

/// The same of the meters of one device: its groups add up, each from its first day on.
pub fn device_days(rows: &[MeterDay], first: Date, last: Date) -> Vec<DayUse> {
    let mut known: Vec<KnownGroup> = Vec::new();
    for row in rows {
        match known.iter_mut().find(|group| group.group == row.group) {
            Some(group) => group.first_day = group.first_day.min(row.date),
            None => known.push(KnownGroup {
                group: row.group,
                channel: row.channel,
                first_day: row.date,
            }),
        }
    }
    days_of(rows.iter(), &known, first, last)
}

fn days_of<'a>(
    rows: impl Iterator<Item = &'a MeterDay>,
    known: &[KnownGroup],
    first: Date,
    last: Date,
) -> Vec<DayUse> {
    let mut by_date: BTreeMap<Date, Vec<&MeterDay>> = BTreeMap::new();
    for row in rows {
        by_date.entry(row.date).or_default().push(row);
    }
    first
        .series(1.day())
        .take_while(|date| *date <= last)
        .map(|date| {
            let rows = of_groups(by_date.get(&date).map(Vec::as_slice).unwrap_or_default());
            let expected = known.iter().filter(|group| group.first_day <= date);
            let all_there = expected.clone().next().is_some()
                && expected
                    .clone()
                    .all(|known| rows.iter().any(|row| row.group == known.group));
            day(date, if all_there { &rows } else { &[] })
        })
        .collect()
}

/// Of each group the day of the meter that knows more of it.
pub(super) fn of_groups<'a>(rows: &[&'a MeterDay]) -> Vec<&'a MeterDay> {
    let mut best: BTreeMap<MeterId, &MeterDay> = BTreeMap::new();
    for row in rows {
        let known = best.entry(row.group).or_insert(row);
        if row.knows() > known.knows() {
            *known = row;
        }
    }
    best.into_values().collect()
}

fn day(date: Date, rows: &[&MeterDay]) -> DayUse {
    let known: Option<Vec<Kwh>> = rows
        .iter()
        .map(|row| {
            row.kwh.map(|kwh| {
                if sign(row.channel) == Some(-1) {
                    Kwh(-kwh.0)
                } else {
                    kwh
                }
            })
        })
        .collect();
    let kwh = known
        .filter(|known| !known.is_empty())
        .map(|known| known.into_iter().sum());
    let covered_percent = match kwh {
        None => 0,
        Some(_) => rows
            .iter()
            .map(|row| {
                let percent =
                    i32::from(row.covered_minutes) * 100 / i32::from(row.day_minutes).max(1);
                i16::try_from(percent).unwrap_or(100).min(100)
            })
            .min()
            .unwrap_or(0),
    };
    DayUse {
        date,
        kwh,
        covered_percent,
        estimated: rows.iter().any(|row| row.estimated),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    use super::*;

    fn row(meter: u128, channel: Channel, day: i8, kwh: Option<i64>, covered: i16) -> MeterDay {
        MeterDay {
            meter: MeterId(Uuid::from_u128(meter)),
            group: MeterId(Uuid::from_u128(meter)),
            channel,
            date: date(2026, 11, day),
            kwh: kwh.map(|kwh| Kwh(Decimal::from(kwh))),
            covered_minutes: covered,
            day_minutes: 1440,
            steps: true,
            estimated: false,
        }
    }

    /// The same row of a meter that is the same as `group`.
    fn twin_of(group: u128, row: &MeterDay) -> MeterDay {
        MeterDay {
            group: MeterId(Uuid::from_u128(group)),
            ..row.clone()
        }
    }

    fn run(rows: &[MeterDay]) -> Vec<(Option<i64>, i16)> {
        use rust_decimal::prelude::ToPrimitive;
        let mut known: Vec<KnownGroup> = Vec::new();
        for row in rows.iter().filter(|row| sign(row.channel).is_some()) {
            if !known.iter().any(|known| known.group == row.group) {
                known.push(KnownGroup {
                    group: row.group,
                    channel: row.channel,
                    first_day: row.date,
                });
            }
        }
        days(rows, &known, date(2026, 11, 1), date(2026, 11, 3))
            .into_iter()
            .map(|day| (day.kwh.and_then(|kwh| kwh.0.to_i64()), day.covered_percent))
            .collect()
    }

    #[test]
    fn a_gap_is_a_gap() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(1, Channel::GridImport, 3, Some(4), 720),
        ];
        assert_eq!(run(&rows), [(Some(10), 100), (None, 0), (Some(4), 50)]);
    }

    #[test]
    fn what_the_home_uses_is_import_and_production_less_export() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(2, Channel::SolarProduction, 2, Some(8), 1440),
            row(1, Channel::GridImport, 2, Some(5), 1440),
            row(3, Channel::GridExport, 2, Some(3), 1000),
            row(1, Channel::GridImport, 3, Some(5), 1440),
            row(2, Channel::SolarProduction, 3, Some(5), 1440),
        ];
        // The second meter counts from the second day; on the third the export is missing.
        assert_eq!(run(&rows), [(Some(10), 100), (Some(10), 69), (None, 0)]);
    }

    #[test]
    fn gas_water_and_devices_are_never_added() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(2, Channel::Gas, 1, Some(90), 1440),
            row(3, Channel::Device, 1, Some(2), 1440),
        ];
        assert_eq!(run(&rows)[0], (Some(10), 100));
    }

    #[test]
    fn two_meters_of_one_connection_count_once_from_whichever_knows_more() {
        let hand = |day, kwh, covered| MeterDay {
            steps: false,
            estimated: true,
            ..row(1, Channel::GridImport, day, Some(kwh), covered)
        };
        let file =
            |day, kwh, covered| twin_of(1, &row(2, Channel::GridImport, day, Some(kwh), covered));
        let rows = [
            hand(1, 10, 1440),
            file(1, 4, 600),
            hand(2, 11, 1440),
            file(2, 12, 1440),
            file(3, 7, 1440),
        ];
        // More of the day; of two whole days the steps; the one that is there.
        assert_eq!(
            run(&rows),
            [(Some(10), 100), (Some(12), 100), (Some(7), 100)]
        );
    }

    #[test]
    fn a_meter_added_for_the_same_connection_does_not_make_earlier_days_unknown() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            twin_of(1, &row(2, Channel::GridImport, 2, Some(5), 1440)),
            row(1, Channel::GridImport, 3, Some(6), 1440),
        ];
        assert_eq!(
            run(&rows),
            [(Some(10), 100), (Some(5), 100), (Some(6), 100)]
        );
    }

    #[test]
    fn of_two_that_know_the_same_the_older_counts() {
        let rows = [
            twin_of(1, &row(2, Channel::GridImport, 1, Some(5), 1440)),
            row(1, Channel::GridImport, 1, Some(6), 1440),
        ];
        assert_eq!(run(&rows)[0], (Some(6), 100));
    }

    /// Days of up to four meters in two groups: what each knows of the first of November.
    fn meters() -> impl Strategy<Value = Vec<MeterDay>> {
        let one = (
            0_u128..2,
            0_i64..50,
            0_i16..=1440,
            any::<bool>(),
            any::<bool>(),
        );
        prop::collection::vec(one, 1..5).prop_map(|rows| {
            (1..)
                .zip(rows)
                .map(
                    |(meter, (group, kwh, covered, steps, estimated))| MeterDay {
                        steps,
                        estimated,
                        ..twin_of(
                            100 + group,
                            &row(meter, Channel::GridImport, 1, Some(kwh), covered),
                        )
                    },
                )
                .collect()
        })
    }

    proptest! {
        #[test]
        fn a_groups_day_is_that_of_one_of_its_meters_and_no_other_knows_more(
            (rows, shuffled) in meters().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
        ) {
            let known = run(&rows)[0];
            prop_assert_eq!(known, run(&shuffled)[0], "whatever the order");
            let mut groups: BTreeMap<MeterId, Vec<&MeterDay>> = BTreeMap::new();
            for row in &rows {
                groups.entry(row.group).or_default().push(row);
            }
            // Any choice of one meter a group is a sum; the one taken is of those that cover most.
            let mut sums = vec![Decimal::ZERO];
            for members in groups.values() {
                let most = members.iter().map(|row| row.covered_minutes).max();
                let of_most: Vec<Decimal> = members
                    .iter()
                    .filter(|row| Some(row.covered_minutes) == most)
                    .filter_map(|row| Some(row.kwh?.0))
                    .collect();
                sums = sums
                    .iter()
                    .flat_map(|sum| of_most.iter().map(move |kwh| sum + kwh))
                    .collect();
            }
            let kwh = Decimal::from(known.0.unwrap());
            prop_assert!(sums.contains(&kwh), "{kwh} is none of {sums:?}");
        }
    }
}
