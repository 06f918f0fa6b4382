//! Addresses that try keys which are none: each may a few times, then it waits. Nobody guesses a key, but
//! each try costs the database a look.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tries that an address has within [`WINDOW`].
const TRIES: u32 = 60;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Addresses that are remembered.
const MOST: usize = 10_000;

/// Who tried, since when and how often.
#[derive(Debug, Clone, Default)]
pub struct Strangers(Arc<Mutex<HashMap<IpAddr, (Timestamp, u32)>>>);

impl Strangers {
    /// Whether this address has to wait.
    pub fn waits(&self, from: IpAddr, now: Timestamp) -> bool {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = tried.get(&from);
        tries.is_some_and(|(since, count)| *count >= TRIES && now.duration_since(*since) < WINDOW)
    }

    /// Notes a try.
    pub fn note(&self, from: IpAddr, now: Timestamp) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() >= MOST {
            tried.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if tried.len() >= MOST {
            tried.clear();
        }
        let entry = tried.entry(from).or_insert((now, 0));
        if now.duration_since(entry.0) >= WINDOW {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tries_too_often_waits_and_others_do_not() {
        let strangers = Strangers::default();
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        let (one, other): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..TRIES {
            assert!(!strangers.waits(one, now));
            strangers.note(one, now);
        }
        assert!(strangers.waits(one, now) && !strangers.waits(other, now));
        assert!(!strangers.waits(one, now + WINDOW));
    }
}
