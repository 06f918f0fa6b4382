//! `tariffs`: what there is to choose from, what it would cost, and which one the home has.

mod check;
mod compare;
mod mine;
mod price;
mod settings;
mod show;

use clap::Subcommand;
use ecotrack_common::bill::Tariff;
use ecotrack_common::locale::fl;
use ecotrack_common::path;
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::reference;

use super::catalog::{Search, found};
use super::context::Context;
use super::lists::{Form, List, title};
use super::table::{Side, Table};
use super::{Failure, Result, many};

#[derive(Debug, Subcommand)]
pub(super) enum Tariffs {
    /// List the tariffs that a home can choose
    List(Search),
    /// Show a tariff of the server: its versions, prices, taxes, and where they come from
    Show {
        /// Its slug, such as br-cemig-d-conventional
        tariff: String,
    },
    /// Price a file of readings, without a server
    Price(price::Price),
    /// Compare the home's own past under its tariff with what it would have cost under others
    Compare(compare::Compare),
    /// List which tariff the home has from which day on, with its own figures
    Mine(Form),
    /// Say which tariff the home has from a day on, with its own figures
    Set(Box<mine::Set>),
    /// Remove the home's tariff that begins on a day: the one before it goes on
    Remove {
        /// The day on which it begins
        #[arg(long, value_name = "DAY")]
        from: String,
    },
    /// Print the tariff of the home's own as JSON, as `set --file` takes it
    Own {
        /// A day on which it is in force [default: today]
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Check a tariff file, without a server
    Check {
        /// A tariff as JSON; - reads standard input
        #[arg(value_name = "FILE")]
        path: std::path::PathBuf,
    },
}

const COLUMNS: &[&str] = &["slug", "country", "name"];

pub(super) async fn run(context: &Context, command: Tariffs) -> Result<()> {
    match command {
        Tariffs::List(search) => list(context, search).await,
        Tariffs::Show { tariff } => show::run(context, &tariff).await,
        Tariffs::Price(arguments) => price::run(context, arguments).await,
        Tariffs::Compare(arguments) => compare::run(context, arguments).await,
        Tariffs::Mine(form) => mine::list(context, &form).await,
        Tariffs::Set(arguments) => mine::set(context, *arguments).await,
        Tariffs::Remove { from } => mine::remove(context, &from).await,
        Tariffs::Own { on } => mine::own(context, on.as_deref()).await,
        Tariffs::Check { path } => check::run(context, &path).await,
    }
}

async fn list(context: &Context, search: Search) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let tariffs: Vec<TariffChoice> = client.read(path::TARIFFS).await?;
    let found = found(&search, &tariffs, |row| {
        format!("{} {} {}", row.name, row.slug, row.country)
    });
    let list = List {
        rows: &found,
        columns: COLUMNS,
        empty: "choice-none",
    };
    list.print(context, &search.form, |rows| {
        let locale = &context.locale;
        let mut table = Table::new(&[Side::Left, Side::Left, Side::Left]);
        table.row([
            locale.text("cli-column-slug"),
            locale.text("label-country"),
            title(locale, "column-name"),
        ]);
        for row in rows {
            table.row([row.slug.clone(), row.country.clone(), row.name.clone()]);
        }
        table
    })
}

/// A tariff that ships with this program by its slug, else the one in a file of this name.
async fn find(context: &Context, named: &str) -> Result<Tariff> {
    let shipped = reference::tariffs().map_err(|error| Failure::Said(error.to_string()))?;
    if let Some(tariff) = shipped.into_iter().find(|tariff| tariff.id == named) {
        return Ok(tariff);
    }
    if !std::path::Path::new(named).is_file() {
        return Err(Failure::Usage(fl!(
            context.locale.loader(),
            "cli-tariff-unknown",
            name = named
        )));
    }
    read(context, std::path::Path::new(named)).await
}

/// The tariff in a file.
async fn read(context: &Context, path: &std::path::Path) -> Result<Tariff> {
    let (_, bytes) = many::bytes(context, path).await?;
    let text = String::from_utf8_lossy(&bytes);
    Tariff::from_json(text.trim_start_matches('\u{feff}')).map_err(|error| {
        Failure::Said(format!(
            "{} [{}]",
            context.locale.bill_error(&error),
            error.code()
        ))
    })
}
