//! A home as a row that its owner edits. It is made and removed in other ways, so that only its
//! change stands here, and the undo of it.

use ecotrack_common::profile::{EnergyProfile, LocationInfo, ProfileDetails};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, ErrorCode};

use super::store;
use crate::accounts::Caller;
use crate::audit::rows::in_the_way;
use crate::audit::store::Entry;
use crate::audit::{cannot_undo, entry, images, record};
use crate::error::{Error, Result};
use crate::jobs;
use crate::write::Write;

/// The word for a home in the audit entries.
pub const ENTITY: &str = "energy_profile";

/// Changes the home of which the caller saw the version.
pub(super) async fn change(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    input: Changed<ProfileDetails>,
) -> Result<Written<EnergyProfile>> {
    let now = write.now();
    let (before, version) = store::find_image(write.conn(), profile)
        .await?
        .ok_or(Error::NotFound)?;
    if version != input.version {
        let current = store::find(write.conn(), profile, caller.account_id, now).await?;
        return Err(Error::conflict(ErrorCode::StaleVersion, &current));
    }
    put(write, profile, &before, &input.row).await?;
    let after = store::find_image(write.conn(), profile).await?;
    let after = after.map(|(after, _)| after);
    let entry = entry(ENTITY, Some(&before), after.as_ref())?;
    let operation_id = record(write, caller, profile, &[entry]).await?;
    let row = store::find(write.conn(), profile, caller.account_id, now).await?;
    Ok(Written { operation_id, row })
}

/// Brings the home to what each entry says after, if it still is what it says before.
pub async fn restore(write: &mut Write, profile: EnergyProfileId, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        let (Some(before), Some(after)) = images::<ProfileDetails>(entry)? else {
            return Err(cannot_undo("a home is removed and restored in other ways"));
        };
        let stands = store::find_image(write.conn(), profile).await?;
        if stands.map(|(home, _)| home).as_ref() != Some(&before) {
            return Err(cannot_undo("somebody changed it since; undo that first"));
        }
        put(write, profile, &before, &after)
            .await
            .map_err(in_the_way)?;
    }
    Ok(())
}

/// Stores what is said of the home, and has its days cut again where the zone changes.
async fn put(
    write: &mut Write,
    profile: EnergyProfileId,
    before: &ProfileDetails,
    after: &ProfileDetails,
) -> Result<()> {
    let zone_changes = before.time_zone != after.time_zone;
    if zone_changes && store::has_steps(write.conn(), profile).await? {
        // Steps are cut at the midnights of the zone that they came in; moving them would need the
        // halves of steps in zones that differ by less than one.
        return Err(Error::field("time_zone", "has_steps"));
    }
    store::update(write.conn(), profile, after).await?;
    let place = &before.location;
    ask_for_weather(write.conn(), profile, Some(place), &after.location).await?;
    if zone_changes {
        let rebuild = jobs::RebuildDays {
            energy_profile_id: profile,
        };
        jobs::store::enqueue(write.conn(), &rebuild).await?;
    }
    Ok(())
}

/// Asks for the temperatures of a place that the home was not at before. Where no online source is set
/// up, the job does nothing.
pub(super) async fn ask_for_weather(
    conn: &mut sqlx::PgConnection,
    profile: EnergyProfileId,
    before: Option<&LocationInfo>,
    after: &LocationInfo,
) -> Result<()> {
    let place = |at: &LocationInfo| at.latitude.zip(at.longitude);
    if place(after).is_some() && before.and_then(place) != place(after) {
        let fetch = jobs::FetchWeather {
            energy_profile_id: profile,
        };
        jobs::store::enqueue(conn, &fetch).await?;
    }
    Ok(())
}
