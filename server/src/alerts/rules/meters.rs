//! Rules about what meters report.

use std::collections::BTreeMap;

use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::{Kwh, MeterId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::super::raise::Known;
use super::{Finding, Rules};

/// What a meter knows of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterDay {
    /// Which.
    pub meter: MeterId,
    /// Local day.
    pub date: Date,
    /// What flowed.
    pub kwh: Kwh,
    /// Whether at least nine tenths of it are known.
    pub whole: bool,
}

/// A register that stands lower than the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backwards {
    /// Which meter.
    pub meter: MeterId,
    /// When it was read.
    pub read_at: Timestamp,
    /// As it stands.
    pub register: Kwh,
    /// As it stood before.
    pub before: Kwh,
    /// The local day.
    pub date: Date,
}

/// How far back days are looked at for gaps.
pub const GAP_DAYS: i32 = 21;

/// Whether alerts are wanted of a meter; a device's meter is as its device.
fn is_watched(meter: &Meter) -> bool {
    !meter.alerts_off
}

/// What a meter shares with all that know the same flow.
fn group(meter: &Meter) -> MeterId {
    meter.same_as.unwrap_or(meter.meter_id)
}

/// The first of the watched meters that know the same flow, which what is found of the flow is told of.
pub fn is_first_of_its_flow(meters: &[Meter], meter: &Meter) -> bool {
    let twins = meters.iter().filter(|twin| group(twin) == group(meter));
    let of_kind = |twin: &&Meter| twin.reading_kind == meter.reading_kind && is_watched(twin);
    let first = twins.filter(of_kind).map(|twin| twin.meter_id).min();
    first == Some(meter.meter_id)
}

/// Meters that say nothing for too long. Of meters that know the same flow only the one that spoke
/// last is looked at: while it speaks, nothing is missing.
pub fn silent(
    rules: &Rules,
    meters: &[Meter],
    last_days: &[(MeterId, Date)],
    today: Date,
) -> Vec<Finding> {
    let last = |meter: &Meter| {
        let known = last_days.iter().find(|(id, _)| *id == meter.meter_id);
        known.map(|(_, day)| *day)
    };
    let speaks_for_its_group = |meter: &&Meter| {
        let twins = meters.iter().filter(|twin| group(twin) == group(meter));
        let newest = twins.max_by_key(|twin| (last(twin), std::cmp::Reverse(twin.meter_id)));
        newest.is_some_and(|newest| newest.meter_id == meter.meter_id)
    };
    if !rules.is_on(AlertRule::NoData) {
        return Vec::new();
    }
    meters
        .iter()
        .filter(speaks_for_its_group)
        .filter(|meter| is_watched(meter))
        .filter_map(|meter| no_data(rules, meter, last(meter), today))
        .collect()
}

/// A meter that says nothing for too long. `last` is the newest day that is known of it; one that was never read is new
/// and not silent.
fn no_data(rules: &Rules, meter: &Meter, last: Option<Date>, today: Date) -> Option<Finding> {
    let last = last?;
    let rule = AlertRule::NoData;
    let silent = days_between(last, today);
    let limit = match meter.reading_kind {
        ReadingKind::Step => rules.days(rule, "step_days"),
        ReadingKind::Register => rules.days(rule, "register_days"),
    };
    (silent >= limit).then(|| {
        Finding::new(
            rule,
            meter.meter_id.to_string(),
            format!("{} since {last}", meter.meter_id),
            &[
                ("meter", meter.name.clone()),
                ("days", silent.to_string()),
                ("last", last.to_string()),
            ],
        )
    })
}

/// A meter of steps that reports nothing but zero on each of its last `days` whole days, and reported more before. What
/// is made, given or stored may stand still for weeks; what is taken from the grid does not, and a device may.
pub fn standing_still(rules: &Rules, meter: &Meter, days: &[MeterDay]) -> Option<Finding> {
    let rule = AlertRule::StandingStill;
    let looked_at = meter.reading_kind == ReadingKind::Step
        && meter.channel == ecotrack_common::meter::Channel::GridImport;
    if !rules.is_on(rule) || !is_watched(meter) || !looked_at {
        return None;
    }
    let mine: Vec<&MeterDay> = days
        .iter()
        .filter(|day| day.meter == meter.meter_id && day.whole)
        .collect();
    let still = mine
        .iter()
        .rev()
        .take_while(|day| day.kwh.0 == Decimal::ZERO);
    let still: Vec<&&MeterDay> = still.collect();
    let long = i32::try_from(still.len()).unwrap_or(i32::MAX) >= rules.days(rule, "days");
    let first = still.last().filter(|_| long && still.len() < mine.len())?;
    Some(Finding::new(
        rule,
        meter.meter_id.to_string(),
        format!("{} since {}", meter.meter_id, first.date),
        &[
            ("meter", meter.name.clone()),
            ("days", still.len().to_string()),
            ("first", first.date.to_string()),
        ],
    ))
}

