//! How fast single values are taken over 16 connections, each answered when it is on the disk, beside
//! single-row INSERTs by pgbench with 16 clients into a bare table of the same PostgreSQL: by way of the
//! network, as meters come to the server, and through PostgreSQL's socket, which only its own machine has.
//!
//! `make bench-live` runs it with a throw-away PostgreSQL that writes as one in earnest does. No test: times
//! on shared machines mean little but as ratios of the same run.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use ecotrack_server::accounts::token::Token;
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::live::commit::fold_all;
use ecotrack_server::{App, database, serve};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

mod store;

/// Connections, and clients of pgbench.
const CONNECTIONS: usize = 16;
/// Threads that send, and those of pgbench.
const SENDING_THREADS: usize = 2;
/// Rounds that count.
const ROUNDS: i64 = 5;
/// Between the values of a counter.
const EVERY_SECONDS: i64 = 10;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage =
        "bench-live DATABASE_URL DATABASE_TCP_URL PGBENCH SECONDS; `make bench-live` gives them";
    let mut url = || {
        let given = arguments.next();
        given
            .filter(|it| it.starts_with("postgres://"))
            .context(usage)
    };
    let (url, by_network) = (url()?, url()?);
    let pgbench = arguments.next().context(usage)?;
    let seconds = arguments.find_map(|it| it.parse().ok()).unwrap_or(10);
    let db = database::connect(&SecretString::from(url.clone())).await?;
    database::migrate(&db).await?;
    let settings = Settings::with_data_dir(std::env::temp_dir());
    let app = App::new(db, Clock::System, settings, CancellationToken::new());
    let mut conn = app.db.acquire().await?;
    store::create_bare(&mut conn).await?;
    let mut keys = Vec::new();
    let mut hashes = Vec::new();
    for _ in 0..CONNECTIONS {
        let token = Token::generate()?;
        hashes.push(token.hash());
        keys.push(token.reveal());
    }
    store::make_homes(&mut conn, &hashes).await?;
    drop(conn);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let served = tokio::spawn(serve(listener, app.clone()));
    // In turns, and what all rounds but the first come to, which warms up: the machine and its disk are quicker
    // at one time than at another.
    let peers = [("the network", &by_network), ("its socket", &url)];
    let (mut ours, mut theirs) = (Run::default(), [0.0_f64; 2]);
    for round in 0..=ROUNDS {
        for ((_, url), sum) in peers.iter().zip(&mut theirs) {
            let rate = insert_rows(&pgbench, url, seconds).await?;
            *sum += if round > 0 { rate } else { 0.0 };
        }
        let run = send_values(&app, address, &keys, seconds, round).await?;
        let mut conn = app.db.acquire().await?;
        let (stand, steps) = store::count(&mut conn, &run.last).await?;
        ensure!(
            stand == i64::try_from(CONNECTIONS)?,
            "{stand} of {CONNECTIONS} counters stand where they were last sent"
        );
        ensure!(steps > 0, "no step was stored");
        if round > 0 {
            ours.rate += run.rate;
            ours.times.extend(run.times);
        }
    }
    let rounds = ROUNDS as f64;
    ours.rate /= rounds;
    ours.times.sort_by(f64::total_cmp);
    for ((way, _), sum) in peers.into_iter().zip(theirs) {
        let rate = sum / rounds;
        println!(
            "values a second over {CONNECTIONS} connections, one in each request, on the disk when answered | {:.0} | \
             {rate:.0} rows by pgbench -c {CONNECTIONS} by {way}, one in each INSERT | {:.2}",
            ours.rate,
            ours.rate / rate
        );
    }
    println!(
        "the same: median and slowest of a hundred, in ms | {:.2}, {:.2} | |",
        ours.times[ours.times.len() / 2],
        ours.times[ours.times.len() * 99 / 100]
    );
    app.shutdown.cancel();
    served.await?
}

/// What was sent, and how fast.
#[derive(Default)]
struct Run {
    rate: f64,
    /// How long each answer took, in milliseconds.
    times: Vec<f64>,
    /// Where each counter stands at the end, in milliwatt-hours.
    last: Vec<i64>,
}

/// Sends for so long, and sees to it that all of it is in its source: that counts as well.
async fn send_values(
    app: &App,
    address: SocketAddr,
    keys: &[String],
    seconds: u64,
    round: i64,
) -> anyhow::Result<Run> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let begin = Clock::System.now().as_second() - (29 - round * 5) * 86_400;
    let started = Instant::now();
    // Threads of their own, as pgbench has.
    let threads = keys.chunks(CONNECTIONS / SENDING_THREADS).map(|keys| {
        let keys = keys.to_vec();
        tokio::task::spawn_blocking(move || send_all(address, keys, begin, round, until))
    });
    let mut run = Run::default();
    for thread in threads.collect::<Vec<_>>() {
        for (last, took) in thread.await?? {
            run.last.push(last);
            run.times.extend(took);
        }
    }
    ensure!(fold_all(app.clone()).await, "what came is taken further");
    run.rate = run.times.len() as f64 / started.elapsed().as_secs_f64();
    Ok(run)
}

type Sent = (i64, Vec<f64>);

/// Sends from one thread, over a connection for each key.
fn send_all(
    address: SocketAddr,
    keys: Vec<String>,
    begin: i64,
    round: i64,
    until: Instant,
) -> anyhow::Result<Vec<Sent>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let senders = keys
            .into_iter()
            .map(|key| send(address, key, begin, round, until));
        futures_util::future::try_join_all(senders).await
    })
}

/// Sends one value after the other, each when the one before was answered; gives the last and how long each
/// took, in milliseconds.
async fn send(
    address: SocketAddr,
    key: String,
    begin: i64,
    round: i64,
    until: Instant,
) -> anyhow::Result<Sent> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut took = Vec::new();
    let mut answer = vec![0; 4096];
    let mut wh = round * 100_000_000;
    let mut at = begin;
    while Instant::now() < until {
        (wh, at) = (wh + 3, at + EVERY_SECONDS);
        let line = format!("Wh,entity_id=grid value={wh} {at}");
        let request = format!(
            "POST /write?precision=s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n{line}",
            line.len()
        );
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let length = stream.read(&mut answer).await?;
        let said = String::from_utf8_lossy(&answer[..length]);
        ensure!(said.starts_with("HTTP/1.1 204"), "{said}");
        took.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    Ok((wh * 1000, took))
}

/// Rows a second by pgbench.
async fn insert_rows(pgbench: &str, url: &str, seconds: u64) -> anyhow::Result<f64> {
    let script = std::env::temp_dir().join(format!("ecotrack-bench-{}.sql", std::process::id()));
    let mut file = std::fs::File::create(&script)?;
    writeln!(file, "\\set n random(1, 1000000000000)")?;
    writeln!(
        file,
        "INSERT INTO bare VALUES (:client_id, 1, 'epoch'::timestamptz + :n * interval '1 ms', 0.5);"
    )?;
    drop(file);
    let (pgbench, url, path) = (pgbench.to_owned(), url.to_owned(), script.clone());
    let output = tokio::task::spawn_blocking(move || {
        let clients = CONNECTIONS.to_string();
        let threads = SENDING_THREADS.to_string();
        Command::new(pgbench)
            .args([
                "-n",
                "-M",
                "prepared",
                "-c",
                &clients,
                "-j",
                &threads,
                "-T",
                &seconds.to_string(),
                "-f",
            ])
            .arg(path)
            .arg(url)
            .output()
    })
    .await??;
    std::fs::remove_file(script)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "pgbench: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.with_context(|| format!("pgbench said no rate: {said}"))
}
