//! A meter reading in five seconds, from the dashboard; a wrong one asked about; undone.

use ecotrack_common::Kwh;
use ecotrack_common::account::Language;
use ecotrack_common::reading::{Measured, NewReading};
use ecotrack_tui::client::new_key;
use ecotrack_tui::runtime::Exit;
use jiff::{Timestamp, ToSpan};
use sqlx::PgPool;

use crate::world::{Person, World, enter};

/// A register some days ago.
async fn read_before(ana: &Person, days: i64, kwh: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server's clock is the machine's here"
    )]
    let now = Timestamp::now();
    let new = NewReading {
        read_at: now - (days * 24).hours(),
        measured: Measured::Register {
            register_kwh: Kwh(kwh.parse().unwrap()),
        },
        estimated: false,
        note: None,
        register_restarted: false,
    };
    ana.client
        .create_reading(
            ana.home.energy_profile_id,
            ana.meter.meter_id,
            &new,
            new_key(),
        )
        .await
        .unwrap();
}

async fn journey(
    db: PgPool,
    language: Language,
    [live, ready, saved, undone]: [&str; 4],
    total: &str,
) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    read_before(&ana, 2, "32100").await;
    let mut screen = ana.screen(&world, language);
    screen.shows(live).await;
    let before = screen.shows(ready).await;
    assert!(!before.contains(total), "nothing is known yet:\n{before}");

    enter(&screen, "32150,5");
    screen.shows(saved).await;
    // The chart and the figures move by themselves: the server tells that the home changed.
    screen.shows(total).await;
    assert_eq!(ana.stored().await, ["32150.500000", "32100.000000"]);

    screen.type_text("u");
    screen.shows(undone).await;
    screen.hides(total).await;
    assert_eq!(ana.stored().await, ["32100.000000"]);

    screen.type_text("q");
    assert_eq!(screen.done().await, Exit::Left);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_is_typed_seen_and_undone_in_english(db: PgPool) {
    journey(
        db,
        Language::English,
        ["● live", "r reading", "Saved: 32,150.5", "Undone."],
        "50.5 kWh",
    )
    .await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_reading_is_typed_seen_and_undone_in_portuguese(db: PgPool) {
    let texts = ["● ao vivo", "r leitura", "Salva: 32.150,5", "Desfeit"];
    journey(db, Language::BrazilianPortuguese, texts, "50,5 kWh").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_lower_register_is_asked_about_and_stands_when_confirmed(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    read_before(&ana, 2, "32100").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("r reading").await;
    enter(&screen, "7");
    screen.shows("Lower than 32,100").await;
    assert_eq!(ana.stored().await, ["32100.000000"]);
    screen.press(crossterm::event::KeyCode::Enter);
    screen.shows("Saved: 7").await;
    assert_eq!(ana.stored().await, ["7.000000", "32100.000000"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn one_members_reading_changes_the_others_screen(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    read_before(&ana, 3, "100").await;
    let mut watching = ana.screen(&world, Language::English);
    watching.shows("● live").await;
    read_before(&ana, 1, "112.25").await;
    watching.shows("12.3 kWh").await;
}
