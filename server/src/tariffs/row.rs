//! A home's tariff as a row that people edit.

use ecotrack_common::home_tariff::{MAX_PROFILE_TARIFFS, ProfileTariff};
use ecotrack_common::{EnergyProfileId, FieldErrors, ProfileTariffId};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::error::Result;
use crate::{jobs, profiles};

impl Row for Image {
    const ENTITY: &'static str = "profile_tariff";
    const CONSTRAINTS: &'static [(&'static str, &'static str, &'static str)] = &[
        ("profile_tariff_valid_from_key", "valid_from", "day_taken"),
        ("profile_tariff_tariff_fkey", "tariff_slug", "not_a_tariff"),
    ];
    type Id = ProfileTariffId;
    type Seen = ProfileTariff;

    fn id(&self) -> ProfileTariffId {
        self.profile_tariff_id
    }

    /// How many there may be bears on all of them, and their money is the home's.
    async fn lock(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        profiles::store::lock(conn, profile).await
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ProfileTariffId,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        store::find_locked(conn, profile, id).await
    }

    /// Its last day follows from the others, so that all of them are read.
    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        id: ProfileTariffId,
    ) -> sqlx::Result<Option<ProfileTariff>> {
        let tariffs = store::list(conn, profile).await?;
        let mut tariffs = tariffs.into_iter();
        Ok(tariffs.find(|row| row.profile_tariff_id == id))
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
        id: ProfileTariffId,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, id).await
    }

    async fn check(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        let mut errors = FieldErrors::default();
        if before.is_none() && store::count(conn, profile).await? >= MAX_PROFILE_TARIFFS {
            let max = MAX_PROFILE_TARIFFS.to_string();
            errors.add_with("valid_from", "too_many_tariffs", &[("max", &max)]);
        }
        Ok(errors.into_result()?)
    }

    /// A limit in money may be passed now, or no more.
    async fn settle(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<()> {
        let evaluate = jobs::EvaluateAlerts {
            energy_profile_id: profile,
        };
        Ok(jobs::store::enqueue(conn, &evaluate).await?)
    }
}
