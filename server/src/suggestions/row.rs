//! What a home wants of a measure as a row that people edit.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::suggestion::SuggestionRow;
use jiff::Timestamp;
use sqlx::PgConnection;

use super::store::{self, Image};
use crate::audit::rows::Row;
use crate::profiles;

impl Row for Image {
    const ENTITY: &'static str = "profile_suggestion";
    type Id = String;
    type Seen = SuggestionRow;

    fn id(&self) -> String {
        self.slug.clone()
    }

    /// A row is made by the first who touches its measure: writers of a home come one after another.
    async fn lock(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<()> {
        profiles::store::lock(conn, profile).await
    }

    async fn find_locked(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        slug: String,
    ) -> sqlx::Result<Option<(Self, i64)>> {
        store::find_locked(conn, profile, &slug).await
    }

    async fn find(
        conn: &mut PgConnection,
        profile: EnergyProfileId,
        slug: String,
    ) -> sqlx::Result<Option<SuggestionRow>> {
        let found = store::find_locked(conn, profile, &slug).await?;
        Ok(found.map(|(image, version)| image.seen(version)))
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
        slug: String,
        _now: Timestamp,
    ) -> sqlx::Result<()> {
        store::delete(conn, profile, &slug).await
    }
}
