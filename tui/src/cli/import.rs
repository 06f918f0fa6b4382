//! `readings import`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ecotrack_common::import::{Finding, ImportReport, OnConflict};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::{ErrorCode, FieldError, MeterId, Problem};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;

use super::context::{AtHome, Context, pick_meter};
use super::{Failure, Result, output};
use crate::client::{Error, ImportFile, new_key};

/// Longest file name that the server takes, in characters.
const FILE_NAME_CHARS: usize = 255;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// A file of `timestamp,kwh`: the start of each step in ISO 8601 with an offset
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Meter, by name; the only one of steps when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    /// Make a meter of steps of this name for the file, unless the home has it
    #[arg(long, value_name = "NAME", conflicts_with = "meter")]
    new_meter: Option<String>,
    /// Where the file meets other values that are stored: skip keeps those, replace takes the file's
    #[arg(long, value_name = "WHAT", default_value_t = OnConflict::Skip)]
    on_conflict: OnConflict,
    /// Say what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn import(context: &Context, import: Import) -> Result<()> {
    let locale = &context.locale;
    let shown = import.path.display().to_string();
    let bytes = tokio::fs::read(&import.path).await.map_err(|error| {
        let reason = error.to_string();
        Failure::Said(fl!(
            locale.loader(),
            "cli-file-unreadable",
            path = shown.as_str(),
            reason = reason
        ))
    })?;
    let home = context.at_home().await?;
    let meters = home.client.meters(home.id()).await?;
    let meter = match import.new_meter {
        Some(name) => find_or_make(&home, meters, name).await?,
        None => pick_meter(meters, import.meter.as_deref(), ReadingKind::Step, locale)?,
    };
    let name = import
        .path
        .file_name()
        .map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let file = ImportFile {
        name: name.chars().take(FILE_NAME_CHARS).collect(),
        bytes,
        on_conflict: import.on_conflict,
        dry_run: import.dry_run,
    };
    let bar = Arc::new(progress(file.bytes.len(), &name));
    let (moved, length) = (bar.clone(), file.bytes.len());
    let checking = fl!(locale.loader(), "cli-import-checking");
    let sent = move |bytes: usize| {
        moved.set_position(bytes as u64);
        if bytes == length {
            moved.set_message(checking.clone());
        }
    };
    let answer = home
        .client
        .import(home.id(), meter.meter_id, file, new_key(), sent)
        .await;
    bar.finish_and_clear();
    let report = match answer {
        Ok(report) => report,
        Err(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
            return Err(Failure::Said(refused(&problem, &shown, locale)));
        }
        Err(error) => return Err(error.into()),
    };
    if context.json {
        return output::print_json(&report);
    }
    for finding in &report.findings {
        eprintln!("{}", located(&shown, finding, locale));
    }
    output::print(&summary(
        &report,
        &meter.name,
        import.dry_run,
        locale,
        &home.zone(),
    ))
}

/// The meter of this name; one of the grid's import is made where there is none. Where the home has
/// one connection already, the file tells of that one, and its days are not to count twice.
async fn find_or_make(home: &AtHome, meters: Vec<Meter>, name: String) -> Result<Meter> {
    if let Some(known) = meters.iter().find(|meter| meter.name == name) {
        return Ok(known.clone());
    }
    let new = NewMeter {
        same_as: only_connection(&meters),
        ..NewMeter::new(name, Channel::GridImport, ReadingKind::Step)
    };
    let written = home.client.create_meter(home.id(), &new, new_key()).await?;
    let made = written.row.ok_or_else(|| {
        Error::Unreadable("a meter was made, but it did not come along".to_owned())
    })?;
    Ok(made)
}

/// The meter that stands for the home's connection to the grid, if there is just one.
fn only_connection(meters: &[Meter]) -> Option<MeterId> {
    let mut connections = meters
        .iter()
        .filter(|meter| meter.channel == Channel::GridImport && meter.same_as.is_none());
    let first = connections.next()?;
    connections.next().is_none().then_some(first.meter_id)
}

