//! What another run left behind in the cluster's folder, or works with: a PostgreSQL that runs, one
//! that was killed and whose children linger, a process number that means somebody else by now.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::cluster::{PrivateCluster, url};
use super::error::ClusterError;
use super::folders::NO_LINKS;

/// How long an earlier run's processes may take to become ready, or to be gone.
const LEFTOVER_LIMIT: Duration = Duration::from_mins(1);

/// A process number that no process has. PostgreSQL, reading it, goes on to its other check,
/// whether anybody still holds the cluster's shared memory.
const NOBODYS_PID: &[u8] = b"2147483647\n";

/// What `postmaster.pid` says of a PostgreSQL that really runs.
pub(super) struct Postmaster {
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at the process"))]
    pub(super) pid: i32,
    pub(super) socket: PathBuf,
    pub(super) port: u16,
    /// It takes connections, as far as it knows.
    pub(super) ready: bool,
    /// Its socket is where it was.
    pub(super) reached: bool,
}

/// What `postmaster.pid` says, true or not.
struct Noted {
    pid: i32,
    port: Option<u16>,
    socket: Option<PathBuf>,
    ready: bool,
}

impl Noted {
    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
        let line = |number: usize| text.lines().nth(number - 1).map(str::trim);
        Some(Self {
            // A negative number is a single-user backend's.
            pid: line(1)?.parse::<i32>().ok()?.checked_abs()?,
            port: line(4).and_then(|port| port.parse().ok()),
            socket: line(5)
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from),
            ready: line(8) == Some("ready"),
        })
    }
}

/// Where `SQLx` connects to the private PostgreSQL that a running server has in `data_dir`, for a
/// command beside it; none when it is not up. Nothing of it is taken over: it stops with that server.
pub fn running(data_dir: &Path) -> Option<String> {
    let noted = Noted::read(&data_dir.join("postgresql"))?;
    let (socket, port) = (noted.socket?, noted.port?);
    (noted.ready && answers(&socket, port)).then(|| url(&socket, port, "ecotrack", "ecotrack"))
}

fn answers(socket: &Path, port: u16) -> bool {
    UnixStream::connect(socket.join(format!(".s.PGSQL.{port}"))).is_ok()
}

impl PrivateCluster {
    /// The PostgreSQL that runs in our folder, if one does. `postmaster.pid` alone does not say:
    /// after a crash its process is gone, or its number is another program's by now.
    pub(super) fn postmaster(&self) -> Option<Postmaster> {
        let noted = Noted::read(&self.folder)?;
        let port = noted.port.unwrap_or(self.port);
        let socket = noted.socket.unwrap_or_else(|| self.socket.clone());
        let (pid, ready) = (noted.pid, noted.ready);
        let reached = answers(&socket, port);
        // One that answers is taken as ours even if somebody else started it, with other titles.
        let ours = is_alive(pid) && (reached || self.is_ours(pid));
        ours.then_some(Postmaster {
            pid,
            socket,
            port,
            ready,
            reached,
        })
    }

    /// Whether a process is the cluster's, by its title: `postgres: <name>: checkpointer`, or
    /// for the first of them the command line that `launch` gave it.
    fn is_ours(&self, pid: i32) -> bool {
        let title = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let title = String::from_utf8_lossy(&title);
        let (program, arguments) = title.split_once('\0').unwrap_or((&title, ""));
        program.starts_with(&format!("postgres: {}: ", self.name))
            || (program.ends_with("postgres")
                && arguments
                    .split('\0')
                    .any(|argument| argument == format!("cluster_name={}", self.name)))
    }

    /// Ends what a killed PostgreSQL left behind. Its children end by themselves as soon as they
    /// notice, but one in the middle of a long query notices late, and until it is gone nobody
    /// can start. SIGQUIT is what their parent would have sent them.
    pub(super) fn end_orphans(&self) -> Result<(), ClusterError> {
        let orphans = || -> Vec<Pid> {
            let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            processes
                .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
                .filter(|pid| self.is_ours(*pid))
                .filter_map(Pid::from_raw)
                .collect()
        };
        for pid in orphans() {
            // It may have ended in between, which is as good.
            let _ = rustix::process::kill_process(pid, Signal::QUIT);
        }
        if wait_until(|| orphans().is_empty()) {
            return Ok(());
        }
        let pids: Vec<String> = orphans().iter().map(ToString::to_string).collect();
        Err(ClusterError::Orphans {
            folder: self.folder.clone(),
            pids: pids.join(", "),
        })
    }

    /// PostgreSQL removes a stale `postmaster.pid` itself, except when another program has that
    /// process number by now (common after the machine restarted): then it believes itself to
    /// be running. Only the number is overwritten: the rest of the file leads it to the shared
    /// memory, the surer sign of life, which it still checks.
    pub(super) fn disown_reused_pid(&self) -> Result<(), ClusterError> {
        let path = self.folder.join("postmaster.pid");
        let open = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(NO_LINKS)
            .open(&path);
        let mut file = match open {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(ClusterError::at(&path))?,
        };
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(ClusterError::at(&path))?;
        let Some((pid, rest)) = text.split_once('\n') else {
            return Ok(());
        };
        if pid.trim().parse().is_ok_and(is_alive) {
            let text = [NOBODYS_PID, rest.as_bytes()].concat();
            file.write_all_at(&text, 0)
                .map_err(ClusterError::at(&path))?;
        }
        Ok(())
    }
}

/// Whether a process has this number, whoever's it is.
fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| {
        !matches!(
            rustix::process::test_kill_process(pid),
            Err(rustix::io::Errno::SRCH)
        )
    })
}

/// Polls `done` until it holds; false when it still does not after [`LEFTOVER_LIMIT`].
#[expect(
    clippy::disallowed_methods,
    reason = "this is the waiting for a condition; other programs' processes send no word"
)]
pub(super) fn wait_until(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > LEFTOVER_LIMIT {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
