//! Writes on their way to the server: each is on the disk before it is sent, goes out in the order in
//! which it was entered, and under the key by which it is done once, however often it is sent.
//!
//! With the server away they wait. What the server refuses after its form is gone stays in the list,
//! with the reason, until somebody corrects or drops it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ecotrack_common::reading::ReadingWritten;
use ecotrack_common::{ErrorCode, OperationId, Problem};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, Context, Notice};
use crate::forms::{self, Subject};
use crate::kept::{Done, Kept, Method, Waiting, Write};
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::readings::entry;
use crate::{admin, answers, suggestion, tariff};

/// Writes that wait, in order, and the one that is on its way.
#[derive(Debug, Default)]
pub struct Outbox {
    /// They.
    pub waiting: Vec<Waiting>,
    sending: Option<(Ticket, Uuid)>,
    /// What may have arrived, though no answer came.
    tried: Vec<Uuid>,
    /// What is to be taken back as soon as it is there.
    unwanted: Option<Uuid>,
}

impl Outbox {
    /// Those that the server was not told yet, of whoever is signed in.
    pub fn open<'a>(&'a self, app: &'a App) -> impl Iterator<Item = &'a Waiting> {
        self.mine(app).filter(|waiting| waiting.refused.is_none())
    }

    /// Those that the server refused.
    pub fn refused<'a>(&'a self, app: &'a App) -> impl Iterator<Item = &'a Waiting> {
        self.mine(app).filter(|waiting| waiting.refused.is_some())
    }

    /// All of whoever is signed in.
    pub fn mine<'a>(&'a self, app: &'a App) -> impl Iterator<Item = &'a Waiting> {
        let account = app.account.as_ref().map(|account| account.account_id);
        self.waiting
            .iter()
            .filter(move |waiting| Some(waiting.account_id) == account)
    }
}

/// Puts a write into the outbox and sends what is first in it.
pub(crate) fn submit(
    app: &mut App,
    subject: Subject,
    row: Option<Value>,
    values: BTreeMap<String, String>,
    write: Write,
    cx: &Context,
) -> Vec<Effect> {
    let Some(account_id) = app.account.as_ref().map(|account| account.account_id) else {
        // Nobody knows yet whose it would be: what was typed stays where it is.
        if let Some(form) = &mut app.form {
            form.key = None;
        }
        if let Some(entry) = &mut app.entry {
            entry.sending = None;
        }
        if let Some(open) = &mut app.tariff.open {
            open.key = None;
        }
        app.notice = Some(Notice::Fault(Fault::Away));
        return Vec::new();
    };
    let mut effects = supersede(app, &write);
    let waiting = Waiting {
        write,
        account_id,
        energy_profile_id: forms::home_of_subject(app, subject),
        subject,
        base: row,
        values,
        at: cx.now,
        refused: None,
    };
    effects.insert(0, Effect::Keep(Kept::Waiting(Box::new(waiting.clone()))));
    app.outbox.waiting.push(waiting);
    // From here on the entry is the outbox's to lose.
    effects.extend(forms::drop_draft(app));
    effects.extend(deliver(app));
    if app.outbox.sending.is_none() {
        // Nobody can be asked yet: the program started with the server away.
        waits(app);
    }
    effects
}

/// A change of the whole of a row takes the place of one of the same row that was never sent: the
/// second would otherwise meet the first as somebody else's.
fn supersede(app: &mut App, write: &Write) -> Vec<Effect> {
    let sent = app.outbox.sending.map(|(_, key)| key);
    let older = |waiting: &Waiting| {
        write.method == Method::Put
            && waiting.write.method == Method::Put
            && waiting.write.path == write.path
            && waiting.refused.is_none()
            && Some(waiting.write.key) != sent
            && !app.outbox.tried.contains(&waiting.write.key)
    };
    let keys: Vec<Uuid> = app
        .outbox
        .waiting
        .iter()
        .filter(|waiting| older(waiting))
        .map(|waiting| waiting.write.key)
        .collect();
    app.outbox
        .waiting
        .retain(|waiting| !keys.contains(&waiting.write.key));
    keys.into_iter()
        .map(|key| Effect::Drop(Done::Waiting(key)))
        .collect()
}

/// Sends what is first, unless something is on its way.
pub(crate) fn deliver(app: &mut App) -> Vec<Effect> {
    // What waits goes out under nobody else's name.
    if app.outbox.sending.is_some() || !app.confirmed.account {
        return Vec::new();
    }
    let Some(write) = app
        .outbox
        .open(app)
        .next()
        .map(|waiting| waiting.write.clone())
    else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.outbox.sending = Some((ticket, write.key));
    if !app.outbox.tried.contains(&write.key) {
        app.outbox.tried.push(write.key);
    }
    vec![Effect::Call(ticket, Call::Write(Box::new(write)))]
}

