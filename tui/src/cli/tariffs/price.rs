//! `tariffs price`: a file of readings under a tariff, without a server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use ecotrack_common::bill::{
    Assumption, Bill, BillError, BillLine, LineRule, Parameters, Unit, check_cycle, price,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::import::{Finding, read_usage};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::{Money, reference};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::find;
use super::settings::Settings;
use crate::cli::context::Context;
use crate::cli::table::{Side, Table};
use crate::cli::{Failure, Result, many};

#[derive(Debug, Args)]
pub(in crate::cli) struct Price {
    /// A tariff that ships with this program, by its slug, or a tariff file
    #[arg(long, value_name = "TARIFF")]
    tariff: String,
    /// A file of `timestamp,kwh`: when each period begins, and its energy; an instant without an
    /// offset is meant in the tariff's time zone; - reads standard input
    #[arg(long, value_name = "FILE")]
    usage: PathBuf,
    /// First local day of the cycle
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// Last local day of the cycle, itself included
    #[arg(long, value_name = "DAY")]
    to: Date,
    #[command(flatten)]
    settings: Settings,
}

/// A bill as it is printed for programs; decimals are texts.
#[derive(Debug, Serialize)]
struct Priced<'a> {
    tariff: &'a str,
    currency: &'a str,
    first_day: Date,
    last_day: Date,
    days: i32,
    covered_days: i32,
    kwh: Decimal,
    billed_kwh: Decimal,
    lines: Vec<PricedLine<'a>>,
    net: Decimal,
    taxes: BTreeMap<&'a str, Decimal>,
    gross: Decimal,
    total: Decimal,
    assumptions: &'a [Assumption],
}

/// `amount` is `quantity` times `unit_price`, before taxes; `with_taxes` is with this line's part.
#[derive(Debug, Serialize)]
struct PricedLine<'a> {
    code: &'a str,
    label: String,
    quantity: Decimal,
    unit: Unit,
    unit_price: Decimal,
    amount: Decimal,
    with_taxes: Decimal,
    first_day: Date,
    last_day: Date,
    tier: Option<u32>,
    window: Option<&'a str>,
    note: Option<&'a str>,
    rules: &'a [LineRule],
    assumed: bool,
}

pub(super) async fn run(context: &Context, arguments: Price) -> Result<()> {
    let tariff = find(context, &arguments.tariff).await?;
    let tables = reference::tables().map_err(|error| Failure::Said(error.to_string()))?;
    let mut parameters = Parameters::default();
    arguments.settings.put_into(&mut parameters)?;
    let cycle = Cycle {
        first: arguments.from,
        last: arguments.to,
    };
    let locale = &context.locale;
    let refused = |error: BillError| {
        Failure::Said(format!("{} [{}]", locale.bill_error(&error), error.code()))
    };
    // Before the file: its rows mean nothing in a cycle that is none.
    check_cycle(cycle).map_err(refused)?;
    let (shown, bytes) = many::bytes(context, &arguments.usage).await?;
    let usage = read_usage(&bytes, &tariff.time_zone, cycle)
        .map_err(|findings| Failure::Said(located(&shown, &findings, locale)))?;
    let bill = price(&tariff, &parameters, &tables, &usage, cycle).map_err(refused)?;
    if context.json {
        return context.streams.print_json(&priced(&bill, locale));
    }
    print(context, &tariff.name, &bill)
}

fn located(shown: &str, findings: &[Finding], locale: &Locale) -> String {
    let line = |finding: &Finding| {
        let code = &finding.code;
        format!("{shown}: {} [{code}]", locale.import_finding(finding))
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn priced<'a>(bill: &'a Bill, locale: &Locale) -> Priced<'a> {
    let mut taxes: BTreeMap<&str, Decimal> = BTreeMap::new();
    for tax in &bill.taxes {
        *taxes.entry(&tax.code).or_default() += tax.amount.0;
    }
    Priced {
        tariff: &bill.tariff,
        currency: &bill.currency,
        first_day: bill.cycle.first,
        last_day: bill.cycle.last,
        days: bill.days,
        covered_days: bill.covered_days,
        kwh: bill.kwh.0.normalize(),
        billed_kwh: bill.billed_kwh.0.normalize(),
        lines: bill
            .lines
            .iter()
            .map(|line| priced_line(line, locale))
            .collect(),
        net: bill.net.0,
        taxes,
        gross: bill.gross.0,
        total: bill.total.0,
        assumptions: &bill.assumptions,
    }
}

fn priced_line<'a>(line: &'a BillLine, locale: &Locale) -> PricedLine<'a> {
    PricedLine {
        code: &line.code,
        label: locale.charge_name(&line.code, Some(&line.label)),
        quantity: line.quantity,
        unit: line.unit,
        unit_price: line.unit_price,
        amount: line.net.0,
        with_taxes: line.amount.0,
        first_day: line.first,
        last_day: line.last,
        tier: line.tier,
        window: line.window.as_deref(),
        note: line.note.as_deref(),
        rules: &line.rules,
        assumed: line.assumed,
    }
}

/// The bill as text: its lines, its taxes, what is to pay, and what was taken for granted.
fn print(context: &Context, name: &str, bill: &Bill) -> Result<()> {
    let locale = &context.locale;
    let loader = locale.loader();
    let money = |amount: Money| locale.money(Money(amount.0.round_dp(2)), &bill.currency);
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Left, Side::Right]);
    for line in &bill.lines {
        let flag = line.note.as_deref().and_then(|note| locale.flag_name(note));
        let detail = [
            line.window.as_deref().map(|name| locale.window(name)),
            line.tier
                .map(|tier| fl!(loader, "cli-price-tier", tier = tier)),
            line.note.clone().filter(|_| flag.is_none()),
        ];
        let detail: Vec<String> = detail.into_iter().flatten().collect();
        let name = flag.unwrap_or_else(|| locale.charge_name(&line.code, Some(&line.label)));
        let label = if detail.is_empty() {
            name
        } else {
            format!("{name} ({})", detail.join(", "))
        };
        let unit = locale.text(&format!("bill-unit-{}", line.unit));
        table.row([
            label,
            locale.number(line.quantity, 3),
            format!("{unit} × {}", locale.number(line.unit_price, 6)),
            money(line.net),
        ]);
    }
    let sum = |table: &mut Table, label: String, amount: Money| {
        table.row([label, String::new(), String::new(), money(amount)]);
    };
    for tax in &bill.taxes {
        let rate = locale.percent(tax.rate * Decimal::ONE_HUNDRED);
        sum(
            &mut table,
            format!("{} {rate}", locale.charge_name(&tax.code, None)),
            tax.amount,
        );
    }
    sum(&mut table, locale.text("cli-price-total"), bill.total);
    let head = fl!(
        loader,
        "cli-price-head",
        name = name,
        first = locale.date(bill.cycle.first),
        last = locale.date(bill.cycle.last),
        days = bill.days,
        kwh = locale.kwh(bill.kwh)
    );
    context.streams.print_line(&head)?;
    context
        .streams
        .print(&table.render(2, context.streams.width()))?;
    let mut told: Vec<String> = Vec::new();
    if bill.covered_days < bill.days {
        let covered = fl!(
            loader,
            "cli-price-covered",
            covered = bill.covered_days,
            days = bill.days
        );
        told.push(covered);
    }
    let codes = bill.assumptions.iter().filter_map(|note| note.kind.code());
    told.extend(codes.map(|code| locale.text(&format!("text-assumption-{code}"))));
    told.dedup();
    for sentence in told {
        context.streams.print_line(&sentence)?;
    }
    Ok(())
}
