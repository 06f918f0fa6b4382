//! What can be done on more than one screen.

use crossterm::event::KeyCode;

use crate::app::{App, Context, Screen};
use crate::forms::{self, Subject};
use crate::keys::{Command, always, ctrl, key, named};
use crate::message::{Call, Effect};
use crate::readings::entry;
use crate::table::{self, Table};
use crate::widgets::scroll::Step;
use crate::{
    admin, bill, comparison, consumption, dashboard, forecast, form, help, import, palette,
    readings, report, suggestion, tariff, told, welcome, what_if,
};

/// On every screen that shows something.
pub(crate) const EVERYWHERE: &[Command] = &[HELP, LEAVE, LEAVE_AT_ONCE];

/// Where keys write text.
pub(crate) const WHILE_TYPING: &[Command] = &[HELP_TYPING, LEAVE_AT_ONCE];

/// In the form of a first home.
pub(crate) const WITHOUT_A_HOME: &[Command] = &[
    Command {
        keys: &[named(KeyCode::F(2))],
        name: "key-join",
        when: always,
        run: |app, cx| forms::open(app, Subject::Join, None, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::F(3))],
        name: "key-removed",
        when: always,
        run: |app, _| {
            app.form = None;
            table::open(app, Table::Removed)
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::F(4))],
        name: "key-admin",
        when: admin::is_administrator,
        run: |app, _| {
            app.form = None;
            admin::open_last(app)
        },
        footer: true,
    },
    HELP_TYPING,
    LEAVE_AT_ONCE,
];

/// A screen by its key.
macro_rules! screen {
    ($key:literal, $name:literal, $is:pat, $open:expr) => {
        Command {
            keys: &[key($key)],
            name: $name,
            when: |app| app.home.is_some() && !matches!(app.screen, $is),
            run: $open,
            footer: false,
        }
    };
}

/// Found in the palette only.
macro_rules! palette_only {
    ($name:literal, $when:expr, $run:expr) => {
        Command {
            keys: &[],
            name: $name,
            when: $when,
            run: $run,
            footer: false,
        }
    };
}

