//! Reading files of readings, beside the `csv` crate reading the same bytes as records.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;
use std::time::{Duration, Instant};

use ecotrack_common::import::file::{Request, look};

/// Quarter-hours of some twenty-eight years.
const ROWS: i64 = 1_000_000;
const ROUNDS: usize = 7;

fn main() {
    println!(
        "{:44} | {:>9} | {:>11} | ratio",
        "what", "ours", "csv records"
    );
    let mut own = String::from("timestamp,kwh\n");
    let mut local = String::from("Date;Time;Consumption (kWh);Export (kWh)\n");
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("it ships");
    for row in 0..ROWS {
        let at =
            jiff::Timestamp::from_second(700_000_000 / 900 * 900 + row * 900).expect("in range");
        let kwh = row * 7_919 % 1_400;
        let _ = writeln!(own, "{at},{}.{:03}", kwh / 1_000, kwh % 1_000);
        let shown = zone.to_datetime(at);
        let _ = writeln!(
            local,
            "{};{};0,{:03};0,000",
            shown.strftime("%d.%m.%Y"),
            shown.strftime("%H:%M"),
            kwh % 1_000
        );
    }
    measure("timestamp,kwh", own.as_bytes(), b',');
    measure(
        "two columns, local time, decimal comma",
        local.as_bytes(),
        b';',
    );
}

/// Takes turns, so that what else the machine does touches both; tells the medians.
fn measure(what: &str, bytes: &[u8], separator: u8) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            let request = Request {
                time_zone: Some("Europe/Berlin"),
                ..Request::default()
            };
            let looked = look(&mut Cursor::new(bytes), &request).expect("it is in memory");
            assert!(!looked.summary.channels.is_empty(), "{:?}", looked.findings);
            black_box(&looked.summary);
        }));
        theirs.push(time(|| {
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(separator)
                .from_reader(bytes);
            let cells: usize = reader
                .records()
                .map(|record| record.expect("it is text").len())
                .sum();
            black_box(cells);
        }));
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let speed =
        |took: Duration| format!("{:.0} MB/s", bytes.len() as f64 / 1e6 / took.as_secs_f64());
    println!(
        "{what:44} | {:>9} | {:>11} | {:.2}",
        speed(ours),
        speed(theirs),
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn time(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
