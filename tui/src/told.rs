//! Something to read once, over the screen: a code to pass on.

use crossterm::event::KeyCode;
use ecotrack_common::member::InvitationMade;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use crate::app::{App, Context};
use crate::commands::LEAVE_AT_ONCE;
use crate::keys::{Command, always, key, named};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// What is told. It has no `Debug` of its code.
#[derive(Clone)]
pub struct Told(Box<InvitationMade>);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Told").field(&self.0.invitation).finish()
    }
}

impl Told {
    /// The code of an invitation, shown this once.
    pub fn invitation(made: Box<InvitationMade>) -> Self {
        Self(made)
    }
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter), named(KeyCode::Esc), key('q')],
        name: "key-close",
        when: always,
        run: |app, _| {
            app.told = None;
            Vec::new()
        },
        footer: true,
    },
    LEAVE_AT_ONCE,
];

/// Draws it in the middle of `area`.
pub fn view(app: &App, told: &Told, frame: &mut Frame, area: Rect, cx: &Context) {
    let width = area.width.min(64);
    let room = usize::from(width.saturating_sub(4));
    let role = cx.locale.text(&format!("role-{}", told.0.invitation.role));
    let until = cx
        .locale
        .date_time_short(told.0.invitation.expires_at, &app.zone());
    let what = t!(cx, "told-invitation", role = role, until = until);
    let mut lines = vec![
        Line::default(),
        Line::styled(told.0.code.clone(), cx.theme.strong),
        Line::default(),
    ];
    lines.extend(
        words::wrap(&what, room)
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim)),
    );
    let height = (lines.len() as u16 + 2).min(area.height);
    let place = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    frame.render_widget(Clear, place);
    let titles = Titles::new(cx.locale.text("invite-title"));
    let inside = panel::panel(frame, place, &cx.theme, &titles);
    panel::lines(frame, inside, lines);
}
