//! The whole client as a value: which screen is open, what is known, and what a message changes.
//!
//! `update` never waits and never draws; what has to be done outside comes back as effects.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};
use ecotrack_common::account::{Account, SignedIn};
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::locale::Locale;
use ecotrack_common::profile::{EnergyProfile, Role};
use ecotrack_common::reading::ReadingWritten;
use ecotrack_common::{EnergyProfileId, ErrorCode, OperationId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::keys::{self, Command};
use crate::message::{Call, Effect, Fault, Message, Reply, Ticket, Timer};
use crate::readings::entry::{self, Entry};
use crate::theme::Theme;
use crate::widgets::form::Form;
use crate::{answers, commands, dashboard, help, readings, sign_in, welcome};

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
    /// The form to sign in.
    SignIn,
    /// The form to make an account.
    Register,
    /// The form to make a home.
    NewHome,
    /// The answer to everything.
    Dashboard,
    /// What was read off the meters.
    Readings,
}

/// How the server is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// Whether it answered the last time.
    pub up: Option<bool>,
    /// How often it did not since it last did.
    pub misses: u32,
    /// Whether changes arrive by themselves.
    pub live: bool,
    /// Whether the event stream is open or being opened.
    pub(crate) listening: bool,
    retrying: bool,
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
}

/// Everything.
#[derive(Debug)]
pub struct App {
    /// Which screen is open.
    pub screen: Screen,
    /// Whether the list of keys is over it.
    pub help: bool,
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
    /// The form that is open.
    pub form: Form,
    /// The dashboard.
    pub dashboard: dashboard::State,
    /// The readings.
    pub readings: readings::State,
    /// What can be taken back, newest last.
    pub done: Vec<OperationId>,
    pub(crate) pending: Pending,
    tickets: u64,
}

/// Answers that are awaited outside of a screen's own values.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) homes: Option<Ticket>,
    pub(crate) undo: Option<(Ticket, OperationId)>,
    pub(crate) removal: Option<Ticket>,
    pub(crate) acknowledgement: Option<Ticket>,
}

impl App {
    /// The app at its start; `signed_in` with a session that was kept, `home` the one to open.
    pub fn start(signed_in: bool, home: Option<EnergyProfileId>) -> (Self, Vec<Effect>) {
        let mut app = Self {
            screen: Screen::Welcome,
            help: false,
            account: None,
            signed_in,
            homes: Vec::new(),
            home,
            link: Link::default(),
            notice: None,
            entry: None,
            welcome: welcome::State::default(),
            form: Form::new(Vec::new()),
            dashboard: dashboard::State::default(),
            readings: readings::State::default(),
            done: Vec::new(),
            pending: Pending::default(),
            tickets: 0,
        };
        let effects = if signed_in {
            app.screen = Screen::Dashboard;
            app.ask_who_and_where()
        } else {
            welcome::load(&mut app)
        };
        (app, effects)
    }

    /// A ticket that was never given out.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// The dashboard of the home, however old.
    pub fn board(&self) -> Option<&Dashboard> {
        self.dashboard.board.value().map(|board| &board.dashboard)
    }

    /// The time zone of the home.
    pub fn zone(&self) -> TimeZone {
        self.board()
            .and_then(|board| TimeZone::get(&board.home.time_zone).ok())
            .unwrap_or(TimeZone::UTC)
    }

    /// Whether this person may enter readings here.
    pub fn may_edit(&self) -> bool {
        self.board()
            .is_some_and(|board| board.home.role >= Role::Editor)
    }

    /// Whether keys write text.
    pub fn typing(&self) -> bool {
        self.entry.is_some()
            || matches!(
                self.screen,
                Screen::SignIn | Screen::Register | Screen::NewHome
            )
    }

