//! The trail of administration.

use ecotrack_common::AccountId;
use ecotrack_common::admin::AdminEntry;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Entry;
use crate::database::word;

/// Adds an entry.
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    account: AccountId,
    at: Timestamp,
    entry: &Entry<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO admin_entry (admin_entry_id, at, account_id, entity, subject, act, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        at.to_sqlx(),
        account.0,
        entry.entity,
        entry.subject,
        entry.act.as_str(),
        entry.before,
        entry.after,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Entries before `before` (all, when `None`), newest first. An account is named as it is now.
pub(super) async fn list(
    conn: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<AdminEntry>> {
    sqlx::query!(
        r#"SELECT e.admin_entry_id, e.at, a.display_name AS "by?", e.entity,
                  coalesce(s.email, e.subject) AS "subject!", e.act, e.before - '{document,series}'::text[] AS before,
                  e.after - '{document,series}'::text[] AS after
           FROM admin_entry AS e
           LEFT JOIN account AS a USING (account_id)
           LEFT JOIN account AS s ON e.entity = 'account' AND s.account_id::text = e.subject
           WHERE $1::uuid IS NULL OR e.admin_entry_id < $1
           ORDER BY e.admin_entry_id DESC LIMIT $2"#,
        before,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(AdminEntry {
            admin_entry_id: row.admin_entry_id,
            at: row.at.to_jiff(),
            by: row.by,
            entity: row.entity,
            subject: row.subject,
            act: word(&row.act)?,
            before: row.before,
            after: row.after,
        })
    })
    .collect()
}
