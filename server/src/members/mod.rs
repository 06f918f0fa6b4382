//! Who belongs to a home, and the codes by which others join it.
//!
//! Every change here holds the home's row from its beginning, looks again at what the caller may do,
//! and is written to the home's trail. None of it can be undone: a code that was passed on is out of
//! the house.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::member::{
    ChangedMember, INVITATION_DAYS, Invitation, InvitationAcceptance, InvitationMade, Member,
    NewInvitation, OwnershipTransfer,
};
use ecotrack_common::profile::{EnergyProfile, Role};
use ecotrack_common::{
    AccountId, EnergyProfileId, ErrorCode, FieldErrors, InvitationId, OperationId, path,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

#[cfg(test)]
mod invitation_tests;
pub mod joining;
pub mod store;
#[cfg(test)]
mod tests;

use crate::accounts::Caller;
use crate::accounts::code::Code;
use crate::audit::store::Entry;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit, profiles, write};

/// In the trail: a member.
pub const MEMBER: &str = "profile_member";
/// In the trail: an invitation, without its code.
pub const INVITATION: &str = "invitation";

/// Invitations that a home may have open at once.
const MAX_OPEN_INVITATIONS: usize = 20;
/// How long a code is good for.
const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(24 * INVITATION_DAYS);

/// The route at which somebody could guess, and that is therefore slowed down.
pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(accept))
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change, remove))
        .routes(routes!(transfer))
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(remove_invitation))
}

/// Who belongs to the home, in the order in which they joined.
#[utoipa::path(get, path = path::MEMBERS, tag = "members", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Member>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Member>>> {
    let mut conn = app.db.acquire().await?;
    let role = caller.role.ok_or(Error::NotFound)?;
    let members = store::list(&mut conn, profile).await?;
    Ok(axum::Json(shown(members, caller.account_id, role)))
}

/// Gives a member another role. A home keeps at least one owner.
#[utoipa::path(put, path = path::MEMBER, tag = "members",
    params(("energy_profile_id" = Uuid, Path), ("account_id" = Uuid, Path)), request_body = ChangedMember,
    responses((status = 200, body = Member), (status = 409)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, account)): Path<(EnergyProfileId, AccountId)>,
    Json(input): Json<ChangedMember>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    hold(write.conn(), profile, &caller, Role::Owner).await?;
    let before = store::find(write.conn(), profile, account)
        .await?
        .ok_or(Error::NotFound)?;
    if before.version != input.version {
        return Err(Error::conflict(ErrorCode::StaleVersion, &before));
    }
    if input.role < Role::Owner {
        keeps_an_owner(write.conn(), profile, &before).await?;
    }
    let now = write.now();
    let entries = set_role(write.conn(), profile, &before, input.role, now).await?;
    trail(write.conn(), profile, caller.account_id, &entries, now).await?;
    let after = store::find(write.conn(), profile, account)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(profile), StatusCode::OK, &after).await
}

/// Takes a member out of the home: an owner anybody, everybody themself. A home keeps at least one
/// owner.
#[utoipa::path(delete, path = path::MEMBER, tag = "members",
    params(("energy_profile_id" = Uuid, Path), ("account_id" = Uuid, Path)),
    responses((status = 204), (status = 403), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, account)): Path<(EnergyProfileId, AccountId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &account).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let role = hold(write.conn(), profile, &caller, Role::Viewer).await?;
    let member = store::find(write.conn(), profile, account)
        .await?
        .ok_or(Error::NotFound)?;
    if account != caller.account_id && role < Role::Owner {
        return Err(Error::Forbidden);
    }
    keeps_an_owner(write.conn(), profile, &member).await?;
    let now = write.now();
    store::delete(write.conn(), profile, account).await?;
    let mut entries = vec![Entry::of(MEMBER, Some(image(&member)), None)];
    entries.extend(end_invitations(write.conn(), profile, account, now).await?);
    trail(write.conn(), profile, caller.account_id, &entries, now).await?;
    write
        .finish(Some(profile), StatusCode::NO_CONTENT, &())
        .await
}

