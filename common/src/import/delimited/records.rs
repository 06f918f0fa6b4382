//! The rows of a table of separated values as they come. Lines without quotes, which most files have only,
//! are split here, several times as quickly as by the `csv` crate, which reads all others.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use crate::import::quoted_line::QuotedLine;

/// Longest line, or record of several lines in quotes: a year of minutes across would not be as long.
pub(super) const LONGEST: usize = 8 * 1024 * 1024;
/// Few enough to stay close to the processor while they are split.
const BUFFER: usize = 32 * 1024;

/// A row of a table: cells by number.
pub(super) trait Cells {
    /// The cell, empty where there is none.
    fn cell(&self, at: usize) -> &str;
    /// The same as it stands.
    fn bytes(&self, at: usize) -> &[u8] {
        self.cell(at).as_bytes()
    }
    /// How many there are.
    fn width(&self) -> usize;
}

impl Cells for csv::StringRecord {
    fn cell(&self, at: usize) -> &str {
        self.get(at).unwrap_or("")
    }

    fn width(&self) -> usize {
        self.len()
    }
}

/// A row.
pub(super) struct Record<'r> {
    text: &'r str,
    ranges: &'r [Range<usize>],
    /// Its first line in the file, from 1.
    pub(super) line: u64,
}

impl Cells for Record<'_> {
    fn cell(&self, at: usize) -> &str {
        self.ranges
            .get(at)
            .and_then(|range| self.text.get(range.clone()))
            .unwrap_or("")
    }

    fn bytes(&self, at: usize) -> &[u8] {
        self.ranges
            .get(at)
            .and_then(|range| self.text.as_bytes().get(range.clone()))
            .unwrap_or_default()
    }

    fn width(&self) -> usize {
        self.ranges.len()
    }
}

/// Rows of a source.
pub(super) struct Records<R: Read> {
    kind: Kind<R>,
    ranges: Vec<Range<usize>>,
    /// Text that had to be mended: quotes removed, or bytes that were no text.
    mended: String,
    /// For the few lines of a plain file that have quotes all the same.
    quoted: Option<QuotedLine>,
}

enum Kind<R: Read> {
    Lines(Lines<R>),
    Quoted {
        reader: Box<csv::Reader<Bounded<R>>>,
        record: csv::ByteRecord,
        since: Rc<Cell<usize>>,
    },
}

impl<R: Read> Records<R> {
    /// `plain`: no cell is in quotes, as far as its beginning tells.
    pub(super) fn new(source: R, separator: u8, plain: bool) -> Self {
        let kind = if plain {
            Kind::Lines(Lines {
                source,
                separator,
                chunk: Chunk::Text(String::new()),
                rest: Vec::new(),
                at: 0,
                line: 0,
                quoted: false,
                ended: false,
            })
        } else {
            let since = Rc::new(Cell::new(0));
            let bounded = Bounded {
                source,
                since: since.clone(),
            };
            Kind::Quoted {
                reader: Box::new(super::layout::reader(bounded, separator)),
                record: csv::ByteRecord::new(),
                since,
            }
        };
        Self {
            kind,
            ranges: Vec::new(),
            mended: String::new(),
            quoted: None,
        }
    }

