//! A server on a database of its own, and the people who use it through the real client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossterm::event::KeyCode;
use ecotrack_common::Kwh;
use ecotrack_common::account::{Language, Registration, SignedIn};
use ecotrack_common::locale::Locale;
use ecotrack_common::member::{InvitationAcceptance, NewInvitation};
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::profile::{
    Connection, EnergyProfile, LocationInfo, NewEnergyProfile, ProfileDetails, Role,
};
use ecotrack_common::reading::{Measured, NewReading, Reading};
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::{App, alerts, catalog, database, jobs, serve};
use ecotrack_tui::client::{Client, new_key};
use ecotrack_tui::kept::KeptFolder;
use ecotrack_tui::runtime::Options;
use ecotrack_tui::testing::Runner;
use ecotrack_tui::theme::{Charset, Theme};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::PgPool;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The time zone of every home.
pub(crate) const ZONE: &str = "America/Sao_Paulo";

/// The server's side.
pub(crate) struct World {
    pub(crate) db: PgPool,
    pub(crate) address: SocketAddr,
    /// Holds the port while the server is away: bound, never listening, so connections are refused.
    _port: TcpSocket,
    running: Option<(JoinHandle<anyhow::Result<()>>, CancellationToken)>,
    /// A server that can be killed: all of it lives here.
    apart: Option<Runtime>,
}

impl World {
    pub(crate) async fn new(db: PgPool) -> Self {
        let port = socket("127.0.0.1:0".parse().unwrap());
        let mut world = Self {
            db,
            address: port.local_addr().unwrap(),
            _port: port,
            running: None,
            apart: None,
        };
        catalog::load_reference(&world.db, Clock::System.now())
            .await
            .unwrap();
        world.start().await;
        world
    }

    /// The server comes, or comes back where it was.
    pub(crate) async fn start(&mut self) {
        let listener = socket(self.address).listen(64).unwrap();
        let shutdown = CancellationToken::new();
        let settings = Settings::with_data_dir(std::env::temp_dir());
        let app = App::new(self.db.clone(), Clock::System, settings, shutdown.clone());
        // The queue's schema is there before the first write asks for a job.
        jobs::worker(&app).await.unwrap();
        self.running = Some((tokio::spawn(serve(listener, app)), shutdown));
    }

    /// The server goes away, in good order.
    pub(crate) async fn stop(&mut self) {
        let (task, shutdown) = self.running.take().unwrap();
        shutdown.cancel();
        task.await.unwrap().unwrap();
    }

    /// The server comes, in a runtime and with database connections of its own, so that it can be
    /// killed.
    pub(crate) async fn start_apart(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (address, options) = (self.address, self.db.connect_options());
        let started = runtime.spawn(async move {
            // As patient as the program: a lock of whoever died before is answered 503 in time.
            let db = database::connect_with((*options).clone()).await.unwrap();
            let listener = socket(address).listen(64).unwrap();
            let settings = Settings::with_data_dir(std::env::temp_dir());
            let app = App::new(db, Clock::System, settings, CancellationToken::new());
            jobs::worker(&app).await.unwrap();
            tokio::spawn(serve(listener, app));
        });
        started.await.unwrap();
        self.apart = Some(runtime);
    }

