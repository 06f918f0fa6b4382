//! Theta and additive exponential smoothing: forecasts from one home's own days alone. Additive errors only, since
//! multiplicative ones explode on homes with days near zero. No database, clock or randomness.

use super::interval::Quantiles;

/// Days looked back at; older ones say nothing about the level, and cost time.
const MEMORY_DAYS: usize = 400;
/// Days in a week.
const WEEK: usize = 7;
/// Standard normal quantiles at the levels of [`Quantiles`].
const NORMAL: Quantiles = [-1.959_964, -1.281_552, 0.0, 1.281_552, 1.959_964];
/// Weights of the newest day that are tried.
const WEIGHTS: [f64; 14] = [
    0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9,
];
/// Weights of the newest day in the level that exponential smoothing tries.
const LEVEL_WEIGHTS: [f64; 7] = [0.03, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8];
/// Weights of the newest week in its weekdays.
const WEEKDAY_WEIGHTS: [f64; 4] = [0.02, 0.06, 0.12, 0.25];

/// Fewest days that either is fitted to.
pub const NEEDED_DAYS: usize = 14;

/// The standard Theta method on additively deseasonalised days: simple exponential smoothing with half the linear
/// trend as drift (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003). `kwh` are the days up to the origin.
/// `None` of fewer than [`NEEDED_DAYS`].
pub fn theta(kwh: &[f64], days: usize) -> Option<Vec<Quantiles>> {
    let kwh = &kwh[kwh.len().saturating_sub(MEMORY_DAYS)..];
    let n = kwh.len();
    if n < NEEDED_DAYS {
        return None;
    }
    let week = weekday_effects(kwh);
    let plain: Vec<f64> = kwh
        .iter()
        .enumerate()
        .map(|(i, kwh)| kwh - week[i % WEEK])
        .collect();
    let first = plain[..NEEDED_DAYS].iter().sum::<f64>() / NEEDED_DAYS as f64;
    let smooth = |weight: f64| {
        let mut level = first;
        let mut squares = 0.0;
        for kwh in &plain {
            let error = kwh - level;
            squares += error * error;
            level += weight * error;
        }
        (squares, weight, level)
    };
    let tried = WEIGHTS.map(smooth);
    let (squares, weight, level) = *tried.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let deviation = (squares / n as f64).sqrt();
    let middle = (n - 1) as f64 / 2.0;
    let mean = plain.iter().sum::<f64>() / n as f64;
    let (mut above, mut below) = (0.0, 0.0);
    for (i, kwh) in plain.iter().enumerate() {
        let x = i as f64 - middle;
        above += x * (kwh - mean);
        below += x * x;
    }
    let drift = 0.5 * above / below;
    // What the smoothing lags behind a trend, which the method adds back.
    let lag = (1.0 - (1.0 - weight).powf(n as f64)) / weight;
    Some(quantiles(days, |ahead| {
        let h = (ahead - 1) as f64;
        let likely = level + drift * (h + lag) + week[(n + ahead - 1) % WEEK];
        (likely, deviation * (1.0 + h * weight * weight).sqrt())
    }))
}

/// Exponential smoothing with additive error, no trend and an additive week, ETS(A,N,A): weights by least squares over a
/// grid (Hyndman, Koehler, Ord and Snyder 2008, section 6.3 for the variance). `None` of fewer than [`NEEDED_DAYS`].
pub fn exponential_smoothing(kwh: &[f64], days: usize) -> Option<Vec<Quantiles>> {
    let kwh = &kwh[kwh.len().saturating_sub(MEMORY_DAYS)..];
    let n = kwh.len();
    if n < NEEDED_DAYS {
        return None;
    }
    let head = &kwh[..n.min(8 * WEEK) / WEEK * WEEK];
    let first = head.iter().sum::<f64>() / head.len() as f64;
    let mut first_week = [0.0; WEEK];
    for (i, kwh) in head.iter().enumerate() {
        first_week[i % WEEK] += (kwh - first) * (WEEK as f64 / head.len() as f64);
    }
    let mut best = (f64::INFINITY, 0.0, 0.0, first, first_week);
    for alpha in LEVEL_WEIGHTS {
        for gamma in WEEKDAY_WEIGHTS {
            let (mut level, mut week, mut squares) = (first, first_week, 0.0);
            for (i, kwh) in kwh.iter().enumerate() {
                let error = kwh - level - week[i % WEEK];
                squares += error * error;
                level += alpha * error;
                week[i % WEEK] += gamma * (1.0 - alpha) * error;
            }
            if squares < best.0 {
                best = (squares, alpha, gamma * (1.0 - alpha), level, week);
            }
        }
    }
    let (squares, alpha, gamma, level, week) = best;
    let variance = squares / n as f64;
    Some(quantiles(days, |ahead| {
        let weeks = (ahead - 1) / WEEK;
        let growth =
            alpha * alpha * (ahead - 1) as f64 + gamma * weeks as f64 * (2.0 * alpha + gamma);
        (
            level + week[(n + ahead - 1) % WEEK],
            (variance * (1.0 + growth)).sqrt(),
        )
    }))
}

fn quantiles(days: usize, of: impl Fn(usize) -> (f64, f64)) -> Vec<Quantiles> {
    (1..=days)
        .map(|ahead| {
            let (likely, deviation) = of(ahead);
            NORMAL.map(|z| (likely + z * deviation).max(0.0))
        })
        .collect()
}

/// Mean distance of each day of the week (by position) from the centred mean of seven days; all zero where the days
/// do not follow the week (the autocorrelation at seven days within chance at 90 %).
fn weekday_effects(kwh: &[f64]) -> [f64; WEEK] {
    let nothing = [0.0; WEEK];
    let n = kwh.len();
    if n < 4 * WEEK {
        return nothing;
    }
    let mean = kwh.iter().sum::<f64>() / n as f64;
    let variance: f64 = kwh.iter().map(|kwh| (kwh - mean).powi(2)).sum();
    if variance <= 0.0 {
        return nothing;
    }
    let correlation = |lag: usize| {
        let products = kwh
            .iter()
            .zip(&kwh[lag..])
            .map(|(a, b)| (a - mean) * (b - mean));
        products.sum::<f64>() / variance
    };
    let nearer: f64 = (1..WEEK).map(|lag| correlation(lag).powi(2)).sum();
    let chance = 1.645 * ((1.0 + 2.0 * nearer) / n as f64).sqrt();
    if correlation(WEEK).abs() <= chance {
        return nothing;
    }
    let (mut sums, mut counts) = ([0.0; WEEK], [0.0; WEEK]);
    for i in WEEK / 2..n - WEEK / 2 {
        let around: f64 = kwh[i - WEEK / 2..=i + WEEK / 2].iter().sum();
        sums[i % WEEK] += kwh[i] - around / WEEK as f64;
        counts[i % WEEK] += 1.0;
    }
    let mut effects = nothing;
    for i in 0..WEEK {
        effects[i] = sums[i] / f64::max(counts[i], 1.0);
    }
    let middle = effects.iter().sum::<f64>() / WEEK as f64;
    effects.map(|effect| effect - middle)
}
