//! The bill engine: a tariff, the home's figures, tables by date and a cycle's use give a bill.
//!
//! One pure function, [`price`], for the past, the forecast, a what-if and a comparison of
//! tariffs. No clock, no files, no floats. Order: cut the cycle at versions and dated values;
//! apply the minimum; price each charge, less what credits pay for; taxes on top in their order; taxes inside, group by
//! group; charges outside of taxes; round the total, and nothing before it.
//!
//! What is not known is an error or an entry in [`Bill::assumptions`], never a zero.
//!
//! * `tariff`: the model; `check`: what makes it sound
//! * `usage`, `tables`: the other arguments; `lines`: the answer; `error`: or why there is none
//! * `evaluate`: the order above; `split`, `charges`, `tiers`, `windows`, `series`, `timed`, `export`,
//!   `tax`: its steps
//! * `marginal`: what one more kWh costs; `shape`: use scaled, and moved to other days
//! * `by_time`: what a kWh costs at each time of a day; `dependence`: on what of the use a bill depends
//! * `brazil`: how Brazilian tariffs are said in the model

pub mod brazil;
mod by_time;
mod charges;
mod check;
mod dependence;
mod error;
mod evaluate;
mod export;
mod findings;
mod lines;
mod marginal;
mod now;
mod series;
mod shape;
mod split;
mod tables;
mod tariff;
mod tax;
mod tiers;
mod timed;
mod usage;
mod windows;

#[cfg(test)]
mod tests;

pub use by_time::{PricePart, PriceSpan, price_by_time};
pub use error::{BillError, MissingFigure, TariffRule};
pub use evaluate::{CREDITS, EXPORT, MINIMUM, price, price_exchange};
pub use export::credits_after;
pub use findings::{TariffFinding, TariffFindingKind};
pub use lines::{Assumption, AssumptionKind, Bill, BillExport, BillLine, LineRule, TaxPart, Unit};
pub use marginal::{cost_of_change, marginal_price};
pub use now::{DayPrices, PriceNow, PriceThen};
pub use tables::{DatedRate, DatedTable, DatedValue, Flag, PriceSeries, Tables};
pub use tariff::{
    BandMode, Basis, Charge, Class, Confidence, Direction, Export, HolidayRule, Minimum,
    MinimumKwh, OffsetShare, Parameter, Price, Rate, RoundAt, Rounding, RoundingMode, Split,
    Tariff, Tax, TaxMethod, TierMode, TierPeriod, TierTable, Tiers, Version, Window,
};
pub use usage::{
    DaySteps, EnergyCredit, Exchange, MAX_DAYS, Parameters, StepUse, Usage, check_cycle,
};
