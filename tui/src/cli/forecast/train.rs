//! `forecast train`: asks for a training and waits for its end, not for ever.

use std::time::Duration;

use clap::Args;
use ecotrack_common::forecast::{ForecastReport, ForecastState, TrainingState};
use ecotrack_common::locale::fl;
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::say;
use crate::cli::context::{AtHome, Context};
use crate::cli::{Failure, Result};
use crate::client::new_key;
use crate::forecast::series::{Before, forecast_of};
use crate::forecast::words;

/// The end is told on the event stream; that a training began, or broke off, is not.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Train {
    /// Ask for it and do not wait
    #[arg(long)]
    no_wait: bool,
    /// Wait at most so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, conflicts_with = "no_wait",
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

pub(super) async fn run(context: &Context, train: &Train) -> Result<()> {
    let home = context.at_home().await?;
    let before = Before::of(Some(&home.client.forecast(home.id()).await?));
    home.client.request_training(home.id(), new_key()).await?;
    let words_of = context.locale.loader();
    if train.no_wait {
        if context.json {
            let report = home.client.forecast(home.id()).await?;
            let training = report.training;
            return context.streams.print_json(&json!({ "training": training }));
        }
        return say(context, &[fl!(words_of, "cli-forecast-asked")]);
    }
    tell(context, &fl!(words_of, "cli-forecast-waiting"));
    let limit = Duration::from_secs(train.timeout);
    let waited = tokio::time::timeout(limit, ended(context, &home, &before)).await;
    let Ok(ended) = waited else {
        let seconds = train.timeout.to_string();
        let sentence = fl!(words_of, "cli-forecast-timeout", seconds = seconds);
        return Err(Failure::Said(sentence));
    };
    let (state, report) = ended?;
    if context.json {
        let model = forecast_of(&report).map(|forecast| &forecast.model);
        let value = json!({ "state": state, "training": report.training, "model": model });
        context.streams.print_json(&value)?;
    }
    match state {
        TrainingState::TooLittle => Err(Failure::Said(too_little(context, &report))),
        TrainingState::Failed => Err(Failure::Said(broke_off(context, &home, &report))),
        TrainingState::Waiting | TrainingState::Running | TrainingState::Succeeded => {
            if context.json {
                return Ok(());
            }
            say(context, &done(context, &home, &report))
        }
    }
}

/// Says how it goes to whoever watches.
fn tell(context: &Context, sentence: &str) {
    if context.streams.is_watched() {
        context.streams.tell_line(sentence);
    }
}

/// Looks at every change of the home, and every so often, until the training has ended.
async fn ended(
    context: &Context,
    home: &AtHome,
    before: &Before,
) -> Result<(TrainingState, ForecastReport)> {
    let mut events = home.client.events(home.id());
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        // A stream that has ended is not asked again; the looks go on.
        tokio::select! {
            Some(_) = events.next() => {}
            _ = look.tick() => {}
        }
        let report = home.client.forecast(home.id()).await?;
        if let Some(state) = before.ended(&report) {
            return Ok((state, report));
        }
        if let Some(training) = &report.training {
            let sentence = words::training(training, &home.zone(), &context.locale);
            if sentence != told && before.awaits(training) {
                tell(context, &sentence);
                told = sentence;
            }
        }
    }
}

fn done(context: &Context, home: &AtHome, report: &ForecastReport) -> Vec<String> {
    let locale = &context.locale;
    let mut said = Vec::new();
    if let Some(forecast) = forecast_of(report) {
        let model = words::model(&forecast.model, locale);
        said.push(fl!(locale.loader(), "cli-forecast-trained", model = model));
        said.extend(words::verdict(&forecast.accuracy, locale));
    }
    if let Some(training) = &report.training {
        said.extend(words::training_whole(training, &home.zone(), locale));
    }
    said
}

fn too_little(context: &Context, report: &ForecastReport) -> String {
    let locale = &context.locale;
    match &report.state {
        ForecastState::TooLittle {
            have_days,
            need_days,
        } => {
            let (have, need) = (*have_days, *need_days);
            let words_of = locale.loader();
            let what = fl!(
                words_of,
                "cli-forecast-too-little",
                have = have,
                need = need
            );
            format!("{what}\n{}", locale.text("forecast-none-cli-readings"))
        }
        ForecastState::Ready { .. } | ForecastState::NotTrained => {
            locale.text("notice-training-too-little")
        }
    }
}

fn broke_off(context: &Context, home: &AtHome, report: &ForecastReport) -> String {
    let locale = &context.locale;
    let said = report.training.as_ref().map_or_else(Vec::new, |training| {
        words::training_whole(training, &home.zone(), locale)
    });
    if said.is_empty() {
        locale.text("notice-training-failed")
    } else {
        said.join("\n")
    }
}
