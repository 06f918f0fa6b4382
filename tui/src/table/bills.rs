//! Bills.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, number_column, words_column};
use crate::app::{App, Context};
use crate::forms::home_of;

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-cycle", Some(23)),
    number_column("column-days", 4),
    number_column("column-kwh", 7),
    number_column("column-co2e", 8),
    number_column("column-total", 12),
    number_column("column-per-kwh", 8),
    words_column("column-due", Some(12)).from(100),
    words_column("column-paid", Some(12)).from(100),
    words_column("column-remarks", None),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let bills = app.lists.bills.value()?;
    let currency = home_of(app).map_or("", |home| home.currency.as_str());
    let day = |day: Option<jiff::civil::Date>| match day {
        Some(day) => Cell::at(cx.locale.date(day), i64::from(ordinal(day))),
        None => Cell::none(),
    };
    Some(
        bills
            .iter()
            .map(|row| {
                let bill = &row.bill;
                let days = bill.cycle().days();
                let first = cx.locale.date_short(bill.first_day);
                let cycle = format!("{first} – {}", cx.locale.date(bill.last_day));
                let price = bill.total.0.checked_div(bill.kwh.0);
                let mut remarks = Vec::new();
                if bill.estimated {
                    remarks.push(cx.locale.text("estimated"));
                }
                if row.example {
                    remarks.push(cx.locale.text("text-example"));
                }
                if !bill.lines.is_empty() {
                    let lines = bill.lines.len().to_string();
                    remarks.push(t!(cx, "bill-lines-count", lines = lines));
                }
                remarks.extend(row.entered_by.clone());
                remarks.extend(bill.note.clone());
                Row {
                    key: row.billing_record_id.0,
                    cells: vec![
                        Cell::at(cycle, i64::from(ordinal(bill.first_day))),
                        Cell::number(days.to_string(), days),
                        Cell::number(cx.locale.number(bill.kwh.0, 0), bill.kwh.0),
                        match app.co2e_of(bill.cycle(), bill.kwh).and_then(Result::ok) {
                            Some(total) => {
                                Cell::number(cx.locale.number(total.kg.0, 1), total.kg.0)
                            }
                            None => Cell::text("–"),
                        },
                        Cell::number(cx.locale.money(bill.total, currency), bill.total.0),
                        match price {
                            Some(price) => Cell::number(cx.locale.number(price, 3), price),
                            None => Cell::number("–", Decimal::ZERO),
                        },
                        day(bill.due_on),
                        day(bill.paid_on),
                        Cell::text(remarks.join(" · ")),
                    ],
                    dim: false,
                }
            })
            .collect(),
    )
}

/// What the CO2e of the bills is computed by, or why there is none.
pub(super) fn factor(app: &App, cx: &Context) -> Option<String> {
    let bills = app.lists.bills.value()?;
    let emitted = bills.iter().filter_map(|row| {
        let bill = &row.bill;
        app.co2e_of(bill.cycle(), bill.kwh)
    });
    let (known, unknown): (Vec<_>, Vec<_>) = emitted.partition(Result::is_ok);
    let known: Vec<_> = known.into_iter().flatten().collect();
    let factors = cx.locale.co2e_factors(&known);
    factors.or_else(|| {
        let mut reasons = unknown.into_iter().filter_map(Result::err);
        reasons.next().map(|why| cx.locale.no_co2e(&why))
    })
}

/// Days in order.
pub(super) fn ordinal(day: jiff::civil::Date) -> i32 {
    i32::from(day.year()) * 400 + i32::from(day.day_of_year())
}
