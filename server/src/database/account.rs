//! Who PostgreSQL runs as: it refuses root, so root lends it an unprivileged user.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::ClusterError;

/// Where system programs are; root's own PATH may lack the `sbin` folders.
pub(super) const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The user that the cluster's processes and files belong to.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// We are root and step down to it.
    lent: bool,
}

impl Account {
    /// The account for the cluster in `folder`: its owner where it exists already (so a cluster
    /// made under `ecotrack` stays with it when the distribution's package brings `postgres`),
    /// else the one for a new cluster.
    pub(super) fn of(folder: &Path) -> Result<Self, ClusterError> {
        let owner = match fs::metadata(folder) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::for_a_new_one(),
            Err(error) => return Err(ClusterError::at(folder)(error)),
        };
        let me = rustix::process::geteuid().as_raw();
        let (uid, gid) = (owner.uid(), owner.gid());
        let usable = if me == 0 { uid != 0 } else { uid == me };
        if !usable {
            return Err(ClusterError::ForeignOwner {
                folder: folder.to_owned(),
                owner: uid,
            });
        }
        let lent = me == 0;
        Ok(Self { uid, gid, lent })
    }

    /// Ourselves; as root `postgres`, which the distribution's package makes, else a system
    /// user `ecotrack` of our own. Never `nobody`, whom other programs share.
    pub(super) fn for_a_new_one() -> Result<Self, ClusterError> {
        let me = rustix::process::geteuid();
        if !me.is_root() {
            let (uid, gid) = (me.as_raw(), rustix::process::getegid().as_raw());
            let lent = false;
            return Ok(Self { uid, gid, lent });
        }
        if let Some(account) = Self::named("postgres").or_else(|| Self::named("ecotrack")) {
            return Ok(account);
        }
        let reason = create_system_user();
        Self::named("ecotrack").ok_or(ClusterError::NoAccount { reason })
    }

    /// Looks the name up with `id`, which asks every source of users that the system has.
    fn named(name: &str) -> Option<Self> {
        let ask = |what: &str| -> Option<u32> {
            let output = system("id").args([what, name]).output().ok()?;
            String::from_utf8_lossy(&output.stdout).trim().parse().ok()
        };
        let (uid, gid) = (ask("-u")?, ask("-g")?);
        (uid != 0).then_some(Self {
            uid,
            gid,
            lent: true,
        })
    }

    /// Makes `command` run as this account, and out of reach of the terminal's Ctrl-C.
    pub(super) fn run(&self, command: &mut Command) {
        command.process_group(0);
        if self.lent {
            // Setting the user id as root also drops root's supplementary groups (std does it).
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Hands a folder that we made to the account.
    pub(super) fn own(&self, path: &Path) -> Result<(), ClusterError> {
        if self.lent {
            std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid))
                .map_err(ClusterError::at(path))?;
        }
        Ok(())
    }

    pub(super) fn owns(&self, metadata: &Metadata) -> bool {
        metadata.uid() == self.uid
    }

    /// Whether the account may pass through `data_dir`, found by going there: the answer hangs on
    /// every folder above, and on more than their mode bits.
    pub(super) fn check_reach(&self, data_dir: &Path) -> Result<(), ClusterError> {
        let mut go = system("sh");
        go.args(["-c", ":"]).current_dir(data_dir);
        self.run(&mut go);
        match go.status() {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let output = system("id").args(["-un", &self.uid.to_string()]).output();
                let name = output.map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
                Err(ClusterError::Unreachable {
                    data_dir: data_dir.to_owned(),
                    user: name.unwrap_or_default().trim().to_owned(),
                })
            }
            Err(error) => Err(ClusterError::at(data_dir)(error)),
            Ok(_) => Ok(()),
        }
    }
}

/// A program of the system with nothing of our environment.
fn system(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Creates the system user `ecotrack` with what the system has for it; returns what was said.
fn create_system_user() -> String {
    const SHADOW: &str = "--system --user-group --no-create-home --home-dir /nonexistent \
                          --shell /usr/sbin/nologin ecotrack";
    const BUSYBOX: &str = "-S -D -H -h /nonexistent -s /sbin/nologin ecotrack";
    let mut said = Vec::new();
    for (program, arguments) in [("useradd", SHADOW), ("adduser", BUSYBOX)] {
        match system(program).args(arguments.split(' ')).output() {
            Ok(output) if output.status.success() => break,
            Ok(output) => said.push(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => said.push(format!("{program}: {error}")),
        }
    }
    said.join("; ")
}
