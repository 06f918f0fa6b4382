//! What the shared model looks at: one row per origin and horizon, the same columns for every home.
//!
//! Every kWh is divided by the home's own level at the origin, so that a coefficient means the same in a flat and in a
//! farmhouse. Causal: a row depends on the origin's day and earlier ones only. No database, clock or randomness.

use super::weather::Temperatures;
use crate::forecasts::history::History;

/// Columns of a row, the leading constant 1 among them.
pub const COLUMNS: usize = 37;

/// One row.
pub type Row = [f64; COLUMNS];

/// Names of the columns; kept beside coefficients and compared when they are read.
pub const NAMES: [&str; COLUMNS] = [
    "constant",
    "level_02",
    "level_05",
    "level_10",
    "level_20",
    "level_40",
    "level_70",
    "last_day",
    "day_before",
    "two_days_before",
    "mean_7",
    "mean_91",
    "mean_365",
    "median_28",
    "lowest_28",
    "highest_28",
    "deviation_28",
    "same_weekday_1",
    "same_weekday_2",
    "same_weekday_3",
    "same_weekday_mean_4",
    "weekday_effect_fast",
    "weekday_effect_slow",
    "last_year_change_7",
    "last_year_change_21",
    "last_year_ratio_21",
    "weekend",
    "sunday",
    "last_year_known",
    "weeks_ahead",
    "log_days_ahead",
    "adjusted_level_02",
    "adjusted_level_05",
    "adjusted_level_10",
    "adjusted_level_20",
    "adjusted_level_40",
    "adjusted_level_70",
];

/// Weights of the newest day in the exponentially weighted levels.
const LEVELS: [f64; 6] = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7];
/// Weights of the newest week in the two effects of the weekday.
const EFFECTS: [f64; 2] = [0.1, 0.03];
/// The same weekdays a year ago.
const YEAR: usize = 364;

/// One home's past, walked once, from which rows cost some dozen operations.
#[derive(Debug, Clone)]
pub struct Past<'h> {
    history: &'h History,
    sums: Vec<f64>,
    days: Vec<AtDay>,
    temperatures: Temperatures,
}

/// What is known on the evening of one day.
#[derive(Debug, Clone)]
struct AtDay {
    levels: [f64; LEVELS.len()],
    adjusted: [f64; LEVELS.len()],
    effects: [[f64; 7]; EFFECTS.len()],
    scale: f64,
    median: f64,
    lowest: f64,
    highest: f64,
    deviation: f64,
    mean_7: f64,
    mean_91: f64,
    mean_365: f64,
    peak: f64,
}

impl<'h> Past<'h> {
    /// Walks the history.
    pub fn new(history: &'h History) -> Self {
        let kwh = history.clean();
        let mut sums = Vec::with_capacity(kwh.len() + 1);
        sums.push(0.0);
        let mut total = 0.0;
        for day in kwh {
            total += day;
            sums.push(total);
        }
        let mut past = Self {
            history,
            sums,
            days: Vec::with_capacity(kwh.len()),
            temperatures: Temperatures::new(history.celsius(), kwh.len()),
        };
        let first = kwh.first().copied().unwrap_or_default();
        let (mut levels, mut adjusted) = ([first; LEVELS.len()], [first; LEVELS.len()]);
        let mut raw = [[0.0; 7]; EFFECTS.len()];
        let mut effects = raw;
        let mut peak = 0.0_f64;
        let mut window: Vec<f64> = Vec::with_capacity(28);
        for (day, &used) in kwh.iter().enumerate() {
            let weekday = history.weekday(day);
            peak = peak.max(used);
            // What an average weekday would have been, by the effect known on the day before.
            let plain = used - effects[1][weekday];
            // A plain mean at first, so that the first day does not linger.
            let young = 1.0 / (day + 1) as f64;
            for (at, weight) in LEVELS.into_iter().enumerate() {
                levels[at] += weight.max(young) * (used - levels[at]);
                adjusted[at] += weight.max(young) * (plain - adjusted[at]);
            }
            let mean_7 = past.mean(day, 7);
            if day >= 7 {
                let weeks = 1.0 / (1 + day / 7) as f64;
                for (at, weight) in EFFECTS.into_iter().enumerate() {
                    let effect = &mut raw[at][weekday];
                    *effect += weight.max(weeks) * (used - mean_7 - *effect);
                    let mean = raw[at].iter().sum::<f64>() / 7.0;
                    effects[at] = raw[at].map(|effect| effect - mean);
                }
            }
            let from = (day + 1).saturating_sub(28);
            window.clear();
            window.extend_from_slice(&kwh[from..=day]);
            window.sort_unstable_by(f64::total_cmp);
            let mean_28 = past.mean(day, 28);
            let mean_365 = past.mean(day, 365);
            let count = window.len();
            let squares: f64 = window.iter().map(|kwh| (kwh - mean_28).powi(2)).sum();
            past.days.push(AtDay {
                levels,
                adjusted,
                effects,
                // A home left for a month is not a small home: ordinary days would look enormous beside its level.
                scale: mean_28.max(0.25 * mean_365).max(0.05),
                median: f64::midpoint(window[(count - 1) / 2], window[count / 2]),
                lowest: window[0],
                highest: window[count - 1],
                deviation: (squares / (count.max(2) - 1) as f64).sqrt(),
                mean_7,
                mean_91: past.mean(day, 91),
                mean_365,
                peak,
            });
        }
        past
    }

