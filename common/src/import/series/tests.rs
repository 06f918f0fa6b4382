use jiff::Timestamp;
use jiff::civil::DateTime;
use proptest::prelude::*;

use super::held::{MOST_HELD, MOST_WAITED};
use super::*;
use crate::import::finding::Finding;
use crate::import::number::NANO;

fn key(kind: Kind, stamp_is: StampIs) -> ChannelKey<'static> {
    ChannelKey {
        name: "grid_import",
        part: "",
        kind,
        stamp_is,
        unit: if kind == Kind::Power {
            Unit::W
        } else {
            Unit::KWH
        },
        together: false,
    }
}

fn read(
    zone: &str,
    key: &ChannelKey<'_>,
    points: &[(Stamp, i64)],
) -> (Vec<Interval>, Summary, Vec<Finding>) {
    let zone = TimeZone::get(zone).unwrap();
    let mut intervals = Vec::new();
    let mut sink = |_: &str, _: Base, some: &[Interval]| intervals.extend_from_slice(some);
    let mut series = Series::new(zone.clone(), zone, &mut sink);
    let part = series.part(key);
    for (line, (at, nano)) in points.iter().enumerate() {
        series.put(
            part,
            Point {
                at: *at,
                until: None,
                nano: *nano,
                estimated: false,
                line: line as u64 + 2,
            },
        );
    }
    let (summary, findings) = series.finish();
    (intervals, summary, findings.into_list())
}

fn at(text: &str) -> Stamp {
    text.parse::<Timestamp>().map_or_else(
        |_| Stamp::Civil(text.parse::<DateTime>().unwrap()),
        |at| Stamp::Instant(at.as_second()),
    )
}

fn codes(findings: &[Finding]) -> Vec<(u64, &str)> {
    findings
        .iter()
        .map(|finding| (finding.line, finding.code.as_str()))
        .collect()
}

fn lengths(intervals: &[Interval]) -> Vec<i64> {
    intervals
        .iter()
        .map(|interval| (interval.end - interval.start) / 60)
        .collect()
}

#[test]
fn a_row_that_is_missing_is_a_gap_and_a_step_that_changes_for_long_is_none() {
    let mut points: Vec<(Stamp, i64)> = (0..20)
        .map(|i| (Stamp::Instant(1_700_000_000 + i * 1_800), NANO))
        .collect();
    points.remove(7);
    points.extend((0..12).map(|i| (Stamp::Instant(1_700_000_000 + 20 * 1_800 + i * 3_600), NANO)));
    let (intervals, summary, findings) = read("UTC", &key(Kind::Usage, StampIs::Start), &points);
    assert_eq!(codes(&findings), [(0, "gap")]);
    assert_eq!(intervals.len(), 31);
    assert_eq!(
        summary.channels["grid_import"].lengths,
        [(1_800, 19), (3_600, 12)].into()
    );
}

#[test]
fn the_hour_that_comes_twice_is_told_by_the_order_of_rows_in_either_direction() {
    let mut points: Vec<(Stamp, i64)> = [
        "2024-10-27T00:00",
        "2024-10-27T01:00",
        "2024-10-27T02:00",
        "2024-10-27T02:00",
        "2024-10-27T03:00",
        "2024-10-27T04:00",
    ]
    .iter()
    .zip(1..)
    .map(|(text, n)| (at(text), n * NANO))
    .collect();
    let (forward, _, findings) = read("Europe/Berlin", &key(Kind::Usage, StampIs::Start), &points);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(lengths(&forward), [60; 6]);
    points.reverse();
    let (mut backward, _, _) = read("Europe/Berlin", &key(Kind::Usage, StampIs::Start), &points);
    let without_lines =
        |intervals: &mut Vec<Interval>| intervals.iter_mut().for_each(|interval| interval.line = 0);
    let mut forward = forward;
    without_lines(&mut forward);
    without_lines(&mut backward);
    assert_eq!(forward, backward);
}

