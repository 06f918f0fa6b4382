//! Devices of homes.

use std::collections::BTreeMap;

use ecotrack_common::device::{NewDevice, ProfileDevice, Season, UsagePattern};
use ecotrack_common::device_kind::DeviceKind;
use ecotrack_common::estimate::WeeklyPattern;
use ecotrack_common::{EnergyProfileId, ProfileDeviceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::word;

/// A device with its patterns, without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub profile_device_id: ProfileDeviceId,
    /// What is said of it.
    #[serde(flatten)]
    pub device: NewDevice,
    /// Made up for the demo.
    pub example: bool,
}

/// The devices of a home with their derived energy, oldest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<ProfileDevice>> {
    select(conn, profile, None).await
}

/// A device of a home.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
) -> sqlx::Result<Option<ProfileDevice>> {
    Ok(select(conn, profile, Some(id)).await?.pop())
}

async fn select(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    only: Option<ProfileDeviceId>,
) -> sqlx::Result<Vec<ProfileDevice>> {
    let only = only.map(|id| id.0);
    let mut patterns = list_patterns(conn, profile, only).await?;
    sqlx::query!(
        "SELECT profile_device_id, catalog_slug, kind, name, category, quantity, power_w, standby_w, hours_per_day,
                days_per_month, duty_cycle, estimate, example, alerts_off, version
         FROM profile_device
         WHERE energy_profile_id = $1 AND removed_at IS NULL AND ($2::uuid IS NULL OR profile_device_id = $2)
         ORDER BY profile_device_id",
        profile.0,
        only,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let device = NewDevice {
            catalog_slug: row.catalog_slug,
            kind: row.kind.as_deref().map(word).transpose()?,
            name: row.name,
            category: word(&row.category)?,
            quantity: row.quantity,
            power_w: row.power_w.normalize(),
            standby_w: row.standby_w.normalize(),
            hours_per_day: row.hours_per_day.normalize(),
            days_per_month: row.days_per_month.normalize(),
            duty_cycle: row.duty_cycle.normalize(),
            estimate: row.estimate,
            alerts_off: row.alerts_off,
            patterns: patterns.remove(&row.profile_device_id).unwrap_or_default(),
        };
        let derived = device.derive();
        Ok(ProfileDevice {
            profile_device_id: ProfileDeviceId(row.profile_device_id),
            device,
            example: row.example,
            daily_kwh: derived.daily_kwh,
            monthly_kwh: derived.monthly_kwh,
            annual_kwh: derived.annual_kwh,
            version: row.version,
        })
    })
    .collect()
}

/// The patterns of each device, in the order of the seasons.
async fn list_patterns(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    only: Option<Uuid>,
) -> sqlx::Result<BTreeMap<Uuid, Vec<UsagePattern>>> {
    let rows = sqlx::query!(
        "SELECT profile_device_id, season, weekday, hour_minutes FROM device_usage_pattern
         WHERE energy_profile_id = $1 AND ($2::uuid IS NULL OR profile_device_id = $2)",
        profile.0,
        only,
    )
    .fetch_all(conn)
    .await?;
    let mut weeks: BTreeMap<(Uuid, Season), [[u8; 24]; 7]> = BTreeMap::new();
    for row in rows {
        let week = weeks
            .entry((row.profile_device_id, word(&row.season)?))
            .or_insert([[0; 24]; 7]);
        // The table's CHECKs keep 24 hours of 0 to 60 minutes, and weekdays from 1 to 7.
        let weekday = usize::from(row.weekday.unsigned_abs()).saturating_sub(1);
        for (hour, stored) in week[weekday].iter_mut().zip(row.hour_minutes) {
            *hour = u8::try_from(stored).unwrap_or_default();
        }
    }
    let mut patterns: BTreeMap<Uuid, Vec<UsagePattern>> = BTreeMap::new();
    for ((device, season), week) in weeks {
        patterns.entry(device).or_default().push(UsagePattern {
            season,
            week: WeeklyPattern(week),
        });
    }
    Ok(patterns)
}

