//! Single lines of separated values that have quotes. One reader takes all of them, since making one takes longer than
//! a line does.

use csv_core::ReadRecordResult;

/// Splits lines at a separator, without the quotes around cells.
#[derive(Debug)]
pub(super) struct QuotedLine {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Default for QuotedLine {
    fn default() -> Self {
        Self::new(b',')
    }
}

impl QuotedLine {
    /// For lines whose cells are parted by `separator`.
    pub(super) fn new(separator: u8) -> Self {
        let mut builder = csv_core::ReaderBuilder::new();
        Self {
            reader: builder.delimiter(separator).build(),
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The cells of a line; none where nothing is in it. A quote that stays open reaches to the end.
    pub(super) fn cells(&mut self, line: &[u8]) -> impl Iterator<Item = &[u8]> {
        // What is in quotes is never longer than what it stands in.
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(self.ends.len().max(64), 0);
        self.reader.reset();
        let (mut taken, mut written, mut ended) = (0, 0, 0);
        loop {
            let (text, ends) = (&mut self.text[written..], &mut self.ends[ended..]);
            let (state, read, wrote, told) = self.reader.read_record(&line[taken..], text, ends);
            (taken, written, ended) = (taken + read, written + wrote, ended + told);
            match state {
                // Nothing more to read is how it is told that the line ends.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let (text, mut from) = (&self.text, 0);
        self.ends[..ended].iter().map(move |end| {
            let cell = &text[from..*end];
            from = *end;
            cell
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_split_as_a_reader_of_their_own_does(
            lines in prop::collection::vec("[a-z;\"\u{e9} ]{0,12}(\r?\n)?", 1..6),
        ) {
            let mut quoted = QuotedLine::new(b';');
            for line in &lines {
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .delimiter(b';')
                    .from_reader(line.as_bytes());
                let mut record = csv::ByteRecord::new();
                let meant: Vec<&[u8]> = if reader.read_byte_record(&mut record).unwrap() {
                    record.iter().collect()
                } else {
                    Vec::new()
                };
                let cells: Vec<&[u8]> = quoted.cells(line.as_bytes()).collect();
                prop_assert_eq!(cells, meant, "{}", line);
            }
        }
    }
}
