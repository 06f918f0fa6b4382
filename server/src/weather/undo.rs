//! Taking back imports and removals of temperatures.

use std::collections::BTreeMap;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::weather::{WeatherObservation, WeatherSource};
use jiff::civil::Date;

use super::store;
use crate::audit::store::Entry;
use crate::audit::{cannot_undo, images};
use crate::error::Result;
use crate::profiles;
use crate::write::Write;

/// Brings days to what the entries say after, if what people said of them still is what they say
/// before. What the online source said in between is nobody's word and stands in nobody's way.
pub async fn restore(write: &mut Write, profile: EnergyProfileId, entries: &[Entry]) -> Result<()> {
    profiles::store::lock(write.conn(), profile).await?;
    let changes = entries
        .iter()
        .map(images::<WeatherObservation>)
        .collect::<Result<Vec<_>>>()?;
    let dates = || {
        let rows = changes.iter().flat_map(|(before, after)| [before, after]);
        rows.flatten().map(|row| row.local_date)
    };
    let (Some(from), Some(to)) = (dates().min(), dates().max()) else {
        return Ok(());
    };
    let stands = store::list(write.conn(), profile, from, to, i64::MAX).await?;
    let stands: BTreeMap<Date, WeatherObservation> = stands
        .into_iter()
        .map(|row| (row.local_date, row))
        .collect();
    let (mut back, mut gone) = (Vec::new(), Vec::new());
    for (before, after) in changes {
        let Some(date) = before.as_ref().or(after.as_ref()).map(|row| row.local_date) else {
            continue;
        };
        if said(stands.get(&date)) != said(before.as_ref()) {
            return Err(cannot_undo(
                "temperatures of these days were written since; undo that first",
            ));
        }
        match after {
            Some(row) => back.push(row),
            None => gone.push(date),
        }
    }
    store::put(write.conn(), profile, &back).await?;
    store::delete(write.conn(), profile, &gone).await?;
    Ok(())
}

/// What somebody said of a day.
fn said(row: Option<&WeatherObservation>) -> Option<&WeatherObservation> {
    row.filter(|row| row.source == WeatherSource::File)
}
