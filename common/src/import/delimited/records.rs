//! The rows of a table of separated values as they come. Lines without quotes, which most files have only,
//! are split here, several times as quickly as by the `csv` crate, which reads all others.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

/// Longest line, or record of several lines in quotes: a year of minutes across would not be as long.
pub(super) const LONGEST: usize = 8 * 1024 * 1024;
const BUFFER: usize = 128 * 1024;

/// A row of a table: cells by number.
pub(super) trait Cells {
    /// The cell, empty where there is none.
    fn cell(&self, at: usize) -> &str;
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
                buffer: Vec::new(),
                from: 0,
                to: 0,
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
        }
    }

    /// The next row with anything in it.
    ///
    /// # Errors
    /// Where the source cannot be read; `InvalidData` where a row does not end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        match &mut self.kind {
            Kind::Lines(lines) => {
                let Some(bytes) = lines.next()? else {
                    return Ok(None);
                };
                let (bytes, line, separator) = (&lines.buffer[bytes], lines.line, lines.separator);
                self.ranges.clear();
                if lines.quoted && memchr::memchr(b'"', bytes).is_some() {
                    let mut record = csv::ByteRecord::new();
                    let read =
                        super::layout::reader(bytes, separator).read_byte_record(&mut record);
                    read.map_err(io::Error::other)?;
                    mend(&record, &mut self.mended, &mut self.ranges);
                    return Ok(Some(Record {
                        text: &self.mended,
                        ranges: &self.ranges,
                        line,
                    }));
                }
                let mut from = 0;
                for to in memchr::memchr_iter(separator, bytes) {
                    self.ranges.push(from..to);
                    from = to + 1;
                }
                self.ranges.push(from..bytes.len());
                let text = if let Ok(text) = std::str::from_utf8(bytes) {
                    text
                } else {
                    // One character for each byte that is none, so that the cells stay where they are.
                    let seen = |byte: &u8| {
                        if byte.is_ascii() {
                            char::from(*byte)
                        } else {
                            '?'
                        }
                    };
                    self.mended.clear();
                    self.mended.extend(bytes.iter().map(seen));
                    &self.mended
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
                mend(record, &mut self.mended, &mut self.ranges);
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
fn mend(record: &csv::ByteRecord, text: &mut String, ranges: &mut Vec<Range<usize>>) {
    text.clear();
    ranges.clear();
    for cell in record {
        let from = text.len();
        text.push_str(&String::from_utf8_lossy(cell));
        ranges.push(from..text.len());
    }
}

struct Lines<R> {
    source: R,
    separator: u8,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    line: u64,
    /// Whether there is a quote in the buffer: most have none, and their lines need not be looked at.
    quoted: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Where in the buffer the next line is that has anything in it, its end left out.
    fn next(&mut self) -> io::Result<Option<Range<usize>>> {
        let mut seen = self.from;
        loop {
            let line = match memchr::memchr(b'\n', &self.buffer[seen..self.to]) {
                Some(at) => {
                    let line = self.from..seen + at;
                    self.from = seen + at + 1;
                    line
                }
                None if self.ended => {
                    if self.from == self.to {
                        return Ok(None);
                    }
                    let line = self.from..self.to;
                    self.from = self.to;
                    line
                }
                None => {
                    let waiting = self.to - self.from;
                    self.fill()?;
                    seen = self.from + waiting;
                    continue;
                }
            };
            self.line += 1;
            seen = self.from;
            let mut end = line.end;
            while end > line.start && self.buffer[end - 1] == b'\r' {
                end -= 1;
            }
            if end > line.start {
                return Ok(Some(line.start..end));
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        if self.to + BUFFER > self.buffer.len() {
            if self.to > LONGEST {
                return Err(endless());
            }
            self.buffer
                .resize((self.to + BUFFER).next_power_of_two(), 0);
        }
        let read = self.source.read(&mut self.buffer[self.to..])?;
        self.to += read;
        self.quoted = memchr::memchr(b'"', &self.buffer[..self.to]).is_some();
        self.ended = read == 0;
        Ok(())
    }
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

    fn all(text: &[u8], plain: bool) -> Vec<(u64, Vec<String>)> {
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
        let rows = all(b"a,b\r\n\r\n1,\"x, y\"\n2,3", true);
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
            let _ = all(&bytes, plain);
        }
    }
}