/// Hands the home over: that member becomes its owner, the caller an editor.
#[utoipa::path(post, path = path::OWNERSHIP, tag = "members", params(("energy_profile_id" = Uuid, Path)),
    request_body = OwnershipTransfer, responses((status = 200, body = Vec<Member>), (status = 422)))]
async fn transfer(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<OwnershipTransfer>,
) -> Result<Response> {
    if input.account_id == caller.account_id {
        return Err(Error::field("account_id", "yourself"));
    }
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    hold(write.conn(), profile, &caller, Role::Owner).await?;
    let from = store::find(write.conn(), profile, caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    let to = store::find(write.conn(), profile, input.account_id)
        .await?
        .ok_or_else(|| Error::field("account_id", "not_a_member"))?;
    let now = write.now();
    let mut entries = set_role(write.conn(), profile, &to, Role::Owner, now).await?;
    entries.extend(set_role(write.conn(), profile, &from, Role::Editor, now).await?);
    trail(write.conn(), profile, caller.account_id, &entries, now).await?;
    let members = store::list(write.conn(), profile).await?;
    let members = shown(members, caller.account_id, Role::Editor);
    write.finish(Some(profile), StatusCode::OK, &members).await
}

/// The open invitations, oldest first; their codes are not known any more.
#[utoipa::path(get, path = path::INVITATIONS, tag = "members", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Invitation>)))]
async fn list_invitations(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Invitation>>> {
    let mut conn = app.db.acquire().await?;
    let now = app.clock.now();
    Ok(axum::Json(
        store::list_invitations(&mut conn, profile, None, now).await?,
    ))
}

/// A new invitation, with its code in clear this one time.
///
/// It takes no idempotency key: the kept answer would hold the code. Sent again after a lost answer
/// it makes another invitation; the first, whose code nobody saw, can be taken back or expires.
#[utoipa::path(post, path = path::INVITATIONS, tag = "members", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewInvitation, responses((status = 201, body = InvitationMade), (status = 422)))]
async fn create_invitation(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewInvitation>,
) -> Result<(StatusCode, axum::Json<InvitationMade>)> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    hold(&mut tx, profile, &caller, Role::Owner).await?;
    let open = store::list_invitations(&mut tx, profile, None, now).await?;
    if open.len() >= MAX_OPEN_INVITATIONS {
        let mut errors = FieldErrors::default();
        let max = MAX_OPEN_INVITATIONS.to_string();
        errors.add_with("role", "too_many_invitations", &[("max", &max)]);
        return Err(errors.into());
    }
    let code = Code::generate()?;
    let invitation = Invitation {
        invitation_id: InvitationId(Uuid::now_v7()),
        role: input.role,
        created_by: Some(caller.display_name.clone()),
        expires_at: now + INVITATION_LIFE,
    };
    let by = caller.account_id;
    store::insert_invitation(&mut tx, profile, &invitation, &code.hash(), by, now).await?;
    let entries = [Entry::of(INVITATION, None, Some(json!(invitation)))];
    trail(&mut tx, profile, by, &entries, now).await?;
    write::store::bump_revision(&mut tx, profile).await?;
    tx.commit().await?;
    let made = InvitationMade {
        invitation,
        code: code.reveal(),
    };
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Takes an open invitation back: its code stops working.
#[utoipa::path(delete, path = path::INVITATION, tag = "members",
    params(("energy_profile_id" = Uuid, Path), ("invitation_id" = Uuid, Path)), responses((status = 204)))]
async fn remove_invitation(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, id)): Path<(EnergyProfileId, InvitationId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &id).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    hold(write.conn(), profile, &caller, Role::Owner).await?;
    let now = write.now();
    let open = store::list_invitations(write.conn(), profile, None, now).await?;
    let invitation = open
        .into_iter()
        .find(|invitation| invitation.invitation_id == id)
        .ok_or(Error::NotFound)?;
    store::delete_invitation(write.conn(), profile, id).await?;
    let entries = [Entry::of(INVITATION, Some(json!(invitation)), None)];
    trail(write.conn(), profile, caller.account_id, &entries, now).await?;
    write
        .finish(Some(profile), StatusCode::NO_CONTENT, &())
        .await
}

