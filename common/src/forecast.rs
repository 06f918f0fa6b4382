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
    /// Weighted interval score on the scale of `mase`; the lower, the better the intervals.
    pub swis: Option<Decimal>,
    /// Mean absolute error of the sum over 30 days, as a share of it; with the block that ends at 30.
    pub total_error: Option<Decimal>,
    /// Whether this is the model in use.
    pub chosen: bool,
}

/// How much is known of a home, which decides what can forecast it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForecastStage {
    /// Its devices and their hours only.
    Devices,
    /// Its bills, such as the thirteen months on a paper one, and no readings to speak of.
    Bills,
    /// Fewer than 14 days of readings.
    FewDays,
    /// Fewer than 42 days of readings.
    Young,
    /// 42 days of readings or more: every candidate takes part.
    Full,
}

/// One of the forecasts that a combined one is the weighted mean of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastMember {
    /// Which.
    pub model: String,
    /// First day ahead that the weight holds for.
    pub from_horizon: i16,
    /// Last day ahead.
    pub to_horizon: i16,
    /// Its weight, 0 to 1.
    pub weight: Decimal,
}

/// What a model is, and what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelCard {
    /// How much was known.
    pub stage: ForecastStage,
    /// Days of readings that counted.
    pub days_used: i32,
    /// Days in between that did not.
    pub days_missing: i32,
    /// Measured days left out as negative or implausible.
    pub days_refused: i32,
    /// Days spent away, which say nothing of ordinary ones.
    pub days_away: i32,
    /// Days marked as outliers and pulled in, in order.
    pub outlier_days: Vec<Date>,
    /// Past days that the backtest forecast from.
    pub origins: i32,
    /// What a combined forecast is made of; empty where there is one model only.
    pub members: Vec<ForecastMember>,
    /// Whether temperatures took part, which only the home's own backtest decides.
    pub temperature: bool,
    /// Whether public holidays of the home's country took part.
    pub holidays: bool,
}

/// One hour ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastHour {
    /// When the hour begins.
    pub start: Timestamp,
    /// Its energy.
    pub kwh: Band<Kwh>,
}

/// One calendar month ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastMonth {
    /// Its first day.
    pub first: Date,
    /// Its energy.
    pub kwh: Band<Kwh>,
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
    /// How good the candidates were, per block of days ahead.
    pub accuracy: Vec<AccuracyScore>,
}

/// What the Forecast screen shows of a prediction and the dashboard does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastDetail {
    /// What the model is; `None` of one that an older program made.
    pub card: Option<ModelCard>,
    /// Sums over the first 1, 2, … of the days ahead, whose bands are narrower than the sums of the days' bands.
    pub totals: Vec<Band<Kwh>>,
    /// The hours of the first seven days; empty where readings are not by the hour.
    pub hours: Vec<ForecastHour>,
    /// The months after the days ahead, up to a year; empty without a year of readings.
    pub months: Vec<ForecastMonth>,
}

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrainingState {
    /// In the queue.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Too little is known.
    TooLittle,
    /// It broke off; the queue tries again.
    Failed,
}

/// The model in use beside the one that was just trained, over the same days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The model in use before.
    pub champion: String,
    /// Its mean absolute error in kWh a day.
    pub champion_mae_kwh: Decimal,
    /// The new one.
    pub challenger: String,
    /// Its mean absolute error in kWh a day.
    pub challenger_mae_kwh: Decimal,
    /// Whether the new one took its place.
    pub adopted: bool,
}

/// The newest training of a home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Training {
    /// How it stands.
    pub state: TrainingState,
    /// What asked for it: `schedule`, `request`, `data`, `drift` or `demo`.
    pub trigger: String,
    /// When it was asked for, or began.
    pub since: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Jobs in the queue before it, while it waits.
    pub jobs_before: Option<i64>,
    /// Why it ended as it did.
    pub message: Option<String>,
    /// Whether it was better than what was in use.
    pub challenge: Option<Challenge>,
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
    /// Whether it fell inside the 80 % interval; `None` where that was not kept.
    pub inside80: Option<bool>,
    /// Whether it fell inside the 95 % interval.
    pub inside95: Option<bool>,
}

/// How predictions of so many days ahead turned out, over all days that are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AchievedAccuracy {
    /// Days ahead.
    pub horizon: i16,
    /// Days compared.
    pub days: i64,
    /// Mean absolute error in kWh a day.
    pub mae_kwh: Decimal,
    /// Mean error in kWh a day; above zero, more was used than predicted.
    pub bias_kwh: Decimal,
    /// Share of days inside the 80 % interval, 0 to 1, of those whose interval was kept.
    pub coverage80: Option<Decimal>,
    /// Share of days inside the 95 % interval.
    pub coverage95: Option<Decimal>,
}

/// The answer of `GET …/forecast`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastReport {
    /// Where the home stands.
    #[serde(flatten)]
    pub state: ForecastState,
    /// More of the forecast, where there is one.
    pub detail: Option<ForecastDetail>,
    /// The newest training; `None` before the first.
    pub training: Option<Training>,
    /// How predictions turned out, per days ahead.
    pub achieved: Vec<AchievedAccuracy>,
    /// Past predictions against what happened, newest day first.
    pub comparisons: Vec<PredictionComparison>,
}
