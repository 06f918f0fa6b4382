//! The one room that knows the terminal, the network and the clock.
//!
//! Waits for whatever comes first, takes everything that is waiting, then draws once. When nothing
//! happens, nothing runs: there is no tick.

use std::io;
use std::path::Path;
use std::time::Duration;

use color_eyre::eyre;
use crossterm::event::{Event, EventStream, MouseButton, MouseEventKind};
use ecotrack_common::account::{Language, SignedIn};
use ecotrack_common::archive::ArchiveImported;
use ecotrack_common::locale::Locale;
use ecotrack_common::{EnergyProfileId, FieldErrors, Problem};
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{self, App, Context};
use crate::client::{self, Client, Failed, Rows};
use crate::draw;
use crate::import::work::{self, Worker};
use crate::kept::KeptFolder;
use crate::keys::Keymap;
use crate::message::{Answer, Call, Effect, Fault, Message, News, Reply, Ticket, Timer};
use crate::terminal;
use crate::theme::Theme;

/// Keeps a sign-in for the next start, or forgets it.
pub type Keep = Box<dyn FnMut(Option<&SignedIn>) + Send>;
/// Sees each frame after it was drawn.
pub type Watch = Box<dyn FnMut(&Buffer) + Send>;

/// How to run.
pub struct Options {
    /// The language to start in; a signed-in account brings its own.
    pub language: Language,
    /// Whether that language was asked for: then no account's takes its place.
    pub language_given: bool,
    /// Colours and characters.
    pub theme: Theme,
    /// Address of the server, as shown.
    pub server: String,
    /// Whether the client has the token of a session that was kept.
    pub signed_in: bool,
    /// The home to open; else the first.
    pub home: Option<EnergyProfileId>,
    /// Keeps a sign-in for the next start.
    pub keep: Option<Keep>,
    /// Where drafts and the outbox are kept; without it they last as long as the program.
    pub kept: Option<KeptFolder>,
    /// Which keys run what.
    pub keymap: Keymap,
    /// Sees each frame; journeys look at the screen with it.
    pub watch: Option<Watch>,
    /// Ends the run from outside, as a signal does.
    pub stop: CancellationToken,
    /// Panics after the first frame, to test that the terminal is given back.
    pub panic_after_first_frame: bool,
}

