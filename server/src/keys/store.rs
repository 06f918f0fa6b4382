//! Keys for meters; of what they say only the SHA-256 is here.

use ecotrack_common::live::{ApiKey, NewApiKey};
use ecotrack_common::{AccountId, ApiKeyId, EnergyProfileId, MeterId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A key that works.
pub struct Working {
    /// The hash under which it was asked for.
    pub hash: Vec<u8>,
    /// Its home.
    pub profile: EnergyProfileId,
    /// Key, within its home.
    pub id: ApiKeyId,
    /// What its people call it.
    pub name: String,
    /// The meter of the first counter that it sends.
    pub meter: Option<MeterId>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// The keys of these hashes that work now.
pub async fn find_of_hashes(
    conn: &mut PgConnection,
    hashes: &[Vec<u8>],
    now: Timestamp,
) -> sqlx::Result<Vec<Working>> {
    let rows = sqlx::query!(
        r#"SELECT k.key_hash AS "key_hash!", k.energy_profile_id, k.api_key_id, k.name, k.meter_id, k.last_used_at
         FROM api_key AS k JOIN energy_profile AS p USING (energy_profile_id)
         WHERE k.key_hash = ANY ($1) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
           AND p.removed_at IS NULL"#,
        hashes,
        now.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    let keys = rows.into_iter().map(|row| Working {
        hash: row.key_hash,
        profile: EnergyProfileId(row.energy_profile_id),
        id: ApiKeyId(row.api_key_id),
        name: row.name,
        meter: row.meter_id.map(MeterId),
        last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(keys.collect())
}

/// Notes that keys are used, in one order whoever does it.
pub async fn touch(conn: &mut PgConnection, keys: &[ApiKeyId], now: Timestamp) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    sqlx::query!(
        "UPDATE api_key SET last_used_at = $2
         WHERE (energy_profile_id, api_key_id) IN (
             SELECT energy_profile_id, api_key_id FROM api_key WHERE api_key_id = ANY ($1) AND key_hash IS NOT NULL
             ORDER BY energy_profile_id, api_key_id FOR NO KEY UPDATE)",
        &ids,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The home's keys that were not revoked, by name.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: Option<ApiKeyId>,
) -> sqlx::Result<Vec<ApiKey>> {
    let rows = sqlx::query!(
        r#"SELECT k.api_key_id, k.name, k.meter_id, a.display_name AS "created_by?", k.created_at, k.expires_at,
                  k.last_used_at, k.key_hash IS NULL AS "moved!"
           FROM api_key AS k LEFT JOIN account AS a ON a.account_id = k.created_by
           WHERE k.energy_profile_id = $1 AND k.revoked_at IS NULL AND ($2::uuid IS NULL OR k.api_key_id = $2)
           ORDER BY k.name"#,
        profile.0,
        id.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    let keys = rows.into_iter().map(|row| ApiKey {
        api_key_id: ApiKeyId(row.api_key_id),
        name: row.name,
        meter_id: row.meter_id.map(MeterId),
        created_by: row.created_by,
        created_at: row.created_at.to_jiff(),
        expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
        last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        moved: row.moved,
    });
    Ok(keys.collect())
}

/// Makes room for a key that is made anew: the one of this name that came from another server goes.
pub async fn delete_moved(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM api_key WHERE energy_profile_id = $1 AND name = $2 AND key_hash IS NULL",
        profile.0,
        name.trim(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a key under the hash of what it says; `api_key_name_key` says that another has its name.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ApiKeyId,
    new: &NewApiKey,
    hash: &[u8],
    by: AccountId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO api_key (energy_profile_id, api_key_id, name, meter_id, expires_at, key_hash, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        id.0,
        new.name.trim(),
        new.meter_id.map(|meter| meter.0),
        new.expires_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        hash,
        by.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes a key; false when it is none, or was revoked.
pub async fn revoke(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ApiKeyId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE api_key SET revoked_at = $3
         WHERE energy_profile_id = $1 AND api_key_id = $2 AND revoked_at IS NULL",
        profile.0,
        id.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
