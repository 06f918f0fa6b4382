//! What the server's answers and its news change in the app.

use ecotrack_common::ErrorCode;
use ecotrack_common::audit::{OperationEntry, Undone};
use ecotrack_common::profile::EnergyProfile;
use serde_json::Value;

use crate::app::{App, Context, Notice, Screen};
use crate::forms::{self, Subject};
use crate::kept::Kept;
use crate::link::{self, backoff};
use crate::lists::{Listed, What};
use crate::message::{Answer, Effect, Fault, News, Reply, Ticket, Timer};
use crate::table::{self, Table};
use crate::told::Told;
use crate::{
    admin, bill, comparison, consumption, dashboard, forecast, import, outbox, readings, report,
    suggestion, tariff, welcome, what_if,
};

/// Takes the server's answer to `ticket`.
pub(crate) fn answer(app: &mut App, ticket: Ticket, reply: Reply, cx: &Context) -> Vec<Effect> {
    match reply {
        Reply::SignedIn(answer) => match awaited(app, ticket, answer) {
            Some(signed_in) => app.signed_in_as(signed_in),
            None => Vec::new(),
        },
        Reply::SignedOut(_) => Vec::new(),
        Reply::Account(answer) => {
            let changed = is_awaited(app, ticket);
            let answer = if changed {
                awaited(app, ticket, answer)
            } else {
                answer.ok()
            };
            let Some(account) = answer else {
                return Vec::new();
            };
            let language = account.language;
            app.account = Some(account);
            app.confirmed.account = true;
            let mut effects = vec![if changed {
                app.form = None;
                app.notice = Some(Notice::Text("notice-done"));
                Effect::Speak(language)
            } else {
                Effect::SpeakAsAccount(language)
            }];
            // What waits and what stands in a form is known to be this person's only now.
            effects.extend(outbox::deliver(app));
            effects.extend(forms::keep_draft(app, cx));
            effects
        }
        Reply::Profiles(answer) => {
            if app.pending.homes != Some(ticket) {
                return Vec::new();
            }
            app.pending.homes = None;
            match answer {
                Ok(homes) => app.homes_are(homes, cx),
                Err(fault) => {
                    app.dashboard.failed(fault);
                    Vec::new()
                }
            }
        }
        Reply::ProfileCreated(answer) | Reply::Joined(answer) => another_home(app, ticket, answer),
        Reply::HomeImported(answer) => {
            let keys = answer.as_ref().map(|imported| imported.keys.join(", "));
            let names = keys.unwrap_or_default();
            let home = answer.map(|imported| Box::new(imported.profile));
            let effects = another_home(app, ticket, home);
            if !names.is_empty() {
                app.notice = Some(Notice::Said("notice-keys-anew", names));
            }
            effects
        }
        Reply::Dashboard(answer) => {
            let news = matches!(answer, Ok(Some(_)));
            let gone = answer
                .as_ref()
                .err()
                .and_then(Fault::problem)
                .is_some_and(|problem| problem.code == ErrorCode::NotFound);
            let mut effects = dashboard::answered(app, ticket, answer);
            if let Some(last) = app.last().filter(|_| news) {
                effects.push(Effect::Keep(Kept::Last(Box::new(last))));
            }
            if consumption::is_open(app) {
                // Which day it is tells what is to be asked.
                effects.extend(consumption::look(app));
            }
            if gone && app.pending.homes.is_none() {
                // Removed, or no longer a member: what else is there?
                effects.extend(app.ask_homes());
            }
            effects
        }
        Reply::Readings(answer) => readings::answered(app, ticket, answer),
        Reply::Wrote(answer) => outbox::answered(app, ticket, answer, cx),
        Reply::Listed(what, answer) => listed(app, ticket, what, answer, cx),
        Reply::Undone(answer) => undone(app, ticket, answer),
        Reply::Invited(answer) => match awaited(app, ticket, answer) {
            Some(made) => {
                app.form = None;
                app.told = Some(Told::Invitation(made));
                app.refresh()
            }
            None => Vec::new(),
        },
        Reply::KeyMade(answer) => match awaited(app, ticket, answer) {
            Some(made) => {
                app.form = None;
                app.told = Some(Told::Key(made));
                app.refresh()
            }
            None => Vec::new(),
        },
        Reply::Done(answer) => done(app, ticket, answer),
        Reply::Acknowledged(answer) => {
            if app.pending.acknowledgement != Some(ticket) {
                return Vec::new();
            }
            app.pending.acknowledgement = None;
            match answer {
                Ok(()) => {
                    let mut effects = dashboard::load(app);
                    if let Screen::Table(table) = app.screen {
                        effects.extend(table::load(app, table));
                    }
                    effects
                }
                // It is not kept for later: by then the alert may be another.
                Err(Fault::Away) => {
                    app.notice = Some(Notice::Text("notice-not-acknowledged"));
                    Vec::new()
                }
                Err(fault) => {
                    app.notice = Some(Notice::Fault(fault));
                    Vec::new()
                }
            }
        }
        Reply::Tested(answer) => {
            if app.pending.test == Some(ticket) {
                app.pending.test = None;
                app.notice = Some(match answer {
                    Ok(test) => Notice::Tested(test.failure),
                    Err(fault) => Notice::Fault(fault),
                });
            }
            Vec::new()
        }
        Reply::Explained(answer) => {
            bill::explained(app, ticket, answer);
            Vec::new()
        }
        Reply::Changed(answer) => {
            bill::changed(app, ticket, answer);
            Vec::new()
        }
        Reply::WhatIf(answer) => what_if::answered(app, ticket, answer),
        Reply::Compared(answer) => comparison::answered(app, ticket, answer),
        Reply::Consumption(answer) => consumption::answered(app, ticket, answer),
        Reply::Patterns(answer) => consumption::patterns_answered(app, ticket, answer),
        Reply::Suggestions(answer) => suggestion::answered(app, ticket, answer, cx),
        Reply::Forecast(answer) => forecast::answered(app, ticket, answer),
        Reply::Report(answer) => {
            report::answered(app, ticket, answer);
            Vec::new()
        }
        Reply::ReportPage(answer) => report::page_came(app, ticket, answer),
        Reply::TrainingAsked(answer) => forecast::asked(app, ticket, answer, cx),
        Reply::Imported(answer) => import::answered(app, ticket, answer, cx),
        Reply::Admin(answer) => admin::answered(app, ticket, answer),
        Reply::Tariff(slug, answer) => tariff::document_came(app, ticket, &slug, answer, cx),
        Reply::Tables(answer) => {
            tariff::tables_came(app, ticket, answer);
            Vec::new()
        }
        Reply::Tips(answer) => {
            app.welcome.tips.answer(ticket, answer);
            Vec::new()
        }
        Reply::PublicSummary(answer) => welcome::summary_came(app, ticket, answer, cx),
    }
}

