//! `demo`: a private server with a demo home, for as long as it is looked at.
//!
//! The server stops when its standard input closes, which the system does for us however this
//! program ends. It runs in a process group of its own, so that Ctrl-C reaches it through us only.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::locale::{Locale, fl};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::{Failure, Result, dashboard, screens};
use crate::client::Client;
use crate::{config, terminal};

const SERVER: &str = "ecotrack-server";
/// How long a server may take to stop; its `PostgreSQL` writes a checkpoint first.
const STOPPING: Duration = Duration::from_secs(30);

/// A log longer than this begins anew.
const LOG_BYTES: u64 = 1_000_000;

/// A line of the server's standard output.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// It answers.
    Ready { ready: Ready },
    /// It gives up, with a sentence.
    Failed { error: String },
    /// It is at a step of its start.
    Step {
        step: String,
        #[serde(default)]
        done: u64,
        #[serde(default)]
        total: u64,
    },
}

/// Where the demo is.
#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct Ready {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) energy_profile_id: EnergyProfileId,
    /// A demo runs already; this server has handed us over to it and ends.
    #[serde(default)]
    pub(super) attached: bool,
}

/// Without the token.
impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready")
            .field("url", &self.url)
            .field("attached", &self.attached)
            .finish_non_exhaustive()
    }
}

pub(super) async fn run(context: &Context, panic_on_start: bool) -> Result<()> {
    let mut server = Server::start(context)?;
    let outcome = look(context, &mut server, panic_on_start).await;
    let stopped = server.stop(&context.locale).await;
    outcome.and(stopped)
}

async fn look(context: &Context, server: &mut Server, panic_on_start: bool) -> Result<()> {
    let ready = or_stop(server.ready(&context.locale)).await?;
    let client = Client::new(&ready.url)
        .map_err(|bad| config::Error::Address(bad.0))?
        .with_token(&ready.token);
    if terminal::is_there() && !context.json {
        // They see to signals themselves: the terminal is theirs to give back.
        screens::open(
            context,
            client,
            None,
            Some(ready.energy_profile_id),
            panic_on_start,
        )
        .await
    } else {
        or_stop(dashboard::print(context, &client, ready.energy_profile_id)).await
    }
}

/// The work, unless a signal comes first.
async fn or_stop<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        () = asked_to_stop() => Err(Failure::Interrupted),
    }
}

/// Ends at the first Ctrl-C, hang-up or request to terminate. The screens see Ctrl-C as a key.
async fn asked_to_stop() {
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "a signal cannot be listened to");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

/// The server that this program started.
struct Server {
    child: Child,
    /// Open for as long as the server shall run.
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Server {
    fn start(context: &Context) -> Result<Self> {
        let words = context.locale.loader();
        let state_dir = &context.settings.state_dir;
        let log = state_dir.join("demo-server.log");
        let unwritable = |error: io::Error| {
            let (path, reason) = (log.display().to_string(), error.to_string());
            Failure::Said(fl!(words, "cli-session-io", path = path, reason = reason))
        };
        std::fs::create_dir_all(state_dir).map_err(unwritable)?;
        let errors = open_log(&log).map_err(unwritable)?;
        let program = find_server();
        let mut child = Command::new(&program)
            .arg("demo")
            // The demo's account speaks it too.
            .env("ECOTRACK_LANG", context.settings.language.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let (path, reason) = (program.display().to_string(), error.to_string());
                Failure::Said(fl!(
                    words,
                    "cli-demo-no-server",
                    path = path,
                    reason = reason
                ))
            })?;
        let stdin = child.stdin.take();
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("the server has no standard output"))?;
        Ok(Self {
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
            log,
        })
    }

    /// Tells what the server is doing until it answers.
    async fn ready(&mut self, locale: &Locale) -> Result<Ready> {
        let log = self.log.display().to_string();
        let mut progress = Progress::new(locale);
        while let Some(line) = self.lines.next_line().await? {
            match serde_json::from_str(&line) {
                Ok(Line::Step { step, done, total }) => progress.at(&step, done, total),
                Ok(Line::Ready { ready }) => return Ok(ready),
                Ok(Line::Failed { error }) => {
                    return Err(Failure::Said(fl!(
                        locale.loader(),
                        "cli-demo-failed",
                        error = error,
                        log = log
                    )));
                }
                Err(error) => tracing::warn!(%error, "the server said something else"),
            }
        }
        Err(Failure::Said(fl!(
            locale.loader(),
            "cli-demo-ended",
            log = log
        )))
    }

    /// Closes the server's standard input and waits until it has stopped what it started.
    async fn stop(mut self, locale: &Locale) -> Result<()> {
        drop(self.stdin.take());
        // What it still says is read, so that it is never stuck with a full pipe.
        let ends = async {
            while let Ok(Some(_)) = self.lines.next_line().await {}
            self.child.wait().await
        };
        if let Ok(status) = tokio::time::timeout(STOPPING, ends).await {
            tracing::info!(?status, "the demo's server has ended");
            return Ok(());
        }
        let log = self.log.display().to_string();
        Err(Failure::Said(fl!(
            locale.loader(),
            "cli-demo-still-stopping",
            log = log
        )))
    }
}

/// Appends, since the server of a demo that runs already may be writing there too.
fn open_log(path: &Path) -> io::Result<File> {
    let log = File::options().create(true).append(true).open(path)?;
    if log.metadata()?.len() > LOG_BYTES {
        log.set_len(0)?;
    }
    Ok(log)
}

/// The server beside this program, as they are built and installed; else the one on the PATH.
fn find_server() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(SERVER)));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| Path::new(SERVER).to_owned())
}

/// What is going on, on standard error: one moving line where somebody watches, else a line for
/// each step.
struct Progress<'l> {
    locale: &'l Locale,
    bar: Option<ProgressBar>,
    step: String,
}

impl<'l> Progress<'l> {
    fn new(locale: &'l Locale) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let progress = Self {
            locale,
            bar,
            step: String::new(),
        };
        progress.say(&locale.text("cli-demo-starting"));
        progress
    }

    fn say(&self, sentence: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(sentence.to_owned()),
            None => eprintln!("{sentence}"),
        }
    }

    fn at(&mut self, step: &str, done: u64, total: u64) {
        if step != self.step {
            step.clone_into(&mut self.step);
            let id = format!("cli-demo-step-{step}");
            // A newer server may do something that has no words here yet.
            if self.locale.has(&id) {
                self.say(&self.locale.text(&id));
            }
        }
        if let Some(bar) = &self.bar {
            let template = if total > 0 {
                "{spinner} {msg} [{bar:30}] {percent} %"
            } else {
                "{spinner} {msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("█▌ "));
            }
            bar.set_length(total.max(1));
            bar.set_position(done);
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
