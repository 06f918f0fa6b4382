//! What comes in and what goes out: the whole vocabulary between the screens and the runtime.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ecotrack_common::account::{
    Account, ChangedAccount, ChangedPassword, Language, Recovery, Registration, SignIn, SignedIn,
};
use ecotrack_common::archive::ArchiveImported;
use ecotrack_common::audit::Undone;
use ecotrack_common::bill::{Tables, Tariff};
use ecotrack_common::comparison::{NewTariffComparison, TariffComparisons};
use ecotrack_common::consumption::{Consumption, ConsumptionQuery, Patterns, PatternsQuery};
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::explain::{BillChange, BillExplanation};
use ecotrack_common::forecast::ForecastReport;
use ecotrack_common::import::ImportReport;
use ecotrack_common::live::{ApiKeyMade, NewApiKey};
use ecotrack_common::member::{
    InvitationAcceptance, InvitationMade, NewInvitation, ProfileRemoval,
};
use ecotrack_common::notice::{NewNoticeChannel, NoticeTest};
use ecotrack_common::profile::{EnergyProfile, NewEnergyProfile};
use ecotrack_common::public::PublicSummary;
use ecotrack_common::reading::ReadingPage;
use ecotrack_common::reference::SavingMeasure;
use ecotrack_common::report::{Report, ReportKind, ReportPeriod};
use ecotrack_common::suggestion::Suggestions;
use ecotrack_common::what_if::{NewWhatIf, WhatIf};
use ecotrack_common::{
    AccountId, AlertId, BillingRecordId, EnergyProfileId, MeterId, NoticeChannelId, OperationId,
    Problem, SessionId,
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::admin::{Ask, Got};
use crate::import;
use crate::kept::{Done, Kept, Write};
use crate::lists::{Listed, What};

/// Tells one question to the server from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What happened.
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The wheel turned; positive is down.
    Scroll(i32),
    /// The mouse was clicked: column and row.
    Click(u16, u16),
    /// The terminal has another size; only drawing cares.
    Resized,
    /// A timer that was asked for ran out.
    Elapsed(Timer),
    /// The server answered, or could not be reached.
    Reply(Ticket, Reply),
    /// News on the event stream of a home.
    Stream(EnergyProfileId, News),
    /// Something could not be kept on the disk, or was: a Fluent id and what it is about.
    Disk(&'static str, String),
    /// The server gave no file, and why.
    NotDownloaded(Fault),
    /// What comes of a file of readings on its way in.
    Import(Ticket, import::News),
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Try again to reach the server.
    Retry,
    /// Try again to listen to the home.
    Listen,
    /// See how a training stands.
    Training,
    /// Ask what would become of a file, if nothing else was chosen since this choice.
    Import(u64),
}

/// What the event stream of a home said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The stream is open, or something of the home changed.
    Changed,
    /// The stream broke or could not be opened.
    Lost,
}

/// What to do; only the runtime does it.
pub enum Effect {
    /// Ask the server.
    Call(Ticket, Call),
    /// Send the message `Elapsed` after a while.
    After(Duration, Timer),
    /// Listen to the events of a home, and to no other; `None` listens to nothing.
    Listen(Option<EnergyProfileId>),
    /// Use this sign-in from now on and keep it; `None` forgets the one that is kept.
    Session(Option<Box<SignedIn>>),
    /// Speak another language, as somebody asked for.
    Speak(Language),
    /// Speak the language of the account, unless another was asked for.
    SpeakAsAccount(Language),
    /// Keep this on the disk.
    Keep(Kept),
    /// This need not be kept any more.
    Drop(Done),
    /// Write a file of this name, with this text, into the folder that the program was started in.
    Export(String, String),
    /// Write what the server has at an address into a file of this name, in the same folder.
    Download(String, String),
    /// Do something with a file of readings on its way in.
    Import(Ticket, Box<import::Job>),
    /// Leave.
    Quit,
}

