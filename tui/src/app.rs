//! The whole client as a value: which screen is open, what is known, and what a message changes.
//!
//! `update` never waits and never draws; what has to be done outside comes back as effects.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use ecotrack_common::account::Account;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::emission::{Co2eTotal, EmissionError};
use ecotrack_common::locale::Locale;
use ecotrack_common::profile::{EnergyProfile, Role};
use ecotrack_common::reading::ReadingWritten;
use ecotrack_common::{EnergyProfileId, ErrorCode, Kwh, OperationId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Size;
use uuid::Uuid;

use crate::form::Form;
use crate::forms::{self, Subject};
use crate::kept::{Draft, Everything};
use crate::keys::{self, Command, Keymap};
use crate::link::{self, Link};
use crate::lists::{Lists, Tickets, What};
use crate::message::{Call, Effect, Fault, Message, Reply, Ticket, Timer};
use crate::outbox::{self, Outbox};
use crate::palette::{self, Palette};
use crate::readings::entry::{self, Entry};
use crate::table::{self, Table};
use crate::theme::Theme;
use crate::widgets::text_line::TextLine;
use crate::{
    admin, answers, bill, commands, comparison, consumption, dashboard, forecast, form, help,
    import, mouse, readings, report, suggestion, tariff, told, welcome, what_if,
};

/// What a screen may know of the world: all of it is passed in.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time.
    pub now: Timestamp,
    /// The language.
    pub locale: Locale,
    /// Colours and characters.
    pub theme: Theme,
    /// Address of the server, to show.
    pub server: String,
    /// A key that was never used, for the next write; fresh at every update.
    pub fresh_key: Uuid,
    /// Cells of the terminal: how far lines can be moved depends on it.
    pub size: Size,
}

impl Context {
    /// What to tell a person about a fault.
    pub fn fault(&self, fault: &Fault) -> String {
        match fault {
            Fault::Problem(problem) => self.locale.problem(problem),
            Fault::Away => self.locale.text("server-away-kept"),
            Fault::Unreadable => self.locale.text("problem-unreadable"),
        }
    }
}

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Before signing in.
    Welcome,
    /// The answer to everything.
    Dashboard,
    /// What was read off the meters.
    Readings,
    /// A list of the home.
    Table(Table),
    /// A bill, explained.
    Bill,
    /// The home's past under other tariffs.
    Comparison,
    /// What the home used.
    Consumption,
    /// What the home is going to use.
    Forecast,
    /// A month, a billing cycle or a year as a page.
    Report,
    /// What could be done about it.
    Suggestions,
    /// A tariff: its outline and its week.
    Tariff,
    /// What would be if something were otherwise.
    WhatIf,
    /// A file of readings on its way in.
    Import,
}

