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

#[test]
fn a_kwh_costs_by_the_clock_with_its_parts_and_taxes() {
    let day = jiff::civil::date(2026, 6, 3);
    let prices = |tariff: &str, used: &str, parameters: &Parameters| {
        price_by_time(
            &shipped(tariff),
            parameters,
            tables(),
            day,
            Kwh(d(used)),
            30,
        )
        .unwrap()
    };
    let none = Parameters::default();
    let spans: Vec<_> = prices("gb-economy-7", "0", &none)
        .into_iter()
        .map(|span| (span.start_min, span.end_min, span.gross))
        .collect();
    let (day_price, night_price) = (money("0.294"), money("0.126"));
    assert_eq!(
        spans,
        [
            (0, 30, day_price),
            (30, 450, night_price),
            (450, 1_440, day_price)
        ]
    );
    // The dearer tier begins above 300 kWh of 30 days.
    for (used, gross, tier) in [("299", "0.4", 1), ("300", "0.5", 2)] {
        let span = &prices("us-block-example", used, &none)[0];
        assert_eq!((span.gross, span.parts[0].tier), (money(gross), Some(tier)));
    }
    // TE, TUSD and a yellow flag, with the taxes of example 3.
    let home = home("0.18", "0.012", "0.055");
    let spans = price_by_time(
        &shipped("br-cemig-d-conventional"),
        &home,
        tables(),
        jiff::civil::date(2026, 9, 10),
        Kwh(d("100")),
        30,
    )
    .unwrap();
    assert_eq!(spans.len(), 1);
    assert_eq!(six(Money(spans[0].gross.0 * d("200"))), "241.063446");
    assert_eq!(spans[0].parts[2].note.as_deref(), Some("yellow"));
    let error = price_by_time(
        &shipped("br-cemig-d-branca"),
        &home,
        tables(),
        day,
        Kwh(d("0")),
        30,
    );
    assert_eq!(error.unwrap_err().code(), "missing");
}

#[test]
fn the_next_kwh_is_told_with_its_taxes_its_flag_and_what_comes_after_it() {
    let on = |tariff: &str, now: &str, parameters: &Parameters| {
        let now = now.parse().unwrap();
        let cycle = crate::cycle::Cycle::containing(jiff::civil::date(2026, 6, 10), 10);
        DayPrices::new(
            &shipped(tariff),
            parameters,
            tables(),
            now,
            Kwh(d("200")),
            cycle,
        )
        .unwrap()
    };
    // British summer: 08:30 there; the night rate runs from 00:30 to 07:30.
    let now = "2026-06-15T07:30:00Z".parse().unwrap();
    let prices = on(
        "gb-economy-7",
        "2026-06-15T07:30:00Z",
        &Parameters::default(),
    );
    let told = prices.at(now).unwrap();
    assert_eq!(told.span.gross, money("0.294"));
    let next = told.next.unwrap();
    assert_eq!(
        (next.day, next.minute, next.span.gross),
        (jiff::civil::date(2026, 6, 16), 30, money("0.126"))
    );
    assert!(prices.goes_by_time);
    // Asked for again after midnight it still knows, two days later it does not.
    let at = |text: &str| prices.at(text.parse().unwrap());
    let night = at("2026-06-16T00:00:00Z").unwrap();
    assert_eq!(night.span.gross, money("0.126"));
    assert_eq!(night.next.map(|next| next.minute), Some(450));
    assert_eq!(at("2026-06-17T12:00:00Z"), None);
    assert_eq!(at("2026-06-14T12:00:00Z"), None);

    let home = home("0.18", "0.012", "0.055");
    let prices = on("br-cemig-d-conventional", "2026-06-15T12:00:00Z", &home);
    let told = prices.at(now).unwrap();
    assert_eq!(told.next, None);
    assert!(!prices.goes_by_time);
    let taxes = told.span.taxes();
    let codes: Vec<&str> = taxes.iter().map(|tax| tax.code.as_str()).collect();
    assert_eq!(codes, ["ICMS", "PIS", "COFINS"]);
    let more: rust_decimal::Decimal = taxes.iter().map(|tax| tax.amount.0).sum();
    let off = told.span.net().0 + more - told.span.gross.0;
    assert!(off.abs() < d("0.0000001"), "{off}");
    // 18 % of the price with its taxes, as ICMS inside has it.
    assert_eq!(
        taxes[0].amount.0.round_dp(6),
        (told.span.gross.0 * d("0.18")).round_dp(6)
    );
    assert!(told.span.flag().is_some_and(|flag| flag.note.is_some()));
}

#[test]
fn the_day_after_the_cycle_is_left_out_of_the_next_kwh() {
    let cycle = crate::cycle::Cycle::containing(jiff::civil::date(2026, 6, 10), 10);
    let now = "2026-07-09T12:00:00Z".parse().unwrap();
    let none = Parameters::default();
    let tariff = shipped("gb-economy-7");
    let prices = DayPrices::new(&tariff, &none, tables(), now, Kwh(d("200")), cycle).unwrap();
    assert_eq!(prices.tomorrow, []);
    assert_eq!(prices.at(now).unwrap().next, None);
}
