//! Forms from the first key to the row in PostgreSQL and back to the screen.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_tui::testing::Runner;
use sqlx::PgPool;

use crate::world::{World, typed};

/// What the screens say, in one language.
struct Words {
    language: Language,
    ready: &'static str,
    saved: &'static str,
    undone: &'static str,
    overlaps: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    ready: "b bill",
    saved: "Saved. u undoes it.",
    undone: "Undone.",
    overlaps: "These days are in another bill already.",
};

const PORTUGUESE: Words = Words {
    language: Language::BrazilianPortuguese,
    ready: "b conta",
    saved: "Salvo. u desfaz.",
    undone: "Desfeito.",
    overlaps: "Estes dias já estão em outra conta.",
};

/// Tab so many times.
fn tab(screen: &Runner, times: usize) {
    for _ in 0..times {
        screen.press(KeyCode::Tab);
    }
}

async fn bill(db: PgPool, words: Words) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, words.language);
    screen.shows(words.ready).await;
    screen.type_text("b");
    screen.shows("▸").await;
    screen.type_text("212");
    screen.press(KeyCode::Enter);
    screen.type_text("245,90");
    screen.ctrl('s');
    screen.shows(words.saved).await;
    let count = "SELECT count(*)::text || ' ' || coalesce(sum(kwh), 0)::numeric(12,1)::text FROM billing_record";
    assert_eq!(world.value(count).await, "1 212.0");

    // The same days again: the server says so under the field, and what was typed stays.
    screen.type_text("5");
    screen.shows("212").await;
    screen.type_text("b");
    screen.shows("▸").await;
    screen.type_text("200");
    screen.press(KeyCode::Enter);
    screen.type_text("220");
    // Back to the first day, and it into the cycle that is there.
    for _ in 0..3 {
        screen.press(KeyCode::BackTab);
    }
    screen.press(KeyCode::PageDown);
    screen.ctrl('s');
    let refused = screen.shows(words.overlaps).await;
    assert!(refused.contains("220"), "{refused}");
    assert_eq!(world.value(count).await, "1 212.0");
    screen.press(KeyCode::Esc);
    screen.press(KeyCode::Esc);

    // Corrected on the list, by the version that was seen; and each step taken back.
    screen.hides(words.overlaps).await;
    screen.type_text("e");
    screen.shows("Ctrl-S").await;
    tab(&screen, 2);
    screen.ctrl('u');
    screen.type_text("213");
    screen.ctrl('s');
    screen.shows(words.saved).await;
    assert_eq!(world.value(count).await, "1 213.0");
    screen.type_text("u");
    screen.shows(words.undone).await;
    screen.hides("213").await;
    assert_eq!(world.value(count).await, "1 212.0");
    screen.type_text("U");
    screen
        .until("the corrected bill", |screen| screen.contains("213"))
        .await;
    assert_eq!(world.value(count).await, "1 213.0");
    screen.type_text("d");
    screen
        .until("no bill", |screen| !screen.contains("213"))
        .await;
    assert_eq!(world.value(count).await, "0 0.0");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_entered_refused_corrected_and_taken_back_in_english(db: PgPool) {
    bill(db, ENGLISH).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_entered_refused_corrected_and_taken_back_in_portuguese(db: PgPool) {
    bill(db, PORTUGUESE).await;
}

async fn device(db: PgPool, language: Language, [ready, typed, found, uses, saved]: [&str; 5]) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, language);
    screen.shows(ready).await;
    screen.type_text("3n");
    screen.shows("▸").await;
    screen.type_text(typed);
    screen.shows(found).await;
    screen.press(KeyCode::Enter);
    screen.shows(uses).await;
    screen.ctrl('s');
    screen.shows(saved).await;
    let row =
        "SELECT catalog_slug || ' ' || quantity::text FROM profile_device WHERE removed_at IS NULL";
    let stored = world.value(row).await;
    assert!(stored.starts_with("shower"), "{stored}");
    assert!(stored.ends_with(" 1"), "{stored}");

    // Its week painted: half an hour at seven, Monday to Friday.
    screen.shows(found).await;
    screen.press(KeyCode::Enter);
    screen.shows("▾").await;
    screen.press(KeyCode::BackTab);
    screen.type_text("lllllll5");
    screen.press(KeyCode::Up);
    screen.press(KeyCode::Down);
    screen.type_text("w");
    screen.ctrl('s');
    screen.shows(saved).await;
    let painted = "SELECT sum((SELECT sum(minutes) FROM unnest(hour_minutes) AS minutes))::text FROM device_usage_pattern";
    assert_eq!(world.value(painted).await, "150");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_device_is_found_in_the_catalogue_and_its_hours_painted_in_english(db: PgPool) {
    let words = [
        "b bill",
        "electric shower",
        "▸Electric shower",
        "kWh a day",
        "Saved.",
    ];
    device(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_device_is_found_in_the_catalogue_and_its_hours_painted_in_portuguese(db: PgPool) {
    let words = ["b conta", "chuveiro", "▸Chuveiro", "kWh por dia", "Salvo."];
    device(db, Language::BrazilianPortuguese, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn many_readings_are_pasted_and_stored_together(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let first = ana.read_before(9, "100").await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("r reading").await;
    screen.type_text("4");
    screen.shows("100").await;
    screen.type_text("t");
    screen.shows("Many readings").await;
    let at = |hours: i64| {
        typed(
            first.read_at + jiff::ToSpan::hours(hours),
            Language::English,
        )
    };
    // One of them is lower than the one before: marked here, refused there, and none is stored.
    screen.paste(&format!(
        "{}\t112,5\n{}\t90\n{}\t140\n",
        at(24),
        at(48),
        at(72)
    ));
    screen.shows("lower than before").await;
    screen.ctrl('s');
    let refused = screen.shows("Lower than").await;
    assert!(refused.contains("112,5"), "{refused}");
    assert_eq!(ana.stored().await.len(), 1);
    // The cursor is on the wrong cell.
    screen.ctrl('u');
    screen.type_text("125");
    screen.ctrl('s');
    screen.shows("Saved.").await;
    assert_eq!(ana.stored().await.len(), 4);
    // One act, taken back as one.
    screen.type_text("u");
    screen.shows("Undone.").await;
    assert_eq!(ana.stored().await.len(), 1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn goals_times_away_and_meters_have_their_forms_too(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("b bill").await;

    screen.type_text("6n");
    screen.shows("New goal").await;
    screen.type_text("220");
    screen.ctrl('s');
    screen.shows("Saved.").await;
    screen.shows("220 kWh").await;
    let goal = "SELECT measure || ' ' || period || ' ' || limit_value::numeric(8,0)::text FROM consumption_goal";
    assert_eq!(world.value(goal).await, "kwh cycle 220");

    screen.type_text("H");
    screen.shows("[Members]").await;
    tab(&screen, 1);
    screen.shows("[Meters]").await;
    screen.type_text("n");
    screen.shows("New meter").await;
    screen.type_text("Solar");
    tab(&screen, 1);
    screen.type_text("solar");
    screen.press(KeyCode::Enter);
    screen.ctrl('s');
    screen.shows("Saved.").await;
    let meter = "SELECT channel FROM meter WHERE name = 'Solar'";
    assert_eq!(world.value(meter).await, "solar_production");
    // A name that is taken is told under the field.
    screen.type_text("n");
    screen.shows("New meter").await;
    screen.type_text("Solar");
    screen.ctrl('s');
    screen.shows("Another one has this name").await;
    screen.press(KeyCode::Esc);
    screen.press(KeyCode::Esc);

    screen.shows("[Meters]").await;
    tab(&screen, 2);
    screen.shows("[Away]").await;
    screen.type_text("n");
    screen.shows("Nobody at home").await;
    screen.type_text("t");
    tab(&screen, 1);
    screen.type_text("t");
    screen.press(KeyCode::Up);
    tab(&screen, 1);
    screen.type_text("beach");
    screen.ctrl('s');
    screen.shows("Saved.").await;
    let away = "SELECT (last_day - first_day)::text || ' ' || note FROM away_period";
    assert_eq!(world.value(away).await, "1 beach");

    // All of it stands in the history, and can be taken back there.
    tab(&screen, 1);
    screen.shows("[Temperatures]").await;
    tab(&screen, 1);
    screen.shows("[History]").await;
    screen.shows("added days away").await;
    screen.shows("added meter Solar").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_months_of_a_paper_bill_are_entered_on_one_screen(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.ana().await;
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("b bill").await;
    screen.type_text("5m");
    screen.shows("The months of a paper bill").await;
    let rows: Vec<String> = (0..13)
        .map(|n| format!("{}\t{}", 200 + n, 230 + n))
        .collect();
    screen.paste(&rows.join("\n"));
    screen.shows("13 months").await;
    screen.ctrl('s');
    screen.shows("Saved.").await;
    let stored = "SELECT count(*)::text || ' ' || coalesce((max(last_day) - min(first_day) > 370)::text, '') FROM billing_record";
    assert_eq!(world.value(stored).await, "13 true");
    screen.type_text("u");
    screen.shows("Undone.").await;
    assert_eq!(world.value(stored).await, "0 ");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_change_of_the_home_keeps_a_tariff_of_its_own(db: PgPool) {
    let world = World::new(db.clone()).await;
    let ana = world.ana().await;
    let own = "UPDATE profile_tariff AS h SET tariff_slug = NULL, document = t.document
               FROM tariff AS t WHERE t.slug = h.tariff_slug";
    sqlx::query(own).execute(&db).await.unwrap();
    let mut screen = ana.screen(&world, Language::English);
    screen.shows("b bill").await;
    screen.type_text(":");
    screen.type_text("edit the home");
    screen.press(KeyCode::Enter);
    screen.shows("The home").await;
    screen.type_text(" Nova");
    screen.ctrl('s');
    screen.shows("Saved.").await;
    assert_eq!(
        world.value("SELECT name FROM energy_profile").await,
        "Casa Aurora Nova"
    );
    let document = "SELECT document ->> 'id' FROM profile_tariff";
    assert_eq!(world.value(document).await, "br-cemig-d-conventional");
}
