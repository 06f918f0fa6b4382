//! What it was like outside: one mean temperature for each local day of a home.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cycle::check_day;
use crate::import::Finding;
use crate::{FieldErrors, OperationId};

/// The coldest and the warmest mean of a day that is believed, in °C.
pub const MEAN_TEMP_C: (i64, i64) = (-90, 70);

words!(
    /// Where a temperature comes from. A file of somebody's is never written over by the online
    /// source, and what is said of the last days gives way to the archive.
    WeatherSource {
        /// A file that a member imported.
        File = "file",
        /// The archive of the online source.
        Archive = "archive",
        /// The online source's word on the last days, which the archive does not have yet.
        Recent = "recent",
    }
);

/// A day's mean temperature outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeatherObservation {
    /// The home's local day, its key within the home.
    pub local_date: Date,
    /// The mean of the day, °C.
    pub mean_temp_c: Decimal,
    /// Where it comes from.
    pub source: WeatherSource,
}

/// Temperatures, the newest day first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeatherPage {
    /// Days that are known; those between that are not are not listed.
    pub days: Vec<WeatherObservation>,
    /// Ask for the days up to this one to see more; none when there are no more.
    pub next_to: Option<Date>,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeatherImport {
    /// The operation, for undo; `None` for a dry run and where nothing changed.
    pub operation_id: Option<OperationId>,
    /// Rows read from the file.
    pub rows: i64,
    /// Days that were not known.
    pub added: i64,
    /// Days that had another temperature, or the same from the online source.
    pub replaced: i64,
    /// Days that were known so from a file.
    pub unchanged: i64,
    /// The first day that the file knows.
    pub first: Option<Date>,
    /// The last one.
    pub last: Option<Date>,
    /// What is worth knowing, such as days with too few hours; errors are refused as a whole.
    pub findings: Vec<Finding>,
}

/// What a removal did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeatherRemoved {
    /// The operation, for undo; `None` where no day was known.
    pub operation_id: Option<OperationId>,
    /// Days that were forgotten.
    pub removed: i64,
}

/// The rules for the span of a removal, for form and handler alike.
pub fn check_span(from: Date, to: Date) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    check_day(&mut errors, "from", Some(from));
    check_day(&mut errors, "to", Some(to));
    if to < from {
        errors.add("to", "ends_before_it_starts");
    }
    errors.into_result()
}
