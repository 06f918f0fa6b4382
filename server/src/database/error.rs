//! What can go wrong with the private cluster, each as a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No PostgreSQL programs anywhere.
    #[error(
        "PostgreSQL is not installed; install it with `{command}` and start again, or point \
         ECOTRACK_DATABASE_URL at a PostgreSQL of your own (15 or newer)"
    )]
    NotInstalled {
        /// What installs it on this system.
        command: String,
    },
    /// Only programs older than EcoTrack's SQL needs.
    #[error(
        "PostgreSQL {newest} is installed, but EcoTrack needs 15 or newer; install a newer one \
         beside it, or point ECOTRACK_DATABASE_URL at one"
    )]
    TooOld {
        /// The newest major version found.
        newest: u32,
    },
    /// The data were written by a major version whose programs are gone.
    #[error(
        "the database in {folder} was made by PostgreSQL {major}, but only version {installed} is \
         installed; install the old one beside it with `{command}` and start again (to move to a \
         newer one, dump with the old and restore with the new, or use pg_upgrade)"
    )]
    NoMatchingPrograms {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version it needs.
        major: u32,
        /// The major versions there are, as words.
        installed: String,
        /// What installs the one it needs.
        command: String,
    },
    /// Another EcoTrack server works in this data folder.
    #[error(
        "another EcoTrack server (process {pid}) already uses {data_dir}; stop it first, or choose \
         another folder with ECOTRACK_DATA_DIR"
    )]
    InUse {
        /// The data folder.
        data_dir: PathBuf,
        /// The other server's process, `unknown` in the instant before it has written it down.
        pid: String,
    },
    /// Started as root, and the user who runs PostgreSQL cannot get at the data folder.
    #[error(
        "PostgreSQL does not run as root but as `{user}`, who cannot enter {data_dir}; choose a \
         folder that others may pass through, for example ECOTRACK_DATA_DIR=/var/lib/ecotrack"
    )]
    Unreachable {
        /// The data folder.
        data_dir: PathBuf,
        /// The unprivileged user.
        user: String,
    },
    /// The cluster's folder is somebody else's.
    #[error(
        "{folder} belongs to user number {owner}; start EcoTrack as that user, give the folder \
         to another with `chown -R`, or choose another with ECOTRACK_DATA_DIR"
    )]
    ForeignOwner {
        /// The cluster's folder.
        folder: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// Somebody else made our socket's folder first.
    #[error(
        "{folder} should be this server's private folder but belongs to somebody else; remove it, \
         or choose a shorter ECOTRACK_DATA_DIR (then it is not needed)"
    )]
    SocketFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// As root, without any unprivileged user and unable to create one.
    #[error(
        "PostgreSQL does not run as root, and creating the system user `ecotrack` for it failed \
         ({reason}); create a system user of that name and start again"
    )]
    NoAccount {
        /// What the attempt said.
        reason: String,
    },
    /// Processes of a PostgreSQL that died do not end.
    #[error(
        "PostgreSQL processes of an earlier run still hold {folder} ({pids}); end them with \
         `kill -QUIT` and start again"
    )]
    Orphans {
        /// The cluster's folder.
        folder: PathBuf,
        /// Their process ids.
        pids: String,
    },
    /// A PostgreSQL program could not even be run.
    #[error("could not run {program}: {source}; is PostgreSQL's installation whole?")]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A PostgreSQL program ran and failed.
    #[error("{program} failed; its log is in {log}, and it said:\n{output}")]
    Failed {
        /// The program with its verb.
        program: String,
        /// Where to read on.
        log: PathBuf,
        /// Its last words.
        output: String,
    },
    /// A folder or file of the cluster could not be read or written.
    #[error("could not use {path}: {source}; check its permissions and the free space")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// PostgreSQL runs but does not let us in.
    #[error("the private PostgreSQL runs but refused EcoTrack: {0}")]
    Database(#[from] sqlx::Error),
    /// The program is ending while the cluster starts or stops.
    #[error("starting or stopping the private PostgreSQL was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl ClusterError {
    /// For `map_err` on what the file system says about `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Folder {
            path: path.to_owned(),
            source,
        }
    }
}
