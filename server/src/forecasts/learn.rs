//! One home's training from end to end: what is known in; fitted model, forecast, bands and report out. No database, clock or
//! randomness: the same history gives the same result to the bit.

use ecotrack_common::forecast::{ForecastMember, ForecastStage, ModelCard};
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::{Deserialize, Serialize};

use super::artefact::Artefact;
use super::backtest::{Backtest, CandidateScore, OwnPast, backtest, origins};
use super::cold_start::{self, Billed};
use super::features::FEATURES_VERSION;
use super::forecast::{Away, Forecast, forecast, forecast_from};
use super::history::History;
use super::holidays;
use super::horizon::{GROUPS, MAX_HORIZON};
use super::hours::HourlyDay;
use super::interval::Bands;
use super::linear::{Samples, first_day};
use super::model::{Candidate, Fitted, Home, fit};
use super::shared::Shared;
use super::store::kwh;

/// Days that count below which nothing is forecast from readings alone.
pub const NEEDED_DAYS: usize = 14;
/// Days that count from which linear models may take part.
pub const FULL_DAYS: usize = 42;
/// The backtest always looks a month ahead, whatever horizon is asked for.
const BACKTEST_HORIZON: usize = 30;
/// Candidates of a home too young for regressions of its own.
const YOUNG: [Candidate; 6] = [
    Candidate::WeeklyNaive,
    Candidate::Mean28,
    Candidate::Theta,
    Candidate::ExponentialSmoothing,
    Candidate::Shared,
    Candidate::Combined,
];
/// Standard errors by which another candidate has to beat the combined forecast on one home before it is believed to
/// be better there.
const SURE: f64 = 2.0;
/// And the share of its error that has to be gained.
const WORTH: f64 = 0.02;

/// Too little is known to forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{have} full days of readings are known, a forecast needs {need}")]
pub struct TooLittle {
    pub have: usize,
    pub need: usize,
}

/// All that is known of a home when it is trained.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its days, those spent away left out, with the holidays and temperatures that are known.
    pub history: History,
    /// The days of the last weeks by the hour, where they are.
    pub hourly: Vec<HourlyDay>,
    /// The last whole day.
    pub origin: Date,
    /// Bills, which a home with few readings is forecast from.
    pub bills: Vec<Billed>,
    /// kWh of each day after the origin by the home's devices; empty of a home without any.
    pub devices: Vec<f64>,
    /// Days spent away.
    pub away: Away,
}

impl Input {
    /// Nothing but the days.
    pub fn of(history: History) -> Self {
        Self {
            hourly: Vec::new(),
            origin: history.last().unwrap_or_default(),
            bills: Vec::new(),
            devices: Vec::new(),
            away: Away::default(),
            history,
        }
    }

    /// Whether too few days are known for a model, so that its forecast is made anew each time.
    pub fn starts_cold(&self) -> bool {
        self.history.usable() < NEEDED_DAYS
    }

    /// Whether there is nothing to forecast it from.
    pub fn is_empty(&self) -> bool {
        self.history.usable() == 0 && self.bills.is_empty() && self.devices.is_empty()
    }
}

/// How the candidate is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// By the home's own backtest; `champion` is the one in use so far.
    Best { champion: Option<Candidate> },
    /// It is given.
    Only(Candidate),
}

/// The candidate in use beside the one that the backtest would choose, over the same days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    pub champion: Candidate,
    /// Mean absolute error over days 1 to 30 in kWh a day.
    pub champion_mae_kwh: f64,
    pub challenger: Candidate,
    pub challenger_mae_kwh: f64,
    /// Whether the challenger took its place.
    pub adopted: bool,
}

/// What was tried, on what, and how well it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    pub stage: ForecastStage,
    pub chosen: Candidate,
    pub candidates: Vec<CandidateScore>,
    /// Origins of the backtest.
    pub origins: usize,
    /// First and last day that rows were made of.
    pub trained_from: Date,
    pub trained_to: Date,
    /// Training rows of the chosen model's last fit; 0 for the candidates that learn nothing.
    pub rows: usize,
    pub days_usable: usize,
    pub days_missing: usize,
    /// Measured days left out as negative or implausible.
    pub days_refused: usize,
    /// Days marked as outliers, in order.
    pub outlier_days: Vec<Date>,
    pub features_version: u32,
    /// Days spent away, which were left out.
    pub days_away: usize,
    /// What a combined forecast is made of.
    pub members: Vec<Member>,
    /// Whether temperatures take part.
    pub temperature: bool,
    /// Whether public holidays do.
    pub holidays: bool,
    /// Whether another candidate than the one in use was thought better; `None` where it was the same or none was.
    pub challenge: Option<Challenge>,
}

/// One part of a combined forecast, over some days ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub candidate: Candidate,
    pub from: usize,
    pub to: usize,
    /// Its share, 0 to 1.
    pub weight: f64,
}

