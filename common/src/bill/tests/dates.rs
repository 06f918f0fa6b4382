//! What changes inside a cycle, what is carried forward, and days that are not known.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::brazil::plain;
use super::{d, money, no_tax, september, september_bill, shipped, tables, total};
use crate::Kwh;
use crate::bill::brazil::GrossUp;
use crate::bill::*;
use crate::cycle::Cycle;
use crate::profile::Connection;

fn kinds(bill: &Bill) -> Vec<(AssumptionKind, &str)> {
    bill.assumptions
        .iter()
        .map(|note| (note.kind, note.subject.as_str()))
        .collect()
}

/// A bill of 300 kWh of CEMIG without taxes.
fn cemig(parameters: &Parameters, first: Date, last: Date) -> Bill {
    let tariff = shipped("br-cemig-d-conventional");
    price(
        &tariff,
        parameters,
        tables(),
        &total("300"),
        Cycle { first, last },
    )
    .unwrap()
}

fn green() -> Parameters {
    Parameters {
        flag: Some(Flag::Green),
        ..no_tax()
    }
}

#[test]
fn a_month_past_the_last_flag_carries_it_forward_and_says_so() {
    let bill = cemig(&no_tax(), date(2026, 9, 11), date(2026, 10, 10));
    let flags: Vec<_> = bill
        .lines_of("FLAG")
        .map(|line| (line.quantity, line.assumed))
        .collect();
    assert_eq!(flags, [(d("200"), false), (d("100"), true)]);
    assert_eq!(
        bill.assumptions,
        [Assumption {
            kind: AssumptionKind::ValueCarriedForward,
            subject: "FLAG".into(),
            first: date(2026, 10, 1),
            last: date(2026, 10, 10),
        }]
    );
}

#[test]
fn a_flag_carried_forward_costs_what_it_costs_by_then() {
    let mut tables = tables().clone();
    let flags = tables.dated.get_mut(brazil::FLAG_TABLE).unwrap();
    let raised = DatedValue {
        first: date(2026, 10, 1),
        last: None,
        label: Some("yellow".into()),
        value: d("0.03"),
    };
    flags.by_label.push(raised);
    let october = Cycle {
        first: date(2026, 10, 1),
        last: date(2026, 10, 31),
    };
    let tariff = plain("0", "0", GrossUp::Chained);
    let bill = price(&tariff, &no_tax(), &tables, &total("100"), october).unwrap();
    assert_eq!(bill.net, money("3"));
    assert!(bill.lines_of("FLAG").all(|line| line.assumed));
}

#[test]
fn a_month_missing_between_two_is_missing_and_not_carried() {
    let mut tables = tables().clone();
    let flags = tables.dated.get_mut(brazil::FLAG_TABLE).unwrap();
    flags.in_force.retain(|row| row.first != date(2026, 5, 1));
    let may = Cycle {
        first: date(2026, 5, 1),
        last: date(2026, 5, 31),
    };
    let tariff = plain("0", "0", GrossUp::Chained);
    let error = price(&tariff, &no_tax(), &tables, &total("100"), may).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table br_flag is not known on 2026-05-01"
    );
}

#[test]
fn a_tariff_past_its_last_version_is_carried_forward_and_says_so() {
    let bill = cemig(&green(), date(2027, 5, 18), date(2027, 6, 16));
    assert_eq!(bill.net, money("270.987"));
    let lines: Vec<_> = bill
        .lines_of("TE")
        .map(|line| (line.quantity, line.assumed))
        .collect();
    assert_eq!(lines, [(d("100"), false), (d("200"), true)]);
    assert_eq!(
        kinds(&bill),
        [(
            AssumptionKind::TariffCarriedForward,
            "br-cemig-d-conventional"
        )]
    );
}

