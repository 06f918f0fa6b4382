//! Who changed what, and taking it back.

use serde::{Deserialize, Serialize};

use crate::OperationId;

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
