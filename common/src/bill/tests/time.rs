//! Prices by the time of day: windows, holidays, clocks that change, series.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;

use super::{d, from_json, money, shipped, six, tables};
use crate::Kwh;
use crate::bill::*;
use crate::cycle::Cycle;
use crate::holiday::{Holiday, HolidayCalendar};

/// Steps of a cycle: `mwh(day, minute)` for the step that begins `minute` minutes after midnight.
pub(super) fn steps(
    zone: &str,
    step_minutes: u16,
    cycle: Cycle,
    mwh: impl Fn(Date, u16) -> Option<u32>,
) -> Usage {
    let tz = TimeZone::get(zone).unwrap();
    let start = |day: Date| tz.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
    let of_day = |day: Date| {
        let minutes = start(day.tomorrow().unwrap())
            .duration_since(start(day))
            .as_mins();
        let count = u16::try_from(minutes).unwrap() / step_minutes;
        DaySteps {
            step_minutes,
            mwh: (0..count).map(|at| mwh(day, at * step_minutes)).collect(),
        }
    };
    Usage::Steps(StepUse {
        time_zone: zone.to_owned(),
        days: cycle.iter().map(|day| (day, of_day(day))).collect(),
    })
}

/// Shares `kwh` out evenly over the steps for which `inside` holds, to the milliwatt-hour.
struct Spread {
    inside: Box<dyn Fn(Date, u16) -> bool>,
    kwh: u32,
}

fn spread(zone: &str, step_minutes: u16, cycle: Cycle, parts: &[Spread]) -> Usage {
    let Usage::Steps(mut steps) = steps(zone, step_minutes, cycle, |_, _| Some(0)) else {
        unreachable!("the helper makes steps")
    };
    for part in parts {
        let mut slots: Vec<&mut u32> = Vec::new();
        for (day, of_day) in &mut steps.days {
            for (at, mwh) in (0_u16..).zip(&mut of_day.mwh) {
                if (part.inside)(*day, at * step_minutes) {
                    slots.push(mwh.as_mut().unwrap());
                }
            }
        }
        let count = u32::try_from(slots.len()).unwrap();
        let total = part.kwh * 1_000_000;
        for (at, slot) in (0..).zip(slots) {
            *slot = total / count + u32::from(at < total % count);
        }
    }
    Usage::Steps(steps)
}

pub(super) fn priced(tariff: &Tariff, tables: &Tables, usage: &Usage, cycle: Cycle) -> Bill {
    price(tariff, &Parameters::default(), tables, usage, cycle).unwrap()
}

fn june() -> Cycle {
    Cycle {
        first: date(2026, 6, 1),
        last: date(2026, 6, 30),
    }
}

fn in_zone(mut tariff: Tariff, zone: &str) -> Tariff {
    zone.clone_into(&mut tariff.time_zone);
    tariff
}

fn economy_7() -> Tariff {
    let tariff = from_json(json!({
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.28" }, "rest": "day", "windows": [
                { "name": "night", "holidays": "as_listed", "start_min": 30, "end_min": 450, "price": { "const": "0.12" } }] },
            { "code": "STANDING", "basis": "per_day", "price": { "const": "0.5368" } },
        ],
        "taxes": [{ "code": "VAT", "rate": { "const": "0.05" }, "method": "on_top", "base": ["ENERGY", "STANDING"] }],
    }));
    in_zone(tariff, "Europe/London")
}

fn is_night(minute: u16) -> bool {
    (30..450).contains(&minute)
}

#[test]
fn economy_7_meets_its_vector() {
    let parts = [
        Spread {
            inside: Box::new(|_, minute| is_night(minute)),
            kwh: 120,
        },
        Spread {
            inside: Box::new(|_, minute| !is_night(minute)),
            kwh: 180,
        },
    ];
    let usage = spread("Europe/London", 30, june(), &parts);
    let bill = priced(&economy_7(), &Tables::default(), &usage, june());
    assert_eq!(bill.total, money("84.95"));
    let lines: Vec<_> = bill
        .lines_of("ENERGY")
        .map(|line| (line.window.as_deref().unwrap(), line.quantity))
        .collect();
    assert_eq!(lines, [("day", d("180")), ("night", d("120"))]);
    assert!(bill.lines[0].rules.contains(&LineRule::Window));
}

