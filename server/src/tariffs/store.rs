//! Tariffs of homes.

use ecotrack_common::bill::Parameters;
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff, day_before};
use ecotrack_common::{EnergyProfileId, ProfileTariffId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of `profile_tariff` without its version: what a home says of its tariff from a day on; also
/// its image in the audit entries. Exactly one of slug and document is there; both documents are
/// kept as stored, since only the day that is asked about must be readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub profile_tariff_id: ProfileTariffId,
    /// First day.
    pub valid_from: Date,
    /// Slug of a tariff of the reference data.
    pub tariff_slug: Option<String>,
    /// A tariff of its own.
    pub document: Option<Value>,
    /// The home's own figures.
    pub parameters: Value,
    /// Made up for the demo.
    pub example: bool,
}

impl Image {
    /// What a person says of a tariff, as it is stored.
    pub(super) fn of(id: ProfileTariffId, new: NewProfileTariff) -> serde_json::Result<Self> {
        Ok(Self {
            profile_tariff_id: id,
            valid_from: new.valid_from,
            tariff_slug: new.tariff_slug,
            document: new.document.map(serde_json::to_value).transpose()?,
            parameters: serde_json::to_value(&new.parameters)?,
            example: false,
        })
    }
}

struct Row {
    profile_tariff_id: Uuid,
    valid_from: jiff_sqlx::Date,
    tariff_slug: Option<String>,
    document: Option<Value>,
    parameters: Value,
    example: bool,
    version: i64,
    listed_name: Option<String>,
    next_from: Option<jiff_sqlx::Date>,
}

impl Row {
    fn into_tariff(self) -> ProfileTariff {
        let mut unreadable = None;
        let own_name = self
            .document
            .as_ref()
            .and_then(|document| document["name"].as_str())
            .map(str::to_owned);
        let name = self.listed_name.or(own_name);
        let tariff = NewProfileTariff {
            valid_from: self.valid_from.to_jiff(),
            document: self
                .document
                .and_then(|stored| read(stored, "document", &mut unreadable)),
            parameters: read::<Parameters>(self.parameters, "parameters", &mut unreadable)
                .unwrap_or_default(),
            tariff_slug: self.tariff_slug,
        };
        ProfileTariff {
            profile_tariff_id: ProfileTariffId(self.profile_tariff_id),
            name: name
                .or_else(|| tariff.tariff_slug.clone())
                .unwrap_or_default(),
            tariff,
            valid_to: self.next_from.map(|next| day_before(next.to_jiff())),
            example: self.example,
            version: self.version,
            unreadable,
        }
    }
}

/// Reads what is stored, or notes why it cannot be read.
fn read<T: DeserializeOwned>(
    stored: Value,
    what: &str,
    unreadable: &mut Option<String>,
) -> Option<T> {
    match serde_json::from_value(stored) {
        Ok(read) => Some(read),
        Err(error) => {
            unreadable.get_or_insert(format!("{what}: {error}"));
            None
        }
    }
}

/// The tariffs of a home, the earliest first, to compute with.
pub async fn find_for(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<Image>> {
    let rows = sqlx::query!(
        "SELECT profile_tariff_id, valid_from, tariff_slug, document, parameters, example FROM profile_tariff
         WHERE energy_profile_id = $1 ORDER BY valid_from",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Image {
            profile_tariff_id: ProfileTariffId(row.profile_tariff_id),
            valid_from: row.valid_from.to_jiff(),
            tariff_slug: row.tariff_slug,
            document: row.document,
            parameters: row.parameters,
            example: row.example,
        })
        .collect())
}

/// The tariffs of a home as people see them, the one that begins last first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<ProfileTariff>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT h.profile_tariff_id, h.valid_from, h.tariff_slug, h.document, h.parameters, h.example, h.version,
                  t.name AS "listed_name?", lead(h.valid_from) OVER (ORDER BY h.valid_from) AS "next_from: _"
           FROM profile_tariff AS h LEFT JOIN tariff AS t ON t.slug = h.tariff_slug
           WHERE h.energy_profile_id = $1 ORDER BY h.valid_from DESC"#,
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Row::into_tariff).collect())
}

/// A tariff with its version; nobody else changes it until the transaction ends.
pub async fn find_locked(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileTariffId,
) -> sqlx::Result<Option<(Image, i64)>> {
    let row = sqlx::query!(
        "SELECT valid_from, tariff_slug, document, parameters, example, version FROM profile_tariff
         WHERE energy_profile_id = $1 AND profile_tariff_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let image = Image {
            profile_tariff_id: id,
            valid_from: row.valid_from.to_jiff(),
            tariff_slug: row.tariff_slug,
            document: row.document,
            parameters: row.parameters,
            example: row.example,
        };
        (image, row.version)
    }))
}

/// How many tariffs the home has.
pub async fn count(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM profile_tariff WHERE energy_profile_id = $1"#,
        profile.0,
    )
    .fetch_one(conn)
    .await
}

/// Whether the home has this tariff of the reference data on any day.
pub async fn has_slug(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    slug: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM profile_tariff WHERE energy_profile_id = $1 AND tariff_slug = $2) AS "has!""#,
        profile.0,
        slug,
    )
    .fetch_one(conn)
    .await
}

/// Adds a tariff.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, tariff_slug, document, parameters,
                                     example, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        profile.0,
        image.profile_tariff_id.0,
        image.valid_from.to_sqlx(),
        image.tariff_slug,
        image.document,
        image.parameters,
        image.example,
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a tariff.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE profile_tariff
         SET valid_from = $3, tariff_slug = $4, document = $5, parameters = $6, example = $7, version = version + 1
         WHERE energy_profile_id = $1 AND profile_tariff_id = $2",
        profile.0,
        image.profile_tariff_id.0,
        image.valid_from.to_sqlx(),
        image.tariff_slug,
        image.document,
        image.parameters,
        image.example,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a tariff.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: ProfileTariffId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM profile_tariff WHERE energy_profile_id = $1 AND profile_tariff_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
