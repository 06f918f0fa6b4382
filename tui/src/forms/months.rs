//! The months that one paper bill lists, on one screen.

use ecotrack_common::billing::{NewBillingRecord, NewBillingRecords, next_cycle};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::{FieldErrors, Kwh, Money, path};
use jiff::ToSpan;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::bill::cycle_day;
use super::{Request, of_home, today};
use crate::app::{App, Context};
use crate::form::{self, Field, Form, Grid, GridColumn, Input, Kind};

/// A paper bill shows its own month and the twelve before.
const MONTHS: usize = 13;

const COLUMNS: &[GridColumn] = &[
    GridColumn {
        name: "first_day",
        title: "column-first-day",
        width: 11,
        kind: Kind::Date,
    },
    GridColumn {
        name: "last_day",
        title: "column-last-day",
        width: 11,
        kind: Kind::Date,
    },
    GridColumn {
        name: "kwh",
        title: "column-kwh",
        width: 9,
        kind: Kind::Decimal,
    },
    GridColumn {
        name: "total",
        title: "column-total",
        width: 11,
        kind: Kind::Decimal,
    },
];

/// The first column that is typed: the dates stand there.
const KWH: usize = 2;

/// The cycles before the oldest bill that is known, newest first, with their dates filled in.
pub(super) fn fields(app: &App, cx: &Context) -> Vec<Field> {
    let day = cycle_day(app);
    let known = app.lists.bills.value();
    let oldest = known.and_then(|bills| bills.iter().map(|bill| bill.bill.first_day).min());
    let mut cycle = match oldest {
        Some(first) => Cycle::containing(first.saturating_sub(1.day()), day),
        None => next_cycle(None, day, today(app, cx)),
    };
    let mut rows = Vec::new();
    for _ in 0..MONTHS {
        rows.push(vec![
            cx.locale.date_typed(cycle.first),
            cx.locale.date_typed(cycle.last),
        ]);
        cycle = cycle.previous(day);
    }
    let mut field = Field::grid("bills", "label-months", COLUMNS, &rows).hint("hint-months");
    if let Input::Grid(grid) = &mut field.input {
        grid.at = (0, KWH);
    }
    vec![field]
}

fn grid(form: &Form) -> Option<&Grid> {
    match form.field("bills").map(|field| &field.input) {
        Some(Input::Grid(grid)) => Some(grid),
        _ => None,
    }
}

/// A row whose energy was typed; rows of which only the prefilled dates stand there are left out,
/// so that a paper with fewer months is no error.
fn is_meant(cells: &[&str]) -> bool {
    cells.iter().skip(KWH).any(|cell| !cell.trim().is_empty())
}

pub(super) fn read(app: &App, form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut bills = Vec::new();
    // Errors name the row on the screen; the server counts the rows that were sent.
    let mut shown = Vec::new();
    for (nth, (_, cells)) in grid(form).into_iter().flat_map(Grid::filled).enumerate() {
        if !is_meant(&cells) {
            continue;
        }
        let name = |column: &str| format!("bills.{nth}.{column}");
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default().trim();
        let (first, last) = (cell(0), cell(1));
        let first = form::date(
            first,
            &name("first_day"),
            form.today,
            &mut errors,
            &cx.locale,
        );
        let last = form::date(last, &name("last_day"), form.today, &mut errors, &cx.locale);
        let kwh = form::number(cell(KWH), &name("kwh"), &mut errors);
        let total = form::number(cell(KWH + 1), &name("total"), &mut errors);
        for (column, missing) in [
            ("first_day", first.is_none() && cell(0).is_empty()),
            ("last_day", last.is_none() && cell(1).is_empty()),
            ("kwh", kwh.is_none() && cell(KWH).is_empty()),
            ("total", total.is_none() && cell(KWH + 1).is_empty()),
        ] {
            if missing {
                errors.add(&name(column), "required");
            }
        }
        if let (Some(first_day), Some(last_day), Some(kwh), Some(total)) = (first, last, kwh, total)
        {
            shown.push(nth);
            bills.push(NewBillingRecord {
                first_day,
                last_day,
                kwh: Kwh(kwh),
                total: Money(total),
                lines: Vec::new(),
                due_on: None,
                paid_on: None,
                estimated: false,
                note: None,
            });
        }
    }
    let new = NewBillingRecords { bills };
    if let Err(wrong) = new.check(today(app, cx)) {
        errors
            .0
            .extend(wrong.0.into_iter().map(|error| renamed(error, &shown)));
    }
    errors.into_result()?;
    Ok(Request::post(of_home(path::BILLS_BATCH, app)?, &new))
}

/// The server's errors under the rows' places on the screen: it counts those that were sent.
pub(super) fn on_screen(form: &Form, errors: FieldErrors) -> FieldErrors {
    let shown: Vec<usize> = grid(form)
        .into_iter()
        .flat_map(Grid::filled)
        .enumerate()
        .filter(|(_, (_, cells))| is_meant(cells))
        .map(|(nth, _)| nth)
        .collect();
    FieldErrors(
        errors
            .0
            .into_iter()
            .map(|error| renamed(error, &shown))
            .collect(),
    )
}

/// An error under the row's place on the screen.
fn renamed(mut error: ecotrack_common::FieldError, shown: &[usize]) -> ecotrack_common::FieldError {
    let mut parts = error.field.splitn(3, '.');
    let (list, nth, column) = (parts.next(), parts.next(), parts.next());
    if let (Some(list), Some(nth), Some(column)) = (list, nth, column)
        && let Some(place) = nth.parse().ok().and_then(|nth: usize| shown.get(nth))
    {
        error.field = format!("{list}.{place}.{column}");
    }
    error
}

/// What stands beside a row: its use a day.
pub(super) fn note(form: &Form, row: usize, cx: &Context) -> Option<(String, bool)> {
    let grid = grid(form)?;
    let mut nothing = FieldErrors::default();
    let first = form::date(grid.text(row, 0), "", form.today, &mut nothing, &cx.locale)?;
    let last = form::date(grid.text(row, 1), "", form.today, &mut nothing, &cx.locale)?;
    let kwh = form::number(grid.text(row, KWH), "", &mut nothing)?;
    let days = Cycle { first, last }.days();
    if days <= 0 {
        return Some((cx.locale.text("note-ends-before"), true));
    }
    let per_day = cx.locale.number(kwh / Decimal::from(days), 1);
    let days = days.to_string();
    Some((
        t!(cx, "note-days-per-day", days = days, kwh = per_day),
        false,
    ))
}

/// The sums of what was typed.
pub(super) fn computed<'a>(form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let Some(grid) = grid(form) else {
        return Vec::new();
    };
    let mut nothing = FieldErrors::default();
    let mut sum = |column: usize| -> Decimal {
        grid.filled()
            .filter_map(|(_, cells)| form::number(cells.get(column).copied()?, "", &mut nothing))
            .sum()
    };
    let (kwh, total) = (sum(KWH), sum(KWH + 1));
    let count = grid.filled().filter(|(_, cells)| is_meant(cells)).count();
    let (kwh, total) = (cx.locale.number(kwh, 0), cx.locale.number(total, 2));
    vec![Line::styled(
        t!(
            cx,
            "months-sum",
            count = count.to_string(),
            kwh = kwh,
            total = total
        ),
        cx.theme.accent,
    )]
}
