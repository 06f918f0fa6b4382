//! Accounts and sessions.

use ecotrack_common::account::{Account, ChangedAccount, Session};
use ecotrack_common::{AccountId, EnergyProfileId, SessionId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::Caller;
use crate::database::word;

/// Adds an account; `account_email_key` says that the address is taken.
pub async fn insert(
    conn: &mut PgConnection,
    account: &Account,
    hash: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO account (account_id, email, display_name, password_hash, language, server_admin, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        account.account_id.0,
        account.email,
        account.display_name,
        hash,
        account.language.as_str(),
        account.server_admin,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The account of an address, with its password hash.
pub async fn find_by_email(
    conn: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<(Account, String)>> {
    sqlx::query!(
        "SELECT account_id, email, display_name, password_hash, language, server_admin
         FROM account WHERE email = $1",
        email,
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let account = Account {
            account_id: AccountId(row.account_id),
            email: row.email,
            display_name: row.display_name,
            language: word(&row.language)?,
            server_admin: row.server_admin,
        };
        Ok((account, row.password_hash))
    })
    .transpose()
}

/// An account.
pub async fn find(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<Account>> {
    sqlx::query!(
        "SELECT account_id, email, display_name, language, server_admin FROM account WHERE account_id = $1",
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        Ok(Account {
            account_id: AccountId(row.account_id),
            email: row.email,
            display_name: row.display_name,
            language: word(&row.language)?,
            server_admin: row.server_admin,
        })
    })
    .transpose()
}

/// Everybody, by address, with the instant at which they registered.
pub async fn list(conn: &mut PgConnection) -> sqlx::Result<Vec<(Account, Timestamp)>> {
    sqlx::query!(
        "SELECT account_id, email, display_name, language, server_admin, created_at FROM account ORDER BY email"
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let account = Account {
            account_id: AccountId(row.account_id),
            email: row.email,
            display_name: row.display_name,
            language: word(&row.language)?,
            server_admin: row.server_admin,
        };
        Ok((account, row.created_at.to_jiff()))
    })
    .collect()
}

/// Changes what an account is called and its language.
pub async fn update(
    conn: &mut PgConnection,
    id: AccountId,
    new: &ChangedAccount,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE account SET display_name = $2, language = $3, version = version + 1 WHERE account_id = $1",
        id.0,
        new.display_name.trim(),
        new.language.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes an administrator, or an ordinary account; false when nobody has the address.
pub async fn set_admin(conn: &mut PgConnection, email: &str, admin: bool) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE account SET server_admin = $2, version = version + 1 WHERE email = $1",
        email,
        admin,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The password hash of an account.
pub async fn find_password(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT password_hash FROM account WHERE account_id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await
}

/// Whether the password is still the one of this hash; it then stays until the transaction ends.
/// Verifying takes long enough for somebody to change it meanwhile.
pub async fn keeps_password(
    conn: &mut PgConnection,
    id: AccountId,
    hash: &str,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT account_id FROM account WHERE account_id = $1 AND password_hash = $2 FOR SHARE",
        id.0,
        hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Sets a new password; false when the one that stood is no longer that of `old`, where it is given.
/// A recovery code that is still open was for the old one, and goes.
pub async fn set_password(
    conn: &mut PgConnection,
    id: AccountId,
    old: Option<&str>,
    hash: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE account SET password_hash = $3, version = version + 1
         WHERE account_id = $1 AND ($2::text IS NULL OR password_hash = $2)",
        id.0,
        old,
        hash,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM account_recovery WHERE account_id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the hash of a recovery code; it replaces an earlier one.
pub async fn put_recovery(
    conn: &mut PgConnection,
    id: AccountId,
    code_hash: &[u8],
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO account_recovery (account_id, code_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT account_recovery_pkey
         DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at, failed_attempts = 0",
        id.0,
        code_hash,
        expires_at.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The account of an address with the hash of the recovery code that is open for it, if one is.
/// Others who try wait until the transaction ends.
pub async fn find_recovery(
    conn: &mut PgConnection,
    email: &str,
    max_failed: i16,
    now: Timestamp,
) -> sqlx::Result<Option<(Account, Vec<u8>)>> {
    sqlx::query!(
        "SELECT a.account_id, a.email, a.display_name, a.language, a.server_admin, r.code_hash
         FROM account AS a JOIN account_recovery AS r USING (account_id)
         WHERE a.email = $1 AND r.expires_at > $2 AND r.failed_attempts < $3
         FOR NO KEY UPDATE OF a, r",
        email,
        now.to_sqlx(),
        max_failed,
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let account = Account {
            account_id: AccountId(row.account_id),
            email: row.email,
            display_name: row.display_name,
            language: word(&row.language)?,
            server_admin: row.server_admin,
        };
        Ok((account, row.code_hash))
    })
    .transpose()
}

/// Counts a wrong code.
pub async fn count_failed_recovery(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE account_recovery SET failed_attempts = failed_attempts + 1 WHERE account_id = $1",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a session under the hash of its token.
pub async fn insert_session(
    conn: &mut PgConnection,
    session: SessionId,
    account: AccountId,
    token_hash: &[u8],
    client: Option<String>,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO session (session_id, account_id, token_hash, created_at, last_used_at, expires_at, client)
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
        session.0,
        account.0,
        token_hash,
        now.to_sqlx(),
        expires_at.to_sqlx(),
        client,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who holds the token, and their role in `profile` where one is named. One statement, since every
/// request begins with it.
pub async fn find_caller(
    conn: &mut PgConnection,
    token_hash: &[u8],
    profile: Option<EnergyProfileId>,
    now: Timestamp,
) -> sqlx::Result<Option<(Caller, Timestamp)>> {
    sqlx::query!(
        r#"SELECT s.session_id, s.last_used_at, a.account_id, a.display_name, a.language, a.server_admin,
                  m.role AS "role?"
           FROM session AS s
           JOIN account AS a USING (account_id)
           LEFT JOIN (profile_member AS m JOIN energy_profile AS p USING (energy_profile_id))
             ON m.account_id = a.account_id AND m.energy_profile_id = $2 AND p.removed_at IS NULL
           WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $3"#,
        token_hash,
        profile.map(|profile| profile.0),
        now.to_sqlx(),
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let caller = Caller {
            account_id: AccountId(row.account_id),
            session_id: SessionId(row.session_id),
            display_name: row.display_name,
            language: word(&row.language)?,
            server_admin: row.server_admin,
            role: row.role.as_deref().map(word).transpose()?,
        };
        Ok((caller, row.last_used_at.to_jiff()))
    })
    .transpose()
}

/// Notes that a session is in use and begins its life anew.
pub async fn touch_session(
    conn: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE session SET last_used_at = $2, expires_at = $3 WHERE session_id = $1 AND revoked_at IS NULL",
        session.0,
        now.to_sqlx(),
        expires_at.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session.
pub async fn revoke_session(
    conn: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE session SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL",
        session.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session, if it is this account's; false when it is not. One that ended before stays ended
/// since then.
pub async fn revoke_session_of(
    conn: &mut PgConnection,
    account: AccountId,
    session: SessionId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE session SET revoked_at = coalesce(revoked_at, $3) WHERE session_id = $2 AND account_id = $1",
        account.0,
        session.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of an account, but for the one to keep.
pub async fn revoke_sessions(
    conn: &mut PgConnection,
    account: AccountId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE session SET revoked_at = $3
         WHERE account_id = $1 AND session_id IS DISTINCT FROM $2 AND revoked_at IS NULL",
        account.0,
        keep.map(|session| session.0),
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The sessions of an account that stand, the one used last first; `current` is marked.
pub async fn list_sessions(
    conn: &mut PgConnection,
    account: AccountId,
    current: SessionId,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Session>> {
    let rows = sqlx::query!(
        "SELECT session_id, client, created_at, last_used_at, expires_at FROM session
         WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY last_used_at DESC, session_id DESC LIMIT $3",
        account.0,
        now.to_sqlx(),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            session_id: SessionId(row.session_id),
            client: row.client,
            created_at: row.created_at.to_jiff(),
            last_used_at: row.last_used_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
            current: row.session_id == current.0,
        })
        .collect())
}

/// Of these sessions, those that still stand and whose account is still a member of the home; for
/// streams that outlive the request that opened them.
pub async fn list_standing(
    conn: &mut PgConnection,
    sessions: &[uuid::Uuid],
    profiles: &[uuid::Uuid],
    now: Timestamp,
) -> sqlx::Result<Vec<(uuid::Uuid, uuid::Uuid)>> {
    let rows = sqlx::query!(
        r#"SELECT q.session_id AS "session_id!", q.energy_profile_id AS "energy_profile_id!"
           FROM unnest($1::uuid[], $2::uuid[]) AS q (session_id, energy_profile_id)
           JOIN session AS s ON s.session_id = q.session_id AND s.revoked_at IS NULL AND s.expires_at > $3
           JOIN profile_member AS m ON m.account_id = s.account_id AND m.energy_profile_id = q.energy_profile_id
           JOIN energy_profile AS p ON p.energy_profile_id = m.energy_profile_id AND p.removed_at IS NULL"#,
        sessions,
        profiles,
        now.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.session_id, row.energy_profile_id))
        .collect())
}
