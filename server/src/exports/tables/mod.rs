//! Any other table of a home as lines of cells or as JSON, read by a cursor.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::export::{ExportFormat, ExportTable};
use ecotrack_common::spreadsheet;
use jiff::civil::Date;
use serde_json::{Map, Value};
use sqlx::PgConnection;

pub mod store;

use super::out::Out;
use crate::profiles;
use store::{Column, Kind};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The home.
    pub profile: EnergyProfileId,
    /// The table.
    pub table: ExportTable,
    /// First and last local day of it, for tables of days.
    pub days: (Date, Date),
    /// The form.
    pub format: ExportFormat,
}

/// Writes the table; `conn` is in a transaction.
pub async fn write(conn: &mut PgConnection, wanted: Wanted, mut out: Out) -> anyhow::Result<Out> {
    let zone = profiles::store::zone(conn, wanted.profile).await?;
    let zone = zone.iana_name().unwrap_or("UTC");
    let columns = store::columns(wanted.table);
    store::open(conn, wanted.table, wanted.profile, wanted.days, zone).await?;
    if wanted.format == ExportFormat::Csv {
        let names = columns
            .iter()
            .map(|column| column.name.to_owned())
            .collect();
        out.buffer
            .extend(spreadsheet::csv(std::iter::once(names)).bytes());
    }
    let mut any = false;
    loop {
        let page = store::fetch(conn, columns.len()).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            match wanted.format {
                ExportFormat::Csv => {
                    let cells = row.into_iter().map(Option::unwrap_or_default).collect();
                    out.buffer
                        .extend(spreadsheet::csv(std::iter::once(cells)).bytes());
                }
                ExportFormat::Json => {
                    out.buffer
                        .extend(if any { ",\n".as_bytes() } else { b"[\n" });
                    any = true;
                    serde_json::to_writer(&mut out.buffer, &object(columns, row)?)?;
                }
            }
            out.go_on().await?;
        }
    }
    if wanted.format == ExportFormat::Json {
        out.buffer
            .extend(if any { "\n]\n".as_bytes() } else { b"[]\n" });
    }
    Ok(out)
}

/// Decimals travel as strings here as everywhere.
fn object(columns: &[Column], row: Vec<Option<String>>) -> serde_json::Result<Value> {
    let mut object = Map::new();
    for (column, cell) in columns.iter().zip(row) {
        let value = match (cell, column.kind) {
            (None, _) => Value::Null,
            (Some(text), Kind::Text | Kind::Decimal | Kind::Instant) => Value::String(text),
            (Some(text), Kind::Count | Kind::Flag | Kind::Json) => serde_json::from_str(&text)?,
        };
        object.insert(column.name.to_owned(), value);
    }
    Ok(Value::Object(object))
}
