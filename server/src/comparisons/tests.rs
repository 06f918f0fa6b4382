use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use ecotrack_common::bill::{BillError, DaySteps, MissingFigure, Parameters, Tariff};
use ecotrack_common::comparison::{CycleComparison, NotPriced, TariffComparison};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::profile::Connection;
use ecotrack_common::{EnergyProfileId, Kwh, Money, path};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::catalog::{self, Reference};
use crate::consumption::flows::{FlowDay, Flows};
use crate::consumption::past::Past;
use crate::tariffs::EffectiveTariff;
use crate::testing::{Actor, TestApp, home, in_home, register, wrong};

fn money(text: &str) -> Money {
    Money(text.parse().unwrap())
}

fn month(month: i8) -> Cycle {
    Cycle::containing(date(2026, month, 1), 1)
}

/// So many kWh on each day from the first of `cycle` on, as many days as `known`.
fn days(cycle: Cycle, known: usize, kwh: &str) -> BTreeMap<Date, FlowDay> {
    let kwh: Decimal = kwh.parse().unwrap();
    let day = |(at, date)| {
        let kwh = (at < known).then_some(Kwh(kwh));
        (date, FlowDay { kwh, steps: None })
    };
    cycle.iter().enumerate().map(day).collect()
}

fn tariff(price: &str, fixed: &str, more: &Value) -> Tariff {
    let mut version = json!({
        "valid_from": "2015-01-01",
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "price": { "const": price } },
            { "code": "FIXED", "basis": "per_month", "price": { "const": fixed } },
        ],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        version[key] = value.clone();
    }
    let tariff = json!({ "id": "t", "name": "T", "currency": "EUR", "time_zone": "Etc/UTC", "versions": [version] });
    serde_json::from_value(tariff).unwrap()
}

/// A home's past, and the cycles of it that are compared.
struct Compared {
    past: Past,
    cycles: Vec<Cycle>,
}

fn past(months: &[i8], mine: &Tariff, flows: Flows) -> Compared {
    let mine = EffectiveTariff {
        tariff: Arc::new(mine.clone()),
        parameters: Parameters::default(),
        example: false,
        slug: None,
        name: "Mine".to_owned(),
    };
    let past = Past {
        currency: "EUR".to_owned(),
        connection: Connection::Single,
        cycle_day: 1,
        tariffs: vec![(date(1900, 1, 1), Ok(Some(mine)))],
        flows: Flows {
            time_zone: "Etc/UTC".to_owned(),
            ..flows
        },
        reference: Arc::new(Reference::default()),
    };
    Compared {
        past,
        cycles: months.iter().copied().map(month).collect(),
    }
}

fn compare(of: &Compared, other: &Tariff, slug: Option<&str>) -> TariffComparison {
    super::compare::compare(&of.past, &of.cycles, other, slug)
}

fn totals(cycles: &[CycleComparison]) -> Vec<(Option<Money>, Option<Money>)> {
    let of = |cycle: &CycleComparison| (cycle.mine.total, cycle.other.total);
    cycles.iter().map(of).collect()
}

#[test]
fn each_cycle_has_both_bills_and_the_sums_their_difference() {
    let mut import = days(month(6), 30, "10");
    import.extend(days(month(7), 31, "2"));
    let flows = Flows {
        import,
        ..Flows::default()
    };
    let mine = tariff("0.50", "10", &json!({}));
    let other = tariff("0.40", "20", &json!({}));
    let compared = compare(&past(&[6, 7], &mine, flows), &other, Some("other"));
    // 300 kWh: 150 + 10 and 120 + 20. 62 kWh: 31 + 10 and 24.80 + 20.
    assert_eq!(
        totals(&compared.cycles),
        [
            (Some(money("160.00")), Some(money("140.00"))),
            (Some(money("41.00")), Some(money("44.80"))),
        ]
    );
    assert_eq!(compared.cycles[1].kwh, Some(Kwh(62.into())));
    assert_eq!(compared.cycles[1].difference(), Some(money("3.80")));
    let sums = compared.sums.unwrap();
    assert_eq!(
        (sums.cycles, sums.mine, sums.other, sums.difference),
        (2, money("201.00"), money("184.80"), money("-16.20"))
    );
    assert!(!compared.with_credits);
}