impl Options {
    /// The usual way to run against `server`.
    pub fn new(language: Language, theme: Theme, server: impl Into<String>) -> Self {
        Self {
            language,
            language_given: false,
            theme,
            server: server.into(),
            signed_in: false,
            home: None,
            keep: None,
            kept: None,
            keymap: Keymap::default(),
            watch: None,
            stop: CancellationToken::new(),
            panic_after_first_frame: false,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The person left.
    Left,
    /// A signal or the end of the terminal.
    Stopped,
}

/// Takes the terminal over and runs until the person leaves or a signal comes. The terminal is
/// given back on every way out, a panic included.
pub async fn open(client: Client, options: Options) -> eyre::Result<Exit> {
    let (guard, mut terminal) = terminal::Guard::enter()?;
    let stop = options.stop.clone();
    let signals = tokio::spawn(async move {
        if until_signal().await.is_ok() {
            stop.cancel();
        }
    });
    let ended = run(&mut terminal, EventStream::new(), client, options).await;
    signals.abort();
    drop(guard);
    ended
}

#[cfg(unix)]
async fn until_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn until_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Runs on any terminal and any source of events: tests bring their own.
pub async fn run<B>(
    terminal: &mut Terminal<B>,
    events: impl Stream<Item = io::Result<Event>> + Unpin,
    client: Client,
    mut options: Options,
) -> eyre::Result<Exit>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let mut events = events;
    let kept = options.kept.as_ref().map(KeptFolder::load);
    let (mut app, effects) = App::start(options.signed_in, options.home, kept.unwrap_or_default());
    app.keymap = std::mem::take(&mut options.keymap);
    let (out, mut arriving) = mpsc::unbounded_channel();
    let mut runtime = Runtime {
        app: Box::new(app),
        locale: Locale::new(options.language),
        language_given: options.language_given,
        client,
        out,
        tasks: JoinSet::new(),
        listening: None,
        importing: Worker::default(),
        left: false,
        keep: options.keep.take(),
        kept: options.kept.take(),
        theme: options.theme.clone(),
        server: options.server.clone(),
        size: terminal.size()?,
    };
    runtime.perform(effects);
    loop {
        let cx = runtime.context();
        let drawn = terminal.draw(|frame| draw::view(&runtime.app, frame, &cx))?;
        if let Some(watch) = &mut options.watch {
            watch(drawn.buffer);
        }
        assert!(
            !(cfg!(debug_assertions) && options.panic_after_first_frame),
            "asked to panic after the first frame"
        );
        runtime.size = terminal.size()?;
        let message = tokio::select! {
            () = options.stop.cancelled() => return Ok(Exit::Stopped),
            event = events.next() => match event {
                Some(event) => from_terminal(event?),
                None => return Ok(Exit::Stopped),
            },
            message = arriving.recv() => message,
        };
        runtime.take(message);
        runtime.take_waiting(&mut events, &mut arriving).await?;
        if runtime.left {
            return Ok(Exit::Left);
        }
    }
}

struct Runtime {
    app: Box<App>,
    locale: Locale,
    language_given: bool,
    client: Client,
    out: UnboundedSender<Message>,
    tasks: JoinSet<()>,
    listening: Option<AbortHandle>,
    importing: Worker,
    left: bool,
    keep: Option<Keep>,
    kept: Option<KeptFolder>,
    theme: Theme,
    server: String,
    size: Size,
}

impl Runtime {
    fn context(&self) -> Context {
        #[expect(
            clippy::disallowed_methods,
            reason = "the runtime is where the clock is read, for every Context"
        )]
        let now = Timestamp::now();
        Context {
            now,
            locale: self.locale.clone(),
            theme: self.theme.clone(),
            server: self.server.clone(),
            fresh_key: client::new_key(),
            size: self.size,
        }
    }

    fn take(&mut self, message: Option<Message>) {
        let Some(message) = message else { return };
        let cx = self.context();
        let effects = app::update(&mut self.app, message, &cx);
        self.perform(effects);
    }

    /// Everything that is there already, so that a burst costs one frame.
    ///
    /// Asked with the task's own waker: crossterm remembers the first waker it is given until it
    /// is used, so a look with one that does nothing would lose the next key.
    async fn take_waiting(
        &mut self,
        events: &mut (impl Stream<Item = io::Result<Event>> + Unpin),
        arriving: &mut UnboundedReceiver<Message>,
    ) -> io::Result<()> {
        while !self.left {
            let message = tokio::select! {
                biased;
                Some(event) = events.next() => from_terminal(event?),
                Some(message) = arriving.recv() => Some(message),
                () = std::future::ready(()) => break,
            };
            self.take(message);
        }
        while self.tasks.try_join_next().is_some() {}
        Ok(())
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut kept_all = true;
        for effect in effects {
            match effect {
                Effect::Call(ticket, call) => self.call(ticket, call),
                Effect::After(wait, timer) => self.after(wait, timer),
                Effect::Listen(home) => self.listen(home),
                Effect::Session(session) => {
                    let client = self.client.clone();
                    self.client = match &session {
                        Some(session) => client.with_token(&session.token),
                        None => client.without_token(),
                    };
                    if let Some(keep) = &mut self.keep {
                        keep(session.as_deref());
                    }
                }
                Effect::Speak(language) => {
                    self.language_given = true;
                    self.locale = Locale::new(language);
                }
                Effect::SpeakAsAccount(language) => {
                    if !self.language_given && self.locale.language() != language {
                        self.locale = Locale::new(language);
                    }
                }
                Effect::Keep(kept) => kept_all &= self.disk(|folder| folder.put(&kept)),
                // What could not be kept anew is not forgotten either.
                Effect::Drop(_) if !kept_all => {}
                Effect::Drop(done) => {
                    self.disk(|folder| folder.remove(done));
                }
                Effect::Export(name, text) => self.export(&name, &text),
                Effect::Download(address, name) => self.download(address, name),
                Effect::Import(ticket, job) => {
                    let (client, out) = (&self.client, &self.out);
                    self.importing
                        .start(ticket, *job, client, out, &mut self.tasks);
                }
                Effect::Quit => self.left = true,
            }
        }
    }

    /// Keeps or drops something on the disk, if there is a place for it; a failure is told, and what
    /// was typed stays where it is.
    fn disk(&self, act: impl FnOnce(&KeptFolder) -> io::Result<()>) -> bool {
        if let Some(Err(error)) = self.kept.as_ref().map(act) {
            tracing::error!(%error, "what was typed cannot be kept on the disk");
            let _ = self
                .out
                .send(Message::Disk("notice-not-kept", error.to_string()));
            return false;
        }
        true
    }

    fn export(&self, name: &str, text: &str) {
        let said = match std::fs::write(name, text) {
            Ok(()) => Message::Disk("notice-exported", name.to_owned()),
            Err(error) => {
                let why = client::reason(&error, "folder-missing", &self.locale);
                Message::Disk("notice-not-exported", why)
            }
        };
        let _ = self.out.send(said);
    }

    fn download(&mut self, address: String, name: String) {
        let (client, out) = (self.client.clone(), self.out.clone());
        let locale = self.locale.clone();
        self.tasks.spawn(async move {
            let said = match client::save(&client, &address, Path::new(&name)).await {
                Ok(()) => Message::Disk("notice-exported", name),
                Err(Failed::Disk(error)) => {
                    let why = client::reason(&error, "folder-missing", &locale);
                    Message::Disk("notice-not-exported", why)
                }
                Err(Failed::Client(error)) => Message::NotDownloaded(fault(error)),
            };
            // Nobody listens any more only when the program ends.
            let _ = out.send(said);
        });
    }

    fn call(&mut self, ticket: Ticket, call: Call) {
        let (client, out) = (self.client.clone(), self.out.clone());
        self.tasks.spawn(async move {
            let reply = ask(&client, call).await;
            // Nobody listens any more only when the program ends.
            let _ = out.send(Message::Reply(ticket, reply));
        });
    }

    fn after(&mut self, wait: Duration, timer: Timer) {
        let out = self.out.clone();
        self.tasks.spawn(async move {
            tokio::time::sleep(wait).await;
            let _ = out.send(Message::Elapsed(timer));
        });
    }

    fn listen(&mut self, home: Option<EnergyProfileId>) {
        if let Some(before) = self.listening.take() {
            before.abort();
        }
        let Some(home) = home else { return };
        let (client, out) = (self.client.clone(), self.out.clone());
        let task = self.tasks.spawn(async move {
            let mut events = client.events(home);
            while let Some(Ok(_)) = events.next().await {
                let _ = out.send(Message::Stream(home, News::Changed));
            }
            let _ = out.send(Message::Stream(home, News::Lost));
        });
        self.listening = Some(task);
    }
}

