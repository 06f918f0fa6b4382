//! A meter as a row that people edit, and what binds it to its readings, its device and its twin.

use ecotrack_common::meter::Meter;
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors, MeterId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::{devices, jobs};

impl Row for Image {
    const ENTITY: &'static str = "meter";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] =
        &[("meter_name_key", "name", "taken")];
    type Id = MeterId;
    type Seen = Meter;

    fn id(&self) -> MeterId {
        self.meter_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: MeterId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        store::find_image(conn, profile, id).await
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: MeterId,
    ) -> sqlx::Result<Option<Meter>> {
        store::find(conn, profile, id).await
    }

    async fn insert(
        &self,
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        version: i64,
    ) -> sqlx::Result<()> {
        store::insert(conn, profile, self, version).await
    }

    async fn update(&self, conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        store::update(conn, profile, self).await
    }

    /// Its readings stay where they are, out of sight.
    async fn delete(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: MeterId,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id, now).await
    }

    async fn check(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        if let Some(before) = before {
            refuse_if_named(conn, profile, before, after).await?;
        }
        let Some(after) = after else { return Ok(()) };
        let mut errors = FieldErrors::default();
        if let Some(device) = after.meter.profile_device_id
            && !devices::store::keep(conn, profile, device).await?
        {
            errors.add("profile_device_id", "not_a_device");
        }
        if let Some(code) = wrong_twin(conn, profile, after).await? {
            errors.add("same_as", code);
        }
        if let Some(before) = before {
            let of_readings = [
                (
                    "reading_kind",
                    before.meter.reading_kind != after.meter.reading_kind,
                ),
                ("channel", before.meter.channel != after.meter.channel),
            ];
            let differing = of_readings.iter().filter(|(_, differs)| *differs);
            if differing.clone().next().is_some()
                && store::has_readings(conn, profile, before.meter_id).await?
            {
                differing.for_each(|(field, _)| errors.add(field, "has_readings"));
            }
        }
        Ok(errors.into_result()?)
    }

    /// What the home used differs from now on, if the meter knows anything.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        let Some(row) = after.or(before) else {
            return Ok(());
        };
        if !store::has_readings(conn, profile, row.meter_id).await? {
            return Ok(());
        }
        if before.is_none() {
            // The home's zone may have changed while the meter was away.
            let rebuild = jobs::RebuildDays {
                energy_profile_id: profile,
            };
            jobs::store::enqueue(conn, &rebuild).await?;
        }
        Ok(jobs::ask_refresh(conn, profile).await?)
    }
}

/// A meter that another names as the same flow stays, measures what it measures, and names none
/// itself: twins are pairs and stars, never chains.
async fn refuse_if_named(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    before: &Image,
    after: Option<&Image>,
) -> Result<()> {
    let stays = after.is_some_and(|after| {
        after.meter.channel == before.meter.channel && after.meter.same_as.is_none()
    });
    if !stays && store::is_named(conn, profile, before.meter_id).await? {
        let why = "another meter says that it knows the same flow; change that one first";
        return Err(Error::Refused(ErrorCode::InUse, why.to_owned()));
    }
    Ok(())
}

/// Why the meter that this one names is none that it can name.
async fn wrong_twin(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    row: &Image,
) -> Result<Option<&'static str>> {
    let Some(named) = row.meter.same_as else {
        return Ok(None);
    };
    let twin = store::find_kept(conn, profile, named).await?;
    let twin = twin.filter(|twin| twin.meter_id != row.meter_id && twin.same_as.is_none());
    Ok(match twin {
        None => Some("not_a_meter"),
        Some(twin) if twin.channel != row.meter.channel => Some("other_channel"),
        Some(_) => None,
    })
}
