use axum::http::StatusCode;
use ecotrack_common::explain::{
    BillChange, BillExplanation, Cause, ChangeBasis, ChangeFactor, EffectiveRateAnswer,
    MissingFactor, PricedBy, RateRefusal,
};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, Kwh, Money, path};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::devices::tests::{insert, loaded};
use crate::testing::{Actor, Answer, TestApp, in_home, of_row, register, wrong};

const CEMIG: &str = "br-cemig-d-conventional";

/// Ana, and her home with its bills.
struct Home {
    test: TestApp,
    ana: Actor,
    profile: EnergyProfileId,
}

impl Home {
    async fn new(db: &PgPool) -> Self {
        loaded(db).await;
        let test = TestApp::new(db.clone()).await;
        let (ana, profile) = test.owner().await;
        Self { test, ana, profile }
    }

    /// The same with CEMIG-D's tariff, its taxes and R$ 20.00 of street lighting.
    async fn with_tariff(db: &PgPool) -> Self {
        let home = Self::new(db).await;
        let own = json!({ "icms": "0.18", "pis": "0.012", "cofins": "0.055", "cosip": "20" });
        home.tariff(Some(CEMIG), None, own).await;
        home
    }

    async fn tariff(&self, slug: Option<&str>, document: Option<Value>, parameters: Value) {
        sqlx::query(
            "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, tariff_slug, document, parameters)
             VALUES ($1, gen_random_uuid(), '1900-01-01', $2, $3, $4)
             ON CONFLICT ON CONSTRAINT profile_tariff_valid_from_key
             DO UPDATE SET tariff_slug = excluded.tariff_slug, document = excluded.document, parameters = excluded.parameters",
        )
        .bind(self.profile.0)
        .bind(slug)
        .bind(document)
        .bind(parameters)
        .execute(&self.test.app.db)
        .await
        .unwrap();
    }

    /// Enters a bill and gives its row.
    async fn bill(&self, first: &str, last: &str, kwh: &str, total: &str) -> Value {
        let new = json!({ "first_day": first, "last_day": last, "kwh": kwh, "total": total });
        self.enter(&new).await
    }

    async fn enter(&self, new: &Value) -> Value {
        let made = self
            .ana
            .post(&in_home(path::BILLS, self.profile), new)
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
        made.json["row"].clone()
    }

    async fn explained(&self, bill: &Value) -> BillExplanation {
        let address = of_row(
            path::BILL_EXPLANATION,
            self.profile,
            "billing_record_id",
            bill,
        );
        read(self.ana.get(&address).await)
    }

    fn change_of(&self, bill: &Value, query: &str) -> String {
        let address = of_row(path::BILL_CHANGE, self.profile, "billing_record_id", bill);
        format!("{address}{query}")
    }

