//! Staged days into what is stored of them. Most are put in as they came; those that came in parts, or
//! that something is known of, are put together here, some hundred at a time.

use std::collections::BTreeMap;

use ecotrack_common::MeterId;
use sqlx::PgConnection;

use super::copy::CopyRows;
use super::found::Found;
use super::store::{self, Meeting, Staging};
use crate::error::Result;
use crate::readings::derive::{Content, Day};
use crate::readings::steps::{self, Rules, Tally};

/// Merges the days that meet something, which are then in `import_merged`; counts all of them by meter.
pub async fn merge(
    conn: &mut PgConnection,
    profile: ecotrack_common::EnergyProfileId,
    rules: Rules,
    found: &mut Found,
) -> Result<BTreeMap<MeterId, Tally>> {
    let mut tallies: BTreeMap<MeterId, Tally> = BTreeMap::new();
    for (meter, known) in store::drop_same(conn, profile).await? {
        tallies.entry(meter).or_default().unchanged += known;
    }
    let meeting = store::find_meeting(conn, profile).await?;
    for (meter, known) in store::count_new(conn).await? {
        tallies.entry(meter).or_default().added += known;
    }
    let mut after = None;
    let mut twice = 0;
    // Where nothing meets there is no list to go through.
    let mut left = meeting > 0;
    while left {
        let page = store::list_meeting(conn, after).await?;
        left = !page.is_empty();
        if let Some(last) = page.last() {
            after = Some((last.meter, last.part.date));
        }
        let mut merged = CopyRows::default();
        let same_day = |a: &Meeting, b: &Meeting| (a.meter, a.part.date) == (b.meter, b.part.date);
        for parts in page.chunk_by(same_day) {
            let Some(first) = parts.first() else { continue };
            let tally = tallies.entry(first.meter).or_default();
            let of_day = parts
                .iter()
                .map(|meeting| (meeting.part.clone(), meeting.line));
            let whole = steps::combine(of_day.collect(), tally, |finding| found.doubt(&finding));
            let Some((whole, alike)) = whole else {
                continue;
            };
            twice += alike;
            match steps::merge(first.stored.as_ref(), whole, rules, tally) {
                Ok(Some(day)) => push(&mut merged, first.meter, &day),
                Ok(None) => {}
                Err(finding) => found.doubt(&finding),
            }
        }
        if let Some(rows) = merged.take() {
            store::copy(conn, Staging::Merged, rows).await?;
        }
    }
    found.note("repeated", twice);
    Ok(tallies)
}

/// Adds a day of steps to rows on their way to a staging table.
pub fn push(rows: &mut CopyRows, meter: MeterId, day: &Day) {
    let Content::Steps {
        step_minutes,
        mwh,
        estimated,
    } = &day.content
    else {
        return;
    };
    let known = mwh.iter().flatten().count();
    let mwh: Vec<i32> = mwh.iter().map(|mwh| mwh.unwrap_or(-1)).collect();
    rows.begin_day(meter, day.date, day.starts_at, i64::from(day.minutes));
    rows.steps(*step_minutes, &mwh, estimated.as_deref(), known);
    rows.end_day(0);
}
