//! A bill explained: what was charged beside what the tariff engine makes of it, why they differ,
//! where the kWh came from, and why it is more than the bill before.
//!
//! Pure, in decimals: every figure follows from the bill as typed, the tariff in force then, and the
//! home's days. What is not known stays unknown and is named, never taken for zero.
//!
//! * `answer`: what travels
//! * `words`: what the words of a paper mean; `lines`: its lines beside the recomputed ones
//! * `reason`: which other figure the charge fits, each priced by the engine; `tried`: the figures;
//!   `what_if`: the tariffs, tables and parameters of them
//! * `energy`: billed, metered and estimated kWh of the same days
//! * `change`: two bills, by Shapley values; `weather`: how the home's use follows the temperature
//! * `fit`: the effective rate, where there is no tariff; `squares`: least squares, for both

mod answer;
mod change;
mod energy;
mod fit;
mod lines;
mod reason;
mod squares;
mod tried;
mod weather;
mod what_if;
mod words;

#[cfg(test)]
mod tests;

pub use answer::{
    BillChange, BillExplanation, Cause, ChangeBasis, ChangeFactor, ChangePart, EffectiveRate,
    EffectiveRateAnswer, EnergyReconciliation, EnergySource, ExplainedLine, LineKind,
    MissingFactor, NoTariff, PricedBy, RateRefusal, Reason, TaxGroups,
};
pub use change::{Prices, Side, Tariffed, change};
pub use energy::{devices_on, reconcile};
pub use fit::{NEEDED_BILLS, RatedBill, effective_rate};
pub use lines::compare;
pub use reason::{Case, Found, reasons};
pub use weather::{WeatherDay, weather_change};
