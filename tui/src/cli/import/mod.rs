//! `readings import`: a file of any layout is looked at here, told, and sent as rows of the home's meters.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use ecotrack_common::import::delimited::{Dates, Decimals, Mapping, Negative, Said};
use ecotrack_common::import::file::{Looked, Request, look};
use ecotrack_common::import::own_rows::named;
use ecotrack_common::import::unit::Unit;
use ecotrack_common::import::{Finding, ImportReport, MeterImport, OnConflict, Weight};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::meter::{Channel, Meter};
use ecotrack_common::{ErrorCode, Problem};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::context::{AtHome, Context};
use super::{Failure, Result};
use crate::client::{Error, ImportFile, Rows, new_key};
use crate::import::rows::{self, Source};
use crate::import::words;

mod exported;
mod meters;
mod phases;
mod preview;

/// Longest file name that the server takes, in characters.
const FILE_NAME_CHARS: usize = 255;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command are given or not"
)]
pub(super) struct Import {
    /// Files of any layout that is known, or that a mapping says, or what `readings export` wrote; - reads
    /// standard input
    #[arg(value_name = "FILE", required = true)]
    paths: Vec<PathBuf>,
    /// What the files are, by name; found out when left out (`ecotrack import-presets` lists them)
    #[arg(long, value_name = "PRESET", conflicts_with = "mapping")]
    preset: Option<String>,
    /// How the columns are to be read: a file as `ecotrack import-presets NAME` prints one
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Meter, by name; of a file with several channels CHANNEL=NAME, once for each. The only fitting ones
    /// when left out
    #[arg(long, value_name = "NAME")]
    meter: Vec<String>,
    /// Make a meter of this name for the file, unless the home has it
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
    /// Time zone of stamps without an offset, such as `America/Sao_Paulo`; the home's when left out
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// What the values are, where the file does not say it
    #[arg(long, value_name = "CHANNEL", value_parser = super::words::words(Channel::ALL, Channel::as_str))]
    channel: Option<Channel>,
    /// Their unit, where the file does not say it: kWh, Wh, W, kW
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    unit: Option<String>,
    /// Which comes first in dates such as 01/02/2026
    #[arg(long, value_name = "ORDER")]
    dates: Option<DatesTyped>,
    /// The decimal mark
    #[arg(long, value_name = "MARK")]
    decimal: Option<DecimalTyped>,
    /// What values below zero are: energy given to the grid, or errors to leave out
    #[arg(long, value_name = "WHAT")]
    negative: Option<NegativeTyped>,
    /// Add the files up: each is of one phase of the same connection. Those of a Shelly 3EM say it themselves
    #[arg(long)]
    phases: bool,
    /// Leave out the rows that are in doubt, and take the rest
    #[arg(long)]
    accept_findings: bool,
    /// Where the file meets other values that are stored: skip keeps those, replace takes the file's
    #[arg(long, value_name = "WHAT", default_value_t = OnConflict::Skip)]
    on_conflict: OnConflict,
    /// Make the meters that an export tells of and that the home does not have
    #[arg(long, conflicts_with_all = ["meter", "new_meter"])]
    make_meters: bool,
    /// Say what the file holds, and store nothing; needs no server, but for what `readings export` wrote.
    /// The status is 1, with --json too, where the import would refuse the file or has doubts about rows
    #[arg(long)]
    dry_run: bool,
}

