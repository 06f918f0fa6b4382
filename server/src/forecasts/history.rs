//! The daily kWh of one home, made fit for learning: which days count, how gaps are bridged, which days are outliers.
//!
//! Everything derived here is causal: the value kept for a day depends on that day and earlier ones only, so a
//! backtest may share one `History` among all its origins. No database, clock or randomness.

use std::collections::VecDeque;

use jiff::{ToSpan, civil::Date};

use super::horizon::MAX_HORIZON;

/// A day counts when at least this share of it was measured; it is then scaled up to the full day.
pub const FULL_COVERAGE: f64 = 0.9;

/// More than this in one day (kWh) is no home's use but a broken register, and counts as missing. It also keeps every
/// sum in this maths far from overflowing.
pub const MAX_DAY_KWH: f64 = 1.0e6;

/// Longest span kept, in days; a hundred years says that a date is wrong rather than that the home is old.
pub const MAX_DAYS: usize = 36_525;

/// Days before a bound for outliers is dared.
const OUTLIER_WARM_UP: usize = 28;
/// Residuals that the spread is measured on, in days.
const OUTLIER_WINDOW: usize = 91;
/// Bound in robust standard deviations. Household days have heavy tails, so a lower one marks ordinary Sundays.
const OUTLIER_BOUND: f64 = 6.0;

/// One local day as it was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    pub date: Date,
    /// kWh over the measured part of the day; `None` where nothing was measured.
    pub kwh: Option<f64>,
    /// Measured share of the day, 0 to 1.
    pub coverage: f64,
}

/// Why days do not make a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("the day {0} is given twice")]
    Repeated(Date),
    #[error("the day {date} stands after {after}")]
    Unsorted { date: Date, after: Date },
    #[error("the days span {days} days, more than {MAX_DAYS}")]
    TooLong { days: i64 },
}

/// Consecutive local days from the first to the last one that counts. Index 0 is the first day.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    first: Date,
    known: Vec<Option<f64>>,
    clean: Vec<f64>,
    outlier: Vec<bool>,
    refused: usize,
    /// Public holidays, in order.
    holidays: Vec<Date>,
    /// Mean temperature of each day in °C from the first on, and of days after the last where they are forecast.
    celsius: Vec<Option<f64>>,
}

impl History {
    /// Takes days in order; days left out between them are missing, as are those below [`FULL_COVERAGE`]. Negative
    /// kWh (an export channel without its production), non-finite and implausible ones count as missing too, since
    /// what a home uses is unknown then. Missing days at either end are dropped.
    pub fn new(days: impl IntoIterator<Item = Day>) -> Result<Self, HistoryError> {
        let mut history = Self {
            first: Date::constant(1970, 1, 1),
            known: Vec::new(),
            clean: Vec::new(),
            outlier: Vec::new(),
            refused: 0,
            holidays: Vec::new(),
            celsius: Vec::new(),
        };
        let mut before: Option<Date> = None;
        for day in days {
            match before {
                Some(last) if last == day.date => return Err(HistoryError::Repeated(last)),
                Some(last) if last > day.date => {
                    return Err(HistoryError::Unsorted {
                        date: day.date,
                        after: last,
                    });
                }
                _ => before = Some(day.date),
            }
            let Some(kwh) = usable(&day) else {
                history.refused += usize::from(is_refused(&day));
                continue;
            };
            if history.known.is_empty() {
                history.first = day.date;
            }
            let index = days_between(history.first, day.date);
            let Some(index) = usize::try_from(index).ok().filter(|i| *i < MAX_DAYS) else {
                return Err(HistoryError::TooLong { days: index });
            };
            history.known.resize(index, None);
            history.known.push(Some(kwh));
        }
        history.derive();
        Ok(history)
    }

    /// The same up to `last`, which need not be known: days that are missing at the end are bridged like others. Days
    /// after it are refused.
    pub fn until(days: impl IntoIterator<Item = Day>, last: Date) -> Result<Self, HistoryError> {
        let mut history = Self::new(days)?;
        if let Some(known) = history.last() {
            let after = days_between(known, last);
            let Ok(missing) = usize::try_from(after) else {
                return Err(HistoryError::Unsorted {
                    date: known,
                    after: last,
                });
            };
            if history.len() + missing > MAX_DAYS {
                return Err(HistoryError::TooLong { days: after });
            }
            history.known.resize(history.len() + missing, None);
            history.derive();
        }
        Ok(history)
    }

    fn derive(&mut self) {
        let filled = fill(&self.known);
        (self.clean, self.outlier) = mark(&self.known, filled);
    }

    /// Days from the first to the last that counts.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no day counts.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// First day that counts.
    pub fn first(&self) -> Option<Date> {
        (!self.is_empty()).then_some(self.first)
    }

    /// Last day that counts: the origin of a forecast made now.
    pub fn last(&self) -> Option<Date> {
        (!self.is_empty()).then(|| self.date(self.len() - 1))
    }

    /// The date at an index, which may lie beyond the end.
    pub fn date(&self, index: usize) -> Date {
        self.first.saturating_add(
            i64::try_from(index)
                .unwrap_or(i64::MAX)
                .min(7_000_000)
                .days(),
        )
    }

    /// The index of a day on or after the first one, inside the history or beyond its end; 0 of an earlier one.
    pub fn ahead_of(&self, date: Date) -> usize {
        usize::try_from(days_between(self.first, date)).unwrap_or(0)
    }

    /// The index of a day inside the history.
    pub fn index_of(&self, date: Date) -> Option<usize> {
        usize::try_from(days_between(self.first, date))
            .ok()
            .filter(|i| *i < self.len())
    }

