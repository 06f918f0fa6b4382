//! What every handler and every job may reach for.

use std::ops::Deref;
use std::sync::Arc;

use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::suggestion::Suggestions;
use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::password::Passwords;
use crate::catalog::ReferenceCache;
use crate::clock::Clock;
use crate::config::Settings;
use crate::events::Hub;
use crate::kept::Kept;
use crate::live::commit::Queue;
use crate::live::standing::Standings;
use crate::live::strangers::Strangers;

/// Of the sixteen connections.
const IMPORTS_AT_ONCE: usize = 4;
const EXPORTS_AT_ONCE: usize = 4;

/// The state of one server process. A clone is the same state: requests make several, and each of many parts would
/// be counted each time.
#[derive(Clone)]
pub struct App(Arc<Process>);

impl Deref for App {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.0
    }
}

/// What a process holds.
pub struct Process {
    /// Connections to PostgreSQL.
    pub db: PgPool,
    /// Where the time comes from.
    pub clock: Clock,
    /// What the operator set.
    pub settings: Arc<Settings>,
    /// Argon2, a few at a time.
    pub passwords: Passwords,
    /// The reference data as last read.
    pub reference: ReferenceCache,
    /// Dashboards of homes, as long as they hold.
    pub dashboards: Kept<Dashboard>,
    /// All measures evaluated for homes, as long as that holds.
    pub suggestions: Kept<Suggestions>,
    /// Who is told that a home changed.
    pub hub: Hub,
    /// Imports that may hold a connection at once: a file comes as slowly as its line is, and the pool is
    /// everybody's.
    pub imports: Arc<Semaphore>,
    /// The same for files on their way out.
    pub exports: Arc<Semaphore>,
    /// What meters send and waits to be written.
    pub live: Queue,
    /// Told when homes listen to other topics.
    pub topics: Notify,
    /// How the connections to brokers stand.
    pub brokers: Standings,
    /// Who tries keys that are none.
    pub strangers: Strangers,
    /// Requests that were begun; the server stops when they are done.
    pub requests: TaskTracker,
    /// Cancelled when the server is to stop.
    pub shutdown: CancellationToken,
}

/// Says nothing of what it holds: the settings name a database with its password.
impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// The state of a server on this database.
    pub fn new(db: PgPool, clock: Clock, settings: Settings, shutdown: CancellationToken) -> Self {
        Self(Arc::new(Process {
            db,
            clock,
            settings: Arc::new(settings),
            passwords: Passwords::default(),
            reference: ReferenceCache::default(),
            dashboards: Kept::default(),
            suggestions: Kept::default(),
            hub: Hub::default(),
            imports: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
            exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
            live: Queue::default(),
            topics: Notify::new(),
            brokers: Standings::default(),
            strangers: Strangers::default(),
            requests: TaskTracker::new(),
            shutdown,
        }))
    }
}
