//! `forecast accuracy`: the models compared, what the one in use is, predictions beside what happened.

use clap::Args;
use ecotrack_common::forecast::{AccuracyScore, ForecastReport, PredictionComparison};
use ecotrack_common::locale::Locale;
use rust_decimal::Decimal;
use serde_json::json;

use super::{say, say_why_none};
use crate::cli::Result;
use crate::cli::context::Context;
use crate::cli::lists::title;
use crate::cli::table::{Side, Table};
use crate::forecast::series::{blocks, forecast_of};
use crate::forecast::words;

#[derive(Debug, Args)]
pub(super) struct Accuracy {
    /// Each prediction beside what happened too
    #[arg(long)]
    past: bool,
}

pub(super) async fn run(context: &Context, accuracy: &Accuracy) -> Result<()> {
    let home = context.at_home().await?;
    let report = home.client.forecast(home.id()).await?;
    if context.json {
        return context.streams.print_json(&value(&report, accuracy));
    }
    let (locale, zone) = (&context.locale, home.zone());
    let width = context.streams.width();
    let blank = || context.streams.print("\n");
    match forecast_of(&report) {
        Some(forecast) => {
            let scores = &forecast.accuracy;
            match words::verdict(scores, locale) {
                Some(verdict) => say(context, &[verdict])?,
                None => say(context, &[locale.text("forecast-accuracy-none")])?,
            }
            if !scores.is_empty() {
                blank()?;
                context
                    .streams
                    .print(&table(scores, locale).render(0, width))?;
                blank()?;
                let notes = ["forecast-accuracy-promise", "forecast-total-note"];
                say(context, &notes.map(|id| locale.text(id)))?;
            }
            blank()?;
            let card = report.detail.as_ref().and_then(|it| it.card.as_ref());
            say(context, &words::about(forecast, card, &zone, locale))?;
        }
        None => say_why_none(context, &report.state)?,
    }
    if let Some(training) = &report.training {
        blank()?;
        say(context, &words::training_whole(training, &zone, locale))?;
    }
    blank()?;
    let achieved: Vec<String> = report
        .achieved
        .iter()
        .map(|of| words::achieved(of, locale))
        .collect();
    if achieved.is_empty() {
        say(context, &[locale.text("forecast-achieved-none")])?;
    } else {
        say(context, &achieved)?;
    }
    if accuracy.past {
        blank()?;
        if report.comparisons.is_empty() {
            return say(context, &[locale.text("forecast-past-none")]);
        }
        // A row is a line, for whoever searches in them.
        let past = past(&report.comparisons, locale);
        context.streams.print(&past.render(0, usize::MAX))?;
    }
    Ok(())
}

fn value(report: &ForecastReport, accuracy: &Accuracy) -> serde_json::Value {
    let forecast = forecast_of(report);
    let mut value = json!({
        "model": forecast.map(|it| &it.model),
        "accuracy": forecast.map_or(&[][..], |it| &it.accuracy),
        "card": report.detail.as_ref().and_then(|it| it.card.as_ref()),
        "training": report.training,
        "achieved": report.achieved,
    });
    if accuracy.past {
        value["comparisons"] = json!(report.comparisons);
    }
    value
}

/// Every model over every block of days ahead, the one in use marked.
fn table(accuracy: &[AccuracyScore], locale: &Locale) -> Table {
    let right = Side::Right;
    let sides = vec![
        Side::Left,
        right,
        right,
        right,
        right,
        right,
        right,
        right,
        Side::Left,
    ];
    let mut table = Table::new(sides);
    let heads = [
        "forecast-column-model",
        "forecast-column-ahead",
        "forecast-column-off",
        "forecast-column-mase",
        "forecast-column-ratio",
        "forecast-column-in80",
        "forecast-column-in95",
        "forecast-column-total",
    ];
    table.row(heads.map(|id| title(locale, id)));
    for block in blocks(accuracy) {
        for score in &block.scores {
            let ahead = if block.from == block.to {
                block.from.to_string()
            } else {
                format!("{}–{}", block.from, block.to)
            };
            let ratio: Option<Decimal> = score.mae_kwh.checked_div(score.naive_mae_kwh);
            table.row([
                words::model(&score.model, locale),
                ahead,
                locale.number(score.mae_kwh, 2),
                words::places2(score.mase, locale),
                words::places2(ratio, locale),
                words::promised(score.coverage80, 80, locale),
                words::promised(score.coverage95, 95, locale),
                words::share(score.total_error, locale),
                if score.chosen {
                    locale.text("forecast-in-use")
                } else {
                    String::new()
                },
            ]);
        }
    }
    table
}

fn past(comparisons: &[PredictionComparison], locale: &Locale) -> Table {
    let right = Side::Right;
    let mut table = Table::new(vec![
        Side::Left,
        right,
        right,
        right,
        right,
        right,
        Side::Left,
        Side::Left,
    ]);
    let heads = [
        "forecast-column-day",
        "forecast-column-ahead",
        "forecast-column-predicted",
        "forecast-column-actual",
        "forecast-column-error",
        "forecast-column-error-percent",
        "forecast-column-inside",
        "forecast-column-model",
    ];
    table.row(heads.map(|id| title(locale, id)));
    for of in comparisons {
        let percent = of.percentage_error;
        table.row([
            locale.date(of.date),
            of.horizon.to_string(),
            locale.number(of.predicted_kwh.0, 2),
            locale.number(of.actual_kwh.0, 2),
            locale.signed(of.error_kwh.0, 2),
            percent.map_or_else(|| "–".to_owned(), |it| locale.percent_signed(it)),
            words::inside(of, locale),
            words::model(&of.model, locale),
        ]);
    }
    table
}
