//! Sources in pieces of bounded length, with the line that each stands on.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Bytes of a line where a format says nothing else.
pub(super) const MOST_LINE: usize = 64 << 10;

/// The lines of a source.
pub(super) struct Lines<'s> {
    source: &'s mut dyn BufRead,
    bytes: Vec<u8>,
    number: u64,
    most: usize,
}

/// One of them, without what ends it.
pub(super) struct Line<'l> {
    /// From 1.
    pub(super) number: u64,
    /// What stands on it; what is no UTF-8 in it is replaced.
    pub(super) text: Cow<'l, str>,
    /// Whether it goes on beyond what is read of a line.
    pub(super) cut: bool,
}

impl<'s> Lines<'s> {
    /// Lines of at most `most` bytes.
    pub(super) fn new(source: &'s mut dyn BufRead, most: usize) -> Self {
        Self {
            source,
            bytes: Vec::new(),
            number: 0,
            most,
        }
    }

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.bytes.clear();
        let most = u64::try_from(self.most).unwrap_or(u64::MAX);
        (&mut *self.source)
            .take(most)
            .read_until(b'\n', &mut self.bytes)?;
        if self.bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let cut = self.bytes.len() == self.most && !self.bytes.ends_with(b"\n") && self.skip()? > 0;
        let mut text = self.bytes.as_slice();
        if self.number == 1 {
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        while let [rest @ .., b'\n' | b'\r'] = text {
            text = rest;
        }
        Ok(Some(Line {
            number: self.number,
            text: lossy(text),
            cut,
        }))
    }

    /// Leaves the rest of a line out; how long it was.
    fn skip(&mut self) -> io::Result<usize> {
        let mut skipped = 0;
        loop {
            let some = self.source.fill_buf()?;
            if some.is_empty() {
                return Ok(skipped);
            }
            let end = memchr::memchr(b'\n', some);
            let length = end.unwrap_or(some.len());
            self.source.consume(length + usize::from(end.is_some()));
            skipped += length;
            if end.is_some() {
                return Ok(skipped);
            }
        }
    }
}

/// Text of bytes, most of which are valid.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// A source that counts its lines and ends with an error where one piece of it is too long.
pub(super) struct Guard<'s> {
    source: &'s mut dyn BufRead,
    meter: Rc<Meter>,
}

/// What a [`Guard`] let through, for who holds the reader around it.
#[derive(Default)]
pub(super) struct Meter {
    line_ends: Cell<u64>,
    left: Cell<usize>,
    exhausted: Cell<bool>,
}

impl Meter {
    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line_ends.get() + 1
    }

    /// Lets so many bytes through, until it is called again.
    pub(super) fn allow(&self, bytes: usize) {
        self.left.set(bytes);
    }

    /// Whether a piece was too long.
    pub(super) fn exhausted(&self) -> bool {
        self.exhausted.get()
    }
}

impl<'s> Guard<'s> {
    /// Around a source; nothing comes through before [`Meter::allow`].
    pub(super) fn new(source: &'s mut dyn BufRead) -> (Self, Rc<Meter>) {
        let meter = Rc::new(Meter::default());
        let guard = Self {
            source,
            meter: Rc::clone(&meter),
        };
        (guard, meter)
    }
}

impl BufRead for Guard<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.meter.left.get();
        let some = self.source.fill_buf()?;
        if left == 0 && !some.is_empty() {
            self.meter.exhausted.set(true);
            return Err(io::Error::other("a piece is too long"));
        }
        Ok(&some[..some.len().min(left)])
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(some) = self.source.fill_buf() {
            let ends = memchr::memchr_iter(b'\n', &some[..amount.min(some.len())]);
            let ends = u64::try_from(ends.count()).unwrap_or(0);
            self.meter.line_ends.set(self.meter.line_ends.get() + ends);
        }
        self.meter
            .left
            .set(self.meter.left.get().saturating_sub(amount));
        self.source.consume(amount);
    }
}

impl Read for Guard<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let some = self.fill_buf()?;
        let length = some.len().min(into.len());
        into[..length].copy_from_slice(&some[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        let text = format!("\u{feff}one\r\n{}\ntwo\n12345678\nend", "x".repeat(100));
        let mut source = text.as_bytes();
        let mut lines = Lines::new(&mut source, 8);
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((line.number, line.text.into_owned(), line.cut));
        }
        let line = |number, text: &str, cut| (number, text.to_owned(), cut);
        assert_eq!(
            seen,
            [
                line(1, "one", false),
                line(2, "xxxxxxxx", true),
                line(3, "two", false),
                line(4, "12345678", false),
                line(5, "end", false),
            ]
        );
    }
}
