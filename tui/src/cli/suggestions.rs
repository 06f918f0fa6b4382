//! `suggestions`: what the home could do, why, and what it did with each.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use ecotrack_common::locale::Locale;
use ecotrack_common::measure::InputKind;
use ecotrack_common::suggestion::{
    FactValue, HomeSuggestion, NewSuggestionState, SuggestionRow, SuggestionState,
    Suggestions as All,
};
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, path};

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::table::{Side, Table};
use super::typed::Typed;
use super::writes::{Did, say};
use super::{Failure, Result};
use crate::suggestion::{is_listed, words};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Suggestions {
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Listing {
    /// Those that were dismissed or done, or do not fit, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List measures, those that save most money first
    List(Listing),
    /// Show a measure: what to do, how its figure is computed, what is asked, what came of it
    Show {
        /// Measure, as lists show it
        slug: String,
    },
    /// Mean to do it; its effect is measured from today on
    Accept {
        /// Measure, as lists show it
        slug: String,
    },
    /// Put it away
    Dismiss {
        /// Measure, as lists show it
        slug: String,
        /// The last day on which it stays away [default: for good]
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
    },
    /// It is done
    Done {
        /// Measure, as lists show it
        slug: String,
    },
    /// Offer it again
    Reopen {
        /// Measure, as lists show it
        slug: String,
    },
    /// Tell what a measure asks
    Answer {
        /// Measure, as lists show it
        slug: String,
        /// Names as `show` has them; nothing after = takes an answer away
        #[arg(required = true, value_name = "NAME=VALUE")]
        answers: Vec<String>,
    },
}

const COLUMNS: &[&str] = &[
    "slug",
    "title_en",
    "title_pt",
    "state",
    "fit",
    "confidence",
    "saving.kwh",
    "saving.money",
    "saving.co2e",
    "devices",
    "missing",
];

pub(super) async fn run(context: &Context, command: Suggestions) -> Result<()> {
    let home = context.at_home().await?;
    let all = home.client.suggestions(home.id()).await?;
    let (slug, state, until) = match command.act.unwrap_or(Act::List(command.listing)) {
        Act::List(listing) => return list(context, &listing, all),
        Act::Show { slug } => return show(context, &all, &slug),
        Act::Answer { slug, answers } => {
            let it = find(context, &all, &slug)?;
            let answers = read(it, &answers, &home, &context.locale)?;
            let row = NewSuggestionState {
                answers,
                ..it.row.wanted.clone()
            };
            return change(context, &home, it, row).await;
        }
        Act::Accept { slug } => (slug, SuggestionState::Accepted, None),
        Act::Dismiss { slug, until } => (slug, SuggestionState::Dismissed, until),
        Act::Done { slug } => (slug, SuggestionState::Done, None),
        Act::Reopen { slug } => (slug, SuggestionState::Open, None),
    };
    let it = find(context, &all, &slug)?;
    let mut typed = Typed::new(home.today(), &context.locale);
    let row = NewSuggestionState {
        state,
        dismissed_until: typed.day("dismissed_until", until.as_deref(), None),
        answers: it.row.wanted.answers.clone(),
    };
    let checked = row.check();
    let row = typed.finish(row, checked)?;
    change(context, &home, it, row).await
}

async fn change(
    context: &Context,
    home: &AtHome,
    it: &HomeSuggestion,
    row: NewSuggestionState,
) -> Result<()> {
    if row == it.row.wanted {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    let locale = &context.locale;
    let state = words::state(row.state, locale);
    let what = format!("{}: {state}", words::title(&it.suggestion, locale));
    let path = home.path_of(path::SUGGESTION, "slug", &it.suggestion.slug);
    let written: Written<SuggestionRow> = home.change(path, it.row.version, row).await?;
    say(context, Did::Changed, &what, &written)
}

fn find<'s>(context: &Context, all: &'s All, slug: &str) -> Result<&'s HomeSuggestion> {
    let mut measures = all.suggestions.iter();
    let found = measures.find(|it| it.suggestion.slug == slug.trim());
    found.ok_or_else(|| {
        let slug = slug.to_owned();
        let words = context.locale.loader();
        let sentence = ecotrack_common::locale::fl!(words, "cli-no-such-measure", slug = slug);
        Failure::Usage(sentence)
    })
}

