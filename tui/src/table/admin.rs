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

/// The flexible column is never narrower than this.
const NAME_CELLS: usize = 22;
/// What the frame, the mark and the blanks around it take.
const AROUND: usize = 5;

/// A set's columns: a mark where it is not as it ships, a name in what is left, and the rest where
/// there is room for it and for all that matters more.
fn set_columns(set: AdminSet) -> Vec<Column> {
    let shown: Vec<&wire::Column> = listed(set).collect();
    let flexible = flexible(set);
    let width = |column: &wire::Column| {
        if column.name == flexible {
            None
        } else {
            Some(cells(column))
        }
    };
    let mut by_weight = shown.clone();
    by_weight.sort_by_key(|column| weight(set, column));
    let mut columns = vec![words_column("admin-mark", Some(1))];
    for column in shown {
        let before = by_weight
            .iter()
            .take_while(|other| other.name != column.name)
            .chain(std::iter::once(&column));
        let needed: usize = before
            .map(|column| width(column).unwrap_or(NAME_CELLS) + 1)
            .sum();
        columns.push(Column {
            title: label(column),
            width: width(column),
            right: is_number(column),
            from: if weight(set, column) == 0 {
                0
            } else {
                (AROUND + needed) as u16
            },
        });
    }
    columns
}

/// The column that takes what is left: a name, else a key of words, else where it comes from.
fn flexible(set: AdminSet) -> &'static str {
    let is_name =
        |column: &&wire::Column| matches!(column.kind, Kind::Text(_)) && !column.is_long();
    let named = listed(set).find(is_name);
    let slug = || listed(set).find(|column| column.key && is_alone(set, column));
    let source = || listed(set).find(|column| column.is_long());
    let found = named.or_else(slug).or_else(source);
    found.map_or("", |column| column.name)
}

/// Whether a key is this column alone, and words.
fn is_alone(set: AdminSet, column: &wire::Column) -> bool {
    matches!(column.kind, Kind::Slug) && set.description().key_columns().count() == 1
}

fn is_number(column: &wire::Column) -> bool {
    matches!(column.kind, Kind::Decimal { .. } | Kind::Integer(..))
}

/// What a column takes.
fn cells(column: &wire::Column) -> usize {
    match column.kind {
        Kind::Slug => 24,
        Kind::Code if column.key && column.name != "tax" => 14,
        Kind::Code => 8,
        Kind::Word { all, .. } => all()
            .iter()
            .map(|word| word.len())
            .max()
            .unwrap_or(0)
            .clamp(12, 14),
        Kind::Integer(..) if column.key => 5,
        Kind::Integer(..) => 11,
        Kind::Decimal { .. } | Kind::HolidayDate => 13,
        Kind::Day => 12,
        Kind::Switch => 6,
        Kind::Text(_) | Kind::Document => 28,
    }
}

/// What matters less has its place later: 0 is always there.
fn weight(set: AdminSet, column: &wire::Column) -> u8 {
    let is_first = |kind: fn(&wire::Column) -> bool| {
        let first = listed(set).find(|column| !column.key && kind(column));
        first.is_some_and(|first| first.name == column.name)
    };
    match column.kind {
        Kind::Decimal { .. } if is_first(is_number) => 0,
        Kind::Slug | Kind::Text(_) if column.name == flexible(set) && !column.is_long() => 0,
        Kind::Code | Kind::Day | Kind::Integer(..) | Kind::Word { .. } | Kind::HolidayDate
            if column.key =>
        {
            0
        }
        Kind::Word { .. } if column.name == "confidence" => 4,
        Kind::Day | Kind::Code | Kind::Word { .. } => 1,
        Kind::Slug => 2,
        Kind::Decimal { .. } | Kind::Integer(..) => 3,
        Kind::Switch => 5,
        _ if column.is_long() => 7,
        _ => 6,
    }
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