#[test]
fn credits_go_from_cycle_to_cycle_on_the_side_that_gives_them() {
    let mut import = days(month(6), 30, "10");
    import.extend(days(month(7), 31, "10"));
    let mut export = days(month(6), 30, "15");
    export.extend(days(month(7), 31, "0"));
    let flows = Flows {
        import,
        export,
        ..Flows::default()
    };
    let credits = json!({ "export": { "net_kwh": { "expiry_months": 60 } } });
    let mine = tariff("0.50", "10", &credits);
    let paid = json!({ "export": { "feed_in": { "price": { "const": "0.10" } } } });
    let other = tariff("0.40", "10", &paid);
    let compared = compare(&past(&[6, 7], &mine, flows), &other, None);
    // June takes 300 and gives 450: nothing but the fixed 10, and 150 kWh are left, against
    // 120 + 10 - 45. July takes 310, of which those 150 are paid for: 80 + 10 against 124 + 10.
    assert_eq!(
        totals(&compared.cycles),
        [
            (Some(money("10.00")), Some(money("85.00"))),
            (Some(money("90.00")), Some(money("134.00"))),
        ]
    );
    assert!(compared.with_credits);
}

#[test]
fn a_home_that_gave_before_is_not_priced_as_if_it_gave_nothing() {
    let mut import = days(month(6), 30, "10");
    import.extend(days(month(7), 31, "10"));
    let mut export = days(month(6), 30, "5");
    export.extend(days(month(7), 0, "0"));
    let flows = Flows {
        import,
        export,
        ..Flows::default()
    };
    let mine = tariff("0.50", "10", &json!({}));
    let compared = compare(&past(&[6, 7], &mine, flows), &mine, None);
    assert_eq!(compared.sums.unwrap().cycles, 1);
    let july = &compared.cycles[1];
    assert_eq!((july.mine.total, july.known_days), (None, 0));
    let why = BillError::Missing {
        what: MissingFigure::SameForm,
        on: Some(date(2026, 7, 1)),
    };
    assert_eq!(july.other.not_priced, Some(NotPriced::Bill { error: why }));
}

#[test]
fn a_side_without_a_price_says_what_is_missing_and_the_cycle_does_not_count() {
    let flows = Flows {
        import: days(month(6), 30, "10"),
        ..Flows::default()
    };
    let mine = tariff("0.50", "10", &json!({}));
    let past = past(&[6], &mine, flows);
    let mut other = tariff("0.40", "10", &json!({}));
    other.versions[0].charges[0].price = Some(ecotrack_common::bill::Price::Missing);
    let compared = compare(&past, &other, None);
    assert_eq!(totals(&compared.cycles), [(Some(money("160.00")), None)]);
    let price = MissingFigure::Price {
        charge: "ENERGY".to_owned(),
        window: None,
    };
    let Some(NotPriced::Bill {
        error: BillError::Missing { what, .. },
    }) = &compared.cycles[0].other.not_priced
    else {
        panic!("{:?}", compared.cycles[0].other)
    };
    assert_eq!((what, compared.sums), (&price, None));

    let pounds = Tariff {
        currency: "GBP".to_owned(),
        ..other
    };
    let compared = compare(&past, &pounds, None);
    let refused = NotPriced::OtherCurrency {
        currency: "GBP".to_owned(),
    };
    assert_eq!(
        (compared.refused, compared.cycles),
        (Some(refused), Vec::new())
    );
}

