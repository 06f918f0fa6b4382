//! Who changed what. Each change writes the rows it touched, whole, before and after; an undo reads
//! them back.
//!
//! [`rows`] is the one way in which people make, change, remove and bring back the rows of a home.
//! What is entered in other ways, such as readings, writes its entries through [`record`].

pub mod rows;
pub mod store;

use ecotrack_common::{EnergyProfileId, ErrorCode, OperationId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::write::Write;
use store::Entry;

/// Writes the entries as one act of the caller, which can be taken back.
pub async fn record(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    entries: &[Entry],
) -> Result<OperationId> {
    let operation = OperationId(Uuid::now_v7());
    let (now, account) = (write.now(), Some(caller.account_id));
    store::insert(
        write.conn(),
        profile,
        operation,
        account,
        now,
        None,
        entries,
    )
    .await?;
    Ok(operation)
}

/// The entry of a row's change.
pub fn entry<T: Serialize>(entity: &str, before: Option<&T>, after: Option<&T>) -> Result<Entry> {
    let json = |row: &T| serde_json::to_value(row).map_err(anyhow::Error::from);
    Ok(Entry::of(
        entity,
        before.map(json).transpose()?,
        after.map(json).transpose()?,
    ))
}

/// The rows of an entry again: before and after.
pub fn images<T: DeserializeOwned>(entry: &Entry) -> Result<(Option<T>, Option<T>)> {
    let row = |json: &Option<serde_json::Value>| {
        json.clone()
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_| cannot_undo("another version of EcoTrack wrote it"))
    };
    Ok((row(&entry.before)?, row(&entry.after)?))
}

/// Something newer stands on what was to be taken back.
pub fn cannot_undo(why: &str) -> Error {
    Error::Refused(ErrorCode::CannotUndo, why.to_owned())
}
