//! What the operator sets: flags, then environment, then a file, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use ecotrack_common::problem::UnknownWord;
use secrecy::SecretString;
use serde::Deserialize;

use crate::live::broker::MqttBroker;
use crate::outside::Address;

/// EcoTrack's server.
#[derive(Debug, Parser)]
#[command(name = "ecotrack-server", version, about, propagate_version = true)]
pub struct Cli {
    /// What every subcommand takes.
    #[command(flatten)]
    pub flags: Flags,
    /// What to do; `serve` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The operator's flags; each has its environment variable.
#[derive(Debug, Clone, Default, Args)]
pub struct Flags {
    /// Configuration file (TOML)
    #[arg(
        long,
        global = true,
        env = "ECOTRACK_SERVER_CONFIG",
        value_name = "FILE"
    )]
    pub config: Option<PathBuf>,
    /// Address to listen on, such as 127.0.0.1:7878
    #[arg(long, global = true, env = "ECOTRACK_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// PostgreSQL to use; without it the server runs a private one
    #[arg(
        long,
        global = true,
        env = "ECOTRACK_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<SecretString>,
    /// Folder of the private PostgreSQL
    #[arg(long, global = true, env = "ECOTRACK_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Who may register: open, invitation or closed
    #[arg(long, global = true, env = "ECOTRACK_REGISTRATION")]
    pub registration: Option<Registration>,
    /// What to log, such as `info` or `ecotrack_server=debug`
    #[arg(long, global = true, env = "ECOTRACK_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Log as JSON, one object a line
    #[arg(long, global = true, env = "ECOTRACK_LOG_JSON")]
    pub log_json: bool,
}

/// What the server does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and run the jobs (the default)
    Serve,
    /// Bring the database to this version and load the reference data
    Migrate,
    /// Train every home now
    Train,
    /// Forecast published series for an outside judge, or fit the shared model; needs no database
    Backtest(crate::forecasts::command::Backtest),
    /// Hold the alert rules against the days of published homes, with and without faults; needs no database
    JudgeAlerts(crate::alerts::judge::command::JudgeAlerts),
    /// Hold the probabilities of passing limits against what became of published series; needs no database
    BacktestGoals(crate::goals::command::BacktestGoals),
    /// Check the database
    Doctor {
        /// Derive every day of register meters again
        #[arg(long)]
        rebuild: bool,
    },
    /// Bring reference data up to date from outside now
    Refresh {
        /// Which
        #[command(subcommand)]
        command: RefreshCommand,
    },
    /// See to people's accounts
    Account {
        /// What to do
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Serve the demo home until standard input closes (`ecotrack demo` starts this)
    Demo,
}

/// What can be asked for outside.
#[derive(Debug, Subcommand)]
pub enum RefreshCommand {
    /// Brazilian tariffs and flags, from ANEEL's open data
    Tariffs,
}

/// What can be done about accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// List everybody who has an account
    List,
    /// Print a one-time code for somebody who forgot the password
    Reset {
        /// Their e-mail address
        email: String,
    },
    /// Make somebody an administrator of this server
    Admin {
        /// Their e-mail address
        email: String,
        /// Take it away again
        #[arg(long)]
        remove: bool,
    },
}

/// Who may register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody who reaches the server.
    #[default]
    Open,
    /// Who has an invitation to a home.
    Invitation,
    /// Nobody.
    Closed,
}

impl std::str::FromStr for Registration {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "open" => Ok(Self::Open),
            "invitation" => Ok(Self::Invitation),
            "closed" => Ok(Self::Closed),
            _ => Err(UnknownWord {
                word: text.to_owned(),
                known: &["open", "invitation", "closed"],
            }),
        }
    }
}

