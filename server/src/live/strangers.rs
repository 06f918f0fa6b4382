//! Addresses that try keys which are none: each may a few times, then it waits. Nobody guesses a key, but
//! each try costs the database a look. A key that was good a moment ago is let through, so that one device
//! with a wrong key does not keep a household's others waiting.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tries that an address has within [`WINDOW`].
const TRIES: u32 = 60;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Addresses that are remembered, and keys.
const MOST: usize = 10_000;

/// Who tried, since when and how often; and the hashes of keys that were good.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    addresses: HashMap<IpAddr, (Timestamp, u32)>,
    good: HashSet<Vec<u8>>,
}

impl Strangers {
    /// Whether this address has to wait with the key of this hash.
    pub fn waits(&self, from: IpAddr, hash: Option<&[u8]>, now: Timestamp) -> bool {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = hash.is_some_and(|hash| remembered.good.contains(hash));
        let tried = remembered.addresses.get(&from);
        let too_often = |(since, count): &(Timestamp, u32)| {
            *count >= TRIES && now.duration_since(*since) < WINDOW
        };
        !is_good && tried.is_some_and(too_often)
    }

    /// Notes that a key was none.
    pub fn note(&self, from: IpAddr, hash: Option<&[u8]>, now: Timestamp) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = hash {
            remembered.good.remove(hash);
        }
        let addresses = &mut remembered.addresses;
        if addresses.len() >= MOST {
            addresses.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if addresses.len() >= MOST {
            addresses.clear();
        }
        let entry = addresses.entry(from).or_insert((now, 0));
        if now.duration_since(entry.0) >= WINDOW {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }

    /// Notes that a key was good.
    pub fn trust(&self, hash: Vec<u8>) {
        let good = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).good;
        if good.len() >= MOST {
            good.clear();
        }
        good.insert(hash);
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
            assert!(!strangers.waits(one, None, now));
            strangers.note(one, None, now);
        }
        assert!(strangers.waits(one, None, now) && !strangers.waits(other, None, now));
        assert!(!strangers.waits(one, None, now + WINDOW));
    }

    #[test]
    fn one_device_with_a_wrong_key_does_not_keep_the_others_waiting() {
        let strangers = Strangers::default();
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        let home: IpAddr = "192.0.2.1".parse().unwrap();
        let (good, wrong) = ([1; 32], [2; 32]);
        strangers.trust(good.to_vec());
        for _ in 0..TRIES {
            strangers.note(home, Some(&wrong), now);
        }
        assert!(!strangers.waits(home, Some(&good), now));
        assert!(strangers.waits(home, Some(&wrong), now));
        // Revoked, it is one of them.
        strangers.note(home, Some(&good), now);
        assert!(strangers.waits(home, Some(&good), now));
    }
}
