//! Argon2id, off the async threads and a few at a time, since each takes 19 MiB and tens of
//! milliseconds by design.

use std::sync::Arc;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashes at once; more would let anybody who asks fill the memory.
const AT_ONCE: usize = 2;

/// Hashing and verifying of passwords.
#[derive(Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// Hashes to a PHC string, which names the parameters and holds the salt.
    pub async fn hash(&self, password: String) -> anyhow::Result<String> {
        self.run(move || {
            Argon2::default()
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| anyhow::anyhow!("argon2: {error}"))
        })
        .await
    }

    /// Whether the password is the one of the hash. Without a hash the same work is done for
    /// nothing, so that the time of an answer does not tell which addresses have an account.
    pub async fn verify(&self, password: String, hash: Option<String>) -> anyhow::Result<bool> {
        self.run(move || {
            let Some(hash) = hash else {
                Argon2::default()
                    .hash_password(password.as_bytes())
                    .map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
                return Ok(false);
            };
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| anyhow::anyhow!("a stored password hash is damaged: {error}"))?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let _turn = self
            .0
            .acquire()
            .await
            .context("password hashing has stopped")?;
        tokio::task::spawn_blocking(work)
            .await
            .context("password hashing broke off")?
    }
}
