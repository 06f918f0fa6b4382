//! Something to read once, over the screen: a code to pass on.

use crossterm::event::KeyCode;
use ecotrack_common::admin::RecoveryMade;
use ecotrack_common::live::ApiKeyMade;
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

/// What is told, this once. It has no `Debug` of its code.
#[derive(Clone)]
pub enum Told {
    /// The code of an invitation.
    Invitation(Box<InvitationMade>),
    /// The code with which somebody sets a new password.
    Recovery(Box<RecoveryMade>),
    /// What a key for a meter says.
    Key(Box<ApiKeyMade>),
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invitation(made) => f.debug_tuple("Invitation").field(&made.invitation).finish(),
            Self::Recovery(made) => f.debug_tuple("Recovery").field(&made.email).finish(),
            Self::Key(made) => f.debug_tuple("Key").field(&made.api_key).finish(),
        }
    }
}

impl Told {
    /// Fluent id of its title, the code, and what it is for.
    fn parts(&self, app: &App, cx: &Context) -> (&'static str, String, String) {
        match self {
            Self::Invitation(made) => {
                let invitation = &made.invitation;
                let role = cx.locale.text(&format!("role-{}", invitation.role));
                let until = cx
                    .locale
                    .date_time_short(invitation.expires_at, &app.zone());
                let what = t!(cx, "told-invitation", role = role, until = until);
                ("invite-title", made.code.clone(), what)
            }
            Self::Recovery(made) => {
                let (who, until) = (
                    made.email.clone(),
                    cx.locale.date_time(made.expires_at, &app.zone()),
                );
                let what = t!(cx, "admin-recovery-what", who = who, until = until);
                ("recovery-title", made.code.clone(), what)
            }
            Self::Key(made) => {
                let name = made.api_key.name.clone();
                let what = t!(cx, "told-api-key", name = name);
                ("api-key-title", made.token.clone(), what)
            }
        }
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
    let (title, code, what) = told.parts(app, cx);
    let mut lines = vec![
        Line::default(),
        Line::styled(code, cx.theme.strong),
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
    let titles = Titles::new(cx.locale.text(title));
    let inside = panel::panel(frame, place, &cx.theme, &titles);
    panel::lines(frame, inside, lines);
}
