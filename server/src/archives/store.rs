//! Rows of a home as they are, out and in.
//!
//! Not checked at compile time: the statements are put together from [`SECTIONS`](super::sections), which are
//! constants of the program; values are bound. A test takes a home out and in.

use ecotrack_common::{EnergyProfileId, MeterId};
use jiff::Timestamp;
#[cfg(test)]
use sqlx::Row;
use sqlx::{AssertSqlSafe, PgConnection};

use super::sections::Section;

/// Rows that a cursor gives at once.
const PAGE: i64 = 200;

/// Opens the cursor of a table, in a transaction that has no other.
pub async fn open(
    conn: &mut PgConnection,
    section: &Section,
    profile: EnergyProfileId,
) -> sqlx::Result<()> {
    let Section { table, order, .. } = section;
    let columns: Vec<String> = section
        .columns
        .iter()
        .map(|column| format!("{} AS {column}", taken(table, column)))
        .collect();
    let rows = match *table {
        "audit_operation" => {
            "audit_operation AS t LEFT JOIN account AS a ON a.account_id = t.account_id"
        }
        // Days of meters that are read follow from their readings.
        "consumption_day" => {
            "consumption_day AS t JOIN meter AS m USING (energy_profile_id, meter_id)"
        }
        "training_run" => "(SELECT * FROM training_run WHERE state <> 'running') AS t",
        "api_key" => "(SELECT * FROM api_key WHERE revoked_at IS NULL) AS t",
        table => &format!("{table} AS t"),
    };
    let only = if *table == "consumption_day" {
        "AND m.reading_kind = 'step'"
    } else {
        ""
    };
    let sql = format!(
        "DECLARE archive NO SCROLL CURSOR FOR
         SELECT row_to_json(r)::text FROM (SELECT {} FROM {rows} WHERE t.energy_profile_id = $1 {only}) AS r
         ORDER BY {order}",
        columns.join(", "),
    );
    sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(profile.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Where a column comes from. Who entered a row is nobody of another server.
fn taken(table: &str, column: &str) -> String {
    match (table, column) {
        ("audit_operation", "by_name") => "coalesce(a.display_name, t.by_name)".to_owned(),
        ("audit_entry", "before" | "after") => format!("t.{column} - 'entered_by'"),
        _ => format!("t.{column}"),
    }
}

/// The next rows, each as JSON; none at the end, and the cursor is closed.
pub async fn fetch(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("FETCH {PAGE} FROM archive")))
        .persistent(false)
        .fetch_all(&mut *conn)
        .await?;
    if rows.is_empty() {
        sqlx::query("CLOSE archive").execute(conn).await?;
    }
    Ok(rows)
}

