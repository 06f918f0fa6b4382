//! What the home used: a chart to zoom in from years to quarters of an hour, beside other days; when it
//! usually uses how much, what never stops, and what it owes to the weather.
//!
//! `level` is pure, `words` are shared with the command line.

mod commands;
mod export;
mod level;
mod view;
mod view_chart;
mod view_patterns;
pub(crate) mod words;

use ecotrack_common::consumption::{
    Against, Consumption, ConsumptionQuery, Flow, Patterns, PatternsQuery, Resolution, Slot,
    unit_of,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::Channel;
use jiff::ToSpan;
use jiff::civil::Date;

pub use commands::{COMMANDS, TABLE_COMMANDS, click, scroll};
pub use level::Level;
pub use view::view;

use crate::app::{App, Context, Notice, Screen};
use crate::kept::Kept;
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::remote::Remote;
use crate::table::Table;

/// Answers that are kept of each kind: going back and forth asks for changes only.
const REMEMBERED: usize = 40;
/// Weeks that patterns are seen in, where what is looked at is shorter than a year.
const PATTERN_WEEKS: i64 = 13;

/// A part of the screen; with room several are seen at once, and this one has the keys. The table of
/// steps comes after the chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Page {
    /// The steps as bars.
    #[default]
    Chart,
    /// Weekday by hour.
    Heat,
    /// The hours of a day.
    Profile,
    /// What never stops.
    Standby,
    /// What weather does.
    Weather,
}

impl Page {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Chart,
        Self::Heat,
        Self::Profile,
        Self::Standby,
        Self::Weather,
    ];

    /// The id of its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chart => "consumption-page-chart",
            Self::Heat => "consumption-page-heat",
            Self::Profile => "consumption-page-profile",
            Self::Standby => "consumption-page-standby",
            Self::Weather => "consumption-page-weather",
        }
    }
}

/// A question with its answer and the tag that it came with.
#[derive(Debug, Clone)]
struct Seen<Q, A> {
    question: Q,
    etag: Option<String>,
    answer: Remote<A>,
    /// Something changed while it was asked.
    stale: bool,
}

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// The part that has the keys.
    pub page: Page,
    /// How near one looks.
    pub level: Level,
    /// A day of the step under the cursor; until somebody moves it the newest that is known.
    pub at: Option<Date>,
    /// Which part of that day, where steps are shorter.
    pub part: usize,
    /// How often Enter went nearer; Esc goes back as often.
    zoomed: usize,
    /// Which other days stand beside it.
    pub compare: Option<Against>,
    /// Whose energy.
    pub of: Flow,
    /// Weekday, Monday 0, and hour under the cursor of the patterns; until somebody moves it those of now.
    pub cell: Option<(usize, usize)>,
    spans: Vec<Seen<ConsumptionQuery, Consumption>>,
    patterns: Vec<Seen<PatternsQuery, Patterns>>,
}

impl State {
    /// What the last start knew.
    pub(crate) fn remembered(last: Option<Consumption>, patterns: Option<Patterns>) -> Self {
        let mut state = Self::default();
        if let Some(last) = last {
            state.of = last.of;
            state.compare = last.compared.as_ref().map(|compared| compared.against);
            state.level = Level::showing(last.by, last.total.first < last.total.last);
            let newest = last.known.map_or(last.today, |known| known.last);
            let span = question_span(&last);
            state.at = Some(last.total.last).filter(|_| !span.contains(newest.min(last.today)));
            let question = ConsumptionQuery {
                of: last.of,
                by: last.by,
                from: last.total.first,
                to: last.total.last,
                compare: state.compare,
            };
            state.spans.push(Seen {
                question,
                etag: None,
                answer: Remote::Ready(last),
                stale: false,
            });
        }
        if let Some(last) = patterns {
            state.patterns.push(Seen {
                question: PatternsQuery {
                    of: last.of,
                    from: last.first,
                    to: last.last,
                },
                etag: None,
                answer: Remote::Ready(last),
                stale: false,
            });
        }
        state
    }

    /// What is known of all days, from whichever answer.
    fn known(&self) -> Option<Cycle> {
        let of = self.of;
        let answers = self
            .spans
            .iter()
            .rev()
            .filter_map(|seen| seen.answer.value());
        answers
            .filter(|answer| answer.of == of)
            .find_map(|answer| answer.known)
    }
}

fn question_span(answer: &Consumption) -> Cycle {
    Cycle {
        first: answer.total.first,
        last: answer.total.last,
    }
}

