//! The forecast as a value: the days ahead with their bands, and the sums over them with bands of their own.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::features::{Features, MAX_HORIZON};
use super::history::History;
use super::interval::{Bands, Range};
use super::model::{Candidate, Fitted};

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
}

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
    history: &History,
    horizon: usize,
) -> Option<Forecast> {
    let origin = history.len().checked_sub(1)?;
    Some(forecast_from(
        fitted,
        bands,
        &Features::new(history),
        origin,
        horizon,
    ))
}

/// [`forecast`] from any origin inside the history, for callers with many; looks at nothing after it.
pub fn forecast_from(
    fitted: &Fitted,
    bands: &Bands,
    features: &Features<'_>,
    origin: usize,
    horizon: usize,
) -> Forecast {
    let history = features.history();
    let scale = features.scale(origin);
    let kwh = fitted.predict_from(features, origin, horizon.min(MAX_HORIZON));
    let mut sum = 0.0;
    let (mut days, mut totals) = (Vec::with_capacity(kwh.len()), Vec::with_capacity(kwh.len()));
    for (i, kwh) in kwh.into_iter().enumerate() {
        let ahead = i + 1;
        sum += kwh;
        days.push(ForecastDay {
            date: history.date(origin + ahead),
            range: bands.day(ahead).around(kwh, scale),
        });
        totals.push(bands.total(ahead).around(sum, scale));
    }
    Forecast {
        made_on: history.date(origin),
        model: fitted.candidate(),
        days,
        totals,
    }
}

/// The sum over the next `days` days with its bands: what the rest of a billing cycle will come to. `None` for no days
/// or more than were forecast.
pub fn total_band(forecast: &Forecast, days: usize) -> Option<Range> {
    forecast.totals.get(days.checked_sub(1)?).copied()
}
