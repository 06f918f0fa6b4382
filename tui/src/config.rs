//! What the person set: flags, then environment, then a file, then defaults. The only room of the
//! client that looks at the environment (through clap, and through etcetera for the folders).

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ecotrack_common::account::Language;
use ecotrack_common::locale::{Locale, fl};
use etcetera::BaseStrategy;
use serde::Deserialize;
use toml::Spanned;

use crate::client::Client;
use crate::keys::{Keymap, KeymapError};

/// Where a server is when nobody says otherwise.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:7878";

/// What flags and environment say.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Configuration file.
    pub config: Option<PathBuf>,
    /// Address of the server.
    pub server: Option<String>,
    /// Language.
    pub language: Option<Language>,
    /// Folder of sign-ins and logs.
    pub state_dir: Option<PathBuf>,
}

/// What holds, after all sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Address of the server; sound, as [`Client::new`] takes it.
    pub server: String,
    /// Language of screens and sentences.
    pub language: Language,
    /// Whether it was asked for, by flag, environment or file, and not just the machine's.
    pub language_given: bool,
    /// Folder of sign-ins, logs, drafts and the outbox.
    pub state_dir: PathBuf,
    /// Which keys run what, where somebody chose others than ours.
    pub keymap: Keymap,
}

/// The configuration file, all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    /// Keys by the name of a command: `reading = "ctrl-r"`, or several in a list.
    keys: Option<Spanned<BTreeMap<String, OneOrMany>>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(key) => vec![key],
            Self::Many(keys) => keys,
        }
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be understood.
    #[error("{}:{line}: {reason}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What is wrong.
        reason: Wrong,
    },
    /// The address given by flag or environment is none.
    #[error("`{0}` is not the address of a server")]
    Address(String),
    /// There is no home folder to keep anything in.
    #[error("there is no home folder")]
    NoHome,
}

/// What is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Not TOML, an unknown key, or a value of another type; in the parser's words.
    #[error("{0}")]
    Syntax(String),
    /// No address of a server.
    #[error("`{0}` is not the address of a server")]
    Address(String),
    /// No language that there is.
    #[error("`{0}` is not a language")]
    Language(String),
    /// No key, or no command.
    #[error(transparent)]
    Keys(#[from] KeymapError),
}

impl Error {
    /// What is wrong and what to do, as a sentence.
    pub fn sentence(&self, locale: &Locale) -> String {
        let words = locale.loader();
        match self {
            Self::Unreadable { path, source } => {
                let (path, reason) = (path.display().to_string(), source.to_string());
                fl!(words, "cli-config-unreadable", path = path, reason = reason)
            }
            Self::Wrong { path, line, reason } => {
                let reason = match reason {
                    Wrong::Syntax(reason) => reason.clone(),
                    Wrong::Address(address) => {
                        fl!(words, "cli-bad-address", address = address.as_str())
                    }
                    Wrong::Language(language) => {
                        fl!(words, "cli-bad-language", language = language.as_str())
                    }
                    Wrong::Keys(KeymapError::Key(key)) => {
                        fl!(words, "cli-bad-key", key = key.as_str())
                    }
                    Wrong::Keys(KeymapError::BothWays(name)) => {
                        fl!(words, "cli-key-both-ways", name = name.as_str())
                    }
                    Wrong::Keys(KeymapError::Command(name)) => {
                        fl!(words, "cli-bad-command", name = name.as_str())
                    }
                };
                format!("{}:{line}: {reason}", path.display())
            }
            Self::Address(address) => fl!(words, "cli-bad-address", address = address.as_str()),
            Self::NoHome => fl!(words, "cli-no-home"),
        }
    }
}

impl Settings {
    /// Settings from all sources.
    ///
    /// # Errors
    /// A file that cannot be read or understood, named with its line; an address that is none.
    pub fn read(given: Given) -> Result<Self, Error> {
        let (file, path) = match given.config {
            Some(path) => (read_text(&path)?, path),
            None => match default_file() {
                Some(path) if path.exists() => (read_text(&path)?, path),
                _ => (String::new(), PathBuf::new()),
            },
        };
        let wrong = |span: Range<usize>, reason| Error::Wrong {
            path: path.clone(),
            line: line_at(&file, span.start),
            reason,
        };
        let from_file: File = toml::from_str(&file).map_err(|error| {
            wrong(
                error.span().unwrap_or_default(),
                Wrong::Syntax(error.message().to_owned()),
            )
        })?;
        let language_of_file = from_file.language.map_or(Ok(None), |text| {
            let known = parse_language(text.get_ref());
            known
                .map(Some)
                .ok_or_else(|| wrong(text.span(), Wrong::Language(text.get_ref().clone())))
        })?;
        let keymap = match from_file.keys {
            None => Keymap::default(),
            Some(keys) => {
                let span = keys.span();
                let chosen: BTreeMap<String, Vec<String>> = keys
                    .into_inner()
                    .into_iter()
                    .map(|(name, keys)| (name, keys.into_vec()))
                    .collect();
                Keymap::new(&chosen).map_err(|error| {
                    // The line that names it; the table's own where it cannot be found.
                    let at = match &error {
                        KeymapError::Key(text)
                        | KeymapError::Command(text)
                        | KeymapError::BothWays(text) => file
                            .get(span.start..)
                            .and_then(|rest| rest.find(text.as_str()))
                            .map_or(span.start, |at| span.start + at),
                    };
                    wrong(at..at, Wrong::Keys(error))
                })?
            }
        };
        let server = match (given.server, from_file.server) {
            (Some(server), _) => {
                check_address(&server).map_err(|()| Error::Address(server.clone()))?;
                server
            }
            (None, Some(server)) => {
                let refused = |()| wrong(server.span(), Wrong::Address(server.get_ref().clone()));
                check_address(server.get_ref()).map_err(refused)?;
                server.into_inner()
            }
            (None, None) => DEFAULT_SERVER.to_owned(),
        };
        let asked_for = given.language.or(language_of_file);
        Ok(Self {
            server,
            language: asked_for.unwrap_or_else(system_language),
            language_given: asked_for.is_some(),
            state_dir: given.state_dir.map_or_else(default_state_dir, Ok)?,
            keymap,
        })
    }
}

