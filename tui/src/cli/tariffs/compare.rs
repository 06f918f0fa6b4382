//! `tariffs compare`: the home's own past under other tariffs.

use std::path::Path;

use clap::Args;
use ecotrack_common::comparison::{
    NewTariffComparison, OtherTariff, TariffComparison, TariffComparisons, USUAL_CYCLES,
    usual_tariffs,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::{Kwh, Money};
use serde_json::Value;

use super::read;
use crate::cli::context::{AtHome, Context};
use crate::cli::lists::title;
use crate::cli::table::{Side, Table, wrap};
use crate::cli::{Failure, Result, co2e};

#[derive(Debug, Args)]
pub(in crate::cli) struct Compare {
    /// Tariffs of the server by their slugs, or tariff files; the others of the home's distributor
    /// when left out
    #[arg(value_name = "TARIFF|FILE")]
    tariffs: Vec<String>,
    /// How many of the newest whole billing cycles
    #[arg(long, default_value_t = USUAL_CYCLES, value_parser = clap::value_parser!(i32).range(1..=36))]
    cycles: i32,
}

pub(super) async fn run(context: &Context, arguments: Compare) -> Result<()> {
    let home = context.at_home().await?;
    let against = others(context, &home, &arguments.tariffs).await?;
    let question = NewTariffComparison {
        cycles: arguments.cycles,
        against,
    };
    question.check()?;
    let answer = home.client.compare_tariffs(home.id(), &question).await?;
    let factors = co2e::factors(&home).await?;
    if context.json {
        return context.streams.print_json(&json(&answer, &factors)?);
    }
    let width = context.streams.width();
    if answer.comparisons.len() > 1 {
        let said = context.locale.comparison_answer(&answer);
        context
            .streams
            .print_line(&format!("{}\n", wrap(&said, width).join("\n")))?;
    }
    for (at, comparison) in answer.comparisons.iter().enumerate() {
        if at > 0 {
            context.streams.print_line("")?;
        }
        print(context, &answer, comparison, &factors)?;
    }
    Ok(())
}

/// The answer with the CO2e of each cycle, which is the same under any tariff.
fn json(answer: &TariffComparisons, factors: &HomeFactors) -> Result<Value> {
    let mut value = serde_json::to_value(answer).map_err(std::io::Error::from)?;
    for (at, comparison) in answer.comparisons.iter().enumerate() {
        for (row, cycle) in comparison.cycles.iter().enumerate() {
            let emitted = cycle.kwh.map(|kwh| factors.in_cycle(cycle.cycle, kwh));
            if let Some(into) = value["comparisons"][at]["cycles"][row].as_object_mut() {
                co2e::put(into, emitted.as_ref());
            }
        }
    }
    Ok(value)
}

/// The tariffs that are named, else those near the home's own.
async fn others(context: &Context, home: &AtHome, named: &[String]) -> Result<Vec<OtherTariff>> {
    let locale = &context.locale;
    let choices: Vec<TariffChoice> = home.client.read(path::TARIFFS).await?;
    let slugs = || choices.iter().map(|choice| choice.slug.as_str());
    if named.is_empty() {
        let near = usual_tariffs(&home.profile, &choices);
        if near.is_empty() {
            let id = match home.profile.tariff {
                Some(_) => "cli-compare-name-one",
                None => "cli-compare-no-tariff",
            };
            return Err(Failure::Usage(locale.text(id)));
        }
        return Ok(near.into_iter().map(OtherTariff::Slug).collect());
    }
    let mut others = Vec::new();
    for name in named {
        if slugs().any(|slug| slug == name) {
            others.push(OtherTariff::Slug(name.clone()));
        } else if Path::new(name).is_file() || name == "-" {
            let tariff = read(context, Path::new(name)).await?;
            others.push(OtherTariff::Document(Box::new(tariff)));
        } else {
            return Err(Failure::Usage(fl!(
                locale.loader(),
                "cli-compare-unknown",
                name = name.as_str()
            )));
        }
    }
    Ok(others)
}

fn print(
    context: &Context,
    answer: &TariffComparisons,
    comparison: &TariffComparison,
    factors: &HomeFactors,
) -> Result<()> {
    let locale = &context.locale;
    let mine = answer
        .mine
        .clone()
        .unwrap_or_else(|| locale.text("compare-without-tariff"));
    let head = fl!(
        locale.loader(),
        "compare-head",
        mine = mine,
        other = comparison.name.as_str()
    );
    context.streams.print_line(&head)?;
    if let Some(refused) = &comparison.refused {
        return context.streams.print_line(&locale.not_priced(refused));
    }
    let emitted: Vec<Option<co2e::Emitted>> = comparison
        .cycles
        .iter()
        .map(|row| Some(factors.in_cycle(row.cycle, row.kwh?)))
        .collect();
    let table = table(locale, comparison, &emitted, &answer.currency);
    let width = context.streams.width();
    context.streams.print(&table.render(2, width))?;
    let mut told = vec![locale.comparison_verdict(comparison, &answer.currency)];
    told.extend(locale.comparison_reasons(comparison));
    told.extend(locale.comparison_notes(comparison));
    for sentence in told {
        context
            .streams
            .print_line(&wrap(&sentence, width).join("\n"))?;
    }
    co2e::say_factor(context, emitted.iter().flatten())
}

/// Cycle by cycle, and the sums.
fn table(
    locale: &Locale,
    comparison: &TariffComparison,
    emitted: &[Option<co2e::Emitted>],
    currency: &str,
) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ]);
    table.row([
        locale.text("compare-column-cycle"),
        locale.text("compare-column-days"),
        title(locale, "bill-unit-kwh"),
        title(locale, "column-co2e"),
        locale.text("compare-column-mine"),
        locale.text("compare-column-other"),
        locale.text("compare-column-difference"),
        String::new(),
    ]);
    let money = |money: Option<Money>| {
        money.map_or_else(|| "–".to_owned(), |money| locale.money(money, currency))
    };
    for (row, emitted) in comparison.cycles.iter().zip(emitted) {
        table.row([
            days(locale, row.cycle),
            format!("{}/{}", row.known_days, row.days),
            row.kwh
                .map_or_else(|| "–".to_owned(), |kwh: Kwh| locale.kwh_value(kwh)),
            co2e::kg(emitted.as_ref(), locale),
            money(row.mine.total),
            money(row.other.total),
            row.difference().map_or_else(
                || "–".to_owned(),
                |more| locale.money_signed(more, currency),
            ),
            if row.is_covered() && row.difference().is_some() {
                String::new()
            } else {
                locale.text("compare-not-counted")
            },
        ]);
    }
    if let Some(sums) = &comparison.sums {
        table.row([
            fl!(
                locale.loader(),
                "compare-sums",
                counted = sums.cycles,
                cycles = comparison.cycles.len()
            ),
            String::new(),
            String::new(),
            String::new(),
            money(Some(sums.mine)),
            money(Some(sums.other)),
            locale.money_signed(sums.difference, currency),
            String::new(),
        ]);
    }
    table
}

fn days(locale: &Locale, cycle: Cycle) -> String {
    format!(
        "{} – {}",
        locale.date_short(cycle.first),
        locale.date(cycle.last)
    )
}