    /// The history underneath.
    pub fn history(&self) -> &'h History {
        self.history
    }

    /// The temperatures beside its days.
    pub fn temperatures(&self) -> &Temperatures {
        &self.temperatures
    }

    /// The home's level on the evening of `origin` in kWh a day, by which everything is divided. Always positive.
    pub fn scale(&self, origin: usize) -> f64 {
        self.days[origin].scale
    }

    /// Highest kWh of a day up to and including `origin`.
    pub fn peak(&self, origin: usize) -> f64 {
        self.days[origin].peak
    }

    /// The row for `horizon` days (1 or more) after `origin`, an index inside the history.
    pub fn row(&self, origin: usize, horizon: usize) -> Row {
        let kwh = self.history.clean();
        let at = &self.days[origin];
        let per = 1.0 / at.scale;
        let target = origin + horizon;
        let weekday = self.history.weekday(target);
        let back = |days: usize| kwh[origin.saturating_sub(days)] * per;
        // The same weekday of the last weeks that are known; early in the history the first day stands in.
        let weeks = horizon.div_ceil(7);
        let same = |week: usize| kwh[target.saturating_sub(7 * (weeks + week))] * per;
        let last = [same(0), same(1), same(2), same(3)];
        let year = self.last_year(origin, horizon);
        let (change_7, change_21, ratio) = year.unwrap_or_default();
        let flag = |yes: bool| f64::from(u8::from(yes));
        let levels = at.levels.map(|level| level * per);
        let adjusted = at.adjusted.map(|level| level * per);
        [
            1.0,
            levels[0],
            levels[1],
            levels[2],
            levels[3],
            levels[4],
            levels[5],
            back(0),
            back(1),
            back(2),
            at.mean_7 * per,
            at.mean_91 * per,
            at.mean_365 * per,
            at.median * per,
            at.lowest * per,
            at.highest * per,
            at.deviation * per,
            last[0],
            last[1],
            last[2],
            last.iter().sum::<f64>() / 4.0,
            at.effects[0][weekday] * per,
            at.effects[1][weekday] * per,
            change_7 * per,
            change_21 * per,
            ratio.clamp(-2.0, 2.0),
            flag(weekday >= 5),
            flag(weekday == 6),
            flag(year.is_some()),
            horizon as f64 / 7.0,
            (horizon as f64).ln(),
            adjusted[0],
            adjusted[1],
            adjusted[2],
            adjusted[3],
            adjusted[4],
            adjusted[5],
        ]
    }

    /// How the target's season differed from the origin's one year ago, over one and three weeks in kWh, and over three
    /// as a share. Nothing in a home's first year.
    fn last_year(&self, origin: usize, horizon: usize) -> Option<(f64, f64, f64)> {
        let then = (origin + horizon).checked_sub(YEAR).filter(|t| *t >= 31)?;
        // Days that lie ahead of the origin may be asked for when more than a year is forecast; they are never read.
        let around = |middle: usize, reach: usize| {
            let end = (middle + reach + 1).min(origin + 1);
            let start = middle.saturating_sub(reach).min(end - 1);
            (self.sums[end] - self.sums[start]) / (end - start) as f64
        };
        let now = around(origin.saturating_sub(YEAR + 13), 14);
        let (week, weeks) = (around(then, 3), around(then, 10));
        Some((
            week - now,
            weeks - now,
            weeks / now.max(0.3 * self.scale(origin).min(1.0)) - 1.0,
        ))
    }

    /// Mean kWh of the (at most) `days` days up to and including `origin`.
    pub fn mean(&self, origin: usize, days: usize) -> f64 {
        let end = origin + 1;
        let start = end.saturating_sub(days);
        ((self.sums[end] - self.sums[start]) / (end - start) as f64).max(0.0)
    }
}
