//! The dashboard: what this cycle used, cost and emitted, what it is going to, why, and what to do.

mod bill;
mod chart;
mod panels;
mod savings;
mod view;

use crossterm::event::KeyCode;
use ecotrack_common::dashboard::Dashboard;

pub use bill::{brief as brief_bill, brief_rows as brief_bill_rows};
pub use view::view;

use crate::app::{App, Context, Notice};
use crate::keys::{Command, key, named};
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::remote::Remote;
use crate::suggestion;

/// What the dashboard knows.
#[derive(Debug, Default)]
pub struct State {
    /// The server's answer.
    pub board: Remote<Board>,
    /// Which suggestion is shown.
    pub suggestion: usize,
    /// Whether the parts of the next kWh's price are shown where there is little room.
    pub parts: bool,
    /// Which alert is under the cursor.
    pub alert: usize,
    /// Something changed while the last question was under way.
    stale: bool,
}

/// A dashboard and the tag by which the server knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// It.
    pub dashboard: Dashboard,
    /// Its tag.
    pub etag: String,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('a')],
        name: "key-acknowledge",
        when: |app| app.may_edit() && count_alerts(app) > 0,
        run: acknowledge,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-alerts",
        when: |app| count_alerts(app) > 1,
        run: |app, _| {
            app.dashboard.alert = app.dashboard.alert.saturating_sub(1);
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-alerts",
        when: |app| count_alerts(app) > 1,
        run: |app, _| {
            app.dashboard.alert = (app.dashboard.alert + 1).min(count_alerts(app) - 1);
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Left)],
        name: "key-savings",
        when: |app| count_suggestions(app) > 1,
        run: |app, _| {
            let count = count_suggestions(app);
            app.dashboard.suggestion = (app.dashboard.suggestion + count - 1) % count;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right)],
        name: "key-savings",
        when: |app| count_suggestions(app) > 1,
        run: |app, _| {
            app.dashboard.suggestion = (app.dashboard.suggestion + 1) % count_suggestions(app);
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-why",
        when: |app| count_suggestions(app) > 0,
        run: |app, _| {
            let at = app.dashboard.suggestion;
            let slug = app.board().and_then(|board| board.suggestions.get(at));
            match slug.map(|it| it.slug.clone()) {
                Some(slug) => suggestion::open_at(app, &slug),
                None => Vec::new(),
            }
        },
        footer: true,
    },
    Command {
        keys: &[key('i')],
        name: "key-price-parts",
        when: |app| {
            app.board()
                .is_some_and(|board| board.next_kwh.by_time.is_some())
        },
        run: |app, _| {
            app.dashboard.parts = !app.dashboard.parts;
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-close",
        when: |app| app.dashboard.parts,
        run: |app, _| {
            app.dashboard.parts = false;
            Vec::new()
        },
        footer: false,
    },
];

impl State {
    /// Nothing could be asked at all.
    pub fn failed(&mut self, fault: Fault) {
        let last = self.board.value().cloned();
        self.board = Remote::Failed { fault, last };
    }
}

fn count_alerts(app: &App) -> usize {
    app.board().map_or(0, |board| board.alerts.len())
}

fn count_suggestions(app: &App) -> usize {
    app.board().map_or(0, |board| board.suggestions.len())
}

/// Asks for the dashboard; while a question is under way, the next waits for its answer, so that
/// many changes cost few questions.
pub fn load(app: &mut App) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    if app.dashboard.board.is_loading() {
        app.dashboard.stale = true;
        return Vec::new();
    }
    let tag = app.dashboard.board.value().map(|board| board.etag.clone());
    let ticket = app.ticket();
    app.dashboard.stale = false;
    app.dashboard.board.ask(ticket);
    vec![Effect::Call(ticket, Call::Dashboard(home, tag))]
}

/// Takes the server's answer.
pub fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Option<(Box<Dashboard>, String)>>,
) -> Vec<Effect> {
    let state = &mut app.dashboard;
    let taken = match answer {
        Ok(None) => state.board.unchanged(ticket),
        Ok(Some((dashboard, etag))) => state.board.answer(
            ticket,
            Ok(Board {
                dashboard: *dashboard,
                etag,
            }),
        ),
        Err(fault) => state.board.answer(ticket, Err(fault)),
    };
    if !taken {
        return Vec::new();
    }
    if let Some(board) = state.board.value() {
        let dashboard = &board.dashboard;
        state.alert = state.alert.min(dashboard.alerts.len().saturating_sub(1));
        state.suggestion = state
            .suggestion
            .min(dashboard.suggestions.len().saturating_sub(1));
    }
    if let Some(fault @ (Fault::Problem(_) | Fault::Unreadable)) = state.board.fault()
        && state.board.value().is_some()
    {
        // With nothing on screen the panel itself says it.
        app.notice = Some(Notice::Fault(fault.clone()));
    }
    if app.dashboard.stale && app.dashboard.board.fault().is_none() {
        load(app)
    } else {
        Vec::new()
    }
}

fn acknowledge(app: &mut App, cx: &Context) -> Vec<Effect> {
    let alert = app
        .board()
        .and_then(|board| board.alerts.get(app.dashboard.alert))
        .map(|alert| alert.alert_id);
    let (Some(home), Some(alert)) = (app.home, alert) else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.acknowledging(ticket);
    vec![Effect::Call(
        ticket,
        Call::Acknowledge(home, alert, cx.fresh_key),
    )]
}
