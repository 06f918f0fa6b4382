//! Bills charged as papers charge them, and what is said of them.

mod changes;
mod exchange;
mod reasons;
mod rows;

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::*;
use crate::bill::{Bill, Parameters, Tables, Tariff, Usage, price};
use crate::billing::{ChargedLine, NewBillingRecord};
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money, reference};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    Money(d(text))
}

fn kwh(text: &str) -> Kwh {
    Kwh(d(text))
}

fn shipped(id: &str) -> &'static Tariff {
    static TARIFFS: LazyLock<Vec<Tariff>> = LazyLock::new(|| reference::tariffs().unwrap());
    TARIFFS.iter().find(|tariff| tariff.id == id).unwrap()
}

fn cemig() -> &'static Tariff {
    shipped("br-cemig-d-conventional")
}

fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| reference::tables().unwrap());
    &TABLES
}

fn cycle(first: Date, last: Date) -> Cycle {
    Cycle { first, last }
}

/// Thirty days of which the flag is green on 21 and yellow on the last 9.
fn april() -> Cycle {
    cycle(date(2026, 4, 10), date(2026, 5, 9))
}

/// A home in Minas Gerais that knows its taxes and pays R$ 20.00 of street lighting.
fn aurora() -> Parameters {
    Parameters {
        icms: Some(d("0.18")),
        pis: Some(d("0.012")),
        cofins: Some(d("0.055")),
        cosip: Some(money("20")),
        connection: Some(Connection::Two),
        ..Parameters::default()
    }
}

fn line(label: &str, amount: &str) -> ChargedLine {
    ChargedLine {
        label: label.into(),
        amount: money(amount),
    }
}

/// A bill in a home's drawer.
#[derive(Clone)]
struct Paper {
    tariff: &'static Tariff,
    parameters: Parameters,
    cycle: Cycle,
    usage: Usage,
    lines: Vec<ChargedLine>,
    total: Money,
    estimated: bool,
    metered: Option<Kwh>,
}

impl Paper {
    /// Of 212 kWh in April, charged as `total`.
    fn of(total: &str) -> Self {
        Self {
            tariff: cemig(),
            parameters: aurora(),
            cycle: april(),
            usage: Usage::Total(kwh("212")),
            lines: Vec::new(),
            total: money(total),
            estimated: false,
            metered: None,
        }
    }

    /// Of its lines.
    fn with(lines: &[(&str, &str)]) -> Self {
        let lines: Vec<ChargedLine> = lines
            .iter()
            .map(|(label, amount)| line(label, amount))
            .collect();
        let sum: Money = lines.iter().map(|line| line.amount).sum();
        Self {
            lines,
            ..Self::of(&sum.0.to_string())
        }
    }

    fn bill(&self) -> Bill {
        price(
            self.tariff,
            &self.parameters,
            tables(),
            &self.usage,
            self.cycle,
        )
        .unwrap()
    }

    fn rows(&self) -> Vec<ExplainedLine> {
        compare(Some(&self.bill()), &self.lines, self.total)
    }

    fn reasons(&self) -> Found {
        let case = Case {
            tariff: self.tariff,
            parameters: &self.parameters,
            tables: tables(),
            exchange: (&self.usage).into(),
            cycle: self.cycle,
            lines: &self.lines,
            total: self.total,
            estimated: self.estimated,
            metered: self.metered,
        };
        reasons(&case, &self.bill())
    }
}

/// What a home would have been charged under other arguments.
fn charged(change: impl FnOnce(&mut Paper)) -> Bill {
    let mut paper = Paper::of("0");
    change(&mut paper);
    paper.bill()
}

fn record(cycle: Cycle, energy: &str, total: &str) -> NewBillingRecord {
    NewBillingRecord {
        first_day: cycle.first,
        last_day: cycle.last,
        kwh: kwh(energy),
        total: money(total),
        lines: Vec::new(),
        due_on: None,
        paid_on: None,
        estimated: false,
        note: None,
    }
}
