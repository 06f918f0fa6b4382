//! Who is signed in, and which of their homes is open.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::account::SignedIn;
use ecotrack_common::profile::EnergyProfile;

use crate::app::{App, Context, Notice, Screen};
use crate::dashboard::Board;
use crate::form::Form;
use crate::forms::{self, Subject};
use crate::kept::{Done, Everything, Last};
use crate::link::Link;
use crate::message::{Call, Effect};
use crate::remote::Remote;
use crate::{
    bill, comparison, consumption, dashboard, forecast, import, outbox, readings, report,
    suggestion, table, tariff, welcome,
};

impl App {
    /// Shows what was on the screen when the program was left, until the server answers.
    pub(crate) fn show_last(&mut self, last: Last) {
        let shown = last.dashboard.home.energy_profile_id;
        self.account = Some(last.account);
        self.homes = last.homes;
        if self.home.is_none_or(|home| home == shown) {
            self.home = Some(shown);
            self.dashboard.board = Remote::Ready(Board {
                dashboard: last.dashboard,
                etag: last.etag,
            });
            self.forecast = forecast::State::remembered(last.forecast);
            self.consumption = consumption::State::remembered(last.consumption, last.patterns);
        }
    }

    /// What is on the screen, to be kept for the next start.
    pub(crate) fn last(&self) -> Option<Last> {
        let board = self.dashboard.board.value()?;
        let (consumption, patterns) = consumption::last(self);
        Some(Last {
            account: self.account.clone()?,
            homes: self.homes.clone(),
            dashboard: board.dashboard.clone(),
            etag: board.etag.clone(),
            forecast: self.forecast.report.value().cloned(),
            consumption,
            patterns,
        })
    }

    /// Opens the home's dashboard anew, and listens to its changes.
    pub fn open_home(&mut self, home: EnergyProfileId) -> Vec<Effect> {
        self.screen = Screen::Dashboard;
        let mut effects = Vec::new();
        if self.home != Some(home) {
            effects.extend(import::forget(self));
            self.dashboard = dashboard::State::default();
            self.forecast = forecast::State::default();
            self.report = report::State::default();
            self.consumption = consumption::State::default();
            self.suggestions = suggestion::State::default();
            // What is being typed is about the other home, and kept there as a draft.
            self.form = None;
            self.entry = None;
            self.draft = None;
            *self.tariff = tariff::State::default();
        }
        self.readings = readings::State::default();
        self.lists.leave_home();
        self.bill = bill::State::default();
        self.comparison = comparison::State::default();
        self.tables = table::States::default();
        self.done.clear();
        self.taken_back.clear();
        effects.extend(self.be_in(home));
        effects
    }

    /// Is in a home that the server knows: listens to its changes, and asks for what the open screen
    /// shows of it.
    fn be_in(&mut self, home: EnergyProfileId) -> Vec<Effect> {
        self.confirmed.home = true;
        self.home = Some(home);
        self.pending.seen = None;
        self.link.live = false;
        self.link.listening = true;
        let mut effects = vec![Effect::Listen(Some(home))];
        // With who changed what, for `u` and for what others do.
        effects.extend(self.refresh());
        effects.extend(outbox::deliver(self));
        effects
    }

    /// Asks for the homes anew, staying where one is.
    pub(crate) fn ask_homes(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.pending.homes = Some(ticket);
        vec![Effect::Call(ticket, Call::Profiles)]
    }

    /// Asks who this is and which homes there are, after a sign-in.
    pub fn ask_who_and_where(&mut self) -> Vec<Effect> {
        // Also where the last start knew them: either may have changed.
        let mut effects = vec![Effect::Call(self.ticket(), Call::Account)];
        effects.extend(self.ask_homes());
        effects
    }

    /// Back to the welcome screen without a session.
    pub fn signed_out(&mut self, notice: Option<Notice>) -> Vec<Effect> {
        let mut effects = import::forget(self);
        let kept = Everything {
            drafts: std::mem::take(&mut self.drafts),
            waiting: std::mem::take(&mut self.outbox.waiting),
            last: None,
            public: None,
        };
        let (mut fresh, _) = Self::start(false, None, kept);
        fresh.welcome = std::mem::take(&mut self.welcome);
        fresh.keymap = std::mem::take(&mut self.keymap);
        fresh.tickets = std::mem::take(&mut self.tickets);
        fresh.link = Link {
            live: false,
            listening: false,
            ..self.link
        };
        fresh.notice = notice;
        fresh.session_from = fresh.ticket();
        *self = fresh;
        effects.extend([
            Effect::Session(None),
            Effect::Listen(None),
            Effect::Drop(Done::Last),
        ]);
        effects.extend(welcome::load(self));
        effects
    }

    pub(crate) fn signed_in_as(&mut self, signed_in: Box<SignedIn>) -> Vec<Effect> {
        let language = signed_in.account.language;
        self.session_from = self.ticket();
        self.account = Some(signed_in.account.clone());
        self.confirmed.account = true;
        self.signed_in = true;
        self.screen = Screen::Dashboard;
        self.form = None;
        self.home = None;
        let mut effects = vec![
            Effect::Drop(Done::Last),
            Effect::Session(Some(signed_in)),
            Effect::SpeakAsAccount(language),
        ];
        effects.extend(self.ask_who_and_where());
        effects
    }

    pub(crate) fn homes_are(&mut self, homes: Vec<EnergyProfile>, cx: &Context) -> Vec<Effect> {
        let opened = self.confirmed.home && self.home.is_some();
        self.homes = homes;
        let is_there = |home: &&EnergyProfile| Some(home.energy_profile_id) == self.home;
        if opened && self.homes.iter().any(|home| is_there(&home)) {
            // Only asked anew, such as after a change of the home itself.
            return Vec::new();
        }
        let effects = self.another_home(cx);
        if opened && self.notice != Some(Notice::Text("notice-done")) {
            // Somebody else took it away: whoever looked at it is told why the screen changed.
            self.notice = Some(Notice::Text("notice-home-gone"));
        }
        effects
    }

    /// Opens the home that was open last or the first, or shows how to make one.
    fn another_home(&mut self, cx: &Context) -> Vec<Effect> {
        let is_there = |home: &&EnergyProfile| Some(home.energy_profile_id) == self.home;
        let wanted = self.homes.iter().find(is_there).or(self.homes.first());
        if let Some(home) = wanted.map(|home| home.energy_profile_id) {
            // The home that the last start remembered is on the screen before this answer comes, and
            // somebody may be at work in it already: on another screen, with a filter, in a form.
            return if self.home == Some(home) && self.screen != Screen::Welcome {
                self.be_in(home)
            } else {
                self.open_home(home)
            };
        }
        self.home = None;
        self.dashboard = dashboard::State::default();
        self.forecast = forecast::State::default();
        self.report = report::State::default();
        self.consumption = consumption::State::default();
        self.suggestions = suggestion::State::default();
        self.link.live = false;
        self.link.listening = false;
        self.screen = Screen::Dashboard;
        let mut effects = vec![Effect::Listen(None)];
        // Asked again after the server was away: what was typed stays.
        let asked = |form: &Form| matches!(form.subject, Subject::NewHome | Subject::Join);
        if !self.form.as_ref().is_some_and(asked) {
            effects.extend(forms::open(self, Subject::NewHome, None, cx));
        }
        effects
    }
}
