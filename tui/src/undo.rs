//! Taking back and doing again: of this run of the program first, then what the history knows.

use ecotrack_common::OperationId;
use ecotrack_common::audit::Operation;

use crate::app::{App, Context, Notice};
use crate::message::{Call, Effect};
use crate::outbox;

/// What can be taken back, by the entity of its first row. People, invitations and keys cannot: they are
/// changed again, or made anew.
pub(crate) const OF_ANYTHING: &[&str] = &[
    "energy_reading",
    "import_batch",
    "energy_profile",
    "profile_tariff",
    "meter",
    "profile_device",
    "billing_record",
    "consumption_goal",
    "away_period",
    "alert_rule",
    "live_source",
    "live_topic",
    "weather_observation",
    "profile_suggestion",
];

/// Whether an operation is about one of these.
pub(crate) fn is_of(operation: &Operation, of: &[&str]) -> bool {
    let entity = operation.entries.first().map(|entry| entry.entity.as_str());
    entity.is_some_and(|entity| of.contains(&entity))
}

impl App {
    /// Takes the newest operation back: of this run of the program, else the newest of this person
    /// that the history knows.
    pub fn undo(&mut self, cx: &Context) -> Vec<Effect> {
        // The newest change may not be there yet; taking back the one before it is not what is meant.
        if let Some(effects) = outbox::take_back(self) {
            return effects;
        }
        if let Some(operation) = self.newest_of_mine() {
            return self.take_back(operation, cx);
        }
        // Right after the start the history is still on its way: the key is not lost.
        self.pending.undo_wanted = !self.knows_history();
        let id = if self.pending.undo_wanted {
            "notice-undo-soon"
        } else {
            "notice-nothing-to-undo"
        };
        self.notice = Some(Notice::Text(id));
        Vec::new()
    }

    /// Whether it is known who changed what, and who asks.
    pub(crate) fn knows_history(&self) -> bool {
        self.account.is_some() && self.lists.operations.value().is_some()
    }

    /// Takes back what `u` asked for before the history was there.
    pub(crate) fn undo_that_waited(&mut self, cx: &Context) -> Vec<Effect> {
        if !self.pending.undo_wanted || !self.knows_history() {
            return Vec::new();
        }
        self.pending.undo_wanted = false;
        self.undo(cx)
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        self.outbox.open(self).next().is_some() || self.newest_of_mine().is_some()
    }

    /// What `u` would take back of what is there.
    pub fn newest_of_mine(&self) -> Option<OperationId> {
        let me = self.account.as_ref().map(|account| account.account_id);
        self.done.last().copied().or_else(|| {
            let known = self.lists.operations.value()?;
            known
                .operations
                .iter()
                .find(|operation| {
                    operation.account_id.is_some()
                        && operation.account_id == me
                        && !operation.undone
                        && is_of(operation, OF_ANYTHING)
                        && operation.undoes.is_none()
                })
                .map(|operation| operation.operation_id)
        })
    }

    /// Takes back what was taken back last.
    pub fn redo(&mut self, cx: &Context) -> Vec<Effect> {
        match self.taken_back.last().copied() {
            Some(operation) => self.take_back(operation, cx),
            None => Vec::new(),
        }
    }

    /// Takes an operation back.
    pub(crate) fn take_back(&mut self, operation: OperationId, cx: &Context) -> Vec<Effect> {
        let Some(home) = self.home.filter(|_| self.pending.undo.is_none()) else {
            return Vec::new();
        };
        let ticket = self.ticket();
        self.pending.undo = Some((ticket, operation));
        vec![Effect::Call(
            ticket,
            Call::Undo(home, operation, cx.fresh_key),
        )]
    }
}
