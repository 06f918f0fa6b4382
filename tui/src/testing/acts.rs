//! Keys pressed and answers given, for tests of what follows from them.

use crossterm::event::KeyCode;
use ecotrack_common::OperationId;
use ecotrack_common::account::Language;

use ratatui::layout::Size;

use super::context;
use crate::app::{App, Context, update};
use crate::kept::{Kept, Write};
use crate::keys::{self, key, named};
use crate::message::{Call, Effect, Message, Reply, Ticket};

pub(crate) fn cx() -> Context {
    context(Language::English)
}

/// The same in a terminal of this size.
pub(crate) fn sized(cx: &Context, size: Size) -> Context {
    Context { size, ..cx.clone() }
}

pub(crate) fn press(app: &mut App, pressed: keys::Key) -> Vec<Effect> {
    update(app, Message::Key(pressed.event()), &cx())
}

pub(crate) fn type_text(app: &mut App, text: &str) {
    for character in text.chars() {
        let effects = press(app, key(character));
        // What is typed is kept, and nothing else happens.
        let kept = |effect: &Effect| matches!(effect, Effect::Keep(Kept::Draft(_)));
        assert!(
            effects.iter().all(kept),
            "typing {character:?} does something"
        );
    }
}

pub(crate) fn enter(app: &mut App) -> Vec<Effect> {
    press(app, named(KeyCode::Enter))
}

pub(crate) fn reply(app: &mut App, ticket: Ticket, reply: Reply) -> Vec<Effect> {
    update(app, Message::Reply(ticket, reply), &cx())
}

/// The only call among the effects.
pub(crate) fn call(effects: &[Effect]) -> (Ticket, Call) {
    let calls: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call(ticket, call) => Some((*ticket, call.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(calls.len(), 1, "one call was expected");
    calls.into_iter().next().unwrap()
}

/// The calls among the effects.
pub(crate) fn calls(effects: &[Effect]) -> Vec<(Ticket, Call)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call(ticket, call) => Some((*ticket, call.clone())),
            _ => None,
        })
        .collect()
}

/// What the effects ask to take back.
pub(crate) fn undone(effects: &[Effect]) -> Vec<OperationId> {
    let calls = calls(effects).into_iter();
    calls
        .filter_map(|(_, call)| match call {
            Call::Undo(_, operation, _) => Some(operation),
            _ => None,
        })
        .collect()
}

/// The write among the effects, which was kept before it was sent.
pub(crate) fn sent(effects: &[Effect]) -> (Ticket, Write) {
    let kept = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Keep(Kept::Waiting(_))));
    let at = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Call(_, Call::Write(_))));
    assert!(kept.is_some() && kept < at, "first kept, then sent");
    match at.map(|at| &effects[at]) {
        Some(Effect::Call(ticket, Call::Write(write))) => (*ticket, (**write).clone()),
        _ => panic!("a write was expected"),
    }
}
