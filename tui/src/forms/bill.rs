//! A bill: the next cycle's dates stand in it, the last bill's figures show through.

use ecotrack_common::billing::{BillingRecord, ChargedLine, NewBillingRecord, next_cycle};
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::locale::Locale;
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::{BillingRecordId, FieldErrors, Kwh, Money, path};
use jiff::ToSpan;
use jiff::civil::Date;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::{Request, home_of, of_home, of_row, save, today};
use crate::app::{App, Context};
use crate::form::{Field, Form, Kind};

/// The day on which the home's cycles begin.
pub(super) fn cycle_day(app: &App) -> i8 {
    home_of(app)
        .and_then(|home| i8::try_from(home.billing_cycle_day).ok())
        .unwrap_or(1)
}

/// The newest bill of the home.
fn newest(app: &App) -> Option<&BillingRecord> {
    let bills = app.lists.bills.value()?;
    bills.iter().max_by_key(|bill| bill.bill.last_day)
}

pub(super) fn fields(app: &App, row: Option<&BillingRecord>, cx: &Context) -> Vec<Field> {
    let last = newest(app).map(|bill| &bill.bill);
    let next = next_cycle(
        last.map(NewBillingRecord::cycle),
        cycle_day(app),
        today(app, cx),
    );
    // As long after the cycle as the last one was due after its own.
    let due = last.and_then(|bill| {
        let after = days_between(bill.last_day, bill.due_on?);
        Some(next.last.saturating_add(i64::from(after).days()))
    });
    let bill = row.map(|row| &row.bill);
    let date = |day: Option<Date>| day.map(|day| cx.locale.date_typed(day)).unwrap_or_default();
    let cycle = bill.map_or(next, NewBillingRecord::cycle);
    let kwh = bill.map(|bill| cx.locale.number_typed(bill.kwh.0));
    let total = bill.map(|bill| cx.locale.money_typed(bill.total));
    // Said to be the last bill's, so that nobody takes it for typed where there is no colour.
    let through = |text: Option<String>| {
        let text = text.filter(|_| row.is_none());
        text.map(|last| t!(cx, "placeholder-last", last = last))
            .unwrap_or_default()
    };
    vec![
        Field::line(
            "first_day",
            "label-bill-first-day",
            Kind::Date,
            &date(Some(cycle.first)),
        )
        .hint("hint-date")
        .required(),
        Field::line(
            "last_day",
            "label-bill-last-day",
            Kind::Date,
            &date(Some(cycle.last)),
        )
        .hint("hint-date")
        .required(),
        Field::line("kwh", "label-kwh", Kind::Decimal, &kwh.unwrap_or_default())
            .placeholder(through(last.map(|bill| cx.locale.number_typed(bill.kwh.0))))
            .required(),
        Field::line(
            "total",
            "label-total",
            Kind::Decimal,
            &total.unwrap_or_default(),
        )
        .placeholder(through(last.map(|bill| cx.locale.money_typed(bill.total))))
        .required(),
        Field::line(
            "due_on",
            "label-due-on",
            Kind::Date,
            &date(bill.map_or(due, |bill| bill.due_on)),
        )
        .hint("hint-date"),
        Field::line(
            "paid_on",
            "label-paid-on",
            Kind::Date,
            &date(bill.and_then(|bill| bill.paid_on)),
        )
        .hint("hint-date"),
        Field::toggle(
            "estimated",
            "label-estimated",
            bill.is_some_and(|bill| bill.estimated),
        )
        .hint("hint-estimated"),
        Field::lines(
            "lines",
            "label-lines",
            &bill
                .map(|bill| lines_typed(&bill.lines, &cx.locale))
                .unwrap_or_default(),
        )
        .hint("hint-lines")
        .placeholder(through(last.filter(|bill| !bill.lines.is_empty()).map(
            |bill| lines_typed(&bill.lines, &cx.locale).replace('\n', " · "),
        ))),
        Field::text(
            "note",
            "label-note",
            bill.and_then(|bill| bill.note.as_deref()).unwrap_or(""),
        ),
    ]
}

