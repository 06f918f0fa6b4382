//! A file of readings on its way in: looked at and told before anything is written, then sent, then undone
//! as a whole if it was a mistake. Screen and command line share what is here.
//!
//! `job` is what is asked of `work`, the one file here that reads files and sends rows (with `rows`); the
//! rest is pure.

mod commands;
mod job;
pub(crate) mod meters;
#[cfg(test)]
mod phases_tests;
pub(crate) mod rows;
mod state;
mod trial;
pub(crate) mod typed;
mod view;
mod view_text;
mod view_values;
pub(crate) mod words;
pub(crate) mod work;

use std::sync::Arc;

use ecotrack_common::import::delimited::{Mapping, Said};
use ecotrack_common::import::{ImportReport, OnConflict};
use ecotrack_common::meter::{Channel, Meter};
use ecotrack_common::{MeterId, OperationId};

pub use commands::{ASK_COMMANDS, COMMANDS};
pub use job::{Job, Known, Look, News, Seen, Send, Wrong};
use state::is_invalid;
pub use state::{Asking, State, Trial, Way};
use trial::{ask_server, choose, send};
pub(crate) use trial::{is_large, rested};
pub use view::view;
pub(crate) use view_values::first_rows;

use crate::answers;
use crate::app::{App, Context, Notice, Screen};
use crate::forms::{self, Subject};
use crate::lists::What;
use crate::message::{Answer, Effect, Ticket};
use crate::table;
use crate::widgets::scroll::Step;
use crate::widgets::text_line::TextLine;

/// All meters of the home, as far as they are known.
pub(crate) fn all_meters(app: &App) -> Vec<Meter> {
    match app.lists.meters.value() {
        Some(all) => all.clone(),
        None => app.board().map_or_else(Vec::new, |board| {
            board.meters.iter().map(|now| now.meter.clone()).collect()
        }),
    }
}

/// Whether this person may import here, and is not at it.
pub(crate) fn may_open(app: &App) -> bool {
    app.may_edit() && app.screen != Screen::Import
}

/// Opens the screen: on the file that is there, or asking for one.
pub fn open(app: &mut App) -> Vec<Effect> {
    if app.screen != Screen::Import {
        app.import.back = app.screen;
    }
    app.screen = Screen::Import;
    let state = &mut app.import;
    if state.outcome.is_some() || (state.seen.is_none() && state.looking.is_none()) {
        return ask_for(app, Asking::File);
    }
    load(app)
}

/// Asks for what the preview needs of the home.
pub fn load(app: &mut App) -> Vec<Effect> {
    let mut effects = app.lists.ask(What::Meters, app.home, &mut app.tickets);
    effects.extend(app.lists.ask_once(What::Bills, app.home, &mut app.tickets));
    effects
}

/// Asks for a path.
fn ask_for(app: &mut App, asking: Asking) -> Vec<Effect> {
    let state = &mut app.import;
    state.asking = Some(asking);
    state.wrong = None;
    state.names = Default::default();
    let text = match asking {
        // The next file is often beside the one that is in.
        Asking::File if state.outcome.is_some() => typed::folder(&state.look.path),
        Asking::File => state.look.path.clone(),
        // So is that of another phase.
        Asking::Phase => typed::folder(state.look.phases.last().unwrap_or(&state.look.path)),
        Asking::SaveMapping | Asking::LoadMapping => String::new(),
    };
    state.path = TextLine::new(&text);
    load(app)
}

/// Takes the path that was typed.
fn take_path(app: &mut App) -> Vec<Effect> {
    let text = app.import.path.text().to_owned();
    match app.import.asking {
        Some(Asking::File) => {
            let look = Look {
                path: text,
                ..Look::default()
            };
            look_at(app, look)
        }
        Some(Asking::Phase) => {
            let mut look = app.import.look.clone();
            look.phases.push(text);
            look_at(app, look)
        }
        Some(Asking::LoadMapping) => job(app, Job::LoadMapping(text)),
        Some(Asking::SaveMapping) => match mapping(app) {
            Some(mapping) => job(app, Job::SaveMapping(text, Box::new(mapping))),
            None => Vec::new(),
        },
        None => Vec::new(),
    }
}

/// How the file's columns are read, as it could be saved.
pub(crate) fn mapping(app: &App) -> Option<Mapping> {
    let table = app.import.looked()?.table.as_ref()?;
    Some(table.mapping.clone())
}

fn job(app: &mut App, job: Job) -> Vec<Effect> {
    vec![Effect::Import(app.ticket(), Box::new(job))]
}

/// Completes what was typed.
fn complete(app: &mut App) -> Vec<Effect> {
    let text = app.import.path.text().to_owned();
    job(app, Job::Complete(text))
}

