//! From kWh to CO2-equivalent: energy times the factor of the grid's region and the year of use.
//!
//! Factors of different bases differ by a factor of two or more for one grid, so the basis, the
//! year and the source travel with every figure and are never mixed in silence.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::bill::Confidence;
use crate::{KgCo2e, Kwh};

words!(
    /// What a factor counts.
    EmissionBasis {
        /// CO2 of the power stations of the grid, averaged for inventories (Brazil's MCTI).
        GenerationOnly = "generation_only",
        /// Building, fuel and operation of the power stations, all greenhouse gases.
        LifeCycle = "life_cycle",
        /// CO2 of combustion alone.
        DirectCo2Only = "direct_co2_only",
    }
);

/// What a kWh of a grid emits in a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmissionFactor {
    /// `BR-SIN`, an ISO 3166 three-letter country, or a group of countries.
    pub region: String,
    /// Year of the generation.
    pub year: i16,
    /// Kilograms of CO2-equivalent per kWh.
    #[serde(with = "rust_decimal::serde::str")]
    pub kg_co2e_per_kwh: Decimal,
    /// What it counts.
    pub basis: EmissionBasis,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Emissions, with all that explains the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Emission {
    /// The figure.
    pub kg_co2e: KgCo2e,
    /// The energy.
    pub kwh: Kwh,
    /// Year of the use.
    pub year: i16,
    /// The factor that was taken; its year may be earlier.
    pub factor: EmissionFactor,
    /// The factor is of an earlier year, since the year of use has none yet.
    pub assumed: bool,
}

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmissionError {
    /// The region has no factor of the year or of an earlier one.
    #[error("no emission factor of {region} for {year} or earlier is known")]
    Missing {
        /// The region.
        region: String,
        /// The year.
        year: i16,
    },
    /// The energy is below zero.
    #[error("the energy is negative")]
    NegativeKwh,
    /// Too large for a decimal.
    #[error("a figure is too large to compute with")]
    Overflow,
}

impl EmissionError {
    /// A stable word for the wire and for texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing_emission_factor",
            Self::NegativeKwh => "negative_kwh",
            Self::Overflow => "overflow",
        }
    }
}

/// The factor of `region` for `year`: its own or, where it has none, the latest earlier one (then
/// the second value is `true`).
///
/// # Errors
/// [`EmissionError::Missing`]: a later year's factor is no answer for an earlier use.
pub fn factor_for<'f>(
    factors: impl IntoIterator<Item = &'f EmissionFactor>,
    region: &str,
    year: i16,
) -> Result<(&'f EmissionFactor, bool), EmissionError> {
    let of_region = factors
        .into_iter()
        .filter(|factor| factor.region == region && factor.year <= year);
    of_region
        .max_by_key(|factor| factor.year)
        .map(|factor| (factor, factor.year < year))
        .ok_or_else(|| EmissionError::Missing {
            region: region.to_owned(),
            year,
        })
}

/// What `kwh` of the grid of `region`, used in `year`, emitted; to six places of a kilogram.
///
/// # Errors
/// [`EmissionError`]; never a zero for what is not known.
pub fn emission<'f>(
    factors: impl IntoIterator<Item = &'f EmissionFactor>,
    region: &str,
    year: i16,
    kwh: Kwh,
) -> Result<Emission, EmissionError> {
    if kwh.0 < Decimal::ZERO {
        return Err(EmissionError::NegativeKwh);
    }
    let (factor, assumed) = factor_for(factors, region, year)?;
    let kg = kwh
        .0
        .checked_mul(factor.kg_co2e_per_kwh)
        .ok_or(EmissionError::Overflow)?;
    Ok(Emission {
        kg_co2e: KgCo2e(kg.round_dp(6).normalize()),
        kwh,
        year,
        factor: factor.clone(),
        assumed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    fn of(region: &str, year: i16, kwh: i64) -> Result<Emission, EmissionError> {
        emission(
            &reference::emission_factors().unwrap(),
            region,
            year,
            Kwh(Decimal::from(kwh)),
        )
    }

    #[test]
    fn a_year_with_a_factor_uses_its_own() {
        let emission = of("BR-SIN", 2024, 200).unwrap();
        assert_eq!(emission.kg_co2e.0.to_string(), "10.9");
        assert!(!emission.assumed);
        assert_eq!(emission.factor.basis, EmissionBasis::GenerationOnly);
        assert!(emission.factor.source.contains("MCTI"));
    }

    #[test]
    fn a_year_without_one_uses_the_latest_earlier_and_says_so() {
        let emission = of("BR-SIN", 2026, 200).unwrap();
        assert_eq!((emission.factor.year, emission.assumed), (2024, true));
        let between = of("BR-SIN", 2015, 100).unwrap();
        assert_eq!(
            (between.factor.year, between.kg_co2e.0.to_string().as_str()),
            (2011, "2.92")
        );
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        assert_eq!(
            of("BR-SIN", 2010, 1).unwrap_err().code(),
            "missing_emission_factor"
        );
        assert_eq!(
            of("ATLANTIS", 2024, 1).unwrap_err().code(),
            "missing_emission_factor"
        );
        assert_eq!(of("BR-SIN", 2024, -1), Err(EmissionError::NegativeKwh));
    }

    #[test]
    fn countries_are_life_cycle_and_the_agency_s_rows_direct() {
        assert_eq!(
            of("BRA", 2024, 1).unwrap().factor.basis,
            EmissionBasis::LifeCycle
        );
        assert_eq!(
            of("IEA-WORLD", 2024, 1).unwrap().factor.basis,
            EmissionBasis::DirectCo2Only
        );
    }
}