/// A sentence in the footer, until the next key.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A Fluent id.
    Text(&'static str),
    /// A reading was stored: its register and the energy since the one before.
    Saved(Box<ReadingWritten>),
    /// Something did not work.
    Fault(Fault),
    /// What was entered waits for the server.
    Waits,
    /// The server refused something that was entered before.
    Refused,
    /// A Fluent id and what it is about.
    Said(&'static str, String),
    /// A test notice was sent, or why not: the code of a refusal.
    Tested(Option<String>),
    /// Another member did something.
    Member(Box<ecotrack_common::audit::Operation>),
}

/// Everything.
#[derive(Debug)]
pub struct App {
    /// Which screen is open.
    pub screen: Screen,
    /// The list of keys over it, and how many of its lines have gone up out of the picture.
    pub help: Option<usize>,
    /// Who is signed in.
    pub account: Option<Account>,
    /// Whether a session is there, its account known or not yet.
    pub signed_in: bool,
    /// The homes of this person.
    pub homes: Vec<EnergyProfile>,
    /// The home on the screens.
    pub home: Option<EnergyProfileId>,
    /// How the server is reached.
    pub link: Link,
    /// A sentence in the footer.
    pub notice: Option<Notice>,
    /// The reading being entered.
    pub entry: Option<Entry>,
    /// The welcome screen.
    pub welcome: welcome::State,
    /// The form that is open, over the screen.
    pub form: Option<Form>,
    /// The palette, over everything.
    pub palette: Option<Palette>,
    /// Something to read once, over the screen.
    pub told: Option<told::Told>,
    /// What the server lists.
    pub lists: Lists,
    /// How the tables stand.
    pub tables: table::States,
    /// Writes that wait.
    pub outbox: Outbox,
    /// What was typed and not sent.
    pub drafts: Vec<Draft>,
    /// Which of them is that of the open form or line.
    pub draft: Option<Uuid>,
    /// Which keys run what.
    pub keymap: Keymap,
    /// The dashboard.
    pub dashboard: dashboard::State,
    /// The readings.
    pub readings: readings::State,
    /// A file of them on its way in.
    pub import: import::State,
    /// The bill that is explained.
    pub bill: bill::State,
    /// Tariffs compared.
    pub comparison: comparison::State,
    /// What would be if something were otherwise.
    pub what_if: what_if::State,
    /// What the home used.
    pub consumption: consumption::State,
    /// What the home is going to use.
    pub forecast: forecast::State,
    /// A month, a billing cycle or a year.
    pub report: report::State,
    /// What the home could do.
    pub suggestions: suggestion::State,
    /// The tariff that is open.
    pub tariff: Box<tariff::State>,
    /// What administrators see.
    pub(crate) admin: Box<admin::State>,
    /// What the server confirmed in this run.
    pub(crate) confirmed: Confirmed,
    /// What can be taken back, newest last.
    pub done: Vec<OperationId>,
    /// What took something back and can itself be, newest last.
    pub taken_back: Vec<OperationId>,
    pub(crate) pending: Pending,
    pub(crate) tickets: Tickets,
    /// The first ticket of this sign-in; answers to earlier ones are another person's.
    pub(crate) session_from: Ticket,
}

/// What the server said in this run of the program; until then it is only remembered.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    /// Who is signed in.
    pub(crate) account: bool,
    /// That the open home is theirs to see.
    pub(crate) home: bool,
}

/// Answers that are awaited outside of a screen's own values.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) homes: Option<Ticket>,
    pub(crate) undo: Option<(Ticket, OperationId)>,
    /// `u` was pressed before the history was there.
    pub(crate) undo_wanted: bool,
    pub(crate) acknowledgement: Option<Ticket>,
    pub(crate) test: Option<Ticket>,
    /// A call that answers nothing, and the list to ask for anew after it.
    pub(crate) done: Option<(Ticket, Option<What>)>,
    /// The newest operation that this screen has shown.
    pub(crate) seen: Option<OperationId>,
}

impl App {
    /// The app at its start; `signed_in` with a session that was kept, `home` the one to open, with
    /// what was kept on the disk.
    pub fn start(
        signed_in: bool,
        home: Option<EnergyProfileId>,
        kept: Everything,
    ) -> (Self, Vec<Effect>) {
        let mut app = Self {
            screen: Screen::Welcome,
            help: None,
            account: None,
            signed_in,
            homes: Vec::new(),
            home,
            link: Link::default(),
            notice: None,
            entry: None,
            welcome: welcome::State::default(),
            form: None,
            palette: None,
            told: None,
            lists: Lists::default(),
            tables: table::States::default(),
            outbox: Outbox::default(),
            drafts: kept.drafts,
            draft: None,
            keymap: Keymap::default(),
            dashboard: dashboard::State::default(),
            readings: readings::State::default(),
            import: import::State::default(),
            bill: bill::State::default(),
            comparison: comparison::State::default(),
            what_if: what_if::State::default(),
            consumption: consumption::State::default(),
            forecast: forecast::State::default(),
            report: report::State::default(),
            suggestions: suggestion::State::default(),
            tariff: Box::default(),
            admin: Box::default(),
            confirmed: Confirmed::default(),
            done: Vec::new(),
            taken_back: Vec::new(),
            pending: Pending::default(),
            tickets: Tickets::default(),
            session_from: Ticket(0),
        };
        app.outbox.waiting = kept.waiting;
        app.welcome.kept = kept.public;
        let effects = if signed_in {
            app.screen = Screen::Dashboard;
            if let Some(last) = kept.last {
                app.show_last(*last);
            }
            app.ask_who_and_where()
        } else {
            welcome::load(&mut app)
        };
        (app, effects)
    }