/// Joins the home of a code, which then no longer works. Who may do as much there already keeps
/// their role, and the code stays good. Whatever is wrong with a code is answered alike.
#[utoipa::path(post, path = path::INVITATION_ACCEPTANCE, tag = "members", request_body = InvitationAcceptance,
    responses((status = 200, body = EnergyProfile), (status = 422)))]
async fn accept(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Json(input): Json<InvitationAcceptance>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let not_valid = || Error::field("code", "not_valid_code");
    let now = write.now();
    let invited = joining::find(write.conn(), &Code::received(&input.code), now)
        .await?
        .ok_or_else(not_valid)?;
    let profile = invited.energy_profile_id;
    if !joining::join(write.conn(), invited, caller.account_id, now).await? {
        return Err(not_valid());
    }
    let home = profiles::store::find(write.conn(), profile, caller.account_id, now)
        .await?
        .ok_or_else(not_valid)?;
    write.finish(Some(profile), StatusCode::OK, &home).await
}

/// Holds the home against other changes of its members until the transaction ends, and gives what
/// the caller may do in it: waiting for the lock, it may have become less.
async fn hold(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    caller: &Caller,
    needed: Role,
) -> Result<Role> {
    if !store::lock_home(conn, profile).await? {
        return Err(Error::NotFound);
    }
    let member = store::find(conn, profile, caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    if member.role < needed {
        return Err(Error::Forbidden);
    }
    Ok(member.role)
}

/// Refuses what would take the home's last owner away.
async fn keeps_an_owner(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    member: &Member,
) -> Result<()> {
    if member.role == Role::Owner && store::count_owners(conn, profile).await? == 1 {
        let detail = "hand the home over to another member first, or remove it".to_owned();
        return Err(Error::Refused(ErrorCode::LastOwner, detail));
    }
    Ok(())
}

/// Gives a member another role; the codes of who owns the home no longer end with it.
async fn set_role(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    member: &Member,
    role: Role,
    now: Timestamp,
) -> Result<Vec<Entry>> {
    store::update(conn, profile, member.account_id, role).await?;
    let after = store::find(conn, profile, member.account_id).await?;
    let after = after.as_ref().map(image);
    let mut entries = vec![Entry::of(MEMBER, Some(image(member)), after)];
    if role < Role::Owner {
        entries.extend(end_invitations(conn, profile, member.account_id, now).await?);
    }
    Ok(entries)
}

/// Takes back what somebody who is no owner any more had open: by an owner's code they could come
/// back as one.
async fn end_invitations(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    by: AccountId,
    now: Timestamp,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for invitation in store::list_invitations(conn, profile, Some(by), now).await? {
        store::delete_invitation(conn, profile, invitation.invitation_id).await?;
        entries.push(Entry::of(INVITATION, Some(json!(invitation)), None));
    }
    Ok(entries)
}

/// Writes who did it to the home's trail, as one operation.
async fn trail(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    by: AccountId,
    entries: &[Entry],
    now: Timestamp,
) -> sqlx::Result<()> {
    let operation = OperationId(Uuid::now_v7());
    audit::store::insert(conn, profile, operation, Some(by), now, None, entries).await
}

/// A member as the trail has them: every member may read it, so it holds no address.
fn image(member: &Member) -> serde_json::Value {
    json!(Member {
        email: None,
        ..member.clone()
    })
}

/// Members as somebody may see them: addresses for owners, and one's own.
fn shown(mut members: Vec<Member>, account: AccountId, role: Role) -> Vec<Member> {
    for member in &mut members {
        if role < Role::Owner && member.account_id != account {
            member.email = None;
        }
    }
    members
}
