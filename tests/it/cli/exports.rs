//! What comes out of a home, and in again.

use ecotrack_common::account::Language;
use ecotrack_common::meter::Meter;
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn readings_go_out_and_into_another_home_with_their_meters(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    ana.run(&[
        "readings",
        "add",
        "12345,6",
        "--at",
        "2025-11-20T18:00",
        "--note",
        "=new, meter",
    ])
    .await
    .good();
    ana.run(&["readings", "add", "12349", "--at", "2025-11-21T18:00"])
        .await
        .good();
    let file = ana.folder().join("out.csv").display().to_string();
    let told = ana.run(&["readings", "export", "-o", &file]).await;
    assert_eq!(
        (told.status, told.err),
        (0, format!("Written to {file}.\n"))
    );
    let out = std::fs::read_to_string(&file).unwrap();
    assert!(out.starts_with("# ecotrack readings 1 "), "{out}");
    assert_eq!(ana.run(&["readings", "export"]).await.good(), out);

    ana.run(&[
        "profiles",
        "create",
        "--name",
        "Empty",
        "--state",
        "MG",
        "--no-meter",
    ])
    .await
    .good();
    let into = |more: &'static str| {
        [
            "--profile",
            "Empty",
            "readings",
            "import",
            file.as_str(),
            more,
        ]
    };
    let told = ana.run(&into("--accept-findings")).await.bad(1);
    assert!(told.contains("has no meter “Main meter”"), "{told}");
    let told = ana.run(&into("--make-meters")).await.good();
    assert!(
        told.contains("2 rows") && told.contains("Main meter"),
        "{told}"
    );
    let again = ana
        .run(&["--profile", "Empty", "readings", "export"])
        .await
        .good();
    assert_eq!(again, out);
    let meters: Vec<Meter> = ana.json(&["--profile", "Empty", "meters", "list"]).await;
    assert_eq!(meters.len(), 1);
    let named = ["readings", "import", file.as_str(), "--meter", "Main meter"];
    let told = ana.run(&named).await.bad(2);
    assert!(told.contains("names its meters itself"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_table_and_a_whole_home_go_out_and_the_home_comes_in(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::BrazilianPortuguese).await;
    let bill = [
        "bills",
        "add",
        "--from",
        "2025-10-10",
        "--to",
        "2025-11-09",
        "--kwh",
        "212",
        "--total",
        "245,90",
    ];
    ana.run(&bill).await.good();
    let csv = ana.run(&["export", "bills"]).await.good();
    assert!(csv.starts_with("first_day,last_day,kwh,total,"), "{csv}");
    let rows: Vec<Value> = ana.json(&["export", "bills", "--from", "2025-11-09"]).await;
    assert_eq!(rows[0]["total"], "245.9");
    let rows: Vec<Value> = ana.json(&["export", "bills", "--from", "2025-11-10"]).await;
    assert_eq!(rows, Vec::<Value>::new());

    let file = ana.folder().join("home.tar.gz").display().to_string();
    let told = ana.run(&["profiles", "export", &file]).await;
    assert_eq!(
        (told.status, told.err),
        (0, format!("Gravado em {file}.\n"))
    );
    let told = ana
        .run(&["profiles", "import", &file, "--name", "Outra"])
        .await
        .good();
    assert!(told.starts_with("Outra está aqui"), "{told}");
    let copy = ana
        .run(&["--profile", "Outra", "export", "bills", "--format", "json"])
        .await
        .good();
    assert!(copy.contains("245.9"), "{copy}");
    let broken = ana.file("broken.tar.gz", "no archive");
    let told = ana.run(&["profiles", "import", &broken]).await.bad(1);
    assert!(told.contains("não é um arquivo de casa"), "{told}");
    let nowhere = ana
        .run(&["profiles", "import", "/nowhere.tar.gz"])
        .await
        .bad(1);
    assert!(nowhere.contains("/nowhere.tar.gz"), "{nowhere}");
}
