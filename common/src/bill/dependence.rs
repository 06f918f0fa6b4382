//! What of a cycle's use a tariff's bills depend on: whether its sum says enough, and whether more of
//! it can make a cheaper bill.

use rust_decimal::Decimal;

use super::tariff::{BandMode, Price, Rate, Split, Tariff, TierMode, TierPeriod, Tiers};

impl Tariff {
    /// Whether two cycles of the same kWh can cost differently: by the time or the day of use, or since
    /// what changes inside a cycle is shared by use.
    pub fn depends_on_days(&self) -> bool {
        let charges = || self.versions.iter().flat_map(|version| &version.charges);
        self.split == Split::ByUse
            || charges().any(|charge| {
                let by_series = matches!(charge.price, Some(Price::Series { .. }));
                let tiers = charge.tiers.as_ref();
                let by_day = tiers.is_some_and(|tiers| tiers.period != TierPeriod::Billing);
                by_series || by_day || !charge.windows.is_empty()
            })
    }

    /// Whether one kWh more can make a cheaper bill, at a bound beyond which all kWh are cheaper or are
    /// taxed less; also where the document alone does not tell.
    pub fn can_fall_with_use(&self) -> bool {
        self.versions.iter().any(|version| {
            let tiers = version
                .charges
                .iter()
                .filter_map(|charge| charge.tiers.as_ref());
            let rates = version.taxes.iter().map(|tax| &tax.rate);
            tiers.into_iter().any(falls) || rates.into_iter().any(rate_falls)
        })
    }
}

fn falls(tiers: &Tiers) -> bool {
    match tiers.mode {
        TierMode::Marginal => false,
        TierMode::TableByTotal => true,
        TierMode::WholeBill => {
            let prices: Option<Vec<Decimal>> = tiers
                .prices
                .iter()
                .map(|price| match price {
                    Price::Const(price) => Some(*price),
                    _ => None,
                })
                .collect();
            prices.is_none_or(|prices| !prices.is_sorted())
        }
    }
}

fn rate_falls(rate: &Rate) -> bool {
    match rate {
        Rate::BandedByKwh {
            mode: BandMode::WholeBill,
            rates,
            ..
        } => !rates.is_sorted(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    fn shipped(id: &str) -> Tariff {
        let tariffs = reference::tariffs().unwrap();
        tariffs.into_iter().find(|tariff| tariff.id == id).unwrap()
    }

    #[test]
    fn the_sum_is_enough_for_a_flat_tariff_and_not_for_one_by_the_hour() {
        assert!(!shipped("br-cemig-d-conventional").depends_on_days());
        assert!(!shipped("us-block-example").depends_on_days());
        assert!(shipped("br-cemig-d-branca").depends_on_days());
        assert!(shipped("be-day-ahead-example").depends_on_days());
        // What changes inside of a cycle goes by use.
        assert!(shipped("gb-price-cap-single").depends_on_days());
    }

    #[test]
    fn only_what_jumps_down_can_fall() {
        assert!(!shipped("br-cemig-d-conventional").can_fall_with_use());
        assert!(!shipped("us-block-example").can_fall_with_use());
        let mut bulk = shipped("us-block-example");
        for version in &mut bulk.versions {
            for tiers in version
                .charges
                .iter_mut()
                .filter_map(|it| it.tiers.as_mut())
            {
                tiers.mode = TierMode::WholeBill;
                tiers.prices.reverse();
            }
        }
        assert!(bulk.can_fall_with_use());
    }
}