    /// The next row with anything in it.
    ///
    /// # Errors
    /// Where the source cannot be read; `InvalidData` where a row does not end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        match &mut self.kind {
            Kind::Lines(lines) => {
                let Some(of_line) = lines.next(&mut self.ranges)? else {
                    return Ok(None);
                };
                let (line, separator) = (lines.line, lines.separator);
                let bytes = lines.chunk.bytes();
                if lines.quoted && memchr::memchr(b'"', &bytes[of_line.clone()]).is_some() {
                    let quoted = self
                        .quoted
                        .get_or_insert_with(|| QuotedLine::new(separator));
                    let cells = quoted.cells(&bytes[of_line]);
                    mend(cells, &mut self.mended, &mut self.ranges);
                    return Ok(Some(Record {
                        text: &self.mended,
                        ranges: &self.ranges,
                        line,
                    }));
                }
                let text = match &lines.chunk {
                    Chunk::Text(text) => text,
                    Chunk::Bytes(bytes) => {
                        mend_line(
                            &bytes[of_line.clone()],
                            of_line.start,
                            &mut self.mended,
                            &mut self.ranges,
                        );
                        &self.mended
                    }
                };
                Ok(Some(Record {
                    text,
                    ranges: &self.ranges,
                    line,
                }))
            }
            Kind::Quoted {
                reader,
                record,
                since,
            } => {
                since.set(0);
                match reader.read_byte_record(record) {
                    Ok(true) => {}
                    Ok(false) => return Ok(None),
                    Err(error) => return Err(io::Error::from(error)),
                }
                let line = record.position().map_or(0, csv::Position::line);
                self.ranges.clear();
                if let Ok(text) = std::str::from_utf8(record.as_slice()) {
                    self.ranges
                        .extend((0..record.len()).filter_map(|at| record.range(at)));
                    return Ok(Some(Record {
                        text,
                        ranges: &self.ranges,
                        line,
                    }));
                }
                mend(&*record, &mut self.mended, &mut self.ranges);
                Ok(Some(Record {
                    text: &self.mended,
                    ranges: &self.ranges,
                    line,
                }))
            }
        }
    }
}

/// The cells of a record as text.
fn mend<'c>(
    cells: impl IntoIterator<Item = &'c [u8]>,
    text: &mut String,
    ranges: &mut Vec<Range<usize>>,
) {
    text.clear();
    ranges.clear();
    for cell in cells {
        let from = text.len();
        text.push_str(&String::from_utf8_lossy(cell));
        ranges.push(from..text.len());
    }
}

/// A line of bytes that may be no text, its cells standing in `ranges` from `start` on.
fn mend_line(bytes: &[u8], start: usize, text: &mut String, ranges: &mut [Range<usize>]) {
    text.clear();
    if let Ok(line) = std::str::from_utf8(bytes) {
        text.push_str(line);
    } else {
        // One character for each byte that is none, so that the cells stay where they are.
        let seen = |byte: &u8| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                '?'
            }
        };
        text.extend(bytes.iter().map(seen));
    }
    for range in ranges {
        *range = range.start - start..range.end - start;
    }
}

/// Whole lines: as text at once, which is much quicker than to ask of each line whether it is text.
enum Chunk {
    Text(String),
    Bytes(Vec<u8>),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

struct Lines<R> {
    source: R,
    separator: u8,
    chunk: Chunk,
    /// The beginning of a line of which the end was not read yet.
    rest: Vec<u8>,
    /// Where in the chunk the next line begins.
    at: usize,
    line: u64,
    /// Whether there is a quote in the chunk: most have none, and their lines need not be looked at.
    quoted: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Where in the chunk the next line is that has anything in it, its end left out, and where its cells are.
    fn next(&mut self, cells: &mut Vec<Range<usize>>) -> io::Result<Option<Range<usize>>> {
        loop {
            let bytes = self.chunk.bytes();
            if self.at == bytes.len() {
                if self.ended {
                    return Ok(None);
                }
                self.fill()?;
                continue;
            }
            let start = self.at;
            cells.clear();
            let (from, mut end) = cells_of_line(bytes, start, self.separator, cells);
            self.at = (end + 1).min(bytes.len());
            self.line += 1;
            while end > from && bytes[end - 1] == b'\r' {
                end -= 1;
            }
            cells.push(from..end);
            if end > start {
                return Ok(Some(start..end));
            }
        }
    }

    /// Takes more whole lines; at the end of the source, what is left.
    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = match std::mem::replace(&mut self.chunk, Chunk::Bytes(Vec::new())) {
            Chunk::Text(text) => text.into_bytes(),
            Chunk::Bytes(bytes) => bytes,
        };
        bytes.clear();
        bytes.append(&mut self.rest);
        self.at = 0;
        loop {
            let from = bytes.len();
            if from > LONGEST {
                return Err(endless());
            }
            bytes.resize(from + BUFFER, 0);
            let read = self.source.read(&mut bytes[from..])?;
            bytes.truncate(from + read);
            if read == 0 {
                self.ended = true;
                break;
            }
            if let Some(last) = memchr::memrchr(b'\n', &bytes[from..]) {
                self.rest.extend_from_slice(&bytes[from + last + 1..]);
                bytes.truncate(from + last + 1);
                break;
            }
        }
        self.quoted = memchr::memchr(b'"', &bytes).is_some();
        self.chunk = match String::from_utf8(bytes) {
            Ok(text) => Chunk::Text(text),
            Err(error) => Chunk::Bytes(error.into_bytes()),
        };
        Ok(())
    }
}

