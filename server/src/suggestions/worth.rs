//! What a saving of energy is worth: the bill of this cycle with it and without it. Pure.

use ecotrack_common::measure::{Measured, tidy};
use ecotrack_common::suggestion::{PricedBy, Saving};
use ecotrack_common::{KgCo2e, Kwh, Money};
use rust_decimal::Decimal;

use crate::forecasts::outlook::Outlook;
use crate::forecasts::priced::Basis;
use crate::tariffs::EffectiveTariff;

/// Days of a month of the formulas.
const MONTH: i32 = 30;

/// Prices savings of a home.
pub(super) struct Worth<'a> {
    outlook: &'a Outlook,
    basis: Option<Basis>,
    own: Option<&'a EffectiveTariff>,
    /// The bill of the cycle as it is.
    as_it_is: Option<Money>,
    kg_per_kwh: Option<Decimal>,
}

impl<'a> Worth<'a> {
    pub(super) fn new(outlook: &'a Outlook, basis: Option<Basis>) -> Self {
        let prices = outlook.prices();
        let own = outlook.past.own(outlook.cycle.last).ok();
        let bill = own
            .zip(basis)
            .and_then(|(own, basis)| prices.bill_of(&own.tariff, &own.parameters, basis).ok());
        let factor = prices.factor(outlook.today.year());
        Self {
            outlook,
            basis,
            own,
            as_it_is: bill.map(|bill| bill.total),
            kg_per_kwh: factor.map(|factor| factor.kg_co2e_per_kwh),
        }
    }

    /// What the cases of one measure save together. In prices by time of use a device with painted hours
    /// saves at the price of its own hours; all else saves off the bill as a whole.
    pub(super) fn of_cases(&self, cases: &[Measured]) -> Option<Saving> {
        let kwh = tidy(cases.iter().map(|case| case.kwh).sum())?;
        let shifted = tidy(cases.iter().map(|case| case.money).sum())?;
        let at_hours = self.own.is_some_and(|own| own.tariff.goes_by_time());
        let by_hours = at_hours.then(|| at_their_hours(cases)).flatten();
        Some(self.saving(Kwh(kwh), shifted, by_hours))
    }

    /// What so many kWh a month are worth, and `shifted` beside them.
    pub(super) fn saving(&self, kwh: Kwh, shifted: Decimal, by_hours: Option<Decimal>) -> Saving {
        let by_bill = by_hours.or_else(|| self.off_the_bill(kwh));
        let rate = self.outlook.rate.as_ref().map(|rate| rate.per_kwh.0);
        let by_rate = rate.and_then(|rate| kwh.0.checked_mul(rate));
        let priced = by_bill.map(|money| (money, PricedBy::Bill));
        let priced = priced.or_else(|| by_rate.map(|money| (money, PricedBy::Rate)));
        // What saves no energy needs no price for it.
        let nothing = kwh.0.is_zero().then_some(Decimal::ZERO);
        let of_kwh = nothing.or(priced.map(|(money, _)| money));
        let cents = |money: Decimal| Money(money.round_dp(2));
        Saving {
            kwh: Kwh(kwh.0.round_dp(3).normalize()),
            money: of_kwh.map(|money| cents(money + shifted)),
            of_that_shifted: (!shifted.is_zero()).then(|| cents(shifted)),
            co2e: self
                .kg_per_kwh
                .map(|kg| KgCo2e((kwh.0 * kg).round_dp(3).normalize())),
            priced_by: priced.map(|(_, by)| by).filter(|_| nothing.is_none()),
        }
    }

    /// The bill of the cycle less what it would be if the saving had been there from its first day, for a
    /// month of 30 days.
    fn off_the_bill(&self, kwh: Kwh) -> Option<Decimal> {
        let (own, basis) = self.own.zip(self.basis)?;
        let prices = self.outlook.prices();
        let days = Decimal::from(prices.cycle.days());
        let in_cycle = Kwh((kwh.0 * days / Decimal::from(MONTH)).round_dp(6));
        let bill = prices.bill_of(&own.tariff, &own.parameters, basis.less(in_cycle));
        let less = self.as_it_is?.0 - bill.ok()?.total.0;
        Some(less * Decimal::from(MONTH) / days)
    }
}

/// Each case at the price of its device's hours; `None` where one of them has none.
fn at_their_hours(cases: &[Measured]) -> Option<Decimal> {
    let money = cases.iter().map(|case| Some(case.kwh * case.device_price?));
    tidy(money.sum::<Option<f64>>()?)
}
