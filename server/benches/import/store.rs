//! The bare table, and how much disk there is of either.

use sqlx::PgConnection;

/// Makes the table that a million rows are copied into.
pub(crate) async fn create_bare(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TABLE bare (profile uuid, meter uuid, instant timestamptz, kwh double precision,
                            PRIMARY KEY (profile, meter, instant))",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Empties it.
pub(crate) async fn empty_bare(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("TRUNCATE bare").execute(conn).await?;
    Ok(())
}

/// Bytes of the days with what their import keeps for undo, and of the bare table, each with its keys.
pub(crate) async fn sizes(conn: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT pg_total_relation_size('consumption_day') + pg_total_relation_size('import_batch_day'),
                pg_total_relation_size('bare')",
    )
    .fetch_one(conn)
    .await
}