/// The configuration file, all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    database_url: Option<SecretString>,
    data_dir: Option<PathBuf>,
    registration: Option<Registration>,
    log: Option<String>,
    log_json: Option<bool>,
    #[serde(default)]
    weather: Weather,
    #[serde(default)]
    aneel: Aneel,
    #[serde(default)]
    notices: Notices,
    mail: Option<MailServer>,
    #[serde(default)]
    mqtt: Vec<MqttBroker>,
}

/// Temperatures from an Open-Meteo compatible source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// Whether it is asked at all. It learns where the homes are that say so.
    pub enabled: bool,
    /// Address of its archive.
    pub archive_url: Address,
    /// Address of its forecast, for the last days, which the archive gets later.
    pub forecast_url: Address,
}

impl Default for Weather {
    fn default() -> Self {
        let address = |text: &str| text.parse().expect("a constant address");
        Self {
            enabled: false,
            archive_url: address("https://archive-api.open-meteo.com"),
            forecast_url: address("https://api.open-meteo.com"),
        }
    }
}

/// Brazilian tariffs and flags from ANEEL's open data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aneel {
    /// Whether they are asked for each week.
    pub enabled: bool,
    /// Address of the open data.
    pub url: Address,
}

impl Default for Aneel {
    fn default() -> Self {
        Self {
            enabled: false,
            url: "https://dadosabertos.aneel.gov.br"
                .parse()
                .expect("a constant address"),
        }
    }
}

/// What members may have the server send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notices {
    /// Whether to addresses in private networks too, such as an ntfy at home: only where all members are trusted.
    pub allow_private: bool,
}

/// How the connection to the mail server is kept from being read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// Plain first, then encrypted; refused where the server cannot.
    #[default]
    Starttls,
    /// Encrypted from the beginning.
    Tls,
    /// Not at all: for a server on this machine.
    None,
}

/// The server that takes mails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port, where it is not the usual one.
    #[serde(default)]
    pub port: Option<u16>,
    /// How it is spoken with.
    #[serde(default)]
    pub security: MailSecurity,
    /// Who signs in to it.
    #[serde(default)]
    pub user: Option<String>,
    /// With what.
    #[serde(default)]
    pub password: Option<SecretString>,
    /// Whom mails are from, such as `EcoTrack <ecotrack@example.org>`.
    pub from: String,
}

/// What holds, after all sources.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// PostgreSQL to use; `None` runs a private one.
    pub database_url: Option<SecretString>,
    /// Folder of the private PostgreSQL.
    pub data_dir: PathBuf,
    /// Who may register.
    pub registration: Registration,
    /// What to log.
    pub log: String,
    /// Log as JSON.
    pub log_json: bool,
    /// Sign-ins, registrations and codes that one address may try at once, before it must wait.
    pub sign_in_burst: u32,
    /// Temperatures from outside.
    pub weather: Weather,
    /// Tariffs from outside.
    pub aneel: Aneel,
    /// What members may have the server send.
    pub notices: Notices,
    /// The server that takes mails; without one there are none.
    pub mail: Option<MailServer>,
    /// Brokers whose messages homes may listen to.
    pub mqtt: Vec<MqttBroker>,
    /// How long a source outside may take for an answer.
    pub patience: Duration,
}

/// Port 7878: free of registrations that a home would meet.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:7878";

impl Settings {
    /// Settings with nothing set, for tests and tools.
    pub fn with_data_dir(data_dir: PathBuf) -> Self {
        Self {
            listen: DEFAULT_LISTEN.parse().expect("a constant address"),
            database_url: None,
            data_dir,
            registration: Registration::Open,
            log: "info,sqlx=warn,graphile_worker=warn,graphile_worker_migrations=warn".to_owned(),
            log_json: false,
            sign_in_burst: 10,
            weather: Weather::default(),
            aneel: Aneel::default(),
            notices: Notices::default(),
            mail: None,
            mqtt: Vec::new(),
            patience: Duration::from_secs(30),
        }
    }

