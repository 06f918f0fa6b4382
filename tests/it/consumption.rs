//! What the home used, with the real server: a file imported, looked at from years to hours, held
//! against other days, taken away as a file's worth of rows, and still there with the server away.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::import::OnConflict;
use ecotrack_common::meter::ReadingKind;
use ecotrack_tui::client::{ImportFile, Rows, new_key};
use sqlx::PgPool;

use crate::import_and_forecast::hours;
use crate::world::{Person, World};

async fn import(person: &Person, text: &str) {
    let file = ImportFile {
        name: "hours.csv".to_owned(),
        meter: Some(person.meter.meter_id),
        on_conflict: OnConflict::Skip,
        accept_findings: false,
        dry_run: false,
        make_meters: false,
    };
    let rows = Rows::whole(text.as_bytes().to_vec());
    let home = person.home.energy_profile_id;
    let done = person.client.import(home, file, rows, new_key());
    assert_eq!(done.await.unwrap().meters[0].added, 120 * 24);
}

/// The words of a language, in the order in which they are waited for.
struct Words {
    live: &'static str,
    nothing: &'static str,
    by_days: &'static str,
    by_hours: &'static str,
    compared: &'static str,
    table: &'static str,
    heat: &'static str,
    standby: &'static str,
    no_temperatures: &'static str,
}

async fn looked_at(db: PgPool, language: Language, words: Words) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, language);
    screen.shows(words.live).await;
    screen.type_text("2");
    screen.shows(words.nothing).await;

    // The file arrives while somebody looks; nobody presses a key.
    import(&ana, &hours(120)).await;
    let month = screen.shows(words.by_days).await;
    screen.hides(words.nothing).await;
    // The newest known day is under the cursor: twelve kWh, or twice that on a Saturday.
    let cursor = screen
        .until("the day under the cursor", |screen| {
            screen.contains("12.00 kWh")
                || screen.contains("12,00 kWh")
                || screen.contains("24.00 kWh")
                || screen.contains("24,00 kWh")
        })
        .await;
    assert!(cursor.contains('▸') && cursor.contains('█'), "{month}");
    screen.type_text("v");
    screen.shows(words.compared).await;
    screen.type_text("vv");
    screen.hides(words.compared).await;
    screen.press(KeyCode::Enter);
    screen.press(KeyCode::Enter);
    screen.shows(words.by_hours).await;
    screen.shows("00:00").await;
    screen.press(KeyCode::Esc);
    screen.press(KeyCode::Esc);
    screen.shows(words.by_days).await;

    screen.press(KeyCode::Tab);
    screen.shows(words.table).await;
    screen.press(KeyCode::Tab);
    let week = screen.shows(words.heat).await;
    assert!(week.contains('█'), "{week}");
    screen.press(KeyCode::Tab);
    screen.press(KeyCode::Tab);
    // The same in each hour: half a kilowatt never stops.
    screen.shows(words.standby).await;
    screen.press(KeyCode::Tab);
    screen.shows(words.no_temperatures).await;
    screen.press(KeyCode::Esc);
    screen.type_text("q");
    screen.done().await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_was_used_is_looked_at_from_years_to_hours_in_english(db: PgPool) {
    let words = Words {
        live: "● live",
        nothing: "Nothing is known yet",
        by_days: ", by days",
        by_hours: ", by hours",
        compared: "like with like",
        table: "Consumption, step by step",
        heat: "Mean of each hour of the week",
        standby: "About 500 W never stop",
        no_temperatures: "no temperatures are stored",
    };
    looked_at(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_was_used_is_looked_at_from_years_to_hours_in_portuguese(db: PgPool) {
    let words = Words {
        live: "● ao vivo",
        nothing: "Ainda não se sabe nada",
        by_days: ", por dia",
        by_hours: ", por hora",
        compared: "dias equivalentes",
        table: "Consumo, passo a passo",
        heat: "Média de cada hora da semana",
        standby: "Cerca de 500 W nunca param",
        no_temperatures: "não há temperaturas guardadas",
    };
    looked_at(db, Language::BrazilianPortuguese, words).await;
}
