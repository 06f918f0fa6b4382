//! What explanations read besides the other features' stores.

use ecotrack_common::{EnergyProfileId, Kwh, MeterId, ProfileDeviceId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

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
