//! What homes did with saving measures, and what they told.

use std::collections::BTreeMap;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::suggestion::{NewSuggestionState, SuggestionRow};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::baseline::Baseline;
use crate::database::word;

/// A row of `profile_suggestion` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Key of the measure, and of the row within its home.
    pub slug: String,
    /// What the home wants, and what it told.
    #[serde(flatten)]
    pub wanted: NewSuggestionState,
    /// The local day on which it was accepted.
    pub accepted_on: Option<Date>,
    /// The forecast of that day.
    pub baseline: Option<Baseline>,
}

impl Image {
    /// As it travels.
    pub fn seen(self, version: i64) -> SuggestionRow {
        SuggestionRow {
            slug: self.slug,
            wanted: self.wanted,
            accepted_on: self.accepted_on,
            version,
        }
    }
}

struct Row {
    slug: String,
    state: String,
    dismissed_until: Option<jiff_sqlx::Date>,
    answers: serde_json::Value,
    accepted_on: Option<jiff_sqlx::Date>,
    baseline: Option<serde_json::Value>,
    version: i64,
}

impl Row {
    fn into_image(self) -> sqlx::Result<(Image, i64)> {
        let broken = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let image = Image {
            slug: self.slug,
            wanted: NewSuggestionState {
                state: word(&self.state)?,
                dismissed_until: self.dismissed_until.map(jiff_sqlx::Date::to_jiff),
                answers: serde_json::from_value(self.answers).map_err(broken)?,
            },
            accepted_on: self.accepted_on.map(jiff_sqlx::Date::to_jiff),
            baseline: self
                .baseline
                .map(serde_json::from_value)
                .transpose()
                .map_err(broken)?,
        };
        Ok((image, self.version))
    }
}

/// The rows of a home with their versions, by slug.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<BTreeMap<String, (Image, i64)>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT slug, state, dismissed_until, answers, accepted_on, baseline, version
         FROM profile_suggestion WHERE energy_profile_id = $1",
        profile.0
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let (image, version) = row.into_image()?;
        Ok((image.slug.clone(), (image, version)))
    });
    rows.collect()
}

/// A row and its version; nobody else changes it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    slug: &str,
) -> sqlx::Result<Option<(Image, i64)>> {
    sqlx::query_as!(
        Row,
        "SELECT slug, state, dismissed_until, answers, accepted_on, baseline, version
         FROM profile_suggestion WHERE energy_profile_id = $1 AND slug = $2 FOR UPDATE",
        profile.0,
        slug,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::into_image)
    .transpose()
}

/// Adds a row.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_suggestion (energy_profile_id, slug, state, dismissed_until, answers, accepted_on, baseline,
                                         version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        image.slug,
        image.wanted.state.as_str(),
        image.wanted.dismissed_until.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        Json(&image.wanted.answers) as _,
        image.accepted_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        image.baseline.as_ref().map(Json) as _,
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a row.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE profile_suggestion
         SET state = $3, dismissed_until = $4, answers = $5, accepted_on = $6, baseline = $7, version = version + 1
         WHERE energy_profile_id = $1 AND slug = $2",
        profile.0,
        image.slug,
        image.wanted.state.as_str(),
        image.wanted.dismissed_until.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        Json(&image.wanted.answers) as _,
        image.accepted_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        image.baseline.as_ref().map(Json) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a row.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    slug: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM profile_suggestion WHERE energy_profile_id = $1 AND slug = $2",
        profile.0,
        slug,
    )
    .execute(conn)
    .await?;
    Ok(())
}
