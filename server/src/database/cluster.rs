//! The private PostgreSQL cluster: made, started, adopted, stopped.
//!
//! It lives in `<data folder>/postgresql`, listens on a Unix socket that only its owner (and
//! root) can reach, and is a daemon of its own: killing the server leaves it running, and the
//! next server adopts it. A lock on `<data folder>/server.lock` keeps it to one server at a time;
//! everything below relies on holding that lock.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{Connection, PgConnection};

use super::account::{Account, SYSTEM_PATH};
use super::error::ClusterError;
use super::programs::{Programs, Search};
use super::{earlier, folders};

/// Seconds that a start may take; replaying the log after a crash is part of it.
const START_SECONDS: &str = "300";

/// Seconds for an orderly stop, before it is made immediate (which loses nothing either: the
/// next start replays the log).
const STOP_SECONDS: &str = "60";

/// A running PostgreSQL of our own. Stop it with [`PrivateCluster::stop`]; dropping it stops it
/// too, but blocks the thread meanwhile.
#[derive(Debug)]
pub struct PrivateCluster {
    programs: Programs,
    account: Account,
    pub(super) folder: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) port: u16,
    /// In the title of each of the cluster's processes, so that they are told from others.
    pub(super) name: String,
    adopted: bool,
    running: bool,
    /// Held as long as this lives.
    _lock: folders::DataLock,
}

impl PrivateCluster {
    /// Starts the cluster in `data_dir`, making folder, cluster, role and database where they do
    /// not exist yet, and adopting a PostgreSQL that an earlier server left running there.
    ///
    /// A start that is cancelled ends by itself and stops what it had started.
    pub async fn start(data_dir: &Path, search: &Search) -> Result<Self, ClusterError> {
        let (data_dir, search) = (data_dir.to_owned(), search.clone());
        let begin = move || Self::begin(&data_dir, &search);
        let cluster = tokio::task::spawn_blocking(begin).await??;
        cluster.make_database().await?;
        Ok(cluster)
    }

    /// Where `SQLx` connects: the role and database `ecotrack` through the socket. The user,
    /// port and TLS mode are spelled out because `SQLx` fills gaps from `PGPORT` and the like.
    pub fn url(&self) -> String {
        self.url_as("ecotrack", "ecotrack")
    }

