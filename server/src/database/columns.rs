//! From a column to a type of ours.

use std::error::Error;
use std::str::FromStr;

/// A word of a closed list, as stored. The column's CHECK keeps others out, so a word that is not
/// known was written by a newer server.
pub fn word<T: FromStr>(text: &str) -> sqlx::Result<T>
where
    T::Err: Error + Send + Sync + 'static,
{
    text.parse()
        .map_err(|error: T::Err| sqlx::Error::Decode(Box::new(error)))
}

/// A JSON document, as stored.
pub fn document<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> sqlx::Result<T> {
    serde_json::from_value(json).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