#[test]
fn a_cycle_with_less_than_nine_days_in_ten_is_shown_and_not_counted() {
    let compared = |known| -> TariffComparison {
        let flows = Flows {
            import: days(month(6), known, "10"),
            ..Flows::default()
        };
        let mine = tariff("0.50", "10", &json!({}));
        let mut past = past(&[6, 7], &mine, flows);
        past.past.tariffs.push((date(2026, 7, 1), Ok(None)));
        compare(&past, &mine, None)
    };
    let counted = compared(27);
    assert_eq!(counted.sums.unwrap().mine, money("145.00"));
    let shown = compared(26);
    assert_eq!(shown.cycles[0].mine.total, Some(money("140.00")));
    assert_eq!((shown.cycles[0].known_days, shown.sums), (26, None));
    // And a cycle of which nothing is known, in which the home had no tariff.
    let nothing = &shown.cycles[1];
    assert_eq!((nothing.known_days, nothing.kwh), (0, None));
    assert_eq!(nothing.mine.not_priced, Some(NotPriced::NoTariff));
    let no_use = NotPriced::Bill {
        error: BillError::NoUsage,
    };
    assert_eq!(nothing.other.not_priced, Some(no_use));
}

/// The evening's 6 kWh a day at thrice the price; both sides are priced with the same steps, of which
/// two days are not known, though the days' sums are.
#[test]
fn prices_by_the_hour_take_the_steps_on_both_sides() {
    let mut import = days(month(6), 30, "10");
    for (date, day) in &mut import {
        let mut mwh = vec![Some(0); 24];
        (mwh[3], mwh[19]) = (Some(4_000_000), Some(6_000_000));
        day.steps = (date.day() <= 28).then_some(DaySteps {
            step_minutes: 60,
            mwh,
        });
    }
    let flows = Flows {
        import,
        ..Flows::default()
    };
    let mine = tariff("0.50", "0", &json!({}));
    let windows = json!({ "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.30" },
        "windows": [{ "holidays": "as_listed", "start_min": 1080, "end_min": 1260, "price": { "const": "0.90" } }] }] });
    let by_hour = tariff("0", "0", &windows);
    let past = past(&[6], &mine, flows);
    let compared = compare(&past, &by_hour, None);
    // 280 kWh: 140 against 112 at 0.30 and 168 at 0.90.
    assert_eq!(
        totals(&compared.cycles),
        [(Some(money("140.00")), Some(money("184.80")))]
    );
    let cycle = &compared.cycles[0];
    assert_eq!((cycle.known_days, cycle.kwh), (28, Some(Kwh(280.into()))));
    // Against prices that know no hours, all 30 days are.
    let plain = compare(&past, &mine, None);
    assert_eq!(plain.cycles[0].mine.total, Some(money("150.00")));
}

const CEMIG: &str = "br-cemig-d-conventional";
const BRANCA: &str = "br-cemig-d-branca";

