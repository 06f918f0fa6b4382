//! Files of readings: bytes in, typed rows and findings out. Nothing here writes.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{ImportBatchId, Kwh, MeterId, OperationId};

#[cfg(test)]
mod archive_tests;
pub mod bills;
#[cfg(test)]
mod clock_tests;
pub mod delimited;
mod encoding;
#[cfg(test)]
mod export_tests;
pub mod file;
#[cfg(test)]
mod file_tests;
mod finding;
pub mod formats;
#[cfg(test)]
mod layout_tests;
mod month;
pub mod number;
mod own_csv;
pub mod own_rows;
pub mod presets;
mod quoted_line;
pub mod series;
pub mod stamp;
mod temperatures;
pub mod together;
pub mod unit;
mod usage_csv;
#[cfg(test)]
mod utility_tests;
#[cfg(test)]
mod whole_tests;
mod workbook;

pub use bills::BillsImport;
pub use finding::{Finding, Findings, Weight, shown};
pub use temperatures::{Temperatures, parse_temperatures};
pub use usage_csv::read_usage;

/// Spacings that steps can have, in minutes.
pub const STEP_MINUTES: [i16; 5] = [5, 10, 15, 30, 60];

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
    /// Rows of the file, those that were left out among them.
    pub rows: i64,
    /// What became of each meter that the file tells of, by key.
    pub meters: Vec<MeterImport>,
    /// What was found, some of each kind; the rest is counted by `more`. What casts doubt on rows is
    /// here only where it was accepted, and refused as a whole with 422 otherwise.
    pub findings: Vec<Finding>,
    /// What became of the bills that the file tells of, if it tells of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bills: Option<BillsImport>,
}

/// What an import did to one meter, or would do. What is counted, unless it says rows, is what is
/// stored: steps, or readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeterImport {
    /// The meter.
    pub meter_id: MeterId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Rows of the file that were taken.
    pub rows: i64,
    /// What is new.
    pub added: i64,
    /// What was stored already with the same energy.
    pub unchanged: i64,
    /// What differs from what is stored: kept as it was, or replaced when told to.
    pub conflicting: i64,
    /// The finest steps of the file in minutes; `None` where it has no steps of an hour or less.
    pub step_minutes: Option<i16>,
    /// Energy of the rows; registers tell none.
    pub total_kwh: Kwh,
    /// First instant.
    pub first: Option<Timestamp>,
    /// End of the last row.
    pub until: Option<Timestamp>,
    /// Steps between the first and the last instant that no row covers.
    pub missing_steps: i64,
}

/// Errors of a file are capped at this many, so that a wrong file does not drown its reader.
pub const MAX_FINDINGS: usize = 100;

/// Largest energy of one step, as in the database's `integer` of milliwatt-hours.
pub fn max_step_kwh() -> Decimal {
    Kwh::from_mwh(i64::from(i32::MAX)).0
}
