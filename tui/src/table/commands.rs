//! What can be done in a table.

use crossterm::event::KeyCode;
use ecotrack_common::export::ExportFormat;
use ecotrack_common::{AccountId, ApiKeyId, OperationId, SessionId, path};

use super::offered::{has_rows, is_owner, may_change, opens, removes};
use super::{Table, cursor, export, removed_home, row_json, rows, selected, shown, subject};
use crate::admin;
use crate::app::{App, Context, Notice};
use crate::forms::{self, Subject};
use crate::kept::{Method, Write};
use crate::keys::{Command, always, key, named};
use crate::lists::What;
use crate::message::{Call, Effect};
use crate::widgets::text_line::TextLine;
use crate::{bill, comparison, outbox, tariff};

/// The commands.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-next-table",
        when: has_siblings,
        run: |app, _| next_table(app, 1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-next-table",
        when: has_siblings,
        run: |app, _| {
            let all = shown(app).map_or(0, |table| table.siblings().len());
            next_table(app, all.saturating_sub(1))
        },
        footer: false,
    },
    Command {
        keys: &[key('n')],
        name: "key-add",
        when: |app| {
            may_change(app) && shown(app).is_some_and(|table| subject(table, None).is_some())
        },
        run: add,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-explain",
        when: |app| shown(app) == Some(Table::Bills) && has_rows(app),
        run: explain,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-open-tariff",
        when: |app| shown(app) == Some(Table::Tariffs) && has_rows(app),
        run: |app, cx| open_tariff(app, false, cx),
        footer: true,
    },
    Command {
        keys: &[key('c')],
        name: "key-copy-tariff",
        when: |app| may_change(app) && shown(app) == Some(Table::Tariffs) && has_rows(app),
        run: |app, cx| open_tariff(app, true, cx),
        footer: true,
    },
    Command {
        keys: &[key('T')],
        name: "key-tariffs",
        when: |app| shown(app) == Some(Table::Bills),
        run: |app, _| super::open(app, Table::Tariffs),
        footer: true,
    },
    Command {
        keys: &[key('e')],
        name: "key-edit",
        when: |app| {
            let both = matches!(shown(app), Some(Table::Bills | Table::Tariffs));
            both && may_change(app) && has_rows(app)
        },
        run: edit,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter), key('e')],
        name: "key-edit",
        when: |app| may_change(app) && shown(app).is_some_and(opens) && has_rows(app),
        run: edit,
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-rule-standard",
        when: |app| may_change(app) && shown(app) == Some(Table::AlertRules) && has_rows(app),
        run: remove,
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-remove",
        when: |app| shown(app).is_some_and(|table| removes(app, table)) && has_rows(app),
        run: remove,
        footer: true,
    },
    Command {
        keys: &[key('a')],
        name: "key-acknowledge",
        when: |app| may_change(app) && shown(app) == Some(Table::Alerts) && has_rows(app),
        run: |app, cx| match super::alerts::open_one(app, cx) {
            Some(_) => super::acknowledge(app, cx),
            None => Vec::new(),
        },
        footer: true,
    },
    Command {
        keys: &[key('z')],
        name: "key-snooze",
        when: |app| may_change(app) && shown(app) == Some(Table::Alerts) && has_rows(app),
        run: |app, cx| match super::alerts::open_one(app, cx) {
            Some(_) => edit(app, cx),
            None => Vec::new(),
        },
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-test",
        when: |app| shown(app) == Some(Table::Notices) && has_rows(app),
        run: super::notices::test,
        footer: true,
    },
    Command {
        keys: &[key('m')],
        name: "key-months",
        when: |app| may_change(app) && shown(app) == Some(Table::Bills),
        run: |app, cx| forms::open(app, Subject::Months, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-other-tariff",
        when: |app| shown(app) == Some(Table::Bills),
        run: |app, _| comparison::open(app),
        footer: true,
    },
    Command {
        keys: &[key('u')],
        name: "key-undo-this",
        when: |app| may_change(app) && shown(app) == Some(Table::History) && has_rows(app),
        run: undo_selected,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-restore",
        when: |app| shown(app) == Some(Table::Removed) && has_rows(app),
        run: restore,
        footer: true,
    },
    Command {
        keys: &[key('i')],
        name: "key-invite",
        when: |app| is_owner(app) && shown(app).is_some_and(Table::is_of_household),
        run: |app, cx| forms::open(app, Subject::Invite, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('E')],
        name: "key-export-home",
        when: |app| is_owner(app) && shown(app).is_some_and(Table::is_of_household),
        run: export_home,
        footer: false,
    },
    Command {
        keys: &[key('I')],
        name: "key-import-home",
        when: |app| shown(app).is_some_and(Table::is_of_household),
        run: |app, cx| forms::open(app, Subject::ImportHome, None, cx),
        footer: false,
    },
    Command {
        keys: &[key('v')],
        name: "key-live",
        when: |app| shown(app).is_some_and(Table::is_of_household),
        run: |app, _| super::open(app, Table::Sources),
        footer: true,
    },
    Command {
        keys: &[key('N')],
        name: "key-notices",
        when: |app| shown(app).is_some_and(Table::is_of_household),
        run: |app, _| super::open(app, Table::Notices),
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-transfer",
        when: |app| is_owner(app) && shown(app) == Some(Table::Members),
        run: transfer,
        footer: false,
    },
    Command {
        keys: &[key('/')],
        name: "key-filter",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                app.tables.of_mut(table).filtering = true;
            }
            admin::want_all(app)
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-all-rows",
        when: |app| shown(app).is_some_and(|table| !app.tables.of(table).filter.text().is_empty()),
        run: |app, _| {
            if let Some(table) = shown(app) {
                app.tables.of_mut(table).filter = TextLine::new("");
            }
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[key('s')],
        name: "key-sort",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                let state = app.tables.of_mut(table);
                state.sort = match state.sort {
                    Some((column, false)) if column == state.column => Some((column, true)),
                    Some((column, true)) if column == state.column => None,
                    _ => Some((state.column, false)),
                };
            }
            admin::want_all(app)
        },
        footer: false,
    },
    Command {
        keys: &[key('x')],
        name: "key-export",
        when: always,
        run: export_shown,
        footer: false,
    },
    Command {
        keys: &[key('X')],
        name: "key-export-json",
        when: |app| shown(app).is_some_and(|table| table.exported().is_some()),
        run: |app, cx| export_all(app, ExportFormat::Json, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-column",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                let state = app.tables.of_mut(table);
                state.column = state.column.saturating_sub(1);
            }
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-column",
        when: always,
        run: |app, _| {
            if let Some(table) = shown(app) {
                let last = super::columns(table).len().saturating_sub(1);
                let state = app.tables.of_mut(table);
                state.column = (state.column + 1).min(last);
            }
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: always,
        run: |app, cx| scroll(app, -1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: always,
        run: |app, cx| scroll(app, 1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: always,
        run: |app, cx| scroll(app, -15, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-page",
        when: always,
        run: |app, cx| scroll(app, 15, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Home), key('g')],
        name: "key-first",
        when: always,
        run: |app, cx| scroll(app, i32::MIN / 2, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::End), key('G')],
        name: "key-last",
        when: always,
        run: |app, cx| scroll(app, i32::MAX / 2, cx),
        footer: false,
    },
];

fn add(app: &mut App, cx: &Context) -> Vec<Effect> {
    match shown(app).and_then(|table| subject(table, None)) {
        Some(subject) => forms::open(app, subject, None, cx),
        None => Vec::new(),
    }
}

fn explain(app: &mut App, cx: &Context) -> Vec<Effect> {
    match selected(app, cx) {
        Some((Table::Bills, key)) => bill::open(app, key.into()),
        _ => Vec::new(),
    }
}

fn open_tariff(app: &mut App, copy: bool, cx: &Context) -> Vec<Effect> {
    match selected(app, cx) {
        Some((Table::Tariffs, key)) => tariff::open(app, key.into(), copy, cx),
        _ => Vec::new(),
    }
}

fn edit(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((table, key)) = selected(app, cx) else {
        return Vec::new();
    };
    if table == Table::Outbox {
        return outbox::correct(app, key, cx);
    }
    let row = row_json(app, table, key);
    match subject(table, Some(key)).zip(row) {
        Some((subject, row)) => forms::open(app, subject, Some(row), cx),
        None => Vec::new(),
    }
}

fn remove(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((table, key)) = selected(app, cx) else {
        return Vec::new();
    };
    let neighbour = neighbour(app, table, key, cx);
    let (pattern, name) = match table {
        Table::Outbox => {
            let dropped = outbox::drop_entry(app, key);
            app.tables.of_mut(table).selected = neighbour;
            app.notice = Some(Notice::Text(if dropped.is_some() {
                "outbox-dropped"
            } else {
                "outbox-on-its-way"
            }));
            return dropped.unwrap_or_default();
        }
        Table::Sessions => {
            let ticket = app.ticket();
            app.pending.done = Some((ticket, Some(What::Sessions)));
            return vec![Effect::Call(ticket, Call::EndSession(SessionId(key)))];
        }
        Table::Devices => (path::DEVICE, "profile_device_id"),
        Table::Bills => (path::BILL, "billing_record_id"),
        Table::Goals => (path::GOAL, "consumption_goal_id"),
        Table::Meters => (path::METER, "meter_id"),
        Table::Tariffs => (path::PROFILE_TARIFF, "profile_tariff_id"),
        Table::Away => (path::AWAY_PERIOD, "away_period_id"),
        // A day has no address of its own: it is a span of one.
        Table::Weather => (path::WEATHER, ""),
        Table::Members => {
            let me = app.account.as_ref().map(|account| account.account_id.0);
            if !is_owner(app) && me != Some(key) {
                app.notice = Some(Notice::Text("problem-forbidden"));
                return Vec::new();
            }
            // Cannot be taken back, so it asks.
            let row = row_json(app, table, key);
            return forms::open(app, Subject::RemoveMember(AccountId(key)), row, cx);
        }
        Table::Invitations => (path::INVITATION, "invitation_id"),
        Table::Keys => {
            // Cannot be taken back, so it asks.
            let row = row_json(app, table, key);
            return forms::open(app, Subject::RevokeKey(ApiKeyId(key)), row, cx);
        }
        Table::Topics => (path::LIVE_TOPIC, "live_topic_id"),
        Table::Sources => (path::LIVE_SOURCE, "live_source_id"),
        Table::Notices => (path::NOTICE_CHANNEL, "notice_channel_id"),
        // What the home says of it goes; the program's own stays.
        Table::AlertRules => (path::ALERT_RULE, ""),
        Table::Alerts | Table::History | Table::Removed | Table::Consumption | Table::Admin(_) => {
            return Vec::new();
        }
    };
    let Some(home) = app.home else {
        return Vec::new();
    };
    let version = |row: serde_json::Value| row.get("version")?.as_i64();
    if table == Table::AlertRules && row_json(app, table, key).and_then(version) == Some(0) {
        app.notice = Some(Notice::Text("notice-rule-is-standard"));
        return Vec::new();
    }
    if table != Table::AlertRules {
        app.tables.of_mut(table).selected = neighbour;
    }
    let mut path = path::fill(pattern, &[("energy_profile_id", &home), (name, &key)]);
    if let Some(rule) = super::alerts::rule_of(key).filter(|_| table == Table::AlertRules) {
        let name: &dyn std::fmt::Display = &rule;
        path = path::fill(pattern, &[("energy_profile_id", &home), ("rule", name)]);
    }
    let version = row_json(app, table, key).and_then(|row| row.get("version")?.as_i64());
    if let Some(version) = version {
        path = format!("{path}?version={version}");
    }
    if let Some(day) = super::weather::day(app, key).filter(|_| table == Table::Weather) {
        path = format!("{path}?from={day}&to={day}");
    }
    let write = Write {
        key: cx.fresh_key,
        method: Method::Delete,
        path,
        body: None,
    };
    outbox::submit(
        app,
        Subject::Removal,
        None,
        std::collections::BTreeMap::new(),
        write,
        cx,
    )
}

/// Where the cursor goes when its row does: to the next, or at the end to the one before.
fn neighbour(app: &App, table: Table, key: uuid::Uuid, cx: &Context) -> Option<uuid::Uuid> {
    let rows = rows(app, table, cx)?;
    let at = rows.iter().position(|row| row.key == key)?;
    rows.get(at + 1)
        .or_else(|| rows.get(at.checked_sub(1)?))
        .map(|row| row.key)
}

fn undo_selected(app: &mut App, cx: &Context) -> Vec<Effect> {
    match selected(app, cx) {
        Some((Table::History, key)) => app.take_back(OperationId(key), cx),
        _ => Vec::new(),
    }
}

fn restore(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some((Table::Removed, key)) = selected(app, cx) else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.pending.done = Some((ticket, Some(What::Removed)));
    vec![Effect::Call(
        ticket,
        Call::RestoreProfile(removed_home(key), cx.fresh_key),
    )]
}

fn transfer(app: &mut App, cx: &Context) -> Vec<Effect> {
    match selected(app, cx) {
        Some((Table::Members, key)) => {
            let row = row_json(app, Table::Members, key);
            forms::open(app, Subject::Transfer(AccountId(key)), row, cx)
        }
        _ => Vec::new(),
    }
}

fn has_siblings(app: &App) -> bool {
    shown(app).is_some_and(|table| !table.siblings().is_empty())
}

fn next_table(app: &mut App, by: usize) -> Vec<Effect> {
    let all = shown(app).map_or(&[][..], Table::siblings);
    let Some(at) = shown(app).and_then(|table| all.iter().position(|one| *one == table)) else {
        return Vec::new();
    };
    super::open(app, all[(at + by) % all.len()])
}

/// Moves the cursor by so many rows; at the end of the history older entries are asked for.
pub fn scroll(app: &mut App, by: i32, cx: &Context) -> Vec<Effect> {
    let Some(table) = shown(app) else {
        return Vec::new();
    };
    let Some(rows) = rows(app, table, cx) else {
        return Vec::new();
    };
    let last = rows.len().saturating_sub(1);
    let at = cursor(app.tables.of(table), &rows);
    let at = at
        .saturating_add_signed(isize::try_from(by).unwrap_or(0))
        .min(last);
    app.tables.of_mut(table).selected = rows.get(at).map(|row| row.key);
    if let Table::Admin(page) = table
        && by > 0
        && at + 5 >= last
    {
        return admin::more(app, page);
    }
    if table == Table::History && by > 0 && at + 5 >= last {
        return app
            .lists
            .ask(What::OlderOperations, app.home, &mut app.tickets);
    }
    Vec::new()
}

/// The whole home as one file.
fn export_home(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    let file = format!("ecotrack-home-{}.tar.gz", forms::today(app, cx));
    app.notice = Some(Notice::Said("notice-exporting", file.clone()));
    let address = path::fill(path::ARCHIVE, &[("energy_profile_id", &home)]);
    vec![Effect::Download(address, file)]
}

/// All of a table of the home, from the server.
fn export_all(app: &mut App, format: ExportFormat, cx: &Context) -> Vec<Effect> {
    let exported = shown(app).and_then(Table::exported);
    let (Some(home), Some(exported)) = (app.home, exported) else {
        return Vec::new();
    };
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("energy_profile_id", &home), ("table", &exported)];
    let address = path::fill(path::EXPORT, &values);
    super::download(app, &address, exported.as_str(), format, cx)
}

fn export_shown(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(table) = shown(app) else {
        return Vec::new();
    };
    if let Table::Admin(page) = table
        && admin::has_more(app, page)
    {
        app.notice = Some(Notice::Text("admin-fetches-all"));
        return admin::want_all(app);
    }
    // With a filter it is what is shown that is wanted.
    let is_filtered = !app.tables.of(table).filter.text().trim().is_empty();
    if !is_filtered && table.may_go_on() {
        return export_all(app, ExportFormat::Csv, cx);
    }
    match export(app, table, cx) {
        Some(csv) => {
            let name = table.title().trim_start_matches("table-");
            let name = name.trim_start_matches("admin-page-");
            let day = forms::today(app, cx);
            vec![Effect::Export(format!("ecotrack-{name}-{day}.csv"), csv)]
        }
        None => Vec::new(),
    }
}
