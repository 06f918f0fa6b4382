//! The rows of the sets.
//!
//! Not checked at compile time: the statements are put together from the descriptions, whose tables
//! and columns are constants of the program; values are bound. A test runs every statement of every
//! set.

use ecotrack_common::admin::{AdminRow, AdminSet, Kind, SetSummary, Values};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, Row};

/// How many rows a set has, and how many are not as they ship.
pub(super) async fn summarise(conn: &mut PgConnection, set: AdminSet) -> sqlx::Result<SetSummary> {
    let table = set.description().table;
    let sql = format!(
        "SELECT count(*) AS rows,
                count(*) FILTER (WHERE shipped IS NOT NULL AND edited_at IS NOT NULL) AS edited,
                count(*) FILTER (WHERE shipped IS NULL) AS added
         FROM {table}"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(conn).await?;
    Ok(SetSummary {
        set,
        rows: row.try_get("rows")?,
        edited: row.try_get("edited")?,
        added: row.try_get("added")?,
    })
}

/// Rows behind `after` in the order of their keys, without their documents: those that hold all of
/// `search`, and of them with `edited` only those that are not as they ship.
pub(super) async fn list(
    conn: &mut PgConnection,
    set: AdminSet,
    after: Option<Values>,
    search: &[String],
    edited: bool,
    limit: i64,
) -> sqlx::Result<Vec<AdminRow>> {
    let description = set.description();
    let table = description.table;
    let texts: Vec<String> = description
        .searched()
        .map(|column| format!("t.{}::text", column.name))
        .collect();
    let sql = format!(
        "SELECT {read}
         FROM {table} AS t
         WHERE ($1::jsonb IS NULL OR ({keys}) > (SELECT {behind} FROM jsonb_populate_record(NULL::{table}, $1) AS k))
           AND concat_ws(' ', {texts}) ILIKE ALL ($2::text[])
           AND (NOT $3 OR t.edited_at IS NOT NULL OR t.shipped IS NULL)
         ORDER BY {keys} LIMIT $4",
        read = reading(set, Documents::Left),
        keys = keys(set, "t"),
        behind = keys(set, "k"),
        texts = texts.join(", "),
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after.map(Json))
        .bind(search)
        .bind(edited)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| read(set, row)).collect()
}

/// A row, whole.
pub(super) async fn find(
    conn: &mut PgConnection,
    set: AdminSet,
    key: &Values,
) -> sqlx::Result<Option<AdminRow>> {
    let table = set.description().table;
    let sql = format!(
        "SELECT {read} FROM {table} AS t, jsonb_populate_record(NULL::{table}, $1) AS k
         WHERE ({keys}) = ({wanted})",
        read = reading(set, Documents::Taken),
        keys = keys(set, "t"),
        wanted = keys(set, "k"),
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(Json(key))
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(set, &row)).transpose()
}

/// Adds a row; false when there is one of this key.
pub(super) async fn insert(
    conn: &mut PgConnection,
    set: AdminSet,
    values: &Values,
    version: i64,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let table = set.description().table;
    let columns = columns(set);
    let sql = format!(
        "INSERT INTO {table} ({columns}, version, edited_at)
         SELECT {columns}, $2, $3 FROM jsonb_populate_record(NULL::{table}, $1 - 'version' - 'edited_at')
         ON CONFLICT DO NOTHING",
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(Json(values))
        .bind(version)
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes the row of the same key this one; `None` where it follows what ships from now on.
pub(super) async fn update(
    conn: &mut PgConnection,
    set: AdminSet,
    values: &Values,
    edited_at: Option<Timestamp>,
) -> sqlx::Result<()> {
    let table = set.description().table;
    let columns = columns(set);
    let sql = format!(
        "UPDATE {table} AS t SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)),
                edited_at = $2
         FROM jsonb_populate_record(NULL::{table}, $1) AS k
         WHERE ({keys}) = ({wanted})",
        keys = keys(set, "t"),
        wanted = keys(set, "k"),
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(Json(values))
        .bind(edited_at.map(ToSqlx::to_sqlx))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a row; false when a home uses it.
pub(super) async fn delete(
    conn: &mut PgConnection,
    set: AdminSet,
    key: &Values,
) -> sqlx::Result<bool> {
    let table = set.description().table;
    let sql = format!(
        "DELETE FROM {table} AS t USING jsonb_populate_record(NULL::{table}, $1) AS k
         WHERE ({keys}) = ({wanted})",
        keys = keys(set, "t"),
        wanted = keys(set, "k"),
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(Json(key))
        .execute(conn)
        .await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a statement brings documents along.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    Taken,
    Left,
}

/// What is selected of a row `t`.
fn reading(set: AdminSet, documents: Documents) -> String {
    let mut pairs = Vec::new();
    let mut differs = Vec::new();
    let mut shipped = "t.shipped".to_owned();
    for column in set.description().columns {
        let name = column.name;
        let value = match column.kind {
            // As text, which keeps every digit; a JSON number may not.
            Kind::Decimal { .. } => format!("trim_scale(t.{name})::text"),
            Kind::Document => {
                differs.push(format!("t.{name} IS DISTINCT FROM t.shipped -> '{name}'"));
                if documents == Documents::Left {
                    shipped = format!("{shipped} - '{name}'");
                    continue;
                }
                format!("t.{name}")
            }
            _ => format!("t.{name}"),
        };
        pairs.push(format!("'{name}', {value}"));
    }
    let differs = if differs.is_empty() {
        "false".to_owned()
    } else {
        differs.join(" OR ")
    };
    format!(
        "jsonb_build_object({}) AS \"values\", {shipped} AS shipped, {differs} AS document_differs, t.edited_at,
         t.version",
        pairs.join(", ")
    )
}

fn columns(set: AdminSet) -> String {
    let names: Vec<&str> = set
        .description()
        .columns
        .iter()
        .map(|column| column.name)
        .collect();
    names.join(", ")
}

/// The columns of the key of a row `of`.
fn keys(set: AdminSet, of: &str) -> String {
    let names: Vec<String> = set
        .description()
        .key_columns()
        .map(|column| format!("{of}.{}", column.name))
        .collect();
    names.join(", ")
}

fn read(set: AdminSet, row: &sqlx::postgres::PgRow) -> sqlx::Result<AdminRow> {
    let description = set.description();
    let Json(values): Json<Values> = row.try_get("values")?;
    let shipped: Option<Json<Values>> = row.try_get("shipped")?;
    let document_differs: bool = row.try_get("document_differs")?;
    let shipped = shipped.map(|Json(shipped)| {
        let stored = |(name, _): (&String, &Value)| {
            let column = description.column(name)?;
            Some((name.clone(), column.stored(shipped.get(name))))
        };
        values.iter().filter_map(stored).collect::<Values>()
    });
    let differs = shipped.as_ref().map_or_else(Vec::new, |shipped| {
        let differs = |name: &str, kind: Kind| match kind {
            Kind::Document => document_differs,
            _ => shipped.get(name) != values.get(name),
        };
        description
            .columns
            .iter()
            .filter(|column| differs(column.name, column.kind))
            .map(|column| column.name.to_owned())
            .collect()
    });
    let edited_at: Option<jiff_sqlx::Timestamp> = row.try_get("edited_at")?;
    Ok(AdminRow {
        key: description.key_of(&values),
        values,
        shipped,
        differs,
        edited_at: edited_at.map(jiff_sqlx::Timestamp::to_jiff),
        version: row.try_get("version")?,
    })
}
