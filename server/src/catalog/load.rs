//! Bringing the reference tables to what this program ships.

use anyhow::Context;
use ecotrack_common::aneel::Facts;
use ecotrack_common::reference;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

use super::{refresh, store};

/// What became of the sets that ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// Each set, in the order of loading.
    pub sets: Vec<LoadedSet>,
}

/// What became of one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadedSet {
    /// The table.
    pub name: &'static str,
    /// How many rows ship.
    pub rows: usize,
    /// Whether it was new and is loaded; else it stood as it was.
    pub loaded: bool,
}

impl LoadReport {
    /// Whether anything was loaded.
    pub fn changed(&self) -> bool {
        self.sets.iter().any(|set| set.loaded)
    }
}

/// Loads every set that ships and is not loaded yet; a second time it does nothing. Several
/// servers may do so at once: one loads, the others then find it done.
pub async fn load_reference(db: &PgPool, now: Timestamp) -> anyhow::Result<LoadReport> {
    load(db, now)
        .await
        .context("the shipped reference data could not be loaded; nothing of it was changed")
}

async fn load(db: &PgPool, now: Timestamp) -> anyhow::Result<LoadReport> {
    let mut tx = db.begin().await?;
    let sets = shipped(&refresh::store::find_facts(&mut tx).await?)?;
    let report = compare(&mut tx, &sets, &checksums(&sets)?).await?;
    if !report.changed() {
        return Ok(report);
    }
    store::lock_loading(&mut tx).await?;
    // Another server may have loaded them, or asked for facts, while this one waited.
    let sets = shipped(&refresh::store::find_facts(&mut tx).await?)?;
    let report = bring_sets(&mut tx, &sets, now).await?;
    tx.commit().await?;
    Ok(report)
}

/// A set: rows with the columns of its table.
pub(super) struct Set {
    pub(super) table: store::Table,
    pub(super) rows: Vec<Value>,
}

impl Set {
    /// Of the rows and not of their files, so that a program that makes other rows of the same
    /// files (tariffs) loads them too.
    fn checksum(&self) -> anyhow::Result<Vec<u8>> {
        Ok(Sha256::digest(serde_json::to_vec(&self.rows)?).to_vec())
    }
}

/// What ships, with what online sources said of it.
pub(super) fn shipped(facts: &Facts) -> anyhow::Result<Vec<Set>> {
    use store::Table;
    let tariffs = reference::tariffs_of(&refresh::all_prices(facts)?)?;
    let tariffs = tariffs.into_iter().map(|tariff| {
        json!({ "slug": tariff.id, "country": tariff.country(), "name": tariff.name, "document": tariff })
    });
    let flags = refresh::all_flag_months(facts)?;
    let flags = flags.into_iter().map(|row| {
        json!({
            "scheme": store::FLAG_SCHEME, "valid_from": row.valid_from, "valid_to": row.valid_to, "flag": row.flag,
            "price_per_kwh": row.brl_per_kwh, "source": row.source, "confidence": row.confidence,
        })
    });
    let rates = refresh::all_flag_rates(facts)?;
    let rates = rates.into_iter().map(|row| {
        json!({
            "scheme": store::FLAG_SCHEME, "flag": row.flag, "valid_from": row.valid_from, "valid_to": row.valid_to,
            "price_per_kwh": row.brl_per_kwh, "source": row.source, "confidence": row.confidence,
        })
    });
    Ok(vec![
        Set {
            table: Table::DeviceCatalog,
            rows: plain(&reference::catalog()?)?,
        },
        Set {
            table: Table::OptimizationSuggestion,
            rows: plain(&reference::measures()?)?,
        },
        Set {
            table: Table::Tariff,
            rows: tariffs.collect(),
        },
        Set {
            table: Table::TariffFlag,
            rows: flags.collect(),
        },
        Set {
            table: Table::TariffFlagRate,
            rows: rates.collect(),
        },
        Set {
            table: Table::EmissionFactor,
            rows: plain(&reference::emission_factors()?)?,
        },
        Set {
            table: Table::TaxRate,
            rows: plain(&reference::tax_rates()?)?,
        },
        Set {
            table: Table::Holiday,
            rows: plain(&reference::holidays()?)?,
        },
        Set {
            table: Table::PriceSeries,
            rows: plain(&reference::price_series()?)?,
        },
    ])
}

/// Rows whose fields are named as the columns are.
fn plain(rows: &[impl Serialize]) -> serde_json::Result<Vec<Value>> {
    rows.iter().map(serde_json::to_value).collect()
}

fn checksums(sets: &[Set]) -> anyhow::Result<Vec<String>> {
    let checksum = |set: &Set| Ok(hex(&set.checksum()?));
    sets.iter().map(checksum).collect()
}

/// Brings the tables to these sets. The caller holds [`store::lock_loading`].
pub(super) async fn bring_sets(
    tx: &mut PgConnection,
    sets: &[Set],
    now: Timestamp,
) -> anyhow::Result<LoadReport> {
    let checksums = checksums(sets)?;
    let report = compare(tx, sets, &checksums).await?;
    for ((set, checksum), done) in sets.iter().zip(&checksums).zip(&report.sets) {
        if done.loaded {
            store::bring(tx, set.table, &set.rows)
                .await
                .with_context(|| set.table.as_str())?;
            store::keep_set(tx, set.table, checksum, set.rows.len(), now).await?;
        }
    }
    if report.changed() {
        store::bump_revision(tx).await?;
    }
    Ok(report)
}

/// Which sets are not the ones that are loaded.
async fn compare(
    conn: &mut PgConnection,
    sets: &[Set],
    checksums: &[String],
) -> sqlx::Result<LoadReport> {
    let loaded = store::list_sets(conn).await?;
    let sets = sets.iter().zip(checksums).map(|(set, checksum)| LoadedSet {
        name: set.table.as_str(),
        rows: set.rows.len(),
        loaded: loaded.get(set.table.as_str()) != Some(checksum),
    });
    Ok(LoadReport {
        sets: sets.collect(),
    })
}

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes all that is written");
            text
        })
}
