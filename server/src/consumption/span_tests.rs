//! Spans in steps and patterns: sums that agree at every step, days of 23 and 25 hours, gaps that stay
//! gaps.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecotrack_common::bill::{Parameters, Tariff};
use ecotrack_common::consumption::{Resolution, Slot, Standby, Weather, cut};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::Channel;
use ecotrack_common::profile::Connection;
use ecotrack_common::{Kwh, MeterId, Money};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::costs::Costs;
use super::flows::{FlowDay, Flows};
use super::home::{KnownGroup, MeterDay};
use super::past::Past;
use super::spans::{FlowSpanDay, Meters, SpanRow, day_slot, days, part_slots};
use super::{degree_days, patterns};
use crate::catalog::Reference;
use crate::tariffs::EffectiveTariff;

const TODAY: Date = date(2027, 6, 1);

fn madrid() -> TimeZone {
    TimeZone::get("Europe/Madrid").unwrap()
}

fn span(first: Date, last: Date) -> Cycle {
    Cycle { first, last }
}

/// A meter's day in steps of so many minutes.
fn row(meter: u128, channel: Channel, date: Date, step: u16, mwh: Vec<Option<i32>>) -> SpanRow {
    let known = mwh.iter().flatten().map(|mwh| i64::from(*mwh));
    let minutes = |steps: usize| i16::try_from(steps * usize::from(step)).unwrap();
    let covered = minutes(mwh.iter().flatten().count());
    SpanRow {
        day: MeterDay {
            meter: MeterId(Uuid::from_u128(meter)),
            group: MeterId(Uuid::from_u128(meter)),
            channel,
            date,
            kwh: (covered > 0).then(|| Kwh::from_mwh(known.sum())),
            covered_minutes: covered,
            day_minutes: minutes(mwh.len()),
            steps: true,
            estimated: false,
        },
        step_minutes: Some(step),
        mwh,
        estimated: Vec::new(),
    }
}

/// The same as a sum that registers tell.
fn spread(date: Date, mwh: i64, minutes: i16) -> SpanRow {
    let mut row = row(1, Channel::GridImport, date, 60, vec![None; 24]);
    row.day.kwh = Some(Kwh::from_mwh(mwh));
    row.day.covered_minutes = minutes;
    row.day.steps = false;
    row.day.estimated = true;
    (row.step_minutes, row.mwh) = (None, Vec::new());
    row
}

fn one_meter(rows: &[SpanRow], of: Cycle, minutes: Option<u16>) -> BTreeMap<Date, FlowSpanDay> {
    let meters = Meters {
        known: &[],
        signed: true,
    };
    days(rows, &meters, of, minutes, &madrid())
}

fn mwh(slot: &Slot) -> Option<i64> {
    slot.kwh.and_then(Kwh::to_mwh)
}

#[test]
fn a_day_has_as_many_hours_as_the_clock_and_the_hour_that_comes_twice_is_there_twice() {
    for (day, hours) in [
        (date(2026, 3, 29), 23),
        (date(2026, 10, 25), 25),
        (date(2026, 7, 1), 24),
    ] {
        let rows = [row(
            1,
            Channel::GridImport,
            day,
            60,
            vec![Some(1_000); hours],
        )];
        let of = span(day, day);
        let known = one_meter(&rows, of, Some(60));
        let slots = part_slots(&known, of, 60, TODAY, &madrid());
        assert_eq!(slots.len(), hours);
        let at_two = slots
            .iter()
            .filter(|slot| slot.time.unwrap().hour() == 2)
            .count();
        assert_eq!(at_two, hours - 23, "{day}");
        let whole = day_slot(&known, of, TODAY);
        let long = i64::try_from(hours).unwrap();
        assert_eq!(whole.minutes, long * 60);
        assert_eq!(whole.covered_minutes, whole.minutes);
        assert_eq!(mwh(&whole), Some(long * 1_000));
        let by_clock = patterns::hours(&known, &madrid());
        assert_eq!(
            by_clock.iter().filter(|hour| hour.hour == 2).count(),
            hours - 23
        );
    }
}

