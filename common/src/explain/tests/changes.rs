//! Why one bill is another, what the bills fit, and where the kWh came from.

use jiff::ToSpan;
use proptest::prelude::*;

use super::super::change::shapley;
use super::*;
use crate::dashboard::DayUse;

fn side(cycle: Cycle, energy: &str, total: &str, devices: &str, weather: &str) -> Side<'static> {
    Side {
        bill: RatedBill::from(&record(cycle, energy, total)),
        exchange: None,
        devices: kwh(devices),
        weather: kwh(weather),
    }
}

fn part(parts: &[ChangePart], factor: ChangeFactor) -> (Money, Kwh) {
    let part = parts.iter().find(|part| part.factor == factor).unwrap();
    (part.money, part.kwh)
}

fn tariffed(parameters: &Parameters) -> Tariffed<'_> {
    Tariffed {
        tariff: cemig(),
        parameters,
        tables: tables(),
    }
}

#[test]
fn one_factor_alone_makes_all_of_the_difference() {
    let home = aurora();
    let tariffs = Prices::Tariff([tariffed(&home), tariffed(&home)]);
    // June has one price and one flag, and so has July.
    let june = cycle(date(2026, 6, 1), date(2026, 6, 30));
    let july = cycle(date(2026, 7, 1), date(2026, 7, 30));
    let bill = |energy: &str, of: Cycle| {
        let usage = Usage::Total(kwh(energy));
        price(cemig(), &home, tables(), &usage, of)
            .unwrap()
            .total
            .0
            .to_string()
    };
    let before = side(june, "210", &bill("210", june), "2", "0");
    let only = |after: &Side, factor| {
        let parts = change(&before, after, &tariffs).unwrap();
        for part in &parts {
            let is_it = part.factor == factor;
            assert_eq!(part.money.0.is_zero(), !is_it, "{parts:?}");
        }
        assert_eq!(part(&parts, factor).0, after.bill.total - before.bill.total);
    };
    only(
        &side(july, "240", &bill("240", july), "3", "0"),
        ChangeFactor::Devices,
    );
    only(
        &side(july, "240", &bill("240", july), "2", "1"),
        ChangeFactor::Weather,
    );
    only(
        &side(july, "240", &bill("240", july), "2", "0"),
        ChangeFactor::Other,
    );
    let longer = cycle(date(2026, 7, 1), date(2026, 7, 31));
    only(
        &side(longer, "217", &bill("217", longer), "2", "0"),
        ChangeFactor::Days,
    );
    let dearer = bill("210", july).parse::<Decimal>().unwrap() + d("7.30");
    only(
        &side(july, "210", &dearer.to_string(), "2", "0"),
        ChangeFactor::Charged,
    );
    let april = april();
    let price = side(april, "210", &bill("210", april), "2", "0");
    let parts = change(&before, &price, &tariffs).unwrap();
    assert_eq!(
        part(&parts, ChangeFactor::Price).0,
        price.bill.total - before.bill.total
    );
}

#[test]
fn without_a_tariff_the_price_is_what_a_kwh_cost() {
    let june = cycle(date(2026, 6, 1), date(2026, 6, 30));
    let july = cycle(date(2026, 7, 1), date(2026, 7, 30));
    let (before, after) = (
        side(june, "200", "180", "0", "0"),
        side(july, "200", "200", "0", "0"),
    );
    let parts = change(&before, &after, &Prices::Average).unwrap();
    assert_eq!(part(&parts, ChangeFactor::Price), (money("20"), kwh("0")));
    // A month without use has no price.
    let nothing = side(july, "0", "30", "0", "0");
    let parts = change(&before, &nothing, &Prices::Average).unwrap();
    let sum: Money = parts.iter().map(|part| part.money).sum();
    assert_eq!(sum, money("-150"));
}

