//! Energy given to the grid, and minimums in money.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::{d, from_json, money, no_tax, september, total};
use crate::bill::*;
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money};

/// Totals, and what is known of earlier cycles.
struct Totals {
    import: Usage,
    export: Option<Usage>,
    production: Option<Usage>,
    credits: Vec<EnergyCredit>,
    money_credit: Money,
}

impl Totals {
    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            import: &self.import,
            export: self.export.as_ref(),
            production: self.production.as_ref(),
            credits: &self.credits,
            money_credit: self.money_credit,
        }
    }
}

fn exchange(import: &str, export: &str) -> Totals {
    Totals {
        import: total(import),
        export: Some(total(export)),
        production: None,
        credits: vec![],
        money_credit: money("0"),
    }
}

fn only(import: &str) -> Totals {
    Totals {
        export: None,
        ..exchange(import, "0")
    }
}

fn priced(tariff: &Tariff, totals: &Totals) -> Bill {
    let exchange = totals.exchange();
    price_exchange(tariff, &no_tax(), &Tables::default(), exchange, september()).unwrap()
}

/// The example row of the notes on Brazil, section 8, probably Energisa TO's.
fn generation(minimum: bool) -> Tariff {
    let mut version = json!({
        "charges": [
            { "code": "TE", "basis": "per_kwh", "price": { "const": "0.32263" }, "offsettable": true },
            { "code": "TUSD_FIO_B", "basis": "per_kwh", "price": { "const": "0.441478264" }, "offsettable": true,
              "offset_schedule": [
                { "from": "2023-01-01", "share": "0.85" }, { "from": "2024-01-01", "share": "0.70" },
                { "from": "2025-01-01", "share": "0.55" }, { "from": "2026-01-01", "share": "0.40" }] },
            { "code": "TUSD_OTHER", "basis": "per_kwh", "price": { "const": "0.241951736" }, "offsettable": true },
        ],
        "export": { "net_kwh": { "expiry_months": 60 } },
    });
    if minimum {
        version["minimum"] = json!({ "kwh": { "single": "30", "two": "50", "three": "100" } });
    }
    from_json(version)
}

#[test]
fn distributed_generation_pays_its_share_of_the_wires() {
    let bill = priced(&generation(false), &exchange("300", "250"));
    assert_eq!(bill.net.0.round_dp(5), d("116.52474"));
    assert_eq!(
        priced(&generation(false), &exchange("300", "0")).net,
        money("301.818")
    );
    let export = bill.export.unwrap();
    assert_eq!(export.compensated_kwh, Kwh(d("250")));
    assert!(export.credits.is_empty());
}

#[test]
fn the_minimum_is_billed_where_it_is_dearer_than_what_credits_leave() {
    let three = Parameters {
        connection: Some(Connection::Three),
        ..no_tax()
    };
    let bill = |export: &str| {
        let exchange = exchange("300", export);
        price_exchange(
            &generation(true),
            &three,
            &Tables::default(),
            exchange.exchange(),
            september(),
        )
        .unwrap()
    };
    // 50 kWh and the wires of 250 are dearer than 100 kWh.
    assert_eq!(bill("250").net.0.round_dp(5), d("116.52474"));
    // Wires of 300, 79.47, are cheaper: 100 kWh.
    assert_eq!(bill("300").net, money("100.606"));
    assert_eq!(bill("300").lines[0].quantity, d("100"));
    assert_eq!(bill("300").export.unwrap().compensated_kwh, Kwh(d("300")));
}

#[test]
fn credits_are_used_the_oldest_first_and_run_out() {
    let credit = |kwh: &str, expires_on| EnergyCredit {
        kwh: Kwh(d(kwh)),
        expires_on,
    };
    let exchange = Totals {
        credits: vec![
            credit("40", date(2028, 1, 1)),
            credit("10", date(2026, 9, 29)),
            credit("30", date(2026, 9, 30)),
        ],
        ..exchange("100", "50")
    };
    let export = priced(&generation(false), &exchange).export.unwrap();
    // 50 of this cycle, 30 that end today, 20 of the next.
    assert_eq!(export.compensated_kwh, Kwh(d("100")));
    assert_eq!(export.expired_kwh, Kwh(d("10")));
    assert_eq!(export.credits, [credit("20", date(2028, 1, 1))]);
    let surplus = priced(&generation(false), &self::exchange("100", "130"));
    assert_eq!(
        surplus.export.unwrap().credits,
        [credit("30", date(2031, 9, 30))]
    );
}

