//! What would become of a file: asked of the server when it was looked at, and anew when something else is chosen.

use std::sync::Arc;
use std::time::Duration;

use ecotrack_common::import::Weight;
use ecotrack_common::import::file::Looked;
use uuid::Uuid;

use super::{Job, Send, Trial, Way, job};
use crate::app::{App, Context};
use crate::message::{Effect, Timer};

/// How long keys rest before the server is asked about what they chose.
const REST: Duration = Duration::from_millis(500);
/// A file of more rows, or an export of more bytes, takes seconds to send.
const MANY_ROWS: u64 = 200_000;
const MANY_BYTES: u64 = 20_000_000;

/// Something else is chosen: what the server said of that before is still so, and otherwise it is asked when the
/// keys rest, or of a file that takes long to send when a key says so.
pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let state = &mut app.import;
    let was_asking = matches!(state.trial, Trial::Asking(_));
    state.changed();
    state.choices += 1;
    let choice = state.choice();
    let told = state.told.iter().find(|(known, _)| *known == choice);
    let known = told.map(|(_, report)| report.clone());
    let mut effects = if was_asking {
        job(app, Job::Stop)
    } else {
        Vec::new()
    };
    if let Some(report) = known {
        app.import.trial = Trial::Answered(Ok(report));
    } else if can_ask(app) {
        app.import.trial = Trial::Waiting;
        if !is_large(app) {
            let timer = Timer::Import(app.import.choices);
            effects.push(Effect::After(REST, timer));
        }
    }
    effects
}

/// The keys rested since a choice.
pub(crate) fn rested(app: &mut App, choice: u64, cx: &Context) -> Vec<Effect> {
    if app.import.choices == choice && app.import.trial == Trial::Waiting {
        ask_server(app, cx)
    } else {
        Vec::new()
    }
}

/// Whether the server is asked about the file only when a key says so, but for the first time.
pub(crate) fn is_large(app: &App) -> bool {
    let rows = |looked: &Looked| {
        let channels = looked.summary.channels.values();
        channels.map(|channel| channel.intervals).sum::<u64>()
    };
    match (&app.import.seen, app.import.looked()) {
        (_, Some(looked)) => rows(looked) > MANY_ROWS,
        (Some(export), None) => export.size() > MANY_BYTES,
        (None, None) => false,
    }
}

fn can_ask(app: &App) -> bool {
    let refused = |looked: &Arc<Looked>| looked.weight == Some(Weight::Refusal);
    !app.import.looked().is_some_and(refused) && send(app, true, Uuid::nil()).is_some()
}

/// Asks the server what would become of the file; nothing is stored.
pub(super) fn ask_server(app: &mut App, cx: &Context) -> Vec<Effect> {
    if !can_ask(app) {
        return Vec::new();
    }
    let ticket = app.ticket();
    let Some(send) = send(app, true, cx.fresh_key) else {
        return Vec::new();
    };
    app.import.trial = Trial::Asking(Way::new(ticket, send.rows()));
    vec![Effect::Import(ticket, Box::new(Job::Send(Box::new(send))))]
}

/// What is to be sent; nothing where no channel has a meter and there is no bill.
pub(super) fn send(app: &App, dry_run: bool, key: Uuid) -> Option<Send> {
    let state = &app.import;
    let (home, seen) = (app.home?, state.seen.clone()?);
    let meters = state.chosen();
    if seen.looked.is_some() && meters.is_empty() && !state.has_bills() {
        return None;
    }
    Some(Send {
        home,
        seen,
        meters,
        on_conflict: state.on_conflict,
        accept_findings: state.accepted,
        dry_run,
        make_meters: state.make_meters,
        key,
    })
}
