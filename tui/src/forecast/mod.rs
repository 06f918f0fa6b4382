//! What the home is going to use: days, hours and months with their bands, how good that has been,
//! what predicts it, and a training asked for.
//!
//! `series` is pure, `words` are shared with the command line.

mod commands;
mod record;
pub mod series;
mod view;
mod view_days;
mod view_hours;
pub(crate) mod words;

use ecotrack_common::forecast::{ForecastReport, Training, TrainingState};
use jiff::Timestamp;
use jiff::civil::Date;

pub use commands::{COMMANDS, click, scroll};
pub use view::view;

use crate::app::{App, Context, Notice, Screen};
use crate::forms;
use crate::kept::Kept;
use crate::link::backoff;
use crate::message::{Answer, Call, Effect, Fault, Ticket, Timer};
use crate::remote::Remote;
use series::{Before, Day, DayHours, is_under_way};

/// A part of the screen; with room several are seen at once, and this one has the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Page {
    /// Days past and to come.
    #[default]
    Days,
    /// The next days by the hour.
    Hours,
    /// The months after.
    Months,
    /// How good the models are.
    Accuracy,
    /// What the model is.
    Model,
    /// Predictions and what happened.
    Past,
}

impl Page {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Days,
        Self::Hours,
        Self::Months,
        Self::Accuracy,
        Self::Model,
        Self::Past,
    ];

    /// The id of its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Days => "forecast-page-days",
            Self::Hours => "forecast-page-hours",
            Self::Months => "forecast-page-months",
            Self::Accuracy => "forecast-page-accuracy",
            Self::Model => "forecast-page-model",
            Self::Past => "forecast-page-past",
        }
    }

    /// Whether it tells of what is to come, and not of how good that is.
    pub fn looks_ahead(self) -> bool {
        matches!(self, Self::Days | Self::Hours | Self::Months)
    }
}

/// A training that was asked for here.
#[derive(Debug, Clone, Default, PartialEq)]
enum Asked {
    /// None was, or it is done.
    #[default]
    Not,
    /// The question is under way.
    Sending(Ticket),
    /// The server put it into its queue; with how things stood before.
    Sent { at: Timestamp, before: Box<Before> },
}

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// The server's answer; while it is asked again, the last one.
    pub report: Remote<ForecastReport>,
    /// The part that has the keys.
    pub page: Page,
    /// The day under the cursor; until somebody moves it the first that is to come.
    pub day: Option<Date>,
    /// Which hour of it; until somebody moves it that of now.
    pub hour: Option<usize>,
    /// Whether all models are compared.
    pub all_models: bool,
    /// Only predictions of so many days ahead.
    pub horizon: Option<i16>,
    /// How many lines of the part have gone up out of the picture.
    pub scrolled: usize,
    asked: Asked,
    /// A timer that looks after a training runs.
    looking: bool,
    /// How often the training was looked after since it last changed.
    looks: u32,
    /// Something changed while the last question was under way.
    stale: bool,
}

impl State {
    /// What the last start knew.
    pub(crate) fn remembered(report: Option<ForecastReport>) -> Self {
        Self {
            report: report.map_or(Remote::Idle, Remote::Ready),
            ..Self::default()
        }
    }

    /// The newest training.
    pub fn training(&self) -> Option<&Training> {
        self.report.value()?.training.as_ref()
    }

    /// When a training was asked for that the server does not tell of yet.
    pub fn asked_at(&self) -> Option<Timestamp> {
        match self.asked {
            Asked::Sent { at, .. } => Some(at),
            Asked::Not | Asked::Sending(_) => None,
        }
    }

    /// Whether the question for a training is under way.
    pub fn is_asking(&self) -> bool {
        matches!(self.asked, Asked::Sending(_))
    }

    /// Whether a training is waiting or running.
    pub fn is_training(&self) -> bool {
        self.asked_at().is_some() || self.training().is_some_and(is_under_way)
    }
}

/// Opens the screen.
pub fn open(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Forecast;
    load(app)
}

/// Asks for what the screen shows; while a question is under way, the next waits for its answer.
pub fn load(app: &mut App) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    if app.forecast.report.is_loading() {
        app.forecast.stale = true;
        return Vec::new();
    }
    let ticket = app.ticket();
    app.forecast.stale = false;
    app.forecast.report.ask(ticket);
    vec![Effect::Call(ticket, Call::Forecast(home))]
}

