//! What a home uses, from what its meters say.

pub mod home;
pub mod store;
