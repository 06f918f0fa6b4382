//! What stands beside a figure of CO2e: the factor with its year and basis, or why there is none.

use i18n_embed_fl::fl;
use rust_decimal::Decimal;

use super::Locale;
use crate::emission::{Co2eTotal, EmissionError};

impl Locale {
    /// `0.0545 kg/kWh · BR-SIN 2024 · generation only`
    pub fn co2e_factor(&self, of: &Co2eTotal) -> String {
        fl!(
            self.loader(),
            "co2e-factor",
            factor = self.exact(of.factor),
            region = of.region.as_str(),
            year = of.year.to_string(),
            basis = self.basis(of)
        )
    }

    /// The same of several figures of one home: from the lowest factor to the highest, and of which
    /// years. `None` where there is no figure.
    pub fn co2e_factors<'a>(&self, of: impl IntoIterator<Item = &'a Co2eTotal>) -> Option<String> {
        let of: Vec<&Co2eTotal> = of.into_iter().collect();
        let (first, last) = (
            of.iter().min_by_key(|one| one.year)?,
            of.iter().max_by_key(|one| one.year)?,
        );
        if first.year == last.year {
            return Some(self.co2e_factor(last));
        }
        let factors = || of.iter().map(|one| one.factor);
        Some(fl!(
            self.loader(),
            "co2e-factors",
            lowest = self.exact(factors().min()?),
            highest = self.exact(factors().max()?),
            region = last.region.as_str(),
            first = first.year.to_string(),
            last = last.year.to_string(),
            basis = self.basis(last)
        ))
    }

    /// The same with who published it.
    pub fn co2e_source(&self, of: &Co2eTotal) -> String {
        fl!(
            self.loader(),
            "text-co2e-note",
            factor = self.exact(of.factor),
            region = of.region.as_str(),
            year = of.year.to_string(),
            basis = self.basis(of),
            source = of.source.as_str()
        )
    }

    /// Why there is no figure.
    pub fn no_co2e(&self, why: &EmissionError) -> String {
        match why {
            EmissionError::NoRegion => self.text("no-co2e-region"),
            EmissionError::Missing { region, year } => fl!(
                self.loader(),
                "no-co2e-factor",
                region = region.as_str(),
                year = year.to_string()
            ),
            EmissionError::Overflow => self.text("no-co2e-overflow"),
        }
    }

    /// `8.2 kg CO₂e`, or a dash where it is not known.
    pub fn co2e_or_dash(&self, of: &Result<Co2eTotal, EmissionError>) -> String {
        of.as_ref()
            .map_or_else(|_| "– kg CO₂e".to_owned(), |total| self.co2e(total.kg))
    }

    /// The figure with what it is computed by in brackets, or why there is none.
    pub fn co2e_explained(&self, of: &Result<Co2eTotal, EmissionError>) -> String {
        match of {
            Ok(total) => format!("{} ({})", self.co2e(total.kg), self.co2e_factor(total)),
            Err(why) => self.no_co2e(why),
        }
    }

    fn basis(&self, of: &Co2eTotal) -> String {
        let id = format!("basis-{}", of.basis);
        if self.has(&id) {
            self.text(&id)
        } else {
            of.basis.clone()
        }
    }

    fn exact(&self, value: Decimal) -> String {
        let value = value.normalize();
        self.number(value, value.scale())
    }
}
