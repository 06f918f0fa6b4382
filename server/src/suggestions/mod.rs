//! Saving measures for a home: which fit, what they save, and what the home did with them.

mod fit;
mod rank;
pub mod store;
#[cfg(test)]
mod tests;

pub use rank::{Prices, rank};
pub use store::SuggestionState;
