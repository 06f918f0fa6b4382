//! Bills.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, number_column, words_column};
use crate::app::{App, Context};
use crate::forms::home_of;

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-cycle", Some(24)),
    number_column("column-days", 5),
    number_column("column-kwh", 9),
    number_column("column-total", 13),
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

/// Days in order.
pub(super) fn ordinal(day: jiff::civil::Date) -> i32 {
    i32::from(day.year()) * 400 + i32::from(day.day_of_year())
}
