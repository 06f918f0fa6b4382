//! The server away: nothing typed is lost, and it is delivered once.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use sqlx::PgPool;

use crate::world::{World, enter};

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_was_typed_while_the_server_was_away_is_delivered_once(db: PgPool) {
    let mut world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("● live").await;
    screen.shows("r reading").await;

    world.stop().await;
    screen.shows("server away").await;
    enter(&screen, "4321,5");
    // The line stays open with what was typed.
    screen
        .until("the typed value stays", |screen| screen.contains("4321,5"))
        .await;

    world.start().await;
    screen.press(KeyCode::Enter);
    screen.shows("Saved: 4,321.5").await;
    assert_eq!(ana.stored().await, ["4321.500000"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_revoked_session_leads_back_to_the_door(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("● live").await;
    ana.client.sign_out().await.unwrap();
    screen.shows("Your session has ended").await;
}
