//! The bill at the end of the cycle of a home without a tariff, by the rate that its bills fit. Pure.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{ProjectedLine, Projection};
use ecotrack_common::explain::EffectiveRate;
use ecotrack_common::forecast::Band;
use ecotrack_common::{KgCo2e, Kwh, Money};
use rust_decimal::Decimal;

/// Code of the fixed part of such a bill.
const FIXED: &str = "FIXED";
/// Code of its energy.
const ENERGY: &str = "ENERGY";

/// What `kwh` cost over `cycle` by `rate`, of which `taken` come from the grid; `co2e` where a factor is
/// known. Each kWh costs the same, so the bands of money are those of energy.
pub fn project_by_rate(
    kwh: Band<Kwh>,
    taken: Band<Kwh>,
    cycle: Cycle,
    rate: &EffectiveRate,
    co2e: Option<Band<KgCo2e>>,
) -> Projection {
    let days = cycle.days();
    let total = taken.map(|kwh| rate.amount(days, kwh));
    let fixed = rate.amount(days, Kwh(Decimal::ZERO));
    let line = |code: &str, amount: Money| ProjectedLine {
        code: code.to_owned(),
        amount,
    };
    Projection {
        kwh,
        total,
        co2e,
        next_kwh: Some(rate.per_kwh),
        flag: None,
        lines: vec![line(FIXED, fixed), line(ENERGY, total.likely - fixed)],
    }
}
