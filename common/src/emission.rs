//! From kWh to CO2-equivalent: energy times the factor of the grid's region and the year of use.
//!
//! Factors of different bases differ by a factor of two or more for one grid, so the basis, the
//! year and the source travel with every figure and are never mixed in silence.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::bill::Confidence;
use crate::cycle::Cycle;
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

/// CO2e, with all that explains the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Co2eTotal {
    /// Kilograms; below zero for energy below zero, such as what is saved.
    pub kg: KgCo2e,
    /// kg CO2e per kWh; of energy of several years that of the newest.
    pub factor: Decimal,
    /// Region of the factor.
    pub region: String,
    /// Year of the factor, which may be earlier than the use.
    pub year: i16,
    /// `generation_only`, `life_cycle` or `direct_co2_only`.
    pub basis: String,
    /// Who published it.
    pub source: String,
    /// The factor is of an earlier year, since the year of use has none yet.
    #[serde(default)]
    pub assumed: bool,
}

/// The factors of a home's grid: what turns each of its kWh into CO2e.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HomeFactors {
    /// Region of the home's grid; `None` where nobody said which.
    pub region: Option<String>,
    /// The region's factors, the earliest year first.
    pub factors: Vec<EmissionFactor>,
}

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmissionError {
    /// Nobody said in which grid the home is.
    #[error("the region of the grid is not known")]
    NoRegion,
    /// The region has no factor of the year or of an earlier one.
    #[error("no emission factor of {region} for {year} or earlier is known")]
    Missing {
        /// The region.
        region: String,
        /// The year.
        year: i16,
    },
    /// Too large for a decimal.
    #[error("a figure is too large to compute with")]
    Overflow,
}

impl EmissionError {
    /// A stable word for the wire and for texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRegion => "missing_grid_region",
            Self::Missing { .. } => "missing_emission_factor",
            Self::Overflow => "overflow",
        }
    }
}

/// The region that homes of a country are in, of the countries whose tariffs ship.
pub fn usual_region(country: &str) -> Option<&'static str> {
    let regions = [
        ("BR", "BR-SIN"),
        ("BE", "BEL"),
        ("ES", "ESP"),
        ("GB", "GBR"),
        ("IN", "IND"),
        ("US", "USA"),
    ];
    let found = regions.into_iter().find(|(known, _)| *known == country)?;
    Some(found.1)
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

/// What energy of the grid of `region` emitted, each year's by that year's factor; to six places of a
/// kilogram. Nothing used is told by the factor of its year, no year at all is [`EmissionError::Missing`].
///
/// # Errors
/// [`EmissionError`]; never a zero for what is not known.
pub fn co2e(
    factors: &[EmissionFactor],
    region: Option<&str>,
    by_year: impl IntoIterator<Item = (i16, Kwh)>,
) -> Result<Co2eTotal, EmissionError> {
    let region = region.ok_or(EmissionError::NoRegion)?;
    let mut kg = Decimal::ZERO;
    let mut newest: Option<(i16, &EmissionFactor, bool)> = None;
    for (year, kwh) in by_year {
        let (factor, assumed) = factor_for(factors, region, year)?;
        kg = kwh
            .0
            .checked_mul(factor.kg_co2e_per_kwh)
            .and_then(|more| kg.checked_add(more))
            .ok_or(EmissionError::Overflow)?;
        if newest.is_none_or(|(before, ..)| before < year) {
            newest = Some((year, factor, assumed));
        }
    }
    let (_, factor, assumed) = newest.ok_or_else(|| EmissionError::Missing {
        region: region.to_owned(),
        year: 0,
    })?;
    Ok(Co2eTotal {
        kg: KgCo2e(kg.round_dp(6).normalize()),
        factor: factor.kg_co2e_per_kwh,
        region: factor.region.clone(),
        year: factor.year,
        basis: factor.basis.as_str().to_owned(),
        source: factor.source.clone(),
        assumed,
    })
}

impl HomeFactors {
    /// Those of `region` among all that there are.
    pub fn of_region(all: &[EmissionFactor], region: Option<&str>) -> Self {
        let is_of = |factor: &&EmissionFactor| Some(factor.region.as_str()) == region;
        let mut factors: Vec<EmissionFactor> = all.iter().filter(is_of).cloned().collect();
        factors.sort_by_key(|factor| factor.year);
        Self {
            region: region.map(str::to_owned),
            factors,
        }
    }