    /// Settings from all sources. `folder` names the data folder: `ecotrack`, or `ecotrack-demo`.
    ///
    /// # Errors
    /// A file that cannot be read or understood, named with its line, and an address that would
    /// show the server to the network without encryption.
    pub fn read(flags: Flags, folder: &str) -> anyhow::Result<Self> {
        let file = match &flags.config {
            Some(path) => read_file(path)?,
            None => default_config_file()
                .filter(|path| path.exists())
                .map_or_else(|| Ok(File::default()), |path| read_file(&path))?,
        };
        let data_dir = match flags.data_dir.or(file.data_dir) {
            Some(given) => std::path::absolute(&given)
                .with_context(|| format!("the data folder {} is no path", given.display()))?,
            None => default_data_dir(folder)?,
        };
        let defaults = Self::with_data_dir(data_dir);
        let settings = Self {
            listen: flags.listen.or(file.listen).unwrap_or(defaults.listen),
            database_url: flags.database_url.or(file.database_url),
            registration: flags.registration.or(file.registration).unwrap_or_default(),
            log: flags.log.or(file.log).unwrap_or(defaults.log),
            log_json: flags.log_json || file.log_json.unwrap_or(false),
            weather: file.weather,
            aneel: file.aneel,
            notices: file.notices,
            mail: file.mail,
            mqtt: file.mqtt,
            ..defaults
        };
        for (at, broker) in settings.mqtt.iter().enumerate() {
            if settings.mqtt[..at]
                .iter()
                .any(|other| other.name == broker.name)
            {
                bail!(
                    "two brokers are called `{}`; give each a name of its own",
                    broker.name
                );
            }
            if broker.homes.is_empty() && !broker.every_home {
                bail!(
                    "nobody may listen at the broker `{}`: name the homes, or set every_home = true",
                    broker.name
                );
            }
        }
        if !settings.listen.ip().is_loopback() {
            bail!(
                "{} would show passwords to the network in the clear: listen on 127.0.0.1 and let a \
                 reverse proxy with TLS stand before it",
                settings.listen
            );
        }
        Ok(settings)
    }
}

/// Reads the file; errors name it and the line.
fn read_file(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    config::Config::builder()
        .add_source(config::File::from_str(&text, config::FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| {
            let line = line_of(&error.to_string(), &text);
            anyhow::anyhow!("{}:{line}: {error}", path.display())
        })
}

/// The line that an error is about: as the parser tells it, else the line that holds the key it
/// names, else the first.
fn line_of(message: &str, text: &str) -> usize {
    let told = message
        .split("line ")
        .nth(1)
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok());
    let named = || {
        let first = message.split('`').nth(1);
        let told = message.split("for key `").nth(1);
        let told = told.and_then(|told| told.split('`').next());
        // A key that is not known is named first, and then its section.
        let (section, key) = match (message.starts_with("unknown field"), told) {
            (true, section) => (section.unwrap_or_default(), first?),
            (false, Some(told)) => told.rsplit_once('.').unwrap_or(("", told)),
            (false, None) => ("", first?),
        };
        let header = format!("[{section}]");
        let begins = text.lines().position(|line| line.trim() == header);
        let is_it = |line: &str| {
            let rest = line.trim_start().strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let lines = text.lines().enumerate().skip(begins.unwrap_or(0));
        lines
            .filter(|(_, line)| is_it(line))
            .map(|(at, _)| at + 1)
            .next()
    };
    told.or_else(named).unwrap_or(1)
}

fn default_config_file() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/etc/ecotrack/server.toml"));
    }
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("ecotrack").join("server.toml"))
}