/// Takes a device for a change until the transaction ends; false when the home has none such.
pub async fn lock(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT profile_device_id FROM profile_device
         WHERE energy_profile_id = $1 AND profile_device_id = $2 AND removed_at IS NULL FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Keeps a device from being removed until the transaction ends; false when the home has none such.
pub async fn keep(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT profile_device_id FROM profile_device
         WHERE energy_profile_id = $1 AND profile_device_id = $2 AND removed_at IS NULL FOR KEY SHARE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Whether a meter or a goal is for this device.
pub async fn is_in_use(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM meter
                          WHERE energy_profile_id = $1 AND profile_device_id = $2 AND removed_at IS NULL)
               OR EXISTS (SELECT FROM consumption_goal
                          WHERE energy_profile_id = $1 AND profile_device_id = $2) AS "is!""#,
        profile.0,
        id.0,
    )
    .fetch_one(conn)
    .await
}

/// Adds a device with its patterns, or brings a removed one back; `profile_device_catalog_fkey` says
/// that the catalogue has no such row.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    let new = &image.device;
    sqlx::query!(
        "INSERT INTO profile_device (energy_profile_id, profile_device_id, catalog_slug, name, category, quantity,
                                     power_w, standby_w, hours_per_day, days_per_month, duty_cycle, estimate, example,
                                     version, alerts_off, kind)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT ON CONSTRAINT profile_device_pkey DO UPDATE
         SET catalog_slug = excluded.catalog_slug, name = excluded.name, category = excluded.category,
             quantity = excluded.quantity, power_w = excluded.power_w, standby_w = excluded.standby_w,
             hours_per_day = excluded.hours_per_day, days_per_month = excluded.days_per_month,
             duty_cycle = excluded.duty_cycle, estimate = excluded.estimate, example = excluded.example,
             version = excluded.version, alerts_off = excluded.alerts_off, kind = excluded.kind,
             removed_at = NULL",
        profile.0,
        image.profile_device_id.0,
        new.catalog_slug,
        new.name.trim(),
        new.category.as_str(),
        new.quantity,
        new.power_w,
        new.standby_w,
        new.hours_per_day,
        new.days_per_month,
        new.duty_cycle,
        new.estimate,
        image.example,
        version,
        new.alerts_off,
        new.kind.map(DeviceKind::as_str),
    )
    .execute(&mut *conn)
    .await?;
    put_patterns(conn, profile, image).await
}

/// Changes a device with its patterns; `profile_device_catalog_fkey` says that the catalogue has no
/// such row.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let new = &image.device;
    sqlx::query!(
        "UPDATE profile_device
         SET catalog_slug = $3, name = $4, category = $5, quantity = $6, power_w = $7, standby_w = $8,
             hours_per_day = $9, days_per_month = $10, duty_cycle = $11, estimate = $12, alerts_off = $13,
             kind = $14, version = version + 1
         WHERE energy_profile_id = $1 AND profile_device_id = $2",
        profile.0,
        image.profile_device_id.0,
        new.catalog_slug,
        new.name.trim(),
        new.category.as_str(),
        new.quantity,
        new.power_w,
        new.standby_w,
        new.hours_per_day,
        new.days_per_month,
        new.duty_cycle,
        new.estimate,
        new.alerts_off,
        new.kind.map(DeviceKind::as_str),
    )
    .execute(&mut *conn)
    .await?;
    put_patterns(conn, profile, image).await
}

/// Removes a device from the home. The row stays, so that it can come back.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE profile_device SET removed_at = $3, version = version + 1
         WHERE energy_profile_id = $1 AND profile_device_id = $2",
        profile.0,
        id.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Paints the device anew.
async fn put_patterns(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let id = image.profile_device_id;
    sqlx::query!(
        "DELETE FROM device_usage_pattern WHERE energy_profile_id = $1 AND profile_device_id = $2",
        profile.0,
        id.0,
    )
    .execute(&mut *conn)
    .await?;
    for pattern in &image.device.patterns {
        insert_pattern(&mut *conn, profile, id, pattern.season, &pattern.week).await?;
    }
    Ok(())
}

/// Paints the week of a device that has none for this season.
pub async fn insert_pattern(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
    season: Season,
    pattern: &WeeklyPattern,
) -> sqlx::Result<()> {
    let minutes: Vec<i16> = pattern
        .0
        .as_flattened()
        .iter()
        .map(|minutes| i16::from(*minutes))
        .collect();
    sqlx::query!(
        "INSERT INTO device_usage_pattern (energy_profile_id, profile_device_id, season, weekday, hour_minutes)
         SELECT $1, $2, $3, weekday, ($4::smallint[])[24 * weekday - 23 : 24 * weekday]
         FROM generate_series(1, 7) AS weekday",
        profile.0,
        id.0,
        season.as_str(),
        &minutes,
    )
    .execute(conn)
    .await?;
    Ok(())
}
