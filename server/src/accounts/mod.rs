//! People: signing in and out, their passwords and sessions, and who may do what. Registering stands
//! in `registration`, since it may be joining a home.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ecotrack_common::account::{
    Account, ChangedAccount, ChangedPassword, Language, Recovery, Session, SignIn, SignedIn,
};
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, ErrorCode, SessionId, path};
use jiff::{SignedDuration, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod administration;
pub mod authorisation;
pub mod code;
pub mod password;
#[cfg(test)]
mod password_tests;
pub mod store;
#[cfg(test)]
mod tests;
pub mod token;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::write::{self, Begun, Write, WriteKey};
use code::Code;
use token::Token;

/// How long a sign-in lasts when it is not used; each use begins it anew.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Sessions listed, those used last. Nobody has more but by a program that signs in each time.
const SESSIONS_LISTED: i64 = 200;
/// Wrong codes after which a recovery code no longer works.
const RECOVERY_ATTEMPTS: i16 = 5;

/// Who is asking, as the authorisation layer found out. Handlers take it as an argument.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Account.
    pub account_id: AccountId,
    /// Its session.
    pub session_id: SessionId,
    /// What the household calls this person.
    pub display_name: String,
    /// Language of texts.
    pub language: Language,
    /// Runs the server.
    pub server_admin: bool,
    /// Role in the home that the address names, if it names one.
    pub role: Option<Role>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::Unauthenticated.into_response())
    }
}

/// The program that asks, for the list of sessions.
pub(crate) struct Client(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let agent = parts
            .headers
            .get(axum::http::header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        Ok(Self(agent.map(|agent| agent.chars().take(200).collect())))
    }
}

/// Routes at which somebody could guess, and that are therefore slowed down.
pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(recover))
        .routes(routes!(change_password))
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(list_sessions))
        .routes(routes!(remove_session))
        .routes(routes!(sign_out))
}

/// Signs in. A wrong address and a wrong password are answered alike, after the same work.
#[utoipa::path(post, path = path::SESSIONS, tag = "accounts", request_body = SignIn,
    responses((status = 201, body = SignedIn), (status = 401), (status = 422)))]
async fn sign_in(
    State(app): State<App>,
    client: Client,
    Json(input): Json<SignIn>,
) -> Result<(StatusCode, axum::Json<SignedIn>)> {
    input.check()?;
    let mut conn = app.db.acquire().await?;
    let found = store::find_by_email(&mut conn, &input.email.trim().to_lowercase()).await?;
    drop(conn);
    let (account, hash) = found.unzip();
    let matches = app.passwords.verify(input.password, hash.clone()).await?;
    let Some((account, hash)) = account.zip(hash).filter(|_| matches) else {
        return Err(Error::WrongCredentials);
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::keeps_password(&mut tx, account.account_id, &hash).await? {
        return Err(Error::WrongCredentials);
    }
    let signed_in = open_session(&mut tx, account, client.0, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(signed_in)))
}

/// A new password for somebody who forgot theirs, with the code that `ecotrack-server account reset`
/// printed; signs in and ends all other sessions. Whatever is wrong, an unknown address included, is
/// answered alike, after the same hashing.
#[utoipa::path(post, path = path::RECOVERY, tag = "accounts", request_body = Recovery,
    responses((status = 201, body = SignedIn), (status = 422)))]
async fn recover(
    State(app): State<App>,
    client: Client,
    Json(input): Json<Recovery>,
) -> Result<(StatusCode, axum::Json<SignedIn>)> {
    input.check()?;
    let hash = app.passwords.hash(input.password).await?;
    let not_valid = || Error::field("code", "not_valid_code");
    let now = app.clock.now();
    let email = input.email.trim().to_lowercase();
    let mut tx = app.db.begin().await?;
    let (account, code_hash) = store::find_recovery(&mut tx, &email, RECOVERY_ATTEMPTS, now)
        .await?
        .ok_or_else(not_valid)?;
    if Code::received(&input.code).hash() != code_hash {
        store::count_failed_recovery(&mut tx, account.account_id).await?;
        tx.commit().await?;
        return Err(not_valid());
    }
    store::set_password(&mut tx, account.account_id, None, &hash).await?;
    store::revoke_sessions(&mut tx, account.account_id, None, now).await?;
    let signed_in = open_session(&mut tx, account, client.0, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(signed_in)))
}