#[test]
fn a_gap_is_a_gap_and_a_part_of_one_is_known_as_far_as_it_is() {
    let day = date(2026, 7, 1);
    let mut steps = vec![Some(100); 96];
    steps[4] = None;
    steps[8..12].fill(None);
    let rows = [row(1, Channel::GridImport, day, 15, steps)];
    let of = span(day, date(2026, 7, 2));
    let known = one_meter(&rows, of, Some(60));
    let slots = part_slots(&known, of, 60, TODAY, &madrid());
    assert_eq!((mwh(&slots[0]), slots[0].covered_minutes), (Some(400), 60));
    assert_eq!((mwh(&slots[1]), slots[1].covered_minutes), (Some(300), 45));
    assert!(slots[1].is_partly() && !slots[1].is_gap());
    assert_eq!((mwh(&slots[2]), slots[2].is_gap()), (None, true));
    // The day after is not known at all, and counts as time that could be.
    assert!(slots[24..].iter().all(Slot::is_gap));
    let both = day_slot(&known, of, TODAY);
    assert_eq!((both.covered_minutes, both.minutes), (1_440 - 75, 2_880));
    // Hours that are known in part are no hours to learn from.
    assert_eq!(patterns::hours(&known, &madrid()).len(), 22);
}

#[test]
fn steps_that_are_longer_than_asked_tell_nothing_and_those_to_come_are_no_gap() {
    let day = date(2026, 7, 1);
    let rows = [row(1, Channel::GridImport, day, 60, vec![Some(1_000); 24])];
    let of = span(day, day);
    let quarters = one_meter(&rows, of, Some(15));
    assert!(quarters[&day].parts.iter().all(|part| part.mwh.is_none()));
    let known = one_meter(&[], of, Some(60));
    let before = day_slot(&known, of, day.yesterday().unwrap());
    assert_eq!((before.minutes, before.is_gap()), (0, false));
    assert!(day_slot(&known, of, TODAY).is_gap());
}

#[test]
fn what_a_home_uses_is_less_what_it_gives_and_unknown_where_a_meter_is() {
    let (first, second) = (date(2026, 7, 1), date(2026, 7, 2));
    let rows = [
        row(1, Channel::GridImport, first, 60, vec![Some(1_000); 24]),
        row(2, Channel::SolarProduction, first, 60, vec![Some(500); 24]),
        row(3, Channel::GridExport, first, 60, vec![Some(300); 24]),
        row(1, Channel::GridImport, second, 60, vec![Some(1_000); 24]),
    ];
    let group = |meter, channel, first_day| KnownGroup {
        group: MeterId(Uuid::from_u128(meter)),
        channel,
        first_day,
    };
    let known = [
        group(1, Channel::GridImport, first),
        group(2, Channel::SolarProduction, first),
        group(3, Channel::GridExport, first),
    ];
    let meters = Meters {
        known: &known,
        signed: true,
    };
    let of = days(&rows, &meters, span(first, second), Some(60), &madrid());
    assert_eq!(of[&first].whole.mwh, Some(24 * 1_200));
    assert_eq!(of[&first].parts[3].mwh, Some(1_200));
    assert_eq!(of[&second].whole.mwh, None);
}

#[test]
fn what_is_estimated_is_told_by_its_energy() {
    let day = date(2026, 7, 1);
    let mut one = row(1, Channel::GridImport, day, 60, vec![Some(1_000); 24]);
    one.estimated = (0..24).map(|hour| hour < 6).collect();
    one.day.estimated = true;
    let rows = [one, spread(date(2026, 7, 2), 24_000, 1_440)];
    let share = |first: Date, last: Date| {
        let of = span(first, last);
        let slot = day_slot(&one_meter(&rows, of, None), of, TODAY);
        slot.estimated_share.unwrap()
    };
    assert_eq!(share(day, day), Decimal::new(25, 2));
    assert_eq!(share(date(2026, 7, 2), date(2026, 7, 2)), Decimal::ONE);
    assert_eq!(share(day, date(2026, 7, 2)), Decimal::new(625, 3));
}

