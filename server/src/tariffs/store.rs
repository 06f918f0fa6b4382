//! Tariffs of homes.

use ecotrack_common::EnergyProfileId;
use jiff::civil::Date;
use sqlx::PgConnection;

/// What a home says of its tariff from a day on. Exactly one of slug and document is there; both
/// documents are kept as stored, since only the day that is asked about must be readable.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileTariff {
    /// First day.
    pub valid_from: Date,
    /// Slug of a tariff of the reference data.
    pub tariff_slug: Option<String>,
    /// A tariff of its own.
    pub document: Option<serde_json::Value>,
    /// The home's own figures.
    pub parameters: serde_json::Value,
    /// Made up for the demo.
    pub example: bool,
}

/// The tariffs of a home, the earliest first.
pub async fn find_for(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<ProfileTariff>> {
    let rows = sqlx::query!(
        "SELECT valid_from, tariff_slug, document, parameters, example FROM profile_tariff
         WHERE energy_profile_id = $1 ORDER BY valid_from",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ProfileTariff {
            valid_from: row.valid_from.to_jiff(),
            tariff_slug: row.tariff_slug,
            document: row.document,
            parameters: row.parameters,
            example: row.example,
        })
        .collect())
}