/// The cells of the line that begins at `start`, but for the last of them: where that begins and ends. Cells are
/// short: eight bytes at a time are looked at sooner than a search for long stretches has begun.
#[inline]
fn cells_of_line(
    bytes: &[u8],
    start: usize,
    separator: u8,
    cells: &mut Vec<Range<usize>>,
) -> (usize, usize) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f * EACH;
    // The highest bit of each byte that is zero.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let (separators, ends) = (u64::from(separator) * EACH, u64::from(b'\n') * EACH);
    let (mut from, mut at) = (start, start);
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        let end = zeros(word ^ ends);
        let mut marks = zeros(word ^ separators);
        if end != 0 {
            // What is beyond the end of the line is of the next.
            marks &= end ^ (end - 1);
        }
        while marks != 0 {
            let to = at + marks.trailing_zeros() as usize / 8;
            cells.push(from..to);
            from = to + 1;
            marks &= marks - 1;
        }
        if end != 0 {
            return (from, at + end.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'\n') {
        if *byte == separator {
            cells.push(from..at);
            from = at + 1;
        }
        at += 1;
    }
    (from, at)
}

/// A source that fails where a row does not end.
struct Bounded<R> {
    source: R,
    /// Bytes since the last row was whole.
    since: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST {
            return Err(endless());
        }
        let read = self.source.read(buffer)?;
        self.since.set(self.since.get() + read);
        Ok(read)
    }
}

fn endless() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a row does not end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time.
    struct Slowly<'t>(&'t [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let few = self.1.min(buffer.len());
            self.0.read(&mut buffer[..few])
        }
    }

    fn all(text: impl Read, plain: bool) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(text, b',', plain);
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let cells = (0..record.width())
                .map(|at| record.cell(at).to_owned())
                .collect();
            found.push((record.line, cells));
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_those_with_quotes_read_all_the_same() {
        let rows = all(&b"a,b\r\n\r\n1,\"x, y\"\n2,3"[..], true);
        let cells = |cells: &[&str]| {
            cells
                .iter()
                .map(|cell| (*cell).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            rows,
            [
                (1, cells(&["a", "b"])),
                (3, cells(&["1", "x, y"])),
                (4, cells(&["2", "3"]))
            ]
        );
    }

    #[test]
    fn a_row_that_does_not_end_is_refused_before_it_fills_the_memory() {
        let endless = std::io::repeat(b'x').take(64 * 1024 * 1024);
        assert!(Records::new(endless, b',', true).next().is_err());
        let endless = (&b"\""[..]).chain(std::io::repeat(b'\n').take(64 * 1024 * 1024));
        assert!(Records::new(endless, b',', false).next().is_err());
    }

    proptest! {
        #[test]
        fn lines_without_quotes_are_what_the_csv_crate_says(text in "[a-c0-9,;\n\r ]{0,200}") {
            // A carriage return within a line ends one for the crate, and is no end of a line here.
            let text = text.replace("\r\n", "\n").replace('\r', "");
            let cells = |plain| all(text.as_bytes(), plain).into_iter().map(|(_, cells)| cells).collect::<Vec<_>>();
            prop_assert_eq!(cells(true), cells(false));
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), plain in any::<bool>()) {
            let _ = all(&bytes[..], plain);
        }

        #[test]
        fn however_few_bytes_come_at_a_time_the_rows_are_the_same(
            bytes in prop::collection::vec(prop_oneof![
                8 => prop::sample::select(b"ab1,;\"\n\r".to_vec()),
                1 => prop::sample::select("çé€".as_bytes().to_vec()),
            ], 0..200),
            few in 1..40_usize,
        ) {
            prop_assert_eq!(all(Slowly(&bytes, few), true), all(&bytes[..], true));
        }
    }
}
