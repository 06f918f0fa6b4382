//! What one more kWh costs, and what a saving saves.

use rust_decimal::Decimal;

use super::{d, home, money, no_tax, september, shipped, six, tables, total};
use crate::bill::*;
use crate::{Kwh, Money};

fn next_kwh(id: &str, parameters: &Parameters, kwh: &str) -> Money {
    marginal_price(&shipped(id), parameters, tables(), &total(kwh), september()).unwrap()
}

/// São Paulo's whole-bill ICMS.
fn sao_paulo() -> Parameters {
    Parameters {
        icms: None,
        ..home("0", "0.0112", "0.0512")
    }
}

#[test]
fn the_next_kwh_costs_its_price_with_taxes() {
    // 0.92214 / (0.82 * 0.933)
    let parameters = home("0.18", "0.0120", "0.0550");
    assert_eq!(
        six(next_kwh("br-cemig-d-conventional", &parameters, "200")),
        "1.205317"
    );
}

#[test]
fn below_the_minimum_the_next_kwh_is_free() {
    assert_eq!(
        next_kwh("br-cemig-d-conventional", &no_tax(), "12").0,
        Decimal::ZERO
    );
}

#[test]
fn the_kwh_that_crosses_a_whole_bill_band_costs_the_jump() {
    let jump = next_kwh("br-enel-sp-conventional", &sao_paulo(), "200");
    assert_eq!(jump.0.round_dp(2), d("15.39"));
}

#[test]
fn a_saving_counts_every_band_that_it_leaves() {
    let tariff = shipped("br-enel-sp-conventional");
    let less = Kwh(d("-111"));
    let saved = cost_of_change(
        &tariff,
        &sao_paulo(),
        tables(),
        &total("201"),
        september(),
        less,
    )
    .unwrap();
    assert_eq!(saved.0.round_dp(2), d("-133.72"));
}

#[test]
fn a_change_by_day_is_shared_or_comes_last() {
    let by_day = september()
        .iter()
        .map(|day| (day, Some(Kwh(d("10")))))
        .collect();
    let usage = Usage::Daily(by_day);
    let cost = |change: &str| {
        let tariff = shipped("br-cemig-d-conventional");
        cost_of_change(
            &tariff,
            &no_tax(),
            tables(),
            &usage,
            september(),
            Kwh(d(change)),
        )
    };
    assert_eq!(cost("1").unwrap(), money("0.92214"));
    assert_eq!(cost("-150").unwrap(), money("-138.321"));
    assert_eq!(cost("-301").unwrap_err().code(), "negative_kwh");
}
