//! `timestamp,kwh`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use rust_decimal::Decimal;

use super::{Finding, MAX_FINDINGS};
use crate::quantity::parse_decimal;

/// Most rows taken from one file: over sixty years of quarter-hours.
const MAX_ROWS: usize = 2_200_000;

/// A row of the file: when, how much, and its line.
pub(super) struct Row {
    pub(super) at: Timestamp,
    pub(super) kwh: Decimal,
    pub(super) line: u64,
}

/// The rows of a file in its order. With a zone, instants may be written as its clock shows them: the
/// second time of an hour that comes twice is the later one.
pub(super) fn read_rows(
    bytes: &[u8],
    zone: Option<&TimeZone>,
    max_kwh: Option<Decimal>,
) -> Result<Vec<Row>, Vec<Finding>> {
    let mut findings = Vec::new();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(true)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    match reader.headers() {
        Ok(names) if names.iter().eq(["timestamp", "kwh"]) => {}
        Ok(names) => {
            let found = names.iter().collect::<Vec<_>>().join(",");
            let found: String = found.chars().take(60).collect();
            return Err(vec![Finding::new(1, "header", &[("found", &found)])]);
        }
        Err(error) => return Err(vec![unreadable(&error)]),
    }
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        if findings.len() >= MAX_FINDINGS {
            break;
        }
        if rows.len() >= MAX_ROWS {
            findings.push(Finding::new(
                0,
                "too_many_rows",
                &[("max", &MAX_ROWS.to_string())],
            ));
            break;
        }
        match record {
            Ok(record) => match read_row(&record, zone, rows.last()) {
                Ok(row) if max_kwh.is_some_and(|max| row.kwh > max) => {
                    let max = max_kwh.map_or_else(String::new, |max| max.round_dp(0).to_string());
                    let found = shown(&record[1]);
                    let params = [("found", found.as_str()), ("max", max.as_str())];
                    findings.push(Finding::new(row.line, "too_large", &params));
                }
                Ok(row) => rows.push(row),
                Err(finding) => findings.push(finding),
            },
            Err(error) => findings.push(unreadable(&error)),
        }
    }
    if findings.is_empty() {
        Ok(rows)
    } else {
        Err(findings)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn unreadable(error: &csv::Error) -> Finding {
    let line = error.position().map_or(0, csv::Position::line);
    let code = if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) {
        "encoding"
    } else {
        "columns"
    };
    Finding::new(line, code, &[])
}

fn read_row(
    record: &csv::StringRecord,
    zone: Option<&TimeZone>,
    before: Option<&Row>,
) -> Result<Row, Finding> {
    let line = record.position().map_or(0, csv::Position::line);
    if record.len() != 2 {
        let found = record.len().to_string();
        return Err(Finding::new(line, "columns", &[("found", &found)]));
    }
    let (instant, energy) = (&record[0], &record[1]);
    let at = read_instant(instant, zone, before)
        .map_err(|code| Finding::new(line, code, &[("found", &shown(instant))]))?;
    let kwh = parse_decimal(energy)
        .map_err(|_| Finding::new(line, "number", &[("found", &shown(energy))]))?;
    if kwh.is_sign_negative() && !kwh.is_zero() {
        return Err(Finding::new(line, "negative", &[("found", &shown(energy))]));
    }
    Ok(Row { at, kwh, line })
}

/// The instant, or the code of what is wrong with it.
fn read_instant(
    text: &str,
    zone: Option<&TimeZone>,
    before: Option<&Row>,
) -> Result<Timestamp, &'static str> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let day = || text.parse::<Date>().map(|day| day.at(0, 0, 0, 0));
    let shown: DateTime = text.parse().or_else(|_| day()).map_err(|_| "timestamp")?;
    // A civil time parses, but says nothing of where on Earth it is meant.
    let zone = zone.ok_or("no_offset")?;
    let meant = zone.to_ambiguous_timestamp(shown);
    if meant.is_ambiguous() && !matches!(meant.offset(), AmbiguousOffset::Fold { .. }) {
        return Err("no_such_time");
    }
    let earlier = meant.earlier().map_err(|_| "timestamp")?;
    let taken = before.is_some_and(|before| before.at >= earlier);
    if taken {
        return meant.later().map_err(|_| "timestamp");
    }
    Ok(earlier)
}
