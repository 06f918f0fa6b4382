//! Accounts of the server: who there is, who administers, a way back in, signing out.

use clap::Subcommand;
use ecotrack_common::admin::{AdminAccount, AdminAccountPage, ChangedAdministrator, RecoveryMade};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::here;
use crate::cli::Result;
use crate::cli::context::{Context, now};
use crate::cli::lists::{Form, List, title};
use crate::cli::rows::{Name, pick};
use crate::cli::table::{Side, Table};
use crate::cli::writes::send;
use crate::client::Client;
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Accounts {
    /// List accounts
    List {
        /// Words that name or address hold, all of them
        search: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Make an account an administrator
    Promote {
        /// Account, by its address or key
        account: String,
    },
    /// Take an administrator's rights away; one stays
    Demote {
        /// Account, by its address or key
        account: String,
    },
    /// Make a one-time code with which somebody who forgot the password sets a new one
    Recover {
        /// Account, by its address or key
        account: String,
    },
    /// End every sign-in of an account
    SignOut {
        /// Account, by its address or key
        account: String,
    },
}

const COLUMNS: &[&str] = &[
    "email",
    "display_name",
    "language",
    "created_at",
    "last_sign_in_at",
    "sessions",
    "homes",
    "administrator",
    "account_id",
];

pub(super) async fn run(context: &Context, command: Accounts) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let words = context.locale.loader();
    match command {
        Accounts::List { search, form } => {
            let accounts = all(&client, &search.join(" ")).await?;
            let list = List {
                rows: &accounts,
                columns: COLUMNS,
                empty: "choice-none",
            };
            list.print(context, &form, |rows| table(rows, &context.locale, &here()))
        }
        Accounts::Promote { account } => {
            let found = administrate(context, &client, &account, true).await?;
            done(
                context,
                &found,
                &fl!(words, "cli-admin-promoted", who = found.email.clone()),
            )
        }
        Accounts::Demote { account } => {
            let found = administrate(context, &client, &account, false).await?;
            done(
                context,
                &found,
                &fl!(words, "cli-admin-demoted", who = found.email.clone()),
            )
        }
        Accounts::Recover { account } => {
            let found = find(context, &client, &account).await?;
            let made: RecoveryMade = client.make_recovery(found.account_id).await?;
            if context.json {
                return context.streams.print_json(&made);
            }
            context.streams.print_line(&made.code)?;
            let until = context.locale.date_time(made.expires_at, &here());
            let who = made.email.clone();
            let sentence = fl!(words, "admin-recovery-what", who = who, until = until);
            context.streams.tell_line(&sentence);
            Ok(())
        }
        Accounts::SignOut { account } => {
            let found = find(context, &client, &account).await?;
            let path = path_of(path::ADMIN_SESSIONS, &found);
            let nothing: Value = send(&client, Method::Delete, path, None::<&Value>).await?;
            done(
                context,
                &nothing,
                &fl!(words, "cli-admin-signed-out", who = found.email.clone()),
            )
        }
    }
}

async fn administrate(
    context: &Context,
    client: &Client,
    typed: &str,
    administrator: bool,
) -> Result<AdminAccount> {
    let found = find(context, client, typed).await?;
    let path = path_of(path::ADMIN_ADMINISTRATOR, &found);
    let changed = ChangedAdministrator { administrator };
    send(client, Method::Put, path, Some(&changed)).await
}

fn path_of(pattern: &str, account: &AdminAccount) -> String {
    path::fill(pattern, &[("account_id", &account.account_id)])
}

/// The one account that was meant; what was typed is searched among all.
async fn find(context: &Context, client: &Client, typed: &str) -> Result<AdminAccount> {
    let accounts = all(client, "").await?;
    let today = here().to_datetime(now()).date();
    pick(
        accounts,
        typed,
        today,
        &context.locale,
        |row: &AdminAccount| Name::called(row.account_id.0, &row.email, row.email.clone()),
    )
}

async fn all(client: &Client, search: &str) -> Result<Vec<AdminAccount>> {
    let mut accounts = Vec::new();
    let mut after = None;
    loop {
        let page: AdminAccountPage = client.admin_accounts(search, after.as_deref()).await?;
        accounts.extend(page.accounts);
        match page.next_after {
            Some(email) => after = Some(email),
            None => return Ok(accounts),
        }
    }
}

fn done(context: &Context, answer: &impl serde::Serialize, sentence: &str) -> Result<()> {
    if context.json {
        return context.streams.print_json(answer);
    }
    context.streams.print_line(sentence)
}

fn table(accounts: &[AdminAccount], locale: &Locale, zone: &TimeZone) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
    ]);
    let titles = [
        "column-email",
        "column-name",
        "column-since",
        "admin-last-sign-in",
        "admin-homes",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in accounts {
        let remark = row
            .administrator
            .then(|| locale.text("admin-administrator"));
        table.row([
            row.email.clone(),
            row.display_name.clone(),
            locale.date(zone.to_datetime(row.created_at).date()),
            row.last_sign_in_at
                .map_or_else(|| "–".to_owned(), |at| locale.date_time(at, zone)),
            row.homes.to_string(),
            remark.unwrap_or_default(),
        ]);
    }
    table
}