/// Faults that pass by themselves: the write waits for them to.
pub(crate) fn passes(fault: &Fault) -> bool {
    match fault {
        Fault::Away => true,
        Fault::Unreadable => false,
        Fault::Problem(problem) => matches!(
            problem.code,
            ErrorCode::Unavailable
                | ErrorCode::Timeout
                | ErrorCode::TooManyRequests
                | ErrorCode::Unauthenticated
        ),
    }
}

/// Takes the server's answer to a write.
pub(crate) fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Value>,
    cx: &Context,
) -> Vec<Effect> {
    let Some((_, key)) = app.outbox.sending.filter(|(sent, _)| *sent == ticket) else {
        return Vec::new();
    };
    app.outbox.sending = None;
    match answer {
        Err(fault) if passes(&fault) => {
            waits(app);
            match fault {
                // The link's own timer tries again.
                Fault::Away => Vec::new(),
                _ => answers::retry_later(app),
            }
        }
        Err(fault) => refused(app, key, fault, cx),
        Ok(value) => {
            let Some(at) = position(app, key) else {
                return Vec::new();
            };
            let waiting = app.outbox.waiting.remove(at);
            app.outbox.tried.retain(|tried| *tried != key);
            let mut effects = vec![Effect::Drop(Done::Waiting(key))];
            effects.extend(done(app, &waiting, &value));
            if app.outbox.unwanted.take_if(|it| *it == key).is_some()
                && waiting.energy_profile_id == app.home
                && let Some(operation) = operation_of(&value)
            {
                effects.extend(app.take_back(operation, cx));
            }
            effects.extend(deliver(app));
            effects
        }
    }
}

fn position(app: &App, key: Uuid) -> Option<usize> {
    app.outbox
        .waiting
        .iter()
        .position(|waiting| waiting.write.key == key)
}

/// The server cannot take it now: whatever waits, its form and its line close for the next.
fn waits(app: &mut App) {
    let waiting = |key: Option<Uuid>| key.is_some_and(|key| position(app, key).is_some());
    let (form, line) = (
        waiting(app.form.as_ref().and_then(|form| form.key)),
        waiting(app.entry.as_ref().and_then(|entry| entry.sending)),
    );
    if form {
        app.form = None;
    }
    let key = app.tariff.open.as_ref().and_then(|open| open.key);
    if let Some(key) = key.filter(|key| position(app, *key).is_some()) {
        tariff::close(app, key);
    }
    if line {
        app.entry = None;
    }
    app.notice = Some(Notice::Waits);
}

fn refused(app: &mut App, key: Uuid, fault: Fault, cx: &Context) -> Vec<Effect> {
    let Some(at) = position(app, key) else {
        return Vec::new();
    };
    let in_form = app.form.as_ref().is_some_and(|form| form.key == Some(key));
    let on_line = app
        .entry
        .as_ref()
        .is_some_and(|entry| entry.sending == Some(key));
    let in_tariff = tariff::awaits(app, key);
    let mut effects = Vec::new();
    if in_form || on_line || in_tariff {
        app.outbox.waiting.remove(at);
        effects.push(Effect::Drop(Done::Waiting(key)));
        if in_form {
            forms::refused(app, fault, cx);
        } else if in_tariff {
            tariff::refused(app, fault);
        } else {
            entry::refused(app, fault);
        }
        effects.extend(forms::keep_draft(app, cx));
    } else if matches!(
        app.outbox.waiting[at].subject,
        Subject::Removal | Subject::AdminAct
    ) {
        // Nothing was typed that could be lost.
        app.outbox.waiting.remove(at);
        effects.push(Effect::Drop(Done::Waiting(key)));
        app.notice = Some(Notice::Fault(fault));
        effects.extend(answers::after_write(app));
    } else {
        let waiting = &mut app.outbox.waiting[at];
        waiting.refused = Some(match &fault {
            Fault::Problem(problem) => (**problem).clone(),
            _ => unreadable(),
        });
        effects.push(Effect::Keep(Kept::Waiting(Box::new(waiting.clone()))));
        app.notice = Some(Notice::Refused);
    }
    effects.extend(deliver(app));
    effects
}

/// Stands for an answer that nobody could read.
fn unreadable() -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: "The answer cannot be read".to_owned(),
        status: 500,
        code: ErrorCode::Internal,
        detail: None,
        errors: ecotrack_common::FieldErrors::default(),
        current: None,
        request_id: None,
    }
}

fn operation_of(answer: &Value) -> Option<OperationId> {
    let id = answer.get("operation_id")?;
    serde_json::from_value(id.clone()).ok()
}