impl Challenge {
    /// As it travels.
    pub fn told(&self) -> ecotrack_common::forecast::Challenge {
        ecotrack_common::forecast::Challenge {
            champion: self.champion.name().to_owned(),
            champion_mae_kwh: kwh(self.champion_mae_kwh),
            challenger: self.challenger.name().to_owned(),
            challenger_mae_kwh: kwh(self.challenger_mae_kwh),
            adopted: self.adopted,
        }
    }
}

impl TrainingReport {
    /// As it is shown.
    pub fn card(&self) -> ModelCard {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let horizon = |days: usize| i16::try_from(days).unwrap_or(i16::MAX);
        let member = |member: &Member| ForecastMember {
            model: member.candidate.name().to_owned(),
            from_horizon: horizon(member.from),
            to_horizon: horizon(member.to),
            weight: Decimal::from_f64(member.weight)
                .unwrap_or_default()
                .round_dp(3),
        };
        ModelCard {
            stage: self.stage,
            days_used: count(self.days_usable),
            days_missing: count(self.days_missing),
            days_refused: count(self.days_refused),
            days_away: count(self.days_away),
            outlier_days: self.outlier_days.clone(),
            origins: count(self.origins),
            members: self.members.iter().map(member).collect(),
            temperature: self.temperature,
            holidays: self.holidays,
        }
    }
}

/// Everything one training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// `None` of a home that knows too little for a model: its forecast is made anew each time.
    pub fitted: Option<Fitted>,
    pub forecast: Forecast,
    pub report: TrainingReport,
    pub bands: Bands,
}

impl Trained {
    /// What is kept of the model.
    pub fn artefact(&self) -> Artefact {
        Artefact::new(self.fitted.clone(), self.bands.clone(), self.report.clone())
    }
}

/// Trains one home with the shared model that ships, and forecasts the `horizon` days (1 to [`MAX_HORIZON`]) after its
/// last day. `champion` is the candidate in use so far.
pub fn train(
    input: &Input,
    horizon: usize,
    champion: Option<Candidate>,
) -> Result<Trained, TooLittle> {
    train_with(Shared::shipped(), input, horizon, Choose::Best { champion })
}

/// [`train`] with other coefficients of the shared model, or by one candidate alone.
pub fn train_with(
    shared: &Shared,
    input: &Input,
    horizon: usize,
    choice: Choose,
) -> Result<Trained, TooLittle> {
    let have = input.history.usable();
    let horizon = horizon.clamp(1, MAX_HORIZON);
    let (Some(trained_to), true) = (input.history.last(), have >= NEEDED_DAYS) else {
        return start_cold(input, horizon).ok_or(TooLittle {
            have,
            need: NEEDED_DAYS,
        });
    };
    let ahead = horizon.max(BACKTEST_HORIZON);
    let (history, holidays) = holidays::decide(input.history.clone(), shared);
    let history = &history;
    let origin = history.len() - 1;
    let home = Home::new(history, shared);

    let (stage, candidates, earliest) = if have < FULL_DAYS {
        (ForecastStage::Young, &YOUNG[..], NEEDED_DAYS - 1)
    } else {
        (ForecastStage::Full, &Candidate::ALL[..], 27)
    };
    let samples = match stage {
        ForecastStage::Full => Samples::new(&home.features, ahead),
        _ => Samples::none(),
    };
    let tested = backtest(
        &home,
        &samples,
        candidates,
        &origins(history, earliest),
        ahead,
    );
    let (chosen, challenge) = match choice {
        Choose::Best { champion } => choose(&tested, candidates, champion),
        Choose::Only(candidate) => (candidate, None),
    };
    let training = samples.until(origin);
    let fitted = fit(chosen, &training, || OwnPast::new(&home).shift_at(origin));
    // The backtest fitted it to fewer rows, so it can be fitted to all of them.
    let fitted = fitted.unwrap_or(Fitted::WeeklyNaive);
    let chosen = fitted.candidate();
    let bands = Bands::learn(tested.day_bands(chosen), tested.errors(chosen), ahead);
    let mut forecast = forecast_from(&fitted, &bands, &home, origin, horizon);
    forecast.tell_more(history, &input.hourly, &input.away);

    let learns = matches!(
        fitted,
        Fitted::LinearRegression { .. } | Fitted::ElasticNet { .. }
    );
    let report = TrainingReport {
        chosen,
        origins: tested.origins.len(),
        trained_from: history.date(first_day(history)),
        rows: if learns { training.rows() } else { 0 },
        members: members(chosen, shared),
        temperature: fitted.shift().is_some_and(|shift| shift.weather.is_used()),
        holidays,
        challenge,
        candidates: tested.scores.clone(),
        ..about(input, stage, trained_to)
    };
    Ok(Trained {
        fitted: Some(fitted),
        forecast,
        report,
        bands,
    })
}