/// Days from a Sunday in March on, over the change of the clock: each whole, with gaps, or not there.
fn year() -> impl Strategy<Value = Vec<Option<(Vec<Option<i32>>, bool)>>> {
    let step = prop::option::weighted(0.9, 0_i32..2_000_000);
    let day = (prop::collection::vec(step, 25), any::<bool>());
    prop::collection::vec(prop::option::weighted(0.9, day), 40..120)
}

/// A day's steps, and whether a register tells them as one.
type Drawn = Option<(Vec<Option<i32>>, bool)>;

fn rows_of(drawn: &[Drawn]) -> (Vec<SpanRow>, Cycle) {
    let first = date(2026, 3, 1);
    let zone = madrid();
    let mut rows = Vec::new();
    for (at, day) in (0_i64..).zip(drawn) {
        let date = first.saturating_add(at.days());
        let begin = date.to_zoned(zone.clone()).unwrap();
        let end = date.tomorrow().unwrap().to_zoned(zone.clone()).unwrap();
        let hours = (end.timestamp().as_second() - begin.timestamp().as_second()) / 3_600;
        if let Some((steps, register)) = day {
            let steps: Vec<Option<i32>> = steps.iter().copied().take(hours as usize).collect();
            let sum: i64 = steps.iter().flatten().map(|mwh| i64::from(*mwh)).sum();
            rows.push(if *register {
                spread(date, sum, 1_000)
            } else {
                row(1, Channel::GridImport, date, 60, steps)
            });
        }
    }
    let last = first.saturating_add((i64::try_from(drawn.len()).unwrap() - 1).days());
    (rows, span(first, last))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_over_hours_weeks_months_and_years_are_those_over_days(drawn in year()) {
        let (rows, of) = rows_of(&drawn);
        let known = one_meter(&rows, of, Some(60));
        let all = day_slot(&known, of, TODAY);
        for by in [Resolution::Day, Resolution::Week, Resolution::Month, Resolution::Year] {
            let slots: Vec<Slot> = cut(of, by)
                .into_iter()
                .map(|part| day_slot(&known, part, TODAY))
                .collect();
            let sum: i64 = slots.iter().filter_map(mwh).sum();
            prop_assert_eq!(sum, mwh(&all).unwrap_or(0), "by {}", by);
            prop_assert_eq!(slots.iter().map(|slot| slot.minutes).sum::<i64>(), all.minutes);
            let covered: i64 = slots.iter().map(|slot| slot.covered_minutes).sum();
            prop_assert_eq!(covered, all.covered_minutes);
            for slot in &slots {
                prop_assert!((0..=slot.minutes).contains(&slot.covered_minutes));
                prop_assert_eq!(slot.kwh.is_none(), slot.covered_minutes == 0 && slot.kwh.is_none());
            }
        }
        // Hours add up to the days that tell hours; days that do not, have none.
        let hours = part_slots(&known, of, 60, TODAY, &madrid());
        for (date, day) in &known {
            let parts: Vec<&Slot> = hours.iter().filter(|slot| slot.first == *date).collect();
            prop_assert_eq!(i64::try_from(parts.len()).unwrap() * 60, day.whole.minutes);
            let known: Vec<i64> = parts.iter().filter_map(|slot| mwh(slot)).collect();
            if day.has_steps {
                prop_assert_eq!(known.iter().sum::<i64>(), day.whole.mwh.unwrap_or(0));
            } else {
                prop_assert!(known.is_empty());
            }
        }
    }

    #[test]
    fn the_cost_of_days_adds_up_to_that_of_weeks_and_months_whatever_the_tiers(
        kwh in prop::collection::vec(prop::option::weighted(0.9, 0_i64..40), 60..140),
        cycle_day in 1_i8..29
    ) {
        let first = date(2026, 3, 3);
        let import = (0_i64..)
            .zip(&kwh)
            .map(|(at, kwh)| {
                let kwh = kwh.map(|kwh| Kwh(Decimal::from(kwh)));
                (first.saturating_add(at.days()), FlowDay { kwh, steps: None })
            })
            .collect();
        let past = past(import, cycle_day);
        let of = span(first, first.saturating_add((i64::try_from(kwh.len()).unwrap() - 1).days()));
        let mut costs = Costs::new(&past, of);
        let whole = costs.of(of).unwrap();
        for by in [Resolution::Day, Resolution::Week, Resolution::Month] {
            let parts: Decimal = cut(of, by)
                .into_iter()
                .map(|part| costs.of(part).unwrap().0)
                .sum();
            prop_assert_eq!(parts, whole.0, "by {}", by);
        }
    }
}

