//! `tariffs show`.

use ecotrack_common::bill::{Basis, Charge, Tariff, Version};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;

use crate::cli::Result;
use crate::cli::context::Context;
use crate::cli::table::{Side, Table};

/// Shows a tariff as the server has it: the newest version first.
pub(super) async fn run(context: &Context, slug: &str) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let path = path::fill(path::TARIFF, &[("slug", &slug)]);
    let tariff: Tariff = client.read(&path).await?;
    if context.json {
        return context.streams.print_json(&tariff);
    }
    let head = format!(
        "{} · {} · {}",
        tariff.name, tariff.currency, tariff.time_zone
    );
    context.streams.print_line(&head)?;
    let mut versions: Vec<&Version> = tariff.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.valid_from));
    for version in versions {
        print(context, version)?;
    }
    for finding in tariff.findings() {
        let sentence = context.locale.tariff_finding(&finding);
        context.streams.print_line(&sentence)?;
    }
    Ok(())
}

fn print(context: &Context, version: &Version) -> Result<()> {
    let locale = &context.locale;
    let first = locale.date(version.valid_from);
    let head = match version.valid_to {
        Some(last) => fl!(
            locale.loader(),
            "cli-tariff-version",
            first = first,
            last = locale.date(last)
        ),
        None => fl!(locale.loader(), "cli-tariff-version-open", first = first),
    };
    context.streams.print_line(&head)?;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left]);
    for charge in &version.charges {
        let label = charge.label.as_deref().unwrap_or(&charge.code);
        let classes: Vec<String> = charge
            .classes
            .iter()
            .map(|class| locale.text(&format!("class-{class}")))
            .collect();
        let whom = if charge.classes.len() == version.classes.len() {
            String::new()
        } else {
            classes.join(", ")
        };
        table.row([label.to_owned(), whom, prices(locale, charge)]);
    }
    for tax in &version.taxes {
        table.row([
            tax.code.clone(),
            String::new(),
            locale.tariff_rate(&tax.rate),
        ]);
    }
    context
        .streams
        .print(&table.render(2, context.streams.width()))?;
    if let Some(source) = &version.source {
        let sure = version.confidence.map_or_else(String::new, |confidence| {
            format!(
                " ({})",
                locale.text(&format!("tariff-confidence-{confidence}"))
            )
        });
        context.streams.print_line(&format!("  {source}{sure}"))?;
    }
    Ok(())
}

/// The prices of a charge in one line.
fn prices(locale: &Locale, charge: &Charge) -> String {
    let mut parts = Vec::new();
    if let Some(tiers) = &charge.tiers {
        let bounds = tiers.bounds_kwh.iter().map(|bound| {
            fl!(
                locale.loader(),
                "cli-tariff-up-to",
                kwh = locale.number(bound.normalize(), 0)
            )
        });
        let bounds = bounds.chain([locale.text("cli-tariff-above")]);
        let prices = tiers.prices.iter().map(|tier| locale.tariff_price(tier));
        parts.extend(
            bounds
                .zip(prices)
                .map(|(bound, price)| format!("{bound} {price}")),
        );
        for (at, table) in tiers.tables.iter().enumerate() {
            let prices: Vec<String> = table
                .prices
                .iter()
                .map(|tier| locale.tariff_price(tier))
                .collect();
            parts.push(format!("{}: {}", at + 1, prices.join(", ")));
        }
    }
    for window in &charge.windows {
        let name = window
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!("{} ", locale.window(name)));
        parts.push(format!(
            "{name}{} {}",
            locale.minutes(window.start_min, window.end_min),
            locale.tariff_price(&window.price)
        ));
    }
    if let Some(rest) = &charge.price {
        let name = match (&charge.rest, charge.windows.is_empty()) {
            (Some(name), false) => format!("{} ", locale.window(name)),
            _ => String::new(),
        };
        parts.push(format!("{name}{}", locale.tariff_price(rest)));
    }
    if parts.is_empty() {
        parts.push(locale.text("cli-tariff-of-the-home"));
    }
    let basis = match &charge.basis {
        Basis::PerKwh => "kwh",
        Basis::PerDay => "day",
        Basis::PerMonth => "month",
        Basis::PerKwDay { .. } => "kw_day",
        Basis::PercentOf { .. } => "money",
        Basis::FixedByBand => "bill",
    };
    format!(
        "{} / {}",
        parts.join("; "),
        locale.text(&format!("bill-unit-{basis}"))
    )
}
