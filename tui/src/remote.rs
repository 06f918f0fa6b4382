//! What the server told us, or why it did not.
//!
//! A value stays while it is asked for again, so that nothing on a screen blinks; an answer whose
//! ticket is not the current one is late and dropped, errors too.

use crate::message::{Fault, Ticket};

/// Something that the server knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Remote<T> {
    /// Nobody asked.
    #[default]
    Idle,
    /// Asked; `last` is what was known before.
    Loading {
        /// Which answer is awaited.
        ticket: Ticket,
        /// What was known before.
        last: Option<T>,
    },
    /// Known.
    Ready(T),
    /// Asked and refused or not reached; `last` is what was known before.
    Failed {
        /// Why.
        fault: Fault,
        /// What was known before.
        last: Option<T>,
    },
}

impl<T> Remote<T> {
    /// What is known, however old.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading { last, .. } | Self::Failed { last, .. } => last.as_ref(),
            Self::Idle => None,
        }
    }

    /// Why the last question was not answered.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// Whether an answer is awaited.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Whether nobody asked.
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// Whether the last question was answered.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Awaits the answer to `ticket`, keeping what is known.
    pub fn ask(&mut self, ticket: Ticket) {
        let last = self.take();
        *self = Self::Loading { ticket, last };
    }

    /// Takes the answer to `ticket`; `false` when it came too late.
    pub fn answer(&mut self, ticket: Ticket, answer: Result<T, Fault>) -> bool {
        if !self.awaits(ticket) {
            return false;
        }
        let last = self.take();
        *self = match answer {
            Ok(value) => Self::Ready(value),
            Err(fault) => Self::Failed { fault, last },
        };
        true
    }

    /// The answer to `ticket` is that nothing changed.
    pub fn unchanged(&mut self, ticket: Ticket) -> bool {
        if !self.awaits(ticket) {
            return false;
        }
        *self = self.take().map_or(Self::Idle, Self::Ready);
        true
    }

    /// Whether this is the answer that is awaited.
    pub fn awaits(&self, awaited: Ticket) -> bool {
        matches!(self, Self::Loading { ticket, .. } if *ticket == awaited)
    }

    /// Changes what is known, wherever it is kept.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading { last, .. } | Self::Failed { last, .. } => last.as_mut(),
            Self::Idle => None,
        }
    }

    fn take(&mut self) -> Option<T> {
        match std::mem::replace(self, Self::Idle) {
            Self::Ready(value) => Some(value),
            Self::Loading { last, .. } | Self::Failed { last, .. } => last,
            Self::Idle => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_stays_while_loading_and_after_a_failure() {
        let mut remote = Remote::Ready(1);
        remote.ask(Ticket(1));
        assert_eq!(remote.value(), Some(&1));
        assert!(remote.answer(Ticket(1), Err(Fault::Away)));
        assert_eq!(remote.value(), Some(&1));
        assert_eq!(remote.fault(), Some(&Fault::Away));
    }

    #[test]
    fn a_late_answer_is_dropped() {
        let mut remote = Remote::Idle;
        remote.ask(Ticket(1));
        remote.ask(Ticket(2));
        assert!(!remote.answer(Ticket(1), Ok(1)));
        assert!(remote.answer(Ticket(2), Ok(2)));
        assert!(!remote.answer(Ticket(2), Ok(3)));
        assert_eq!(remote, Remote::Ready(2));
    }

    #[test]
    fn an_unchanged_value_is_ready_again() {
        let mut remote = Remote::Ready(1);
        remote.ask(Ticket(1));
        assert!(remote.unchanged(Ticket(1)));
        assert_eq!(remote, Remote::Ready(1));
    }
}
