//! `admin`: what administrators of the server see and change.

use clap::Subcommand;
use ecotrack_common::admin::AdminSet;
use jiff::tz::TimeZone;

mod accounts;
mod sets;
mod work;

use super::Result;
use super::context::Context;

#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Appliances of the catalogue
    #[command(subcommand)]
    Catalog(sets::Rows),
    /// Saving measures
    #[command(subcommand)]
    Measures(sets::Rows),
    /// Tariffs
    #[command(subcommand)]
    Tariffs(sets::Tariffs),
    /// The tariff flag in force by time
    #[command(subcommand)]
    Flags(sets::Rows),
    /// The price of each tariff flag by time
    #[command(subcommand)]
    FlagRates(sets::Rows),
    /// Usual tax rates
    #[command(subcommand)]
    Taxes(sets::Rows),
    /// Emission factors
    #[command(subcommand)]
    Factors(sets::Rows),
    /// Holidays
    #[command(subcommand)]
    Holidays(sets::Rows),
    /// Prices by time slot, such as those of a power exchange
    #[command(subcommand)]
    Series(sets::Rows),
    /// Accounts: list, administrators, a way back in, signing out
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// The queue of jobs
    #[command(subcommand)]
    Jobs(work::Jobs),
    /// Trainings of all homes
    #[command(subcommand)]
    Trainings(work::Trainings),
    /// Who administered what, newest first
    Log(work::Log),
}

pub(super) async fn run(context: &Context, command: Admin) -> Result<()> {
    match command {
        Admin::Catalog(command) => sets::run(context, AdminSet::Catalog, command).await,
        Admin::Measures(command) => sets::run(context, AdminSet::Measures, command).await,
        Admin::Tariffs(command) => sets::tariffs(context, command).await,
        Admin::Flags(command) => sets::run(context, AdminSet::Flags, command).await,
        Admin::FlagRates(command) => sets::run(context, AdminSet::FlagRates, command).await,
        Admin::Factors(command) => sets::run(context, AdminSet::Factors, command).await,
        Admin::Taxes(command) => sets::run(context, AdminSet::Taxes, command).await,
        Admin::Series(command) => sets::run(context, AdminSet::Series, command).await,
        Admin::Holidays(command) => sets::run(context, AdminSet::Holidays, command).await,
        Admin::Accounts(command) => accounts::run(context, command).await,
        Admin::Jobs(command) => work::jobs(context, command).await,
        Admin::Trainings(command) => work::trainings(context, command).await,
        Admin::Log(log) => work::log(context, log).await,
    }
}

/// Administration belongs to no home: its times are this computer's.
fn here() -> TimeZone {
    TimeZone::system()
}
