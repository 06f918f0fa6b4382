//! Whether the derived days are what the readings say, and making them so; and which sources outside
//! could not be asked.

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use ecotrack_common::meter::{Meter, ReadingKind};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use crate::{App, catalog, meters, profiles, readings, weather};

/// Before and after all readings.
const ALL_DAYS: (Date, Date) = (date(1, 1, 1), date(9998, 12, 31));

/// A register meter and how many of its days are not what its readings say.
pub struct Examined {
    /// The meter.
    pub meter: Meter,
    /// Days that a rebuild would change.
    pub differing_days: usize,
}

/// Derives all days of the home's register meters again, each meter under its lock.
pub async fn rebuild(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let (zone, meters) = register_meters(&mut tx, profile).await?;
    for meter in meters {
        readings::store::rebuild(&mut tx, profile, meter.meter_id, &zone).await?;
    }
    crate::write::store::bump_revision(&mut tx, profile).await?;
    Ok(tx.commit().await?)
}

/// Sources outside that could not be asked the last time, a sentence each.
pub async fn sources(app: &App) -> sqlx::Result<Vec<String>> {
    let mut conn = app.db.acquire().await?;
    let since = |succeeded: Option<Timestamp>| match succeeded {
        Some(at) => format!("the last time that it went well was {at}"),
        None => "it never went well".to_owned(),
    };
    let mut lines = Vec::new();
    if let Some(failed) = catalog::refresh::store::find_failed(&mut conn).await? {
        let (at, why) = (failed.tried_at, &failed.failure);
        let since = since(failed.succeeded_at);
        lines.push(format!(
            "tariffs could not be refreshed at {at}: {why}; {since}"
        ));
    }
    for failed in weather::store::list_failed(&mut conn).await? {
        let (home, at, why) = (failed.profile, failed.tried_at, &failed.failure);
        let since = since(failed.succeeded_at);
        lines.push(format!(
            "{home}: temperatures could not be fetched at {at}: {why}; {since}"
        ));
    }
    Ok(lines)
}

/// Rebuilds in a transaction that is given up, and counts what that would have changed.
pub async fn examine(app: &App, profile: EnergyProfileId) -> anyhow::Result<Vec<Examined>> {
    let mut tx = app.db.begin().await?;
    let (zone, meters) = register_meters(&mut tx, profile).await?;
    let (first, last) = ALL_DAYS;
    let mut examined = Vec::new();
    for meter in meters {
        let id = meter.meter_id;
        let stored = readings::store::list_days(&mut tx, profile, id, first, last).await?;
        readings::store::rebuild(&mut tx, profile, id, &zone).await?;
        let rebuilt = readings::store::list_days(&mut tx, profile, id, first, last).await?;
        let wrong = stored.iter().filter(|day| !rebuilt.contains(day)).count();
        let missing = rebuilt
            .iter()
            .filter(|day| !stored.iter().any(|kept| kept.date == day.date))
            .count();
        examined.push(Examined {
            meter,
            differing_days: wrong + missing,
        });
    }
    tx.rollback().await?;
    Ok(examined)
}

/// The home's register meters, locked against writers, and its zone.
async fn register_meters(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> anyhow::Result<(TimeZone, Vec<Meter>)> {
    let zone = profiles::store::zone(&mut *conn, profile)
        .await
        .context("the home's time zone")?;
    let mut held = Vec::new();
    for meter in meters::store::list(&mut *conn, profile).await? {
        if meter.reading_kind == ReadingKind::Register {
            meters::store::find_locked(&mut *conn, profile, meter.meter_id).await?;
            held.push(meter);
        }
    }
    Ok((zone, held))
}
