//! What who administers the server sees and changes: reference data against what ships, accounts,
//! jobs, trainings, and the trail of who changed what. Nothing here is of anybody's home but its key.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

mod check;
mod sets;
#[cfg(test)]
mod tests;

pub use sets::{AdminSet, Column, Description, Kind};

use crate::account::Language;
use crate::{AccountId, EnergyProfileId};

/// A row of a set: column to value. Decimals and days are strings, as everywhere on the wire.
pub type Values = BTreeMap<String, Value>;

/// A row of a set, beside what ships.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminRow {
    /// Its key: the columns of the key, joined by `/`.
    pub key: String,
    /// What is in force. A list leaves documents out.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub values: Values,
    /// What ships; `None` for a row that was added here, or that ships no more.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub shipped: Option<Values>,
    /// Columns in which the two differ.
    pub differs: Vec<String>,
    /// When it was edited here; `None` where it follows what ships.
    pub edited_at: Option<Timestamp>,
    /// For the next update: the version that was seen.
    pub version: i64,
}

impl AdminRow {
    /// How it stands to what ships.
    pub fn standing(&self) -> Standing {
        match (&self.shipped, self.edited_at) {
            (None, _) => Standing::Added,
            (Some(_), Some(_)) => Standing::Edited,
            (Some(_), None) => Standing::Shipped,
        }
    }
}

words!(
    /// How a row stands to what ships.
    Standing {
        /// As it ships.
        Shipped = "shipped",
        /// Edited here; an update of the program leaves it alone.
        Edited = "edited",
        /// Added here, or it ships no more.
        Added = "added",
    }
);

/// A page of a set, by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminRowPage {
    /// They.
    pub rows: Vec<AdminRow>,
    /// Pass as `after` to get the next page; `None` on the last.
    pub next_after: Option<String>,
}

/// A row to add: all of its columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAdminRow {
    /// They.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub values: Values,
}

/// A row as it shall be, and the version that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedAdminRow {
    /// The version on which the change is based.
    pub version: i64,
    /// All of its columns; those of the key as they are. A document may be left out, and stays.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub values: Values,
}

/// A request that is based on a version and says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfVersion {
    /// The version that was seen.
    pub version: i64,
}

/// The answer to a write of a row; `row` is `None` after a removal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminWritten {
    /// Its entry in the trail.
    pub admin_entry_id: Uuid,
    /// The row as it now stands.
    pub row: Option<AdminRow>,
}

/// What is to be known of a set before its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetSummary {
    /// Which.
    pub set: AdminSet,
    /// Its rows.
    pub rows: i64,
    /// Those edited here.
    pub edited: i64,
    /// Those added here.
    pub added: i64,
}

words!(
    /// What an administrator did.
    AdminAct {
        /// A row was added.
        Insert = "insert",
        /// A row was changed.
        Update = "update",
        /// A row was removed.
        Delete = "delete",
        /// A row was put back to what ships.
        Reset = "reset",
        /// An account became an administrator.
        Promote = "promote",
        /// An account is none any more.
        Demote = "demote",
        /// A recovery code was made.
        Recover = "recover",
        /// Every session of an account was ended.
        SignOut = "sign_out",
        /// A job was put back into the queue.
        Retry = "retry",
    }
);

/// One act, as the trail of administration has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminEntry {
    /// Key; sorts by time.
    pub admin_entry_id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Display name of who; `None` for an account that is gone.
    pub by: Option<String>,
    /// The table.
    pub entity: String,
    /// The row's key, the account's address, the job's task.
    pub subject: String,
    /// What was done.
    pub act: AdminAct,
    /// The row before.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub before: Option<Value>,
    /// The row after.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub after: Option<Value>,
}

/// A page of the trail, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminEntryPage {
    /// They.
    pub entries: Vec<AdminEntry>,
    /// Pass as `before` to get the next page; `None` on the last.
    pub next_before: Option<Uuid>,
}

/// An account, as an administrator sees it: nothing of what its homes hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminAccount {
    /// Key.
    pub account_id: AccountId,
    /// E-mail address.
    pub email: String,
    /// What this person is called.
    pub display_name: String,
    /// The language of screens and mails.
    pub language: Language,
    /// Since when.
    pub created_at: Timestamp,
    /// When a session of it was last opened; `None` where none is kept.
    pub last_sign_in_at: Option<Timestamp>,
    /// Sessions that stand.
    pub sessions: i64,
    /// Homes that it belongs to.
    pub homes: i64,
    /// Whether it administers the server.
    pub administrator: bool,
}

/// A page of accounts, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminAccountPage {
    /// They.
    pub accounts: Vec<AdminAccount>,
    /// Pass as `after` to get the next page; `None` on the last.
    pub next_after: Option<String>,
}

/// A request to make somebody an administrator, or to take that away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedAdministrator {
    /// What they shall be.
    pub administrator: bool,
}

/// A fresh recovery code: the only time that it travels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryMade {
    /// Whose.
    pub email: String,
    /// The code to pass on, like `ABCD-EFGH-JKMN-PQRS`; works once.
    pub code: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

words!(
    /// How a job stands.
    JobState {
        /// It waits for its turn.
        Queued = "queued",
        /// It is being done.
        Running = "running",
        /// It failed, and is tried again by itself.
        Retrying = "retrying",
        /// It failed as often as it may, and is not tried again.
        Failed = "failed",
    }
);

/// A job in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminJob {
    /// Key.
    pub job_id: i64,
    /// What it does.
    pub task: String,
    /// The home that it is for, by its key alone.
    pub energy_profile_id: Option<EnergyProfileId>,
    /// How it stands.
    pub state: JobState,
    /// When it is due.
    pub run_at: Timestamp,
    /// How often it was begun.
    pub attempts: i32,
    /// How often it may be.
    pub max_attempts: i32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// A page of jobs, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminJobPage {
    /// They.
    pub jobs: Vec<AdminJob>,
    /// Pass as `after` to get the next page; `None` on the last.
    pub next_after: Option<i64>,
}

/// A training of a home's forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminTraining {
    /// Key.
    pub training_run_id: Uuid,
    /// The home, by its key alone.
    pub energy_profile_id: EnergyProfileId,
    /// What asked for it: `schedule`, `request`, `data`, `drift` or `demo`.
    pub trigger: String,
    /// `running`, `succeeded`, `too_little` or `failed`.
    pub state: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds; `None` while it runs.
    pub duration_ms: Option<i64>,
    /// Why it ended as it did, where there is something to say.
    pub message: Option<String>,
}

/// How the trainings of all homes stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrainingCounts {
    /// In the queue, those that are tried again among them.
    pub waiting: i64,
    /// Under way.
    pub running: i64,
    /// Failed in the last seven days, and not done since.
    pub failed: i64,
}

/// A page of trainings, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminTrainingPage {
    /// They.
    pub trainings: Vec<AdminTraining>,
    /// Pass as `before` to get the next page; `None` on the last.
    pub next_before: Option<Uuid>,
    /// How they stand; with the first page only.
    pub counts: Option<TrainingCounts>,
}
