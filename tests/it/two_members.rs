//! Two people in one home: what one enters the other sees, as far as their roles go.

use crossterm::event::KeyCode;
use ecotrack_common::ErrorCode;
use ecotrack_common::account::Language;
use ecotrack_common::locale::Locale;
use ecotrack_common::profile::Role;
use ecotrack_server::clock::Clock;
use ecotrack_tui::client::{Error, new_key};
use jiff::ToSpan;
use sqlx::PgPool;

use crate::world::{Person, World, enter, register, so_far, typed};

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_one_enters_moves_on_the_others_screen_untouched(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let bia = world.member(&ana, "Bia", Role::Editor).await;
    let mut hers = ana.screen(&world, Language::English);
    let mut other = bia.screen(&world, Language::BrazilianPortuguese);
    hers.shows("r reading").await;
    other.shows("● ao vivo").await;
    let before = other.shows("Nenhum dia conhecido ainda").await;
    assert_eq!(so_far(&before), "–", "{before}");

    hers.type_text("r");
    hers.type_text("112.25");
    hers.press(KeyCode::Tab);
    // Not now: there is one reading a second, and the other is about to enter hers.
    hers.type_text(&typed(Clock::System.now() - 1.hour(), Language::English));
    hers.press(KeyCode::Enter);
    hers.shows("Saved: 112.25").await;
    other
        .until("the new total", |screen| so_far(screen) == "~12,3")
        .await;

    // And the other way round, while the first has a line open: typing is not disturbed.
    hers.type_text("r");
    hers.type_text("12");
    enter(&other, "130,25");
    other.shows("Salva: 130,25").await;
    let screen = hers
        .until("the new total", |screen| so_far(screen) == "~30.3")
        .await;
    assert!(
        screen.contains("▏12 "),
        "what is being typed stays:\n{screen}"
    );
}

async fn viewer(db: PgPool, language: Language, [live, key]: [&str; 2]) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let caio = world.member(&ana, "Caio", Role::Viewer).await;
    let mut screen = caio.screen(&world, language);
    let seen = screen.shows(live).await;
    assert!(!seen.contains(key), "{seen}");
    screen.type_text("r");
    // The next screen after the key still has no line: the help answers, and only the help.
    screen.type_text("?");
    let seen = screen.shows("Esc").await;
    assert!(!seen.contains("▏"), "{seen}");
    assert_refused(&caio, language).await;
    assert_eq!(ana.stored().await, ["100.000000"]);
}

/// The server refuses too, with a sentence.
async fn assert_refused(person: &Person, language: Language) {
    let new = register(Clock::System.now(), "120");
    let (home, meter) = (person.home.energy_profile_id, person.meter.meter_id);
    let answer = person
        .client
        .create_reading(home, meter, &new, new_key())
        .await;
    let Err(Error::Problem(problem)) = answer else {
        panic!("a viewer entered a reading: {answer:?}");
    };
    assert_eq!(problem.code, ErrorCode::Forbidden);
    let sentence = Locale::new(language).problem(&problem);
    assert!(sentence.contains("role") || sentence.contains("papel"));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_viewer_looks_on_in_english(db: PgPool) {
    viewer(db, Language::English, ["● live", "r reading"]).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_viewer_looks_on_in_portuguese(db: PgPool) {
    let language = Language::BrazilianPortuguese;
    viewer(db, language, ["● ao vivo", "r leitura"]).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn who_becomes_a_viewer_while_typing_is_told_and_keeps_what_was_typed(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let bia = world.member(&ana, "Bia", Role::Editor).await;
    let mut screen = bia.screen(&world, Language::English);
    screen.shows("r reading").await;
    screen.type_text("r");
    screen.type_text("120");
    sqlx::query("UPDATE profile_member SET role = 'viewer' WHERE role = 'editor'")
        .execute(&world.db)
        .await
        .unwrap();
    screen.press(KeyCode::Enter);
    let seen = screen.shows("Your role in this home does not allow").await;
    assert!(seen.contains("120"), "{seen}");
    assert_eq!(ana.stored().await, ["100.000000"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn who_is_no_longer_a_member_hears_nothing_more(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    let bia = world.member(&ana, "Bia", Role::Editor).await;
    let mut screen = bia.screen(&world, Language::English);
    screen.shows("● live").await;
    sqlx::query("DELETE FROM profile_member WHERE role = 'editor'")
        .execute(&world.db)
        .await
        .unwrap();
    // Why the screen changed stays to be read.
    let seen = screen
        .until("another screen, and why", |screen| {
            screen.contains("Your home") && screen.contains("not yours to see")
        })
        .await;
    assert!(!seen.contains("● live"), "{seen}");
    assert!(!seen.contains("Your session has ended"), "{seen}");
}
