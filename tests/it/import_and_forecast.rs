//! A utility's file through the real server: its progress, its mistakes, its repeat, and the
//! forecast that follows from it on a dashboard that nobody touches.

use std::fmt::Write;

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::import::{ImportReport, OnConflict};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::profile::Role;
use ecotrack_common::{ErrorCode, Kwh};
use ecotrack_server::clock::Clock;
use ecotrack_tui::client::{Error, ImportFile, Result, Rows, new_key};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use sqlx::PgPool;

use crate::world::{Person, World, ZONE, so_far};

/// Hours of whole days up to yesterday, half a kilowatt-hour each and twice that on Saturdays.
pub(crate) fn hours(days: i64) -> String {
    let zone = TimeZone::get(ZONE).unwrap();
    let today = Clock::System.now().to_zoned(zone).start_of_day().unwrap();
    let mut text = "timestamp,kwh\n".to_owned();
    let mut at = today.checked_sub(days.days()).unwrap();
    while at < today {
        let saturday = at.weekday() == jiff::civil::Weekday::Saturday;
        let kwh = if saturday { "1.0" } else { "0.5" };
        writeln!(text, "{},{kwh}", at.timestamp()).unwrap();
        at = at.checked_add(1.hour()).unwrap();
    }
    text
}

async fn import(person: &Person, text: &str, dry_run: bool) -> Result<ImportReport> {
    let file = ImportFile {
        name: "neoenergia.csv".to_owned(),
        meter: Some(person.meter.meter_id),
        on_conflict: OnConflict::Skip,
        accept_findings: false,
        dry_run,
        make_meters: false,
    };
    let rows = Rows::whole(text.as_bytes().to_vec());
    let home = person.home.energy_profile_id;
    person.client.import(home, file, rows, new_key()).await
}

async fn forecast_appears(
    db: PgPool,
    language: Language,
    [live, none, too_little, band]: [&str; 4],
) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, language);
    screen.shows(live).await;
    screen.shows(none).await;
    screen.shows(too_little).await;

    let report = import(&ana, &hours(120), false).await;
    let report = report.unwrap();
    assert_eq!((report.meters[0].added, report.rows), (120 * 24, 120 * 24));
    // The days are there at once; the forecast when the job has made it. Nobody presses a key.
    screen.hides(none).await;
    screen.hides(too_little).await;
    let ready = screen.shows(band).await;
    // Ten whole days of this cycle, one or two of them Saturdays.
    assert!(
        ["132", "144"]
            .iter()
            .any(|kwh| so_far(&ready).starts_with(kwh)),
        "{ready}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_forecast_appears_after_an_import_in_english(db: PgPool) {
    let words = [
        "● live",
        "No day is known yet",
        "No forecast yet: 0 of",
        "80 % band",
    ];
    forecast_appears(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_forecast_appears_after_an_import_in_portuguese(db: PgPool) {
    let words = [
        "● ao vivo",
        "Nenhum dia conhecido ainda",
        "Ainda sem previsão: 0 de",
        "faixa de 80 %",
    ];
    forecast_appears(db, Language::BrazilianPortuguese, words).await;
}

/// The forecast's screen: what is to come, a training asked for, and that it is done.
async fn trained_from_the_screen(
    db: PgPool,
    language: Language,
    [band, sum, model, trained]: [&str; 4],
) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let report = import(&ana, &hours(120), false).await;
    assert_eq!(report.unwrap().meters[0].added, 120 * 24);
    let mut screen = ana.screen(&world, language);
    screen.shows(band).await;
    screen.type_text("7");
    screen.shows(sum).await;
    screen.type_text("t");
    screen.shows(trained).await;
    for _ in 0..4 {
        screen.press(KeyCode::Tab);
    }
    screen.shows(model).await;

    // Who only looks sees the same, and has no such key.
    let bia = world.member(&ana, "Bia", Role::Viewer).await;
    let mut screen = bia.screen(&world, language);
    screen.shows(band).await;
    screen.type_text("7");
    let shown = screen.shows(sum).await;
    assert!(!shown.contains(" t "), "{shown}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_model_is_trained_from_the_screen_in_english(db: PgPool) {
    let words = [
        "80 % band",
        "7 days to",
        "Trained on",
        "Trained; the forecast is new.",
    ];
    trained_from_the_screen(db, Language::English, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_model_is_trained_from_the_screen_in_portuguese(db: PgPool) {
    let words = [
        "faixa de 80 %",
        "7 dias até",
        "Treinado com",
        "Treinado; a previsão é nova.",
    ];
    trained_from_the_screen(db, Language::BrazilianPortuguese, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_goes_in_with_progress_and_a_second_time_changes_nothing(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let text = hours(200);

    let looked = import(&ana, &text, true).await;
    let looked = looked.unwrap();
    assert_eq!(
        (looked.meters[0].added, looked.import_batch_id),
        (200 * 24, None)
    );

    let report = import(&ana, &text, false).await;
    let report = report.unwrap();
    assert_eq!(
        report.meters[0].added,
        200 * 24,
        "the look before stored nothing"
    );
    assert!(report.import_batch_id.is_some());

    let again = import(&ana, &text, false).await;
    let again = again.unwrap();
    assert_eq!(
        (again.meters[0].added, again.meters[0].unchanged),
        (0, 200 * 24)
    );
    assert_eq!((again.import_batch_id, again.operation_id), (None, None));
    assert_eq!(again.meters[0].total_kwh, report.meters[0].total_kwh);

    let operation = report.operation_id.unwrap();
    let home = ana.home.energy_profile_id;
    ana.client.undo(home, operation, new_key()).await.unwrap();
    let (dashboard, _) = ana.client.dashboard(home, None).await.unwrap().unwrap();
    assert_eq!(dashboard.so_far.kwh, None, "all of it was taken back");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_file_is_told_line_by_line_and_nothing_of_it_is_kept(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let text = "timestamp,kwh\n\
                2026-01-01T00:00:00-03:00,0.5\n\
                2026-01-01 01:00,0.5\n\
                2026-01-01T02:00:00-03:00,much\n\
                2026-01-01T03:00:00-03:00,-1\n";
    let answer = import(&ana, text, false).await;
    let Err(Error::Problem(problem)) = answer else {
        panic!("a wrong file was taken: {answer:?}");
    };
    assert_eq!(problem.code, ErrorCode::Invalid);
    let told: Vec<(&str, &str)> = problem
        .errors
        .0
        .iter()
        .map(|error| (error.params["line"].as_str(), error.code.as_str()))
        .collect();
    let expected = [
        ("0", "too_few_rows"),
        ("3", "no_offset"),
        ("4", "number"),
        ("5", "negative"),
    ];
    assert_eq!(told, expected);

    let good = "timestamp,kwh\n2026-01-01T00:00:00-03:00,0.5\n2026-01-01T01:00:00-03:00,0,75\n";
    let answer = import(&ana, good, false).await;
    assert!(matches!(answer, Err(Error::Problem(_))), "{answer:?}");
    let good = good.replace("0,75", "\"0,75\"");
    let report = import(&ana, &good, false).await;
    let report = report.unwrap();
    assert_eq!(
        report.meters[0].added, 2,
        "of the wrong file nothing was kept"
    );
    assert_eq!(report.meters[0].total_kwh, Kwh("1.25".parse().unwrap()));
}