    /// Whether an earlier server had left it running.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Stops PostgreSQL in good order: connections are closed, everything is on disk.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        tokio::task::spawn_blocking(move || self.halt()).await?
    }

    /// Everything of a start that needs no connection. It blocks, and for that reason it is
    /// safe to cancel: the thread carries on to the end, and what nobody takes is dropped.
    fn begin(data_dir: &Path, search: &Search) -> Result<Self, ClusterError> {
        // Root's folder is passed through by the unprivileged user, who may not look around.
        let root = rustix::process::geteuid().is_root();
        let data_dir = std::path::absolute(data_dir).map_err(ClusterError::at(data_dir))?;
        folders::make_folder(&data_dir, if root { 0o711 } else { 0o700 })?;
        let data_dir = fs::canonicalize(&data_dir).map_err(ClusterError::at(&data_dir))?;
        let lock = folders::lock(&data_dir)?;
        let folder = data_dir.join("postgresql");
        let account = Account::of(&folder)?;
        account.check_reach(&data_dir)?;
        let made_by = folders::made_by(&folder)?;
        let programs = match made_by {
            Some(major) => search.matching(major, &folder)?,
            None => search.newest()?,
        };
        let hash = folders::hash_of(&data_dir);
        let mut cluster = Self {
            programs,
            socket: folders::socket_folder(&data_dir, &account, &hash),
            account,
            folder,
            port: folders::PORT,
            name: format!("ecotrack-{hash}"),
            adopted: false,
            running: false,
            _lock: lock,
        };
        if made_by.is_none() {
            cluster.create(&data_dir)?;
        }
        if !cluster.adopt()? {
            cluster.launch()?;
        }
        tracing::info!(
            folder = %cluster.folder.display(),
            version = cluster.programs.major,
            adopted = cluster.adopted,
            "PostgreSQL is running"
        );
        Ok(cluster)
    }

    /// Makes the cluster beside its place and then moves it there, so that a half-made one never
    /// stands in it.
    fn create(&self, data_dir: &Path) -> Result<(), ClusterError> {
        const ALWAYS: [&str; 3] = [
            "--encoding=UTF8",
            "--auth-local=trust",
            "--auth-host=reject",
        ];
        // Sorting by code point is fast and never changes under an index, as a language's order
        // does when the C library is updated. Where the system lacks C.UTF-8, PostgreSQL 17 and
        // later bring their own; `C` is the same order with ASCII-only upper and lower case.
        let locales: [&[&str]; 3] = [
            &["--locale=C.UTF-8"],
            &[
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            &["--locale=C"],
        ];
        let place = data_dir.join("postgresql.new");
        let mut outcome = Ok(());
        for locale in locales {
            match fs::remove_dir_all(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ClusterError::at(&place)(error));
                }
                _ => folders::make_folder(&place, 0o700)?,
            }
            self.account.own(&place)?;
            let mut initdb = self.command("initdb", &place);
            initdb
                .args(["--username=postgres", "--data-checksums"])
                .args(ALWAYS)
                .args(locale);
            // Tests make dozens of clusters and throw each away.
            #[cfg(test)]
            initdb.arg("--no-sync");
            outcome = self.succeed("initdb", initdb);
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
        fs::rename(&place, &self.folder).map_err(ClusterError::at(&self.folder))?;
        let parent = File::open(data_dir).map_err(ClusterError::at(data_dir))?;
        parent.sync_all().map_err(ClusterError::at(data_dir))
    }

    /// Takes over a PostgreSQL that runs in the folder already. One that nobody can reach (its
    /// socket's folder was cleaned away) is stopped instead.
    fn adopt(&mut self) -> Result<bool, ClusterError> {
        if self.postmaster().is_none() {
            return Ok(false);
        }
        earlier::wait_until(|| self.postmaster().is_none_or(|running| running.ready));
        let Some(running) = self.postmaster() else {
            return Ok(false);
        };
        self.running = true;
        if !(running.ready && running.reached) {
            self.halt()?;
            return Ok(false);
        }
        self.socket = running.socket;
        self.port = running.port;
        self.adopted = true;
        Ok(true)
    }

    fn launch(&mut self) -> Result<(), ClusterError> {
        self.end_orphans()?;
        self.disown_reused_pid()?;
        folders::clear_socket_folder(&self.socket, &self.account)?;
        // Settings that the private cluster stands on; all others are the administrator's, in
        // its postgresql.conf. pg_ctl hands this to a shell, which is why `socket_folder` lets
        // only plain letters through. The logs of a week are kept.
        let settings = [
            format!("cluster_name={}", self.name),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.socket.display()),
            "unix_socket_permissions=0700".to_owned(),
            "listen_addresses=".to_owned(),
            "logging_collector=on".to_owned(),
            "log_directory=log".to_owned(),
            "log_filename=postgresql-%a.log".to_owned(),
            "log_truncate_on_rotation=on".to_owned(),
            "log_rotation_age=1440".to_owned(),
            "log_rotation_size=0".to_owned(),
        ];
        let options = settings.map(|setting| format!("-c {setting}")).join(" ");
        folders::remove_file(&self.folder.join("start.log"))?;
        // pg_ctl gives PostgreSQL a session of its own, where no terminal's signals reach it.
        let mut start = self.command("pg_ctl", &self.folder);
        start.args(["start", "--wait", "--timeout", START_SECONDS]);
        start.args(["--log", "start.log", "--options", &options]);
        // Before, not after: a start that fails late may have left something behind to stop.
        self.running = true;
        self.succeed("pg_ctl start", start)
    }

    /// Stops PostgreSQL if it runs, and returns when it is gone.
    fn halt(&mut self) -> Result<(), ClusterError> {
        if !self.running || self.postmaster().is_none() {
            self.running = false;
            return Ok(());
        }
        let mut outcome = Ok(());
        for mode in ["fast", "immediate"] {
            let mut stop = self.command("pg_ctl", &self.folder);
            stop.args(["stop", "--wait", "--timeout", STOP_SECONDS, "--mode", mode]);
            outcome = self.succeed("pg_ctl stop", stop);
            if outcome.is_ok() || self.postmaster().is_none() {
                self.running = false;
                return Ok(());
            }
        }
        outcome
    }

    /// Makes our role and database. The role is no superuser: a flaw in our SQL must not become
    /// a shell on the machine, which is what a superuser's `COPY ... TO PROGRAM` is.
    async fn make_database(&self) -> Result<(), ClusterError> {
        let mut postgres = PgConnection::connect(&self.url_as("postgres", "postgres")).await?;
        for (exists, create) in [
            (
                "select exists (select from pg_roles where rolname = 'ecotrack')",
                "create role ecotrack login",
            ),
            (
                "select exists (select from pg_database where datname = 'ecotrack')",
                "create database ecotrack owner ecotrack",
            ),
        ] {
            let exists: bool = sqlx::query_scalar(exists).fetch_one(&mut postgres).await?;
            if !exists {
                sqlx::query(create).execute(&mut postgres).await?;
            }
        }
        postgres.close().await?;
        Ok(())
    }

    fn url_as(&self, role: &str, database: &str) -> String {
        url(&self.socket, self.port, role, database)
    }

    /// One of PostgreSQL's programs, working on the cluster in `folder`, as the account and with
    /// nothing of our environment: neither our secrets nor somebody's `PGPORT`.
    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.programs.bin.join(program));
        command
            .env_clear()
            .env("PATH", SYSTEM_PATH)
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("PGDATA", folder)
            .current_dir(folder)
            .stdin(Stdio::null());
        self.account.run(&mut command);
        command
    }

    fn succeed(&self, program: &str, mut command: Command) -> Result<(), ClusterError> {
        let output = command.output().map_err(|source| ClusterError::Program {
            program: command.get_program().into(),
            source,
        })?;
        if output.status.success() {
            return Ok(());
        }
        let mut said = [output.stdout, output.stderr].concat();
        said.extend(fs::read(self.folder.join("start.log")).unwrap_or_default());
        Err(ClusterError::Failed {
            program: program.to_owned(),
            log: self.folder.join("log"),
            output: String::from_utf8_lossy(&said).trim().to_owned(),
        })
    }

    /// Lets go of the running PostgreSQL, as being killed would.
    #[cfg(test)]
    pub(super) fn abandon(mut self) {
        self.running = false;
    }

    /// The first process's number.
    #[cfg(test)]
    pub(super) fn pid(&self) -> Option<i32> {
        self.postmaster().map(|running| running.pid)
    }
}

impl Drop for PrivateCluster {
    /// The last resort, when the server gives up without coming to [`PrivateCluster::stop`].
    fn drop(&mut self) {
        if let Err(error) = self.halt() {
            tracing::error!(%error, "PostgreSQL was left running");
        }
    }
}

/// The address of a database behind a socket.
pub(super) fn url(socket: &Path, port: u16, role: &str, database: &str) -> String {
    let mut folder = String::new();
    for byte in socket.as_os_str().as_bytes() {
        if folders::is_plain(*byte) {
            folder.push(char::from(*byte));
        } else {
            write!(folder, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    format!("postgres://{role}@localhost:{port}/{database}?host={folder}&sslmode=disable")
}