proptest! {
    #[test]
    fn parts_add_up_exactly(
        (energy, then) in (0_i64..900_000, 0_i64..900_000),
        (total, total_then) in (0_i64..100_000, 0_i64..100_000),
        (days, days_then) in (20_i32..45, 20_i32..45),
        (devices, devices_then) in (0_i64..9_000, 0_i64..9_000),
        weather in -3_000_i64..3_000,
        basis in 0_u8..3,
    ) {
        let first = date(2026, 6, 1);
        let of = |days: i32, energy: i64, total: i64, devices: i64, weather: i64| Side {
            bill: RatedBill {
                first,
                last: first.saturating_add((days - 1).days()),
                kwh: Kwh(Decimal::new(energy, 3)),
                total: Money(Decimal::new(total, 2)),
            },
            exchange: None,
            devices: Kwh(Decimal::new(devices, 3)),
            weather: Kwh(Decimal::new(weather, 3)),
        };
        let before = of(days_then, then, total_then, devices_then, 0);
        let after = of(days, energy, total, devices, weather);
        let home = aurora();
        let rate = EffectiveRate {
            fixed_per_day: money("0.5"),
            per_kwh: money("0.9"),
            fixed_held_at_zero: false,
            rmse: money("1"),
            bills: 5,
            first,
            last: first,
        };
        let prices = match basis {
            0 => Prices::Tariff([tariffed(&home), tariffed(&home)]),
            1 => Prices::Rate(&rate),
            _ => Prices::Average,
        };
        let parts = change(&before, &after, &prices).unwrap();
        let sum: Money = parts.iter().map(|part| part.money).sum();
        prop_assert_eq!(sum, after.bill.total - before.bill.total);
        let sum: Kwh = parts.iter().map(|part| part.kwh).sum();
        prop_assert_eq!(sum, after.bill.kwh - before.bill.kwh);
        if devices == devices_then {
            prop_assert_eq!(part(&parts, ChangeFactor::Devices), (money("0"), kwh("0")));
        }
        if weather == 0 {
            prop_assert_eq!(part(&parts, ChangeFactor::Weather), (money("0"), kwh("0")));
        }
    }

    #[test]
    fn shapley_values_are_efficient_symmetric_and_give_nothing_for_nothing(
        values in proptest::collection::vec(-1_000_000_i64..1_000_000, 32),
        (one, other) in (0_usize..5, 0_usize..5),
    ) {
        let values: Vec<Decimal> = values.into_iter().map(|value| Decimal::new(value, 2)).collect();
        let of = |values: &[Decimal]| shapley(values).unwrap();
        let parts = of(&values);
        prop_assert_eq!(parts.iter().sum::<Decimal>(), (values[31] - values[0]) * Decimal::from(120));

        // Two factors that change places change their parts, and nobody else's.
        let swapped = |set: usize| {
            let (a, b) = (set >> one & 1, set >> other & 1);
            set & !(1 << one) & !(1 << other) | a << other | b << one
        };
        let turned: Vec<Decimal> = (0..32).map(|set| values[swapped(set)]).collect();
        let mut expected = parts;
        expected.swap(one, other);
        prop_assert_eq!(of(&turned), expected);

        // A factor that changes nothing gets nothing.
        let without: Vec<Decimal> = (0..32_usize).map(|set| values[set & !(1 << one)]).collect();
        prop_assert_eq!(of(&without)[one], Decimal::ZERO);
    }
}

fn months(rows: &[(i64, &str, &str)]) -> Vec<RatedBill> {
    let mut first = date(2026, 1, 1);
    rows.iter()
        .map(|(days, energy, total)| {
            let last = first.saturating_add((days - 1).days());
            let bill = RatedBill::from(&record(cycle(first, last), energy, total));
            first = last.saturating_add(1.day());
            bill
        })
        .collect()
}

#[test]
fn bills_of_one_rate_give_it_back_with_no_residual() {
    // 0.60 a day and 0.95 a kWh.
    let bills = months(&[
        (31, "200", "208.60"),
        (28, "150", "159.30"),
        (31, "260", "265.60"),
        (30, "180", "189.00"),
    ]);
    let rate = effective_rate(&bills).unwrap();
    assert_eq!(
        (rate.fixed_per_day, rate.per_kwh),
        (money("0.6"), money("0.95"))
    );
    assert_eq!(
        (rate.bills, rate.rmse, rate.fixed_held_at_zero),
        (4, money("0"), false)
    );
    assert_eq!(
        (rate.first, rate.last),
        (date(2026, 1, 1), date(2026, 4, 30))
    );
    assert_eq!(rate.amount(31, kwh("212")), money("220.00"));
}

