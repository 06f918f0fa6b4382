//! Who is signed in where: one small file for each server, readable by its owner alone.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ecotrack_common::EnergyProfileId;
use ecotrack_common::locale::{Locale, fl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A sign-in that is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The server that gave the token, so that no other one is ever sent it.
    pub server: String,
    /// The token. It has no `Debug`.
    pub token: String,
    /// The home that was looked at last.
    #[serde(default)]
    pub energy_profile_id: Option<EnergyProfileId>,
}

/// Why a sign-in cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others may read the file.
    #[error("{} has mode {mode:04o}", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is not one of ours.
    #[error("{} cannot be understood", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What is wrong and what to do, as a sentence.
    pub fn sentence(&self, locale: &Locale) -> String {
        let words = locale.loader();
        match self {
            Self::TooOpen { path, mode } => {
                let (path, mode) = (path.display().to_string(), format!("{mode:04o}"));
                fl!(words, "cli-session-too-open", path = path, mode = mode)
            }
            Self::Corrupt { path } => {
                fl!(
                    words,
                    "cli-session-corrupt",
                    path = path.display().to_string()
                )
            }
            Self::Io { path, source } => {
                let (path, reason) = (path.display().to_string(), source.to_string());
                fl!(words, "cli-session-io", path = path, reason = reason)
            }
        }
    }
}

/// Where the sign-in of one server is kept.
#[derive(Debug, Clone)]
pub struct SessionFile {
    folder: PathBuf,
    server: String,
}

impl SessionFile {
    /// The file of `server` under the state folder. Nothing is touched yet.
    pub fn new(state_dir: &Path, server: &str) -> Self {
        Self {
            folder: state_dir.join("sessions"),
            server: server.trim_end_matches('/').to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.folder
            .join(format!("{}.json", file_name(&self.server)))
    }

    /// The sign-in that was kept, if there is one.
    ///
    /// # Errors
    /// A file that others may read is refused, since its token may be known by now; a file that is
    /// no session, or cannot be read.
    pub fn load(&self) -> Result<Option<Session>, Error> {
        let path = self.path();
        let mode = match fs::metadata(&path) {
            Ok(metadata) => metadata.permissions().mode() & 0o7777,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Io { path, source }),
        };
        if mode & 0o077 != 0 {
            return Err(Error::TooOpen { path, mode });
        }
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(source) => return Err(Error::Io { path, source }),
        };
        let session: Session =
            serde_json::from_slice(&text).map_err(|_| Error::Corrupt { path })?;
        // Two addresses may make one file name.
        Ok(Some(session).filter(|session| session.server == self.server))
    }

    /// Keeps a sign-in: written beside and renamed, so that a crash leaves the old or the new one.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn save(&self, token: &str, profile: Option<EnergyProfileId>) -> Result<(), Error> {
        let session = Session {
            server: self.server.clone(),
            token: token.to_owned(),
            energy_profile_id: profile,
        };
        let path = self.path();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(failed(&self.folder))?;
        let fresh = self.folder.join(format!(".{}", Uuid::now_v7()));
        let written = write_private(&fresh, &session).and_then(|()| fs::rename(&fresh, &path));
        if written.is_err() {
            // What is left of a failed attempt is of no use; that it cannot be removed either says
            // nothing new.
            drop(fs::remove_file(&fresh));
        }
        written.map_err(failed(&path))
    }

    /// Remembers another home for the sign-in that is kept; without one, does nothing.
    ///
    /// # Errors
    /// As of [`Self::load`] and [`Self::save`].
    pub fn remember_profile(&self, profile: EnergyProfileId) -> Result<(), Error> {
        match self.load()? {
            Some(session) if session.energy_profile_id != Some(profile) => {
                self.save(&session.token, Some(profile))
            }
            _ => Ok(()),
        }
    }

    /// Forgets the sign-in; `false` when there was none.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self) -> Result<bool, Error> {
        let path = self.path();
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::Io { path, source }),
        }
    }
}

/// The address of a server as the name of a file.
pub(crate) fn file_name(server: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '-' {
            c
        } else {
            '_'
        }
    };
    server.trim_end_matches('/').chars().map(plain).collect()
}

fn write_private(path: &Path, session: &Session) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    serde_json::to_writer(&mut file, session)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
pub(crate) mod tests {
    use ecotrack_common::account::Language;

    use super::*;

    /// A folder that goes when it is dropped.
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        pub(crate) fn new() -> Self {
            let path = std::env::temp_dir().join(format!("ecotrack-tui-{}", Uuid::now_v7()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    const SERVER: &str = "http://127.0.0.1:7878";

    fn home() -> EnergyProfileId {
        EnergyProfileId(Uuid::from_u128(7))
    }

    #[test]
    fn a_sign_in_is_kept_for_its_server_alone() {
        let folder = Folder::new();
        let file = SessionFile::new(folder.path(), SERVER);
        assert!(file.load().unwrap().is_none());
        file.save("the-token", Some(home())).unwrap();
        let kept = SessionFile::new(folder.path(), "http://127.0.0.1:7878/")
            .load()
            .unwrap()
            .unwrap();
        assert_eq!(
            (kept.token.as_str(), kept.energy_profile_id),
            ("the-token", Some(home()))
        );
        let twin = SessionFile::new(folder.path(), "http://127.0.0.1_7878");
        assert_eq!(twin.path(), file.path());
        assert!(twin.load().unwrap().is_none());
    }

    #[test]
    fn the_file_is_for_its_owner_alone_and_nothing_else_is_left() {
        let folder = Folder::new();
        let file = SessionFile::new(folder.path(), SERVER);
        file.save("one", None).unwrap();
        file.save("two", None).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file.path()), 0o600);
        assert_eq!(mode(file.path().parent().unwrap()), 0o700);
        assert_eq!(
            fs::read_dir(file.path().parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_what_to_do() {
        let folder = Folder::new();
        let file = SessionFile::new(folder.path(), SERVER);
        file.save("the-token", None).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = file.load().err().unwrap();
        for language in Language::ALL {
            let sentence = error.sentence(&Locale::new(*language));
            assert!(
                sentence.contains("0644") && sentence.contains("chmod 600"),
                "{sentence}"
            );
        }
    }

    #[test]
    fn a_corrupt_file_is_named() {
        let folder = Folder::new();
        let file = SessionFile::new(folder.path(), SERVER);
        file.save("the-token", None).unwrap();
        fs::write(file.path(), "{").unwrap();
        let sentence = file
            .load()
            .err()
            .unwrap()
            .sentence(&Locale::new(Language::English));
        assert!(
            sentence.contains(&file.path().display().to_string()),
            "{sentence}"
        );
    }

    #[test]
    fn another_home_is_remembered_and_a_sign_in_forgotten() {
        let folder = Folder::new();
        let file = SessionFile::new(folder.path(), SERVER);
        file.remember_profile(home()).unwrap();
        assert!(file.load().unwrap().is_none());
        file.save("the-token", None).unwrap();
        file.remember_profile(home()).unwrap();
        assert_eq!(
            file.load().unwrap().unwrap().energy_profile_id,
            Some(home())
        );
        assert!(file.forget().unwrap());
        assert!(!file.forget().unwrap());
        assert!(file.load().unwrap().is_none());
    }
}
