//! The list of keys, drawn over the screen it explains.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::app::{App, Context};
use crate::commands::LEAVE_AT_ONCE;
use crate::draw;
use crate::keys::{self, Command, always, key, named};
use crate::message::Effect;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::{Extent, Step};
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
            app.help = None;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: always,
        run: |app, cx| scroll(app, Step::Lines(-1), cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: always,
        run: |app, cx| scroll(app, Step::Lines(1), cx),
        footer: true,
    },
    LEAVE_AT_ONCE,
];

/// Moves the list, as far as there is more of it.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    let extent = extent(explained(app).len(), draw::body_of(cx));
    app.help = app.help.map(|scrolled| extent.moved(scrolled, step));
    Vec::new()
}

fn extent(lines: usize, area: Rect) -> Extent {
    Extent {
        lines,
        rows: usize::from(area.height.saturating_sub(2)),
    }
}

/// The commands that the help explains: those of what lies under it.
pub fn explained(app: &App) -> Vec<(String, &'static str)> {
    keys::hints(app.commands_beneath(), app, true)
}

/// Draws the list in the middle of `area`, so many of its lines having gone up.
pub fn view(app: &App, scrolled: usize, frame: &mut Frame, area: Rect, cx: &Context) {
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
    let extent = extent(rows.len(), area);
    let below = panel::more_below(extent.hidden(scrolled), &cx.locale);
    let titles = Titles::new(cx.locale.text("help-title")).bottom(below);
    let inside = panel::panel(frame, place, &cx.theme, &titles);
    let lines = rows
        .into_iter()
        .skip(extent.first(scrolled))
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
