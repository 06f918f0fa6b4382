//! The forecast as a value: the days ahead with their bands, and the sums over them with bands of their own.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::history::History;
use super::horizon::MAX_HORIZON;
use super::hours::{self, HOURS_AHEAD_DAYS, HourlyDay};
use super::interval::{Bands, MEDIAN, Range, Width};
use super::model::{Candidate, Fitted, Home};
use super::months;

/// What a home will use, as seen on the evening of `made_on`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The origin: the last day whose kWh was used.
    pub made_on: Date,
    pub model: Candidate,
    /// The days after the origin, in order without gaps.
    pub days: Vec<ForecastDay>,
    /// Sums over the first 1, 2, … of `days`. Their bands come from the backtest's errors of sums: daily errors partly
    /// cancel, so adding daily bounds would be far too wide.
    pub totals: Vec<Range>,
    /// The first days by the hours of the clock; empty where readings are not by the hour.
    pub hours: Vec<[Range; 24]>,
    /// The months after the origin's, the first one's first day; empty without a year of readings.
    pub months: Vec<(Date, Range)>,
}

/// Days on which nobody is at home.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Away {
    /// kWh of each past one that was measured.
    pub past: Vec<f64>,
    /// Those to come.
    pub ahead: Vec<Date>,
}

/// Past days away below which days away to come are forecast like others.
const NEEDED_AWAY: usize = 3;

/// One day ahead: date and kWh with bands (flat in JSON).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForecastDay {
    pub date: Date,
    #[serde(flatten)]
    pub range: Range,
}

/// Forecasts the days after the history's last one; `None` for an empty history. At most [`MAX_HORIZON`] days.
pub fn forecast(
    fitted: &Fitted,
    bands: &Bands,
    home: &Home<'_>,
    horizon: usize,
) -> Option<Forecast> {
    let origin = home.history().len().checked_sub(1)?;
    Some(forecast_from(fitted, bands, home, origin, horizon))
}

/// [`forecast`] from any origin inside the history, for callers with many; looks at nothing after it.
pub fn forecast_from(
    fitted: &Fitted,
    bands: &Bands,
    home: &Home<'_>,
    origin: usize,
    horizon: usize,
) -> Forecast {
    let history = home.history();
    let scale = home.scale(origin);
    let quantiles = fitted.predict(home, origin, horizon.min(MAX_HORIZON));
    let mut sum = 0.0;
    let count = quantiles.len();
    let (mut days, mut totals) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (i, day) in quantiles.into_iter().enumerate() {
        let ahead = i + 1;
        sum += day[MEDIAN];
        days.push(ForecastDay {
            date: history.date(origin + ahead),
            range: bands.days.around(day, ahead, scale),
        });
        totals.push(bands.total(ahead).around(sum, scale));
    }
    Forecast {
        made_on: history.date(origin),
        model: fitted.candidate(),
        days,
        totals,
        hours: Vec::new(),
        months: Vec::new(),
    }
}

impl Forecast {
    /// Adds what the days alone do not say: the days away to come, the hours of the first days, the months ahead.
    pub fn tell_more(&mut self, history: &History, hourly: &[HourlyDay], away: &Away) {
        self.leave_home(away);
        let weekday = |date: Date| history.weekday(history.ahead_of(date));
        let hours = self.days.iter().take(HOURS_AHEAD_DAYS);
        let hours: Option<Vec<_>> = hours
            .map(|day| hours::forecast(hourly, weekday(day.date), day.range.kwh))
            .collect();
        let hours = hours.unwrap_or_default().into_iter();
        self.hours = hours.map(|day| day.map(Range::from)).collect();
        self.months = months::forecast(history);
    }

    /// Days away to come use what past ones did, if enough of those are known.
    fn leave_home(&mut self, away: &Away) {
        if away.past.len() < NEEDED_AWAY {
            return;
        }
        let mut past = away.past.clone();
        past.sort_unstable_by(f64::total_cmp);
        let usual = past[past.len() / 2];
        let level = usual.max(0.01);
        let mut errors: Vec<f64> = past.iter().map(|kwh| (kwh - usual).abs() / level).collect();
        let range = Width::learn(&mut errors, None).around(usual, level);
        let mut less = 0.0;
        for (day, total) in self.days.iter_mut().zip(&mut self.totals) {
            if away.ahead.contains(&day.date) {
                less += day.range.kwh - usual;
                day.range = range;
            }
            // The bands of sums keep their width: what is known of the other days is no better.
            *total = total.moved(-less);
        }
    }
}
