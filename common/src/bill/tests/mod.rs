//! Bills computed elsewhere, to the cent; what holds for every bill; what must be refused.

mod brazil;
mod dates;
mod export;
mod next_kwh;
mod properties;
mod refusals;
mod shapes;
mod slots;
mod time;

use std::sync::LazyLock;

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money, reference};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    Money(d(text))
}

/// To the six places that worked examples print. (Formatting alone would cut and not round.)
fn six(amount: Money) -> String {
    let mut amount = amount.0.round_dp(6);
    amount.rescale(6);
    amount.to_string()
}

fn total(kwh: &str) -> Usage {
    Usage::Total(Kwh(d(kwh)))
}

/// September 2026: the last month of which the flag is known, yellow.
fn september() -> Cycle {
    Cycle {
        first: date(2026, 9, 1),
        last: date(2026, 9, 30),
    }
}

fn shipped(id: &str) -> Tariff {
    static TARIFFS: LazyLock<Vec<Tariff>> = LazyLock::new(|| reference::tariffs().unwrap());
    TARIFFS
        .iter()
        .find(|tariff| tariff.id == id)
        .unwrap()
        .clone()
}

fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| reference::tables().unwrap());
    &TABLES
}

/// A home of one phase without COSIP that knows its taxes.
fn home(icms: &str, pis: &str, cofins: &str) -> Parameters {
    Parameters {
        icms: Some(d(icms)),
        pis: Some(d(pis)),
        cofins: Some(d(cofins)),
        connection: Some(Connection::Single),
        cosip: Some(money("0")),
        ..Parameters::default()
    }
}

fn no_tax() -> Parameters {
    home("0", "0", "0")
}

/// The bill of `kwh` in September 2026.
fn september_bill(id: &str, parameters: &Parameters, kwh: &str) -> Bill {
    price(&shipped(id), parameters, tables(), &total(kwh), september()).unwrap()
}

/// A tariff of one version without end, from the JSON of that version.
fn from_json(mut version: serde_json::Value) -> Tariff {
    version["valid_from"] = json!("2015-01-01");
    let tariff = json!({
        "id": "test", "name": "Test", "currency": "EUR", "time_zone": "Europe/Madrid",
        "versions": [version],
    });
    serde_json::from_value(tariff).unwrap()
}
