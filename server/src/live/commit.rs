//! From requests to the disk: whatever waits when a transaction ends goes into the next one together, so
//! that many single values cost few commits. Who sent them is answered when they are on the disk. Two
//! transactions at most are under way: while one waits for the database the other is made ready. Of one
//! source they go one after the other, since each holds the rows of its sources.
//!
//! Nothing runs while nobody sends. The work is a task of its own: who hangs up changes nothing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use ecotrack_common::live::SourceKind;
use ecotrack_common::{ApiKeyId, EnergyProfileId, MeterId};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, Postgres};
use tokio::sync::oneshot;

use super::counter::{self, Nature, Odd, Seen, Step};
use super::settle::{Findings, settle};
use super::store::{self, Name, Source};
use crate::{App, keys, profiles, write};

/// Requests that may wait; more are told to come again.
const MOST_WAITING: usize = 2_048;
/// Requests in one transaction.
const MOST_TOGETHER: usize = 256;
/// Transactions at once.
const MOST_AT_ONCE: usize = 2;
/// Sources of a home.
pub const MOST_SOURCES: i64 = 400;
/// A key's use is noted at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// Whoever has the key of this hash; for this home, where the address names one.
    Key(Vec<u8>, Option<EnergyProfileId>),
    /// A broker, to a topic that a home listens to.
    Topic {
        /// The home.
        profile: EnergyProfileId,
        /// The broker's name.
        broker: String,
        /// The meter of the first counter that comes.
        meter: Option<MeterId>,
    },
}

/// When a value was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Milliseconds since 1970.
    Ms(i64),
    /// What the clock of a device showed, which is that of its home; and when that was sent.
    Civil(DateTime, i64),
}

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What its sender calls it.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// Billionths of a kWh, a kW, a m³, or of whatever it is.
    pub nano: i64,
    /// When it was read.
    pub at: When,
}

/// Why values were not taken.
#[derive(Debug)]
pub enum Refused {
    /// The key is none, or works no more.
    Key,
    /// The key is of another home.
    Home,
    /// The home has as many sources as it may.
    Sources,
    /// The server has too much to do, or is about to stop.
    Busy,
    /// The database said no, or is away.
    Database(sqlx::Error),
}

type Told = oneshot::Sender<Result<(), Refused>>;

struct Job {
    sender: Sender,
    points: Vec<Point>,
    told: Told,
}

/// What waits to be written.
#[derive(Clone, Default)]
pub struct Queue(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    jobs: Vec<Job>,
    /// How many are at work.
    working: usize,
}

impl Queue {
    /// Puts a job in; whether somebody has to begin with the work. `None` when there are too many.
    fn put(&self, job: Job) -> Option<bool> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.jobs.len() >= MOST_WAITING {
            return None;
        }
        waiting.jobs.push(job);
        let begins = waiting.working < MOST_AT_ONCE;
        waiting.working += usize::from(begins);
        Some(begins)
    }

    /// The next jobs; when there are none the work ends.
    fn next(&self) -> Option<Vec<Job>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.jobs.len().min(MOST_TOGETHER);
        if count == 0 {
            waiting.working -= 1;
            return None;
        }
        Some(waiting.jobs.drain(..count).collect())
    }
}

/// Takes values, and returns when they are on the disk.
///
/// # Errors
/// Nothing of them was taken.
pub async fn take(app: &App, sender: Sender, points: Vec<Point>) -> Result<(), Refused> {
    let (told, answer) = oneshot::channel();
    let job = Job {
        sender,
        points,
        told,
    };
    match app.live.put(job) {
        None => return Err(Refused::Busy),
        Some(true) => drop(app.requests.spawn(work(app.clone()))),
        Some(false) => {}
    }
    answer.await.unwrap_or(Err(Refused::Busy))
}

/// Writes what waits, until nothing does.
async fn work(app: App) {
    let mut held = None;
    while let Some(jobs) = app.live.next() {
        // A task of its own: were one to panic, its requests would be told and the others go on.
        let written = app.requests.spawn(write_together(app.clone(), held, jobs));
        held = written.await.unwrap_or(None);
    }
}

type Held = Option<PoolConnection<Postgres>>;