fn lines_typed(lines: &[ChargedLine], locale: &Locale) -> String {
    lines
        .iter()
        .map(|line| format!("{} {}", line.label, locale.money_typed(line.amount)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Lines as they are typed: what the paper calls it, a blank, the amount.
pub(crate) fn read_lines(text: &str, errors: &mut FieldErrors) -> Vec<ChargedLine> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let read = line
            .rsplit_once([' ', '\t'])
            .and_then(|(label, amount)| Some((label.trim(), parse_decimal(amount).ok()?)));
        let Some((label, amount)) = read else {
            errors.add_with("lines", "not_a_line", &[("line", &(at + 1).to_string())]);
            return lines;
        };
        lines.push(ChargedLine {
            // `ICMS R$ 46,38` as the paper has it.
            label: label.trim_end_matches("R$").trim_end().to_owned(),
            amount: Money(amount),
        });
    }
    lines
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<BillingRecordId>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let first = form.date("first_day", &mut errors, &cx.locale);
    let last = form.date("last_day", &mut errors, &cx.locale);
    let kwh = form.decimal("kwh", &mut errors);
    let total = form.decimal("total", &mut errors);
    let due_on = form.date("due_on", &mut errors, &cx.locale);
    let paid_on = form.date("paid_on", &mut errors, &cx.locale);
    let lines = read_lines(&form.text("lines"), &mut errors);
    let today = today(app, cx);
    let bill = NewBillingRecord {
        first_day: first.unwrap_or(today),
        last_day: last.or(first).unwrap_or(today),
        kwh: Kwh(kwh.unwrap_or_default()),
        total: Money(total.unwrap_or_default()),
        lines,
        due_on,
        paid_on,
        estimated: form.is_on("estimated"),
        note: form.optional("note"),
    };
    let complete = [
        first.is_some(),
        last.is_some(),
        kwh.is_some(),
        total.is_some(),
    ];
    if let Err(wrong) = bill.check(today) {
        // What could not be read is said already, and lines are only held against a total.
        let known = |error: &ecotrack_common::FieldError| {
            errors.of(&error.field).is_none() && (complete[3] || error.field != "lines")
        };
        let more: Vec<_> = wrong.0.into_iter().filter(known).collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    let change = id
        .map(|id| of_row(path::BILL, app, "billing_record_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::BILLS, app)?, change, bill))
}

/// Days, use a day, price of a kWh, and how far the lines are from the total.
pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let mut nothing = FieldErrors::default();
    let first = form.date("first_day", &mut nothing, &cx.locale);
    let last = form.date("last_day", &mut nothing, &cx.locale);
    let kwh = form.decimal("kwh", &mut nothing);
    let total = form.decimal("total", &mut nothing);
    let lines = read_lines(&form.text("lines"), &mut nothing);
    let mut parts = Vec::new();
    let days = first
        .zip(last)
        .map(|(first, last)| Cycle { first, last }.days());
    if let Some(days) = days.filter(|days| *days > 0) {
        parts.push(t!(cx, "bill-days", days = days.to_string()));
        if let Some(kwh) = kwh {
            let per_day = cx.locale.number(kwh / Decimal::from(days), 1);
            parts.push(t!(cx, "bill-per-day", kwh = per_day));
        }
    }
    if let (Some(kwh), Some(total)) = (kwh, total)
        && kwh > Decimal::ZERO
        && let Some(price) = total.checked_div(kwh)
    {
        let price = cx.locale.number(price, 4);
        parts.push(t!(cx, "bill-per-kwh", price = price));
    }
    let cycle = first.zip(last).filter(|(first, last)| first <= last);
    let emitted = cycle
        .zip(kwh)
        .and_then(|((first, last), kwh)| app.co2e_of(Cycle { first, last }, Kwh(kwh)));
    if let Some(Ok(total)) = &emitted {
        parts.push(cx.locale.co2e(total.kg));
    }
    let mut computed = vec![Line::styled(parts.join(" · "), cx.theme.accent)];
    if let Some(emitted) = &emitted {
        let by = match emitted {
            Ok(total) => format!("CO₂e: {}", cx.locale.co2e_factor(total)),
            Err(why) => cx.locale.no_co2e(why),
        };
        computed.push(Line::styled(by, cx.theme.dim));
    }
    if !lines.is_empty() {
        let sum: Decimal = lines.iter().map(|line| line.amount.0).sum();
        let said = match total {
            Some(total) if total != sum => {
                let sum_said = cx.locale.number(sum, 2);
                let missing = cx.locale.signed(total - sum, 2);
                Line::styled(
                    t!(cx, "bill-lines-off", sum = sum_said, missing = missing),
                    cx.theme.warning,
                )
            }
            Some(_) => Line::styled(cx.locale.text("bill-lines-add-up"), cx.theme.dim),
            None => {
                let sum = cx.locale.number(sum, 2);
                Line::styled(t!(cx, "bill-lines-sum", sum = sum), cx.theme.dim)
            }
        };
        computed.push(said);
    }
    computed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_paper_has_them() {
        let mut errors = FieldErrors::default();
        let lines = read_lines(
            "Energia TE  65,76\n\nICMS R$ 46,38\nCredit -3.5",
            &mut errors,
        );
        let read: Vec<(&str, String)> = lines
            .iter()
            .map(|line| (line.label.as_str(), line.amount.0.to_string()))
            .collect();
        assert_eq!(
            read,
            [
                ("Energia TE", "65.76".to_owned()),
                ("ICMS", "46.38".to_owned()),
                ("Credit", "-3.5".to_owned())
            ]
        );
        assert!(errors.is_empty());
        read_lines("TE 1\nTUSD", &mut errors);
        assert_eq!(errors.of("lines").unwrap().params["line"], "2");
    }
}