/// Looks at a file; what was seen before stays until then.
fn look_at(app: &mut App, look: Look) -> Vec<Effect> {
    let zone = app.zone();
    let home_zone = app.board().map(|board| board.home.time_zone.clone());
    let bound = |day: jiff::civil::Date| {
        let midnight = day.to_zoned(zone.clone()).ok()?;
        Some(midnight.timestamp().as_second())
    };
    let bills = app.lists.bills.value().map_or(&[][..], Vec::as_slice);
    let spans = bills.iter().filter_map(|bill| {
        let after = bill.bill.last_day.tomorrow().ok()?;
        Some((bound(bill.bill.first_day)?, bound(after)?))
    });
    let look = Look {
        spans: spans.collect(),
        home_zone,
        beginning: false,
        ..look
    };
    let ticket = app.ticket();
    let state = &mut app.import;
    state.looking = Some(Way::new(ticket, 0));
    state.wrong = None;
    state.look = look.clone();
    vec![Effect::Import(ticket, Box::new(Job::Look(Box::new(look))))]
}

/// Looks at the file anew, by what somebody said of it.
pub(crate) fn say(app: &mut App, said: Said, time_zone: Option<String>) -> Vec<Effect> {
    app.form = None;
    let look = Look {
        path: app.import.look.path.clone(),
        phases: app.import.look.phases.clone(),
        said,
        time_zone,
        ..Look::default()
    };
    look_at(app, look)
}

/// Looks at the beginning of the file, by what the open form says.
pub(crate) fn try_mapping(app: &mut App, mapping: Mapping) -> Vec<Effect> {
    if app.import.tried_by.as_ref() == Some(&mapping) {
        return Vec::new();
    }
    app.import.tried_by = Some(mapping.clone());
    let said = Said {
        mapping: Some(mapping),
        ..Said::default()
    };
    let look = Look {
        said,
        beginning: true,
        spans: Vec::new(),
        ..app.import.look.clone()
    };
    let ticket = app.ticket();
    app.import.trying = Some(ticket);
    vec![Effect::Import(ticket, Box::new(Job::Look(Box::new(look))))]
}

/// Takes what the room of files says.
pub fn news(app: &mut App, ticket: Ticket, news: News, cx: &Context) -> Vec<Effect> {
    let state = &mut app.import;
    match news {
        News::Completed(typed, names) => {
            if state.asking.is_some() && state.path.text() == typed {
                let start = typed::common_start(&names);
                if start.chars().count() > typed::plain(&typed).chars().count() {
                    state.path.replace(&start);
                    state.names = (start, names);
                } else {
                    state.names = (typed, names);
                }
            }
            Vec::new()
        }
        News::Read(done, all) => {
            if let Some(way) = state.looking.as_mut().filter(|way| way.ticket == ticket) {
                (way.done, way.all) = (done, all);
            }
            Vec::new()
        }
        News::Looked(seen) => looked(app, ticket, seen, cx),
        News::Sent(done, all) => {
            let trial = match &mut state.trial {
                Trial::Asking(way) => Some(way),
                _ => None,
            };
            let ways = [state.sending.as_mut(), trial].into_iter().flatten();
            for way in ways.filter(|way| way.ticket == ticket) {
                (way.done, way.all) = (done, all);
            }
            Vec::new()
        }
        News::Stopped => {
            if state.sending.take().is_some() {
                state.changed();
                state.stopping = false;
                app.notice = Some(Notice::Text("import-stopped"));
                return ask_server(app, cx);
            }
            Vec::new()
        }
        News::Broke(wrong) => {
            let sending = state.sending.is_some_and(|way| way.ticket == ticket);
            let asking = matches!(&state.trial, Trial::Asking(way) if way.ticket == ticket);
            if sending || asking {
                state.sending = None;
                state.stopping = false;
                state.changed();
                state.wrong = Some((state.path.text().to_owned(), wrong));
            }
            Vec::new()
        }
        News::Saved(saved) => {
            match saved {
                Ok(path) => {
                    state.asking = None;
                    app.notice = Some(Notice::Said("notice-exported", path));
                }
                Err(wrong) => state.wrong = Some((state.path.text().to_owned(), wrong)),
            }
            Vec::new()
        }
        News::Loaded(Ok(mapping)) => {
            state.asking = None;
            let said = Said {
                mapping: Some(*mapping),
                ..Said::default()
            };
            let time_zone = state.look.time_zone.clone();
            say(app, said, time_zone)
        }
        News::Loaded(Err(wrong)) => {
            state.wrong = Some((state.path.text().to_owned(), wrong));
            Vec::new()
        }
    }
}

