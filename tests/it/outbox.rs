//! Nothing typed is lost: drafts and what waits survive a closed terminal, a dropped line and a
//! killed server, and arrive once.

use std::sync::atomic::Ordering;

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_server::clock::Clock;
use ecotrack_tui::testing::Runner;
use jiff::ToSpan;
use sqlx::PgPool;

use crate::trouble::Wire;
use crate::world::{Disk, Person, World, typed};

/// What the screens say, in one language.
struct Words {
    language: Language,
    live: &'static str,
    key: &'static str,
    kept: &'static str,
    waiting: &'static str,
    unfinished: &'static str,
    saved: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    live: "● live",
    key: "r reading",
    kept: "Kept here, 1 waiting",
    waiting: "outbox 1",
    unfinished: "c continue unfinished",
    saved: "Saved.",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    live: "● ao vivo",
    key: "r leitura",
    kept: "Guardado aqui, 1 na espera",
    waiting: "saída 1",
    unfinished: "c continuar o inacabado",
    saved: "Salvo.",
};

async fn closed(db: PgPool, words: Words) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    let disk = Disk::new();
    let url = world.url();
    let mut screen = ana.screen_on(&url, words.language, disk.path());
    screen.shows(words.key).await;
    world.stop().await;
    screen.type_text("r4321,5");
    screen.press(KeyCode::Enter);
    screen.shows(words.kept).await;
    screen.kill();

    // The server is back, the terminal opened again: it goes out by itself.
    world.start().await;
    let mut screen = ana.screen_on(&url, words.language, disk.path());
    screen.shows(words.live).await;
    screen.hides(words.waiting).await;
    assert_eq!(delivered(&world, &mut screen, "4321.5").await, 1);
}

