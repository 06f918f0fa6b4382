//! What administrators see: the columns of sets follow from their descriptions.

use std::sync::LazyLock;

use ecotrack_common::account::Language;
use ecotrack_common::admin::{self as wire, AdminRow, AdminSet, Kind, Standing};

use super::household::instant;
use super::{Cell, Column, Row, number_column, words_column};
use crate::admin::{Page, Rows, row_id, rows as known, value, words};
use crate::app::{App, Context};

static SETS: LazyLock<Vec<(AdminSet, Vec<Column>)>> = LazyLock::new(|| {
    let set = |set: &AdminSet| (*set, set_columns(*set));
    AdminSet::ALL.iter().map(set).collect()
});

const ACCOUNTS: &[Column] = &[
    words_column("admin-mark", Some(1)),
    words_column("column-email", None),
    words_column("column-name", Some(20)).from(70),
    number_column("admin-homes", 5),
    words_column("admin-last-sign-in", Some(14)),
    words_column("column-since", Some(14)).from(90),
    number_column("admin-sessions", 8).from(90),
];

const JOBS: &[Column] = &[
    words_column("column-what", Some(20)),
    words_column("column-state", Some(17)),
    words_column("admin-due", Some(14)),
    words_column("admin-home", Some(36)).from(110),
    words_column("admin-error", None),
];

const TRAININGS: &[Column] = &[
    words_column("column-when", Some(14)),
    words_column("column-state", Some(14)),
    number_column("admin-took", 8),
    words_column("admin-home", Some(36)).from(110),
    words_column("column-note", None),
];

const LOG: &[Column] = &[
    words_column("column-when", Some(14)),
    words_column("column-who", Some(12)),
    words_column("column-what", None),
];

/// The columns of a page.
pub(super) fn columns(page: Page) -> &'static [Column] {
    match page {
        Page::Set(set) => SETS
            .iter()
            .find(|(of, _)| *of == set)
            .map_or(&[][..], |(_, columns)| columns),
        Page::Accounts => ACCOUNTS,
        Page::Jobs => JOBS,
        Page::Trainings => TRAININGS,
        Page::Log => LOG,
    }
}

/// A set's columns: a mark where it is not as it ships, the first words in what is left, the rest by
/// what they take; long texts last.
fn set_columns(set: AdminSet) -> Vec<Column> {
    let mut columns = vec![words_column("admin-mark", Some(1))];
    let mut rest_is_taken = false;
    for column in listed(set) {
        columns.push(match column.kind {
            // Where there is little room the name tells more; the key stands over the detail.
            Kind::Slug if column.name == "slug" => words_column(column.label, Some(24)).from(75),
            Kind::Slug => words_column(column.label, Some(12)).from(90),
            Kind::Code => words_column(column.label, Some(14)),
            Kind::Word { .. } if column.name == "confidence" => {
                words_column(column.label, Some(12)).from(110)
            }
            Kind::Word { .. } => words_column(column.label, Some(13)),
            Kind::Integer(..) => number_column(column.label, 5),
            Kind::Decimal { .. } if is_first_number(set, column) => number_column(column.label, 13),
            Kind::Decimal { .. } => number_column(column.label, 12).from(165),
            Kind::Day => words_column(column.label, Some(12)),
            Kind::Switch => words_column(column.label, Some(6)).from(120),
            Kind::Text(_) | Kind::Document if rest_is_taken => {
                words_column(label(column), Some(28)).from(190)
            }
            Kind::Text(_) | Kind::Document => {
                rest_is_taken = true;
                words_column(label(column), None)
            }
        });
    }
    columns
}

/// A name in both languages stands first in the reader's own: see [`name_in`].
fn label(column: &wire::Column) -> &'static str {
    match column.name {
        "name_en" => "admin-name",
        "title_en" => "admin-title",
        "name_pt" | "title_pt" => "admin-other-language",
        _ => column.label,
    }
}

fn is_first_number(set: AdminSet, column: &wire::Column) -> bool {
    let first = set
        .description()
        .listed()
        .find(|column| matches!(column.kind, Kind::Decimal { .. }));
    first.is_some_and(|first| first.name == column.name)
}

