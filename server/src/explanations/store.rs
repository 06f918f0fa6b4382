//! What explanations read besides the other features' stores.

use ecotrack_common::{EnergyProfileId, Kwh, MeterId, ProfileDeviceId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;

/// The mean temperature of each day that is known, in order.
pub async fn list_temperatures(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<(Date, Decimal)>> {
    let rows = sqlx::query!(
        "SELECT local_date, mean_temp_c FROM weather_observation
         WHERE energy_profile_id = $1 AND local_date BETWEEN $2 AND $3 ORDER BY local_date",
        profile.0,
        first.to_sqlx(),
        last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.local_date.to_jiff(), row.mean_temp_c))
        .collect())
}

/// What a meter of one device says of some days.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceUse {
    /// Which meter.
    pub meter: MeterId,
    /// The device, where it is one of the home's list.
    pub device: Option<ProfileDeviceId>,
    /// Days of which at least so many percent are known as was asked for.
    pub days: i64,
    /// Energy of those days.
    pub kwh: Kwh,
}

/// Energy of the devices that are metered apart, on days known to `percent`.
pub async fn list_device_use(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    last: Date,
    percent: i16,
) -> sqlx::Result<Vec<DeviceUse>> {
    let rows = sqlx::query!(
        r#"SELECT m.meter_id, m.profile_device_id, count(*) AS "days!", coalesce(sum(d.kwh), 0) AS "kwh!"
           FROM meter AS m JOIN consumption_day AS d USING (energy_profile_id, meter_id)
           WHERE m.energy_profile_id = $1 AND m.channel = 'device' AND m.removed_at IS NULL AND m.same_as IS NULL
             AND d.local_date BETWEEN $2 AND $3 AND d.kwh IS NOT NULL
             AND d.covered_minutes * 100 >= d.day_minutes * $4::integer
           GROUP BY m.meter_id, m.profile_device_id"#,
        profile.0,
        first.to_sqlx(),
        last.to_sqlx(),
        i32::from(percent),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DeviceUse {
            meter: MeterId(row.meter_id),
            device: row.profile_device_id.map(ProfileDeviceId),
            days: row.days,
            kwh: Kwh(row.kwh),
        })
        .collect())
}

/// A day of an import meter in steps.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDay {
    /// The meter, or the one that it is the same as.
    pub group: MeterId,
    /// Local day.
    pub date: Date,
    /// Minutes of a step.
    pub step_minutes: i16,
    /// Milliwatt-hours of each step; `None` is a gap.
    pub mwh: Vec<Option<i32>>,
}

/// The days that meters of what comes from the grid know in steps, the finest known first.
pub async fn list_import_steps(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<StepDay>> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(m.same_as, m.meter_id) AS "group_id!", d.local_date, d.step_minutes AS "step_minutes!",
                  d.step_mwh AS "step_mwh!: Vec<Option<i32>>"
           FROM meter AS m JOIN consumption_day AS d USING (energy_profile_id, meter_id)
           WHERE m.energy_profile_id = $1 AND m.channel = 'grid_import' AND m.removed_at IS NULL
             AND d.local_date BETWEEN $2 AND $3 AND d.step_mwh IS NOT NULL
           ORDER BY d.local_date, d.covered_minutes DESC, d.step_minutes, m.meter_id"#,
        profile.0,
        first.to_sqlx(),
        last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StepDay {
            group: MeterId(row.group_id),
            date: row.local_date.to_jiff(),
            step_minutes: row.step_minutes,
            mwh: row.step_mwh,
        })
        .collect())
}

/// Where the home is, as far as its seasons depend on it: the country and, if it is known, the
/// latitude.
pub async fn find_place(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<(String, Option<Decimal>)> {
    let row = sqlx::query!(
        "SELECT country, latitude FROM location_info WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.country, row.latitude))
}