/// How often a register is stored, once the screen says that nothing waits any more.
async fn delivered(world: &World, screen: &mut Runner, kwh: &str) -> i64 {
    screen
        .until("a screen without an outbox", |screen| {
            // Whose outbox it is must be known first.
            screen.contains("Ana") && !screen.contains("outbox") && !screen.contains("saída")
        })
        .await;
    world.rows(kwh).await
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn typed_while_away_closed_and_opened_it_is_delivered_once_in_english(db: PgPool) {
    closed(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn typed_while_away_closed_and_opened_it_is_delivered_once_in_portuguese(db: PgPool) {
    closed(db, PORTUGUESE).await;
}

/// Started with the server away: the home is shown as it was last, and readings are taken.
async fn away_from_the_start(db: PgPool, words: Words, as_of: &str) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "4300").await;
    let disk = Disk::new();
    let url = world.url();
    let mut screen = ana.screen_on(&url, words.language, disk.path());
    screen.shows(words.live).await;
    screen.shows(words.key).await;
    screen.kill();
    world.stop().await;

    let mut screen = ana.screen_on(&url, words.language, disk.path());
    let first = screen.shows("Casa Aurora").await;
    assert!(first.contains(words.key), "{first}");
    screen.shows(as_of).await;
    screen.type_text("r4321,5");
    let typed = screen.shows("+21").await;
    assert!(
        typed.contains("4321,5"),
        "the last value is known:\n{typed}"
    );
    screen.press(KeyCode::Enter);
    screen.shows(words.kept).await;
    world.start().await;
    screen.hides(words.waiting).await;
    assert_eq!(delivered(&world, &mut screen, "4321.5").await, 1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn with_the_server_away_from_the_start_readings_are_taken_in_english(db: PgPool) {
    away_from_the_start(db, ENGLISH, "server away, retrying · as of").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn with_the_server_away_from_the_start_readings_are_taken_in_portuguese(db: PgPool) {
    let away = "servidor fora do ar, tentando · dados de";
    away_from_the_start(db, PORTUGUESE, away).await;
}

async fn draft(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let disk = Disk::new();
    let mut screen = ana.screen_on(&world.url(), words.language, disk.path());
    screen.shows(words.live).await;
    screen.shows(words.key).await;
    screen.type_text("b212");
    screen.shows("212").await;
    screen.kill();
    let mut screen = ana.screen_on(&world.url(), words.language, disk.path());
    screen.shows(words.unfinished).await;
    screen.type_text("c");
    screen.shows("212").await;
    screen.press(KeyCode::Tab);
    screen.type_text("245,90");
    screen.ctrl('s');
    screen.shows(words.saved).await;
    let bill = world
        .value("SELECT kwh::text || ' ' || total::numeric(12,2)::text FROM billing_record")
        .await;
    assert_eq!(bill, "212.000000 245.90");
    // What was sent is no draft any more, at the next start neither.
    screen.kill();
    let mut screen = ana.screen_on(&world.url(), words.language, disk.path());
    let seen = screen.shows(words.key).await;
    assert!(!seen.contains(words.unfinished), "{seen}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_half_typed_bill_survives_the_terminal_in_english(db: PgPool) {
    draft(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_half_typed_bill_survives_the_terminal_in_portuguese(db: PgPool) {
    draft(db, PORTUGUESE).await;
}

/// What happens around one entry.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// All is well.
    Well,
    /// The server was killed before, and comes back afterwards.
    ServerKilled,
    /// What the server answers is lost on the way.
    AnswerLost,
    /// The terminal is killed right after Enter, at whatever moment of sending that is.
    TerminalKilled,
    /// Both are.
    BothKilled,
}

const FATES: [Fate; 5] = [
    Fate::Well,
    Fate::ServerKilled,
    Fate::AnswerLost,
    Fate::TerminalKilled,
    Fate::BothKilled,
];

/// A sequence that follows from its seed.
fn fates(seed: u64, count: usize) -> Vec<Fate> {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            FATES[usize::try_from(state >> 33).unwrap() % FATES.len()]
        })
        .collect()
}

/// Types a register of some days ago and presses Enter.
async fn type_reading(screen: &mut Runner, days: i64, kwh: &str) {
    screen.type_text("r");
    screen.type_text(kwh);
    screen.shows(&format!("▏{kwh}")).await;
    screen.press(KeyCode::Tab);
    let at = Clock::System.now() - (days * 24).hours();
    screen.type_text(&typed(at, Language::English));
    screen.press(KeyCode::Enter);
}

/// Waits until readings can be entered.
async fn ready(screen: &mut Runner) {
    screen
        .until("a dashboard", |screen| {
            screen.contains("● live") && screen.contains("Ana") && screen.contains("kWh a day")
        })
        .await;
}

async fn survive(world: &mut World, ana: &Person, fates: &[Fate]) {
    let disk = Disk::new();
    let wire = Wire::to(world.address).await;
    let url = format!("http://{}", wire.address);
    let open = || ana.screen_on(&url, Language::English, disk.path());
    let mut screen = open();
    ready(&mut screen).await;
    let mut alive = true;
    for (n, fate) in fates.iter().enumerate() {
        let days = i64::try_from(fates.len() - n).unwrap();
        let kwh = (1000 + n).to_string();
        match fate {
            Fate::ServerKilled | Fate::BothKilled if alive => {
                world.kill();
                alive = false;
            }
            Fate::AnswerLost => wire.loses_answers.store(true, Ordering::Relaxed),
            _ => {}
        }
        type_reading(&mut screen, days, &kwh).await;
        match fate {
            Fate::TerminalKilled | Fate::BothKilled => {
                // The keys have been taken once the line is gone or says that it is sending.
                screen
                    .until("Enter was taken", |screen| {
                        !screen.contains(&format!("▏{kwh}")) || screen.contains("Sending")
                    })
                    .await;
                screen.kill();
                wire.loses_answers.store(false, Ordering::Relaxed);
                if !alive {
                    world.start_apart().await;
                    alive = true;
                }
                screen = open();
                ready(&mut screen).await;
            }
            _ => {
                screen
                    .until("the line is free", |screen| {
                        !screen.contains(&format!("▏{kwh}"))
                    })
                    .await;
            }
        }
        wire.loses_answers.store(false, Ordering::Relaxed);
    }
    if !alive {
        world.start_apart().await;
    }
    // Whatever is open by now, a fresh start delivers what is left.
    screen.kill();
    let mut screen = open();
    screen.shows("● live").await;
    for n in 0..fates.len() {
        let kwh = (1000 + n).to_string();
        assert_eq!(
            delivered(world, &mut screen, &kwh).await,
            1,
            "{kwh} of {fates:?}:\n{}",
            screen.screen()
        );
    }
    screen.kill();
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn whatever_dies_when_each_entry_is_there_exactly_once(db: PgPool) {
    let mut world = World::new(db).await;
    world.stop().await;
    world.start_apart().await;
    let ana = world.ana().await;
    for seed in 0..8 {
        survive(&mut world, &ana, &fates(seed, 5)).await;
        sqlx::query("DELETE FROM energy_reading")
            .execute(&world.db)
            .await
            .unwrap();
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_the_server_refuses_after_all_is_shown_and_not_dropped(db: PgPool) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    let there = ana.read_before(2, "100").await;
    let disk = Disk::new();
    let mut screen = ana.screen_on(&world.url(), Language::English, disk.path());
    screen.shows("r reading").await;
    world.stop().await;
    screen.type_text("r");
    screen.type_text("105");
    screen.press(KeyCode::Tab);
    // A minute before, whichever second the other was read at.
    let before = there.read_at - jiff::SignedDuration::from_mins(1);
    screen.type_text(&typed(before, Language::English));
    screen.press(KeyCode::Enter);
    screen.shows("Kept here, 1 waiting").await;
    world.start().await;
    screen.shows("refused 1").await;
    // Closed and opened, it is still there; its line opens with the reason.
    screen.kill();
    let mut screen = ana.screen_on(&world.url(), Language::English, disk.path());
    screen.shows("refused 1").await;
    screen.type_text("O");
    screen.shows("[Outbox]").await;
    screen.press(KeyCode::Enter);
    screen.shows("▏105").await;
    screen.shows("Higher than the 100").await;
}
