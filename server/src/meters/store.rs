//! Meters.

use ecotrack_common::meter::{Meter, NewMeter};
use ecotrack_common::{EnergyProfileId, MeterId, ProfileDeviceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::database::word;

/// A row of `meter` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub meter_id: MeterId,
    /// What is said of it.
    #[serde(flatten)]
    pub meter: NewMeter,
}

struct Row {
    meter_id: uuid::Uuid,
    name: String,
    channel: String,
    reading_kind: String,
    register_digits: Option<i16>,
    profile_device_id: Option<uuid::Uuid>,
    same_as: Option<uuid::Uuid>,
    alerts_off: bool,
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
            alerts_off: self.alerts_off,
            version: self.version,
        })
    }
}

/// The meters of a home, oldest first.
pub async fn list(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<Vec<Meter>> {
    sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, alerts_off, version FROM meter
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
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, alerts_off, version FROM meter
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
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, alerts_off, version FROM meter
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

/// A meter that stays as it is until the transaction ends; its readings may be written.
pub async fn find_kept(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<Option<Meter>> {
    sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, alerts_off, version FROM meter
         WHERE energy_profile_id = $1 AND meter_id = $2 AND removed_at IS NULL
         FOR KEY SHARE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_meter)
    .transpose()
}

/// A meter as its image, with its version; nobody else changes it, reads it in or names it until the
/// transaction ends.
pub async fn find_image(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<Option<(Image, i64)>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, alerts_off, version FROM meter
         WHERE energy_profile_id = $1 AND meter_id = $2 AND removed_at IS NULL
         FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let meter = row.into_meter()?;
    let image = Image {
        meter_id: meter.meter_id,
        meter: NewMeter {
            name: meter.name,
            channel: meter.channel,
            reading_kind: meter.reading_kind,
            register_digits: meter.register_digits,
            profile_device_id: meter.profile_device_id,
            same_as: meter.same_as,
            alerts_off: meter.alerts_off,
        },
    };
    Ok(Some((image, meter.version)))
}

/// Whether anything is known of a meter.
pub async fn has_readings(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM energy_reading WHERE energy_profile_id = $1 AND meter_id = $2)
               OR EXISTS (SELECT FROM consumption_day WHERE energy_profile_id = $1 AND meter_id = $2) AS "has!""#,
        profile.0,
        id.0,
    )
    .fetch_one(conn)
    .await
}

/// Whether another meter says that it knows the same flow.
pub async fn is_named(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM meter
                          WHERE energy_profile_id = $1 AND same_as = $2 AND removed_at IS NULL) AS "is!""#,
        profile.0,
        id.0,
    )
    .fetch_one(conn)
    .await
}

/// Adds a meter, or brings a removed one back; `meter_name_key` says that the name is taken.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    let new = &image.meter;
    sqlx::query!(
        "INSERT INTO meter (energy_profile_id, meter_id, name, channel, reading_kind, register_digits,
                            profile_device_id, same_as, version, alerts_off)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT ON CONSTRAINT meter_pkey DO UPDATE
         SET name = excluded.name, channel = excluded.channel, reading_kind = excluded.reading_kind,
             register_digits = excluded.register_digits, profile_device_id = excluded.profile_device_id,
             same_as = excluded.same_as, alerts_off = excluded.alerts_off, version = excluded.version, removed_at = NULL",
        profile.0,
        image.meter_id.0,
        new.name.trim(),
        new.channel.as_str(),
        new.reading_kind.as_str(),
        new.register_digits,
        new.profile_device_id.map(|id| id.0),
        new.same_as.map(|id| id.0),
        version,
        new.alerts_off,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a meter; `meter_name_key` says that the name is taken.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let new = &image.meter;
    sqlx::query!(
        "UPDATE meter
         SET name = $3, channel = $4, reading_kind = $5, register_digits = $6, profile_device_id = $7, same_as = $8,
             alerts_off = $9, version = version + 1
         WHERE energy_profile_id = $1 AND meter_id = $2",
        profile.0,
        image.meter_id.0,
        new.name.trim(),
        new.channel.as_str(),
        new.reading_kind.as_str(),
        new.register_digits,
        new.profile_device_id.map(|id| id.0),
        new.same_as.map(|id| id.0),
        new.alerts_off,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a meter from the home. The row and its readings stay, so that it can come back.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: MeterId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meter SET removed_at = $3, version = version + 1
         WHERE energy_profile_id = $1 AND meter_id = $2",
        profile.0,
        id.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
