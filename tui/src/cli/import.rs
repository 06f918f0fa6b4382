//! `readings import`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ecotrack_common::import::{Finding, MeterImport, OnConflict};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::write::Written;
use ecotrack_common::{ErrorCode, FieldError, MeterId, Problem, path};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;

use super::context::{AtHome, Context, pick_meter};
use super::{Failure, Result, many, meters};
use crate::client::{Error, ImportFile, new_key};

/// Longest file name that the server takes, in characters.
const FILE_NAME_CHARS: usize = 255;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// A file of `timestamp,kwh`: the start of each step in ISO 8601 with an offset; - reads standard
    /// input
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Meter, by name; the only one of steps when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
    /// Make a meter of steps of this name for the file, unless the home has it
    #[arg(long, value_name = "NAME", conflicts_with = "meter")]
    new_meter: Option<String>,
    /// The new meter tells of the same connection as this one: a day counts once, from whichever
    /// knows more of it
    #[arg(
        long,
        value_name = "METER",
        requires = "new_meter",
        conflicts_with = "separate"
    )]
    same_as: Option<String>,
    /// The new meter is of a second connection: it is added to what the home uses
    #[arg(long, requires = "new_meter")]
    separate: bool,
    /// Where the file meets other values that are stored: skip keeps those, replace takes the file's
    #[arg(long, value_name = "WHAT", default_value_t = OnConflict::Skip)]
    on_conflict: OnConflict,
    /// Say what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn import(context: &Context, import: Import) -> Result<()> {
    let locale = &context.locale;
    let (shown, bytes) = many::bytes(context, &import.path).await?;
    let home = context.at_home().await?;
    let meters = home.client.meters(home.id()).await?;
    let meter = match &import.new_meter {
        Some(name) => find_or_make(context, &home, meters, name, &import).await?,
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
    let bar = Arc::new(progress(context, file.bytes.len(), &name));
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
        return context.streams.print_json(&report);
    }
    for finding in &report.findings {
        context.streams.tell_line(&located(&shown, finding, locale));
    }
    let zone = home.zone();
    let told = report.meters.iter();
    let told = told.map(|told| summary(told, &meter.name, import.dry_run, locale, &zone));
    context.streams.print(&told.collect::<String>())
}

/// The meter of this name; one of the grid's import is made where there is none.
async fn find_or_make(
    context: &Context,
    home: &AtHome,
    all: Vec<Meter>,
    name: &str,
    import: &Import,
) -> Result<Meter> {
    if let Some(known) = all.iter().find(|meter| meter.name == name) {
        return Ok(known.clone());
    }
    let connections = all
        .iter()
        .filter(|meter| meter.channel == Channel::GridImport);
    let connections: Vec<Meter> = connections.cloned().collect();
    let same_as: Option<MeterId> = match &import.same_as {
        Some(other) => Some(meters::find(context, home, connections, other)?.meter_id),
        None if import.separate || connections.is_empty() => None,
        None => return Err(Failure::Usage(undecided(&connections, &context.locale))),
    };
    let new = NewMeter {
        same_as,
        ..NewMeter::new(name, Channel::GridImport, ReadingKind::Step)
    };
    new.check().map_err(|mut errors| {
        for error in &mut errors.0 {
            "new_meter".clone_into(&mut error.field);
        }
        errors
    })?;
    let written: Written<Meter> = home.add(path::METERS, &new).await?;
    let made = written.row.ok_or_else(|| {
        Error::Unreadable("a meter was made, but it did not come along".to_owned())
    })?;
    Ok(made)
}

/// Nobody but its people knows whether a file tells of the connection that a home has already.
pub(super) fn undecided(connections: &[Meter], locale: &Locale) -> String {
    let names: Vec<&str> = connections
        .iter()
        .map(|meter| meter.name.as_str())
        .collect();
    let names = names.join(", ");
    fl!(locale.loader(), "cli-same-or-separate", names = names)
}

/// A bar on standard error where somebody watches, else nothing.
fn progress(context: &Context, bytes: usize, name: &str) -> ProgressBar {
    let target = if context.streams.is_watched() {
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

pub(super) fn located(path: &str, finding: &Finding, locale: &Locale) -> String {
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
    report: &MeterImport,
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
        minutes = report.step_minutes.unwrap_or(0).to_string(),
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
    lines.push(if report.added == 0 && report.conflicting == 0 {
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
