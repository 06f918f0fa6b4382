//! What a device would use, cost and emit in a month, for whoever has no home here yet: on top of what a
//! home uses otherwise, since tiers, bands and minimums make the next kWh another price than the mean.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::bill::{AssumptionKind, BillError, Parameters, Tables, Tariff, Usage};
use crate::bill::{cost_of_change, price};
use crate::cycle::Cycle;
use crate::emission::{Co2eTotal, EmissionError, HomeFactors};
use crate::estimate::{DeviceEstimate, Hours, Plate, estimate};
use crate::profile::Connection;
use crate::{FieldErrors, Kwh, Money};

/// What a home uses in a month without the device, where nobody says: about the mean of Brazilian homes
/// (EPE, Anuário Estatístico de Energia Elétrica: 160 to 200 kWh in recent years).
pub const USUAL_KWH: u32 = 200;

/// A question to the calculator, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCalculation {
    /// Watts and how many.
    pub plate: Plate,
    /// 0 to 24, on a day of use.
    pub hours_per_day: Decimal,
    /// 0 to 30.
    pub days_per_month: Decimal,
    /// What the home uses in a month without it.
    pub usual_kwh: Kwh,
    /// What a kWh costs, where no tariff is chosen.
    pub price_per_kwh: Option<Money>,
}

impl NoCost {
    /// A stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::NoPrice => "no_price",
            Self::GoesByTime => "goes_by_time",
            Self::Bill(error) => error.code(),
        }
    }
}

impl NewCalculation {
    /// The rules for form and command line alike.
    ///
    /// # Errors
    /// Each wrong field by its name.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = self.plate.check().err().unwrap_or_default();
        errors
            .0
            .extend(self.hours().check().err().unwrap_or_default().0);
        if !(Decimal::ZERO..=Decimal::from(100_000)).contains(&self.usual_kwh.0) {
            errors.add_with(
                "usual_kwh",
                "out_of_range",
                &[("min", "0"), ("max", "100000")],
            );
        }
        let most = Decimal::from(10_000);
        if let Some(price) = self.price_per_kwh
            && !(Decimal::ZERO..=most).contains(&price.0)
        {
            errors.add_with(
                "price_per_kwh",
                "out_of_range",
                &[("min", "0"), ("max", "10000")],
            );
        }
        errors.into_result()
    }

    fn hours(&self) -> Hours {
        Hours::Typical {
            hours_per_day: self.hours_per_day,
            days_per_month: self.days_per_month,
        }
    }
}

/// How a kWh is paid.
#[derive(Debug, Clone, Copy)]
pub enum PricedBy<'a> {
    /// By a tariff, with the usual taxes and the flag of its tables.
    Tariff(&'a Tariff, &'a Tables),
    /// By one price, all included.
    PerKwh(Money),
}

/// What a device costs in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthlyCost {
    /// Taxes included, not rounded to cents.
    pub amount: Money,
    /// ISO 4217 code; `None` for a price that was typed, which is in whatever money that was meant in.
    pub currency: Option<String>,
    /// What was taken for granted.
    pub assumed: Vec<AssumptionKind>,
}

/// Why there is no cost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCost {
    /// Neither a tariff nor a price was chosen.
    #[error("neither a tariff nor a price is known")]
    NoPrice,
    /// The tariff has prices by the time of day, and hours a day do not say when the device runs.
    #[error("the tariff goes by the time of day")]
    GoesByTime,
    /// The tariff gives no bill.
    #[error(transparent)]
    Bill(#[from] BillError),
}

/// The calculator's answer: each part that is known, and why another is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculated {
    /// kWh by day, month and year.
    pub uses: DeviceEstimate,
    /// Money a month.
    pub cost: Result<MonthlyCost, NoCost>,
    /// CO2e a month.
    pub co2e: Result<Co2eTotal, EmissionError>,
}

