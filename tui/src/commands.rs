//! What can be done on more than one screen.

use crossterm::event::KeyCode;

use crate::app::{App, Context, Screen};
use crate::keys::{Command, always, ctrl, key, named};
use crate::message::{Call, Effect};
use crate::readings::entry;
use crate::{readings, welcome};

/// On every screen that shows something.
pub(crate) const EVERYWHERE: &[Command] = &[HELP, LEAVE, LEAVE_AT_ONCE];

/// Where keys write text.
pub(crate) const WHILE_TYPING: &[Command] = &[HELP_TYPING, LEAVE_AT_ONCE];

/// On the screens of a home.
pub(crate) const SIGNED_IN: &[Command] = &[
    Command {
        keys: &[key('r')],
        name: "key-reading",
        when: |app| app.may_edit() && !entry::register_meters(app).is_empty(),
        run: |app, cx| entry::open(app, cx),
        footer: true,
    },
    Command {
        keys: &[key('u')],
        name: "key-undo",
        when: |app| !app.done.is_empty(),
        run: |app, cx| app.undo(cx),
        footer: true,
    },
    Command {
        keys: &[key('1')],
        name: "key-dashboard",
        when: |app| app.screen != Screen::Dashboard,
        run: |app, _| {
            app.screen = Screen::Dashboard;
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[key('2')],
        name: "key-readings",
        when: |app| app.screen != Screen::Readings && app.home.is_some(),
        run: |app, _| readings::open(app),
        footer: false,
    },
    Command {
        keys: &[key('h')],
        name: "key-next-home",
        when: |app| app.homes.len() > 1,
        run: |app, _| next_home(app),
        footer: false,
    },
    Command {
        keys: &[key('l')],
        name: "key-language",
        when: always,
        run: |_, cx| welcome::other_language(cx),
        footer: false,
    },
    Command {
        keys: &[key('o')],
        name: "key-sign-out",
        when: always,
        run: |app, _| sign_out(app),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: |app| app.screen != Screen::Dashboard,
        run: |app, _| {
            app.screen = Screen::Dashboard;
            Vec::new()
        },
        footer: true,
    },
    HELP,
    LEAVE,
    LEAVE_AT_ONCE,
];

const HELP: Command = Command {
    keys: &[key('?'), named(KeyCode::F(1))],
    name: "key-help",
    when: always,
    run: help,
    footer: true,
};

const HELP_TYPING: Command = Command {
    keys: &[named(KeyCode::F(1))],
    name: "key-help",
    when: always,
    run: help,
    footer: true,
};

const LEAVE: Command = Command {
    keys: &[key('q')],
    name: "key-quit",
    when: |app| matches!(app.screen, Screen::Welcome | Screen::Dashboard),
    run: |_, _| vec![Effect::Quit],
    footer: true,
};

/// Ctrl-C, wherever one is.
pub(crate) const LEAVE_AT_ONCE: Command = Command {
    keys: &[ctrl('c')],
    name: "key-quit-at-once",
    when: always,
    run: |_, _| vec![Effect::Quit],
    footer: false,
};

fn help(app: &mut App, _: &Context) -> Vec<Effect> {
    app.help = true;
    Vec::new()
}

fn next_home(app: &mut App) -> Vec<Effect> {
    let at = app
        .homes
        .iter()
        .position(|home| Some(home.energy_profile_id) == app.home)
        .unwrap_or(0);
    match app.homes.get((at + 1) % app.homes.len().max(1)) {
        Some(home) => {
            let home = home.energy_profile_id;
            app.open_home(home)
        }
        None => Vec::new(),
    }
}

fn sign_out(app: &mut App) -> Vec<Effect> {
    // The call goes out before the token is forgotten.
    let mut effects = vec![Effect::Call(app.ticket(), Call::SignOut)];
    effects.extend(app.signed_out(None));
    effects
}
