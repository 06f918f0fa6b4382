//! `consumption heatmap`, `profile`, `standby`, `weather`: what the home usually does.

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{HeatCell, Patterns, PatternsQuery, ProfileHour, Standby};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::Serialize;
use serde_json::Value;

use super::{Of, days, flow};
use crate::cli::Result;
use crate::cli::context::Context;
use crate::cli::lists::{List, title};
use crate::cli::table::{Side, Table, wrap};
use crate::consumption::words;
use crate::widgets::bar;

/// Days that are looked at where nobody said which.
const USUAL_DAYS: i64 = 91;
/// Cells of the longest bar.
const BAR: usize = 30;
/// A Monday, for the names of weekdays.
const MONDAY: Date = date(2024, 1, 1);

/// The answer under its title.
struct Asked {
    patterns: Patterns,
    title: String,
}

async fn ask(context: &Context, of: &Of) -> Result<Option<Asked>> {
    let home = context.at_home().await?;
    let typed = (of.from.as_deref(), of.to.as_deref());
    let (from, to) = days(&home, context, typed, |last| {
        last.saturating_sub((USUAL_DAYS - 1).days())
    })?;
    let (flow, name) = flow(&home, context, of.meter.as_deref()).await?;
    let query = PatternsQuery { of: flow, from, to };
    query.check()?;
    let answer = home
        .client
        .consumption_patterns(home.id(), &query, None)
        .await?;
    let span = words::span(from, to, &context.locale);
    Ok(answer.map(|(patterns, _)| Asked {
        patterns,
        title: format!("{span}: {name}"),
    }))
}

pub(super) async fn heatmap(context: &Context, of: Of) -> Result<()> {
    let Some(asked) = ask(context, &of).await? else {
        return Ok(());
    };
    let list = List {
        rows: &asked.patterns.heat,
        columns: &["weekday", "hour", "kwh", "days"],
        empty: "consumption-no-hours",
    };
    if !context.json && !of.form.csv && !asked.patterns.heat.is_empty() {
        context.streams.print_line(&asked.title)?;
    }
    list.print(context, &of.form, |cells| week(context, cells))
}

/// A line a weekday: the shape of its hours, their sum, and the largest.
fn week(context: &Context, cells: &[HeatCell]) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Right, Side::Right]);
    table.row([
        String::new(),
        "00    06    12    18    ".to_owned(),
        "kWh".to_owned(),
        locale.text("forecast-hours-peak"),
    ]);
    let values: Vec<Option<f64>> = cells
        .iter()
        .map(|cell| cell.kwh.map(|kwh| kwh.to_f64().max(0.0)))
        .collect();
    let signs: Vec<char> = bar::spark(&values, true).chars().collect();
    for (row, day) in cells.chunks(24).enumerate() {
        let sum: Option<Kwh> = day.iter().map(|cell| cell.kwh).sum();
        let most = day.iter().filter(|cell| cell.kwh.is_some());
        let most = most.max_by_key(|cell| cell.kwh.map(|kwh| kwh.0));
        let number = |kwh: Kwh| words::amount(kwh.0, locale);
        let weekday = MONDAY.saturating_add(i64::try_from(row).unwrap_or(0).days());
        table.row([
            locale.weekday(weekday),
            signs.iter().skip(row * 24).take(24).collect(),
            sum.map_or_else(|| "–".to_owned(), number),
            most.and_then(|cell| Some(format!("{:02}:00 {}", cell.hour, number(cell.kwh?))))
                .unwrap_or_default(),
        ]);
    }
    table
}

pub(super) async fn profile(context: &Context, of: Of) -> Result<()> {
    let Some(asked) = ask(context, &of).await? else {
        return Ok(());
    };
    let list = List {
        rows: &asked.patterns.profile,
        columns: &["weekend", "hour", "mean", "p10", "p90", "days"],
        empty: "consumption-no-hours",
    };
    if !context.json && !of.form.csv && !asked.patterns.profile.is_empty() {
        context.streams.print_line(&asked.title)?;
    }
    list.print(context, &of.form, |hours| day(context, hours))
}

