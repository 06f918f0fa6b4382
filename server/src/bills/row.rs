//! A bill as a row that people edit. No day of a home is in two of them.

use ecotrack_common::billing::BillingRecord;
use ecotrack_common::{BillingRecordId, EnergyProfileId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::{Error, Result};
use crate::jobs;
use crate::profiles;

impl Row for Image {
    const ENTITY: &'static str = "billing_record";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] =
        &[("billing_record_first_day_key", "first_day", "overlaps_bill")];
    type Id = BillingRecordId;
    type Seen = BillingRecord;

    fn id(&self) -> BillingRecordId {
        self.billing_record_id
    }

    /// Writers of a home's bills come one after another, so that what `check` sees is all there is.
    async fn lock(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        profiles::store::lock(conn, profile).await
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: BillingRecordId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        store::find_image(conn, profile, id).await
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: BillingRecordId,
    ) -> sqlx::Result<Option<BillingRecord>> {
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
        id: BillingRecordId,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id).await
    }

    async fn check(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        let Some(after) = after else { return Ok(()) };
        if store::overlaps(conn, profile, after).await? {
            return Err(Error::field("first_day", "overlaps_bill"));
        }
        Ok(())
    }

    /// A home with few readings is forecast by its bills.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        Ok(jobs::ask_refresh(conn, profile).await?)
    }
}
