//! Values into their sources: counters and power become steps, whole ones go into the days of their
//! meters, and what is odd is noted.

use std::collections::{BTreeMap, BTreeSet};

use ecotrack_common::live::SourceKind;
use ecotrack_common::{ApiKeyId, EnergyProfileId, LiveSourceId, MeterId};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::assign::{channel, register, suits};
use super::commit::{Point, Refused, Sender, When};
use super::counter::{self, Nature, Odd, Seen, Step};
use super::settle::{Findings, settle};
use super::store::{self, Name, Source, Value};
use crate::keys::store::Working;
use crate::{keys, meters, profiles};

/// A key's use is noted at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Sources of a home.
pub const MOST_SOURCES: i64 = 400;

/// A sender as a home knows it.
pub struct Known {
    /// The home.
    pub profile: EnergyProfileId,
    /// The key's name, or the broker's.
    pub origin: String,
    /// The meter of the first counter that it sends.
    pub meter: Option<MeterId>,
}

impl Known {
    /// Who sends with this key; `None` where it is of another home than was said.
    pub fn by_key(key: &Working, sender: &Sender) -> Option<Self> {
        let Sender::Key(_, said) = sender else {
            return None;
        };
        said.is_none_or(|said| said == key.profile).then(|| Self {
            profile: key.profile,
            origin: key.name.clone(),
            meter: key.meter,
        })
    }

    /// The broker that sends; `None` of a key.
    pub fn by_topic(sender: &Sender) -> Option<Self> {
        let Sender::Topic {
            profile,
            broker,
            meter,
        } = sender
        else {
            return None;
        };
        Some(Self {
            profile: *profile,
            origin: broker.clone(),
            meter: *meter,
        })
    }

    /// What names the source of a value.
    pub fn name(&self, point: &Point) -> Name {
        (self.profile, self.origin.clone(), point.name.clone())
    }
}

/// What is to be taken further.
#[derive(Default)]
pub struct Batch<'a> {
    /// What requests bring.
    pub asked: &'a [(Sender, Vec<Point>)],
    /// Keys, by their hashes, that are looked up once more beside those that ask.
    pub keys: &'a [Vec<u8>],
    /// Of whom what was put down is taken further as well, beside those who ask.
    pub homes: Homes,
}

impl<'a> Batch<'a> {
    /// What these requests bring.
    pub fn asked(asked: &'a [(Sender, Vec<Point>)]) -> Self {
        Self {
            asked,
            ..Self::default()
        }
    }
}

/// Homes of which values were put down.
pub enum Homes {
    /// Whoever.
    All,
    /// These.
    These(BTreeSet<EnergyProfileId>),
}

