//! A home with the sun on its roof: what is priced is what flows between it and the grid.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use ecotrack_common::bill::{AssumptionKind, Bill, Parameters, Tariff};
use ecotrack_common::comparison::TariffComparisons;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::explain::{BillChange, BillExplanation, ChangeBasis, PricedBy};
use ecotrack_common::meter::{Channel, ReadingKind};
use ecotrack_common::profile::Connection;
use ecotrack_common::{EnergyProfileId, Kwh, Money, path};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::flows::{FlowDay, FlowDays, Flows};
use super::past::Past;
use crate::catalog::{self, Reference};
use crate::tariffs::EffectiveTariff;
use crate::testing::{Actor, Answer, TestApp, in_home, of_row};

fn money(text: &str) -> Money {
    Money(text.parse().unwrap())
}

fn kwh(text: &str) -> Kwh {
    Kwh(text.parse().unwrap())
}

fn month(year: i16, month: i8) -> Cycle {
    Cycle::containing(date(year, month, 1), 1)
}

/// 0.50 a kWh and 10 a month, with more of a version.
fn tariff(more: &Value) -> Tariff {
    let mut version = json!({
        "valid_from": "2015-01-01",
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "price": { "const": "0.50" } },
            { "code": "FIXED", "basis": "per_month", "price": { "const": "10" } },
        ],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        version[key] = value.clone();
    }
    let tariff = json!({ "id": "t", "name": "T", "currency": "BRL", "time_zone": "America/Sao_Paulo", "versions": [version] });
    serde_json::from_value(tariff).unwrap()
}

fn net_kwh(months: u16) -> Tariff {
    tariff(&json!({ "export": { "net_kwh": { "expiry_months": months } } }))
}

/// The days of a month with so many kWh each.
fn days(of: Cycle, daily: &str) -> FlowDays {
    let day = FlowDay {
        kwh: Some(kwh(daily)),
        steps: None,
    };
    of.iter().map(|date| (date, day.clone())).collect()
}

fn past(tariff: Tariff, import: FlowDays, export: FlowDays) -> Past {
    let own = EffectiveTariff {
        tariff: Arc::new(tariff),
        parameters: Parameters::default(),
        example: false,
        slug: None,
        name: "Own".to_owned(),
    };
    Past {
        currency: "BRL".to_owned(),
        connection: Connection::Single,
        cycle_day: 1,
        tariffs: vec![(date(1900, 1, 1), Ok(Some(own)))],
        flows: Flows {
            time_zone: "America/Sao_Paulo".to_owned(),
            mixed: true,
            import,
            export,
            ..Flows::default()
        },
        reference: Arc::new(Reference::default()),
    }
}

/// Takes 10 kWh and gives `given` on each day of January to June 2026, whatever is changed then.
fn half_a_year(given: [&str; 6], change: impl FnOnce(&mut FlowDays, &mut FlowDays)) -> Flows {
    let (mut import, mut export) = (FlowDays::new(), FlowDays::new());
    for (number, given) in (1..).zip(given) {
        import.extend(days(month(2026, number), "10"));
        export.extend(days(month(2026, number), given));
    }
    change(&mut import, &mut export);
    Flows {
        import,
        export,
        ..Flows::default()
    }
}

fn bill_of(past: &Past, cycle: Cycle) -> Bill {
    past.account(None, cycle).own_bill(cycle).unwrap()
}

fn is_partly(bill: &Bill) -> bool {
    let mut kinds = bill.assumptions.iter().map(|one| one.kind);
    kinds.any(|kind| kind == AssumptionKind::EarlierCredits)
}

#[test]
fn a_cycle_is_paid_with_credits_of_the_cycles_before_as_long_as_they_live() {
    // January leaves 31 kWh, February 28, March to June need 310, 300, 310 and 300.
    let flows = half_a_year(["11", "11", "10", "10", "10", "9"], |_, _| {});
    let total = |months| {
        let past = past(net_kwh(months), flows.import.clone(), flows.export.clone());
        bill_of(&past, month(2026, 6)).total
    };
    // June takes 30 more than it gives.
    assert_eq!(total(60), money("10.00"));
    assert_eq!(
        total(5),
        money("10.00"),
        "January's live to the end of June"
    );
    assert_eq!(total(4), money("25.00"), "February's live to the 28th");
    assert_eq!(total(1), money("25.00"));
    let plain = past(tariff(&json!({})), flows.import.clone(), FlowDays::new());
    assert_eq!(bill_of(&plain, month(2026, 6)).total, money("160.00"));
    // Whoever asks for June alone hears what whoever asks for all months does.
    let past = past(net_kwh(60), flows.import.clone(), flows.export.clone());
    let mut account = past.account(None, month(2026, 1));
    let bills = (1..=6).map(|number| account.own_bill(month(2026, number)).unwrap());
    assert_eq!(bills.last(), Some(bill_of(&past, month(2026, 6))));
}