fn looked(
    app: &mut App,
    ticket: Ticket,
    seen: Result<Box<Seen>, Wrong>,
    cx: &Context,
) -> Vec<Effect> {
    let state = &mut app.import;
    if state.trying == Some(ticket) {
        state.trying = None;
        state.tried = seen.ok().map(Arc::from);
        // Other separators make other columns to choose from.
        forms::refresh(app, cx);
        return Vec::new();
    }
    if state.looking.is_none_or(|way| way.ticket != ticket) {
        return Vec::new();
    }
    state.looking = None;
    match seen {
        Err(wrong) => {
            // The path that was typed stays, to be put right.
            let (asking, path) = match state.drop_asked_phase() {
                Some(path) => (Asking::Phase, path),
                None => (Asking::File, state.look.path.clone()),
            };
            state.asking = Some(asking);
            state.path = TextLine::new(&path);
            state.wrong = Some((path, wrong));
            Vec::new()
        }
        Ok(seen) => {
            let another = state
                .seen
                .as_ref()
                .is_none_or(|before| before.file.path != seen.file.path);
            state.seen = Some(Arc::from(seen));
            if another {
                state.meters.clear();
                state.selected = 0;
                state.on_conflict = OnConflict::Skip;
                state.make_meters = false;
            }
            state.asking = None;
            state.outcome = None;
            state.accepted = false;
            state.scrolled = 0;
            (state.tried, state.tried_by) = (None, None);
            state.changed();
            state.told.clear();
            choose_meters(app);
            ask_server(app, cx)
        }
    }
}

/// Gives each channel of electricity its usual meter, unless somebody chose.
fn choose_meters(app: &mut App) {
    let all = all_meters(app);
    let state = &mut app.import;
    let before = std::mem::take(&mut state.meters);
    let electric = state.electric();
    let alone = electric.len() == 1;
    let looked = state.looked();
    let billed = |channel: &str| looked.is_some_and(|looked| looked.is_billed(channel));
    let chosen = electric.into_iter().map(|(channel, kind)| {
        let meter = before.get(channel).copied().unwrap_or_else(|| {
            let usual = meters::usual(channel, kind, alone, &all);
            usual
                .filter(|_| !billed(channel))
                .map(|meter| meter.meter_id)
        });
        (channel.clone(), meter)
    });
    let chosen = chosen.collect();
    state.meters = chosen;
    state.selected = state.selected.min(state.meters.len().saturating_sub(1));
}

/// The meters of the home are known, or others: a channel without one may have one now.
pub(crate) fn meters_came(app: &mut App, cx: &Context) -> Vec<Effect> {
    let all = all_meters(app);
    let made = app.import.made_for.clone();
    let made = made.and_then(|(channel, before)| {
        let new = all.iter().find(|meter| !before.contains(&meter.meter_id));
        Some((channel, new?.meter_id))
    });
    let state = &mut app.import;
    if state.seen.is_none() || state.sending.is_some() || state.outcome.is_some() {
        return Vec::new();
    }
    let before = state.chosen();
    if let Some((channel, meter)) = made {
        state.made_for = None;
        state.meters.insert(channel, Some(meter));
    } else if before.is_empty() && state.trial == Trial::Unasked && state.fault.is_none() {
        state.meters.clear();
    }
    choose_meters(app);
    if app.import.chosen() == before {
        return Vec::new();
    }
    app.import.changed();
    ask_server(app, cx)
}

/// The channel under the cursor goes to another meter, or to none.
fn other_meter(app: &mut App, by: isize) -> Vec<Effect> {
    let all = all_meters(app);
    let state = &mut app.import;
    let electric = state.electric();
    let Some((channel, kind)) = electric.get(state.selected) else {
        return Vec::new();
    };
    let channel = (*channel).clone();
    let fitting = meters::fitting(&channel, *kind, &all).into_iter();
    // A meter is of one channel.
    let is_taken = |id: MeterId| {
        let others = state.meters.iter().filter(|(name, _)| **name != channel);
        others.into_iter().any(|(_, meter)| *meter == Some(id))
    };
    let free = fitting
        .map(|meter| meter.meter_id)
        .filter(|id| !is_taken(*id));
    let options: Vec<Option<MeterId>> = free.map(Some).chain([None]).collect();
    let now = state.meters.get(&channel).copied().flatten();
    let at = options.iter().position(|option| *option == now);
    let count = isize::try_from(options.len()).unwrap_or(1);
    let at = at.and_then(|at| isize::try_from(at).ok()).unwrap_or(-1);
    let next = usize::try_from((at + by).rem_euclid(count)).unwrap_or(0);
    state.meters.insert(channel, options[next]);
    choose(app)
}

