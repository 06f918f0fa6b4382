//! What writes of every entity have in common: the version they are based on, and what they answer.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::OperationId;

/// A change of a row: the whole of what it shall be, and the version that was seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changed<T> {
    /// The version on which the change is based.
    pub version: i64,
    /// What it shall be.
    #[serde(flatten)]
    pub row: T,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Changed<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let (version, row) = beside(reader, "version")?;
        Ok(Self { version, row })
    }
}

/// Reads one field of an object by itself, and the others as a row. Serde's own flattening would let
/// pass what the row does not know, and somebody would believe that it was stored.
pub(crate) fn beside<'de, D, F, T>(reader: D, field: &'static str) -> Result<(F, T), D::Error>
where
    D: Deserializer<'de>,
    F: DeserializeOwned,
    T: DeserializeOwned,
{
    let mut fields = Map::deserialize(reader)?;
    let value = match fields.remove(field) {
        Some(value) => {
            F::deserialize(value).map_err(|error| Error::custom(format!("{field}: {error}")))?
        }
        None => F::deserialize(Value::Null).map_err(|_| Error::missing_field(field))?,
    };
    let row = serde_path_to_error::deserialize(Value::Object(fields));
    Ok((value, row.map_err(Error::custom)?))
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
