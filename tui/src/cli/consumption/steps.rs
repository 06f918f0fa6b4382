//! `consumption`: a span in steps, with bars.

use clap::Args;
use ecotrack_common::consumption::{
    Against, Consumption, ConsumptionQuery, Resolution, Slot, unit_of,
};
use ecotrack_common::locale::fl;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::{days, flow};
use crate::cli::Result;
use crate::cli::context::Context;
use crate::cli::lists::{Form, List, title};
use crate::cli::table::{Side, Table};
use crate::consumption::words;
use crate::widgets::bar;

/// Cells of the longest bar.
const BAR: usize = 30;

/// Fields of a step in CSV.
const COLUMNS: [&str; 10] = [
    "first",
    "last",
    "start",
    "kwh",
    "covered_minutes",
    "minutes",
    "estimated_share",
    "cost",
    "co2e",
    "compared_kwh",
];

#[derive(Debug, Args)]
pub(super) struct Steps {
    /// First day; as fits the steps when left out: 12 months, 30 days, one day of hours
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day; today when left out
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// How long a step is: quarter-hour, hour, day, week, month or year
    #[arg(long, value_name = "STEP", default_value = "day", value_parser = resolution)]
    by: Resolution,
    /// Other days beside it: previous or last-year
    #[arg(long, value_name = "WHICH", value_parser = against)]
    compare: Option<Against>,
    /// A meter by its name or key, or `import` or `export`; the whole home when left out
    #[arg(long, value_name = "METER")]
    meter: Option<String>,
    #[command(flatten)]
    form: Form,
}

fn resolution(text: &str) -> std::result::Result<Resolution, String> {
    let word = text.replace('-', "_");
    word.parse()
        .map_err(|_| "it is quarter-hour, hour, day, week, month or year".to_owned())
}

fn against(text: &str) -> std::result::Result<Against, String> {
    let word = text.replace('-', "_");
    word.parse()
        .map_err(|_| "it is previous or last-year".to_owned())
}

/// The first day that is asked for where nobody said which.
fn usual(by: Resolution, last: Date) -> Date {
    match by {
        Resolution::QuarterHour | Resolution::Hour => last,
        Resolution::Day => last.saturating_sub(29.days()),
        Resolution::Week => unit_of(last, by).first.saturating_sub(12.weeks()),
        Resolution::Month => unit_of(last, by).first.saturating_sub(11.months()),
        Resolution::Year => unit_of(last, by).first.saturating_sub(4.years()),
    }
}

pub(super) async fn run(context: &Context, asked: Steps) -> Result<()> {
    let home = context.at_home().await?;
    let typed = (asked.from.as_deref(), asked.to.as_deref());
    let (from, to) = days(&home, context, typed, |last| usual(asked.by, last))?;
    let (of, name) = flow(&home, context, asked.meter.as_deref()).await?;
    let query = ConsumptionQuery {
        of,
        by: asked.by,
        from,
        to,
        compare: asked.compare,
    };
    query.check()?;
    let answer = home.client.consumption(home.id(), &query, None).await?;
    let Some((answer, _)) = answer else {
        // It was asked without a tag; there is nothing that it could be the same as.
        return Ok(());
    };
    if context.json {
        return context.streams.print_json(&answer);
    }
    if asked.form.csv {
        return csv(context, &asked.form, &answer);
    }
    text(context, &answer, &name)
}

/// The steps with the fields of the wire, what stands beside each with it.
fn csv(context: &Context, form: &Form, answer: &Consumption) -> Result<()> {
    let rows = answer.slots.iter().enumerate().map(|(at, slot)| {
        let mut row = serde_json::to_value(slot)?;
        if let Some(row) = row.as_object_mut() {
            let beside = answer.beside(at).and_then(|beside| beside.kwh);
            let beside = serde_json::to_value(beside)?;
            row.insert("compared_kwh".to_owned(), beside);
        }
        Ok(row)
    });
    let rows = rows.collect::<serde_json::Result<Vec<Value>>>();
    let rows = rows.map_err(std::io::Error::from)?;
    let list = List {
        rows: &rows,
        columns: &COLUMNS,
        empty: "consumption-nothing-known",
    };
    list.print_text(context, form, |_| Table::new(&[][..]))
}

fn text(context: &Context, answer: &Consumption, name: &str) -> Result<()> {
    let locale = &context.locale;
    if let Some(text) = words::nothing(answer, locale) {
        return context.streams.print_line(&text);
    }
    let (first, last) = (answer.total.first, answer.total.last);
    let span = words::span(first, last, locale);
    let by = locale.text(&format!("consumption-by-{}", answer.by));
    context
        .streams
        .print_line(&format!("{span}, {by}: {name}"))?;
    let values = answer.slots.iter().enumerate().flat_map(|(at, slot)| {
        let beside = answer.beside(at).and_then(|beside| beside.kwh);
        [slot.kwh, beside].into_iter().flatten()
    });
    let top = values.map(ecotrack_common::Kwh::to_f64).fold(0.0, f64::max);
    let right = Side::Right;
    let mut table = Table::new(vec![Side::Left, right, right, right, right, Side::Left]);
    let beside = answer.compared.as_ref().map(|compared| compared.against);
    let beside = beside.map(|against| words::against(against, locale));
    table.row([
        title(locale, "consumption-column-step"),
        "kWh".to_owned(),
        beside.unwrap_or_default(),
        title(locale, "consumption-column-cost"),
        title(locale, "consumption-column-covered"),
        locale.text("cli-consumption-bar"),
    ]);
    let places = words::places_of(answer);
    let energy = |slot: Option<&Slot>| match slot {
        Some(slot) => slot
            .kwh
            .map_or_else(|| "–".to_owned(), |kwh| locale.number(kwh.0, places)),
        None => String::new(),
    };
    for (at, slot) in answer.slots.iter().enumerate() {
        let other = answer.beside(at);
        let share = slot.kwh.map_or(0.0, |kwh| kwh.to_f64() / top);
        let mut drawn = if slot.is_gap() {
            locale.text("consumption-gap")
        } else {
            bar::bar(share, BAR)
        };
        if slot.is_estimated() {
            let share = slot.estimated_share.and_then(|share| share.to_f64());
            let mark = if share.unwrap_or(0.0) >= 0.5 {
                "▒"
            } else {
                "~"
            };
            drawn = if mark == "▒" {
                drawn.replace('█', mark)
            } else {
                format!("{drawn}{mark}")
            };
        }
        let covered = (slot.minutes > 0).then(|| locale.percent(slot.covered_percent().into()));
        table.row([
            words::name(slot, answer.by, locale),
            energy(Some(slot)),
            energy(other),
            slot.cost
                .map_or_else(String::new, |cost| locale.money(cost, &answer.currency)),
            covered.unwrap_or_default(),
            drawn,
        ]);
    }
    context.streams.print(&table.render(0, usize::MAX))?;
    let mut said = Vec::new();
    let figures = words::figures(&answer.total, &answer.currency, locale);
    let covered = words::coverage(&answer.total, locale);
    let figures = [figures, covered].join(", ");
    said.push(fl!(locale.loader(), "consumption-total", figures = figures));
    said.extend(answer.compared.as_ref().map(|it| words::like(it, locale)));
    said.extend(words::unpriced(answer, locale));
    for sentence in said {
        context.streams.print_line(&sentence)?;
    }
    Ok(())
}