#[test]
fn a_tariff_that_does_not_know_export_says_so() {
    let tariff = from_json(json!({ "charges": [
        { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.10" } }] }));
    let bill = priced(&tariff, &exchange("100", "20"));
    assert_eq!(bill.total, money("10.00"));
    assert_eq!(bill.assumptions[0].kind, AssumptionKind::ExportNotPriced);
}

fn paid(rule: &serde_json::Value) -> Tariff {
    from_json(json!({
        "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.30" } }],
        "taxes": [{ "code": "VAT", "rate": { "const": "0.10" }, "method": "on_top", "base": ["ENERGY"] }],
        "export": rule,
    }))
}

#[test]
fn feed_in_is_paid_out_and_net_billing_stops_at_nothing() {
    let feed_in = paid(&json!({ "feed_in": { "price": { "const": "0.08" } } }));
    let bill = priced(&feed_in, &exchange("100", "500"));
    assert_eq!(bill.total, money("-7.00"));
    let line = bill.lines.last().unwrap();
    assert_eq!(
        (line.code.as_str(), line.quantity, line.unit_price),
        ("EXPORT", d("500"), d("-0.08"))
    );
    let net_billing = paid(&json!({ "net_billing": { "price": { "const": "0.08" } } }));
    let bill = priced(&net_billing, &exchange("100", "500"));
    assert_eq!(bill.total, money("0.00"));
    assert_eq!(bill.export.unwrap().money_credit, money("7"));
    let next = Totals {
        money_credit: money("7"),
        ..exchange("100", "0")
    };
    assert_eq!(priced(&net_billing, &next).total, money("26.00"));
}

#[test]
fn buy_all_sell_all_sells_what_was_used_and_buys_what_was_produced() {
    let tariff = paid(&json!({ "buy_all_sell_all": { "price": { "const": "0.20" } } }));
    let exchange = Totals {
        production: Some(total("150")),
        ..exchange("100", "50")
    };
    let bill = priced(&tariff, &exchange);
    // Used 100 + 150 - 50 = 200 kWh at 0.33, produced 150 at 0.20.
    assert_eq!(bill.kwh, Kwh(d("200")));
    assert_eq!(bill.total, money("36.00"));
    let without = Totals {
        production: None,
        ..exchange
    };
    let error = price_exchange(
        &tariff,
        &no_tax(),
        &Tables::default(),
        without.exchange(),
        september(),
    );
    assert_eq!(
        error.unwrap_err(),
        BillError::Missing {
            what: MissingFigure::Production,
            on: None
        }
    );
}

#[test]
fn credits_pay_first_for_the_window_in_which_the_energy_was_given() {
    let mut tariff = from_json(json!({
        "charges": [{ "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "rest": "off", "price": { "const": "1" },
            "windows": [{ "name": "peak", "holidays": "as_listed", "start_min": 720, "end_min": 1440, "price": { "const": "3" } }] }],
        "export": { "net_kwh": { "expiry_months": 12 } },
    }));
    tariff.time_zone = "Etc/UTC".into();
    let day = Cycle {
        first: date(2026, 9, 1),
        last: date(2026, 9, 1),
    };
    let halves = |morning: u32, afternoon: u32| {
        let mwh = (0..24).map(|hour| match hour {
            0 => Some(morning * 1_000_000),
            12 => Some(afternoon * 1_000_000),
            _ => Some(0),
        });
        Usage::Steps(StepUse {
            time_zone: "Etc/UTC".into(),
            days: BTreeMap::from([(
                day.first,
                DaySteps {
                    step_minutes: 60,
                    mwh: mwh.collect(),
                },
            )]),
        })
    };
    let exchange = Totals {
        import: halves(10, 4),
        export: Some(halves(0, 5)),
        ..only("0")
    };
    let bill = price_exchange(
        &tariff,
        &no_tax(),
        &Tables::default(),
        exchange.exchange(),
        day,
    )
    .unwrap();
    // The afternoon's 4 are paid for, and one of the morning's 10.
    assert_eq!(bill.net, money("9"));
    assert!(bill.lines[0].rules.contains(&LineRule::Credits));
}

#[test]
fn a_minimum_in_money_is_topped_up_and_taxed() {
    let tariff = |surcharges: bool| {
        from_json(json!({
            "charges": [
                { "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" } },
                { "code": "FUEL", "basis": "per_kwh", "price": { "const": "0.5" }, "surcharge": true },
            ],
            "taxes": [{ "code": "DUTY", "rate": { "const": "0.10" }, "method": "on_top", "base": ["ENERGY", "FUEL", "MINIMUM"] }],
            "minimum": { "money": "60", "include_surcharges": surcharges },
        }))
    };
    let bill = priced(&tariff(true), &only("20"));
    assert_eq!(bill.total, money("66.00"));
    assert_eq!(bill.net_of("MINIMUM"), money("30"));
    assert_eq!(
        priced(&tariff(false), &only("20")).net_of("MINIMUM"),
        money("40")
    );
    assert_eq!(
        priced(&tariff(true), &only("60"))
            .lines_of("MINIMUM")
            .count(),
        0
    );
}

#[test]
fn a_utility_that_rounds_lines_gets_its_cents() {
    let tariff = from_json(json!({
        "charges": [
            { "code": "A", "basis": "per_kwh", "price": { "const": "0.3333" } },
            { "code": "B", "basis": "per_kwh", "price": { "const": "0.3333" } },
        ],
        "taxes": [{ "code": "VAT", "rate": { "const": "0.05" }, "method": "on_top", "base": ["A", "B"] }],
        "rounding": { "places": 2, "mode": "half_up", "at": "lines" },
    }));
    let bill = priced(&tariff, &only("5"));
    // 1.6665 each becomes 1.67, with 0.083325 of tax each 0.08; in one sum it would be 3.50 too, of other parts.
    assert_eq!(
        (bill.net, bill.tax("VAT"), bill.total),
        (money("3.34"), money("0.16"), money("3.50"))
    );
    assert_eq!(bill.lines[0].net, money("1.67"));
}

#[test]
fn a_table_of_rates_goes_by_the_day_the_bill_is_made_and_says_what_is_usual() {
    let tariff = from_json(json!({
        "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" } }],
        "taxes": [{ "code": "ICMS", "rate": { "dated": { "table": "icms" } }, "method": "inside", "base": ["ENERGY"],
                    "parameter": "icms" }],
    }));
    let banded = Rate::BandedByKwh {
        mode: BandMode::WholeBill,
        bounds_kwh: vec![d("90")],
        rates: vec![d("0"), d("0.2")],
    };
    let rates = vec![
        DatedRate {
            first: date(2020, 1, 1),
            rate: Rate::Const(d("0.5")),
            default: false,
        },
        DatedRate {
            first: date(2026, 9, 30),
            rate: banded,
            default: true,
        },
    ];
    let tables = Tables {
        rates: BTreeMap::from([("icms".to_owned(), rates)]),
        ..Tables::default()
    };
    let bill = |last, kwh: &str| {
        let cycle = Cycle {
            first: date(2026, 9, 1),
            last,
        };
        price(&tariff, &Parameters::default(), &tables, &total(kwh), cycle).unwrap()
    };
    assert_eq!(bill(date(2026, 9, 29), "100").total, money("200.00"));
    assert_eq!(bill(date(2026, 9, 30), "100").total, money("125.00"));
    assert_eq!(bill(date(2026, 9, 30), "90").total, money("90.00"));
    assert_eq!(
        bill(date(2026, 9, 30), "90").assumptions[0].kind,
        AssumptionKind::DefaultRate
    );
    assert!(bill(date(2026, 9, 29), "90").assumptions.is_empty());
    let error = price(
        &tariff,
        &Parameters::default(),
        &Tables::default(),
        &total("1"),
        september(),
    );
    assert_eq!(error.unwrap_err().code(), "missing");
}

