//! EcoTrack's client: the screens and the command line.
//!
//! A message comes in, `app::update` changes the state and says what to do, `draw::view` draws the
//! state; `runtime` alone knows the terminal and the network.

/// A text whose id and arguments are checked while compiling: `t!(cx, "id", name = value)`.
macro_rules! t {
    ($cx:expr, $($message:tt)+) => {
        ecotrack_common::locale::fl!($cx.locale.loader(), $($message)+)
    };
}

mod admin;
mod answers;
pub mod app;
pub mod bill;
pub mod cli;
pub mod client;
mod commands;
pub mod comparison;
pub mod config;
pub mod consumption;
pub mod dashboard;
pub mod dashboard_text;
mod draw;
pub mod forecast;
pub mod form;
pub mod forms;
pub mod help;
pub mod import;
pub mod kept;
pub mod keys;
pub mod link;
pub mod lists;
pub mod message;
mod mouse;
pub mod outbox;
pub mod palette;
pub mod readings;
pub mod remote;
pub mod report;
pub mod runtime;
pub mod session;
mod signed_in;
pub mod suggestion;
pub mod table;
pub mod tariff;
pub mod terminal;
pub mod testing;
pub mod theme;
pub mod told;
mod undo;
pub mod welcome;
pub mod what_if;
pub mod widgets;

#[cfg(test)]
mod admin_tests;
#[cfg(test)]
mod alerts_tests;
#[cfg(test)]
mod bill_tests;
#[cfg(test)]
mod comparison_tests;
#[cfg(test)]
mod consumption_looks_tests;
#[cfg(test)]
mod consumption_tests;
#[cfg(test)]
mod draw_tests;
#[cfg(test)]
mod forecast_looks_tests;
#[cfg(test)]
mod forecast_tests;
#[cfg(test)]
mod forms_device_tests;
#[cfg(test)]
mod forms_tests;
#[cfg(test)]
mod import_looks_tests;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod public_tests;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod screens_tests;
#[cfg(test)]
mod scroll_tests;
#[cfg(test)]
mod start_tests;
#[cfg(test)]
mod suggestion_tests;
#[cfg(test)]
mod tables_tests;
#[cfg(test)]
mod tariff_forms_tests;
#[cfg(test)]
mod tariff_looks_tests;
#[cfg(test)]
mod tariff_tests;
#[cfg(test)]
mod update_tests;
#[cfg(test)]
mod what_if_tests;
