//! The command line: what can be typed, and what each command does.
//!
//! Results go to standard output, everything else to standard error. The status is 0 when it went
//! well, 1 when it did not, 2 when the command was not understood. Help texts are English, as clap
//! words around them are; all else is in both languages.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use ecotrack_common::account::Language;
use ecotrack_common::locale::Locale;

use crate::config::{self, Given, Settings};

mod account;
mod admin;
mod alerts;
mod archive;
mod away;
mod bills;
mod calculate;
mod catalog;
mod co2e;
mod consumption;
mod context;
mod dashboard;
mod demo;
mod devices;
mod explain;
mod export;
mod failure;
mod forecast;
mod goals;
mod history;
mod import;
mod import_presets;
mod keys;
mod lists;
mod live;
mod log;
mod many;
mod members;
mod meters;
mod notices;
mod patterns;
mod predict;
mod profiles;
mod public;
mod readings;
mod report;
mod rows;
mod screens;
mod secrets;
mod session;
pub(crate) mod shown;
mod streams;
mod suggestions;
pub(crate) mod table;
mod tariffs;
#[cfg(test)]
mod tests;
mod typed;
mod weather;
mod what_if;
mod words;
#[cfg(test)]
mod words_tests;
mod writes;

pub use streams::Streams;

use context::Context;
use failure::Failure;

const SERVER_HELP: &str = "Address of the server [default: http://127.0.0.1:7878]";

type Result<T, E = Failure> = std::result::Result<T, E>;

/// EcoTrack: what your home uses, what it costs and emits, and what it is going to
#[derive(Debug, Parser)]
#[command(
    name = "ecotrack",
    version,
    after_help = "Without a command it opens the screens."
)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
struct Flags {
    #[arg(long, global = true, env = "ECOTRACK_SERVER", value_name = "URL", help = SERVER_HELP)]
    server: Option<String>,
    /// Language: en or pt-BR
    #[arg(long, global = true, env = "ECOTRACK_LANG", value_name = "LANGUAGE", value_parser = language)]
    lang: Option<Language>,
    /// Home, by name or key; the one looked at last when left out
    #[arg(long, global = true, env = "ECOTRACK_PROFILE", value_name = "HOME")]
    profile: Option<String>,
    /// Print JSON, as it came from the server
    #[arg(long, global = true)]
    json: bool,
    /// Configuration file (TOML)
    #[arg(long, global = true, env = "ECOTRACK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of sign-ins and logs
    #[arg(long, global = true, env = "ECOTRACK_STATE_DIR", value_name = "FOLDER")]
    state_dir: Option<PathBuf>,
    /// Panics once the screens are open, for the test of what that leaves behind
    #[cfg(debug_assertions)]
    #[arg(long, global = true, hide = true)]
    panic_on_start: bool,
}

impl Flags {
    fn panic_on_start(&self) -> bool {
        #[cfg(debug_assertions)]
        return self.panic_on_start;
        #[cfg(not(debug_assertions))]
        return false;
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the screens (the default)
    Tui,
    /// Start a private server with a demo home and open it
    Demo,
    /// Make an account; the password is asked for, or read from standard input
    Register(account::Register),
    /// Sign in; the password is asked for, or read from standard input
    Login {
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Sign out
    Logout,
    /// Who is signed in where
    Whoami,
    /// Your name, language, password and sign-ins
    #[command(subcommand)]
    Account(account::Account),
    /// Homes: make, show, edit, remove, restore
    #[command(subcommand)]
    Profiles(profiles::Profiles),
    /// Who belongs to the home, and invitations
    #[command(subcommand)]
    Members(members::Members),
    /// Print the dashboard
    Dashboard,
    /// What was used: by hours, days, weeks, months or years, and what the home usually does
    Consumption(consumption::Consumption),
    /// Add, list, correct and import readings
    #[command(subcommand)]
    Readings(readings::Readings),
    /// Layouts of files that `readings import` knows by name
    ImportPresets(import_presets::ImportPresets),
    /// Meters: list, add, edit, remove
    #[command(subcommand)]
    Meters(meters::Meters),
    /// Keys for meters and programs that send readings: list, add, remove
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What is sent, and which meter it is of: list, map, ignore, forget; topics of brokers
    #[command(subcommand)]
    Live(live::Live),
    /// Bills: list, explain, compare, add, edit, remove
    #[command(subcommand)]
    Bills(bills::Bills),
    /// Devices: list, add, edit, remove
    #[command(subcommand)]
    Devices(devices::Devices),
    /// Limits: list, add, edit, remove
    #[command(subcommand)]
    Goals(goals::Goals),
    /// Alerts: list, show, acknowledge, snooze; the rules that raise them
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    /// Where you are told elsewhere: list, add, edit, test, remove
    #[command(subcommand)]
    Notices(notices::Notices),
    /// What would be if devices, tariff, people or roof were others
    WhatIf(what_if::WhatIfArgs),
    /// Days on which nobody is at home: list, add, edit, remove
    #[command(subcommand)]
    Away(away::Away),
    /// Temperatures outside: list, import, remove
    #[command(subcommand)]
    Weather(weather::Weather),
    /// A table of the home as CSV or JSON: all of it, or a span of days
    Export(export::Export),
    /// Who changed what, newest first
    History(history::History),
    /// Take back your newest change, or the one named
    Undo {
        /// The operation, by its key or the end of it, as `ecotrack history` shows it
        operation: Option<String>,
    },
    /// Do again what you took back last
    Redo,
    /// The forecast: days, hours and months to come, how good it is, a training, what devices will use
    Forecast(forecast::Forecast),
    /// A month, a billing cycle or a year as a page: Markdown, HTML, JSON or CSV
    Report(report::Wanted),
    /// What the home could do: list, show, accept, dismiss, done, reopen, answer
    Suggestions(suggestions::Suggestions),
    /// Appliances with their figures, for `devices add --catalog`
    Catalog(catalog::Search),
    /// What an appliance uses, costs and emits in a month; without signing in
    Calculate(Box<calculate::Calculate>),
    /// What anybody may see of the server: totals of the homes that take part, how to join, saving tips
    Public(public::Public),
    /// Tariffs: list, show, price a file of readings, check a file
    #[command(subcommand)]
    Tariffs(tariffs::Tariffs),
    /// Administer the server: reference data, accounts, jobs
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Print a script that completes commands in a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
}

fn language(text: &str) -> std::result::Result<Language, String> {
    config::parse_language(text).ok_or_else(|| "it is en or pt-BR".to_owned())
}

/// Does what the arguments of the process say, and gives its status.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Prints help and version too; status 2 for what was not understood.
        Err(error) => error.exit(),
    };
    // A panic's report goes to the terminal after the screens have given it back.
    color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .install()
        .unwrap_or_else(|error| tracing::warn!(%error, "panics will be reported plainly"));
    let streams = Streams::of_process();
    let settings = match settings(&cli.flags, &streams) {
        Ok(settings) => settings,
        Err(status) => return status.into(),
    };
    let _log = log::to_file(&settings.state_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let locale = Locale::new(settings.language);
            return Failure::Runtime(error)
                .report(&locale, None, &streams)
                .into();
        }
    };
    runtime.block_on(perform(cli, settings, streams)).into()
}

