//! The list of keys, drawn over the screen it explains.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::app::{App, Context};
use crate::commands::LEAVE_AT_ONCE;
use crate::keys::{self, Command, always, key, named};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[
            named(KeyCode::Esc),
            key('?'),
            key('q'),
            named(KeyCode::F(1)),
            named(KeyCode::Enter),
        ],
        name: "key-close",
        when: always,
        run: |app, _| {
            app.help = false;
            Vec::new()
        },
        footer: true,
    },
    LEAVE_AT_ONCE,
];

/// The commands that the help explains: those of what lies under it.
pub fn explained(app: &App) -> Vec<(String, &'static str)> {
    keys::hints(app.commands_beneath(), app, true)
}

/// Draws the list in the middle of `area`.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let rows = explained(app);
    let keys = rows
        .iter()
        .map(|(keys, _)| words::width(keys))
        .max()
        .unwrap_or(0);
    let names = rows
        .iter()
        .map(|(_, name)| words::width(&cx.locale.text(name)))
        .max()
        .unwrap_or(0);
    let width = (keys + names + 8).min(usize::from(area.width)) as u16;
    let height = (rows.len() + 2).min(usize::from(area.height)) as u16;
    let place = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    frame.render_widget(Clear, place);
    let titles = Titles::new(cx.locale.text("help-title"));
    let inside = panel::panel(frame, place, &cx.theme, &titles);
    let lines = rows
        .into_iter()
        .map(|(label, name)| {
            Line::from(vec![
                Span::styled(words::right(&label, keys), cx.theme.accent),
                Span::raw("  "),
                Span::raw(cx.locale.text(name)),
            ])
        })
        .collect();
    panel::lines(frame, inside, lines);
}