    /// A ticket that was never given out.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets.give()
    }

    /// The dashboard of the home, however old.
    pub fn board(&self) -> Option<&Dashboard> {
        self.dashboard.board.value().map(|board| &board.dashboard)
    }

    /// What `kwh` of the home emitted over `cycle`; `None` while its factors are not known.
    pub fn co2e_of(&self, cycle: Cycle, kwh: Kwh) -> Option<Result<Co2eTotal, EmissionError>> {
        self.board().map(|board| board.factors.in_cycle(cycle, kwh))
    }

    /// The time zone of the home.
    pub fn zone(&self) -> TimeZone {
        self.board()
            .and_then(|board| TimeZone::get(&board.home.time_zone).ok())
            .unwrap_or(TimeZone::UTC)
    }

    /// Whether this person may enter readings here.
    pub fn may_edit(&self) -> bool {
        // Of nobody neither a draft nor a write is kept: what is typed needs somebody whose it is.
        let board = self.board().filter(|_| self.account.is_some());
        board.is_some_and(|board| board.home.role >= Role::Editor)
    }

    /// Whether keys write text.
    pub fn typing(&self) -> bool {
        self.entry.is_some() || self.form.is_some() || self.palette.is_some() || self.is_filtering()
    }

    /// Whether keys write the filter of the open screen.
    fn is_filtering(&self) -> bool {
        match self.screen {
            Screen::Readings => self.readings.filtering,
            Screen::Import => self.import.asking.is_some(),
            _ => table::is_filtering(self),
        }
    }

    fn filter_mut(&mut self) -> Option<&mut TextLine> {
        match self.screen {
            Screen::Readings if self.readings.filtering => Some(&mut self.readings.filter),
            Screen::Import if self.import.asking.is_some() => Some(&mut self.import.path),
            Screen::Table(table) if self.tables.of(table).filtering => {
                Some(&mut self.tables.of_mut(table).filter)
            }
            _ => None,
        }
    }

    /// What can be done now, in the order of the footer.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> + use<> {
        let tables = if self.help.is_some() {
            [help::COMMANDS, commands::SCROLL, &[]]
        } else if self.palette.is_some() {
            [palette::COMMANDS, &[], &[]]
        } else if self.told.is_some() {
            [told::COMMANDS, &[], &[]]
        } else {
            self.beneath()
        };
        tables.into_iter().flatten()
    }

    /// The same without the help or the palette that may lie over it.
    pub fn commands_beneath(&self) -> impl Iterator<Item = &'static Command> + use<> {
        self.beneath().into_iter().flatten()
    }

    fn beneath(&self) -> [&'static [Command]; 3] {
        if let Some(Table::Admin(_)) = table::shown(self)
            && self.entry.is_none()
            && self.form.is_none()
            && !self.is_filtering()
        {
            return [admin::COMMANDS, table::COMMANDS, commands::SIGNED_IN];
        }
        if self.screen == Screen::Table(Table::Consumption)
            && self.entry.is_none()
            && self.form.is_none()
            && !self.is_filtering()
        {
            let own = consumption::TABLE_COMMANDS;
            return [own, table::COMMANDS, commands::SIGNED_IN];
        }
        let (own, shared) = self.own_and_shared();
        let on_lines = self.entry.is_none() && self.form.is_none() && !self.is_filtering();
        match self.screen {
            Screen::Report | Screen::WhatIf | Screen::Import if on_lines => {
                [own, commands::SCROLL, shared]
            }
            _ => [own, shared, &[]],
        }
    }

    fn own_and_shared(&self) -> (&'static [Command], &'static [Command]) {
        if self.entry.is_some() {
            return (entry::COMMANDS, commands::WHILE_TYPING);
        }
        if let Some(form) = &self.form {
            return if form.subject == Subject::NewHome {
                (form::commands::COMMANDS, commands::WITHOUT_A_HOME)
            } else {
                (form::commands::COMMANDS, commands::WHILE_TYPING)
            };
        }
        match self.screen {
            Screen::Welcome => (welcome::COMMANDS, commands::EVERYWHERE),
            Screen::Dashboard => (dashboard::COMMANDS, commands::SIGNED_IN),
            Screen::Readings if self.readings.filtering => {
                (readings::FILTER_COMMANDS, commands::WHILE_TYPING)
            }
            Screen::Readings => (readings::COMMANDS, commands::SIGNED_IN),
            Screen::Table(_) if table::is_filtering(self) => {
                (table::FILTER_COMMANDS, commands::WHILE_TYPING)
            }
            Screen::Table(_) => (table::COMMANDS, commands::SIGNED_IN),
            Screen::Bill => (bill::COMMANDS, commands::SIGNED_IN),
            Screen::Comparison => (comparison::COMMANDS, commands::SIGNED_IN),
            Screen::Consumption => (consumption::COMMANDS, commands::SIGNED_IN),
            Screen::Forecast => (forecast::COMMANDS, commands::SIGNED_IN),
            Screen::Report => (report::COMMANDS, commands::SIGNED_IN),
            Screen::Suggestions => (suggestion::COMMANDS, commands::SIGNED_IN),
            Screen::Tariff => (tariff::COMMANDS, commands::SIGNED_IN),
            Screen::WhatIf => (what_if::COMMANDS, commands::SIGNED_IN),
            Screen::Import if self.import.asking.is_some() => {
                (import::ASK_COMMANDS, commands::WHILE_TYPING)
            }
            Screen::Import => (import::COMMANDS, commands::SIGNED_IN),
        }
    }

    /// Asks again for what the open screen shows.
    pub fn reload(&mut self) -> Vec<Effect> {
        if self.screen == Screen::Welcome && !self.signed_in {
            return welcome::load(self);
        }
        if self.home.is_none() || !self.confirmed.home {
            return if self.pending.homes.is_some() {
                Vec::new()
            } else {
                self.ask_who_and_where()
            };
        }
        let mut effects = self.refresh();
        if !self.confirmed.account {
            effects.push(Effect::Call(self.ticket(), Call::Account));
        }
        effects.extend(outbox::deliver(self));
        effects
    }

    /// Asks for what the open screen shows of the home, and for who changed what.
    pub(crate) fn refresh(&mut self) -> Vec<Effect> {
        let mut effects = dashboard::load(self);
        match self.screen {
            Screen::Readings => effects.extend(readings::load(self)),
            Screen::Table(table) => effects.extend(table::load(self, table)),
            Screen::Bill => effects.extend(bill::load(self)),
            Screen::Comparison => effects.extend(comparison::load(self)),
            Screen::Consumption => effects.extend(consumption::load(self)),
            Screen::Forecast => effects.extend(forecast::load(self)),
            Screen::Report => effects.extend(report::load(self)),
            Screen::Suggestions => effects.extend(suggestion::load(self)),
            Screen::Tariff => effects.extend(tariff::load(self)),
            Screen::WhatIf => effects.extend(what_if::load(self)),
            Screen::Import => effects.extend(import::load(self)),
            Screen::Welcome | Screen::Dashboard => {}
        }
        let shown = match self.screen {
            Screen::Table(table) => table.what(),
            Screen::Bill => Some(What::Bills),
            Screen::Tariff => Some(What::ProfileTariffs),
            _ => None,
        };
        if shown != Some(What::Operations) && self.home.is_some() {
            effects.extend(
                self.lists
                    .ask(What::Operations, self.home, &mut self.tickets),
            );
        }
        // What a form is about, so that a change by somebody else is seen while it is typed.
        let edited = self.form.as_ref().and_then(|form| match form.subject {
            Subject::Bill(_) | Subject::Months => Some(What::Bills),
            Subject::Device(_) => Some(What::Devices),
            Subject::Goal(_) => Some(What::Goals),
            Subject::Away(_) => Some(What::Away),
            Subject::Meter(_) => Some(What::Meters),
            Subject::AlertRule(_) => Some(What::AlertRules),
            Subject::Channel(Some(_)) => Some(What::Notices),
            Subject::Member(_) => Some(What::Members),
            Subject::ProfileTariff(_) => Some(What::ProfileTariffs),
            _ => None,
        });
        if let Some(what) = edited.filter(|_| edited != shown) {
            effects.extend(self.lists.ask(what, self.home, &mut self.tickets));
        }
        effects
    }

    /// Awaits the answer to an acknowledgement.
    pub(crate) fn acknowledging(&mut self, ticket: Ticket) {
        self.pending.acknowledgement = Some(ticket);
    }
}

