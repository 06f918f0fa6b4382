//! EcoTrack seen from outside: the real server, the real client and a terminal, together.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests; clippy sees only the functions marked as such"
)]

mod admin;
mod cli;
mod compared;
mod consumption;
mod enter_reading;
mod explained;
mod forms;
mod household;
mod import_and_forecast;
mod import_killed;
mod import_screen;
mod live;
mod new_here;
mod outbox;
mod public_page;
mod source;
mod tariffs;
mod tidy;
mod trouble;
mod two_members;
mod world;
