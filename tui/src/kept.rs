//! What survives a closed terminal: drafts of forms, writes that wait for the server, and what was on
//! the screen last, each in a file of its own that only its owner can read.
//!
//! One file each, named by a key that sorts by time, so that two terminals of one person never
//! overwrite each other and an entry is written, or removed, in one step.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ecotrack_common::account::Account;
use ecotrack_common::consumption::{Consumption, Patterns};
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::ForecastReport;
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::public::PublicSummary;
use ecotrack_common::{AccountId, EnergyProfileId, Problem};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::forms::Subject;

/// What was typed into a form that was not sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Key; its file's name.
    pub draft_id: Uuid,
    /// Whose it is.
    pub account_id: AccountId,
    /// For which home; none for a home that is being made.
    pub energy_profile_id: Option<EnergyProfileId>,
    /// What the form is about.
    pub subject: Subject,
    /// The row that it changes, as it was when the form was opened.
    pub base: Option<Value>,
    /// What stands in each field.
    pub values: BTreeMap<String, String>,
    /// When it was typed.
    pub at: Timestamp,
    /// In which process: while that lives, nobody else goes on with it.
    #[serde(default)]
    pub process: u32,
}

/// A method of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Adds.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

/// A request that changes something; sent again with the same key it is done once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// `Idempotency-Key`.
    pub key: Uuid,
    /// What to do.
    pub method: Method,
    /// Where, its query included.
    pub path: String,
    /// The body, if it has one.
    pub body: Option<Value>,
}

/// A write that waits for the server, or that the server refused after its form was gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The request; its key is the file's name.
    pub write: Write,
    /// Whose it is.
    pub account_id: AccountId,
    /// In which home.
    pub energy_profile_id: Option<EnergyProfileId>,
    /// What it is about, to open its form again.
    pub subject: Subject,
    /// The row that it changes.
    pub base: Option<Value>,
    /// What was typed.
    pub values: BTreeMap<String, String>,
    /// When.
    pub at: Timestamp,
    /// Why the server did not take it.
    pub refused: Option<Problem>,
}

/// What was on the screen last, for the first frame of the next start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Last {
    /// Who was signed in.
    pub account: Account,
    /// Their homes.
    pub homes: Vec<EnergyProfile>,
    /// The dashboard of the home that was open.
    pub dashboard: Dashboard,
    /// Its tag.
    pub etag: String,
    /// Its forecast, where somebody looked at it.
    #[serde(default)]
    pub forecast: Option<ForecastReport>,
    /// What it used, as somebody looked at it last.
    #[serde(default)]
    pub consumption: Option<Consumption>,
    /// What it usually does, likewise.
    #[serde(default)]
    pub patterns: Option<Patterns>,
}

/// What the server last said to anybody, for the welcome screen of a start without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Public {
    /// Totals and how to join.
    pub summary: PublicSummary,
    /// When it said so.
    pub at: Timestamp,
}

/// Something to keep.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// What was on the screen.
    Last(Box<Last>),
    /// What anybody may see.
    Public(Box<Public>),
    /// What was typed.
    Draft(Box<Draft>),
    /// What waits.
    Waiting(Box<Waiting>),
}

/// Something that is no longer needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// What was on the screen.
    Last,
    /// A draft.
    Draft(Uuid),
    /// A write, by its key.
    Waiting(Uuid),
}

/// Everything that was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Everything {
    /// Drafts, oldest first.
    pub drafts: Vec<Draft>,
    /// Writes, in the order in which they were entered.
    pub waiting: Vec<Waiting>,
    /// What was on the screen.
    pub last: Option<Box<Last>>,
    /// What anybody may see.
    pub public: Option<Box<Public>>,
}

/// Where it is kept, for one server.
#[derive(Debug, Clone)]
pub struct KeptFolder {
    drafts: PathBuf,
    waiting: PathBuf,
    last: PathBuf,
    public: PathBuf,
}

impl KeptFolder {
    /// The folders of `server` under the state folder. Nothing is touched yet.
    pub fn new(state_dir: &Path, server: &str) -> Self {
        let server = crate::session::file_name(server);
        Self {
            drafts: state_dir.join("drafts").join(&server),
            waiting: state_dir.join("outbox").join(&server),
            last: state_dir.join("last").join(&server),
            public: state_dir.join("public").join(&server),
        }
    }

