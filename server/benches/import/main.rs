//! How fast a file of a million quarter-hours comes in through the server, beside psql's `\copy` of the
//! same rows into a bare table; how much disk a year of them takes; and, while a file of a gigabyte comes
//! in, how much memory the server takes and how long a dashboard does.
//!
//! `make bench-import` runs it: its arguments are the address of a throw-away PostgreSQL, psql, and how
//! often each is done. No test: times on shared machines mean little but as ratios of the same run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail};
use ecotrack_common::import::ImportReport;
use ecotrack_common::import::own_rows::HEADER;
use ecotrack_common::meter::{Channel, NewMeter, ReadingKind};
use ecotrack_common::path;
use ecotrack_server::database;
use jiff::{Timestamp, ToSpan};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::AsyncBufReadExt;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

mod store;

const ROWS: i64 = 1_000_000;
const YEAR: i64 = 365 * 96;
/// Meters of the large file: each has a million rows of about a hundred bytes.
const METERS: i64 = 11;
/// The file that it is held against.
const SMALL_ROWS: i64 = 400_000;
/// Dashboards of a quiet server.
const QUIET_LOOKS: usize = 500;
/// How often somebody looks.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let Some(url) = arguments.next() else {
        // `cargo bench` without a name runs this one too.
        return Ok(());
    };
    let provider = rustls::crypto::ring::default_provider();
    anyhow::ensure!(
        provider.install_default().is_ok(),
        "TLS has another provider"
    );
    let psql = PathBuf::from(arguments.next().context("where is psql?")?);
    let times: usize = arguments.next().map_or(Ok(5), |times| times.parse())?;
    let folder = std::env::temp_dir().join(format!("ecotrack-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&url, &psql, times, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(url: &str, psql: &Path, times: usize, folder: &Path) -> anyhow::Result<()> {
    let server = Server::start(url, folder).await?;
    let db = database::connect(&SecretString::from(url)).await?;
    let mut conn = db.acquire().await?;
    store::create_bare(&mut conn).await?;
    let bare = folder.join("bare.csv");

    let year = steps(YEAR);
    std::fs::write(&bare, bare_rows(&year))?;
    let meter = server.meter(0).await?;
    server.import_steps(&meter, &year).await?;
    copy(psql, url, &bare).await?;
    let (ours, theirs) = store::sizes(&mut conn).await?;
    let per = theirs as f64 / ours as f64;
    println!("a year of quarter-hours, bytes on disk | {ours} | {theirs} | {per:.1}");

    let file = steps(ROWS);
    std::fs::write(&bare, bare_rows(&file))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..times {
        let meter = server.meter(100 + i64::try_from(run)?).await?;
        let begun = Instant::now();
        let report = server.import_steps(&meter, &file).await?;
        ours.push(begun.elapsed().as_secs_f64());
        if report.meters.first().map(|meter| meter.added) != Some(ROWS) {
            bail!("not all rows were taken: {report:?}");
        }
        store::empty_bare(&mut conn).await?;
        let begun = Instant::now();
        copy(psql, url, &bare).await?;
        theirs.push(begun.elapsed().as_secs_f64());
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!(
        "{ROWS} quarter-hours imported, rows a second | {:.0} | {:.0} | {:.1}",
        ROWS as f64 / ours,
        ROWS as f64 / theirs,
        theirs / ours
    );

    let large = server.large_file(folder, METERS, ROWS).await?;
    let small = server.large_file(folder, 1, SMALL_ROWS).await?;
    let small = server.import_meters(&small).await?;
    let quiet = server.viewer().look(|looked| looked >= QUIET_LOOKS).await?;
    let (stop, mut ended) = oneshot::channel::<()>();
    let beside = server
        .viewer()
        .look(move |_| ended.try_recv() != Err(TryRecvError::Empty));
    let large = server.import_meters(&large).await?;
    drop(stop);
    let beside = beside.await?;
    println!(
        "peak memory of the server, MiB: a file of {} MB beside one of {} MB | {} | {} | {:.2}",
        large.megabytes,
        small.megabytes,
        large.peak_mib,
        small.peak_mib,
        large.peak_mib as f64 / small.peak_mib as f64
    );
    println!(
        "a dashboard, slowest of a hundred, ms: while that comes in ({} times) beside quiet ({} times) | {:.2} | {:.2} | {:.2}",
        beside.count,
        quiet.count,
        beside.p99_ms,
        quiet.p99_ms,
        beside.p99_ms / quiet.p99_ms
    );
    println!(
        "a dashboard, the middle one, ms | {:.2} | {:.2} | {:.2}",
        beside.p50_ms,
        quiet.p50_ms,
        beside.p50_ms / quiet.p50_ms
    );
    Ok(())
}

fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The instants and energies of so many quarter-hours, from 1996 on.
fn quarters(count: i64) -> impl Iterator<Item = (Timestamp, i64)> {
    let first = Timestamp::from_second(820_454_400).unwrap_or(Timestamp::UNIX_EPOCH);
    (0..count).map(move |at| {
        // As uneven as a home is: no two alike, none of them round.
        let mwh = (at.wrapping_mul(2_654_435_761) >> 7).rem_euclid(1_200_000) + 20_000;
        (first + (at * 15).minutes(), mwh)
    })
}

fn steps(count: i64) -> String {
    let mut text = String::from("timestamp,kwh\n");
    for (at, mwh) in quarters(count) {
        let _ = writeln!(text, "{at},{}.{:06}", mwh / 1_000_000, mwh % 1_000_000);
    }
    text
}

/// The same rows with the key of the bare table.
fn bare_rows(steps: &str) -> String {
    let key = "01890a5d-ac96-774b-bcce-b302099a8057,01890a5d-ac96-774b-bcce-b302099a8058";
    let mut text = String::with_capacity(steps.len() * 3);
    for row in steps.lines().skip(1) {
        let _ = writeln!(text, "{key},{row}");
    }
    text
}

async fn copy(psql: &Path, url: &str, file: &Path) -> anyhow::Result<()> {
    let command = format!("\\copy bare FROM '{}' CSV", file.display());
    let arguments = [
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--command",
        &command,
        url,
    ];
    let done = Command::new(psql).args(arguments).status().await?;
    if !done.success() {
        bail!("psql could not copy");
    }
    Ok(())
}

/// How long dashboards took.
struct Looks {
    count: usize,
    p50_ms: f64,
    p99_ms: f64,
}

/// A file of several meters.
struct LargeFile {
    path: PathBuf,
    bytes: u64,
}

struct Large {
    megabytes: u64,
    peak_mib: u64,
}

/// A server of its own process, with a home.
struct Server {
    process: Child,
    client: reqwest::Client,
    address: String,
    token: String,
    profile: String,
}

impl Server {
    async fn start(url: &str, folder: &Path) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let listen = listener.local_addr()?.to_string();
        drop(listener);
        let mut process = Command::new(env!("CARGO_BIN_EXE_ecotrack-server"))
            .args([
                "--listen",
                &listen,
                "--database-url",
                url,
                "--log",
                "ecotrack_server=info",
            ])
            .arg("--data-dir")
            .arg(folder)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = process.stderr.take().context("the server says nothing")?;
        let mut lines = tokio::io::BufReader::new(out).lines();
        #[expect(clippy::disallowed_methods, reason = "the bench is its own client")]
        let client = reqwest::Client::new();
        let address = format!("http://{listen}");
        // It says where it listens when it does.
        while let Some(line) = lines.next_line().await? {
            if line.contains("serving") {
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let mut server = Self {
            process,
            client,
            address,
            token: String::new(),
            profile: String::new(),
        };
        let account = json!({
            "email": "bench@example.org", "display_name": "Bench", "password": "correct horse battery",
            "language": "en",
        });
        let signed_in = server.post(path::ACCOUNTS, &account).await?;
        server.token = text(&signed_in["token"])?;
        let home = json!({
            "name": "Bench", "connection": "two", "currency": "BRL", "time_zone": "America/Sao_Paulo",
            "billing_cycle_day": 10, "public_totals": false, "location": { "country": "BR" },
        });
        server.profile = text(&server.post(path::PROFILES, &home).await?["energy_profile_id"])?;
        Ok(server)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.address));
        let answer = request.bearer_auth(&self.token).json(body).send().await?;
        let (status, json) = (answer.status(), answer.json::<Value>().await?);
        if !status.is_success() {
            bail!("{path}: {json}");
        }
        Ok(json)
    }

    async fn meter(&self, number: i64) -> anyhow::Result<String> {
        let new = NewMeter::new(
            format!("Meter {number}"),
            Channel::GridImport,
            ReadingKind::Step,
        );
        let meters = path::fill(path::METERS, &[("energy_profile_id", &self.profile)]);
        let made = self.post(&meters, &serde_json::to_value(new)?).await?;
        text(&made["row"]["meter_id"])
    }

    async fn import(&self, query: &str, body: reqwest::Body) -> anyhow::Result<ImportReport> {
        let import = path::fill(
            path::READINGS_IMPORT,
            &[("energy_profile_id", &self.profile)],
        );
        let request = self
            .client
            .post(format!("{}{import}?{query}", self.address));
        let request = request
            .bearer_auth(&self.token)
            .header("content-type", "text/csv");
        let answer = request.body(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("an import was refused: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    fn viewer(&self) -> Viewer {
        let dashboard = path::fill(path::DASHBOARD, &[("energy_profile_id", &self.profile)]);
        Viewer {
            address: format!("{}{dashboard}", self.address),
            token: self.token.clone(),
        }
    }

    /// Writes the file of so many meters with so many rows each.
    async fn large_file(&self, folder: &Path, meters: i64, rows: i64) -> anyhow::Result<LargeFile> {
        let path = folder.join(format!("{meters}-meters.csv"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
        writeln!(file, "{HEADER}")?;
        for number in 0..meters {
            let meter = self.meter(1000 * rows + number).await?;
            for (at, mwh) in quarters(rows) {
                let (end, part) = (at + 15.minutes(), mwh % 1_000_000);
                let kwh = mwh / 1_000_000;
                writeln!(file, "{meter},{at},{end},{kwh}.{part:06},,false")?;
            }
        }
        let file = file.into_inner()?;
        // What is still being put on the disk would be measured as well.
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        Ok(LargeFile { path, bytes })
    }

    async fn import_steps(&self, meter: &str, file: &str) -> anyhow::Result<ImportReport> {
        let query = format!("meter_id={meter}");
        self.import(&query, reqwest::Body::from(file.to_owned()))
            .await
    }

    /// A file of several meters, sent from the disk; the server's peak of memory meanwhile.
    async fn import_meters(&self, file: &LargeFile) -> anyhow::Result<Large> {
        let process = self.process.id().context("the server is gone")?;
        std::fs::write(format!("/proc/{process}/clear_refs"), "5")
            .context("the peak of memory cannot be reset")?;
        let sent = tokio::fs::File::open(&file.path).await?;
        self.import("", reqwest::Body::from(sent)).await?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.split_whitespace().next());
        Ok(Large {
            megabytes: file.bytes / 1_000_000,
            peak_mib: peak.context("no peak of memory is told")?.parse::<u64>()? / 1024,
        })
    }
}

/// Somebody else of the home, who looks at the dashboard.
struct Viewer {
    address: String,
    token: String,
}

impl Viewer {
    /// Asks for the dashboard again and again, as screens do, from a thread that nothing is sent from.
    fn look(
        self,
        mut ended: impl FnMut(usize) -> bool + Send + 'static,
    ) -> impl Future<Output = anyhow::Result<Looks>> {
        let looking = std::thread::spawn(move || -> anyhow::Result<Looks> {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build()?.block_on(async {
                #[expect(clippy::disallowed_methods, reason = "the bench is its own client")]
                let client = reqwest::Client::new();
                let mut every = tokio::time::interval(LOOK_EVERY);
                // A slow one is not followed by several at once.
                every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                let mut took = Vec::new();
                while !ended(took.len()) {
                    every.tick().await;
                    let begun = Instant::now();
                    let answer = client.get(&self.address).bearer_auth(&self.token);
                    let answer = answer.send().await?.error_for_status()?;
                    answer.bytes().await?;
                    took.push(begun.elapsed().as_secs_f64() * 1_000.0);
                }
                took.sort_by(f64::total_cmp);
                let of = |part: usize| took.get(took.len() * part / 100).copied();
                Ok(Looks {
                    count: took.len(),
                    p50_ms: of(50).unwrap_or(f64::NAN),
                    p99_ms: of(99).unwrap_or(f64::NAN),
                })
            })
        });
        async {
            let looks = tokio::task::spawn_blocking(|| looking.join()).await?;
            looks.map_err(|_| anyhow::anyhow!("whoever looked panicked"))?
        }
    }
}

fn text(value: &Value) -> anyhow::Result<String> {
    let text = value
        .as_str()
        .context("an answer without what was asked for")?;
    Ok(text.to_owned())
}