/// What the device uses in a month of 30 days, what the bill of `cycle` is more for it, and what that
/// emits. Expects what [`NewCalculation::check`] lets through.
pub fn calculate(
    asked: &NewCalculation,
    by: Option<PricedBy<'_>>,
    factors: &HomeFactors,
    cycle: Cycle,
) -> Calculated {
    let uses = estimate(&asked.plate, &asked.hours());
    let kwh = uses.monthly_kwh;
    let cost = match by {
        None => Err(NoCost::NoPrice),
        Some(PricedBy::PerKwh(price)) => per_kwh(kwh, price),
        Some(PricedBy::Tariff(tariff, tables)) => {
            by_tariff(tariff, tables, asked.usual_kwh, kwh, cycle)
        }
    };
    Calculated {
        uses,
        cost,
        co2e: factors.in_cycle(cycle, kwh),
    }
}

fn per_kwh(kwh: Kwh, price: Money) -> Result<MonthlyCost, NoCost> {
    let amount = kwh.0.checked_mul(price.0).ok_or(BillError::Overflow)?;
    Ok(MonthlyCost {
        amount: Money(amount.round_dp(8).normalize()),
        currency: None,
        assumed: Vec::new(),
    })
}

fn by_tariff(
    tariff: &Tariff,
    tables: &Tables,
    usual: Kwh,
    more: Kwh,
    cycle: Cycle,
) -> Result<MonthlyCost, NoCost> {
    if tariff.goes_by_time() {
        return Err(NoCost::GoesByTime);
    }
    // Where the minimum depends on the connection, that of the smallest: of one phase.
    let parameters = Parameters {
        connection: Some(Connection::Single),
        ..Parameters::default()
    };
    let usage = Usage::Total(usual);
    let amount = cost_of_change(tariff, &parameters, tables, &usage, cycle, more)?;
    let with = price(
        tariff,
        &parameters,
        tables,
        &Usage::Total(usual + more),
        cycle,
    )?;
    // What only the home knows, such as its street lighting, is in both bills alike.
    let of_both = |kind: &AssumptionKind| *kind != AssumptionKind::MissingCharge;
    let mut assumed: Vec<AssumptionKind> = with.assumptions.iter().map(|one| one.kind).collect();
    assumed.retain(of_both);
    assumed.sort();
    assumed.dedup();
    Ok(MonthlyCost {
        amount,
        currency: Some(tariff.currency.clone()),
        assumed,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::emission::usual_region;
    use crate::reference;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn shower(usual_kwh: u32) -> NewCalculation {
        NewCalculation {
            plate: Plate {
                power_w: decimal("5500"),
                standby_w: Decimal::ZERO,
                duty_cycle: Decimal::ONE,
                quantity: 1,
            },
            hours_per_day: decimal("0.5"),
            days_per_month: decimal("30"),
            usual_kwh: Kwh(usual_kwh.into()),
            price_per_kwh: None,
        }
    }

    fn november() -> Cycle {
        Cycle::containing(date(2026, 11, 23), 1)
    }

    fn tariff(slug: &str) -> Tariff {
        let mut all = reference::tariffs().unwrap().into_iter();
        all.find(|tariff| tariff.id == slug).unwrap()
    }

    fn cost(asked: &NewCalculation, tariff: &Tariff) -> Result<MonthlyCost, NoCost> {
        let tables = reference::tables().unwrap();
        let by = Some(PricedBy::Tariff(tariff, &tables));
        calculate(asked, by, &HomeFactors::default(), november()).cost
    }

    #[test]
    fn the_cost_is_what_the_bill_is_more_with_the_device_than_without() {
        let cemig = tariff("br-cemig-d-conventional");
        let tables = reference::tables().unwrap();
        let bill = |kwh: &str| {
            let usage = Usage::Total(Kwh(decimal(kwh)));
            price(&cemig, &Parameters::default(), &tables, &usage, november())
                .unwrap()
                .total
        };
        let cost = cost(&shower(200), &cemig).unwrap();
        assert_eq!(cost.currency.as_deref(), Some("BRL"));
        // 82.5 kWh: 5.5 kW, half an hour, 30 days. The engine's own two bills, rounded to cents.
        let apart = bill("282.5") - bill("200");
        let off = (cost.amount.0 - apart.0).abs();
        assert!(off <= decimal("0.01"), "{cost:?} {apart:?}");
    }

    #[test]
    fn what_the_home_uses_otherwise_decides_on_the_price_of_the_next_kwh() {
        let block = tariff("us-block-example");
        let low = cost(&shower(50), &block).unwrap().amount;
        let high = cost(&shower(2_000), &block).unwrap().amount;
        assert!(
            high > low,
            "{high:?} in a dear block, {low:?} in a cheap one"
        );
        // Below the minimum of the connection the first kWh are paid for anyhow.
        let cemig = tariff("br-cemig-d-conventional");
        let nobody_home = cost(&shower(0), &cemig).unwrap().amount;
        let usual = cost(&shower(200), &cemig).unwrap().amount;
        assert!(nobody_home < usual, "{nobody_home:?} {usual:?}");
    }

    #[test]
    fn a_plain_price_and_the_factor_of_the_grid_are_multiplied() {
        let factors =
            HomeFactors::of_region(&reference::emission_factors().unwrap(), Some("BR-SIN"));
        let by = Some(PricedBy::PerKwh(Money(decimal("0.9512"))));
        let answer = calculate(&shower(200), by, &factors, november());
        assert_eq!(answer.uses.monthly_kwh, Kwh(decimal("82.5")));
        assert_eq!(answer.cost.unwrap().amount, Money(decimal("78.474")));
        let co2e = answer.co2e.unwrap();
        assert_eq!(
            co2e.kg.0,
            (decimal("82.5") * co2e.factor).round_dp(6).normalize()
        );
        assert!(co2e.assumed && co2e.year < 2026);
    }

    #[test]
    fn nothing_is_made_up_where_something_is_not_known() {
        let by_time = tariff("br-cemig-d-branca");
        assert_eq!(cost(&shower(200), &by_time), Err(NoCost::GoesByTime));
        let answer = calculate(&shower(200), None, &HomeFactors::default(), november());
        assert_eq!(answer.cost, Err(NoCost::NoPrice));
        assert_eq!(answer.co2e, Err(EmissionError::NoRegion));
    }

    #[test]
    fn every_shipped_tariff_that_does_not_go_by_time_prices_a_device_and_its_country_has_a_factor()
    {
        let factors = reference::emission_factors().unwrap();
        let mut priced = 0;
        for tariff in reference::tariffs().unwrap() {
            let country = tariff.country();
            let region = usual_region(&country).unwrap();
            let known = HomeFactors::of_region(&factors, Some(region));
            assert!(
                known.in_cycle(november(), Kwh(Decimal::ONE)).is_ok(),
                "{region}"
            );
            match cost(&shower(200), &tariff) {
                Ok(cost) => {
                    assert!(cost.amount.0 > Decimal::ZERO, "{}: {cost:?}", tariff.id);
                    priced += 1;
                }
                Err(NoCost::GoesByTime | NoCost::Bill(BillError::Missing { .. })) => {}
                Err(other) => panic!("{}: {other}", tariff.id),
            }
        }
        assert!(priced > 40, "{priced}");
    }

    #[test]
    fn nonsense_is_named() {
        let mut wrong = shower(200);
        wrong.hours_per_day = decimal("25");
        wrong.plate.quantity = 0;
        wrong.usual_kwh = Kwh(decimal("-1"));
        wrong.price_per_kwh = Some(Money(decimal("-0.5")));
        let errors = wrong.check().unwrap_err();
        let fields: Vec<&str> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            ["quantity", "hours_per_day", "usual_kwh", "price_per_kwh"]
        );
    }

    proptest! {
        #[test]
        fn more_hours_never_cost_less(hours in 0_u32..24, usual in 0_u32..600) {
            let cemig = tariff("br-cemig-d-conventional");
            let mut asked = shower(usual);
            asked.hours_per_day = hours.into();
            let less = cost(&asked, &cemig).unwrap().amount;
            asked.hours_per_day = (hours + 1).into();
            prop_assert!(cost(&asked, &cemig).unwrap().amount >= less);
        }
    }
}
