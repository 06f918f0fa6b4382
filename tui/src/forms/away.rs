//! Days on which nobody is at home.

use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::{AwayPeriodId, FieldErrors, path};

use super::{Request, of_home, of_row, save};
use crate::app::{App, Context};
use crate::form::{Field, Form, Kind};

pub(super) fn fields(row: Option<&AwayPeriod>, cx: &Context) -> Vec<Field> {
    let day = |day: Option<jiff::civil::Date>| {
        day.map(|day| cx.locale.date_typed(day)).unwrap_or_default()
    };
    let period = row.map(|row| &row.period);
    vec![
        Field::line(
            "first_day",
            "label-first-day-away",
            Kind::Date,
            &day(period.map(|period| period.first_day)),
        )
        .hint("hint-date")
        .required(),
        Field::line(
            "last_day",
            "label-last-day-away",
            Kind::Date,
            &day(period.map(|period| period.last_day)),
        )
        .hint("hint-date")
        .required(),
        Field::text(
            "note",
            "label-note",
            period.and_then(|it| it.note.as_deref()).unwrap_or(""),
        ),
    ]
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<AwayPeriodId>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let first = form.date("first_day", &mut errors, &cx.locale);
    let last = form.date("last_day", &mut errors, &cx.locale);
    let (Some(first_day), Some(last_day)) = (first, last) else {
        return Err(errors);
    };
    let new = NewAwayPeriod {
        first_day,
        last_day,
        note: form.optional("note"),
    };
    errors.0.extend(new.check().err().unwrap_or_default().0);
    errors.into_result()?;
    let change = id
        .map(|id| of_row(path::AWAY_PERIOD, app, "away_period_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::AWAY_PERIODS, app)?, change, new))
}