#[test]
fn the_end_of_a_step_in_the_hour_that_comes_twice_is_as_far_as_the_clock_says() {
    // A quarter-hour of the first hour ends when the second begins, for which clocks show 03:00 only an hour later.
    let quarters = [
        ("2024-10-27T02:30", "2024-10-27T02:45"),
        ("2024-10-27T02:45", "2024-10-27T03:00"),
        ("2024-10-27T02:00", "2024-10-27T02:15"),
        ("2024-10-27T02:15", "2024-10-27T02:30"),
        ("2024-10-27T02:30", "2024-10-27T02:45"),
        ("2024-10-27T02:45", "2024-10-27T03:00"),
        ("2024-10-27T03:00", "2024-10-27T03:15"),
    ];
    let hours = [
        ("2024-10-27T01:00", "2024-10-27T02:00"),
        ("2024-10-27T02:00", "2024-10-27T03:00"),
        ("2024-10-27T02:00", "2024-10-27T03:00"),
        ("2024-10-27T03:00", "2024-10-27T04:00"),
    ];
    for (rows, minutes) in [(&quarters[..], 15), (&hours[..], 60)] {
        for newest_first in [false, true] {
            let mut points: Vec<(Stamp, Stamp)> = rows
                .iter()
                .map(|(from, until)| (at(from), at(until)))
                .collect();
            if newest_first {
                points.reverse();
            }
            let mut intervals = Vec::new();
            let mut sink = |_: &str, _: Base, some: &[Interval]| intervals.extend_from_slice(some);
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let mut series = Series::new(zone.clone(), zone, &mut sink);
            let id = series.part(&key(Kind::Usage, StampIs::Start));
            for ((at, until), line) in points.into_iter().zip(1..) {
                let point = Point {
                    at,
                    until: Some(until),
                    nano: NANO,
                    estimated: false,
                    line,
                };
                series.put(id, point);
            }
            let (_, findings) = series.finish();
            assert_eq!(lengths(&intervals), vec![minutes; rows.len()]);
            let worth = findings
                .into_list()
                .into_iter()
                .filter(|it| it.code != "newest_first");
            assert_eq!(worth.count(), 0);
        }
    }
}

#[test]
fn ends_of_steps_in_the_hour_that_comes_twice_are_told_by_the_order_of_rows() {
    let day = "2024-10-27T";
    let quarters: [&str; 13] = [
        "01:45", "02:00", "02:15", "02:30", "02:45", "03:00", "02:15", "02:30", "02:45", "03:00",
        "03:15", "03:30", "03:45",
    ];
    let others = quarters.map(str::to_owned);
    // Some show the end of the first hour as the clock does then.
    let mut as_shown = others.clone();
    "02:00".clone_into(&mut as_shown[5]);
    let hours = ["01:00", "02:00", "03:00", "03:00", "04:00", "05:00"].map(str::to_owned);
    for (rows, minutes, backward) in [
        (&others[..], 15, true),
        (&as_shown[..], 15, true),
        (&hours[..], 60, false),
    ] {
        let mut points: Vec<(Stamp, i64)> = rows
            .iter()
            .map(|shown| (at(&format!("{day}{shown}")), NANO))
            .collect();
        for newest_first in [false, true] {
            if newest_first && !backward {
                continue;
            }
            if newest_first {
                points.reverse();
            }
            let (intervals, _, findings) =
                read("Europe/Berlin", &key(Kind::Usage, StampIs::End), &points);
            assert_eq!(lengths(&intervals), vec![minutes; rows.len()], "{rows:?}");
            let told = findings.iter().filter(|it| it.code != "newest_first");
            assert_eq!(told.count(), 0, "{findings:?}");
        }
    }
    // Once, it is told as ever.
    let once = [
        "2024-10-27T01:00",
        "2024-10-27T02:00",
        "2024-10-27T03:00",
        "2024-10-27T04:00",
        "2024-10-29T01:00",
    ];
    let points: Vec<(Stamp, i64)> = once.iter().map(|shown| (at(shown), NANO)).collect();
    let (_, _, findings) = read("Europe/Berlin", &key(Kind::Usage, StampIs::End), &points);
    assert!(codes(&findings).contains(&(3, "fold_once")), "{findings:?}");
}

#[test]
fn a_time_that_the_clock_leaves_out_is_refused_and_an_hour_that_came_once_is_told() {
    let hours = |day: &str| {
        (0..24)
            .map(|hour| (at(&format!("{day}T{hour:02}:00")), NANO))
            .collect::<Vec<_>>()
    };
    let (_, _, findings) = read(
        "Europe/Berlin",
        &key(Kind::Usage, StampIs::Start),
        &hours("2024-03-31"),
    );
    assert_eq!(codes(&findings), [(4, "no_such_time")]);
    let mut october = hours("2024-10-27");
    october.extend(hours("2024-10-28"));
    october.extend(hours("2024-10-29"));
    let (_, _, findings) = read("Europe/Berlin", &key(Kind::Usage, StampIs::Start), &october);
    assert!(codes(&findings).contains(&(4, "fold_once")), "{findings:?}");
}