fn spanish() -> Tariff {
    let working_days = [1, 2, 3, 4, 5];
    let window = |name: &str, start: u16, end: u16, price: &str| {
        json!({ "name": name, "weekdays": working_days, "holidays": "as_sunday",
                "start_min": start * 60, "end_min": end * 60, "price": { "const": price } })
    };
    let mut tariff = from_json(json!({
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "rest": "P3", "price": { "const": "0.10" }, "windows": [
                window("P2", 8, 24, "0.14"), window("P1", 10, 14, "0.20"), window("P1", 18, 22, "0.20"),
            ] },
            { "code": "POWER_P1", "basis": { "per_kw_day": { "period": "P1" } }, "price": { "const": "0.080" } },
            { "code": "POWER_P2", "basis": { "per_kw_day": { "period": "P2" } }, "price": { "const": "0.003" } },
            { "code": "METER", "basis": "per_month", "price": { "const": "0.81" } },
        ],
        "taxes": [
            { "code": "IEE", "rate": { "const": "0.0511269632" }, "method": "on_top",
              "base": ["ENERGY", "POWER_P1", "POWER_P2"] },
            { "code": "IVA", "rate": { "const": "0.21" }, "method": "on_top",
              "base": ["ENERGY", "POWER_P1", "POWER_P2", "METER", "IEE"] },
        ],
    }));
    tariff.holidays = Some("ES".into());
    tariff
}

/// What the posts of 2.0TD are, written down again in another way.
fn spanish_period(day: Date, minute: u16) -> &'static str {
    let holiday = [date(2026, 6, 4)];
    if day.weekday().to_monday_one_offset() > 5 || holiday.contains(&day) {
        return "P3";
    }
    match minute / 60 {
        0..8 => "P3",
        10..14 | 18..22 => "P1",
        _ => "P2",
    }
}

fn spanish_tables() -> Tables {
    let corpus_christi = Holiday {
        date: "easter+60".parse().unwrap(),
        name: "Corpus Christi".into(),
        first_year: None,
        last_year: None,
    };
    Tables {
        holidays: BTreeMap::from([("ES".to_owned(), HolidayCalendar(vec![corpus_christi]))]),
        ..Tables::default()
    }
}

#[test]
fn the_spanish_tariff_meets_its_vector() {
    let part = |period: &'static str, kwh| Spread {
        inside: Box::new(move |day, minute| spanish_period(day, minute) == period),
        kwh,
    };
    let usage = spread(
        "Europe/Madrid",
        15,
        june(),
        &[part("P1", 60), part("P2", 70), part("P3", 120)],
    );
    let parameters = Parameters {
        contracted_kw: BTreeMap::from([("P1".to_owned(), d("3.3")), ("P2".to_owned(), d("3.3"))]),
        ..Parameters::default()
    };
    let bill = price(&spanish(), &parameters, &spanish_tables(), &usage, june()).unwrap();
    let quantities: BTreeMap<_, _> = bill
        .lines_of("ENERGY")
        .map(|line| (line.window.as_deref().unwrap(), line.quantity))
        .collect();
    assert_eq!(
        quantities,
        BTreeMap::from([("P1", d("60")), ("P2", d("70")), ("P3", d("120"))])
    );
    assert_eq!(bill.net_of("ENERGY"), money("33.80"));
    assert_eq!(six(bill.tax("IEE")), "2.148202");
    assert_eq!(bill.total, money("54.42"));
}

#[test]
fn the_examples_that_ship_meet_the_vectors_too() {
    let night = |_: Date, minute: u16| is_night(minute);
    let usage = spread(
        "Europe/London",
        30,
        june(),
        &[
            Spread {
                inside: Box::new(night),
                kwh: 120,
            },
            Spread {
                inside: Box::new(move |day, minute| !night(day, minute)),
                kwh: 180,
            },
        ],
    );
    let economy_7 = shipped("gb-economy-7");
    assert_eq!(
        priced(&economy_7, tables(), &usage, june()).total,
        money("84.95")
    );
    // No holiday of 2.0TD lies in June.
    let part = |period: &'static str, kwh| Spread {
        inside: Box::new(move |day: Date, minute| {
            let weekday = day.weekday().to_monday_one_offset();
            let period_of = if weekday > 5 {
                "P3"
            } else {
                spanish_period(date(2026, 6, 1), minute)
            };
            period_of == period
        }),
        kwh,
    };
    let parts = [part("P1", 60), part("P2", 70), part("P3", 120)];
    let usage = spread("Europe/Madrid", 15, june(), &parts);
    let bill = priced(&shipped("es-2.0td"), tables(), &usage, june());
    assert_eq!(bill.total, money("54.42"));
    assert_eq!(bill.assumptions[0].kind, AssumptionKind::DefaultPower);
    let indian = shipped("in-andhra-pradesh-2022");
    let total = Usage::Total(Kwh(d("226")));
    assert_eq!(
        priced(&indian, tables(), &total, june()).total,
        money("1024.60")
    );
    let week = Cycle {
        first: date(2024, 4, 8),
        last: date(2024, 4, 14),
    };
    let flat = steps("Europe/Brussels", 60, week, |_, _| Some(1_000_000));
    let bill = priced(&shipped("be-day-ahead-example"), tables(), &flat, week);
    let mean = bill.lines[0].unit_price;
    assert!(mean > d("0.03") && mean < d("0.06"), "{mean}");
}

