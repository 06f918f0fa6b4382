//! Arguments, log, database, then serve or the one thing that was asked for.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ecotrack_server::accounts::administration;
use ecotrack_server::config::{AccountCommand, Cli, Command, RefreshCommand, Settings};
use ecotrack_server::database::{self, ClusterError, PrivateCluster, Search};
use ecotrack_server::forecasts::train::Progress;
use ecotrack_server::{
    App, alerts, catalog, clock::Clock, demo, doctor, forecasts, goals, profiles, router, serve,
};
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ecotrack-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Openapi) {
        println!("{}", serde_json::to_string_pretty(&router::openapi())?);
        return Ok(());
    }
    if let Command::Backtest(asked) = &command {
        return forecasts::command::run(asked);
    }
    if let Command::JudgeAlerts(asked) = &command {
        return alerts::judge::command::run(asked);
    }
    if let Command::BacktestGoals(asked) = &command {
        return goals::command::run(asked);
    }
    let folder = if matches!(command, Command::Demo) {
        "ecotrack-demo"
    } else {
        "ecotrack"
    };
    let settings = Settings::read(cli.flags, folder)?;
    log_to_stderr(&settings)?;
    if matches!(command, Command::Demo) {
        return demo::run(settings).await;
    }
    let database = match command {
        Command::Serve => Database::open(&settings).await?,
        _ => Database::open_or_join(&settings).await?,
    };
    let outcome = with_database(command, settings, &database).await;
    database.close().await.and(outcome)
}

async fn with_database(
    command: Command,
    settings: Settings,
    database: &Database,
) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    stop_on_signals(shutdown.clone())?;
    let listen = settings.listen;
    let db = database::connect(&database.url).await?;
    database::migrate(&db).await?;
    let app = App::new(db, Clock::System, settings, shutdown);
    catalog::load_reference(&app.db, app.clock.now()).await?;
    match command {
        Command::Serve => {
            let listener = TcpListener::bind(listen).await.with_context(|| {
                format!(
                    "cannot listen on {listen}: is another program on port {}? Choose one with --listen 127.0.0.1:PORT",
                    listen.port()
                )
            })?;
            tracing::info!(address = %listener.local_addr()?, "serving");
            serve(listener, app).await
        }
        Command::Train => train_all(&app).await,
        Command::Doctor { rebuild } => {
            // What is away outside is told, and is no fault of the database.
            for line in doctor::sources(&app).await? {
                println!("{line}");
            }
            see_to_days(&app, rebuild).await
        }
        Command::Refresh {
            command: RefreshCommand::Tariffs,
        } => {
            println!("{}", catalog::refresh::run(&app).await?);
            Ok(())
        }
        Command::Account { command } => see_to_accounts(&app, command).await,
        // Migrating was done above; the others never come here.
        Command::Migrate
        | Command::Openapi
        | Command::Backtest(_)
        | Command::JudgeAlerts(_)
        | Command::BacktestGoals(_)
        | Command::Demo => Ok(()),
    }
}

/// Trains every home and says how far it is, about once a second; fails if any home did.
async fn train_all(app: &App) -> anyhow::Result<()> {
    let began = app.clock.now();
    let mut told = began;
    let line = |progress: Progress| {
        let seconds = app.clock.now().duration_since(began).as_secs_f64();
        let rate = f64::from(i32::try_from(progress.done).unwrap_or(i32::MAX)) / seconds.max(1e-3);
        let Progress {
            homes,
            done,
            failed,
        } = progress;
        eprintln!("{done} of {homes} homes, {failed} failed, {rate:.1} a second");
    };
    let progress = forecasts::train::train_all(app, &mut |progress, failed| {
        if let Some((home, error)) = failed {
            eprintln!("ecotrack-server: {home}: {error:#}");
        }
        let now = app.clock.now();
        if now.duration_since(told) >= SignedDuration::from_secs(1) {
            told = now;
            line(progress);
        }
    })
    .await?;
    line(progress);
    anyhow::ensure!(
        progress.failed == 0,
        "{} of {} homes could not be trained; each says why above",
        progress.failed,
        progress.homes
    );
    Ok(())
}

async fn see_to_accounts(app: &App, command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::List => {
            for line in administration::list(app).await? {
                println!("{line}");
            }
        }
        AccountCommand::Reset { email } => {
            println!("{}", administration::reset(app, &email).await?);
            eprintln!("It works once, within 24 hours; pass it on in private.");
        }
        AccountCommand::Admin { email, remove } => {
            administration::set_admin(app, &email, !remove).await?;
        }
    }
    Ok(())
}

/// Says of each register meter whether its days are what its readings say, or makes them so.
async fn see_to_days(app: &App, rebuild: bool) -> anyhow::Result<()> {
    let mut wrong = 0;
    let mut homes = profiles::store::list_page(&mut *app.db.acquire().await?, None).await?;
    while let Some(last) = homes.last().copied() {
        for home in homes {
            if rebuild {
                doctor::rebuild(app, home).await?;
                println!("{home}: days derived again");
                continue;
            }
            for examined in doctor::examine(app, home).await? {
                let (name, days) = (&examined.meter.name, examined.differing_days);
                println!("{home} {name}: {days} days differ from the readings");
                wrong += days;
            }
        }
        homes = profiles::store::list_page(&mut *app.db.acquire().await?, Some(last)).await?;
    }
    anyhow::ensure!(
        wrong == 0,
        "{wrong} days differ from the readings; ecotrack-server doctor --rebuild derives them again"
    );
    Ok(())
}

/// The operator's PostgreSQL, or a private one that is stopped with us.
struct Database {
    url: SecretString,
    private: Option<PrivateCluster>,
}

impl Database {
    async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self {
                url: url.clone(),
                private: None,
            });
        }
        let cluster =
            PrivateCluster::start(&settings.data_dir, &Search::from_environment()).await?;
        Ok(Self {
            url: SecretString::from(cluster.url()),
            private: Some(cluster),
        })
    }

    /// The same, or the private one of a server that runs.
    async fn open_or_join(settings: &Settings) -> anyhow::Result<Self> {
        let opened = Self::open(settings).await;
        let Err(error) = &opened else { return opened };
        if !matches!(error.downcast_ref(), Some(ClusterError::InUse { .. })) {
            return opened;
        }
        match database::running(&settings.data_dir) {
            Some(url) => Ok(Self {
                url: SecretString::from(url),
                private: None,
            }),
            None => opened,
        }
    }

    async fn close(self) -> anyhow::Result<()> {
        match self.private {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

fn log_to_stderr(settings: &Settings) -> anyhow::Result<()> {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&settings.log)
        .with_context(|| format!("`{}` is no filter for the log; try `info`", settings.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    if settings.log_json {
        log.json().init();
    } else {
        log.init();
    }
    Ok(())
}

/// SIGINT and SIGTERM ask everything to end; a second one ends the process at once.
fn stop_on_signals(shutdown: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    tokio::spawn(async move {
        let next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        let mut next = next;
        next().await;
        shutdown.cancel();
        next().await;
        std::process::exit(130);
    });
    Ok(())
}