#[test]
fn credits_that_nobody_knows_are_named_where_they_could_pay_for_something() {
    let partly = |months, given, change: fn(&mut FlowDays, &mut FlowDays)| {
        let flows = half_a_year(given, change);
        let past = past(net_kwh(months), flows.import, flows.export);
        is_partly(&bill_of(&past, month(2026, 6)))
    };
    let given = ["11", "9", "9", "9", "9", "9"];
    assert!(
        partly(60, given, |_, _| {}),
        "its history begins with giving"
    );
    assert!(!partly(3, given, |_, _| {}), "what was before has run out");
    assert!(!partly(60, ["11", "9", "9", "9", "9", "10"], |_, _| {}));
    let took_before: fn(&mut FlowDays, &mut FlowDays) =
        |import, _| import.extend(days(month(2025, 12), "10"));
    assert!(!partly(60, given, took_before), "it gave nothing then");
    let gap: fn(&mut FlowDays, &mut FlowDays) = |import, export| {
        import.extend(days(month(2025, 12), "10"));
        export.remove(&date(2026, 3, 3));
    };
    assert!(partly(60, given, gap));
}

#[test]
fn a_cycle_without_a_tariff_leaves_credits_that_nobody_knows() {
    let flows = half_a_year(["11", "10", "10", "10", "10", "9"], |import, _| {
        import.extend(days(month(2025, 12), "10"));
    });
    let mut past = past(net_kwh(60), flows.import, flows.export);
    past.tariffs[0].0 = date(2026, 3, 1);
    let june = bill_of(&past, month(2026, 6));
    assert_eq!((june.total, is_partly(&june)), (money("25.00"), true));
    past.tariffs[0].0 = date(1900, 1, 1);
    let june = bill_of(&past, month(2026, 6));
    assert_eq!((june.total, is_partly(&june)), (money("10.00"), false));
}

#[test]
fn money_that_a_cycle_leaves_pays_for_the_next() {
    let rule = json!({ "export": { "net_billing": { "price": { "const": "0.50" } } },
        "charges": [{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "0.50" } }] });
    // January leaves 15.50, February 14.00; March takes 310 kWh and gives 279.
    let flows = half_a_year(["11", "11", "9", "9", "9", "9"], |_, _| {});
    let past = past(tariff(&rule), flows.import, flows.export);
    assert_eq!(bill_of(&past, month(2026, 3)).total, money("0.00"));
    // 14.00 of them pay for March and April's 15.00.
    assert_eq!(bill_of(&past, month(2026, 4)).total, money("1.00"));
    assert_eq!(bill_of(&past, month(2026, 5)).total, money("15.50"));
}

#[test]
fn cycles_off_the_usual_day_follow_their_own() {
    let flows = half_a_year(["11", "11", "10", "10", "10", "9"], |_, _| {});
    let past = past(net_kwh(60), flows.import, flows.export);
    let late = Cycle {
        first: date(2026, 5, 15),
        last: date(2026, 6, 14),
    };
    // 14 days of June short of a kWh each.
    let bill = bill_of(&past, late);
    assert_eq!(bill.total, money("10.00"));
    let credits: Kwh = bill.export.unwrap().credits.iter().map(|one| one.kwh).sum();
    assert_eq!(credits, kwh("45"));
}

