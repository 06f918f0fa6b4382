//! Sets of reference data, all in one way: list, show, set, add, remove, reset. Rows go by their keys,
//! columns by the names that they have in the JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use ecotrack_common::admin::{
    AdminRow, AdminRowPage, AdminSet, AdminWritten, ChangedAdminRow, Column, Kind, NewAdminRow,
    OfVersion, Standing, Values,
};
use ecotrack_common::bill::Tariff;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::{ErrorCode, FieldError, FieldErrors, path};
use serde_json::Value;

use super::here;
use crate::admin::{self, value};
use crate::cli::context::{Context, now};
use crate::cli::lists::{Form, List, title};
use crate::cli::many;
use crate::cli::table::{Side, Table};
use crate::cli::writes::{Did, send};
use crate::cli::{Failure, Result};
use crate::client::{Client, Error};
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Rows {
    /// List rows; those that are not as they ship are marked
    List {
        /// Words that a row holds, all of them
        search: Vec<String>,
        /// Only rows that were edited or added here
        #[arg(long)]
        edited: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Show a row beside what ships
    Show {
        /// Its key, as lists show it
        key: String,
    },
    /// Change columns of a row; an update of the program leaves it alone from then on
    Set {
        /// Its key, as lists show it
        key: String,
        /// Columns by their names in the JSON; nothing after = takes away what can be left out
        #[arg(required = true, value_name = "COLUMN=VALUE")]
        values: Vec<String>,
    },
    /// Add a row
    Add {
        /// Columns by their names in the JSON
        #[arg(required = true, value_name = "COLUMN=VALUE")]
        values: Vec<String>,
    },
    /// Remove a row that was added here; what ships is hidden or edited instead
    Remove {
        /// Its key, as lists show it
        key: String,
    },
    /// Put a row back to what ships; it follows updates of the program again
    Reset {
        /// Its key, as lists show it
        key: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Tariffs {
    #[command(flatten)]
    Rows(Rows),
    /// Put a tariff from a file of JSON, checked first: its document replaces the one that stands
    Put {
        /// The file; - reads standard input
        file: PathBuf,
        /// The country of a new one [default: as its slug begins]
        #[arg(long, value_name = "CODE")]
        country: Option<String>,
    },
}

pub(super) async fn tariffs(context: &Context, command: Tariffs) -> Result<()> {
    match command {
        Tariffs::Rows(command) => run(context, AdminSet::Tariffs, command).await,
        Tariffs::Put { file, country } => {
            let done = put(context, &file, country).await;
            done.map_err(|failure| by_column(failure, context))
        }
    }
}

pub(super) async fn run(context: &Context, set: AdminSet, command: Rows) -> Result<()> {
    let done = perform(context, set, command).await;
    done.map_err(|failure| by_column(failure, context))
}

/// Wrong fields by the names of their columns, as they are typed here; elsewhere some of them are
/// flags.
fn by_column(failure: Failure, context: &Context) -> Failure {
    let locale = &context.locale;
    let lines = |errors: &FieldErrors| {
        let line = |error: &FieldError| format!("  {}: {}", error.field, locale.field_error(error));
        let mut lines = vec![locale.text("problem-invalid")];
        lines.extend(errors.0.iter().map(line));
        lines.join("\n")
    };
    match &failure {
        Failure::Fields(errors) => Failure::Usage(lines(errors)),
        Failure::Client(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
            Failure::Said(lines(&problem.errors))
        }
        _ => failure,
    }
}

async fn perform(context: &Context, set: AdminSet, command: Rows) -> Result<()> {
    let (client, _) = context.signed_in()?;
    match command {
        Rows::List {
            search,
            edited,
            form,
        } => {
            let rows = all(&client, set, &search.join(" "), edited).await?;
            list(context, set, &rows, &form)
        }
        Rows::Show { key } => {
            let row = find(&client, set, &key).await?;
            if context.json {
                return context.streams.print_json(&row);
            }
            context.streams.print(&beside(set, &row, context))
        }
        Rows::Set { key, values } => {
            let typed = read(set, &values, &context.locale)?;
            let row = find(&client, set, &key).await?;
            let mut values = row.values.clone();
            values.extend(typed);
            let values = set.description().check(&values)?;
            if values == row.values {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            change(context, &client, set, &row, values).await
        }
        Rows::Add { values } => {
            let values = set
                .description()
                .check(&read(set, &values, &context.locale)?)?;
            add(context, &client, set, values).await
        }
        Rows::Remove { key } => {
            let row = find(&client, set, &key).await?;
            let path = format!("{}?version={}", path_of(set, &row.key), row.version);
            let done: AdminWritten = send(&client, Method::Delete, path, None::<&Value>).await?;
            say(context, Did::Removed, set, &done, &row.key)
        }
        Rows::Reset { key } => {
            let row = find(&client, set, &key).await?;
            let of_version = OfVersion {
                version: row.version,
            };
            let path = fill(path::ADMIN_ROW_RESET, set, &row.key);
            let done: AdminWritten = send(&client, Method::Post, path, Some(&of_version)).await?;
            if context.json {
                return context.streams.print_json(&done);
            }
            let words = context.locale.loader();
            let sentence = fl!(words, "cli-admin-reset", what = row.key.clone());
            context.streams.print_line(&sentence)
        }
    }
}

/// The document of a file in place of the one that stands, or as a new tariff.
async fn put(context: &Context, file: &Path, country: Option<String>) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let set = AdminSet::Tariffs;
    let (_, bytes) = many::bytes(context, file).await?;
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let mut errors = FieldErrors::default();
        let reason = error.to_string();
        errors.add_with("document", "not_a_document", &[("reason", &reason)]);
        errors
    })?;
    let tariff = serde_json::from_value::<Tariff>(document.clone()).ok();
    let word = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let slug = tariff.map_or_else(|| word("id").to_owned(), |tariff| tariff.id);
    let known = match find(&client, set, &slug).await {
        Err(Failure::Client(Error::Problem(problem))) if problem.code == ErrorCode::NotFound => {
            None
        }
        found => Some(found?),
    };
    let begins = slug.split('-').next().unwrap_or_default().to_uppercase();
    let mut values = known
        .as_ref()
        .map_or_else(BTreeMap::new, |row| row.values.clone());
    let mut put = |name: &str, value: Value| values.insert(name.to_owned(), value);
    put("slug", slug.as_str().into());
    put("name", word("name").into());
    put("document", document.clone());
    if known.is_none() || country.is_some() {
        put("country", country.unwrap_or(begins).into());
    }
    let values = set.description().check(&values)?;
    match known {
        Some(row) if row.values == values => {
            let sentence = context.locale.text("cli-admin-same-document");
            Err(Failure::Usage(sentence))
        }
        Some(row) => change(context, &client, set, &row, values).await,
        None => add(context, &client, set, values).await,
    }
}

async fn add(context: &Context, client: &Client, set: AdminSet, values: Values) -> Result<()> {
    let new = NewAdminRow { values };
    let path = path::fill(path::ADMIN_ROWS, &[("set", &set)]);
    let done: AdminWritten = send(client, Method::Post, path, Some(&new)).await?;
    let key = set.description().key_of(&new.values);
    say(context, Did::Added, set, &done, &key)
}

async fn change(
    context: &Context,
    client: &Client,
    set: AdminSet,
    row: &AdminRow,
    values: Values,
) -> Result<()> {
    let changed = ChangedAdminRow {
        version: row.version,
        values,
    };
    let path = path_of(set, &row.key);
    let done: AdminWritten = send(client, Method::Put, path, Some(&changed)).await?;
    say(context, Did::Changed, set, &done, &row.key)
}

fn fill(pattern: &str, set: AdminSet, key: &str) -> String {
    path::fill(pattern, &[("set", &set), ("key", &path::segment(key))])
}

fn path_of(set: AdminSet, key: &str) -> String {
    fill(path::ADMIN_ROW, set, key)
}

async fn find(client: &Client, set: AdminSet, key: &str) -> Result<AdminRow> {
    Ok(client.read(&path_of(set, key.trim())).await?)
}

/// Every row of the search, page by page.
async fn all(client: &Client, set: AdminSet, search: &str, edited: bool) -> Result<Vec<AdminRow>> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page: AdminRowPage = client
            .admin_rows(set, search, edited, after.as_deref())
            .await?;
        rows.extend(page.rows);
        match page.next_after {
            Some(key) => after = Some(key),
            None => return Ok(rows),
        }
    }
}

