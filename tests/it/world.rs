//! A server on a database of its own, and the people who use it through the real client.

use std::net::SocketAddr;

use crossterm::event::KeyCode;
use ecotrack_common::account::{Language, Registration};
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::profile::{Connection, EnergyProfile, LocationInfo, NewEnergyProfile};
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::{App, catalog, jobs, serve};
use ecotrack_tui::client::{Client, new_key};
use ecotrack_tui::runtime::Options;
use ecotrack_tui::testing::Runner;
use ecotrack_tui::theme::{Charset, Theme};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The server's side.
pub(crate) struct World {
    pub(crate) db: PgPool,
    pub(crate) address: SocketAddr,
    running: Option<(JoinHandle<anyhow::Result<()>>, CancellationToken)>,
}

impl World {
    pub(crate) async fn new(db: PgPool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut world = Self {
            db,
            address,
            running: None,
        };
        catalog::load_reference(&world.db, Clock::System.now())
            .await
            .unwrap();
        world.serve(listener).await;
        world
    }

    async fn serve(&mut self, listener: TcpListener) {
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

    /// It comes back where it was.
    pub(crate) async fn start(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody with a home and a meter that is read by its counter.
    pub(crate) async fn ana(&self) -> Person {
        let client = Client::new(&self.url()).unwrap();
        let signed_in = client
            .register(&Registration {
                email: "ana@example.org".to_owned(),
                display_name: "Ana".to_owned(),
                password: "correct horse battery".to_owned(),
                language: Language::English,
            })
            .await
            .unwrap();
        let client = client.with_token(&signed_in.token);
        let home = client.create_profile(&home(), new_key()).await.unwrap();
        let meter = NewMeter {
            name: "Main".to_owned(),
            channel: Channel::GridImport,
            reading_kind: ReadingKind::Register,
            register_digits: None,
        };
        let meter = client
            .create_meter(home.energy_profile_id, &meter, new_key())
            .await
            .unwrap();
        Person {
            client,
            home,
            meter,
        }
    }
}

/// Somebody who uses the client.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) home: EnergyProfile,
    pub(crate) meter: Meter,
}

impl Person {
    /// Their screen, 80 by 24, in this language.
    pub(crate) fn screen(&self, world: &World, language: Language) -> Runner {
        let theme = Theme::new(termprofile::TermProfile::NoColor, Charset::Unicode);
        let mut options = Options::new(language, theme, world.url());
        options.language_given = true;
        options.signed_in = true;
        options.home = Some(self.home.energy_profile_id);
        Runner::start(80, 24, self.client.clone(), options)
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

/// Types a register into the entry line.
pub(crate) fn enter(runner: &Runner, kwh: &str) {
    runner.type_text("r");
    runner.type_text(kwh);
    runner.press(KeyCode::Enter);
}

fn home() -> NewEnergyProfile {
    NewEnergyProfile {
        name: "Casa Aurora".to_owned(),
        occupants: None,
        area_m2: None,
        connection: Connection::Two,
        currency: "BRL".to_owned(),
        time_zone: "America/Sao_Paulo".to_owned(),
        billing_cycle_day: 10,
        tariff: Some("br-cemig-d-conventional".to_owned()),
        location: LocationInfo {
            country: "BR".to_owned(),
            state: Some("MG".to_owned()),
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
            grid_region: Some("BR-SIN".to_owned()),
        },
    }
}
