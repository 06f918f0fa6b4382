//! In which characters a file is written, and whether it is text at all.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

/// Bytes of a file by which it is recognised.
pub(super) const HEAD: usize = 256 * 1024;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Nature {
    /// Nothing in it.
    Empty,
    /// Characters in this encoding.
    Text(&'static Encoding),
    /// A ZIP archive, as XLSX is.
    Zip,
    /// One file packed with gzip.
    Gzip,
    /// A workbook as Excel wrote them until 2003, or one that a password protects.
    OldWorkbook,
    /// None of ours.
    Binary,
}

/// Tells what begins with `head`.
pub(super) fn nature(head: &[u8]) -> Nature {
    let looks_like_text = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(head);
        let odd = text
            .chars()
            .filter(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}' | '\u{1a}'))
            .count();
        if odd * 100 > text.chars().count() {
            Nature::Binary
        } else {
            Nature::Text(encoding)
        }
    };
    if head.iter().all(u8::is_ascii_whitespace) {
        return Nature::Empty;
    }
    if head.starts_with(b"PK\x03\x04") {
        return Nature::Zip;
    }
    if head.starts_with(b"\x1f\x8b\x08") {
        return Nature::Gzip;
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Nature::OldWorkbook;
    }
    if let Some((encoding, marked)) = Encoding::for_bom(head) {
        return if head.len() == marked {
            Nature::Empty
        } else {
            looks_like_text(encoding)
        };
    }
    // Every second byte of Latin text in UTF-16 is zero.
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .take(2_000)
            .filter(|byte| **byte == 0)
            .count()
    };
    let half = head.len().min(4_000) / 2;
    if zeros(1) * 10 > half * 8 && zeros(0) * 10 < half {
        return looks_like_text(UTF_16LE);
    }
    if zeros(0) * 10 > half * 8 && zeros(1) * 10 < half {
        return looks_like_text(UTF_16BE);
    }
    if head.contains(&0) {
        return Nature::Binary;
    }
    match std::str::from_utf8(head) {
        Ok(_) => looks_like_text(UTF_8),
        // The head may end in the middle of a character.
        Err(error) if error.error_len().is_none() => looks_like_text(UTF_8),
        Err(_) if is_central_european(head) => looks_like_text(WINDOWS_1250),
        Err(_) => looks_like_text(WINDOWS_1252),
    }
}

/// Beginnings of words in files of meters that only Windows-1250 writes: Czech, Slovak, Polish, Slovenian.
const CENTRAL_EUROPEAN: [&str; 14] = [
    "odběr",
    "činn",
    "spotřeb",
    "naměř",
    "měřen",
    "množ",
    "časov",
    "účin",
    "ilość",
    "zużyc",
    "wartość",
    "dátum a čas",
    "količi",
    "število",
];

/// Whether text that is no UTF-8 has one of those words.
fn is_central_european(head: &[u8]) -> bool {
    let (text, _) = WINDOWS_1250.decode_without_bom_handling(head);
    let text = text.to_lowercase();
    CENTRAL_EUROPEAN.iter().any(|word| text.contains(word))
}

/// Bytes as UTF-8: as they are where they are that already, since copying them once more costs more than
/// one thinks.
pub(super) enum Decoded<R: Read> {
    Plain(BufReader<R>),
    Other(Box<BufReader<DecodeReaderBytes<R, Vec<u8>>>>),
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Other(source) => source.read(buffer),
        }
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(source) => source.fill_buf(),
            Self::Other(source) => source.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Self::Plain(source) => source.consume(amount),
            Self::Other(source) => source.consume(amount),
        }
    }
}

/// The bytes of `source` as UTF-8, without a mark at their beginning.
///
/// # Errors
/// Where they cannot be read.
pub(super) fn decoded<R: Read>(source: R, encoding: &'static Encoding) -> io::Result<Decoded<R>> {
    const BUFFER: usize = 32 * 1024;
    if encoding == UTF_8 {
        let mut source = BufReader::with_capacity(BUFFER, source);
        if source.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            source.consume(3);
        }
        return Ok(Decoded::Plain(source));
    }
    let decoder = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .strip_bom(true)
        .bom_override(true)
        .build(source);
    Ok(Decoded::Other(Box::new(BufReader::with_capacity(
        BUFFER, decoder,
    ))))
}

/// The first characters of `source`.
pub(super) fn head<R: Read>(source: R, encoding: &'static Encoding) -> io::Result<String> {
    let mut bytes = Vec::with_capacity(HEAD);
    decoded(source, encoding)?
        .take(HEAD as u64)
        .read_to_end(&mut bytes)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_what_is_none_and_its_characters_are_found() {
        assert_eq!(nature(b""), Nature::Empty);
        assert_eq!(nature(b"\xef\xbb\xbf"), Nature::Empty);
        assert_eq!(nature(b"time,kwh\n"), Nature::Text(UTF_8));
        assert_eq!(nature(b"\xef\xbb\xbftime"), Nature::Text(UTF_8));
        assert_eq!(nature("consumação".as_bytes()), Nature::Text(UTF_8));
        assert_eq!(nature(b"consuma\xe7\xe3o;1"), Nature::Text(WINDOWS_1252));
        assert_eq!(
            nature(b"1.5.0 - \xc8inn\xfd odber (kW)"),
            Nature::Text(WINDOWS_1250)
        );
        assert_eq!(nature(b"\xff\xfed\0a\0t\0"), Nature::Text(UTF_16LE));
        assert_eq!(nature(b"d\0a\0t\0u\0m\0;\0"), Nature::Text(UTF_16LE));
        assert_eq!(nature(b"PK\x03\x04abc"), Nature::Zip);
        assert_eq!(nature(b"\x1f\x8b\x08abc"), Nature::Gzip);
        assert_eq!(
            nature(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            Nature::OldWorkbook
        );
        assert_eq!(nature(b"\x00\x01\x02abc\xff"), Nature::Binary);
        assert_eq!(nature(b"\x1b\x02\x03\x04abc"), Nature::Binary);
    }

    #[test]
    fn characters_arrive_as_utf8_whatever_they_were() {
        let utf16: Vec<u8> = "\u{feff}Zähler;ç"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(head(&utf16[..], UTF_16LE).unwrap(), "Zähler;ç");
        assert_eq!(
            head(&b"\xef\xbb\xbfZ\xc3\xa4hler"[..], UTF_8).unwrap(),
            "Zähler"
        );
        assert_eq!(head(&b"a\xe7\xe3o"[..], WINDOWS_1252).unwrap(), "ação");
    }
}