/// Ana's home under CEMIG's usual tariff, with 10 kWh on each day of two whole cycles.
async fn of_ana(test: &TestApp) -> (Actor, EnergyProfileId) {
    catalog::load_reference(&test.app.db, test.app.clock.now())
        .await
        .unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!(CEMIG);
    let made = ana.post(path::PROFILES, &new).await.json;
    let profile = made["energy_profile_id"].as_str().unwrap().parse().unwrap();
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let readings = path::fill(
        &in_home(path::READINGS, profile),
        &[("meter_id", &meter.meter_id)],
    );
    for (at, kwh) in [
        ("2026-09-10T03:00:00Z", "1000"),
        ("2026-11-10T03:00:00Z", "1610"),
    ] {
        let answer = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    }
    (ana, profile)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_viewer_sees_whether_a_shipped_or_a_typed_tariff_would_be_cheaper(db: PgPool) {
    let test = TestApp::new(db).await;
    let (_, profile) = of_ana(&test).await;
    let caio = test.viewer(profile).await;
    let mut typed = serde_json::to_value(tariff("0.50", "15", &json!({}))).unwrap();
    (typed["name"], typed["currency"]) = (json!("Cheap"), json!("BRL"));
    let body = json!({ "cycles": 3, "against": [
        { "slug": CEMIG }, { "document": typed }, { "slug": BRANCA }, { "slug": "gb-economy-7" }] });
    let address = in_home(path::TARIFF_COMPARISONS, profile);
    let answer = caio.post(&address, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    assert_eq!(answer.json["currency"], "BRL");
    let of = |at: usize| &answer.json["comparisons"][at];

    let same = of(0);
    assert_eq!(same["slug"], CEMIG);
    let firsts: Vec<&Value> = (0..3)
        .map(|at| &same["cycles"][at]["cycle"]["first"])
        .collect();
    assert_eq!(firsts, ["2026-08-10", "2026-09-10", "2026-10-10"]);
    assert_eq!(same["cycles"][0]["known_days"], 0);
    assert_eq!(
        same["cycles"][0]["mine"]["not_priced"]["error"]["code"],
        "no_usage"
    );
    assert_eq!(same["cycles"][1]["kwh"], "300.000000");
    assert_eq!(same["sums"]["cycles"], 2);
    let difference: Money = serde_json::from_value(same["sums"]["difference"].clone()).unwrap();
    assert_eq!(difference, Money::default());
    let assumed = same["assumptions"].as_array().unwrap();
    assert!(assumed.contains(&json!("tax_defaults")), "{assumed:?}");

    // 300 and 310 kWh at 0.50, and 15 a month.
    let typed = of(1);
    assert_eq!(
        (&typed["name"], &typed["slug"]),
        (&json!("Cheap"), &Value::Null)
    );
    let other: Money = serde_json::from_value(typed["sums"]["other"].clone()).unwrap();
    assert_eq!(other, money("335"));
    assert_eq!(typed["sums"]["mine"], same["sums"]["mine"]);

    // A register says nothing of hours.
    let branca = of(2);
    let september = &branca["cycles"][1];
    assert_eq!(september["other"]["total"], Value::Null);
    assert_eq!(
        september["other"]["not_priced"]["error"]["what"],
        "use_by_time"
    );
    assert!(september["mine"]["total"].is_string(), "{september}");
    assert_eq!(branca["sums"], Value::Null);

    let pounds = of(3);
    assert_eq!(
        pounds["refused"],
        json!({ "reason": "other_currency", "currency": "GBP" })
    );
    assert_eq!(pounds["cycles"], json!([]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_wrong_question_is_refused_by_its_fields(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = of_ana(&test).await;
    let address = in_home(path::TARIFF_COMPARISONS, profile);
    let ask = |body: Value| {
        let (ana, address) = (ana.clone(), address.clone());
        async move { ana.post(&address, &body).await }
    };
    let none = ask(json!({ "cycles": 37, "against": [] })).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        none.wrong(),
        wrong(&[("cycles", "out_of_range"), ("against", "required")])
    );
    let unsound =
        json!({ "id": "x", "name": "X", "currency": "BRL", "time_zone": "UTC", "versions": [] });
    let body = json!({ "against": [{ "slug": CEMIG }, { "document": unsound }] });
    assert_eq!(
        ask(body).await.wrong(),
        wrong(&[("against[1]", "unsound_tariff")])
    );
    let body = json!({ "against": [{ "slug": CEMIG }, { "slug": "br-nobody" }] });
    assert_eq!(
        ask(body).await.wrong(),
        wrong(&[("against[1]", "not_a_tariff")])
    );
    let body = json!({ "against": [{ "document": { "id": "x" } }] });
    let malformed = ask(body).await;
    assert_eq!(
        (malformed.status, malformed.code()),
        (StatusCode::BAD_REQUEST, "malformed_body")
    );
    // Without a number, a year; the question alone changes nothing.
    let usual = ask(json!({ "against": [{ "slug": CEMIG }] })).await.json;
    let cycles = usual["comparisons"][0]["cycles"].as_array().unwrap();
    assert_eq!(cycles.len(), 12);

    let stranger = test.account("Dora").await;
    let body = json!({ "against": [{ "slug": CEMIG }] });
    let answer = stranger.post(&address, &body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