#[test]
fn the_lines_before_credits_stand_beside_those_after() {
    let bill = priced(&generation(false), &exchange("300", "250"));
    let net = |lines: &[BillLine]| lines.iter().map(|line| line.net.0).sum();
    let (before, after): (rust_decimal::Decimal, rust_decimal::Decimal) =
        (net(&bill.before_credits), net(&bill.lines));
    assert_eq!(before, d("301.818"));
    assert_eq!((before - after).round_dp(5), d("185.29326"));
    assert!(
        priced(&generation(false), &only("300"))
            .before_credits
            .is_empty()
    );
}

#[test]
fn the_next_kwh_is_paid_for_by_credits_as_far_as_they_reach() {
    let next = |export: &str| {
        let totals = exchange("300", export);
        let tariff = generation(false);
        marginal_price(
            &tariff,
            &no_tax(),
            &Tables::default(),
            totals.exchange(),
            september(),
        )
        .unwrap()
    };
    // All of it; with 50 kWh to spare only the wires that credits do not pay for.
    assert_eq!(next("250"), money("1.00606"));
    assert_eq!(next("350").0.round_dp(6), d("0.264887"));
}

proptest! {
    #[test]
    fn what_a_cycle_leaves_follows_from_its_kwh_alone(
        import in 0_i64..1_000, export in 0_i64..1_000,
        credits in prop::collection::vec((0_i64..300, 0_i32..80), 0..6),
    ) {
        let credits: Vec<EnergyCredit> = credits.into_iter().map(|(kwh, months)| EnergyCredit {
            kwh: Kwh(kwh.into()),
            expires_on: date(2026, 6, 30).saturating_add(jiff::Span::new().months(months)),
        }).collect();
        let (taken, given) = (Kwh(import.into()), Kwh(export.into()));
        let totals = Totals { credits: credits.clone(), ..exchange(&import.to_string(), &export.to_string()) };
        for tariff in [generation(false), generation(true)] {
            let three = Parameters { connection: Some(Connection::Three), ..no_tax() };
            let bill = price_exchange(&tariff, &three, &Tables::default(), totals.exchange(), september());
            let after = credits_after(&tariff, taken, given, &credits, september()).unwrap();
            prop_assert_eq!(&bill.unwrap().export.unwrap().credits, &after);
        }
        // A tariff that pays in money leaves them where they are.
        let feed_in = paid(&json!({ "feed_in": { "price": { "const": "0.08" } } }));
        prop_assert_eq!(credits_after(&feed_in, taken, given, &credits, september()).unwrap(), credits);
    }

    #[test]
    fn no_credit_is_lost_or_made(
        import in 0_i64..1_000, export in 0_i64..1_000,
        credits in prop::collection::vec((0_i64..300, 0_i32..80), 0..6),
    ) {
        let given: i64 = credits.iter().map(|credit| credit.0).sum();
        let credits = credits.into_iter().map(|(kwh, months)| EnergyCredit {
            kwh: Kwh(kwh.into()),
            expires_on: date(2026, 6, 30).saturating_add(jiff::Span::new().months(months)),
        });
        let exchange = Totals {
            import: Usage::Total(Kwh(import.into())),
            export: Some(Usage::Total(Kwh(export.into()))),
            production: None,
            credits: credits.collect(),
            money_credit: Money(d("0")),
        };
        let bill = priced(&generation(false), &exchange);
        let result = bill.export.unwrap();
        let left: rust_decimal::Decimal = result.credits.iter().map(|credit| credit.kwh.0).sum();
        let whole = rust_decimal::Decimal::from(given + export);
        prop_assert_eq!(result.compensated_kwh.0 + result.expired_kwh.0 + left, whole);
        prop_assert!(result.compensated_kwh.0 <= import.into());
        prop_assert!(result.credits.is_sorted_by_key(|credit| credit.expires_on));
        prop_assert!(bill.total.0 >= d("0"));
    }
}
