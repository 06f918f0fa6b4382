//! The bill engine: a tariff, the home's figures, tables by date and a cycle's use give a bill.
//!
//! One pure function, [`price`], for the past, the forecast, a what-if and a comparison of
//! tariffs. No clock, no files, no floats. Order: cut the cycle at versions and dated values;
//! apply the minimum; price each charge; taxes on top in their order; taxes inside, group by
//! group; charges outside of taxes; round the total, and nothing before it.
//!
//! What is not known is an error or an entry in [`Bill::assumptions`], never a zero. What the
//! model can say and the engine cannot yet compute is [`BillError::Unsupported`] with its path.
//!
//! * `tariff`: the model; `check`: what makes it sound, and what is not evaluated yet
//! * `usage`, `tables`: the other arguments; `lines`: the answer; `error`: or why there is none
//! * `evaluate`: the order above; `split`, `charges`, `tiers`, `tax`: its steps
//! * `brazil`: how a conventional Brazilian tariff is said in the model

pub mod brazil;
mod charges;
mod check;
mod error;
mod evaluate;
mod lines;
mod split;
mod tables;
mod tariff;
mod tax;
mod tiers;
mod usage;

#[cfg(test)]
mod tests;

pub use error::BillError;
pub use evaluate::{cost_of_change, marginal_price, price};
pub use lines::{Assumption, AssumptionKind, Bill, BillLine, LineRule, TaxPart, Unit};
pub use tables::{DatedTable, DatedValue, Flag, HolidayCalendar, Tables};
pub use tariff::{
    BandMode, Basis, Charge, Class, Confidence, Direction, Export, HolidayRule, Minimum,
    MinimumKwh, OffsetShare, Parameter, Price, Rate, Rounding, RoundingMode, Split, Tariff, Tax,
    TaxMethod, TierMode, TierPeriod, TierTable, Tiers, Version, Window,
};
pub use usage::{MAX_DAYS, Parameters, Usage};