/// Writes jobs in one transaction; where that fails, each in its own, so that one is not another's trouble.
async fn write_together(app: App, held: Held, jobs: Vec<Job>) -> Held {
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    for job in jobs {
        asked.push((job.sender, job.points));
        told.push(job.told);
    }
    let (mut held, together) = attempt(&app, held, &asked).await;
    let answers = match together {
        Ok(answers) => answers,
        Err(error) if asked.len() == 1 => vec![Err(Refused::Database(error))],
        Err(_) => {
            let mut answers = Vec::new();
            for one in asked.chunks(1) {
                let (connection, alone) = attempt(&app, held, one).await;
                held = connection;
                answers.extend(alone.unwrap_or_else(|error| vec![Err(Refused::Database(error))]));
            }
            answers
        }
    };
    for (told, answer) in told.into_iter().zip(answers) {
        // Who hung up is not told.
        let _ = told.send(answer);
    }
    held
}

type Answers = sqlx::Result<Vec<Result<(), Refused>>>;

async fn attempt(app: &App, held: Held, asked: &[(Sender, Vec<Point>)]) -> (Held, Answers) {
    let connection = match held {
        Some(connection) => Ok(connection),
        None => app.db.acquire().await,
    };
    let mut connection = match connection {
        Ok(connection) => connection,
        Err(error) => return (None, Err(error)),
    };
    match transaction(app, &mut connection, asked).await {
        Ok(answers) => (Some(connection), Ok(answers)),
        Err(error) => (None, Err(error)),
    }
}

async fn transaction(
    app: &App,
    connection: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
) -> Answers {
    let now = app.clock.now();
    let mut tx = connection.begin().await?;
    let (answers, changed) = write_all(&mut tx, asked, now).await?;
    write::store::bump_revisions(&mut tx, &changed).await?;
    tx.commit().await?;
    Ok(answers)
}

/// A sender as a home knows it.
struct Known {
    profile: EnergyProfileId,
    origin: String,
    meter: Option<MeterId>,
}

/// Writes what each sends; gives the answers and the homes of which screens show something else now.
async fn write_all(
    conn: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
    now: Timestamp,
) -> sqlx::Result<(Vec<Result<(), Refused>>, BTreeSet<EnergyProfileId>)> {
    let mut changed = BTreeSet::new();
    let known = know(conn, asked, now).await?;
    let mut sources = find_or_add(conn, asked, &known, now, &mut changed).await?;
    let mut answers = Vec::new();
    let mut findings = Findings::default();
    let mut steps: BTreeMap<usize, Vec<Step>> = BTreeMap::new();
    let mut zones = BTreeMap::new();
    for ((_, points), known) in asked.iter().zip(known) {
        let known = match known {
            Ok(known) => known,
            Err(refused) => {
                answers.push(Err(refused));
                continue;
            }
        };
        let of = |point: &Point| {
            let name = (known.profile, known.origin.clone(), point.name.clone());
            sources.places.get(&name).copied()
        };
        let mut placed = Vec::new();
        for point in points {
            let Some(place) = of(point) else {
                placed.clear();
                break;
            };
            placed.push((
                place,
                instant(conn, known.profile, point.at, &mut zones).await?,
                point,
            ));
        }
        if placed.len() < points.len() {
            answers.push(Err(Refused::Sources));
            continue;
        }
        placed.sort_by_key(|(_, at, _)| *at);
        for (place, at, point) in placed {
            let source = &mut sources.all[place];
            let odd = take_further(source, point, at, now, steps.entry(place).or_default());
            findings.odd(source, at, odd);
        }
        answers.push(Ok(()));
    }
    steps.retain(|_, steps| !steps.is_empty());
    if !steps.is_empty() {
        let whole = steps
            .into_iter()
            .map(|(place, steps)| (&sources.all[place], steps));
        changed.extend(settle(conn, whole.collect(), &mut findings).await?);
    }
    sources.all.retain(|source| !source.wanted.ignored);
    if !sources.all.is_empty() {
        store::update_sources(conn, &sources.all).await?;
    }
    changed.extend(findings.put(conn, now).await?);
    Ok((answers, changed))
}

