//! A tariff of a home's own, typed on the screen: the dashboard's cost follows, and follows back.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::{Kwh, Money};
use ecotrack_tui::testing::Runner;
use rust_decimal::{Decimal, RoundingStrategy};
use sqlx::PgPool;

use crate::world::{Person, World};

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    own: &'static str,
    day: &'static str,
    outline: &'static str,
    price: &'static str,
    per_kwh: &'static str,
    saved: &'static str,
    undone: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    own: "tariff of your own",
    day: "2020-01-01",
    outline: "Energy  not known per kWh",
    price: "Price before taxes",
    per_kwh: "a▒ 2.0000",
    saved: "Saved. u undoes it.",
    undone: "Undone.",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    own: "tarifa própria",
    day: "01/01/2020",
    outline: "Energia  não se sabe por kWh",
    price: "Preço sem impostos",
    per_kwh: "a▒ 2,0000",
    saved: "Salvo. u desfaz.",
    undone: "Desfeito.",
};

/// What the server says that this cycle used and costs.
async fn use_and_cost(ana: &Person) -> (Kwh, Option<Money>) {
    let home = ana.home.energy_profile_id;
    let board = ana.client.dashboard(home, None).await.unwrap();
    let so_far = board.expect("it changed since nothing was known").0.so_far;
    (so_far.kwh.expect("today is known"), so_far.cost)
}

/// Types over what stands in a field.
fn over(screen: &Runner, text: &str) {
    screen.ctrl('u');
    screen.type_text(text);
}

async fn own(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    ana.read_before(3, "100").await;
    ana.read_before(0, "130").await;
    let (kwh, before) = use_and_cost(&ana).await;
    let mut screen = ana.screen(&world, words.language);
    screen.shows(words.ready).await;

    // From the bills to the tariffs, and to one of one's own from a day on.
    screen.type_text("5T");
    screen.shows("CEMIG").await;
    screen.type_text("n");
    screen.shows("▸").await;
    screen.type_text(words.own);
    screen.press(KeyCode::Enter);
    over(&screen, words.day);
    screen.ctrl('s');
    screen.shows(words.outline).await;

    // Its energy costs 2 a kWh, and the picture says so before it is saved.
    screen.type_text("e");
    screen.shows(words.price).await;
    for _ in 0..3 {
        screen.press(KeyCode::Tab);
    }
    screen.type_text("2");
    screen.ctrl('s');
    screen.shows(words.per_kwh).await;
    screen.ctrl('s');
    screen.shows(words.saved).await;
    let stored = "SELECT document #>> '{versions,0,charges,0,price,const}' FROM profile_tariff \
                  WHERE document IS NOT NULL";
    assert_eq!(world.value(stored).await, "2");
    let (same, cost) = use_and_cost(&ana).await;
    assert_eq!(same, kwh);
    let twice =
        (kwh.0 * Decimal::TWO).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    assert_eq!(cost.map(|cost| cost.0), Some(twice));

    // Taken back, the home costs what it did.
    screen.type_text("u");
    screen.shows(words.undone).await;
    assert_eq!(use_and_cost(&ana).await, (kwh, before));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_of_ones_own_is_typed_and_the_cost_follows_in_english(db: PgPool) {
    own(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_of_ones_own_is_typed_and_the_cost_follows_in_portuguese(db: PgPool) {
    own(db, PORTUGUESE).await;
}
