//! Printing lists: as a table, as JSON as it came, or as CSV with the fields of the wire.

use clap::Args;
use ecotrack_common::locale::Locale;
use serde::Serialize;
use serde_json::Value;

use super::Result;
use super::context::Context;
use super::table::Table;
use crate::table;

/// What every list takes.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// Print CSV, its columns named as in the JSON
    #[arg(long, conflicts_with = "json")]
    pub(super) csv: bool,
}

/// A list as it is printed.
pub(super) struct List<'a, T> {
    /// They.
    pub(super) rows: &'a [T],
    /// Fields that CSV has, in order; those within another joined by a dot.
    pub(super) columns: &'a [&'a str],
    /// Fluent id of what is said when there is none.
    pub(super) empty: &'static str,
}

impl<T: Serialize> List<'_, T> {
    /// Prints it; `table` is asked only where text is wanted.
    pub(super) fn print(
        &self,
        context: &Context,
        form: &Form,
        table: impl FnOnce(&[T]) -> Table,
    ) -> Result<()> {
        if context.json {
            return context.streams.print_json(&self.rows);
        }
        self.print_text(context, form, table)
    }

    /// The same where JSON is not the bare rows and was seen to.
    pub(super) fn print_text(
        &self,
        context: &Context,
        form: &Form,
        table: impl FnOnce(&[T]) -> Table,
    ) -> Result<()> {
        if form.csv {
            return context.streams.print(&csv(self.rows, self.columns)?);
        }
        if self.rows.is_empty() {
            return context.streams.print_line(&context.locale.text(self.empty));
        }
        // A row is a line, for whoever searches in them.
        context
            .streams
            .print(&table(self.rows).render(0, usize::MAX))
    }
}

/// A column's title, as on the screens, beginning large as it stands alone here.
pub(super) fn title(locale: &Locale, id: &str) -> String {
    let text = locale.text(id);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !text.starts_with('k') => {
            first.to_uppercase().collect::<String>() + chars.as_str()
        }
        _ => text,
    }
}

fn csv<T: Serialize>(rows: &[T], columns: &[&str]) -> Result<String> {
    let rows = rows.iter().map(serde_json::to_value);
    let rows = rows.collect::<serde_json::Result<Vec<Value>>>();
    let rows = rows.map_err(std::io::Error::from)?;
    let line = |row: &Value| columns.iter().map(|column| cell(row, column)).collect();
    let names = columns.iter().map(|column| (*column).to_owned()).collect();
    Ok(table::csv(
        std::iter::once(names).chain(rows.iter().map(line)),
    ))
}

/// What stands in a field; a list as JSON, nothing for null.
fn cell(row: &Value, column: &str) -> String {
    let value = column.split('.').try_fold(row, |row, key| row.get(key));
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_has_the_fields_of_the_wire() {
        let rows = [
            json!({ "name": "A, \"B\"", "at": { "city": null, "kwh": "-3.50" }, "on": true }),
            json!({ "name": "=1+1", "at": { "kwh": "2" }, "lines": [{ "n": 1 }] }),
        ];
        assert_eq!(
            csv(&rows, &["name", "at.city", "at.kwh", "on", "lines"]).unwrap(),
            "name,at.city,at.kwh,on,lines\n\"A, \"\"B\"\"\",,-3.50,true,\n'=1+1,,2,,\"[{\"\"n\"\":1}]\"\n"
        );
        assert_eq!(csv::<Value>(&[], &["name"]).unwrap(), "name\n");
    }

    #[test]
    fn titles_begin_large_and_units_stay() {
        let locale = Locale::new(Language::BrazilianPortuguese);
        assert_eq!(title(&locale, "column-total"), "Total");
        assert!(title(&locale, "column-kwh-month").starts_with("kWh"));
    }
}
