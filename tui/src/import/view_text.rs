//! The lines of the import: what a file holds, what is found in it, what would become of it and what did.

use ecotrack_common::import::delimited::{Dates, Decimals, Table, TimeColumns};
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::series::StampIs;
use ecotrack_common::import::{Finding, OnConflict, Weight};
use ecotrack_common::meter::Channel;
use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::view::wrong_lines;
use super::view_values::{bills, months, rows, told_bills};
use super::{Trial, Way, all_meters, is_large, meters, words as said};
use crate::app::{App, Context};
use crate::message::Fault;
use crate::widgets::{bar, words};

pub(super) type Lines = Vec<Line<'static>>;

/// Cells of the bar of progress.
const BAR: usize = 30;

/// Whether a file is shown as it would be imported.
pub(super) fn is_preview(app: &App) -> bool {
    let state = &app.import;
    state.seen.is_some() && state.outcome.is_none() && state.looking.is_none()
}

/// What stands on the frame.
pub(super) fn title(app: &App, cx: &Context) -> String {
    let seen = app.import.seen.as_ref();
    let name = seen.map_or(app.import.look.path.as_str(), |seen| seen.name.as_str());
    t!(cx, "import-title", file = name)
}

/// How large the file is.
pub(super) fn size(app: &App, cx: &Context) -> String {
    let seen = app.import.seen.as_ref();
    seen.map_or_else(String::new, |seen| bytes(seen.size(), cx))
}

fn bytes(bytes: u64, cx: &Context) -> String {
    if bytes < 1_000 {
        format!("{bytes} B")
    } else if bytes < 1_000_000 {
        let kilo = Decimal::from(bytes) / Decimal::from(1_000);
        format!("{} kB", cx.locale.number(kilo, 1))
    } else {
        let mega = Decimal::from(bytes) / Decimal::from(1_000_000);
        format!("{} MB", cx.locale.number(mega, 1))
    }
}

/// Everything, one below the other.
pub(super) fn all(app: &App, width: usize, cx: &Context) -> Lines {
    let state = &app.import;
    if state.looking.is_some() {
        return looking(app, width, cx);
    }
    if state.outcome.is_some() {
        return outcome(app, width, cx);
    }
    let mut lines = head(app, width, cx);
    lines.extend(server(app, width, cx));
    let (holds, found) = (holds(app, width, cx), findings(app, width, cx));
    // What stands in the way is read before what the file holds; what is only worth knowing, after it.
    let in_the_way = app.import.weight().is_some_and(|it| it > Weight::Note);
    let [first, second] = if in_the_way {
        [found, holds]
    } else {
        [holds, found]
    };
    lines.extend(first);
    lines.extend(second);
    lines
}

/// What the file is, and where its channels go.
fn head(app: &App, width: usize, cx: &Context) -> Lines {
    let mut lines = state(app, width, cx);
    lines.extend(recognised(app, width, cx));
    lines.extend(channels(app, width, cx));
    lines
}

/// First rows, bills and months.
fn holds(app: &App, width: usize, cx: &Context) -> Lines {
    let mut lines = rows(app, cx);
    lines.extend(told_bills(app, width, cx));
    lines.extend(bills(app, width, cx));
    lines.extend(months(app, width, cx));
    lines
}

/// What the file holds, and what was found in it.
pub(super) fn parts(app: &App, [own, found]: [usize; 2], cx: &Context) -> [Lines; 2] {
    let mut left = head(app, own, cx);
    left.extend(holds(app, own, cx));
    let mut right = server(app, found, cx);
    right.extend(findings(app, found, cx));
    [left, right]
}

fn wrapped(text: &str, width: usize, style: Style) -> Lines {
    words::wrap(text, width)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// With later lines indented.
pub(super) fn hanging(mark: &str, text: &str, width: usize, style: Style) -> Lines {
    let indent = words::width(mark);
    let lines = words::wrap(text, width.saturating_sub(indent));
    lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            let start = if at == 0 {
                mark.to_owned()
            } else {
                " ".repeat(indent)
            };
            Line::styled(format!("{start}{line}"), style)
        })
        .collect()
}

