//! Tables of a workbook (XLSX): rows as text, as a table of separated values has them.

use std::io::{self, Read, Seek, SeekFrom};

use calamine::{Data, Reader, Xlsx};
use csv::StringRecord;

use super::finding::Finding;

/// Most bytes that a workbook may unpack to: some hundred thousand rows.
const MOST_UNPACKED: u64 = 192 * 1024 * 1024;
/// Most cells of a sheet.
const MOST_CELLS: u64 = 4_000_000;

/// A text file in an archive: what utilities send zipped, beside a page that shows it.
#[derive(Debug)]
pub(super) enum Archive {
    /// The sheets of a workbook, each as rows.
    Workbook(Vec<Vec<StringRecord>>),
    /// A file of text, whole.
    Text(Vec<u8>),
}

/// Opens an archive, after having seen that it does not unpack to more than is allowed.
pub(super) fn open<S: Read + Seek>(source: &mut S) -> io::Result<Result<Archive, Finding>> {
    source.seek(SeekFrom::Start(0))?;
    let broken = || Ok(Err(Finding::new(0, "archive", &[])));
    let Ok(mut archive) = zip::ZipArchive::new(&mut *source) else {
        return broken();
    };
    let mut is_workbook = false;
    let mut text = None;
    let mut left = MOST_UNPACKED;
    for at in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(at) else {
            return broken();
        };
        let Ok(name) = entry.name().map(|name| name.to_ascii_lowercase()) else {
            return broken();
        };
        is_workbook |= name == "xl/workbook.xml";
        if text.is_none()
            && [".csv", ".xml", ".tsv", ".txt", ".json"]
                .iter()
                .any(|end| name.ends_with(end))
            && !name.contains('/')
        {
            text = Some(at);
        }
        // What an archive says of its size may be a lie, so it is unpacked to nowhere, up to the limit.
        let Ok(unpacked) = io::copy(&mut entry.by_ref().take(left + 1), &mut io::sink()) else {
            return broken();
        };
        if unpacked > left {
            let most = (MOST_UNPACKED / 1024 / 1024).to_string();
            return Ok(Err(Finding::new(
                0,
                "unpacks_too_large",
                &[("megabytes", &most)],
            )));
        }
        left -= unpacked;
    }
    if !is_workbook {
        let Some(mut entry) = text.and_then(|at| archive.by_index(at).ok()) else {
            return broken();
        };
        let mut bytes = Vec::new();
        if entry.read_to_end(&mut bytes).is_err() {
            return broken();
        }
        return Ok(Ok(Archive::Text(bytes)));
    }
    drop(archive);
    source.seek(SeekFrom::Start(0))?;
    let Ok(mut book) = Xlsx::new(&mut *source) else {
        return broken();
    };
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let Ok(range) = book.worksheet_range(&name) else {
            return broken();
        };
        let (height, width) = range.get_size();
        if height as u64 * width as u64 > MOST_CELLS {
            return Ok(Err(Finding::new(
                0,
                "sheet_too_large",
                &[("cells", &MOST_CELLS.to_string())],
            )));
        }
        // Rows above the first that has anything keep their numbers.
        let above = range.start().map_or(0, |(row, _)| row as usize);
        let mut rows = vec![StringRecord::new(); above];
        rows.extend(
            range
                .rows()
                .map(|row| row.iter().map(text_of).collect::<StringRecord>()),
        );
        sheets.push(rows);
    }
    Ok(Ok(Archive::Workbook(sheets)))
}

fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Float(value) => plain(*value),
        Data::Int(value) => value.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(at) => stamp(at.as_f64()),
    }
}

/// A number as the sheet shows it, without the noise of its last binary places.
fn plain(value: f64) -> String {
    let rounded = format!("{value:.9}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

/// Days since 1899-12-30, as workbooks count: a day, a time of day, or both.
fn stamp(days: f64) -> String {
    if !(0.0..100_000.0).contains(&days) {
        return plain(days);
    }
    // To the second: a minute is no whole number of binary places of a day.
    #[expect(clippy::cast_possible_truncation, reason = "below 100,000 days")]
    let seconds = (days * 86_400.0).round() as i64;
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    if day == 0 {
        return clock;
    }
    let date = jiff::civil::date(1899, 12, 30).saturating_add(jiff::Span::new().days(day));
    if rest == 0 {
        date.to_string()
    } else {
        format!("{date} {clock}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_days_are_dates_and_times() {
        assert_eq!(stamp(45_082.0), "2023-06-05");
        assert_eq!(stamp(45_082.010_416_666_66), "2023-06-05 00:15:00");
        assert_eq!(stamp(0.5), "12:00:00");
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(15_626.0), "15626");
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let mut source = io::Cursor::new(b"PK\x03\x04 and nothing of an archive".to_vec());
        assert_eq!(open(&mut source).unwrap().unwrap_err().code, "archive");
    }
}
