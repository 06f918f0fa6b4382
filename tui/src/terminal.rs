//! The real terminal: taken over at the start, given back on every way out.

use std::io::{self, IsTerminal, Stdout, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use termprofile::{DetectorSettings, TermProfile};

use crate::theme::{Charset, Theme};

/// Whether the terminal is ours: giving it back twice would undo what a shell did in between.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back when dropped.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over: alternate screen, raw keys, pasted text as such, the wheel.
    pub fn enter() -> io::Result<(Self, Terminal<CrosstermBackend<Stdout>>)> {
        restore_on_panic();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let guard = Self(());
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableMouseCapture,
            cursor::Hide
        )?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok((guard, terminal))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, once.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone cannot be restored, and there is nobody to tell.
        let _ = execute!(
            stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic's report is readable only on a terminal that was given back first.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            report(panic);
        }));
    });
}

/// Whether there is a person at a terminal.
pub fn is_there() -> bool {
    stdout().is_terminal() && io::stdin().is_terminal()
}

/// The theme for this terminal, from what its environment says of it.
pub fn theme() -> Theme {
    let profile = TermProfile::detect(&stdout(), DetectorSettings::new());
    #[expect(
        clippy::disallowed_methods,
        reason = "what a terminal can draw is said by its environment, not by our configuration"
    )]
    let charset = charset(|name| std::env::var(name).ok());
    Theme::new(profile, charset)
}

/// Which characters can be drawn, as the locale's variables say, the most specific first.
fn charset(variable: impl Fn(&str) -> Option<String>) -> Charset {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(&variable)
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_lowercase();
    if !(locale.contains("utf-8") || locale.contains("utf8")) {
        Charset::Ascii
    } else if variable("TERM").as_deref() == Some("linux") {
        Charset::Console
    } else {
        Charset::Unicode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_characters_there_are() {
        let of = |pairs: &'static [(&str, &str)]| {
            charset(|name| {
                pairs
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(
            of(&[("LANG", "pt_BR.UTF-8"), ("TERM", "xterm-256color")]),
            Charset::Unicode
        );
        assert_eq!(
            of(&[("LANG", "pt_BR.UTF-8"), ("TERM", "linux")]),
            Charset::Console
        );
        assert_eq!(
            of(&[("LC_ALL", "C"), ("LANG", "pt_BR.UTF-8")]),
            Charset::Ascii
        );
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "C.utf8")]), Charset::Unicode);
        assert_eq!(of(&[]), Charset::Ascii);
    }
}
