//! An administrator at a real terminal and on the command line: an appliance corrected for every home,
//! what an update of the program does to it, a way back in for somebody who forgot the password.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::reference::CatalogDevice;
use ecotrack_server::accounts::administration;
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::{App, catalog};
use ecotrack_tui::testing::Runner;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::world::{PASSWORD, World};

/// Makes somebody an administrator, as who runs the server does.
pub(crate) async fn promote(world: &World, name: &str) {
    let settings = Settings::with_data_dir(std::env::temp_dir());
    let app = App::new(
        world.db.clone(),
        Clock::System,
        settings,
        CancellationToken::new(),
    );
    let email = format!("{}@example.org", name.to_lowercase());
    administration::set_admin(&app, &email, true).await.unwrap();
}

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    shipped: &'static str,
    power: &'static str,
    typed: &'static str,
    ships: &'static str,
    ships_now: &'static str,
    accounts: &'static str,
    code: &'static str,
    welcome: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    shipped: "As it ships with EcoTrack",
    power: "1,111.5",
    typed: "1111.5",
    ships: "ships: 930",
    ships_now: "ships: 941",
    accounts: "bia@example.org",
    code: "pass it on in private",
    welcome: "Saving tip",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    shipped: "Como vem com o EcoTrack",
    power: "1.111,5",
    typed: "1111,5",
    ships: "original: 930",
    ships_now: "original: 941",
    accounts: "bia@example.org",
    code: "passe em particular",
    welcome: "Dica 1 de",
};

/// The watts of the kettle that everybody gets.
async fn kettle(world: &World) -> String {
    let client = ecotrack_tui::client::Client::new(&world.url()).unwrap();
    let catalog: Vec<CatalogDevice> = client.catalog().await.unwrap();
    let kettle = catalog.iter().find(|row| row.slug == "kettle").unwrap();
    kettle.typical_power_w.to_string()
}

/// What an older program shipped.
async fn ship_930(world: &World) {
    for sql in [
        "UPDATE device_catalog SET typical_power_w = 930,
                shipped = jsonb_set(shipped, '{typical_power_w}', '\"930\"') WHERE slug = 'kettle'",
        "UPDATE reference_set SET checksum = 'older' WHERE name = 'device_catalog'",
        "UPDATE reference_revision SET revision = revision + 1",
    ] {
        sqlx::query(sql).execute(&world.db).await.unwrap();
    }
}

fn code(screen: &str) -> String {
    screen
        .split_whitespace()
        .find(|word| word.len() == 19 && word.matches('-').count() == 3)
        .unwrap_or_else(|| panic!("no code:\n{screen}"))
        .to_owned()
}

async fn to_the_kettle(screen: &mut Runner, words: &Words) {
    // The dashboard may be there before it is known who this is.
    let known = |screen: &str| {
        screen
            .lines()
            .next()
            .is_some_and(|tabs| tabs.trim_end().ends_with(" A") || tabs.contains(" A "))
    };
    screen.until("the administrator's tab", known).await;
    screen.type_text("A");
    screen.shows(words.shipped).await;
    screen.type_text("/kettle");
    screen.press(KeyCode::Enter);
    screen.shows("╭ kettle").await;
}

async fn administered(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let bia = world
        .member(&ana, "Bia", ecotrack_common::profile::Role::Viewer)
        .await;
    let mut hers = ana.screen(&world, words.language);
    hers.shows(words.ready).await;
    // Nobody's screen but an administrator's.
    hers.type_text("A");
    hers.type_text("3");
    let seen = hers.shows(words.ready).await;
    assert!(!seen.contains("9 Admin"), "{seen}");
    drop(hers);
    promote(&world, "Ana").await;
    ship_930(&world).await;

    let mut screen = ana.screen(&world, words.language);
    to_the_kettle(&mut screen, &words).await;
    screen.type_text("e");
    screen.shows("930").await;
    for _ in 0..3 {
        screen.press(KeyCode::Tab);
    }
    screen.ctrl('u');
    screen.type_text(words.typed);
    screen.ctrl('s');
    // In force beside what ships, and marked.
    let marked = |screen: &str| screen.contains('≠') && screen.contains(words.power);
    let seen = screen.until("the edit", marked).await;
    assert!(seen.contains(words.ships), "{seen}");
    assert_eq!(kettle(&world).await, "1111.5");

    // An update of the program ships another figure: the edit stays.
    let report = catalog::load_reference(&world.db, Clock::System.now()).await;
    assert!(report.unwrap().changed());
    assert_eq!(kettle(&world).await, "1111.5");

    // Whoever saw it before is told, and sees what ships now; then it is put back to that.
    screen.type_text("R");
    screen.shows(words.ships_now).await;
    screen.type_text("R");
    screen.hides(words.ships_now).await;
    screen.shows(words.shipped).await;
    assert_eq!(kettle(&world).await, "941");

    // A way back in for Bia: the code is told once, and works once.
    screen.press(KeyCode::Esc);
    screen.press(KeyCode::BackTab);
    for _ in 0..3 {
        screen.press(KeyCode::BackTab);
    }
    screen.shows(words.accounts).await;
    screen.press(KeyCode::Down);
    screen.type_text("R");
    let code = code(&screen.shows(words.code).await);
    screen.press(KeyCode::Enter);
    screen.hides(words.code).await;
    let recovery = ecotrack_common::account::Recovery {
        email: "bia@example.org".into(),
        code,
        password: PASSWORD.into(),
    };
    assert!(bia.client.recover(&recovery).await.is_ok());
    assert!(bia.client.recover(&recovery).await.is_err());

    // And the last administrator stays one.
    screen.press(KeyCode::Up);
    screen.type_text("m");
    screen
        .until("a refusal", |screen| screen.contains('▲'))
        .await;
    // A door without a session shows nothing of it.
    let mut nobody = world.door(words.language);
    nobody.shows(words.welcome).await;
    nobody.type_text("A");
    assert!(!nobody.screen().contains("Admin"));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_administrator_corrects_what_ships_and_lets_somebody_back_in(db: PgPool) {
    administered(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn quem_administra_corrige_o_que_vem_e_devolve_um_acesso(db: PgPool) {
    administered(db, PORTUGUESE).await;
}
