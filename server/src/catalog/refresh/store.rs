//! What online sources of reference data said, and how asking them went.

use ecotrack_common::aneel::Facts;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::database::document;

/// ANEEL, in both tables.
const ANEEL: &str = "aneel";

/// What ANEEL said; nothing where it never was asked.
pub async fn find_facts(conn: &mut PgConnection) -> sqlx::Result<Facts> {
    let facts = sqlx::query_scalar!("SELECT facts FROM reference_facts WHERE source = $1", ANEEL)
        .fetch_optional(conn)
        .await?;
    facts.map_or_else(|| Ok(Facts::default()), document)
}

/// Keeps what ANEEL said.
pub async fn put_facts(conn: &mut PgConnection, facts: &Facts, now: Timestamp) -> sqlx::Result<()> {
    let facts =
        serde_json::to_value(facts).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "INSERT INTO reference_facts (source, facts, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (source) DO UPDATE SET facts = excluded.facts, changed_at = excluded.changed_at",
        ANEEL,
        facts,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Of these tariffs, those that somebody edited here.
pub async fn list_edited(conn: &mut PgConnection, slugs: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT slug FROM tariff WHERE edited_at IS NOT NULL AND slug = ANY ($1) ORDER BY slug",
        slugs,
    )
    .fetch_all(conn)
    .await
}

/// Notes how it went; no failure is a success.
pub async fn put_fetch(
    conn: &mut PgConnection,
    failure: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO reference_fetch (source, tried_at, succeeded_at, failure)
         VALUES ($1, $3, CASE WHEN $2::text IS NULL THEN $3::timestamptz END, $2)
         ON CONFLICT (source) DO UPDATE
         SET tried_at = excluded.tried_at, failure = excluded.failure,
             succeeded_at = coalesce(excluded.succeeded_at, reference_fetch.succeeded_at)",
        ANEEL,
        failure,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How it went the last time, where it did not go well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFetch {
    /// When it was tried.
    pub tried_at: Timestamp,
    /// When it went well, if it ever did.
    pub succeeded_at: Option<Timestamp>,
    /// Why not.
    pub failure: String,
}

/// The last question, if it was not answered.
pub async fn find_failed(conn: &mut PgConnection) -> sqlx::Result<Option<FailedFetch>> {
    let row = sqlx::query!(
        r#"SELECT tried_at, succeeded_at, failure AS "failure!" FROM reference_fetch
           WHERE source = $1 AND failure IS NOT NULL"#,
        ANEEL,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| FailedFetch {
        tried_at: row.tried_at.to_jiff(),
        succeeded_at: row.succeeded_at.map(jiff_sqlx::Timestamp::to_jiff),
        failure: row.failure,
    }))
}
