//! Tariffs and flags as ANEEL publishes them now, where the operator wants that.
//!
//! What it says is kept as facts, beside what ships; the reference tables are made of both, by the
//! same way as at start (`load`). What somebody edited here stays.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Context;
use ecotrack_common::aneel::pages::{Pages, SEARCH};
use ecotrack_common::aneel::prices::{Prices, combine};
use ecotrack_common::aneel::{FLAG_RATES, FLAGS_IN_FORCE, Facts, Resource, TARIFFS, flags, prices};
use ecotrack_common::reference::{self, DistributorPrice, FlagMonth, FlagRate};

pub mod store;
#[cfg(test)]
mod tests;

use super::load::{bring_sets, shipped};
use crate::App;
use crate::outside::Source;

/// A thousand rows are some 700 kB.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// What a refresh brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Prices that are new, or not what they were.
    pub prices: Vec<DistributorPrice>,
    /// Months whose flag is new.
    pub flag_months: Vec<FlagMonth>,
    /// Prices of flags that are new.
    pub flag_rates: Vec<FlagRate>,
    /// Tariffs that somebody edited here, and that stay as they are.
    pub edited: Vec<String>,
    /// Rows of ANEEL's whose price is not set.
    pub not_set: usize,
    /// Distributors of ANEEL's that EcoTrack does not know.
    pub unknown_agents: BTreeSet<String>,
}

/// Asks ANEEL and brings the reference tables up to date, all in one transaction. How it went is noted
/// for `doctor`.
pub async fn run(app: &App) -> anyhow::Result<Summary> {
    let outcome = refresh(app).await;
    let failure = outcome.as_ref().err().map(|error| format!("{error:#}"));
    let mut conn = app.db.acquire().await?;
    store::put_fetch(&mut conn, failure.as_deref(), app.clock.now()).await?;
    outcome
}

async fn refresh(app: &App) -> anyhow::Result<Summary> {
    let source = Source::new(&app.settings.aneel.url, app.settings.patience)?;
    let agents = reference::aneel_agents()?;
    let read = prices::read(&ask(&source, TARIFFS).await?, &agents)?;
    let asked = Facts {
        prices: read.facts,
        flag_months: flags::months(&ask(&source, FLAGS_IN_FORCE).await?)?,
        flag_rates: flags::rates(&ask(&source, FLAG_RATES).await?)?,
    };
    let mut tx = app.db.begin().await?;
    super::store::lock_loading(&mut tx).await?;
    let before = store::find_facts(&mut tx).await?;
    let mut after = before.clone();
    after.take(asked);
    let mut summary = Summary {
        not_set: read.not_set,
        unknown_agents: read.unknown_agents,
        ..compare(&before, &after)?
    };
    if after != before {
        let slugs = summary.prices.iter().flat_map(|price| {
            ["conventional", "branca"].map(|kind| format!("br-{}-{kind}", price.distributor_slug))
        });
        let slugs: Vec<String> = slugs.collect();
        summary.edited = store::list_edited(&mut tx, &slugs).await?;
        let now = app.clock.now();
        store::put_facts(&mut tx, &after, now).await?;
        bring_sets(&mut tx, &shipped(&after)?, now)
            .await
            .context("what ANEEL says could not be stored; nothing of it was")?;
    }
    tx.commit().await?;
    Ok(summary)
}

/// A whole table.
async fn ask(source: &Source, resource: Resource) -> anyhow::Result<Pages> {
    let mut pages = Pages::new(resource);
    while let Some(query) = pages.due() {
        let query: Vec<(&str, &str)> = query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = source.get(SEARCH, &query, ANSWER_BYTES).await?;
        pages.take(&body)?;
    }
    Ok(pages)
}

/// What ships and the facts, together.
pub(super) fn all_prices(facts: &Facts) -> anyhow::Result<Prices> {
    let (distributors, classes) = (reference::distributor_prices()?, reference::class_prices()?);
    Ok(combine(&distributors, &classes, &facts.prices))
}

/// The same of the flags in force.
pub(super) fn all_flag_months(facts: &Facts) -> anyhow::Result<Vec<FlagMonth>> {
    Ok(flags::combine_months(
        reference::flag_months()?,
        &facts.flag_months,
    ))
}

/// The same of what flags cost.
pub(super) fn all_flag_rates(facts: &Facts) -> anyhow::Result<Vec<FlagRate>> {
    Ok(flags::combine_rates(
        reference::flag_rates()?,
        &facts.flag_rates,
    ))
}

fn compare(before: &Facts, after: &Facts) -> anyhow::Result<Summary> {
    let known = all_prices(before)?.distributors;
    let is_new = |price: &DistributorPrice| {
        let same = |row: &DistributorPrice| {
            (&row.distributor_slug, row.valid_from) == (&price.distributor_slug, price.valid_from)
                && row.te_brl_per_kwh == price.te_brl_per_kwh
                && row.tusd_brl_per_kwh == price.tusd_brl_per_kwh
        };
        !known.iter().any(same)
    };
    let mut prices = all_prices(after)?.distributors;
    prices.retain(is_new);
    let known = all_flag_months(before)?;
    let mut flag_months = all_flag_months(after)?;
    flag_months.retain(|month| !known.contains(month));
    let known = all_flag_rates(before)?;
    let is_new = |rate: &FlagRate| {
        let same = |row: &FlagRate| {
            (row.flag, row.valid_from, row.brl_per_kwh)
                == (rate.flag, rate.valid_from, rate.brl_per_kwh)
        };
        !known.iter().any(same)
    };
    let mut flag_rates = all_flag_rates(after)?;
    flag_rates.retain(is_new);
    Ok(Summary {
        prices,
        flag_months,
        flag_rates,
        ..Summary::default()
    })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for price in &self.prices {
            let sum = (price.te_brl_per_kwh + price.tusd_brl_per_kwh).normalize();
            let (name, from) = (&price.distributor, price.valid_from);
            writeln!(f, "{name}: R$ {sum} a kWh before taxes, from {from}")?;
        }
        for month in &self.flag_months {
            let (from, flag) = (month.valid_from.strftime("%Y-%m"), month.flag);
            writeln!(
                f,
                "{from}: flag {flag}, R$ {} a kWh",
                month.brl_per_kwh.normalize()
            )?;
        }
        for rate in &self.flag_rates {
            let (flag, from) = (rate.flag, rate.valid_from);
            writeln!(
                f,
                "flag {flag}: R$ {} a kWh, from {from}",
                rate.brl_per_kwh.normalize()
            )?;
        }
        for slug in &self.edited {
            writeln!(f, "{slug} was edited here and stays as it is")?;
        }
        write!(
            f,
            "{} new prices, {} flags, {} prices of flags; {} rows without a price, {} distributors not known here",
            self.prices.len(),
            self.flag_months.len(),
            self.flag_rates.len(),
            self.not_set,
            self.unknown_agents.len(),
        )
    }
}
