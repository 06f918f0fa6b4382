//! Devices of homes.

use std::collections::BTreeMap;

use ecotrack_common::device::{NewDevice, ProfileDevice, Season, UsagePattern};
use ecotrack_common::estimate::WeeklyPattern;
use ecotrack_common::{EnergyProfileId, ProfileDeviceId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::word;

/// The devices of a home with their derived energy, oldest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<ProfileDevice>> {
    let mut patterns = list_patterns(conn, profile).await?;
    sqlx::query!(
        "SELECT profile_device_id, catalog_slug, name, category, quantity, power_w, standby_w, hours_per_day,
                days_per_month, duty_cycle, estimate, example, version
         FROM profile_device
         WHERE energy_profile_id = $1 AND removed_at IS NULL ORDER BY profile_device_id",
        profile.0,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let device = NewDevice {
            catalog_slug: row.catalog_slug,
            name: row.name,
            category: word(&row.category)?,
            quantity: row.quantity,
            power_w: row.power_w.normalize(),
            standby_w: row.standby_w.normalize(),
            hours_per_day: row.hours_per_day.normalize(),
            days_per_month: row.days_per_month.normalize(),
            duty_cycle: row.duty_cycle.normalize(),
            estimate: row.estimate,
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
) -> sqlx::Result<BTreeMap<Uuid, Vec<UsagePattern>>> {
    let rows = sqlx::query!(
        "SELECT profile_device_id, season, weekday, hour_minutes FROM device_usage_pattern
         WHERE energy_profile_id = $1",
        profile.0,
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

/// Adds a device; `profile_device_catalog_fkey` says that the catalogue has no such row.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileDeviceId,
    new: &NewDevice,
    example: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_device (energy_profile_id, profile_device_id, catalog_slug, name, category, quantity,
                                     power_w, standby_w, hours_per_day, days_per_month, duty_cycle, estimate, example)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        profile.0,
        id.0,
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
        example,
    )
    .execute(conn)
    .await?;
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
