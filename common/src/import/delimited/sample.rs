//! Rows of all of a table beyond its first ones, by which it is told what the whole is: energy given to the grid
//! from summer on, a second meter below the first, where the last row ends.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use csv::StringRecord;
use encoding_rs::Encoding;

use super::layout::{Layout, Seen, reader};

/// Pieces that are looked into, the last of them at the end.
const PIECES: u64 = 48;
/// Bytes of each: some hundred rows of most tables.
const PIECE_BYTES: u64 = 8 * 1_024;
/// Rows of each, where rows are apart already.
const PIECE_ROWS: u64 = 64;

/// Looks into the rest of a file.
///
/// # Errors
/// Where its bytes cannot be read.
pub(in crate::import) fn of_file<S: Read + Seek>(
    layout: &mut Layout,
    source: &mut S,
    encoding: &'static Encoding,
) -> io::Result<()> {
    // Where a line ends is seen in its bytes.
    let Some(rest) = layout.rest.filter(|_| encoding.is_ascii_compatible()) else {
        return Ok(());
    };
    let end = source.seek(SeekFrom::End(0))?;
    let mut rows = Vec::new();
    for piece in pieces(rest..end, PIECE_BYTES) {
        source.seek(SeekFrom::Start(piece.start))?;
        let mut bytes = Vec::new();
        source
            .by_ref()
            .take(piece.end - piece.start)
            .read_to_end(&mut bytes)?;
        let lines = whole_lines(&bytes, piece.end == end);
        let (text, _) = encoding.decode_without_bom_handling(lines);
        let records = reader(text.as_bytes(), layout.separator).into_records();
        rows.extend(records.filter_map(Result::ok));
    }
    layout.add(rows);
    Ok(())
}

/// Looks into the rest of rows that are apart already.
pub(super) fn of_rows(layout: &mut Layout, rows: &[StringRecord]) {
    if layout.seen == Seen::All {
        return;
    }
    let looked_at = layout.skip + layout.rows.len();
    let pieces = pieces(looked_at as u64..rows.len() as u64, PIECE_ROWS);
    let rest = pieces.flat_map(|piece| {
        let piece = usize::try_from(piece.start).ok()..usize::try_from(piece.end).ok();
        let (Some(start), Some(end)) = (piece.start, piece.end) else {
            return Vec::new();
        };
        rows.get(start..end).unwrap_or_default().to_vec()
    });
    layout.add(rest.collect());
}

/// Pieces of something, evenly spread; all of it where it is no longer than they are.
fn pieces(all: Range<u64>, piece: u64) -> impl Iterator<Item = Range<u64>> {
    let length = all.end.saturating_sub(all.start);
    let (count, size) = if length > PIECES * piece {
        (PIECES, piece)
    } else {
        (u64::from(length > 0), length)
    };
    (0..count).map(move |at| {
        let start = all.start + (length - size) / (count - 1).max(1) * at;
        // What the division leaves is at the end.
        let start = if at + 1 == count {
            all.end - size
        } else {
            start
        };
        start..start + size
    })
}

/// The lines of a piece without the one that it begins in, and the one that it ends in unless that is the last.
fn whole_lines(bytes: &[u8], last: bool) -> &[u8] {
    let start = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    let lines = &bytes[start..];
    if last {
        lines
    } else {
        let end = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
        &lines[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lie_apart_and_reach_the_end() {
        for all in [
            0..0,
            5..6,
            10..1_000,
            7..100_003,
            0..PIECES * 64,
            0..PIECES * 64 + 1,
        ] {
            let pieces: Vec<Range<u64>> = pieces(all.clone(), 64).collect();
            assert_eq!(pieces.is_empty(), all.is_empty());
            assert!(
                pieces.windows(2).all(|two| two[0].end <= two[1].start),
                "{all:?}"
            );
            assert!(
                pieces
                    .iter()
                    .all(|piece| all.start <= piece.start && piece.end <= all.end)
            );
            assert!(
                pieces.last().is_none_or(|last| last.end == all.end),
                "{all:?}"
            );
        }
    }

    #[test]
    fn a_piece_has_whole_lines() {
        assert_eq!(whole_lines(b"ab\ncd\nef", false), b"cd\n");
        assert_eq!(whole_lines(b"ab\ncd\nef", true), b"cd\nef");
        assert_eq!(whole_lines(b"abcdef", true), b"");
        assert_eq!(whole_lines(b"ab\ncdef", false), b"");
    }
}
