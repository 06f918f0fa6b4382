//! A device with its patterns as a row that people edit.

use ecotrack_common::device::ProfileDevice;
use ecotrack_common::{EnergyProfileId, ErrorCode, ProfileDeviceId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::jobs;

impl Row for Image {
    const ENTITY: &'static str = "profile_device";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] = &[(
        "profile_device_catalog_fkey",
        "catalog_slug",
        "not_a_catalog_device",
    )];
    type Id = ProfileDeviceId;
    type Seen = ProfileDevice;

    fn id(&self) -> ProfileDeviceId {
        self.profile_device_id
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ProfileDeviceId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        if !store::lock(conn, profile, id).await? {
            return Ok(None);
        }
        let found = store::find(conn, profile, id).await?;
        Ok(found.map(|row| {
            let image = Self {
                profile_device_id: row.profile_device_id,
                device: row.device,
                example: row.example,
            };
            (image, row.version)
        }))
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ProfileDeviceId,
    ) -> sqlx::Result<Option<ProfileDevice>> {
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

    async fn delete(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ProfileDeviceId,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id, now).await
    }

    /// A device stays while a meter measures it or a goal limits it.
    async fn check(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        let (Some(before), None) = (before, after) else {
            return Ok(());
        };
        if store::is_in_use(conn, profile, before.profile_device_id).await? {
            let why = "a meter or a goal is for this device; change that one first";
            return Err(Error::Refused(ErrorCode::InUse, why.to_owned()));
        }
        Ok(())
    }

    /// A home without readings is forecast by its devices.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        Ok(jobs::ask_refresh(conn, profile).await?)
    }
}