fn from_terminal(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(..) => Some(Message::Resized),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollDown => Some(Message::Scroll(3)),
            MouseEventKind::ScrollUp => Some(Message::Scroll(-3)),
            MouseEventKind::Down(MouseButton::Left) => {
                Some(Message::Click(mouse.column, mouse.row))
            }
            _ => None,
        },
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Why there is no answer.
pub(crate) fn fault(error: client::Error) -> Fault {
    match error {
        client::Error::Problem(problem) => Fault::Problem(problem),
        client::Error::Away(_) => Fault::Away,
        client::Error::Unreadable(why) => {
            tracing::warn!(%why, "an answer cannot be read");
            Fault::Unreadable
        }
    }
}

async fn import_home(
    client: &Client,
    file: &str,
    name: Option<&str>,
    key: Uuid,
) -> Answer<Box<ArchiveImported>> {
    let wrong = |errors| Fault::Problem(Box::new(Problem::of_fields(errors)));
    let path = work::path_of(file);
    let asked = path.clone();
    if let Ok(Err(errors)) = tokio::task::spawn_blocking(move || work::check(&asked)).await {
        return Err(wrong(errors));
    }
    let pieces = client::pieces(&path).await.map_err(|error| {
        let mut errors = FieldErrors::default();
        errors.add_with("file", "file_unreadable", &[("reason", &error.to_string())]);
        wrong(errors)
    })?;
    let imported = client.import_home(Rows::pieces(pieces), name, key).await;
    imported.map(Box::new).map_err(fault)
}

