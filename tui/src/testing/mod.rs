//! The whole client on a terminal that is not there, for journeys: type keys, look at the screen.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::runtime::{self, Exit, Options};

#[cfg(test)]
mod acts;
#[cfg(test)]
pub(crate) mod administration;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod compared;
#[cfg(test)]
mod explained;
#[cfg(test)]
mod forecasts;
#[cfg(test)]
mod hands;
#[cfg(test)]
mod household;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod live;
#[cfg(test)]
mod public;
#[cfg(test)]
mod reports;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod suggested;
#[cfg(test)]
mod tariffs;
#[cfg(test)]
mod used;
#[cfg(test)]
mod what_if;
#[cfg(test)]
pub(crate) use {
    acts::*, alerts::first_alert, compared::*, explained::*, forecasts::*, hands::*, household::*,
    imports::*, live::first_source, public::*, reports::*, sample::*, suggested::*, tariffs::*,
    used::*, what_if::*,
};

/// How long a screen may take to become what is awaited. A deadline, not a wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running client and its fake terminal.
pub struct Runner {
    keys: mpsc::UnboundedSender<io::Result<Event>>,
    screen: watch::Receiver<String>,
    task: JoinHandle<color_eyre::Result<Exit>>,
}

impl Runner {
    /// Starts the client on a terminal of this size, in a task of the current runtime.
    pub fn start(width: u16, height: u16, client: Client, mut options: Options) -> Self {
        let (keys, mut typed) = mpsc::unbounded_channel();
        let (show, screen) = watch::channel(String::new());
        options.watch = Some(Box::new(move |buffer| {
            show.send_replace(text(buffer));
        }));
        let events = futures_util::stream::poll_fn(move |cx| typed.poll_recv(cx));
        let task = tokio::spawn(async move {
            let mut terminal = Terminal::new(TestBackend::new(width, height))?;
            runtime::run(&mut terminal, events, client, options).await
        });
        Self { keys, screen, task }
    }

    /// Presses a key that writes nothing.
    pub fn press(&self, code: KeyCode) {
        self.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Presses a key together with Ctrl.
    pub fn ctrl(&self, character: char) {
        self.send(Event::Key(KeyEvent::new(
            KeyCode::Char(character),
            KeyModifiers::CONTROL,
        )));
    }

    /// Types text, key by key.
    pub fn type_text(&self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    /// Pastes text.
    pub fn paste(&self, text: &str) {
        self.send(Event::Paste(text.to_owned()));
    }

    fn send(&self, event: Event) {
        // A client that has ended takes no keys; `done` says how it ended.
        let _ = self.keys.send(Ok(event));
    }

    /// The screen as it was drawn last.
    pub fn screen(&self) -> String {
        self.screen.borrow().clone()
    }

    /// Waits until the screen shows `text`.
    ///
    /// # Panics
    /// With the last screen, when it does not in time.
    pub async fn shows(&mut self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text)).await
    }

    /// Waits until the screen no longer shows `text`.
    ///
    /// # Panics
    /// With the last screen, when it does not in time.
    pub async fn hides(&mut self, text: &str) -> String {
        self.until(text, |screen| !screen.contains(text)).await
    }

    /// Waits until the screen is what `holds` wants; `what` says so in the failure.
    ///
    /// # Panics
    /// With the last screen, when it does not become so in time.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let waited = tokio::time::timeout(PATIENCE, self.screen.wait_for(|screen| holds(screen)))
            .await
            .map(|seen| seen.map(|screen| screen.clone()));
        match waited {
            Ok(Ok(screen)) => screen,
            Ok(Err(_)) => panic!(
                "the client ended while waiting for {what:?}:\n{}",
                self.screen()
            ),
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("waited in vain for {what:?}:\n{}", self.screen())
            }
        }
    }

    /// The terminal is gone from one moment to the next, as a killed process is.
    pub fn kill(self) {
        self.task.abort();
    }

    /// How the client ended, having been told to.
    ///
    /// # Panics
    /// When it does not end in time, or with an error.
    pub async fn done(self) -> Exit {
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the client ends in time")
            .expect("the client does not panic")
            .expect("the client ends well")
    }
}

/// A drawn frame as lines of text, without the blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut lines = String::new();
    for row in buffer.content.chunks(width) {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            // A wide character leaves its second cell blank.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = crate::widgets::words::width(cell.symbol()).saturating_sub(1);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use termprofile::TermProfile;

    use super::*;
    use crate::theme::{Charset, Theme};

    /// Nobody listens on the port of the discard service.
    const NOBODY: &str = "http://127.0.0.1:9";

    #[tokio::test]
    async fn the_client_starts_without_a_server_says_so_and_leaves() {
        let theme = Theme::new(TermProfile::NoColor, Charset::Unicode);
        let options = Options::new(Language::English, theme, NOBODY);
        let mut client = Runner::start(80, 24, Client::new(NOBODY).unwrap(), options);
        client.shows("does not answer").await;
        client.type_text("s");
        client.shows("With the e-mail and password").await;
        client.type_text("ana@example.org");
        client.press(KeyCode::Enter);
        client.type_text("correct horse");
        client.press(KeyCode::Enter);
        let screen = client.shows("Nothing you typed is lost").await;
        assert!(screen.contains("ana@example.org"), "{screen}");
        client.press(KeyCode::Esc);
        client.type_text("l");
        client.shows("não responde").await;
        client.type_text("q");
        assert_eq!(client.done().await, Exit::Left);
    }

    #[tokio::test]
    async fn a_signal_stops_the_client() {
        let theme = Theme::new(TermProfile::NoColor, Charset::Unicode);
        let options = Options::new(Language::English, theme, NOBODY);
        let stop = options.stop.clone();
        let mut client = Runner::start(80, 24, Client::new(NOBODY).unwrap(), options);
        client.shows("EcoTrack").await;
        stop.cancel();
        assert_eq!(client.done().await, Exit::Stopped);
    }
}
