//! Tiers, taxes on top and the other charges that household tariffs of other countries have.

use serde_json::json;

use super::{from_json, money, september, total};
use crate::bill::*;

fn priced(tariff: &Tariff, kwh: &str) -> Bill {
    price(
        tariff,
        &Parameters::default(),
        &Tables::default(),
        &total(kwh),
        september(),
    )
    .unwrap()
}

#[test]
fn marginal_and_whole_bill_tiers_meet_their_vectors() {
    for (mode, expected, lines) in [("marginal", "50.00", 3), ("whole_bill", "70.00", 1)] {
        let tariff = from_json(
            json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh", "tiers": {
            "mode": mode,
            "bounds_kwh": ["100", "300"],
            "prices": [{ "const": "0.10" }, { "const": "0.15" }, { "const": "0.20" }],
        } }] }),
        );
        let bill = priced(&tariff, "350");
        assert_eq!(
            (bill.total, bill.lines.len()),
            (money(expected), lines),
            "{mode}"
        );
    }
}

#[test]
fn a_table_chosen_by_the_total_meets_andhra_pradesh() {
    let table = |bounds: &[&str], prices: &[&str]| {
        let prices: Vec<_> = prices
            .iter()
            .map(|price| json!({ "const": price }))
            .collect();
        json!({ "bounds_kwh": bounds, "prices": prices })
    };
    let tariff = from_json(
        json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh", "tiers": {
        "mode": "table_by_total",
        "bounds_kwh": ["75", "225"],
        "tables": [
            table(&["50"], &["1.45", "2.60"]),
            table(&["100", "200"], &["2.60", "3.60", "6.90"]),
            table(
                &["50", "100", "200", "300", "400", "500"],
                &["2.65", "3.35", "5.40", "7.10", "7.95", "8.50", "9.95"],
            ),
        ],
    } }] }),
    );
    for (kwh, expected) in [("75", "137.50"), ("76", "197.60"), ("226", "1024.60")] {
        assert_eq!(priced(&tariff, kwh).total, money(expected), "{kwh} kWh");
    }
}

#[test]
fn bounds_per_day_grow_with_the_cycle() {
    let tariff = from_json(
        json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh", "tiers": {
        "mode": "marginal", "scale_by_days": "1", "bounds_kwh": ["10"],
        "prices": [{ "const": "0.10" }, { "const": "0.30" }],
    } }] }),
    );
    assert_eq!(priced(&tariff, "350").total, money("45.00"));
}

#[test]
fn a_duty_is_a_fraction_of_earlier_charges_and_a_band_fixes_an_amount() {
    let tariff = from_json(json!({ "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.10" } },
        { "code": "DUTY", "basis": { "percent_of": { "codes": ["ENERGY"] } },
          "price": { "const": "0.16" } },
        { "code": "COSIP", "basis": "fixed_by_band", "outside_taxes": true, "tiers": {
            "mode": "whole_bill", "bounds_kwh": ["100", "200"],
            "prices": [{ "const": "5" }, { "const": "10" }, { "const": "20" }] } },
    ] }));
    let bill = priced(&tariff, "200");
    assert_eq!(
        (bill.net_of("DUTY"), bill.outside),
        (money("3.2"), money("10"))
    );
    assert_eq!(bill.total, money("33.20"));
    assert_eq!(priced(&tariff, "200.5").outside, money("20"));
}

#[test]
fn rounding_is_the_utility_s_and_comes_last() {
    for (mode, expected) in [("half_up", "0.13"), ("half_even", "0.12"), ("down", "0.12")] {
        let tariff = from_json(json!({
            "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.0125" } }],
            "rounding": { "places": 2, "mode": mode },
        }));
        assert_eq!(priced(&tariff, "10").total, money(expected), "{mode}");
    }
    let nothing = from_json(json!({ "charges": [] }));
    assert_eq!(priced(&nothing, "10").total.0.to_string(), "0.00");
}

#[test]
fn a_year_of_charges_by_day_is_one_answer() {
    let year = crate::cycle::Cycle {
        first: jiff::civil::date(2025, 9, 1),
        last: jiff::civil::date(2026, 8, 31),
    };
    let daily = from_json(json!({ "charges": [
        { "code": "FEE", "basis": "per_day", "price": { "const": "1" } }] }));
    let bill = price(
        &daily,
        &Parameters::default(),
        &Tables::default(),
        &total("1"),
        year,
    )
    .unwrap();
    assert_eq!(bill.total, money("365.00"));
}
