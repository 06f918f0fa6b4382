//! The database: where EcoTrack's PostgreSQL comes from.
//!
//! Here live the private cluster that EcoTrack runs when nobody gives it a PostgreSQL
//! ([`PrivateCluster`]), the pool, and what every store needs to read a column. What the tables
//! hold is no concern of this room: queries stand in the features' `store.rs`.

mod account;
mod cluster;
mod columns;
mod earlier;
mod error;
mod folders;
mod pool;
mod programs;
#[cfg(test)]
mod tests;

pub use cluster::PrivateCluster;
pub use columns::{document, word};
pub use earlier::running;
pub use error::ClusterError;
pub use pool::{begin_reading, connect, connect_with, migrate, ping};
pub use programs::Search;
