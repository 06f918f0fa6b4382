//! What meters said, some of it at a time.

use ecotrack_common::{EnergyProfileId, Kwh, MeterId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Readings, and days of steps, on one page.
const READINGS: i64 = 1000;
const DAYS: i64 = 100;

/// A reading.
#[derive(Debug)]
pub struct Reading {
    /// The instant of a register, or the start of energy.
    pub read_at: Timestamp,
    /// The end of energy.
    pub ends_at: Option<Timestamp>,
    /// Energy, or what the counter showed.
    pub kwh: Kwh,
    /// An estimate.
    pub estimated: bool,
    /// The counter began anew here.
    pub restarted: bool,
    /// A word on it.
    pub note: Option<String>,
}

/// The next readings of a meter from an instant to another, in order of time.
pub async fn list_readings(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    from: Timestamp,
    until: Timestamp,
    after: Option<Timestamp>,
) -> sqlx::Result<Vec<Reading>> {
    let rows = sqlx::query!(
        "SELECT read_at, ends_at, kwh, estimated, register_restarted, note FROM energy_reading
         WHERE energy_profile_id = $1 AND meter_id = $2 AND read_at >= $3 AND read_at < $4
           AND ($5::timestamptz IS NULL OR read_at > $5)
         ORDER BY read_at LIMIT $6",
        profile.0,
        meter.0,
        from.to_sqlx(),
        until.to_sqlx(),
        after.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        READINGS,
    )
    .fetch_all(conn)
    .await?;
    let reading = rows.into_iter().map(|row| Reading {
        read_at: row.read_at.to_jiff(),
        ends_at: row.ends_at.map(jiff_sqlx::Timestamp::to_jiff),
        kwh: Kwh(row.kwh),
        estimated: row.estimated,
        restarted: row.register_restarted,
        note: row.note,
    });
    Ok(reading.collect())
}

/// A day of steps.
#[derive(Debug)]
pub struct DayOfSteps {
    /// The local day.
    pub date: Date,
    /// When it starts.
    pub starts_at: Timestamp,
    /// The length of each step.
    pub step_minutes: i16,
    /// Energy of each; none is missing.
    pub mwh: Vec<Option<i32>>,
    /// Which are estimates, where any is.
    pub estimated: Option<Vec<bool>>,
}

/// The next days of a meter of steps, in order.
pub async fn list_steps(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    days: (Date, Date),
    after: Option<Date>,
) -> sqlx::Result<Vec<DayOfSteps>> {
    let rows = sqlx::query!(
        r#"SELECT local_date, starts_at, step_minutes AS "step_minutes!",
                  step_mwh AS "step_mwh!: Vec<Option<i32>>", step_estimated
           FROM consumption_day
           WHERE energy_profile_id = $1 AND meter_id = $2 AND local_date BETWEEN $3 AND $4
             AND ($5::date IS NULL OR local_date > $5) AND step_mwh IS NOT NULL
           ORDER BY local_date LIMIT $6"#,
        profile.0,
        meter.0,
        days.0.to_sqlx(),
        days.1.to_sqlx(),
        after.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        DAYS,
    )
    .fetch_all(conn)
    .await?;
    let day = rows.into_iter().map(|row| DayOfSteps {
        date: row.local_date.to_jiff(),
        starts_at: row.starts_at.to_jiff(),
        step_minutes: row.step_minutes,
        mwh: row.step_mwh,
        estimated: row.step_estimated,
    });
    Ok(day.collect())
}
