//! What can be done on the screen of administrators, besides what every table can.

use crossterm::event::KeyCode;
use ecotrack_common::admin::{AdminSet, ChangedAdministrator, OfVersion, Standing};
use ecotrack_common::{AccountId, path};
use serde::Serialize;
use serde_json::Value;

use super::{Ask, Page, Rows, open, row, row_id, rows, shown, toggle_edited, view};
use crate::app::{App, Context, Notice};
use crate::forms::{self, Subject};
use crate::kept::{Method, Write};
use crate::keys::{Command, always, key, named};
use crate::message::{Call, Effect};
use crate::outbox;
use crate::table;
use crate::widgets::scroll::Step;

/// The commands; those of every table follow.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Esc), key('v'), named(KeyCode::Enter)],
        name: "key-close",
        when: is_detail,
        run: |app, _| {
            app.admin.detail = None;
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: is_detail,
        run: |app, cx| scroll(app, Step::Lines(-1), cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: is_detail,
        run: |app, cx| scroll(app, Step::Lines(1), cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: is_detail,
        run: |app, cx| scroll(app, Step::Page(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-page",
        when: is_detail,
        run: |app, cx| scroll(app, Step::Page(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-top",
        when: is_detail,
        run: |app, cx| scroll(app, Step::First, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::End), key('G')],
        name: "key-bottom",
        when: is_detail,
        run: |app, cx| scroll(app, Step::Last, cx),
        footer: false,
    },
    Command {
        keys: &[key('n')],
        name: "key-add",
        when: |app| set(app).is_some_and(is_typed) && !is_detail(app),
        run: |app, cx| match set(app) {
            Some(set) => forms::open(app, Subject::AdminRow(set, None), None, cx),
            None => Vec::new(),
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter), key('e')],
        name: "key-edit",
        when: |app| set(app).is_some(),
        run: edit,
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-remove",
        when: |app| set(app).is_some(),
        run: remove,
        footer: true,
    },
    Command {
        keys: &[key('R')],
        name: "key-reset",
        when: |app| set(app).is_some(),
        run: reset,
        footer: true,
    },
    Command {
        keys: &[key('o')],
        name: "key-only-edited",
        when: |app| set(app).is_some() && !is_detail(app),
        run: |app, _| toggle_edited(app),
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-administrator",
        when: |app| shown(app) == Some(Page::Accounts),
        run: administrate,
        footer: true,
    },
    Command {
        keys: &[key('R')],
        name: "key-recovery",
        when: |app| shown(app) == Some(Page::Accounts),
        run: recover,
        footer: true,
    },
    Command {
        keys: &[key('X')],
        name: "key-end-sessions",
        when: |app| shown(app) == Some(Page::Accounts),
        run: end_sessions,
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-retry",
        when: |app| shown(app) == Some(Page::Jobs),
        run: retry,
        footer: true,
    },
    Command {
        keys: &[key('v')],
        name: "key-detail",
        when: |app| !is_detail(app),
        run: detail,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-detail",
        when: |app| set(app).is_none() && !is_detail(app),
        run: detail,
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-next-table",
        when: always,
        run: |app, _| go(app, 1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-next-table",
        when: always,
        run: |app, _| go(app, super::PAGES - 1),
        footer: false,
    },
];

fn is_detail(app: &App) -> bool {
    app.admin.detail.is_some()
}

fn set(app: &App) -> Option<AdminSet> {
    match shown(app) {
        Some(Page::Set(set)) => Some(set),
        _ => None,
    }
}

/// Whether a row of it can be typed: a document comes from a file.
fn is_typed(set: AdminSet) -> bool {
    set.description().document().is_none()
}

fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if let Some((scrolled, page)) = app.admin.detail.zip(shown(app)) {
        let extent = view::extent(app, page, cx);
        app.admin.detail = Some(extent.moved(scrolled, step));
    }
    Vec::new()
}

fn go(app: &mut App, by: usize) -> Vec<Effect> {
    let at = shown(app).map_or(0, Page::at);
    match Page::all().nth((at + by) % super::PAGES) {
        Some(page) => open(app, page),
        None => Vec::new(),
    }
}

/// Shows all of the row under the cursor; a tariff's document is asked for.
fn detail(app: &mut App, cx: &Context) -> Vec<Effect> {
    app.admin.detail = Some(0);
    match (set(app), table::selected(app, cx)) {
        (Some(set), Some((_, id))) => match row(app, set, id).map(|row| row.key.clone()) {
            Some(key) => vec![Effect::Call(app.ticket(), Call::Admin(Ask::Row(set, key)))],
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn edit(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((set, (_, id))) = set(app).zip(table::selected(app, cx)) else {
        return Vec::new();
    };
    match row(app, set, id).and_then(|row| serde_json::to_value(row).ok()) {
        Some(row) => forms::open(app, Subject::AdminRow(set, Some(id)), Some(row), cx),
        None => Vec::new(),
    }
}

fn remove(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((set, (_, id))) = set(app).zip(table::selected(app, cx)) else {
        return Vec::new();
    };
    let Some(row) = row(app, set, id) else {
        return Vec::new();
    };
    if row.standing() != Standing::Added {
        app.notice = Some(Notice::Text("problem-shipped"));
        return Vec::new();
    }
    let path = fill(path::ADMIN_ROW, set, &row.key);
    let path = format!("{path}?version={}", row.version);
    send(app, Method::Delete, path, None::<&Value>, cx)
}

fn reset(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((set, (_, id))) = set(app).zip(table::selected(app, cx)) else {
        return Vec::new();
    };
    let Some(row) = row(app, set, id) else {
        return Vec::new();
    };
    let standing = row.standing();
    if standing != Standing::Edited {
        let id = match standing {
            Standing::Added => "problem-not_shipped",
            _ => "admin-as-shipped",
        };
        app.notice = Some(Notice::Text(id));
        return Vec::new();
    }
    let path = fill(path::ADMIN_ROW_RESET, set, &row.key);
    let of_version = OfVersion {
        version: row.version,
    };
    send(app, Method::Post, path, Some(&of_version), cx)
}

fn fill(pattern: &str, set: AdminSet, key: &str) -> String {
    path::fill(pattern, &[("set", &set), ("key", &path::segment(key))])
}

/// The account under the cursor, and whether it administers.
fn account(app: &App, cx: &Context) -> Option<(AccountId, bool)> {
    let (_, id) = table::selected(app, cx)?;
    match rows(app, Page::Accounts)? {
        Rows::Accounts(rows) => rows
            .iter()
            .find(|row| row.account_id.0 == id)
            .map(|row| (row.account_id, row.administrator)),
        _ => None,
    }
}

fn administrate(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((account, administrator)) = account(app, cx) else {
        return Vec::new();
    };
    let path = path::fill(path::ADMIN_ADMINISTRATOR, &[("account_id", &account)]);
    let changed = ChangedAdministrator {
        administrator: !administrator,
    };
    send(app, Method::Put, path, Some(&changed), cx)
}

fn recover(app: &mut App, cx: &Context) -> Vec<Effect> {
    match account(app, cx) {
        Some((account, _)) => {
            let ask = Call::Admin(Ask::Recovery(account));
            vec![Effect::Call(app.ticket(), ask)]
        }
        None => Vec::new(),
    }
}

fn end_sessions(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((account, _)) = account(app, cx) else {
        return Vec::new();
    };
    let path = path::fill(path::ADMIN_SESSIONS, &[("account_id", &account)]);
    send(app, Method::Delete, path, None::<&Value>, cx)
}

fn retry(app: &mut App, cx: &Context) -> Vec<Effect> {
    let selected = table::selected(app, cx);
    let Some((Rows::Jobs(jobs), (_, id))) = rows(app, Page::Jobs).zip(selected) else {
        return Vec::new();
    };
    let is_it = |job: &&ecotrack_common::admin::AdminJob| row_id(&job.job_id.to_string()) == id;
    let Some(job) = jobs.iter().find(is_it) else {
        return Vec::new();
    };
    let path = path::fill(path::ADMIN_JOB_RETRY, &[("job_id", &job.job_id)]);
    send(app, Method::Post, path, None::<&Value>, cx)
}

/// Sends an act that nothing was typed for.
fn send(
    app: &mut App,
    method: Method,
    path: String,
    body: Option<&impl Serialize>,
    cx: &Context,
) -> Vec<Effect> {
    let write = Write {
        key: cx.fresh_key,
        method,
        path,
        body: body.and_then(|body| serde_json::to_value(body).ok()),
    };
    let values = std::collections::BTreeMap::new();
    outbox::submit(app, Subject::AdminAct, None, values, write, cx)
}
