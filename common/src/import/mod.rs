//! Files of readings: bytes in, typed rows and findings out. Nothing here writes.
//!
//! The first format is EcoTrack's own, `timestamp,kwh`: the start of each step in ISO 8601 with
//! an offset, and the energy of the step. The step is the spacing of the rows.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{ImportBatchId, Kwh, OperationId};

pub mod delimited;
mod encoding;
pub mod file;
#[cfg(test)]
mod file_tests;
mod finding;
pub mod formats;
pub mod number;
mod own_csv;
pub mod presets;
pub mod series;
pub mod stamp;
mod temperatures;
pub mod unit;
mod usage_csv;
mod workbook;

pub use finding::{Finding, Findings, Weight, shown};
pub use own_csv::{MAX_ROWS, parse_csv};
pub use temperatures::{Temperatures, parse_temperatures};
pub use usage_csv::read_usage;

/// Spacings that steps can have, in minutes.
pub const STEP_MINUTES: [i16; 5] = [5, 10, 15, 30, 60];

/// Evenly spaced energy, as read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSeries {
    /// Spacing in minutes, one of [`STEP_MINUTES`].
    pub step_minutes: i16,
    /// Start of each step and its energy in milliwatt-hours, in order, each instant once.
    pub steps: Vec<(Timestamp, i32)>,
}

words!(
    /// What to do where a file meets steps that are stored already.
    OnConflict {
        /// Keep what is stored, report the difference.
        Skip = "skip",
        /// Take the file's.
        Replace = "replace",
    }
);

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// The batch, for undo; `None` for a dry run and where nothing changed.
    pub import_batch_id: Option<ImportBatchId>,
    /// The operation, for undo; as above.
    pub operation_id: Option<OperationId>,
    /// Rows read from the file.
    pub rows: i64,
    /// Steps that are new.
    pub added: i64,
    /// Steps that were stored already with the same energy.
    pub unchanged: i64,
    /// Steps that differ from what is stored: kept as they were, or replaced when told to.
    pub conflicting: i64,
    /// Spacing of the rows in minutes.
    pub step_minutes: i16,
    /// Energy of the file.
    pub total_kwh: Kwh,
    /// First instant.
    pub first: Option<Timestamp>,
    /// End of the last step.
    pub until: Option<Timestamp>,
    /// Missing steps between the first and the last.
    pub missing_steps: i64,
    /// What was found; errors are refused as a whole with 422 instead.
    pub findings: Vec<Finding>,
}

/// Errors of a file are capped at this many, so that a wrong file does not drown its reader.
pub const MAX_FINDINGS: usize = 100;

/// Largest energy of one step, as in the database's `integer` of milliwatt-hours.
pub fn max_step_kwh() -> Decimal {
    Kwh::from_mwh(i64::from(i32::MAX)).0
}