pub(super) fn heading(id: &str, cx: &Context) -> Lines {
    vec![
        Line::default(),
        Line::styled(cx.locale.text(id), cx.theme.accent),
    ]
}

/// How far the look is.
pub(super) fn looking(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(way) = app.import.looking else {
        return Vec::new();
    };
    let look = &app.import.look;
    let file = look.phases.last().unwrap_or(&look.path).as_str();
    let mut lines = wrapped(&t!(cx, "import-looking", file = file), width, Style::new());
    if way.all > 0 {
        let (done, all) = (bytes(way.done, cx), bytes(way.all, cx));
        lines.push(progress(
            way,
            &t!(cx, "import-looked-at", done = done, all = all),
        ));
    }
    lines
}

fn progress(way: Way, text: &str) -> Line<'static> {
    Line::raw(format!("{} {text}", bar::gauge(way.share(), BAR)))
}

/// What it was taken for, and why.
fn recognised(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(seen) = &app.import.seen else {
        return Vec::new();
    };
    let Some(looked) = &seen.looked else {
        return wrapped(&cx.locale.text("import-is-export"), width, Style::new());
    };
    if looked.preset.is_empty() {
        return not_recognised(looked, width, cx);
    }
    let mut lines = wrapped(
        &said::recognised(&seen.name, looked, &cx.locale),
        width,
        Style::new(),
    );
    if let Some(why) = said::why(looked, &cx.locale) {
        lines.extend(wrapped(&why, width, cx.theme.dim));
    }
    if let Some(table) = &looked.table {
        lines.extend(wrapped(&how(table, cx), width, cx.theme.dim));
        lines.extend(wrapped(&columns(looked, table, cx), width, cx.theme.dim));
    }
    lines
}

/// A file that could not be read: how it begins. Where the reason is another than that nothing recognises it,
/// that stands among the findings.
fn not_recognised(looked: &Looked, width: usize, cx: &Context) -> Lines {
    let unknown = looked.findings.iter().any(|it| it.code == "unrecognised");
    let mut lines = if unknown {
        let text = cx.locale.text("import-not-recognised");
        wrapped(&text, width, Style::new())
    } else {
        Lines::new()
    };
    let raw = looked.raw.as_ref().filter(|raw| !raw.rows.is_empty());
    if let Some(raw) = raw {
        lines.extend(heading("import-begins", cx));
        let headers = std::iter::once(&raw.headers).filter(|headers| !headers.is_empty());
        for row in headers.chain(&raw.rows) {
            let text = words::cut(&row.join(" | "), width.saturating_sub(2));
            lines.push(Line::styled(format!("  {text}"), cx.theme.dim));
        }
    }
    lines
}

/// How numbers, dates and stamps are read.
fn how(table: &Table, cx: &Context) -> String {
    let mut parts = Vec::new();
    if let Some(mark) = table.decimal() {
        parts.push(cx.locale.text(match mark {
            Decimals::Point => "import-how-point",
            Decimals::Comma => "import-how-comma",
        }));
    }
    let (dates, assumed) = table.dates();
    let order = cx.locale.text(match dates {
        Dates::DayFirst => "import-how-day-first",
        Dates::MonthFirst => "import-how-month-first",
    });
    parts.push(if assumed {
        format!("{order} ({})", cx.locale.text("import-assumed"))
    } else {
        order
    });
    let rows = table.skip_rows();
    if rows > 0 {
        parts.push(t!(cx, "import-how-header", rows = rows));
    }
    let one_stamp = !matches!(
        table.mapping.time,
        TimeColumns::Span { .. } | TimeColumns::DateAndClocks { .. }
    );
    if one_stamp {
        parts.push(cx.locale.text(match table.mapping.stamp_is {
            StampIs::Start => "import-how-start",
            StampIs::End => "import-how-end",
        }));
    }
    parts.join(" · ")
}

