//! The hours of the days ahead: which part of a day falls into which hour, from the same hours of the last weeks. No
//! database, clock or randomness.

use super::interval::{LEVELS, Quantiles};

/// Days ahead that hours are told of; further on the day of the week is all that is known of them.
pub const HOURS_AHEAD_DAYS: usize = 7;
/// Days looked back at.
pub const LOOKED_BACK_DAYS: usize = 56;
/// Days with hours below which nothing is told.
pub const NEEDED_DAYS: usize = 14;

/// Days after which a day's weight has fallen to 1/e.
const MEMORY_DAYS: f64 = 28.0;
/// Weight of a day of the same weekday, of one that is also a working day or also not, and of any other.
const ALIKE: [f64; 3] = [1.0, 0.7, 0.3];

/// Weight of the hours beside one.
const NEIGHBOUR: f64 = 0.2;

/// Probabilities that are read off for [`LEVELS`]: farther out, since the level of the day ahead is not known either.
/// With them the bands hold what they say on average over published homes.
const READ_OFF: Quantiles = [0.006, 0.08, 0.5, 0.925, 0.994];

/// One past day by the hours of its clock.
#[derive(Debug, Clone, PartialEq)]
pub struct HourlyDay {
    /// Days before the origin; 0 is the origin itself.
    pub age: usize,
    /// Monday is 0; a public holiday counts as a Sunday.
    pub weekday: usize,
    /// kWh in each hour; `None` where it was not measured, or the clock leapt over it.
    pub kwh: [Option<f64>; 24],
}

/// What one day ahead will use hour by hour: `day` is its likely kWh. `None` where too few days are known. Each hour's
/// median is told, since hours are mostly low and sometimes high; so they sum up to less than the day.
pub fn forecast(past: &[HourlyDay], weekday: usize, day: f64) -> Option<[Quantiles; 24]> {
    if past.len() < NEEDED_DAYS {
        return None;
    }
    let weights: Vec<f64> = past.iter().map(|day| weight(day, weekday)).collect();
    let whole = past.iter().zip(&weights).filter_map(|(day, weight)| {
        let hours: Option<Vec<f64>> = day.kwh.iter().copied().collect();
        Some((hours?.iter().sum::<f64>(), *weight))
    });
    let [_, _, usual, _, _] = quantiles(whole.collect())?;
    // A day far from the usual is so in some hours only, and which is not known.
    let factor = if usual > 0.0 {
        (day / usual).clamp(0.5, 2.0)
    } else {
        1.0
    };
    let mut hours = [[0.0; LEVELS.len()]; 24];
    for (hour, told) in hours.iter_mut().enumerate() {
        // What people do at seven they may do at eight.
        let near = [
            (hour.checked_sub(1), NEIGHBOUR),
            (Some(hour), 1.0),
            (Some(hour + 1), NEIGHBOUR),
        ];
        let known = past.iter().zip(&weights).flat_map(|(day, weight)| {
            near.into_iter().filter_map(move |(hour, share)| {
                let kwh = *day.kwh.get(hour?)?;
                Some((kwh?, share * weight))
            })
        });
        *told = quantiles(known.collect())?.map(|kwh| factor * kwh);
    }
    Some(hours)
}

fn weight(day: &HourlyDay, weekday: usize) -> f64 {
    let alike = if day.weekday == weekday {
        ALIKE[0]
    } else if (day.weekday >= 5) == (weekday >= 5) {
        ALIKE[1]
    } else {
        ALIKE[2]
    };
    alike * (-(day.age as f64) / MEMORY_DAYS).exp()
}

/// The weighted quantiles of values; `None` of none.
fn quantiles(mut values: Vec<(f64, f64)>) -> Option<Quantiles> {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = values.iter().map(|(_, weight)| weight).sum();
    let at = |level: f64| {
        let mut below = 0.0;
        let reached = values.iter().find(|(_, weight)| {
            below += weight;
            below >= level * all
        });
        reached.or(values.last()).map(|(kwh, _)| kwh.max(0.0))
    };
    let mut found = [0.0; LEVELS.len()];
    for (level, kwh) in READ_OFF.into_iter().zip(&mut found) {
        *kwh = at(level)?;
    }
    Some(found)
}