/// The local day; `None` before anything is known of the home.
fn today(app: &App) -> Option<Date> {
    app.board().map(|board| board.today)
}

/// A day of the step under the cursor.
pub(crate) fn at(app: &App) -> Option<Date> {
    let today = today(app)?;
    let newest = app.consumption.known().map_or(today, |known| known.last);
    Some(app.consumption.at.unwrap_or(newest.min(today)))
}

/// Weekday, Monday 0, and hour under the cursor of the patterns.
fn cell(app: &App, cx: &Context) -> (usize, usize) {
    let now = || {
        let now = app.zone().to_datetime(cx.now);
        let at = |number: i8| usize::try_from(number).unwrap_or(0);
        (at(now.weekday().to_monday_zero_offset()), at(now.hour()))
    };
    app.consumption.cell.unwrap_or_else(now)
}

/// The question whose answer is shown.
pub(crate) fn question(app: &App) -> Option<ConsumptionQuery> {
    let (at, today) = (at(app)?, today(app)?);
    let state = &app.consumption;
    let span = state.level.span(at, state.known(), today);
    Some(ConsumptionQuery {
        of: state.of,
        by: state.level.by(),
        from: span.first,
        to: span.last,
        compare: state.compare,
    })
}

/// The question whose patterns are shown: of the year where years are looked at, else of the weeks up
/// to the end of the month.
fn pattern_question(app: &App) -> Option<PatternsQuery> {
    let (at, today) = (at(app)?, today(app)?);
    let state = &app.consumption;
    let (from, to) = match state.level {
        Level::Years | Level::Year | Level::Weeks => {
            let year = unit_of(at, Resolution::Year);
            (year.first, year.last)
        }
        Level::Month | Level::Week | Level::Day | Level::Quarters => {
            let last = unit_of(at, Resolution::Month).last.min(today.max(at));
            let first = last.saturating_sub((PATTERN_WEEKS * 7 - 1).days());
            (first, last)
        }
    };
    Some(PatternsQuery {
        of: state.of,
        from,
        to,
    })
}

/// The answer that is shown, however old.
pub(crate) fn answer(app: &App) -> Option<&Consumption> {
    remote(app)?.value()
}

pub(crate) fn remote(app: &App) -> Option<&Remote<Consumption>> {
    let question = question(app)?;
    let seen = app.consumption.spans.iter();
    seen.rev()
        .find(|seen| seen.question == question)
        .map(|seen| &seen.answer)
}

fn patterns_remote(app: &App) -> Option<&Remote<Patterns>> {
    let question = pattern_question(app)?;
    let seen = app.consumption.patterns.iter();
    seen.rev()
        .find(|seen| seen.question == question)
        .map(|seen| &seen.answer)
}

/// The place of the cursor among the steps.
pub(crate) fn cursor(app: &App, answer: &Consumption) -> Option<usize> {
    let at = at(app)?;
    let holds = |slot: &Slot| slot.first <= at && at <= slot.last;
    let first = answer.slots.iter().position(holds)?;
    let count = answer.slots[first..]
        .iter()
        .take_while(|slot| holds(slot))
        .count();
    let part = if answer.by.minutes().is_some() {
        app.consumption.part.min(count.saturating_sub(1))
    } else {
        0
    };
    Some(first + part)
}

/// Whose energy can be looked at: the home's, what it takes and gives where it gives, each meter's.
fn flows(app: &App) -> Vec<Flow> {
    let meters = app.board().map_or(&[][..], |board| &board.meters);
    let mut flows = vec![Flow::Home];
    let gives = |channel| meters.iter().any(|now| now.meter.channel == channel);
    if gives(Channel::GridExport) || gives(Channel::SolarProduction) {
        flows.push(Flow::GridImport);
    }
    if gives(Channel::GridExport) {
        flows.push(Flow::GridExport);
    }
    if meters.len() > 1 {
        flows.extend(meters.iter().map(|now| Flow::Meter(now.meter.meter_id)));
    }
    flows
}

/// Opens the screen.
pub fn open(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Consumption;
    load(app)
}

/// Whether it, or its table, is on the screen.
pub(crate) fn is_open(app: &App) -> bool {
    matches!(
        app.screen,
        Screen::Consumption | Screen::Table(Table::Consumption)
    )
}

/// Asks for what is shown, also where an older answer is there.
pub fn load(app: &mut App) -> Vec<Effect> {
    ask(app, true)
}