/// The answers of a home with those that were typed.
fn read(
    it: &HomeSuggestion,
    typed: &[String],
    home: &AtHome,
    locale: &Locale,
) -> Result<BTreeMap<String, FactValue>> {
    let mut answers = it.row.wanted.answers.clone();
    let mut line = Typed::new(home.today(), locale);
    let mut errors = FieldErrors::default();
    for text in typed {
        let (name, value) = text.split_once('=').unwrap_or((text.as_str(), ""));
        let (name, value) = (name.trim(), value.trim());
        let Some(asked) = it.inputs.iter().find(|asked| asked.input.name == name) else {
            errors.add_with(name, "not_an_input", &[("name", name)]);
            continue;
        };
        let told = match asked.input.kind {
            _ if value.is_empty() => {
                answers.remove(name);
                continue;
            }
            InputKind::Number => line.decimal(name, Some(value), None).map(FactValue::Number),
            InputKind::YesNo => yes_or_no(value, locale).map(FactValue::YesNo),
        };
        match told {
            None if line.is_wrong(name) => {}
            None => errors.add(name, "not_yes_or_no"),
            Some(told) => {
                if let Err(mut wrong) = asked.input.check(&told) {
                    name.clone_into(&mut wrong.field);
                    errors.0.push(wrong);
                }
                answers.insert(name.to_owned(), told);
            }
        }
    }
    line.note(errors);
    Ok(line.finish(answers, Ok(()))?)
}

fn yes_or_no(text: &str, locale: &Locale) -> Option<bool> {
    let text = text.to_lowercase();
    let is = |id: &str| locale.text(id).to_lowercase() == text;
    match text.as_str() {
        "true" | "yes" | "y" => Some(true),
        "false" | "no" | "n" => Some(false),
        _ if is("answer-yes") => Some(true),
        _ if is("answer-no") => Some(false),
        _ => None,
    }
}

fn list(context: &Context, listing: &Listing, all: All) -> Result<()> {
    let currency = all.currency.clone();
    let together = all.together;
    if context.json {
        return context.streams.print_json(&all);
    }
    let of_no_kind = words::of_no_kind(&all, &context.locale);
    let listed = all.suggestions.into_iter();
    let listed = listed.filter(|it| listing.all || is_listed(it));
    let listed: Vec<HomeSuggestion> = listed.collect();
    let list = List {
        rows: &listed,
        columns: COLUMNS,
        empty: "suggestions-none",
    };
    let locale = &context.locale;
    list.print_text(context, &listing.form, |rows| {
        table(rows, &currency, locale)
    })?;
    if let Some(together) = together.filter(|_| !listing.form.csv) {
        context.streams.print("\n")?;
        let told = words::together(&together, &currency, locale);
        context.streams.print_line(&told)?;
    }
    if let Some(told) = of_no_kind.filter(|_| !listing.form.csv) {
        context.streams.print("\n")?;
        context.streams.print_line(&told)?;
    }
    Ok(())
}

fn table(rows: &[HomeSuggestion], currency: &str, locale: &Locale) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
        Side::Left,
    ]);
    let titles = [
        "suggestions-column-slug",
        "suggestions-column-kwh",
        "suggestions-column-money",
        "column-co2e",
        "suggestions-column-state",
        "suggestions-column-measure",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for it in rows {
        let [kwh, money, co2e] = words::columns(it, currency, locale);
        let called = words::title(&it.suggestion, locale);
        let mut parts = vec![called.to_owned()];
        parts.extend(it.suggestion.devices.iter().cloned());
        table.row([
            it.suggestion.slug.clone(),
            kwh,
            money,
            co2e,
            words::state(it.suggestion.state, locale),
            parts.join(" · "),
        ]);
    }
    table
}

fn show(context: &Context, all: &All, slug: &str) -> Result<()> {
    let it = find(context, all, slug)?;
    if context.json {
        return context.streams.print_json(it);
    }
    let locale = &context.locale;
    context
        .streams
        .print_line(words::title(&it.suggestion, locale))?;
    for line in words::whole(it, &all.currency, locale) {
        if line.tone == words::Tone::Head {
            context.streams.print("\n")?;
        }
        context.streams.print_line(&line.text)?;
    }
    Ok(())
}
