//! A trained model as it is kept: one JSON value with its versions and a checksum that is verified on loading.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::features::{FeatureSchema, SchemaMismatch};
use super::interval::Bands;
use super::learn::TrainingReport;
use super::model::Fitted;
use super::shared::Shared;

/// Version of the artefact's shape.
pub const ARTEFACT_VERSION: u32 = 2;

/// A model with all that is needed to forecast from it and to say how good it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artefact {
    pub version: u32,
    pub features_version: u32,
    pub schema: FeatureSchema,
    /// Fingerprint of the shared coefficients that the model was drawn from; `None` of a model that needs none.
    pub shared: Option<String>,
    /// `None` of a home that was forecast from too little to keep a model.
    pub fitted: Option<Fitted>,
    pub bands: Bands,
    pub report: TrainingReport,
}

/// Why a kept model is of no use. Whichever it is, training anew helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    #[error("the kept model is damaged: its checksum does not match")]
    Damaged,
    #[error(
        "the kept model has version {found}, this program reads version {expected}; train anew"
    )]
    Version { found: u64, expected: u32 },
    #[error(transparent)]
    Schema(#[from] SchemaMismatch),
    #[error(
        "the kept model was drawn from other shared coefficients than this program's; train anew"
    )]
    Coefficients,
    #[error("the kept model cannot be read: {0}")]
    Unreadable(String),
}

impl Artefact {
    pub(super) fn new(fitted: Option<Fitted>, bands: Bands, report: TrainingReport) -> Self {
        let schema = FeatureSchema::current();
        let draws = fitted
            .as_ref()
            .is_some_and(|fitted| fitted.shift().is_some());
        Self {
            version: ARTEFACT_VERSION,
            features_version: schema.version,
            schema,
            shared: draws.then(|| Shared::shipped_fingerprint().to_owned()),
            fitted,
            bands,
            report,
        }
    }

    /// `{"model": …, "checksum": "<SHA-256, hex>"}`.
    pub fn to_value(&self) -> Value {
        let model = serde_json::to_value(self).expect("string keys and finite numbers only");
        let checksum = checksum(&model);
        json!({ "model": model, "checksum": checksum })
    }

    /// Verifies checksum, version, schema and shared coefficients, in this order.
    pub fn from_value(value: &Value) -> Result<Self, ArtefactError> {
        let model = value.get("model").ok_or(ArtefactError::Damaged)?;
        if value.get("checksum").and_then(Value::as_str) != Some(checksum(model).as_str()) {
            return Err(ArtefactError::Damaged);
        }
        let found = model
            .get("version")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        if found != u64::from(ARTEFACT_VERSION) {
            return Err(ArtefactError::Version {
                found,
                expected: ARTEFACT_VERSION,
            });
        }
        let unreadable = |error: serde_json::Error| ArtefactError::Unreadable(error.to_string());
        // The schema first: parameters of other columns need not even have this shape.
        let schema = model.get("schema").ok_or(ArtefactError::Damaged)?;
        FeatureSchema::deserialize(schema)
            .map_err(unreadable)?
            .check()?;
        let artefact = Self::deserialize(model).map_err(unreadable)?;
        match artefact.shared.as_deref() {
            Some(shared) if shared != Shared::shipped_fingerprint() => {
                Err(ArtefactError::Coefficients)
            }
            _ => Ok(artefact),
        }
    }
}

/// SHA-256 over what the value says, not how it is written: `jsonb` reorders keys and writes 1e15 out.
pub(super) fn checksum(value: &Value) -> String {
    let mut hasher = Sha256::new();
    absorb(value, &mut hasher);
    format!("{:x}", hasher.finalize())
}

fn absorb(value: &Value, hasher: &mut Sha256) {
    let text = |text: &str, hasher: &mut Sha256| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    match value {
        Value::Null => hasher.update(b"n"),
        Value::Bool(flag) => hasher.update(if *flag { b"t" } else { b"f" }),
        Value::Number(number) => {
            hasher.update(b"#");
            // Adding zero turns -0.0, which jsonb does not know, into 0.0.
            let number = number.as_f64().unwrap_or(f64::NAN) + 0.0;
            hasher.update(number.to_bits().to_le_bytes());
        }
        Value::String(string) => {
            hasher.update(b"s");
            text(string, hasher);
        }
        Value::Array(items) => {
            hasher.update(b"[");
            hasher.update((items.len() as u64).to_le_bytes());
            for item in items {
                absorb(item, hasher);
            }
        }
        Value::Object(entries) => {
            hasher.update(b"{");
            hasher.update((entries.len() as u64).to_le_bytes());
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            for (key, item) in entries {
                text(key, hasher);
                absorb(item, hasher);
            }
        }
    }
}
