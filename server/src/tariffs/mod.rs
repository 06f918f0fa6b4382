//! Which tariff a home has, and with which figures of its own.
//!
//! Tariffs themselves are reference data and stand in `catalog`; this is what a home makes of them.

mod effective;
pub mod store;
#[cfg(test)]
mod tests;

pub use effective::{EffectiveTariff, TariffError, effective};
pub use store::ProfileTariff;
