//! What has no right answer has none, and says why.

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::json;

use super::{d, from_json, home, no_tax, september, september_bill, shipped, tables, total};
use crate::Kwh;
use crate::bill::*;
use crate::cycle::Cycle;
use crate::profile::Connection;

fn refusal(tariff: &Tariff, parameters: &Parameters, usage: &Usage, cycle: Cycle) -> BillError {
    price(tariff, parameters, tables(), usage, cycle).unwrap_err()
}

#[test]
fn wrong_arguments_have_stable_codes() {
    let tariff = shipped("br-cemig-d-conventional");
    let (day, after) = (date(2026, 9, 10), date(2026, 9, 20));
    let code = |usage: &Usage, first, last| {
        refusal(&tariff, &no_tax(), usage, Cycle { first, last }).code()
    };
    assert_eq!(code(&total("-1"), day, after), "negative_kwh");
    assert_eq!(code(&total("1"), after, day), "inverted_dates");
    assert_eq!(code(&total("1"), day, date(2026, 9, 9)), "zero_days");
    assert_eq!(code(&total("1"), day, date(2056, 9, 9)), "too_many_days");
    assert_eq!(code(&total("1000000000001"), day, after), "overflow");
    assert_eq!(
        code(&total("1"), date(2020, 1, 1), date(2020, 1, 31)),
        "missing"
    );
    let by_day = Usage::Daily(BTreeMap::from([(day, Some(Kwh(d("-0.1"))))]));
    assert_eq!(
        refusal(
            &tariff,
            &no_tax(),
            &by_day,
            Cycle {
                first: day,
                last: after
            }
        ),
        BillError::NegativeKwh { day: Some(day) }
    );
}

#[test]
fn what_a_decimal_cannot_hold_is_refused_and_never_a_panic() {
    let priced = |price: &str| {
        from_json(json!({ "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "price": { "const": price } }] }))
    };
    let code = |price: &str, kwh: &str| {
        refusal(
            &priced(price),
            &Parameters::default(),
            &total(kwh),
            september(),
        )
        .code()
    };
    assert_eq!(code("79228162514264337593543950335", "1"), "invalid_tariff");
    assert_eq!(code("1000000000", "10000000"), "overflow");
    assert_eq!(code("1", "79228162514264337593543950335"), "overflow");
}

#[test]
fn tax_rates_that_leave_no_price_are_refused() {
    let tariff = shipped("br-cemig-d-conventional");
    let all = Parameters {
        icms: Some(d("1")),
        ..no_tax()
    };
    assert_eq!(
        refusal(&tariff, &all, &total("99"), september()).code(),
        "invalid_parameter"
    );
    let halves = home("0.5", "0.5", "0.5");
    assert_eq!(
        refusal(&tariff, &halves, &total("99"), september()).code(),
        "invalid_tariff"
    );
}

#[test]
fn what_is_missing_is_named() {
    let tariff = shipped("br-cemig-d-conventional");
    let no_connection = Parameters {
        connection: None,
        ..no_tax()
    };
    assert_eq!(
        refusal(&tariff, &no_connection, &total("60"), september()).to_string(),
        "parameter connection is not known"
    );
    // From the largest minimum on, the connection does not matter.
    assert!(
        price(
            &tariff,
            &no_connection,
            tables(),
            &total("100"),
            september()
        )
        .is_ok()
    );
    let no_tables = Tables::default();
    let error = price(&tariff, &no_tax(), &no_tables, &total("60"), september()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table br_flag is not known on 2026-09-01"
    );
    let social = Parameters {
        class: Some(Class::Social),
        ..no_tax()
    };
    let celesc = shipped("br-celesc-conventional");
    assert_eq!(
        refusal(&celesc, &social, &total("60"), september()).to_string(),
        "price for class social is not known on 2026-09-01"
    );
}

#[test]
fn an_unsound_tariff_is_refused_by_its_path() {
    let energy = json!({ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.10" } });
    let tiers = |bounds: &[&str], prices: usize| {
        let prices = vec![json!({ "const": "1" }); prices];
        json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh",
                "tiers": { "mode": "marginal", "bounds_kwh": bounds, "prices": prices } }] })
    };
    let tax = |base: &str, rate: &str| {
        json!({ "charges": [energy.clone()], "taxes": [
            { "code": "VAT", "rate": { "const": rate }, "method": "inside", "base": [base] }] })
    };
    let twice = json!({ "charges": [energy.clone(), energy.clone()] });
    let priceless = json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh" }] });
    for (version, path) in [
        (twice, "versions[0].charges[1].code"),
        (priceless, "versions[0].charges[0].price"),
        (tiers(&["100"], 1), "versions[0].charges[0].tiers"),
        (
            tiers(&["100", "50"], 3),
            "versions[0].charges[0].tiers.bounds_kwh",
        ),
        (tax("NOTHING", "0.1"), "versions[0].taxes[0].base"),
        (tax("ENERGY", "1"), "versions[0].taxes[0].rate"),
        (tax("ENERGY", "101"), "versions[0].taxes[0].rate"),
        (
            json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh",
                    "price": { "const": "70000000000000000000000000000" } }] }),
            "versions[0].charges[0].price",
        ),
        (
            json!({ "charges": [], "minimum": { "money": "70000000000000000000000000000" } }),
            "versions[0].minimum",
        ),
        (
            json!({ "charges": [], "export": { "feed_in": { "price": { "const": "-70000000000000000000000000000" } } } }),
            "versions[0].export.price",
        ),
        (
            json!({ "charges": [], "valid_to": "2014-12-31" }),
            "versions[0].valid_to",
        ),
    ] {
        let error = from_json(version).check().unwrap_err();
        let found = matches!(&error, BillError::InvalidTariff { path: found, .. } if found == path);
        assert!(found, "{error:?}");
    }
}