#[test]
fn a_change_of_tariff_inside_the_cycle_splits_by_days() {
    let bill = cemig(&green(), date(2026, 5, 18), date(2026, 6, 16));
    let te: Vec<_> = bill
        .lines_of("TE")
        .map(|line| (line.last, line.quantity, line.unit_price))
        .collect();
    assert_eq!(
        te,
        [
            (date(2026, 5, 27), d("100"), d("0.31728")),
            (date(2026, 6, 16), d("200"), d("0.31021"))
        ]
    );
    // 100 * (0.31728 + 0.54130) + 200 * 0.90329
    assert_eq!(bill.net, money("266.516"));
    assert_eq!(
        bill.lines_of("COSIP").count(),
        1,
        "once per bill, whatever changes inside"
    );
}

#[test]
fn usual_tax_rates_and_a_missing_cosip_are_named() {
    let parameters = Parameters {
        connection: Some(Connection::Single),
        ..Parameters::default()
    };
    let bill = september_bill("br-cemig-d-conventional", &parameters, "200");
    assert_eq!(
        kinds(&bill),
        [
            (AssumptionKind::DefaultRate, "ICMS"),
            (AssumptionKind::DefaultRate, "PIS"),
            (AssumptionKind::DefaultRate, "COFINS"),
            (AssumptionKind::MissingCharge, "COSIP"),
        ]
    );
    assert_eq!(bill.lines_of("COSIP").count(), 0);
}

#[test]
fn another_flag_than_the_published_one_may_be_asked_for() {
    let parameters = Parameters {
        flag: Some(Flag::Red2),
        ..no_tax()
    };
    let bill = september_bill("br-cemig-d-conventional", &parameters, "100");
    let flag = bill.lines_of("FLAG").next().unwrap();
    assert_eq!(
        (flag.net, flag.note.as_deref()),
        (money("7.877"), Some("red2"))
    );
    assert!(flag.rules.contains(&LineRule::HomeFigure));
}

#[test]
fn the_half_month_of_april_2022_is_priced_by_its_days() {
    let april = Cycle {
        first: date(2022, 4, 1),
        last: date(2022, 4, 30),
    };
    let tariff = plain("0", "0", GrossUp::Chained);
    let bill = price(&tariff, &no_tax(), tables(), &total("100"), april).unwrap();
    assert_eq!(
        bill.net,
        money("7.1"),
        "ANEEL prints 71.00 R$/MWh for this month"
    );
}

#[test]
fn a_gap_is_a_gap_and_never_zero() {
    let mut by_day: BTreeMap<Date, Option<Kwh>> = september()
        .iter()
        .map(|day| (day, Some(Kwh(d("10")))))
        .collect();
    by_day.insert(date(2026, 9, 3), None);
    by_day.remove(&date(2026, 9, 20));
    let tariff = shipped("br-cemig-d-conventional");
    let bill = price(
        &tariff,
        &no_tax(),
        tables(),
        &Usage::Daily(by_day),
        september(),
    )
    .unwrap();
    assert_eq!(
        (bill.kwh, bill.days, bill.covered_days),
        (Kwh(d("280")), 30, 28)
    );
    assert_eq!(
        bill.assumptions,
        [Assumption {
            kind: AssumptionKind::MissingDays,
            subject: "usage".into(),
            first: date(2026, 9, 3),
            last: date(2026, 9, 20),
        }]
    );
    let nothing = Usage::Daily(BTreeMap::from([(date(2026, 9, 3), None)]));
    let error = price(&tariff, &no_tax(), tables(), &nothing, september()).unwrap_err();
    assert_eq!(error.code(), "no_usage");
}

#[test]
fn a_register_s_utility_splits_by_days_and_an_interval_meter_s_by_use() {
    let cycle = Cycle {
        first: date(2019, 9, 30),
        last: date(2019, 10, 1),
    };
    let by_day = BTreeMap::from([
        (cycle.first, Some(Kwh(d("90")))),
        (cycle.last, Some(Kwh(d("10")))),
    ]);
    let mut tariff = plain("0", "0", GrossUp::Chained);
    let net = |tariff: &Tariff| {
        price(
            tariff,
            &no_tax(),
            tables(),
            &Usage::Daily(by_day.clone()),
            cycle,
        )
        .unwrap()
        .net
    };
    assert_eq!(net(&tariff), money("2.75"));
    tariff.split = Split::ByUse;
    assert_eq!(net(&tariff), money("3.75"));
}