/// Changes `app` by what happened; what is to be done comes back.
pub fn update(app: &mut App, message: Message, cx: &Context) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => {
            let mut effects = press(app, event, cx);
            effects.extend(forms::keep_draft(app, cx));
            effects
        }
        Message::Paste(text) => {
            paste(app, &text);
            forms::keep_draft(app, cx)
        }
        Message::Scroll(rows) => mouse::scroll(app, rows, cx),
        Message::Click(column, row) => mouse::click(app, column, row, cx),
        Message::Elapsed(Timer::Retry) => {
            app.link.retrying = false;
            app.reload()
        }
        Message::Elapsed(Timer::Training) => forecast::look(app),
        Message::Elapsed(Timer::Import(choice)) => import::rested(app, choice, cx),
        Message::Elapsed(Timer::Listen) => match app.home {
            Some(home) if !app.link.listening => {
                app.link.listening = true;
                // Something may have changed while nobody listened.
                let mut effects = vec![Effect::Listen(Some(home))];
                effects.extend(dashboard::load(app));
                effects
            }
            _ => Vec::new(),
        },
        Message::Reply(ticket, reply) => {
            if ticket < app.session_from {
                // Asked by whoever was signed in before.
                return Vec::new();
            }
            let mut effects = link::note(app, &reply);
            if app.signed_in && unauthenticated(&reply) {
                effects.extend(app.signed_out(Some(Notice::Text("problem-unauthenticated"))));
                return effects;
            }
            effects.extend(answers::answer(app, ticket, reply, cx));
            effects.extend(app.undo_that_waited(cx));
            effects
        }
        Message::Stream(home, news) if app.home == Some(home) => answers::stream(app, &news),
        Message::Import(ticket, news) if ticket >= app.session_from => {
            import::news(app, ticket, news, cx)
        }
        Message::NotDownloaded(fault) => {
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
        Message::Disk(id, what) => {
            app.notice = Some(Notice::Said(id, what));
            Vec::new()
        }
        Message::Stream(..) | Message::Import(..) | Message::Resized => Vec::new(),
    }
}

