//! Taking imports back: what they replaced returns, what they added goes.

use ecotrack_common::{EnergyProfileId, ErrorCode, ImportBatchId, MeterId};

use super::registers;
use super::store::{Written, lock_meters};
use crate::audit::cannot_undo;
use crate::audit::store::Entry;
use crate::error::{Error, Result};
use crate::profiles;
use crate::readings::ask_for_refresh;
use crate::write::Write;

pub mod store;

/// Puts back what imports wrote, if nothing of it was written on since. The other way, a file put in
/// again, is the file imported again. Gives the number of days and readings.
pub async fn restore(
    write: &mut Write,
    profile: EnergyProfileId,
    entries: &[Entry],
) -> Result<i64> {
    let mut rows = 0;
    for entry in entries {
        let batch = entry.before.as_ref();
        let Some(id) = batch.and_then(|json| json.get("import_batch_id")) else {
            let why = "its rows were not kept".to_owned();
            return Err(Error::Refused(ErrorCode::ImportAgain, why));
        };
        // Bills are entries of their own.
        let bills = batch.and_then(|json| json.get("bills")?.as_u64());
        let id: ImportBatchId = serde_json::from_value(id.clone()).map_err(anyhow::Error::from)?;
        rows += restore_batch(write, profile, id, bills.unwrap_or(0) > 0).await?;
    }
    ask_for_refresh(write, profile).await?;
    Ok(rows)
}

async fn restore_batch(
    write: &mut Write,
    profile: EnergyProfileId,
    id: ImportBatchId,
    has_bills: bool,
) -> Result<i64> {
    let written = store::list_written(write.conn(), profile, id).await?;
    if written.is_empty() && !has_bills {
        return Err(cannot_undo("another version of EcoTrack imported it"));
    }
    let meters: Vec<MeterId> = written.iter().map(|written| written.meter).collect();
    let held = lock_meters(write.conn(), profile, &meters).await?;
    if held.len() < meters.len() {
        return Err(cannot_undo("a meter is gone"));
    }
    let zone = profiles::store::zone(write.conn(), profile).await?;
    let version = crate::write::store::find_revision(write.conn(), profile).await?;
    let mut rows = 0;
    for written in written {
        let Written {
            meter,
            days,
            readings,
        } = written;
        let unchanged = store::count_unchanged(write.conn(), profile, id, meter).await?;
        if unchanged != (days, readings) {
            return Err(cannot_undo("what this file wrote was written on since"));
        }
        store::restore_days(write.conn(), profile, id, meter).await?;
        let conn = write.conn();
        let span = registers::store::restore(conn, profile, id, meter, version).await?;
        if let Some((first, last)) = span {
            let standing =
                registers::rederive_span(conn, profile, meter, &zone, first, last).await?;
            if !standing {
                return Err(cannot_undo("other readings tell of the same time now"));
            }
        }
        rows += days + readings;
    }
    Ok(rows)
}
