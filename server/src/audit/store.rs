//! Operations and their entries.

use std::collections::BTreeMap;

use ecotrack_common::audit::{Act, Operation, OperationEntry};
use ecotrack_common::{AccountId, EnergyProfileId, OperationId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

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
    // In one statement: a file of temperatures is some thousand entries.
    let numbers: Vec<i32> = (0..).zip(entries).map(|(at, _)| at).collect();
    let entities: Vec<&str> = entries.iter().map(|entry| entry.entity.as_str()).collect();
    let acts: Vec<&str> = entries.iter().map(|entry| entry.act.as_str()).collect();
    let before: Vec<Option<&serde_json::Value>> =
        entries.iter().map(|entry| entry.before.as_ref()).collect();
    let after: Vec<Option<&serde_json::Value>> =
        entries.iter().map(|entry| entry.after.as_ref()).collect();
    sqlx::query(
        "INSERT INTO audit_entry (energy_profile_id, operation_id, entry, entity, act, before, after)
         SELECT $1, $2, * FROM unnest($3::integer[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[])",
    )
    .bind(profile.0)
    .bind(operation.0)
    .bind(numbers)
    .bind(entities)
    .bind(acts)
    .bind(before)
    .bind(after)
    .execute(conn)
    .await?;
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

/// Whether an operation came with a home from another server.
pub async fn is_moved(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    operation: OperationId,
) -> sqlx::Result<bool> {
    let moved = sqlx::query_scalar!(
        "SELECT moved FROM audit_operation WHERE energy_profile_id = $1 AND operation_id = $2",
        profile.0,
        operation.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(moved.unwrap_or(false))
}

/// Operations before `before` (all, when `None`), newest first, each with at most `shown` of its
/// entries.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    before: Option<OperationId>,
    limit: i64,
    shown: i32,
) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query!(
        r#"SELECT o.operation_id, o.at, o.account_id, coalesce(a.display_name, o.by_name) AS "by?", o.undoes,
                  EXISTS (SELECT FROM audit_operation AS u
                          WHERE u.energy_profile_id = o.energy_profile_id AND u.undoes = o.operation_id) AS "undone!",
                  (SELECT count(*) FROM audit_entry AS e
                   WHERE e.energy_profile_id = o.energy_profile_id AND e.operation_id = o.operation_id) AS "rows!"
           FROM audit_operation AS o LEFT JOIN account AS a USING (account_id)
           WHERE o.energy_profile_id = $1 AND ($2::uuid IS NULL OR o.operation_id < $2)
           ORDER BY o.operation_id DESC LIMIT $3"#,
        profile.0,
        before.map(|before| before.0),
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.operation_id).collect();
    let mut entries = list_first_entries(conn, profile, &ids, shown).await?;
    Ok(rows
        .into_iter()
        .map(|row| Operation {
            operation_id: OperationId(row.operation_id),
            at: row.at.to_jiff(),
            account_id: row.account_id.map(AccountId),
            by: row.by,
            undoes: row.undoes.map(OperationId),
            undone: row.undone,
            rows: row.rows,
            entries: entries.remove(&row.operation_id).unwrap_or_default(),
        })
        .collect())
}

/// The first entries of each of these operations, in order.
async fn list_first_entries(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    operations: &[Uuid],
    shown: i32,
) -> sqlx::Result<BTreeMap<Uuid, Vec<OperationEntry>>> {
    let rows = sqlx::query!(
        "SELECT operation_id, entity, act, before, after FROM audit_entry
         WHERE energy_profile_id = $1 AND operation_id = ANY ($2) AND entry < $3
         ORDER BY operation_id, entry",
        profile.0,
        operations,
        shown,
    )
    .fetch_all(conn)
    .await?;
    let mut entries: BTreeMap<Uuid, Vec<OperationEntry>> = BTreeMap::new();
    for row in rows {
        entries
            .entry(row.operation_id)
            .or_default()
            .push(OperationEntry {
                entity: row.entity,
                act: word(&row.act)?,
                before: row.before,
                after: row.after,
            });
    }
    Ok(entries)
}
