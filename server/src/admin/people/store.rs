//! Accounts with what an administrator sees of them.

use ecotrack_common::AccountId;
use ecotrack_common::admin::AdminAccount;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::database::word;

/// Accounts behind `after` by address that hold all of `search`.
pub(super) async fn list(
    conn: &mut PgConnection,
    after: Option<&str>,
    search: &[String],
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<AdminAccount>> {
    select(conn, None, after, search, now, limit).await
}

/// An account.
pub(super) async fn find(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<Option<AdminAccount>> {
    let found = select(conn, Some(account), None, &[], now, 1).await?;
    Ok(found.into_iter().next())
}

async fn select(
    conn: &mut PgConnection,
    account: Option<AccountId>,
    after: Option<&str>,
    search: &[String],
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<AdminAccount>> {
    let rows = sqlx::query!(
        r#"SELECT a.account_id, a.email, a.display_name, a.language, a.created_at, a.server_admin,
                  (SELECT max(s.created_at) FROM session AS s WHERE s.account_id = a.account_id) AS last_sign_in_at,
                  (SELECT count(*) FROM session AS s
                   WHERE s.account_id = a.account_id AND s.revoked_at IS NULL AND s.expires_at > $1) AS "sessions!",
                  (SELECT count(*) FROM profile_member AS m JOIN energy_profile AS p USING (energy_profile_id)
                   WHERE m.account_id = a.account_id AND p.removed_at IS NULL) AS "homes!"
           FROM account AS a
           WHERE ($2::uuid IS NULL OR a.account_id = $2) AND ($3::text IS NULL OR a.email > $3)
             AND concat_ws(' ', a.email, a.display_name) ILIKE ALL ($4)
           ORDER BY a.email LIMIT $5"#,
        now.to_sqlx(),
        account.map(|account| account.0),
        after,
        search,
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AdminAccount {
                account_id: AccountId(row.account_id),
                email: row.email,
                display_name: row.display_name,
                language: word(&row.language)?,
                created_at: row.created_at.to_jiff(),
                last_sign_in_at: row.last_sign_in_at.map(jiff_sqlx::Timestamp::to_jiff),
                sessions: row.sessions,
                homes: row.homes,
                administrator: row.server_admin,
            })
        })
        .collect()
}

/// The administrators; nobody else changes who they are until the transaction ends.
pub(super) async fn lock_administrators(conn: &mut PgConnection) -> sqlx::Result<Vec<AccountId>> {
    let rows = sqlx::query_scalar!(
        "SELECT account_id FROM account WHERE server_admin ORDER BY account_id FOR NO KEY UPDATE"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(AccountId).collect())
}
