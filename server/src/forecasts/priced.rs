//! What a cycle costs with some energy less, or by another tariff: for what savings are worth. Pure.

use ecotrack_common::Kwh;
use ecotrack_common::bill::{Bill, BillError, Parameters, Tariff};
use rust_decimal::Decimal;

use super::projection::Prices;
use crate::consumption::flows::Energy;

/// The energy of a cycle that is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// What the home will use, of which some may be its own production.
    Used(Kwh),
    /// What it will take from the grid, of which nothing more is known.
    Taken(Kwh),
}

impl Basis {
    /// With so much less; never below nothing.
    #[must_use]
    pub fn less(self, saved: Kwh) -> Self {
        let left = |kwh: Kwh| Kwh((kwh.0 - saved.0).max(Decimal::ZERO));
        match self {
            Self::Used(kwh) => Self::Used(left(kwh)),
            Self::Taken(kwh) => Self::Taken(left(kwh)),
        }
    }
}

impl Prices<'_> {
    /// The whole bill of the cycle by a tariff, on this energy.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn bill_of(
        &self,
        tariff: &Tariff,
        parameters: &Parameters,
        basis: Basis,
    ) -> Result<Bill, BillError> {
        let by_time = tariff.goes_by_time();
        let energy = match basis {
            Basis::Used(used) => self.expected(used, by_time)?,
            Basis::Taken(taken) => Energy {
                import: self.laid(&self.past.flows.import, taken, by_time),
                export: None,
                production: None,
            },
        };
        self.past
            .price(tariff, parameters, &energy, self.carried, self.cycle)
    }

    /// What the home takes from the grid on this energy.
    ///
    /// # Errors
    /// Those of [`Prices::taken`].
    pub fn taken_of(&self, basis: Basis) -> Result<Kwh, BillError> {
        match basis {
            Basis::Used(used) => self.taken(used),
            Basis::Taken(taken) => Ok(taken),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ecotrack_common::cycle::Cycle;
    use ecotrack_common::profile::Connection;
    use ecotrack_common::{Money, reference};
    use jiff::civil::date;

    use super::*;
    use crate::catalog::Reference;
    use crate::consumption::flows::Flows;
    use crate::consumption::past::{Carried, Past};

    /// Bills of a single-phase home of so many kWh in September 2026, under a yellow flag.
    fn bills(slug: &str, pis: &str, cofins: &str, kwh: &[i64]) -> Vec<String> {
        let tariffs = reference::tariffs().unwrap();
        let tariff = tariffs.into_iter().find(|it| it.id == slug).unwrap();
        let reference = Reference {
            tables: reference::tables().unwrap(),
            ..Reference::default()
        };
        let past = Past {
            currency: "BRL".to_owned(),
            connection: Connection::Single,
            cycle_day: 1,
            tariffs: Vec::new(),
            flows: Flows::default(),
            reference: Arc::new(reference),
        };
        let prices = Prices {
            past: &past,
            cycle: Cycle {
                first: date(2026, 9, 1),
                last: date(2026, 9, 30),
            },
            carried: &Carried::default(),
            days: &[],
            through: date(2026, 9, 10),
            region: None,
        };
        let parameters = Parameters {
            pis: Some(pis.parse().unwrap()),
            cofins: Some(cofins.parse().unwrap()),
            cosip: Some(Money(Decimal::ZERO)),
            connection: Some(Connection::Single),
            ..Parameters::default()
        };
        let of = |less: &i64| {
            let basis = Basis::Taken(Kwh(kwh[0].into())).less(Kwh(Decimal::from(*less)));
            let bill = prices.bill_of(&tariff, &parameters, basis).unwrap();
            bill.total.0.to_string()
        };
        kwh[1..].iter().map(of).collect()
    }

    #[test]
    fn a_kwh_that_leaves_a_band_of_icms_saves_the_jump_of_the_whole_bill() {
        let enel = bills(
            "br-enel-sp-conventional",
            "0.0112",
            "0.0512",
            &[201, 0, 1, 111],
        );
        assert_eq!(enel, ["211.30", "195.91", "77.58"]);
    }

    #[test]
    fn a_saving_across_marginal_bands_is_priced_by_the_part_in_each() {
        let celesc = bills("br-celesc-conventional", "0.0035", "0.0163", &[200, 0, 50]);
        assert_eq!(celesc, ["183.25", "135.40"]);
    }

    #[test]
    fn below_the_minimum_a_saving_saves_nothing() {
        let cemig = bills(
            "br-cemig-d-conventional",
            "0.0120",
            "0.0550",
            &[25, 0, 10, 30],
        );
        assert!(cemig.iter().all(|total| *total == cemig[0]), "{cemig:?}");
    }
}