#[test]
fn tarifa_branca_knows_its_hours_and_says_that_its_prices_are_missing() {
    let home = Parameters {
        connection: Some(crate::profile::Connection::Single),
        ..Parameters::default()
    };
    let september = Cycle {
        first: date(2026, 9, 1),
        last: date(2026, 9, 30),
    };
    // Independence Day is a Monday, and off peak.
    let post = |day: Date, minute: u16| {
        let off = day.weekday().to_monday_one_offset() > 5 || day == date(2026, 9, 7);
        match minute {
            1_020..1_200 if !off => "peak",
            960..1_260 if !off => "intermediate",
            _ => "off_peak",
        }
    };
    for known in ["peak", "intermediate", "off_peak"] {
        let usage = steps("America/Sao_Paulo", 30, september, |day, minute| {
            Some(if post(day, minute) == known {
                100_000
            } else {
                0
            })
        });
        let tariff = shipped("br-cemig-d-branca");
        let error = price(&tariff, &home, tables(), &usage, september).unwrap_err();
        let BillError::Missing { what, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(what.to_string(), format!("price TE ({known})"));
    }
}

#[test]
fn without_its_holidays_a_tariff_has_no_bill() {
    let usage = steps("Europe/Madrid", 60, june(), |_, _| Some(1_000));
    let parameters = Parameters {
        contracted_kw: BTreeMap::from([("P1".to_owned(), d("3")), ("P2".to_owned(), d("3"))]),
        ..Parameters::default()
    };
    let error = price(&spanish(), &parameters, &Tables::default(), &usage, june()).unwrap_err();
    assert_eq!(
        error,
        BillError::Missing {
            what: MissingFigure::Holidays("ES".into()),
            on: None
        }
    );
}

#[test]
fn a_total_says_nothing_of_the_time_of_day_unless_days_lie_in_one_window() {
    let total = Usage::Total(Kwh(d("300")));
    let error = price(
        &economy_7(),
        &Parameters::default(),
        &Tables::default(),
        &total,
        june(),
    )
    .unwrap_err();
    assert_eq!(
        error,
        BillError::Missing {
            what: MissingFigure::UseByTime,
            on: Some(june().first)
        }
    );
    // A season is a matter of days.
    let seasonal = from_json(json!({ "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "rest": "winter", "price": { "const": "0.10" }, "windows": [
            { "name": "summer", "months": [6, 7, 8, 9], "holidays": "as_listed", "start_min": 0, "end_min": 1440,
              "price": { "const": "0.40" } }] }] }));
    let cycle = Cycle {
        first: date(2026, 5, 17),
        last: date(2026, 6, 15),
    };
    let bill = priced(&seasonal, &Tables::default(), &total, cycle);
    assert_eq!(bill.total, money("75.00"));
    assert_eq!(bill.lines.len(), 2);
}

#[test]
fn the_last_window_that_matches_wins() {
    let tariff = from_json(json!({ "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" }, "windows": [
            { "holidays": "as_listed", "start_min": 0, "end_min": 720, "price": { "const": "10" } },
            { "holidays": "as_listed", "start_min": 360, "end_min": 1440, "price": { "const": "100" } },
        ] }] }));
    let usage = steps("Europe/Madrid", 60, june(), |_, _| Some(1_000_000));
    let bill = priced(&tariff, &Tables::default(), &usage, june());
    // 30 days of 6 hours at 10 and 18 at 100.
    assert_eq!(bill.total, money("55800.00"));
    assert_eq!(bill.lines.len(), 2);
}

#[test]
fn windows_cut_steps_by_the_minute() {
    // Half past five is inside of an hourly step, whose energy is shared by minutes.
    let tariff = from_json(json!({ "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" }, "windows": [
            { "name": "peak", "holidays": "as_listed", "start_min": 1050, "end_min": 1069, "price": { "const": "2" } },
        ] }] }));
    let day = Cycle {
        first: date(2026, 6, 1),
        last: date(2026, 6, 1),
    };
    let usage = steps("Europe/Madrid", 60, day, |_, minute| {
        Some(if minute == 17 * 60 { 6_000_000 } else { 0 })
    });
    let bill = priced(&tariff, &Tables::default(), &usage, day);
    let peak = bill
        .lines
        .iter()
        .find(|line| line.window.is_some())
        .unwrap();
    assert_eq!(peak.quantity, d("1.9"));
    assert_eq!(bill.total, money("7.90"));
}

