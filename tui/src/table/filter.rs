//! The filter of a table while it is written.

use crossterm::event::KeyCode;

use super::shown;
use crate::keys::{Command, always, named};
use crate::widgets::text_line::TextLine;

/// What can be done while the filter is written; every other key writes it.
pub const FILTER_COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter), named(KeyCode::Down)],
        name: "key-filter-done",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                app.tables.of_mut(table).filtering = false;
            }
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-all-rows",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                let state = app.tables.of_mut(table);
                state.filtering = false;
                state.filter = TextLine::new("");
            }
            Vec::new()
        },
        footer: true,
    },
];
