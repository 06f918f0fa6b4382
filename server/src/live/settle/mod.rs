//! Whole steps into the days of their meters, and what was odd on the way, in the caller's transaction.

use std::collections::{BTreeMap, BTreeSet};

use ecotrack_common::live::{SourceKind, SourceUnit};
use ecotrack_common::{EnergyProfileId, Kwh, LiveSourceId, MeterId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

pub mod place;
pub mod store;

use super::counter::{Odd, Seen, Step};
use super::store::Source;
use crate::readings::derive::Day;
use crate::{jobs, readings};
use place::{Misfit, Sum, place, span, sums};
use store::Found;

/// What was odd, together.
#[derive(Default)]
pub struct Findings(BTreeMap<(EnergyProfileId, LiveSourceId, &'static str), Found>);

impl Findings {
    /// Notes what was odd about a value at `at`, in milliseconds.
    pub fn odd(&mut self, source: &Source, at: i64, odd: Option<Odd>) {
        let Some(odd) = odd else { return };
        let mut params = BTreeMap::from([("at", instant(at))]);
        match odd {
            Odd::Restarted { from, to } => {
                params.insert("from", instant(from.at));
                params.insert("to", instant(to.at));
            }
            Odd::Silent { from, to } => {
                params.insert("from", instant(from.at));
                params.insert("to", instant(to.at));
                if let Some(kwh) = counted(source, from, to) {
                    params.insert("kwh", kwh);
                }
            }
            Odd::Slipped(seen) => {
                params.insert("at", instant(seen.at));
            }
            Odd::Ahead
            | Odd::Behind
            | Odd::Late
            | Odd::Differs
            | Odd::Implausible
            | Odd::Negative => {}
        }
        self.add(source.profile, source.id, odd.code(), params);
    }

    /// Notes steps that had no place.
    fn misfits(&mut self, profile: EnergyProfileId, misfits: &[(Sum, Misfit)]) {
        for (sum, misfit) in misfits {
            let params = BTreeMap::from([("at", instant(sum.step.starts))]);
            self.add(profile, sum.source, misfit.code(), params);
        }
    }

    fn add(
        &mut self,
        profile: EnergyProfileId,
        source: LiveSourceId,
        code: &'static str,
        params: BTreeMap<&'static str, String>,
    ) {
        let found = self
            .0
            .entry((profile, source, code))
            .or_insert_with(|| Found {
                profile,
                source,
                code,
                count: 0,
                params: BTreeMap::new(),
            });
        found.count += 1;
        found.params = params;
    }

    /// Stores them; gives the homes that did not know of such a thing.
    pub async fn put(
        self,
        conn: &mut PgConnection,
        now: Timestamp,
    ) -> sqlx::Result<Vec<EnergyProfileId>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<Found> = self.0.into_values().collect();
        store::put_findings(conn, &found, now).await
    }
}

/// What a counter counted meanwhile; power tells nothing of a time without it.
fn counted(source: &Source, from: Seen, to: Seen) -> Option<String> {
    let unit = source.wanted.unit.map(SourceUnit::kind);
    let kind = unit.unwrap_or(source.kind);
    (kind == SourceKind::Counter).then(|| {
        Kwh::from_mwh(to.value - from.value)
            .0
            .normalize()
            .to_string()
    })
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::MIN)
        .to_string()
}

/// Puts whole steps where they belong: into the days of their meter, or, where nobody has said which it is,
/// another of its sources does not know them yet, or an import holds it, aside. Gives the homes of which a day
/// changed.
pub async fn settle(
    conn: &mut PgConnection,
    whole: &[(&Source, Vec<Step>)],
    findings: &mut Findings,
) -> sqlx::Result<BTreeSet<EnergyProfileId>> {
    store::insert_steps(conn, whole).await?;
    let meters = whole
        .iter()
        .filter_map(|(source, _)| Some((source.profile, source.wanted.meter_id?)));
    let meters: BTreeSet<(EnergyProfileId, MeterId)> = meters.collect();
    let held = store::lock_meters(conn, &meters.into_iter().collect::<Vec<_>>()).await?;
    place_waiting(conn, &held, findings).await
}

/// Meters that nobody else writes to, each with the zone of its home.
pub type Held = BTreeMap<(EnergyProfileId, MeterId), TimeZone>;

/// Places the steps that wait for one of the meters, as far as all of its sources know them. Gives the homes of
/// which a day changed.
pub async fn place_waiting(
    conn: &mut PgConnection,
    held: &Held,
    findings: &mut Findings,
) -> sqlx::Result<BTreeSet<EnergyProfileId>> {
    let mut changed = BTreeSet::new();
    if held.is_empty() {
        return Ok(changed);
    }
    let mut placed = Vec::new();
    let mut days = Vec::new();
    for ((profile, meter), parts) in store::list_parts(conn, held.keys()).await? {
        let sums = sums(&parts);
        placed.extend(sums.iter().map(|sum| (profile, meter, *sum)));
        let mut before = days.len();
        for of_length in sums.chunk_by(|one, other| one.step_minutes == other.step_minutes) {
            if days.len() > before {
                // Steps of another length see what those before left.
                store::put_days(conn, &days).await?;
                days.clear();
                before = 0;
            }
            let zone = &held[&(profile, meter)];
            let of_meter = put(conn, (profile, meter), of_length, zone, findings).await?;
            if !of_meter.is_empty() {
                changed.insert(profile);
            }
            days.extend(of_meter.into_iter().map(|day| (profile, meter, day)));
        }
    }
    store::put_days(conn, &days).await?;
    store::note_placed(conn, &placed).await?;
    Ok(changed)
}

/// Puts sums of one length into the days of a meter; gives those that change.
async fn put(
    conn: &mut PgConnection,
    (profile, meter): (EnergyProfileId, MeterId),
    sums: &[Sum],
    zone: &TimeZone,
    findings: &mut Findings,
) -> sqlx::Result<Vec<Day>> {
    let length = sums.first().map_or(15, |sum| sum.step_minutes);
    let Some((first, last)) = span(sums, zone) else {
        return Ok(Vec::new());
    };
    let stored = readings::store::list_days(conn, profile, meter, first, last).await?;
    let known = stored.len();
    let (days, misfits) = place(stored, sums, length, zone);
    findings.misfits(profile, &misfits);
    // What is predicted looks at whole days: it is enough to look again when one begins.
    let spans = i64::from(ecotrack_common::cycle::days_between(first, last)) + 1;
    if usize::try_from(spans).is_ok_and(|spans| known < spans) && !days.is_empty() {
        jobs::ask_refresh(conn, profile).await?;
    }
    Ok(days)
}
