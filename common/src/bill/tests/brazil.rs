//! Brazilian bills that were worked out elsewhere and recomputed to the cent.

use std::collections::BTreeMap;

use jiff::civil::date;
use rust_decimal::Decimal;

use super::{d, home, money, no_tax, september, september_bill, shipped, six, tables, total};
use crate::bill::brazil::{ClassPrices, Conventional, Figures, GrossUp, TaxRate, tariff};
use crate::bill::*;
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money};

/// A conventional tariff of one version, with no shipped data behind it.
pub(super) fn plain(te: &str, tusd: &str, gross_up: GrossUp) -> Tariff {
    let rate = || TaxRate {
        rate: Rate::Const(Decimal::ZERO),
        default: false,
    };
    let prices = ClassPrices {
        bounds_kwh: vec![],
        te: vec![d(te)],
        tusd: vec![d(tusd)],
    };
    let version = Conventional {
        valid_from: date(2015, 1, 1),
        valid_to: None,
        prices: BTreeMap::from([(Class::Residential, prices)]),
        flag_free_kwh: BTreeMap::new(),
        figures: Figures {
            gross_up,
            icms: rate(),
            pis: rate(),
            cofins: rate(),
            source: None,
            confidence: None,
        },
    };
    tariff(
        "plain",
        "Plain",
        "America/Sao_Paulo",
        vec![version.version()],
    )
}

#[test]
fn published_inputs_give_the_published_prices_with_taxes() {
    let tariff = plain("0.35", "0.45", GrossUp::Chained);
    let parameters = Parameters {
        flag: Some(Flag::Green),
        ..home("0.18", "0.0082", "0.0377")
    };
    let bill = price(&tariff, &parameters, tables(), &total("100"), september()).unwrap();
    let per_kwh = |amount: Money| six(Money(amount.0 / d("100")));
    assert_eq!(per_kwh(bill.amount_of("TE")), "0.447363");
    assert_eq!(per_kwh(bill.amount_of("TUSD")), "0.575181");
    assert_eq!(per_kwh(bill.gross), "1.022545");
}

#[test]
fn a_real_bill_of_the_old_method_is_met() {
    let mut tariff = plain("0.28616", "0.22465", GrossUp::SingleGroup);
    // The bill has the flag as an amount, 18.00 on 400 kWh.
    let flag = tariff.versions[0]
        .charges
        .iter_mut()
        .find(|charge| charge.code == "FLAG")
        .unwrap();
    flag.price = Some(Price::Const(d("0.045")));
    let parameters = home("0.25", "0.0103", "0.0475");
    let bill = price(&tariff, &parameters, tables(), &total("400"), september()).unwrap();
    assert_eq!(bill.net, money("222.324"));
    assert_eq!(bill.total, money("321.18"));
}

#[test]
fn a_cemig_bill_of_september_2026_is_met_to_the_last_printed_place() {
    let parameters = Parameters {
        cosip: Some(money("20.00")),
        ..home("0.18", "0.0120", "0.0550")
    };
    let bill = september_bill("br-cemig-d-conventional", &parameters, "200");
    assert_eq!(bill.net, money("184.428"));
    assert_eq!(six(bill.gross), "241.063446");
    assert_eq!(six(bill.amount_of("TE")), "81.094293");
    assert_eq!(six(bill.amount_of("TUSD")), "155.041435");
    assert_eq!(six(bill.amount_of("FLAG")), "4.927718");
    assert_eq!(six(bill.tax("ICMS")), "43.391420");
    assert_eq!(six(bill.tax("PIS")), "2.372064");
    assert_eq!(six(bill.tax("COFINS")), "10.871961");
    assert_eq!(bill.outside, money("20"));
    assert_eq!(bill.total, money("261.06"));
    assert_eq!(bill.assumptions, []);
    let flag = bill.lines_of("FLAG").next().unwrap();
    assert_eq!(
        (flag.note.as_deref(), flag.assumed),
        (Some("yellow"), false)
    );
}

#[test]
fn the_same_inputs_by_the_old_method_are_met() {
    let mut tariff = shipped("br-cemig-d-conventional");
    for tax in tariff
        .versions
        .iter_mut()
        .flat_map(|version| &mut version.taxes)
    {
        tax.group = 0;
    }
    let parameters = home("0.18", "0.0120", "0.0550");
    let bill = price(&tariff, &parameters, tables(), &total("200"), september()).unwrap();
    assert_eq!(six(bill.gross), "244.924303");
}