/// [`gaps`] of each flow: what one of its meters knows is not missing, and what was told of one of them was told.
pub fn gaps_of_flows(
    rules: &Rules,
    meters: &[Meter],
    days: &[MeterDay],
    known: &[Known],
    today: Date,
) -> Vec<Finding> {
    let of_flow = |meter: &Meter| {
        let twins = || meters.iter().filter(|twin| group(twin) == group(meter));
        let is_of = |day: &&MeterDay| day.whole && twins().any(|twin| twin.meter_id == day.meter);
        let mine = days.iter().filter(is_of).map(|day| {
            let day = MeterDay {
                meter: meter.meter_id,
                ..*day
            };
            (day.date, day)
        });
        let mine: BTreeMap<Date, MeterDay> = mine.collect();
        let mine: Vec<MeterDay> = mine.into_values().collect();
        let told: Vec<Date> = twins()
            .flat_map(|twin| told_silences(known, twin))
            .collect();
        gaps(rules, meter, &mine, &told, today)
    };
    let first = meters
        .iter()
        .filter(|meter| is_first_of_its_flow(meters, meter));
    first.filter_map(of_flow).collect()
}

/// Days that a meter of steps does not know between days that it does, in the last three weeks; together, if they are
/// `days` or more. A silence that began after a day in `told`, or in the middle of it, was told while it lasted.
pub fn gaps(
    rules: &Rules,
    meter: &Meter,
    days: &[MeterDay],
    told: &[Date],
    today: Date,
) -> Option<Finding> {
    let rule = AlertRule::Gap;
    if !rules.is_on(rule) || !is_watched(meter) || meter.reading_kind != ReadingKind::Step {
        return None;
    }
    let mine = days
        .iter()
        .filter(|day| day.meter == meter.meter_id && day.whole);
    let known: Vec<Date> = mine
        .map(|day| day.date)
        .filter(|date| days_between(*date, today) <= GAP_DAYS)
        .collect();
    let missing: Vec<Date> = known
        .windows(2)
        .filter(|pair| !told.iter().any(|last| (pair[0]..pair[1]).contains(last)))
        .flat_map(|pair| {
            let between = pair[0].series(1.day()).skip(1);
            between.take_while(|date| *date < pair[1])
        })
        .collect();
    let (first, last) = (missing.first()?, missing.last()?);
    let many = i32::try_from(missing.len()).unwrap_or(i32::MAX) >= rules.days(rule, "days");
    many.then(|| {
        Finding::new(
            rule,
            meter.meter_id.to_string(),
            format!("{} before {last}", meter.meter_id),
            &[
                ("meter", meter.name.clone()),
                ("days", missing.len().to_string()),
                ("first", first.to_string()),
                ("last", last.to_string()),
            ],
        )
    })
}

/// The last days before silences of a meter that alerts told of.
pub fn told_silences<'a>(known: impl IntoIterator<Item = &'a Known>, meter: &Meter) -> Vec<Date> {
    let id = meter.meter_id.to_string();
    let of_meter = |alert: &&Known| alert.rule == AlertRule::NoData && alert.about == id;
    let silences = known.into_iter().filter(of_meter);
    let last = |alert: &Known| alert.evidence.get("last")?.parse::<Date>().ok();
    silences.filter_map(last).collect()
}

