//! Bills of homes that give to the grid, and of homes whose prices go by the hour.

use std::collections::BTreeMap;

use jiff::ToSpan;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::bill::{DaySteps, EnergyCredit, Exchange, StepUse, price_exchange};

/// Dear from six to nine in the evening of weekdays; kWh against kWh, but for a fifth of the wires; a
/// standing charge, and a tax inside.
fn evening() -> Tariff {
    serde_json::from_value(json!({
        "id": "evening", "name": "Evening", "currency": "BRL", "time_zone": "America/Sao_Paulo",
        "versions": [{
            "valid_from": "2020-01-01",
            "charges": [
                { "code": "ENERGY", "basis": "per_kwh", "offsettable": true, "rest": "off peak", "price": { "const": "0.5" },
                  "windows": [{ "name": "peak", "weekdays": [1, 2, 3, 4, 5], "holidays": "as_listed",
                                "start_min": 1080, "end_min": 1260, "price": { "const": "1.5" } }] },
                { "code": "WIRES", "basis": "per_kwh", "offsettable": true, "price": { "const": "0.25" },
                  "offset_schedule": [{ "from": "2020-01-01", "share": "0.8" }] },
                { "code": "STANDING", "basis": "per_day", "price": { "const": "0.4" } },
            ],
            "taxes": [{ "code": "ICMS", "rate": { "const": "0.18" }, "method": "inside", "base": ["ENERGY", "WIRES"] }],
            "export": { "net_kwh": { "expiry_months": 60 } },
        }],
    }))
    .unwrap()
}

/// So many milliwatt-hours in each hour of a cycle's days.
fn hourly(cycle: Cycle, mwh: impl Fn(Date, usize) -> u32) -> Usage {
    let day = |date| {
        let mwh = (0..24).map(|hour| Some(mwh(date, hour))).collect();
        (
            date,
            DaySteps {
                step_minutes: 60,
                mwh,
            },
        )
    };
    Usage::Steps(StepUse {
        time_zone: "America/Sao_Paulo".into(),
        days: cycle.iter().map(day).collect(),
    })
}

/// What a home took and gave in a cycle.
struct Flows {
    cycle: Cycle,
    import: Usage,
    export: Option<Usage>,
    credits: Vec<EnergyCredit>,
}

impl Flows {
    /// Takes in the morning and, of `evening` milliwatt-hours, in the evening; gives at noon.
    fn of(cycle: Cycle, evening: u32, noon: Option<u32>) -> Self {
        Self {
            cycle,
            import: hourly(cycle, |_, hour| match hour {
                7 => 2_000_000,
                19 => evening,
                _ => 0,
            }),
            export: noon.map(|noon| hourly(cycle, |_, hour| if hour == 12 { noon } else { 0 })),
            credits: Vec::new(),
        }
    }

    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            export: self.export.as_ref(),
            credits: &self.credits,
            ..(&self.import).into()
        }
    }

    fn bill(&self, tariff: &Tariff) -> Bill {
        let parameters = Parameters::default();
        price_exchange(tariff, &parameters, tables(), self.exchange(), self.cycle).unwrap()
    }

    /// The bill on paper, which charges `more` than recomputed.
    fn side(&self, tariff: &Tariff, more: &str) -> Side<'_> {
        let total = self.bill(tariff).total + money(more);
        let kwh = self.import.known_kwh(self.cycle);
        Side {
            bill: RatedBill {
                first: self.cycle.first,
                last: self.cycle.last,
                kwh,
                total,
            },
            exchange: Some(self.exchange()),
            devices: super::kwh("0"),
            weather: super::kwh("0"),
        }
    }
}

fn parts(from: &Side<'_>, to: &Side<'_>, tariff: &Tariff) -> BTreeMap<String, (Money, Kwh)> {
    let parameters = Parameters::default();
    let of = Tariffed {
        tariff,
        parameters: &parameters,
        tables: tables(),
    };
    let parts = change(from, to, &Prices::Tariff([of, of])).unwrap();
    let of = |part: ChangePart| (part.factor.to_string(), (part.money, part.kwh));
    parts.into_iter().map(of).collect()
}

fn june() -> Cycle {
    cycle(date(2026, 6, 1), date(2026, 6, 30))
}

/// Of 28 days, as February: weekdays stand as in the four weeks of June.
fn february() -> Cycle {
    cycle(date(2026, 2, 2), date(2026, 3, 1))
}