/// Takes back the newest of what the server was not told yet: what was never sent is dropped; what may have
/// arrived is taken back as soon as that is known. Nothing, where all is told.
pub(crate) fn take_back(app: &mut App) -> Option<Vec<Effect>> {
    let newest = app.outbox.open(app).last()?.write.key;
    let sent = app.outbox.sending.is_some_and(|(_, sent)| sent == newest);
    if sent || app.outbox.tried.contains(&newest) {
        app.outbox.unwanted = Some(newest);
        app.notice = Some(Notice::Text("undo-waits"));
        return Some(Vec::new());
    }
    let effects = drop_entry(app, newest);
    app.notice = Some(Notice::Text("undo-unsent"));
    effects
}

/// The server has it.
fn done(app: &mut App, waiting: &Waiting, value: &Value) -> Vec<Effect> {
    let key = waiting.write.key;
    let operation = operation_of(value);
    if let Some(operation) = operation
        && waiting.energy_profile_id == app.home
    {
        app.done.push(operation);
        app.taken_back.clear();
    }
    if app.form.as_ref().is_some_and(|form| form.key == Some(key)) {
        app.form = None;
    }
    if app
        .entry
        .as_ref()
        .is_some_and(|entry| entry.sending == Some(key))
    {
        app.entry = None;
    }
    tariff::close(app, key);
    if let Some(row) = value.get("row").filter(|row| !row.is_null()) {
        // The next key meets the new version, and not the one before it.
        app.lists.patch(waiting.subject, row);
        if let Subject::AdminRow(set, _) = waiting.subject {
            admin::patch(app, set, row);
        }
        if let Subject::Suggestion(_) = waiting.subject {
            suggestion::patch(app, row);
        }
    }
    app.notice = Some(match waiting.subject {
        Subject::Reading(_) | Subject::Correction(..) => {
            match serde_json::from_value::<ReadingWritten>(value.clone()) {
                Ok(written) => {
                    if let Some(row) = &written.reading {
                        app.readings.written(row);
                    }
                    Notice::Saved(Box::new(written))
                }
                Err(_) => Notice::Text("notice-done"),
            }
        }
        Subject::Removal if operation.is_none() => Notice::Text("notice-removed-for-good"),
        Subject::Removal => Notice::Text("notice-removed"),
        _ if operation.is_some() => Notice::Text("notice-done-undo"),
        _ => Notice::Text("notice-done"),
    });
    let mut effects = answers::after_write(app);
    // The home itself changed, or who may see it.
    if matches!(
        waiting.subject,
        Subject::Home | Subject::RemoveMember(_) | Subject::Member(_)
    ) {
        effects.extend(app.ask_homes());
    }
    effects
}

/// Opens a refused entry in its form, with what the server said.
pub(crate) fn correct(app: &mut App, key: Uuid, cx: &Context) -> Vec<Effect> {
    let Some(at) = position(app, key) else {
        return Vec::new();
    };
    let waiting = app.outbox.waiting[at].clone();
    let Some(problem) = waiting.refused.clone() else {
        app.notice = Some(Notice::Text("outbox-still-waits"));
        return Vec::new();
    };
    if waiting.energy_profile_id.is_some() && waiting.energy_profile_id != app.home {
        // Its form would read and write the home on the screen.
        let home = app
            .homes
            .iter()
            .find(|home| Some(home.energy_profile_id) == waiting.energy_profile_id)
            .map(|home| home.name.clone())
            .unwrap_or_default();
        app.notice = Some(Notice::Said("outbox-other-home", home));
        return Vec::new();
    }
    let mut effects = Vec::new();
    match waiting.subject {
        Subject::Reading(_) | Subject::Correction(..) => {
            app.draft = None;
            entry::reopen(
                app,
                waiting.subject,
                waiting.base.as_ref(),
                &waiting.values,
                cx,
            );
            entry::refused(app, Fault::Problem(Box::new(problem)));
        }
        subject @ Subject::OwnTariff(_) => {
            let (base, values) = (waiting.base.as_ref(), &waiting.values);
            effects.extend(tariff::put_back(app, subject, base, values, cx));
            tariff::refused(app, Fault::Problem(Box::new(problem)));
        }
        subject => {
            effects.extend(forms::reopen(
                app,
                subject,
                waiting.base.clone(),
                &waiting.values,
                cx,
            ));
            forms::refused(app, Fault::Problem(Box::new(problem)), cx);
        }
    }
    // What was typed is a draft again; only then does the entry go.
    effects.extend(forms::keep_draft(app, cx));
    app.outbox.waiting.remove(at);
    effects.push(Effect::Drop(Done::Waiting(key)));
    effects
}

/// Drops an entry that is not on its way; `false` when it is.
pub(crate) fn drop_entry(app: &mut App, key: Uuid) -> Option<Vec<Effect>> {
    if app.outbox.sending.is_some_and(|(_, sent)| sent == key) {
        return None;
    }
    let at = position(app, key)?;
    app.outbox.waiting.remove(at);
    Some(vec![Effect::Drop(Done::Waiting(key))])
}