/// The language of the machine's locale, else English.
pub fn system_language() -> Language {
    sys_locale::get_locale()
        .as_deref()
        .and_then(parse_language)
        .unwrap_or(Language::English)
}

/// Reads a language as people and machines write it: `pt-BR`, `pt_BR.UTF-8`, `pt`, `en-GB`.
pub fn parse_language(text: &str) -> Option<Language> {
    let first = text.split(['-', '_', '.']).next().unwrap_or_default();
    match first.to_ascii_lowercase().as_str() {
        "pt" => Some(Language::BrazilianPortuguese),
        "en" => Some(Language::English),
        _ => None,
    }
}

fn check_address(address: &str) -> Result<(), ()> {
    Client::new(address).map(drop).map_err(drop)
}

fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn line_at(text: &str, byte: usize) -> usize {
    1 + text
        .bytes()
        .take(byte)
        .filter(|byte| *byte == b'\n')
        .count()
}

fn default_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("ecotrack").join("client.toml"))
}

fn default_state_dir() -> Result<PathBuf, Error> {
    let base = etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?;
    Ok(base
        .state_dir()
        .unwrap_or_else(|| base.data_dir())
        .join("ecotrack"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::Folder;

    fn read(text: &str, given: Given) -> Result<Settings, Error> {
        let folder = Folder::new();
        let path = folder.path().join("client.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(Given {
            config: Some(path),
            state_dir: Some("/state".into()),
            ..given
        })
    }

    #[test]
    fn a_file_is_read_and_flags_win() {
        let text = "server = \"https://home.example\"\nlanguage = \"pt\"\n";
        let settings = read(text, Given::default()).unwrap();
        assert_eq!(settings.server, "https://home.example");
        assert_eq!(settings.language, Language::BrazilianPortuguese);
        let given = Given {
            server: Some("http://127.0.0.1:9".into()),
            language: Some(Language::English),
            ..Given::default()
        };
        let settings = read(text, given).unwrap();
        assert_eq!(settings.server, "http://127.0.0.1:9");
        assert_eq!(settings.language, Language::English);
    }

    #[test]
    fn keys_are_read_and_take_the_place_of_ours() {
        let text = "[keys]\nreading = [\"ctrl-e\", \"F5\"]\nkey-bill = \"B\"\n";
        let settings = read(text, Given::default()).unwrap();
        let keys = |name: &str| {
            let command = crate::commands::all()
                .find(|command| command.name == name)
                .unwrap();
            settings
                .keymap
                .keys_of(command)
                .iter()
                .map(|key| key.label())
                .collect::<Vec<_>>()
        };
        assert_eq!(keys("key-reading"), ["Ctrl-E", "F5"]);
        assert_eq!(keys("key-bill"), ["B"]);
        assert_eq!(keys("key-undo"), ["u"]);
    }

    #[test]
    fn an_empty_file_leaves_the_defaults() {
        let settings = read("", Given::default()).unwrap();
        assert_eq!(settings.server, DEFAULT_SERVER);
        assert_eq!(settings.state_dir, Path::new("/state"));
    }

    #[test]
    fn a_corrupt_file_is_named_with_its_line() {
        for (text, line) in [
            ("language = \"en\"\nserver = \n", 2),
            ("language = \"en\"\n\nserver = 5\n", 3),
            ("language = \"en\"\nsrever = \"http://127.0.0.1:1\"\n", 2),
            ("# mine\n\nserver = \"nowhere\"\n", 3),
            (
                "server = \"http://127.0.0.1:1\"\nlanguage = \"klingon\"\n",
                2,
            ),
            ("[keys]\nreading = \"ctrl-e\"\nbill = \"hyper-q\"\n", 3),
            ("[keys]\n\nraeding = \"e\"\n", 3),
            ("[keys]\nmove = [\"w\", \"s\"]\n", 2),
            ("[keys]\nreading = 5\n", 2),
        ] {
            let error = read(text, Given::default()).unwrap_err();
            for language in Language::ALL {
                let sentence = error.sentence(&Locale::new(*language));
                assert!(
                    sentence.contains(&format!("client.toml:{line}: ")),
                    "{sentence}"
                );
            }
        }
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let given = Given {
            config: Some("/nowhere/client.toml".into()),
            ..Given::default()
        };
        let error = Settings::read(given).unwrap_err();
        assert!(
            error
                .sentence(&Locale::new(Language::English))
                .contains("/nowhere/client.toml")
        );
    }

    #[test]
    fn languages_are_read_as_machines_write_them() {
        for text in ["pt-BR", "pt_BR.UTF-8", "PT", "pt"] {
            assert_eq!(
                parse_language(text),
                Some(Language::BrazilianPortuguese),
                "{text}"
            );
        }
        for text in ["en", "en_GB.UTF-8"] {
            assert_eq!(parse_language(text), Some(Language::English), "{text}");
        }
        for text in ["C", "", "fr-FR", "entish"] {
            assert_eq!(parse_language(text), None, "{text}");
        }
    }
}
