//! Broken files for every parser, made of real ones: `make fuzz`, or `CASES=N SEED=N make fuzz`.
//!
//! Real ones are `samples`; beside them stand files of `benches/fuzz-seeds`, made for this with random numbers
//! after layouts of which no file may be shown, so that there is one of each format (a test holds them to that).
//!
//! Each case is such a file with some of its bytes changed, cut, doubled, or joined to another's. None may
//! panic, or take longer than a file of its size has any reason to. What fails is named by its number,
//! with which it is made again: `cargo bench --profile fuzz -p ecotrack-common --bench fuzz -- case=N seed=N`.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ecotrack_common::import::delimited::Mapping;
use ecotrack_common::import::file::{Request, look, read};
use ecotrack_common::import::formats::{line_protocol, payload};
use ecotrack_common::import::number::{self, DecimalMark};
use ecotrack_common::import::own_rows::OwnRows;
use ecotrack_common::import::parse_temperatures;
use ecotrack_common::import::stamp::{self, DateOrder, StampStyle};

/// Bytes of a case: enough for every header, and some thousand rows.
const LARGEST: usize = 48 * 1024;
/// Bytes of most cases: what is wrong in a row is wrong in the first fifty as well, and the more of them
/// there are in an hour, the more is found.
const USUAL: usize = 3 * 1024;
/// Memory that the process takes at its peak at most, for each thread: an archive unpacks to 192 MiB.
const MOST_KIB: usize = 384 * 1024;
/// How often it is told how far it is.
const PROGRESS: u64 = 500_000;
/// No case of that size takes as long, by a factor of some hundred.
const SLOW: Duration = Duration::from_secs(5);

fn main() -> std::io::Result<()> {
    let number = |name: &str, usual: u64| {
        let said = std::env::args().find_map(|word| word.strip_prefix(name)?.parse().ok());
        said.unwrap_or(usual)
    };
    let (cases, seed) = (number("cases=", 200_000), number("seed=", 1));
    let mut files = Vec::new();
    for folder in ["samples", "benches/fuzz-seeds"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        collect(&path, &mut files)?;
    }
    files.sort();
    // One of which it was told, as it fails.
    let one = number("case=", u64::MAX);
    if one != u64::MAX {
        let bytes = made(&files, &mut random_of(one, seed));
        eprintln!("{}", String::from_utf8_lossy(&bytes));
        println!("{} intervals read", parse(&bytes));
        return Ok(());
    }
    let began = Instant::now();
    std::panic::set_hook(Box::new(|_| {}));
    let (next, total) = (AtomicU64::new(0), Mutex::new(Told::default()));
    let work = || {
        let mut told = Told::default();
        loop {
            let case = next.fetch_add(1, Ordering::Relaxed);
            if case >= cases {
                break;
            }
            told.try_case(case, seed, &files);
            if (case + 1).is_multiple_of(PROGRESS) {
                let seconds = began.elapsed().as_secs();
                eprintln!("{} of {cases} cases begun after {seconds} s", case + 1);
            }
        }
        if let Ok(mut total) = total.lock() {
            total.add(&told);
        }
    };
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let Told { failed, slow, rows } = total.into_inner().unwrap_or_default();
    let (peak, most) = (peak_kib(), MOST_KIB * threads / 1024);
    let peak_mib = peak.map_or_else(|| "?".to_owned(), |kib| (kib / 1024).to_string());
    println!(
        "{cases} cases of {} files in {:.0} s: {failed} panics, {slow} slower than {} s, {rows} intervals read, \
         {peak_mib} MiB at the peak (of {most} at most)",
        files.len(),
        began.elapsed().as_secs_f64(),
        SLOW.as_secs()
    );
    if failed + slow > 0 || peak.is_some_and(|kib| kib > MOST_KIB * threads) {
        std::process::exit(1);
    }
    Ok(())
}

/// What came of cases.
#[derive(Debug, Default)]
struct Told {
    failed: u64,
    slow: u64,
    rows: u64,
}

impl Told {
    fn try_case(&mut self, case: u64, seed: u64, files: &[Vec<u8>]) {
        let bytes = made(files, &mut random_of(case, seed));
        let size = bytes.len();
        let at = Instant::now();
        if let Ok(taken) = catch_unwind(AssertUnwindSafe(|| parse(&bytes))) {
            self.rows += taken;
        } else {
            self.failed += 1;
            println!("case {case} of seed {seed} panicked ({size} bytes)");
        }
        let took = at.elapsed();
        if took > SLOW {
            self.slow += 1;
            let seconds = took.as_secs_f64();
            println!("case {case} of seed {seed} took {seconds:.1} s ({size} bytes)");
        }
    }

