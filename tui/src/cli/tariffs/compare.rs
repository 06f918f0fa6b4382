//! `tariffs compare`: the home's own past under other tariffs.

use std::path::Path;

use clap::Args;
use ecotrack_common::bill::BillError;
use ecotrack_common::comparison::{
    ComparedBill, CycleComparison, NEEDED_PERCENT, NewTariffComparison, NotPriced, OtherTariff,
    TariffComparison, TariffComparisons, USUAL_CYCLES, alternatives,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::{Kwh, Money};
use rust_decimal::Decimal;

use super::read;
use crate::cli::context::{AtHome, Context};
use crate::cli::lists::title;
use crate::cli::table::{Side, Table, wrap};
use crate::cli::{Failure, Result};

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
    if context.json {
        return context.streams.print_json(&answer);
    }
    for (at, comparison) in answer.comparisons.iter().enumerate() {
        if at > 0 {
            context.streams.print_line("")?;
        }
        print(context, &answer, comparison)?;
    }
    Ok(())
}

/// The tariffs that are named, else those near the home's own.
async fn others(context: &Context, home: &AtHome, named: &[String]) -> Result<Vec<OtherTariff>> {
    let locale = &context.locale;
    let choices: Vec<TariffChoice> = home.client.read(path::TARIFFS).await?;
    let slugs = || choices.iter().map(|choice| choice.slug.as_str());
    if named.is_empty() {
        let Some(mine) = &home.profile.tariff else {
            return Err(Failure::Usage(locale.text("cli-compare-no-tariff")));
        };
        let near = alternatives(mine, slugs());
        if near.is_empty() {
            return Err(Failure::Usage(locale.text("cli-compare-name-one")));
        }
        let slug = |slug: &str| OtherTariff::Slug(slug.to_owned());
        return Ok(near.into_iter().map(slug).collect());
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
    let table = table(locale, comparison, &answer.currency);
    let width = context.streams.width();
    context.streams.print(&table.render(2, width))?;
    let mut told = vec![verdict(locale, comparison, &answer.currency)];
    if comparison.cycles.iter().any(|cycle| !cycle.is_covered()) {
        told.push(fl!(
            locale.loader(),
            "compare-few-days",
            percent = NEEDED_PERCENT
        ));
    }
    if comparison.with_credits {
        told.push(locale.text("compare-with-credits"));
    }
    told.extend(reasons(locale, comparison));
    let assumed = comparison.assumptions.iter();
    told.extend(assumed.map(|code| locale.text(&format!("text-assumption-{code}"))));
    for sentence in told {
        context
            .streams
            .print_line(&wrap(&sentence, width).join("\n"))?;
    }
    Ok(())
}

/// Cycle by cycle, and the sums.
fn table(locale: &Locale, comparison: &TariffComparison, currency: &str) -> Table {
    let mut table = Table::new(&[
        Side::Left,
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
        locale.text("compare-column-mine"),
        locale.text("compare-column-other"),
        locale.text("compare-column-difference"),
        String::new(),
    ]);
    let money = |money: Option<Money>| {
        money.map_or_else(|| "–".to_owned(), |money| locale.money(money, currency))
    };
    for row in &comparison.cycles {
        table.row([
            days(locale, row.cycle),
            format!("{}/{}", row.known_days, row.days),
            row.kwh
                .map_or_else(|| "–".to_owned(), |kwh: Kwh| locale.kwh_value(kwh)),
            money(row.mine.total),
            money(row.other.total),
            row.difference()
                .map_or_else(|| "–".to_owned(), |more| signed(locale, more, currency)),
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
            money(Some(sums.mine)),
            money(Some(sums.other)),
            signed(locale, sums.difference, currency),
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

/// Money with its sign, so that cheaper and dearer differ by more than their place.
fn signed(locale: &Locale, money: Money, currency: &str) -> String {
    let text = locale.money(money, currency);
    if money.0.round_dp(2) > Decimal::ZERO {
        format!("+{text}")
    } else {
        text
    }
}

/// Which is cheaper, and by how much.
fn verdict(locale: &Locale, comparison: &TariffComparison, currency: &str) -> String {
    let Some(sums) = &comparison.sums else {
        return locale.text("compare-none");
    };
    let money = locale.money(Money(sums.difference.0.abs()), currency);
    let percent = sums.percent().map_or_else(
        || "–".to_owned(),
        |percent| format!("{} %", locale.number(percent.abs(), 1)),
    );
    let loader = locale.loader();
    match sums.difference.0.cmp(&Decimal::ZERO) {
        std::cmp::Ordering::Less => {
            fl!(loader, "compare-cheaper", money = money, percent = percent)
        }
        std::cmp::Ordering::Greater => {
            fl!(loader, "compare-dearer", money = money, percent = percent)
        }
        std::cmp::Ordering::Equal => locale.text("compare-same"),
    }
}

/// Why cycles have no price: each reason once for the cycles in a row that have it.
fn reasons(locale: &Locale, comparison: &TariffComparison) -> Vec<String> {
    type OfSide = fn(&CycleComparison) -> &ComparedBill;
    let sides: [(OfSide, bool); 2] = [(|row| &row.mine, true), (|row| &row.other, false)];
    let mut told = Vec::new();
    for (side, is_mine) in sides {
        let mut spans: Vec<(Cycle, NotPriced)> = Vec::new();
        let mut before = None;
        for row in &comparison.cycles {
            let why = side(row).not_priced.clone().map(without_day);
            match (why.clone(), spans.last_mut()) {
                (Some(_), Some((span, _))) if why == before => span.last = row.cycle.last,
                (Some(why), _) => spans.push((row.cycle, why)),
                (None, _) => {}
            }
            before = why;
        }
        told.extend(spans.into_iter().map(|(span, why)| {
            let first = locale.date(span.first);
            let last = locale.date(span.last);
            let why = locale.not_priced(&why);
            let loader = locale.loader();
            if is_mine {
                fl!(
                    loader,
                    "compare-why-mine",
                    first = first,
                    last = last,
                    why = why
                )
            } else {
                fl!(
                    loader,
                    "compare-why-other",
                    first = first,
                    last = last,
                    why = why
                )
            }
        }));
    }
    told
}

/// The same reason without its day, which is another in each cycle.
fn without_day(why: NotPriced) -> NotPriced {
    match why {
        NotPriced::Bill {
            error: BillError::Missing { what, .. },
        } => NotPriced::Bill {
            error: BillError::Missing { what, on: None },
        },
        other => other,
    }
}
