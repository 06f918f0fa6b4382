//! `report`.

use ecotrack_common::account::Language;
use ecotrack_common::report::{Report, ReportKind};
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_month_is_printed_in_four_formats_and_two_languages(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["report", "2026-10"]).await.good();
    assert!(told.starts_with("# "), "{told}");
    assert!(told.contains("## Summary") && told.contains("0 of 31 days measured"));
    assert!(told.contains("Nothing is measured in this time."), "{told}");

    let report: Report = ana.json(&["report", "2026-10", "--cycle"]).await;
    assert_eq!(report.kind, ReportKind::Cycle);
    assert_eq!(report.summary.kwh, None, "what is not known is not zero");

    let csv = ["report", "2026", "--format", "csv"];
    let told = ana.run(&csv).await.good();
    assert!(told.starts_with("part,item,figure,value,unit\n"), "{told}");
    assert!(told.contains("summary,,energy,,kWh\n"), "{told}");

    let page = ["report", "2026-10", "--format", "html"];
    let theirs = ana.speaking(Language::BrazilianPortuguese);
    let told = theirs.run(&page).await.good();
    assert!(told.contains("<html lang=\"pt-BR\">") && told.contains("Resumo"));

    let file = ana.folder().join("october.md");
    let into = ["report", "2026-10", "--output", file.to_str().unwrap()];
    let ran = ana.run(&into).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("# "));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_is_no_span_is_said_with_what_to_do(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["report", "october"]).await.bad(2);
    assert!(told.contains("2026-10"), "{told}");
    let told = ana.run(&["report", "2026", "--cycle"]).await.bad(2);
    assert!(told.contains("A year has no billing cycle"), "{told}");
    let told = ana.run(&["report", "2199-12"]).await.bad(1);
    assert_fields(&told, &["PERIOD: Lies in the future."]);
    let file = ana.folder().join("nowhere/october.md");
    let into = ["report", "2026-10", "--output", file.to_str().unwrap()];
    let told = ana.run(&into).await.bad(1);
    assert!(told.contains("nowhere/october.md: there is no"), "{told}");
}
