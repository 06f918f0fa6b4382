//! What a handler answers when it cannot do what was asked: one enum for the whole server, sent as
//! `application/problem+json`.
//!
//! Pure code has its own small errors, stores give `sqlx::Result`, jobs and `main` use `anyhow`.
//! A 5xx is logged once, here, and its body holds nothing of the inside.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ecotrack_common::{ErrorCode, FieldErrors, Problem};
use serde::Serialize;

/// `Result` of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request is not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401: no session, or one that has ended.
    #[error("not signed in")]
    Unauthenticated,
    /// 401: the e-mail or the password is wrong.
    #[error("wrong credentials")]
    WrongCredentials,
    /// 403: the role does not allow it.
    #[error("the role does not allow it")]
    Forbidden,
    /// 403: only administrators of the server may.
    #[error("only administrators may")]
    AdministratorsOnly,
    /// 404: not there, or somebody else's.
    #[error("not found")]
    NotFound,
    /// 422: fields are wrong.
    #[error("fields are wrong")]
    Invalid(FieldErrors),
    /// Refused for the reason of the code, with a sentence.
    #[error("{1}")]
    Refused(ErrorCode, String),
    /// 409: a row stands in the way; it is sent along.
    #[error("a row stands in the way")]
    Conflict(ErrorCode, serde_json::Value),
    /// The database said no, or is away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A fault of ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// One wrong field.
    pub fn field(field: &str, code: &str) -> Self {
        Self::Invalid(FieldErrors::one(field, code))
    }

    /// A row that stands in the way.
    pub fn conflict(code: ErrorCode, current: &impl Serialize) -> Self {
        match serde_json::to_value(current) {
            Ok(current) => Self::Conflict(code, current),
            Err(error) => Self::Internal(error.into()),
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::WrongCredentials => ErrorCode::WrongCredentials,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::AdministratorsOnly => ErrorCode::AdministratorsOnly,
            Self::NotFound => ErrorCode::NotFound,
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Refused(code, _) | Self::Conflict(code, _) => *code,
            Self::Database(error) if is_away(error) => ErrorCode::Unavailable,
            Self::Database(_) | Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

/// Faults that pass: the pool is empty, the connection broke, a lock was not had in time, a
/// deadlock was broken, the database is starting or stopping.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            [
                "55P03", "40P01", "40001", "57P01", "57P02", "57P03", "53300",
            ]
            .contains(&code.as_ref())
        }),
        _ => false,
    }
}

/// The status and the English title of a code.
fn status_and_title(code: ErrorCode) -> (StatusCode, &'static str) {
    match code {
        ErrorCode::Unauthenticated => (StatusCode::UNAUTHORIZED, "Sign in first"),
        ErrorCode::WrongCredentials => (
            StatusCode::UNAUTHORIZED,
            "The e-mail or the password is wrong",
        ),
        ErrorCode::Forbidden => (
            StatusCode::FORBIDDEN,
            "Your role in this home does not allow this",
        ),
        ErrorCode::AdministratorsOnly => (
            StatusCode::FORBIDDEN,
            "Only administrators of this server may do this",
        ),
        ErrorCode::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        ErrorCode::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "Some fields are wrong"),
        ErrorCode::MalformedBody => (
            StatusCode::BAD_REQUEST,
            "The request is not what this route takes",
        ),
        ErrorCode::DuplicateReading => (StatusCode::CONFLICT, "A reading stands at this instant"),
        ErrorCode::StaleVersion => (
            StatusCode::CONFLICT,
            "Somebody changed this in the meantime",
        ),
        ErrorCode::CannotUndo => (StatusCode::CONFLICT, "This cannot be undone any more"),
        ErrorCode::ImportAgain => (StatusCode::CONFLICT, "The file has to be imported again"),
        ErrorCode::EmailTaken => (StatusCode::CONFLICT, "This e-mail address has an account"),
        ErrorCode::RegistrationClosed => {
            (StatusCode::FORBIDDEN, "This server takes no registrations")
        }
        ErrorCode::InvitationNeeded => (
            StatusCode::FORBIDDEN,
            "This server takes registrations by invitation",
        ),
        ErrorCode::LastAdministrator => (StatusCode::CONFLICT, "A server needs an administrator"),
        ErrorCode::Shipped => (StatusCode::CONFLICT, "What ships cannot be removed"),
        ErrorCode::NotShipped => (StatusCode::CONFLICT, "This does not ship"),
        ErrorCode::NotFailed => (StatusCode::CONFLICT, "This job did not fail"),
        ErrorCode::LastOwner => (StatusCode::CONFLICT, "A home needs an owner"),
        ErrorCode::InUse => (StatusCode::CONFLICT, "Something else still points at this"),
        ErrorCode::IdempotencyKeyReused => (
            StatusCode::CONFLICT,
            "This idempotency key was used for another request",
        ),
        ErrorCode::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        ErrorCode::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large"),
        ErrorCode::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Busy; try again"),
        ErrorCode::Timeout => (StatusCode::GATEWAY_TIMEOUT, "This took too long"),
        ErrorCode::MethodNotAllowed => (
            StatusCode::METHOD_NOT_ALLOWED,
            "This address does not take that method",
        ),
        ErrorCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "A fault of the server"),
    }
}

/// The answer for a code, for what is refused before a handler runs.
pub fn problem(code: ErrorCode, detail: Option<String>) -> Response {
    send(code, |problem| problem.detail = detail)
}

fn send(code: ErrorCode, complete: impl FnOnce(&mut Problem)) -> Response {
    let (status, title) = status_and_title(code);
    let mut problem = Problem {
        kind: "about:blank".to_owned(),
        title: title.to_owned(),
        status: status.as_u16(),
        code,
        detail: None,
        errors: FieldErrors::default(),
        current: None,
        request_id: None,
    };
    complete(&mut problem);
    let mut response = (status, axum::Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if code == ErrorCode::Unavailable {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let code = self.code();
        if code == ErrorCode::Internal {
            tracing::error!(error = ?self, "a request failed");
        } else if code == ErrorCode::Unavailable {
            tracing::warn!(error = %self, "the database is busy or away");
        }
        send(code, |problem| match self {
            Self::Invalid(errors) => problem.errors = errors,
            Self::Refused(_, detail) => problem.detail = Some(detail),
            Self::Conflict(_, current) => problem.current = Some(current),
            _ => {}
        })
    }
}

/// Turns the database's own rules into answers, so that there is no check-then-insert race.
pub trait OnConstraint<T> {
    /// When the named constraint was violated, gives the error of `map` instead.
    fn on_constraint(self, name: &str, map: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint(self, name: &str, map: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(db) if db.constraint() == Some(name) => map(),
            _ => Error::Database(error),
        })
    }
}
