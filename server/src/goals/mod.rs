//! Limits for a period, and how a home stands towards them.

pub mod progress;
pub mod store;
