//! Taking back: rows return to what they were, if they still are what the operation made them.

use ecotrack_common::audit::Undone;
use ecotrack_common::{EnergyProfileId, ErrorCode, ImportBatchId, OperationId};
use uuid::Uuid;

use super::derive::{Content, Day, local_day};
use super::imports::{self, BATCH};
use super::store::{self, Image};
use super::{READING, settle};
use crate::accounts::Caller;
use crate::audit::store::Entry;
use crate::error::{Error, OnConstraint, Result};
use crate::write::Write;
use crate::{audit, meters, profiles};

/// Takes an operation back as a new operation, which can itself be taken back.
pub(super) async fn undo(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    operation: OperationId,
) -> Result<Undone> {
    let entries = audit::store::list_entries(write.conn(), profile, operation).await?;
    if entries.is_empty() {
        return Err(Error::NotFound);
    }
    let operation_id = OperationId(Uuid::now_v7());
    let back: Vec<Entry> = entries
        .into_iter()
        .rev()
        .map(|entry| Entry::of(&entry.entity, entry.after, entry.before))
        .collect();
    let now = write.now();
    let account = Some(caller.account_id);
    audit::store::insert(
        write.conn(),
        profile,
        operation_id,
        account,
        now,
        Some(operation),
        &back,
    )
    .await
    .on_constraint("audit_operation_undoes_key", || {
        refused("it was undone before")
    })?;
    let mut rows = 0;
    for entry in &back {
        rows += match entry.entity.as_str() {
            READING => restore_reading(write, profile, entry).await?,
            BATCH => restore_batch(write, profile, entry).await?,
            other => return Err(anyhow::anyhow!("no undo for {other}").into()),
        };
    }
    Ok(Undone {
        undone: operation,
        operation_id,
        rows,
    })
}

fn refused(why: &str) -> Error {
    Error::Refused(ErrorCode::CannotUndo, why.to_owned())
}

/// `entry.before` is what the row must still be, `entry.after` what it shall be again.
async fn restore_reading(
    write: &mut Write,
    profile: EnergyProfileId,
    entry: &Entry,
) -> Result<i64> {
    let image = |json: &Option<serde_json::Value>| -> Result<Option<Image>> {
        let image = json.clone().map(serde_json::from_value).transpose();
        Ok(image.map_err(anyhow::Error::from)?)
    };
    let (expected, wanted) = (image(&entry.before)?, image(&entry.after)?);
    let meter = expected
        .as_ref()
        .or(wanted.as_ref())
        .map(|image| image.meter_id)
        .ok_or(Error::NotFound)?;
    meters::store::find_locked(write.conn(), profile, meter)
        .await?
        .ok_or_else(|| refused("the meter is gone"))?;
    if let Some(expected) = &expected {
        let stands = store::find_image(write.conn(), profile, meter, expected.read_at).await?;
        if stands.map(|(image, _)| image).as_ref() != Some(expected) {
            return Err(refused("the reading was changed since"));
        }
    }
    let moves =
        expected.as_ref().map(|image| image.read_at) != wanted.as_ref().map(|image| image.read_at);
    if let Some(wanted) = wanted.as_ref().filter(|_| moves)
        && store::find_image(write.conn(), profile, meter, wanted.read_at)
            .await?
            .is_some()
    {
        return Err(refused("another reading stands at that instant"));
    }
    let now = write.now();
    match (&expected, &wanted) {
        (None, Some(wanted)) => store::insert(write.conn(), profile, wanted, now).await?,
        (Some(expected), None) => {
            store::delete(write.conn(), profile, meter, expected.read_at).await?;
        }
        (Some(expected), Some(wanted)) => {
            store::update(write.conn(), profile, expected.read_at, wanted).await?;
        }
        (None, None) => return Ok(0),
    }
    let image = wanted
        .as_ref()
        .or(expected.as_ref())
        .ok_or(Error::NotFound)?;
    settle(write, profile, image, expected.as_ref()).await?;
    Ok(1)
}

/// Puts the days of an imported file back, if nothing was written on them since. The other way, a
/// batch put in again, is the file imported again.
async fn restore_batch(write: &mut Write, profile: EnergyProfileId, entry: &Entry) -> Result<i64> {
    let Some(batch) = entry
        .before
        .as_ref()
        .and_then(|json| json.get("import_batch_id"))
    else {
        return Err(refused("import the file again"));
    };
    let id: ImportBatchId = serde_json::from_value(batch.clone()).map_err(anyhow::Error::from)?;
    let (meter, changes) = imports::store::find_batch(write.conn(), profile, id)
        .await?
        .ok_or(Error::NotFound)?;
    meters::store::find_locked(write.conn(), profile, meter)
        .await?
        .ok_or_else(|| refused("the meter is gone"))?;
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
            return Err(refused("days of this file were written on since"));
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

fn restored(date: jiff::civil::Date, content: Content, zone: &jiff::tz::TimeZone) -> Day {
    let (starts_at, minutes) = local_day(date, zone);
    Day {
        date,
        starts_at,
        minutes,
        content,
    }
}
