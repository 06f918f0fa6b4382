//! People: registering, signing in and out, and who may do what.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ecotrack_common::account::{Account, Language, Registration, SignIn, SignedIn};
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, ErrorCode, SessionId, path};
use jiff::{SignedDuration, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod authorisation;
pub mod password;
pub mod store;
#[cfg(test)]
mod tests;
pub mod token;

use crate::App;
use crate::config;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::Json;
use token::Token;

/// How long a sign-in lasts when it is not used; each use begins it anew.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

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
struct Client(Option<String>);

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

/// Routes that anybody may try, and that are therefore slowed down.
pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(sign_in))
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(sign_out))
}

/// Registers and signs in.
#[utoipa::path(post, path = path::ACCOUNTS, tag = "accounts", request_body = Registration,
    responses((status = 201, body = SignedIn), (status = 409), (status = 422)))]
async fn register(
    State(app): State<App>,
    client: Client,
    Json(input): Json<Registration>,
) -> Result<(StatusCode, axum::Json<SignedIn>)> {
    if app.settings.registration == config::Registration::Closed {
        let detail = "ask who runs this server for an account".to_owned();
        return Err(Error::Refused(ErrorCode::RegistrationClosed, detail));
    }
    input.check()?;
    let hash = app.passwords.hash(input.password).await?;
    let account = Account {
        account_id: AccountId(Uuid::now_v7()),
        email: input.email.trim().to_lowercase(),
        display_name: input.display_name.trim().to_owned(),
        language: input.language,
        server_admin: false,
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &account, &hash, now)
        .await
        .on_constraint("account_email_key", || {
            Error::Refused(
                ErrorCode::EmailTaken,
                "sign in, or use another address".to_owned(),
            )
        })?;
    let signed_in = open_session(&mut tx, account, client.0, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(signed_in)))
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
    let matches = app.passwords.verify(input.password, hash).await?;
    let Some(account) = account.filter(|_| matches) else {
        return Err(Error::WrongCredentials);
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let signed_in = open_session(&mut tx, account, client.0, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(signed_in)))
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
