//! What can be done on the import's screen.

use crossterm::event::KeyCode;
use ecotrack_common::import::{OnConflict, Weight};

use super::{
    Asking, Trial, ask_for, ask_server, back, choose, complete, import, is_large, new_meter,
};
use super::{mapping, take_path};
use super::{other_meter, scroll};
use crate::app::{App, Context};
use crate::forms::{self, Subject};
use crate::keys::{Command, always, ctrl, key, named};
use crate::message::{Effect, Fault};
use crate::widgets::scroll::Step;

/// While a path is typed; every other key writes it.
pub const ASK_COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-import-take",
        when: |app| app.import.looking.is_none() && !is_saving(app),
        run: |app, _| take_path(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-save",
        when: is_saving,
        run: |app, _| take_path(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-import-complete",
        when: |app| app.import.looking.is_none(),
        run: |app, _| complete(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-import-cancel",
        when: |app| app.import.looking.is_some(),
        run: |app, _| back(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: |app| app.import.looking.is_none(),
        run: |app, _| back(app),
        footer: true,
    },
];

/// On the file that was looked at.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[ctrl('s')],
        name: "key-import-now",
        when: |app| is_previewed(app) && !is_refused(app),
        run: import,
        footer: true,
    },
    // It says why not.
    Command {
        keys: &[ctrl('s')],
        name: "key-import-now",
        when: |app| is_previewed(app) && is_refused(app),
        run: import,
        footer: false,
    },
    Command {
        keys: &[key('a')],
        name: "key-import-accept",
        when: |app| is_previewed(app) && has_doubts(app),
        run: accept,
        footer: true,
    },
    Command {
        keys: &[key('p')],
        name: "key-import-add-phase",
        when: |app| is_table(app) && is_phase(app),
        run: |app, _| ask_for(app, Asking::Phase),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), named(KeyCode::Enter), key('l')],
        name: "key-import-meter",
        when: has_channels,
        run: |app, _| other_meter(app, 1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-import-meter",
        when: has_channels,
        run: |app, _| other_meter(app, -1),
        footer: false,
    },
    Command {
        keys: &[key('n')],
        name: "key-import-new-meter",
        when: has_channels,
        run: new_meter,
        footer: true,
    },
    Command {
        keys: &[key('e')],
        name: "key-import-say",
        when: is_readable,
        run: |app, cx| forms::open(app, Subject::ImportSaid, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-import-mapping",
        when: is_table,
        run: |app, cx| forms::open(app, Subject::ImportMapping, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('o')],
        name: "key-import-conflict",
        when: |app| is_previewed(app) && !is_refused(app),
        run: other_conflict,
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-import-make-meters",
        when: is_export,
        run: |app, _| {
            app.import.make_meters = !app.import.make_meters;
            choose(app)
        },
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-import-ask",
        when: |app| is_previewed(app) && is_unanswered(app),
        run: ask_server,
        footer: true,
    },
    Command {
        keys: &[key('i')],
        name: "key-import-other",
        when: |app| app.import.sending.is_none() && app.import.looking.is_none(),
        run: |app, _| ask_for(app, Asking::File),
        footer: true,
    },
    Command {
        keys: &[key('p')],
        name: "key-import-add-phase",
        when: |app| is_table(app) && !is_phase(app),
        run: |app, _| ask_for(app, Asking::Phase),
        footer: false,
    },
    Command {
        keys: &[key('s')],
        name: "key-import-save-mapping",
        when: |app| is_previewed(app) && mapping(app).is_some(),
        run: |app, _| ask_for(app, Asking::SaveMapping),
        footer: false,
    },
    Command {
        keys: &[key('M')],
        name: "key-import-load-mapping",
        when: is_readable,
        run: |app, _| ask_for(app, Asking::LoadMapping),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: always,
        run: |app, cx| select(app, -1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: always,
        run: |app, cx| select(app, 1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-import-cancel",
        when: |app| is_under_way(app) && !app.import.stopping,
        run: |app, _| back(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: |app| !is_under_way(app),
        run: |app, _| back(app),
        footer: true,
    },
];

fn is_under_way(app: &App) -> bool {
    app.import.sending.is_some() || app.import.looking.is_some()
}

/// A file is there and nothing of it is on its way.
fn is_previewed(app: &App) -> bool {
    let state = &app.import;
    state.seen.is_some() && state.outcome.is_none() && !is_under_way(app)
}

/// A path is typed for what is to be written, not read.
fn is_saving(app: &App) -> bool {
    app.import.asking == Some(Asking::SaveMapping)
}

/// It cannot be taken as it is read now.
fn is_refused(app: &App) -> bool {
    app.import.weight() == Some(Weight::Refusal)
}

fn has_channels(app: &App) -> bool {
    is_previewed(app) && !app.import.meters.is_empty()
}

/// Whether what somebody says of it may change how it is read.
fn is_readable(app: &App) -> bool {
    is_previewed(app) && app.import.looked().is_some()
}

fn is_table(app: &App) -> bool {
    is_previewed(app)
        && app
            .import
            .looked()
            .is_some_and(|looked| looked.raw.is_some())
}

/// The file says itself that it is of one phase.
fn is_phase(app: &App) -> bool {
    let looked = app.import.looked();
    looked.is_some_and(|looked| looked.phase().is_some())
}

fn is_export(app: &App) -> bool {
    is_previewed(app) && app.import.looked().is_none()
}

fn has_doubts(app: &App) -> bool {
    let state = &app.import;
    state.accepted || state.weight() == Some(Weight::Doubt)
}

/// Whether the server is asked only when a key says so: a large file, or the server was away.
fn is_unanswered(app: &App) -> bool {
    match &app.import.trial {
        Trial::Waiting => is_large(app),
        Trial::Answered(Err(fault)) => *fault == Fault::Away,
        _ => false,
    }
}

/// Leaves out what is in doubt and takes the rest, or not.
fn accept(app: &mut App, _: &Context) -> Vec<Effect> {
    app.import.accepted = !app.import.accepted;
    choose(app)
}

fn other_conflict(app: &mut App, _: &Context) -> Vec<Effect> {
    app.import.on_conflict = match app.import.on_conflict {
        OnConflict::Skip => OnConflict::Replace,
        OnConflict::Replace => OnConflict::Skip,
    };
    choose(app)
}

/// Another channel; where there is one only, the lines move.
fn select(app: &mut App, by: i32, cx: &Context) -> Vec<Effect> {
    let count = app.import.meters.len();
    if count < 2 || app.import.outcome.is_some() {
        return scroll(app, Step::Lines(by), cx);
    }
    let by = isize::try_from(by).unwrap_or(0);
    let selected = app.import.selected.saturating_add_signed(by);
    app.import.selected = selected.min(count - 1);
    app.import.scrolled = 0;
    Vec::new()
}
