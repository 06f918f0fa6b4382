//! `timestamp,kwh`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use rust_decimal::Decimal;

use super::{Finding, MAX_FINDINGS, STEP_MINUTES, StepSeries, max_step_kwh};
use crate::Kwh;
use crate::quantity::parse_decimal;

/// Most rows taken from one file: over sixty years of quarter-hours.
pub const MAX_ROWS: usize = 2_200_000;

/// Reads a whole file, or says what is wrong with it, line by line; then nothing of it is taken.
///
/// # Errors
/// At most [`MAX_FINDINGS`] findings: `header`, `encoding`, `columns`, `timestamp`,
/// `no_offset`, `number`, `negative`, `too_large`, `duplicate`, `spacing`, `too_few_rows`,
/// `too_many_rows`.
pub fn parse_csv(bytes: &[u8]) -> Result<StepSeries, Vec<Finding>> {
    let rows = read_rows(bytes, None, Some(max_step_kwh()))?;
    let mwh = |row: &Row| {
        Kwh(row.kwh)
            .to_mwh()
            .and_then(|mwh| i32::try_from(mwh).ok())
    };
    let steps = rows.iter().map(|row| {
        let mwh = mwh(row).expect("no row is above the largest step");
        (row.at, mwh, row.line)
    });
    space_evenly(steps.collect())
}

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

/// Sorts the rows and finds their step: the smallest spacing, of which all others are multiples.
fn space_evenly(mut rows: Vec<(Timestamp, i32, u64)>) -> Result<StepSeries, Vec<Finding>> {
    rows.sort_by_key(|(at, _, line)| (*at, *line));
    let mut findings: Vec<Finding> = rows
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .take(MAX_FINDINGS)
        .map(|pair| Finding::new(pair[1].2, "duplicate", &[("first", &pair[0].2.to_string())]))
        .collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    if rows.len() < 2 {
        return Err(vec![Finding::new(0, "too_few_rows", &[])]);
    }
    let spacings: BTreeSet<i64> = rows
        .windows(2)
        .map(|pair| pair[1].0.as_second() - pair[0].0.as_second())
        .collect();
    let smallest = spacings.first().copied().unwrap_or(0);
    let Some(step_minutes) = STEP_MINUTES
        .into_iter()
        .find(|step| i64::from(*step) * 60 == smallest)
    else {
        return Err(vec![Finding::new(
            0,
            "spacing",
            &[("seconds", &smallest.to_string())],
        )]);
    };
    // The grid starts at whole steps of UTC: every time zone in use is a whole number of quarter
    // hours away from it, and of the step where the step is longer.
    let step_seconds = smallest;
    for pair in rows.windows(2) {
        if (pair[1].0.as_second() - pair[0].0.as_second()) % step_seconds != 0
            || pair[1].0.subsec_nanosecond() != pair[0].0.subsec_nanosecond()
        {
            findings.push(Finding::new(
                pair[1].2,
                "spacing",
                &[("minutes", &step_minutes.to_string())],
            ));
            if findings.len() >= MAX_FINDINGS {
                break;
            }
        }
    }
    if findings.is_empty() {
        Ok(StepSeries {
            step_minutes,
            steps: rows.into_iter().map(|(at, mwh, _)| (at, mwh)).collect(),
        })
    } else {
        Err(findings)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes(text: &str) -> Vec<(u64, String)> {
        parse_csv(text.as_bytes())
            .unwrap_err()
            .into_iter()
            .map(|finding| (finding.line, finding.code))
            .collect()
    }

    #[test]
    fn a_good_file_is_read_in_order_with_its_step() {
        let series = parse_csv(
            b"\xef\xbb\xbftimestamp,kwh\n2026-01-01T01:00:00-03:00,0.5\n2026-01-01T00:00:00-03:00,0.25\n2026-01-01T03:00:00-03:00,\"1,5\"\n",
        )
        .unwrap();
        assert_eq!(series.step_minutes, 60);
        let mwh: Vec<i32> = series.steps.iter().map(|(_, mwh)| *mwh).collect();
        assert_eq!(mwh, [250_000, 500_000, 1_500_000]);
        assert_eq!(series.steps[0].0, "2026-01-01T03:00:00Z".parse().unwrap());
    }

    #[test]
    fn each_wrong_row_is_named_by_its_line() {
        let text = "timestamp,kwh\n2026-01-01T00:00:00Z,0.5\n2026-01-01 01:00,1\nnonsense,1\n\
                    2026-01-01T03:00:00Z,abc\n2026-01-01T04:00:00Z,-1\n2026-01-01T05:00:00Z\n\
                    2026-01-01T06:00:00Z,9999\n";
        let expected = [
            (3, "no_offset"),
            (4, "timestamp"),
            (5, "number"),
            (6, "negative"),
            (7, "columns"),
            (8, "too_large"),
        ];
        assert_eq!(
            codes(text),
            expected.map(|(line, code)| (line, code.to_owned()))
        );
    }

    #[test]
    fn a_wrong_header_a_repeated_instant_and_an_odd_spacing_are_refused() {
        assert_eq!(codes("time;kwh\n")[0].1, "header");
        assert_eq!(codes("")[0].1, "header");
        assert_eq!(
            codes("timestamp,kwh\n2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00+01:00,2\n"),
            [(3, "duplicate".to_owned())]
        );
        assert_eq!(
            codes("timestamp,kwh\n2026-01-01T00:00:00Z,1\n2026-01-01T00:07:00Z,2\n")[0].1,
            "spacing"
        );
        assert_eq!(
            codes(
                "timestamp,kwh\n2026-01-01T00:00:00Z,1\n2026-01-01T00:30:00Z,2\n2026-01-01T01:10:00Z,2\n"
            ),
            [(4, "spacing".to_owned())]
        );
        assert_eq!(
            codes("timestamp,kwh\n2026-01-01T00:00:00Z,1\n")[0].1,
            "too_few_rows"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse_csv(&bytes);
            let mut with_header = b"timestamp,kwh\n".to_vec();
            with_header.extend(bytes);
            let _ = parse_csv(&with_header);
        }
    }
}
