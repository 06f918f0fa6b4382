//! `bills explain`, `bills change` and `bills rate`.

use clap::Args;
use ecotrack_common::Money;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::explain::{BillChange, BillExplanation, EffectiveRateAnswer, PricedBy};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::path;
use jiff::civil::Date;
use serde_json::Value;

use super::bills::find;
use super::context::{AtHome, Context};
use super::rows::ending;
use super::shown::Shown;
use super::table::{Side, Table, wrap};
use super::{Failure, Result, co2e};

/// Which bill.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Bill, by the month in which its cycle begins (2026-10), its first day or its key
    bill: String,
}

/// Which bills.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// Bill, by the month in which its cycle begins (2026-10), its first day or its key
    bill: String,
    /// The bill that it is compared with; the one before when left out
    #[arg(long, value_name = "BILL")]
    from: Option<String>,
}

pub(super) async fn explain(context: &Context, which: Explain) -> Result<()> {
    let home = context.at_home().await?;
    let bill = of_month(context, &home, &which.bill).await?;
    let key = bill.billing_record_id;
    let explained = home.client.explanation(home.id(), key).await?;
    let factors = co2e::factors(&home).await?;
    if context.json {
        return context.streams.print_json(&json(&explained, &factors)?);
    }
    let width = context.streams.width();
    context
        .streams
        .print(&text(&explained, &factors, &context.locale, width))
}

pub(super) async fn change(context: &Context, which: Change) -> Result<()> {
    let home = context.at_home().await?;
    let bill = of_month(context, &home, &which.bill).await?;
    let from = match &which.from {
        Some(from) => Some(of_month(context, &home, from).await?.billing_record_id),
        None => None,
    };
    let key = bill.billing_record_id;
    let change = home.client.bill_change(home.id(), key, from).await?;
    if context.json {
        return context.streams.print_json(&change);
    }
    let width = context.streams.width();
    context
        .streams
        .print(&change_text(&change, &context.locale, width))
}

pub(super) async fn rate(context: &Context) -> Result<()> {
    let home = context.at_home().await?;
    let answer = home.client.effective_rate(home.id()).await?;
    if context.json {
        return context.streams.print_json(&answer);
    }
    let locale = &context.locale;
    let said = match &answer {
        EffectiveRateAnswer::Ready { rate } => locale.effective_rate(rate, &home.profile.currency),
        EffectiveRateAnswer::Refused { reason, .. } => {
            locale.text(&format!("rate-refused-{reason}"))
        }
    };
    let lines = wrap(&said, context.streams.width()).join("\n");
    context.streams.print_line(&lines)
}

/// The bill that begins in a month, or that goes by another name.
async fn of_month(context: &Context, home: &AtHome, typed: &str) -> Result<BillingRecord> {
    let Some((year, month)) = month(typed) else {
        return find(context, home, typed).await;
    };
    let mut bills: Vec<BillingRecord> = home.list(path::BILLS).await?;
    let begins = |bill: &BillingRecord| {
        let first: Date = bill.bill.first_day;
        (first.year(), first.month()) == (year, month)
    };
    if bills.iter().filter(|bill| begins(bill)).count() > 1 {
        let shown: Shown = context.shown();
        let names = bills.iter().filter(|bill| begins(bill)).map(|bill| {
            let key = ending(bill.billing_record_id.0);
            format!("{} [{key}]", shown.bill(&bill.bill))
        });
        let names = names.collect::<Vec<_>>().join("; ");
        return Err(Failure::Said(fl!(
            context.locale.loader(),
            "cli-which-month",
            month = typed,
            names = names
        )));
    }
    match bills.iter().position(begins) {
        Some(at) => Ok(bills.swap_remove(at)),
        // Says which bills there are.
        None => find(context, home, typed).await,
    }
}

/// A month as both languages write it: `2026-10`, `10/2026`.
fn month(typed: &str) -> Option<(i16, i8)> {
    let typed = typed.trim();
    let (year, month) = match typed.split_once('-') {
        Some((year, month)) => (year, month),
        None => typed.split_once('/').map(|(month, year)| (year, month))?,
    };
    let (year, month): (i16, i8) = (year.parse().ok()?, month.parse().ok()?);
    ((1900..2200).contains(&year) && (1..=12).contains(&month)).then_some((year, month))
}

/// A page of text.
struct Page<'a> {
    locale: &'a Locale,
    width: usize,
    text: String,
}

impl Page<'_> {
    fn sentence(&mut self, indent: usize, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.text += &" ".repeat(indent);
            self.text += &line;
            self.text.push('\n');
        }
    }

    fn title(&mut self, id: &str) {
        self.text.push('\n');
        let text = self.locale.text(id);
        self.sentence(0, &text);
    }
}