    /// Keeps it, in the place of what was kept under its key.
    ///
    /// A write is on the disk when this returns, whatever happens to the machine; a draft is when
    /// the system gets to it, since each key pressed makes one.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn put(&self, kept: &Kept) -> io::Result<()> {
        match kept {
            Kept::Draft(draft) => put(&self.drafts, draft.draft_id, draft, false),
            // There is one of it.
            Kept::Last(last) => put(&self.last, Uuid::nil(), last, false),
            Kept::Public(public) => put(&self.public, Uuid::nil(), public, false),
            Kept::Waiting(waiting) => put(&self.waiting, waiting.write.key, waiting, true),
        }
    }

    /// Forgets it; that it is not there is as good.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&self, done: Done) -> io::Result<()> {
        let path = match done {
            Done::Draft(id) => path(&self.drafts, id),
            Done::Last => path(&self.last, Uuid::nil()),
            Done::Waiting(key) => path(&self.waiting, key),
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// All that was kept. A file that cannot be understood is left where it is, and logged.
    pub fn load(&self) -> Everything {
        Everything {
            drafts: load::<Draft>(&self.drafts)
                .into_iter()
                .filter(|draft| !is_typed_elsewhere(draft.process))
                .collect(),
            waiting: load(&self.waiting),
            last: load(&self.last).pop().map(Box::new),
            public: load(&self.public).pop().map(Box::new),
        }
    }
}

/// Whether another process, and one that lives, has it on its screen.
fn is_typed_elsewhere(process: u32) -> bool {
    process != std::process::id()
        && i32::try_from(process)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

fn path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn put(folder: &Path, id: Uuid, value: &impl Serialize, lasting: bool) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    // Beside and renamed, so that a crash leaves the old or the new one.
    let fresh = folder.join(format!(".{id}.{}", std::process::id()));
    let written = write(&fresh, value, lasting)
        .and_then(|()| fs::rename(&fresh, path(folder, id)))
        .and_then(|()| {
            if lasting {
                fs::File::open(folder)?.sync_all()
            } else {
                Ok(())
            }
        });
    if written.is_err() {
        // What is left of a failed attempt is of no use.
        drop(fs::remove_file(&fresh));
    }
    written
}

fn write(path: &Path, value: &impl Serialize, lasting: bool) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    file.write_all(&text)?;
    if lasting {
        file.sync_all()?;
    }
    Ok(())
}

fn load<T: DeserializeOwned>(folder: &Path) -> Vec<T> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    // UUIDs of version 7 sort by time.
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let read = fs::read(&path)
                .map_err(|error| error.to_string())
                .and_then(|text| serde_json::from_slice(&text).map_err(|e| e.to_string()));
            read.map_err(|error| {
                tracing::error!(path = %path.display(), error, "a kept entry cannot be read");
            })
            .ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::Folder;

    fn waiting(n: u128) -> Waiting {
        Waiting {
            write: Write {
                key: Uuid::from_u128(n),
                method: Method::Post,
                path: "/api/v1/x".into(),
                body: Some(serde_json::json!({ "n": n.to_string() })),
            },
            account_id: AccountId(Uuid::from_u128(1)),
            energy_profile_id: None,
            subject: Subject::Bill(None),
            base: None,
            values: BTreeMap::new(),
            at: Timestamp::UNIX_EPOCH,
            refused: None,
        }
    }

    #[test]
    fn what_waits_comes_back_in_order_and_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let kept = KeptFolder::new(folder.path(), "http://127.0.0.1:7878");
        assert_eq!(kept.load(), Everything::default());
        for n in [3, 1, 2] {
            kept.put(&Kept::Waiting(Box::new(waiting(n)))).unwrap();
        }
        let keys: Vec<u128> = kept
            .load()
            .waiting
            .iter()
            .map(|waiting| waiting.write.key.as_u128())
            .collect();
        assert_eq!(keys, [1, 2, 3]);
        let file = path(&kept.waiting, Uuid::from_u128(1));
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        kept.remove(Done::Waiting(Uuid::from_u128(1))).unwrap();
        kept.remove(Done::Waiting(Uuid::from_u128(1))).unwrap();
        assert_eq!(kept.load().waiting.len(), 2);
    }

    #[test]
    fn what_anybody_may_see_is_kept_for_each_server_and_outlives_a_sign_out() {
        let folder = Folder::new();
        let here = KeptFolder::new(folder.path(), "http://127.0.0.1:7878");
        let public = Public {
            summary: crate::testing::summary(),
            at: Timestamp::UNIX_EPOCH,
        };
        here.put(&Kept::Public(Box::new(public.clone()))).unwrap();
        here.remove(Done::Last).unwrap();
        assert_eq!(here.load().public.as_deref(), Some(&public));
        let there = KeptFolder::new(folder.path(), "https://example.org");
        assert_eq!(there.load().public, None);
    }

    #[test]
    fn a_torn_file_is_left_alone_and_the_others_are_read() {
        let folder = Folder::new();
        let kept = KeptFolder::new(folder.path(), "http://127.0.0.1:7878");
        kept.put(&Kept::Waiting(Box::new(waiting(1)))).unwrap();
        let torn = path(&kept.waiting, Uuid::from_u128(2));
        fs::write(&torn, "{\"write\":").unwrap();
        assert_eq!(kept.load().waiting, [waiting(1)]);
        assert!(torn.exists());
    }
}