/// Does what `words` say, the program's name first, on these streams, and gives its status. What
/// belongs to the process, such as its log, is left alone.
pub async fn run(words: impl IntoIterator<Item = OsString>, streams: Streams) -> u8 {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            streams.tell(&error.to_string());
            return u8::try_from(error.exit_code()).unwrap_or(u8::MAX);
        }
    };
    match settings(&cli.flags, &streams) {
        Ok(settings) => perform(cli, settings, streams).await,
        Err(status) => status,
    }
}

/// What holds, or the status after what is wrong with it was said.
fn settings(flags: &Flags, streams: &Streams) -> std::result::Result<Settings, u8> {
    let given = Given {
        config: flags.config.clone(),
        server: flags.server.clone(),
        language: flags.lang,
        state_dir: flags.state_dir.clone(),
    };
    Settings::read(given).map_err(|error| {
        let language = flags.lang.unwrap_or_else(config::system_language);
        Failure::from(error).report(&Locale::new(language), None, streams)
    })
}

async fn perform(cli: Cli, settings: Settings, streams: Streams) -> u8 {
    let locale = Locale::new(settings.language);
    let panic_on_start = cli.flags.panic_on_start();
    let (json, profile) = (cli.flags.json, cli.flags.profile);
    let context = Context::new(settings, locale, json, profile, streams);
    match dispatch(
        &context,
        cli.command.unwrap_or(Command::Tui),
        panic_on_start,
    )
    .await
    {
        Ok(()) => failure::SUCCESS,
        Err(failure) => failure.report(&context.locale, context.home(), &context.streams),
    }
}

async fn dispatch(context: &Context, command: Command, panic_on_start: bool) -> Result<()> {
    match command {
        Command::Tui => screens::saved(context, panic_on_start).await,
        Command::Demo => demo::run(context, panic_on_start).await,
        Command::Register(register) => account::register(context, register).await,
        Command::Login { email } => session::login(context, email).await,
        Command::Logout => session::logout(context).await,
        Command::Whoami => session::whoami(context).await,
        Command::Account(command) => account::run(context, command).await,
        Command::Profiles(command) => profiles::run(context, command).await,
        Command::Members(command) => members::run(context, command).await,
        Command::Dashboard => dashboard::show(context).await,
        Command::Consumption(command) => consumption::run(context, command).await,
        Command::Readings(command) => readings::run(context, command).await,
        Command::ImportPresets(arguments) => import_presets::run(context, &arguments),
        Command::Meters(command) => meters::run(context, command).await,
        Command::Keys(command) => keys::run(context, command).await,
        Command::Live(command) => live::run(context, command).await,
        Command::Bills(command) => bills::run(context, command).await,
        Command::Devices(command) => devices::run(context, command).await,
        Command::Goals(command) => goals::run(context, command).await,
        Command::Alerts(command) => alerts::run(context, command).await,
        Command::Notices(command) => notices::run(context, command).await,
        Command::WhatIf(args) => what_if::run(context, args).await,
        Command::Away(command) => away::run(context, command).await,
        Command::Weather(command) => weather::run(context, command).await,
        Command::Export(wanted) => export::table(context, wanted).await,
        Command::History(history) => history::list(context, history).await,
        Command::Undo { operation } => {
            history::undo(context, operation, crate::undo::OF_ANYTHING).await
        }
        Command::Redo => history::redo(context).await,
        Command::Forecast(command) => forecast::run(context, command).await,
        Command::Report(wanted) => report::run(context, wanted).await,
        Command::Suggestions(command) => suggestions::run(context, command).await,
        Command::Catalog(search) => catalog::devices(context, search).await,
        Command::Calculate(typed) => calculate::run(context, *typed).await,
        Command::Public(asked) => public::run(context, asked).await,
        Command::Tariffs(command) => tariffs::run(context, command).await,
        Command::Admin(command) => admin::run(context, command).await,
        Command::Completions { shell } => completions(context, shell),
    }
}

fn completions(context: &Context, shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ecotrack", &mut script);
    context.streams.print(&String::from_utf8_lossy(&script))
}
