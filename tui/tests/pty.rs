//! The real binary on a pseudo-terminal, with no server: it starts, draws, leaves, and gives the
//! terminal back, also after a panic and a signal.
//!
//! Nothing sleeps: what the program wrote is awaited, with a deadline.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only; these are the helpers of tests"
)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(30);

struct Session {
    screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    raw: Vec<u8>,
    // Nothing of the person who runs the tests is read or written.
    _home: Home,
}

struct Home(std::path::PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Session {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let home = std::env::temp_dir().join(format!("ecotrack-pty-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ecotrack"));
        command.args(arguments);
        command.env_clear();
        for (variable, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "en_GB.UTF-8"),
            // A port that nobody listens on.
            ("ECOTRACK_SERVER", "http://127.0.0.1:9"),
        ] {
            command.env(variable, value);
        }
        command.env("HOME", &home);
        command.cwd(&home);
        let child = pair.slave.spawn_command(command).unwrap();
        // While we hold the slave too, the end of the program is never the end of its output.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let _master = pair.master;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            screen: vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0),
            output,
            keys,
            child,
            raw: Vec::new(),
            _home: Home(home),
        }
    }

    /// Reads until the screen is as wanted.
    fn until(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.feed(&bytes),
                Err(why @ (RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => {
                    panic!(
                        "{why} while waiting for {what}:\n{}",
                        self.screen.screen().contents()
                    )
                }
            }
        }
    }

    fn shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.screen.process(bytes);
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Reads to the end of the program; how it ended and what is on the terminal then.
    fn ended(mut self) -> (ExitStatus, vt100::Parser, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.feed(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!(
                        "the program did not end:\n{}",
                        self.screen.screen().contents()
                    );
                }
            }
        }
        let status = self.child.wait().unwrap();
        (
            status,
            self.screen,
            String::from_utf8_lossy(&self.raw).into_owned(),
        )
    }
}

fn assert_given_back(terminal: &vt100::Parser) {
    let screen = terminal.screen();
    assert!(!screen.alternate_screen(), "still on the alternate screen");
    assert!(!screen.hide_cursor(), "the cursor is hidden");
    assert!(!screen.bracketed_paste(), "pasted text is still marked");
    assert_eq!(
        screen.mouse_protocol_mode(),
        vt100::MouseProtocolMode::None,
        "the mouse is still ours"
    );
}

#[test]
fn without_a_server_it_starts_draws_says_so_and_leaves_with_q() {
    let mut session = Session::start("quits", &[]);
    session.shows("EcoTrack");
    session.shows("does not answer");
    assert!(session.screen.screen().alternate_screen());
    session.press("l");
    session.shows("não responde");
    session.press("q");
    let (status, terminal, _) = session.ended();
    assert!(status.success(), "{status:?}");
    assert_given_back(&terminal);
}

#[test]
fn ctrl_c_leaves_at_once_and_gives_the_terminal_back() {
    let mut session = Session::start("ctrl-c", &[]);
    session.shows("EcoTrack");
    session.press("n");
    session.shows("Make an account");
    session.press("\u{3}");
    let (status, terminal, _) = session.ended();
    assert!(status.success(), "{status:?}");
    assert_given_back(&terminal);
}

/// One key at a time, each after the one before was drawn: none is lost between two waits.
#[test]
fn every_key_arrives_however_slowly_they_come() {
    let mut session = Session::start("keys", &[]);
    session.shows("EcoTrack");
    session.press("n");
    session.shows("Make an account");
    let name = "Ana Maria da Luz e Silva";
    for (at, character) in name.char_indices() {
        session.press(&character.to_string());
        session.shows(name[..=at].trim_end());
    }
    session.press("\u{3}");
    let (status, ..) = session.ended();
    assert!(status.success(), "{status:?}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut session = Session::start("signal", &[]);
    session.shows("EcoTrack");
    let id = session.child.process_id().unwrap();
    let id = rustix::process::Pid::from_raw(id.try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let (_, terminal, _) = session.ended();
    assert_given_back(&terminal);
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let session = Session::start("panics", &["--panic-on-start"]);
    let (status, terminal, raw) = session.ended();
    assert!(!status.success(), "{status:?}");
    assert_given_back(&terminal);
    let report = raw.rfind("asked to panic").expect("the panic is reported");
    let left = raw
        .rfind("\u{1b}[?1049l")
        .expect("the alternate screen is left");
    assert!(left < report, "the report went to the alternate screen");
}
