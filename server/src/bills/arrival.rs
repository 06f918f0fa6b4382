//! Bills that come with a file, beside those of the home.

use ecotrack_common::import::bills::{FileBill, Write, meet};
use ecotrack_common::import::{BillsImport, Finding, OnConflict};
use ecotrack_common::{AccountId, BillingRecordId, EnergyProfileId};
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Image};
use crate::audit;
use crate::audit::rows::Row as _;
use crate::audit::store::Entry;
use crate::error::{Error, Result};
use crate::profiles;

/// What the bills of a file become.
#[derive(Default)]
pub struct Arrival {
    /// Each bill that is written, and what stands in its place.
    writes: Vec<(Option<Image>, Image)>,
    /// The same in numbers.
    pub told: BillsImport,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Arrival {
    /// How many bills are written.
    pub fn count(&self) -> usize {
        self.writes.len()
    }
}

/// Brings the bills of a file together with the stored ones, and keeps other writers of the home's bills
/// away until the transaction ends.
pub async fn compare(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    of_file: &[FileBill],
    on_conflict: OnConflict,
    (account, now): (Option<AccountId>, Timestamp),
) -> Result<Arrival> {
    let days = of_file
        .iter()
        .map(|it| (it.bill.first_day, it.bill.last_day));
    let span = days.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let Some((first, last)) = span else {
        return Ok(Arrival::default());
    };
    let home = profiles::store::find_home(conn, profile).await?;
    let home = home.ok_or(Error::NotFound)?;
    Image::lock(conn, profile).await?;
    let stored = store::list_within(conn, profile, first, last).await?;
    let today = now
        .to_zoned(profiles::store::zone(conn, profile).await?)
        .date();
    let bills: Vec<_> = stored.iter().map(|image| image.bill.clone()).collect();
    let met = meet(of_file, &bills, on_conflict, &home.currency, today);
    let image = |write| match write {
        Write::Add(bill) => {
            let new = Image {
                billing_record_id: BillingRecordId(Uuid::now_v7()),
                bill,
                example: false,
                entered_by: account,
                entered_at: now,
            };
            (None, new)
        }
        Write::Replace(at, bill) => {
            let before = &stored[at];
            let after = Image {
                bill,
                ..before.clone()
            };
            (Some(before.clone()), after)
        }
    };
    Ok(Arrival {
        writes: met.writes.into_iter().map(image).collect(),
        told: met.told,
        findings: met.findings,
    })
}

/// Writes the bills under the rules of those that people enter; gives what the audit says of them.
pub async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    arrival: &Arrival,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (before, after) in &arrival.writes {
        Image::check(conn, profile, before.as_ref(), Some(after)).await?;
        match before {
            None => store::insert(conn, profile, after, 1).await?,
            Some(_) => store::update(conn, profile, after).await?,
        }
        // As the database has it now: rounded.
        let stored = store::find_image(conn, profile, after.billing_record_id).await?;
        let stored = stored.map(|(image, _)| image);
        entries.push(audit::entry(
            Image::ENTITY,
            before.as_ref(),
            stored.as_ref(),
        )?);
    }
    Ok(entries)
}
