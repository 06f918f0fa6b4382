//! The server away: nothing typed is lost, and it is delivered once. Sessions that end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{World, enter};

/// What a screen says, in one language.
struct Words {
    language: Language,
    live: &'static str,
    key: &'static str,
    away: &'static str,
    kept: &'static str,
    waiting: &'static str,
    saved: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    live: "● live",
    key: "r reading",
    away: "▲ server away, retrying · as of",
    kept: "Kept here, 1 waiting",
    waiting: "outbox 1",
    saved: "Saved: 4,321.5",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    live: "● ao vivo",
    key: "r leitura",
    away: "▲ servidor fora do ar, tentando · dados de",
    kept: "Guardado aqui, 1 na espera",
    waiting: "saída 1",
    saved: "Salva: 4.321,5",
};

async fn away(db: PgPool, words: Words) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, words.language);
    screen.shows(words.live).await;
    screen.shows(words.key).await;
    screen.type_text("r");
    screen.type_text("4321");
    world.stop().await;
    // Nobody touches a key, and the screen says that the server is away.
    screen.shows(words.away).await;
    screen.type_text(",5");
    screen.press(KeyCode::Enter);
    let kept = screen.shows(words.kept).await;
    assert!(kept.contains("Casa Aurora"), "{kept}");
    // The next key takes the sentence away; that something waits stays to be seen.
    screen.press(KeyCode::Esc);
    screen.shows(words.waiting).await;

    world.start().await;
    // By itself, without a key.
    screen.shows(words.saved).await;
    screen.hides(words.waiting).await;
    screen.shows(words.live).await;
    assert_eq!(ana.stored().await, ["4321.500000"]);
    assert_eq!(world.rows("4321.5").await, 1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_was_typed_while_the_server_was_away_is_delivered_in_english(db: PgPool) {
    away(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_was_typed_while_the_server_was_away_is_delivered_in_portuguese(db: PgPool) {
    away(db, PORTUGUESE).await;
}

/// A wire between client and server that can lose answers: what the client says arrives, what the
/// server says does not.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    pub(crate) loses_answers: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let loses_answers = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&loses_answers);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&lost)));
            }
        });
        Self {
            address,
            loses_answers,
        }
    }
}

/// Carries one connection. A lost answer takes its connection with it, as a broken line does.
async fn carry(client: TcpStream, server: SocketAddr, lost: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking =
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
        if lost.load(Ordering::Relaxed) || to_client.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    asking.abort();
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_whose_answer_was_lost_is_sent_again_and_stored_once(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let wire = Wire::to(world.address).await;
    let mut screen = ana.screen_through(&format!("http://{}", wire.address), Language::English);
    screen.shows("● live").await;
    screen.shows("r reading").await;

    wire.loses_answers.store(true, Ordering::Relaxed);
    enter(&screen, "4321,5");
    screen.shows(ENGLISH.kept).await;
    assert_eq!(world.rows("4321.5").await, 1, "it did arrive");

    wire.loses_answers.store(false, Ordering::Relaxed);
    // The same key: the server says what it said, instead of refusing a second reading.
    screen.shows(ENGLISH.saved).await;
    screen.shows("● live").await;
    assert_eq!(world.rows("4321.5").await, 1);
    let of_readings = "SELECT count(*) FROM audit_entry WHERE entity = 'energy_reading'";
    let entries: i64 = sqlx::query_scalar(of_readings)
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(entries, 1, "it was done once");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_changed_while_the_stream_was_broken_is_fetched_when_it_is_back(db: PgPool) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("No day is known yet").await;
    screen.shows("● live").await;
    world.stop().await;
    screen.shows("server away").await;
    world.start().await;
    ana.read_before(1, "112.25").await;
    screen.shows("● live").await;
    screen.hides("No day is known yet").await;
}

async fn revoked(db: PgPool, language: Language, [live, ended, welcome]: [&str; 3]) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, language);
    screen.shows(live).await;
    // The same session, ended elsewhere.
    ana.client.sign_out().await.unwrap();
    let door = screen.shows(ended).await;
    assert!(!door.contains("Casa Aurora"), "{door}");
    screen.shows(welcome).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_revoked_session_leads_back_to_the_door_in_english(db: PgPool) {
    let words = ["● live", "Your session has ended", "Saving tip"];
    revoked(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_revoked_session_leads_back_to_the_door_in_portuguese(db: PgPool) {
    let words = ["● ao vivo", "Sua sessão terminou", "Dica 1 de"];
    revoked(db, Language::BrazilianPortuguese, words).await;
}
