//! Tariffs and price series that ship as documents.

use serde::{Deserialize, Serialize};

use crate::bill::{Confidence, PriceSeries};

macro_rules! tariff_files {
    ($($slug:literal)+) => {
        &[$(($slug, include_str!(concat!("../../data/tariffs/", $slug, ".json")))),+]
    };
}

/// The documents, by their slug.
pub(super) const TARIFF_FILES: &[(&str, &str)] = tariff_files![
    "be-day-ahead-example"
    "es-2.0td"
    "es-som-energia-2.0td"
    "gb-economy-7"
    "gb-price-cap-single"
    "in-andhra-pradesh-2022"
    "us-block-example"
    "us-time-of-use-example"
];

pub(super) const BELGIAN_DAY_AHEAD: &str = include_str!("../../data/series/be-day-ahead.json");

/// A price series with its name and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedSeries {
    /// The name by which tariffs point at it.
    pub name: String,
    /// ISO 4217 code of its money.
    pub currency: String,
    /// The prices.
    pub series: PriceSeries,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}
