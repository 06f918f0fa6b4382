//! Homes in bulk, made of the days of a real one.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Days of each home: two years.
const DAYS: i32 = 730;
/// Homes in one statement.
const AT_ONCE: i32 = 250;

/// Puts so many homes with a meter each in place of all that are there. Each begins at another place of
/// the series, on the same weekday, and uses more or less of it; each day differs by up to a tenth.
pub(crate) async fn replace_homes(
    conn: &mut PgConnection,
    homes: i32,
    time_zone: &str,
    last: Date,
    series_mwh: &[Option<i64>],
) -> sqlx::Result<()> {
    sqlx::query("TRUNCATE energy_profile CASCADE")
        .execute(&mut *conn)
        .await?;
    let mut made = 0;
    while made < homes {
        let count = AT_ONCE.min(homes - made);
        sqlx::query(
            "WITH home AS (
                 INSERT INTO energy_profile (energy_profile_id, name, connection, currency, time_zone, billing_cycle_day, created_at)
                 SELECT gen_random_uuid(), 'Home ' || n, 'two', 'BRL', $3, 1 + n % 28, now()
                 FROM generate_series($1, $1 + $2 - 1) AS n
                 RETURNING energy_profile_id, substr(name, 6)::integer AS n),
             place AS (
                 INSERT INTO location_info (energy_profile_id, country, grid_region)
                 SELECT energy_profile_id, 'BR', 'BR-SIN' FROM home),
             main AS (
                 INSERT INTO meter (energy_profile_id, meter_id, name, channel, reading_kind)
                 SELECT energy_profile_id, energy_profile_id, 'Main', 'grid_import', 'register' FROM home)
             INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, spread_mwh, spread_minutes)
             SELECT h.energy_profile_id, h.energy_profile_id, day.date, day.date::timestamp AT TIME ZONE $3, 1440,
                    (mwh * (0.4 + 0.05 * (h.n % 29)) * (0.9 + 0.2 * (hashint8(h.n * 1000003::bigint + at) & 1023) / 1023))::bigint,
                    1440
             FROM home AS h
             CROSS JOIN generate_series(1, $5) AS at
             CROSS JOIN LATERAL (SELECT $4::date - $5 + at AS date) AS day
             CROSS JOIN LATERAL (SELECT ($6::bigint[])[at + 7 * (h.n % 97)] AS mwh) AS was
             WHERE mwh IS NOT NULL",
        )
        .bind(made)
        .bind(count)
        .bind(time_zone)
        .bind(last.to_sqlx())
        .bind(DAYS)
        .bind(series_mwh)
        .execute(&mut *conn)
        .await?;
        made += count;
    }
    sqlx::query("VACUUM ANALYZE consumption_day, energy_profile, meter")
        .execute(conn)
        .await?;
    Ok(())
}

/// Homes that have a forecast.
pub(crate) async fn count_trained(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM training_run JOIN consumption_prediction USING (energy_profile_id) WHERE state = 'succeeded'",
    )
    .fetch_one(conn)
    .await
}
