//! Suggestions: listed, shown with their arithmetic, answered, decided on, and taken back.

use ecotrack_common::account::Language;
use ecotrack_common::suggestion::{Fit, SuggestionState, Suggestions};
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

const OVEN: [&str; 4] = ["devices", "add", "--catalog", "oven-electric-bench"];

/// A measure of the home.
async fn fit(shell: &Shell, slug: &str) -> (Fit, SuggestionState) {
    let all: Suggestions = shell.json(&["suggestions"]).await;
    let mut all = all.suggestions.into_iter();
    let it = all.find(|it| it.suggestion.slug == slug).unwrap();
    (it.fit, it.suggestion.state)
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_measure_asks_is_answered_accepted_and_taken_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    ana.run(&OVEN).await.good();
    let slug = "oven-to-airfryer";
    assert_eq!(
        fit(&ana, slug).await,
        (Fit::MayApply, SuggestionState::Open)
    );
    let shown = ana.run(&["suggestions", "show", slug]).await.good();
    for seen in [
        "Use microwave or air fryer for small meals",
        "It takes: Uses of the oven a month for one or two people",
        "[small_meals]: –",
        "kwh_oven_per_use*0.5*uses",
    ] {
        assert!(shown.contains(seen), "{seen}:\n{shown}");
    }

    let told = ana
        .run(&["suggestions", "answer", slug, "small_meals=5"])
        .await
        .good();
    assert!(told.starts_with("Changed: Use microwave"), "{told}");
    let shown = ana.run(&["suggestions", "show", slug]).await.good();
    for seen in ["small_meals = 5 times/month", "your answer", "kWh"] {
        assert!(shown.contains(seen), "{seen}:\n{shown}");
    }
    ana.run(&["suggestions", "accept", slug]).await.good();
    assert_eq!(
        fit(&ana, slug).await,
        (Fit::Applies, SuggestionState::Accepted)
    );
    let listed = ana.run(&["suggestions"]).await.good();
    assert!(
        listed.contains(slug) && listed.contains("Accepted together (1)"),
        "{listed}"
    );
    let csv = ana.run(&["suggestions", "list", "--csv"]).await.good();
    assert!(csv.starts_with("slug,title_en,title_pt,state,fit"), "{csv}");

    let portuguese = ana.speaking(Language::BrazilianPortuguese);
    let shown = portuguese.run(&["suggestions", "show", slug]).await.good();
    assert!(shown.contains("aceita · serve para esta casa"), "{shown}");
    ana.run(&["undo"]).await.good();
    assert_eq!(fit(&ana, slug).await, (Fit::Applies, SuggestionState::Open));
    ana.run(&["suggestions", "dismiss", slug, "--until", "2099-12-31"])
        .await
        .good();
    assert_eq!(fit(&ana, slug).await.1, SuggestionState::Dismissed);
    ana.run(&["suggestions", "reopen", slug]).await.good();
    ana.run(&["suggestions", "done", slug]).await.good();
    assert_eq!(fit(&ana, slug).await.1, SuggestionState::Done);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_a_measure_did_not_ask_and_what_is_out_of_range_is_refused(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    for (answer, said) in [
        ("small_meals=99", "31"),
        ("small_meals=many", "number"),
        ("age=3", "asks nothing called “age”"),
    ] {
        let told = ana
            .run(&["suggestions", "answer", "oven-to-airfryer", answer])
            .await;
        let told = told.bad(2);
        assert!(told.contains(said), "{told}");
    }
    let told = ana.run(&["suggestions", "accept", "magic"]).await.bad(2);
    assert!(told.contains("There is no measure “magic”"), "{told}");
}