#[test]
fn days_are_as_long_as_the_clock_makes_them() {
    let points: Vec<(Stamp, i64)> = (25..=31)
        .map(|day| (at(&format!("2024-03-{day}T00:00")), NANO))
        .chain([(at("2024-04-01T00:00"), NANO)])
        .collect();
    let (intervals, _, findings) =
        read("Europe/Berlin", &key(Kind::Usage, StampIs::Start), &points);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        lengths(&intervals),
        [1_440, 1_440, 1_440, 1_440, 1_440, 1_440, 1_380, 1_440]
    );
}

#[test]
fn a_register_gives_differences_and_one_that_fell_gives_none_there() {
    let values = [100, 101, 103, 5, 6];
    let points: Vec<(Stamp, i64)> = values
        .iter()
        .enumerate()
        .map(|(i, value)| {
            (
                Stamp::Instant(1_700_000_000 + i64::try_from(i).unwrap() * 900),
                value * NANO,
            )
        })
        .collect();
    let (intervals, summary, findings) = read("UTC", &key(Kind::Register, StampIs::Start), &points);
    assert_eq!(
        intervals.iter().map(|i| i.nano / NANO).collect::<Vec<_>>(),
        [1, 2, 1]
    );
    assert_eq!(codes(&findings), [(0, "gap"), (5, "register_fell")]);
    assert_eq!(summary.channels["grid_import"].total(), 4.into());
}

#[test]
fn a_register_that_no_meter_has_is_implausible_however_far_it_jumps() {
    let points = [i64::MIN, i64::MAX, i64::MAX]
        .iter()
        .zip(0..)
        .map(|(nano, hour)| (Stamp::Instant(1_700_006_400 + hour * 3_600), *nano))
        .collect::<Vec<_>>();
    let (intervals, _, findings) = read("UTC", &key(Kind::Register, StampIs::Start), &points);
    assert_eq!(intervals.len(), 1);
    assert_eq!(codes(&findings), [(3, "implausible")]);
}

#[test]
fn mean_power_over_its_step_is_energy_and_ends_are_ends() {
    let points = [
        ("2024-03-30T00:30:00+01:00", 158),
        ("2024-03-30T01:00:00+01:00", 160),
    ]
    .map(|(text, watts)| (at(text), watts * NANO / 1_000));
    let (intervals, _, _) = read("Europe/Paris", &key(Kind::Power, StampIs::End), &points);
    assert_eq!(intervals[0].nano, 79_000_000);
    assert_eq!(
        Stamp::Instant(intervals[0].start),
        at("2024-03-30T00:00:00+01:00")
    );
}

#[test]
fn the_same_row_again_is_dropped_and_two_energies_of_one_interval_are_neither_known() {
    let start = |hour: i64| Stamp::Instant(1_700_006_400 + hour * 3_600);
    let points = [
        (start(0), 100),
        (start(1), 200),
        (start(1), 200),
        (start(2), 300),
        (start(2), 350),
        (start(3), 400),
        (start(0), 100),
    ]
    .map(|(at, nano)| (at, nano * NANO / 1_000));
    let (intervals, _, findings) = read("UTC", &key(Kind::Usage, StampIs::Start), &points);
    assert_eq!(intervals.len(), 3);
    assert_eq!(
        intervals.iter().map(|i| i.nano).sum::<i64>(),
        700 * NANO / 1_000
    );
    let found = codes(&findings);
    assert_eq!(
        found
            .iter()
            .filter(|(_, code)| *code == "duplicate_dropped")
            .count(),
        2
    );
    assert_eq!(
        found.iter().filter(|(_, code)| *code == "conflict").count(),
        1
    );
}

#[test]
fn what_no_home_uses_is_left_out_unless_the_whole_file_is_of_that_kind() {
    let hours = |values: &[i64]| {
        values
            .iter()
            .enumerate()
            .map(|(i, kwh)| {
                (
                    Stamp::Instant(1_700_006_400 + i64::try_from(i).unwrap() * 3_600),
                    kwh * NANO,
                )
            })
            .collect::<Vec<_>>()
    };
    let (intervals, _, findings) = read(
        "UTC",
        &key(Kind::Usage, StampIs::Start),
        &hours(&[1, 2, 5_000, 1]),
    );
    assert_eq!(intervals.len(), 3);
    assert_eq!(codes(&findings).first(), Some(&(0, "gap")));
    let (intervals, _, findings) = read(
        "UTC",
        &key(Kind::Usage, StampIs::Start),
        &hours(&[400, 420, 500, 410]),
    );
    assert_eq!((intervals.len(), findings.len()), (4, 0));
}

