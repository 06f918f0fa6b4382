//! The bill and the use to come, on the command line.

use ecotrack_common::account::Language;
use ecotrack_common::device_forecast::{DeviceFate, DeviceForecast};
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_without_a_forecast_says_what_it_waits_for(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["bills", "predict"]).await.good();
    assert!(told.contains("needs a tariff and a forecast"), "{told}");
    let answer: Value = ana.json(&["bills", "predict"]).await;
    assert_eq!(answer["total"], Value::Null);
    assert_eq!(answer["forecast"]["state"], "too_little");
    assert_eq!(answer["so_far"]["measured_days"], 0);
    assert!(answer["cycle"]["first"].is_string());
    let told = ana
        .speaking(Language::BrazilianPortuguese)
        .run(&["bills", "predict"])
        .await
        .good();
    assert!(
        told.contains("precisa de uma tarifa e de uma previsão"),
        "{told}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_devices_will_use_is_asked_with_hours_and_counts_and_changes_nothing(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["forecast", "devices"]).await.good();
    assert!(told.contains("There is no device"), "{told}");
    let shower = [
        "devices", "add", "--name", "Shower", "--power", "5000", "--hours", "0.6",
    ];
    ana.run(&shower).await.good();
    let fan = [
        "devices", "add", "--name", "Fan", "--power", "100", "--hours", "5",
    ];
    ana.run(&fan).await.good();

    let words = [
        "forecast",
        "devices",
        "--days",
        "10",
        "--device",
        "shower=0,4x2",
        "--remove",
        "Fan",
        "--add",
        "60W=5x8",
        "--add",
        "kettle=0.1",
    ];
    let answer: DeviceForecast = ana.json(&words).await;
    assert_eq!(answer.days.len(), 10);
    let fates: Vec<DeviceFate> = answer.devices.iter().map(|device| device.fate).collect();
    assert_eq!(
        fates,
        [
            DeviceFate::Changed,
            DeviceFate::Removed,
            DeviceFate::Added,
            DeviceFate::Added
        ]
    );
    let told = ana.run(&words).await.good();
    for seen in [
        "Shower",
        "removed",
        "added",
        "What a kWh costs is not known",
        "no forecast from readings",
    ] {
        assert!(told.contains(seen), "{seen}: {told}");
    }
    let told = ana.run(&["devices", "list"]).await.good();
    assert!(told.contains("Fan") && !told.contains("60W"), "{told}");

    for (wrong, said) in [
        (vec!["--device", "Shower"], "“Shower” is not NAME=HOURS"),
        (vec!["--device", "Shower=25"], "--device Shower=25: "),
        (
            vec!["--add", "spaceship=3"],
            "“spaceship” is no slug or name",
        ),
        (
            vec!["--remove", "Fan", "--device", "Fan=3"],
            "--remove Fan: ",
        ),
        (vec!["--days", "0"], "--days: "),
    ] {
        let ran = ana
            .run(&[&["forecast", "devices"], wrong.as_slice()].concat())
            .await;
        assert_eq!(ran.status, 2, "{wrong:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{wrong:?}: {}", ran.err);
    }
}
