//! A bill whose flag was charged for too many days, explained as the server does.

use ecotrack_common::bill::{Bill, Parameters, Usage, price};
use ecotrack_common::billing::{BillingRecord, ChargedLine};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::explain::{
    BillChange, BillExplanation, Case, ChangeBasis, EffectiveRate, EnergyReconciliation,
    MissingFactor, NoTariff, PricedBy, Prices, RateRefusal, RatedBill, Side, Tariffed, change,
    compare, reasons,
};
use ecotrack_common::profile::Connection;
use ecotrack_common::{Kwh, Money, reference};
use jiff::civil::date;

use super::household::{bill, with_lists};
use super::sample::{dec, kwh, money};
use crate::app::{App, Screen};
use crate::remote::Remote;

/// The home's own figures.
fn parameters() -> Parameters {
    Parameters {
        icms: Some(dec("0.18")),
        pis: Some(dec("0.012")),
        cofins: Some(dec("0.055")),
        connection: Some(Connection::Two),
        ..Parameters::default()
    }
}

fn recomputed(energy: Kwh, cycle: Cycle) -> Bill {
    let tariffs = reference::tariffs().unwrap();
    let cemig = tariffs.iter().find(|it| it.id == "br-cemig-d-conventional");
    let tables = reference::tables().unwrap();
    price(
        cemig.unwrap(),
        &parameters(),
        &tables,
        &Usage::Total(energy),
        cycle,
    )
    .unwrap()
}

/// The bill of April, with its lines, and the one before it.
pub(crate) fn papers() -> [BillingRecord; 2] {
    let mut april = bill(34, date(2026, 4, 10), "212", "264.19");
    april.bill.lines = [
        ("Energia elétrica TE", "87.92"),
        ("Energia elétrica TUSD", "149.99"),
        ("Adicional bandeira amarela", "2.27"),
        ("Contrib. Ilum. Pública Municipal", "20.00"),
        ("Multa", "4.01"),
    ]
    .map(|(label, amount)| ChargedLine {
        label: label.into(),
        amount: money(amount),
    })
    .to_vec();
    [april, bill(35, date(2026, 3, 10), "198", "242.18")]
}

pub(crate) fn explanation() -> BillExplanation {
    let [april, _] = papers();
    let cycle = april.bill.cycle();
    let tariffs = reference::tariffs().unwrap();
    let cemig = tariffs.iter().find(|it| it.id == "br-cemig-d-conventional");
    let tables = reference::tables().unwrap();
    let usage = Usage::Total(april.bill.kwh);
    let parameters = parameters();
    let bill = recomputed(april.bill.kwh, cycle);
    let case = Case {
        tariff: cemig.unwrap(),
        parameters: &parameters,
        tables: &tables,
        exchange: (&usage).into(),
        cycle,
        lines: &april.bill.lines,
        total: april.bill.total,
        estimated: false,
        metered: None,
    };
    let found = reasons(&case, &bill);
    BillExplanation {
        currency: "BRL".into(),
        priced_by: PricedBy::Tariff {
            name: "CEMIG (B1 convencional)".into(),
            example: false,
            by_meter: false,
        },
        lines: compare(Some(&bill), &april.bill.lines, april.bill.total),
        charged: april.bill.total,
        recomputed: Some(bill.total),
        difference: Some(april.bill.total - bill.total),
        taxes: bill.taxes,
        assumptions: bill.assumptions,
        reasons: found.reasons,
        alternatives: found.alternatives,
        unexplained: Some(found.unexplained),
        energy: EnergyReconciliation {
            billed: april.bill.kwh,
            billed_estimated: false,
            days: 30,
            measured_days: 28,
            spread_days: 28,
            used: None,
            metered: Some(kwh("194.7")),
            billed_over_metered: None,
            metered_cost: None,
            devices: Some(kwh("157.1")),
            devices_days: 28,
            unexplained: Some(kwh("37.6")),
        },
        bill: april,
    }
}

/// The same bill of a home without a tariff.
pub(crate) fn without_tariff() -> BillExplanation {
    let because = NoTariff {
        code: "no_tariff".into(),
        what: None,
    };
    let rate = EffectiveRate {
        fixed_per_day: money("0.62"),
        per_kwh: money("1.0914"),
        fixed_held_at_zero: false,
        rmse: money("3.4"),
        bills: 7,
        first: date(2025, 10, 10),
        last: date(2026, 5, 9),
    };
    let known = explanation();
    let recomputed = rate.amount(30, known.bill.bill.kwh);
    BillExplanation {
        priced_by: PricedBy::EffectiveRate { rate, because },
        lines: compare(None, &known.bill.bill.lines, known.charged),
        recomputed: Some(recomputed),
        difference: Some(known.charged - recomputed),
        taxes: Vec::new(),
        assumptions: Vec::new(),
        reasons: Vec::new(),
        alternatives: Vec::new(),
        unexplained: Some(known.charged - recomputed),
        ..known
    }
}

/// The same of a home whose bills fit nothing either.
pub(crate) fn without_any_price() -> BillExplanation {
    let because = NoTariff {
        code: "no_tariff".into(),
        what: None,
    };
    BillExplanation {
        priced_by: PricedBy::Nothing {
            because,
            rate: RateRefusal::TooFewBills,
        },
        recomputed: None,
        difference: None,
        unexplained: None,
        ..without_tariff()
    }
}

pub(crate) fn bill_change() -> BillChange {
    let [to, from] = papers();
    let side = |record: &BillingRecord, devices: &str, weather: &str| Side {
        exchange: None,
        bill: RatedBill::from(&record.bill),
        devices: kwh(devices),
        weather: kwh(weather),
    };
    let tariffs = reference::tariffs().unwrap();
    let cemig = tariffs.iter().find(|it| it.id == "br-cemig-d-conventional");
    let (parameters, tables) = (parameters(), reference::tables().unwrap());
    let priced = Tariffed {
        tariff: cemig.unwrap(),
        parameters: &parameters,
        tables: &tables,
    };
    let (before, after) = (side(&from, "5.2", "0"), side(&to, "5.3", "0.35"));
    let parts = change(&before, &after, &Prices::Tariff([priced, priced])).unwrap();
    BillChange {
        currency: "BRL".into(),
        basis: ChangeBasis::Tariff,
        money: Money((to.bill.total - from.bill.total).0),
        kwh: Kwh((to.bill.kwh - from.bill.kwh).0),
        parts,
        missing: Vec::new(),
        from,
        to,
    }
}

/// The same without temperatures.
pub(crate) fn change_without_weather() -> BillChange {
    BillChange {
        missing: vec![MissingFactor::NoTemperatures],
        ..bill_change()
    }
}

/// The screen of that bill.
pub(crate) fn with_bill() -> App {
    let mut app = with_lists();
    let bills = app.lists.bills.value_mut().unwrap();
    bills.extend(papers());
    app.screen = Screen::Bill;
    app.bill.bill = Some(papers()[0].billing_record_id);
    app.bill.explanation = Remote::Ready(explanation());
    app.bill.change = Remote::Ready(bill_change());
    app
}