#[test]
fn a_part_that_ends_early_or_never_comes_does_not_hold_the_file_in_memory() {
    let mut largest = 0;
    let mut sink = |_: &str, _: Base, some: &[Interval]| largest = some.len().max(largest);
    let mut series = Series::new(TimeZone::UTC, TimeZone::UTC, &mut sink);
    let key = |part| ChannelKey {
        part,
        ..key(Kind::Usage, StampIs::Start)
    };
    let (long, short) = (series.part(&key("long")), series.part(&key("short")));
    series.part(&key("never"));
    let count = i64::try_from(MOST_WAITED + 2 * HELD).unwrap();
    for i in 0..count {
        let point = Point {
            at: Stamp::Instant(1_000_000_000 + i * 300),
            until: Some(Stamp::Instant(1_000_000_300 + i * 300)),
            nano: 1,
            estimated: false,
            line: 0,
        };
        series.put(long, point);
        if i < 100 {
            series.put(short, point);
        }
    }
    let (summary, findings) = series.finish();
    assert_eq!(findings.into_list(), []);
    let channel = &summary.channels["grid_import"];
    assert_eq!(i64::try_from(channel.intervals), Ok(count));
    assert_eq!(channel.total_nano, i128::from(count) + 100);
    assert!(largest <= MOST_WAITED, "{largest}");
}

#[test]
fn many_channels_hold_no_more_together_than_a_few() {
    let mut gone = 0_i64;
    let mut sink = |_: &str, _: Base, some: &[Interval]| gone += i64::try_from(some.len()).unwrap();
    let mut series = Series::new(TimeZone::UTC, TimeZone::UTC, &mut sink);
    let parts: Vec<PartId> = (0..40)
        .map(|i| {
            series.part(&ChannelKey {
                name: &i.to_string(),
                ..key(Kind::Usage, StampIs::Start)
            })
        })
        .collect();
    let count = i64::try_from(MOST_HELD / 40).unwrap() + 10_000;
    for i in 0..count {
        for part in &parts {
            let point = Point {
                at: Stamp::Instant(1_000_000_000 + i * 900),
                until: None,
                nano: 1,
                estimated: false,
                line: 0,
            };
            series.put(*part, point);
        }
        let held: usize = series.channels.iter().map(|channel| channel.held).sum();
        assert!(held <= MOST_HELD + HELD, "{held}");
    }
    let (summary, findings) = series.finish();
    assert_eq!(findings.into_list(), []);
    for channel in summary.channels.values() {
        assert_eq!(channel.lengths, [(900, count.unsigned_abs())].into());
    }
    assert_eq!(gone, count * 40);
}

#[test]
fn a_file_of_more_channels_than_any_meter_has_is_refused_and_fills_no_memory() {
    let mut sink = |_: &str, _: Base, _: &[Interval]| {};
    let mut series = Series::new(TimeZone::UTC, TimeZone::UTC, &mut sink);
    for i in 0..MOST_PARTS + 100 {
        series.part(&ChannelKey {
            name: &i.to_string(),
            ..key(Kind::Usage, StampIs::Start)
        });
    }
    assert_eq!(series.channels.len(), MOST_PARTS);
    let (_, findings) = series.finish();
    assert_eq!(codes(&findings.into_list()), [(0, "too_many_channels")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// The same rows, held whole or let go while they come, in either direction, are the same intervals.
    #[test]
    fn a_file_longer_than_what_is_held_says_the_same_in_either_direction(
        step in prop::sample::select(vec![300_i64, 900, 3_600]),
        holes in prop::collection::btree_set(0_i64..300_000, 0..40),
        register in any::<bool>(),
    ) {
        let kind = if register { Kind::Register } else { Kind::Usage };
        let mut points: Vec<(Stamp, i64)> = (0..i64::try_from(2 * HELD + 1_000).unwrap())
            .filter(|i| !holes.contains(i))
            .map(|i| (Stamp::Instant(400_000_000 + i * step), if register { i * 1_000 } else { i % 997 }))
            .collect();
        let (mut forward, summary, _) = read("UTC", &key(kind, StampIs::Start), &points);
        points.reverse();
        let (mut backward, other, _) = read("UTC", &key(kind, StampIs::Start), &points);
        for intervals in [&mut forward, &mut backward] {
            intervals.sort_by_key(|interval| interval.start);
            for interval in intervals.iter_mut() {
                interval.line = 0;
            }
        }
        prop_assert_eq!(forward.len(), if register { points.len() - 1 } else { points.len() });
        prop_assert_eq!(forward, backward);
        prop_assert_eq!(&summary.channels["grid_import"].months, &other.channels["grid_import"].months);
        prop_assert_eq!(&summary.channels["grid_import"].gaps, &other.channels["grid_import"].gaps);
    }
}