    /// What can be done now, in the order of the footer.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> + use<> {
        let (own, shared): (&'static [Command], &'static [Command]) = if self.help {
            (help::COMMANDS, &[])
        } else {
            self.tables()
        };
        own.iter().chain(shared)
    }

    /// The same without the help that may lie over it.
    pub fn commands_beneath_help(&self) -> impl Iterator<Item = &'static Command> + use<> {
        let (own, shared) = self.tables();
        own.iter().chain(shared)
    }

    fn tables(&self) -> (&'static [Command], &'static [Command]) {
        if self.entry.is_some() {
            (entry::COMMANDS, commands::WHILE_TYPING)
        } else {
            match self.screen {
                Screen::Welcome => (welcome::COMMANDS, commands::EVERYWHERE),
                Screen::SignIn | Screen::Register | Screen::NewHome => {
                    (sign_in::COMMANDS, commands::WHILE_TYPING)
                }
                Screen::Dashboard => (dashboard::COMMANDS, commands::SIGNED_IN),
                Screen::Readings => (readings::COMMANDS, commands::SIGNED_IN),
            }
        }
    }

    /// Opens the home's dashboard anew, and listens to its changes.
    pub fn open_home(&mut self, home: EnergyProfileId) -> Vec<Effect> {
        self.home = Some(home);
        self.screen = Screen::Dashboard;
        self.dashboard = dashboard::State::default();
        self.readings = readings::State::default();
        self.done.clear();
        self.link.live = false;
        self.link.listening = true;
        let mut effects = vec![Effect::Listen(Some(home))];
        effects.extend(dashboard::load(self));
        effects
    }

    /// Asks who this is and which homes there are, after a sign-in.
    pub fn ask_who_and_where(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.account.is_none() {
            effects.push(Effect::Call(self.ticket(), Call::Account));
        }
        let ticket = self.ticket();
        self.pending.homes = Some(ticket);
        effects.push(Effect::Call(ticket, Call::Profiles));
        effects
    }

    /// Back to the welcome screen without a session.
    pub fn signed_out(&mut self, notice: Option<Notice>) -> Vec<Effect> {
        let tips = std::mem::take(&mut self.welcome);
        let (link, tickets) = (self.link, self.tickets);
        let (mut fresh, _) = Self::start(false, None);
        fresh.welcome = tips;
        fresh.link = Link {
            live: false,
            listening: false,
            ..link
        };
        fresh.tickets = tickets;
        fresh.notice = notice;
        *self = fresh;
        let mut effects = vec![Effect::Session(None), Effect::Listen(None)];
        effects.extend(welcome::load(self));
        effects
    }

    /// Asks again for what the open screen shows.
    pub fn reload(&mut self) -> Vec<Effect> {
        match self.screen {
            Screen::Welcome | Screen::SignIn | Screen::Register if !self.signed_in => {
                welcome::load(self)
            }
            _ if self.home.is_none() || self.homes.is_empty() => {
                if self.pending.homes.is_some() {
                    Vec::new()
                } else {
                    self.ask_who_and_where()
                }
            }
            _ => {
                let mut effects = dashboard::load(self);
                if self.screen == Screen::Readings {
                    effects.extend(readings::load(self));
                }
                effects
            }
        }
    }

    /// Takes the newest operation back.
    pub fn undo(&mut self, cx: &Context) -> Vec<Effect> {
        let (Some(home), Some(operation)) = (self.home, self.done.last().copied()) else {
            return Vec::new();
        };
        if self.pending.undo.is_some() {
            return Vec::new();
        }
        let ticket = self.ticket();
        self.pending.undo = Some((ticket, operation));
        vec![Effect::Call(
            ticket,
            Call::Undo(home, operation, cx.fresh_key),
        )]
    }

    /// Awaits the answer to a removal.
    pub(crate) fn removing(&mut self, ticket: Ticket) {
        self.pending.removal = Some(ticket);
    }

    /// Awaits the answer to an acknowledgement.
    pub(crate) fn acknowledging(&mut self, ticket: Ticket) {
        self.pending.acknowledgement = Some(ticket);
    }

    pub(crate) fn signed_in_as(&mut self, signed_in: Box<SignedIn>) -> Vec<Effect> {
        let language = signed_in.account.language;
        self.account = Some(signed_in.account.clone());
        self.signed_in = true;
        self.screen = Screen::Dashboard;
        self.form = Form::new(Vec::new());
        self.home = None;
        let mut effects = vec![
            Effect::Session(Some(signed_in)),
            Effect::SpeakAsAccount(language),
        ];
        effects.extend(self.ask_who_and_where());
        effects
    }

    pub(crate) fn homes_are(&mut self, homes: Vec<EnergyProfile>) -> Vec<Effect> {
        self.homes = homes;
        let wanted = self
            .homes
            .iter()
            .find(|home| Some(home.energy_profile_id) == self.home)
            .or(self.homes.first());
        if let Some(home) = wanted.map(|home| home.energy_profile_id) {
            return self.open_home(home);
        }
        // Asked again after the server was away: what was typed stays.
        if self.screen != Screen::NewHome {
            self.screen = Screen::NewHome;
            self.form = sign_in::new_home();
        }
        Vec::new()
    }
}

