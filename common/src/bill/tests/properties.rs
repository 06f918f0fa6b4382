//! What holds for every bill.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::{d, from_json, shipped, tables};
use crate::bill::*;
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money};

const SHIPPED: [&str; 3] = [
    "br-cemig-d-conventional",
    "br-enel-sp-conventional",
    "br-celesc-conventional",
];

/// Differences of less than this are the noise of lines that keep eight places.
fn noise() -> Decimal {
    Decimal::new(1, 6)
}

fn kwh(milli: u32) -> Kwh {
    Kwh(Decimal::new(i64::from(milli), 3))
}

fn parameters() -> impl Strategy<Value = Parameters> {
    let rate = |max: i64| (0..max).prop_map(|rate| Decimal::new(rate, 4));
    let connection = prop_oneof![
        Just(Connection::Single),
        Just(Connection::Two),
        Just(Connection::Three)
    ];
    (rate(4_000), rate(300), rate(900), 0_i64..10_000, connection).prop_map(
        |(icms, pis, cofins, cosip, connection)| Parameters {
            icms: Some(icms),
            pis: Some(pis),
            cofins: Some(cofins),
            cosip: Some(Money(Decimal::new(cosip, 2))),
            connection: Some(connection),
            ..Parameters::default()
        },
    )
}

/// A cycle inside the flags and CEMIG's two versions.
fn cycle() -> impl Strategy<Value = Cycle> {
    (0_i32..480, 2_i32..40).prop_map(|(start, days)| {
        let first = date(2025, 5, 28).saturating_add(start.days());
        Cycle {
            first,
            last: first.saturating_add((days - 1).days()),
        }
    })
}

fn by_day(cycle: Cycle, uses: &[u32]) -> Usage {
    let uses = uses.iter().cycle();
    let days: BTreeMap<Date, Option<Kwh>> = cycle
        .iter()
        .zip(uses)
        .map(|(day, milli)| (day, Some(kwh(*milli))))
        .collect();
    Usage::Daily(days)
}

fn energy(bill: &Bill) -> Decimal {
    ["TE", "TUSD", "FLAG"]
        .into_iter()
        .map(|code| bill.net_of(code).0)
        .sum()
}

