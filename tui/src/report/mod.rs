//! A month, a billing cycle or a year of the home as a page, and that page as a file.

mod view;

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::report::document::document;
use ecotrack_common::report::{Report, ReportFormat, ReportKind, ReportPeriod, csv, markdown};
use jiff::ToSpan;

pub use view::view;

use crate::app::{App, Context, Notice, Screen};
use crate::forms;
use crate::keys::{Command, key, named};
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::remote::Remote;
use crate::widgets::scroll::Step;

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// Which month or year; until somebody chooses, the month of yesterday.
    period: Option<ReportPeriod>,
    /// Of a month the billing cycle that begins in it.
    by_cycle: bool,
    /// The server's answer; while it is asked again, the last one.
    pub report: Remote<Report>,
    /// How many lines have gone up out of the picture.
    pub scrolled: usize,
    /// A page for a browser that is awaited, and the name of its file.
    page: Option<(Ticket, String)>,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-report-other",
        when: |_| true,
        run: |app, cx| turn(app, -1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-report-other",
        when: |_| true,
        run: |app, cx| turn(app, 1, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: is_there,
        run: |app, cx| scroll(app, Step::Lines(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: is_there,
        run: |app, cx| scroll(app, Step::Lines(1), cx),
        footer: false,
    },
    Command {
        keys: &[key('y')],
        name: "key-report-year",
        when: |_| true,
        run: |app, cx| {
            let period = period(app, cx);
            let day = period.span(None).first;
            // Back in a year that has not passed: its newest month.
            app.report.period = Some(if period.is_year() {
                let newest = ReportPeriod::month_of(yesterday(app, cx));
                newest.min(ReportPeriod::month_of(period.span(None).last))
            } else {
                ReportPeriod::year_of(day)
            });
            asked_anew(app)
        },
        footer: true,
    },
    Command {
        keys: &[key('c')],
        name: "key-report-cycle",
        when: |app| app.report.period.is_none_or(|period| !period.is_year()),
        run: |app, _| {
            app.report.by_cycle = !app.report.by_cycle;
            asked_anew(app)
        },
        footer: true,
    },
    Command {
        keys: &[key('x')],
        name: "key-report-markdown",
        when: is_there,
        run: |app, cx| export(app, ReportFormat::Markdown, cx),
        footer: true,
    },
    Command {
        keys: &[key('w')],
        name: "key-report-html",
        when: |app| is_there(app) && app.report.page.is_none(),
        run: |app, cx| export(app, ReportFormat::Html, cx),
        footer: true,
    },
    Command {
        keys: &[key('v')],
        name: "key-report-csv",
        when: is_there,
        run: |app, cx| export(app, ReportFormat::Csv, cx),
        footer: false,
    },
    Command {
        keys: &[key('J')],
        name: "key-report-json",
        when: is_there,
        run: |app, cx| export(app, ReportFormat::Json, cx),
        footer: false,
    },
];

pub(crate) fn is_there(app: &App) -> bool {
    app.report.report.value().is_some()
}

/// Opens the screen.
pub fn open(app: &mut App, cx: &Context) -> Vec<Effect> {
    app.screen = Screen::Report;
    app.report.period = Some(period(app, cx));
    load(app)
}

/// Asks for what the screen shows.
pub fn load(app: &mut App) -> Vec<Effect> {
    let (Some(home), Some(period)) = (app.home, app.report.period) else {
        return Vec::new();
    };
    let kind = app.report.kind(period);
    let ticket = app.ticket();
    app.report.report.ask(ticket);
    vec![Effect::Call(ticket, Call::Report(home, period, kind))]
}

impl State {
    /// Turns to a period.
    #[cfg(test)]
    pub(crate) fn show(&mut self, period: ReportPeriod) {
        self.period = Some(period);
    }

    fn kind(&self, period: ReportPeriod) -> ReportKind {
        match (period.is_year(), self.by_cycle) {
            (true, _) => ReportKind::Year,
            (false, true) => ReportKind::Cycle,
            (false, false) => ReportKind::Month,
        }
    }
}

fn yesterday(app: &App, cx: &Context) -> jiff::civil::Date {
    forms::today(app, cx).saturating_sub(1.day())
}

fn period(app: &App, cx: &Context) -> ReportPeriod {
    let newest = || ReportPeriod::month_of(yesterday(app, cx));
    app.report.period.unwrap_or_else(newest)
}

fn turn(app: &mut App, by: i16, cx: &Context) -> Vec<Effect> {
    let moved = period(app, cx).moved(by);
    if moved.span(None).first > forms::today(app, cx) {
        return Vec::new();
    }
    app.report.period = Some(moved);
    asked_anew(app)
}

fn asked_anew(app: &mut App) -> Vec<Effect> {
    app.report.scrolled = 0;
    load(app)
}

/// Takes the server's answer.
pub(crate) fn answered(app: &mut App, ticket: Ticket, answer: Answer<Box<Report>>) {
    let state = &mut app.report;
    if !state.report.answer(ticket, answer.map(|report| *report)) {
        return;
    }
    if let Some(fault) = state.report.fault()
        && !matches!(fault, Fault::Away)
        && state.report.value().is_some()
        && app.screen == Screen::Report
    {
        // With nothing on screen the panel itself says it.
        app.notice = Some(Notice::Fault(fault.clone()));
    }
}

/// Moves the page, as far as there is more of it.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if let Some(extent) = view::extent(app, cx) {
        app.report.scrolled = extent.moved(app.report.scrolled, step);
    }
    Vec::new()
}

/// The page as a file; one for a browser the server makes.
fn export(app: &mut App, format: ReportFormat, cx: &Context) -> Vec<Effect> {
    let Some(report) = app.report.report.value() else {
        return Vec::new();
    };
    let name = format!("ecotrack-report-{}.{format}", report.period);
    let text = match format {
        ReportFormat::Markdown => markdown::markdown(&document(report, &cx.locale)),
        ReportFormat::Csv => csv::csv(report),
        ReportFormat::Json => match serde_json::to_string_pretty(report) {
            Ok(text) => text + "\n",
            Err(error) => {
                tracing::error!(%error, "a report cannot be written");
                app.notice = Some(Notice::Fault(Fault::Unreadable));
                return Vec::new();
            }
        },
        ReportFormat::Html => {
            let (period, kind) = (report.period, report.kind);
            return ask_page(app, name, period, kind, cx.locale.language());
        }
    };
    vec![Effect::Export(name, text)]
}

fn ask_page(
    app: &mut App,
    name: String,
    period: ReportPeriod,
    kind: ReportKind,
    language: Language,
) -> Vec<Effect> {
    let Some(home) = app.home else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.report.page = Some((ticket, name));
    let call = Call::ReportPage(home, period, kind, language);
    vec![Effect::Call(ticket, call)]
}

/// The page for a browser came.
pub(crate) fn page_came(app: &mut App, ticket: Ticket, answer: Answer<String>) -> Vec<Effect> {
    let Some((_, name)) = app.report.page.take_if(|(awaited, _)| *awaited == ticket) else {
        return Vec::new();
    };
    match answer {
        Ok(text) => vec![Effect::Export(name, text)],
        Err(fault) => {
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
    }
}
