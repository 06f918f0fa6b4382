//! Taking back what was done to readings: they return to what they were, if they still are what the
//! operation made them.

use ecotrack_common::EnergyProfileId;

use super::store::{self, Image};
use super::{ask_for_refresh, settle};
use crate::audit::rows::in_the_way;
use crate::audit::store::Entry;
use crate::audit::{cannot_undo, images};
use crate::error::{Error, Result};
use crate::meters;
use crate::write::Write;

/// Brings readings to what the entries say after, each of which must still be what it says before.
/// The days follow once, when all of them stand: in between they may not go together.
pub async fn restore(write: &mut Write, profile: EnergyProfileId, entries: &[Entry]) -> Result<()> {
    let mut changed: Vec<Image> = Vec::new();
    for entry in entries {
        let (expected, wanted): (Option<Image>, Option<Image>) = images(entry)?;
        let meter = expected
            .as_ref()
            .or(wanted.as_ref())
            .map(|image| image.meter_id)
            .ok_or(Error::NotFound)?;
        if !changed.iter().any(|image| image.meter_id == meter) {
            meters::store::find_locked(write.conn(), profile, meter)
                .await?
                .ok_or_else(|| cannot_undo("the meter is gone"))?;
        }
        put(write, profile, expected.as_ref(), wanted.as_ref()).await?;
        changed.extend(expected.into_iter().chain(wanted));
    }
    changed.sort_by_key(|image| image.meter_id);
    for of_meter in changed.chunk_by(|a, b| a.meter_id == b.meter_id) {
        let first = of_meter.iter().min_by_key(|image| image.read_at);
        let last = of_meter.iter().max_by_key(|image| image.until());
        if let Some(first) = first {
            settle(write, profile, first, last)
                .await
                .map_err(in_the_way)?;
        }
    }
    ask_for_refresh(write, profile).await
}

/// Stores one reading as it was, without the days that follow.
async fn put(
    write: &mut Write,
    profile: EnergyProfileId,
    expected: Option<&Image>,
    wanted: Option<&Image>,
) -> Result<()> {
    if let Some(expected) = expected {
        let meter = expected.meter_id;
        let stands = store::find_image(write.conn(), profile, meter, expected.read_at).await?;
        if stands.map(|(image, _)| image).as_ref() != Some(expected) {
            return Err(cannot_undo("the reading was changed since"));
        }
    }
    let moves = expected.map(|image| image.read_at) != wanted.map(|image| image.read_at);
    if let Some(wanted) = wanted.filter(|_| moves)
        && store::find_image(write.conn(), profile, wanted.meter_id, wanted.read_at)
            .await?
            .is_some()
    {
        return Err(cannot_undo("another reading stands at that instant"));
    }
    let now = write.now();
    match (expected, wanted) {
        (None, Some(wanted)) => {
            // As with every row that comes back: a version that it never had.
            let version = crate::write::store::find_revision(write.conn(), profile).await?;
            store::insert(write.conn(), profile, wanted, now, version).await?;
        }
        (Some(expected), None) => {
            store::delete(write.conn(), profile, expected.meter_id, expected.read_at).await?;
        }
        (Some(expected), Some(wanted)) => {
            store::update(write.conn(), profile, expected.read_at, wanted).await?;
        }
        (None, None) => {}
    }
    Ok(())
}