/// Who the senders are.
async fn know(
    conn: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
    now: Timestamp,
) -> sqlx::Result<Vec<Result<Known, Refused>>> {
    let hashes: BTreeSet<&Vec<u8>> = asked
        .iter()
        .filter_map(|(sender, _)| match sender {
            Sender::Key(hash, _) => Some(hash),
            Sender::Topic { .. } => None,
        })
        .collect();
    let mut working = Vec::new();
    if !hashes.is_empty() {
        let hashes: Vec<Vec<u8>> = hashes.into_iter().cloned().collect();
        working = keys::store::find_of_hashes(conn, &hashes, now).await?;
    }
    let is_stale = |at: Option<Timestamp>| at.is_none_or(|at| now.duration_since(at) > TOUCH_EVERY);
    let stale = working.iter().filter(|key| is_stale(key.last_used_at));
    let mut stale: Vec<ApiKeyId> = stale.map(|key| key.id).collect();
    stale.sort_unstable();
    if !stale.is_empty() {
        keys::store::touch(conn, &stale, now).await?;
    }
    let known = |sender: &Sender| match sender {
        Sender::Topic {
            profile,
            broker,
            meter,
        } => Ok(Known {
            profile: *profile,
            origin: broker.clone(),
            meter: *meter,
        }),
        Sender::Key(hash, profile) => {
            let key = working
                .iter()
                .find(|key| key.hash == *hash)
                .ok_or(Refused::Key)?;
            if profile.is_some_and(|profile| profile != key.profile) {
                return Err(Refused::Home);
            }
            Ok(Known {
                profile: key.profile,
                origin: key.name.clone(),
                meter: key.meter,
            })
        }
    };
    Ok(asked.iter().map(|(sender, _)| known(sender)).collect())
}

/// Sources, and where among them each stands.
struct Sources {
    all: Vec<Source>,
    places: BTreeMap<Name, usize>,
}

impl Sources {
    async fn find(conn: &mut PgConnection, wanted: &[Name]) -> sqlx::Result<Self> {
        let all = store::find_sources(conn, wanted).await?;
        let places = all.iter().enumerate().map(|(place, source)| {
            let name = (source.profile, source.origin.clone(), source.name.clone());
            (name, place)
        });
        Ok(Self {
            places: places.collect(),
            all,
        })
    }
}

/// The sources of all points; those that are new are added, as far as their homes may have more.
async fn find_or_add(
    conn: &mut PgConnection,
    asked: &[(Sender, Vec<Point>)],
    known: &[Result<Known, Refused>],
    now: Timestamp,
    changed: &mut BTreeSet<EnergyProfileId>,
) -> sqlx::Result<Sources> {
    let mut wanted: BTreeMap<Name, (SourceKind, Option<MeterId>)> = BTreeMap::new();
    for ((_, points), known) in asked.iter().zip(known) {
        let Ok(known) = known else { continue };
        for point in points {
            let name = (known.profile, known.origin.clone(), point.name.clone());
            wanted.entry(name).or_insert((point.kind, known.meter));
        }
    }
    let names: Vec<Name> = wanted.keys().cloned().collect();
    if names.is_empty() {
        return Ok(Sources {
            all: Vec::new(),
            places: BTreeMap::new(),
        });
    }
    let found = Sources::find(conn, &names).await?;
    let new = wanted
        .iter()
        .filter(|(name, _)| !found.places.contains_key(*name));
    let mut new: Vec<(Name, SourceKind)> =
        new.map(|(name, (kind, _))| (name.clone(), *kind)).collect();
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
    let mut found = Sources::find(conn, &names).await?;
    changed.extend(new.iter().map(|((home, ..), _)| *home));
    // Counters first: what they say is exact.
    new.sort_by_key(|(_, kind)| *kind != SourceKind::Counter);
    for (name, kind) in new {
        let meter = wanted.get(&name).and_then(|(_, meter)| *meter);
        let is_energy = matches!(kind, SourceKind::Counter | SourceKind::Power);
        if let (Some(meter), Some(place), true) = (meter, found.places.get(&name), is_energy) {
            let source = &mut found.all[*place];
            let given = store::give_meter(conn, source.profile, source.id, meter).await?;
            if let Some(step_minutes) = given {
                source.wanted.meter_id = Some(meter);
                source.step_minutes = step_minutes;
            }
        }
    }
    Ok(found)
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
    point: &Point,
    at: i64,
    now: Timestamp,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    if source.wanted.ignored {
        return None;
    }
    if source.seen.is_none_or(|(newest, _)| newest < at) {
        source.seen = Some((at, point.nano));
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
            let nano =
                i128::from(point.nano) * i128::from(unit.numerator) / i128::from(unit.denominator);
            i64::try_from(nano).unwrap_or(i64::MAX)
        }
        _ => point.nano,
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