    async fn rate(&self) -> EffectiveRateAnswer {
        read(
            self.ana
                .get(&in_home(path::EFFECTIVE_RATE, self.profile))
                .await,
        )
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: Answer) -> T {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    serde_json::from_value(answer.json).unwrap()
}

fn money(text: &str) -> Money {
    Money(text.parse().unwrap())
}

fn kwh(text: &str) -> Kwh {
    Kwh(text.parse().unwrap())
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_is_held_against_the_tariff_of_its_time_and_the_flag_is_found(db: PgPool) {
    let home = Home::with_tariff(&db).await;
    // Yellow on the last nine days; the total is that of thirteen.
    let bill = home.bill("2026-04-10", "2026-05-09", "212", "260.18").await;
    let explained = home.explained(&bill).await;
    assert_eq!(
        (explained.recomputed, explained.difference),
        (Some(money("259.48")), Some(money("0.70")))
    );
    assert!(
        matches!(&explained.priced_by, PricedBy::Tariff { name, example: false, .. } if name.starts_with("CEMIG"))
    );
    let cause = &explained.reasons[0].cause;
    assert!(
        matches!(cause, Cause::FlagDays { flag, charged_days: 13, in_force_days: 9, days: 30, .. } if flag == "yellow"),
        "{cause:?}"
    );
    assert_eq!(explained.unexplained, Some(money("0.00")));
    assert!(explained.lines.iter().all(|line| line.difference.is_none()));

    // Line by line.
    let mut new = json!({ "first_day": "2026-05-10", "last_day": "2026-05-27", "kwh": "100", "total": "134.19" });
    new["lines"] = json!([
        { "label": "Energia TE", "amount": "41.47" },
        { "label": "Energia TUSD", "amount": "70.76" },
        { "label": "Bandeira amarela", "amount": "2.46" },
        { "label": "Iluminação pública", "amount": "15.50" },
        { "label": "Multa", "amount": "4.00" },
    ]);
    let explained = home.explained(&home.enter(&new).await).await;
    let differences: Money = explained
        .lines
        .iter()
        .filter_map(|line| line.difference)
        .sum();
    assert_eq!(Some(differences), explained.difference);
    let cosip = Cause::Cosip {
        used: Some(money("20")),
        charged: money("15.50"),
    };
    assert_eq!(explained.reasons[0].cause, cosip);
    let left = explained.unexplained.unwrap().0;
    assert!(
        (left - Decimal::from(4)).abs() <= Decimal::new(2, 2),
        "the fine stays: {left}"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_without_a_tariff_is_told_so_and_goes_by_its_own_bills(db: PgPool) {
    let home = Home::new(&db).await;
    let first = home.bill("2026-01-01", "2026-01-31", "200", "208.60").await;
    let explained = home.explained(&first).await;
    assert_eq!(explained.recomputed, None);
    assert!(
        matches!(&explained.priced_by, PricedBy::Nothing { because, rate: RateRefusal::TooFewBills } if because.code == "no_tariff"),
        "{:?}",
        explained.priced_by
    );
    assert_eq!(
        home.rate().await,
        EffectiveRateAnswer::Refused {
            reason: RateRefusal::TooFewBills,
            bills: 1,
            needed: 3
        }
    );
    home.bill("2026-02-01", "2026-02-28", "150", "159.30").await;
    let last = home.bill("2026-03-01", "2026-03-31", "260", "265.60").await;
    let EffectiveRateAnswer::Ready { rate } = home.rate().await else {
        panic!("three bills give a rate");
    };
    assert_eq!(
        (rate.fixed_per_day, rate.per_kwh),
        (money("0.6"), money("0.95"))
    );
    let explained = home.explained(&last).await;
    assert!(matches!(
        explained.priced_by,
        PricedBy::EffectiveRate { .. }
    ));
    assert_eq!(
        (explained.recomputed, explained.difference),
        (Some(money("265.60")), Some(money("0.00")))
    );
    let change: BillChange = read(home.ana.get(&home.change_of(&last, "")).await);
    assert_eq!(change.basis, ChangeBasis::EffectiveRate);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn nothing_that_a_home_can_have_breaks_an_explanation(db: PgPool) {
    let home = Home::with_tariff(&db).await;
    let bills = [
        // Before the tariff, past it, of one day, of more than a year, of nothing, of much.
        home.bill("2001-01-01", "2001-01-31", "100", "50").await,
        home.bill("2026-03-01", "2026-03-01", "7", "9").await,
        home.bill("2024-01-01", "2025-01-31", "2000", "1900").await,
        home.bill("2026-04-10", "2026-05-09", "0", "0").await,
        home.bill("2026-05-10", "2026-06-09", "10000000", "-1000000000")
            .await,
        home.bill("2026-10-10", "2026-11-09", "212", "245.90").await,
    ];
    let own = |currency: &str| json!({ "id": "x", "name": "X", "currency": currency, "time_zone": "UTC", "versions": [] });
    let tariffs = [
        (Some(CEMIG), None, json!({ "cosip": "20" }), "default"),
        (Some(CEMIG), None, json!({ "icms": "much" }), "parameters"),
        (None, Some(json!({ "id": "x" })), json!({}), "unreadable"),
        (None, Some(own("EUR")), json!({}), "other currency"),
        (None, Some(own("BRL")), json!({}), "without versions"),
    ];
    for (slug, document, parameters, name) in tariffs {
        home.tariff(slug, document, parameters).await;
        for bill in &bills {
            let explained = home.explained(bill).await;
            if name != "default" {
                assert!(
                    !matches!(explained.priced_by, PricedBy::Tariff { .. }),
                    "{name}"
                );
            }
        }
        for bill in &bills[1..] {
            let change: BillChange = read(home.ana.get(&home.change_of(bill, "")).await);
            let sum: Money = change.parts.iter().map(|part| part.money).sum();
            assert_eq!(sum, change.money, "{name}");
        }
        home.rate().await;
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_change_is_from_the_bill_before_or_from_the_one_that_is_named(db: PgPool) {
    let home = Home::with_tariff(&db).await;
    let one = home.bill("2026-06-10", "2026-07-09", "200", "250").await;
    let two = home.bill("2026-07-10", "2026-08-09", "214", "270").await;
    let three = home.bill("2026-08-10", "2026-09-09", "190", "240").await;
    let change: BillChange = read(home.ana.get(&home.change_of(&three, "")).await);
    assert_eq!(change.from.bill.first_day, date(2026, 7, 10));
    assert_eq!((change.money, change.kwh), (money("-30"), kwh("-24")));
    let sum: Money = change.parts.iter().map(|part| part.money).sum();
    assert_eq!(sum, change.money);
    let sum: Kwh = change.parts.iter().map(|part| part.kwh).sum();
    assert_eq!(sum, change.kwh);
    assert_eq!(change.basis, ChangeBasis::Tariff);
    assert_eq!(change.missing, [MissingFactor::NoTemperatures]);

    let key = |bill: &Value| bill["billing_record_id"].as_str().unwrap().to_owned();
    let named = home.change_of(&three, &format!("?from={}", key(&one)));
    let change: BillChange = read(home.ana.get(&named).await);
    assert_eq!(change.money, money("-10"));
    for (query, code) in [
        (home.change_of(&one, ""), "no_earlier_bill"),
        (
            home.change_of(&two, &format!("?from={}", key(&two))),
            "same_bill",
        ),
        (
            home.change_of(&two, &format!("?from={}", home.profile)),
            "not_a_bill",
        ),
    ] {
        assert_eq!(home.ana.get(&query).await.wrong(), wrong(&[("from", code)]));
    }

    // Somebody else's bill is nobody's.
    let bia = home.test.account("Bia").await;
    let address = of_row(
        path::BILL_EXPLANATION,
        home.profile,
        "billing_record_id",
        &one,
    );
    assert_eq!(bia.get(&address).await.status, StatusCode::NOT_FOUND);
    let (other, elsewhere) = {
        let cai = home.test.account("Cai").await;
        let new = serde_json::to_value(crate::testing::home()).unwrap();
        let made = cai.post(path::PROFILES, &new).await;
        let id = made.json["energy_profile_id"].as_str().unwrap().parse();
        (cai, id.unwrap())
    };
    let address = of_row(path::BILL_EXPLANATION, elsewhere, "billing_record_id", &one);
    assert_eq!(other.get(&address).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn billed_kwh_are_held_against_the_meter_only_where_it_knows_every_day(db: PgPool) {
    let home = Home::with_tariff(&db).await;
    let meter = home
        .test
        .meter(home.profile, "Main", ReadingKind::Register)
        .await;
    let readings = path::fill(
        path::READINGS,
        &[
            ("energy_profile_id", &home.profile),
            ("meter_id", &meter.meter_id),
        ],
    );
    let read_at = async |at: &str, kwh: &str| {
        let made = home.ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    };
    // Midnight in São Paulo.
    read_at("2026-10-12T03:00:00Z", "1000").await;
    read_at("2026-11-10T03:00:00Z", "1203").await;
    let bill = home.bill("2026-10-10", "2026-11-09", "212", "245.90").await;
    let energy = home.explained(&bill).await.energy;
    assert_eq!(
        (energy.days, energy.measured_days, energy.spread_days),
        (31, 29, 29)
    );
    assert_eq!(energy.metered, Some(kwh("203")));
    assert_eq!(
        (energy.billed_over_metered, energy.metered_cost),
        (None, None)
    );
    assert_eq!((energy.devices, energy.unexplained), (None, None));

    read_at("2026-10-10T03:00:00Z", "988").await;
    let reference = loaded(&db).await;
    insert(
        &db,
        home.profile,
        &reference,
        "fridge-2door-frostfree",
        |_| {},
    )
    .await;
    let explained = home.explained(&bill).await;
    let energy = explained.energy;
    assert_eq!(
        (energy.measured_days, energy.metered),
        (31, Some(kwh("215")))
    );
    assert_eq!(energy.billed_over_metered, Some(kwh("-3")));
    assert!(
        energy.metered_cost > explained.recomputed,
        "three kWh more cost more"
    );
    let devices = energy.devices.unwrap();
    assert!(devices > kwh("10") && energy.unexplained == Some(kwh("215") - devices));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn prices_by_the_hour_take_the_hours_from_the_meter_or_are_said_to_need_them(db: PgPool) {
    let home = Home::new(&db).await;
    let night = json!({ "name": "night", "holidays": "as_listed", "start_min": 0, "end_min": 360, "price": { "const": "0.5" } });
    let own = json!({
        "id": "own", "name": "Day and night", "currency": "BRL", "time_zone": "America/Sao_Paulo",
        "versions": [{ "valid_from": "2020-01-01", "charges": [{
            "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" }, "rest": "day", "windows": [night],
        }] }],
    });
    home.tariff(None, Some(own), json!({})).await;
    let bill = home.bill("2026-06-01", "2026-06-02", "24", "18").await;
    let explained = home.explained(&bill).await;
    assert!(
        matches!(&explained.priced_by, PricedBy::Nothing { because, .. } if because.code == "missing_use"),
        "{:?}",
        explained.priced_by
    );
    let meter = home
        .test
        .meter(home.profile, "Main", ReadingKind::Step)
        .await;
    for day in ["2026-06-01", "2026-06-02"] {
        // Half of it in the six hours of the night.
        let steps: Vec<Option<i32>> = (0..24)
            .map(|hour| Some(if hour < 6 { 900_000 } else { 300_000 }))
            .collect();
        sqlx::query(
            "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes, step_mwh)
             VALUES ($1, $2, $3::date, $3::date::timestamp AT TIME ZONE 'America/Sao_Paulo', 1440, 60, $4)",
        )
        .bind(home.profile.0)
        .bind(meter.meter_id.0)
        .bind(day)
        .bind(steps)
        .execute(&db)
        .await
        .unwrap();
    }
    // 24 kWh were billed, 21.6 metered: half of the 24 in the night.
    let explained = home.explained(&bill).await;
    assert!(matches!(
        explained.priced_by,
        PricedBy::Tariff { by_meter: true, .. }
    ));
    assert_eq!(
        (explained.recomputed, explained.difference),
        (Some(money("18.00")), Some(money("0.00")))
    );
    assert_eq!(explained.energy.billed_over_metered, Some(kwh("2.4")));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn hot_days_and_a_device_metered_apart_have_their_parts(db: PgPool) {
    let home = Home::with_tariff(&db).await;
    let meter = home
        .test
        .meter(home.profile, "Main", ReadingKind::Register)
        .await;
    let apart = home
        .test
        .meter(home.profile, "Freezer", ReadingKind::Register)
        .await;
    sqlx::query("UPDATE meter SET channel = 'device' WHERE meter_id = $1")
        .bind(apart.meter_id.0)
        .execute(&db)
        .await
        .unwrap();
    // August is mild, September hot: 2 kWh a day more, of which the freezer has one.
    let days = |from: Date, to: Date| from.series(1.day()).take_while(move |day| *day <= to);
    let (begin, end) = (date(2026, 8, 1), date(2026, 9, 30));
    for (at, day) in days(begin, end).enumerate() {
        let hot = day.month() == 9;
        let warm = i64::try_from(at % 2).unwrap();
        let mean = if hot { 26 + warm } else { 20 };
        let degrees = if hot { 5 + warm } else { 0 };
        let used = Decimal::from(6) + Decimal::from(degrees) / Decimal::from(5);
        sqlx::query("INSERT INTO weather_observation VALUES ($1, $2::date, $3, 'file')")
            .bind(home.profile.0)
            .bind(day.to_string())
            .bind(Decimal::from(mean))
            .execute(&db)
            .await
            .unwrap();
        for (meter, used) in [
            (meter.meter_id, used),
            (apart.meter_id, Decimal::from(1 + i32::from(hot))),
        ] {
            sqlx::query(
                "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, spread_mwh, spread_minutes)
                 VALUES ($1, $2, $3::date, $3::date::timestamp AT TIME ZONE 'America/Sao_Paulo', 1440, $4, 1440)",
            )
            .bind(home.profile.0)
            .bind(meter.0)
            .bind(day.to_string())
            .bind(Kwh(used).to_mwh())
            .execute(&db)
            .await
            .unwrap();
        }
    }
    home.bill("2026-08-01", "2026-08-31", "186", "230").await;
    let bill = home.bill("2026-09-01", "2026-09-30", "213", "262").await;
    let change: BillChange = read(home.ana.get(&home.change_of(&bill, "")).await);
    assert_eq!(change.missing, []);
    let part = |factor| {
        let part = change.parts.iter().find(|part| part.factor == factor);
        part.unwrap().kwh.0
    };
    let near =
        |value: Decimal, wanted: i64| (value - Decimal::from(wanted)).abs() < Decimal::from(2);
    // 1.1 kWh a day by the heat, 1 by the freezer, over thirty days.
    assert!(near(part(ChangeFactor::Weather), 33), "{change:?}");
    assert!(near(part(ChangeFactor::Devices), 30), "{change:?}");
    let sum: Kwh = change.parts.iter().map(|part| part.kwh).sum();
    assert_eq!(sum, kwh("27"));
}
