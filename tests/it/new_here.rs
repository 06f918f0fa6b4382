//! New here: from the welcome screen to the first dashboard by keys alone; out and in again.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_tui::runtime::Exit;
use ecotrack_tui::testing::Runner;
use sqlx::PgPool;

use crate::world::{PASSWORD, World, enter, so_far};

/// What the screens say, in one language.
struct Words {
    language: Language,
    welcome: &'static str,
    register: &'static str,
    too_short: &'static str,
    new_home: &'static str,
    needed: &'static str,
    live: &'static str,
    missing: [&'static str; 4],
    saved: &'static str,
    sign_out: &'static str,
    sign_in: &'static str,
    wrong: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    welcome: "Saving tip 1 of",
    register: "It lives on this server only",
    too_short: "At least 10 characters.",
    new_home: "One last thing",
    needed: "Needed.",
    live: "● live",
    missing: [
        "No day is known yet",
        "No forecast yet: 0 of",
        "No day was measured",
        "Nothing out of the",
    ],
    saved: "Saved: 32,150.5",
    sign_out: "sign out",
    sign_in: "With the e-mail and password",
    wrong: "That e-mail and password do not go together.",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    welcome: "Dica 1 de",
    register: "Ela fica só neste servidor",
    too_short: "Pelo menos 10 caracteres.",
    new_home: "Só falta isto",
    needed: "É preciso preencher.",
    live: "● ao vivo",
    missing: [
        "Nenhum dia conhecido ainda",
        "Ainda sem previsão: 0 de",
        "Nenhum dia medido",
        "Nada fora do comum.",
    ],
    saved: "Salva: 32.150,5",
    sign_out: "encerrar",
    sign_in: "Com o e-mail e a senha",
    wrong: "Esse e-mail e essa senha não combinam.",
};

/// Types into a field and goes on; on the last one that sends.
fn fill(screen: &Runner, text: &str) {
    screen.type_text(text);
    screen.press(KeyCode::Enter);
}

async fn journey(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let mut screen = world.door(words.language);
    screen.shows(words.welcome).await;
    screen.type_text("n");
    screen.shows(words.register).await;
    fill(&screen, "Dona Ana");
    fill(&screen, "ana@example.org");
    fill(&screen, "short");
    // The code of an invitation, which nobody needs here.
    screen.press(KeyCode::Enter);
    let refused = screen.shows(words.too_short).await;
    assert!(refused.contains("Dona Ana") && refused.contains("ana@example.org"));
    assert!(!refused.contains("short"), "a password is not shown");
    screen.ctrl('u');
    fill(&screen, PASSWORD);
    screen.press(KeyCode::Enter);

    screen.shows(words.new_home).await;
    // All fields but the name have what is usual; without one it is not sent.
    screen.ctrl('s');
    screen.shows(words.needed).await;
    fill(&screen, "Casa Aurora");
    screen.ctrl('s');
    screen.shows(words.live).await;
    for missing in words.missing {
        screen.shows(missing).await;
    }
    let first = screen.shows("Casa Aurora").await;
    assert_eq!(so_far(&first), "–", "{first}");
    assert!(first.contains("Dona Ana"), "{first}");

    // The home came with a meter, so the first reading can be typed at once.
    enter(&screen, "32150,5");
    screen.shows(words.saved).await;
    assert_eq!(world.rows("32150.5").await, 1);

    screen.type_text(":");
    screen.type_text(words.sign_out);
    screen.press(KeyCode::Enter);
    screen.shows(words.welcome).await;
    for email in ["ana@example.org", "nobody@example.org"] {
        screen.type_text("s");
        screen.shows(words.sign_in).await;
        fill(&screen, email);
        fill(&screen, "another password");
        let refused = screen.shows(words.wrong).await;
        assert!(refused.contains(email), "what was typed stays:\n{refused}");
        screen.press(KeyCode::Esc);
        screen.shows(words.welcome).await;
    }
    screen.type_text("s");
    screen.shows(words.sign_in).await;
    fill(&screen, "ana@example.org");
    fill(&screen, PASSWORD);
    screen.shows(words.live).await;
    let again = screen.shows("Casa Aurora").await;
    assert!(again.contains("Dona Ana"), "{again}");
    screen.type_text("q");
    assert_eq!(screen.done().await, Exit::Left);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn somebody_new_gets_to_a_dashboard_by_keys_alone_in_english(db: PgPool) {
    journey(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn somebody_new_gets_to_a_dashboard_by_keys_alone_in_portuguese(db: PgPool) {
    journey(db, PORTUGUESE).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_address_that_has_an_account_is_told_under_the_form(db: PgPool) {
    let world = World::new(db).await;
    world.ana().await;
    let mut screen = world.door(Language::English);
    screen.shows("Saving tip").await;
    screen.type_text("n");
    fill(&screen, "Ana too");
    fill(&screen, "ANA@example.org");
    fill(&screen, PASSWORD);
    screen.press(KeyCode::Enter);
    let refused = screen.shows("already has an account").await;
    assert!(refused.contains("ANA@example.org"), "{refused}");
}
