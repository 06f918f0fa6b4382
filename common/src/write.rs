//! What writes of every entity have in common: the version they are based on, and what they answer.

use serde::{Deserialize, Serialize};

use crate::OperationId;

/// A change of a row: the whole of what it shall be, and the version that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changed<T> {
    /// The version on which the change is based.
    pub version: i64,
    /// What it shall be.
    #[serde(flatten)]
    pub row: T,
}

/// The answer to a write of one row: the key by which it is undone, and the row as it now stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Written<T> {
    /// What can be undone.
    pub operation_id: OperationId,
    /// The row; `None` after a removal.
    pub row: Option<T>,
}

/// The answer to a write of several rows in one transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchWritten<T> {
    /// What can be undone, all of it at once.
    pub operation_id: OperationId,
    /// The rows, in the order in which they were sent.
    pub rows: Vec<T>,
}

/// The rows that one request may bring at most.
pub const MAX_BATCH: usize = 500;