/// A question to the server.
#[derive(Clone)]
pub enum Call {
    /// Make an account.
    Register(Registration),
    /// Sign in.
    SignIn(SignIn),
    /// Sign out.
    SignOut,
    /// Who am I?
    Account,
    /// Which homes do I see?
    Profiles,
    /// Make a home, and its first meter under this name.
    CreateProfile(Box<NewEnergyProfile>, String, Uuid),
    /// The dashboard, unless it is still the one with this tag.
    Dashboard(EnergyProfileId, Option<String>),
    /// A page of readings, older than an instant.
    Readings(EnergyProfileId, MeterId, Option<Timestamp>),
    /// Change something of a home.
    Write(Box<Write>),
    /// A list, of a home where it is one's; operations before this one.
    List(What, Option<EnergyProfileId>, Option<OperationId>),
    /// Set a new password with a code.
    Recover(Recovery),
    /// Change one's name and language.
    ChangeAccount(ChangedAccount),
    /// Change one's password.
    ChangePassword(ChangedPassword),
    /// End one of one's sessions.
    EndSession(SessionId),
    /// Join a home.
    Join(InvitationAcceptance, Uuid),
    /// Make an invitation.
    Invite(EnergyProfileId, NewInvitation),
    /// Make a key for a meter.
    MakeKey(EnergyProfileId, NewApiKey),
    /// Hand the home over.
    Transfer(EnergyProfileId, AccountId, Uuid),
    /// Remove the home.
    RemoveProfile(EnergyProfileId, ProfileRemoval),
    /// Make a home of a file: its path, what the home is to be called, the key.
    ImportHome(String, Option<String>, Uuid),
    /// Bring a removed home back.
    RestoreProfile(EnergyProfileId, Uuid),
    /// Take an operation back.
    Undo(EnergyProfileId, OperationId, Uuid),
    /// Say that an alert was seen.
    Acknowledge(EnergyProfileId, AlertId, Uuid),
    /// Tell me elsewhere too. It goes past the outbox, which would keep its secret on the disk.
    AddChannel(EnergyProfileId, Box<NewNoticeChannel>, Uuid),
    /// Send a test.
    TestChannel(EnergyProfileId, NoticeChannelId),
    /// A bill beside what was recomputed, and why.
    Explanation(EnergyProfileId, BillingRecordId),
    /// Why a bill is another than the one before.
    Change(EnergyProfileId, BillingRecordId),
    /// What the home's past would have cost under other tariffs.
    Compare(EnergyProfileId, Box<NewTariffComparison>),
    /// What the home would use, cost and emit if something of it were otherwise.
    WhatIf(EnergyProfileId, Box<NewWhatIf>),
    /// What was used over a span, unless it is still the answer with this tag.
    Consumption(EnergyProfileId, ConsumptionQuery, Option<String>),
    /// What the home usually does, unless it is still the answer with this tag.
    Patterns(EnergyProfileId, PatternsQuery, Option<String>),
    /// What the home is going to use, and how good that has been.
    Forecast(EnergyProfileId),
    /// What the home could do.
    Suggestions(EnergyProfileId),
    /// Train its model now.
    Train(EnergyProfileId, Uuid),
    /// A month, a billing cycle or a year of it.
    Report(EnergyProfileId, ReportPeriod, ReportKind),
    /// The same as a page for a browser.
    ReportPage(EnergyProfileId, ReportPeriod, ReportKind, Language),
    /// A tariff of the reference data, by its slug.
    Tariff(String),
    /// What tariffs point at: dated tables, tax rates, series, holidays.
    Tables,
    /// Saving tips, for anybody.
    Tips,
    /// What anybody may see of the server.
    PublicSummary,
    /// A question of an administrator.
    Admin(Ask),
}

