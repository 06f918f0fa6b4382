//! Idempotency keys and the home's revision.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use ecotrack_common::{AccountId, EnergyProfileId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// What a write answered.
pub(super) struct KeptAnswer {
    pub(super) request_hash: Vec<u8>,
    pub(super) status: i16,
    pub(super) response: serde_json::Value,
}

/// Takes the key; false when it is taken already. Waits for a transaction that is taking it.
pub(super) async fn insert_key(
    conn: &mut PgConnection,
    account: AccountId,
    key: &str,
    hash: &[u8],
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO idempotency_key (account_id, idempotency_key, request_hash, status, response, created_at)
         VALUES ($1, $2, $3, 0, 'null', $4)
         ON CONFLICT ON CONSTRAINT idempotency_key_pkey DO NOTHING",
        account.0,
        key,
        hash,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find_key(
    conn: &mut PgConnection,
    account: AccountId,
    key: &str,
) -> sqlx::Result<Option<KeptAnswer>> {
    sqlx::query_as!(
        KeptAnswer,
        "SELECT request_hash, status, response FROM idempotency_key
         WHERE account_id = $1 AND idempotency_key = $2",
        account.0,
        key,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn keep_answer(
    conn: &mut PgConnection,
    account: AccountId,
    key: &str,
    status: StatusCode,
    answer: &serde_json::Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE idempotency_key SET status = $3, response = $4
         WHERE account_id = $1 AND idempotency_key = $2",
        account.0,
        key,
        status.as_u16().cast_signed(),
        answer,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The home's revision, which is higher than the version of any of its rows: each write counts it up.
pub async fn find_revision(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "SELECT revision FROM energy_profile WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_one(conn)
    .await
}

/// Marks the home as changed. The last statement of a transaction, so that the row is held briefly.
pub async fn bump_revision(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE energy_profile SET revision = revision + 1 WHERE energy_profile_id = $1",
        profile.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks homes as changed, in one order whoever does it.
pub async fn bump_revisions(
    conn: &mut PgConnection,
    profiles: &BTreeSet<EnergyProfileId>,
) -> sqlx::Result<()> {
    if profiles.is_empty() {
        return Ok(());
    }
    let profiles: Vec<Uuid> = profiles.iter().map(|profile| profile.0).collect();
    sqlx::query!(
        "UPDATE energy_profile SET revision = revision + 1
         WHERE energy_profile_id IN (SELECT energy_profile_id FROM energy_profile
                                     WHERE energy_profile_id = ANY ($1) ORDER BY energy_profile_id FOR NO KEY UPDATE)",
        &profiles,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks every home of an account as changed, since its screens show what the account is called.
pub async fn bump_revisions_of(conn: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE energy_profile SET revision = revision + 1
         WHERE energy_profile_id IN (
             SELECT p.energy_profile_id FROM energy_profile AS p JOIN profile_member AS m USING (energy_profile_id)
             WHERE m.account_id = $1 ORDER BY p.energy_profile_id FOR NO KEY UPDATE OF p)",
        account.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
