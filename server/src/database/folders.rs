//! The folders that the cluster lives in, and the lock that keeps them to one server.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};
use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::ClusterError;

/// The port number in the socket's name; nothing listens on the network.
pub(super) const PORT: u16 = 5432;

/// What a Unix socket's path may hold: `sockaddr_un` has 108 bytes, the last one zero.
const SOCKET_PATH_LIMIT: usize = 107;

/// As root in a folder that an unprivileged user owns: never follow a link planted there.
pub(super) const NO_LINKS: i32 = OFlags::NOFOLLOW.bits().cast_signed();

/// Makes `folder` and what is missing above it, with `mode` whatever the umask.
pub(super) fn make_folder(folder: &Path, mode: u32) -> Result<(), ClusterError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent, mode)?;
    }
    fs::create_dir(folder)
        .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(mode)))
        .map_err(ClusterError::at(folder))
}

/// The data folder, taken for this process until this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct DataLock(File);

impl Drop for DataLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a program that is just being started elsewhere in this process
        // has it open too, until it has become that program.
        if let Err(error) = rustix::fs::flock(&self.0, FlockOperation::Unlock) {
            tracing::warn!(%error, "the data folder could not be given back");
        }
    }
}

/// Takes the data folder.
pub(super) fn lock(data_dir: &Path) -> Result<DataLock, ClusterError> {
    let path = data_dir.join("server.lock");
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(NO_LINKS)
        .open(&path)
        .map_err(ClusterError::at(&path))?;
    if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut pid = String::new();
        let _ = file.read_to_string(&mut pid);
        let pid = if pid.is_empty() {
            "unknown"
        } else {
            pid.trim()
        };
        return Err(ClusterError::InUse {
            data_dir: data_dir.to_owned(),
            pid: pid.to_owned(),
        });
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(ClusterError::at(&path))?;
    Ok(DataLock(file))
}

/// The major version that made the cluster in `folder`; none where there is no cluster.
pub(super) fn made_by(folder: &Path) -> Result<Option<u32>, ClusterError> {
    let path = folder.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ClusterError::at(&path)(error)),
        // Before version 10 there were two numbers, as in 9.6.
        Ok(text) => match text.trim().split('.').next().unwrap_or("").parse() {
            Ok(major) => Ok(Some(major)),
            Err(error) => Err(ClusterError::at(&path)(io::Error::other(error))),
        },
    }
}

/// Short, and different for each data folder.
pub(super) fn hash_of(data_dir: &Path) -> String {
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    digest[..6].iter().fold(String::new(), |mut hash, byte| {
        write!(hash, "{byte:02x}").expect("a String takes all that is written");
        hash
    })
}

/// In the data folder, where nobody else can make it first and nobody tidies up. A data folder
/// with a long or strange name gets one elsewhere; not in `XDG_RUNTIME_DIR`, which is emptied
/// when the user signs out, though the server may go on.
pub(super) fn socket_folder(data_dir: &Path, account: &Account, hash: &str) -> PathBuf {
    let inside = data_dir.join("socket");
    let bytes = inside.as_os_str().as_bytes();
    let length = bytes.len() + format!("/.s.PGSQL.{PORT}.lock").len();
    if length <= SOCKET_PATH_LIMIT && bytes.iter().copied().all(is_plain) {
        return inside;
    }
    let uid = account.uid;
    if rustix::process::geteuid().is_root() && Path::new("/run").is_dir() {
        PathBuf::from(format!("/run/ecotrack-{hash}"))
    } else {
        PathBuf::from(format!("/tmp/ecotrack-{uid}-{hash}"))
    }
}

/// Means nothing to a shell, to PostgreSQL's lists, or in a URL.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)
}

/// Makes the socket's folder, or empties it: the socket's own lock file has the same
/// trouble with reused process numbers.
pub(super) fn clear_socket_folder(folder: &Path, account: &Account) -> Result<(), ClusterError> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => account.own(folder)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(ClusterError::at(folder)(error)),
    }
    let found = fs::symlink_metadata(folder).map_err(ClusterError::at(folder))?;
    if !found.is_dir() || !account.owns(&found) {
        let folder = folder.to_owned();
        return Err(ClusterError::SocketFolder { folder });
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(ClusterError::at(folder))?;
    for end in ["", ".lock"] {
        let path = folder.join(format!(".s.PGSQL.{PORT}{end}"));
        remove_file(&path)?;
    }
    Ok(())
}

/// Removes a file that may be there.
pub(super) fn remove_file(path: &Path) -> Result<(), ClusterError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ClusterError::at(path)(error)),
        _ => Ok(()),
    }
}
