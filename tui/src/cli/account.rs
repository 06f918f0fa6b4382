//! `register` and `account`: what a person sees and changes of themself.

use clap::{Args, Subcommand};
use ecotrack_common::account::{
    ChangedAccount, ChangedPassword, Language, Recovery, Registration, Session,
};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;
use jiff::tz::TimeZone;

use super::context::{Context, now};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, pick};
use super::secrets::{ask_email, ask_new_password, ask_password};
use super::session::keep;
use super::table::{Side, Table};
use super::typed::text;
use super::{Failure, Result, language};

#[derive(Debug, Args)]
pub(super) struct Register {
    /// E-mail address; you sign in with it
    #[arg(long)]
    email: Option<String>,
    /// What your household calls you
    #[arg(long)]
    name: String,
    /// Code of an invitation: you join its home
    #[arg(long, value_name = "CODE")]
    invitation: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Show your account
    Show,
    /// Change what is given of your account, and nothing else
    Edit {
        /// What your household calls you
        #[arg(long)]
        name: Option<String>,
        /// Language of your screens: en or pt-BR
        #[arg(long, value_name = "LANGUAGE", value_parser = language)]
        language: Option<Language>,
    },
    /// Change your password; both are asked for, or read from standard input, a line each
    Password,
    /// List where you are signed in
    Sessions(Form),
    /// End a sign-in
    EndSession {
        /// Sign-in, by the end of its key, as the list shows it
        session: String,
    },
    /// Set a new password with an administrator's code, and sign in
    Recover {
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
        /// The code, as it was passed on
        #[arg(long)]
        code: String,
    },
}

const SESSION_COLUMNS: &[&str] = &[
    "client",
    "created_at",
    "last_used_at",
    "expires_at",
    "current",
    "session_id",
];

/// Makes an account and signs in.
pub(super) async fn register(context: &Context, register: Register) -> Result<()> {
    let client = context.client()?;
    let email = ask_email(context, register.email)?;
    let registration = Registration {
        email,
        display_name: register.name.trim().to_owned(),
        password: ask_new_password(context)?,
        language: context.locale.language(),
        invitation: text(register.invitation.as_deref(), None),
    };
    registration.check()?;
    let signed_in = client.register(&registration).await?;
    keep(context, client, &signed_in).await
}

pub(super) async fn run(context: &Context, command: Account) -> Result<()> {
    match command {
        Account::Show => show(context).await,
        Account::Edit { name, language } => edit(context, name, language).await,
        Account::Password => password(context).await,
        Account::Sessions(form) => sessions(context, &form).await,
        Account::EndSession { session } => end_session(context, &session).await,
        Account::Recover { email, code } => recover(context, email, code).await,
    }
}

async fn show(context: &Context) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let account = client.account().await?;
    print(context, &account)
}

async fn edit(context: &Context, name: Option<String>, language: Option<Language>) -> Result<()> {
    let (client, _) = context.signed_in()?;
    if name.is_none() && language.is_none() {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    let before = client.account().await?;
    let changed = ChangedAccount {
        display_name: name.map_or(before.display_name, |name| name.trim().to_owned()),
        language: language.unwrap_or(before.language),
    };
    changed.check()?;
    let account = client.change_account(&changed).await?;
    print(context, &account)
}

async fn password(context: &Context) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let current = ask_password(context, &context.locale.text("cli-ask-current-password"))?;
    let changed = ChangedPassword {
        current,
        password: ask_new_password(context)?,
    };
    changed.check()?;
    client.change_password(&changed).await?;
    said(context, "cli-password-changed")
}

async fn sessions(context: &Context, form: &Form) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let sessions: Vec<Session> = client.read(path::SESSIONS).await?;
    let list = List {
        rows: &sessions,
        columns: SESSION_COLUMNS,
        empty: "empty-sessions",
    };
    let locale = &context.locale;
    list.print(context, form, |rows| table(rows, locale, &here()))
}

/// Ends a sign-in; this computer forgets its own.
async fn end_session(context: &Context, typed: &str) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let sessions: Vec<Session> = client.read(path::SESSIONS).await?;
    let (locale, zone) = (&context.locale, here());
    let today = zone.to_datetime(now()).date();
    let found = pick(sessions, typed, today, locale, |row: &Session| {
        let client = row.client.clone().unwrap_or_else(|| "–".to_owned());
        let since = locale.date_time(row.created_at, &zone);
        Name::of_key(row.session_id.0, format!("{client}, {since}"))
    })?;
    client.end_session(found.session_id).await?;
    if found.current {
        context.session_file().forget()?;
    }
    said(context, "cli-session-ended")
}

async fn recover(context: &Context, email: Option<String>, code: String) -> Result<()> {
    let client = context.client()?;
    let email = ask_email(context, email)?;
    let recovery = Recovery {
        email,
        code,
        password: ask_new_password(context)?,
    };
    recovery.check()?;
    let signed_in = client.recover(&recovery).await?;
    keep(context, client, &signed_in).await
}

/// Says it; as JSON `null`, since the server had nothing to say.
fn said(context: &Context, id: &str) -> Result<()> {
    if context.json {
        context.streams.print_json(&())
    } else {
        context.streams.print_line(&context.locale.text(id))
    }
}

fn print(context: &Context, account: &ecotrack_common::account::Account) -> Result<()> {
    if context.json {
        return context.streams.print_json(account);
    }
    let words = context.locale.loader();
    let mut table = Table::new(&[Side::Left, Side::Left]);
    table.row([fl!(words, "cli-whoami-name"), account.display_name.clone()]);
    table.row([fl!(words, "label-email"), account.email.clone()]);
    let language = account.language.to_string();
    table.row([fl!(words, "label-language"), language]);
    context.streams.print(&table.render(0, usize::MAX))
}

/// Sign-ins belong to no home: their times are this computer's.
fn here() -> TimeZone {
    TimeZone::system()
}

fn table(sessions: &[Session], locale: &Locale, zone: &TimeZone) -> Table {
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = [
        "cli-column-key",
        "column-since",
        "column-last-used",
        "column-client",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in sessions {
        let remark = row.current.then(|| locale.text("this-one"));
        table.row([
            ending(row.session_id.0),
            locale.date_time(row.created_at, zone),
            locale.date_time(row.last_used_at, zone),
            row.client.clone().unwrap_or_else(|| "–".to_owned()),
            remark.unwrap_or_default(),
        ]);
    }
    table
}