fn unit(text: &str) -> std::result::Result<String, String> {
    match Unit::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("it is no unit of energy or power, such as kWh, Wh, W or kW".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DatesTyped {
    DayFirst,
    MonthFirst,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DecimalTyped {
    Comma,
    Point,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NegativeTyped {
    Export,
    Error,
}

/// A file that was looked at.
struct Seen {
    shown: String,
    name: String,
    source: Box<dyn Source>,
    looked: Looked,
}

pub(super) async fn import(context: &Context, import: Import) -> Result<()> {
    let said = said(context, &import).await?;
    // Its clock is that of stamps whose file says none. What is only told needs no server.
    match context.at_home().await {
        Err(failure) if !import.dry_run => return Err(failure),
        _ => {}
    }
    let (mut all, mut exports) = (Vec::new(), Vec::new());
    for path in &import.paths {
        let opened = open(context, path)?;
        if opened.is_export {
            exports.push(opened);
        } else {
            all.push(see(context, &import, &said, opened).await?);
        }
    }
    let all = if all.is_empty() {
        all
    } else {
        phases::added(context, import.phases, all).await?
    };
    // Nothing is stored before all that stands against it is told.
    if !import.dry_run {
        for seen in &all {
            if let Some(why) = objection(seen, import.accept_findings, &context.locale) {
                return Err(Failure::Said(why));
            }
        }
    }
    let mut reports = exported::import(context, &import, exports).await?;
    if import.dry_run {
        return told(context, &all, &reports, import.accept_findings);
    }
    if all.is_empty() {
        return printed(context, &import, &reports);
    }
    let home = context.at_home().await?;
    let several = import.paths.len() > 1;
    for seen in all {
        if several && !context.json {
            context.streams.print_line(&format!("{}:", seen.shown))?;
        }
        match store(context, &home, &import, seen).await {
            Ok(report) => reports.push(report),
            Err(failure) => {
                // Those before it are stored; a script has to know.
                if !reports.is_empty() {
                    printed(context, &import, &reports)?;
                }
                return Err(failure);
            }
        }
    }
    printed(context, &import, &reports)
}

/// Sends one file, and says what became of it.
async fn store(
    context: &Context,
    home: &AtHome,
    import: &Import,
    seen: Seen,
) -> Result<ImportReport> {
    let locale = &context.locale;
    let meters = meters::of(context, home, import, &seen.looked).await?;
    let file = ImportFile {
        name: seen.name.chars().take(FILE_NAME_CHARS).collect(),
        meter: None,
        on_conflict: import.on_conflict,
        accept_findings: import.accept_findings,
        dry_run: false,
        make_meters: false,
    };
    let rows: u64 = seen
        .looked
        .summary
        .channels
        .values()
        .map(|channel| channel.intervals)
        .sum();
    let bar = Arc::new(progress(context, rows, &seen.name));
    let (moved, checking) = (bar.clone(), fl!(locale.loader(), "cli-import-checking"));
    let sent = move |sent: u64| {
        moved.set_position(sent);
        if sent >= rows {
            moved.set_message(checking.clone());
        }
    };
    let of_file = words::zone(&seen.looked);
    notes(context, &seen.shown, &seen.looked.findings, &of_file)?;
    let looked = Arc::new(seen.looked);
    let rows = Rows::pieces(rows::rows(seen.source, looked, meters, sent));
    let answer = home.client.import(home.id(), file, rows, new_key()).await;
    bar.finish_and_clear();
    let report: ImportReport = match answer {
        Ok(report) => report,
        Err(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
            return Err(Failure::Said(refused(
                &problem,
                &seen.shown,
                locale,
                &home.zone(),
            )));
        }
        Err(error) => return Err(error.into()),
    };
    if !context.json {
        let zone = home.zone();
        notes(context, &seen.shown, &report.findings, &zone)?;
        let all = report.meters.iter();
        let told = all.map(|told| summary(told, false, locale, &zone));
        context.streams.print(&told.collect::<String>())?;
        if let Some(told) = &report.bills {
            context
                .streams
                .print_line(&words::bills(told, false, locale))?;
        }
    }
    Ok(report)
}

fn printed(context: &Context, import: &Import, reports: &[ImportReport]) -> Result<()> {
    match (context.json, reports) {
        (true, [report]) if import.paths.len() == 1 => context.streams.print_json(report),
        (true, reports) => context.streams.print_json(&reports),
        (false, _) => Ok(()),
    }
}

/// What is told of a file that is not stored.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'r> {
    File(preview::File),
    Export(&'r ImportReport),
}

/// What the files hold, and what the server would do with exports, nothing of which is stored.
fn told(context: &Context, all: &[Seen], exports: &[ImportReport], accepted: bool) -> Result<()> {
    let locale = &context.locale;
    if context.json {
        let files = all
            .iter()
            .map(|seen| Told::File(preview::file(&seen.looked, locale)));
        let exports = exports.iter().map(Told::Export);
        let told: Vec<Told> = files.chain(exports).collect();
        match &told[..] {
            [one] => context.streams.print_json(one)?,
            all => context.streams.print_json(&all)?,
        }
        // All that was found is in it; the status is that of the import itself.
        let against = all.iter().filter_map(|seen| {
            let why = locale.text(stands_against(seen, accepted)?);
            Some(format!("{}: {why}", seen.shown))
        });
        return refusing(&against.collect::<Vec<_>>());
    }
    let currency = context.home().map_or("", |home| &home.currency);
    let mut objections = Vec::new();
    for seen in all {
        let summary = &seen.looked.summary;
        if !summary.channels.is_empty() || !summary.bills.is_empty() {
            let text = preview::text(&seen.shown, &seen.looked, currency, locale);
            context.streams.print(&text)?;
        }
        if let Some(why) = objection(seen, accepted, locale) {
            objections.push(why);
        } else {
            let zone = words::zone(&seen.looked);
            notes(context, &seen.shown, &seen.looked.findings, &zone)?;
        }
    }
    refusing(&objections)
}

fn refusing(objections: &[String]) -> Result<()> {
    if objections.is_empty() {
        return Ok(());
    }
    Err(Failure::Said(objections.join("\n")))
}

/// What is worth knowing of a file that is taken; scripts have it from `--dry-run --json`.
fn notes(context: &Context, shown: &str, findings: &[Finding], zone: &TimeZone) -> Result<()> {
    if context.json {
        return Ok(());
    }
    findings.iter().try_for_each(|finding| {
        let line = located(shown, finding, &context.locale, zone);
        context.streams.print_line(&line)
    })
}

/// Why a file cannot be taken, or not before somebody says yes to it.
fn stands_against(seen: &Seen, accepted: bool) -> Option<&'static str> {
    match seen.looked.weight {
        Some(Weight::Refusal) => Some("cli-import-not-taken"),
        Some(Weight::Doubt) if !accepted => Some("cli-import-in-doubt"),
        _ => None,
    }
}

/// A file that cannot be taken, or that somebody has to say yes to: all that was found, and what to do.
fn objection(seen: &Seen, accepted: bool, locale: &Locale) -> Option<String> {
    let id = stands_against(seen, accepted)?;
    let zone = words::zone(&seen.looked);
    let found = seen.looked.findings.iter();
    let mut lines: Vec<String> = found
        .map(|finding| located(&seen.shown, finding, locale, &zone))
        .collect();
    lines.push(locale.text(id));
    Some(lines.join("\n"))
}

async fn said(context: &Context, import: &Import) -> Result<Said> {
    let mapping = match &import.mapping {
        None => None,
        Some(path) => {
            let (shown, bytes) = super::many::bytes(context, path).await?;
            let text = String::from_utf8_lossy(&bytes);
            let read = Mapping::from_json(&text);
            Some(read.map_err(|error| {
                let why = context.locale.document_error(&error.path, &error.detail);
                let words = context.locale.loader();
                Failure::Said(fl!(words, "import-wrong-mapping", path = shown, why = why))
            })?)
        }
    };
    Ok(Said {
        mapping,
        preset: import.preset.clone(),
        channel: import.channel.map(|channel| channel.as_str().to_owned()),
        unit: import.unit.clone(),
        dates: import.dates.map(|dates| match dates {
            DatesTyped::DayFirst => Dates::DayFirst,
            DatesTyped::MonthFirst => Dates::MonthFirst,
        }),
        decimal: import.decimal.map(|decimal| match decimal {
            DecimalTyped::Comma => Decimals::Comma,
            DecimalTyped::Point => Decimals::Point,
        }),
        negative: import.negative.map(|negative| match negative {
            NegativeTyped::Export => Negative::Export,
            NegativeTyped::Error => Negative::Error,
        }),
    })
}

/// A file that was opened.
struct Opened {
    path: PathBuf,
    shown: String,
    name: String,
    source: Box<dyn Source>,
    /// It begins as an export of readings does.
    is_export: bool,
}

fn open(context: &Context, path: &Path) -> Result<Opened> {
    let shown = path.display().to_string();
    let name = path
        .file_name()
        .map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let mut source: Box<dyn Source> = if path == Path::new("-") {
        Box::new(Cursor::new(context.streams.read_all()?))
    } else {
        source_of(path).map_err(|error| Failure::unreadable(path, &error, &context.locale))?
    };
    let mut first = [0; 64];
    let peeked = fill(&mut source, &mut first).and_then(|count| {
        source.rewind()?;
        Ok(count)
    });
    let count = peeked.map_err(|error| Failure::unreadable(path, &error, &context.locale))?;
    Ok(Opened {
        path: path.to_owned(),
        shown,
        name,
        source,
        is_export: named::is_export(&first[..count]),
    })
}

/// A file is read twice, which what comes through a pipe cannot be: `readings import <(unzip -p …)`.
fn source_of(path: &Path) -> std::io::Result<Box<dyn Source>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    if about.is_file() {
        return Ok(Box::new(file));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Box::new(Cursor::new(bytes)))
}

/// Reads as much as there is room for.
fn fill(source: &mut impl Read, into: &mut [u8]) -> std::io::Result<usize> {
    let mut count = 0;
    while count < into.len() {
        match source.read(&mut into[count..])? {
            0 => break,
            read => count += read,
        }
    }
    Ok(count)
}

/// Looks at one file.
async fn see(context: &Context, import: &Import, said: &Said, opened: Opened) -> Result<Seen> {
    let Opened {
        path,
        shown,
        name,
        mut source,
        ..
    } = opened;
    let home_zone = context.home().map(|home| home.time_zone.clone());
    let (timezone, said, of_file) = (import.timezone.clone(), said.clone(), name.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let request = Request {
            name: &of_file,
            time_zone: timezone.as_deref(),
            home_zone: home_zone.as_deref(),
            said,
            spans: &[],
        };
        look(&mut source, &request).map(|looked| (source, looked))
    });
    let looked = looked
        .await
        .map_err(std::io::Error::other)
        .and_then(|looked| looked);
    let (source, looked) =
        looked.map_err(|error| Failure::unreadable(&path, &error, &context.locale))?;
    Ok(Seen {
        shown,
        name,
        source,
        looked,
    })
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
fn progress(context: &Context, rows: u64, name: &str) -> ProgressBar {
    let target = if context.streams.is_watched() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(rows), target);
    let style = ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {pos}/{len}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("█▌ "));
    bar.set_message(name.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

/// Every error of the file as `FILE:LINE: sentence`, then that nothing was stored.
pub(super) fn refused(problem: &Problem, path: &str, locale: &Locale, zone: &TimeZone) -> String {
    let found = words::findings_of(problem);
    let mut lines: Vec<String> = found
        .iter()
        .map(|finding| located(path, finding, locale, zone))
        .collect();
    lines.push(fl!(
        locale.loader(),
        "cli-import-refused",
        count = problem.errors.0.len()
    ));
    lines.join("\n")
}

pub(super) fn located(path: &str, finding: &Finding, locale: &Locale, zone: &TimeZone) -> String {
    // The line stands before the sentence already, where editors look for it.
    let unplaced = Finding {
        line: 0,
        ..finding.clone()
    };
    let sentence = locale.import_finding_in(&unplaced, zone);
    if finding.line == 0 {
        format!("{path}: {sentence}")
    } else {
        format!("{path}:{}: {sentence}", finding.line)
    }
}

/// What became of the rows of a meter, line by line.
pub(super) fn summary(
    report: &MeterImport,
    dry_run: bool,
    locale: &Locale,
    zone: &TimeZone,
) -> String {
    let lines = words::summary(report, &report.name, dry_run, locale, zone);
    lines.join("\n") + "\n"
}
