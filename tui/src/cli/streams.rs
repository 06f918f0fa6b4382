//! Standard input, output and error, and how wide text may be. Tests hand in streams of their own.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use serde::Serialize;

use super::Result;

/// Width of text where no terminal says otherwise.
const PLAIN_WIDTH: usize = 80;
/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 110;

/// Where a command reads and writes.
pub struct Streams {
    input: RefCell<Box<dyn BufRead>>,
    out: RefCell<Box<dyn Write>>,
    err: RefCell<Box<dyn Write>>,
    /// Whether they are those of the process, which may be a terminal.
    of_process: bool,
}

impl Streams {
    /// Streams that are no terminal.
    pub fn new(
        input: impl BufRead + 'static,
        out: impl Write + 'static,
        err: impl Write + 'static,
    ) -> Self {
        Self {
            input: RefCell::new(Box::new(input)),
            out: RefCell::new(Box::new(out)),
            err: RefCell::new(Box::new(err)),
            of_process: false,
        }
    }

    /// Those of the process.
    pub(super) fn of_process() -> Self {
        Self {
            of_process: true,
            ..Self::new(BufReader::new(io::stdin()), io::stdout(), io::stderr())
        }
    }

    /// Whether somebody can be asked.
    pub(super) fn can_ask(&self) -> bool {
        self.of_process && io::stdin().is_terminal()
    }

    /// Whether somebody watches what goes to standard error.
    pub(super) fn is_watched(&self) -> bool {
        self.of_process && io::stderr().is_terminal()
    }

    /// A line of standard input without its end; empty at its end.
    pub(super) fn read_line(&self) -> io::Result<String> {
        let mut line = String::new();
        self.input.borrow_mut().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }

    /// All of standard input.
    pub(super) fn read_all(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.input.borrow_mut().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Prints text as it is.
    pub(super) fn print(&self, text: &str) -> Result<()> {
        self.print_bytes(text.as_bytes())
    }

    /// Prints a piece of a file.
    pub(super) fn print_bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = self.out.borrow_mut();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Prints a sentence on a line of its own.
    pub(super) fn print_line(&self, sentence: &str) -> Result<()> {
        self.print(&format!("{sentence}\n"))
    }

    /// Prints one value of the wire.
    pub(super) fn print_json(&self, value: &impl Serialize) -> Result<()> {
        self.print_line(&serde_json::to_string_pretty(value).map_err(io::Error::from)?)
    }

    /// Writes text to standard error as it is. That nobody hears it is no failure of its own.
    pub(super) fn tell(&self, text: &str) {
        let mut err = self.err.borrow_mut();
        let told = err.write_all(text.as_bytes()).and_then(|()| err.flush());
        if let Err(error) = told {
            tracing::warn!(%error, "standard error is closed");
        }
    }

    /// Writes a sentence to standard error, on a line of its own.
    pub(super) fn tell_line(&self, sentence: &str) {
        self.tell(&format!("{sentence}\n"));
    }

    /// How wide printed text may be.
    pub(super) fn width(&self) -> usize {
        if !self.of_process || !io::stdout().is_terminal() {
            return PLAIN_WIDTH;
        }
        crossterm::terminal::size()
            .map_or(PLAIN_WIDTH, |(columns, _)| usize::from(columns).min(WIDEST))
    }
}