#[test]
fn days_of_23_and_25_hours_keep_their_windows() {
    // 29 March 2026 has no 02:00 in Madrid; 25 October has two.
    for (day, night_hours, hours) in [
        (date(2026, 3, 29), 7_u32, 23_u32),
        (date(2026, 10, 25), 9, 25),
    ] {
        let tariff = from_json(json!({ "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "rest": "day", "price": { "const": "1" }, "windows": [
                { "name": "night", "holidays": "as_listed", "start_min": 0, "end_min": 480, "price": { "const": "2" } },
            ] }] }));
        let cycle = Cycle {
            first: day,
            last: day,
        };
        let usage = steps("Europe/Madrid", 15, cycle, |_, _| Some(250_000));
        let bill = priced(&tariff, &Tables::default(), &usage, cycle);
        let of = |name: &str| {
            let mut lines = bill.lines.iter();
            lines
                .find(|line| line.window.as_deref() == Some(name))
                .unwrap()
                .quantity
        };
        assert_eq!(
            (of("night"), of("day")),
            (night_hours.into(), (hours - night_hours).into())
        );
    }
}

#[test]
fn a_meter_without_summer_time_has_its_windows_an_hour_later() {
    let mut tariff = economy_7();
    tariff.window_time_zone = Some("Etc/UTC".into());
    // One kWh at half past seven by the people's clock, half past six by the meter's.
    let at = |minute: u16| {
        steps("Europe/London", 30, june(), move |_, at| {
            Some(if at == minute { 1_000_000 } else { 0 })
        })
    };
    let window = |usage: &Usage| {
        let bill = priced(&tariff, &Tables::default(), usage, june());
        assert_eq!(bill.lines_of("ENERGY").count(), 1);
        bill.lines[0].window.clone().unwrap()
    };
    assert_eq!(window(&at(450)), "night");
    assert_eq!(window(&at(510)), "day");
    assert_eq!(window(&at(60)), "day");
    assert_eq!(window(&at(90)), "night");
    tariff.window_time_zone = None;
    assert_eq!(
        priced(&tariff, &Tables::default(), &at(450), june()).lines[0]
            .window
            .as_deref(),
        Some("day")
    );
}

#[test]
fn a_gap_has_no_energy_and_is_named() {
    let usage = steps("Europe/London", 30, june(), |day, minute| {
        (day != date(2026, 6, 7) || minute >= 60).then_some(100_000)
    });
    let bill = priced(&economy_7(), &Tables::default(), &usage, june());
    assert_eq!(bill.covered_days, 29);
    assert_eq!(bill.kwh, Kwh(d("143.8")));
    let gap = &bill.assumptions[0];
    assert_eq!(gap.kind, AssumptionKind::MissingDays);
    assert_eq!((gap.first, gap.last), (date(2026, 6, 7), date(2026, 6, 7)));
}

#[test]
fn steps_that_do_not_fill_a_day_are_refused() {
    let Usage::Steps(good) = steps("Europe/London", 30, june(), |_, _| Some(1)) else {
        unreachable!()
    };
    let refused = |change: &dyn Fn(&mut StepUse)| {
        let mut steps = good.clone();
        change(&mut steps);
        let usage = Usage::Steps(steps);
        price(
            &economy_7(),
            &Parameters::default(),
            &Tables::default(),
            &usage,
            june(),
        )
        .unwrap_err()
        .code()
    };
    let day = date(2026, 6, 9);
    let of_day = move |steps: &mut StepUse, step_minutes: u16, count: usize| {
        steps.days.insert(
            day,
            DaySteps {
                step_minutes,
                mwh: vec![Some(1); count],
            },
        );
    };
    for (step_minutes, count) in [(30, 47), (30, 49), (45, 32), (0, 0), (120, 12)] {
        let change = |steps: &mut StepUse| of_day(steps, step_minutes, count);
        assert_eq!(refused(&change), "invalid_steps");
    }
    assert_eq!(
        refused(&|steps: &mut StepUse| steps.time_zone = "Europe/Londn".into()),
        "unknown_time_zone"
    );
}