/// `COLUMN=VALUE` as it travels, or all that is wrong with it.
fn read(set: AdminSet, typed: &[String], locale: &Locale) -> Result<Values> {
    let mut values = BTreeMap::new();
    let mut errors = FieldErrors::default();
    let today = here().to_datetime(now()).date();
    for pair in typed {
        let Some((name, text)) = pair.split_once('=') else {
            let sentence = fl!(
                locale.loader(),
                "cli-admin-not-a-pair",
                typed = pair.as_str()
            );
            return Err(Failure::Usage(sentence));
        };
        let name = name.trim();
        match set.description().column(name) {
            Some(column) => {
                let value = value::read(column, text, today, &mut errors, locale);
                values.insert(name.to_owned(), value);
            }
            None => errors.add_with(name, "unknown_column", &[("column", name)]),
        }
    }
    errors.into_result()?;
    Ok(values)
}

/// Says what was done, or prints the answer.
fn say(context: &Context, did: Did, set: AdminSet, done: &AdminWritten, key: &str) -> Result<()> {
    if context.json {
        return context.streams.print_json(done);
    }
    let words = context.locale.loader();
    let what = key.to_owned();
    let mut sentence = match did {
        Did::Added => fl!(words, "cli-admin-added", what = what),
        Did::Changed => fl!(words, "cli-admin-changed", what = what),
        Did::Removed => fl!(words, "cli-admin-removed", what = what),
    };
    if let Some(row) = done.row.as_ref().filter(|row| !row.differs.is_empty()) {
        let label = |name: &String| {
            let column = set.description().column(name)?;
            Some(context.locale.text(column.label))
        };
        let columns: Vec<String> = row.differs.iter().filter_map(label).collect();
        sentence.push(' ');
        let columns = columns.join("; ");
        sentence.push_str(&fl!(words, "cli-admin-differs", columns = columns));
    }
    context.streams.print_line(&sentence)
}

