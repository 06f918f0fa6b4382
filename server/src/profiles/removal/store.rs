//! Homes that were removed and can still be restored.

use ecotrack_common::member::RemovedProfile;
use ecotrack_common::{AccountId, EnergyProfileId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::RESTORABLE;

/// Removes a home: from now on nobody has a role in it. False when it is removed already.
pub async fn remove(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE energy_profile SET removed_at = $2 WHERE energy_profile_id = $1 AND removed_at IS NULL",
        id.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The removed homes that the account owned and can still restore, removed last first.
pub async fn list(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<Vec<RemovedProfile>> {
    let rows = sqlx::query!(
        r#"SELECT p.energy_profile_id, p.name, p.removed_at AS "removed_at!"
           FROM energy_profile AS p JOIN profile_member AS m USING (energy_profile_id)
           WHERE m.account_id = $1 AND m.role = 'owner' AND p.removed_at > $2
           ORDER BY p.removed_at DESC, p.energy_profile_id"#,
        account.0,
        (now - RESTORABLE).to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RemovedProfile {
            energy_profile_id: EnergyProfileId(row.energy_profile_id),
            name: row.name,
            removed_at: row.removed_at.to_jiff(),
            gone_at: row.removed_at.to_jiff() + RESTORABLE,
        })
        .collect())
}

/// Brings a home back that the account owned, and gives when it had been removed; none when it is
/// not removed, not theirs, or was removed too long ago.
pub async fn restore(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<Option<Timestamp>> {
    let removed_at = sqlx::query_scalar!(
        r#"SELECT p.removed_at AS "removed_at!"
           FROM energy_profile AS p JOIN profile_member AS m USING (energy_profile_id)
           WHERE p.energy_profile_id = $1 AND m.account_id = $2 AND m.role = 'owner' AND p.removed_at > $3
           FOR NO KEY UPDATE OF p"#,
        id.0,
        account.0,
        (now - RESTORABLE).to_sqlx(),
    )
    .fetch_optional(&mut *conn)
    .await?;
    if removed_at.is_some() {
        sqlx::query!(
            "UPDATE energy_profile SET removed_at = NULL WHERE energy_profile_id = $1",
            id.0
        )
        .execute(conn)
        .await?;
    }
    Ok(removed_at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// The homes that nobody can restore any more, removed first first.
pub async fn list_gone(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<EnergyProfileId>> {
    let ids = sqlx::query_scalar!(
        "SELECT energy_profile_id FROM energy_profile WHERE removed_at <= $1 ORDER BY removed_at LIMIT $2",
        (now - RESTORABLE).to_sqlx(),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EnergyProfileId).collect())
}

/// Deletes a home that nobody can restore any more, with all that it owns.
pub async fn delete(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM energy_profile WHERE energy_profile_id = $1 AND removed_at <= $2",
        id.0,
        (now - RESTORABLE).to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
