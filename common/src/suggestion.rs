//! Saving measures: what could be done about it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{KgCo2e, Kwh, Money};

/// A saving measure that fits this home, with what it saves a month where that can be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestion {
    /// Key of the measure.
    pub slug: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Brazilian Portuguese.
    pub title_pt: String,
    /// The device of this home it was matched to, if it needs one.
    pub device: Option<String>,
    /// The formula of the saving, as published.
    pub formula: String,
    /// Where the measure comes from.
    pub source: String,
    /// Whether its figure is engineering judgement.
    pub estimate: bool,
    /// Saving a month; `None` where this version cannot compute it.
    pub saving: Option<Saving>,
}

/// What a measure saves a month, at this home's marginal price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Saving {
    /// Energy a month.
    pub kwh: Kwh,
    /// Money a month; `None` without a price.
    pub money: Option<Money>,
    /// CO2e a month; `None` without a factor.
    pub co2e: Option<KgCo2e>,
    /// Share of the device's use that is saved, 0 to 1.
    pub share: Decimal,
}