/// Opens the form for a meter of the channel under the cursor.
fn new_meter(app: &mut App, cx: &Context) -> Vec<Effect> {
    let before = all_meters(app).iter().map(|meter| meter.meter_id).collect();
    let electric = app.import.electric();
    let Some((channel, kind)) = electric.get(app.import.selected) else {
        return Vec::new();
    };
    let (channel, kind) = ((*channel).clone(), *kind);
    let effects = forms::open(app, Subject::Meter(None), None, cx);
    if let Some(form) = &mut app.form {
        let channel = channel.parse::<Channel>();
        let filled = [
            ("channel", channel.map_or("", Channel::as_str)),
            ("reading_kind", kind.as_str()),
        ];
        for (name, value) in filled {
            if let Some(field) = form.field_mut(name).filter(|_| !value.is_empty()) {
                field.set(value);
            }
        }
    }
    app.import.made_for = Some((channel, before));
    effects
}

/// Sends the file; what was sent before and not answered goes under the same key.
fn import(app: &mut App, cx: &Context) -> Vec<Effect> {
    if let Some(why) = app.import.hindrance() {
        app.notice = Some(Notice::Text(why));
        return Vec::new();
    }
    let key = app.import.attempt.unwrap_or(cx.fresh_key);
    let Some(send) = send(app, false, key) else {
        return Vec::new();
    };
    let ticket = app.ticket();
    let state = &mut app.import;
    state.attempt = Some(key);
    (state.fault, state.wrong) = (None, None);
    state.stopping = false;
    if matches!(state.trial, Trial::Asking(_) | Trial::Waiting) {
        // One file at a time; what would become of it is seen soon.
        state.trial = Trial::Unasked;
    }
    state.sending = Some(Way::new(ticket, send.rows()));
    vec![Effect::Import(ticket, Box::new(Job::Send(Box::new(send))))]
}

/// Takes the server's answer to a file.
pub fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<ImportReport>>,
    cx: &Context,
) -> Vec<Effect> {
    let state = &mut app.import;
    if matches!(&state.trial, Trial::Asking(way) if way.ticket == ticket) {
        if let Ok(report) = &answer {
            state.told.push((state.choice(), report.clone()));
        }
        state.trial = Trial::Answered(answer);
        return Vec::new();
    }
    if state.sending.is_none_or(|way| way.ticket != ticket) {
        return Vec::new();
    }
    state.sending = None;
    let stopping = std::mem::take(&mut state.stopping);
    match answer {
        Ok(report) => {
            let operation = report.operation_id;
            if stopping {
                state.changed();
                return taken_back(app, operation, cx);
            }
            state.attempt = None;
            state.told.clear();
            state.outcome = Some(*report);
            state.scrolled = 0;
            if let Some(operation) = operation {
                app.done.push(operation);
                app.taken_back.clear();
            }
            answers::after_write(app)
        }
        Err(fault) => {
            if is_invalid(&fault) {
                // Said as what it is: something is wrong with the rows.
                state.attempt = None;
                state.trial = Trial::Answered(Err(fault));
            } else {
                state.fault = Some(fault);
            }
            Vec::new()
        }
    }
}

/// Somebody gave it up when the server had all of it: it is taken back.
fn taken_back(app: &mut App, operation: Option<OperationId>, cx: &Context) -> Vec<Effect> {
    let Some(operation) = operation else {
        app.notice = Some(Notice::Text("import-stopped"));
        return ask_server(app, cx);
    };
    app.done.push(operation);
    app.taken_back.clear();
    let mut effects = answers::after_write(app);
    effects.extend(app.take_back(operation, cx));
    effects
}

/// Goes a step back: gives up what is under way, or leaves the screen.
fn back(app: &mut App) -> Vec<Effect> {
    let state = &mut app.import;
    if state.sending.is_some() {
        state.stopping = true;
        return job(app, Job::Stop);
    }
    if state.looking.take().is_some() {
        state.drop_asked_phase();
        if state.seen.is_none() {
            state.asking = Some(Asking::File);
        }
        return job(app, Job::Stop);
    }
    if state.asking.take().is_some() && state.seen.is_some() && state.outcome.is_none() {
        return Vec::new();
    }
    leave(app)
}

fn leave(app: &mut App) -> Vec<Effect> {
    let back = app.import.back;
    let mut effects = if matches!(app.import.trial, Trial::Asking(_)) {
        app.import.trial = Trial::Unasked;
        job(app, Job::Stop)
    } else {
        Vec::new()
    };
    match back {
        Screen::Table(shown) => effects.extend(table::open(app, shown)),
        other => {
            app.screen = other;
            effects.extend(app.refresh());
        }
    }
    effects
}

/// Another home is on the screens, or nobody's: what is under way is given up.
pub(crate) fn forget(app: &mut App) -> Vec<Effect> {
    let state = std::mem::take(&mut app.import);
    let asking = matches!(state.trial, Trial::Asking(_));
    if asking || state.sending.is_some() || state.looking.is_some() {
        job(app, Job::Stop)
    } else {
        Vec::new()
    }
}

/// Moves the preview, as far as there is more of it.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    let extent = view::extent(app, cx);
    app.import.scrolled = extent.moved(app.import.scrolled, step);
    Vec::new()
}
