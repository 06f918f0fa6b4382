//! `report`: a month, a billing cycle or a year as a page.

use std::path::PathBuf;

use clap::Args;
use ecotrack_common::locale::fl;
use ecotrack_common::report::document::document;
use ecotrack_common::report::{ReportFormat, ReportKind, ReportPeriod, csv, markdown};
use jiff::ToSpan;

use super::context::{Context, now};
use super::words::words;
use super::{Failure, Result};

#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// A month, such as 2026-10, or a year, such as 2026 [default: the month of yesterday]
    period: Option<ReportPeriod>,
    /// The billing cycle that begins in that month
    #[arg(long)]
    cycle: bool,
    /// How it is written [default: md, or json with --json]
    #[arg(long, value_name = "FORMAT", value_parser = words(ReportFormat::ALL, ReportFormat::as_str))]
    format: Option<ReportFormat>,
    /// Write it into this file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, wanted: Wanted) -> Result<()> {
    let told = tell(context, wanted).await;
    // A goal has a period too, which is a flag there.
    told.map_err(|failure| failure.called("period", "report_period"))
}

async fn tell(context: &Context, wanted: Wanted) -> Result<()> {
    let home = context.at_home().await?;
    let zone = jiff::tz::TimeZone::get(&home.profile.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let yesterday = now().to_zoned(zone).date().saturating_sub(1.day());
    let period = wanted.period.unwrap_or(ReportPeriod::month_of(yesterday));
    let kind = match (period.is_year(), wanted.cycle) {
        (true, true) => {
            let text = context.locale.text("cli-report-is-year");
            return Err(Failure::Usage(text));
        }
        (true, false) => ReportKind::Year,
        (false, true) => ReportKind::Cycle,
        (false, false) => ReportKind::Month,
    };
    let usual = if context.json {
        ReportFormat::Json
    } else {
        ReportFormat::Markdown
    };
    let (client, id) = (&home.client, home.id());
    let text = match wanted.format.unwrap_or(usual) {
        ReportFormat::Html => {
            let language = context.locale.language();
            client.report_page(id, period, kind, language).await?
        }
        ReportFormat::Markdown => {
            let report = client.report(id, period, kind).await?;
            markdown::markdown(&document(&report, &context.locale))
        }
        ReportFormat::Csv => csv::csv(&client.report(id, period, kind).await?),
        ReportFormat::Json => {
            let report = client.report(id, period, kind).await?;
            serde_json::to_string_pretty(&report).map_err(std::io::Error::from)? + "\n"
        }
    };
    match wanted.output {
        None => context.streams.print(&text),
        Some(file) => {
            std::fs::write(&file, text)
                .map_err(|error| Failure::unwritable(&file, &error, &context.locale))?;
            let file = file.display().to_string();
            let said = fl!(context.locale.loader(), "cli-report-written", file = file);
            context.streams.tell_line(&said);
            Ok(())
        }
    }
}