#[test]
fn bills_that_tell_no_rate_are_refused_with_the_reason() {
    let refused = |rows: &[(i64, &str, &str)]| effective_rate(&months(rows)).unwrap_err();
    assert_eq!(
        refused(&[(31, "200", "208"), (28, "150", "160")]),
        RateRefusal::TooFewBills
    );
    assert_eq!(
        refused(&[(30, "300", "300"), (31, "310", "320"), (28, "280", "290")]),
        RateRefusal::SameUseADay
    );
    assert_eq!(
        refused(&[(30, "100", "300"), (30, "200", "200"), (31, "310", "120")]),
        RateRefusal::FallsWithUse
    );
}

#[test]
fn a_fixed_part_below_zero_is_held_at_zero_and_said_so() {
    // Tiers: the more is used the more a kWh costs.
    let bills = months(&[
        (30, "100", "60"),
        (30, "200", "160"),
        (30, "300", "290"),
        (31, "150", "110"),
    ]);
    let rate = effective_rate(&bills).unwrap();
    assert!(
        rate.fixed_held_at_zero && rate.fixed_per_day == money("0"),
        "{rate:?}"
    );
    assert!(rate.rmse > money("5"), "{rate:?}");
}

fn day(date: Date, energy: Option<&str>, percent: i16) -> DayUse {
    DayUse {
        date,
        kwh: energy.map(kwh),
        covered_percent: percent,
        estimated: false,
    }
}

#[test]
fn a_part_of_the_days_is_not_held_against_the_whole_bill() {
    let bill = record(april(), "212", "259.49");
    let all: Vec<DayUse> = april()
        .iter()
        .map(|date| day(date, Some("7"), 100))
        .collect();
    let whole = reconcile(&bill, &all, &[], true);
    assert_eq!((whole.metered, whole.measured_days), (Some(kwh("210")), 30));
    assert_eq!(whole.billed_over_metered, Some(kwh("2")));
    assert_eq!((whole.devices, whole.unexplained), (None, None));

    let mut gaps = all;
    gaps[3] = day(gaps[3].date, None, 0);
    gaps[4] = day(gaps[4].date, Some("2"), 40);
    let part = reconcile(&bill, &gaps, &[], true);
    assert_eq!((part.metered, part.measured_days), (Some(kwh("196")), 28));
    assert_eq!(
        (part.billed_over_metered, part.metered_whole()),
        (None, None)
    );

    let nothing = reconcile(&bill, &[], &[], true);
    assert_eq!((nothing.metered, nothing.measured_days), (None, 0));
}

#[test]
fn weather_is_what_degrees_made_of_it() {
    // 5 kWh a day, and 0.5 for each degree above 21 on hot days.
    let mut days = Vec::new();
    for (at, date) in cycle(date(2026, 1, 1), date(2026, 2, 28))
        .iter()
        .enumerate()
    {
        let hot = date.month() == 2;
        let mean_c = if hot { d("27") } else { d("22") } + Decimal::from(at % 3);
        let cooling = if mean_c >= d("24") {
            mean_c - d("21")
        } else {
            Decimal::ZERO
        };
        days.push(WeatherDay {
            date,
            mean_c,
            kwh: Some(Kwh(d("5") + cooling * d("0.5"))),
        });
    }
    let january = cycle(date(2026, 1, 1), date(2026, 1, 31));
    let february = cycle(date(2026, 2, 1), date(2026, 2, 28));
    let change = weather_change(&days, january, february).unwrap();
    let mean = |of: Cycle| {
        let inside: Vec<Decimal> = days
            .iter()
            .filter(|day| of.contains(day.date))
            .map(|day| day.kwh.unwrap().0)
            .collect();
        inside.iter().sum::<Decimal>() / Decimal::from(inside.len())
    };
    assert!(
        (change.0 - (mean(february) - mean(january))).abs() < d("0.0001"),
        "{change:?}"
    );

    let march = cycle(date(2026, 3, 1), date(2026, 3, 31));
    assert_eq!(
        weather_change(&days, february, march),
        Err(MissingFactor::NoTemperatures)
    );
    for day in days.iter_mut().skip(20) {
        day.kwh = None;
    }
    assert_eq!(
        weather_change(&days, january, february),
        Err(MissingFactor::TooFewWeatherDays)
    );
}
