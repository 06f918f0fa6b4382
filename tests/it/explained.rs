//! A bill typed from its paper, explained line by line against the recomputed one; then corrected.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_tui::testing::Runner;
use sqlx::PgPool;

use crate::world::World;

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    saved: &'static str,
    days: [&'static str; 2],
    lighting: &'static str,
    flag: &'static str,
    only: &'static str,
    energy: &'static str,
    change: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    saved: "Saved.",
    days: ["2025-07-10", "2025-08-09"],
    lighting: "Street lighting was charged at R$ 20.00; this home’s tariff does not say it.",
    flag: "The red flag 2 was charged for 13 days; it was in force on 9 of this cycle’s 31.",
    only: "Only the paper has: Multa +R$ 4.00.",
    energy: "billed 212 · not metered",
    change: "Why R$ 56.63 more than 10 Jun – 9 Jul",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    saved: "Salvo.",
    days: ["10/07/2025", "09/08/2025"],
    lighting: "A iluminação pública foi cobrada a R$ 20,00; a tarifa desta casa não a informa.",
    flag: "A bandeira vermelha 2 foi cobrada por 13 dias; vigorou em 9 dos 31 deste ciclo.",
    only: "Só o papel tem: Multa +R$ 4,00.",
    energy: "faturado 212 · não medido",
    change: "Por que R$ 56,63 a mais que 10 jun. – 9 jul.",
};

/// As the paper has them: red 2 on thirteen days, where it was in force on nine.
const PAPER: &str = "Energia elétrica TE 87,36\nEnergia elétrica TUSD 149,04\n\
                     Adic. Band. Vermelha P1 7,14\nAdic. Band. Vermelha P2 9,09\n\
                     Contrib. Ilum. Pública Municipal 20,00\nMulta 4,00";

/// Types over what stands in a field.
fn over(screen: &Runner, text: &str) {
    screen.ctrl('u');
    screen.type_text(text);
}

/// Sentences without the lines that the screen breaks them into.
fn in_one(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn journey(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    sqlx::query(
        "INSERT INTO billing_record (energy_profile_id, billing_record_id, first_day, last_day, kwh, total, entered_at)
         VALUES ($1, gen_random_uuid(), '2025-06-10', '2025-07-09', 190, 220, now())",
    )
    .bind(ana.home.energy_profile_id.0)
    .execute(&world.db)
    .await
    .unwrap();
    let mut screen = ana.screen(&world, words.language);
    screen.shows(words.ready).await;
    screen.type_text("b");
    screen.shows("▸").await;
    screen.press(KeyCode::BackTab);
    screen.press(KeyCode::BackTab);
    for day in words.days {
        over(&screen, day);
        screen.press(KeyCode::Tab);
    }
    screen.type_text("212");
    screen.press(KeyCode::Tab);
    screen.type_text("276,63");
    for _ in 0..4 {
        screen.press(KeyCode::Tab);
    }
    screen.paste(PAPER);
    screen.ctrl('s');
    screen.shows(words.saved).await;

    screen.type_text("5");
    screen.shows("212").await;
    screen.press(KeyCode::Enter);
    let seen = screen
        .until("the reasons", |screen| in_one(screen).contains(words.flag))
        .await;
    let seen = in_one(&seen);
    for told in [words.lighting, words.only, words.energy] {
        assert!(seen.contains(told), "{told}\n{seen}");
    }
    screen.shows(words.change).await;

    // The bill before, and back.
    screen.press(KeyCode::Left);
    screen.shows("190 kWh").await;
    screen.press(KeyCode::Right);
    screen.shows("212 kWh").await;

    // Typed wrong: the fine was none, and the explanation follows.
    screen.type_text("e");
    screen.shows("Ctrl-S").await;
    for _ in 0..3 {
        screen.press(KeyCode::Tab);
    }
    over(&screen, "272,63");
    for _ in 0..4 {
        screen.press(KeyCode::Tab);
    }
    // The last of the lines.
    screen.ctrl('u');
    screen.press(KeyCode::Backspace);
    screen.ctrl('s');
    screen.shows(words.saved).await;
    let seen = screen
        .until("no fine", |screen| {
            !screen.contains("Multa") && screen.contains("◂")
        })
        .await;
    assert!(in_one(&seen).contains(words.flag), "{seen}");
    screen.press(KeyCode::Esc);
    screen.shows("▸").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_typed_explained_and_corrected_in_english(db: PgPool) {
    journey(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_typed_explained_and_corrected_in_portuguese(db: PgPool) {
    journey(db, PORTUGUESE).await;
}
