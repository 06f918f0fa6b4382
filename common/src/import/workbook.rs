//! Tables of a workbook (XLSX): rows as text, as a table of separated values has them.

use std::io::{self, Read, Seek, SeekFrom};

use calamine::{Data, Reader, Xlsx};
use csv::StringRecord;

use super::finding::Finding;

/// Most bytes that a workbook may unpack to: some hundred thousand rows.
const MOST_UNPACKED: u64 = 192 * 1024 * 1024;
/// Most cells of a sheet.
const MOST_CELLS: u64 = 4_000_000;

/// What an archive holds.
#[derive(Debug)]
pub(super) enum Archive {
    /// The sheets of a workbook, each as rows.
    Workbook(Vec<Vec<StringRecord>>),
    /// Files that may be text, each whole, with its name: what utilities send zipped, beside a page that
    /// shows it.
    Files(Vec<(String, Vec<u8>)>),
}

/// Endings of the files that are looked into.
const ENDINGS: [&str; 8] = [
    ".csv", ".xml", ".tsv", ".json", ".ndjson", ".txt", ".log", ".dat",
];
/// Files of one archive that are looked into.
const MOST_FILES: usize = 20;

fn too_large() -> Finding {
    let most = (MOST_UNPACKED / 1024 / 1024).to_string();
    Finding::new(0, "unpacks_too_large", &[("megabytes", &most)])
}

/// What one file packed with gzip holds.
pub(super) fn unzipped<S: Read + Seek>(source: &mut S) -> io::Result<Result<Vec<u8>, Finding>> {
    source.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    let mut unpacked = flate2::read::MultiGzDecoder::new(source).take(MOST_UNPACKED + 1);
    if unpacked.read_to_end(&mut bytes).is_err() {
        return Ok(Err(Finding::new(0, "archive", &[])));
    }
    if bytes.len() as u64 > MOST_UNPACKED {
        return Ok(Err(too_large()));
    }
    Ok(Ok(bytes))
}

/// Opens an archive, after having seen that it does not unpack to more than is allowed.
pub(super) fn open<S: Read + Seek>(source: &mut S) -> io::Result<Result<Archive, Finding>> {
    source.seek(SeekFrom::Start(0))?;
    let broken = || Ok(Err(Finding::new(0, "archive", &[])));
    let Ok(mut archive) = zip::ZipArchive::new(&mut *source) else {
        return broken();
    };
    let (mut is_workbook, mut is_other_workbook) = (false, false);
    let mut files: Vec<(usize, String)> = Vec::new();
    let mut left = MOST_UNPACKED;
    for at in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(at) else {
            return broken();
        };
        let Ok(name) = entry.name().map(|name| name.to_string()) else {
            return broken();
        };
        let lower = name.to_ascii_lowercase();
        is_workbook |= lower == "xl/workbook.xml";
        is_other_workbook |= matches!(lower.as_str(), "xl/workbook.bin" | "content.xml");
        let own = lower.rsplit('/').next().unwrap_or_default();
        // What a Mac adds tells nothing of what is measured.
        if !own.is_empty() && !own.starts_with('.') && !lower.starts_with("__macosx/") {
            files.push((at, name));
        }
        // What an archive says of its size may be a lie, so it is unpacked to nowhere, up to the limit.
        let Ok(unpacked) = io::copy(&mut entry.by_ref().take(left + 1), &mut io::sink()) else {
            return broken();
        };
        if unpacked > left {
            return Ok(Err(too_large()));
        }
        left -= unpacked;
    }
    if is_workbook {
        drop(archive);
        return Ok(sheets(source)?.map(Archive::Workbook));
    }
    if is_other_workbook {
        return Ok(Err(Finding::new(0, "other_workbook", &[])));
    }
    // A file alone is what the archive is for, whatever it is called.
    if files.len() > 1 {
        files.retain(|(_, name)| {
            let lower = name.to_ascii_lowercase();
            ENDINGS.iter().any(|end| lower.ends_with(end))
        });
    }
    if files.is_empty() {
        return broken();
    }
    if files.len() > MOST_FILES {
        return Ok(Err(several(files.iter().map(|(_, name)| name.as_str()))));
    }
    let mut unpacked = Vec::new();
    for (at, name) in files {
        let mut bytes = Vec::new();
        let Ok(mut entry) = archive.by_index(at) else {
            return broken();
        };
        if entry.read_to_end(&mut bytes).is_err() {
            return broken();
        }
        unpacked.push((name, bytes));
    }
    Ok(Ok(Archive::Files(unpacked)))
}