    /// The server is gone from one moment to the next, with whatever was under way.
    pub(crate) fn kill(&mut self) {
        let runtime = self.apart.take().unwrap();
        // Gone when this returns, its sockets too; a runtime may not be dropped inside another.
        let gone = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5)));
        gone.join().unwrap();
    }

    /// Looks at the alert rules of every home, as the job does.
    pub(crate) async fn look_at_alerts(&self) {
        let settings = Settings::with_data_dir(std::env::temp_dir());
        let shutdown = CancellationToken::new();
        let app = App::new(self.db.clone(), Clock::System, settings, shutdown);
        let homes: Vec<sqlx::types::Uuid> =
            sqlx::query_scalar("SELECT energy_profile_id FROM energy_profile")
                .fetch_all(&self.db)
                .await
                .unwrap();
        for home in homes {
            alerts::evaluate::run(&app, home.into()).await.unwrap();
        }
    }

    /// One value that PostgreSQL itself has.
    pub(crate) async fn value(&self, query: &'static str) -> String {
        sqlx::query_scalar::<_, String>(query)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// How many rows say this register, in PostgreSQL itself.
    pub(crate) async fn rows(&self, kwh: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM energy_reading WHERE kwh = $1::text::numeric")
            .bind(kwh)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody with an account and nothing else.
    async fn account(&self, name: &str) -> (Client, SignedIn) {
        let client = Client::new(&self.url()).unwrap();
        let signed_in = client
            .register(&Registration {
                email: format!("{}@example.org", name.to_lowercase()),
                display_name: name.to_owned(),
                password: PASSWORD.to_owned(),
                language: Language::English,
                invitation: None,
            })
            .await
            .unwrap();
        (client.with_token(&signed_in.token), signed_in)
    }

    /// Ana, with a home and a meter that is read by its counter.
    pub(crate) async fn ana(&self) -> Person {
        self.owner(ReadingKind::Register).await
    }

    /// Ana, with a home and a meter of this kind.
    pub(crate) async fn owner(&self, reading_kind: ReadingKind) -> Person {
        self.owner_called("Ana", reading_kind).await
    }

    /// Somebody else, likewise.
    pub(crate) async fn owner_called(&self, name: &str, reading_kind: ReadingKind) -> Person {
        let (client, signed_in) = self.account(name).await;
        let home = client.create_profile(&home(), new_key()).await.unwrap();
        let meter = NewMeter::new("Main", Channel::GridImport, reading_kind);
        let meter = client
            .create_meter(home.energy_profile_id, &meter, new_key())
            .await
            .unwrap()
            .row
            .unwrap();
        Person {
            client,
            token: signed_in.token,
            home,
            meter,
        }
    }

    /// Another member of somebody's home, who was passed a code.
    pub(crate) async fn member(&self, owner: &Person, name: &str, role: Role) -> Person {
        let (client, signed_in) = self.account(name).await;
        let home = owner.home.energy_profile_id;
        let made = owner.client.invite(home, NewInvitation { role }).await;
        let code = made.unwrap().code;
        let acceptance = InvitationAcceptance { code };
        client
            .accept_invitation(&acceptance, new_key())
            .await
            .unwrap();
        Person {
            client,
            token: signed_in.token,
            home: owner.home.clone(),
            meter: owner.meter.clone(),
        }
    }

    /// The screen of somebody who is not signed in.
    pub(crate) fn door(&self, language: Language) -> Runner {
        let options = Options::new(language, plain(), self.url());
        Runner::start(80, 24, Client::new(&self.url()).unwrap(), options)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((_, shutdown)) = &self.running {
            shutdown.cancel();
        }
        if let Some(runtime) = self.apart.take() {
            runtime.shutdown_background();
        }
    }
}

/// Somebody who uses the client.
pub(crate) struct Person {
    pub(crate) client: Client,
    token: String,
    pub(crate) home: EnergyProfile,
    pub(crate) meter: Meter,
}

impl Person {
    /// Their screen, 80 by 24, in this language.
    pub(crate) fn screen(&self, world: &World, language: Language) -> Runner {
        self.screen_through(&world.url(), language)
    }

    /// The same with the server at another address, as behind a proxy.
    pub(crate) fn screen_through(&self, url: &str, language: Language) -> Runner {
        self.start(url, language, None)
    }

    /// The same with a disk, on which drafts and what waits are kept for the next start.
    pub(crate) fn screen_on(&self, url: &str, language: Language, disk: &Path) -> Runner {
        // One name for the server, whichever way it is reached.
        let kept = KeptFolder::new(disk, "server");
        self.start(url, language, Some(kept))
    }

    fn start(&self, url: &str, language: Language, kept: Option<KeptFolder>) -> Runner {
        let mut options = Options::new(language, plain(), url);
        options.language_given = true;
        options.signed_in = true;
        options.home = Some(self.home.energy_profile_id);
        options.kept = kept;
        let client = Client::new(url).unwrap().with_token(&self.token);
        Runner::start(80, 24, client, options)
    }

    /// Enters a register of some days ago, from another machine as it were.
    pub(crate) async fn read_before(&self, days: i64, kwh: &str) -> Reading {
        let now = Timestamp::from_second(Clock::System.now().as_second()).unwrap();
        self.read_at(now - (days * 24).hours(), kwh).await
    }

    /// Enters the register of an instant.
    pub(crate) async fn read_at(&self, read_at: Timestamp, kwh: &str) -> Reading {
        let new = register(read_at, kwh);
        let (home, meter) = (self.home.energy_profile_id, self.meter.meter_id);
        let written = self.client.create_reading(home, meter, &new, new_key());
        written.await.unwrap().reading.unwrap()
    }

    /// Registers that are stored, newest first.
    pub(crate) async fn stored(&self) -> Vec<String> {
        let page = self
            .client
            .readings(self.home.energy_profile_id, self.meter.meter_id, None)
            .await
            .unwrap();
        page.readings
            .iter()
            .map(|reading| {
                serde_json::to_value(reading).unwrap()["register_kwh"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }
}

/// A folder that is removed at the end.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("ecotrack-disk-{}", new_key()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Types a register into the entry line.
pub(crate) fn enter(runner: &Runner, kwh: &str) {
    runner.type_text("r");
    runner.type_text(kwh);
    runner.press(KeyCode::Enter);
}

/// An instant as it is typed in the home's zone.
pub(crate) fn typed(at: Timestamp, language: Language) -> String {
    Locale::new(language).date_time_typed(at, &TimeZone::get(ZONE).unwrap())
}

/// A register as a client sends it.
pub(crate) fn register(read_at: Timestamp, kwh: &str) -> NewReading {
    NewReading {
        read_at,
        measured: Measured::Register {
            register_kwh: Kwh(kwh.parse().unwrap()),
        },
        estimated: false,
        note: None,
        register_restarted: false,
    }
}

/// What the dashboard says was used in this cycle: its first figure, `–` when nothing is known.
pub(crate) fn so_far(screen: &str) -> &str {
    let row = screen.lines().nth(2).unwrap_or_default();
    row.trim_start_matches(['│', ' '])
        .split(" kWh")
        .next()
        .unwrap_or_default()
}

/// A terminal without colours, so that a screen is its text.
fn plain() -> Theme {
    Theme::new(termprofile::TermProfile::NoColor, Charset::Unicode)
}

/// A socket at this address, even where it was in use a moment ago.
fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// Ten days ago, so that some of the cycle has passed and some has not, whatever the date is.
fn cycle_began() -> Date {
    let zone = TimeZone::get(ZONE).unwrap();
    Clock::System.now().to_zoned(zone).date() - 10.days()
}

fn home() -> NewEnergyProfile {
    let details = ProfileDetails {
        name: "Casa Aurora".to_owned(),
        occupants: None,
        area_m2: None,
        connection: Connection::Two,
        currency: "BRL".to_owned(),
        time_zone: ZONE.to_owned(),
        billing_cycle_day: cycle_began().day().into(),
        public_totals: false,
        location: LocationInfo {
            country: "BR".to_owned(),
            state: Some("MG".to_owned()),
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
            grid_region: Some("BR-SIN".to_owned()),
        },
    };
    NewEnergyProfile {
        details,
        tariff: Some("br-cemig-d-conventional".to_owned()),
    }
}
