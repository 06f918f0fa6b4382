//! JSON documents that somebody wrote or was handed, such as a mapping or a tariff.

use serde::de::DeserializeOwned;

/// Why a text is no such document; [`crate::locale::Locale::document_error`] says it in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct NotADocument {
    /// Where in the document; `.` is all of it.
    pub path: String,
    /// What its reader found, in English.
    pub detail: String,
}

/// Reads a document, after which nothing may follow.
///
/// # Errors
/// Where in the text something is wrong, and what.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, NotADocument> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let document = serde_path_to_error::deserialize(&mut reader).map_err(|error| NotADocument {
        path: error.path().to_string(),
        detail: error.inner().to_string(),
    })?;
    reader.end().map_err(|error| NotADocument {
        path: ".".to_owned(),
        detail: error.to_string(),
    })?;
    Ok(document)
}