#[test]
fn what_energy_costs_so_far_has_nothing_of_what_the_end_decides() {
    let more = json!({
        "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "price": { "const": "0.50" } },
            { "code": "DAYS", "basis": "per_day", "price": { "const": "0.40" } },
            { "code": "FIXED", "basis": "per_month", "price": { "const": "10" } },
            { "code": "POWER", "basis": { "per_kw_day": { "period": "P1", "default_kw": "5" } }, "price": { "const": "0.1" } },
            { "code": "LIGHT", "basis": "fixed_by_band", "outside_taxes": true, "parameter": "cosip", "price": { "const": "20" } },
            { "code": "MORE", "basis": { "percent_of": { "codes": ["ENERGY", "FIXED"] } }, "price": { "const": "0.1" } },
        ],
        "taxes": [{ "code": "VAT", "rate": { "const": "0.10" }, "method": "on_top",
                    "base": ["ENERGY", "DAYS", "FIXED", "POWER", "MORE"] }],
        "minimum": { "money": "500" },
        "export": { "feed_in": { "price": { "const": "0.20" } } },
    });
    let june = month(2026, 6);
    let past = past(tariff(&more), days(june, "10"), days(june, "5"));
    let carried = past.account(None, june).into_carried();
    let (cost, _) = past.energy_cost(june, date(2026, 6, 10), &carried).unwrap();
    // 100 kWh at 0.50 and a tenth, with a tenth of tax, less 50 at 0.20.
    assert_eq!(cost, money("50.50"));
    assert!(
        past.energy_cost(june, date(2026, 6, 30), &carried)
            .unwrap()
            .0
            > cost
    );
}

/// The tariff of the home below: dear on weekdays from six to nine in the evening; kWh against kWh but
/// for a fifth of the wires; a standing charge, a minimum and taxes.
fn evening(export: bool) -> Value {
    let mut tariff = json!({
        "id": "own", "name": "Evening", "currency": "BRL", "time_zone": "America/Sao_Paulo",
        "versions": [{
            "valid_from": "2020-01-01",
            "charges": [
                { "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "rest": "off peak", "price": { "const": "0.51" },
                  "windows": [{ "name": "peak", "weekdays": [1, 2, 3, 4, 5], "holidays": "as_listed",
                                "start_min": 1080, "end_min": 1260, "price": { "const": "1.53" } }] },
                { "code": "WIRES", "basis": "per_kwh", "offsettable": true, "price": { "const": "0.27" },
                  "offset_schedule": [{ "from": "2020-01-01", "share": "0.8" }] },
                { "code": "STANDING", "basis": "per_day", "price": { "const": "0.41" } },
            ],
            "taxes": [{ "code": "ICMS", "rate": { "const": "0.18" }, "method": "inside", "base": ["ENERGY", "WIRES"] }],
            "minimum": { "kwh": { "single": "30", "two": "50", "three": "100" } },
        }],
    });
    if export {
        tariff["versions"][0]["export"] = json!({ "net_kwh": { "expiry_months": 60 } });
    }
    tariff
}

/// What flows in an hour of a day, in milliwatt-hours.
type Hourly = fn(Date, usize) -> u32;

/// A home in Minas Gerais under [`evening`]; its cycles begin on the 10th.
struct Home {
    test: TestApp,
    ana: Actor,
    profile: EnergyProfileId,
}

impl Home {
    async fn new(db: &PgPool, tariff: &Value) -> Self {
        let test = TestApp::new(db.clone()).await;
        catalog::load_reference(db, test.app.clock.now())
            .await
            .unwrap();
        let (ana, profile) = test.owner().await;
        sqlx::query(
            "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, document)
             VALUES ($1, gen_random_uuid(), '1900-01-01', $2)",
        )
        .bind(profile.0)
        .bind(tariff)
        .execute(db)
        .await
        .unwrap();
        Self { test, ana, profile }
    }

    /// The same with a year of hours: it takes at night, in the morning and in the evening, produces at
    /// noon, and gives what it does not use then.
    async fn sunny(db: &PgPool) -> Self {
        let home = Self::new(db, &evening(true)).await;
        home.meter(Channel::GridImport, |day, hour| match hour {
            0..=5 => 150_000,
            7 => 900_000,
            19 => 1_600_000 + u32::try_from(day.day()).unwrap() * 10_000,
            _ => 0,
        })
        .await;
        home.meter(Channel::GridExport, |day, hour| match hour {
            // The sun stands high from October to March.
            10..=14 if matches!(day.month(), 10..=12 | 1..=3) => 900_000,
            10..=14 => 500_000,
            _ => 0,
        })
        .await;
        home.meter(Channel::SolarProduction, |day, hour| match hour {
            10..=14 if matches!(day.month(), 10..=12 | 1..=3) => 1_300_000,
            10..=14 => 900_000,
            _ => 0,
        })
        .await;
        home
    }

