//! The client's log: a file a day in the state folder, never the terminal.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Logs to `ecotrack.<date>.log` under the state folder until the guard is dropped; five days are
/// kept, `ECOTRACK_LOG` says how much is told. `None` where the folder cannot be written: no log
/// is no reason not to work.
pub(super) fn to_file(state_dir: &Path) -> Option<WorkerGuard> {
    // Nobody else needs to know when and where this was used.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state_dir)
        .ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("ecotrack")
        .filename_suffix("log")
        .max_log_files(5)
        .build(state_dir)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .with_env_var("ECOTRACK_LOG")
        .from_env_lossy();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).ok()?;
    Some(guard)
}
