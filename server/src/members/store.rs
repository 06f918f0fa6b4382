//! Members and invitations.

use ecotrack_common::member::{Invitation, Member};
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, EnergyProfileId, InvitationId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::database::word;

/// Nobody else changes who belongs to the home until the transaction ends; false when it is not
/// there, or removed. Without it two owners could each see the other stay, and both go.
pub async fn lock_home(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT energy_profile_id FROM energy_profile
         WHERE energy_profile_id = $1 AND removed_at IS NULL FOR NO KEY UPDATE",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Who belongs to the home, in the order in which they joined.
pub async fn list(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<Vec<Member>> {
    select(conn, profile, None).await
}

/// A member of the home.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
) -> sqlx::Result<Option<Member>> {
    Ok(select(conn, profile, Some(account)).await?.pop())
}

async fn select(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    only: Option<AccountId>,
) -> sqlx::Result<Vec<Member>> {
    sqlx::query!(
        "SELECT m.account_id, a.display_name, a.email, m.role, m.joined_at, m.version
         FROM profile_member AS m JOIN account AS a USING (account_id)
         WHERE m.energy_profile_id = $1 AND ($2::uuid IS NULL OR m.account_id = $2)
         ORDER BY m.joined_at, m.account_id",
        profile.0,
        only.map(|account| account.0),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Member {
            account_id: AccountId(row.account_id),
            display_name: row.display_name,
            email: Some(row.email),
            role: word(&row.role)?,
            joined_at: row.joined_at.to_jiff(),
            version: row.version,
        })
    })
    .collect()
}

/// How many own the home.
pub async fn count_owners(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM profile_member WHERE energy_profile_id = $1 AND role = 'owner'"#,
        profile.0,
    )
    .fetch_one(conn)
    .await
}

/// Gives a member another role.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    role: Role,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE profile_member SET role = $3, version = version + 1
         WHERE energy_profile_id = $1 AND account_id = $2",
        profile.0,
        account.0,
        role.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a member away.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM profile_member WHERE energy_profile_id = $1 AND account_id = $2",
        profile.0,
        account.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct Row {
    energy_profile_id: uuid::Uuid,
    invitation_id: uuid::Uuid,
    role: String,
    created_by: Option<String>,
    expires_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn into_invitation(self) -> sqlx::Result<Invitation> {
        Ok(Invitation {
            invitation_id: InvitationId(self.invitation_id),
            role: word(&self.role)?,
            created_by: self.created_by,
            expires_at: self.expires_at.to_jiff(),
        })
    }
}

/// The open invitations of a home, oldest first; only those that `by` made, if somebody is named.
pub async fn list_invitations(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    by: Option<AccountId>,
    now: Timestamp,
) -> sqlx::Result<Vec<Invitation>> {
    sqlx::query_as!(
        Row,
        r#"SELECT i.energy_profile_id, i.invitation_id, i.role, a.display_name AS "created_by?", i.expires_at
           FROM invitation AS i LEFT JOIN account AS a ON a.account_id = i.created_by
           WHERE i.energy_profile_id = $1 AND ($2::uuid IS NULL OR i.created_by = $2)
             AND i.used_at IS NULL AND i.expires_at > $3
           ORDER BY i.created_at, i.invitation_id"#,
        profile.0,
        by.map(|account| account.0),
        now.to_sqlx(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_invitation)
    .collect()
}

/// The open invitation under the hash of a code, with its home.
pub async fn find_invitation_of_code(
    conn: &mut PgConnection,
    code_hash: &[u8],
    now: Timestamp,
) -> sqlx::Result<Option<(EnergyProfileId, Invitation)>> {
    sqlx::query_as!(
        Row,
        r#"SELECT i.energy_profile_id, i.invitation_id, i.role, a.display_name AS "created_by?", i.expires_at
           FROM invitation AS i JOIN energy_profile AS p USING (energy_profile_id)
           LEFT JOIN account AS a ON a.account_id = i.created_by
           WHERE i.code_hash = $1 AND i.used_at IS NULL AND i.expires_at > $2 AND p.removed_at IS NULL"#,
        code_hash,
        now.to_sqlx(),
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let profile = EnergyProfileId(row.energy_profile_id);
        Ok((profile, row.into_invitation()?))
    })
    .transpose()
}

/// Adds an invitation under the hash of its code.
pub async fn insert_invitation(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    invitation: &Invitation,
    code_hash: &[u8],
    by: AccountId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO invitation (energy_profile_id, invitation_id, code_hash, role, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        profile.0,
        invitation.invitation_id.0,
        code_hash,
        invitation.role.as_str(),
        by.0,
        now.to_sqlx(),
        invitation.expires_at.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses an invitation up; false when it was used or taken back.
pub async fn use_invitation(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    invitation: InvitationId,
    by: AccountId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE invitation SET used_by = $3, used_at = $4
         WHERE energy_profile_id = $1 AND invitation_id = $2 AND used_at IS NULL",
        profile.0,
        invitation.0,
        by.0,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an invitation away.
pub async fn delete_invitation(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    invitation: InvitationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM invitation WHERE energy_profile_id = $1 AND invitation_id = $2",
        profile.0,
        invitation.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
