//! `tariffs mine`, `set`, `remove`, `own`: which tariff the home has from which day on.

use std::path::PathBuf;

use clap::Args;
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff, in_force};
use ecotrack_common::locale::fl;
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, path};
use jiff::civil::Date;

use super::read;
use super::settings::Settings;
use crate::cli::context::{AtHome, Context};
use crate::cli::lists::{Form, List, title};
use crate::cli::rows::{Name, pick};
use crate::cli::table::{Side, Table};
use crate::cli::typed::Typed;
use crate::cli::writes::{Did, say};
use crate::cli::{Failure, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct Set {
    /// First day on which it holds; the tariff that begins on this day is changed, else one is added
    #[arg(long, value_name = "DAY")]
    from: String,
    /// A tariff of the list, by its slug; without it and without a file the one in force on that day
    #[arg(long, value_name = "SLUG", conflicts_with = "file")]
    tariff: Option<String>,
    /// A tariff of the home's own, as JSON; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

const COLUMNS: &[&str] = &[
    "valid_from",
    "valid_to",
    "tariff_slug",
    "name",
    "parameters.icms",
    "parameters.pis",
    "parameters.cofins",
    "parameters.cosip",
    "parameters.flag",
    "parameters.connection",
    "parameters.class",
    "parameters.contracted_kw",
    "example",
    "unreadable",
    "profile_tariff_id",
    "version",
];

/// Lists the home's tariffs.
pub(super) async fn list(context: &Context, form: &Form) -> Result<()> {
    let home = context.at_home().await?;
    let rows: Vec<ProfileTariff> = home.list(path::PROFILE_TARIFFS).await?;
    let list = List {
        rows: &rows,
        columns: COLUMNS,
        empty: "cli-no-own-tariffs",
    };
    list.print(context, form, |rows| table(context, &home, rows))
}

/// Adds a tariff from a day on, or changes the one that begins then. What is not given stays as it is
/// in force on that day.
pub(super) async fn set(context: &Context, arguments: Set) -> Result<()> {
    let home = context.at_home().await?;
    let from = day(context, &home, "valid_from", &arguments.from)?;
    let rows: Vec<ProfileTariff> = home.list(path::PROFILE_TARIFFS).await?;
    let before = in_force(&rows, from);
    let mut row = NewProfileTariff {
        valid_from: from,
        tariff_slug: None,
        document: None,
        parameters: before
            .map(|row| row.tariff.parameters.clone())
            .unwrap_or_default(),
    };
    match (arguments.tariff, &arguments.file, before) {
        (Some(slug), ..) => row.tariff_slug = Some(slug.trim().to_owned()),
        (None, Some(file), _) => row.document = Some(Box::new(read(context, file).await?)),
        // What cannot be read cannot be sent back as it is.
        (
            None,
            None,
            Some(ProfileTariff {
                unreadable: Some(why),
                name,
                ..
            }),
        ) => {
            return Err(unreadable(context, name, why));
        }
        (None, None, Some(before)) => {
            row.tariff_slug.clone_from(&before.tariff.tariff_slug);
            row.document.clone_from(&before.tariff.document);
        }
        (None, None, None) => {}
    }
    if row.tariff_slug.is_none() && row.document.is_none() {
        let day = context.locale.date(from);
        let words = context.locale.loader();
        return Err(Failure::Usage(fl!(words, "cli-set-no-tariff", day = day)));
    }
    arguments.settings.put_into(&mut row.parameters)?;
    row.check().map_err(of_file)?;
    let standing = before.filter(|before| before.tariff.valid_from == from);
    if standing.is_some_and(|standing| standing.tariff == row && standing.unreadable.is_none()) {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    let (did, written): (Did, Written<ProfileTariff>) = match standing {
        Some(standing) => {
            let path = path_of(&home, standing);
            (
                Did::Changed,
                home.change(path, standing.version, row).await?,
            )
        }
        None => (Did::Added, home.add(path::PROFILE_TARIFFS, &row).await?),
    };
    let what = written.row.as_ref();
    let what = what.map(|row| context.locale.profile_tariff(row));
    say(context, did, &what.unwrap_or_default(), &written)
}

/// Removes the tariff that begins on a day: the one before it goes on.
pub(super) async fn remove(context: &Context, from: &str) -> Result<()> {
    let home = context.at_home().await?;
    let rows = home.list(path::PROFILE_TARIFFS).await?;
    let locale = &context.locale;
    let row = pick(rows, from, home.today(), locale, |row: &ProfileTariff| {
        let (key, day) = (row.profile_tariff_id.0, row.tariff.valid_from);
        Name::of_day(key, day, locale.profile_tariff(row))
    })?;
    let written: Written<ProfileTariff> = home.remove(path_of(&home, &row), row.version).await?;
    say(
        context,
        Did::Removed,
        &locale.profile_tariff(&row),
        &written,
    )
}

/// Prints the home's own tariff on a day as `set --file` takes it.
pub(super) async fn own(context: &Context, on: Option<&str>) -> Result<()> {
    let home = context.at_home().await?;
    let on = match on {
        Some(on) => day(context, &home, "on", on)?,
        None => home.today(),
    };
    let rows: Vec<ProfileTariff> = home.list(path::PROFILE_TARIFFS).await?;
    let words = context.locale.loader();
    let day = context.locale.date(on);
    let Some(row) = in_force(&rows, on) else {
        return Err(Failure::Said(fl!(words, "cli-own-none", day = day)));
    };
    if let Some(document) = &row.tariff.document {
        return context.streams.print_json(document);
    }
    let name = row.name.as_str();
    Err(Failure::Said(
        match (&row.tariff.tariff_slug, &row.unreadable) {
            (Some(slug), _) => fl!(
                words,
                "cli-own-listed",
                day = day,
                name = name,
                slug = slug.as_str()
            ),
            (None, why) => {
                return Err(unreadable(
                    context,
                    name,
                    why.as_deref().unwrap_or_default(),
                ));
            }
        },
    ))
}

fn unreadable(context: &Context, name: &str, why: &str) -> Failure {
    let words = context.locale.loader();
    Failure::Said(fl!(words, "cli-own-unreadable", name = name, why = why))
}

fn day(context: &Context, home: &AtHome, field: &str, text: &str) -> Result<Date> {
    let mut typed = Typed::new(home.today(), &context.locale);
    let day = typed.day(field, Some(text), None);
    typed.require(field, day.as_ref());
    Ok(typed.finish(day.unwrap_or_else(|| home.today()), Ok(()))?)
}

/// The name of a tariff is in its file here, and no flag's.
fn of_file(mut errors: FieldErrors) -> FieldErrors {
    for error in &mut errors.0 {
        if error.field == "name" {
            "document.name".clone_into(&mut error.field);
        }
    }
    errors
}

fn path_of(home: &AtHome, row: &ProfileTariff) -> String {
    let key = row.profile_tariff_id;
    home.path_of(path::PROFILE_TARIFF, "profile_tariff_id", &key)
}

fn table(context: &Context, home: &AtHome, rows: &[ProfileTariff]) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    table.row([
        title(locale, "column-from"),
        title(locale, "column-to"),
        locale.text("label-tariff"),
        locale.text("cli-column-own-figures"),
    ]);
    for row in rows {
        let figures = locale.parameters(&row.tariff.parameters, &home.profile.currency);
        let notes = [
            Some(figures).filter(|figures| !figures.is_empty()),
            row.example.then(|| locale.text("text-example")),
            row.unreadable.clone(),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        table.row([
            locale.tariff_from(row.tariff.valid_from),
            row.valid_to
                .map_or_else(|| "–".to_owned(), |day| locale.date(day)),
            match &row.tariff.tariff_slug {
                Some(slug) => format!("{} ({slug})", row.name),
                None => row.name.clone(),
            },
            notes.join(" · "),
        ]);
    }
    table
}
