//! Devices of homes.

use std::collections::BTreeMap;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::bill::Confidence;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::estimate::{Plate, WeeklyPattern};
use ecotrack_common::id::ProfileDeviceId;
use ecotrack_common::reference::CatalogDevice;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::derive::{PatternDay, derive};
use crate::database::word;

/// A device with what the wire does not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeDevice {
    /// It, as it travels.
    pub device: ProfileDevice,
    /// Made up for the demo; the screen says so.
    pub example: bool,
}

/// A device to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// Row of the catalogue that it is taken from.
    pub catalog_slug: Option<String>,
    /// What its people call it.
    pub name: String,
    /// Category, as in the catalogue.
    pub category: String,
    /// How many.
    pub quantity: i16,
    /// Watts while it runs.
    pub power_w: Decimal,
    /// Watts while it waits.
    pub standby_w: Decimal,
    /// Hours on a day of use.
    pub hours_per_day: Decimal,
    /// Days of use a month.
    pub days_per_month: Decimal,
    /// Share of its hours at full power.
    pub duty_cycle: Decimal,
    /// The figures are judgement.
    pub estimate: bool,
    /// Made up for the demo.
    pub example: bool,
}

impl NewDevice {
    /// One of a row of the catalogue, with its typical use.
    pub fn of_catalog(row: &CatalogDevice, name: &str) -> Self {
        Self {
            catalog_slug: Some(row.slug.clone()),
            name: name.to_owned(),
            category: row.category.as_str().to_owned(),
            quantity: 1,
            power_w: row.typical_power_w,
            standby_w: row.standby_w,
            hours_per_day: row.typical_hours_per_day,
            days_per_month: row.typical_days_per_month,
            duty_cycle: row.duty_cycle,
            estimate: row.confidence == Confidence::Estimate,
            example: false,
        }
    }
}

/// The part of the year that a usage pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// The whole year, where a season has no pattern of its own.
    All,
    /// Spring of the home's hemisphere, as all the seasons are.
    Spring,
    /// Summer.
    Summer,
    /// Autumn.
    Autumn,
    /// Winter.
    Winter,
}

impl Season {
    /// The word as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
            Self::Winter => "winter",
        }
    }
}

/// A word that is no season.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no season")]
pub struct UnknownSeason(String);

impl std::str::FromStr for Season {
    type Err = UnknownSeason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            Self::All,
            Self::Spring,
            Self::Summer,
            Self::Autumn,
            Self::Winter,
        ]
        .into_iter()
        .find(|season| season.as_str() == text)
        .ok_or_else(|| UnknownSeason(text.to_owned()))
    }
}

/// The devices of a home with their derived energy, oldest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<HomeDevice>> {
    let patterns = list_patterns(conn, profile).await?;
    let rows = sqlx::query!(
        "SELECT profile_device_id, catalog_slug, name, category, quantity, power_w, standby_w, hours_per_day,
                days_per_month, duty_cycle, estimate, example, version
         FROM profile_device
         WHERE energy_profile_id = $1 AND removed_at IS NULL ORDER BY profile_device_id",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    let devices = rows.into_iter().map(|row| {
        let plate = Plate {
            power_w: row.power_w,
            standby_w: row.standby_w,
            duty_cycle: row.duty_cycle,
            quantity: u32::from(row.quantity.unsigned_abs()),
        };
        let pattern = patterns
            .get(&row.profile_device_id)
            .map_or(&[][..], Vec::as_slice);
        let derived = derive(&plate, row.hours_per_day, row.days_per_month, pattern);
        HomeDevice {
            device: ProfileDevice {
                profile_device_id: ProfileDeviceId(row.profile_device_id),
                name: row.name,
                catalog_slug: row.catalog_slug,
                category: row.category,
                quantity: row.quantity,
                power_w: row.power_w.normalize(),
                standby_w: row.standby_w.normalize(),
                hours_per_day: row.hours_per_day.normalize(),
                days_per_month: row.days_per_month.normalize(),
                duty_cycle: row.duty_cycle.normalize(),
                estimate: row.estimate,
                daily_kwh: derived.daily_kwh,
                monthly_kwh: derived.monthly_kwh,
                annual_kwh: derived.annual_kwh,
                version: row.version,
            },
            example: row.example,
        }
    });
    Ok(devices.collect())
}

async fn list_patterns(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<BTreeMap<Uuid, Vec<PatternDay>>> {
    let rows = sqlx::query!(
        "SELECT profile_device_id, season, weekday, hour_minutes FROM device_usage_pattern
         WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    let mut patterns: BTreeMap<Uuid, Vec<PatternDay>> = BTreeMap::new();
    for row in rows {
        let mut minutes = [0; 24];
        // The table's CHECKs keep 24 hours of 0 to 60 minutes, and weekdays from 1 to 7.
        for (hour, stored) in minutes.iter_mut().zip(row.hour_minutes) {
            *hour = u8::try_from(stored).unwrap_or_default();
        }
        patterns
            .entry(row.profile_device_id)
            .or_default()
            .push(PatternDay {
                season: word(&row.season)?,
                weekday: usize::from(row.weekday.unsigned_abs()).saturating_sub(1),
                minutes,
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
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_device (energy_profile_id, profile_device_id, catalog_slug, name, category, quantity,
                                     power_w, standby_w, hours_per_day, days_per_month, duty_cycle, estimate, example)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        profile.0,
        id.0,
        new.catalog_slug,
        new.name.trim(),
        new.category,
        new.quantity,
        new.power_w,
        new.standby_w,
        new.hours_per_day,
        new.days_per_month,
        new.duty_cycle,
        new.estimate,
        new.example,
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
