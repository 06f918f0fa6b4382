//! The bill of a path through the days ahead, where more than the sum of a span decides its bill. Pure.

use ecotrack_common::bill::{Bill, BillError};

use super::ending::{Ending, Hours};
use super::projection::Prices;
use crate::consumption::flows::Energy;
use crate::tariffs::EffectiveTariff;

/// What prices paths.
pub struct PathPrice<'a> {
    prices: Prices<'a>,
    ending: &'a Ending,
    own: &'a EffectiveTariff,
    hours: Option<Hours>,
}

impl<'a> PathPrice<'a> {
    /// `None` where paths say no more than their sums: the tariff asks for no more, how the home shares its
    /// production is known of sums only, or no meter tells hours.
    pub fn new(prices: Prices<'a>, ending: &'a Ending, own: &'a EffectiveTariff) -> Option<Self> {
        let tariff = &own.tariff;
        if prices.past.flows.mixed || !tariff.depends_on_days() {
            return None;
        }
        let hours = if tariff.goes_by_time() {
            Some(ending.hours(&prices.past.flows)?)
        } else {
            None
        };
        Some(Self {
            prices,
            ending,
            own,
            hours,
        })
    }

    /// The whole bill if the days ahead use this.
    ///
    /// # Errors
    /// Why it has no price.
    pub fn bill(&self, ahead: &[f64]) -> Result<Bill, BillError> {
        let import = match &self.hours {
            Some(hours) => hours.usage(ahead).ok_or(BillError::Overflow)?,
            None => self.ending.by_day(ahead),
        };
        let energy = Energy {
            import,
            export: None,
            production: None,
        };
        let Prices {
            past,
            carried,
            cycle,
            ..
        } = self.prices;
        past.price(
            &self.own.tariff,
            &self.own.parameters,
            &energy,
            carried,
            cycle,
        )
    }
}
