//! Tariffs and flags as ANEEL publishes them now, where the operator wants that.
//!
//! What it says is kept as facts, beside what ships; the reference tables are made of both, by the
//! same way as at start (`load`). What somebody edited here stays.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Context;
use ecotrack_common::aneel::pages::{Pages, SEARCH};
use ecotrack_common::aneel::prices::{PostPrice, Prices, combine};
use ecotrack_common::aneel::{FLAG_RATES, FLAGS_IN_FORCE, Facts, Resource, TARIFFS, flags, prices};
use ecotrack_common::reference::{self, ClassPrice, DistributorPrice, FlagMonth, FlagRate};
use rust_decimal::Decimal;

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
    /// Prices of low-income homes that are, likewise.
    pub classes: Vec<ClassPrice>,
    /// Prices of tarifa branca that are.
    pub posts: Vec<PostPrice>,
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
        let slugs: BTreeSet<&str> = summary.distributors().collect();
        let slugs = slugs
            .into_iter()
            .flat_map(|slug| ["conventional", "branca"].map(|kind| format!("br-{slug}-{kind}")));
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
    let (known, prices) = (all_prices(before)?, all_prices(after)?);
    let known_months = all_flag_months(before)?;
    let mut flag_months = all_flag_months(after)?;
    flag_months.retain(|month| !known_months.contains(month));
    Ok(Summary {
        // Another source of the same figure is no news.
        prices: new(&known.distributors, prices.distributors, |row| {
            let figures = (row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            (row.distributor_slug.clone(), row.valid_from, figures)
        }),
        classes: new(&known.classes, prices.classes, |row| {
            let figures = (row.above_kwh, row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            (
                row.distributor_slug.clone(),
                row.valid_from,
                row.class,
                figures,
            )
        }),
        posts: new(&known.posts, prices.posts, |row| {
            let figures = (row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            (
                row.distributor_slug.clone(),
                row.valid_from,
                row.part,
                figures,
            )
        }),
        flag_months,
        flag_rates: new(&all_flag_rates(before)?, all_flag_rates(after)?, |row| {
            (row.flag, row.valid_from, row.brl_per_kwh)
        }),
        ..Summary::default()
    })
}

/// The rows of which none is known that says the same.
fn new<T, K: Ord>(known: &[T], rows: Vec<T>, says: impl Fn(&T) -> K) -> Vec<T> {
    let known: BTreeSet<K> = known.iter().map(&says).collect();
    rows.into_iter()
        .filter(|row| !known.contains(&says(row)))
        .collect()
}

impl Summary {
    /// Slugs of the distributors of which anything is new.
    fn distributors(&self) -> impl Iterator<Item = &str> {
        let prices = self.prices.iter().map(|row| row.distributor_slug.as_str());
        let classes = self.classes.iter().map(|row| row.distributor_slug.as_str());
        let posts = self.posts.iter().map(|row| row.distributor_slug.as_str());
        prices.chain(classes).chain(posts)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |te: Decimal, tusd: Decimal| (te + tusd).normalize();
        for row in &self.prices {
            let (slug, from) = (&row.distributor_slug, row.valid_from);
            let sum = sum(row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            writeln!(f, "{slug}: R$ {sum} a kWh before taxes, from {from}")?;
        }
        for row in &self.classes {
            let (slug, from) = (&row.distributor_slug, row.valid_from);
            let (class, above) = (row.class, row.above_kwh.normalize());
            let sum = sum(row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            writeln!(
                f,
                "{slug}, {class} above {above} kWh: R$ {sum} a kWh, from {from}"
            )?;
        }
        for row in &self.posts {
            let (slug, part, from) = (&row.distributor_slug, row.part, row.valid_from);
            let sum = sum(row.te_brl_per_kwh, row.tusd_brl_per_kwh);
            writeln!(f, "{slug}, {part}: R$ {sum} a kWh, from {from}")?;
        }
        for row in &self.flag_months {
            let (month, flag) = (row.valid_from.strftime("%Y-%m"), row.flag);
            let price = row.brl_per_kwh.normalize();
            writeln!(f, "{month}: flag {flag}, R$ {price} a kWh")?;
        }
        for row in &self.flag_rates {
            let (flag, from, price) = (row.flag, row.valid_from, row.brl_per_kwh.normalize());
            writeln!(f, "flag {flag}: R$ {price} a kWh, from {from}")?;
        }
        for slug in &self.edited {
            writeln!(f, "{slug} was edited here and stays as it is")?;
        }
        let news = self.prices.len() + self.classes.len() + self.posts.len();
        let (months, rates) = (self.flag_months.len(), self.flag_rates.len());
        let (unset, unknown) = (self.not_set, self.unknown_agents.len());
        write!(
            f,
            "new: {news} prices, {months} flags, {rates} prices of flags; passed over: {unset} rows without a \
             price, {unknown} distributors that EcoTrack does not have"
        )
    }
}
