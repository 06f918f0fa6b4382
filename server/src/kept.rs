//! Answers in the server's memory, for as long as nothing that they follow from has changed.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecotrack_common::EnergyProfileId;
use jiff::civil::Date;
use lru::LruCache;

use crate::catalog::Reference;
use crate::profiles::store::Home;

/// Homes of which an answer is kept, those that were asked for last. The largest, all suggestions, takes some 100 kB.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(127);

/// What an answer about a home follows from, where it does not know the hour. All else that it reads changes together with
/// one of these: every write to a home counts its revision up in the same transaction, every change of reference data
/// that one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeState {
    home: i64,
    reference: i64,
    today: Date,
}

impl HomeState {
    /// Of a home that was read before all else, so that an answer is never older than the state it is kept under.
    pub fn new(home: &Home, reference: &Reference, today: Date) -> Self {
        Self {
            home: home.revision,
            reference: reference.revision,
            today,
        }
    }
}

impl fmt::Display for HomeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.home, self.reference, self.today)
    }
}

/// The last answer about each of some homes, shared by all requests of the process.
pub struct Kept<T>(Arc<Mutex<Homes<T>>>);

type Homes<T> = LruCache<EnergyProfileId, (HomeState, Arc<T>)>;

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MOST))))
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl<T> Kept<T> {
    /// The answer about a home in this state, if it is still there.
    pub fn get(&self, profile: EnergyProfileId, state: HomeState) -> Option<Arc<T>> {
        let mut homes = self.homes();
        let (of, kept) = homes.get(&profile)?;
        (*of == state).then(|| Arc::clone(kept))
    }

    /// Keeps an answer, in place of the one before.
    pub fn put(&self, profile: EnergyProfileId, state: HomeState, answer: Arc<T>) {
        self.homes().put(profile, (state, answer));
    }

    fn homes(&self) -> MutexGuard<'_, Homes<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn state(home: i64, reference: i64, today: Date) -> HomeState {
        HomeState {
            home,
            reference,
            today,
        }
    }

    #[test]
    fn what_is_kept_is_of_the_same_home_revision_and_day_alone() {
        let kept = Kept::default();
        let of = |home| EnergyProfileId(Uuid::from_u128(home));
        let today = date(2026, 11, 23);
        kept.put(of(1), state(7, 3, today), Arc::new("answer"));
        let found = kept.get(of(1), state(7, 3, today));
        assert_eq!(found.as_deref(), Some(&"answer"));
        for changed in [
            state(8, 3, today),
            state(7, 4, today),
            state(7, 3, date(2026, 11, 24)),
        ] {
            assert_eq!(kept.get(of(1), changed), None, "{changed:?}");
        }
        assert_eq!(kept.get(of(2), state(7, 3, today)), None);
    }

    #[test]
    fn homes_that_nobody_looks_at_any_more_are_let_go() {
        let kept = Kept::default();
        let of = |home| EnergyProfileId(Uuid::from_u128(home));
        let state = state(1, 1, date(2026, 11, 23));
        for home in 0..500 {
            kept.put(of(home), state, Arc::new(()));
            assert!(kept.get(of(0), state).is_some(), "that one is looked at");
        }
        assert_eq!(kept.homes().len(), MOST.get());
        assert!(kept.get(of(1), state).is_none());
    }
}
