//! Taking back and doing again: of this run of the program first, then what the history knows.

use ecotrack_common::OperationId;

use crate::app::{App, Context, Notice};
use crate::message::{Call, Effect};

impl App {
    /// Takes the newest operation back: of this run of the program, else the newest of this person
    /// that the history knows.
    pub fn undo(&mut self, cx: &Context) -> Vec<Effect> {
        if self.outbox.open(self).next().is_some() {
            // The newest change is not there yet; taking back the one before it is not what is meant.
            self.notice = Some(Notice::Text("undo-waits"));
            return Vec::new();
        }
        match self.newest_of_mine() {
            Some(operation) => self.take_back(operation, cx),
            None => Vec::new(),
        }
    }

    /// What `u` would take back.
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
