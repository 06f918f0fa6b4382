//! Taking an operation back, whatever it was done to: each feature knows how its rows return.

use ecotrack_common::audit::Undone;
use ecotrack_common::profile::Role;
use ecotrack_common::{EnergyProfileId, OperationId};
use uuid::Uuid;

use crate::accounts::Caller;
use crate::audit::rows::{Row, restore};
use crate::audit::store::Entry;
use crate::audit::{self, cannot_undo};
use crate::error::{Error, OnConstraint, Result};
use crate::profiles::row as home;
use crate::readings::{self, imports};
use crate::write::Write;
use crate::{
    alerts, away, bills, devices, goals, keys, live, meters, suggestions, tariffs, weather,
};

/// Takes an operation back as a new operation, which can itself be taken back: all of its rows, or
/// none when something newer stands on one.
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
    if audit::store::is_moved(write.conn(), profile, operation).await? {
        return Err(cannot_undo(
            "it was done before the home came to this server",
        ));
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
        cannot_undo("it was undone before")
    })?;
    // What an import wrote goes before the meters that it made, whose locks come before that of the home.
    let mut ordered = back;
    ordered.sort_by_key(|entry| entry.entity != imports::BATCH);
    let mut rows = 0;
    for of_entity in ordered.chunk_by(|a, b| a.entity == b.entity) {
        rows += restore_all(write, caller, profile, of_entity).await?;
    }
    Ok(Undone {
        undone: operation,
        operation_id,
        rows,
    })
}

/// Brings rows of one entity to what the entries say after; gives how many there are.
async fn restore_all(
    write: &mut Write,
    caller: &Caller,
    profile: EnergyProfileId,
    entries: &[Entry],
) -> Result<i64> {
    let entity = entries.first().map_or("", |entry| entry.entity.as_str());
    match entity {
        imports::BATCH => return imports::undo::restore(write, profile, entries).await,
        readings::READING => readings::undo::restore(write, profile, entries).await?,
        // Only its owner changes a home, and takes that back.
        home::ENTITY if caller.role < Some(Role::Owner) => return Err(Error::Forbidden),
        home::ENTITY => home::restore(write, profile, entries).await?,
        meters::store::Image::ENTITY => {
            restore::<meters::store::Image>(write, profile, entries).await?;
        }
        devices::store::Image::ENTITY => {
            restore::<devices::store::Image>(write, profile, entries).await?;
        }
        bills::store::Image::ENTITY => {
            restore::<bills::store::Image>(write, profile, entries).await?;
        }
        goals::store::Image::ENTITY => {
            restore::<goals::store::Image>(write, profile, entries).await?;
        }
        away::store::Image::ENTITY => {
            restore::<away::store::Image>(write, profile, entries).await?;
        }
        alerts::store::Image::ENTITY => {
            restore::<alerts::store::Image>(write, profile, entries).await?;
        }
        live::sources::store::Image::ENTITY => {
            restore::<live::sources::store::Image>(write, profile, entries).await?;
        }
        live::topics::store::Image::ENTITY => {
            restore::<live::topics::store::Image>(write, profile, entries).await?;
        }
        // What was told once cannot be told again.
        keys::KEY => return Err(cannot_undo("a key is made or revoked anew")),
        tariffs::store::Image::ENTITY => {
            restore::<tariffs::store::Image>(write, profile, entries).await?;
        }
        suggestions::store::Image::ENTITY => {
            restore::<suggestions::store::Image>(write, profile, entries).await?;
        }
        weather::ENTITY => weather::undo::restore(write, profile, entries).await?,
        _ => return Err(cannot_undo("another version of EcoTrack did it")),
    }
    Ok(i64::try_from(entries.len()).unwrap_or(i64::MAX))
}