/// The server's answer, in the order of [`Call`].
pub enum Reply {
    /// To `Register`, `SignIn` and `Recover`.
    SignedIn(Answer<Box<SignedIn>>),
    /// To `SignOut`.
    SignedOut(Answer<()>),
    /// To `Account` and `ChangeAccount`.
    Account(Answer<Account>),
    /// To `Profiles`.
    Profiles(Answer<Vec<EnergyProfile>>),
    /// To `CreateProfile` and `ImportHome`.
    ProfileCreated(Answer<Box<EnergyProfile>>),
    /// A home that came as an archive, or not.
    HomeImported(Answer<Box<ArchiveImported>>),
    /// To `Dashboard`; `None` when nothing changed, else the dashboard and its tag.
    Dashboard(Answer<Option<(Box<Dashboard>, String)>>),
    /// To `Readings`.
    Readings(Answer<ReadingPage>),
    /// To `Write`.
    Wrote(Answer<Value>),
    /// To `List`.
    Listed(What, Answer<Listed>),
    /// To `Invite`.
    Invited(Answer<Box<InvitationMade>>),
    /// To `MakeKey`.
    KeyMade(Answer<Box<ApiKeyMade>>),
    /// To `Join`.
    Joined(Answer<Box<EnergyProfile>>),
    /// To what answers nothing that is shown.
    Done(Answer<()>),
    /// To `Undo`.
    Undone(Answer<Undone>),
    /// To `Acknowledge`.
    Acknowledged(Answer<()>),
    /// To `TestChannel`.
    Tested(Answer<NoticeTest>),
    /// To `Explanation`.
    Explained(Answer<Box<BillExplanation>>),
    /// To `Change`.
    Changed(Answer<Box<BillChange>>),
    /// To `Compare`.
    Compared(Answer<Box<TariffComparisons>>),
    /// To `WhatIf`.
    WhatIf(Answer<Box<WhatIf>>),
    /// To `Consumption`; `None` when nothing changed, else the answer and its tag.
    Consumption(Answer<Option<(Box<Consumption>, String)>>),
    /// To `Patterns`, likewise.
    Patterns(Answer<Option<(Box<Patterns>, String)>>),
    /// To `Suggestions`.
    Suggestions(Answer<Box<Suggestions>>),
    /// To `Forecast`.
    Forecast(Answer<Box<ForecastReport>>),
    /// To `Train`.
    TrainingAsked(Answer<()>),
    /// To `Report`.
    Report(Answer<Box<Report>>),
    /// To `ReportPage`.
    ReportPage(Answer<String>),
    /// To `Tariff`, with the slug.
    Tariff(String, Answer<Box<Tariff>>),
    /// To `Tables`.
    Tables(Answer<Box<Tables>>),
    /// To `Tips`.
    Tips(Answer<Vec<SavingMeasure>>),
    /// To `PublicSummary`.
    PublicSummary(Answer<Box<PublicSummary>>),
    /// To a file of readings that was sent.
    Imported(Answer<Box<ImportReport>>),
    /// To `Admin`.
    Admin(Answer<Got>),
}

/// What came back, or why nothing did.
pub type Answer<T> = Result<T, Fault>;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The server refused.
    Problem(Box<Problem>),
    /// The server cannot be reached.
    Away,
    /// The server said something that this program does not understand.
    Unreadable,
}

impl Fault {
    /// The problem, if the server gave one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }
}

impl Reply {
    /// Why there is no answer, whatever the question was.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::SignedIn(answer) => answer.as_ref().err(),
            Self::SignedOut(answer)
            | Self::Acknowledged(answer)
            | Self::TrainingAsked(answer)
            | Self::Done(answer) => answer.as_ref().err(),
            Self::Account(answer) => answer.as_ref().err(),
            Self::Profiles(answer) => answer.as_ref().err(),
            Self::HomeImported(answer) => answer.as_ref().err(),
            Self::ProfileCreated(answer) | Self::Joined(answer) => answer.as_ref().err(),
            Self::Dashboard(answer) => answer.as_ref().err(),
            Self::Readings(answer) => answer.as_ref().err(),
            Self::Wrote(answer) => answer.as_ref().err(),
            Self::Listed(_, answer) => answer.as_ref().err(),
            Self::Invited(answer) => answer.as_ref().err(),
            Self::KeyMade(answer) => answer.as_ref().err(),
            Self::Undone(answer) => answer.as_ref().err(),
            Self::Tested(answer) => answer.as_ref().err(),
            Self::Explained(answer) => answer.as_ref().err(),
            Self::Changed(answer) => answer.as_ref().err(),
            Self::Compared(answer) => answer.as_ref().err(),
            Self::WhatIf(answer) => answer.as_ref().err(),
            Self::Consumption(answer) => answer.as_ref().err(),
            Self::Patterns(answer) => answer.as_ref().err(),
            Self::Forecast(answer) => answer.as_ref().err(),
            Self::Report(answer) => answer.as_ref().err(),
            Self::ReportPage(answer) => answer.as_ref().err(),
            Self::Suggestions(answer) => answer.as_ref().err(),
            Self::Tariff(_, answer) => answer.as_ref().err(),
            Self::Tables(answer) => answer.as_ref().err(),
            Self::Tips(answer) => answer.as_ref().err(),
            Self::PublicSummary(answer) => answer.as_ref().err(),
            Self::Imported(answer) => answer.as_ref().err(),
            Self::Admin(answer) => answer.as_ref().err(),
        }
    }
}