/// The columns in the order in which they are shown: long texts last.
fn listed(set: AdminSet) -> impl Iterator<Item = &'static wire::Column> {
    let long = |column: &&wire::Column| column.is_long();
    let short = set
        .description()
        .listed()
        .filter(|column| !column.is_long());
    short.chain(set.description().listed().filter(long))
}

/// The rows of a page.
pub(super) fn rows(app: &App, page: Page, cx: &Context) -> Option<Vec<Row>> {
    Some(match (page, known(app, page)?) {
        (Page::Set(set), Rows::Set(rows)) => rows.iter().map(|row| set_row(set, row, cx)).collect(),
        (_, Rows::Accounts(rows)) => rows
            .iter()
            .map(|row| Row {
                key: row.account_id.0,
                cells: vec![
                    // The detail says it in a word.
                    Cell::text(if row.administrator { "●" } else { "" }),
                    Cell::text(row.email.clone()),
                    Cell::text(row.display_name.clone()),
                    Cell::number(row.homes.to_string(), row.homes),
                    row.last_sign_in_at
                        .map_or_else(|| Cell::text("–"), |at| instant(app, at, cx)),
                    instant(app, row.created_at, cx),
                    Cell::number(row.sessions.to_string(), row.sessions),
                ],
                dim: false,
            })
            .collect(),
        (_, Rows::Jobs(rows)) => rows
            .iter()
            .map(|job| Row {
                key: row_id(&job.job_id.to_string()),
                cells: vec![
                    Cell::text(words::task(&job.task, &cx.locale)),
                    Cell::text(words::job_state(job, &cx.locale)),
                    instant(app, job.run_at, cx),
                    Cell::text(
                        job.energy_profile_id
                            .map(|home| home.to_string())
                            .unwrap_or_default(),
                    ),
                    Cell::text(job.last_error.clone().unwrap_or_default()),
                ],
                dim: false,
            })
            .collect(),
        (_, Rows::Trainings(rows)) => rows
            .iter()
            .map(|row| Row {
                key: row.training_run_id,
                cells: vec![
                    instant(app, row.started_at, cx),
                    Cell::text(words::training_state(&row.state, &cx.locale)),
                    Cell::number(
                        words::took(row.duration_ms, &cx.locale),
                        row.duration_ms.unwrap_or(i64::MAX),
                    ),
                    Cell::text(row.energy_profile_id.to_string()),
                    Cell::text(row.message.clone().unwrap_or_default()),
                ],
                dim: false,
            })
            .collect(),
        (_, Rows::Log(rows)) => rows
            .iter()
            .map(|row| Row {
                key: row.admin_entry_id,
                cells: vec![
                    instant(app, row.at, cx),
                    Cell::text(row.by.clone().unwrap_or_else(|| "–".to_owned())),
                    Cell::text(words::entry(row, &cx.locale)),
                ],
                dim: false,
            })
            .collect(),
        _ => return None,
    })
}

fn set_row(set: AdminSet, row: &AdminRow, cx: &Context) -> Row {
    let mark = match row.standing() {
        Standing::Shipped => "",
        Standing::Edited => "≠",
        Standing::Added => "+",
    };
    let cell = |column: &wire::Column| {
        let value = row.values.get(name_in(column.name, cx.locale.language()));
        Cell {
            text: value::shown(column, value, &cx.locale),
            number: value::number(column, value),
        }
    };
    let hidden = row.values.get("hidden") == Some(&serde_json::Value::Bool(true));
    let cells = std::iter::once(Cell::text(mark)).chain(listed(set).map(cell));
    Row {
        key: row_id(&row.key),
        cells: cells.collect(),
        dim: hidden,
    }
}

/// Of a name in both languages the reader's stands first, where there always is room for it.
fn name_in(name: &'static str, language: Language) -> &'static str {
    match (name, language) {
        ("name_en", Language::BrazilianPortuguese) => "name_pt",
        ("name_pt", Language::BrazilianPortuguese) => "name_en",
        ("title_en", Language::BrazilianPortuguese) => "title_pt",
        ("title_pt", Language::BrazilianPortuguese) => "title_en",
        (name, _) => name,
    }
}