/// 0.50 a kWh up to 100 in a cycle, 1.00 beyond, and 10 a month whatever is used.
pub(super) fn tiers() -> Tariff {
    let tariff = json!({ "id": "t", "name": "T", "currency": "BRL", "time_zone": "Europe/Madrid", "versions": [{
        "valid_from": "2015-01-01",
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh",
              "tiers": { "mode": "marginal", "bounds_kwh": ["100"], "prices": [{ "const": "0.50" }, { "const": "1.00" }] } },
            { "code": "FIXED", "basis": "per_month", "price": { "const": "10" } },
        ],
    }] });
    serde_json::from_value(tariff).unwrap()
}

fn past(import: BTreeMap<Date, FlowDay>, cycle_day: i8) -> Past {
    let own = EffectiveTariff {
        tariff: Arc::new(tiers()),
        parameters: Parameters::default(),
        example: false,
        slug: None,
        name: "Own".to_owned(),
    };
    Past {
        currency: "BRL".to_owned(),
        connection: Connection::Single,
        cycle_day,
        tariffs: vec![(date(1900, 1, 1), Ok(Some(own)))],
        flows: Flows {
            time_zone: "Europe/Madrid".to_owned(),
            import,
            ..Flows::default()
        },
        reference: Arc::new(Reference::default()),
    }
}

#[test]
fn a_day_costs_what_it_adds_to_its_cycle() {
    let import = span(date(2026, 6, 1), date(2026, 6, 30))
        .iter()
        .map(|day| {
            (
                day,
                FlowDay {
                    kwh: Some(Kwh(Decimal::from(10))),
                    steps: None,
                },
            )
        })
        .collect();
    let past = past(import, 1);
    let mut costs = Costs::new(&past, span(date(2026, 6, 1), date(2026, 6, 30)));
    let mut of = |first: i8, last: i8| costs.of(span(date(2026, 6, first), date(2026, 6, last)));
    let money = |text: &str| Money(text.parse().unwrap());
    assert_eq!(of(3, 3), Ok(money("5.00")));
    assert_eq!(of(11, 11), Ok(money("10.00")));
    assert_eq!(of(10, 11), Ok(money("15.00")));
    // Without what is charged for the month as such.
    assert_eq!(of(1, 30), Ok(money("250.00")));
}

#[test]
fn a_gap_earlier_today_is_a_gap_and_what_is_to_come_is_none() {
    let mut hours = vec![Some(1_000); 10];
    hours[3..5].fill(None);
    hours.resize(24, None);
    let rows = [row(1, Channel::GridImport, TODAY, 60, hours)];
    let of = span(TODAY, TODAY);
    let known = one_meter(&rows, of, Some(60));
    let slots = part_slots(&known, of, 60, TODAY, &madrid());
    let gaps: Vec<usize> = (0..24).filter(|at| slots[*at].is_gap()).collect();
    assert_eq!(gaps, [3, 4]);
    for whole in [
        day_slot(&known, of, TODAY),
        day_slot(&one_meter(&rows, of, None), of, TODAY),
    ] {
        assert_eq!((whole.covered_minutes, whole.minutes), (480, 600));
        assert!(whole.is_partly());
    }
    // In quarters of an hour, of which half of one hour is missing.
    let mut quarters = vec![Some(250); 8];
    quarters[1..3].fill(None);
    quarters.resize(96, None);
    let rows = [row(1, Channel::GridImport, TODAY, 15, quarters)];
    let known = one_meter(&rows, of, Some(60));
    let slots = part_slots(&known, of, 60, TODAY, &madrid());
    let of = |at: usize| (slots[at].covered_minutes, slots[at].minutes);
    assert_eq!((of(0), of(1), of(2)), ((30, 60), (60, 60), (0, 0)));
    // What only registers tell is as long as it is known.
    let rows = [spread(TODAY, 5_000, 600)];
    let of = span(TODAY, TODAY);
    let whole = day_slot(&one_meter(&rows, of, None), of, TODAY);
    assert_eq!((whole.covered_minutes, whole.minutes), (600, 600));
}

