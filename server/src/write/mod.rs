//! A write: one transaction, at most once, seen by everybody in the home.
//!
//! The answer is kept under the client's `Idempotency-Key` in the very transaction that does the
//! write, so the same request sent again, after a lost answer or a dropped line, gets the same
//! answer and changes nothing.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ecotrack_common::{EnergyProfileId, ErrorCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result, problem};

pub mod store;
#[cfg(test)]
mod tests;

/// The request as a write sees it: its key, if the client sent one, and what it is about.
#[derive(Debug, Clone)]
pub struct WriteKey {
    key: Option<String>,
    about: String,
}

impl<S: Send + Sync> FromRequestParts<S> for WriteKey {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let key = match parts.headers.get("idempotency-key") {
            None => None,
            Some(value) => match value.to_str() {
                Ok(key) if (1..=200).contains(&key.len()) => Some(key.to_owned()),
                _ => {
                    let detail = "Idempotency-Key takes 1 to 200 visible characters".to_owned();
                    return Err(problem(ErrorCode::MalformedBody, Some(detail)));
                }
            },
        };
        Ok(Self {
            key,
            about: format!("{} {}", parts.method, parts.uri),
        })
    }
}

/// A write under way.
pub struct Write {
    /// The transaction; nothing of it stands until [`Write::finish`].
    pub tx: Transaction<'static, Postgres>,
    key: Option<(Caller, String, Vec<u8>)>,
    now: jiff::Timestamp,
}

/// What became of beginning a write.
pub enum Begun {
    /// Do it.
    Fresh(Write),
    /// It was done before; this was the answer.
    Done(Response),
}

impl Write {
    /// Begins a write of `input`. A request that was done before is answered from what is kept;
    /// the key used for another request is refused.
    pub async fn begin(
        app: &App,
        caller: &Caller,
        key: WriteKey,
        input: &impl Serialize,
    ) -> Result<Begun> {
        let mut write = Self::unkeyed(app).await?;
        Ok(match write.claim(caller, key, input).await? {
            None => Begun::Fresh(write),
            Some(answer) => Begun::Done(answer),
        })
    }

    /// Takes the key of a write that was begun before all of its input was known. The answer, where it
    /// was done before: then nothing of this one may stand.
    pub async fn claim(
        &mut self,
        caller: &Caller,
        key: WriteKey,
        input: &impl Serialize,
    ) -> Result<Option<Response>> {
        let Some(text) = key.key else {
            return Ok(None);
        };
        let body = serde_json::to_vec(input).map_err(anyhow::Error::from)?;
        let hash = Sha256::new()
            .chain_update(key.about)
            .chain_update(body)
            .finalize()
            .to_vec();
        // Two of the same at once: the second waits here for the first to end.
        let (account, now) = (caller.account_id, self.now);
        if store::insert_key(&mut self.tx, account, &text, &hash, now).await? {
            self.key = Some((caller.clone(), text, hash));
            return Ok(None);
        }
        let kept = store::find_key(&mut self.tx, account, &text)
            .await?
            .ok_or_else(|| anyhow::anyhow!("an idempotency key vanished between two statements"))?;
        if kept.request_hash != hash {
            let detail = "send a new Idempotency-Key with a new request".to_owned();
            return Err(Error::Refused(ErrorCode::IdempotencyKeyReused, detail));
        }
        Ok(Some(kept.into_response()))
    }

    /// Begins a write that takes no key, since its answer is told once and kept nowhere, or that takes
    /// it later; its transaction is the caller's to commit.
    pub async fn unkeyed(app: &App) -> Result<Self> {
        Ok(Self {
            tx: app.db.begin().await?,
            key: None,
            now: app.clock.now(),
        })
    }

    /// Marks the home as changed, keeps the answer under the key, and commits.
    pub async fn finish(
        mut self,
        profile: Option<EnergyProfileId>,
        status: StatusCode,
        answer: &impl Serialize,
    ) -> Result<Response> {
        let answer = serde_json::to_value(answer).map_err(anyhow::Error::from)?;
        if let Some(profile) = profile {
            store::bump_revision(&mut self.tx, profile).await?;
        }
        if let Some((caller, key, _)) = &self.key {
            store::keep_answer(&mut self.tx, caller.account_id, key, status, &answer).await?;
        }
        self.tx.commit().await?;
        Ok(respond(status, answer))
    }

    /// The instant of this write.
    pub fn now(&self) -> jiff::Timestamp {
        self.now
    }

    /// The connection of the transaction.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

impl store::KeptAnswer {
    fn into_response(self) -> Response {
        let status = u16::try_from(self.status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::OK);
        respond(status, self.response)
    }
}

/// An answer of no content has no body, not even `null`.
fn respond(status: StatusCode, answer: serde_json::Value) -> Response {
    if status == StatusCode::NO_CONTENT {
        status.into_response()
    } else {
        (status, axum::Json(answer)).into_response()
    }
}
