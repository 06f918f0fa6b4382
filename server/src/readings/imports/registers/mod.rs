//! Rows of meters that are read by their counter, under the rules of typed readings: in order of time
//! beside what is stored, some thousand at once, and the days that follow from them.

use std::collections::BTreeMap;

use ecotrack_common::import::{Finding, OnConflict};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, Kwh, MeterId};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::assemble::Told;
use super::finer::Apart;
use super::found::Found;
use super::store::Waiting;
use crate::error::Result;
use crate::readings::steps::Tally;
use crate::readings::store as days;

pub mod store;
#[cfg(test)]
mod tests;

use store::{Beside, Register};

/// So much time is derived again at once.
const AT_ONCE: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Looks at the staged rows of meters of readings; those that are to be written are then in
/// `import_reading`.
pub async fn compare(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    told: &mut [Told],
    on_conflict: OnConflict,
    tallies: &mut BTreeMap<MeterId, Tally>,
    found: &mut Found,
) -> Result<()> {
    for told in told.iter_mut().filter(|told| is_read(told)) {
        let meter = told.meter_id;
        let replace = on_conflict == OnConflict::Replace;
        let tally = tallies.entry(meter).or_default();
        let mut walk = Walk::new(replace);
        let mut after = None;
        loop {
            let page = store::list_beside(conn, profile, meter, replace, after).await?;
            after = page
                .last()
                .map(|beside| (beside.row.starts, beside.row.line));
            let end = page.is_empty();
            for beside in page {
                walk.next(Some(beside), tally, found);
            }
            if end {
                walk.next(None, tally, found);
            }
            let taken = std::mem::take(&mut walk.taken);
            store::stage(conn, meter, &taken).await?;
            if end {
                break;
            }
        }
        told.leave_out(&walk.apart);
        found.note("repeated", walk.apart.alike);
    }
    Ok(())
}

fn is_read(told: &Told) -> bool {
    told.kind == ReadingKind::Register
}

/// The days of the meters again, from the first reading that was written to the last. Time that is then
/// told twice refuses the file.
pub async fn rederive(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zone: &TimeZone,
    told: &[Told],
    found: &mut Found,
) -> Result<()> {
    for told in told.iter().filter(|told| is_read(told)) {
        let meter = told.meter_id;
        let (Ok(first), Ok(until)) = (
            Timestamp::from_second(told.first),
            Timestamp::from_second(told.until),
        ) else {
            continue;
        };
        if !rederive_span(conn, profile, meter, zone, first, until).await? {
            let params = [("at", &*first.to_string())];
            found.refuse(&Finding::new(0, "overlaps", &params));
        }
    }
    Ok(())
}

/// The days of a meter again, as far as readings between two instants bear on them. False where some of
/// that time is told twice.
pub async fn rederive_span(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    zone: &TimeZone,
    first: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let (mut from, until) = days::bearing(conn, profile, meter, first, until).await?;
    if days::overlaps(conn, profile, meter, from, until).await? {
        return Ok(false);
    }
    loop {
        let to = from.checked_add(AT_ONCE).unwrap_or(until).min(until);
        days::rederive(conn, profile, meter, zone, from, to).await?;
        if to >= until {
            return Ok(true);
        }
        from = to;
    }
}

/// A walk over the rows of one meter in order of time.
struct Walk {
    apart: Apart,
    /// What stands beside the row that `apart` holds back.
    held: Option<Beside>,
    replace: bool,
    /// The last register that was taken.
    last: Option<Register>,
    /// What is to be written.
    taken: Vec<Waiting>,
}

impl Walk {
    fn new(replace: bool) -> Self {
        Self {
            apart: Apart::default(),
            held: None,
            replace,
            last: None,
            taken: Vec::new(),
        }
    }

    fn next(&mut self, beside: Option<Beside>, tally: &mut Tally, found: &mut Found) {
        let row = beside.as_ref().map(|beside| beside.row);
        let alike = self.apart.alike;
        let stands = self.apart.next(row, found);
        let before = match (stands, alike == self.apart.alike) {
            // The one that repeats another is gone; that other is still held back.
            (_, false) => return,
            (Some(_), true) => std::mem::replace(&mut self.held, beside),
            (None, true) => {
                self.held = beside;
                None
            }
        };
        if let Some(beside) = before {
            self.take(&beside, tally, found);
        }
    }

    fn take(&mut self, beside: &Beside, tally: &mut Tally, found: &mut Found) {
        let row = beside.row;
        if let Some((mwh, ends)) = beside.stored {
            if (mwh, ends) == (row.mwh, row.ends) {
                tally.unchanged += 1;
                return;
            }
            if !self.replace {
                tally.conflicting += 1;
                return;
            }
        }
        if row.ends.is_none() {
            if let Some(finding) = self.falls(beside) {
                self.apart.leave_out(row);
                found.doubt(&finding);
                return;
            }
            self.last = Some(Register {
                at: row.starts,
                mwh: row.mwh,
                restarted: row.restarted,
            });
        }
        if beside.stored.is_some() {
            tally.conflicting += 1;
        } else {
            tally.added += 1;
        }
        self.taken.push(row);
    }

    /// A counter does not run backwards: below the register before it, or above the one after.
    fn falls(&self, beside: &Beside) -> Option<Finding> {
        let (row, text) = (beside.row, |mwh: i64| Kwh::from_mwh(mwh).0.to_string());
        let at = |register: Register| {
            let at = Timestamp::from_second(register.at).unwrap_or(Timestamp::MIN);
            at.to_string()
        };
        let before = [self.last, beside.before].into_iter().flatten();
        if let Some(before) = before.max_by_key(|register| register.at)
            && before.mwh > row.mwh
            && !row.restarted
        {
            let (previous, previous_at) = (text(before.mwh), at(before));
            let params = [("previous", &*previous), ("previous_at", &*previous_at)];
            return Some(Finding::new(row.line, "register_lower", &params));
        }
        let after = beside
            .after
            .filter(|after| !after.restarted && after.mwh < row.mwh)?;
        let (next, next_at) = (text(after.mwh), at(after));
        let params = [("next", &*next), ("next_at", &*next_at)];
        Some(Finding::new(row.line, "register_higher", &params))
    }
}