/// Puts rows into a table of the home; `rows` is a JSON array of them.
pub async fn insert(
    conn: &mut PgConnection,
    section: &Section,
    profile: EnergyProfileId,
    rows: &str,
) -> sqlx::Result<u64> {
    let (table, columns) = (section.table, section.columns.join(", "));
    let (into, values) = match table {
        "audit_operation" => (", moved", ", true"),
        _ => ("", ""),
    };
    let sql = format!(
        "INSERT INTO {table} (energy_profile_id, {columns}{into})
         SELECT $1, {columns}{values} FROM jsonb_populate_recordset(NULL::{table}, $2::text::jsonb)"
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(profile.0)
        .bind(rows)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Of these appliances, measures or tariffs, those that this server does not know.
pub async fn list_unknown(
    conn: &mut PgConnection,
    reference: Reference,
    slugs: &[String],
) -> sqlx::Result<Vec<String>> {
    let sql = match reference {
        Reference::Appliance => {
            "SELECT s FROM unnest($1::text[]) AS s WHERE NOT EXISTS (SELECT FROM device_catalog WHERE slug = s)"
        }
        Reference::Measure => {
            "SELECT s FROM unnest($1::text[]) AS s WHERE NOT EXISTS (SELECT FROM optimization_suggestion WHERE slug = s)"
        }
        Reference::Tariff => {
            "SELECT s FROM unnest($1::text[]) AS s WHERE NOT EXISTS (SELECT FROM tariff WHERE slug = s)"
        }
    };
    sqlx::query_scalar(sql).bind(slugs).fetch_all(conn).await
}

/// Reference data that rows of homes point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// `device_catalog`.
    Appliance,
    /// `optimization_suggestion`.
    Measure,
    /// `tariff`.
    Tariff,
}

/// The table of the first row that the rules of the program would not have let in, where the database's own
/// let it.
pub async fn find_wrong(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"SELECT w.what AS "what!" FROM (
             SELECT 'energy_reading' AS what FROM energy_reading AS r
             JOIN meter AS m USING (energy_profile_id, meter_id)
             WHERE r.energy_profile_id = $1
               AND (m.reading_kind <> 'register' OR r.kwh > 99999999 OR r.read_at <> date_trunc('second', r.read_at)
                    OR r.ends_at <> date_trunc('second', r.ends_at) OR (r.register_restarted AND r.kind <> 'register'))
             UNION ALL
             SELECT 'consumption_day' FROM consumption_day AS d JOIN meter AS m USING (energy_profile_id, meter_id)
             WHERE d.energy_profile_id = $1 AND (m.reading_kind <> 'step' OR d.step_mwh IS NULL)
             UNION ALL
             SELECT 'billing_record' FROM (
                 SELECT first_day, lag(last_day) OVER (ORDER BY first_day) AS before FROM billing_record
                 WHERE energy_profile_id = $1) AS b WHERE b.before >= b.first_day
             UNION ALL
             SELECT 'meter' FROM meter AS m JOIN meter AS s
                 ON s.energy_profile_id = m.energy_profile_id AND s.meter_id = m.same_as
             WHERE m.energy_profile_id = $1 AND (s.same_as IS NOT NULL OR s.channel <> m.channel)
             UNION ALL
             SELECT 'live_source' FROM live_source AS s JOIN meter AS m USING (energy_profile_id, meter_id)
             WHERE s.energy_profile_id = $1
               AND (m.reading_kind <> 'step' OR m.channel IN ('gas', 'water') OR m.removed_at IS NOT NULL)
             UNION ALL
             SELECT 'live_topic' FROM live_topic AS s JOIN meter AS m USING (energy_profile_id, meter_id)
             WHERE s.energy_profile_id = $1 AND (m.reading_kind <> 'step' OR m.removed_at IS NOT NULL)
             UNION ALL
             SELECT 'api_key' FROM api_key AS s JOIN meter AS m USING (energy_profile_id, meter_id)
             WHERE s.energy_profile_id = $1 AND (m.reading_kind <> 'step' OR m.removed_at IS NOT NULL)
             UNION ALL
             SELECT 'weather_observation' FROM weather_observation
             WHERE energy_profile_id = $1 AND local_date NOT BETWEEN '1900-01-01' AND '2199-12-31'
             UNION ALL
             SELECT 'audit_entry' FROM audit_entry
             WHERE energy_profile_id = $1 AND (length(entity) > 80 OR jsonb_typeof(coalesce(before, after)) <> 'object')
             UNION ALL
             SELECT 'audit_operation' FROM audit_operation WHERE energy_profile_id = $1 AND length(by_name) > 80
           ) AS w LIMIT 1"#,
        profile.0,
    )
    .fetch_optional(conn)
    .await
}

/// Meters with readings, and from when to when those tell.
pub async fn list_read(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<(MeterId, Timestamp, Timestamp)>> {
    let rows = sqlx::query!(
        r#"SELECT meter_id, min(read_at) AS "first!", max(coalesce(ends_at, read_at)) AS "last!" FROM energy_reading
           WHERE energy_profile_id = $1 GROUP BY meter_id"#,
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    let span = rows.into_iter().map(|row| {
        (
            MeterId(row.meter_id),
            row.first.to_jiff(),
            row.last.to_jiff(),
        )
    });
    Ok(span.collect())
}

/// The columns of every table that belongs to a home, as `table.column`.
#[cfg(test)]
pub async fn list_columns(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query(
        "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns AS c
         WHERE c.table_schema = 'public' AND c.table_name IN (
             SELECT k.table_name FROM information_schema.columns AS k
             JOIN information_schema.tables AS t USING (table_schema, table_name)
             WHERE k.table_schema = 'public' AND k.column_name = 'energy_profile_id' AND t.table_type = 'BASE TABLE')
         ORDER BY 1, 2",
    )
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .collect()
}
