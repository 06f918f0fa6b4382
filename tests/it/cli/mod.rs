//! The command line against the real server: what is typed, what is printed, and the status.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::Path;
use std::rc::Rc;

use ecotrack_common::account::Language;
use ecotrack_tui::cli::{Streams, run};
use serde::de::DeserializeOwned;

use crate::world::{Disk, PASSWORD, World};

mod account;
mod admin;
mod alerts;
mod bills;
mod co2e;
mod compare;
mod consumption;
mod devices;
mod entries;
mod explain;
mod exports;
mod forecast;
mod foreseen;
mod history;
mod import;
mod live;
mod members;
mod mine;
mod profiles;
mod public;
mod readings;
mod report;
mod suggestions;
mod tariffs;
mod weather;

/// Somebody's shell: a server, a language, and a folder of their own for the sign-in.
struct Shell {
    url: String,
    language: Language,
    folder: Rc<Disk>,
}

/// What a command left behind.
struct Ran {
    status: u8,
    out: String,
    err: String,
}

impl Shell {
    /// A shell of somebody who is not signed in.
    fn new(world: &World, language: Language) -> Self {
        let folder = Rc::new(Disk::new());
        // Nothing of the person who runs the tests is read.
        std::fs::write(folder.path().join("client.toml"), "").unwrap();
        Self {
            url: world.url(),
            language,
            folder,
        }
    }

    /// Somebody with an account and no home.
    async fn of_somebody(world: &World, name: &str, language: Language) -> Self {
        let shell = Self::new(world, language);
        let email = format!("{}@example.org", name.to_lowercase());
        let words = ["register", "--email", &email, "--name", name];
        let input = format!("{PASSWORD}\n");
        shell.typing(&input, &words).await.good();
        shell
    }

    /// Ana, who has a home in Brazil with a meter.
    async fn of_ana(world: &World, language: Language) -> Self {
        let shell = Self::of_somebody(world, "Ana", language).await;
        let words = [
            "profiles",
            "create",
            "--name",
            "Casa Aurora",
            "--state",
            "MG",
        ];
        shell.run(&words).await.good();
        shell
    }

    /// The same shell in another language.
    fn speaking(&self, language: Language) -> Shell {
        Shell {
            url: self.url.clone(),
            language,
            folder: Rc::clone(&self.folder),
        }
    }

    async fn run(&self, words: &[&str]) -> Ran {
        self.typing("", words).await
    }

    /// Runs a command with something on its standard input.
    async fn typing(&self, input: &str, words: &[&str]) -> Ran {
        let (out, err) = (Buffer::default(), Buffer::default());
        let input = Cursor::new(input.as_bytes().to_vec());
        let streams = Streams::new(input, out.clone(), err.clone());
        let config = self.folder().join("client.toml");
        let mut all: Vec<OsString> = ["ecotrack", "--server", &self.url, "--lang"]
            .map(OsString::from)
            .to_vec();
        all.push(self.language.as_str().into());
        all.extend(["--config".into(), config.into_os_string()]);
        all.extend(["--state-dir".into(), self.folder().into()]);
        all.extend(words.iter().map(OsString::from));
        let status = Box::pin(run(all, streams)).await;
        Ran {
            status,
            out: out.text(),
            err: err.text(),
        }
    }

    /// Runs a command for its JSON, which must be what the wire has.
    async fn json<T: DeserializeOwned>(&self, words: &[&str]) -> T {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        self.run(&words).await.json()
    }

    /// A file that the shell can name.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Ran {
    /// What it printed; it did what it should and complained of nothing.
    #[track_caller]
    fn good(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// What it printed, as a type of the wire.
    #[track_caller]
    fn json<T: DeserializeOwned>(self) -> T {
        let out = self.good();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}:\n{out}"))
    }

    /// What it complained of; it printed nothing and its status says so.
    #[track_caller]
    fn bad(self, status: u8) -> String {
        assert_eq!(
            (self.status, self.out.as_str()),
            (status, ""),
            "{}",
            self.err
        );
        self.err
    }
}

#[derive(Clone, Default)]
struct Buffer(Rc<RefCell<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines under a refusal's first, each a field by its flag, are these and no others.
#[track_caller]
fn assert_fields(told: &str, fields: &[&str]) {
    let lines: Vec<&str> = told.lines().skip(1).map(str::trim).collect();
    assert_eq!(lines, fields, "{told}");
}