/// A bar on standard error where somebody watches, else nothing.
fn progress(bytes: usize, name: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(bytes as u64), target);
    let style = ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {bytes}/{total_bytes}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("█▌ "));
    bar.set_message(name.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

/// Every error of the file as `FILE:LINE: sentence`, then that nothing was stored.
pub(super) fn refused(problem: &Problem, path: &str, locale: &Locale) -> String {
    let mut lines: Vec<String> = problem
        .errors
        .0
        .iter()
        .map(|error| located(path, &finding(error), locale))
        .collect();
    lines.push(fl!(
        locale.loader(),
        "cli-import-refused",
        count = problem.errors.0.len()
    ));
    lines.join("\n")
}

/// The server sends findings as errors of the field `file`, with their line among the params.
fn finding(error: &FieldError) -> Finding {
    let line = error
        .params
        .get("line")
        .and_then(|line| line.parse().ok())
        .unwrap_or(0);
    Finding {
        line,
        code: error.code.clone(),
        params: error.params.clone(),
    }
}

fn located(path: &str, finding: &Finding, locale: &Locale) -> String {
    // The line stands before the sentence already, where editors look for it.
    let sentence = locale.import_finding(&Finding {
        line: 0,
        ..finding.clone()
    });
    if finding.line == 0 {
        format!("{path}: {sentence}")
    } else {
        format!("{path}:{}: {sentence}", finding.line)
    }
}

pub(super) fn summary(
    report: &ImportReport,
    meter: &str,
    dry_run: bool,
    locale: &Locale,
    zone: &TimeZone,
) -> String {
    let words = locale.loader();
    let count = |count: i64| locale.number(count.into(), 0);
    let mut lines = vec![fl!(
        words,
        "cli-import-read",
        rows = count(report.rows),
        minutes = report.step_minutes.to_string(),
        kwh = locale.kwh(report.total_kwh)
    )];
    if let (Some(first), Some(until)) = (report.first, report.until) {
        let (first, until) = (locale.date_time(first, zone), locale.date_time(until, zone));
        lines.push(fl!(words, "cli-import-span", first = first, until = until));
    }
    if report.missing_steps > 0 {
        lines.push(fl!(
            words,
            "cli-import-missing",
            count = count(report.missing_steps)
        ));
    }
    let changed = report.added > 0 || (!dry_run && report.operation_id.is_some());
    lines.push(if !changed && report.conflicting == 0 {
        fl!(words, "cli-import-nothing-new", meter = meter)
    } else {
        let (added, same, other) = (
            count(report.added),
            count(report.unchanged),
            count(report.conflicting),
        );
        if dry_run {
            fl!(
                words,
                "cli-import-would",
                added = added,
                same = same,
                other = other,
                meter = meter
            )
        } else {
            fl!(
                words,
                "cli-import-did",
                added = added,
                same = same,
                other = other,
                meter = meter
            )
        }
    });
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn meter(number: u128, channel: Channel, same_as: Option<MeterId>) -> Meter {
        Meter {
            meter_id: MeterId(Uuid::from_u128(number)),
            name: number.to_string(),
            channel,
            reading_kind: ReadingKind::Register,
            register_digits: None,
            profile_device_id: None,
            same_as,
            version: 1,
        }
    }

    #[test]
    fn a_new_meter_is_the_same_as_the_only_connection() {
        let main = meter(1, Channel::GridImport, None);
        let twin = meter(2, Channel::GridImport, Some(main.meter_id));
        let roof = meter(3, Channel::SolarProduction, None);
        let second = meter(4, Channel::GridImport, None);
        assert_eq!(only_connection(std::slice::from_ref(&roof)), None);
        let one = [roof.clone(), main.clone(), twin];
        assert_eq!(only_connection(&one), Some(main.meter_id));
        assert_eq!(only_connection(&[main, second]), None, "of two, which?");
    }
}
