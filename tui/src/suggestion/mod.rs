//! What the home could do: measures by what they save, how that is computed, what is asked, what was
//! done with each and what came of it.
//!
//! `words` are shared with the command line.

mod view;
pub(crate) mod words;

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use ecotrack_common::path;
use ecotrack_common::suggestion::{
    Fit, HomeSuggestion, NewSuggestionState, SuggestionRow, SuggestionState, Suggestions,
};
use ecotrack_common::write::Changed;
use ratatui::layout::Rect;
use serde_json::Value;
use uuid::Uuid;

pub use view::view;

use crate::admin::row_id;
use crate::app::{App, Context, Notice, Screen};
use crate::forms::{self, Subject};
use crate::kept::{Method, Write};
use crate::keys::{Command, always, key, named};
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::outbox;
use crate::remote::Remote;
use crate::what_if;
use crate::widgets::scroll::{self, Step};

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// The server's answer; while it is asked again, the last one.
    pub answer: Remote<Suggestions>,
    /// The measure under the cursor; until somebody moves it the first.
    pub selected: Option<String>,
    /// Whether those are listed too that were dismissed or done, or do not fit.
    pub all: bool,
    /// Whether the measure under the cursor has the screen.
    pub open: bool,
    /// How many of its lines have gone up out of the picture.
    pub scrolled: usize,
    /// Something changed while the last question was under way.
    stale: bool,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-why",
        when: |app| !app.suggestions.open && selected(app).is_some(),
        run: |app, _| {
            app.suggestions.open = true;
            app.suggestions.scrolled = 0;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[key('a')],
        name: "key-accept",
        when: |app| may_become(app, SuggestionState::Accepted),
        run: |app, cx| become_state(app, SuggestionState::Accepted, cx),
        footer: true,
    },
    Command {
        keys: &[key('d')],
        name: "key-dismiss",
        when: |app| may_become(app, SuggestionState::Dismissed),
        run: |app, cx| become_state(app, SuggestionState::Dismissed, cx),
        footer: true,
    },
    Command {
        keys: &[key('f')],
        name: "key-measure-done",
        when: |app| may_become(app, SuggestionState::Done),
        run: |app, cx| become_state(app, SuggestionState::Done, cx),
        footer: true,
    },
    Command {
        keys: &[key('o')],
        name: "key-reopen",
        when: |app| may_become(app, SuggestionState::Open),
        run: |app, cx| become_state(app, SuggestionState::Open, cx),
        footer: true,
    },
    Command {
        keys: &[key('e')],
        name: "key-answer",
        when: |app| app.may_edit() && selected(app).is_some(),
        run: edit,
        footer: true,
    },
    Command {
        keys: &[key('w')],
        name: "key-what-if",
        when: |app| selected(app).is_some(),
        run: try_out,
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-all-measures",
        when: |app| app.suggestions.answer.value().is_some(),
        run: |app, _| {
            app.suggestions.all = !app.suggestions.all;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: |app| selected(app).is_some(),
        run: |app, cx| select(app, Step::Lines(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: |app| selected(app).is_some(),
        run: |app, cx| select(app, Step::Lines(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: |app| selected(app).is_some(),
        run: |app, cx| scroll(app, Step::Page(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-page",
        when: |app| selected(app).is_some(),
        run: |app, cx| scroll(app, Step::Page(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-top",
        when: |app| selected(app).is_some(),
        run: |app, cx| scroll(app, Step::First, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::End), key('G')],
        name: "key-bottom",
        when: |app| selected(app).is_some(),
        run: |app, cx| scroll(app, Step::Last, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: always,
        run: |app, _| {
            if app.suggestions.open {
                app.suggestions.open = false;
                app.suggestions.scrolled = 0;
            } else {
                app.screen = Screen::Dashboard;
            }
            Vec::new()
        },
        footer: true,
    },
];

/// Opens the screen.
pub fn open(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Suggestions;
    load(app)
}

/// Opens the screen at a measure, with how its figure is computed.
pub(crate) fn open_at(app: &mut App, slug: &str) -> Vec<Effect> {
    app.suggestions.selected = Some(slug.to_owned());
    app.suggestions.open = true;
    app.suggestions.scrolled = 0;
    open(app)
}

/// Asks for what the screen shows; while a question is under way, the next waits for its answer.
pub fn load(app: &mut App) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    if app.suggestions.answer.is_loading() {
        app.suggestions.stale = true;
        return Vec::new();
    }
    let ticket = app.ticket();
    app.suggestions.stale = false;
    app.suggestions.answer.ask(ticket);
    vec![Effect::Call(ticket, Call::Suggestions(home))]
}

/// Takes the server's answer.
pub(crate) fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<Suggestions>>,
    cx: &Context,
) -> Vec<Effect> {
    let state = &mut app.suggestions;
    if !state.answer.answer(ticket, answer.map(|answer| *answer)) {
        return Vec::new();
    }
    if let Some(fault) = state.answer.fault() {
        if !matches!(fault, Fault::Away)
            && state.answer.value().is_some()
            && app.screen == Screen::Suggestions
        {
            // With nothing on screen the panel itself says it.
            app.notice = Some(Notice::Fault(fault.clone()));
        }
        return Vec::new();
    }
    forms::suggestions_arrived(app, cx);
    if app.suggestions.stale {
        load(app)
    } else {
        Vec::new()
    }
}

/// The measures that are listed.
pub(crate) fn shown(app: &App) -> Vec<&HomeSuggestion> {
    let all = app.suggestions.answer.value();
    let all = all.map_or(&[][..], |it| it.suggestions.as_slice());
    let listed = |it: &&HomeSuggestion| app.suggestions.all || is_listed(it);
    all.iter().filter(listed).collect()
}

/// Whether a measure is worth a line: it fits or may, and was not put away; or it has an effect.
pub(crate) fn is_listed(it: &HomeSuggestion) -> bool {
    match it.suggestion.state {
        SuggestionState::Accepted => true,
        SuggestionState::Done => it.effect.is_some(),
        SuggestionState::Dismissed => false,
        SuggestionState::Open => it.fit != Fit::DoesNotApply,
    }
}

/// The measure under the cursor; a measure that the dashboard named is found though it is not listed.
pub(crate) fn selected(app: &App) -> Option<&HomeSuggestion> {
    let wanted = app.suggestions.selected.as_deref();
    let all = app.suggestions.answer.value()?.suggestions.iter();
    let listed = shown(app);
    let of = |slug: &str| listed.iter().copied().find(|it| it.suggestion.slug == slug);
    wanted
        .and_then(of)
        .or_else(|| {
            let mut all = all.filter(|_| app.suggestions.open);
            all.find(|it| Some(it.suggestion.slug.as_str()) == wanted)
        })
        .or_else(|| listed.first().copied())
}

/// The measure that a form is about.
pub(crate) fn of_id(app: &App, id: Uuid) -> Option<&HomeSuggestion> {
    let all = app.suggestions.answer.value()?.suggestions.iter();
    all.into_iter().find(|it| row_id(&it.suggestion.slug) == id)
}

/// The row that stands after a write.
pub(crate) fn patch(app: &mut App, row: &Value) {
    let Ok(row) = serde_json::from_value::<SuggestionRow>(row.clone()) else {
        return;
    };
    let Some(known) = app.suggestions.answer.value_mut() else {
        return;
    };
    let mut all = known.suggestions.iter_mut();
    if let Some(it) = all.find(|it| it.suggestion.slug == row.slug) {
        it.suggestion.state = row.wanted.state;
        for asked in &mut it.inputs {
            asked.answer = row.wanted.answers.get(&asked.input.name).cloned();
        }
        it.row = row;
    }
}

fn may_become(app: &App, state: SuggestionState) -> bool {
    app.may_edit() && selected(app).is_some_and(|it| it.suggestion.state != state)
}

fn become_state(app: &mut App, state: SuggestionState, cx: &Context) -> Vec<Effect> {
    let Some((home, it)) = app.home.zip(selected(app)) else {
        return Vec::new();
    };
    let slug = it.suggestion.slug.clone();
    let changed = Changed {
        version: it.row.version,
        row: NewSuggestionState {
            state,
            dismissed_until: None,
            answers: it.row.wanted.answers.clone(),
        },
    };
    let base = serde_json::to_value(&it.row).ok();
    let write = Write {
        key: cx.fresh_key,
        method: Method::Put,
        path: path::fill(
            path::SUGGESTION,
            &[("energy_profile_id", &home), ("slug", &slug)],
        ),
        body: serde_json::to_value(&changed).ok(),
    };
    // What its form would hold, should the server refuse it.
    let values = BTreeMap::from([("state".to_owned(), state.to_string())]);
    // The cursor goes on where the measure leaves the list.
    let next = shown(app)
        .iter()
        .skip_while(|it| it.suggestion.slug != slug)
        .nth(1)
        .map(|it| it.suggestion.slug.clone());
    let leaves = !app.suggestions.all && !app.suggestions.open;
    let puts_away = matches!(state, SuggestionState::Dismissed | SuggestionState::Done);
    app.suggestions.selected = next.filter(|_| leaves && puts_away).or(Some(slug.clone()));
    let subject = Subject::Suggestion(row_id(&slug));
    outbox::submit(app, subject, base, values, write, cx)
}

/// What if the device that the measure is about were used otherwise? Without one, whatever one likes.
fn try_out(app: &mut App, cx: &Context) -> Vec<Effect> {
    let cases = selected(app).map_or(&[][..], |it| it.cases.as_slice());
    let device = cases.iter().find_map(|case| case.profile_device_id);
    what_if::open_with(app, device, cx)
}

fn edit(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(it) = selected(app) else {
        return Vec::new();
    };
    let subject = Subject::Suggestion(row_id(&it.suggestion.slug));
    let row = serde_json::to_value(&it.row).ok();
    forms::open(app, subject, row, cx)
}

/// Moves the cursor in the list.
fn select(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    let listed: Vec<String> = shown(app)
        .iter()
        .map(|it| it.suggestion.slug.clone())
        .collect();
    let slug = selected(app).map(|it| it.suggestion.slug.clone());
    let at = listed
        .iter()
        .position(|it| Some(it) == slug.as_ref())
        .unwrap_or(0);
    let rows = view::list_rows(app, cx);
    let to = scroll::place(at, listed.len(), rows, step);
    if let Some(slug) = listed.get(to).filter(|_| to != at) {
        app.suggestions.selected = Some(slug.clone());
        app.suggestions.scrolled = 0;
    }
    Vec::new()
}

/// Moves the lines of the measure under the cursor where it has the screen; else the cursor.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if !app.suggestions.open {
        return select(app, step, cx);
    }
    if let Some(extent) = view::extent(app, cx) {
        app.suggestions.scrolled = extent.moved(app.suggestions.scrolled, step);
    }
    Vec::new()
}

/// A click on a line of the list goes there.
pub fn click(app: &mut App, body: Rect, column: u16, row: u16) -> Vec<Effect> {
    if let Some(slug) = view::hit(app, body, column, row) {
        app.suggestions.selected = Some(slug);
        app.suggestions.scrolled = 0;
    }
    Vec::new()
}
