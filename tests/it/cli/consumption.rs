//! `consumption`: steps with bars, JSON and CSV, other days beside them, and patterns.

use ecotrack_common::account::Language;
use ecotrack_common::consumption::{Consumption, Standby};
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::import_and_forecast::hours;
use crate::world::World;

async fn with_hours(world: &World) -> Shell {
    let ana = Shell::of_ana(world, Language::English).await;
    let file = ana.file("hours.csv", &hours(100));
    let import = [
        "readings",
        "import",
        &file,
        "--new-meter",
        "Smart",
        "--separate",
    ];
    ana.run(&import).await.good();
    ana
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn steps_are_printed_with_bars_and_other_days_beside_them(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_hours(&world).await;
    let smart = ["consumption", "--meter", "smart"];
    let text = ana.run(&smart).await.good();
    assert!(
        text.contains("by days: Smart") && text.contains("██████"),
        "{text}"
    );
    assert!(text.contains("12.00") && text.contains("100 %"), "{text}");
    assert!(text.contains("All of it: "), "{text}");
    let weeks: Vec<&str> = [&smart[..], &["--by", "week", "--compare", "previous"]].concat();
    let text = ana.run(&weeks).await.good();
    assert!(
        text.contains("Days before") || text.contains("days before"),
        "{text}"
    );
    assert!(text.contains("like with like"), "{text}");
    let pt = ana.speaking(Language::BrazilianPortuguese);
    let text = pt
        .run(&[&smart[..], &["--by", "month"]].concat())
        .await
        .good();
    assert!(
        text.contains("por mês: Smart") && text.contains("No total: "),
        "{text}"
    );

    let year: Consumption = ana.json(&[&smart[..], &["--by", "month"]].concat()).await;
    assert_eq!(year.slots.len(), 12);
    let hours: Vec<&str> = [&smart[..], &["--by", "hour", "--from", "-", "--csv"]].concat();
    let refused = ana.run(&hours).await;
    assert_ne!(refused.status, 0, "a dash is no day");
    let csv = ana.run(&[&smart[..], &["--csv"]].concat()).await.good();
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("first,last,start,kwh,covered_minutes"),
        "{csv}"
    );
    assert_eq!(lines.count(), 30);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_is_asked_wrongly_says_what_to_do(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_hours(&world).await;
    let refused = ana.run(&["consumption", "--meter", "Boiler"]).await;
    assert!(
        refused.status == 1 && refused.err.contains("Smart"),
        "{}",
        refused.err
    );
    let refused = ana
        .run(&[
            "consumption",
            "--by",
            "hour",
            "--from",
            "2026-01-01",
            "--to",
            "2026-06-30",
        ])
        .await;
    assert!(
        refused.status == 2 && refused.err.contains("More than 1,000 steps"),
        "{}",
        refused.err
    );
    let refused = ana.run(&["consumption", "--by", "fortnight"]).await;
    assert_eq!(refused.status, 2);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn patterns_are_printed_and_what_is_not_known_is_said(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_hours(&world).await;
    let of = |what: &'static str| ["consumption", what, "--meter", "Smart"];
    let text = ana.run(&of("heatmap")).await.good();
    assert!(text.contains('█') && text.contains("Sat"), "{text}");
    let text = ana.run(&of("profile")).await.good();
    assert!(text.contains("23:00") && text.contains("Mon–Fri"), "{text}");
    let text = ana.run(&of("standby")).await.good();
    assert!(text.contains("About 500 W never stop"), "{text}");
    let text = ana.run(&of("weather")).await.good();
    assert!(text.contains("no temperatures are stored"), "{text}");
    let standby: Standby = ana.json(&of("standby")).await;
    assert!(matches!(standby, Standby::Known { .. }));
    let heat: Value = ana.json(&of("heatmap")).await;
    assert_eq!(heat.as_array().unwrap().len(), 168);
    let csv = ana
        .run(&[&of("profile")[..], &["--csv"]].concat())
        .await
        .good();
    assert!(
        csv.starts_with("weekend,hour,mean,p10,p90,days\nfalse,0,"),
        "{csv}"
    );
}
