//! Many rows at once, from a CSV file or standard input: `bills add-many`, `readings add-many`.
//!
//! Whatever is wrong is told by its line, all of it together, and nothing is stored.

use std::path::{Path, PathBuf};

use clap::Args;
use ecotrack_common::billing::{BillingRecord, ChargedLine, NewBillingRecord, NewBillingRecords};
use ecotrack_common::locale::fl;
use ecotrack_common::reading::{Measured, NewReading, NewReadings, Reading};
use ecotrack_common::write::BatchWritten;
use ecotrack_common::{ErrorCode, FieldError, FieldErrors, Kwh, Money, path};

use super::context::{AtHome, Context, now};
use super::typed::{Typed, text};
use super::{Failure, Result, bills, readings};
use crate::client::Error;

#[derive(Debug, Args)]
pub(super) struct BillsFile {
    /// CSV of `first_day,last_day,kwh,total`, a bill a line; - reads standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ReadingsFile {
    /// CSV of `read_at,register_kwh`, a reading a line; - reads standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Meter, by name; the only one when left out
    #[arg(long, value_name = "NAME")]
    meter: Option<String>,
}

/// What a file may hold.
struct Columns {
    /// In this order where no line names them; these are needed.
    needed: &'static [&'static str],
    /// Taken where they are named.
    more: &'static [&'static str],
    /// What the list of the same rows prints besides; passed over.
    listed: &'static [&'static str],
}

const BILLS: Columns = Columns {
    needed: &["first_day", "last_day", "kwh", "total"],
    more: &["due_on", "paid_on", "estimated", "note", "lines"],
    listed: bills::COLUMNS,
};

const READINGS: Columns = Columns {
    needed: &["read_at", "register_kwh"],
    more: &["estimated", "note", "register_restarted"],
    listed: readings::COLUMNS,
};

/// A file that was read, to name its lines by.
struct Sheet {
    shown: String,
    rows: Vec<Row>,
}

/// A line of it.
struct Row {
    line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// What stands in a column; nothing where the file does not have it.
    fn cell(&self, column: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == column);
        found.map(|(_, text)| text.trim())
    }

    /// Whether a column says yes.
    fn is_on(&self, column: &str, errors: &mut Vec<(u64, FieldError)>) -> bool {
        match self.cell(column).map(str::to_lowercase).as_deref() {
            None | Some("" | "false" | "0" | "no" | "não") => false,
            Some("true" | "1" | "yes" | "sim") => true,
            Some(_) => {
                let wrong = FieldErrors::one(column, "not_yes_or_no");
                errors.extend(wrong.0.into_iter().map(|error| (self.line, error)));
                false
            }
        }
    }
}

pub(super) async fn bills(context: &Context, file: BillsFile) -> Result<()> {
    let sheet = read(context, &file.path, &BILLS).await?;
    let home = context.at_home().await?;
    let (bills, mut errors) = read_bills(&sheet, context, &home);
    let (lines, bills): (Vec<u64>, Vec<NewBillingRecord>) = bills.into_iter().unzip();
    let new = NewBillingRecords { bills };
    // A file of which no row can be read is not empty.
    let judged = errors.is_empty() || !lines.is_empty();
    if let (true, Err(wrong)) = (judged, new.check(home.today())) {
        errors.extend(by_line(wrong, &lines));
    }
    if !errors.is_empty() {
        return Err(refused(context, &sheet.shown, errors));
    }
    let answer = home.add(path::BILLS_BATCH, &new).await;
    let written: BatchWritten<BillingRecord> =
        answer.map_err(|failure| of_file(context, &sheet.shown, &lines, failure))?;
    if context.json {
        return context.streams.print_json(&written);
    }
    let shown = context.shown();
    let kwh = written.rows.iter().map(|row| row.bill.kwh).sum();
    let total = written.rows.iter().map(|row| row.bill.total).sum();
    context.streams.print_line(&fl!(
        context.locale.loader(),
        "cli-bills-added",
        count = written.rows.len(),
        kwh = context.locale.kwh(kwh),
        total = shown.money(total)
    ))
}

