//! Whole steps into the days of their meters, and what was odd on the way, in the caller's transaction.

use std::collections::{BTreeMap, BTreeSet};

use ecotrack_common::live::{SourceKind, SourceUnit};
use ecotrack_common::{EnergyProfileId, Kwh, LiveSourceId, MeterId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use super::counter::{Odd, Seen, Step};
use super::place::{Misfit, place, span};
use super::store::{self, Found, Source};
use crate::readings::derive::Day;
use crate::{jobs, readings};

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
    pub fn misfits(
        &mut self,
        profile: EnergyProfileId,
        source: LiveSourceId,
        misfits: &[(Step, Misfit)],
    ) {
        for (step, misfit) in misfits {
            let params = BTreeMap::from([("at", instant(step.starts))]);
            self.add(profile, source, misfit.code(), params);
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

/// Puts whole steps where they belong: into the days of their meter, or, where nobody has said which it is
/// or an import holds it, aside. Gives the homes of which a day changed.
pub async fn settle(
    conn: &mut PgConnection,
    whole: Vec<(&Source, Vec<Step>)>,
    findings: &mut Findings,
) -> sqlx::Result<BTreeSet<EnergyProfileId>> {
    let meter = |source: &Source| Some((source.profile, source.wanted.meter_id?));
    let mut meters: Vec<(EnergyProfileId, MeterId)> = whole
        .iter()
        .filter_map(|(source, _)| meter(source))
        .collect();
    meters.sort_unstable();
    let held = store::lock_meters(conn, &meters).await?;
    let place_of = |source: &Source| meter(source).filter(|meter| held.contains_key(meter));
    let placed: Vec<_> = whole
        .iter()
        .filter(|(source, _)| place_of(source).is_some())
        .map(|(source, _)| (source.profile, source.id))
        .collect();
    let mut waiting = store::take_steps(conn, &placed).await?;
    let mut changed = BTreeSet::new();
    let mut days = Days::new();
    for (source, steps) in whole {
        let Some((profile, meter)) = place_of(source) else {
            store::insert_steps(conn, source, &steps).await?;
            continue;
        };
        let mut all = waiting.remove(&(profile, source.id)).unwrap_or_default();
        all.extend(steps.into_iter().map(|step| (source.step_minutes, step)));
        let zone = &held[&(profile, meter)];
        let place = (profile, source.id, meter);
        if put(conn, place, &all, zone, findings, &mut days).await? {
            changed.insert(profile);
        }
    }
    store::put_days(conn, &days).await?;
    Ok(changed)
}

/// Days of meters that are to be stored.
pub type Days = Vec<(EnergyProfileId, MeterId, Day)>;

/// Puts steps, each with its length in minutes, into the days of a meter that is held, which the caller
/// stores; whether a day changed.
pub async fn put(
    conn: &mut PgConnection,
    (profile, source, meter): (EnergyProfileId, LiveSourceId, MeterId),
    steps: &[(i16, Step)],
    zone: &TimeZone,
    findings: &mut Findings,
    days: &mut Days,
) -> sqlx::Result<bool> {
    let mut changed = false;
    for (at, of_length) in steps.chunk_by(|one, other| one.0 == other.0).enumerate() {
        if at > 0 {
            // Steps of another length see what those before left.
            store::put_days(conn, &std::mem::take(days)).await?;
        }
        let length = of_length.first().map_or(15, |(length, _)| *length);
        let steps: Vec<Step> = of_length.iter().map(|(_, step)| *step).collect();
        let Some((first, last)) = span(&steps, zone) else {
            continue;
        };
        let stored = readings::store::list_days(conn, profile, meter, first, last).await?;
        let known = stored.len();
        let (placed, misfits) = place(stored, &steps, length, zone);
        findings.misfits(profile, source, &misfits);
        // What is predicted looks at whole days: it is enough to look again when one begins.
        let spans = i64::from(ecotrack_common::cycle::days_between(first, last)) + 1;
        if usize::try_from(spans).is_ok_and(|spans| known < spans) && !placed.is_empty() {
            jobs::ask_refresh(conn, profile).await?;
        }
        changed |= !placed.is_empty();
        days.extend(placed.into_iter().map(|day| (profile, meter, day)));
    }
    Ok(changed)
}
