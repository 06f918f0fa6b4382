//! Prices by quantity.

use rust_decimal::Decimal;

use super::BillError;
use super::tariff::{Price, TierMode, Tiers};

/// A quantity of the whole cycle at one tier's price.
#[derive(Debug)]
pub(super) struct TierPart<'t> {
    /// Counted from 1.
    pub(super) tier: u32,
    pub(super) quantity: Decimal,
    pub(super) price: &'t Price,
}

impl Tiers {
    /// Shares `kwh`, the cycle's total, among the tiers. A total of zero stands in the first.
    pub(super) fn allocate(
        &self,
        kwh: Decimal,
        days: usize,
    ) -> Result<Vec<TierPart<'_>>, BillError> {
        let bounds = self.scaled(&self.bounds_kwh, days)?;
        match self.mode {
            TierMode::Marginal => Ok(marginal(kwh, &bounds, &self.prices)),
            TierMode::WholeBill => {
                let (tier, price) = pick(kwh, &bounds, &self.prices);
                Ok(vec![TierPart {
                    tier,
                    quantity: kwh,
                    price,
                }])
            }
            TierMode::TableByTotal => {
                let (_, table) = pick(kwh, &bounds, &self.tables);
                let bounds = self.scaled(&table.bounds_kwh, days)?;
                Ok(marginal(kwh, &bounds, &table.prices))
            }
        }
    }

    fn scaled(&self, bounds: &[Decimal], days: usize) -> Result<Vec<Decimal>, BillError> {
        let Some(meant_for) = self.scale_by_days else {
            return Ok(bounds.to_vec());
        };
        let scale = |bound: &Decimal| {
            bound
                .checked_mul(Decimal::from(days))?
                .checked_div(meant_for)
        };
        bounds
            .iter()
            .map(scale)
            .collect::<Option<_>>()
            .ok_or(BillError::Overflow)
    }
}

/// The width of each band that holds a part of `kwh`, with the band's place from 0. The upper
/// bound is part of its band.
pub(super) fn widths(kwh: Decimal, bounds: &[Decimal]) -> Vec<(usize, Decimal)> {
    let mut parts = Vec::new();
    let mut from = Decimal::ZERO;
    for at in 0..=bounds.len() {
        let to = bounds.get(at).map_or(kwh, |bound| (*bound).min(kwh));
        if to > from || at == 0 {
            parts.push((at, to - from));
        }
        if to == kwh {
            break;
        }
        from = to;
    }
    parts
}

/// The band into which the whole of `kwh` falls: its place from 0.
pub(super) fn band(kwh: Decimal, bounds: &[Decimal]) -> usize {
    bounds.iter().take_while(|bound| kwh > **bound).count()
}

fn marginal<'t>(kwh: Decimal, bounds: &[Decimal], prices: &'t [Price]) -> Vec<TierPart<'t>> {
    let part = |(at, quantity)| TierPart {
        tier: counted(at),
        quantity,
        price: &prices[at],
    };
    widths(kwh, bounds).into_iter().map(part).collect()
}

fn pick<'t, T>(kwh: Decimal, bounds: &[Decimal], values: &'t [T]) -> (u32, &'t T) {
    let at = band(kwh, bounds);
    (counted(at), &values[at])
}

fn counted(at: usize) -> u32 {
    u32::try_from(at).map_or(u32::MAX, |at| at.saturating_add(1))
}