/// Which column is which.
fn columns(looked: &Looked, table: &Table, cx: &Context) -> String {
    let time: Vec<&str> = match &table.mapping.time {
        TimeColumns::At { column, .. } | TimeColumns::BillDate { column } => vec![column],
        TimeColumns::DateAndClock { date, clock } => vec![date, clock],
        TimeColumns::Span { start, end, .. } => vec![start, end],
        TimeColumns::DateAndClocks {
            date, start, end, ..
        } => vec![date, start, end],
        TimeColumns::DateAndHour { date, hour, .. } => vec![date, hour],
        TimeColumns::YearAndMonth { year, month } => vec![year, month],
    };
    let called = |column: &str| {
        let at = column
            .strip_prefix('#')
            .and_then(|at| at.parse::<usize>().ok());
        let header = at
            .and_then(|at| table.columns.get(at.checked_sub(1)?))
            .map(|column| column.header.as_str())
            .filter(|header| !header.is_empty());
        header.unwrap_or(said::spelled(column)).to_owned()
    };
    let time: Vec<String> = time.into_iter().map(called).collect();
    let is_there = |name: &str| {
        looked
            .raw
            .as_ref()
            .is_some_and(|raw| raw.column(name).is_some())
    };
    let values = table.mapping.values.iter();
    let values = values.filter(|value| !value.optional || is_there(&value.column));
    let values: Vec<String> = values
        .map(|value| {
            let unit = value.unit.as_ref().map(|unit| format!(" ({unit})"));
            let name = called(&value.column);
            // Most headers say it already.
            let unit = unit.filter(|unit| !name.ends_with(unit.trim_start()));
            format!("{} = {name}{}", value.channel, unit.unwrap_or_default())
        })
        .collect();
    let (time, values) = (time.join(", "), values.join(", "));
    t!(cx, "import-columns", time = time, values = values)
}

/// The channels and the meters that they go to.
fn channels(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(looked) = app.import.looked() else {
        return Vec::new();
    };
    let zone = said::zone(looked);
    let all = all_meters(app);
    let mut lines = Vec::new();
    let mut at = 0;
    for (name, channel) in meters::in_order(looked) {
        lines.push(Line::default());
        let text = said::heading(&called(name, cx), channel, &cx.locale, &zone);
        if !meters::is_electric(name, channel) {
            lines.extend(hanging("  ", &text, width, Style::new()));
            let not = cx.locale.text("import-no-electricity");
            lines.extend(hanging("    ", &not, width, cx.theme.dim));
            continue;
        }
        let selected = at == app.import.selected;
        at += 1;
        let mark = if selected { "▸ " } else { "  " };
        lines.extend(hanging(mark, &text, width, Style::new()));
        let chosen = app.import.meters.get(name).copied().flatten();
        let meter = chosen.and_then(|id| all.iter().find(|meter| meter.meter_id == id));
        let (goes, style) = match meter {
            Some(meter) => (meter.name.clone(), cx.theme.strong),
            None if looked.is_billed(name) => (cx.locale.text("import-billed"), cx.theme.strong),
            None => (cx.locale.text("import-nowhere"), cx.theme.warning),
        };
        let style = if selected { cx.theme.selected } else { style };
        let goes = words::cut(&goes, width.saturating_sub(24));
        lines.push(Line::from(vec![
            Span::styled(
                format!("    {} ", cx.locale.text("import-goes-to")),
                cx.theme.dim,
            ),
            Span::styled(format!(" ‹ {goes} › "), style),
        ]));
    }
    lines
}

/// A channel in words with its name in files, or as the file calls it.
fn called(name: &str, cx: &Context) -> String {
    match name.parse::<Channel>() {
        Ok(channel) => format!("{} ({name})", cx.locale.channel(channel)),
        Err(_) => name.to_owned(),
    }
}

