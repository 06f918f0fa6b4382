//! `ecotrack-server demo`: a private server with the demo home, for as long as its standard input is
//! open. `ecotrack demo` starts it and holds the other end, so even a client that is killed takes it
//! along. Progress and the address go to standard output as JSON, one object a line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub mod home;
pub mod series;
pub mod store;

use crate::config::Settings;
use crate::database::{self, ClusterError, PrivateCluster, Search};
use crate::{App, accounts, catalog, clock::Clock, serve};

/// Where a running demo is found; only its owner may read the token.
#[derive(Debug, Serialize, Deserialize)]
struct Running {
    url: String,
    token: String,
    energy_profile_id: EnergyProfileId,
}

/// Serves the demo, or says where one that runs already is.
///
/// # Errors
/// Told on standard output too, as `{"error": …}`, since that is where the client listens.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let outcome = start(settings).await;
    if let Err(error) = &outcome {
        say(&json!({ "error": format!("{error:#}") }));
    }
    outcome
}

async fn start(settings: Settings) -> anyhow::Result<()> {
    if attach(&settings.data_dir).await {
        return Ok(());
    }
    say(&json!({ "step": "database" }));
    let cluster = match &settings.database_url {
        Some(_) => None,
        None => match start_or_attach(&settings.data_dir).await? {
            Some(cluster) => Some(cluster),
            None => return Ok(()),
        },
    };
    let outcome = serve_demo(settings, cluster.as_ref()).await;
    match cluster {
        Some(cluster) => cluster
            .stop()
            .await
            .map_err(anyhow::Error::from)
            .and(outcome),
        None => outcome,
    }
}

async fn serve_demo(settings: Settings, cluster: Option<&PrivateCluster>) -> anyhow::Result<()> {
    let url = match (cluster, &settings.database_url) {
        (Some(cluster), _) => SecretString::from(cluster.url()),
        (None, Some(url)) => url.clone(),
        (None, None) => anyhow::bail!("no database"),
    };
    let shutdown = CancellationToken::new();
    let ended = tokio::spawn(until_left(shutdown.clone()));
    say(&json!({ "step": "migrations" }));
    let db = database::connect(&url).await?;
    database::migrate(&db).await?;
    let state = settings.data_dir.join("demo.json");
    let app = App::new(db, Clock::System, settings, shutdown.clone());
    say(&json!({ "step": "reference" }));
    catalog::load_reference(&app.db, app.clock.now()).await?;
    // The queue's schema, for the writes that ask for jobs.
    crate::jobs::worker(&app).await?;
    let mut tell = |step| match step {
        home::Step::Readings(done, total) => {
            say(&json!({ "step": "readings", "done": done, "total": total }));
        }
        home::Step::Training => say(&json!({ "step": "training" })),
    };
    let (profile, account) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        prepared = home::prepare(&app, &mut tell) => prepared?,
    };
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen on 127.0.0.1")?;
    let mut conn = app.db.acquire().await?;
    let account = accounts::store::find(&mut conn, account)
        .await?
        .context("the demo's account is gone")?;
    let now = app.clock.now();
    let signed_in =
        accounts::open_session(&mut conn, account, Some("ecotrack demo".to_owned()), now)
            .await
            .map_err(|error| anyhow::anyhow!("cannot sign in to the demo: {error}"))?;
    drop(conn);
    let running = Running {
        url: format!("http://{}", listener.local_addr()?),
        token: signed_in.token,
        energy_profile_id: profile,
    };
    write_private(&state, &serde_json::to_vec(&running)?)
        .with_context(|| format!("cannot write {}", state.display()))?;
    ready(&running, false);
    // At once, not when the last request is answered: nobody shall be sent to a server that ends.
    let forgotten = async {
        shutdown.cancelled().await;
        forget(&state);
    };
    let (served, ()) = tokio::join!(
        async {
            let served = serve(listener, app).await;
            shutdown.cancel();
            served
        },
        forgotten
    );
    ended.abort();
    served
}

/// Cancels when standard input closes or a signal asks for it.
async fn until_left(shutdown: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut rest = [0; 64];
    let mut input = tokio::io::stdin();
    let closed = async { while matches!(input.read(&mut rest).await, Ok(read) if read > 0) {} };
    let asked = async {
        let (interrupt, terminate) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        );
        match (interrupt, terminate) {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            }
            _ => std::future::pending().await,
        }
    };
    tokio::select! { () = closed => {}, () = asked => {} }
    shutdown.cancel();
}

fn say(line: &serde_json::Value) {
    // A client that is gone reads nothing; its closed input ends the demo.
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn ready(running: &Running, attached: bool) {
    say(&json!({ "ready": {
        "url": running.url,
        "token": running.token,
        "energy_profile_id": running.energy_profile_id,
        "attached": attached,
    } }));
}

/// Says where the demo of this folder runs, if it does.
async fn attach(data_dir: &Path) -> bool {
    let Ok(bytes) = std::fs::read(data_dir.join("demo.json")) else {
        return false;
    };
    let Ok(running) = serde_json::from_slice::<Running>(&bytes) else {
        return false;
    };
    let answers = answers(&running.url).await;
    if answers {
        ready(&running, true);
    }
    answers
}

/// The database of this folder; nothing where a demo has it, whose address is told then. One that is still starting
/// will be ready, and one that is ending leaves the folder: both are waited for.
pub(crate) async fn start_or_attach(
    data_dir: &Path,
) -> Result<Option<PrivateCluster>, ClusterError> {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(3);
    loop {
        let started = PrivateCluster::start(data_dir, &Search::from_environment()).await;
        match started {
            Err(ClusterError::InUse { .. }) if tokio::time::Instant::now() < deadline => {
                if attach(data_dir).await {
                    return Ok(None);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            started => return started.map(Some),
        }
    }
}

/// A file that is left behind names a server that does not answer, and is passed over.
fn forget(state: &Path) {
    if let Err(error) = std::fs::remove_file(state) {
        tracing::debug!(%error, "the demo's state file was gone");
    }
}

async fn answers(url: &str) -> bool {
    let Some(address) = url.strip_prefix("http://") else {
        return false;
    };
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    matches!(tokio::time::timeout(Duration::from_secs(2), asked).await, Ok(Ok(answer)) if answer == *b"HTTP/1.1 200")
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let draft = path.with_extension("new");
    let _ = std::fs::remove_file(&draft);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
