//! Homes with a key and a meter each, the bare table, and what was stored.

use sqlx::PgConnection;

/// Makes the table that single rows go into.
pub(crate) async fn create_bare(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TABLE bare (profile integer, meter integer, instant timestamptz, kwh double precision,
                            PRIMARY KEY (profile, meter, instant))",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes a home for each hash of a key, with a meter of steps that is the key's.
pub(crate) async fn make_homes(conn: &mut PgConnection, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query(
        "WITH home AS (
             INSERT INTO energy_profile (energy_profile_id, name, connection, currency, time_zone, billing_cycle_day, created_at)
             SELECT gen_random_uuid(), 'Home ' || n, 'two', 'BRL', 'America/Sao_Paulo', 10, now()
             FROM generate_series(1, cardinality($1::bytea[])) AS n
             RETURNING energy_profile_id, substr(name, 6)::integer AS n),
         place AS (
             INSERT INTO location_info (energy_profile_id, country, grid_region)
             SELECT energy_profile_id, 'BR', 'BR-SIN' FROM home),
         main AS (
             INSERT INTO meter (energy_profile_id, meter_id, name, channel, reading_kind)
             SELECT energy_profile_id, energy_profile_id, 'Main', 'grid_import', 'step' FROM home)
         INSERT INTO api_key (energy_profile_id, api_key_id, name, key_hash, meter_id, created_at)
         SELECT energy_profile_id, gen_random_uuid(), 'Key', $1[n], energy_profile_id, now() FROM home",
    )
    .bind(hashes)
    .execute(conn)
    .await?;
    Ok(())
}

/// Homes whose counter stands where it was last sent, and the steps that were stored.
pub(crate) async fn count(conn: &mut PgConnection, last: &[i64]) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM live_source WHERE last_value = ANY ($1)),
                (SELECT coalesce(sum(known_steps(step_mwh)), 0) FROM consumption_day)",
    )
    .bind(last)
    .fetch_one(conn)
    .await
}