/// A line an hour: of weekdays and weekends the mean with its tenths, and the mean of weekdays as a bar.
fn day(context: &Context, hours: &[ProfileHour]) -> Table {
    let locale = &context.locale;
    let right = Side::Right;
    let mut table = Table::new(vec![Side::Left, right, right, right, right, Side::Left]);
    table.row([
        title(locale, "consumption-column-hour"),
        locale.text("consumption-weekdays"),
        "10–90 %".to_owned(),
        locale.text("consumption-weekend"),
        "10–90 %".to_owned(),
        locale.text("cli-consumption-bar"),
    ]);
    let means = hours.iter().filter_map(|hour| hour.mean);
    let top = means.map(Kwh::to_f64).fold(0.0, f64::max);
    let number = |kwh: Kwh| locale.number(kwh.0, 2);
    let mean = |hour: &ProfileHour| hour.mean.map_or_else(|| "–".to_owned(), number);
    let band = |hour: &ProfileHour| match (hour.p10, hour.p90) {
        (Some(low), Some(high)) => format!("{}–{}", number(low), number(high)),
        _ => String::new(),
    };
    let (weekdays, weekends) = hours.split_at(24.min(hours.len()));
    for (weekday, weekend) in weekdays.iter().zip(weekends) {
        let share = weekday.mean.map_or(0.0, |kwh| kwh.to_f64() / top);
        table.row([
            format!("{:02}:00", weekday.hour),
            mean(weekday),
            band(weekday),
            mean(weekend),
            band(weekend),
            bar::bar(share, BAR),
        ]);
    }
    table
}

pub(super) async fn standby(context: &Context, of: Of) -> Result<()> {
    let Some(asked) = ask(context, &of).await? else {
        return Ok(());
    };
    let standby = asked.patterns.standby;
    let rows = [serde_json::to_value(standby).map_err(std::io::Error::from)?];
    if one(
        context,
        &of,
        &standby,
        &rows,
        &["state", "kwh_an_hour", "share", "days"],
    )? {
        return Ok(());
    }
    context.streams.print_line(&asked.title)?;
    if let Standby::Known { share, .. } = standby {
        let share = bar::float(share);
        context.streams.print_line(&bar::gauge(share, BAR))?;
    }
    say(context, &words::standby(&standby, None, &context.locale))
}

pub(super) async fn weather(context: &Context, of: Of) -> Result<()> {
    let Some(asked) = ask(context, &of).await? else {
        return Ok(());
    };
    let weather = asked.patterns.weather;
    let rows = [serde_json::to_value(weather).map_err(std::io::Error::from)?];
    let columns = [
        "state",
        "fit.base_kwh",
        "fit.heating_kwh",
        "fit.cooling_kwh",
        "fit.explained",
        "fit.days",
        "normal.days",
        "normal.kwh_a_day",
        "normal.normal_kwh_a_day",
        "normal.years",
    ];
    if one(context, &of, &weather, &rows, &columns)? {
        return Ok(());
    }
    context.streams.print_line(&asked.title)?;
    say(context, &words::weather(&weather, &context.locale))
}

/// Prints one thing as JSON or CSV, where that was asked for.
fn one(
    context: &Context,
    of: &Of,
    thing: &impl Serialize,
    rows: &[Value],
    columns: &[&str],
) -> Result<bool> {
    if context.json {
        context.streams.print_json(thing)?;
        return Ok(true);
    }
    if of.form.csv {
        let list = List {
            rows,
            columns,
            empty: "consumption-no-hours",
        };
        list.print_text(context, &of.form, |_| Table::new(&[][..]))?;
        return Ok(true);
    }
    Ok(false)
}

fn say(context: &Context, sentences: &[String]) -> Result<()> {
    let width = context.streams.width();
    for sentence in sentences {
        let lines = wrap(sentence, width).join("\n");
        context.streams.print_line(&lines)?;
    }
    Ok(())
}
