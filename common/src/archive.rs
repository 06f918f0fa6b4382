//! A whole home in one file, for moving to another server or for leaving: a gzipped tar of JSON lines.
//!
//! `manifest.json` comes first, then `home.json`, which is what a home is made from, then the tables in an
//! order in which each may point at those before it, in parts `<table>/<number>.jsonl` of whole rows as
//! the database has them, and at last `end.json` with the number of rows of each table, without which an
//! archive is not whole. Accounts, channels, tokens and codes are in none of it, and of keys their names; the history has the names
//! of those who did something, which is all that another server may know of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::profile::EnergyProfile;

/// What stands in every manifest.
pub const FORMAT: &str = "ecotrack home";
/// The version of the form.
pub const VERSION: u32 = 1;

/// The largest archive, as it is sent.
pub const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// The most that it may be unpacked to: over a hundred years of quarter-hours of ten meters.
pub const MAX_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The most files in it.
pub const MAX_ENTRIES: u64 = 20_000;
/// The largest of them.
pub const MAX_ENTRY_BYTES: u64 = 16 * 1024 * 1024;

/// What an archive is of. Only `format` and `version` are read by every version of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`] of who wrote it.
    pub version: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// When.
    pub exported_at: Timestamp,
    /// The home's time zone.
    pub time_zone: String,
    /// The currency of all its amounts.
    pub currency: String,
}

/// The last file of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many rows it has of each table.
    pub rows: BTreeMap<String, u64>,
}

/// The answer to an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchiveImported {
    /// The new home.
    pub profile: EnergyProfile,
    /// How many rows came with it, by table.
    pub rows: BTreeMap<String, u64>,
    /// Saving measures that this server does not know, and what was said of them is left out.
    pub unknown_measures: Vec<String>,
    /// Names of keys that have to be made anew: what they say is known to nobody but who sends with them.
    #[serde(default)]
    pub keys: Vec<String>,
}
