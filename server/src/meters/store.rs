//! Meters.

use ecotrack_common::meter::{Meter, NewMeter};
use ecotrack_common::{EnergyProfileId, MeterId, ProfileDeviceId};
use sqlx::PgConnection;

use crate::database::word;

struct Row {
    meter_id: uuid::Uuid,
    name: String,
    channel: String,
    reading_kind: String,
    register_digits: Option<i16>,
    profile_device_id: Option<uuid::Uuid>,
    same_as: Option<uuid::Uuid>,
    version: i64,
}

impl Row {
    fn into_meter(self) -> sqlx::Result<Meter> {
        Ok(Meter {
            meter_id: MeterId(self.meter_id),
            name: self.name,
            channel: word(&self.channel)?,
            reading_kind: word(&self.reading_kind)?,
            register_digits: self.register_digits,
            profile_device_id: self.profile_device_id.map(ProfileDeviceId),
            same_as: self.same_as.map(MeterId),
            version: self.version,
        })
    }
}

/// The meters of a home, oldest first.
pub async fn list(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<Vec<Meter>> {
    sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, version FROM meter
         WHERE energy_profile_id = $1 AND removed_at IS NULL ORDER BY meter_id",
        profile.0,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_meter)
    .collect()
}

/// A meter of a home.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<Option<Meter>> {
    sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, version FROM meter
         WHERE energy_profile_id = $1 AND meter_id = $2 AND removed_at IS NULL",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_meter)
    .transpose()
}

/// The same, and nobody else writes readings of it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<Option<Meter>> {
    sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, version FROM meter
         WHERE energy_profile_id = $1 AND meter_id = $2 AND removed_at IS NULL
         FOR NO KEY UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_meter)
    .transpose()
}

/// Adds a meter; `meter_name_key` says that the name is taken.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
    new: &NewMeter,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO meter (energy_profile_id, meter_id, name, channel, reading_kind, register_digits,
                            profile_device_id, same_as)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        id.0,
        new.name.trim(),
        new.channel.as_str(),
        new.reading_kind.as_str(),
        new.register_digits,
        new.profile_device_id.map(|id| id.0),
        new.same_as.map(|id| id.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}