/// A new password; every other session of the caller ends.
///
/// The body is not hashed for the idempotency key as other writes' are: a fast hash of passwords
/// would be worth stealing. Whether the same is asked again, the password that stands tells.
#[utoipa::path(put, path = path::PASSWORD, tag = "accounts", request_body = ChangedPassword,
    responses((status = 204), (status = 409), (status = 422)))]
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Json(input): Json<ChangedPassword>,
) -> Result<Response> {
    input.check()?;
    let id = caller.account_id;
    let mut conn = app.db.acquire().await?;
    let standing = store::find_password(&mut conn, id)
        .await?
        .ok_or(Error::NotFound)?;
    drop(conn);
    let verify = |password| app.passwords.verify(password, Some(standing.clone()));
    let hash = if verify(input.current).await? {
        Some(app.passwords.hash(input.password.clone()).await?)
    } else {
        None
    };
    let mut write = match Write::begin(&app, &caller, key, &()).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => {
            let again = verify(input.password).await?;
            let detail = "send a new Idempotency-Key with a new request".to_owned();
            let reused = Error::Refused(ErrorCode::IdempotencyKeyReused, detail);
            return if again { Ok(answer) } else { Err(reused) };
        }
    };
    let wrong = || Error::field("current", "wrong_password");
    let hash = hash.ok_or_else(wrong)?;
    if !store::set_password(write.conn(), id, Some(&standing), &hash).await? {
        return Err(wrong());
    }
    let now = write.now();
    store::revoke_sessions(write.conn(), id, Some(caller.session_id), now).await?;
    write.finish(None, StatusCode::NO_CONTENT, &()).await
}

/// The caller.
#[utoipa::path(get, path = path::ACCOUNT_SELF, tag = "accounts", responses((status = 200, body = Account)))]
async fn show(State(app): State<App>, caller: Caller) -> Result<axum::Json<Account>> {
    let mut conn = app.db.acquire().await?;
    store::find(&mut conn, caller.account_id)
        .await?
        .map(axum::Json)
        .ok_or(Error::NotFound)
}

/// Changes what the caller is called and their language; their homes' screens follow.
#[utoipa::path(put, path = path::ACCOUNT_SELF, tag = "accounts", request_body = ChangedAccount,
    responses((status = 200, body = Account), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Json(input): Json<ChangedAccount>,
) -> Result<Response> {
    input.check()?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    store::update(write.conn(), caller.account_id, &input).await?;
    let account = store::find(write.conn(), caller.account_id)
        .await?
        .ok_or(Error::NotFound)?;
    write::store::bump_revisions_of(write.conn(), caller.account_id).await?;
    write.finish(None, StatusCode::OK, &account).await
}

/// The caller's sessions that stand, the one used last first.
#[utoipa::path(get, path = path::SESSIONS, tag = "accounts", responses((status = 200, body = Vec<Session>)))]
async fn list_sessions(State(app): State<App>, caller: Caller) -> Result<axum::Json<Vec<Session>>> {
    let mut conn = app.db.acquire().await?;
    let (account, current) = (caller.account_id, caller.session_id);
    let now = app.clock.now();
    let sessions = store::list_sessions(&mut conn, account, current, now, SESSIONS_LISTED).await?;
    Ok(axum::Json(sessions))
}

/// Ends one of the caller's sessions; ending it again changes nothing.
#[utoipa::path(delete, path = path::SESSION, tag = "accounts", params(("session_id" = Uuid, Path)),
    responses((status = 204)))]
async fn remove_session(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<SessionId>,
) -> Result<StatusCode> {
    let mut conn = app.db.acquire().await?;
    let now = app.clock.now();
    if !store::revoke_session_of(&mut conn, caller.account_id, session, now).await? {
        return Err(Error::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Signs out: the token stops working at once.
#[utoipa::path(delete, path = path::SESSION_CURRENT, tag = "accounts", responses((status = 204)))]
async fn sign_out(State(app): State<App>, caller: Caller) -> Result<StatusCode> {
    let mut conn = app.db.acquire().await?;
    store::revoke_session(&mut conn, caller.session_id, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a session for `account`; the answer is the only place where its token stands.
pub async fn open_session(
    conn: &mut sqlx::PgConnection,
    account: Account,
    client: Option<String>,
    now: Timestamp,
) -> Result<SignedIn> {
    let token = Token::generate()?;
    let session_id = SessionId(Uuid::now_v7());
    let expires_at = now + SESSION_LIFE;
    store::insert_session(
        conn,
        session_id,
        account.account_id,
        &token.hash(),
        client,
        now,
        expires_at,
    )
    .await?;
    Ok(SignedIn {
        token: token.reveal(),
        session_id,
        expires_at,
        account,
    })
}
