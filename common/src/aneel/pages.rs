//! A table of the open data, page by page, as CKAN's `datastore_search` answers it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Record, Resource};

/// Path of the search, below the address of the open data.
pub const SEARCH: &str = "/api/3/action/datastore_search";
/// Rows that are asked for at once.
const PAGE_ROWS: usize = 1000;
/// More rows than the tables have (tariffs of homes are some ten thousand) would be another table.
const MAX_ROWS: usize = 200_000;

/// Why a page, or all of them together, are not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// No JSON of this shape.
    #[error("the {0} are not what CKAN answers: {1}")]
    Shape(&'static str, String),
    /// CKAN says that it failed.
    #[error("CKAN has no {0} for us: {1}")]
    Refused(&'static str, String),
    /// A column is not there any more.
    #[error("the {0} have no column {1}; ANEEL changed them, and EcoTrack must learn that")]
    Column(&'static str, &'static str),
    /// Fewer rows than were announced.
    #[error("a page of the {resource} has {found} rows where {expected} were due")]
    Short {
        /// Of which table.
        resource: &'static str,
        /// How many came.
        found: usize,
        /// How many should have.
        expected: usize,
    },
    /// The table changed while it was read: what is here is of two tables.
    #[error("the {0} changed while they were read; try again later")]
    Changed(&'static str),
    /// None at all.
    #[error("there are no {0}; ANEEL may have renamed what is asked for")]
    Empty(&'static str),
    /// Too many.
    #[error("{1} {0} are more than there can be")]
    TooMany(&'static str, usize),
}

/// The pages of a table that came so far.
#[derive(Debug)]
pub struct Pages {
    resource: Resource,
    total: Option<usize>,
    rows: Vec<(i64, Map<String, Value>)>,
}

impl Pages {
    /// None came yet.
    pub fn new(resource: Resource) -> Self {
        Self {
            resource,
            total: None,
            rows: Vec::new(),
        }
    }

    /// The query of the page that is due; `None` when all came.
    pub fn due(&self) -> Option<Vec<(&'static str, String)>> {
        if self.total.is_some_and(|total| self.rows.len() >= total) {
            return None;
        }
        let mut query = vec![
            ("resource_id", self.resource.id.to_owned()),
            ("limit", PAGE_ROWS.to_string()),
            ("offset", self.rows.len().to_string()),
            // Without an order a page may hold rows of another.
            ("sort", "_id".to_owned()),
        ];
        if !self.resource.filters.is_empty() {
            query.push(("filters", self.resource.filters.to_owned()));
        }
        Some(query)
    }

    /// Takes the answer to that.
    pub fn take(&mut self, body: &[u8]) -> Result<(), PageError> {
        #[derive(Deserialize)]
        struct Answer {
            success: bool,
            result: Option<Found>,
            error: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Found {
            total: usize,
            limit: Option<usize>,
            records: Vec<Map<String, Value>>,
        }
        let name = self.resource.name;
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|error| PageError::Shape(name, error.to_string()))?;
        if !answer.success {
            let why = answer.error.unwrap_or_default().to_string();
            return Err(PageError::Refused(name, why.chars().take(200).collect()));
        }
        let found = answer
            .result
            .ok_or_else(|| PageError::Shape(name, "`result` is missing".to_owned()))?;
        if self.total.is_some_and(|total| total != found.total) {
            return Err(PageError::Changed(name));
        }
        if found.total == 0 {
            return Err(PageError::Empty(name));
        }
        if found.total > MAX_ROWS {
            return Err(PageError::TooMany(name, found.total));
        }
        // CKAN may give fewer than were asked for, and says so.
        let most = found.limit.unwrap_or(PAGE_ROWS).min(PAGE_ROWS);
        let expected = most.min(found.total - self.rows.len());
        if found.records.len() != expected {
            return Err(PageError::Short {
                resource: name,
                found: found.records.len(),
                expected,
            });
        }
        for record in found.records {
            let missing = self.resource.columns.iter();
            if let Some(column) = missing
                .copied()
                .find(|column| !record.contains_key(*column))
            {
                return Err(PageError::Column(name, column));
            }
            let id = record.get("_id").and_then(Value::as_i64);
            let id = id.ok_or_else(|| PageError::Shape(name, "a row has no `_id`".to_owned()))?;
            self.rows.push((id, record));
        }
        self.total = Some(found.total);
        if self.due().is_none() {
            let different: BTreeSet<i64> = self.rows.iter().map(|(id, _)| *id).collect();
            if different.len() != self.rows.len() {
                return Err(PageError::Changed(name));
            }
        }
        Ok(())
    }

    /// The rows.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|(row, cells)| Record {
            resource: self.resource.name,
            row: *row,
            cells,
        })
    }
}