pub(super) async fn readings(context: &Context, file: ReadingsFile) -> Result<()> {
    let sheet = read(context, &file.path, &READINGS).await?;
    let home = context.at_home().await?;
    let meter = readings::meter(context, &home, file.meter.as_deref()).await?;
    let (readings, mut errors) = read_readings(&sheet, context, &home);
    let (lines, readings): (Vec<u64>, Vec<NewReading>) = readings.into_iter().unzip();
    let new = NewReadings { readings };
    // A file of which no row can be read is not empty.
    let judged = errors.is_empty() || !lines.is_empty();
    if let (true, Err(wrong)) = (judged, new.check(now())) {
        errors.extend(by_line(wrong, &lines));
    }
    if !errors.is_empty() {
        return Err(refused(context, &sheet.shown, errors));
    }
    let path = home.path_of(path::READINGS_BATCH, "meter_id", &meter.meter_id);
    let answer = home.add(&path, &new).await;
    let written: BatchWritten<Reading> =
        answer.map_err(|failure| of_file(context, &sheet.shown, &lines, failure))?;
    if context.json {
        return context.streams.print_json(&written);
    }
    context.streams.print_line(&fl!(
        context.locale.loader(),
        "cli-readings-added",
        count = written.rows.len(),
        meter = meter.name.as_str()
    ))
}

type ReadRows<T> = (Vec<(u64, T)>, Vec<(u64, FieldError)>);

fn read_bills(sheet: &Sheet, context: &Context, home: &AtHome) -> ReadRows<NewBillingRecord> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for row in &sheet.rows {
        let mut typed = Typed::new(home.today(), &context.locale);
        let first = typed.day("first_day", row.cell("first_day"), None);
        let last = typed.day("last_day", row.cell("last_day"), None);
        let kwh = typed.decimal("kwh", row.cell("kwh"), None);
        let total = typed.decimal("total", row.cell("total"), None);
        let due_on = typed.day("due_on", row.cell("due_on"), None);
        let paid_on = typed.day("paid_on", row.cell("paid_on"), None);
        typed.require("first_day", first.as_ref());
        typed.require("last_day", last.as_ref());
        typed.require("kwh", kwh.as_ref());
        typed.require("total", total.as_ref());
        let lines = charged_lines(row.cell("lines")).unwrap_or_else(|wrong| {
            typed.note(wrong);
            Vec::new()
        });
        let bill = NewBillingRecord {
            first_day: first.unwrap_or_default(),
            last_day: last.unwrap_or_default(),
            kwh: Kwh(kwh.unwrap_or_default()),
            total: Money(total.unwrap_or_default()),
            lines,
            due_on,
            paid_on,
            estimated: row.is_on("estimated", &mut errors),
            note: text(row.cell("note"), None),
        };
        match typed.finish(bill, Ok(())) {
            Ok(bill) => read.push((row.line, bill)),
            Err(wrong) => errors.extend(wrong.0.into_iter().map(|error| (row.line, error))),
        }
    }
    (read, errors)
}

/// The lines of a bill as the list prints them: JSON.
fn charged_lines(cell: Option<&str>) -> Result<Vec<ChargedLine>, FieldErrors> {
    match cell.filter(|text| !text.is_empty()) {
        Some(text) => {
            serde_json::from_str(text).map_err(|_| FieldErrors::one("lines", "not_charged_lines"))
        }
        None => Ok(Vec::new()),
    }
}

fn read_readings(sheet: &Sheet, context: &Context, home: &AtHome) -> ReadRows<NewReading> {
    let (zone, now) = (home.zone(), now());
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for row in &sheet.rows {
        let mut typed = Typed::new(home.today(), &context.locale);
        let register = typed.decimal("register_kwh", row.cell("register_kwh"), None);
        let at = row.cell("read_at").filter(|text| !text.is_empty());
        let read_at = at.and_then(|text| readings::parse_at(text, &zone, now));
        if at.is_some() && read_at.is_none() {
            let mut wrong = FieldErrors::default();
            let example = context.locale.date_time_typed(now, &zone);
            wrong.add_with("read_at", "not_a_date", &[("example", &example)]);
            typed.note(wrong);
        }
        typed.require("read_at", read_at.as_ref());
        typed.require("register_kwh", register.as_ref());
        let reading = NewReading {
            read_at: read_at.unwrap_or_default(),
            measured: Measured::Register {
                register_kwh: Kwh(register.unwrap_or_default()),
            },
            estimated: row.is_on("estimated", &mut errors),
            note: text(row.cell("note"), None),
            register_restarted: row.is_on("register_restarted", &mut errors),
        };
        match typed.finish(reading, Ok(())) {
            Ok(reading) => read.push((row.line, reading)),
            Err(wrong) => errors.extend(wrong.0.into_iter().map(|error| (row.line, error))),
        }
    }
    (read, errors)
}