    /// A meter with its hours from 10 November 2025 to yesterday.
    async fn meter(&self, channel: Channel, mwh: Hourly) {
        let meter = self
            .test
            .meter(self.profile, channel.as_str(), ReadingKind::Step)
            .await;
        sqlx::query("UPDATE meter SET channel = $2 WHERE meter_id = $1")
            .bind(meter.meter_id.0)
            .bind(channel.as_str())
            .execute(&self.test.app.db)
            .await
            .unwrap();
        let begin = date(2025, 11, 10);
        let all = begin
            .series(1.day())
            .take_while(|day| *day < date(2026, 11, 23));
        for day in all {
            let steps: Vec<Option<i32>> = (0..24)
                .map(|hour| i32::try_from(mwh(day, hour)).ok())
                .collect();
            sqlx::query(
                "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes, step_mwh)
                 VALUES ($1, $2, $3::date, $3::date::timestamp AT TIME ZONE 'America/Sao_Paulo', 1440, 60, $4)",
            )
            .bind(self.profile.0)
            .bind(meter.meter_id.0)
            .bind(day.to_string())
            .bind(steps)
            .execute(&self.test.app.db)
            .await
            .unwrap();
        }
    }

    async fn board(&self) -> Dashboard {
        read(self.ana.get(&in_home(path::DASHBOARD, self.profile)).await)
    }

