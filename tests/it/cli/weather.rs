//! Temperatures.

use ecotrack_common::account::Language;
use ecotrack_common::weather::{WeatherImport, WeatherObservation};

use super::Shell;
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_of_temperatures_goes_in_out_and_back(db: sqlx::PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let file = "data;média\n01/11/2025;21,4\n02/11/2025;-3,25\n03/11/2025;\n";
    let tried = ana
        .typing(file, &["weather", "import", "-", "--dry-run"])
        .await
        .good();
    assert!(tried.contains("2 days would be added"), "{tried}");
    assert!(
        ana.run(&["weather", "list"])
            .await
            .good()
            .contains("weather import")
    );
    let done = ana.typing(file, &["weather", "import", "-"]).await.good();
    assert!(done.contains("2 days added"), "{done}");
    let again: WeatherImport = serde_json::from_str(
        &ana.typing(file, &["weather", "import", "-", "--json"])
            .await
            .good(),
    )
    .unwrap();
    assert_eq!(
        (again.added, again.unchanged, again.operation_id),
        (0, 2, None)
    );
    let listed = ana.run(&["weather", "list", "--csv"]).await.good();
    assert_eq!(
        listed,
        "local_date,mean_temp_c,source\n2025-11-02,-3.25,file\n2025-11-01,21.4,file\n"
    );
    // What is listed can be imported.
    let same = ana
        .typing(&listed, &["weather", "import", "-"])
        .await
        .good();
    assert!(same.contains("Nothing new"), "{same}");
    let bia = ana.speaking(Language::BrazilianPortuguese);
    let table = bia
        .run(&["weather", "list", "--from", "2025-11-02"])
        .await
        .good();
    assert!(
        table.contains("-3,3 °C") || table.contains("−3,3 °C"),
        "{table}"
    );
    assert!(!table.contains("21,4"), "{table}");
    let removed = bia
        .run(&[
            "weather",
            "remove",
            "--from",
            "1/11/2025",
            "--to",
            "2/11/2025",
        ])
        .await
        .good();
    assert!(removed.contains("2 dias"), "{removed}");
    ana.run(&["undo"]).await.good();
    let back: Vec<WeatherObservation> = ana.json(&["weather", "list"]).await;
    assert_eq!(back.len(), 2);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_file_of_temperatures_is_told_line_by_line(db: sqlx::PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let ran = ana
        .typing(
            "date,tavg\n2025-11-01,hot\n2999-01-01,20\n",
            &["weather", "import", "-"],
        )
        .await;
    assert_eq!(ran.status, 1);
    assert!(
        ran.err.contains("-:2: “hot” is not a number"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("-:3:") && ran.err.contains("Nothing was stored"),
        "{}",
        ran.err
    );
    let told = ana
        .run(&["weather", "remove", "--from", "2025-11-02"])
        .await
        .bad(2);
    assert!(told.contains("--to"), "{told}");
}