/// Days of hours: so many mWh in each, more in the evening.
fn evenings(floor: i32, count: i64) -> BTreeMap<Date, FlowSpanDay> {
    let first = date(2026, 6, 1);
    let rows: Vec<SpanRow> = (0..count)
        .map(|at| {
            let hour = |hour| Some(if hour >= 18 { 1_000_000 } else { floor });
            let steps = (0..24).map(hour).collect();
            row(
                1,
                Channel::GridImport,
                first.saturating_add(at.days()),
                60,
                steps,
            )
        })
        .collect();
    one_meter(
        &rows,
        span(first, first.saturating_add((count - 1).days())),
        Some(60),
    )
}

#[test]
fn what_never_stops_is_the_floor_of_days_with_its_share() {
    let Standby::Known {
        kwh_an_hour,
        share,
        days,
    } = patterns::standby_of(&evenings(100_000, 10))
    else {
        panic!("ten days are enough")
    };
    assert_eq!((kwh_an_hour, days), (Kwh(Decimal::new(1, 1)), 10));
    // 2.4 of 1.8 + 6 kWh.
    assert_eq!(share, Decimal::new(3077, 4));
    assert_eq!(
        patterns::standby_of(&evenings(100_000, 3)),
        Standby::FewDays { have: 3, need: 7 }
    );
    let registers = [spread(date(2026, 6, 1), 1, 1_440)];
    let of = span(date(2026, 6, 1), date(2026, 6, 30));
    assert_eq!(
        patterns::standby_of(&one_meter(&registers, of, Some(60))),
        Standby::NoHours
    );
}