    async fn bill(&self, new: &Value) -> Value {
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
}

#[track_caller]
fn read<T: serde::de::DeserializeOwned>(answer: Answer) -> T {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    serde_json::from_value(answer.json).unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn dashboard_comparison_and_explanation_of_a_cycle_agree_to_the_cent(db: PgPool) {
    let home = Home::sunny(&db).await;
    let last = home.board().await.recent_cycles.pop().unwrap();
    let october = Cycle {
        first: date(2026, 10, 10),
        last: date(2026, 11, 9),
    };
    assert_eq!(last.cycle, october);
    let cost = last.cost.unwrap();

    let plain = json!({ "cycles": 3, "against": [{ "document": evening(false) }] });
    let address = in_home(path::TARIFF_COMPARISONS, home.profile);
    let compared: TariffComparisons = read(home.ana.post(&address, &plain).await);
    let compared = compared.comparisons[0].cycles.last().unwrap();
    assert_eq!((compared.cycle, compared.mine.total), (october, Some(cost)));
    // Without credits the same energy is dearer by far.
    assert!(compared.other.total.unwrap() > cost + money("40"));

    let taken = compared.kwh.unwrap();
    let new = json!({ "first_day": october.first, "last_day": october.last, "kwh": taken, "total": cost });
    let explained = home.explained(&home.bill(&new).await).await;
    assert!(matches!(
        explained.priced_by,
        PricedBy::Tariff { by_meter: true, .. }
    ));
    assert_eq!(
        (explained.recomputed, explained.difference),
        (Some(cost), Some(money("0.00")))
    );
    assert_eq!(explained.energy.billed_over_metered, Some(kwh("0")));
    // What the home used is more than what it took.
    assert!(
        explained.energy.used.unwrap() > taken,
        "{:?}",
        explained.energy
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_of_a_home_that_gives_has_its_credits_beside_those_charged(db: PgPool) {
    let home = Home::sunny(&db).await;
    let new = json!({ "first_day": "2026-08-10", "last_day": "2026-09-09", "kwh": "112.0", "total": "40",
        "lines": [{ "label": "Consumo", "amount": "130" }, { "label": "Energia injetada GD", "amount": "-90" }] });
    let september = home.bill(&new).await;
    let explained = home.explained(&september).await;
    let credits = explained
        .lines
        .iter()
        .find(|line| line.codes == ["CREDITS"])
        .unwrap();
    assert_eq!(credits.charged, Some(money("-90")));
    assert!(credits.recomputed.unwrap() < money("-50"), "{credits:?}");
    let assumed = explained.assumptions.iter().map(|one| one.kind);
    let named = assumed.filter(|kind| *kind == AssumptionKind::EarlierCredits);
    assert_eq!(named.count(), 1, "its history begins with giving");

    // By the hour, with what was given as a part of its own.
    let new = json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "115.2", "total": "35.20" });
    let october = home.bill(&new).await;
    let address = of_row(
        path::BILL_CHANGE,
        home.profile,
        "billing_record_id",
        &october,
    );
    let query = format!("?from={}", september["billing_record_id"].as_str().unwrap());
    let change: BillChange = read(home.ana.get(&(address + &query)).await);
    assert_eq!(change.basis, ChangeBasis::Tariff);
    let parts: BTreeMap<String, Money> = change
        .parts
        .iter()
        .map(|part| (part.factor.to_string(), part.money))
        .collect();
    assert!(parts.contains_key("given"), "{parts:?}");
    assert_eq!(parts.values().copied().sum::<Money>(), change.money);
}

/// Two homes that take the same; one of them uses its own sun beside.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_home_produces_and_uses_itself_costs_nothing_and_emits_as_its_use(db: PgPool) {
    let taken: Hourly = |_, hour| if hour == 19 { 3_000_000 } else { 250_000 };
    let plain = Home::new(&db, &evening(true)).await;
    plain.meter(Channel::GridImport, taken).await;
    let without = plain.board().await;
    plain
        .meter(Channel::SolarProduction, |_, hour| {
            if hour == 12 { 4_000_000 } else { 0 }
        })
        .await;
    sqlx::query("UPDATE energy_profile SET revision = revision + 1")
        .execute(&db)
        .await
        .unwrap();
    let with = plain.board().await;
    let used = |board: &Dashboard| board.so_far.kwh.unwrap();
    assert_eq!(used(&with) - used(&without), kwh("52"), "4 kWh on 13 days");
    assert_eq!(with.so_far.cost, without.so_far.cost);
    let costs = |board: &Dashboard| -> Vec<Option<Money>> {
        board.recent_cycles.iter().map(|cycle| cycle.cost).collect()
    };
    assert_eq!(costs(&with), costs(&without));
    let co2e = with.so_far.co2e.clone().unwrap();
    assert_eq!(co2e.kg.0, used(&with).0 * co2e.factor);

    // What it gives beside earns credits, of this cycle's energy and of the one before.
    plain
        .meter(
            Channel::GridExport,
            |_, hour| {
                if hour == 12 { 1_000_000 } else { 0 }
            },
        )
        .await;
    sqlx::query("UPDATE energy_profile SET revision = revision + 1")
        .execute(&db)
        .await
        .unwrap();
    let gives = plain.board().await;
    assert_eq!(used(&with) - used(&gives), kwh("13"));
    assert!(gives.so_far.cost < with.so_far.cost);
    assert!(
        gives.assumptions.contains(&"earlier_credits".to_owned()),
        "its history begins with giving: {:?}",
        gives.assumptions
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_bill_at_the_end_is_of_what_the_home_will_take_and_give(db: PgPool) {
    let home = Home::sunny(&db).await;
    let goal =
        json!({ "measure": "money", "period": "cycle", "limit": "60", "valid_from": "2026-01-01" });
    let made = home
        .ana
        .post(&in_home(path::GOALS, home.profile), &goal)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    home.test.run_jobs().await;
    sqlx::query("SELECT graphile_worker.add_job('train_all', payload => '{}'::json)")
        .execute(&db)
        .await
        .unwrap();
    home.test.run_jobs().await;
    let board = home.board().await;
    let projection = board.projection.clone().unwrap();
    // Of the likely use of the cycle about half comes from the grid, nearly all of it on credit.
    let last = board.recent_cycles.last().unwrap().cost.unwrap();
    let off = (projection.total.likely.0 - last.0).abs();
    assert!(
        off < Decimal::from(15),
        "{} {last:?}",
        projection.total.likely.0
    );
    let whole = projection.kwh.likely.0 * Decimal::new(51, 2);
    assert!(projection.total.likely.0 < whole, "{whole}");
    let assumed = &board.assumptions;
    assert!(
        assumed.contains(&"exchange_as_lately".to_owned()),
        "{assumed:?}"
    );
    let goal = board.goal.unwrap();
    assert_eq!(Some(Money(goal.used)), board.so_far.cost);
    assert_eq!(goal.likely_at_end, Some(projection.total.likely.0));
    // All that is taken is paid for: one kWh more costs only its wires.
    assert!(
        projection.next_kwh.unwrap() < money("0.51"),
        "{projection:?}"
    );
}
