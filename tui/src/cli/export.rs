//! `export` and `readings export`: tables of the home as files, as the server writes them.

use std::path::PathBuf;

use clap::Args;
use ecotrack_common::export::{ExportFormat, ExportTable};
use ecotrack_common::locale::fl;
use ecotrack_common::path;

use super::context::{AtHome, Context, pick_meter};
use super::words::words;
use super::{Failure, Result, weather};
use crate::client::{self, Failed};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which table
    #[arg(value_parser = words(ExportTable::ALL, ExportTable::as_str))]
    table: ExportTable,
    #[command(flatten)]
    written: Written,
}

#[derive(Debug, Args)]
pub(super) struct Readings {
    /// One meter only, by name
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    #[command(flatten)]
    written: Written,
}

#[derive(Debug, Args)]
struct Written {
    #[command(flatten)]
    span: weather::Span,
    /// How it is written [default: csv, or json with --json]
    #[arg(long, value_name = "FORMAT", value_parser = words(ExportFormat::ALL, ExportFormat::as_str))]
    format: Option<ExportFormat>,
    /// Write it into this file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn table(context: &Context, wanted: Export) -> Result<()> {
    let home = context.at_home().await?;
    let address = path::fill(&home.path(path::EXPORT), &[("table", &wanted.table)]);
    wanted.written.write(context, &home, address, None).await
}

pub(super) async fn readings(context: &Context, wanted: Readings) -> Result<()> {
    let home = context.at_home().await?;
    let meter = match &wanted.meter {
        None => None,
        Some(name) => {
            let meters = home.client.meters(home.id()).await?;
            let kind = ecotrack_common::meter::ReadingKind::Register;
            Some(pick_meter(meters, Some(name), kind, &context.locale)?)
        }
    };
    let meter = meter.map(|meter| format!("meter={}", meter.meter_id));
    let address = home.path(path::READINGS_EXPORT);
    wanted.written.write(context, &home, address, meter).await
}

impl Written {
    async fn write(
        self,
        context: &Context,
        home: &AtHome,
        address: String,
        also: Option<String>,
    ) -> Result<()> {
        let (from, to) = self.span.read(home, context)?;
        let usual = if context.json {
            ExportFormat::Json
        } else {
            ExportFormat::Csv
        };
        let format = self.format.unwrap_or(usual);
        let parts = [
            Some(format!("format={format}")),
            from.map(|from| format!("from={from}")),
            to.map(|to| format!("to={to}")),
            also,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let address = format!("{address}?{}", parts.join("&"));
        if let Some(file) = self.output {
            return save(context, home, &address, &file).await;
        }
        let mut whole = home.client.download(&address).await?;
        while let Some(piece) = whole.next().await? {
            context.streams.print_bytes(&piece)?;
        }
        Ok(())
    }
}

/// Writes what stands at an address into a file, and says so.
pub(super) async fn save(
    context: &Context,
    home: &AtHome,
    address: &str,
    file: &std::path::Path,
) -> Result<()> {
    let words = context.locale.loader();
    client::save(&home.client, address, file)
        .await
        .map_err(|failed| match failed {
            Failed::Client(error) => Failure::from(error),
            Failed::Disk(error) => Failure::unwritable(file, &error, &context.locale),
        })?;
    let file = file.display().to_string();
    let said = fl!(words, "cli-report-written", file = file);
    context.streams.tell_line(&said);
    Ok(())
}