/// How a row stands to what ships, in words; nothing for one that is as it ships.
fn standing(row: &AdminRow, locale: &Locale) -> String {
    match row.standing() {
        Standing::Shipped => String::new(),
        other => locale.text(&format!("standing-{other}")),
    }
}

/// Whether a column has a place on a line of a list; CSV and JSON have them all.
fn is_listed(column: &Column) -> bool {
    !column.key && !column.is_long()
}

fn list(context: &Context, set: AdminSet, rows: &[AdminRow], form: &Form) -> Result<()> {
    if context.json {
        return context.streams.print_json(&rows);
    }
    let description = set.description();
    let mut names: Vec<&str> = description.listed().map(|column| column.name).collect();
    names.extend(["standing", "edited_at", "version"]);
    let flat: Vec<Value> = rows.iter().map(flat).collect();
    let list = List {
        rows: &flat,
        columns: &names,
        empty: "choice-none",
    };
    list.print_text(context, form, |_| {
        let locale = &context.locale;
        let columns: Vec<&Column> = description
            .listed()
            .filter(|column| is_listed(column))
            .collect();
        let side = |column: &&Column| match column.kind {
            Kind::Decimal { .. } | Kind::Integer(..) => Side::Right,
            _ => Side::Left,
        };
        let mut sides = vec![Side::Left];
        sides.extend(columns.iter().map(side));
        sides.push(Side::Left);
        let mut table = Table::new(sides);
        let mut titles = vec![locale.text("cli-column-key")];
        titles.extend(columns.iter().map(|column| title(locale, column.label)));
        titles.push(title(locale, "column-state"));
        table.line(titles);
        for row in rows {
            let mut line = vec![row.key.clone()];
            let cell = |column: &&Column| value::shown(column, row.values.get(column.name), locale);
            line.extend(columns.iter().map(cell));
            line.push(standing(row, locale));
            table.line(line);
        }
        table
    })
}

/// A row as one object, for CSV.
fn flat(row: &AdminRow) -> Value {
    let mut flat: serde_json::Map<String, Value> = row.values.clone().into_iter().collect();
    flat.insert("standing".to_owned(), row.standing().as_str().into());
    let edited_at = row.edited_at.map(|at| Value::from(at.to_string()));
    flat.insert("edited_at".to_owned(), edited_at.unwrap_or_default());
    flat.insert("version".to_owned(), row.version.into());
    Value::Object(flat)
}

/// A row, a line for each column; where it differs, with what ships.
fn beside(set: AdminSet, row: &AdminRow, context: &Context) -> String {
    let locale = &context.locale;
    let words = locale.loader();
    let mut table = Table::new(&[Side::Left, Side::Left]);
    for column in set.description().columns {
        let mut said = value::shown(column, row.values.get(column.name), locale);
        if row.differs.iter().any(|name| name == column.name) {
            let ships = row
                .shipped
                .as_ref()
                .and_then(|ships| ships.get(column.name));
            let ships = value::shown(column, ships, locale);
            let ships = fl!(words, "admin-ships-value", value = ships);
            said = format!("{said}  ◂ {ships}");
        }
        table.row([locale.text(column.label), said]);
    }
    let mut lines = vec![row.key.clone()];
    lines.extend(
        table
            .render(0, context.streams.width())
            .lines()
            .map(str::to_owned),
    );
    if let Some(Ok(versions)) = row
        .values
        .get("document")
        .map(|document| admin::words::versions(document, locale))
    {
        lines.extend(versions);
    }
    lines.push(match (row.standing(), row.edited_at) {
        (Standing::Shipped, _) => locale.text("admin-as-shipped"),
        (Standing::Edited, Some(at)) => {
            fl!(words, "admin-edited-at", at = locale.date_time(at, &here()))
        }
        _ => locale.text("admin-added-here"),
    });
    lines.push(String::new());
    lines.join("\n")
}
