//! A row of reference data: its fields follow from the description of its set.

use ecotrack_common::admin::{
    AdminRow, AdminSet, ChangedAdminRow, Column, Kind, NewAdminRow, Values,
};
use ecotrack_common::{FieldErrors, path};
use ratatui::text::Line;
use uuid::Uuid;

use super::{Request, base, version};
use crate::admin::value;
use crate::app::Context;
use crate::form::{self, Choosable, Field, Form};

/// The columns that are typed: a key stays as it is, and a document is no line of text.
fn typed(set: AdminSet, is_new: bool) -> impl Iterator<Item = &'static Column> {
    let columns = set.description().listed();
    columns.filter(move |column| is_new || !column.key)
}

pub(super) fn fields(set: AdminSet, row: Option<&AdminRow>, cx: &Context) -> Vec<Field> {
    let field = |column: &'static Column| {
        let value = row.and_then(|row| row.values.get(column.name));
        let text = value::typed(column, value, &cx.locale);
        let line = |kind| Field::line(column.name, column.label, kind, &text);
        let field = match column.kind {
            Kind::Word { all, prefix } => {
                let option = |word: &'static str| {
                    Choosable::new(word, cx.locale.text(&format!("{prefix}-{word}")))
                };
                let options: Vec<Choosable> = all().into_iter().map(option).collect();
                let first = options
                    .first()
                    .map_or("", |option| option.value.as_str())
                    .to_owned();
                let value = if text.is_empty() { &first } else { &text };
                Field::choice(column.name, column.label, options, value)
            }
            Kind::Switch => Field::toggle(column.name, column.label, text == "true"),
            Kind::Decimal { .. } => line(form::Kind::Decimal),
            Kind::Integer(..) => line(form::Kind::Integer),
            Kind::Day => line(form::Kind::Date).hint("hint-date"),
            Kind::HolidayDate => line(form::Kind::Text).hint("hint-holiday-date"),
            Kind::Slug | Kind::Code | Kind::Text(_) | Kind::Document => line(form::Kind::Text),
        };
        if column.optional || matches!(column.kind, Kind::Switch) {
            field
        } else {
            field.required()
        }
    };
    typed(set, row.is_none()).map(field).collect()
}

pub(super) fn read(
    form: &Form,
    set: AdminSet,
    id: Option<Uuid>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut values = stands(form).map(|row| row.values).unwrap_or_default();
    for column in typed(set, id.is_none()) {
        let text = form.text(column.name);
        let value = value::read(column, &text, form.today, &mut errors, &cx.locale);
        values.insert(column.name.to_owned(), value);
    }
    match set.description().check(&values) {
        Ok(checked) => values = checked,
        Err(mut rules) => {
            // What is not here stays as it is; the server has it.
            rules.0.retain(|error| form.field(&error.field).is_some());
            value::join(&mut errors, rules);
        }
    }
    errors.into_result()?;
    let Some(row) = stands(form).filter(|_| id.is_some()) else {
        let path = path::fill(path::ADMIN_ROWS, &[("set", &set)]);
        return Ok(Request::post(path, &NewAdminRow { values }));
    };
    let key = path::segment(&row.key);
    let path = path::fill(path::ADMIN_ROW, &[("set", &set), ("key", &key)]);
    let changed = ChangedAdminRow {
        version: version(form),
        values: without_null_documents(set, values),
    };
    Ok(Request::put(path, &changed))
}

/// A document that the form does not know is left out, and so stays.
fn without_null_documents(set: AdminSet, mut values: Values) -> Values {
    values.retain(|name, value| {
        let column = set.description().column(name);
        !(value.is_null() && column.is_some_and(|column| matches!(column.kind, Kind::Document)))
    });
    values
}

/// The row that the form changes: somebody's newer one, where it was told of.
fn stands(form: &Form) -> Option<AdminRow> {
    let row = form.theirs.as_ref().map(|theirs| &theirs.row);
    base(row.or(form.base.as_ref()))
}

/// Its key, and what ships in the field that has the keys.
pub(super) fn computed<'a>(form: &Form, set: AdminSet, cx: &Context) -> Vec<Line<'a>> {
    let Some(row) = stands(form) else {
        return Vec::new();
    };
    let mut lines = vec![Line::styled(row.key.clone(), cx.theme.strong)];
    let focused = form
        .focused()
        .and_then(|field| set.description().column(field.name));
    if let (Some(column), Some(ships)) = (focused, &row.shipped) {
        let said = value::shown(column, ships.get(column.name), &cx.locale);
        let said = t!(cx, "admin-ships-value", value = said);
        lines.push(Line::styled(said, cx.theme.dim));
    }
    lines
}
