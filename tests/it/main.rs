//! EcoTrack seen from outside: the real server, the real client and a terminal, together.

mod enter_reading;
mod tidy;
mod trouble;
mod world;
