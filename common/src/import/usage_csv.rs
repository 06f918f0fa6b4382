//! The energy of one cycle out of a file of `timestamp,kwh`, in the finest form that it tells.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::Finding;
use super::own_csv::{Row, read_rows};
use crate::Kwh;
use crate::bill::{DaySteps, StepUse, Usage};
use crate::cycle::Cycle;
use crate::quantity::MWH_PER_KWH;

/// Reads the use of `cycle`. A row is the energy from its instant to the next row's; an instant
/// without an offset is meant by the clock of `zone`.
///
/// Rows an hour or less apart give steps, rows of whole days or parts of them give days, and rows
/// farther apart give one total: when it was used is then not known. A missing row is a gap.
///
/// # Errors
/// `header`, `encoding`, `columns`, `timestamp`, `number`, `negative`, `duplicate`, `too_many_rows` with
/// their lines, `no_such_time` for an instant that the clock
/// of `zone` leaves out, and `no_rows` where none lies in the cycle.
pub fn read_usage(bytes: &[u8], zone_name: &str, cycle: Cycle) -> Result<Usage, Vec<Finding>> {
    let zone = TimeZone::get(zone_name)
        .map_err(|_| vec![Finding::new(0, "time_zone", &[("found", zone_name)])])?;
    let mut rows = read_rows(bytes, Some(&zone), None)?;
    rows.sort_by_key(|row| row.at);
    let duplicates = rows.windows(2).filter(|pair| pair[0].at == pair[1].at);
    let duplicates: Vec<Finding> = duplicates
        .take(super::MAX_FINDINGS)
        .map(|pair| {
            Finding::new(
                pair[1].line,
                "duplicate",
                &[("first", &pair[0].line.to_string())],
            )
        })
        .collect();
    if !duplicates.is_empty() {
        return Err(duplicates);
    }
    let step_minutes = step_minutes(&rows);
    rows.retain(|row| cycle.contains(zone.to_datetime(row.at).date()));
    if rows.is_empty() {
        let (first, last) = (cycle.first.to_string(), cycle.last.to_string());
        return Err(vec![Finding::new(
            0,
            "no_rows",
            &[("first", &first), ("last", &last)],
        )]);
    }
    let total = || {
        let sum = rows
            .iter()
            .try_fold(Decimal::ZERO, |sum, row| sum.checked_add(row.kwh));
        // No energy of a home is this much; the engine says so.
        Usage::Total(Kwh(sum.unwrap_or(Decimal::MAX)))
    };
    Ok(match step_minutes {
        Some(step @ 1..=60) if 60 % step == 0 => {
            steps(&rows, step, zone_name, &zone, cycle).unwrap_or_else(total)
        }
        Some(step) if step < 1_440 && 1_440 % step == 0 => {
            Usage::Daily(days(&rows, &zone, |length| length / step))
        }
        // A day is 23 to 25 hours long.
        Some(1_380..=1_500) => Usage::Daily(days(&rows, &zone, |_| 1)),
        _ => total(),
    })
}

/// The smallest distance between two rows, in whole minutes; `None` for fewer than two.
fn step_minutes(rows: &[Row]) -> Option<i64> {
    let apart = |pair: &[Row]| pair[1].at.as_second() - pair[0].at.as_second();
    let smallest = rows.windows(2).map(apart).min()?;
    (smallest % 60 == 0).then_some(smallest / 60)
}

fn day_start(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0))
        .compatible()
        .ok()
}

/// Steps of each day; `None` where a row does not lie on the grid of its day, or holds more than a
/// step can.
fn steps(rows: &[Row], step: i64, zone_name: &str, zone: &TimeZone, cycle: Cycle) -> Option<Usage> {
    let mut days: BTreeMap<Date, DaySteps> = BTreeMap::new();
    for day in cycle.iter() {
        let length = day_start(day.saturating_add(1.day()), zone)?.as_second()
            - day_start(day, zone)?.as_second();
        let steps = usize::try_from(length / 60 / step).ok()?;
        days.insert(
            day,
            DaySteps {
                step_minutes: u16::try_from(step).ok()?,
                mwh: vec![None; steps],
            },
        );
    }
    for row in rows {
        let day = zone.to_datetime(row.at).date();
        let seconds = row.at.as_second() - day_start(day, zone)?.as_second();
        if seconds % (step * 60) != 0 {
            return None;
        }
        let at = usize::try_from(seconds / 60 / step).ok()?;
        let mwh = row.kwh.checked_mul(Decimal::from(MWH_PER_KWH))?.round();
        *days.get_mut(&day)?.mwh.get_mut(at)? = Some(mwh.try_into().ok()?);
    }
    Some(Usage::Steps(StepUse {
        time_zone: zone_name.to_owned(),
        days,
    }))
}

