//! Accounts, as administrators see them: who there is, who else administers, a way back in for who
//! forgot the password. Of homes they see how many somebody belongs to, and nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::admin::{
    AdminAccount, AdminAccountPage, AdminAct, ChangedAdministrator, RecoveryMade,
};
use ecotrack_common::{AccountId, ErrorCode, path};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod store;
#[cfg(test)]
mod tests;

use super::{Entry, cut, page, patterns, record};
use crate::App;
use crate::accounts::code::Code;
use crate::accounts::{self, Caller, administration};
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query};
use crate::write::{Begun, Write, WriteKey};

/// In the trail: an account, by its key.
const ACCOUNT: &str = "account";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change))
        .routes(routes!(recover))
        .routes(routes!(sign_out))
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
struct Asked {
    /// Words that name or address hold, all of them.
    search: Option<String>,
    /// The `next_after` of the page before.
    after: Option<String>,
    /// Accounts on the page, 500 at most.
    limit: Option<i64>,
}

/// A page of the accounts, by address.
#[utoipa::path(get, path = path::ADMIN_ACCOUNTS, tag = "admin", params(Asked),
    responses((status = 200, body = AdminAccountPage)))]
async fn list(
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<AdminAccountPage>> {
    let limit = page(asked.limit);
    let search = patterns(asked.search.as_deref());
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let after = asked.after.as_deref();
    let mut accounts = store::list(&mut conn, after, &search, now, limit + 1).await?;
    let more = cut(&mut accounts, limit);
    let last = accounts.last().map(|account| account.email.clone());
    Ok(axum::Json(AdminAccountPage {
        accounts,
        next_after: last.filter(|_| more),
    }))
}

/// Makes an account an administrator, or takes that away. A server keeps at least one.
#[utoipa::path(put, path = path::ADMIN_ADMINISTRATOR, tag = "admin", params(("account_id" = uuid::Uuid, Path)),
    request_body = ChangedAdministrator,
    responses((status = 200, body = AdminAccount), (status = 404), (status = 409)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(account): Path<AccountId>,
    Json(input): Json<ChangedAdministrator>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    // All of them, so that two who take it from each other do not both succeed.
    let administrators = store::lock_administrators(write.conn()).await?;
    if !administrators.contains(&caller.account_id) {
        return Err(Error::AdministratorsOnly);
    }
    let now = write.now();
    let before = store::find(write.conn(), account, now)
        .await?
        .ok_or(Error::NotFound)?;
    if before.administrator != input.administrator {
        if !input.administrator && administrators == [account] {
            let why = "make another account an administrator first";
            return Err(Error::Refused(ErrorCode::LastAdministrator, why.to_owned()));
        }
        accounts::store::set_admin(write.conn(), &before.email, input.administrator).await?;
        let act = if input.administrator {
            AdminAct::Promote
        } else {
            AdminAct::Demote
        };
        record(&mut write, &caller, done(account, act).as_entry()).await?;
    }
    let after = store::find(write.conn(), account, now)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(None, StatusCode::OK, &after).await
}

/// Makes a one-time code with which somebody who forgot the password sets a new one; one that was
/// made before no longer works. It takes no idempotency key: the code is told once, and kept nowhere.
#[utoipa::path(post, path = path::ADMIN_RECOVERY, tag = "admin", params(("account_id" = uuid::Uuid, Path)),
    responses((status = 201, body = RecoveryMade), (status = 404)))]
async fn recover(
    State(app): State<App>,
    caller: Caller,
    Path(account): Path<AccountId>,
) -> Result<(StatusCode, axum::Json<RecoveryMade>)> {
    let mut write = Write::unkeyed(&app).await?;
    let known = accounts::store::find(write.conn(), account)
        .await?
        .ok_or(Error::NotFound)?;
    let code = Code::generate()?;
    let expires_at = write.now() + administration::RECOVERY_LIFE;
    accounts::store::put_recovery(write.conn(), account, &code.hash(), expires_at).await?;
    let entry = done(account, AdminAct::Recover);
    record(&mut write, &caller, entry.as_entry()).await?;
    write.tx.commit().await?;
    let made = RecoveryMade {
        email: known.email,
        code: code.reveal(),
        expires_at,
    };
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Ends every session of an account; of the caller's own, all but the one that asks.
#[utoipa::path(delete, path = path::ADMIN_SESSIONS, tag = "admin", params(("account_id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 404)))]
async fn sign_out(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(account): Path<AccountId>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &account).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    accounts::store::find(write.conn(), account)
        .await?
        .ok_or(Error::NotFound)?;
    let now = write.now();
    let keep = Some(caller.session_id);
    accounts::store::revoke_sessions(write.conn(), account, keep, now).await?;
    let entry = done(account, AdminAct::SignOut);
    record(&mut write, &caller, entry.as_entry()).await?;
    write.finish(None, StatusCode::NO_CONTENT, &()).await
}

/// What was done to an account, for the trail: its key and no image.
struct Done {
    subject: String,
    act: AdminAct,
}

fn done(account: AccountId, act: AdminAct) -> Done {
    Done {
        subject: account.to_string(),
        act,
    }
}

impl Done {
    fn as_entry(&self) -> Entry<'_> {
        Entry {
            entity: ACCOUNT,
            subject: &self.subject,
            act: self.act,
            before: None,
            after: None,
        }
    }
}