#[test]
fn the_week_has_a_mean_for_each_hour_and_weekends_their_own_day() {
    let known = evenings(100_000, 14);
    let hours = patterns::hours(&known, &madrid());
    let heat = patterns::heat(&hours);
    assert_eq!(
        (heat.len(), heat[0].weekday, heat[167].weekday),
        (168, 1, 7)
    );
    assert!(heat.iter().all(|cell| cell.days == 2));
    assert_eq!(heat[18].kwh, Some(Kwh(Decimal::ONE)));
    let profile = patterns::profile(&hours);
    assert_eq!(
        (profile.len(), profile[0].days, profile[24].days),
        (48, 10, 4)
    );
    assert_eq!(profile[20].p10, Some(Kwh(Decimal::ONE)));
    // Of four days nobody can tell tenths.
    assert_eq!(
        (profile[44].mean, profile[44].p90),
        (Some(Kwh(Decimal::ONE)), None)
    );
    assert!(patterns::heat(&[]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn means_lie_between_their_tenths_and_add_up_to_the_days(drawn in year()) {
        let (rows, of) = rows_of(&drawn);
        let known = one_meter(&rows, of, Some(60));
        let hours = patterns::hours(&known, &madrid());
        let counted: i32 = patterns::heat(&hours).iter().map(|cell| cell.days).sum();
        prop_assert_eq!(counted as usize, hours.len());
        for hour in patterns::profile(&hours) {
            if let (Some(p10), Some(p90)) = (hour.p10, hour.p90) {
                prop_assert!(p10.0 <= p90.0 && hour.days >= 5);
            }
        }
        if let Standby::Known { share, kwh_an_hour, .. } = patterns::standby_of(&known) {
            prop_assert!(share >= Decimal::ZERO && share <= Decimal::ONE);
            prop_assert!(kwh_an_hour.0 >= Decimal::ZERO);
        }
    }
}

/// Three years of temperatures that swing over the year, the last a degree and a half colder.
fn temperatures() -> BTreeMap<Date, f64> {
    span(date(2023, 7, 1), date(2026, 6, 30))
        .iter()
        .map(|day| {
            let turn = f64::from(day.day_of_year()) / 365.25 * std::f64::consts::TAU;
            let colder = if day >= date(2025, 7, 1) { 1.5 } else { 0.0 };
            let wobble = f64::from(day.day() % 7) - 3.0;
            (day, 17.5 - 9.0 * turn.cos() - colder + wobble)
        })
        .collect()
}

#[test]
fn a_home_that_heats_and_cools_is_put_to_usual_weather() {
    let celsius = temperatures();
    let use_of: BTreeMap<Date, Kwh> = celsius
        .iter()
        .map(|(day, celsius)| {
            let heating = (15.0 - celsius).max(0.0);
            let cooling = (celsius - 20.0).max(0.0);
            let noise = f64::from(day.day() % 3) - 1.0;
            let kwh = 6.0 + 0.8 * heating + 0.5 * cooling + 0.3 * noise;
            (
                *day,
                Kwh(Decimal::from_f64_retain(kwh).unwrap().round_dp(6)),
            )
        })
        .collect();
    let winter = span(date(2025, 12, 1), date(2026, 2, 28));
    let Weather::Known { fit, normal } = degree_days::weather(&use_of, &celsius, winter) else {
        panic!("the weather does it")
    };
    let near = |kwh: Kwh, to: f64| (kwh.to_f64() - to).abs() < 0.05;
    assert!(
        near(fit.heating_kwh, 0.8) && near(fit.cooling_kwh, 0.5) && near(fit.base_kwh, 6.0),
        "{fit:?}"
    );
    assert!(fit.explained > Decimal::new(9, 1));
    let normal = normal.unwrap();
    assert_eq!((normal.days, normal.years), (90, 3));
    // The winter was colder than the mean of the three: by a degree.
    let saved = normal.kwh_a_day.to_f64() - normal.normal_kwh_a_day.to_f64();
    assert!((saved - 0.8).abs() < 0.1, "{normal:?}");
}

#[test]
fn weather_that_does_nothing_or_is_not_known_makes_no_number() {
    let celsius = temperatures();
    let same: BTreeMap<Date, Kwh> = celsius
        .keys()
        .map(|day| (*day, Kwh(Decimal::from(5 + day.day() % 4))))
        .collect();
    let of = span(date(2026, 1, 1), date(2026, 1, 31));
    assert_eq!(
        degree_days::weather(&same, &BTreeMap::new(), of),
        Weather::NoTemperatures
    );
    assert!(matches!(
        degree_days::weather(&same, &celsius, of),
        Weather::NoEffect { .. }
    ));
    let few: BTreeMap<Date, Kwh> = same.into_iter().take(10).collect();
    assert_eq!(
        degree_days::weather(&few, &celsius, of),
        Weather::FewDays { have: 10, need: 60 }
    );
}

#[test]
fn temperatures_of_one_year_tell_the_effect_and_not_what_is_usual() {
    let celsius: BTreeMap<Date, f64> = temperatures()
        .into_iter()
        .filter(|(day, _)| *day >= date(2025, 7, 1))
        .collect();
    let use_of: BTreeMap<Date, Kwh> = celsius
        .iter()
        .map(|(day, celsius)| (*day, Kwh(Decimal::from(30_i64 - *celsius as i64))))
        .collect();
    let winter = span(date(2025, 12, 1), date(2026, 2, 28));
    let found = degree_days::weather(&use_of, &celsius, winter);
    assert!(
        matches!(found, Weather::Known { normal: None, .. }),
        "{found:?}"
    );
}