fn is_awaited(app: &App, ticket: Ticket) -> bool {
    app.form
        .as_ref()
        .is_some_and(|form| form.sending == Some(ticket))
}

/// The answer that the open form awaits; a refusal goes into the form.
fn awaited<T>(app: &mut App, ticket: Ticket, answer: Answer<T>) -> Option<T> {
    if !is_awaited(app, ticket) {
        return None;
    }
    match answer {
        Ok(value) => Some(value),
        Err(fault) => {
            if let Some(form) = &mut app.form {
                form.refused(fault);
            }
            None
        }
    }
}

fn done(app: &mut App, ticket: Ticket, answer: Answer<()>) -> Vec<Effect> {
    if is_awaited(app, ticket) {
        let removed = app
            .form
            .as_ref()
            .is_some_and(|form| form.subject == Subject::RemoveHome);
        if awaited(app, ticket, answer).is_none() {
            return Vec::new();
        }
        app.form = None;
        app.notice = Some(Notice::Text(if removed {
            "notice-home-removed"
        } else {
            "notice-done"
        }));
        if removed {
            app.homes
                .retain(|home| Some(home.energy_profile_id) != app.home);
            app.home = None;
            return app.ask_homes();
        }
        // A home that was handed over, for one.
        let mut effects = app.refresh();
        effects.extend(app.ask_homes());
        return effects;
    }
    let Some((awaited, list)) = app.pending.done else {
        return Vec::new();
    };
    if awaited != ticket {
        return Vec::new();
    }
    app.pending.done = None;
    match answer {
        Ok(()) => {
            app.notice = Some(Notice::Text("notice-done"));
            let mut effects = dashboard::load(app);
            if let Some(what) = list {
                effects.extend(app.lists.ask(what, app.home, &mut app.tickets));
                if what == What::Removed || what == What::Members {
                    effects.extend(app.ask_homes());
                }
            }
            effects
        }
        Err(fault) => {
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
    }
}

fn listed(
    app: &mut App,
    ticket: Ticket,
    what: What,
    answer: Answer<Listed>,
    cx: &Context,
) -> Vec<Effect> {
    let fault = answer.as_ref().err().cloned();
    if !app.lists.answer(ticket, what, answer) {
        return Vec::new();
    }
    let again = app.lists.take_stale(what) && fault.is_none();
    if let Some(fault @ (Fault::Problem(_) | Fault::Unreadable)) = fault
        && matches!(app.screen, Screen::Table(table) if table.what() == Some(what))
        && app.lists.is_wanted(what)
    {
        app.notice = Some(Notice::Fault(fault));
    }
    match what {
        What::Operations => news(app),
        What::OlderOperations => {}
        _ => {
            changed_meanwhile(app, what, cx);
            if what == What::ProfileTariffs {
                tariff::changed_meanwhile(app);
            }
            forms::refresh(app, cx);
        }
    }
    if again {
        return app.lists.ask(what, app.home, &mut app.tickets);
    }
    if what == What::Meters {
        return import::meters_came(app, cx);
    }
    if what == What::Tariffs {
        return comparison::tariffs_arrived(app);
    }
    Vec::new()
}

/// Tells what another member did since this screen last looked.
fn news(app: &mut App) {
    let Some(newest) = app
        .lists
        .operations
        .value()
        .and_then(|page| page.operations.first())
        .cloned()
    else {
        return;
    };
    let before = app.pending.seen.replace(newest.operation_id);
    let me = app.account.as_ref().map(|account| account.account_id);
    if before.is_some_and(|before| before != newest.operation_id)
        && newest.account_id.is_some()
        && newest.account_id != me
    {
        app.notice = Some(Notice::Member(Box::new(newest)));
    }
}

/// Whether the row that a form changes is another by now: then both are shown.
fn changed_meanwhile(app: &mut App, what: What, cx: &Context) {
    let Some(form) = app.form.as_ref().filter(|form| form.key.is_none()) else {
        return;
    };
    let Some((table, key)) = edited(form.subject).filter(|(table, _)| table.what() == Some(what))
    else {
        return;
    };
    let version = |row: &Value| row.get("version").and_then(Value::as_i64);
    let base = form
        .theirs
        .as_ref()
        .map(|theirs| &theirs.row)
        .or(form.base.as_ref())
        .and_then(version);
    let Some(row) = table::row_json(app, table, key) else {
        return;
    };
    if version(&row) <= base {
        return;
    }
    // Whose change it was, if the history knows already.
    let id = serde_json::Value::String(key.to_string());
    let is_about = |entry: &OperationEntry| {
        let row = entry.after.as_ref().and_then(Value::as_object);
        row.is_some_and(|row| row.values().any(|value| *value == id))
    };
    let by = app
        .lists
        .operations
        .value()
        .and_then(|page| {
            page.operations
                .iter()
                .find(|operation| operation.entries.iter().any(is_about))
        })
        .and_then(|operation| operation.by.clone());
    let theirs = forms::their_row(app, row, by, cx);
    if let Some(form) = &mut app.form {
        form.theirs = Some(theirs);
    }
}

/// The table and the row that a form changes.
fn edited(subject: Subject) -> Option<(Table, uuid::Uuid)> {
    match subject {
        Subject::Device(Some(id)) => Some((Table::Devices, id.0)),
        Subject::Bill(Some(id)) => Some((Table::Bills, id.0)),
        Subject::Goal(Some(id)) => Some((Table::Goals, id.0)),
        Subject::Meter(Some(id)) => Some((Table::Meters, id.0)),
        Subject::Away(Some(id)) => Some((Table::Away, id.0)),
        Subject::Member(id) => Some((Table::Members, id.0)),
        Subject::AlertRule(_) => table::subject_key(subject),
        Subject::Channel(Some(id)) => Some((Table::Notices, id.0)),
        Subject::ProfileTariff(Some(id)) => Some((Table::Tariffs, id.0)),
        _ => None,
    }
}

fn undone(app: &mut App, ticket: Ticket, answer: Answer<Undone>) -> Vec<Effect> {
    let Some((awaited, operation)) = app.pending.undo else {
        return Vec::new();
    };
    if awaited != ticket {
        return Vec::new();
    }
    app.pending.undo = None;
    match answer {
        Ok(undone) => {
            app.done.retain(|done| *done != operation);
            if app.taken_back.last() == Some(&operation) {
                // Taken back and put again: it can be taken back once more.
                app.taken_back.pop();
                app.done.push(undone.operation_id);
                app.notice = Some(Notice::Text("notice-redone"));
            } else {
                app.taken_back.push(undone.operation_id);
                app.notice = Some(Notice::Text("notice-undone"));
                let outcome = app.import.outcome.as_ref();
                if outcome.and_then(|report| report.operation_id) == Some(operation) {
                    app.import.taken_back = Some(operation);
                }
            }
            after_write(app)
        }
        Err(fault) => {
            // Where the server is only busy, the same key asks again.
            if fault.problem().is_some() && !outbox::passes(&fault) {
                app.done.retain(|done| *done != operation);
                app.taken_back.retain(|taken| *taken != operation);
            }
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
    }
}

/// The screens follow at once; the event stream would say so too, but may be away.
pub(crate) fn after_write(app: &mut App) -> Vec<Effect> {
    if app.screen != Screen::Readings {
        app.readings.rows = crate::remote::Remote::Idle;
    }
    app.refresh()
}

/// Opens a home that this person has since now.
fn another_home(app: &mut App, ticket: Ticket, answer: Answer<Box<EnergyProfile>>) -> Vec<Effect> {
    let Some(home) = awaited(app, ticket, answer) else {
        return Vec::new();
    };
    let id = home.energy_profile_id;
    app.homes.retain(|known| known.energy_profile_id != id);
    app.homes.push(*home);
    app.form = None;
    let mut effects = forms::drop_draft(app);
    effects.extend(app.open_home(id));
    effects
}

/// Tries again later what the server could not take now.
pub(crate) fn retry_later(app: &mut App) -> Vec<Effect> {
    link::retry(app)
}

/// Takes news of the open home.
pub(crate) fn stream(app: &mut App, news: &News) -> Vec<Effect> {
    match news {
        News::Changed => {
            app.link.live = true;
            app.import.told.clear();
            app.refresh()
        }
        News::Lost => {
            app.link.live = false;
            app.link.listening = false;
            vec![Effect::After(
                backoff(app.link.misses.max(1)),
                Timer::Listen,
            )]
        }
    }
}
