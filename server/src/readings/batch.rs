//! Several readings in one act: a year of them from a notebook, all or none.

use std::collections::BTreeMap;

use ecotrack_common::reading::{Measured, Reading};
use ecotrack_common::write::BatchWritten;
use ecotrack_common::{EnergyProfileId, FieldErrors, Kwh, MeterId};
use jiff::Timestamp;

use super::derive::FactKind;
use super::store::{self, Image};
use super::{READING, ask_for_refresh};
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::write::Write;
use crate::{audit, profiles};

/// Adds the readings of one meter, whose lock the caller holds. What is refused is refused under
/// `readings.<index>`, before anything else of it is looked at.
pub(super) async fn create_all(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    images: Vec<Image>,
) -> Result<BatchWritten<Reading>> {
    let (Some(first), Some(from), Some(to)) = (
        images.first(),
        images.iter().map(|image| image.read_at).min(),
        images.iter().map(Image::until).max(),
    ) else {
        return Err(Error::field("readings", "required"));
    };
    let meter = first.meter_id;
    refuse_duplicates(write, profile, &images).await?;
    let now = write.now();
    for image in &images {
        store::insert(write.conn(), profile, image, now, 1).await?;
    }
    let (from, to) = store::bearing(write.conn(), profile, meter, from, to).await?;
    refuse_falling_registers(write, profile, meter, &images, from, to).await?;
    if store::overlaps(write.conn(), profile, meter, from, to).await? {
        return Err(overlapping(write, profile, &images).await?);
    }
    let zone = profiles::store::zone(write.conn(), profile).await?;
    store::rederive(write.conn(), profile, meter, &zone, from, to).await?;

    let entries = images
        .iter()
        .map(|image| audit::entry(READING, None, Some(image)))
        .collect::<Result<Vec<_>>>()?;
    let operation_id = audit::record(write, caller, profile, &entries).await?;
    ask_for_refresh(write, profile).await?;
    let mut rows = Vec::new();
    for image in &images {
        let reading = store::find(write.conn(), profile, meter, image.read_at).await?;
        rows.push(reading.ok_or(Error::NotFound)?);
    }
    Ok(BatchWritten { operation_id, rows })
}

fn field(at: usize, name: &str) -> String {
    format!("readings.{at}.{name}")
}

/// An instant that has a reading already takes no other.
async fn refuse_duplicates(
    write: &mut Write,
    profile: EnergyProfileId,
    images: &[Image],
) -> Result<()> {
    let mut errors = FieldErrors::default();
    for (at, image) in images.iter().enumerate() {
        let stands =
            store::find_image(write.conn(), profile, image.meter_id, image.read_at).await?;
        if stands.is_some() {
            errors.add(&field(at, "read_at"), "duplicate_reading");
        }
    }
    Ok(errors.into_result()?)
}

/// Each register is held against the one before it, of the batch or stored; the fault is that of
/// the batch's.
async fn refuse_falling_registers(
    write: &mut Write,
    profile: EnergyProfileId,
    meter: MeterId,
    images: &[Image],
    from: Timestamp,
    to: Timestamp,
) -> Result<()> {
    let of_batch: BTreeMap<Timestamp, usize> = images
        .iter()
        .enumerate()
        .filter(|(_, image)| matches!(image.measured, Measured::Register { .. }))
        .map(|(at, image)| (image.read_at, at))
        .collect();
    let facts = store::list_facts(write.conn(), profile, meter, from, to).await?;
    let registers: Vec<(Timestamp, i64, bool)> = facts
        .iter()
        .filter_map(|fact| match fact.kind {
            FactKind::Register { mwh, restarted } => Some((fact.read_at, mwh, restarted)),
            FactKind::Period { .. } => None,
        })
        .collect();
    let mut errors = FieldErrors::default();
    for pair in registers.windows(2) {
        let ((before_at, before, _), (after_at, after, restarted)) = (pair[0], pair[1]);
        if after >= before || restarted {
            continue;
        }
        let kwh = |mwh: i64| Kwh::from_mwh(mwh).0.to_string();
        if let Some(at) = of_batch.get(&after_at) {
            let params = [
                ("previous", kwh(before)),
                ("previous_at", before_at.to_string()),
            ];
            add(&mut errors, *at, "register_lower", &params);
        } else if let Some(at) = of_batch.get(&before_at) {
            let params = [("next", kwh(after)), ("next_at", after_at.to_string())];
            add(&mut errors, *at, "register_higher", &params);
        }
    }
    Ok(errors.into_result()?)
}

fn add(errors: &mut FieldErrors, at: usize, code: &str, params: &[(&str, String); 2]) {
    let params = params
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    errors.add_with(&field(at, "register_kwh"), code, &params);
}

/// Names the readings that tell of time that another tells of too.
async fn overlapping(
    write: &mut Write,
    profile: EnergyProfileId,
    images: &[Image],
) -> Result<Error> {
    let mut errors = FieldErrors::default();
    for (at, image) in images.iter().enumerate() {
        let (meter, until) = (image.meter_id, image.until());
        let (from, to) = store::bearing(write.conn(), profile, meter, image.read_at, until).await?;
        if store::overlaps(write.conn(), profile, meter, from, to).await? {
            errors.add(&field(at, "read_at"), "overlaps");
        }
    }
    Ok(Error::Invalid(errors))
}
