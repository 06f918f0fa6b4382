//! Many readings of one meter, like a spreadsheet.

use ecotrack_common::locale::parse_date_time;
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::reading::{Measured, NewReading, NewReadings};
use ecotrack_common::{FieldErrors, Kwh, MeterId, path};
use jiff::Timestamp;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::{Request, of_row};
use crate::app::{App, Context};
use crate::form::{Field, Form, Grid, GridColumn, Input, Kind};

const COLUMNS: &[GridColumn] = &[
    GridColumn {
        name: "read_at",
        title: "column-when",
        width: 18,
        kind: Kind::DateTime,
    },
    GridColumn {
        name: "register_kwh",
        title: "column-register",
        width: 13,
        kind: Kind::Decimal,
    },
];

/// Use a day beyond so many times the usual is asked about.
const SUSPICIOUS: i64 = 4;

pub(super) fn fields(_: &App, _: MeterId, _: &Context) -> Vec<Field> {
    vec![Field::grid("readings", "label-readings", COLUMNS, &[]).hint("hint-readings")]
}

fn grid(form: &Form) -> Option<&Grid> {
    match form.field("readings").map(|field| &field.input) {
        Some(Input::Grid(grid)) => Some(grid),
        _ => None,
    }
}

/// An instant as it was typed; nothing typed is no instant here.
fn instant(app: &App, text: &str, cx: &Context) -> Option<Timestamp> {
    parse_date_time(text, &app.zone(), cx.now)
}

/// Registers that are known here, typed or stored, by instant.
fn known(app: &App, form: &Form, meter: MeterId, cx: &Context) -> Vec<(Timestamp, Decimal)> {
    let typed = grid(form).into_iter().flat_map(Grid::filled);
    let mut known: Vec<(Timestamp, Decimal)> = typed
        .filter_map(|(_, cells)| {
            Some((
                instant(app, cells.first()?, cx)?,
                parse_decimal(cells.get(1)?).ok()?,
            ))
        })
        .collect();
    let listed = app.readings.rows_of(meter);
    let stored = listed.into_iter().flat_map(|rows| rows.readings.iter());
    known.extend(stored.filter_map(|reading| match reading.measured {
        Measured::Register { register_kwh } => Some((reading.read_at, register_kwh.0)),
        Measured::Period { .. } => None,
    }));
    known.sort();
    known
}

fn per_day(from: (Timestamp, Decimal), to: (Timestamp, Decimal)) -> Option<Decimal> {
    let seconds = to.0.as_second() - from.0.as_second();
    (seconds > 0).then(|| (to.1 - from.1) * Decimal::from(86_400) / Decimal::from(seconds))
}

/// The middle of the daily uses between the stored readings.
fn usual(app: &App, meter: MeterId) -> Option<Decimal> {
    let rows = app.readings.rows_of(meter)?;
    let registers: Vec<(Timestamp, Decimal)> = rows
        .readings
        .iter()
        .filter_map(|reading| match reading.measured {
            Measured::Register { register_kwh } => Some((reading.read_at, register_kwh.0)),
            Measured::Period { .. } => None,
        })
        .collect();
    let mut rates: Vec<Decimal> = registers
        .windows(2)
        .filter_map(|pair| per_day(pair[1], pair[0]))
        .filter(|rate| *rate > Decimal::ZERO)
        .collect();
    rates.sort();
    (rates.len() >= 3).then(|| rates[rates.len() / 2])
}

/// What stands beside a row: the difference from the register before, and whether it looks wrong.
pub(super) fn note(
    app: &App,
    form: &Form,
    meter: MeterId,
    row: usize,
    cx: &Context,
) -> Option<(String, bool)> {
    note_among(app, &known(app, form, meter, cx), form, meter, row, cx)
}

fn note_among(
    app: &App,
    known: &[(Timestamp, Decimal)],
    form: &Form,
    meter: MeterId,
    row: usize,
    cx: &Context,
) -> Option<(String, bool)> {
    let grid = grid(form)?;
    let at = instant(app, grid.text(row, 0), cx)?;
    let register = parse_decimal(grid.text(row, 1)).ok()?;
    if known.iter().filter(|(other, _)| *other == at).count() > 1 {
        return Some((cx.locale.text("note-twice"), true));
    }
    if at > cx.now {
        return Some((cx.locale.text("field-error-in_the_future"), true));
    }
    let before = known.iter().rev().find(|(other, _)| *other < at)?;
    let difference = register - before.1;
    let said = format!(
        "{} kWh",
        cx.locale.signed(difference, difference.scale().min(1))
    );
    if difference < Decimal::ZERO {
        return Some((format!("{said} · {}", cx.locale.text("note-lower")), true));
    }
    let rate = per_day(*before, (at, register))?;
    let rate_said = cx.locale.number(rate, 1);
    let said = format!("{said} · {}", t!(cx, "entry-per-day", kwh = rate_said));
    match usual(app, meter) {
        Some(usual) if rate > usual * Decimal::from(SUSPICIOUS) => {
            let usual = cx.locale.number(usual, 1);
            Some((
                format!("{said} · {}", t!(cx, "note-unusual", kwh = usual)),
                true,
            ))
        }
        _ => Some((said, false)),
    }
}

pub(super) fn read(
    app: &App,
    form: &Form,
    meter: MeterId,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut readings = Vec::new();
    for (nth, (_, cells)) in grid(form).into_iter().flat_map(Grid::filled).enumerate() {
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default().trim();
        let name = |column: &str| format!("readings.{nth}.{column}");
        let at = instant(app, cell(0), cx);
        if cell(0).is_empty() {
            errors.add(&name("read_at"), "required");
        } else if at.is_none() {
            let example = cx.locale.date_time_typed(cx.now, &app.zone());
            errors.add_with(&name("read_at"), "not_a_date", &[("example", &example)]);
        }
        let register = crate::form::number(cell(1), &name("register_kwh"), &mut errors);
        if cell(1).is_empty() {
            errors.add(&name("register_kwh"), "required");
        }
        if let (Some(read_at), Some(register)) = (at, register) {
            readings.push(NewReading {
                read_at,
                measured: Measured::Register {
                    register_kwh: Kwh(register),
                },
                estimated: false,
                note: None,
                register_restarted: false,
            });
        }
    }
    errors.into_result()?;
    let new = NewReadings { readings };
    new.check(cx.now)?;
    let path = of_row(path::READINGS_BATCH, app, "meter_id", &meter)?;
    Ok(Request::post(path, &new))
}

/// Of which meter, how many, and how many of them look wrong.
pub(super) fn computed<'a>(app: &App, form: &Form, meter: MeterId, cx: &Context) -> Vec<Line<'a>> {
    let Some(grid) = grid(form) else {
        return Vec::new();
    };
    let rows = grid.filled().count();
    let known = known(app, form, meter, cx);
    let is_odd =
        |row: usize| note_among(app, &known, form, meter, row, cx).is_some_and(|(_, warns)| warns);
    let odd = grid.filled().filter(|(row, _)| is_odd(*row)).count();
    let name = app
        .board()
        .and_then(|board| board.meters.iter().find(|now| now.meter.meter_id == meter))
        .map(|now| now.meter.name.clone())
        .unwrap_or_default();
    let said = t!(
        cx,
        "readings-grid-sum",
        meter = name,
        rows = rows.to_string()
    );
    let mut lines = vec![Line::styled(said, cx.theme.accent)];
    if odd > 0 {
        let odd = odd.to_string();
        lines.push(Line::styled(
            format!("◂ {}", t!(cx, "readings-grid-odd", rows = odd)),
            cx.theme.warning,
        ));
    }
    lines
}
