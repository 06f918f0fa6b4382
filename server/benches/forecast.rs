//! Milliseconds of a forecast on one core: `forecast DATA ORIGINS MS`, the last being what another program takes for one.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use ecotrack_server::forecasts::backtest::OwnPast;
use ecotrack_server::forecasts::history::{Day, History};
use ecotrack_server::forecasts::learn::{Input, predict, train};
use ecotrack_server::forecasts::linear::Training;
use ecotrack_server::forecasts::model::{Candidate, Home, fit};
use ecotrack_server::forecasts::shared::Shared;

const DAYS: usize = 30;

/// What each of three ways to a forecast took.
#[derive(Default)]
struct Taken {
    forecasts: u32,
    /// Fitting the combined model to the home and forecasting.
    fitted: Duration,
    /// The same with the backtest of all candidates that chooses among them.
    trained: Duration,
    /// Forecasting by a model that is kept.
    predicted: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [data, origins, theirs] = &arguments[..] else {
        // `cargo bench` without a name runs this one too.
        return Ok(());
    };
    let theirs: f64 = theirs.parse()?;
    let mut taken = Taken::default();
    for row in csv::Reader::from_path(origins)?.records() {
        let row = row?;
        measure(&read(data, &row[2], row[3].parse()?)?, &mut taken)?;
    }
    for (what, time) in [
        ("fit and forecast 30 days", taken.fitted),
        ("train with the backtest of all models", taken.trained),
        ("forecast by the model that is kept", taken.predicted),
    ] {
        let ours = 1000.0 * (time / taken.forecasts).as_secs_f64();
        println!("{what} | {ours:.3} | {theirs:.3} | {:.2}", theirs / ours);
    }
    Ok(())
}

fn measure(history: &History, taken: &mut Taken) -> Result<(), Box<dyn std::error::Error>> {
    let origin = history.len() - 1;
    let begun = Instant::now();
    let home = Home::new(history, Shared::shipped());
    let shift = || OwnPast::new(&home).shift_at(origin);
    let fitted = fit(Candidate::Combined, &Training::none(), shift)?;
    black_box(fitted.predict(&home, origin, DAYS));
    taken.fitted += begun.elapsed();

    let input = Input::of(history.clone());
    let begun = Instant::now();
    let trained = train(&input, DAYS, None)?;
    taken.trained += begun.elapsed();

    let artefact = trained.artefact();
    let begun = Instant::now();
    black_box(predict(&artefact, &input, DAYS));
    taken.predicted += begun.elapsed();
    taken.forecasts += 1;
    Ok(())
}

fn read(
    data: &str,
    series: &str,
    origin: jiff::civil::Date,
) -> Result<History, Box<dyn std::error::Error>> {
    let path = Path::new(data).join(format!("{series}_daily.csv"));
    let mut days = Vec::new();
    for row in csv::Reader::from_path(path)?.records() {
        let row = row?;
        let day = row[0].parse()?;
        if day <= origin {
            days.push(Day {
                date: day,
                kwh: row[1].parse().ok(),
                coverage: 1.0,
            });
        }
    }
    Ok(History::until(days, origin)?)
}