/// On the screens of a home.
pub(crate) const SIGNED_IN: &[Command] = &[
    Command {
        keys: &[key('c')],
        name: "key-resume",
        when: |app| app.open_draft().is_some(),
        run: forms::resume,
        footer: true,
    },
    Command {
        keys: &[key('r')],
        name: "key-reading",
        when: |app| app.may_edit() && !entry::register_meters(app).is_empty(),
        run: |app, cx| entry::open(app, cx),
        footer: true,
    },
    Command {
        keys: &[key('b')],
        name: "key-bill",
        when: App::may_edit,
        run: |app, cx| forms::open(app, Subject::Bill(None), None, cx),
        footer: true,
    },
    Command {
        keys: &[key('u')],
        name: "key-undo",
        when: |app| app.may_edit() && app.can_undo(),
        run: |app, cx| app.undo(cx),
        footer: true,
    },
    // What there is to take back is not known yet.
    Command {
        keys: &[key('u')],
        name: "key-undo",
        when: |app| app.may_edit() && !app.can_undo() && !app.knows_history(),
        run: |app, cx| app.undo(cx),
        footer: false,
    },
    Command {
        keys: &[key('U'), ctrl('r')],
        name: "key-redo",
        when: |app| app.may_edit() && !app.taken_back.is_empty(),
        run: |app, cx| app.redo(cx),
        footer: false,
    },
    screen!('1', "key-dashboard", Screen::Dashboard, |app, _| {
        app.screen = Screen::Dashboard;
        Vec::new()
    }),
    screen!('2', "key-consumption", Screen::Consumption, |app, _| {
        consumption::open(app)
    }),
    screen!(
        '3',
        "key-devices",
        Screen::Table(Table::Devices),
        |app, _| { table::open(app, Table::Devices) }
    ),
    screen!('4', "key-readings", Screen::Readings, |app, _| {
        readings::open(app)
    }),
    screen!('5', "key-bills", Screen::Table(Table::Bills), |app, _| {
        table::open(app, Table::Bills)
    }),
    screen!('6', "key-goals", Screen::Table(Table::Goals), |app, _| {
        table::open(app, Table::Goals)
    }),
    screen!('7', "key-forecast", Screen::Forecast, |app, _| {
        forecast::open(app)
    }),
    screen!('8', "key-suggestions", Screen::Suggestions, |app, _| {
        suggestion::open(app)
    }),
    screen!(
        '9',
        "key-alerts-screen",
        Screen::Table(Table::Alerts),
        |app, _| { table::open(app, Table::Alerts) }
    ),
    screen!('0', "key-report", Screen::Report, report::open),
    screen!(
        'H',
        "key-household",
        Screen::Table(Table::Members),
        |app, _| { table::open(app, Table::Members) }
    ),
    Command {
        keys: &[key('A')],
        name: "key-admin",
        when: |app| admin::is_administrator(app) && admin::shown(app).is_none(),
        run: |app, _| admin::open_last(app),
        footer: false,
    },
    Command {
        keys: &[key('O')],
        name: "key-outbox",
        when: |app| app.outbox.mine(app).next().is_some(),
        run: |app, _| table::open(app, Table::Outbox),
        footer: true,
    },
    Command {
        keys: &[key(':')],
        name: "key-palette",
        when: always,
        run: |app, _| palette::open(app),
        footer: true,
    },
    Command {
        keys: &[key('p')],
        name: "key-homes",
        when: |app| app.homes.len() > 1,
        run: |app, _| palette::open_homes(app),
        footer: false,
    },
    Command {
        keys: &[key('L')],
        name: "key-language",
        when: always,
        run: |_, cx| welcome::other_language(cx),
        footer: false,
    },
    palette_only!("key-many-readings", may_enter_many, readings::many),
    palette_only!("key-import", import::may_open, |app, _| import::open(app)),
    palette_only!("key-months", App::may_edit, |app, cx| {
        forms::open(app, Subject::Months, None, cx)
    }),
    palette_only!("key-add-device", App::may_edit, |app, cx| {
        forms::open(app, Subject::Device(None), None, cx)
    }),
    palette_only!("key-add-goal", App::may_edit, |app, cx| {
        forms::open(app, Subject::Goal(None), None, cx)
    }),
    palette_only!("key-add-away", App::may_edit, |app, cx| {
        forms::open(app, Subject::Away(None), None, cx)
    }),
    palette_only!("key-add-meter", App::may_edit, |app, cx| {
        forms::open(app, Subject::Meter(None), None, cx)
    }),
    palette_only!("key-alert-rules", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::AlertRules)
    }),
    palette_only!("key-notices", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::Notices)
    }),
    palette_only!(
        "key-live-open",
        |app| app.home.is_some()
            && !matches!(app.screen, Screen::Table(table) if table.is_of_household()),
        |app, _| table::open(app, Table::Sources)
    ),
    palette_only!("key-meters", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::Meters)
    }),
    palette_only!("key-tariffs", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::Tariffs)
    }),
    palette_only!("key-add-tariff", App::may_edit, |app, cx| {
        forms::open(app, Subject::ProfileTariff(None), None, cx)
    }),
    palette_only!("key-away", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::Away)
    }),
    palette_only!(
        "key-other-tariff",
        |app| app.home.is_some() && app.screen != Screen::Comparison,
        |app, _| comparison::open(app)
    ),
    Command {
        keys: &[key('w')],
        name: "key-what-if",
        when: |app| {
            app.home.is_some()
                && matches!(
                    app.screen,
                    Screen::Dashboard | Screen::Comparison | Screen::Table(Table::Devices)
                )
        },
        run: |app, _| what_if::open(app),
        footer: false,
    },
    palette_only!(
        "key-what-if-open",
        |app| app.home.is_some() && app.screen != Screen::WhatIf,
        |app, _| what_if::open(app)
    ),
    palette_only!("key-weather", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::Weather)
    }),
    palette_only!("key-history", |app| app.home.is_some(), |app, _| {
        table::open(app, Table::History)
    }),
    palette_only!("key-sessions", always, |app, _| {
        table::open(app, Table::Sessions)
    }),
    palette_only!("key-removed", always, |app, _| {
        table::open(app, Table::Removed)
    }),
    palette_only!("key-edit-home", is_owner, |app, cx| {
        let row = forms::home_of(app).and_then(|home| serde_json::to_value(home).ok());
        forms::open(app, Subject::Home, row, cx)
    }),
    palette_only!("key-new-home", always, |app, cx| {
        forms::open(app, Subject::NewHome, None, cx)
    }),
    palette_only!(
        "key-import-home",
        |app| !matches!(app.screen, Screen::Table(table) if table.is_of_household()),
        |app, cx| { forms::open(app, Subject::ImportHome, None, cx) }
    ),
    palette_only!("key-calculator", always, forms::calculator),
    palette_only!("key-join", always, |app, cx| {
        forms::open(app, Subject::Join, None, cx)
    }),
    palette_only!("key-remove-home", is_owner, |app, cx| {
        forms::open(app, Subject::RemoveHome, None, cx)
    }),
    palette_only!("key-me", always, |app, cx| {
        forms::open(app, Subject::Me, None, cx)
    }),
    palette_only!("key-password", always, |app, cx| {
        forms::open(app, Subject::Password, None, cx)
    }),
    palette_only!("key-sign-out", always, |app, _| sign_out(app)),
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        // A bill and a tariff have a list to go back to, a comparison where it was opened.
        when: |app| {
            !matches!(
                app.screen,
                Screen::Dashboard
                    | Screen::Bill
                    | Screen::Comparison
                    | Screen::Suggestions
                    | Screen::Tariff
                    | Screen::WhatIf
                    | Screen::Import
            )
        },
        run: |app, cx| {
            app.screen = Screen::Dashboard;
            if app.home.is_none() && app.homes.is_empty() {
                return forms::open(app, Subject::NewHome, None, cx);
            }
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

/// Pages of lines, wherever a screen or the help has more of them than are seen.
pub(crate) const SCROLL: &[Command] = &[
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: has_lines,
        run: |app, cx| scroll(app, Step::Page(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown), key(' ')],
        name: "key-page",
        when: has_lines,
        run: |app, cx| scroll(app, Step::Page(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-top",
        when: has_lines,
        run: |app, cx| scroll(app, Step::First, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::End), key('G')],
        name: "key-bottom",
        when: has_lines,
        run: |app, cx| scroll(app, Step::Last, cx),
        footer: false,
    },
];

/// Ctrl-C, wherever one is.
pub(crate) const LEAVE_AT_ONCE: Command = Command {
    keys: &[ctrl('c')],
    name: "key-quit-at-once",
    when: always,
    run: |_, _| vec![Effect::Quit],
    footer: false,
};

/// Every command that there is, for the names that a configuration may use.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    [
        SIGNED_IN,
        EVERYWHERE,
        WHILE_TYPING,
        WITHOUT_A_HOME,
        welcome::COMMANDS,
        dashboard::COMMANDS,
        readings::COMMANDS,
        readings::FILTER_COMMANDS,
        import::COMMANDS,
        import::ASK_COMMANDS,
        bill::COMMANDS,
        comparison::COMMANDS,
        consumption::COMMANDS,
        consumption::TABLE_COMMANDS,
        forecast::COMMANDS,
        entry::COMMANDS,
        table::COMMANDS,
        table::FILTER_COMMANDS,
        admin::COMMANDS,
        form::commands::COMMANDS,
        palette::COMMANDS,
        tariff::COMMANDS,
        told::COMMANDS,
        help::COMMANDS,
        SCROLL,
    ]
    .into_iter()
    .flatten()
}

/// Whether what lies on top has lines that go up.
fn has_lines(app: &App) -> bool {
    app.help.is_some()
        || match app.screen {
            Screen::Report => report::is_there(app),
            Screen::WhatIf | Screen::Import => true,
            _ => false,
        }
}

fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if app.help.is_some() {
        return help::scroll(app, step, cx);
    }
    match app.screen {
        Screen::Report => report::scroll(app, step, cx),
        Screen::WhatIf => what_if::scroll(app, step, cx),
        Screen::Import => import::scroll(app, step, cx),
        _ => Vec::new(),
    }
}

fn help(app: &mut App, _: &Context) -> Vec<Effect> {
    app.help = Some(0);
    Vec::new()
}

fn is_owner(app: &App) -> bool {
    app.board()
        .is_some_and(|board| board.home.role >= ecotrack_common::profile::Role::Owner)
}

fn may_enter_many(app: &App) -> bool {
    app.may_edit() && !entry::register_meters(app).is_empty()
}

fn sign_out(app: &mut App) -> Vec<Effect> {
    // The call goes out before the token is forgotten.
    let mut effects = vec![Effect::Call(app.ticket(), Call::SignOut)];
    effects.extend(app.signed_out(None));
    effects
}
