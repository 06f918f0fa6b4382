//! Who changed what, and taking it back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccountId, OperationId};

words!(
    /// What an operation did.
    Act {
        /// Rows were added.
        Insert = "insert",
        /// Rows were corrected.
        Update = "update",
        /// Rows were removed.
        Delete = "delete",
    }
);

/// The answer to an undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Undone {
    /// The operation that was taken back.
    pub undone: OperationId,
    /// The operation that did it; undoing this one redoes.
    pub operation_id: OperationId,
    /// How many rows changed.
    pub rows: i64,
}

/// One act of one person, as the audit trail has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operation {
    /// Key, by which it is taken back.
    pub operation_id: OperationId,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for a program, or for an account that is gone.
    pub account_id: Option<AccountId>,
    /// Display name of who.
    pub by: Option<String>,
    /// The operation that this one took back.
    pub undoes: Option<OperationId>,
    /// Whether this one was taken back.
    pub undone: bool,
    /// How many rows it changed.
    pub rows: i64,
    /// The rows that it changed, in order; the first hundred.
    pub entries: Vec<OperationEntry>,
}

/// One changed row: whole, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationEntry {
    /// Its table.
    pub entity: String,
    /// What was done to it.
    pub act: Act,
    /// The row before.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub before: Option<Value>,
    /// The row after.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub after: Option<Value>,
}

/// A page of operations, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationPage {
    /// They.
    pub operations: Vec<Operation>,
    /// Pass as `before` to get the next page; `None` on the last.
    pub next_before: Option<OperationId>,
}
