use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, civil::Date};

use super::*;

/// The hours of a day in Madrid, each with its own energy.
fn hours(day: Date) -> Vec<Slot> {
    let zone = TimeZone::get("Europe/Madrid").unwrap();
    let at = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp();
    let (start, end) = (at(day), at(day.tomorrow().unwrap()));
    let count = (end.as_second() - start.as_second()) / 3_600;
    (0..count)
        .map(|hour| {
            let start = start.checked_add(hour.hours()).unwrap();
            Slot {
                start: Some(start),
                time: Some(zone.to_datetime(start).time()),
                ..whole(day, hour)
            }
        })
        .collect()
}

fn whole(day: Date, mwh: i64) -> Slot {
    Slot {
        first: day,
        last: day,
        start: None,
        time: None,
        kwh: Some(Kwh::from_mwh(mwh)),
        covered_minutes: 60,
        minutes: 60,
        estimated_share: None,
        cost: None,
        co2e: None,
    }
}

fn beside(day: Date, other: Date) -> Vec<Option<i64>> {
    let answer = Consumption {
        of: Flow::Home,
        by: Resolution::Hour,
        today: day,
        as_of: Timestamp::UNIX_EPOCH,
        currency: "EUR".into(),
        known: None,
        slots: hours(day),
        total: whole(day, 0),
        compared: Some(Compared {
            against: Against::LastYear,
            slots: hours(other),
            total: whole(other, 0),
            like: None,
        }),
        unpriced: None,
    };
    (0..answer.slots.len())
        .map(|at| answer.beside(at)?.kwh?.to_mwh())
        .collect()
}

#[test]
fn hours_stand_beside_those_of_the_same_clock_whatever_was_done_to_it() {
    let (usual, short, long) = (date(2026, 7, 1), date(2026, 3, 29), date(2026, 10, 25));
    let ordinary = beside(usual, date(2025, 7, 2));
    assert_eq!(ordinary, (0..24).map(Some).collect::<Vec<_>>());
    // Where the clock goes forward there is no two o'clock; three is the third hour of that day.
    let over_short = beside(usual, short);
    assert_eq!(over_short[1..4], [Some(1), None, Some(2)]);
    // Where it goes back the second two o'clock has nothing beside it on a usual day.
    let over_long = beside(long, usual);
    assert_eq!(over_long[2..5], [Some(2), None, Some(3)]);
    assert_eq!(beside(usual, long)[2..4], [Some(2), Some(4)]);
}

#[test]
fn a_flow_is_written_as_it_is_read() {
    for text in [
        "home",
        "grid_import",
        "grid_export",
        "01a2185e-81c8-7622-bed2-0645c412c94f",
    ] {
        assert_eq!(text.parse::<Flow>().unwrap().to_string(), text);
    }
    assert_eq!("gas".parse::<Flow>(), Err(NotAFlow));
}

#[test]
fn a_question_is_no_longer_than_an_answer_may_be() {
    let asked = |by, from, to| ConsumptionQuery {
        of: Flow::Home,
        by,
        from,
        to,
        compare: None,
    };
    let year = (date(2026, 1, 1), date(2026, 12, 31));
    assert_eq!(asked(Resolution::Day, year.0, year.1).check(), Ok(()));
    for by in [Resolution::Hour, Resolution::QuarterHour] {
        let errors = asked(by, year.0, year.1).check().unwrap_err();
        assert_eq!(errors.of("by").unwrap().code, "too_many_steps");
    }
    let errors = asked(Resolution::Day, year.1, year.0).check().unwrap_err();
    assert_eq!(errors.of("to").unwrap().code, "ends_before_it_starts");
}

#[test]
fn what_is_to_come_is_no_gap_and_almost_all_is_all() {
    let mut slot = whole(date(2026, 7, 1), 5);
    (slot.covered_minutes, slot.minutes) = (1_430, 1_440);
    assert!(!slot.is_partly() && !slot.is_gap());
    assert_eq!(slot.covered_percent(), 99);
    slot.covered_minutes = 720;
    assert!(slot.is_partly());
    (slot.kwh, slot.covered_minutes) = (None, 0);
    assert!(slot.is_gap());
    slot.minutes = 0;
    assert!(!slot.is_gap());
    assert_eq!(slot.covered_percent(), 0);
}