/// Changes `app` by what happened; what is to be done comes back.
pub fn update(app: &mut App, message: Message, cx: &Context) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => press(app, event, cx),
        Message::Paste(text) => {
            paste(app, &text);
            Vec::new()
        }
        Message::Scroll(rows) => {
            if app.screen == Screen::Readings && !app.help {
                readings::scroll(app, rows)
            } else {
                Vec::new()
            }
        }
        Message::Elapsed(Timer::Retry) => {
            app.link.retrying = false;
            app.reload()
        }
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
            let mut effects = note_link(app, &reply);
            if app.signed_in && unauthenticated(&reply) {
                effects.extend(app.signed_out(Some(Notice::Text("problem-unauthenticated"))));
                return effects;
            }
            effects.extend(answers::answer(app, ticket, reply, cx));
            effects
        }
        Message::Stream(home, news) if app.home == Some(home) => answers::stream(app, &news),
        Message::Stream(..) | Message::Resized => Vec::new(),
    }
}

fn press(app: &mut App, event: KeyEvent, cx: &Context) -> Vec<Effect> {
    app.notice = None;
    if let Some(command) = keys::find(app.commands(), event, app) {
        return (command.run)(app, cx);
    }
    if app.help {
        return Vec::new();
    }
    if let Some(entry) = &mut app.entry {
        entry.input(event);
    } else if app.typing() && app.form.sending.is_none() {
        app.form.input(event);
    }
    Vec::new()
}

fn paste(app: &mut App, text: &str) {
    if app.help {
        return;
    }
    if let Some(entry) = &mut app.entry {
        entry.paste(text);
    } else if app.typing() && app.form.sending.is_none() {
        app.form.paste(text);
    }
}

/// How long to wait before the next attempt: doubling from a second to half a minute.
pub(crate) fn backoff(misses: u32) -> Duration {
    Duration::from_secs(1_u64 << misses.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

/// Notes whether the server answered; where it did not, asks again after a while.
fn note_link(app: &mut App, reply: &Reply) -> Vec<Effect> {
    if reply.fault() == Some(&Fault::Away) {
        app.link.up = Some(false);
        app.link.live = false;
        if app.link.retrying {
            return Vec::new();
        }
        app.link.misses += 1;
        app.link.retrying = true;
        return vec![Effect::After(backoff(app.link.misses), Timer::Retry)];
    }
    app.link.up = Some(true);
    app.link.misses = 0;
    match app.home {
        // The server is back: no need to wait for the timer to listen again.
        Some(home) if !app.link.listening && !matches!(reply, Reply::SignedOut(_)) => {
            app.link.listening = true;
            vec![Effect::Listen(Some(home))]
        }
        _ => Vec::new(),
    }
}

fn unauthenticated(reply: &Reply) -> bool {
    reply
        .fault()
        .and_then(Fault::problem)
        .is_some_and(|problem| problem.code == ErrorCode::Unauthenticated)
}