impl Default for Homes {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

/// What became of values.
pub struct Folded {
    /// For each request.
    pub answers: Vec<Result<(), Refused>>,
    /// The homes of which screens show something else now.
    pub changed: BTreeSet<EnergyProfileId>,
    /// The keys that were used.
    pub keys: Vec<Working>,
    /// Sources by their names.
    pub sources: BTreeMap<Name, LiveSourceId>,
}

/// Takes sources further by what requests bring, and before by what was put down for their homes, or for those
/// that are named; in the caller's transaction, one such at a time.
pub async fn fold(
    conn: &mut PgConnection,
    batch: Batch<'_>,
    now: Timestamp,
) -> sqlx::Result<Folded> {
    let asked = batch.asked;
    let mut changed = BTreeSet::new();
    let keys = find_keys(conn, asked, batch.keys, now).await?;
    let known = asked.iter().map(|(sender, _)| know(sender, &keys));
    let known: Vec<Result<Known, Refused>> = known.collect();
    let homes = match batch.homes {
        Homes::All => None,
        Homes::These(mut homes) => {
            homes.extend(known.iter().flatten().map(|known| known.profile));
            Some(homes)
        }
    };
    store::wait_for_others(conn).await?;
    let put_down = store::take_values(conn, homes.as_ref()).await?;
    let mut sources = find_or_add(conn, asked, &known, &put_down, now, &mut changed).await?;
    let mut values: BTreeMap<usize, Vec<(i64, i64)>> = BTreeMap::new();
    for value in put_down {
        // Of a source that was forgotten meanwhile nothing is wanted.
        if let Some(place) = sources.of.get(&(value.profile, value.source)) {
            let of_source = values.entry(*place).or_default();
            of_source.push((value.at_ms, value.nano));
        }
    }
    let mut answers = Vec::new();
    let mut zones = BTreeMap::new();
    for ((_, points), known) in asked.iter().zip(known) {
        let known = match known {
            Ok(known) => known,
            Err(refused) => {
                answers.push(Err(refused));
                continue;
            }
        };
        let places = points
            .iter()
            .map(|point| sources.places.get(&known.name(point)).copied());
        let Some(places) = places.collect::<Option<Vec<usize>>>() else {
            answers.push(Err(Refused::Sources));
            continue;
        };
        for (place, point) in places.into_iter().zip(points) {
            let at = instant(conn, known.profile, point.at, &mut zones).await?;
            values.entry(place).or_default().push((at, point.nano));
        }
        answers.push(Ok(()));
    }
    let mut findings = Findings::default();
    let mut steps: Vec<(usize, Vec<Step>)> = Vec::new();
    for (place, mut values) in values {
        values.sort_by_key(|(at, _)| *at);
        let source = &mut sources.all[place];
        let mut whole = Vec::new();
        for (at, nano) in values {
            let odd = take_further(source, at, nano, now, &mut whole);
            findings.odd(source, at, odd);
        }
        if !whole.is_empty() {
            steps.push((place, whole));
        }
    }
    if !steps.is_empty() {
        let whole = steps
            .into_iter()
            .map(|(place, steps)| (&sources.all[place], steps));
        let whole: Vec<(&Source, Vec<Step>)> = whole.collect();
        changed.extend(settle(conn, &whole, &mut findings).await?);
    }
    let ids: Vec<LiveSourceId> = sources.all.iter().map(|source| source.id).collect();
    let named = sources.places.into_iter();
    let named = named.map(|(name, place)| (name, ids[place]));
    sources.all.retain(|source| !source.wanted.ignored);
    if !sources.all.is_empty() {
        store::update_sources(conn, &sources.all).await?;
    }
    changed.extend(findings.put(conn, now).await?);
    Ok(Folded {
        answers,
        changed,
        keys,
        sources: named.collect(),
    })
}

/// The keys of those who send, as far as they work; that they were used is noted.
async fn find_keys(
    conn: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
    used: &[Vec<u8>],
    now: Timestamp,
) -> sqlx::Result<Vec<Working>> {
    let asking = asked.iter().filter_map(|(sender, _)| match sender {
        Sender::Key(hash, _) => Some(hash),
        Sender::Topic { .. } => None,
    });
    let hashes: BTreeSet<&Vec<u8>> = asking.chain(used).collect();
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let hashes: Vec<Vec<u8>> = hashes.into_iter().cloned().collect();
    let mut working = keys::store::find_of_hashes(conn, &hashes, now).await?;
    let mut stale: Vec<ApiKeyId> = Vec::new();
    for key in &mut working {
        let is_stale = |at: Timestamp| now.duration_since(at) > TOUCH_EVERY;
        if key.last_used_at.is_none_or(is_stale) {
            key.last_used_at = Some(now);
            stale.push(key.id);
        }
    }
    stale.sort_unstable();
    if !stale.is_empty() {
        keys::store::touch(conn, &stale, now).await?;
    }
    Ok(working)
}

fn know(sender: &Sender, working: &[Working]) -> Result<Known, Refused> {
    if let Some(known) = Known::by_topic(sender) {
        return Ok(known);
    }
    let of_sender = |key: &&Working| matches!(sender, Sender::Key(hash, _) if *hash == key.hash);
    let key = working.iter().find(of_sender).ok_or(Refused::Key)?;
    Known::by_key(key, sender).ok_or(Refused::Home)
}

/// Sources, and where among them each stands.
struct Sources {
    all: Vec<Source>,
    places: BTreeMap<Name, usize>,
    of: BTreeMap<(EnergyProfileId, LiveSourceId), usize>,
}

impl Sources {
    async fn find(
        conn: &mut PgConnection,
        wanted: &[Name],
        put_down: &[Value],
    ) -> sqlx::Result<Self> {
        let ids: BTreeSet<_> = put_down
            .iter()
            .map(|value| (value.profile, value.source))
            .collect();
        let all = if wanted.is_empty() && ids.is_empty() {
            Vec::new()
        } else {
            store::find_sources(conn, wanted, &ids).await?
        };
        let places = all.iter().enumerate().map(|(place, source)| {
            let name = (source.profile, source.origin.clone(), source.name.clone());
            (name, place)
        });
        let of = all.iter().enumerate();
        let of = of.map(|(place, source)| ((source.profile, source.id), place));
        Ok(Self {
            places: places.collect(),
            of: of.collect(),
            all,
        })
    }
}

/// A source of which a value was sent.
struct Wanted {
    kind: SourceKind,
    /// The meter that was named for what its sender sends.
    meter: Option<MeterId>,
    /// Its place in the order in which they were sent.
    nth: usize,
}

/// The sources of all values; those that are new are added, as far as their homes may have more.
async fn find_or_add(
    conn: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
    known: &[Result<Known, Refused>],
    put_down: &[Value],
    now: Timestamp,
    changed: &mut BTreeSet<EnergyProfileId>,
) -> sqlx::Result<Sources> {
    let mut wanted: BTreeMap<Name, Wanted> = BTreeMap::new();
    for ((_, points), known) in asked.iter().zip(known) {
        let Ok(known) = known else { continue };
        for point in points {
            let new = Wanted {
                kind: point.kind,
                meter: known.meter,
                nth: wanted.len(),
            };
            wanted.entry(known.name(point)).or_insert(new);
        }
    }
    let names: Vec<Name> = wanted.keys().cloned().collect();
    let found = Sources::find(conn, &names, put_down).await?;
    let new = wanted
        .iter()
        .filter(|(name, _)| !found.places.contains_key(*name));
    let mut new: Vec<(Name, SourceKind)> = new
        .map(|(name, wanted)| (name.clone(), wanted.kind))
        .collect();
    let homes: BTreeSet<EnergyProfileId> = new.iter().map(|((home, ..), _)| *home).collect();
    for home in homes {
        let has = store::count_sources(conn, home).await?;
        let mut room = usize::try_from(MOST_SOURCES - has).unwrap_or(0);
        new.retain(|((of, ..), _)| {
            let fits = *of != home || room > 0;
            room = room.saturating_sub(usize::from(*of == home));
            fits
        });
    }
    if new.is_empty() {
        return Ok(found);
    }
    store::insert_sources(conn, &new, now).await?;
    let mut found = Sources::find(conn, &names, put_down).await?;
    changed.extend(new.iter().map(|((home, ..), _)| *home));
    // Counters first: what they say is exact.
    new.sort_by_key(|(name, kind)| {
        let nth = wanted.get(name).map(|wanted| wanted.nth);
        (*kind != SourceKind::Counter, nth)
    });
    for (name, kind) in &new {
        let meter = wanted.get(name).and_then(|wanted| wanted.meter);
        if let (Some(meter), Some(place)) = (meter, found.places.get(name))
            && !is_one_of_several(name, &new)
        {
            give_meter(conn, &mut found.all[*place], *kind, meter).await?;
        }
    }
    Ok(found)
}

/// Whether a device sends several channels, of which this is one.
fn is_one_of_several((home, origin, name): &Name, new: &[(Name, SourceKind)]) -> bool {
    let of_device = new
        .iter()
        .filter(|((of, by, _), _)| (of, by) == (home, origin));
    let mut like = of_device.filter(|((.., other), _)| channel(other) == channel(name));
    channel(name).is_some() && like.nth(1).is_some()
}

/// Gives a new source the meter that was named for what its sender sends, if it is one of it.
async fn give_meter(
    conn: &mut PgConnection,
    source: &mut Source,
    kind: SourceKind,
    meter: MeterId,
) -> sqlx::Result<()> {
    let known = meters::store::find(conn, source.profile, meter).await?;
    if known.is_none_or(|known| !suits(known.channel, kind, &source.name)) {
        return Ok(());
    }
    let register = register(&source.name);
    let given = store::give_meter(conn, source.profile, source.id, meter, register).await?;
    if let Some((wanted, step_minutes)) = given {
        source.wanted = wanted;
        source.step_minutes = step_minutes;
    }
    Ok(())
}

/// The instant of a value in milliseconds. In the hour that comes twice it is the one nearer to when it was
/// sent.
async fn instant(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    at: When,
    zones: &mut BTreeMap<EnergyProfileId, TimeZone>,
) -> sqlx::Result<i64> {
    let (shown, sent) = match at {
        When::Ms(ms) => return Ok(ms),
        When::Civil(shown, sent) => (shown, sent),
    };
    let zone = zone(conn, profile, zones).await?;
    let either = zone.to_ambiguous_timestamp(shown);
    let instants = [either.earlier(), either.later()];
    let instants = instants
        .into_iter()
        .flatten()
        .map(Timestamp::as_millisecond);
    Ok(instants.min_by_key(|at| (at - sent).abs()).unwrap_or(sent))
}

/// The home's zone, asked once.
async fn zone(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zones: &mut BTreeMap<EnergyProfileId, TimeZone>,
) -> sqlx::Result<TimeZone> {
    if let Some(zone) = zones.get(&profile) {
        return Ok(zone.clone());
    }
    let zone = profiles::store::zone(conn, profile).await?;
    zones.insert(profile, zone.clone());
    Ok(zone)
}

/// Takes a source one value further.
fn take_further(
    source: &mut Source,
    at: i64,
    nano: i64,
    now: Timestamp,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    if source.wanted.ignored {
        return None;
    }
    if source.seen.is_none_or(|(newest, _)| newest < at) {
        source.seen = Some((at, nano));
    }
    let kind = match (source.kind, source.wanted.unit) {
        (SourceKind::Unknown, Some(unit)) => unit.kind(),
        (kind, _) => kind,
    };
    let nature = match kind {
        SourceKind::Counter => Nature::Counter,
        SourceKind::Power => Nature::Power,
        SourceKind::Volume | SourceKind::Unknown => return None,
    };
    let nano = match (source.kind, source.wanted.unit) {
        (SourceKind::Unknown, Some(said)) => {
            let unit = said.unit();
            let nano = i128::from(nano) * i128::from(unit.numerator) / i128::from(unit.denominator);
            i64::try_from(nano).unwrap_or(i64::MAX)
        }
        _ => nano,
    };
    // Billionths of kWh and kW are a thousandth of mWh and mW.
    let seen = Seen {
        at,
        value: nano / 1_000,
    };
    let step_ms = i64::from(source.step_minutes) * 60_000;
    counter::advance(
        &mut source.state,
        nature,
        seen,
        now.as_millisecond(),
        step_ms,
        steps,
    )
}
