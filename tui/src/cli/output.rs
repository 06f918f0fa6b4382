//! Standard output: text, JSON, and how wide text may be.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use super::Result;

/// Width of text where no terminal says otherwise.
const PLAIN_WIDTH: usize = 80;
/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 110;

/// Prints text as it is.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a sentence on a line of its own.
pub(super) fn print_line(sentence: &str) -> Result<()> {
    print(&format!("{sentence}\n"))
}

/// Prints one value of the wire.
pub(super) fn print_json(value: &impl Serialize) -> Result<()> {
    print_line(&serde_json::to_string_pretty(value).map_err(std::io::Error::from)?)
}

/// How wide printed text may be.
pub(super) fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return PLAIN_WIDTH;
    }
    crossterm::terminal::size().map_or(PLAIN_WIDTH, |(columns, _)| usize::from(columns).min(WIDEST))
}
