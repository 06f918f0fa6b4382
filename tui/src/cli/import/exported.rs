//! What `readings export` wrote, on its way back: the file names its meters itself, and goes as it is.

use ecotrack_common::ErrorCode;
use ecotrack_common::import::ImportReport;

use super::{FILE_NAME_CHARS, Import, Opened, located, refused, summary};
use crate::cli::context::Context;
use crate::cli::{Failure, Result};
use crate::client::{Error, ImportFile, Rows, new_key};
use crate::import::rows;

pub(super) async fn import(
    context: &Context,
    import: &Import,
    exports: Vec<Opened>,
) -> Result<Vec<ImportReport>> {
    let locale = &context.locale;
    let mut reports = Vec::new();
    if exports.is_empty() {
        return Ok(reports);
    }
    if !import.meter.is_empty() || import.new_meter.is_some() {
        return Err(Failure::Usage(locale.text("cli-export-names-meters")));
    }
    let home = context.at_home().await?;
    for opened in exports {
        let file = ImportFile {
            name: opened.name.chars().take(FILE_NAME_CHARS).collect(),
            meter: None,
            on_conflict: import.on_conflict,
            accept_findings: import.accept_findings,
            dry_run: import.dry_run,
            make_meters: import.make_meters,
        };
        let rows = Rows::pieces(rows::whole(opened.source, |_| {}));
        let answer = home.client.import(home.id(), file, rows, new_key()).await;
        let report = match answer {
            Ok(report) => report,
            Err(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
                return Err(Failure::Said(refused(
                    &problem,
                    &opened.shown,
                    locale,
                    &home.zone(),
                )));
            }
            Err(error) => return Err(error.into()),
        };
        if !context.json {
            let zone = home.zone();
            for finding in &report.findings {
                let said = located(&opened.shown, finding, locale, &zone);
                context.streams.tell_line(&said);
            }
            let told = report.meters.iter();
            let told = told.map(|told| summary(told, import.dry_run, locale, &zone));
            context.streams.print(&told.collect::<String>())?;
        }
        reports.push(report);
    }
    Ok(reports)
}