#[test]
fn a_year_under_charges_of_one_bill_is_refused() {
    let year = Cycle {
        first: date(2025, 9, 1),
        last: date(2026, 8, 31),
    };
    let monthly = from_json(json!({ "charges": [
        { "code": "FEE", "basis": "per_month", "price": { "const": "10" } }] }));
    let error = refusal(&monthly, &Parameters::default(), &total("1"), year);
    assert_eq!(error, BillError::TooManyDays { max: 62 });
    // The minimum and the bands of a tax are of one bill, too.
    let least = from_json(json!({ "charges": [], "minimum": {
        "kwh": { "single": "30", "two": "50", "three": "100" } } }));
    let error = refusal(&least, &no_tax(), &total("1"), year);
    assert_eq!(error, BillError::TooManyDays { max: 62 });
    let sao_paulo = Parameters {
        icms: None,
        ..no_tax()
    };
    let error = refusal(
        &shipped("br-enel-sp-conventional"),
        &sao_paulo,
        &total("99"),
        Cycle {
            first: date(2026, 7, 4),
            last: date(2026, 9, 30),
        },
    );
    assert_eq!(error, BillError::TooManyDays { max: 62 });
}

#[test]
fn unknown_fields_are_refused_and_the_home_s_figures_read_by_their_names() {
    let version = json!({ "valid_from": "2026-01-01", "charges": [], "colour": "blue" });
    assert!(serde_json::from_value::<Version>(version).is_err());
    assert!(serde_json::from_value::<Parameters>(json!({ "icsm": "0.18" })).is_err());
    let figures = json!({
        "icms": "0.18", "pis": "0.011", "cofins": "0.05", "cosip": "20.00",
        "flag": "red1", "connection": "two", "class": "social",
    });
    let parameters: Parameters = serde_json::from_value(figures).unwrap();
    assert_eq!(parameters.flag, Some(Flag::Red1));
    assert_eq!(parameters.connection, Some(Connection::Two));
    assert_eq!(parameters.check(), Ok(()));
    let wrong = Parameters {
        pis: Some(d("6.4")),
        ..Parameters::default()
    };
    assert_eq!(wrong.check().unwrap_err().0[0].field, "pis");
}

#[test]
fn a_bill_travels_unchanged() {
    let parameters = Parameters {
        connection: Some(Connection::Single),
        ..Parameters::default()
    };
    let bill = september_bill("br-celesc-conventional", &parameters, "200");
    let json = serde_json::to_string(&bill).unwrap();
    assert_eq!(serde_json::from_str::<Bill>(&json).unwrap(), bill);
}
