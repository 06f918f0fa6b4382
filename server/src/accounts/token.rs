//! Opaque tokens: 256 random bits, of which the server keeps only the SHA-256.
//!
//! A fast hash is enough: unlike a password, a random token cannot be guessed from its hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A bearer token. It has no `Debug`, so it cannot reach a log by accident.
pub struct Token(String);

impl Token {
    /// A new one from the system's randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self(format!("eco_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// One that somebody sent.
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What is stored.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// What is sent to its owner, once.
    pub fn reveal(self) -> String {
        self.0
    }
}
