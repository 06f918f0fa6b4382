//! The tariff of a home on a day.

use std::sync::Arc;

use ecotrack_common::bill::{BillError, Parameters, Tariff};
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::profile::Connection;
use jiff::civil::Date;
use serde::Deserialize;

use super::store::Image;
use crate::catalog::Reference;

/// A tariff, ready to price with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveTariff {
    /// What the utility charges.
    pub tariff: Arc<Tariff>,
    /// What the home knows better, its connection included.
    pub parameters: Parameters,
    /// Made up for the demo; the screen says so.
    pub example: bool,
    /// Slug in the reference data; `None` for a tariff of the home's own.
    pub slug: Option<String>,
    /// The name that is shown.
    pub name: String,
}

/// Why a home that has a tariff cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TariffError {
    /// The reference data has none of this slug.
    #[error("the tariff {slug} is not in the reference data")]
    Unknown {
        /// The slug.
        slug: String,
    },
    /// The tariff of the reference data is not what this server reads.
    #[error("the tariff {slug} of the reference data cannot be read: {reason}")]
    Unreadable {
        /// The slug.
        slug: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The home's own tariff is not what this server reads.
    #[error("the home's own tariff from {valid_from} cannot be read: {reason}")]
    UnreadableOwn {
        /// From when it would hold.
        valid_from: Date,
        /// What is wrong with it.
        reason: String,
    },
    /// The home's own figures are not what this server reads.
    #[error("the home's own tariff figures from {valid_from} cannot be read: {reason}")]
    UnreadableParameters {
        /// From when they would hold.
        valid_from: Date,
        /// What is wrong with them.
        reason: String,
    },
}

impl TariffError {
    /// A stable word for the wire and for texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "tariff_unknown",
            Self::Unreadable { .. } => "tariff_unreadable",
            Self::UnreadableOwn { .. } => "own_tariff_unreadable",
            Self::UnreadableParameters { .. } => "tariff_parameters_unreadable",
        }
    }
}

/// The tariff on `day`: of the home's rows the one that begins last and not after it; `None` where
/// the home has none then. The home's connection decides on the minimum, unless the row's own
/// figures name another: a home may have had another connection then.
pub fn effective(
    rows: &[Image],
    reference: &Reference,
    connection: Connection,
    day: Date,
) -> Result<Option<EffectiveTariff>, TariffError> {
    let Some(row) = rows
        .iter()
        .filter(|row| row.valid_from <= day)
        .max_by_key(|row| row.valid_from)
    else {
        return Ok(None);
    };
    let tariff = match (&row.tariff_slug, &row.document) {
        (Some(slug), _) => shipped(reference, slug)?,
        (None, Some(document)) => Tariff::deserialize(document)
            .map(Arc::new)
            .map_err(|error| TariffError::UnreadableOwn {
                valid_from: row.valid_from,
                reason: error.to_string(),
            })?,
        (None, None) => return Ok(None),
    };
    let mut parameters = Parameters::deserialize(&row.parameters).map_err(|error| {
        TariffError::UnreadableParameters {
            valid_from: row.valid_from,
            reason: error.to_string(),
        }
    })?;
    parameters.connection.get_or_insert(connection);
    Ok(Some(EffectiveTariff {
        name: tariff.name.clone(),
        tariff,
        parameters,
        example: row.example,
        slug: row.tariff_slug.clone(),
    }))
}

/// The tariff that was found, if a home in `currency` can be priced with it; or why not.
pub fn in_money<'a>(
    found: &'a Result<Option<EffectiveTariff>, TariffError>,
    currency: &str,
) -> Result<&'a EffectiveTariff, NotPriced> {
    match found {
        Ok(Some(own)) if own.tariff.currency != currency => Err(NotPriced::OtherCurrency {
            currency: own.tariff.currency.clone(),
        }),
        Ok(Some(own)) => Ok(own),
        Ok(None) => Err(NotPriced::NoTariff),
        Err(error) => Err(NotPriced::Bill {
            error: BillError::UnreadableTariff {
                path: ".".to_owned(),
                detail: error.to_string(),
            },
        }),
    }
}

fn shipped(reference: &Reference, slug: &str) -> Result<Arc<Tariff>, TariffError> {
    if let Some(tariff) = reference.tariffs.get(slug) {
        return Ok(Arc::clone(tariff));
    }
    Err(match reference.unreadable_tariffs.get(slug) {
        Some(reason) => TariffError::Unreadable {
            slug: slug.to_owned(),
            reason: reason.clone(),
        },
        None => TariffError::Unknown {
            slug: slug.to_owned(),
        },
    })
}