    /// What `kwh` used in a year emitted.
    ///
    /// # Errors
    /// Those of [`co2e`].
    pub fn in_year(&self, year: i16, kwh: Kwh) -> Result<Co2eTotal, EmissionError> {
        co2e(&self.factors, self.region.as_deref(), [(year, kwh)])
    }

    /// What `kwh` used over `cycle` emitted; over a turn of the year it is shared by days.
    ///
    /// # Errors
    /// Those of [`co2e`].
    pub fn in_cycle(&self, cycle: Cycle, kwh: Kwh) -> Result<Co2eTotal, EmissionError> {
        let (first, last) = (cycle.first.year(), cycle.last.year());
        if first >= last {
            return self.in_year(last, kwh);
        }
        let days = Decimal::from(cycle.days());
        let mut by_year = Vec::new();
        let mut left = kwh.0;
        for year in first..last {
            let inside = cycle.iter().filter(|day| day.year() == year).count();
            let share = kwh
                .0
                .checked_mul(Decimal::from(inside))
                .ok_or(EmissionError::Overflow)?
                / days;
            left -= share;
            by_year.push((year, Kwh(share)));
        }
        // The last takes the rest, so that the shares are the whole.
        by_year.push((last, Kwh(left)));
        co2e(&self.factors, self.region.as_deref(), by_year)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::reference;

    fn home(region: &str) -> HomeFactors {
        HomeFactors::of_region(&reference::emission_factors().unwrap(), Some(region))
    }

    fn of(region: &str, year: i16, kwh: i64) -> Result<Co2eTotal, EmissionError> {
        home(region).in_year(year, Kwh(Decimal::from(kwh)))
    }

    #[test]
    fn a_year_with_a_factor_uses_its_own() {
        let total = of("BR-SIN", 2024, 200).unwrap();
        assert_eq!(total.kg.0.to_string(), "10.9");
        assert!(!total.assumed);
        assert_eq!(total.basis, "generation_only");
        assert!(total.source.contains("MCTI"));
    }

    #[test]
    fn a_year_without_one_uses_the_latest_earlier_and_says_so() {
        let total = of("BR-SIN", 2026, 200).unwrap();
        assert_eq!((total.year, total.assumed), (2024, true));
        let between = of("BR-SIN", 2015, 100).unwrap();
        assert_eq!(
            (between.year, between.kg.0.to_string().as_str()),
            (2011, "2.92")
        );
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        for unknown in [of("BR-SIN", 2010, 1), of("ATLANTIS", 2024, 0)] {
            assert_eq!(unknown.unwrap_err().code(), "missing_emission_factor");
        }
        let nowhere = HomeFactors::of_region(&reference::emission_factors().unwrap(), None);
        let unknown = nowhere.in_year(2024, Kwh(Decimal::ONE));
        assert_eq!(unknown, Err(EmissionError::NoRegion));
        assert!(nowhere.factors.is_empty());
    }

    #[test]
    fn countries_are_life_cycle_and_the_agency_s_rows_direct() {
        assert_eq!(of("BRA", 2024, 1).unwrap().basis, "life_cycle");
        assert_eq!(of("IEA-WORLD", 2024, 1).unwrap().basis, "direct_co2_only");
    }

    #[test]
    fn a_cycle_over_the_turn_of_the_year_is_shared_by_its_days() {
        let cycle = Cycle {
            first: date(2023, 12, 22),
            last: date(2024, 1, 20),
        };
        let kwh = Kwh(Decimal::from(300));
        let total = home("BR-SIN").in_cycle(cycle, kwh).unwrap();
        // Ten days at 0.0385 and twenty at 0.0545, 10 kWh each.
        assert_eq!(total.kg.0.to_string(), "14.75");
        assert_eq!((total.year, total.assumed), (2024, false));
        let less = home("BR-SIN").in_cycle(cycle, Kwh(-kwh.0)).unwrap();
        assert_eq!(less.kg.0, -total.kg.0);
    }
}
