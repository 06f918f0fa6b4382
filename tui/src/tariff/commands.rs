//! What can be done with an open tariff.

use crossterm::event::KeyCode;
use ecotrack_common::home_tariff::ProfileTariff;
use ecotrack_common::write::Changed;
use ecotrack_common::{FieldErrors, path};
use jiff::ToSpan;

use super::node::{Node, outline};
use super::{Editor, Focus, Pending, draft, edit, leave, version, week, words};
use crate::app::{App, Context, Notice};
use crate::forms::{self, Subject};
use crate::kept::{Method, Write};
use crate::keys::{Command, always, ctrl, key, named};
use crate::message::Effect;
use crate::outbox;

/// The commands.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('e'), named(KeyCode::Enter)],
        name: "key-edit",
        when: |app| is_editable(app) && is_on(app, Focus::Outline),
        run: edit_node,
        footer: true,
    },
    Command {
        keys: &[key('n')],
        name: "key-add",
        when: is_editable,
        run: |app, cx| forms::open(app, Subject::TariffAdd, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-remove",
        when: is_editable,
        run: remove,
        footer: true,
    },
    Command {
        keys: &[ctrl('s')],
        name: "key-save",
        when: |app| is_editable(app) && open(app).is_some_and(Editor::is_changed),
        run: save,
        footer: true,
    },
    Command {
        keys: &[key('u')],
        name: "key-undo",
        when: is_editable,
        run: |app, _| back(app),
        footer: true,
    },
    Command {
        keys: &[ctrl('t')],
        name: "key-take-theirs",
        when: |app| open(app).is_some_and(|open| open.theirs.is_some()),
        run: |app, _| take_theirs(app),
        footer: true,
    },
    Command {
        keys: &[key('c')],
        name: "key-copy-tariff",
        when: |app| app.may_edit() && open(app).is_some_and(|open| !open.editable),
        run: copy,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Tab), named(KeyCode::BackTab)],
        name: "key-outline-or-week",
        when: |app| open(app).is_some(),
        run: |app, _| {
            changed(app, |open| {
                open.focus = match open.focus {
                    Focus::Outline => Focus::Week,
                    Focus::Week => Focus::Outline,
                };
            })
        },
        footer: true,
    },
    Command {
        keys: &[key('[')],
        name: "key-other-week",
        when: |app| open(app).is_some(),
        run: |app, _| {
            changed(app, |open| {
                open.monday = open.monday.saturating_sub(7.days());
            })
        },
        footer: true,
    },
    Command {
        keys: &[key(']')],
        name: "key-other-week",
        when: |app| open(app).is_some(),
        run: |app, _| {
            changed(app, |open| {
                open.monday = open.monday.saturating_add(7.days());
            })
        },
        footer: true,
    },
    Command {
        keys: &[key('f')],
        name: "key-next-finding",
        when: |app| open(app).is_some_and(|open| !is_clean(open)),
        run: next_remark,
        footer: true,
    },
    Command {
        keys: &[key('K')],
        name: "key-shift",
        when: |app| is_editable(app) && can_shift(app),
        run: |app, _| shift(app, -1),
        footer: false,
    },
    Command {
        keys: &[key('J')],
        name: "key-shift",
        when: |app| is_editable(app) && can_shift(app),
        run: |app, _| shift(app, 1),
        footer: false,
    },
    Command {
        keys: &[key('U'), ctrl('r')],
        name: "key-redo",
        when: |app| is_editable(app) && open(app).is_some_and(|open| !open.after.is_empty()),
        run: |app, _| forward(app),
        footer: false,
    },
    Command {
        keys: &[key('D')],
        name: "key-as-saved",
        when: |app| {
            is_editable(app)
                && open(app).is_some_and(|open| open.saved.is_some() && open.is_changed())
        },
        run: |app, _| as_saved(app),
        footer: false,
    },
    Command {
        keys: &[key('+'), key('=')],
        name: "key-other-tier",
        when: |app| open(app).is_some_and(has_steps),
        run: |app, _| changed(app, |open| open.step = (open.step + 1).min(last_step(open))),
        footer: false,
    },
    Command {
        keys: &[key('-')],
        name: "key-other-tier",
        when: |app| open(app).is_some_and(has_steps),
        run: |app, _| changed(app, |open| open.step = open.step.saturating_sub(1)),
        footer: false,
    },
    Command {
        keys: &[key('{')],
        name: "key-other-year",
        when: |app| open(app).is_some(),
        run: |app, _| {
            changed(app, |open| {
                open.monday = open.monday.saturating_sub(52.weeks());
            })
        },
        footer: false,
    },
    Command {
        keys: &[key('}')],
        name: "key-other-year",
        when: |app| open(app).is_some(),
        run: |app, _| {
            changed(app, |open| {
                open.monday = open.monday.saturating_add(52.weeks());
            })
        },
        footer: false,
    },
    Command {
        keys: &[key('w')],
        name: "key-wide",
        when: |app| open(app).is_some(),
        run: |app, _| changed(app, |open| open.wide = !open.wide),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: |app| open(app).is_some(),
        run: |app, cx| scroll(app, -1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: |app| open(app).is_some(),
        run: |app, cx| scroll(app, 1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-other-hour",
        when: |app| is_on(app, Focus::Week),
        run: |app, _| to_hour(app, -1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-other-hour",
        when: |app| is_on(app, Focus::Week),
        run: |app, _| to_hour(app, 1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: always,
        run: |app, _| leave(app),
        footer: true,
    },
];

fn open(app: &App) -> Option<&Editor> {
    app.tariff.open.as_ref()
}

/// Whether it can be changed, and nothing of it is on its way.
fn is_editable(app: &App) -> bool {
    open(app).is_some_and(|open| open.editable && open.key.is_none())
}

fn is_on(app: &App, focus: Focus) -> bool {
    open(app).is_some_and(|open| open.focus == focus)
}

fn is_clean(open: &Editor) -> bool {
    open.document.check().is_ok() && open.document.findings().is_empty()
}

fn can_shift(app: &App) -> bool {
    open(app).is_some_and(|open| {
        matches!(
            open.cursor,
            Node::Charge(..) | Node::Window(..) | Node::Tax(..)
        )
    })
}

fn last_step(open: &Editor) -> usize {
    week::steps(&open.document, open.monday).len() - 1
}

fn has_steps(open: &Editor) -> bool {
    last_step(open) > 0
}

fn changed(app: &mut App, change: impl FnOnce(&mut Editor)) -> Vec<Effect> {
    if let Some(open) = &mut app.tariff.open {
        change(open);
    }
    Vec::new()
}

/// Moves the cursor in the outline, or to another day of the picture.
pub fn scroll(app: &mut App, by: i32, _: &Context) -> Vec<Effect> {
    let by = isize::try_from(by).unwrap_or(0);
    changed(app, |open| match open.focus {
        Focus::Outline => {
            let nodes = outline(&open.document, open.cursor);
            let at = nodes.iter().position(|node| *node == open.cursor);
            let last = nodes.len().saturating_sub(1);
            let to = at.unwrap_or(0).saturating_add_signed(by).min(last);
            open.cursor = nodes.get(to).copied().unwrap_or(Node::Tariff);
            open.follow();
        }
        Focus::Week => open.at.0 = open.at.0.saturating_add_signed(by).min(6),
    })
}

/// To the price before or after the one under the cursor; by the hour within one.
fn to_hour(app: &mut App, by: i16) -> Vec<Effect> {
    changed(app, |open| {
        let (_, minute) = open.at;
        open.at.1 = minute.saturating_add_signed(by * 30).min(week::DAY - 30);
    })
}

fn edit_node(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(open) = &mut app.tariff.open else {
        return Vec::new();
    };
    open.pending = Some(Pending {
        node: open.cursor,
        document: open.document.clone(),
        fresh: false,
    });
    forms::open(app, Subject::TariffNode, None, cx)
}

fn remove(app: &mut App, _: &Context) -> Vec<Effect> {
    let Some(open) = &mut app.tariff.open else {
        return Vec::new();
    };
    let mut document = open.document.clone();
    match edit::remove(&mut document, open.cursor) {
        Some(cursor) => {
            open.become_(document);
            open.cursor = cursor;
        }
        None => app.notice = Some(Notice::Text("tariff-stays")),
    }
    Vec::new()
}

fn shift(app: &mut App, by: isize) -> Vec<Effect> {
    changed(app, |open| {
        let mut document = open.document.clone();
        if let Some(cursor) = edit::shift(&mut document, open.cursor, by) {
            open.become_(document);
            open.cursor = cursor;
        }
    })
}

fn back(app: &mut App) -> Vec<Effect> {
    let Some(open) = &mut app.tariff.open else {
        return Vec::new();
    };
    match open.before.pop() {
        Some(before) => {
            let after = std::mem::replace(&mut open.document, before);
            open.after.push(after);
            open.touched();
        }
        None => app.notice = Some(Notice::Text("tariff-nothing-to-undo")),
    }
    Vec::new()
}

fn forward(app: &mut App) -> Vec<Effect> {
    changed(app, |open| {
        if let Some(after) = open.after.pop() {
            let before = std::mem::replace(&mut open.document, after);
            open.before.push(before);
            open.touched();
        }
    })
}

/// What was changed here goes; `u` has it back.
fn as_saved(app: &mut App) -> Vec<Effect> {
    let Some(open) = &mut app.tariff.open else {
        return Vec::new();
    };
    if let Some(saved) = open.saved.clone() {
        open.become_(saved);
        open.typed_at = None;
    }
    Vec::new()
}

fn copy(app: &mut App, cx: &Context) -> Vec<Effect> {
    match open(app).and_then(|open| open.id) {
        Some(id) => super::open(app, id, true, cx),
        None => Vec::new(),
    }
}

fn next_remark(app: &mut App, cx: &Context) -> Vec<Effect> {
    changed(app, |open| {
        let remarks = words::remarks(&open.document, cx);
        let here = |remark: &words::Remark| remark.node == open.cursor;
        // From the one that is shown first on, once the cursor is there.
        let next = match remarks.get(open.remark) {
            Some(shown) if !here(shown) => open.remark,
            _ => (open.remark + 1) % remarks.len().max(1),
        };
        if let Some(remark) = remarks.get(next) {
            open.cursor = remark.node;
            open.remark = next;
            open.focus = Focus::Outline;
            open.follow();
        }
    })
}

/// Takes the other's row: what stands here goes, and `u` has it back.
fn take_theirs(app: &mut App) -> Vec<Effect> {
    let Some(open) = &mut app.tariff.open else {
        return Vec::new();
    };
    let Some(theirs) = open.theirs.take() else {
        return Vec::new();
    };
    let row = serde_json::from_value::<ProfileTariff>(theirs.clone());
    let Some(document) = row.ok().and_then(|row| {
        open.valid_from = row.tariff.valid_from;
        open.parameters = row.tariff.parameters;
        row.tariff.document
    }) else {
        // It is no tariff of the home's own any more.
        app.draft = open.draft;
        app.tariff.open = None;
        let mut effects = forms::drop_draft(app);
        effects.extend(leave(app));
        return effects;
    };
    open.base = Some(theirs);
    open.saved = Some((*document).clone());
    open.become_(*document);
    open.typed_at = None;
    Vec::new()
}

/// Sends the whole document as one write, or goes to the rule that it breaks.
fn save(app: &mut App, cx: &Context) -> Vec<Effect> {
    let (Some(home), Some(open)) = (app.home, &mut app.tariff.open) else {
        return Vec::new();
    };
    let row = open.row();
    if let Err(errors) = row.check() {
        if let Some(broken) = words::remarks(&open.document, cx)
            .into_iter()
            .find(|remark| remark.broken)
        {
            open.cursor = broken.node;
            open.remark = 0;
            open.focus = Focus::Outline;
            app.notice = Some(Notice::Text("tariff-broken"));
        } else {
            open.wrong = errors;
        }
        return Vec::new();
    }
    let key = open.attempt.unwrap_or(cx.fresh_key);
    let version = version(open);
    let (method, path, body) = match open.id {
        None => (
            Method::Post,
            path::fill(path::PROFILE_TARIFFS, &[("energy_profile_id", &home)]),
            serde_json::to_value(&row),
        ),
        Some(id) => (
            Method::Put,
            path::fill(
                path::PROFILE_TARIFF,
                &[("energy_profile_id", &home), ("profile_tariff_id", &id)],
            ),
            serde_json::to_value(Changed { version, row }),
        ),
    };
    open.key = Some(key);
    open.fault = None;
    open.wrong = FieldErrors::default();
    let subject = Subject::OwnTariff(open.id);
    let (base, values, kept) = (open.base.clone(), draft::values(open), open.draft.take());
    app.draft = kept;
    let write = Write {
        key,
        method,
        path,
        body: body.ok(),
    };
    outbox::submit(app, subject, base, values, write, cx)
}
