//! The public page, from the owner who lets the home be counted to somebody who looks in from outside and
//! asks what a fridge would cost.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path::{self, fill};
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use ecotrack_server::{App, public};
use ecotrack_tui::client::new_key;
use ecotrack_tui::kept::{Method, Write};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::world::{Person, World, ZONE};

/// What is on the screen in a language, and what is typed there.
struct Words {
    language: Language,
    edit_home: &'static str,
    field: &'static str,
    ready: &'static str,
    form: &'static str,
    not_yet: &'static str,
    totals: &'static str,
    fridge: &'static str,
    no_price: &'static str,
    on_top: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    edit_home: "edit the home",
    field: "Public totals  [x] yes",
    ready: "b bill",
    form: "The home",
    not_yet: "Not yet: at least 5 homes",
    totals: "BR-SIN: 5 homes · 8.0 kWh a day each",
    fridge: "fridge",
    no_price: "Choose a tariff",
    on_top: "on top of the 200 kWh",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    edit_home: "editar a casa",
    field: "Totais públicos  [x] sim",
    ready: "b conta",
    form: "A casa",
    not_yet: "Ainda não: é preciso que pelo menos 5 casas",
    totals: "BR-SIN: 5 casas · 8,0 kWh por dia cada",
    fridge: "geladeira",
    no_price: "Escolha uma tarifa",
    on_top: "além dos 200 kWh",
};

/// This month's first day where the homes are.
fn this_month() -> Date {
    let zone = TimeZone::get(ZONE).unwrap();
    Clock::System.now().to_zoned(zone).date().first_of_month()
}

/// Used 8 kWh on each day of last month.
async fn used(person: &Person) {
    let end = this_month();
    let begin = end.yesterday().unwrap().first_of_month();
    let days = i64::from(begin.days_in_month());
    let zone = TimeZone::get(ZONE).unwrap();
    for (day, kwh) in [(begin, 1_000), (end, 1_000 + 8 * days)] {
        let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
        person.read_at(midnight, &kwh.to_string()).await;
    }
}

/// Says that the home may be counted, as another program would.
async fn take_part(person: &Person) {
    let mut home = serde_json::to_value(&person.home).unwrap();
    let home = home.as_object_mut().unwrap();
    for of_the_answer in ["energy_profile_id", "tariff", "tariff_name", "role", "demo"] {
        home.remove(of_the_answer);
    }
    home.insert("public_totals".to_owned(), json!(true));
    let id = person.home.energy_profile_id;
    let write = Write {
        key: new_key(),
        method: Method::Put,
        path: fill(path::PROFILE, &[("energy_profile_id", &id)]),
        body: Some(json!(home)),
    };
    person.client.send_write(&write).await.unwrap();
}

/// What the job of a day late in this month does.
async fn publish(world: &World) {
    let late = (this_month() + 19.days()).at(12, 0, 0, 0);
    let late = late.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let settings = Settings::with_data_dir(std::env::temp_dir());
    let stop = CancellationToken::new();
    let app = App::new(world.db.clone(), Clock::fixed(late), settings, stop);
    public::publish::run(&app).await.unwrap();
}

async fn journey(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    used(&ana).await;
    for name in ["Bia", "Caio", "Davi", "Eva"] {
        let other = world.owner_called(name, ReadingKind::Register).await;
        used(&other).await;
        take_part(&other).await;
    }
    publish(&world).await;
    let mut outside = world.door(words.language);
    outside.shows(words.not_yet).await;

    // Ana's is the fifth: the last field of the form of the home.
    let mut inside = ana.screen(&world, words.language);
    inside.shows(words.ready).await;
    inside.type_text(":");
    inside.type_text(words.edit_home);
    inside.press(KeyCode::Enter);
    inside.shows(words.form).await;
    inside.press(KeyCode::BackTab);
    inside.press(KeyCode::Char(' '));
    inside.shows(words.field).await;
    inside.ctrl('s');
    inside.hides(words.field).await;
    let homes = ana.client.profiles().await.unwrap();
    assert!(homes[0].public_totals);
    publish(&world).await;

    let mut outside = world.door(words.language);
    outside.shows(words.totals).await;
    outside.type_text("c");
    outside.type_text(words.fridge);
    outside.press(KeyCode::Enter);
    outside.shows(words.no_price).await;
    for _ in 0..6 {
        outside.press(KeyCode::Tab);
    }
    outside.type_text("cemig");
    outside.press(KeyCode::Enter);
    let answer = outside.shows(words.on_top).await;
    assert!(
        answer.contains("R$") && answer.contains("BR-SIN"),
        "{answer}"
    );
    outside.press(KeyCode::Esc);
    outside.shows(words.totals).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_fifth_home_brings_the_totals_and_a_fridge_is_priced_in_english(db: PgPool) {
    journey(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_fifth_home_brings_the_totals_and_a_fridge_is_priced_in_portuguese(db: PgPool) {
    journey(db, PORTUGUESE).await;
}
