//! Taking back what was done to readings: they return to what they were, if they still are what the
//! operation made them.

use ecotrack_common::{EnergyProfileId, ImportBatchId, MeterId};
use jiff::civil::Date;

use super::derive::{Content, Day, local_day};
use super::imports;
use super::store::{self, Image};
use super::{ask_for_refresh, settle};
use crate::audit::rows::in_the_way;
use crate::audit::store::Entry;
use crate::audit::{cannot_undo, images};
use crate::error::{Error, Result};
use crate::write::Write;
use crate::{meters, profiles};

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

/// Puts the days of imported files back, if nothing was written on them since. The other way, a file
/// put in again, is the file imported again. Gives the number of days.
pub async fn restore_batches(
    write: &mut Write,
    profile: EnergyProfileId,
    entries: &[Entry],
) -> Result<i64> {
    let mut days = 0;
    for entry in entries {
        let batch = entry.before.as_ref();
        let Some(id) = batch.and_then(|json| json.get("import_batch_id")) else {
            return Err(cannot_undo("import the file again"));
        };
        let id: ImportBatchId = serde_json::from_value(id.clone()).map_err(anyhow::Error::from)?;
        let (meter, changes) = imports::store::find_batch(write.conn(), profile, id)
            .await?
            .ok_or(Error::NotFound)?;
        days += restore_days(write, profile, meter, changes).await?;
    }
    ask_for_refresh(write, profile).await?;
    Ok(days)
}

async fn restore_days(
    write: &mut Write,
    profile: EnergyProfileId,
    meter: MeterId,
    changes: Vec<(Date, Option<Content>, Content)>,
) -> Result<i64> {
    meters::store::find_locked(write.conn(), profile, meter)
        .await?
        .ok_or_else(|| cannot_undo("the meter is gone"))?;
    let (Some(first), Some(last)) = (
        changes.first().map(|day| day.0),
        changes.last().map(|day| day.0),
    ) else {
        return Ok(0);
    };
    let zone = profiles::store::zone(write.conn(), profile).await?;
    let stands = store::list_days(write.conn(), profile, meter, first, last).await?;
    let mut stands = stands.into_iter().peekable();
    let mut back: Vec<Day> = Vec::new();
    let mut gone = Vec::new();
    let rows = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    for (date, before, after) in changes {
        while stands.next_if(|day| day.date < date).is_some() {}
        let unchanged = stands
            .next_if(|day| day.date == date)
            .is_some_and(|day| day.content == after);
        if !unchanged {
            return Err(cannot_undo("days of this file were written on since"));
        }
        match before {
            Some(content) => back.push(restored(date, content, &zone)),
            None => gone.push(date),
        }
    }
    store::put_days(write.conn(), profile, meter, &back).await?;
    imports::store::delete_dates(write.conn(), profile, meter, &gone).await?;
    Ok(rows)
}

fn restored(date: Date, content: Content, zone: &jiff::tz::TimeZone) -> Day {
    let (starts_at, minutes) = local_day(date, zone);
    Day {
        date,
        starts_at,
        minutes,
        content,
    }
}
