//! What was read off meters: entering, correcting, removing, importing. Also keeps
//! `consumption_day`, in the same transaction, under a lock on the meter.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::reading::{
    ChangedReading, Measured, NewReading, NewReadings, Reading, ReadingPage, ReadingSource,
    ReadingWritten,
};
use ecotrack_common::write::BatchWritten;
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors, MeterId, path};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod batch;
#[cfg(test)]
mod batch_tests;
pub mod derive;
pub mod imports;
pub mod steps;
pub mod store;
#[cfg(test)]
mod tests;
pub mod undo;

use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit, jobs, meters, profiles};
use store::Image;

/// Readings on one page.
const PAGE: i64 = 100;
/// The word for a reading in the audit entries.
pub const READING: &str = "energy_reading";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
        .routes(routes!(create_all))
}

#[derive(Debug, Deserialize, IntoParams)]
struct PageQuery {
    /// Readings before this instant; the newest when left out.
    before: Option<Timestamp>,
}

/// Readings of a meter, newest first.
#[utoipa::path(get, path = path::READINGS, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = ReadingPage)))]
async fn list(
    State(app): State<App>,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<ReadingPage>> {
    let mut conn = app.db.acquire().await?;
    meters::store::find(&mut conn, profile, meter)
        .await?
        .ok_or(Error::NotFound)?;
    let readings = store::list(&mut conn, profile, meter, page.before, PAGE).await?;
    let full = i64::try_from(readings.len()).is_ok_and(|count| count == PAGE);
    let next_before = readings
        .last()
        .filter(|_| full)
        .map(|reading| reading.read_at);
    Ok(axum::Json(ReadingPage {
        readings,
        next_before,
    }))
}

/// A new reading.
#[utoipa::path(post, path = path::READINGS, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path)),
    request_body = NewReading,
    responses((status = 201, body = ReadingWritten), (status = 409), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Json(input): Json<NewReading>,
) -> Result<Response> {
    input.check(app.clock.now())?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let meter = register_meter(&mut write, profile, meter).await?;
    let image = image(&caller, meter.meter_id, input);
    if let Some(current) = store::find(write.conn(), profile, meter.meter_id, image.read_at).await?
    {
        return Err(Error::conflict(ErrorCode::DuplicateReading, &current));
    }
    let now = write.now();
    store::insert(write.conn(), profile, &image, now, 1).await?;
    refuse_what_cannot_be(&mut write, profile, &image).await?;
    settle(&mut write, profile, &image, None).await?;
    let written = record(&mut write, &caller, profile, None, Some(&image)).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Several new readings: all of them, or none. Wrong fields are named `readings.<index>.<field>`.
#[utoipa::path(post, path = path::READINGS_BATCH, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path)),
    request_body = NewReadings,
    responses((status = 201, body = BatchWritten<Reading>), (status = 422)))]
async fn create_all(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Json(input): Json<NewReadings>,
) -> Result<Response> {
    input.check(app.clock.now())?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let meter = register_meter(&mut write, profile, meter).await?;
    let new = input.readings.into_iter();
    let images = new.map(|reading| image(&caller, meter.meter_id, reading));
    let written = batch::create_all(&mut write, &caller, profile, images.collect()).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Corrects a reading; it may move to another instant.
#[utoipa::path(put, path = path::READING, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path), ("read_at" = Timestamp, Path)),
    request_body = ChangedReading,
    responses((status = 200, body = ReadingWritten), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter, read_at)): Path<(EnergyProfileId, MeterId, Timestamp)>,
    Json(input): Json<ChangedReading>,
) -> Result<Response> {
    input.reading.check(app.clock.now())?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let meter = register_meter(&mut write, profile, meter).await?;
    let before = current(&mut write, profile, meter.meter_id, read_at, input.version).await?;
    let mut after = image(&caller, meter.meter_id, input.reading);
    // A correction says who corrected; the source stays what it was.
    after.source = before.source;
    if after.read_at != before.read_at
        && let Some(other) =
            store::find(write.conn(), profile, meter.meter_id, after.read_at).await?
    {
        return Err(Error::conflict(ErrorCode::DuplicateReading, &other));
    }
    store::update(write.conn(), profile, before.read_at, &after).await?;
    refuse_what_cannot_be(&mut write, profile, &after).await?;
    settle(&mut write, profile, &after, Some(&before)).await?;
    let written = record(&mut write, &caller, profile, Some(&before), Some(&after)).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a reading; the operation of the answer takes it back.
#[utoipa::path(delete, path = path::READING, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path), ("read_at" = Timestamp, Path), VersionQuery),
    responses((status = 200, body = ReadingWritten), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter, read_at)): Path<(EnergyProfileId, MeterId, Timestamp)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let meter = register_meter(&mut write, profile, meter).await?;
    let before = current(&mut write, profile, meter.meter_id, read_at, query.version).await?;
    store::delete(write.conn(), profile, meter.meter_id, before.read_at).await?;
    settle(&mut write, profile, &before, None).await?;
    let written = record(&mut write, &caller, profile, Some(&before), None).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// The meter, held against other writers; a meter of steps takes no registers.
