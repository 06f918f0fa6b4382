//! The job that publishes a month, once, for all servers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::store;
use super::totals::{Entry, Total, contribution, month_due, total};
use crate::{App, consumption};

/// Publishes the month that is due, unless it was published, or no region has enough homes: then tomorrow
/// may bring them. The day is the server's, in UTC.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let today = app.clock.now().to_zoned(TimeZone::UTC).date();
    let Some(month) = month_due(today) else {
        return Ok(());
    };
    let mut conn = app.db.acquire().await?;
    if store::is_published(&mut conn, month).await? {
        return Ok(());
    }
    drop(conn);
    let totals = totals(app, month).await?;
    if totals.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, month, today, &totals).await?;
    tx.commit().await?;
    Ok(())
}

/// What is published of each region that has enough homes.
async fn totals(app: &App, month: Date) -> anyhow::Result<Vec<(String, Total)>> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    let factors = reference.factors.iter();
    let known: BTreeSet<&str> = factors.map(|factor| factor.region.as_str()).collect();
    let mut by_region: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut homes = store::list_taking_part(&mut conn, None).await?;
    while let Some(last) = homes.last().map(|home| home.id) {
        for home in homes {
            let last_day = month.last_of_month();
            let days = consumption::store::list_home_days(&mut conn, home.id, month, last_day);
            let Some(mwh) = contribution(&days.await?) else {
                continue;
            };
            let region = home.grid_region.unwrap_or_default();
            let region = known.contains(region.as_str()).then_some(region);
            let entries = by_region.entry(region.unwrap_or_default()).or_default();
            entries.push(Entry { lot: lot()?, mwh });
        }
        homes = store::list_taking_part(&mut conn, Some(last)).await?;
    }
    let mut totals = Vec::new();
    for (region, entries) in by_region {
        let total = total(entries, lot()?, month.days_in_month().into());
        totals.extend(total.map(|total| (region, total)));
    }
    Ok(totals)
}

fn lot() -> anyhow::Result<u64> {
    getrandom::u64().map_err(|error| anyhow::anyhow!("no randomness: {error}"))
}
