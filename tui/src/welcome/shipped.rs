//! What came with this program, for screens that work without a server: appliances, saving tips, tariffs
//! with the tables they point at, emission factors. Each is read when it is first looked at: the first
//! frame does not wait for it.

use std::sync::OnceLock;

use ecotrack_common::bill::{Tables, Tariff};
use ecotrack_common::emission::EmissionFactor;
use ecotrack_common::reference::{self, CatalogDevice, SavingMeasure};

/// It. What ships is read by the tests of `common`; were it unreadable all the same, the rest would still
/// show.
#[derive(Debug, Default)]
pub struct Shipped {
    catalog: OnceLock<Vec<CatalogDevice>>,
    tips: OnceLock<Vec<SavingMeasure>>,
    tariffs: OnceLock<Vec<Tariff>>,
    tables: OnceLock<Tables>,
    factors: OnceLock<Vec<EmissionFactor>>,
}

impl Shipped {
    /// Appliances.
    pub fn catalog(&self) -> &[CatalogDevice] {
        let read = || reference::catalog().unwrap_or_default();
        self.catalog.get_or_init(read)
    }

    /// Saving tips.
    pub fn tips(&self) -> &[SavingMeasure] {
        let read = || reference::measures().unwrap_or_default();
        self.tips.get_or_init(read)
    }

    /// Tariffs.
    pub fn tariffs(&self) -> &[Tariff] {
        let read = || reference::tariffs().unwrap_or_default();
        self.tariffs.get_or_init(read)
    }

    /// What tariffs point at.
    pub fn tables(&self) -> &Tables {
        let read = || reference::tables().unwrap_or_default();
        self.tables.get_or_init(read)
    }

    /// Emission factors.
    pub fn factors(&self) -> &[EmissionFactor] {
        let read = || reference::emission_factors().unwrap_or_default();
        self.factors.get_or_init(read)
    }
}
