//! `keys`: what meters and programs send readings with.

use clap::{Args, Subcommand};
use ecotrack_common::live::{ApiKey, NewApiKey};
use ecotrack_common::locale::fl;
use ecotrack_common::path;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::Result;
use super::context::{AtHome, Context, now};
use super::lists::{Form, List, title};
use super::live::meter;
use super::rows::{Name, ending, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::Typed;
use super::writes::send;
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the keys with when each was last used; what they say is not kept
    List(Form),
    /// Make a key and print it, this once
    Add(Fields),
    /// Revoke a key: nothing more is taken with it
    Remove {
        /// Key, by its name or the end of its key, as the list shows it
        key: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// What you call it; another key of this name goes on where it was
    name: String,
    /// Meter, by its name or its key, of the first counter that it sends
    #[arg(long, value_name = "METER")]
    meter: Option<String>,
    /// Last day on which it works [default: until it is revoked]
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

const COLUMNS: &[&str] = &[
    "name",
    "meter_id",
    "created_by",
    "created_at",
    "expires_at",
    "last_used_at",
    "moved",
    "api_key_id",
];

pub(super) async fn run(context: &Context, command: Keys) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Keys::List(form) => {
            let keys: Vec<ApiKey> = home.list(path::API_KEYS).await?;
            let list = List {
                rows: &keys,
                columns: COLUMNS,
                empty: "cli-no-keys",
            };
            let shown = context.shown();
            list.print(context, &form, |keys| table(keys, shown))
        }
        Keys::Add(fields) => {
            let made = add(context, &home, fields).await;
            made.map_err(|failure| failure.called("name", "key_name"))
        }
        Keys::Remove { key } => remove(context, &home, &key).await,
    }
}

/// The key alone goes to standard output, for whoever hands it to another program.
async fn add(context: &Context, home: &AtHome, fields: Fields) -> Result<()> {
    let mut typed = Typed::new(home.today(), &context.locale);
    let last = typed.day("expires_at", fields.until.as_deref(), None);
    let zone: TimeZone = home.zone();
    let end = last.and_then(|day| day.tomorrow().ok()?.to_zoned(zone).ok());
    let meter_id = match fields.meter {
        Some(name) => Some(meter(context, home, &name).await?.meter_id),
        None => None,
    };
    let new = NewApiKey {
        name: fields.name,
        meter_id,
        expires_at: end.map(|end| end.timestamp()),
    };
    let checked = new.check(now());
    let new = typed.finish(new, checked)?;
    let made = home.client.make_key(home.id(), &new).await?;
    if context.json {
        return context.streams.print_json(&made);
    }
    let name = made.api_key.name.as_str();
    let told = fl!(context.locale.loader(), "cli-key-made", name = name);
    context.streams.tell_line(&told);
    context.streams.print_line(&made.token)
}

async fn remove(context: &Context, home: &AtHome, typed: &str) -> Result<()> {
    let keys: Vec<ApiKey> = home.list(path::API_KEYS).await?;
    let name = |row: &ApiKey| Name::called(row.api_key_id.0, &row.name, row.name.clone());
    let found = pick(keys, typed, home.today(), &context.locale, name)?;
    let path = home.path_of(path::API_KEY, "api_key_id", &found.api_key_id);
    let answer: Value = send(&home.client, Method::Delete, path, None::<&Value>).await?;
    if context.json {
        return context.streams.print_json(&answer);
    }
    let name = found.name.as_str();
    let said = fl!(context.locale.loader(), "cli-key-revoked", name = name);
    context.streams.print_line(&said)
}

fn table(keys: &[ApiKey], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = [
        "cli-column-key",
        "column-name",
        "column-last-used",
        "column-until",
    ];
    table.row(titles.map(|id| title(locale, id)));
    let at = |at: Option<jiff::Timestamp>| at.map_or("–".to_owned(), |at| shown.instant(at));
    for row in keys {
        table.row([
            ending(row.api_key_id.0),
            row.name.clone(),
            if row.moved {
                locale.text("key-moved")
            } else {
                at(row.last_used_at)
            },
            match row.last_day(&shown.zone()) {
                Some(day) => locale.date(day),
                None => at(row.expires_at),
            },
        ]);
    }
    table
}
