//! `weather`: the home's temperatures, a mean for each day.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ecotrack_common::locale::fl;
use ecotrack_common::weather::{
    WeatherImport, WeatherObservation, WeatherPage, WeatherRemoved, check_span,
};
use ecotrack_common::{ErrorCode, path};
use jiff::civil::Date;
use serde_json::Value;

use super::context::{AtHome, Context};
use super::import::{located, refused};
use super::lists::{Form, List, title};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::Typed;
use super::{Failure, Result, many, writes};
use crate::client::{Error, new_key};
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Weather {
    /// List the days' temperatures, the newest first
    List {
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        form: Form,
    },
    /// Import a file: a mean a day, the lowest and the highest, or a value an hour
    Import {
        /// CSV such as `date,mean_temp_c`, with a header in English or Portuguese; - reads standard
        /// input
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Say what would be stored, and store nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Forget the temperatures of a span of days
    Remove {
        #[command(flatten)]
        span: Span,
    },
}

#[derive(Debug, Args)]
pub(super) struct Span {
    /// First day
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

const COLUMNS: &[&str] = &["local_date", "mean_temp_c", "source"];

pub(super) async fn run(context: &Context, command: Weather) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Weather::List { span, form } => {
            let (from, to) = span.read(&home, context)?;
            let days = list(&home, from, to).await?;
            let list = List {
                rows: &days,
                columns: COLUMNS,
                empty: "cli-no-weather",
            };
            let shown = context.shown();
            list.print(context, &form, |days| table(days, shown))
        }
        Weather::Import { path, dry_run } => import(context, &home, &path, dry_run).await,
        Weather::Remove { span } => {
            let mut typed = Typed::new(home.today(), &context.locale);
            let from = typed.day("from", span.from.as_deref(), None);
            let to = typed.day("to", span.to.as_deref(), None);
            typed.require("from", from.as_ref());
            typed.require("to", to.as_ref());
            let (from, to) = (from.or(to), to.or(from));
            let (from, to) = (from.unwrap_or(home.today()), to.unwrap_or(home.today()));
            let (from, to) = typed.finish((from, to), check_span(from, to))?;
            let address = format!("{}?from={from}&to={to}", home.path(path::WEATHER));
            let removed: WeatherRemoved =
                writes::send(&home.client, Method::Delete, address, None::<&Value>).await?;
            if context.json {
                return context.streams.print_json(&removed);
            }
            context.streams.print_line(&fl!(
                context.locale.loader(),
                "cli-weather-removed",
                count = removed.removed,
                from = context.locale.date(from),
                to = context.locale.date(to)
            ))
        }
    }
}

impl Span {
    /// First and last day, as far as they were given.
    pub(super) fn read(
        &self,
        home: &AtHome,
        context: &Context,
    ) -> Result<(Option<Date>, Option<Date>)> {
        let mut typed = Typed::new(home.today(), &context.locale);
        let from = typed.day("from", self.from.as_deref(), None);
        let to = typed.day("to", self.to.as_deref(), None);
        let checked = match (from, to) {
            (Some(from), Some(to)) => check_span(from, to),
            _ => Ok(()),
        };
        Ok(typed.finish((from, to), checked)?)
    }
}

/// All pages.
async fn list(
    home: &AtHome,
    from: Option<Date>,
    mut to: Option<Date>,
) -> Result<Vec<WeatherObservation>> {
    let mut days = Vec::new();
    loop {
        let mut address = format!("{}?limit=1600", home.path(path::WEATHER));
        for (name, day) in [("from", from), ("to", to)] {
            if let Some(day) = day {
                address = format!("{address}&{name}={day}");
            }
        }
        let page: WeatherPage = home.client.read(&address).await?;
        days.extend(page.days);
        match page.next_to {
            Some(next) => to = Some(next),
            None => return Ok(days),
        }
    }
}

async fn import(
    context: &Context,
    home: &AtHome,
    path: &std::path::Path,
    dry_run: bool,
) -> Result<()> {
    let locale = &context.locale;
    let (shown, bytes) = many::bytes(context, path).await?;
    let answer = home
        .client
        .import_weather(home.id(), bytes, dry_run, new_key())
        .await;
    let report = match answer {
        Ok(report) => report,
        Err(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
            return Err(Failure::Said(refused(
                &problem,
                &shown,
                locale,
                &home.zone(),
            )));
        }
        Err(error) => return Err(error.into()),
    };
    if context.json {
        return context.streams.print_json(&report);
    }
    for finding in &report.findings {
        let line = located(&shown, finding, locale, &home.zone());
        context.streams.tell_line(&line);
    }
    context.streams.print(&summary(context, &report, dry_run))
}

fn summary(context: &Context, report: &WeatherImport, dry_run: bool) -> String {
    let (locale, words) = (&context.locale, context.locale.loader());
    let count = |count: i64| locale.number(count.into(), 0);
    let mut lines = Vec::new();
    if let (Some(first), Some(last)) = (report.first, report.last) {
        let (first, last) = (locale.date(first), locale.date(last));
        lines.push(fl!(words, "cli-import-span", first = first, until = last));
    }
    let (added, replaced, same) = (
        count(report.added),
        count(report.replaced),
        count(report.unchanged),
    );
    lines.push(if report.added + report.replaced == 0 {
        fl!(words, "cli-weather-nothing-new")
    } else if dry_run {
        fl!(
            words,
            "cli-weather-would",
            added = added,
            replaced = replaced,
            same = same
        )
    } else {
        fl!(
            words,
            "cli-weather-did",
            added = added,
            replaced = replaced,
            same = same
        )
    });
    lines.join("\n") + "\n"
}

fn table(days: &[WeatherObservation], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Left]);
    let titles = ["column-day", "column-temperature", "column-source"];
    table.row(titles.map(|id| title(locale, id)));
    for row in days {
        table.row([
            locale.date(row.local_date),
            locale.temperature(row.mean_temp_c),
            locale.text(&format!("weather-{}", row.source)),
        ]);
    }
    table
}
