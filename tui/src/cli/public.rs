//! `public`: what anybody may see of a server: totals, how to join, saving tips.

use clap::Args;
use ecotrack_common::account::Language;
use ecotrack_common::public::PublicSummary;
use ecotrack_common::reference::SavingMeasure;
use serde::Serialize;

use super::Result;
use super::context::Context;
use crate::widgets::words::wrap;

#[derive(Debug, Args)]
pub(super) struct Public {
    /// Without the saving tips
    #[arg(long)]
    no_tips: bool,
}

/// As it came from the server.
#[derive(Debug, Serialize)]
struct Page {
    summary: PublicSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    tips: Option<Vec<SavingMeasure>>,
}

pub(super) async fn run(context: &Context, asked: Public) -> Result<()> {
    let client = context.client()?;
    let summary = client.public_summary().await?;
    let tips = if asked.no_tips {
        None
    } else {
        Some(client.tips().await?)
    };
    let page = Page { summary, tips };
    if context.json {
        return context.streams.print_json(&page);
    }
    print(context, &page)
}

fn print(context: &Context, page: &Page) -> Result<()> {
    let locale = &context.locale;
    let say = |sentence: &str| {
        let lines = wrap(sentence, context.streams.width());
        lines
            .iter()
            .try_for_each(|line| context.streams.print_line(line))
    };
    say(&locale.public_head(&page.summary))?;
    for total in page.summary.month.iter().flat_map(|month| &month.regions) {
        say(&locale.public_total(total))?;
        if let Some(co2e) = locale.public_co2e(total) {
            say(&co2e)?;
        }
    }
    if let Some(month) = &page.summary.month {
        say(&locale.public_how(month))?;
    }
    say(&locale.how_to_join(page.summary.registration))?;
    for tip in page.tips.iter().flatten() {
        let rule = tip.rule.as_ref();
        let (title, todo) = match locale.language() {
            Language::English => (&tip.title_en, rule.map(|rule| &rule.todo_en)),
            Language::BrazilianPortuguese => (&tip.title_pt, rule.map(|rule| &rule.todo_pt)),
        };
        match todo {
            Some(todo) => say(&format!("- {title}: {todo}"))?,
            None => say(&format!("- {title}"))?,
        }
    }
    Ok(())
}