/// A register that stands lower than before.
pub fn backwards(rules: &Rules, meters: &[Meter], found: &[Backwards]) -> Vec<Finding> {
    let rule = AlertRule::RegisterBackwards;
    let of = |register: &Backwards| {
        let meter = meters
            .iter()
            .find(|meter| meter.meter_id == register.meter)?;
        let fact = format!("{} at {}", register.meter, register.read_at);
        is_watched(meter).then(|| {
            Finding::new(
                rule,
                fact.clone(),
                fact,
                &[
                    ("meter", meter.name.clone()),
                    ("date", register.date.to_string()),
                    ("kwh", register.register.0.normalize().to_string()),
                    ("likely", register.before.0.normalize().to_string()),
                ],
            )
        })
    };
    let found = found.iter().filter(|_| rules.is_on(rule));
    found.filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::meter::Channel;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn meter(reading_kind: ReadingKind) -> Meter {
        Meter {
            meter_id: MeterId(Uuid::nil()),
            name: "Main".to_owned(),
            channel: Channel::GridImport,
            reading_kind,
            register_digits: None,
            profile_device_id: None,
            same_as: None,
            alerts_off: false,
            version: 1,
        }
    }

    fn days(used: &[Option<i64>]) -> Vec<MeterDay> {
        let day = |(at, used): (i32, &Option<i64>)| {
            used.map(|used| MeterDay {
                meter: MeterId(Uuid::nil()),
                date: date(2026, 11, 1).saturating_add(at.days()),
                kwh: Kwh(Decimal::from(used)),
                whole: true,
            })
        };
        (0..).zip(used).filter_map(day).collect()
    }

    #[test]
    fn a_meter_of_steps_is_missed_after_days_a_register_after_weeks() {
        let today = date(2026, 11, 23);
        let rules = Rules::default();
        let silent = |kind, last| no_data(&rules, &meter(kind), Some(last), today).is_some();
        assert!(!silent(ReadingKind::Step, date(2026, 11, 21)));
        assert!(silent(ReadingKind::Step, date(2026, 11, 20)));
        assert!(!silent(ReadingKind::Register, date(2026, 11, 3)));
        assert!(silent(ReadingKind::Register, date(2026, 10, 14)));
        assert!(
            no_data(&rules, &meter(ReadingKind::Step), None, today).is_none(),
            "a meter never read is new, not silent"
        );
    }

    #[test]
    fn while_one_of_two_meters_of_a_connection_speaks_nothing_is_missing() {
        let today = date(2026, 11, 23);
        let hand = meter(ReadingKind::Register);
        let file = Meter {
            meter_id: MeterId(Uuid::max()),
            same_as: Some(hand.meter_id),
            ..meter(ReadingKind::Step)
        };
        let told = |by_hand: Date, by_file: Date| {
            let last_days = [(hand.meter_id, by_hand), (file.meter_id, by_file)];
            let meters = [hand.clone(), file.clone()];
            silent(&Rules::default(), &meters, &last_days, today).len()
        };
        assert_eq!(told(date(2026, 11, 20), date(2026, 10, 1)), 0);
        assert_eq!(told(date(2026, 9, 1), date(2026, 11, 22)), 0);
        assert_eq!(
            told(date(2026, 9, 1), date(2026, 10, 1)),
            1,
            "once for both"
        );
    }

    #[test]
    fn a_meter_that_opted_out_is_never_told_of() {
        let off = Meter {
            alerts_off: true,
            ..meter(ReadingKind::Step)
        };
        let today = date(2026, 11, 23);
        let last = [(off.meter_id, date(2026, 1, 1))];
        let used = [Some(3), None, None, None, Some(0), Some(0), Some(0)];
        assert!(silent(&Rules::default(), std::slice::from_ref(&off), &last, today).is_empty());
        assert!(standing_still(&Rules::default(), &off, &days(&used)).is_none());
        assert!(
            gaps(
                &Rules::default(),
                &off,
                &days(&used),
                &[],
                date(2026, 11, 8)
            )
            .is_none()
        );
    }

    #[test]
    fn zeros_are_told_where_something_flowed_before() {
        let found = |used: &[Option<i64>]| {
            standing_still(&Rules::default(), &meter(ReadingKind::Step), &days(used))
        };
        assert!(found(&[Some(3), Some(0)]).is_none());
        assert_eq!(
            found(&[Some(3), Some(0), Some(0)]).unwrap().evidence["first"],
            "2026-11-02"
        );
        assert!(found(&[Some(0), Some(0), Some(3)]).is_none());
        assert!(found(&[Some(0); 9]).is_none(), "it never ran");
    }

    #[test]
    fn days_between_known_ones_are_a_gap_and_those_at_the_end_are_not() {
        let found = |used: &[Option<i64>]| {
            let meter = meter(ReadingKind::Step);
            gaps(
                &Rules::default(),
                &meter,
                &days(used),
                &[],
                date(2026, 11, 9),
            )
        };
        assert!(found(&[Some(3), None, Some(3), Some(3)]).is_none());
        assert!(found(&[Some(3), Some(3), None, None, None]).is_none());
        let finding = found(&[Some(3), None, None, Some(3), None, Some(3)]).unwrap();
        assert_eq!(finding.evidence["days"], "3");
        assert_eq!(finding.evidence["last"], "2026-11-05");
        // What was told while the meter was silent is not told again.
        let used = [Some(3), None, None, None, Some(3), None, None, Some(3)];
        let told = [date(2026, 11, 1)];
        let meter = meter(ReadingKind::Step);
        let today = date(2026, 11, 9);
        let finding = gaps(&Rules::default(), &meter, &days(&used), &told, today).unwrap();
        assert_eq!(finding.evidence["first"], "2026-11-06");
    }

    #[test]
    fn a_silence_that_began_in_the_middle_of_a_day_was_told_all_the_same() {
        let meter = meter(ReadingKind::Step);
        let mut known = days(&[Some(3), Some(1), None, None, None, Some(3)]);
        // Half of the second day is known, which is the newest that the other rule named.
        known[1].whole = false;
        let told = [date(2026, 11, 2)];
        let found =
            |told: &[Date]| gaps(&Rules::default(), &meter, &known, told, date(2026, 11, 9));
        assert_eq!(found(&told), None);
        assert!(found(&[date(2026, 11, 6)]).is_some(), "another silence");
    }

    #[test]
    fn a_register_that_went_back_is_told_with_both_figures() {
        let back = Backwards {
            meter: MeterId(Uuid::nil()),
            read_at: Timestamp::UNIX_EPOCH,
            register: Kwh(Decimal::from(3)),
            before: Kwh(Decimal::from(1000)),
            date: date(2026, 11, 2),
        };
        let meters = [meter(ReadingKind::Register)];
        let found = backwards(&Rules::default(), &meters, &[back]);
        assert_eq!(found[0].evidence["likely"], "1000");
    }
}
