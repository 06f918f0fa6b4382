//! The command line: what can be typed, and what each command does.
//!
//! Results go to standard output, everything else to standard error. The status is 0 when it went
//! well, 1 when it did not, 2 when the command was not understood. Help texts are English, as clap
//! words around them are; all else is in both languages.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use ecotrack_common::account::Language;
use ecotrack_common::locale::Locale;

use crate::config::{self, Given, Settings};

mod account;
mod context;
mod dashboard;
mod demo;
mod failure;
mod forecast;
mod import;
mod log;
mod output;
pub(crate) mod readings;
mod screens;
pub(crate) mod table;
#[cfg(test)]
mod tests;

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
    /// Print the dashboard
    Dashboard,
    /// Add, list and import readings
    #[command(subcommand)]
    Readings(Readings),
    /// Print the forecast
    Forecast,
    /// Print a script that completes commands in a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
enum Readings {
    /// Store what the counter shows
    Add(readings::Add),
    /// List readings, newest first
    List(readings::List),
    /// Import a file of `timestamp,kwh`: all of it, or nothing
    Import(import::Import),
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
    let given = Given {
        config: cli.flags.config.clone(),
        server: cli.flags.server.clone(),
        language: cli.flags.lang,
        state_dir: cli.flags.state_dir.clone(),
    };
    let settings = match Settings::read(given) {
        Ok(settings) => settings,
        Err(error) => {
            let language = cli.flags.lang.unwrap_or_else(config::system_language);
            return Failure::from(error).report(&Locale::new(language));
        }
    };
    let _log = log::to_file(&settings.state_dir);
    let locale = Locale::new(settings.language);
    match run(cli, settings, locale.clone()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&locale),
    }
}

fn run(cli: Cli, settings: Settings, locale: Locale) -> Result<()> {
    // A panic's report goes to the terminal after the screens have given it back.
    color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .install()
        .unwrap_or_else(|error| tracing::warn!(%error, "panics will be reported plainly"));
    let panic_on_start = cli.flags.panic_on_start();
    let context = Context::new(settings, locale, cli.flags.json, cli.flags.profile);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    runtime.block_on(async move {
        match cli.command {
            None | Some(Command::Tui) => screens::saved(&context, panic_on_start).await,
            Some(Command::Demo) => demo::run(&context, panic_on_start).await,
            Some(Command::Login { email }) => account::login(&context, email).await,
            Some(Command::Logout) => account::logout(&context).await,
            Some(Command::Whoami) => account::whoami(&context).await,
            Some(Command::Dashboard) => dashboard::show(&context).await,
            Some(Command::Readings(Readings::Add(add))) => readings::add(&context, add).await,
            Some(Command::Readings(Readings::List(list))) => readings::list(&context, list).await,
            Some(Command::Readings(Readings::Import(file))) => import::import(&context, file).await,
            Some(Command::Forecast) => forecast::show(&context).await,
            Some(Command::Completions { shell }) => completions(shell),
        }
    })
}

fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ecotrack", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