/// The answer with the CO2e of the bill, and of each of its energies.
fn json(of: &BillExplanation, factors: &HomeFactors) -> Result<Value> {
    let cycle = of.bill.bill.cycle();
    let emitted = factors.in_cycle(cycle, of.bill.bill.kwh);
    let mut answer = co2e::row(of, Some(&emitted))?;
    let energy = &of.energy;
    for (name, kwh) in [
        ("billed", Some(energy.billed)),
        ("metered", energy.metered),
        ("devices", energy.devices),
        ("unexplained", energy.unexplained),
    ] {
        let kg = kwh.and_then(|kwh| factors.in_cycle(cycle, kwh).ok());
        answer["energy"][format!("{name}_co2e_kg")] =
            kg.map_or(Value::Null, |total| total.kg.0.to_string().into());
    }
    Ok(answer)
}

fn text(of: &BillExplanation, factors: &HomeFactors, locale: &Locale, width: usize) -> String {
    let mut page = Page {
        locale,
        width,
        text: String::new(),
    };
    let bill = &of.bill.bill;
    let title = fl!(
        locale.loader(),
        "explain-title",
        cycle = locale.cycle(bill),
        days = bill.cycle().days(),
        kwh = format!("{} kWh", locale.register(bill.kwh))
    );
    let emitted = factors.in_cycle(bill.cycle(), bill.kwh);
    let title = format!("{title} · {}", locale.co2e_or_dash(&emitted));
    page.sentence(0, &title);
    page.sentence(0, &locale.priced_by(&of.priced_by, &of.currency));
    page.text.push('\n');
    page.text += &lines(of, locale).render(2, width);
    let said = locale.explanation(of);
    if !said.is_empty() {
        page.title("explain-why");
        for said in &said {
            page.sentence(2, said);
        }
    }
    page.title("explain-energy-title");
    page.sentence(2, &locale.energy_parts(&of.energy).join(" · "));
    let mut said = locale.energy_co2e(&of.energy, bill.cycle(), factors);
    if let Ok(total) = &emitted {
        said = format!("{said} ({})", locale.co2e_factor(total));
    }
    page.sentence(2, &said);
    for remark in locale.energy_remarks(&of.energy, &of.currency) {
        page.sentence(2, &remark);
    }
    let assumed = locale.rests_on(of);
    if !assumed.is_empty() {
        page.title("explain-assumptions");
        for said in &assumed {
            page.sentence(2, said);
        }
    }
    page.text
}

fn lines(of: &BillExplanation, locale: &Locale) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
    ]);
    let head = |id: &str| locale.text(id);
    table.row([
        String::new(),
        String::new(),
        head("explain-charged"),
        head("explain-recomputed"),
        head("explain-difference"),
    ]);
    let amount = |amount: Option<Money>| {
        amount.map_or_else(|| "–".to_owned(), |amount| locale.number(amount.0, 2))
    };
    for line in &of.lines {
        let off = match line.difference {
            Some(off) if off.0.is_zero() => "·".to_owned(),
            Some(off) => locale.signed(off.0, 2),
            None => String::new(),
        };
        let name = locale.explained_line(line);
        let paper = line.charged_as.join(" + ");
        let name = if paper.is_empty() || paper == name {
            name
        } else {
            format!("{name} ({paper})")
        };
        table.row([
            name,
            locale.line_formula(line),
            amount(line.charged),
            amount(line.recomputed),
            off,
        ]);
    }
    let money = |money: Option<Money>| {
        money.map_or_else(|| "–".to_owned(), |money| locale.money(money, &of.currency))
    };
    let off = of.difference.map_or_else(
        || "–".to_owned(),
        |off| match &of.priced_by {
            _ if off.0.is_zero() => "·".to_owned(),
            PricedBy::Nothing { .. } => "–".to_owned(),
            _ => locale.signed(off.0, 2),
        },
    );
    table.row([
        head("explain-total"),
        String::new(),
        money(Some(of.charged)),
        money(of.recomputed),
        off,
    ]);
    table
}

fn change_text(change: &BillChange, locale: &Locale, width: usize) -> String {
    let mut page = Page {
        locale,
        width,
        text: String::new(),
    };
    page.sentence(0, &locale.change_title(change));
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Right]);
    let kwh = |kwh: ecotrack_common::Kwh| format!("{} kWh", locale.signed(kwh.0, 1));
    for part in &change.parts {
        table.row([
            locale.text(&format!("change-factor-{}", part.factor)),
            locale.money_signed(part.money, &change.currency),
            kwh(part.kwh),
        ]);
    }
    table.row([
        locale.text("explain-total"),
        locale.money_signed(change.money, &change.currency),
        kwh(change.kwh),
    ]);
    page.text += &table.render(2, width);
    for remark in locale.change_remarks(change) {
        page.sentence(0, &remark);
    }
    page.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_both_languages_write_it() {
        for (typed, read) in [
            ("2026-10", Some((2026, 10))),
            (" 10/2026 ", Some((2026, 10))),
            ("2026-13", None),
            ("2026-10-10", None),
            ("10/10/2026", None),
            ("abcd1234", None),
        ] {
            assert_eq!(month(typed), read, "{typed}");
        }
    }
}