/// Several files of one archive have values: which is meant, or whether all, a person has to say.
pub(super) fn several<'n>(names: impl Iterator<Item = &'n str>) -> Finding {
    let names: Vec<String> = names.map(super::shown).collect();
    let count = names.len().to_string();
    let some = names[..names.len().min(5)].join(", ");
    Finding::new(
        0,
        "archive_of_several",
        &[("count", &count), ("names", &some)],
    )
}

/// The rows of each sheet. Cells come one by one, since two of them may stand as far apart as a sheet is
/// large.
fn sheets<S: Read + Seek>(source: &mut S) -> io::Result<Result<Vec<Vec<StringRecord>>, Finding>> {
    source.seek(SeekFrom::Start(0))?;
    let broken = || Ok(Err(Finding::new(0, "archive", &[])));
    let Ok(mut book) = Xlsx::new(&mut *source) else {
        return broken();
    };
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let mut reader = match book.worksheet_cells_reader(&name) {
            Ok(reader) => reader,
            // A chart has a sheet of its own.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(_) => return broken(),
        };
        let mut cells: Vec<(u32, u32, String)> = Vec::new();
        let mut most = (0_u32, 0_u32);
        let mut left = u32::MAX;
        loop {
            let cell = match reader.next_cell() {
                Ok(Some(cell)) => cell,
                Ok(None) => break,
                Err(_) => return broken(),
            };
            let (row, column) = cell.get_position();
            let text = text_of(&Data::from(cell.get_value().clone()));
            if text.is_empty() {
                continue;
            }
            most = (most.0.max(row), most.1.max(column));
            left = left.min(column);
            let width = u64::from(most.1 - left) + 1;
            if (u64::from(most.0) + 1) * width > MOST_CELLS || cells.len() as u64 >= MOST_CELLS {
                let most = MOST_CELLS.to_string();
                return Ok(Err(Finding::new(0, "sheet_too_large", &[("cells", &most)])));
            }
            cells.push((row, column, text));
        }
        sheets.push(rows(cells, left));
    }
    Ok(Ok(sheets))
}

/// Cells as rows, each from the column `left` on; those without a cell are empty and keep their numbers.
fn rows(mut cells: Vec<(u32, u32, String)>, left: u32) -> Vec<StringRecord> {
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    let width = cells.iter().map(|(_, column, _)| column - left + 1).max();
    let width = width.unwrap_or(0) as usize;
    let mut rows: Vec<StringRecord> = Vec::new();
    for row in cells.chunk_by(|a, b| a.0 == b.0) {
        let at = row[0].0 as usize;
        rows.resize(at, StringRecord::new());
        let mut record = StringRecord::new();
        for (_, column, text) in row {
            let column = (*column - left) as usize;
            // Of two cells of one place the first counts.
            if column < record.len() {
                continue;
            }
            (record.len()..column).for_each(|_| record.push_field(""));
            record.push_field(text);
        }
        (record.len()..width).for_each(|_| record.push_field(""));
        rows.push(record);
    }
    rows
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
    fn cells_become_rows_that_keep_their_numbers() {
        let cell = |row, column, text: &str| (row, column, text.to_owned());
        let cells = vec![
            cell(3, 2, "c"),
            cell(1, 1, "a"),
            cell(1, 3, "b"),
            cell(1, 3, "twice"),
        ];
        let rows = rows(cells, 1);
        let texts: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(
            texts,
            [vec![], vec!["a", "", "b"], vec![], vec!["", "c", ""]]
        );
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let mut source = io::Cursor::new(b"PK\x03\x04 and nothing of an archive".to_vec());
        assert_eq!(open(&mut source).unwrap().unwrap_err().code, "archive");
    }
}