async fn read(context: &Context, path: &Path, columns: &Columns) -> Result<Sheet> {
    let (shown, bytes) = bytes(context, path).await?;
    match parse(&bytes, columns) {
        Ok(rows) => Ok(Sheet { shown, rows }),
        Err(error) => Err(refused(context, &shown, vec![error])),
    }
}

/// What is in a file, or on standard input, and what that is called in messages.
pub(super) async fn bytes(context: &Context, path: &Path) -> Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        return Ok(("-".to_owned(), context.streams.read_all()?));
    }
    let shown = path.display().to_string();
    let read = tokio::fs::read(path)
        .await
        .map_err(|error| Failure::unreadable(path, &error, &context.locale));
    read.map(|bytes| (shown, bytes))
}

/// Lines with their cells by column. A first line that names no column is a row already.
fn parse(bytes: &[u8], columns: &Columns) -> Result<Vec<Row>, (u64, FieldError)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let mut columns_of_file: Option<Vec<&'static str>> = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            (line, wrong("row", "not_text", &[]))
        })?;
        let line = record.position().map_or(0, |at| begins(bytes, at));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(names) = &columns_of_file else {
            let header = header(&record, columns).map_err(|error| (line, error))?;
            let is_row = header.is_none();
            let names = header.unwrap_or_else(|| columns.needed.to_vec());
            if is_row {
                rows.push(row(line, &record, &names)?);
            }
            columns_of_file = Some(names);
            continue;
        };
        rows.push(row(line, &record, names)?);
    }
    Ok(rows)
}

/// The line on which a record begins: the reader's place is before the empty lines that it passes over.
fn begins(bytes: &[u8], at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte())
        .ok()
        .and_then(|at| bytes.get(at..));
    let empty = rest.unwrap_or_default().iter();
    let empty = empty.take_while(|byte| matches!(byte, b'\r' | b'\n'));
    at.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

fn row(
    line: u64,
    record: &csv::StringRecord,
    names: &[&'static str],
) -> Result<Row, (u64, FieldError)> {
    if record.len() > names.len() {
        let (found, needed) = (record.len().to_string(), names.len().to_string());
        let params = [("found", found.as_str()), ("needed", needed.as_str())];
        return Err((line, wrong("row", "too_many_columns", &params)));
    }
    let cells = names
        .iter()
        .zip(record)
        .map(|(name, cell)| (*name, cell.to_owned()));
    Ok(Row {
        line,
        cells: cells.collect(),
    })
}

/// The columns that a first line names; `None` where it names none.
fn header(
    record: &csv::StringRecord,
    columns: &Columns,
) -> Result<Option<Vec<&'static str>>, FieldError> {
    let all = [columns.needed, columns.more, columns.listed].concat();
    let known = |cell: &str| all.iter().find(|name| cell.trim() == **name).copied();
    if record.iter().all(|cell| known(cell).is_none()) {
        return Ok(None);
    }
    let mut names = Vec::new();
    for cell in record {
        let shown: String = cell.trim().chars().take(40).collect();
        match known(cell) {
            None => return Err(wrong("row", "unknown_column", &[("column", &shown)])),
            Some(name) if names.contains(&name) => {
                return Err(wrong("row", "column_twice", &[("column", &shown)]));
            }
            Some(name) => names.push(name),
        }
    }
    match columns.needed.iter().find(|name| !names.contains(name)) {
        Some(name) => Err(wrong("row", "missing_column", &[("column", name)])),
        None => Ok(Some(names)),
    }
}

/// What stands between the cells of the first line: spreadsheets of a decimal comma write `;`.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or(bytes);
    let found = [b';', b'\t'].into_iter().find(|mark| first.contains(mark));
    found.unwrap_or(b',')
}

fn wrong(field: &str, code: &str, params: &[(&str, &str)]) -> FieldError {
    let mut errors = FieldErrors::default();
    errors.add_with(field, code, params);
    errors.0.remove(0)
}

/// Errors of a batch, `bills.<index>.<field>`, under the lines of their rows.
fn by_line(errors: FieldErrors, lines: &[u64]) -> Vec<(u64, FieldError)> {
    let errors = errors.0.into_iter();
    let placed = errors.map(|mut error| {
        let mut parts = error.field.splitn(3, '.');
        let (_, index, field) = (parts.next(), parts.next(), parts.next());
        let line = index
            .and_then(|index| lines.get(index.parse::<usize>().ok()?))
            .copied();
        let field = field.map(str::to_owned);
        // The row of an earlier line is named by its line too.
        if let Some(row) = error.params.get_mut("row")
            && let Some(earlier) = row
                .parse::<usize>()
                .ok()
                .and_then(|row| lines.get(row.checked_sub(1)?))
        {
            *row = earlier.to_string();
        }
        if let (Some(_), Some(field)) = (line, field) {
            error.field = field;
        }
        (line.unwrap_or(0), error)
    });
    placed.collect()
}

