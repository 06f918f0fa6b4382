//! Welcome: what this is, what homes use together, what saves electricity, what an appliance costs, and the
//! ways in. Works with the server away: with what was kept of it, and with what came with the program.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::public::{PublicSummary, RegistrationMode};
use ecotrack_common::reference::SavingMeasure;

mod view;

pub mod shipped;

pub use view::view;

use crate::app::{App, Context};
use crate::forms;
use crate::kept::{Kept, Public};
use crate::keys::{Command, always, key, named};
use crate::message::{Answer, Call, Effect, Ticket};
use crate::remote::Remote;
use shipped::Shipped;

/// What the welcome screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// Saving tips.
    pub tips: Remote<Vec<SavingMeasure>>,
    /// Which one is shown.
    pub tip: usize,
    /// What homes use together, and how to join.
    pub summary: Remote<PublicSummary>,
    /// What the server said of that before.
    pub kept: Option<Box<Public>>,
    /// What came with the program.
    pub shipped: Shipped,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('s'), named(KeyCode::Enter)],
        name: "key-sign-in",
        when: always,
        run: forms::sign_in,
        footer: true,
    },
    Command {
        keys: &[key('n')],
        name: "key-register",
        when: |app| matches!(registration(app), None | Some(RegistrationMode::Open)),
        run: forms::register,
        footer: true,
    },
    Command {
        keys: &[key('i')],
        name: "key-accept-invitation",
        when: |app| registration(app) != Some(RegistrationMode::Closed),
        run: forms::accept,
        footer: true,
    },
    Command {
        keys: &[key('c')],
        name: "key-calculator",
        when: always,
        run: forms::calculator,
        footer: true,
    },
    Command {
        keys: &[key('f')],
        name: "key-recover",
        when: always,
        run: forms::recovery,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left)],
        name: "key-tips",
        when: |app| tips(app).len() > 1,
        run: |app, _| turn(app, tips(app).len().saturating_sub(1)),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key(' ')],
        name: "key-tips",
        when: |app| tips(app).len() > 1,
        run: |app, _| turn(app, 1),
        footer: true,
    },
    Command {
        keys: &[key('l'), key('L')],
        name: "key-language",
        when: always,
        run: |_, cx| other_language(cx),
        footer: true,
    },
];

/// Speaks the other language.
pub fn other_language(cx: &Context) -> Vec<Effect> {
    vec![Effect::Speak(match cx.locale.language() {
        Language::English => Language::BrazilianPortuguese,
        Language::BrazilianPortuguese => Language::English,
    })]
}

/// Asks for what is shown, and so whether the server answers.
pub fn load(app: &mut App) -> Vec<Effect> {
    let (tips, summary) = (app.ticket(), app.ticket());
    app.welcome.tips.ask(tips);
    app.welcome.summary.ask(summary);
    vec![
        Effect::Call(tips, Call::Tips),
        Effect::Call(summary, Call::PublicSummary),
    ]
}

/// Takes what the server says to anybody, and keeps it for a start without it.
pub(crate) fn summary_came(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<PublicSummary>>,
    cx: &Context,
) -> Vec<Effect> {
    if !app.welcome.summary.answer(ticket, answer.map(|it| *it)) || !app.welcome.summary.is_ready()
    {
        return Vec::new();
    }
    let Some(summary) = app.welcome.summary.value().cloned() else {
        return Vec::new();
    };
    let public = Box::new(Public {
        summary,
        at: cx.now,
    });
    app.welcome.kept = Some(public.clone());
    vec![Effect::Keep(Kept::Public(public))]
}

/// What the server says to anybody, however old.
pub(crate) fn summary(app: &App) -> Option<&PublicSummary> {
    let kept = app.welcome.kept.as_deref();
    let known = app.welcome.summary.value();
    known.or_else(|| kept.map(|kept| &kept.summary))
}

fn registration(app: &App) -> Option<RegistrationMode> {
    summary(app).map(|summary| summary.registration)
}

/// The server's saving tips, or those that came with the program while it does not answer.
fn tips(app: &App) -> &[SavingMeasure] {
    match app.welcome.tips.value() {
        Some(tips) => tips,
        None => app.welcome.shipped.tips(),
    }
}

fn turn(app: &mut App, by: usize) -> Vec<Effect> {
    app.welcome.tip = (app.welcome.tip + by) % tips(app).len().max(1);
    Vec::new()
}
