//! Prices that change from slot to slot, and tiers that begin anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;

use super::time::{priced, steps};
use super::{d, from_json, money};
use crate::bill::*;
use crate::cycle::Cycle;
use crate::{Kwh, Money};

fn dynamic() -> Tariff {
    from_json(json!({
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "price": { "series": { "series": "spot" } } },
            { "code": "GRID", "basis": "per_kwh", "price": { "const": "0.05" } },
        ],
        "taxes": [{ "code": "VAT", "rate": { "const": "0.25" }, "method": "on_top", "base": ["ENERGY", "GRID"] }],
    }))
}

fn spot(start: &str, step_minutes: u16, prices: Vec<Option<&str>>) -> Tables {
    let series = PriceSeries {
        start: start.parse::<Timestamp>().unwrap(),
        step_minutes,
        prices: prices.into_iter().map(|price| price.map(d)).collect(),
    };
    Tables {
        series: BTreeMap::from([("spot".to_owned(), series)]),
        ..Tables::default()
    }
}

#[test]
fn every_slot_has_its_price_and_a_missing_one_is_no_zero() {
    let day = Cycle {
        first: date(2026, 1, 10),
        last: date(2026, 1, 10),
    };
    let usage = steps("Europe/Madrid", 60, day, |_, minute| {
        Some(match minute / 60 {
            0 => 2_000_000,
            1 => 1_000_000,
            2 => 500_000,
            _ => 0,
        })
    });
    // Midnight in Madrid is 23:00 UTC; a price may be below zero.
    let tables = spot(
        "2026-01-09T23:00:00Z",
        60,
        vec![Some("0.10"), Some("-0.02"), Some("0.40")],
    );
    let bill = priced(&dynamic(), &tables, &usage, day);
    assert_eq!(bill.net_of("ENERGY"), money("0.38"));
    assert_eq!(bill.total, money("0.69"));
    assert!(bill.lines[0].rules.contains(&LineRule::Series));
    assert_eq!(
        Money(bill.lines[0].unit_price.round_dp(6)),
        money("0.108571")
    );
    // Quarter-hour prices under hourly steps: their mean.
    let quarters = ["0.10", "0.20", "0.30", "0.40"].map(Some);
    let tables = spot("2026-01-09T23:00:00Z", 15, quarters.repeat(3));
    assert_eq!(
        priced(&dynamic(), &tables, &usage, day).net_of("ENERGY"),
        money("0.875")
    );
    // A series that begins within a step.
    let tables = spot(
        "2026-01-09T22:30:00Z",
        60,
        vec![Some("0"), Some("1"), Some("1"), Some("3")],
    );
    assert_eq!(
        priced(&dynamic(), &tables, &usage, day).net_of("ENERGY"),
        money("3.00")
    );
    for prices in [vec![Some("0.10"), None, Some("0.40")], vec![Some("0.10")]] {
        let tables = spot("2026-01-09T23:00:00Z", 60, prices);
        let error = price(&dynamic(), &Parameters::default(), &tables, &usage, day).unwrap_err();
        assert_eq!(
            error,
            BillError::Missing {
                what: MissingFigure::Series("spot".into()),
                on: Some(day.first)
            }
        );
    }
}

#[test]
fn tiers_of_a_month_and_of_a_day_begin_anew() {
    let tiers = |period: &str| {
        from_json(
            json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh", "tiers": {
            "mode": "marginal", "period": period, "bounds_kwh": ["5"],
            "prices": [{ "const": "1" }, { "const": "10" }] } }] }),
        )
    };
    let cycle = Cycle {
        first: date(2026, 5, 30),
        last: date(2026, 6, 2),
    };
    let daily = Usage::Daily(
        cycle
            .iter()
            .zip(["4", "4", "2", "7"])
            .map(|(day, kwh)| (day, Some(Kwh(d(kwh)))))
            .collect(),
    );
    let total = |period, usage: &Usage| {
        let mut tariff = tiers(period);
        tariff.split = Split::ByUse;
        price(
            &tariff,
            &Parameters::default(),
            &Tables::default(),
            usage,
            cycle,
        )
    };
    // May 8: 5 + 3*10; June 9: 5 + 4*10.
    assert_eq!(total("month", &daily).unwrap().total, money("80.00"));
    // 4 + 4 + 2 + 5 + 2*10.
    let by_day = total("day", &daily).unwrap();
    assert_eq!(by_day.total, money("35.00"));
    assert_eq!(by_day.lines.len(), 2);
    assert_eq!(total("billing", &daily).unwrap().total, money("125.00"));
    let error = total("day", &Usage::Total(Kwh(d("17")))).unwrap_err();
    assert_eq!(error.code(), "missing");
}

#[test]
fn what_is_odd_about_a_tariff_is_found() {
    let window = |start: u16, end: u16, weekdays: &[u8]| {
        json!({ "holidays": "as_listed", "start_min": start, "end_min": end, "weekdays": weekdays,
                "price": { "const": "1" } })
    };
    let mut tariff = from_json(json!({ "valid_to": "2015-12-31", "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "price": "missing", "windows": [
            window(600, 700, &[6]), window(0, 1440, &[]), window(600, 700, &[7]),
        ] }] }));
    let mut next = tariff.versions[0].clone();
    next.valid_from = date(2015, 12, 1);
    next.valid_to = Some(date(2016, 12, 31));
    next.charges.clear();
    let mut last = next.clone();
    last.valid_from = date(2017, 2, 1);
    last.valid_to = None;
    tariff.versions.extend([next, last]);
    let found: Vec<_> = tariff
        .findings()
        .into_iter()
        .map(|finding| (finding.path, finding.kind, finding.first, finding.last))
        .collect();
    assert_eq!(
        found,
        [
            (
                "versions[0].valid_to".to_owned(),
                TariffFindingKind::OverlappingVersions,
                Some(date(2015, 12, 1)),
                Some(date(2015, 12, 31))
            ),
            (
                "versions[1].valid_to".to_owned(),
                TariffFindingKind::GapBetweenVersions,
                Some(date(2017, 1, 1)),
                Some(date(2017, 1, 31))
            ),
            (
                "versions[0].charges[0].price".to_owned(),
                TariffFindingKind::MissingPrice,
                None,
                None
            ),
            (
                "versions[0].charges[0].windows[0]".to_owned(),
                TariffFindingKind::WindowNeverMatches,
                None,
                None
            ),
        ]
    );
}
