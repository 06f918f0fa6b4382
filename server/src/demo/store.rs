//! What only the demo writes: its home's mark, and its readings in bulk.

use ecotrack_common::{AccountId, EnergyProfileId, Kwh, MeterId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;

/// The demo home, if it was made: its key and by how many weeks its readings were moved.
pub async fn find(conn: &mut PgConnection) -> sqlx::Result<Option<(EnergyProfileId, i32)>> {
    let row = sqlx::query!(
        r#"SELECT energy_profile_id, demo_moved_weeks AS "weeks!" FROM energy_profile
           WHERE demo_moved_weeks IS NOT NULL AND removed_at IS NULL ORDER BY created_at LIMIT 1"#
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (EnergyProfileId(row.energy_profile_id), row.weeks)))
}

/// Marks a home as the demo's.
pub async fn mark(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    weeks: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE energy_profile SET demo_moved_weeks = $2 WHERE energy_profile_id = $1",
        profile.0,
        weeks,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the demo home whole, for one whose readings have all become past.
pub async fn delete(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM energy_profile WHERE energy_profile_id = $1 AND demo_moved_weeks IS NOT NULL",
        profile.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The owner of the demo home.
pub async fn find_owner(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!(
        "SELECT account_id FROM profile_member WHERE energy_profile_id = $1 AND role = 'owner' ORDER BY joined_at LIMIT 1",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(AccountId))
}

/// One register of the demo's meter.
pub struct Register {
    /// Instant.
    pub read_at: Timestamp,
    /// Milliwatt-hours on the counter.
    pub mwh: i64,
    /// The hours before it are missing.
    pub restarted: bool,
}

/// Adds registers in bulk; one that stands at the same instant stays.
pub async fn insert_registers(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    registers: &[Register],
    now: Timestamp,
) -> sqlx::Result<()> {
    let at: Vec<jiff_sqlx::Timestamp> = registers
        .iter()
        .map(|register| register.read_at.to_sqlx())
        .collect();
    let kwh: Vec<Decimal> = registers
        .iter()
        .map(|register| Kwh::from_mwh(register.mwh).0)
        .collect();
    let restarted: Vec<bool> = registers
        .iter()
        .map(|register| register.restarted)
        .collect();
    sqlx::query(
        "INSERT INTO energy_reading (energy_profile_id, meter_id, read_at, kind, kwh, register_restarted, source, entered_at)
         SELECT $1, $2, r.read_at, 'register', r.kwh, r.restarted, 'demo', $6
         FROM unnest($3::timestamptz[], $4::numeric[], $5::boolean[]) AS r (read_at, kwh, restarted)
         ON CONFLICT ON CONSTRAINT energy_reading_pkey DO NOTHING",
    )
    .bind(profile.0)
    .bind(meter.0)
    .bind(at)
    .bind(kwh)
    .bind(restarted)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}
