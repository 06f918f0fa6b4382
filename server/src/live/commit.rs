//! From requests to the disk. Who sends is answered when their values are on it.
//!
//! A request that comes alone while nothing waits is taken further at once: its transaction reads the source,
//! puts whole steps into their days and notes how far it came. When many come at once that would be too slow.
//! Those of which the source is known are then put down as they are, many by one statement, and taken further
//! together a moment later, or after the next start. Nothing is taken further before what was put down earlier.
//!
//! Nothing runs while nobody sends. The work is a task of its own: who hangs up changes nothing of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ecotrack_common::live::SourceKind;
use ecotrack_common::{EnergyProfileId, MeterId};
use jiff::civil::DateTime;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, Postgres};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::fold::{Batch, Homes, fold};
use super::recent::Recent;
use super::store;
use crate::{App, write};

/// Requests that may wait; more are told to come again.
const MOST_WAITING: usize = 2_048;
/// Requests that are written together.
const MOST_TOGETHER: usize = 256;
/// Tasks that write at once. One puts values down, since what comes while it waits for the disk then goes down
/// together; another takes its place where it has to take sources further, which may wait for an import.
const MOST_AT_ONCE: usize = 2;
/// Values that were put down are taken further this often at most.
const FOLD_EVERY: Duration = Duration::from_millis(500);
/// And this long after it did not work.
const FOLD_AGAIN: Duration = Duration::from_secs(30);

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

/// What waits to be written, and what is known of those who send.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    recent: Recent,
}

#[derive(Default)]
struct Waiting {
    jobs: Vec<Job>,
    /// How many are at work.
    working: usize,
    /// Of them, how many take sources further.
    aside: usize,
    /// Whether there may be values that were put down.
    put_down: bool,
    /// Whether somebody sees to it that they are taken further.
    folding: bool,
    folded: Option<Instant>,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in; whether somebody has to begin with the work. `None` when there are too many.
    fn put(&self, job: Job) -> Option<bool> {
        let mut waiting = self.waiting();
        if waiting.jobs.len() >= MOST_WAITING {
            return None;
        }
        waiting.jobs.push(job);
        Some(waiting.begins())
    }

    /// The next jobs, and whether no others come at this time; when there are none, or somebody else sees to
    /// them, the work ends.
    fn next(&self) -> Option<(Vec<Job>, bool)> {
        let mut waiting = self.waiting();
        let count = waiting.jobs.len().min(MOST_TOGETHER);
        if count == 0 || waiting.working - waiting.aside > 1 {
            waiting.working -= 1;
            return None;
        }
        // While what was put down waits more is about to come.
        let is_alone = waiting.working == 1 && !waiting.folding;
        Some((waiting.jobs.drain(..count).collect(), is_alone))
    }
}

impl Waiting {
    /// Whether somebody has to begin with what waits; they are then counted.
    fn begins(&mut self) -> bool {
        let is_seen_to = self.working > self.aside || self.working >= MOST_AT_ONCE;
        let begins = !is_seen_to && !self.jobs.is_empty();
        self.working += usize::from(begins);
        begins
    }
}

/// Whoever has it takes sources further; meanwhile another puts down what comes.
struct Aside<'a>(&'a Queue);

impl<'a> Aside<'a> {
    fn step(app: &'a App) -> Self {
        let begins = {
            let mut waiting = app.live.waiting();
            waiting.aside += 1;
            waiting.begins()
        };
        if begins {
            begin(app);
        }
        Self(&app.live)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.waiting().aside -= 1;
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
        Some(true) => begin(app),
        Some(false) => {}
    }
    answer.await.unwrap_or(Err(Refused::Busy))
}

fn begin(app: &App) {
    drop(app.requests.spawn(work(app.clone())));
}

/// Writes what waits, until nothing does.
async fn work(app: App) {
    let mut held = None;
    while let Some((jobs, is_alone)) = app.live.next() {
        // A task of its own: were one to panic, its requests would be told and the others go on.
        let written = write_together(app.clone(), held, jobs, is_alone);
        held = app.requests.spawn(written).await.unwrap_or(None);
    }
}

type Held = Option<PoolConnection<Postgres>>;

async fn write_together(app: App, held: Held, jobs: Vec<Job>, is_alone: bool) -> Held {
    if is_alone && jobs.len() == 1 {
        return take_further(&app, held, jobs).await;
    }
    let (held, left) = put_down(&app, held, jobs).await;
    if left.is_empty() {
        return held;
    }
    take_further(&app, held, left).await
}

/// Puts down what is recognised; gives those jobs of which something has to be looked up first.
async fn put_down(app: &App, held: Held, jobs: Vec<Job>) -> (Held, Vec<Job>) {
    let now = Instant::now();
    let (mut values, mut down, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        match app.live.recent.recognise(&job.sender, &job.points, now) {
            Some(recognised) => {
                values.extend(recognised);
                down.push(job);
            }
            None => left.push(job),
        }
    }
    if values.is_empty() {
        return (held, left);
    }
    let written = match connection(app, held).await {
        Ok(mut connection) => store::insert_values(&mut connection, &values)
            .await
            .map(|()| connection),
        Err(error) => Err(error),
    };
    if let Ok(connection) = written {
        for job in down {
            // Who hung up is not told.
            let _ = job.told.send(Ok(()));
        }
        fold_soon(app);
        (Some(connection), left)
    } else {
        // The same trouble is met, and told, by those who take further what is left.
        left.extend(down);
        (None, left)
    }
}