async fn register_meter(
    write: &mut Write,
    profile: EnergyProfileId,
    meter: MeterId,
) -> Result<Meter> {
    let meter = meters::store::find_locked(write.conn(), profile, meter)
        .await?
        .ok_or(Error::NotFound)?;
    if meter.reading_kind == ReadingKind::Step {
        return Err(Error::field("register_kwh", "meter_of_steps"));
    }
    Ok(meter)
}

/// What is to be stored. Instants are whole seconds: no register is read finer.
fn image(caller: &Caller, meter_id: MeterId, new: NewReading) -> Image {
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let measured = match new.measured {
        Measured::Period {
            energy_kwh,
            ends_at,
        } => Measured::Period {
            energy_kwh,
            ends_at: whole(ends_at),
        },
        register @ Measured::Register { .. } => register,
    };
    Image {
        meter_id,
        read_at: whole(new.read_at),
        measured,
        register_restarted: new.register_restarted && matches!(measured, Measured::Register { .. }),
        estimated: new.estimated,
        note: new.note.filter(|note| !note.trim().is_empty()),
        source: ReadingSource::Manual,
        entered_by: Some(caller.account_id),
        import_batch_id: None,
    }
}

/// The reading as the caller saw it, or the conflict.
async fn current(
    write: &mut Write,
    profile: EnergyProfileId,
    meter: MeterId,
    read_at: Timestamp,
    version: i64,
) -> Result<Image> {
    let (before, stands) = store::find_image(write.conn(), profile, meter, read_at)
        .await?
        .ok_or(Error::NotFound)?;
    if stands != version {
        let current = store::find(write.conn(), profile, meter, read_at).await?;
        return Err(Error::conflict(ErrorCode::StaleVersion, &current));
    }
    Ok(before)
}

/// A register below the one before it, or above the one after, is asked about: a typing error, a
/// meter replaced, a counter rolled over.
async fn refuse_what_cannot_be(
    write: &mut Write,
    profile: EnergyProfileId,
    image: &Image,
) -> Result<()> {
    let mut errors = FieldErrors::default();
    if let Measured::Register { register_kwh } = image.measured {
        let (before, after) =
            store::neighbours(write.conn(), profile, image.meter_id, image.read_at).await?;
        if let Some(before) = before
            && let Measured::Register {
                register_kwh: previous,
            } = before.measured
            && register_kwh < previous
            && !image.register_restarted
        {
            let params = [
                ("previous", previous.0.to_string()),
                ("previous_at", before.read_at.to_string()),
            ];
            let params = params
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            errors.add_with("register_kwh", "register_lower", &params);
        }
        if let Some((next_at, next, restarted)) = after
            && register_kwh.0 > next
            && !restarted
        {
            let params = [("next", next.to_string()), ("next_at", next_at.to_string())];
            let params = params
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            errors.add_with("register_kwh", "register_higher", &params);
        }
    }
    Ok(errors.into_result()?)
}

/// Derives again what the change bears on; time that would then be told twice is refused.
async fn settle(
    write: &mut Write,
    profile: EnergyProfileId,
    image: &Image,
    other: Option<&Image>,
) -> Result<()> {
    let other = other.unwrap_or(image);
    let from = image.read_at.min(other.read_at);
    let to = image.until().max(other.until());
    let meter = image.meter_id;
    let (from, to) = store::bearing(write.conn(), profile, meter, from, to).await?;
    if store::overlaps(write.conn(), profile, meter, from, to).await? {
        return Err(Error::field("read_at", "overlaps"));
    }
    let zone = profiles::store::zone(write.conn(), profile).await?;
    store::rederive(write.conn(), profile, meter, &zone, from, to).await?;
    Ok(())
}

/// Writes the audit entry and puts the answer together.
async fn record(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    before: Option<&Image>,
    after: Option<&Image>,
) -> Result<ReadingWritten> {
    let entry = audit::entry(READING, before, after)?;
    let operation_id = audit::record(write, caller, profile, &[entry]).await?;
    ask_for_refresh(write, profile).await?;
    let reading = match after {
        Some(after) => store::find(write.conn(), profile, after.meter_id, after.read_at).await?,
        None => None,
    };
    Ok(ReadingWritten {
        operation_id,
        reading,
    })
}

async fn ask_for_refresh(write: &mut Write, profile: EnergyProfileId) -> Result<()> {
    Ok(jobs::ask_refresh(write.conn(), profile).await?)
}
