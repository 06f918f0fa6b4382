//! What was predicted, held against what happened.

use ecotrack_common::EnergyProfileId;
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::PgConnection;

pub mod store;
#[cfg(test)]
mod tests;

use super::history::History;

/// Days ahead at which predictions are kept beside what happened.
const HORIZONS: [i16; 4] = [1, 7, 14, 30];
/// Days back that are held against predictions: as long as those are kept behind the newest, and as long
/// again, for whoever reads a meter every other month.
const DAYS: i32 = 120;

/// Puts the predictions that are kept beside the days that are known. Before a new one is kept, since
/// with it old ones go.
pub async fn compare(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    history: &History,
) -> sqlx::Result<()> {
    let Some(last) = history.last() else {
        return Ok(());
    };
    let since = last.saturating_sub(DAYS.days());
    let known: Vec<(Date, f64)> = history
        .known()
        .iter()
        .enumerate()
        .filter_map(|(at, kwh)| Some((history.date(at), (*kwh)?)))
        .filter(|(date, _)| *date > since)
        .collect();
    store::put_comparisons(conn, profile, since, &known, &HORIZONS).await
}
