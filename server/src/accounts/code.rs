//! Codes that one person passes on to another: 80 random bits, of which the server keeps only the
//! SHA-256. Sixteen characters of Crockford's base 32, which has no letters that look like digits.
//!
//! A fast hash is enough, as for tokens: 80 random bits cannot be guessed from their hash.

use ecotrack_common::member::{CODE_CHARS, normal_code};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code that works once. It has no `Debug`, so it cannot reach a log by accident.
pub struct Code(String);

impl Code {
    /// A new one from the system's randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; 10];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self::of(bytes))
    }

    fn of(bytes: [u8; 10]) -> Self {
        let bits = bytes
            .iter()
            .fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let character = |at: usize| {
            let index = (bits >> (5 * (CODE_CHARS - 1 - at))) & 31;
            char::from(ALPHABET[usize::try_from(index).expect("five bits")])
        };
        Self((0..CODE_CHARS).map(character).collect())
    }

    /// One that somebody typed.
    pub fn received(typed: &str) -> Self {
        Self(normal_code(typed))
    }

    /// What is stored.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// What is passed on, once: `ABCD-EFGH-JKMN-PQRS`.
    pub fn reveal(&self) -> String {
        let mut shown = String::new();
        for (at, character) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                shown.push('-');
            }
            shown.push(character);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_in_the_code_and_typing_it_gives_the_same_hash() {
        assert_eq!(Code::of([0; 10]).reveal(), "0000-0000-0000-0000");
        assert_eq!(Code::of([0xff; 10]).reveal(), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        let code = Code::of([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]);
        assert_eq!(code.reveal(), "0123-4567-89AB-CDEF");
        let typed = Code::received(" o123 4567-89ab cdef");
        assert_eq!(typed.hash(), code.hash());
    }

    #[test]
    fn no_two_codes_are_the_same() {
        let codes: std::collections::BTreeSet<String> = (0..100)
            .map(|_| Code::generate().unwrap().reveal())
            .collect();
        assert_eq!(codes.len(), 100);
    }
}