/// Asks for what is shown and was not asked for yet.
pub(crate) fn look(app: &mut App) -> Vec<Effect> {
    ask(app, false)
}

fn ask(app: &mut App, anew: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(home) = app.home else {
        return effects;
    };
    if let Some(question) = question(app) {
        let ticket = app.ticket();
        let (asks, tag) = put(&mut app.consumption.spans, question, ticket, anew);
        if asks {
            effects.push(Effect::Call(ticket, Call::Consumption(home, question, tag)));
        }
    }
    if let Some(question) = pattern_question(app) {
        let ticket = app.ticket();
        let (asks, tag) = put(&mut app.consumption.patterns, question, ticket, anew);
        if asks {
            effects.push(Effect::Call(ticket, Call::Patterns(home, question, tag)));
        }
    }
    effects
}

/// Notes that a question is asked: whether it has to be, and the tag of the answer that is known.
fn put<Q: PartialEq + Copy, A>(
    seen: &mut Vec<Seen<Q, A>>,
    question: Q,
    ticket: Ticket,
    anew: bool,
) -> (bool, Option<String>) {
    let place = seen.iter().position(|seen| seen.question == question);
    let mut one = match place {
        Some(place) => seen.remove(place),
        None => Seen {
            question,
            etag: None,
            answer: Remote::Idle,
            stale: false,
        },
    };
    let asks = one.answer.is_idle() || (anew && !one.answer.is_loading());
    let tag = one.etag.clone().filter(|_| one.answer.value().is_some());
    if asks {
        one.answer.ask(ticket);
    } else {
        one.stale |= anew;
    }
    // The one that is looked at is the last to be forgotten.
    seen.push(one);
    if seen.len() > REMEMBERED {
        seen.remove(0);
    }
    (asks, tag)
}

/// What became of an answer.
struct Taken {
    /// It is another than before.
    changed: bool,
    fault: Option<Fault>,
    /// Something changed meanwhile: it is to be asked again.
    stale: bool,
}

/// Takes an answer; `None` where nobody awaits it.
fn take<Q, A>(
    seen: &mut [Seen<Q, A>],
    ticket: Ticket,
    answer: Answer<Option<(Box<A>, String)>>,
) -> Option<Taken> {
    let one = seen.iter_mut().find(|seen| seen.answer.awaits(ticket))?;
    let changed = matches!(answer, Ok(Some(_)));
    let fault = answer.as_ref().err().cloned();
    match answer {
        Ok(None) => one.answer.unchanged(ticket),
        Ok(Some((answer, etag))) => {
            one.etag = Some(etag);
            one.answer.answer(ticket, Ok(*answer))
        }
        Err(fault) => one.answer.answer(ticket, Err(fault)),
    };
    let stale = std::mem::take(&mut one.stale) && fault.is_none();
    Some(Taken {
        changed,
        fault,
        stale,
    })
}

/// Takes the server's answer about a span.
pub(crate) fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Option<(Box<Consumption>, String)>>,
) -> Vec<Effect> {
    let taken = take(&mut app.consumption.spans, ticket, answer);
    taken.map_or_else(Vec::new, |taken| after(app, taken))
}

/// Takes the server's answer about patterns.
pub(crate) fn patterns_answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Option<(Box<Patterns>, String)>>,
) -> Vec<Effect> {
    let taken = take(&mut app.consumption.patterns, ticket, answer);
    taken.map_or_else(Vec::new, |taken| after(app, taken))
}

fn after(app: &mut App, taken: Taken) -> Vec<Effect> {
    if let Some(fault @ (Fault::Problem(_) | Fault::Unreadable)) = taken.fault
        && is_open(app)
        && answer(app).is_some()
    {
        // With nothing on screen the panel itself says it.
        app.notice = Some(Notice::Fault(fault));
    }
    let mut effects = Vec::new();
    if is_open(app) && taken.stale {
        effects.extend(load(app));
    } else if is_open(app) && taken.changed {
        // Now that it is known where days begin and end, another span may be shown.
        effects.extend(look(app));
    }
    if taken.changed
        && let Some(last) = app.last()
    {
        effects.push(Effect::Keep(Kept::Last(Box::new(last))));
    }
    effects
}

/// What is shown, to be kept for the next start.
pub(crate) fn last(app: &App) -> (Option<Consumption>, Option<Patterns>) {
    let patterns = patterns_remote(app).and_then(Remote::value);
    (answer(app).cloned(), patterns.cloned())
}
