//! What homes did with saving measures.

use std::collections::BTreeMap;
use std::str::FromStr;

use ecotrack_common::EnergyProfileId;
use sqlx::PgConnection;

use crate::database::word;

/// What a home did with a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionState {
    /// It means to.
    Accepted,
    /// It does not want to.
    Dismissed,
    /// It has.
    Done,
}

/// A word that is no state.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no state of a suggestion")]
pub struct UnknownState(String);

impl FromStr for SuggestionState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "accepted" => Ok(Self::Accepted),
            "dismissed" => Ok(Self::Dismissed),
            "done" => Ok(Self::Done),
            _ => Err(UnknownState(text.to_owned())),
        }
    }
}

/// What the home did with which measure, by slug.
pub async fn list_states(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<BTreeMap<String, SuggestionState>> {
    let rows = sqlx::query!(
        "SELECT slug, state FROM profile_suggestion WHERE energy_profile_id = $1",
        profile.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.slug, word(&row.state)?)))
        .collect()
}
