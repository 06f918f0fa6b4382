//! Operations and their entries.

use ecotrack_common::audit::Act;
use ecotrack_common::{AccountId, EnergyProfileId, OperationId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::database::word;

/// One changed row.
pub struct Entry {
    /// Its table.
    pub entity: String,
    /// What was done to it.
    pub act: Act,
    /// The row before.
    pub before: Option<serde_json::Value>,
    /// The row after.
    pub after: Option<serde_json::Value>,
}

impl Entry {
    /// The entry of a change of `entity` from `before` to `after`, of which at least one is there.
    pub fn of(
        entity: &str,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Self {
        let act = match (&before, &after) {
            (None, _) => Act::Insert,
            (Some(_), None) => Act::Delete,
            (Some(_), Some(_)) => Act::Update,
        };
        Self {
            entity: entity.to_owned(),
            act,
            before,
            after,
        }
    }
}

/// Writes an operation; `audit_operation_undoes_key` says that `undoes` was taken back already.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    operation: OperationId,
    account: Option<AccountId>,
    at: Timestamp,
    undoes: Option<OperationId>,
    entries: &[Entry],
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit_operation (energy_profile_id, operation_id, account_id, at, undoes)
         VALUES ($1, $2, $3, $4, $5)",
        profile.0,
        operation.0,
        account.map(|account| account.0),
        at.to_sqlx(),
        undoes.map(|undoes| undoes.0),
    )
    .execute(&mut *conn)
    .await?;
    for (at, entry) in (0_i32..).zip(entries) {
        sqlx::query!(
            "INSERT INTO audit_entry (energy_profile_id, operation_id, entry, entity, act, before, after)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            profile.0,
            operation.0,
            at,
            entry.entity,
            entry.act.as_str(),
            entry.before,
            entry.after,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The entries of an operation in the order in which they were done; none when there is no such
/// operation in this home.
pub async fn list_entries(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    operation: OperationId,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query!(
        "SELECT entity, act, before, after FROM audit_entry
         WHERE energy_profile_id = $1 AND operation_id = $2 ORDER BY entry",
        profile.0,
        operation.0,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Entry {
            entity: row.entity,
            act: word(&row.act)?,
            before: row.before,
            after: row.after,
        })
    })
    .collect()
}