/// What stands in the way, how far it is, or how it goes on.
fn state(app: &App, width: usize, cx: &Context) -> Lines {
    let import = &app.import;
    if let Some(way) = import.sending {
        let mut lines = sending(app, way, width, cx);
        lines.push(Line::default());
        return lines;
    }
    let mut lines = Vec::new();
    if let Some((_, wrong)) = &import.wrong {
        lines.extend(wrong_lines(wrong, width, cx));
    }
    match &import.fault {
        Some(Fault::Away) => {
            let text = cx.locale.text("import-away");
            lines.extend(hanging("▲ ", &text, width, cx.theme.warning));
        }
        Some(fault) => {
            let text = cx.fault(fault);
            lines.extend(hanging("▲ ", &text, width, cx.theme.warning));
        }
        None => {}
    }
    if let Some(id) = import.hindrance() {
        let style = if import.weight() == Some(Weight::Refusal) {
            cx.theme.urgent
        } else {
            cx.theme.warning
        };
        lines.extend(hanging("▲ ", &cx.locale.text(id), width, style));
    } else if import.fault.is_none() {
        let id = if import.accepted {
            "import-ready-accepted"
        } else {
            "import-ready"
        };
        lines.extend(wrapped(&cx.locale.text(id), width, cx.theme.strong));
    }
    lines.push(Line::default());
    lines
}

fn sending(app: &App, way: Way, width: usize, cx: &Context) -> Lines {
    if app.import.stopping {
        return wrapped(&cx.locale.text("import-stopping"), width, cx.theme.warning);
    }
    if way.done >= way.all && way.all > 0 {
        return vec![progress(way, &cx.locale.text("cli-import-checking"))];
    }
    vec![progress(way, &counted(app, way, cx))]
}

/// So many rows of so many, or bytes of an export.
fn counted(app: &App, way: Way, cx: &Context) -> String {
    let is_export = app.import.looked().is_none();
    let count = |count: u64| {
        if is_export {
            bytes(count, cx)
        } else {
            cx.locale.number(Decimal::from(count), 0)
        }
    };
    let (done, all) = (count(way.done), count(way.all));
    t!(cx, "import-sent", done = done, all = all)
}

/// What would become of it beside what is stored.
fn server(app: &App, width: usize, cx: &Context) -> Lines {
    let import = &app.import;
    let mut lines = heading("import-stored-title", cx);
    let conflict = cx.locale.text(match import.on_conflict {
        OnConflict::Skip => "import-conflict-skip",
        OnConflict::Replace => "import-conflict-replace",
    });
    match &import.trial {
        Trial::Unasked => return Vec::new(),
        Trial::Waiting => {
            let id = if is_large(app) {
                "import-ask-by-key"
            } else {
                "import-asked-soon"
            };
            lines.extend(wrapped(&cx.locale.text(id), width, cx.theme.dim));
            lines.extend(wrapped(&conflict, width, cx.theme.dim));
        }
        Trial::Asking(way) => {
            let text = counted(app, *way, cx);
            let text = t!(cx, "import-asking", sent = text);
            lines.extend(wrapped(&text, width, cx.theme.dim));
        }
        Trial::Answered(Ok(report)) => {
            let zone = app.zone();
            for meter in &report.meters {
                let all = said::summary(meter, &meter.name, true, &cx.locale, &zone);
                lines.extend(hanging("", &all.join(" "), width, Style::new()));
            }
            if let Some(told) = &report.bills {
                let text = said::bills(told, true, &cx.locale);
                lines.extend(hanging("", &text, width, Style::new()));
            }
            if report.meters.is_empty() && report.bills.is_none() {
                lines.extend(wrapped(
                    &cx.locale.text("import-nothing"),
                    width,
                    cx.theme.dim,
                ));
            }
            let bills = report.bills.is_some_and(|bills| bills.conflicting > 0);
            let differ = bills || report.meters.iter().any(|meter| meter.conflicting > 0);
            let style = if differ {
                cx.theme.warning
            } else {
                cx.theme.dim
            };
            lines.extend(wrapped(&conflict, width, style));
        }
        Trial::Answered(Err(Fault::Away)) => {
            let text = cx.locale.text("import-not-asked");
            lines.extend(hanging("▲ ", &text, width, cx.theme.warning));
        }
        Trial::Answered(Err(fault)) => {
            let text = if super::is_invalid(fault) {
                cx.locale.text("import-server-refuses")
            } else {
                cx.fault(fault)
            };
            lines.extend(hanging("▲ ", &text, width, cx.theme.warning));
        }
    }
    lines
}

