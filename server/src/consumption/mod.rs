//! What a home uses, from what its meters say.

pub mod flows;
pub mod home;
pub mod store;
