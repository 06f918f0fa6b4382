//! Joining a home by a code, as part of the caller's transaction.

use ecotrack_common::member::Invitation;
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, EnergyProfileId};
use jiff::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use super::{INVITATION, MEMBER, image, store, trail};
use crate::accounts::code::Code;
use crate::audit::store::Entry;
use crate::error::Result;
use crate::profiles;

/// An invitation whose code somebody has.
pub struct Invited {
    /// The home.
    pub energy_profile_id: EnergyProfileId,
    /// The invitation.
    pub invitation: Invitation,
}

/// The invitation of a code; none when the code never was, was used or taken back, has expired, or
/// its home is removed.
pub async fn find(conn: &mut PgConnection, code: &Code, now: Timestamp) -> Result<Option<Invited>> {
    let found = store::find_invitation_of_code(conn, &code.hash(), now).await?;
    Ok(found.map(|(energy_profile_id, invitation)| Invited {
        energy_profile_id,
        invitation,
    }))
}

/// Makes the account a member, or raises its role. Who may do as much already keeps that, and the
/// code stays good for somebody else. False when somebody else was first, or the home went meanwhile.
pub async fn join(
    conn: &mut PgConnection,
    invited: Invited,
    account: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let profile = invited.energy_profile_id;
    let Invitation {
        invitation_id,
        role,
        ..
    } = invited.invitation;
    if !store::lock_home(conn, profile).await? {
        return Ok(false);
    }
    let before = store::find(conn, profile, account).await?;
    if before.as_ref().is_some_and(|member| member.role >= role) {
        return Ok(true);
    }
    if !store::use_invitation(conn, profile, invitation_id, account, now).await? {
        return Ok(false);
    }
    put(conn, profile, account, role, before.is_some(), now).await?;
    let after = store::find(conn, profile, account).await?;
    let open = json!(invited.invitation);
    let mut used = open.clone();
    used["used_by"] = json!(account);
    let entries = [
        Entry::of(INVITATION, Some(open), Some(used)),
        Entry::of(
            MEMBER,
            before.as_ref().map(image),
            after.as_ref().map(image),
        ),
    ];
    trail(conn, profile, account, &entries, now).await?;
    Ok(true)
}

async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    role: Role,
    is_member: bool,
    now: Timestamp,
) -> sqlx::Result<()> {
    if is_member {
        store::update(conn, profile, account, role).await
    } else {
        profiles::store::insert_member(conn, profile, account, role, now).await
    }
}