fn press(app: &mut App, event: KeyEvent, cx: &Context) -> Vec<Effect> {
    (app.notice, app.pending.undo_wanted) = (None, false);
    if event.code != KeyCode::Esc
        && let Some(form) = &mut app.form
    {
        form.asked = false;
    }
    if let Some(command) = keys::find(app.commands(), event, app) {
        return (command.run)(app, cx);
    }
    if app.help.is_some() || app.told.is_some() {
        return Vec::new();
    }
    let zone = app.zone();
    if let Some(palette) = &mut app.palette {
        palette.input(event);
    } else if let Some(entry) = &mut app.entry {
        entry.input(event);
    } else if let Some(form) = &mut app.form {
        if form.sending.is_none() && form.key.is_none() && form.input_chooses(event, &zone, cx) {
            return forms::chosen(app, cx);
        }
    } else if let Some(filter) = app.filter_mut() {
        filter.input(event);
    }
    Vec::new()
}

fn paste(app: &mut App, text: &str) {
    if app.help.is_some() || app.told.is_some() {
        return;
    }
    if let Some(palette) = &mut app.palette {
        palette.typed.paste(text);
    } else if let Some(entry) = &mut app.entry {
        entry.paste(text);
    } else if let Some(form) = &mut app.form {
        if form.sending.is_none() && form.key.is_none() {
            form.paste(text);
        }
    } else if let Some(filter) = app.filter_mut() {
        filter.paste(text);
    }
}

fn unauthenticated(reply: &Reply) -> bool {
    reply
        .fault()
        .and_then(Fault::problem)
        .is_some_and(|problem| problem.code == ErrorCode::Unauthenticated)
}
