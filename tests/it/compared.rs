//! Would another tariff be cheaper? Asked on the screen, answered from the home's own past.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use sqlx::PgPool;

use crate::world::{World, ZONE};

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    unpriced: &'static str,
    hours: &'static str,
    cheaper: &'static str,
    co2e: &'static str,
    fewer: &'static str,
    choose: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    unpriced: "Nobody can tell over 12 whole cycles.",
    hours: "A meter that tells hours would say it",
    cheaper: "over 2 of 12 whole cycles",
    co2e: "under any of them",
    fewer: "Tariffs over the newest 11 whole cycles",
    choose: "Choose a tariff to compare with: n.",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    unpriced: "Não há como dizer em 12 ciclos completos.",
    hours: "Um medidor que registra as horas diria",
    cheaper: "em 2 de 12 ciclos completos",
    co2e: "com qualquer uma delas",
    fewer: "Tarifas nos últimos 11 ciclos completos",
    choose: "Escolha uma tarifa para comparar: n.",
};

/// Sentences without the lines that the screen breaks them into.
fn in_one(screen: &str) -> String {
    let words = screen
        .split_whitespace()
        .filter(|word| !word.contains(['│', '╭', '╰']));
    words.collect::<Vec<_>>().join(" ")
}

async fn journey(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    // 10 kWh a day, over the newest two whole cycles and what has passed of this one.
    let zone = TimeZone::get(ZONE).unwrap();
    let today = zone
        .to_datetime(ecotrack_server::clock::Clock::System.now())
        .date();
    let cycle_day = i8::try_from(ana.home.billing_cycle_day).unwrap();
    let this = ecotrack_common::cycle::Cycle::containing(today, cycle_day);
    let last = this.previous(cycle_day);
    let first = last.previous(cycle_day);
    let midnight = |day: jiff::civil::Date| zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
    ana.read_at(midnight(first.first), "1000").await;
    let end = last.last.saturating_add(1.day());
    let register = 1000 + 10 * (first.days() + last.days());
    ana.read_at(midnight(end), &register.to_string()).await;

    let mut screen = ana.screen(&world, words.language);
    screen.shows(words.ready).await;
    screen.type_text("5t");
    // Its distributor's tarifa branca is asked about without a word, and a register tells no hours.
    let holds = |seen: &str| in_one(seen).contains(words.hours);
    let seen = screen.until("why nobody can tell", holds).await;
    assert!(in_one(&seen).contains(words.unpriced), "{seen}");

    // Another distributor's, found by some letters of its name.
    screen.type_text("n");
    screen.shows("(B1").await;
    screen.type_text("dmed conv");
    screen.press(KeyCode::Enter);
    let holds = |seen: &str| in_one(seen).contains(words.cheaper);
    let seen = screen.until("which is cheaper", holds).await;
    let seen = in_one(&seen);
    assert!(seen.contains(words.co2e), "{seen}");
    // What it emitted does not depend on who is paid.
    let days = first.days() + last.days();
    let kg = f64::from(days) * 10.0 * 0.0545;
    let told = ecotrack_common::locale::Locale::new(words.language);
    let kg = told.number(format!("{kg:.4}").parse().unwrap(), 1);
    assert!(seen.contains(&format!("{kg} kg CO₂e")), "{kg} {seen}");

    screen.type_text("-");
    screen.shows(words.fewer).await;
    screen.type_text("dd");
    screen.shows(words.choose).await;
    screen.press(KeyCode::Esc);
    screen.hides(words.choose).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn another_tariff_is_compared_with_the_past_in_english(db: PgPool) {
    journey(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn another_tariff_is_compared_with_the_past_in_portuguese(db: PgPool) {
    journey(db, PORTUGUESE).await;
}