#[test]
fn fewer_kwh_than_the_minimum_are_billed_as_the_minimum_of_the_connection() {
    for (connection, net) in [
        (Connection::Single, "27.0987"),
        (Connection::Two, "45.1645"),
        (Connection::Three, "90.3290"),
    ] {
        let flag = Some(Flag::Green);
        let parameters = Parameters {
            connection: Some(connection),
            flag,
            ..no_tax()
        };
        let bill = september_bill("br-cemig-d-conventional", &parameters, "12");
        assert_eq!(bill.net, money(net), "{connection}");
        assert_eq!(bill.kwh, Kwh(d("12")));
        assert!(
            bill.lines_of("TE")
                .all(|line| line.rules.contains(&LineRule::Minimum))
        );
    }
}

#[test]
fn the_flag_is_on_the_minimum_unless_the_tariff_says_otherwise() {
    let mut tariff = shipped("br-cemig-d-conventional");
    let flag = |tariff: &Tariff| {
        price(tariff, &no_tax(), tables(), &total("12"), september())
            .unwrap()
            .net_of("FLAG")
    };
    assert_eq!(flag(&tariff), money("0.5655"));
    for version in &mut tariff.versions {
        version.minimum.as_mut().unwrap().include_surcharges = false;
    }
    assert_eq!(flag(&tariff), money("0.2262"));
}

#[test]
fn tarifa_social_has_eighty_kwh_free_of_energy_and_flag() {
    let social = Parameters {
        class: Some(Class::Social),
        ..no_tax()
    };
    let bill = september_bill("br-cemig-d-conventional", &social, "130");
    assert_eq!(bill.net_of("TE") + bill.net_of("TUSD"), money("35.7665"));
    assert_eq!(bill.net_of("FLAG"), money("0.9425"));
    assert_eq!(bill.net, money("36.7090"));
    // Up to 80 kWh nothing is due, not even the minimum.
    let free = september_bill("br-cemig-d-conventional", &social, "20");
    assert_eq!((free.net, free.billed_kwh), (money("0"), Kwh(d("20"))));
}

#[test]
fn desconto_social_is_priced_by_part() {
    let discount = Parameters {
        class: Some(Class::Discount),
        ..no_tax()
    };
    let bill = september_bill("br-cemig-d-conventional", &discount, "150");
    assert_eq!(bill.net_of("TE") + bill.net_of("TUSD"), money("115.4703"));
    assert_eq!(bill.net_of("FLAG"), money("2.8275"));
    assert_eq!(bill.net, money("118.2978"));
}

#[test]
fn whole_bill_icms_jumps_where_the_total_crosses_a_band() {
    let parameters = Parameters {
        icms: None,
        ..home("0", "0.0112", "0.0512")
    };
    for (kwh, expected) in [
        ("90", "77.58"),
        ("91", "89.14"),
        ("200", "195.91"),
        ("201", "211.30"),
        ("300", "315.37"),
    ] {
        let bill = september_bill("br-enel-sp-conventional", &parameters, kwh);
        assert_eq!(bill.total, money(expected), "{kwh} kWh");
    }
}

#[test]
fn marginal_icms_taxes_each_part_at_its_own_rate() {
    let parameters = Parameters {
        icms: None,
        ..home("0", "0.0035", "0.0163")
    };
    for (kwh, expected) in [("150", "135.40"), ("200", "183.25"), ("300", "278.95")] {
        let bill = september_bill("br-celesc-conventional", &parameters, kwh);
        assert_eq!(bill.total, money(expected), "{kwh} kWh");
    }
    let bill = september_bill("br-celesc-conventional", &parameters, "200");
    let icms = bill.taxes.iter().filter(|tax| tax.code == "ICMS");
    assert_eq!(
        icms.map(|tax| tax.rate).collect::<Vec<_>>(),
        [d("0.12"), d("0.17")]
    );
}

#[test]
fn the_flag_is_split_by_the_calendar_days_of_each_month() {
    let cycle = Cycle {
        first: date(2019, 9, 11),
        last: date(2019, 10, 10),
    };
    let tariff = plain("0", "0", GrossUp::Chained);
    let bill = price(&tariff, &no_tax(), tables(), &total("300"), cycle).unwrap();
    let flags: Vec<_> = bill
        .lines_of("FLAG")
        .map(|line| {
            (
                line.note.as_deref().unwrap(),
                line.quantity,
                line.unit_price,
                line.net,
            )
        })
        .collect();
    assert_eq!(
        flags,
        [
            ("red1", d("200"), d("0.04"), money("8")),
            ("yellow", d("100"), d("0.015"), money("1.5"))
        ]
    );
    assert_eq!(bill.net, money("9.50"));
}