async fn ask(client: &Client, call: Call) -> Reply {
    match call {
        Call::Register(new) => {
            Reply::SignedIn(client.register(&new).await.map(Box::new).map_err(fault))
        }
        Call::SignIn(who) => {
            Reply::SignedIn(client.sign_in(&who).await.map(Box::new).map_err(fault))
        }
        Call::SignOut => Reply::SignedOut(client.sign_out().await.map_err(fault)),
        Call::Account => Reply::Account(client.account().await.map_err(fault)),
        Call::Profiles => Reply::Profiles(client.profiles().await.map_err(fault)),
        Call::CreateProfile(new, meter, key) => Reply::ProfileCreated(
            client
                .create_home(&new, meter, key)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::ImportHome(file, name, key) => {
            Reply::HomeImported(import_home(client, &file, name.as_deref(), key).await)
        }
        Call::Dashboard(home, tag) => Reply::Dashboard(
            client
                .dashboard(home, tag.as_deref())
                .await
                .map(|answer| answer.map(|(dashboard, tag)| (Box::new(dashboard), tag)))
                .map_err(fault),
        ),
        Call::Readings(home, meter, before) => {
            Reply::Readings(client.readings(home, meter, before).await.map_err(fault))
        }
        Call::Write(write) => Reply::Wrote(client.send_write(&write).await.map_err(fault)),
        Call::List(what, home, before) => {
            Reply::Listed(what, client.list(what, home, before).await.map_err(fault))
        }
        Call::Recover(new) => {
            Reply::SignedIn(client.recover(&new).await.map(Box::new).map_err(fault))
        }
        Call::ChangeAccount(changed) => {
            Reply::Account(client.change_account(&changed).await.map_err(fault))
        }
        Call::ChangePassword(changed) => {
            Reply::Done(client.change_password(&changed).await.map_err(fault))
        }
        Call::EndSession(session) => Reply::Done(client.end_session(session).await.map_err(fault)),
        Call::Join(acceptance, key) => Reply::Joined(
            client
                .accept_invitation(&acceptance, key)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::MakeKey(home, new) => Reply::KeyMade(
            client
                .make_key(home, &new)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::Invite(home, new) => {
            Reply::Invited(client.invite(home, new).await.map(Box::new).map_err(fault))
        }
        Call::Transfer(home, account, key) => Reply::Done(
            client
                .transfer_ownership(home, account, key)
                .await
                .map_err(fault),
        ),
        Call::RemoveProfile(home, removal) => {
            Reply::Done(client.remove_profile(home, &removal).await.map_err(fault))
        }
        Call::RestoreProfile(home, key) => {
            Reply::Done(client.restore_profile(home, key).await.map_err(fault))
        }
        Call::Undo(home, operation, key) => {
            Reply::Undone(client.undo(home, operation, key).await.map_err(fault))
        }
        Call::Acknowledge(home, alert, key) => Reply::Acknowledged(
            client
                .acknowledge_alert(home, alert, key)
                .await
                .map_err(fault),
        ),
        Call::AddChannel(home, new, key) => {
            Reply::Done(client.add_channel(home, &new, key).await.map_err(fault))
        }
        Call::TestChannel(home, channel) => {
            Reply::Tested(client.test_channel(home, channel).await.map_err(fault))
        }
        Call::Explanation(home, bill) => Reply::Explained(
            client
                .explanation(home, bill)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::Change(home, bill) => Reply::Changed(
            client
                .bill_change(home, bill, None)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::Consumption(home, query, tag) => Reply::Consumption(
            client
                .consumption(home, &query, tag.as_deref())
                .await
                .map(|answer| answer.map(|(answer, tag)| (Box::new(answer), tag)))
                .map_err(fault),
        ),
        Call::Patterns(home, query, tag) => Reply::Patterns(
            client
                .consumption_patterns(home, &query, tag.as_deref())
                .await
                .map(|answer| answer.map(|(answer, tag)| (Box::new(answer), tag)))
                .map_err(fault),
        ),
        Call::Suggestions(home) => {
            Reply::Suggestions(client.suggestions(home).await.map(Box::new).map_err(fault))
        }
        Call::Forecast(home) => {
            Reply::Forecast(client.forecast(home).await.map(Box::new).map_err(fault))
        }
        Call::Report(home, period, kind) => Reply::Report(
            client
                .report(home, period, kind)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::ReportPage(home, period, kind, language) => Reply::ReportPage(
            client
                .report_page(home, period, kind, language)
                .await
                .map_err(fault),
        ),
        Call::Train(home, key) => {
            Reply::TrainingAsked(client.request_training(home, key).await.map_err(fault))
        }
        Call::Compare(home, question) => Reply::Compared(
            client
                .compare_tariffs(home, &question)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::WhatIf(home, question) => Reply::WhatIf(
            client
                .what_if(home, &question)
                .await
                .map(Box::new)
                .map_err(fault),
        ),
        Call::Admin(ask) => Reply::Admin(client.admin(ask).await.map_err(fault)),
        Call::Tariff(slug) => {
            let tariff = client.tariff(&slug).await.map(Box::new).map_err(fault);
            Reply::Tariff(slug, tariff)
        }
        Call::Tables => Reply::Tables(client.tables().await.map(Box::new).map_err(fault)),
        Call::Tips => Reply::Tips(client.tips().await.map_err(fault)),
        Call::PublicSummary => {
            Reply::PublicSummary(client.public_summary().await.map(Box::new).map_err(fault))
        }
    }
}