#[test]
fn what_is_paid_by_credits_stands_beside_the_line_of_the_paper() {
    let tariff = evening();
    let flows = Flows::of(june(), 2_000_000, Some(3_000_000));
    let bill = flows.bill(&tariff);
    // 120 kWh of which 90 are paid for: the evening's 60 and the morning's 60 in proportion.
    assert_eq!(bill.export.as_ref().unwrap().compensated_kwh, kwh("90"));
    let lines = [
        line("Consumo ponta", "80.49"),
        line("Consumo fora de ponta", "46.34"),
        line("TUSD", "36.59"),
        line("Energia injetada GD I", "-113.10"),
        line("Tarifa fixa", "12.00"),
    ];
    let total: Money = lines.iter().map(|line| line.amount).sum();
    let rows = compare(Some(&bill), &lines, total);
    let credits = rows.iter().find(|row| row.codes == ["CREDITS"]).unwrap();
    assert_eq!(credits.charged_as, ["Energia injetada GD I"]);
    assert_eq!(
        (credits.quantity, credits.unit),
        (Some(d("90")), Some(crate::bill::Unit::Kwh))
    );
    assert!(credits.recomputed.unwrap() < money("-90"), "{credits:?}");
    let energy: Vec<&ExplainedLine> = rows.iter().filter(|row| row.codes == ["ENERGY"]).collect();
    let quantities: Vec<Decimal> = energy.iter().filter_map(|row| row.quantity).collect();
    assert_eq!(
        quantities.iter().sum::<Decimal>(),
        d("120"),
        "without credits"
    );
    let recomputed: Money = rows.iter().filter_map(|row| row.recomputed).sum();
    assert_eq!(recomputed, bill.total);
    let differences: Money = rows.iter().filter_map(|row| row.difference).sum();
    assert_eq!(differences, total - bill.total);
    // A paper that prints what is left has the lines so.
    let lines = [line("Consumo", "60"), line("Tarifa fixa", "12")];
    let rows = compare(Some(&bill), &lines, money("72"));
    assert!(rows.iter().all(|row| row.codes != ["CREDITS"]));
    let recomputed: Money = rows.iter().filter_map(|row| row.recomputed).sum();
    assert_eq!(recomputed, bill.total);
}

#[test]
fn each_side_is_its_own_bill_and_what_the_paper_adds_is_billing() {
    let tariff = evening();
    let (before, after) = (
        Flows::of(february(), 2_000_000, Some(1_000_000)),
        Flows::of(june(), 3_000_000, Some(2_500_000)),
    );
    let (from, to) = (before.side(&tariff, "1.11"), after.side(&tariff, "4.00"));
    let parts = parts(&from, &to, &tariff);
    assert_eq!(parts["charged"].0, money("2.89"));
    let sum: Money = parts.values().map(|part| part.0).sum();
    assert_eq!(sum, to.bill.total - from.bill.total);
    assert!(parts["given"].0 < money("0"), "{parts:?}");
    assert!(
        parts["days"].0 > money("0") && parts["other"].0 > money("0"),
        "{parts:?}"
    );
    assert_eq!(parts["price"].1, kwh("0"));
}

#[test]
fn the_same_kwh_at_dearer_hours_are_other_use() {
    let tariff = evening();
    // 4 kWh a day, half of them in the evening, then three quarters.
    let shares = |evening: u32| {
        let import = hourly(june(), |_, hour| match hour {
            7 => 4_000_000 - evening,
            19 => evening,
            _ => 0,
        });
        Flows {
            import,
            ..Flows::of(june(), 0, None)
        }
    };
    let (before, after) = (shares(2_000_000), shares(3_000_000));
    let (from, to) = (before.side(&tariff, "0"), after.side(&tariff, "0"));
    let parts = parts(&from, &to, &tariff);
    assert_eq!(parts["other"].0, to.bill.total - from.bill.total);
    assert_eq!(parts["other"].1, kwh("0"));
    assert!(parts["other"].0 > money("20"));
    let others = parts.iter().filter(|(factor, _)| *factor != "other");
    assert!(
        others.clone().all(|(_, part)| part.0 == money("0")),
        "{parts:?}"
    );
    assert!(!parts.contains_key("given"), "a home that gives nothing");
}

#[test]
fn credits_of_earlier_cycles_are_part_of_what_was_given() {
    let tariff = evening();
    let before = Flows::of(june(), 2_000_000, None);
    let mut after = Flows::of(june(), 2_000_000, None);
    after.credits.push(EnergyCredit {
        kwh: kwh("50"),
        expires_on: date(2030, 1, 1),
    });
    let (from, to) = (before.side(&tariff, "0"), after.side(&tariff, "0"));
    let parts = parts(&from, &to, &tariff);
    assert_eq!(parts["given"].0, to.bill.total - from.bill.total);
    assert!(parts["given"].0 < money("-40"), "{parts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn parts_by_the_hour_add_up_exactly(
        (evening_kwh, evening_then) in (1_u32..4_000_000, 1_u32..4_000_000),
        (noon, noon_then) in (proptest::option::of(0_u32..5_000_000), proptest::option::of(0_u32..5_000_000)),
        (days, days_then) in (20_i64..40, 20_i64..40),
        (total, total_then) in (-5_000_i64..100_000, -5_000_i64..100_000),
        weather in -1_000_i64..1_000,
    ) {
        let tariff = evening();
        let of = |days: i64| cycle(date(2026, 6, 1), date(2026, 6, 1).saturating_add((days - 1).days()));
        let (before, after) = (Flows::of(of(days_then), evening_then, noon_then), Flows::of(of(days), evening_kwh, noon));
        let (mut from, mut to) = (before.side(&tariff, "0"), after.side(&tariff, "0"));
        (from.bill.total, to.bill.total) = (Money(Decimal::new(total_then, 2)), Money(Decimal::new(total, 2)));
        to.weather = Kwh(Decimal::new(weather, 3));
        let parts = parts(&from, &to, &tariff);
        let sum: Money = parts.values().map(|part| part.0).sum();
        prop_assert_eq!(sum, to.bill.total - from.bill.total);
        let sum: Kwh = parts.values().map(|part| part.1).sum();
        prop_assert_eq!(sum, to.bill.kwh - from.bill.kwh);
        prop_assert_eq!(parts["charged"].0, (to.bill.total - after.bill(&tariff).total) - (from.bill.total - before.bill(&tariff).total));
    }
}
