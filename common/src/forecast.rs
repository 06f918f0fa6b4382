//! What a home is going to use, with intervals, and how good that has been so far.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Kwh;

/// A predicted amount with its 80 and 95 % bounds; `lo95 <= lo80 <= likely <= hi80 <= hi95`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Band<T> {
    /// The likely value.
    pub likely: T,
    /// Lower bound of the 80 % interval.
    pub lo80: T,
    /// Upper bound of the 80 % interval.
    pub hi80: T,
    /// Lower bound of the 95 % interval.
    pub lo95: T,
    /// Upper bound of the 95 % interval.
    pub hi95: T,
}

impl<T> Band<T> {
    /// The same band in another quantity; `change` must keep the order.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Band<U> {
        Band {
            likely: change(self.likely),
            lo80: change(self.lo80),
            hi80: change(self.hi80),
            lo95: change(self.lo95),
            hi95: change(self.hi95),
        }
    }
}

/// One predicted day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastDay {
    /// Local day.
    pub date: Date,
    /// Its energy.
    pub kwh: Band<Kwh>,
}

/// How far off a model was over a block of horizons, beside the weekly naive forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccuracyScore {
    /// Which model.
    pub model: String,
    /// First day ahead of the block.
    pub from_horizon: i16,
    /// Last day ahead of the block.
    pub to_horizon: i16,
    /// Mean absolute error in kWh a day.
    pub mae_kwh: Decimal,
    /// The same of the weekly naive forecast.
    pub naive_mae_kwh: Decimal,
    /// Mean absolute scaled error; below 1 beats the in-sample weekly naive.
    pub mase: Option<Decimal>,
    /// Share of days that fell inside the 80 % interval, 0 to 1.
    pub coverage80: Option<Decimal>,
    /// Share of days that fell inside the 95 % interval, 0 to 1.
    pub coverage95: Option<Decimal>,
    /// Whether this is the model in use.
    pub chosen: bool,
}

/// A stored prediction for a home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forecast {
    /// Last day whose use was known to it.
    pub origin: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which model made it.
    pub model: String,
    /// Version of the features that the model reads.
    pub features_version: i16,
    /// First day it was trained on.
    pub trained_from: Date,
    /// Last day it was trained on.
    pub trained_to: Date,
    /// The days ahead, in order.
    pub days: Vec<ForecastDay>,
    /// How good the candidates were, per block of horizons.
    pub accuracy: Vec<AccuracyScore>,
}

/// Where a home stands with its forecast: no model, no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ForecastState {
    /// There is one.
    Ready {
        /// It.
        forecast: Forecast,
    },
    /// Too few days are known.
    TooLittle {
        /// Days known.
        have_days: i32,
        /// Days needed.
        need_days: i32,
    },
    /// Enough is known; training has not run yet.
    NotTrained,
}

/// A prediction beside what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PredictionComparison {
    /// Local day.
    pub date: Date,
    /// Days ahead at which it was predicted.
    pub horizon: i16,
    /// Which model predicted.
    pub model: String,
    /// Predicted energy.
    pub predicted_kwh: Kwh,
    /// What was used.
    pub actual_kwh: Kwh,
    /// `actual - predicted`.
    pub error_kwh: Kwh,
    /// `100 * error / actual`; `None` when nothing was used.
    pub percentage_error: Option<Decimal>,
}

/// The answer of `GET …/forecast`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastReport {
    /// Where the home stands.
    #[serde(flatten)]
    pub state: ForecastState,
    /// Past predictions against what happened, newest day first.
    pub comparisons: Vec<PredictionComparison>,
}
