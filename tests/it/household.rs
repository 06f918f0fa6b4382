//! A household on one server: a code passed on, roles, two at one bill, a home removed and restored.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::profile::Role;
use ecotrack_tui::testing::Runner;
use sqlx::PgPool;

use crate::world::{PASSWORD, World};

/// Runs a command found in the palette.
fn run(screen: &Runner, name: &str) {
    screen.type_text(":");
    screen.type_text(name);
    screen.press(KeyCode::Enter);
}

/// The code on the screen.
fn code(screen: &str) -> String {
    screen
        .split_whitespace()
        .find(|word| word.len() == 19 && word.matches('-').count() == 3)
        .unwrap_or_else(|| panic!("no code:\n{screen}"))
        .to_owned()
}

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    invite: &'static str,
    told: &'static str,
    welcome: &'static str,
    viewer: &'static str,
    editor: &'static str,
    members: &'static str,
    used: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    invite: "Makes a code",
    told: "Pass this code on",
    welcome: "Saving tip",
    viewer: "viewer",
    editor: "editor",
    members: "[Members]",
    used: "This code was used",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    invite: "Faz um código",
    told: "Passe este código adiante",
    welcome: "Dica 1 de",
    viewer: "leitor",
    editor: "editor",
    members: "[Moradores]",
    used: "Este código já foi usado",
};

async fn invited(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut hers = ana.screen(&world, words.language);
    hers.shows(words.ready).await;
    hers.type_text("H");
    hers.shows(words.members).await;
    hers.type_text("i");
    hers.shows(words.invite).await;
    // From editor, which stands there, back to viewer.
    hers.press(KeyCode::Left);
    hers.ctrl('s');
    let code = code(&hers.shows(words.told).await);
    hers.press(KeyCode::Enter);
    hers.hides(words.told).await;

    // Bia makes an account with the code, and is in the home at once.
    let mut other = world.door(words.language);
    other.shows(words.welcome).await;
    other.type_text("n");
    for text in ["Bia", "bia@example.org", PASSWORD] {
        other.type_text(text);
        other.press(KeyCode::Enter);
    }
    other.type_text(&code.to_lowercase());
    other.press(KeyCode::Enter);
    let seen = other.shows("Casa Aurora").await;
    assert!(
        !seen.contains(words.ready),
        "a viewer enters nothing:\n{seen}"
    );
    // The owner sees it without a key, and promotes her.
    hers.shows("bia@example.org").await;
    hers.press(KeyCode::Down);
    hers.type_text("e");
    hers.shows(&format!("[{}]", words.viewer)).await;
    hers.press(KeyCode::Right);
    hers.ctrl('s');
    hers.until("the new role", |screen| {
        screen
            .lines()
            .any(|line| line.contains("Bia") && line.contains(words.editor))
    })
    .await;
    // She is told; the next key takes the sentence away.
    other.shows("Ana").await;
    other
        .until("the promotion", |screen| screen.contains(words.editor))
        .await;
    other.press(KeyCode::Up);
    other.shows(words.ready).await;

    // The code worked once.
    let mut third = world.door(words.language);
    third.shows(words.welcome).await;
    third.type_text("n");
    for text in ["Eve", "eve@example.org", PASSWORD] {
        third.type_text(text);
        third.press(KeyCode::Enter);
    }
    third.type_text(&code);
    third.press(KeyCode::Enter);
    third.shows(words.used).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_member_is_invited_joins_and_is_promoted_in_english(db: PgPool) {
    invited(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_member_is_invited_joins_and_is_promoted_in_portuguese(db: PgPool) {
    invited(db, PORTUGUESE).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn two_edit_one_bill_and_the_second_sees_both(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let bia = world.member(&ana, "Bia", Role::Editor).await;
    let mut hers = ana.screen(&world, Language::English);
    hers.shows("b bill").await;
    hers.type_text("b");
    hers.shows("New bill").await;
    hers.type_text("212");
    hers.press(KeyCode::Enter);
    hers.type_text("245,90");
    hers.ctrl('s');
    hers.shows("Saved.").await;
    hers.type_text("5");
    hers.shows("212").await;
    let mut other = bia.screen(&world, Language::English);
    other.shows("b bill").await;
    other.type_text("5");
    other.shows("212").await;
    for screen in [&mut hers, &mut other] {
        screen.type_text("e");
        screen.shows("Ctrl-S").await;
        screen.press(KeyCode::Tab);
        screen.press(KeyCode::Tab);
        screen.ctrl('u');
    }
    hers.type_text("215");
    other.type_text("216");
    other.shows("216").await;
    hers.ctrl('s');
    hers.shows("Saved.").await;
    // Within a moment she sees that it changed under her hands, and what to; nothing is taken away.
    let seen = other.shows("◂ Ana: 215").await;
    assert!(seen.contains("216"), "{seen}");
    other.ctrl('s');
    other.shows("Saved.").await;
    let kwh = "SELECT kwh::numeric(8,0)::text FROM billing_record";
    assert_eq!(world.value(kwh).await, "216");
    // And the first is told who did what.
    hers.shows("Bia corrected bill").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_home_is_removed_by_its_name_and_restored(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("b bill").await;
    run(&screen, "remove this home");
    screen.shows("Type its name").await;
    screen.type_text("Casa");
    screen.ctrl('s');
    screen.shows("Type the name exactly").await;
    screen.ctrl('u');
    screen.type_text("Casa Aurora");
    screen.ctrl('s');
    screen.shows("One last thing").await;
    let removed = "SELECT (removed_at IS NOT NULL)::text FROM energy_profile";
    assert_eq!(world.value(removed).await, "true");
    // Nothing is left to look at but the way back.
    screen.press(KeyCode::F(3));
    screen.shows("▸Casa Aurora").await;
    screen.press(KeyCode::Enter);
    screen.shows("Saved.").await;
    screen.press(KeyCode::Up);
    screen.shows("b bill").await;
    assert_eq!(world.value(removed).await, "false");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn sessions_are_seen_and_ended_and_a_password_is_changed(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("b bill").await;
    let mut other = world.door(Language::English);
    other.shows("Saving tip").await;
    other.type_text("s");
    other.type_text("ana@example.org");
    other.press(KeyCode::Enter);
    other.type_text(PASSWORD);
    other.press(KeyCode::Enter);
    other.shows("● live").await;

    run(&screen, "sign-ins");
    screen.shows("this one").await;
    run(&screen, "change the password");
    screen.shows("Your sign-ins on other machines end").await;
    screen.type_text("not the one");
    screen.press(KeyCode::Enter);
    screen.type_text("another good password");
    screen.press(KeyCode::Enter);
    screen.shows("This is not your password.").await;
    screen.ctrl('u');
    screen.type_text(PASSWORD);
    screen.press(KeyCode::Enter);
    screen.ctrl('u');
    screen.type_text("another good password");
    screen.press(KeyCode::Enter);
    screen.shows("Saved.").await;
    other.shows("Your session has ended").await;
}