/// Everything that was found, here and by the server.
fn findings(app: &App, width: usize, cx: &Context) -> Lines {
    let own = app
        .import
        .looked()
        .map_or(&[][..], |looked| &looked.findings);
    let theirs = app.import.found_by_server();
    let zone = app.zone();
    let mut lines = heading("import-findings-title", cx);
    if own.is_empty() && theirs.is_empty() {
        lines.extend(wrapped(
            &cx.locale.text("import-no-findings"),
            width,
            cx.theme.dim,
        ));
        return lines;
    }
    // What weighs most comes first; of alike the file's order stays.
    let mut all: Vec<&Finding> = own.iter().collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    for finding in all {
        lines.extend(found(finding, finding.weight(), &zone, width, cx));
    }
    let weight = match app.import.weight() {
        Some(Weight::Note) | None => Weight::Note,
        Some(weight) => weight,
    };
    for finding in &theirs {
        lines.extend(found(finding, weight, &zone, width, cx));
    }
    lines
}

fn found(finding: &Finding, weight: Weight, zone: &TimeZone, width: usize, cx: &Context) -> Lines {
    let text = cx.locale.import_finding_on_screen(finding, zone);
    let (mark, style) = match weight {
        Weight::Note => ("· ", Style::new()),
        Weight::Doubt => ("▲ ", cx.theme.warning),
        Weight::Refusal => ("▲ ", cx.theme.urgent),
    };
    hanging(mark, &text, width, style)
}

/// What became of it.
fn outcome(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(report) = &app.import.outcome else {
        return Vec::new();
    };
    let zone = app.zone();
    let mut lines = Vec::new();
    for meter in &report.meters {
        let all = said::summary(meter, &meter.name, false, &cx.locale, &zone);
        for (at, sentence) in all.iter().rev().enumerate() {
            let style = if at == 0 {
                cx.theme.strong
            } else {
                Style::new()
            };
            lines.extend(wrapped(sentence, width, style));
        }
        if meter.conflicting > 0 {
            let count = cx.locale.number(meter.conflicting.into(), 0);
            let text = match app.import.on_conflict {
                OnConflict::Skip => t!(cx, "import-did-skip", count = count),
                OnConflict::Replace => t!(cx, "import-did-replace", count = count),
            };
            lines.extend(wrapped(&text, width, Style::new()));
        }
        lines.push(Line::default());
    }
    if let Some(told) = &report.bills {
        let text = said::bills(told, false, &cx.locale);
        lines.extend(wrapped(&text, width, cx.theme.strong));
        lines.push(Line::default());
    }
    let id = match report.operation_id {
        None => "import-changed-nothing",
        Some(operation) if app.pending.undo.is_some_and(|(_, of)| of == operation) => {
            "import-undoing"
        }
        Some(operation) if app.import.taken_back == Some(operation) => "import-undone",
        Some(operation) if app.done.contains(&operation) => "import-can-undo",
        // The server refused to: somebody went on from there.
        Some(_) => "import-goes-on",
    };
    lines.extend(wrapped(&cx.locale.text(id), width, cx.theme.accent));
    // What was kept or replaced is told with its meter.
    let told = |finding: &&Finding| !matches!(finding.code.as_str(), "kept" | "replaced");
    let findings: Vec<&Finding> = report.findings.iter().filter(told).collect();
    if !findings.is_empty() {
        lines.extend(heading("import-findings-title", cx));
        for finding in findings {
            lines.extend(found(finding, Weight::Note, &zone, width, cx));
        }
    }
    lines
}