/// As root in /var/lib, since the unprivileged user that PostgreSQL runs as cannot enter /root.
fn default_data_dir(folder: &str) -> anyhow::Result<PathBuf> {
    use etcetera::BaseStrategy;
    if rustix::process::geteuid().is_root() {
        return Ok(Path::new("/var/lib").join(folder));
    }
    let base = etcetera::choose_base_strategy()
        .context("there is no home folder: set ECOTRACK_DATA_DIR to where the data shall be")?;
    Ok(base.data_dir().join(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::broker::BrokerAddress;

    fn read(text: &str) -> anyhow::Result<Settings> {
        let folder = std::env::temp_dir().join(format!("ecotrack-config-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("server.toml");
        std::fs::write(&path, text).unwrap();
        let flags = Flags {
            config: Some(path),
            data_dir: Some(folder.clone()),
            ..Flags::default()
        };
        let settings = Settings::read(flags, "ecotrack");
        std::fs::remove_dir_all(folder).unwrap();
        settings
    }

    #[test]
    fn a_file_is_read_and_flags_win() {
        let settings = read("listen = \"127.0.0.1:9000\"\nregistration = \"closed\"\n").unwrap();
        assert_eq!(settings.listen.port(), 9000);
        assert_eq!(settings.registration, Registration::Closed);
        let settings = read("registration = \"invitation\"\n").unwrap();
        assert_eq!(settings.registration, Registration::Invitation);
    }

    #[test]
    fn nobody_outside_is_asked_unless_the_file_says_so() {
        let settings = read("").unwrap();
        assert!(!settings.weather.enabled && !settings.aneel.enabled);
        let text = "[weather]\nenabled = true\narchive_url = \"http://127.0.0.1:1/w/\"\n[aneel]\nenabled = true\n";
        let settings = read(text).unwrap();
        assert!(settings.weather.enabled && settings.aneel.enabled);
        assert_eq!(
            settings.weather.archive_url.to_string(),
            "http://127.0.0.1:1/w"
        );
        assert_eq!(
            settings.weather.forecast_url.to_string(),
            "https://api.open-meteo.com"
        );
        assert_eq!(
            settings.aneel.url.to_string(),
            "https://dadosabertos.aneel.gov.br"
        );
    }

    #[test]
    fn a_corrupt_file_is_named_with_its_line() {
        for (text, line) in [
            ("log = \"info\"\nlisten = \n", 2),
            ("log = \"info\"\n\nlisten = \"nowhere\"\n", 3),
            ("log = \"info\"\nlissten = \"127.0.0.1:1\"\n", 2),
            ("[aneel]\nurl = \"aneel\"\n", 2),
            (
                "[weather]\nenabled = true\narchive = \"https://example.org\"\n",
                3,
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(&format!("server.toml:{line}:")), "{error}");
        }
    }

    #[test]
    fn brokers_have_names_addresses_and_homes_that_may_listen() {
        let text = "[[mqtt]]\nname = \"home\"\nurl = \"mqtts://[::1]:9000/\"\nevery_home = true\n";
        let settings = read(text).unwrap();
        let address = &settings.mqtt[0].url;
        assert_eq!(
            (address.host.as_str(), address.port, address.secure),
            ("::1", 9000, true)
        );
        let plain = BrokerAddress::try_from("mqtt://broker".to_owned()).unwrap();
        assert_eq!((plain.port, plain.secure), (1883, false));
        for wrong in [
            "broker",
            "http://broker",
            "mqtt://",
            "mqtt://me:pw@broker",
            "mqtt://broker:x",
        ] {
            assert!(
                BrokerAddress::try_from(wrong.to_owned()).is_err(),
                "{wrong}"
            );
        }
        let error = read("[[mqtt]]\nname = \"home\"\nurl = \"mqtt://b\"\n").unwrap_err();
        assert!(error.to_string().contains("every_home"), "{error}");
        let error = read(&format!("{text}{text}")).unwrap_err();
        assert!(error.to_string().contains("two brokers"), "{error}");
    }

    #[test]
    fn an_address_open_to_the_network_is_refused() {
        let error = read("listen = \"0.0.0.0:7878\"\n").unwrap_err().to_string();
        assert!(error.contains("reverse proxy"), "{error}");
    }
}
