//! `forecast`: what is to come, how good that is, and a training that is waited for, not for ever.

use ecotrack_common::account::Language;
use ecotrack_common::forecast::{ForecastReport, ForecastState};
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::import_and_forecast::hours;
use crate::world::World;

/// Ana with 200 days by the hour, and a model.
async fn trained(world: &World) -> Shell {
    let ana = Shell::of_ana(world, Language::English).await;
    let file = ana.file("hours.csv", &hours(200));
    let import = [
        "readings",
        "import",
        &file,
        "--new-meter",
        "Smart",
        "--separate",
    ];
    ana.run(&import).await.good();
    let said = ana.run(&["forecast", "train"]).await.good();
    assert!(said.starts_with("Trained: "), "{said}");
    ana
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn days_and_sums_to_come_are_shown_with_what_they_emit(db: PgPool) {
    let world = World::new(db).await;
    let ana = trained(&world).await;
    let text = ana.run(&["forecast"]).await.good();
    assert_eq!(text, ana.run(&["forecast", "show"]).await.good());
    for line in ["7 days to ", "30 days to ", "Day by day, in kWh"] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(
        text.trim_end()
            .contains("CO₂e: 0.0545 kg/kWh · BR-SIN 2024"),
        "{text}"
    );
    let pt = ana.speaking(Language::BrazilianPortuguese);
    let text = pt.run(&["forecast"]).await.good();
    assert!(text.contains("7 dias até ") && text.contains("Dia a dia, em kWh"));
    assert!(text.contains("Treinado com "), "{text}");

    // JSON is the wire's, with CO2e beside each day's kWh.
    let report: ForecastReport = ana.json(&["forecast", "show"]).await;
    assert!(matches!(report.state, ForecastState::Ready { .. }));
    let value: Value = ana.json(&["forecast"]).await;
    let day = &value["forecast"]["days"][0];
    let (kwh, kg) = (number(&day["kwh"]["likely"]), number(&day["co2e_kg"]));
    assert!(kwh > 10.0 && (kg - kwh * 0.0545).abs() < 0.06, "{day}");
    assert_eq!(day["co2e_factor"], "0.0545");

    // What is asked for and not there is said.
    let text = ana.run(&["forecast", "--hours", "--months"]).await.good();
    let detail = report.detail.as_ref();
    if detail.is_none_or(|detail| detail.months.is_empty()) {
        let why = [
            "They need a year",
            "they need a year",
            "came without its details",
        ];
        assert!(why.iter().any(|why| text.contains(why)), "{text}");
    }
    if detail.is_some_and(|detail| !detail.hours.is_empty()) {
        assert!(text.contains("By the hour, in kWh"), "{text}");
    }
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn models_are_compared_by_plain_names(db: PgPool) {
    let world = World::new(db).await;
    let ana = trained(&world).await;
    let text = ana.run(&["forecast", "accuracy"]).await.good();
    for words in [
        "In the tests on the past",
        "linear regression",
        "in use",
        "Trained on",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(!text.contains("linear_regression"), "{text}");
    let text = ana
        .speaking(Language::BrazilianPortuguese)
        .run(&["forecast", "accuracy", "--past"])
        .await
        .good();
    assert!(text.contains("regressão linear"), "{text}");
    assert!(text.contains("Nada para comparar ainda"), "{text}");

    let value: Value = ana.json(&["forecast", "accuracy"]).await;
    let scores = value["accuracy"].as_array().unwrap();
    assert!(
        scores
            .iter()
            .any(|score| score["model"] == "linear_regression")
    );
    assert!(scores.iter().any(|score| score["chosen"] == true));
    assert_eq!(value.get("comparisons"), None);
    let value: Value = ana.json(&["forecast", "accuracy", "--past"]).await;
    assert!(value["comparisons"].is_array(), "{value}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn with_too_little_known_everything_says_so_and_what_to_do(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    for words in [&["forecast"][..], &["forecast", "accuracy"]] {
        let text = ana.run(words).await.good();
        assert!(text.contains("No forecast yet: 0 of 14 days"), "{text}");
        assert!(text.contains("ecotrack readings import"), "{text}");
    }
    let told = ana.run(&["forecast", "train"]).await.bad(1);
    assert!(told.contains("too little is known"), "{told}");
    assert!(told.contains("ecotrack readings import"), "{told}");
    let asked = ana.run(&["forecast", "train", "--no-wait"]).await.good();
    assert!(asked.starts_with("Asked for a training."), "{asked}");
    let told = ana
        .speaking(Language::BrazilianPortuguese)
        .run(&["forecast", "train"])
        .await
        .bad(1);
    assert!(told.contains("sabe-se pouco demais"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_training_that_does_not_end_is_not_waited_for_longer_than_was_said(db: PgPool) {
    let world = World::new(db).await;
    let ana = trained(&world).await;
    // Nobody can note a training while this is held; reading goes on.
    let mut held = world.db.begin().await.unwrap();
    sqlx::query("LOCK TABLE training_run IN SHARE MODE")
        .execute(&mut *held)
        .await
        .unwrap();
    let train = ["forecast", "train", "--timeout", "1"];
    let told = ana.run(&train).await.bad(1);
    assert!(told.contains("not done after 1 s"), "{told}");
    held.rollback().await.unwrap();
    let both = ["forecast", "train", "--timeout", "1", "--no-wait"];
    assert_eq!(ana.run(&both).await.status, 2);
}