proptest! {
    #[test]
    fn splitting_a_cycle_never_changes_the_energy_lines(
        cycle in cycle(),
        cut in 0.0_f64..1.0,
        uses in prop::collection::vec(4_000_u32..60_000, 1..40),
    ) {
        let mut tariff = shipped("br-cemig-d-conventional");
        tariff.split = Split::ByUse;
        // The minimum is of a bill, and two bills have two.
        for version in &mut tariff.versions {
            version.minimum = None;
        }
        let cut = cycle.first.saturating_add((f64::from(cycle.days() - 2) * cut).floor().clamp(0.0, 40.0) as i64 * 1.day());
        let usage = by_day(cycle, &uses);
        let parameters = Parameters::default();
        let part = |first, last| price(&tariff, &parameters, tables(), &usage, Cycle { first, last }).unwrap();
        let whole = energy(&part(cycle.first, cycle.last));
        let parts = energy(&part(cycle.first, cut)) + energy(&part(cut.tomorrow().unwrap(), cycle.last));
        prop_assert!((whole - parts).abs() < noise(), "{whole} is not {parts}");
    }

    #[test]
    fn taxes_taken_out_again_give_the_net(
        tariff in prop::sample::select(&SHIPPED[..]),
        parameters in parameters(),
        cycle in (0_i32..35).prop_map(|start| {
            let first = date(2026, 8, 27).saturating_add(start.days());
            Cycle { first, last: first.saturating_add(29.days()) }
        }),
        milli in 0_u32..2_000_000,
    ) {
        let tariff = shipped(tariff);
        let bill = price(&tariff, &parameters, tables(), &Usage::Total(kwh(milli)), cycle).unwrap();
        let icms = parameters.icms.unwrap();
        let federal = parameters.pis.unwrap() + parameters.cofins.unwrap();
        let net = bill.gross.0 * (Decimal::ONE - icms) * (Decimal::ONE - federal);
        prop_assert!((net - bill.net.0).abs() < noise());
        for line in &bill.lines {
            let taxes: Decimal = line.taxes.iter().map(|tax| tax.amount.0).sum();
            prop_assert_eq!(line.net.0 + taxes, line.amount.0);
            prop_assert!((line.quantity * line.unit_price - line.net.0).abs() < noise());
        }
        let lines: Decimal = bill.lines.iter().map(|line| line.amount.0).sum();
        prop_assert!((lines - bill.total.0).abs() <= d("0.005") + noise());
        prop_assert!(bill.total.0 >= Decimal::ZERO);
    }

    #[test]
    fn banded_taxes_taken_out_again_give_the_net_too(milli in 0_u32..1_000_000, first in 1_i64..300, second in 1_i64..300) {
        let tariff = from_json(json!({
            "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.9" } }],
            "taxes": [
                { "code": "A", "method": "inside", "group": 0, "base": ["ENERGY"], "rate": { "banded_by_kwh": {
                    "mode": "marginal", "bounds_kwh": [first.to_string()], "rates": ["0.1", "0.2"] } } },
                { "code": "B", "method": "inside", "group": 1, "base": ["ENERGY"], "rate": { "banded_by_kwh": {
                    "mode": "marginal", "bounds_kwh": [second.to_string()], "rates": ["0", "0.05"] } } },
            ],
        }));
        let usage = Usage::Total(kwh(milli));
        let cycle = Cycle { first: date(2026, 9, 1), last: date(2026, 9, 30) };
        let bill = price(&tariff, &Parameters::default(), &Tables::default(), &usage, cycle).unwrap();
        let taxes = bill.tax("A").0 + bill.tax("B").0;
        prop_assert!((bill.gross.0 - taxes - bill.net.0).abs() < noise());
        // Each band by hand.
        let total = usage_of(&usage);
        let below = |bound: i64| total.min(Decimal::from(bound));
        let piece = |kwh: Decimal, a: &str, b: &str| {
            kwh * d("0.9") / ((Decimal::ONE - d(a)) * (Decimal::ONE - d(b)))
        };
        let (low, high) = (below(first.min(second)), below(first.max(second)));
        let middle = if first < second { ("0.2", "0") } else { ("0.1", "0.05") };
        let by_hand = piece(low, "0.1", "0") + piece(high - low, middle.0, middle.1) + piece(total - high, "0.2", "0.05");
        prop_assert!((bill.gross.0 - by_hand).abs() < noise(), "{} is not {by_hand}", bill.gross.0);
    }

    #[test]
    fn a_dearer_price_never_makes_a_cheaper_bill(
        milli in 0_u32..2_000_000,
        te in 0_i64..100_000,
        dearer in 0_i64..50_000,
        parameters in parameters(),
    ) {
        let mut tariff = shipped("br-celesc-conventional");
        let mut with_te = |te: i64| {
            for charge in tariff.versions.iter_mut().flat_map(|version| &mut version.charges) {
                if charge.code == "TE" {
                    charge.price = Some(Price::Const(Decimal::new(te, 5)));
                }
            }
            let cycle = Cycle { first: date(2026, 8, 22), last: date(2026, 9, 20) };
            price(&tariff, &parameters, tables(), &Usage::Total(kwh(milli)), cycle).unwrap().total
        };
        prop_assert!(with_te(te) <= with_te(te + dearer));
    }

    #[test]
    fn more_kwh_never_make_a_cheaper_bill(
        tariff in prop::sample::select(&SHIPPED[..]),
        milli in 0_u32..600_000,
        more in 0_u32..100_000,
        class in prop::sample::select(&[Class::Residential, Class::Social, Class::Discount][..]),
    ) {
        // Only CEMIG's low-income prices ship.
        let class = if tariff == SHIPPED[0] { class } else { Class::Residential };
        let tariff = shipped(tariff);
        let parameters = Parameters {
            class: Some(class),
            connection: Some(Connection::Two),
            ..Parameters::default()
        };
        let cycle = Cycle { first: date(2026, 8, 22), last: date(2026, 9, 20) };
        let total = |milli| price(&tariff, &parameters, tables(), &Usage::Total(kwh(milli)), cycle).unwrap().total;
        prop_assert!(total(milli) <= total(milli + more));
    }
}

fn usage_of(usage: &Usage) -> Decimal {
    match usage {
        Usage::Total(kwh) => kwh.0,
        Usage::Daily(_) | Usage::Steps(_) => unreachable!("the test prices totals"),
    }
}
