//! CO2e beside the kWh that commands print: with the factor, its year, its basis and its source.

use ecotrack_common::account::Language;
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

const FACTOR: &str = "0.0545 kg/kWh · BR-SIN 2024 · generation only";

async fn with_bills(world: &World) -> Shell {
    let ana = Shell::of_ana(world, Language::English).await;
    for (from, to) in [("2023-06-10", "2023-07-09"), ("2025-10-10", "2025-11-09")] {
        let words = ["bills", "add", "--from", from, "--to", to];
        let words = [&words[..], &["--kwh", "200", "--total", "245.90"]].concat();
        ana.run(&words).await.good();
    }
    ana
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn each_bill_is_by_the_factor_of_its_year_and_says_which(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_bills(&world).await;
    let bills: Vec<Value> = ana.json(&["bills", "list"]).await;
    let told = |at: usize, name: &str| bills[at][name].clone();
    assert_eq!(told(0, "co2e_kg"), "10.9");
    assert_eq!(told(0, "co2e_factor"), "0.0545");
    assert_eq!(
        (told(0, "co2e_year"), told(0, "co2e_region")),
        (2024.into(), "BR-SIN".into())
    );
    assert_eq!(told(0, "co2e_basis"), "generation_only");
    assert!(told(0, "co2e_source").as_str().unwrap().contains("MCTI"));
    assert_eq!(
        (told(1, "co2e_kg"), told(1, "co2e_year")),
        ("7.7".into(), 2023.into())
    );

    let csv = ana.run(&["bills", "list", "--csv"]).await.good();
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .contains("co2e_kg,co2e_factor,co2e_region"),
        "{csv}"
    );
    assert!(
        csv.contains(",10.9,0.0545,BR-SIN,2024,generation_only,"),
        "{csv}"
    );
    let text = ana.run(&["bills", "list"]).await.good();
    let by = "CO₂e: 0.0385–0.0545 kg/kWh · BR-SIN 2023–2024 · generation only";
    assert!(text.trim_end().ends_with(by), "{text}");

    let explained: Value = ana.json(&["bills", "explain", "2025-10"]).await;
    assert_eq!(explained["co2e_kg"], "10.9");
    assert_eq!(explained["energy"]["billed_co2e_kg"], "10.9");
    assert_eq!(explained["energy"]["metered_co2e_kg"], Value::Null);
    let text = ana.run(&["bills", "explain", "2025-10"]).await.good();
    assert!(text.contains("200 kWh · 10.9 kg CO₂e"), "{text}");
    assert!(
        text.contains(&format!("kg CO₂e: billed 10.9 ({FACTOR})")),
        "{text}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn without_a_factor_that_is_said_and_no_figure_is_zero(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_bills(&world).await;
    ana.run(&["profiles", "edit", "--grid-region", "ATLANTIS"])
        .await
        .good();
    let bills: Vec<Value> = ana.json(&["bills", "list"]).await;
    assert_eq!(bills[0]["co2e_kg"], Value::Null);
    assert_eq!(bills[0]["co2e_missing"], "missing_emission_factor");
    let text = ana.run(&["bills", "list"]).await.good();
    assert!(
        text.contains("No CO₂e: no factor of ATLANTIS is known for 20"),
        "{text}"
    );
    ana.run(&["profiles", "edit", "--grid-region", ""])
        .await
        .good();
    let bills: Vec<Value> = ana.json(&["bills", "list"]).await;
    assert_eq!(bills[0]["co2e_missing"], "missing_grid_region");
    let text = ana.run(&["bills", "explain", "2025-10"]).await.good();
    assert!(
        text.contains("No CO₂e: the grid region of this home is not set."),
        "{text}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn readings_of_the_grid_have_it_and_those_of_gas_have_none(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    ana.run(&["meters", "add", "--name", "Gas", "--channel", "gas"])
        .await
        .good();
    let rows = "2025-10-01 08:00,100\n2025-10-11 08:00,200\n";
    for meter in ["Gas", ""] {
        let meter: &[&str] = if meter.is_empty() {
            &[]
        } else {
            &["--meter", meter]
        };
        let add = [&["readings", "add-many", "-"], meter].concat();
        ana.typing(rows, &add).await.good();
        let list = [&["readings", "list"], meter].concat();
        let page: Value = ana.json(&list).await;
        let newest = &page["co2e"][0];
        let expected: Value = if meter.is_empty() {
            "5.45".into()
        } else {
            Value::Null
        };
        assert_eq!(newest["co2e_kg"], expected, "{newest}");
        assert_eq!(
            page["co2e"][1]["co2e_kg"],
            Value::Null,
            "there is none before it"
        );
        let text = ana.run(&list).await.good();
        assert_eq!(text.contains(FACTOR), meter.is_empty(), "{text}");
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn devices_say_what_a_month_of_them_emits(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let heater = ["devices", "add", "--name", "Heater", "--power", "1000"];
    let hours = ["--hours", "10", "--days", "30", "--duty", "1"];
    ana.run(&[&heater[..], &hours].concat()).await.good();
    let devices: Vec<Value> = ana.json(&["devices", "list"]).await;
    let factor = &devices[0]["co2e_factor"];
    assert_eq!(factor, "0.0545");
    let kwh: f64 = text(&devices[0]["monthly_kwh"]).parse().unwrap();
    let kg: f64 = text(&devices[0]["monthly_co2e_kg"]).parse().unwrap();
    assert!(
        kwh > 100.0 && (kg - kwh * 0.0545).abs() <= 0.05,
        "{devices:?}"
    );
    assert_eq!(devices[0].get("co2e_kg"), None);

    let csv = ana.run(&["devices", "list", "--csv"]).await.good();
    assert!(
        csv.contains("annual_kwh,monthly_co2e_kg,co2e_factor"),
        "{csv}"
    );
    let listed = ana.run(&["devices", "list"]).await.good();
    assert!(
        listed.contains("kg CO₂e/mo.") && listed.trim_end().ends_with(FACTOR),
        "{listed}"
    );
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
