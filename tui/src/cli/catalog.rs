//! `catalog`: the appliances to choose from.

use clap::Args;
use ecotrack_common::Kwh;
use ecotrack_common::bill::Confidence;
use ecotrack_common::estimate::{Hours, estimate};
use ecotrack_common::locale::Locale;
use ecotrack_common::reference::{self, CatalogDevice};

use super::context::Context;
use super::lists::{Form, List, title};
use super::table::{Side, Table};
use super::{Failure, Result};
use crate::client;
use crate::form::choice::best;
use crate::forms::catalog_name;

#[derive(Debug, Args)]
pub(super) struct Search {
    /// What to look for, in either language, best first; everything when left out
    search: Vec<String>,
    #[command(flatten)]
    pub(super) form: Form,
}

const DEVICE_COLUMNS: &[&str] = &[
    "slug",
    "name_en",
    "name_pt",
    "category",
    "typical_power_w",
    "standby_w",
    "typical_hours_per_day",
    "typical_days_per_month",
    "duty_cycle",
    "confidence",
    "source",
];

/// The appliances of the server's catalogue; nobody needs to sign in for it.
pub(super) async fn devices(context: &Context, search: Search) -> Result<()> {
    let catalog = appliances(context).await?;
    let found = found(&search, &catalog, |row| {
        format!("{} {} {}", row.name_en, row.name_pt, row.slug)
    });
    let list = List {
        rows: &found,
        columns: DEVICE_COLUMNS,
        empty: "choice-none",
    };
    list.print(context, &search.form, |rows| {
        device_table(rows, &context.locale)
    })
}

/// Those of the server or, where that does not answer, those that ship, which is said.
pub(super) async fn appliances(context: &Context) -> Result<Vec<CatalogDevice>> {
    match context.client()?.catalog().await {
        Err(client::Error::Away(_)) => {
            let sentence = context.locale.text("cli-calculator-shipped");
            context.streams.tell_line(&sentence);
            reference::catalog().map_err(|error| Failure::Said(error.to_string()))
        }
        answer => Ok(answer?),
    }
}

pub(super) fn found<T: Clone>(search: &Search, rows: &[T], text: impl Fn(&T) -> String) -> Vec<T> {
    let found = best(&search.search.join(" "), rows, text);
    found.into_iter().cloned().collect()
}

fn device_table(rows: &[CatalogDevice], locale: &Locale) -> Table {
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Right, Side::Right, Side::Left]);
    let titles = [
        "cli-column-slug",
        "column-name",
        "column-watts",
        "column-kwh-month",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in rows {
        let hours = Hours::Typical {
            hours_per_day: row.typical_hours_per_day,
            days_per_month: row.typical_days_per_month,
        };
        let guessed = row.confidence == Confidence::Estimate;
        table.row([
            row.slug.clone(),
            catalog_name(row, locale.language()).to_owned(),
            locale.register(Kwh(row.typical_power_w)),
            locale.number(estimate(&row.plate(), &hours).monthly_kwh.0, 1),
            if guessed {
                locale.text("estimated")
            } else {
                String::new()
            },
        ]);
    }
    table
}
