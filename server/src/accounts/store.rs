//! Accounts and sessions.

use ecotrack_common::account::Account;
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