/// The days that have as many rows as `rows_of` says of a day of so many minutes.
fn days(
    rows: &[Row],
    zone: &TimeZone,
    rows_of: impl Fn(i64) -> i64,
) -> BTreeMap<Date, Option<Kwh>> {
    let mut sums: BTreeMap<Date, (i64, Option<Decimal>)> = BTreeMap::new();
    for row in rows {
        let day = zone.to_datetime(row.at).date();
        let (count, sum) = sums.entry(day).or_insert((0, Some(Decimal::ZERO)));
        *count += 1;
        *sum = sum.and_then(|sum| sum.checked_add(row.kwh));
    }
    let of_day = |(day, (count, sum)): (Date, (i64, Option<Decimal>))| {
        let start = day_start(day, zone).zip(day_start(day.saturating_add(1.day()), zone));
        let length = start.map_or(1_440, |(from, to)| (to.as_second() - from.as_second()) / 60);
        let known = sum.filter(|_| count >= rows_of(length));
        (day, known.map(Kwh))
    };
    sums.into_iter().map(of_day).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn september() -> Cycle {
        Cycle {
            first: date(2026, 9, 1),
            last: date(2026, 9, 30),
        }
    }

    fn read(rows: &str, cycle: Cycle) -> Result<Usage, Vec<Finding>> {
        read_usage(
            format!("timestamp,kwh\n{rows}").as_bytes(),
            "Europe/Madrid",
            cycle,
        )
    }

    #[test]
    fn hours_give_steps_days_give_days_and_the_rest_a_total() {
        let hours = read(
            "2026-09-01T00:00:00+02:00,1\n2026-09-01 01:00,0.5\n2026-09-01T03:00,2\n2026-10-01 00:00,9\n",
            september(),
        );
        let Usage::Steps(steps) = hours.unwrap() else {
            panic!("no steps")
        };
        let first = &steps.days[&date(2026, 9, 1)];
        assert_eq!(first.step_minutes, 60);
        assert_eq!(
            first.mwh[..5],
            [Some(1_000_000), Some(500_000), None, Some(2_000_000), None]
        );
        assert_eq!(steps.days.len(), 30);

        let days = read("2026-09-01,10\n2026-09-02,11\n2026-09-04,12\n", september());
        let Usage::Daily(days) = days.unwrap() else {
            panic!("no days")
        };
        assert_eq!(days.len(), 3);

        let total = read("2026-08-01,180\n2026-09-01,200\n", september());
        assert_eq!(total.unwrap(), Usage::Total(Kwh(200.into())));
        let alone = read("2026-09-15T12:00:00Z,\"200,5\"\n", september());
        assert_eq!(alone.unwrap(), Usage::Total(Kwh("200.5".parse().unwrap())));
    }

    #[test]
    fn half_days_are_known_only_whole() {
        let rows = "2026-09-01 00:00,1\n2026-09-01 12:00,2\n2026-09-02 12:00,4\n";
        let Usage::Daily(days) = read(rows, september()).unwrap() else {
            panic!("no days")
        };
        assert_eq!(days[&date(2026, 9, 1)], Some(Kwh(3.into())));
        assert_eq!(days[&date(2026, 9, 2)], None);
    }

    #[test]
    fn the_hour_that_comes_twice_is_read_twice_and_the_one_left_out_is_refused() {
        let october = Cycle {
            first: date(2026, 10, 25),
            last: date(2026, 10, 25),
        };
        let mut rows = String::new();
        for (hour, kwh) in [(0, 1), (1, 2), (2, 3), (2, 4), (3, 5)] {
            writeln!(rows, "2026-10-25 0{hour}:00,{kwh}").unwrap();
        }
        let Usage::Steps(steps) = read(&rows, october).unwrap() else {
            panic!("no steps")
        };
        let mwh = &steps.days[&october.first].mwh;
        assert_eq!(mwh.len(), 25);
        assert_eq!(mwh[..5], [1, 2, 3, 4, 5].map(|kwh| Some(kwh * 1_000_000)));
        let march = Cycle {
            first: date(2026, 3, 29),
            last: date(2026, 3, 29),
        };
        let refused = read("2026-03-29 01:00,1\n2026-03-29 02:00,1\n", march).unwrap_err();
        assert_eq!(
            (refused[0].line, refused[0].code.as_str()),
            (3, "no_such_time")
        );
    }

    #[test]
    fn a_file_about_other_days_and_a_repeated_row_are_refused() {
        let code = |rows: &str| read(rows, september()).unwrap_err()[0].code.clone();
        assert_eq!(code("2025-09-01,10\n2025-09-02,10\n"), "no_rows");
        assert_eq!(code(""), "no_rows");
        assert_eq!(code("2026-09-01,10\n2026-09-01,10\n"), "duplicate");
        assert_eq!(code("2026-09-01,-10\n"), "negative");
        assert_eq!(code("2026-09-01,ten\n"), "number");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut with_header = b"timestamp,kwh\n".to_vec();
            with_header.extend(bytes);
            let _ = read_usage(&with_header, "Europe/Madrid", september());
        }

        #[test]
        fn no_energy_is_lost(rows in prop::collection::btree_map(0_i64..2_880, 0_u32..5_000_000, 1..60), step in 1_i64..90) {
            let mut text = String::from("timestamp,kwh\n");
            let begin: Timestamp = "2026-09-01T00:00:00+02:00".parse().unwrap();
            let mut sum = Decimal::ZERO;
            for (at, mwh) in rows {
                let kwh = Decimal::new(i64::from(mwh), 6);
                let at = begin + jiff::SignedDuration::from_mins((at * step) % 40_000);
                writeln!(text, "{at},{kwh}").unwrap();
                sum += kwh;
            }
            match read_usage(text.as_bytes(), "Europe/Madrid", september()) {
                Ok(Usage::Total(total)) => prop_assert_eq!(total.0, sum),
                Ok(Usage::Steps(steps)) => {
                    let known: u64 = steps.days.values().flat_map(|day| day.mwh.iter().flatten()).map(|mwh| u64::from(*mwh)).sum();
                    prop_assert_eq!(Decimal::from_i128_with_scale(i128::from(known), 6), sum);
                }
                Ok(Usage::Daily(_)) => {}
                Err(findings) => prop_assert_eq!(&findings[0].code, "duplicate"),
            }
        }
    }
}