/// What the server found wrong with the rows, by their lines.
fn of_file(context: &Context, shown: &str, lines: &[u64], failure: Failure) -> Failure {
    match failure {
        Failure::Client(Error::Problem(problem)) if problem.code == ErrorCode::Invalid => {
            refused(context, shown, by_line(problem.errors, lines))
        }
        other => other,
    }
}

/// Every error as `FILE:LINE: column: sentence`, then that nothing was stored.
fn refused(context: &Context, shown: &str, mut errors: Vec<(u64, FieldError)>) -> Failure {
    errors.sort_by_key(|(line, _)| *line);
    let zone = context.shown().zone();
    let mut lines: Vec<String> = errors
        .iter()
        .map(|(line, error)| {
            let sentence = context.locale.field_error_in(error, &zone);
            let place = match line {
                0 => shown.to_owned(),
                line => format!("{shown}:{line}"),
            };
            match error.field.as_str() {
                "row" | "bills" | "readings" => format!("{place}: {sentence}"),
                field => format!("{place}: {field}: {sentence}"),
            }
        })
        .collect();
    lines.push(fl!(
        context.locale.loader(),
        "cli-import-refused",
        count = errors.len()
    ));
    Failure::Said(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<(u64, String)>, (u64, String)> {
        let rows = parse(text.as_bytes(), &BILLS).map_err(|(line, error)| (line, error.code))?;
        let cells = |row: &Row| {
            let cells = row
                .cells
                .iter()
                .map(|(name, cell)| format!("{name}={cell}"));
            cells.collect::<Vec<_>>().join(" ")
        };
        Ok(rows.iter().map(|row| (row.line, cells(row))).collect())
    }

    #[test]
    fn lines_are_read_with_or_without_names() {
        let row = "first_day=2026-10-10 last_day=2026-11-09 kwh=212 total=245,90";
        let expected = |line| Ok(vec![(line, row.to_owned())]);
        assert_eq!(
            parsed("2026-10-10,2026-11-09,212,\"245,90\"\n"),
            expected(1)
        );
        assert_eq!(
            parsed("first_day;last_day;kwh;total\n\n2026-10-10;2026-11-09;212;245,90\r\n"),
            expected(3)
        );
        assert_eq!(
            parsed("\u{feff}kwh\ttotal\tfirst_day\tlast_day\n1\t2\t3\t4").unwrap(),
            [(2, "kwh=1 total=2 first_day=3 last_day=4".to_owned())]
        );
    }

    #[test]
    fn a_line_of_names_that_is_wrong_is_refused() {
        let code = |text| parsed(text).unwrap_err();
        assert_eq!(
            code("first_day,last_day,kwh\n"),
            (1, "missing_column".into())
        );
        assert_eq!(
            code("first_day,last_day,kwh,total,colour\n"),
            (1, "unknown_column".into())
        );
        assert_eq!(
            code("first_day,last_day,kwh,total,kwh\n"),
            (1, "column_twice".into())
        );
        assert_eq!(code("1,2,3,4,5\n"), (1, "too_many_columns".into()));
    }

    #[test]
    fn what_the_lists_print_is_taken() {
        for columns in [&BILLS, &READINGS] {
            let header = columns.listed.join(",");
            assert!(parse(header.as_bytes(), columns).is_ok(), "{header}");
            for column in columns.needed.iter().chain(columns.more) {
                assert!(columns.listed.contains(column), "{column}");
            }
        }
    }

    #[test]
    fn errors_of_a_batch_stand_at_their_lines() {
        let mut errors = FieldErrors::default();
        errors.add("bills.1.kwh", "negative");
        errors.add_with("bills.1.read_at", "twice", &[("row", "1")]);
        errors.add_with("bills", "too_many_rows", &[("max", "500")]);
        let placed = by_line(errors, &[2, 5]);
        let told: Vec<(u64, &str)> = placed
            .iter()
            .map(|(line, error)| (*line, error.field.as_str()))
            .collect();
        assert_eq!(told, [(5, "kwh"), (5, "read_at"), (0, "bills")]);
        assert_eq!(placed[1].1.params["row"], "2");
    }
}