    /// The same with public holidays, past ones and those to come, which are days like Sundays.
    #[must_use]
    pub fn with_holidays(mut self, mut holidays: Vec<Date>) -> Self {
        holidays.sort_unstable();
        self.holidays = holidays;
        self
    }

    /// Whether the day at an index (which may lie beyond the end) is a public holiday.
    pub fn is_holiday(&self, index: usize) -> bool {
        !self.holidays.is_empty() && self.holidays.binary_search(&self.date(index)).is_ok()
    }

    /// The same with the mean temperatures of days in °C, in any order: measured ones, and forecast ones of days to come.
    #[must_use]
    pub fn with_temperatures(mut self, days: impl IntoIterator<Item = (Date, f64)>) -> Self {
        let mut celsius = vec![None; self.len()];
        for (date, mean) in days {
            let index = usize::try_from(days_between(self.first, date)).ok();
            if let Some(index) = index.filter(|at| *at < self.len() + MAX_HORIZON) {
                celsius.resize(celsius.len().max(index + 1), None);
                celsius[index] = Some(mean);
            }
        }
        self.celsius = celsius;
        self
    }

    /// Mean temperature of each day in °C; of days after the last where they are forecast. Empty or shape `len()` or
    /// more.
    pub fn celsius(&self) -> &[Option<f64>] {
        &self.celsius
    }

    /// Weekday at an index (which may lie beyond the end), Monday being 0; a public holiday is a Sunday.
    pub fn weekday(&self, index: usize) -> usize {
        if self.is_holiday(index) {
            return 6;
        }
        (usize::from(self.first.weekday().to_monday_zero_offset().unsigned_abs()) + index % 7) % 7
    }

    /// Days since 1970-01-01 at an index, the phase of the year's harmonics.
    pub fn epoch_day(&self, index: usize) -> f64 {
        days_between(Date::constant(1970, 1, 1), self.first) as f64 + index as f64
    }

    /// Measured kWh per day, as said: what forecasts are scored against. Shape `len()`.
    pub fn known(&self) -> &[Option<f64>] {
        &self.known
    }

    /// Gaps bridged and outliers pulled in to their bound: what models see, never what is shown. Shape `len()`.
    pub fn clean(&self) -> &[f64] {
        &self.clean
    }

    /// Which days are outliers. Shape `len()`.
    pub fn outliers(&self) -> &[bool] {
        &self.outlier
    }

    /// Days that count.
    pub fn usable(&self) -> usize {
        self.known.iter().flatten().count()
    }

    /// Days between the first and the last that do not count.
    pub fn missing(&self) -> usize {
        self.len() - self.usable()
    }

    /// Measured days left out for a negative, non-finite or implausible kWh.
    pub fn refused(&self) -> usize {
        self.refused
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

fn usable(day: &Day) -> Option<f64> {
    // A NaN coverage compares false, so the day is missing; it must be asked before `min`, which would hide it.
    if day.coverage >= FULL_COVERAGE && !is_refused(day) {
        day.kwh.map(|kwh| kwh / day.coverage.min(1.0))
    } else {
        None
    }
}

fn is_refused(day: &Day) -> bool {
    day.kwh
        .is_some_and(|kwh| !(0.0..=MAX_DAY_KWH).contains(&kwh))
}

/// Bridges gaps by the mean of the same weekday in the four weeks before (bridged days among them), else by the value
/// before. The first day is always known.
fn fill(known: &[Option<f64>]) -> Vec<f64> {
    let mut filled: Vec<f64> = Vec::with_capacity(known.len());
    for (i, kwh) in known.iter().enumerate() {
        let value = kwh.unwrap_or_else(|| {
            let weeks: Vec<f64> = (1..=4)
                .filter_map(|week| filled.get(i.checked_sub(7 * week)?).copied())
                .collect();
            mean(&weeks)
                .or_else(|| filled.last().copied())
                .unwrap_or_default()
        });
        filled.push(value);
    }
    filled
}

/// Marks days far from the median of their weekday (eight weeks back) in units of the median absolute residual of the
/// last 91 days, and pulls them in to the bound. From the third in a row on the same side it is a new habit, not an
/// outlier.
fn mark(known: &[Option<f64>], mut series: Vec<f64>) -> (Vec<f64>, Vec<bool>) {
    let filled = series.clone();
    let mut outlier = vec![false; filled.len()];
    let mut residuals: VecDeque<f64> = VecDeque::with_capacity(OUTLIER_WINDOW);
    let mut run = 0_i32;
    for i in 0..filled.len() {
        let mut weeks: Vec<f64> = (1..=8)
            .filter_map(|week| Some(filled[i.checked_sub(7 * week)?]))
            .collect();
        let Some(base) = median(&mut weeks) else {
            continue;
        };
        let residual = filled[i] - base;
        if residuals.len() >= OUTLIER_WARM_UP {
            let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
            // 1.4826 makes the MAD a standard deviation for normal residuals; the floor lets a steady home vary a bit.
            let spread = (1.4826 * median(&mut sizes).unwrap_or_default()).max(0.05 * base + 0.02);
            let bound = OUTLIER_BOUND * spread;
            if known[i].is_some() && residual.abs() > bound {
                let side = if residual > 0.0 { 1 } else { -1 };
                run = if run.signum() == side {
                    run + side
                } else {
                    side
                };
                if run.abs() < 3 {
                    outlier[i] = true;
                    series[i] = (base + bound * f64::from(side)).max(0.0);
                }
            } else {
                run = 0;
            }
        }
        if residuals.len() == OUTLIER_WINDOW {
            residuals.pop_front();
        }
        residuals.push_back(residual);
    }
    (series, outlier)
}

/// Mean, or nothing of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Upper median, or nothing of nothing; reorders its input.
fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