/// Takes the server's answer.
pub(crate) fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<ForecastReport>>,
) -> Vec<Effect> {
    let before = app.forecast.training().cloned();
    let state = &mut app.forecast;
    if !state.report.answer(ticket, answer.map(|report| *report)) {
        return Vec::new();
    }
    if let Some(fault) = state.report.fault() {
        if !matches!(fault, Fault::Away)
            && state.report.value().is_some()
            && app.screen == Screen::Forecast
        {
            // With nothing on screen the panel itself says it.
            app.notice = Some(Notice::Fault(fault.clone()));
        }
        return Vec::new();
    }
    if state.training() != before.as_ref() {
        state.looks = 0;
    }
    note_end(app);
    let mut effects = Vec::new();
    if let Some(last) = app.last() {
        effects.push(Effect::Keep(Kept::Last(Box::new(last))));
    }
    if app.forecast.stale {
        effects.extend(load(app));
    } else {
        effects.extend(look_after(app));
    }
    effects
}

/// Says how the training that was asked for ended, once it did.
fn note_end(app: &mut App) {
    let state = &mut app.forecast;
    let (Asked::Sent { before, .. }, Some(report)) = (&state.asked, state.report.value()) else {
        return;
    };
    let Some(ended) = before.ended(report) else {
        return;
    };
    state.asked = Asked::Not;
    app.notice = Some(Notice::Text(match ended {
        TrainingState::TooLittle => "notice-training-too-little",
        TrainingState::Failed => "notice-training-failed",
        TrainingState::Waiting | TrainingState::Running | TrainingState::Succeeded => {
            "notice-trained"
        }
    }));
}

/// The end of a training arrives on the event stream; that it began, or broke off, does not.
fn look_after(app: &mut App) -> Vec<Effect> {
    let state = &mut app.forecast;
    if app.screen != Screen::Forecast || state.looking || !state.is_training() {
        return Vec::new();
    }
    state.looking = true;
    state.looks = state.looks.saturating_add(1);
    vec![Effect::After(backoff(state.looks), Timer::Training)]
}

/// It is time to see how the training stands.
pub(crate) fn look(app: &mut App) -> Vec<Effect> {
    app.forecast.looking = false;
    if app.screen == Screen::Forecast && app.forecast.is_training() {
        load(app)
    } else {
        Vec::new()
    }
}

/// Whether a training can be asked for: by whoever may change the home, one at a time.
pub fn may_train(app: &App) -> bool {
    app.may_edit() && !app.forecast.is_asking() && !app.forecast.is_training()
}

fn train(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.forecast.asked = Asked::Sending(ticket);
    vec![Effect::Call(ticket, Call::Train(home, cx.fresh_key))]
}

/// The server put the training into its queue, or did not.
pub(crate) fn asked(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<()>,
    cx: &Context,
) -> Vec<Effect> {
    if app.forecast.asked != Asked::Sending(ticket) {
        return Vec::new();
    }
    match answer {
        Ok(()) => {
            app.forecast.asked = Asked::Sent {
                at: cx.now,
                before: Box::new(Before::of(app.forecast.report.value())),
            };
            app.forecast.looks = 0;
            load(app)
        }
        Err(fault) => {
            app.forecast.asked = Asked::Not;
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
    }
}

/// The days past and to come.
fn days(app: &App) -> Vec<Day> {
    let report = app.forecast.report.value();
    report.map_or_else(Vec::new, |report| series::days(app.board(), report))
}

/// The next days by the hour.
fn hours(app: &App) -> Vec<DayHours> {
    let detail = app
        .forecast
        .report
        .value()
        .and_then(|it| it.detail.as_ref());
    detail.map_or_else(Vec::new, |detail| {
        series::by_day(&detail.hours, &app.zone())
    })
}

/// The day under the cursor, of these: the one it was moved to, else today, else the nearest.
fn cursor(app: &App, days: impl IntoIterator<Item = Date>, cx: &Context) -> Option<Date> {
    let wanted = app.forecast.day.unwrap_or(forms::today(app, cx));
    let mut days = days.into_iter();
    let first = days.next()?;
    Some(wanted.clamp(first, days.last().unwrap_or(first)))
}

/// The hour under the cursor of a day.
fn hour_cursor(app: &App, day: &DayHours, cx: &Context) -> usize {
    let now = || {
        let clock = format!("{:02}:00", app.zone().to_datetime(cx.now).hour());
        day.at(cx.now)
            .or(day.hours.iter().position(|hour| hour.clock == clock))
    };
    let last = day.hours.len().saturating_sub(1);
    app.forecast.hour.or_else(now).unwrap_or_default().min(last)
}