    fn add(&mut self, other: &Self) {
        self.failed += other.failed;
        self.slow += other.slow;
        self.rows += other.rows;
    }
}

/// The most memory that this process has had, where the system says it.
fn peak_kib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Hands the bytes to every parser there is; gives the intervals that came out.
fn parse(bytes: &[u8]) -> u64 {
    let mut taken = 0;
    let request = Request {
        name: "any.csv",
        time_zone: Some("Europe/Berlin"),
        ..Request::default()
    };
    let mut source = Cursor::new(bytes);
    if let Ok(looked) = look(&mut source, &request) {
        let mut sink = |_: &str, _, intervals: &[_]| taken += intervals.len() as u64;
        let again = read(&mut source, &looked, &mut sink);
        assert!(again.is_ok(), "what was looked at can be read");
        let told: u64 = looked
            .summary
            .channels
            .values()
            .map(|channel| channel.intervals)
            .sum();
        assert!(taken >= told, "what was told is handed on");
    }
    let _ = parse_temperatures(
        bytes,
        &jiff::tz::TimeZone::UTC,
        jiff::civil::date(2026, 11, 26),
    );
    let mut own = OwnRows::default();
    let _ = own.push(bytes, &mut |_| {});
    // As a broker hands on messages, and the server takes lines that are sent to it.
    let text = String::from_utf8_lossy(bytes);
    let _ = payload::measured(&text);
    let _ = Mapping::from_json(&text);
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]);
    for line in text.lines().take(20) {
        if let Ok(line) = line_protocol::parse_line(line) {
            let _ = line.measured();
        }
    }
    for line in text.lines().take(20) {
        let cell: String = line.chars().take(60).collect();
        let _ = number::read(&cell, DecimalMark::Point);
        let _ = number::read(&cell, DecimalMark::Comma);
        for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
            let _ = stamp::read(&cell, StampStyle { order, epoch: true });
        }
    }
    taken
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(std::fs::read(path)?);
        }
    }
    Ok(())
}

/// A file, changed.
fn made(files: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let file = &files[random.below(files.len())];
    let size = if random.below(16) == 0 {
        LARGEST
    } else {
        USUAL
    };
    let mut bytes = file[..file.len().min(size)].to_vec();
    for _ in 0..=random.below(6) {
        let length = bytes.len().max(1);
        let (from, count) = (random.below(length), random.below(64));
        let to = (from + count).min(bytes.len());
        let from = from.min(to);
        match random.below(8) {
            0 if from < bytes.len() => bytes[from] = random.byte(256),
            1 => {
                bytes.drain(from..to);
            }
            2 => {
                let again = bytes[from..to].to_vec();
                bytes.splice(from..from, again);
            }
            3 => bytes.truncate(from),
            4 => {
                const WORDS: [&str; 16] = [
                    ";",
                    ",",
                    "\"",
                    "\n",
                    "\r\n",
                    "NaN",
                    "-1",
                    "1e308",
                    "99999999999999999999",
                    "<![CDATA[",
                    "&amp;",
                    "300,",
                    "2024-03-31 02:30",
                    "\0",
                    "{",
                    "kWh",
                ];
                let word = WORDS[random.below(WORDS.len())].bytes();
                bytes.splice(from..from, word);
            }
            5 => {
                let other = &files[random.below(files.len())];
                let at = random.below(other.len().max(1)).min(other.len());
                let piece = other[at..(at + 400).min(other.len())].to_vec();
                bytes.splice(from..from, piece);
            }
            6 => {
                for byte in &mut bytes[from..to] {
                    if byte.is_ascii_digit() {
                        *byte = b'0' + random.byte(10);
                    }
                }
            }
            _ => {
                let to = random.below(length);
                if from < bytes.len() && to < bytes.len() {
                    bytes.swap(from, to);
                }
            }
        }
    }
    bytes
}

fn random_of(case: u64, seed: u64) -> Random {
    Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ case.wrapping_add(1))
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn byte(&mut self, limit: usize) -> u8 {
        u8::try_from(self.below(limit)).unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }
}
