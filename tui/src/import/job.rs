//! What is asked of the room that reads files, and what it says: the vocabulary of the import.

use std::sync::Arc;
use std::time::SystemTime;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::document::NotADocument;
use ecotrack_common::import::OnConflict;
use ecotrack_common::import::delimited::{Mapping, Said};
use ecotrack_common::import::file::Looked;
use uuid::Uuid;

use super::meters::Meters;

/// Something to do with files.
pub enum Job {
    /// How a path could go on.
    Complete(String),
    /// Look at a file, and send nothing.
    Look(Box<Look>),
    /// Send rows to the server.
    Send(Box<Send>),
    /// Write a mapping to a path where nothing is yet.
    SaveMapping(String, Box<Mapping>),
    /// Read a mapping.
    LoadMapping(String),
    /// Give up looking or sending.
    Stop,
}

/// A file to look at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Where it is, as it was typed.
    pub path: String,
    /// Files of other phases of the same connection, as they were typed: their values are added to its.
    pub phases: Vec<String>,
    /// What somebody said of it.
    pub said: Said,
    /// The zone that somebody said its stamps are of.
    pub time_zone: Option<String>,
    /// The home's.
    pub home_zone: Option<String>,
    /// The cycles of the home's bills, in seconds since 1970.
    pub spans: Vec<(i64, i64)>,
    /// Only the beginning of it, while somebody says how it is to be read.
    pub beginning: bool,
}

/// A file to send.
pub struct Send {
    /// To which home.
    pub home: EnergyProfileId,
    /// What was looked at.
    pub seen: Arc<Seen>,
    /// Where its channels go.
    pub meters: Meters,
    /// What to do where it meets what is stored.
    pub on_conflict: OnConflict,
    /// Leave out rows that are in doubt.
    pub accept_findings: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Make the meters that an export tells of and that the home does not have.
    pub make_meters: bool,
    /// Once with this key, however often it is sent.
    pub key: Uuid,
}

/// A file that was looked at, or several of which each is of one phase.
pub struct Seen {
    /// Its name; of several, theirs.
    pub name: String,
    /// Where it is, and what it was.
    pub file: Known,
    /// The files whose values are added to its.
    pub phases: Vec<Known>,
    /// What it holds; `None` for an export of readings, which goes as it is.
    pub looked: Option<Arc<Looked>>,
}

/// A file as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it is, as it was typed.
    pub path: String,
    /// Bytes of it.
    pub size: u64,
    /// When it was changed last: then it is to be looked at again.
    pub modified: Option<SystemTime>,
}

impl Seen {
    /// Bytes of it.
    pub fn size(&self) -> u64 {
        let phases: u64 = self.phases.iter().map(|file| file.size).sum();
        self.file.size + phases
    }
}

impl Send {
    /// What is counted while it is sent: intervals that have a meter, or bytes of an export.
    pub fn rows(&self) -> u64 {
        let Some(looked) = &self.seen.looked else {
            return self.seen.size();
        };
        let channels = looked.summary.channels.iter();
        let sent = channels.filter(|(name, _)| self.meters.contains_key(*name));
        sent.map(|(_, channel)| channel.intervals).sum()
    }
}

/// What came of it. Answers of the server come as `Reply::Imported`.
pub enum News {
    /// How what was typed could go on, each whole.
    Completed(String, Vec<String>),
    /// So many bytes of so many were looked at.
    Read(u64, u64),
    /// It was looked at.
    Looked(Result<Box<Seen>, Wrong>),
    /// So many rows went out of so many that there are.
    Sent(u64, u64),
    /// What was on its way was given up: nothing of it stays.
    Stopped,
    /// The file could not be read to its end while it was sent, so that nothing of it stays.
    Broke(Wrong),
    /// A mapping was written.
    Saved(Result<String, Wrong>),
    /// A mapping was read.
    Loaded(Result<Box<Mapping>, Wrong>),
}

/// Why a file is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing was typed.
    Empty,
    /// There is none.
    Missing(String),
    /// It is a folder.
    Folder(String),
    /// It may not be read, or nothing written there.
    Denied(String),
    /// It is a pipe or a device.
    NotAFile(String),
    /// There is no folder to write it into.
    NoFolder(String),
    /// It cannot be read or written, and why.
    Unreadable(String, String),
    /// Something is there already.
    Exists(String),
    /// It changed since it was looked at.
    Changed(String),
    /// It cannot be added as another phase of the file that was looked at.
    NoPhase(String),
    /// It is no mapping, and why.
    NoMapping(String, NotADocument),
}
