//! The one place that reads the clock. Everything else is handed the time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A time that only tests move.
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `now` until it is set.
    pub fn fixed(now: Timestamp) -> Self {
        Self::Fixed(Arc::new(Mutex::new(now)))
    }

    /// The present instant, to the microsecond that PostgreSQL keeps.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the room where the clock is read"
            )]
            Self::System => Timestamp::now(),
            Self::Fixed(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.round(jiff::Unit::Microsecond).unwrap_or(now)
    }

    /// Moves a fixed clock; the machine's is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Self::Fixed(now) = self {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}
