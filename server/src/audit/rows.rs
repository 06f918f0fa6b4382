//! Rows of a home that people edit, in one way for all of them: made, changed, removed, brought back.
//!
//! An entity says how its rows are found and stored and what binds them to others ([`Row`]); here are
//! the lock, the version, the entry with the whole row before and after, and the answer.

use ecotrack_common::write::{BatchWritten, Written};
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use super::store::Entry;
use super::{cannot_undo, entry, images, record};
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::write::{self, Write};

/// A row of a home as it is stored, without its version; also its image in the audit entries.
pub trait Row: Serialize + DeserializeOwned + PartialEq + Send + Sync {
    /// Its table, and the word for it in the audit entries.
    const ENTITY: &'static str;
    /// The database's rules that a person can break: constraint, field, code of the field error.
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] = &[];
    /// Its key, within its home.
    type Id: Clone + Send;
    /// The row as it travels, with its version.
    type Seen: Serialize + Send;

    /// Its key.
    fn id(&self) -> Self::Id;

    /// Taken before any row is, where a rule bears on all rows of the home at once.
    fn lock(
        _conn: &mut PgConnection,
        _profile: EnergyProfileId,
    ) -> impl Future<Output = sqlx::Result<()>> + Send {
        async { Ok(()) }
    }

    /// The row and its version; nobody else changes it until the transaction ends.
    fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: Self::Id,
    ) -> impl Future<Output = sqlx::Result<Option<(Self, i64)>>> + Send;

    /// The row as it travels.
    fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: Self::Id,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Seen>>> + Send;

    /// Adds the row, or brings a removed one back, with this version.
    fn insert(
        &self,
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        version: i64,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Makes the stored row this one, and counts its version up.
    fn update(
        &self,
        conn: &mut PgConnection,
        profile: EnergyProfileId,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Removes the row.
    fn delete(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: Self::Id,
        now: Timestamp,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// The rules that need other rows, for a change from `before` to `after`; either may be no row.
    fn check(
        _conn: &mut PgConnection,
        _profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Asks for the jobs that follow from such a change.
    fn settle(
        _conn: &mut PgConnection,
        _profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// The version of a row that was never there before.
const FIRST_VERSION: i64 = 1;

/// Adds a row.
pub async fn create<R: Row>(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    row: R,
) -> Result<Written<R::Seen>> {
    R::lock(write.conn(), profile).await?;
    R::check(write.conn(), profile, None, Some(&row)).await?;
    let stored = put(write, profile, None, Some(&row), FIRST_VERSION).await?;
    written(write, caller, profile, row.id(), None, stored.as_ref()).await
}

/// Adds several rows as one act. Wrong fields are named `<list>.<index>.<field>`.
pub async fn create_all<R: Row>(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    list: &str,
    new: Vec<R>,
) -> Result<BatchWritten<R::Seen>> {
    R::lock(write.conn(), profile).await?;
    let mut errors = FieldErrors::default();
    for (at, row) in new.iter().enumerate() {
        match R::check(write.conn(), profile, None, Some(row)).await {
            Err(Error::Invalid(wrong)) => errors.0.extend(under(list, at, wrong).0),
            checked => checked?,
        }
    }
    errors.into_result()?;
    let mut entries = Vec::new();
    for (at, row) in new.iter().enumerate() {
        let stored = put(write, profile, None, Some(row), FIRST_VERSION).await;
        let stored = stored.map_err(|error| match error {
            Error::Invalid(wrong) => Error::Invalid(under(list, at, wrong)),
            other => other,
        })?;
        entries.push(entry(R::ENTITY, None, stored.as_ref())?);
    }
    let operation_id = record(write, caller, profile, &entries).await?;
    let mut rows = Vec::new();
    for row in &new {
        let seen = R::find(write.conn(), profile, row.id()).await?;
        rows.push(seen.ok_or(Error::NotFound)?);
    }
    Ok(BatchWritten { operation_id, rows })
}

/// Changes the row of which the caller saw `version` into what `change` makes of it.
pub async fn change<R: Row>(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    id: R::Id,
    version: i64,
    change: impl FnOnce(&R) -> R,
) -> Result<Written<R::Seen>> {
    let before = seen::<R>(write, profile, id.clone(), version).await?;
    let after = change(&before);
    R::check(write.conn(), profile, Some(&before), Some(&after)).await?;
    let stored = put(write, profile, Some(&before), Some(&after), version).await?;
    written(write, caller, profile, id, Some(&before), stored.as_ref()).await
}

/// Removes the row of which the caller saw `version`.
pub async fn remove<R: Row>(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    id: R::Id,
    version: i64,
) -> Result<Written<R::Seen>> {
    let before = seen::<R>(write, profile, id.clone(), version).await?;
    R::check(write.conn(), profile, Some(&before), None).await?;
    put(write, profile, Some(&before), None, version).await?;
    written(write, caller, profile, id, Some(&before), None).await
}

/// Brings rows to what the entries say after, each of which must still be what it says before.
pub async fn restore<R: Row>(
    write: &mut Write,
    profile: EnergyProfileId,
    entries: &[Entry],
) -> Result<()> {
    R::lock(write.conn(), profile).await?;
    // A row that comes back has a version that it never had, so that nobody who saw it before it
    // went writes over what it was in between: each write of a row counted the revision up.
    let version = write::store::find_revision(write.conn(), profile).await?;
    for entry in entries {
        let (before, after): (Option<R>, Option<R>) = images(entry)?;
        let Some(id) = before.as_ref().or(after.as_ref()).map(R::id) else {
            continue;
        };
        let stands = R::find_locked(write.conn(), profile, id).await?;
        if stands.map(|(row, _)| row) != before {
            return Err(cannot_undo("somebody changed it since; undo that first"));
        }
        R::check(write.conn(), profile, before.as_ref(), after.as_ref())
            .await
            .map_err(in_the_way)?;
        put(write, profile, before.as_ref(), after.as_ref(), version)
            .await
            .map_err(in_the_way)?;
    }
    Ok(())
}

/// What a person could correct in a form stands in the way of an undo.
pub fn in_the_way(error: Error) -> Error {
    match error {
        Error::Invalid(wrong) => {
            let wrong: Vec<String> = wrong
                .0
                .iter()
                .map(|error| format!("{} ({})", error.field, error.code))
                .collect();
            cannot_undo(&format!(
                "other rows stand against it: {}",
                wrong.join(", ")
            ))
        }
        Error::Refused(_, why) => cannot_undo(&why),
        other => other,
    }
}

/// The row that the caller saw, locked; or why it is not it.
async fn seen<R: Row>(
    write: &mut Write,
    profile: EnergyProfileId,
    id: R::Id,
    version: i64,
) -> Result<R> {
    R::lock(write.conn(), profile).await?;
    let (row, stands) = R::find_locked(write.conn(), profile, id.clone())
        .await?
        .ok_or(Error::NotFound)?;
    if stands != version {
        let current = R::find(write.conn(), profile, id).await?;
        return Err(Error::conflict(ErrorCode::StaleVersion, &current));
    }
    Ok(row)
}

/// Stores the change and gives the row as the database now has it: trimmed and rounded.
async fn put<R: Row>(
    write: &mut Write,
    profile: EnergyProfileId,
    before: Option<&R>,
    after: Option<&R>,
    version: i64,
) -> Result<Option<R>> {
    let now = write.now();
    let conn = write.conn();
    match (before, after) {
        (None, None) => Ok(()),
        (None, Some(row)) => row.insert(conn, profile, version).await,
        (Some(_), Some(row)) => row.update(conn, profile).await,
        (Some(row), None) => R::delete(conn, profile, row.id(), now).await,
    }
    .map_err(refusal::<R>)?;
    R::settle(conn, profile, before, after).await?;
    match after {
        Some(row) => Ok(R::find_locked(conn, profile, row.id())
            .await?
            .map(|(row, _)| row)),
        None => Ok(None),
    }
}

fn refusal<R: Row>(error: sqlx::Error) -> Error {
    let broken = match &error {
        sqlx::Error::Database(db) => db.constraint(),
        _ => None,
    };
    match R::CONSTRAINTS
        .iter()
        .find(|(name, ..)| broken == Some(*name))
    {
        Some((_, field, code)) => Error::field(field, code),
        None => Error::Database(error),
    }
}

async fn written<R: Row>(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    id: R::Id,
    before: Option<&R>,
    after: Option<&R>,
) -> Result<Written<R::Seen>> {
    let operation_id = record(write, caller, profile, &[entry(R::ENTITY, before, after)?]).await?;
    let row = match after {
        Some(_) => R::find(write.conn(), profile, id).await?,
        None => None,
    };
    Ok(Written { operation_id, row })
}

/// The same errors for the row at `at` of a list.
fn under(list: &str, at: usize, mut errors: FieldErrors) -> FieldErrors {
    for error in &mut errors.0 {
        error.field = format!("{list}.{at}.{}", error.field);
    }
    errors
}