/// Takes sources further by what jobs bring, in one transaction; where that fails, in one for each, so that
/// one is not another's trouble.
async fn take_further(app: &App, held: Held, jobs: Vec<Job>) -> Held {
    let _aside = Aside::step(app);
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    for job in jobs {
        asked.push((job.sender, job.points));
        told.push(job.told);
    }
    let (mut held, together) = attempt(app, held, Batch::asked(&asked)).await;
    let answers = match together {
        Ok(answers) => answers,
        Err(error) if asked.len() == 1 => vec![Err(Refused::Database(error))],
        Err(_) => {
            let mut answers = Vec::new();
            for one in asked.chunks(1) {
                let (connection, alone) = attempt(app, held, Batch::asked(one)).await;
                held = connection;
                answers.extend(alone.unwrap_or_else(|error| vec![Err(Refused::Database(error))]));
            }
            answers
        }
    };
    for (told, answer) in told.into_iter().zip(answers) {
        let _ = told.send(answer);
    }
    held
}

/// Sees to it that what was put down is taken further: a moment later, since more may come. Also at the
/// start, for what an earlier process left.
pub fn fold_soon(app: &App) {
    let mut waiting = app.live.waiting();
    waiting.put_down = true;
    if !std::mem::replace(&mut waiting.folding, true) {
        drop(app.requests.spawn(fold_later(app.clone())));
    }
}

async fn fold_later(app: App) {
    loop {
        let folded = app.live.waiting().folded;
        if let Some(folded) = folded {
            // Until then, or until the server stops.
            let _ = tokio::time::timeout_at(folded + FOLD_EVERY, app.shutdown.cancelled()).await;
        }
        app.live.waiting().put_down = false;
        // A task of its own, like those of requests.
        let all = app.requests.spawn(fold_all(app.clone())).await;
        let is_done = all.unwrap_or(false);
        let is_last = {
            let mut waiting = app.live.waiting();
            waiting.folded = Some(Instant::now());
            let is_last = app.shutdown.is_cancelled() || (is_done && !waiting.put_down);
            waiting.folding = !is_last;
            is_last
        };
        if is_last {
            return;
        }
        if !is_done {
            let _ = tokio::time::timeout(FOLD_AGAIN, app.shutdown.cancelled()).await;
        }
    }
}

/// Takes further what was put down; whether all of it was. What of one home cannot be written is no other's
/// trouble: it stays, and those who send to that home are told as soon as they are looked up again.
pub async fn fold_all(app: App) -> bool {
    let used = app.live.recent.used();
    let all = Batch {
        keys: &used,
        homes: Homes::All,
        ..Batch::default()
    };
    if attempt(&app, None, all).await.1.is_ok() {
        return true;
    }
    let homes = async { store::list_homes_of_values(&mut *app.db.acquire().await?).await };
    let homes = match homes.await {
        Ok(homes) => homes,
        Err(error) => {
            tracing::warn!(%error, "values wait to be taken further");
            return false;
        }
    };
    let (mut held, mut is_done) = (None, true);
    for home in homes {
        let one = Batch {
            homes: Homes::These(BTreeSet::from([home])),
            ..Batch::default()
        };
        let (connection, one) = attempt(&app, held, one).await;
        held = connection;
        if let Err(error) = one {
            tracing::error!(%error, home = %home.0, "values of a home cannot be taken further");
            is_done = false;
        }
    }
    is_done
}

async fn connection(app: &App, held: Held) -> sqlx::Result<PoolConnection<Postgres>> {
    match held {
        Some(connection) => Ok(connection),
        None => app.db.acquire().await,
    }
}

type Answers = sqlx::Result<Vec<Result<(), Refused>>>;

async fn attempt(app: &App, held: Held, wanted: Batch<'_>) -> (Held, Answers) {
    let mut connection = match connection(app, held).await {
        Ok(connection) => connection,
        Err(error) => return (None, Err(error)),
    };
    match transaction(app, &mut connection, wanted).await {
        Ok(answers) => (Some(connection), Ok(answers)),
        Err(error) => (None, Err(error)),
    }
}

async fn transaction(app: &App, connection: &mut PgConnection, wanted: Batch<'_>) -> Answers {
    let (now, looked_up) = (app.clock.now(), Instant::now());
    let mut tx = connection.begin().await?;
    let folded = fold(&mut tx, wanted, now).await?;
    write::store::bump_revisions(&mut tx, &folded.changed).await?;
    tx.commit().await?;
    let recent = &app.live.recent;
    recent.keep(folded.keys, folded.sources, looked_up);
    Ok(folded.answers)
}