/// The parts of the combined forecast per group of horizons.
fn members(chosen: Candidate, shared: &Shared) -> Vec<Member> {
    let of_group = |(from, to)| {
        let smoothing = shared.smoothing_weight(from);
        let parts = [
            (Candidate::Shared, 1.0 - smoothing),
            (Candidate::Theta, smoothing / 2.0),
            (Candidate::ExponentialSmoothing, smoothing / 2.0),
        ];
        parts.map(|(candidate, weight)| Member {
            candidate,
            from,
            to,
            weight,
        })
    };
    if chosen == Candidate::Combined {
        GROUPS.into_iter().flat_map(of_group).collect()
    } else {
        Vec::new()
    }
}

/// What can be said of a home that knows too little to train on.
fn start_cold(input: &Input, horizon: usize) -> Option<Trained> {
    let known = cold_start::Known {
        origin: input.origin,
        history: &input.history,
        bills: &input.bills,
        devices: &input.devices,
    };
    let mut forecast = cold_start::forecast(&known, horizon)?;
    forecast.tell_more(&input.history, &input.hourly, &input.away);
    let stage = match forecast.model {
        Candidate::Devices => ForecastStage::Devices,
        Candidate::Bills => ForecastStage::Bills,
        _ => ForecastStage::FewDays,
    };
    let billed_from = input.bills.iter().map(|bill| bill.first).min();
    let first = input
        .history
        .first()
        .or(billed_from)
        .unwrap_or(input.origin);
    let report = TrainingReport {
        chosen: forecast.model,
        trained_from: first.min(input.origin),
        ..about(input, stage, input.origin)
    };
    Some(Trained {
        fitted: None,
        forecast,
        report,
        bands: Bands::none(),
    })
}

/// A report of what was known; nothing of what became of it.
fn about(input: &Input, stage: ForecastStage, trained_to: Date) -> TrainingReport {
    let history = &input.history;
    let outliers = history.outliers().iter().enumerate();
    let outliers = outliers.filter(|(_, outlier)| **outlier);
    TrainingReport {
        stage,
        chosen: Candidate::WeeklyNaive,
        candidates: Vec::new(),
        origins: 0,
        trained_from: trained_to,
        trained_to,
        rows: 0,
        days_usable: history.usable(),
        days_missing: history.missing(),
        days_refused: history.refused(),
        outlier_days: outliers.map(|(i, _)| history.date(i)).collect(),
        features_version: FEATURES_VERSION,
        days_away: input.away.past.len(),
        members: Vec::new(),
        temperature: false,
        holidays: false,
        challenge: None,
    }
}

/// Predicts anew with a model that is kept, after the home's data changed; `None` of a model that has to be trained
/// each time, or of a home without days.
pub fn predict(artefact: &Artefact, input: &Input, horizon: usize) -> Option<Forecast> {
    let mut history = input.history.clone();
    if !artefact.report.holidays {
        history = history.with_holidays(Vec::new());
    }
    let home = Home::new(&history, Shared::shipped());
    let fitted = artefact.fitted.as_ref()?;
    let mut forecast = forecast(fitted, &artefact.bands, &home, horizon)?;
    forecast.tell_more(&history, &input.hourly, &input.away);
    Some(forecast)
}

/// The candidate to use. The combined forecast is the best of all over many homes, so another has to be better on this
/// one by more than luck; and one in use stays in use unless what is chosen would have done better over the same days.
fn choose(
    tested: &Backtest,
    candidates: &[Candidate],
    champion: Option<Candidate>,
) -> (Candidate, Option<Challenge>) {
    let favourite = Candidate::Combined;
    let error = |candidate| tested.error_kwh(candidate);
    let gain = |candidate: Candidate| -> Option<f64> {
        let (gain, deviation) = tested.gain_kwh(candidate, favourite)?;
        (gain > SURE * deviation && gain > WORTH * error(favourite)?).then_some(gain)
    };
    let mut challenger = (favourite, 0.0);
    for candidate in candidates {
        // The simpler ones come first, and keep their place beside one that is merely as good.
        if let Some(gain) = gain(*candidate).filter(|gain| *gain > 1.001 * challenger.1) {
            challenger = (*candidate, gain);
        }
    }
    let challenger = challenger.0;
    let Some(champion) = champion.filter(|champion| *champion != challenger) else {
        return (challenger, None);
    };
    let (Some(champion_mae_kwh), Some(challenger_mae_kwh)) = (error(champion), error(challenger))
    else {
        return (challenger, None);
    };
    let adopted = challenger_mae_kwh < champion_mae_kwh;
    let challenge = Challenge {
        champion,
        champion_mae_kwh,
        challenger,
        challenger_mae_kwh,
        adopted,
    };
    (if adopted { challenger } else { champion }, Some(challenge))
}
