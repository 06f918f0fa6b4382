//! A meter reading in five seconds, from the dashboard; a wrong one asked about; undone.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_tui::runtime::Exit;
use jiff::{Timestamp, ToSpan};
use sqlx::PgPool;

use crate::world::{World, enter, so_far, typed};

/// What a screen says, in one language.
struct Words {
    live: &'static str,
    key: &'static str,
    unknown: &'static str,
    difference: &'static str,
    saved: &'static str,
    total: &'static str,
    undone: &'static str,
}

const ENGLISH: Words = Words {
    live: "● live",
    key: "r reading",
    unknown: "No day is known yet",
    difference: "+50.5 kWh",
    saved: "Saved: 32,150.5",
    total: "~50.5",
    undone: "Undone.",
};

const PORTUGUESE: Words = Words {
    live: "● ao vivo",
    key: "r leitura",
    unknown: "Nenhum dia conhecido ainda",
    difference: "+50,5 kWh",
    saved: "Salva: 32.150,5",
    total: "~50,5",
    undone: "Desfeito.",
};

async fn journey(db: PgPool, language: Language, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(2, "32100").await;
    let mut screen = ana.screen(&world, language);
    screen.shows(words.live).await;
    screen.shows(words.key).await;
    let before = screen.shows(words.unknown).await;
    assert_eq!(so_far(&before), "–", "{before}");

    screen.type_text("r");
    screen.type_text("32150,5");
    screen.shows(words.difference).await;
    screen.press(KeyCode::Enter);
    screen.shows(words.saved).await;
    // The chart and the figures move by themselves.
    screen.hides(words.unknown).await;
    screen
        .until(words.total, |screen| so_far(screen) == words.total)
        .await;
    assert_eq!(ana.stored().await, ["32150.500000", "32100.000000"]);
    assert_eq!(world.rows("32150.5").await, 1);

    screen.type_text("u");
    screen.shows(words.undone).await;
    let after = screen.shows(words.unknown).await;
    assert_eq!(so_far(&after), "–", "{after}");
    assert_eq!(ana.stored().await, ["32100.000000"]);
    assert_eq!(world.rows("32150.5").await, 0);

    screen.type_text("q");
    assert_eq!(screen.done().await, Exit::Left);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_is_typed_seen_and_undone_in_english(db: PgPool) {
    journey(db, Language::English, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_is_typed_seen_and_undone_in_portuguese(db: PgPool) {
    journey(db, Language::BrazilianPortuguese, PORTUGUESE).await;
}

async fn wrong_values(db: PgPool, language: Language, words: [&str; 3]) {
    let [key, not_a_number, too_large] = words;
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(2, "32100").await;
    let mut screen = ana.screen(&world, language);
    screen.shows(key).await;
    enter(&screen, "321o5");
    let asked = screen.shows(not_a_number).await;
    assert!(asked.contains("321o5"), "{asked}");
    screen.ctrl('u');
    screen.hides("321o5").await;
    screen.type_text("999999999");
    screen.press(KeyCode::Enter);
    let asked = screen.shows(too_large).await;
    assert!(asked.contains("999999999"), "{asked}");
    assert_eq!(ana.stored().await, ["32100.000000"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_value_stays_with_its_message_in_english(db: PgPool) {
    let words = ["r reading", "Not a number.", "At most 99"];
    wrong_values(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_value_stays_with_its_message_in_portuguese(db: PgPool) {
    let words = ["r leitura", "Não é um número.", "No máximo 99"];
    wrong_values(db, Language::BrazilianPortuguese, words).await;
}

async fn lower(db: PgPool, language: Language, [key, asked, saved]: [&str; 3]) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(2, "32100").await;
    let mut screen = ana.screen(&world, language);
    screen.shows(key).await;
    enter(&screen, "7");
    screen.shows(asked).await;
    assert_eq!(ana.stored().await, ["32100.000000"]);
    screen.press(KeyCode::Enter);
    screen.shows(saved).await;
    assert_eq!(ana.stored().await, ["7.000000", "32100.000000"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_lower_register_stands_when_confirmed_in_english(db: PgPool) {
    let words = ["r reading", "Lower than 32,100", "Saved: 7"];
    lower(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_lower_register_stands_when_confirmed_in_portuguese(db: PgPool) {
    let words = ["r leitura", "Menor que 32.100", "Salva: 7"];
    lower(db, Language::BrazilianPortuguese, words).await;
}

/// The client knows only what it has fetched; the server knows of the row in between.
#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_register_lower_than_one_the_screen_never_saw_is_asked_about_by_the_server(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let first = ana.read_before(6, "100").await;
    ana.read_at(first.read_at + 48.hours(), "180").await;
    ana.read_at(first.read_at + 120.hours(), "200").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("r reading").await;
    // Three days ago, between what the screen knows as the newest and what it never listed.
    screen.type_text("r");
    screen.type_text("150");
    screen.press(KeyCode::Tab);
    screen.type_text(&typed(first.read_at + 72.hours(), Language::English));
    screen.press(KeyCode::Enter);
    screen.shows("Lower than the reading before").await;
    screen.press(KeyCode::Enter);
    screen.shows("Saved: 150").await;
    assert_eq!(world.rows("150").await, 1);
}

async fn same_instant(db: PgPool, language: Language, key: &str, there: &str, saved: &str) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let first = ana.read_before(3, "32100").await;
    let at = Timestamp::from_second(first.read_at.as_second() / 60 * 60 + 3600).unwrap();
    ana.read_at(at, "32101").await;
    let mut screen = ana.screen(&world, language);
    screen.shows(key).await;
    screen.type_text("r");
    screen.type_text("32109");
    screen.press(KeyCode::Tab);
    screen.type_text(&typed(at, language));
    screen.press(KeyCode::Enter);
    let refused = screen.shows(there).await;
    assert!(
        refused.contains("32109"),
        "what was typed stays:\n{refused}"
    );
    assert_eq!(ana.stored().await, ["32101.000000", "32100.000000"]);
    // Another minute is another reading.
    screen.ctrl('u');
    screen.type_text(&typed(at + 5.minutes(), language));
    screen.press(KeyCode::Enter);
    screen.shows(saved).await;
    assert_eq!(world.rows("32109").await, 1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_second_reading_at_an_instant_is_refused_with_the_first_in_english(db: PgPool) {
    let there = "There already is a reading at this instant: 32,101";
    same_instant(db, Language::English, "r reading", there, "Saved: 32,109").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_second_reading_at_an_instant_is_refused_with_the_first_in_portuguese(db: PgPool) {
    let there = "Já existe uma leitura neste instante: 32.101";
    let language = Language::BrazilianPortuguese;
    same_instant(db, language, "r leitura", there, "Salva: 32.109").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_is_corrected_removed_and_brought_back_in_the_list(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    ana.read_before(1, "110").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("r reading").await;
    screen.type_text("4");
    screen.shows("kWh since").await;
    screen.shows("▸").await;
    screen.type_text("e");
    screen.ctrl('u');
    screen.type_text("112");
    screen.press(KeyCode::Enter);
    screen.shows("Saved: 112").await;
    assert_eq!(ana.stored().await, ["112.000000", "100.000000"]);
    screen.shows("+12").await;
    screen.type_text("d");
    screen.shows("Removed. u brings it back.").await;
    screen
        .until("one row", |screen| !screen.contains("112"))
        .await;
    assert_eq!(ana.stored().await, ["100.000000"]);
    screen.type_text("u");
    screen.shows("Undone.").await;
    screen.shows("112").await;
    screen.type_text("u");
    // Taking the correction back too: each step in its order.
    screen.shows("110").await;
    assert_eq!(ana.stored().await, ["110.000000", "100.000000"]);
}