#[test]
fn a_price_that_is_marked_missing_is_named_with_its_window() {
    let tariff = from_json(json!({ "charges": [
        { "code": "TE", "basis": "per_kwh", "price": { "const": "1" }, "windows": [
            { "name": "peak", "holidays": "as_listed", "start_min": 1080, "end_min": 1260, "price": "missing" },
        ] }] }));
    let usage = steps("Europe/Madrid", 60, june(), |_, _| Some(1_000));
    let error = price(
        &tariff,
        &Parameters::default(),
        &Tables::default(),
        &usage,
        june(),
    )
    .unwrap_err();
    assert_eq!(
        error,
        BillError::Missing {
            what: MissingFigure::Price {
                charge: "TE".into(),
                window: Some("peak".into())
            },
            on: Some(june().first)
        }
    );
    // Without energy in it, nothing is missing.
    let usage = steps("Europe/Madrid", 60, june(), |_, minute| {
        Some(if minute < 600 { 1_000_000 } else { 0 })
    });
    assert_eq!(
        priced(&tariff, &Tables::default(), &usage, june()).total,
        money("300.00")
    );
}

#[test]
fn the_next_kwh_costs_what_its_window_does() {
    let usage = steps("Europe/London", 30, june(), |_, _| Some(100_000));
    let price = marginal_price(
        &economy_7(),
        &Parameters::default(),
        &Tables::default(),
        &usage,
        june(),
    )
    .unwrap();
    assert_eq!(price, money("0.294"));
}

proptest! {
    /// Against the plainest way there is: minute by minute.
    #[test]
    fn windows_price_as_minute_by_minute(
        windows in prop::collection::vec((0_u16..1439, 1_u16..1440, 0_u8..8, 0_u8..13, 0_i64..50), 0..6),
        step_minutes in prop::sample::select(&[5_u16, 10, 15, 20, 30, 60][..]),
        start in 0_i64..700,
        mwh in prop::collection::vec(0_u32..900_000, 1..50),
    ) {
        use jiff::ToSpan;
        let first = date(2025, 1, 1).saturating_add(start.days());
        let cycle = Cycle { first, last: first.saturating_add(2.days()) };
        let windows: Vec<_> = windows
            .into_iter()
            .filter(|(start, end, ..)| start < end)
            .map(|(start_min, end_min, weekday, month, price)| json!({
                "holidays": "as_listed", "start_min": start_min, "end_min": end_min, "price": { "const": price.to_string() },
                "weekdays": if weekday == 0 { vec![] } else { vec![weekday] },
                "months": if month == 0 { vec![] } else { vec![month] },
            }))
            .collect();
        let tariff = from_json(json!({ "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" }, "windows": windows }] }));
        let tz = TimeZone::get("Europe/Madrid").unwrap();
        let pick = |day: Date, minute: u16| mwh[(usize::from(minute / step_minutes) + usize::from(day.day().unsigned_abs())) % mwh.len()];
        let usage = steps("Europe/Madrid", step_minutes, cycle, |day, minute| Some(pick(day, minute)));
        let mut by_hand = rust_decimal::Decimal::ZERO;
        let Usage::Steps(known) = &usage else { unreachable!() };
        for (day, of_day) in &known.days {
            let begin = tz.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
            for (at, mwh) in of_day.mwh.iter().enumerate() {
                for minute in 0..step_minutes {
                    let minutes = i64::try_from(at).unwrap() * i64::from(step_minutes) + i64::from(minute);
                    let shown = tz.to_datetime(begin + minutes.minutes());
                    let of_day = u16::try_from(shown.hour()).unwrap() * 60 + u16::try_from(shown.minute()).unwrap();
                    let price = tariff.versions[0].charges[0].windows.iter().rfind(|window| {
                        (window.start_min..window.end_min).contains(&of_day)
                            && (window.weekdays.is_empty() || window.weekdays.contains(&u8::try_from(shown.weekday().to_monday_one_offset()).unwrap()))
                            && (window.months.is_empty() || window.months.contains(&u8::try_from(shown.month()).unwrap()))
                    });
                    let price = match price.map(|window| &window.price) {
                        Some(Price::Const(price)) => *price,
                        _ => rust_decimal::Decimal::ONE,
                    };
                    by_hand += price * rust_decimal::Decimal::from(mwh.unwrap());
                }
            }
        }
        let by_hand = by_hand / rust_decimal::Decimal::from(step_minutes) / d("1000000");
        let bill = priced(&tariff, &Tables::default(), &usage, cycle);
        prop_assert!((bill.net.0 - by_hand).abs() < d("0.000001"), "{} is not {by_hand}", bill.net.0);
    }
}
